"""What `workbench demo` shows: a merchant is onboarded without a notebook, and orders are found over real HTTP."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from workbench.calls import Exchange
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.faces import FACES
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
FIRST = "northwind"
STRANGER = "ada.quiet@example.org"
"""A customer without orders: whatever a careless search brings her belongs to others."""


def run_demo(console: Console) -> None:
    """Starts the demo merchant, onboards one of its APIs, finds orders through all of them; ends it again."""
    with contextlib.ExitStack() as stack:
        merchant = stack.enter_context(DemoMerchant())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-show-")))
        tokens = {"WORKBENCH_TOKENS": "memory"}  # those of a merchant that is gone in a moment are nothing to keep
        stack.enter_context(environment({**merchant.environ, **tokens}))
        _say(console, f"A merchant now listens at {merchant.base_url}: invented orders, {len(FACES)} APIs.")
        _heading(console, "one of its APIs, from the draft to the first order")
        _onboard(console, FIRST, folder)
        _find(console, folder / FIRST)
        _heading(console, "all of its APIs, by the mappings of this repository")
        _all(console)
        _heading(console, "what if a search is wrong?")
        _withhold(console, folder / FIRST)
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
    """The orders of a customer, live."""
    with open_merchant(home, environment="demo") as client:
        result = client.find_orders(email=EMAIL)
    _orders(console, f'find_orders(email="{EMAIL}")', result.orders)
    _problems(console, result)


def _all(console: Console) -> None:
    """The two finds that everyone needs, at each API: how it is asked, and what came."""
    rows, found = [], []
    for face in FACES:
        asked: list[Exchange] = []
        with open_merchant(demo_mappings() / face.name, environment="demo", on_exchange=asked.append) as client:
            result = client.find_orders(email=EMAIL)
            calls = len(asked)
            order = client.find_order(number=NUMBER)
        found.append([one.order_number for one in result.orders])
        told = (order.status or "", str(len(order.shipments))) if order else ("none", "")
        rows.append((face.name, face.shape, face.login, str(calls), str(len(result.orders)), *told))
    headings = ("merchant", "answers", "login", "calls", "orders", NUMBER, "parcels")
    _table(console, f"{EMAIL} by e-mail, {NUMBER} by number", headings, rows, right=(3, 4, 6))
    _say(console, "")
    agreed = all(numbers == found[0] for numbers in found)
    _say(console, f"  {'the same orders from each' if agreed else 'they do not tell the same orders'}", "bold")


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


def _orders(console: Console, title: str, orders: Iterable[Order]) -> None:
    """Orders as a table."""
    rows = []
    for order in orders:
        money = " ".join(part for part in (order.amount, order.currency) if part)
        numbers = "\n".join(order.tracking_numbers)
        cells = (order.order_number, order.status, order.carrier, numbers, money, str(len(order.lines)))
        rows.append(tuple(cell or "" for cell in cells))
    _table(console, title, ("order", "status", "carrier", "tracking", "amount", "lines"), rows, right=(4, 5))


def _table(
    console: Console, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int]
) -> None:
    """A table of 80 columns at most, and without lines where nobody looks at a terminal."""
    ruled = console.is_terminal
    table = Table(box=box.SIMPLE_HEAD if ruled else None, show_edge=False, pad_edge=False, collapse_padding=ruled)
    for index, name in enumerate(headings):
        table.add_column(name, no_wrap=True, justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    _say(console, "")
    _say(console, title, "bold")
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        console.out(line.rstrip(), highlight=False)


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
