"""The notebook's object, driven without a notebook against the running demo merchant."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.demo import DemoMerchant
from workbench.mapping import load_text
from workbench.notebook.protocol import handle

pytest.importorskip("pandas", reason="needs the extra notebook")
BASIC = {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"}
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
JANE = "jane.doe@example.com"
WORDS = {"1": "pending", "2": "confirmed", "3": "processing", "4": "shipped", "5": "delivered", "6": "on_hold",
         "8": "cancelled", "9": "refunded"}  # fmt: skip


@pytest.fixture
def place(acme_place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of mappings, with the merchant's secrets and its probe in the environment."""
    monkeypatch.setenv("ACME_PROBE_EMAIL", JANE)
    return acme_place


@pytest.fixture
def bench(place: Path) -> wb.Workbench:
    """A new merchant, connected, with one operation and its answers."""
    made = wb.Workbench("acme", mappings=place)
    made.connect("${ACME_URL}", BASIC, timezone="Europe/Berlin")
    made.operation(BY_EMAIL)
    made.call("/orders", name="search", query={"email": "{email}"}, pages={"kind": "next_link", "path": "$.next"})
    made.fetch(email="${ACME_PROBE_EMAIL}")
    return made


def mapped(bench: wb.Workbench) -> wb.Workbench:
    """With what an export needs, on both operations."""
    bench.consent()
    bench.assign("order_number", "$.data[*].number")
    bench.assign("customer_email", "$.data[0].customer.email")
    bench.assign("created_at", "$.data[*].created")
    bench.assign("status", "$.data[*].state")
    bench.lookup("status", WORDS)
    bench.operation(BY_NUMBER)
    bench.call("/orders/{number}", name="detail", not_found_when={"http.status": 404})
    bench.fetch(number="A-1002")
    bench.assign("lines.sku", "$.items[*].sku")
    return bench


def test_from_nothing_to_production(bench: wb.Workbench, place: Path) -> None:
    """A merchant is mapped click by click, exported, and the exported file finds the orders live."""
    done = mapped(bench).export()

    assert done.path == place / "acme" / "1.0.0.yaml"
    with wb.open_merchant(done.path, environment=None) as opened:
        found = opened.find_orders(email=JANE)
        order = opened.find_order(number="A-1002")
    assert found.outcome == "found"
    assert len(found.orders) == 7
    assert order is not None
    assert order.lines[0].sku
    assert order.customer_email == JANE


def test_draft_is_on_the_disk_after_every_change(bench: wb.Workbench, place: Path) -> None:
    """A kernel that dies loses nothing: another session goes on where this one was."""
    bench.consent()
    bench.assign("order_number", "$.data[*].number")
    again = wb.Workbench("acme", mappings=place)

    assert load_text((place / "acme" / "draft.yaml").read_text()).data == bench.data == again.data
    assert again.rule("order_number") == "@.number"
    assert [sample["live"] for sample in again.samples()] == [False]
    assert len(again.tree().nodes) == len(bench.tree().nodes)
    assert "fetch again" in again.samples()[0]["text"]
    assert len(again._rows()[1]) == len(bench._rows()[1]) == 7


def test_opening_a_merchant_writes_nothing(place: Path) -> None:
    """Looking at a mapping leaves its folder as it was; the first change makes the draft."""
    made = wb.Workbench("acme", mappings=place)
    assert list((place / "acme").iterdir()) == []
    made.operation(BY_EMAIL)
    assert (place / "acme" / "draft.yaml").is_file()


def test_nothing_of_a_customer_is_saved(bench: wb.Workbench, place: Path) -> None:
    """Neither in the draft, nor in samples, nor in the code that repeats the clicks; nothing at all before consent."""
    assert not (place / "acme" / "samples").exists()
    mapped(bench).export()
    written = "".join(file.read_text() for file in place.rglob("*") if file.is_file())

    for planted in (JANE, "Jane", "Lindenweg", "A-1001", "5550101", os.environ["ACME_PASSWORD"]):
        assert planted not in written
        assert planted not in bench.as_code() + bench.questions() + repr(bench) + str(bench.preview())
    assert "bench.fetch(email='${ACME_PROBE_EMAIL}')" in bench.as_code()


def test_typed_secret_goes_to_the_ignored_file_only(bench: wb.Workbench, tmp_path: Path) -> None:
    """The prompt's value is in `.env`, readable for the user alone; a literal in `connect` is refused."""
    bench.secret("ACME_TOKEN", "s3cr3t-planted")
    with pytest.raises(wb.UsageError, match="written out") as caught:
        bench.connect("https://api.acme.example", {"kind": "bearer", "token": "s3cr3t-planted"})

    assert "ACME_TOKEN=s3cr3t-planted" in (tmp_path / ".env").read_text()
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert ".env" in (tmp_path / ".gitignore").read_text()
    assert "s3cr3t" not in str(caught.value) + bench.as_code() + bench.message
    with pytest.raises(wb.UsageError, match="start it with ACME_"):
        bench.secret("OTHER_TOKEN", "x")


