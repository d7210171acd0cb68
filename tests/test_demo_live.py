"""The demo merchant's mappings against the running merchant: finds, drifts and failures over real HTTP."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

import workbench as wb
from workbench.cli import main
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.faces import NAMES
from workbench.demo.record import Asking, Scene
from workbench.demo.show import run_demo
from workbench.errors import (
    BadAnswer,
    CallError,
    CallFailed,
    DecodeError,
    Forbidden,
    HttpError,
    LimitExceeded,
    LoginFailed,
    NotFound,
    RateLimited,
    ServerError,
    TimedOut,
    Unauthorized,
    WorkbenchError,
)
from workbench.mapping import dump
from workbench.merchant import doctor, open_merchant
from workbench.orders import Result
from workbench.samples import golden_of, load_samples, read_golden

JANE = "jane.doe@example.com"
FACES = {
    "northwind": "/v2/orders",
    "southwind": "/xml/orders",
    "eastwind": "/soap/orders",
    "westwind": "/graphql",
    "upwind": "/up/pedidos",
    "downwind": "/down/commandes/recherche",
    "tailwind": "/tail/rpc",
}
"""Where their searches are."""
MERCHANTS = tuple(FACES)
DRIFTING = tuple(name for name in MERCHANTS if name != "westwind")
"""Those whose answers change when they drift; of GraphQL the schema changes, and the query fails."""


@pytest.fixture
def merchant(monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoMerchant]:
    """A running merchant whose keys this process has."""
    with DemoMerchant() as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        yield running


def find(name: str, **asked: str) -> Result:
    with open_merchant(demo_mappings() / name, environment="demo") as client:
        return client.find_orders(**asked)


def told(result: Result) -> list[str]:
    return [problem.text for problem in result.problems]


# ---------------------------------------------------------------- finds


@pytest.mark.parametrize("name", MERCHANTS)
def test_live_and_replay_agree(merchant: DemoMerchant, name: str) -> None:
    """What comes over HTTP is what the samples said, for each search by e-mail and by number."""
    folder = demo_mappings() / name
    with open_merchant(folder, environment="demo") as client:
        for sample in load_samples(folder):
            if sample.name == "parcels-unavailable":
                continue
            result = client.lookup(sample.operation, **sample.inputs)
            assert json.loads(json.dumps(golden_of(result))) == read_golden(folder, sample.name), sample.name


@pytest.mark.parametrize("name", MERCHANTS)
def test_an_order_is_found_by_number(merchant: DemoMerchant, name: str) -> None:
    """With the prefix or without; what is not there is None."""
    with open_merchant(demo_mappings() / name, environment="demo") as client:
        found = [client.find_order(number=number) for number in ("A-1002", "1002", "A-9999", "A-001002", "A-1018")]

    assert [order and order.order_number for order in found] == ["A-1002", "A-1002", None, None, None]
    assert len(found[0].lines) == 3


def changed(name: str, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The mapping of a merchant with a change, in a folder."""
    data = copy.deepcopy(wb.load(demo_mappings() / name).file.data)
    change(data)
    (folder / "draft.yaml").write_text(dump(data), encoding="utf-8")
    return folder / "draft.yaml"


@pytest.mark.parametrize("name", MERCHANTS)
def test_asynchronously_it_is_the_same(merchant: DemoMerchant, name: str) -> None:
    """Under asyncio two finds at once give what one after the other gives."""

    async def both() -> list[Result]:
        async with wb.open_merchant_async(demo_mappings() / name, environment="demo") as client:
            return await asyncio.gather(client.find_orders(email=JANE), client.find_orders(email="zoe@example.org"))

    assert asyncio.run(both()) == [find(name, email=JANE), find(name, email="zoe@example.org")]


