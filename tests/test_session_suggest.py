"""Suggestions in the session: proposed, used one by one or all that are sure, undone, and renewed by clicks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import workbench as wb
from workbench.errors import UsageError


def order(number: int) -> dict[str, object]:
    """An invented order."""
    return {
        "number": f"A-{1000 + number}", "created": f"2026-03-{number:02}T10:00:00Z",
        "state": ["new", "sent"][number % 2],
        "customer": {"first": "Ann", "last": f"Doe{number}", "email": f"ann{number}@example.com"},
        "items": [{"sku": f"TEA-{number}", "title": "Assam tea", "qty": 1 + number % 3, "price": "2.50"}],
        "total": "12.50", "currency": "EUR",
        "address": {"street": f"Way {number}", "city": "Town", "zip": "12345", "country": "DE"},
    }  # fmt: skip


JOINS = Path(__file__).parent / "suggest" / "joins.yaml"
ANSWER = json.dumps({"data": [order(number) for number in range(1, 6)]})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A merchant with one answer."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    made = wb.Workbench("acme", mappings=tmp_path / "mappings")
    made.operation("find_orders_by_email")
    made.load_sample(ANSWER, email="ann1@example.com")
    return made


def test_all_that_are_sure_make_a_mapping(bench: wb.Workbench) -> None:
    """The sure proposals map the answer, blocks included; each is a step that can be undone."""
    proposed = bench.suggest()
    count = bench.use_sure()

    assert count <= len(proposed)
    table = bench.preview("orders", reveal=True)
    assert list(table["Order Number"]) == [f"A-{1000 + number}" for number in range(1, 6)]
    assert list(bench.preview("lines", reveal=True)["SKU"]) == [f"TEA-{number}" for number in range(1, 6)]
    for _ in range(count):
        bench.undo()
    assert bench.data["records"]["order"] == {}


def test_nothing_is_taken_unasked_or_twice(bench: wb.Workbench) -> None:
    """Suggesting changes no rule; what is mapped is not proposed again, nor is the place that it reads."""
    before = bench.data
    bench.suggest()
    assert bench.data == before
    bench.assign("order_number", "$.data[*].number")
    bench.assign("order_type", "$.data[*].currency")  # wrong, but said
    fields = {one.field for one in bench._proposed()}
    assert not fields & {"order_number", "order_type", "currency"}
    again = {one.field: one.rule for one in bench.suggest()}

    assert "currency" not in again
    assert "lines.sku" in again
    with pytest.raises(UsageError, match="has a rule already"):
        bench.use_suggestion("order_number")


def test_suggestions_show_no_value_in_a_notebook(bench: wb.Workbench) -> None:
    """What a cell prints holds paths, scores and reasons; the code that repeats it holds no value."""
    proposed = bench.suggest()
    bench.use_suggestion("customer_email")

    said = repr(proposed) + repr(bench.candidates("customer_name")) + bench.as_code()
    assert "@.customer.email" in said
    assert "bench.use_suggestion('customer_email')" in said
    assert not [word for word in ("ann1", "Doe1", "A-1001", "Way 1") if word in said]


def test_earlier_merchant_is_recognised(bench: wb.Workbench, tmp_path: Path) -> None:
    """An answer like a known merchant's is told with the share of agreement; its rules come when they are asked for."""
    bench.suggest()
    bench.use_sure()
    bench.declare("depot")
    other = wb.Workbench("twin", mappings=tmp_path / "mappings")
    (bench.folder / "1.0.0.yaml").write_text((bench.folder / "draft.yaml").read_text() + "version: 1.0.0\n")
    other.operation("find_orders_by_email")
    other.load_sample(ANSWER, email="ann1@example.com")
    other.suggest()
    known = other._found().known
    assert [(one.merchant, one.share) for one in known] == [("acme", 1.0)]
    assert other.rule("order_number") is None
    other.use_known("acme")

    assert other.rule("lines.sku") == bench.rule("lines.sku")


@pytest.mark.parametrize("body", ['{"error": "no such customer"}', "[]", '{"data": []}', '[{"a": 1}]'])
def test_nothing_to_suggest_is_said(bench: wb.Workbench, body: str) -> None:
    """An answer without an order gives no proposal, and a sentence."""
    bench.remove_sample("live-1")
    bench.load_sample(body)

    assert bench.suggest() == []
    assert "no order found" in bench.message


def test_before_an_answer_or_a_suggestion(tmp_path: Path, bench: wb.Workbench) -> None:
    """Each step says which one comes before it."""
    with pytest.raises(UsageError, match=r"suggest\(\) first"):
        bench.use_suggestion("order_number")
    bench.remove_sample("live-1")
    with pytest.raises(UsageError, match="fetch an order first"):
        bench.suggest()


