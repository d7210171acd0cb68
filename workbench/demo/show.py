"""What `workbench demo` shows: a merchant is onboarded without a notebook, and its orders are found over real HTTP."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.surroundings import environment
from workbench.mapping import dump
from workbench.merchant import open_merchant
from workbench.orders import Order, Result
from workbench.publish import export, release
from workbench.runtime import load
from workbench.versions import content

if TYPE_CHECKING:
    from rich.console import Console

EMAIL, NUMBER = "jane.doe@example.com", "A-1002"
STRANGER = "ada.quiet@example.org"
"""A customer without orders: whatever a careless search brings her belongs to others."""

FACES = {
    "northwind": "REST, JSON, HTTP Basic",
    "southwind": "REST, XML, a key in a header",
    "eastwind": "SOAP, HTTP Basic",
    "westwind": "GraphQL, a bearer token",
}


def run_demo(console: Console) -> None:
    """Starts the demo merchant, exports a mapping of each of its APIs, and finds orders with them; ends it again."""
    with contextlib.ExitStack() as stack:
        merchant = stack.enter_context(DemoMerchant())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-show-")))
        stack.enter_context(environment(merchant.environ))
        _say(console, f"A merchant now listens at {merchant.base_url}: invented orders, several APIs.")
        for name, kind in FACES.items():
            _heading(console, f"{name} - {kind}")
            _onboard(console, name, folder)
            _find(console, folder / name)
        _heading(console, "what if a search is wrong?")
        _withhold(console, folder / "northwind")
    _heading(console, "what to try next")
    _next(console)


def _onboard(console: Console, name: str, folder: Path) -> None:
    """Exports the demo mapping, as a draft would be, with the samples that prove it; and releases it."""
    source = demo_mappings() / name
    home = folder / name
    home.mkdir()
    shutil.copytree(source / "samples", home / "samples")
    (home / "draft.yaml").write_text(dump(content(load(source).file.data)), encoding="utf-8")
    exported = export(home)
    release(home, str(exported.version))
    _say(
        console, f"exported as {name}/{exported.path.name}, proved on {exported.samples} recorded samples, and released"
    )


def _find(console: Console, home: Path) -> None:
    """The two finds that everyone needs, live."""
    with open_merchant(home, environment="demo") as client:
        result = client.find_orders(email=EMAIL)
        _table(console, f'find_orders(email="{EMAIL}")', result.orders)
        _problems(console, result)
        order = client.find_order(number=NUMBER)
        _table(console, f'find_order(number="{NUMBER}")', [order] if order else [])


def _withhold(console: Console, home: Path) -> None:
    """The same search with its parameter misspelt: the merchant sends everyone's orders, and none gets through."""
    data: dict[str, Any] = content(load(home).file.data)
    search = data["operations"]["find_orders_by_email"]["calls"][0]
    search["query"] = {"mail": "{email}"}
    draft = home / "misspelt.yaml"
    draft.write_text(dump(data), encoding="utf-8")
    with open_merchant(draft, environment="demo") as client:
        result = client.find_orders(email=STRANGER)
    for line in (
        "The query now says mail= where the merchant knows email=. That is ignored, and",
        f"{STRANGER}, who has none, is sent the orders of all customers.",
        "The check after the search lets none of them through:",
    ):
        _say(console, line)
    _say(console, "")
    _say(console, f"  outcome: {result.outcome}, {len(result.orders)} orders", "bold")
    _problems(console, result)


def _next(console: Console) -> None:
    for line in (
        "workbench check                    replay all samples against their results",
        "workbench show northwind           the mapping, as production loads it",
        "python -m workbench.demo           keep the merchant running, and what to call",
        "workbench lab                      map a merchant of your own in a notebook",
    ):
        _say(console, f"  {line}")


# ---------------------------------------------------------------- what it looks like


def _table(console: Console, title: str, orders: Iterable[Order]) -> None:
    """Orders as a table: of 80 columns at most, and without lines where nobody looks at a terminal."""
    ruled = console.is_terminal
    table = Table(box=box.SIMPLE_HEAD if ruled else None, show_edge=False, pad_edge=False, collapse_padding=ruled)
    for name in ("order", "status", "carrier", "tracking"):
        table.add_column(name, no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("lines", justify="right", no_wrap=True)
    for order in orders:
        money = " ".join(part for part in (order.amount, order.currency) if part)
        numbers = "\n".join(order.tracking_numbers)
        cells = (order.order_number, order.status, order.carrier, numbers, money, str(len(order.lines)))
        table.add_row(*(Text(cell or "") for cell in cells))
    _say(console, "")
    _say(console, title, "bold")
    with console.capture() as captured:
        console.print(table)
    for row in captured.get().splitlines():
        console.out(row.rstrip(), highlight=False)


def _problems(console: Console, result: Result) -> None:
    for problem in result.problems:
        _say(console, f"  problem: {problem.text}", "yellow")


def _heading(console: Console, text: str) -> None:
    _say(console, "")
    if console.is_terminal:
        console.rule(Text(text, style="bold"), align="left")
    else:
        _say(console, f"--- {text}")


def _say(console: Console, text: str, style: str = "") -> None:
    # never markup, never wrapped: what is longer than a line is a command to copy
    console.print(Text(text, style=style), soft_wrap=True)