def test_undo_and_redo(bench: wb.Workbench) -> None:
    """Each change can be taken back, the blocks that it made as well."""
    before = bench.data
    bench.assign("lines.sku", "$.data[*].items[*].sku")
    after = bench.data

    assert bench.undo().startswith("lines.sku")
    assert bench.data == before
    bench.redo()
    assert bench.data == after
    bench.unassign("lines.sku")
    assert "lines" not in bench.data["records"]["order"]
    with pytest.raises(wb.UsageError, match="nothing to redo"):
        bench.redo()


def test_refused_change_changes_nothing(bench: wb.Workbench, place: Path) -> None:
    """What would make the mapping wrong is said, and the draft stays."""
    before = (place / "acme" / "draft.yaml").read_bytes()
    for act in (
        lambda: bench.assign("order_number", "$.nowhere"),
        lambda: bench.assign_text("order_number", "@.a..b"),
        lambda: bench.lookup("order_number", {"x": "y"}),
        lambda: bench.fetch(phone="1"),
        lambda: bench.connect("${OTHER_URL}"),
        lambda: bench.select("nope"),
    ):
        with pytest.raises(wb.UsageError):
            act()
    assert (place / "acme" / "draft.yaml").read_bytes() == before


def test_second_notebook_is_told(bench: wb.Workbench, place: Path) -> None:
    """Two notebooks on one draft: the later click is refused until it has taken the other's state."""
    other = wb.Workbench("acme", mappings=place)
    bench.assign("order_number", "$.data[*].number")

    with pytest.raises(wb.WorkbenchError, match="another notebook"):
        other.operation(BY_NUMBER)
    other.reload()
    other.operation(BY_NUMBER)
    assert other.rule("order_number") == "@.number"


def test_export_over_a_newer_version_is_refused(bench: wb.Workbench, place: Path) -> None:
    """A draft of an older base asks for a look at what was exported meanwhile."""
    first = mapped(bench)
    old = wb.Workbench("acme", mappings=place)
    first.export()
    old.reload()
    old._draft.data.pop("version", None)

    with pytest.raises(wb.WorkbenchError, match="rebase"):
        old.export()


def test_export_says_all_that_is_missing(bench: wb.Workbench) -> None:
    """The gate is there from the first minute, and can be waived with a reason only where that makes sense."""
    texts = [one.text for one in bench.todo() if one.blocks]

    assert "no rule for order_number" in texts
    with pytest.raises(wb.UsageError, match="stand against the export") as caught:
        bench.export()
    assert all(text in str(caught.value) for text in texts)


def test_value_of_an_order_makes_a_call_for_each(bench: wb.Workbench) -> None:
    """From a node to a second call, its tree and its fields, for the orders that were sampled."""
    bench.consent()
    bench.assign("order_number", "$.data[*].number")
    bench.use_in_call("search", "$.data[*].id", "/orders/{}/parcels", "parcels")
    bench.assign("shipments.tracking_number", "$.parcels[*].code", "parcels")

    assert bench.data["records"]["order"]["shipments"]["each"] == "parcels:$.parcels"
    assert bench._rows("shipments")[1]


def test_saved_sample_and_fresh_answer_are_compared(bench: wb.Workbench, merchant: DemoMerchant, place: Path) -> None:
    """A key that the merchant renamed is told as gone and new."""
    bench.consent()
    again = wb.Workbench("acme", mappings=place)
    merchant.drift("renamed_key")
    try:
        again.fetch(email=JANE)
    finally:
        merchant.drift("none")

    changes = {change.what for change in again.compare()}
    assert {"gone", "new"} <= changes


def test_search_behaviour_is_found_out_and_written(place: Path) -> None:
    """At most eight reads tell what an unknown number, another case and a prefix do, and how answers go on."""
    made = wb.Workbench("acme", mappings=place)
    made.connect("${ACME_URL}", BASIC, timezone="Europe/Berlin")
    made.operation(BY_EMAIL)
    made.call("/orders", name="search", query={"email": "{email}"})
    made.fetch(email=JANE)
    made.assign("order_number", "$.data[*].number")
    made.assign("customer_email", "$.data[*].customer.email")
    made.operation(BY_NUMBER)
    made.call("/orders/{number}", name="detail")
    made.fetch(number="A-1002")
    made.assign("status", "$.state")
    plan = made.probe_plan(JANE, "A-1002")
    rows = made.probe_search(JANE, "A-1002")
    made.apply_search()

    body = made.data["operations"]
    assert len(plan) <= 8
    assert JANE not in repr(plan) + repr(rows) + made.as_code()
    assert body[BY_EMAIL]["calls"][0]["pages"] == {"kind": "next_link", "path": "$.next"}
    assert body[BY_NUMBER]["calls"][0]["not_found_when"] == {"http.status": 404}
    assert body[BY_NUMBER]["verify"] == {"order_number": {"equals": "{number}", "ignore_prefix": ["A-"]}}
    with pytest.raises(wb.UsageError, match="nothing to try"):
        wb.Workbench("other", mappings=place).probe_search()