@pytest.mark.parametrize("name", MERCHANTS)
def test_the_doctor_finds_it_well(merchant: DemoMerchant, name: str) -> None:
    """Secrets, address, login and probe are all in order; with a wrong key the login is not."""
    folder = demo_mappings() / name

    assert [check.name for check in doctor(folder, "demo") if not check.ok] == []
    merchant.fail("status", status=401, path=f"{FACES[name][:4]}*", times=99)
    assert "login" in [check.name for check in doctor(folder, "demo") if not check.ok]


def misspelt(folder: Path) -> Path:
    """The mapping of northwind with a filter that the merchant does not know."""

    def change(data: dict[str, Any]) -> None:
        data["operations"]["find_orders_by_email"]["calls"][0]["query"] = {"mail": "{email}"}

    return changed("northwind", folder, change)


def test_the_check_after_the_search_withholds(merchant: DemoMerchant, tmp_path: Path) -> None:
    """A misspelt filter brings everyone's orders; only the customer's own come through."""
    with open_merchant(misspelt(tmp_path), environment="demo") as client:
        stranger, jane = client.find_orders(email="ada.quiet@example.org"), client.find_orders(email=JANE)

    assert (stranger.outcome, stranger.orders, stranger.withheld) == ("withheld", [], 40)
    assert told(stranger) == ["40 orders that do not carry what was asked for, left out @ order"]
    assert (jane.outcome, len(jane.orders), jane.withheld) == ("found", 7, 33)
    assert {order.customer_email for order in jane.orders} == {JANE}


# ---------------------------------------------------------------- drifts


DRIFTS = [
    ("renamed_key", 0, "no value", "created_at"),
    ("list_became_object", 0, "no value, but the mapping expects one", "lines"),
    ("new_status", 1, "a word that the lookup does not know", "status"),
]


@pytest.mark.parametrize("name", DRIFTING)
@pytest.mark.parametrize(("drift", "order", "what", "field"), DRIFTS)
def test_drift_is_told(merchant: DemoMerchant, name: str, drift: str, order: int, what: str, field: str) -> None:
    """Each unannounced change is a problem at the first order concerned, and names the field; the orders still come."""
    assert told(find(name, email=JANE)) == []
    merchant.drift(drift)
    result = find(name, email=JANE)

    assert (result.outcome, len(result.orders)) == ("found", 7)
    assert (result.problems[0].what, result.problems[0].where) == (what, f"order[{order}].{field}")
    assert {problem.where.partition(".")[2] for problem in result.problems} == {field}


@pytest.mark.parametrize("name", DRIFTING)
@pytest.mark.parametrize(("drift", "order", "what", "field"), DRIFTS)
def test_drift_is_told_for_one_order(
    merchant: DemoMerchant, name: str, drift: str, order: int, what: str, field: str
) -> None:
    """An order found by its number has the problem with it."""
    merchant.drift(drift)
    with open_merchant(demo_mappings() / name, environment="demo") as client:
        found = client.find_order(number="A-1002")

    assert [(problem.what, problem.where) for problem in found.problems] == [(what, f"order[0].{field}")]


def test_drift_of_a_schema_is_a_failure(merchant: DemoMerchant) -> None:
    """A field that is gone is told by the server itself; a status that is new is reported as elsewhere."""
    merchant.drift("renamed_key")
    with pytest.raises(CallFailed, match="GraphQL errors"):
        find("westwind", email=JANE)
    merchant.drift("new_status")
    result = find("westwind", email=JANE)

    assert {(problem.code, problem.where) for problem in result.problems} >= {("unknown_word", "order[1].status")}


def answers_of(name: str, scene: Scene) -> dict[str, Any]:
    """What the merchant answers to a scene, as recorded answers."""
    with Asking(demo_mappings() / name) as asking:
        calls = asking.ask(scene)
    return {
        call: wb.PerOrder({key: wb.Pages([page.body for page in pages]) for key, pages in answers.items()})
        if isinstance(answers, Mapping)
        else wb.Pages([page.body for page in answers])
        for call, answers in calls.items()
    }