def test_one_press_maps_both_searches(bench: wb.Workbench) -> None:
    """The answers of the other search hold the same orders elsewhere: their place comes with what is sure."""
    bench.operation("find_order_by_number")
    bench.load_sample(json.dumps({"order": order(7)}), operation="find_order_by_number", number="A-1007")
    bench.select("find_orders_by_email")
    bench.suggest()
    bench.use_sure()

    assert bench.data["operations"]["find_order_by_number"]["orders"] == {"each": "$.order"}
    assert list(bench.preview("orders", reveal=True)["Order Number"])[-1] == "A-1007"
    with pytest.raises(UsageError, match="nothing that is sure"):
        bench.use_sure()


def test_a_second_place_where_the_other_search_has_it_elsewhere(bench: wb.Workbench) -> None:
    """A rule that finds nothing in the other search's answers gets a second place there; what finds stays as it is."""
    bench.suggest()
    bench.use_sure()
    before = bench.rule("currency")
    detail = {key: value for key, value in order(7).items() if key not in ("customer", "total")}
    detail |= {"email": "ann7@example.com", "buyer_name": "Ann Doe7", "grand_total": "12.50"}
    bench.operation("find_order_by_number")
    bench.load_sample(json.dumps({"order": detail}), operation="find_order_by_number", number="A-1007")
    bench.each("$.order", operation="find_order_by_number")
    fields = {one.field for one in bench.suggest()}

    assert {"customer_email", "amount"} <= fields
    assert not {"currency", "order_number"} & fields
    assert bench.use_suggestion("customer_email") == "first: @.customer.email, @.email"
    assert list(bench.preview("orders", reveal=True)["Customer E-mail"])[-1] == "ann7@example.com"
    assert "customer_email" not in {one.field for one in bench._proposed()}
    assert bench.rule("currency") == before
    with pytest.raises(UsageError, match="has a rule already"):
        bench.use_suggestion("customer_email")


def test_what_is_no_order_is_told_and_not_proposed(bench: wb.Workbench) -> None:
    """A carrier's answer in place of orders: a session maps orders, so it says what it sees and proposes nothing."""
    bench.remove_sample("live-1")
    tracker = {"object": "Tracker", "tracking_code": "RM123456785GB", "carrier": "Royal Mail", "status": "delivered"}
    bench.load_sample(json.dumps(tracker))

    assert bench.suggest() == []
    assert "no order found: a tracking answer stands at $" in bench.message
    assert bench.candidates("order_number") == []


def test_what_stands_elsewhere_is_taken_with_its_join(bench: wb.Workbench) -> None:
    """Proposals that are read from `included` bring the join they need, one by one or all that are sure."""
    body = next(row["body"] for row in YAML(typ="safe").load(JOINS.read_text("utf-8")) if "json-api" in row["name"])
    bench.remove_sample("live-1")
    bench.load_sample(body)
    bench.suggest()
    bench.use_suggestion("lines.sku")
    bench.use_suggestion("shipping_address.city")

    assert list(bench.preview("lines", reveal=True)["SKU"]) == ["LMP-1", "PR-2", "SK-3"]
    bench.suggest()
    bench.use_sure()
    assert list(bench.preview("lines", reveal=True)["Product Name"]) == ["Lampe", "Pære", "Skygge"]
    assert list(bench.preview("orders", reveal=True)["City"]) == ["Aarhus", "Odense"]
    assert list(bench.preview("shipments", reveal=True)["Tracking Number"]) == ["00370731234567890123"]


def test_expectations_are_proposed_and_each_can_be_undone(bench: wb.Workbench) -> None:
    """What all orders bear out is offered once its field has a rule, taken one by one, and taken back."""
    bench.suggest()
    assert bench.expectations() == []
    bench.use_sure()

    assert {"amount", "lines", "customer_name"} <= set(bench.expectations())
    assert bench.use_expectation("lines") == "lines: {always: true}"
    assert bench.data["expect"] == {"lines": {"always": True}}
    assert "lines" not in bench.expectations()
    bench.undo()
    assert not bench.data.get("expect")
    with pytest.raises(UsageError, match="nothing is expected of order_type"):
        bench.use_expectation("order_type")


def test_a_return_is_not_proposed_twice(bench: wb.Workbench) -> None:
    """What the returns say is not offered for the order as well once they are mapped."""
    body = next(row["body"] for row in YAML(typ="safe").load(JOINS.read_text("utf-8")) if "side-by-side" in row["name"])
    bench.remove_sample("live-1")
    bench.load_sample(body)
    bench.suggest()
    bench.use_sure()

    assert list(bench.preview("returns", reveal=True)["Return Id"]) == ["RT-1"]
    assert not [one.field for one in bench.suggest() if one.field.startswith("return")]