def test_words_from_documentation(bench: wb.Workbench) -> None:
    """Rows pasted in any usual form are kept, also those that no sample has; what nobody knows is told."""
    bench.assign("status", "$.data[*].state")
    left = bench.paste_words("status", "4 = shipped\n| 5 | delivered |\n6: on hold\n77 - zzyzx\n\n# heading")

    rule = bench.rule("status")
    assert rule["lookup"] == {"4": "shipped", "5": "delivered", "6": "on_hold"}
    assert left == ["77"]
    assert [row["word"] for row in bench.words("status") if not row["seen"]] == ["6"]
    with pytest.raises(wb.UsageError, match="no row"):
        bench.paste_words("status", "nothing here")


def test_details_of_what_was_found(bench: wb.Workbench) -> None:
    """Each order that the list gave is fetched by its number."""
    bench.assign("order_number", "$.data[*].number")
    bench.operation(BY_NUMBER)
    bench.call("/orders/{number}", name="detail")

    assert bench.fetch_found(most=2) == 2
    assert len([sample for sample in bench.samples() if sample["operation"] == BY_NUMBER]) == 2


def test_back_office_is_kept_as_evidence(bench: wb.Workbench, place: Path) -> None:
    """What was ticked goes into the exported file as counts, without a number or a value."""
    mapped(bench)
    assert bench.confirm("A-1001", "status")
    assert not bench.confirm("A-1002", "status", "cancelled")
    with pytest.raises(wb.UsageError, match="differ from the back office"):
        bench.export()
    bench.waive("status: 1 of 2 values differ from the back office", "the back office is a day behind")
    done = bench.export()

    assert wb.load(done.path).file.data["evidence"]["confirmed"] == {"status": "1 of 2 match"}
    with pytest.raises(wb.UsageError, match="no sample"):
        bench.confirm("nope", "status")


def test_sample_from_a_file(place: Path) -> None:
    """A response that somebody sent is enough to begin; a page is refused with a plain message."""
    made = wb.Workbench("acme", mappings=place)
    made.operation(BY_EMAIL)
    made.load_sample(b'[{"n": "A-1"}]', email="a@example.org")
    made.assign("order_number", "$[*].n")

    assert [row["order_number"] for row in made._rows()[1]] == ["A-1"]
    for bad in (b"", b"<html><p>Sorry</html>", b"{"):
        with pytest.raises(wb.UsageError, match="not a response"):
            made.load_sample(bad)


def test_clicks_in_many_threads(bench: wb.Workbench) -> None:
    """Callbacks run in other threads than cells; each click counts once."""
    errors: list[Exception] = []

    def click(number: int) -> None:
        try:
            bench.declare(f"field_{number}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=click, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(bench.data["fields"]) == 12


def ask(bench: wb.Workbench, op: str, **args: Any) -> Any:
    """What the widget would get."""
    reply, buffers = handle(bench, op, args)
    assert "ok" in reply, reply
    json.dumps(reply)
    return (reply["ok"], buffers) if buffers else reply["ok"]


def test_widget_protocol(bench: wb.Workbench) -> None:
    """What the widget asks for while a field is mapped."""
    state = ask(bench, "state")
    told, buffers = ask(bench, "tree", record=1)
    found = ask(bench, "propose", field="order_number", path="$.data[1].number")
    state_after = ask(bench, "assign", field="order_number", path="$.data[1].number", choice=0)

    assert state["consent"]
    assert not state["places"]
    assert told["records"] == 3
    assert json.loads(buffers[0])["nodes"]
    assert found["proposals"][0]["filled"] == 7
    assert state_after["places"] == {"search $.data[*].number": ["order_number"]}
    assert state_after["done"] == 1
    one, _ = ask(bench, "tree", record=1)
    assert one["records"] == 7
    assert one["values"]["$.data[*].number"]
    assert ask(bench, "preview", tab="orders")["total"] == 7
    assert ask(bench, "exchange")["pages"][0]["status"] == 200
    assert os.environ["ACME_PASSWORD"] not in json.dumps(ask(bench, "exchange"))
    assert "${ACME_PASSWORD}" in ask(bench, "exchange")["pages"][0]["curl"]


@pytest.mark.parametrize(
    ("op", "args"),
    [("nope", {}), ("assign", {}), ("assign", {"field": 5, "path": []}), ("select", {"operation": None}),
     ("tree", {"record": "x"}), ("fetch", {}), ("lookup", {"field": "status", "table": 3})],
)  # fmt: skip
def test_wrong_messages_are_answered(bench: wb.Workbench, op: str, args: dict[str, Any]) -> None:
    """A message of a newer or broken widget gets an error without a value; nothing is raised."""
    reply, _ = handle(bench, op, args)

    assert reply["error"]
    assert JANE not in reply["error"]