@pytest.mark.parametrize(
    ("name", "drift", "field", "step", "instead"),
    [
        ("northwind", "renamed_key", "created_at", ".created", "ordered_at"),
        ("southwind", "renamed_key", "created_at", ".Placed", "OrderedOn"),
        ("northwind", "list_became_object", "lines.sku", ".sku", ""),
        ("southwind", "list_became_object", "lines", ".Line", "Group"),
        ("eastwind", "renamed_key", "created_at", ".Placed", "OrderedOn"),
        ("eastwind", "list_became_object", "lines", ".Line", ""),
        ("northwind", "new_status", "status", "lookup", ""),
        ("southwind", "new_status", "status", "lookup", ""),
    ],
)
def test_explain_names_the_step(
    merchant: DemoMerchant, name: str, drift: str, field: str, step: str, instead: str
) -> None:
    """For each change there is the step at which a field was lost, and what stands there instead."""
    merchant.drift(drift)
    answers = answers_of(name, Scene("drifted", "", number="A-1002"))
    mapping = wb.load(demo_mappings() / name)
    (told,) = mapping.explain(answers, field, operation="find_order_by_number", inputs={"number": "A-1002"})

    if drift == "new_status":
        assert (told.steps[-1].did, told.outcome) == (step, "a word that the lookup does not know")
    else:
        assert told.stopped is not None
        assert (told.stopped.did, told.outcome) == (step, "nothing")
        assert not instead or instead in told.stopped.instead


# ---------------------------------------------------------------- failures


STATUSES = [
    (401, Unauthorized), (403, Forbidden), (404, NotFound), (429, RateLimited), (500, ServerError), (503, ServerError),
    (418, HttpError),
]  # fmt: skip


@pytest.mark.parametrize("name", MERCHANTS)
@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_a_bad_status_is_a_typed_error(
    merchant: DemoMerchant, name: str, status: int, error: type[WorkbenchError], tmp_path: Path
) -> None:
    """Each status has its class, says what to do, and is never taken for "no such order"."""
    hasty = changed(name, tmp_path, lambda data: data["connection"].update(retries={"max": 0}))
    merchant.fail("status", status=status, path=FACES[name], times=9)
    with pytest.raises(error) as caught, open_merchant(hasty, environment="demo") as client:
        client.find_orders(email=JANE)

    assert caught.value.status == status
    assert JANE not in str(caught.value)


FAILURES: list[tuple[str, dict[str, Any], type[WorkbenchError]]] = [
    ("html", {}, DecodeError),
    ("truncated", {}, BadAnswer),
    ("drop", {}, CallError),
    ("slow", {"seconds": 60}, TimedOut),
    ("huge", {"size": 90 * 1024 * 1024}, LimitExceeded),
]


@pytest.mark.parametrize("name", MERCHANTS)
@pytest.mark.parametrize(("kind", "how", "error"), FAILURES)
def test_a_broken_answer_is_a_typed_error(
    merchant: DemoMerchant, name: str, kind: str, how: dict[str, Any], error: type[WorkbenchError], tmp_path: Path
) -> None:
    """HTML, half an answer, none, a late one and a huge one are errors of their own, and the next call works."""
    if (name, kind) == ("downwind", "html"):
        error = LoginFailed  # its page to sign in is HTML, and the mapping knows it
    hasty = changed(name, tmp_path, lambda data: data["connection"].update(timeout_s=2, retries={"max": 0}))
    merchant.fail(kind, path=FACES[name], times=1 if kind == "slow" else 9, **how)
    with open_merchant(hasty, environment="demo") as client:
        with pytest.raises(error):
            client.find_orders(email=JANE)
        merchant.fail("none")
        assert len(client.find_orders(email=JANE).orders) == 7


def test_a_second_call_that_fails_leaves_the_order(merchant: DemoMerchant) -> None:
    """Without its parcels the order still comes; what they would say is unavailable."""
    merchant.fail("status", status=404, path="/v2/orders/70013/parcels", times=9)
    orders = find("northwind", email=JANE).orders

    assert [order.unavailable for order in orders[:3]] == [
        [], ["lines.tracking_numbers", "shipments", "tracking_numbers", "carrier"], [],
    ]  # fmt: skip
    assert orders[1].amount == "248.10"


def test_nothing_that_was_asked_for_is_logged(merchant: DemoMerchant, caplog: pytest.LogCaptureFixture) -> None:
    """Neither e-mails nor keys reach any log, in a find that works and in one that does not."""
    caplog.set_level(logging.DEBUG)
    find("northwind", email=JANE)
    merchant.fail("status", status=500, path="/xml/orders", times=9)
    with pytest.raises(ServerError):
        find("southwind", email=JANE)

    secrets = [merchant.environ[name] for name in ("NORTHWIND_PASSWORD", "SOUTHWIND_KEY")]
    assert caplog.text
    assert not [word for word in (JANE, "jane.doe", "A-1002", *secrets) if word in caplog.text]


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize("name", MERCHANTS)
@pytest.mark.parametrize(
    ("asked", "code", "expected"),
    [
        (["--email", JANE], 0, "1Z999AA10123456784"),
        (["--number", "A-1009"], 0, "9500"),
        (["--email", "ada.quiet@example.org"], 1, "no orders"),
        (["--number", "A-9999"], 1, "no orders"),
    ],
)
def test_workbench_find(
    merchant: DemoMerchant, capsys: pytest.CaptureFixture[str], name: str, asked: list[str], code: int, expected: str
) -> None:
    """The command finds the same orders, and says with its exit code whether there were any."""
    place = str(demo_mappings() / name)

    assert main(["find", place, *asked, "--environment", "demo"]) == code
    assert expected in capsys.readouterr().out


# ---------------------------------------------------------------- the show


def shown(*, terminal: bool) -> str:
    file = io.StringIO()
    run_demo(Console(file=file, width=80, force_terminal=terminal, color_system=None, highlight=False))
    return file.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_the_show_fits_eighty_columns(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables show every order whole, on a terminal of 80 columns and in a pipe."""
    monkeypatch.setenv("NORTHWIND_HOSTS", "api.northwind.example")  # of a real deployment; not for this server
    before = dict(os.environ)
    text = shown(terminal=terminal)

    assert max(map(cell_len, text.splitlines())) <= 80
    for number in range(1, 8):
        assert len(re.findall(rf"^ *A-100{number}\b", text, re.MULTILINE)) == 1
    rows = [line.split() for line in text.splitlines() if line.split()[:1] and line.split()[0] in NAMES]
    assert [(row[0], *row[-3:]) for row in rows if row[-1] == "2"] == [(name, "7", "shipped", "2") for name in NAMES]
    assert "the same orders from each" in text
    assert "1Z999AA10000000503" not in text  # a return's number is no tracking number of the order
    assert {"partially_shipped", "1Z999AA10123456784", "248.10 EUR", "outcome: withheld, 0 orders"} <= set(
        re.findall(r"outcome: withheld, 0 orders|\d+\.\d\d EUR|[\w]+", text)
    )
    assert "\x1b" not in text
    assert dict(os.environ) == before


def test_the_show_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, no temporary folder, and nothing changed in the mappings that it shows."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def mappings() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in demo_mappings().rglob("*")}

    before = mappings(), set(threading.enumerate())
    shown(terminal=False)

    assert list(tmp_path.iterdir()) == []
    assert mappings() == before[0]
    assert set(threading.enumerate()) <= before[1]


def test_the_command_shows_it(tmp_path: Path) -> None:
    """`workbench demo` works in any folder, and its output in a pipe is plain."""
    command = [sys.executable, "-W", "error", "-m", "workbench", "demo"]
    environ = {**os.environ, "PYTHONPATH": str(demo_mappings().parent), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []
