"""Executing a plan: both ways alike, bounded, and deaf to what a mapping's texts look like."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

from workbench.documents import Document, Element, Elements, Limits, Text
from workbench.execute import Execution
from workbench.execute.writer import source_of
from workbench.plan import Plan, compile_plan

MODES = ("interpret", "generate")


def plan_of(order: dict[str, Any], orders: dict[str, Any] | None = None, **more: Any) -> Plan:
    """A plan of one operation over one call."""
    operation = {"orders": orders or {"each": "$"}, **more.pop("operation", {})}
    return compile_plan({"operations": {"find": operation}, "records": {"order": order}, **more})


def outcome(plan: Plan, root: Any, mode: str = "interpret", **options: Any) -> tuple[str, list[Any], list[str]]:
    """What a run gives: outcome, orders, problem texts."""
    execution = Execution(plan, "find", mode=mode, **options)
    execution.answer("main", [Document(root)])
    result = execution.result()
    return result.outcome, [order.to_dict() for order in result.orders], [problem.text for problem in result.problems]


HOSTILE = ['"', "'", '"""', "\\", "{x}", "%s", "\n", "__import__('os').abort()", "#", "é", "\u2028", "]]", "ODD", "run"]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_mapping_never_become_source(text: str) -> None:
    """Keys, separators, constants and words of a mapping mean themselves, whatever they look like."""
    path = "@['{}']".format(text.replace("\\", "\\\\").replace("'", "\\'")) if text != "\n" else "@.newline"
    key = text if text != "\n" else "newline"
    plan = plan_of(
        {
            "order_number": path,
            "customer_name": {"join": [path, "@.b"], "separator": text},
            "status": {"path": "@.s", "lookup": {text: "shipped"}},
            "extra": {text: path},
        }
    )
    order = {key: "A", "b": "B", "s": text.strip() or "x"}

    source, _ = source_of(plan.operations["find"].orders)
    results = [outcome(plan, order, mode) for mode in MODES]

    assert results[0] == results[1]
    assert results[0][1][0]["order_number"] == "A"
    assert results[0][1][0]["customer_name"] == f"A{text}B"
    assert results[0][1][0]["extra"] == {text: "A"}
    assert len(text) < 2 or text in ("ODD", "run") or text not in source


ODD_ITEMS = [
    {"n": 1, "a": {"b": [1, 2]}, "l": [{"s": "x"}, None, {"s": {}}]},
    {"n": True, "a": [{"b": 1}], "l": {"s": ["x", "y"]}},
    {"n": "  ", "a": "text", "l": "x"},
    {"n": None, "a": None, "l": [[{"s": 1}]]},
    {"n": {"deep": 1}, "a": {"b": {"c": 1}}, "l": [1, "2", False]},
    {"n": Decimal("1.50"), "a": {"b": 10**40}, "l": [{"s": "", "q": "1,5"}]},
    {"n": 1.5, "a": {"b": float("nan")}, "l": [{"q": "n/a"}]},
    Element({"n": Text("1"), "a": Elements([Element({"b": Text("x")})]), "l": Elements([Text("q"), None])}),
    Element({"n": Element({"@k": Text("v"), "#text": Text("7")}), "a": Element({"b": None}), "l": Text("z")}),
    [],
    "scalar",
    None,
    0,
]


@pytest.mark.parametrize("item", ODD_ITEMS, ids=lambda item: str(type(item).__name__))
def test_generated_code_and_interpreter_agree_on_what_does_not_fit(item: Any) -> None:
    """Whatever stands where something else was expected, both ways give the same orders and problems."""
    plan = plan_of(
        {
            "order_number": "@.n",
            "region": "@.a.b",
            "customer_name": {"first": ["@.a.b", "@.n"]},
            "order_type": {"join": ["@.n", "@.a.b"]},
            "created_at": "@.a.b",
            "currency": "@.n",
            "amount": {"path": "@.n", "decimal": {"minor_units": True}},
            "carrier": "@.a.b",
            "tracking_numbers": "@.l",
            "shipping_address": {"at": "@.a", "fields": {"city": "@.b"}},
            "lines": {"each": "@.l", "fields": {"sku": "@.s", "quantity": "@.q", "status": "@.s"}},
            "extra": {"x": "@.a.b"},
        },
        {"each": "$.list"},
    )
    root = Element({"list": item}) if isinstance(item, Element) else {"list": [item, item]}

    assert outcome(plan, root, "generate") == outcome(plan, root, "interpret")


def test_a_plan_survives_pickling() -> None:
    """A plan sent to another process gives the same result there."""
    plan = plan_of({"order_number": "@.n", "status": {"path": "@.s", "lookup": {"1": "shipped"}}})

    there = pickle.loads(pickle.dumps(plan))

    assert outcome(there, {"n": 5, "s": 1}) == outcome(plan, {"n": 5, "s": 1})


def test_a_mapping_cannot_work_for_ever() -> None:
    """Lists joined with lists stop at the budget, and the result says so."""
    deep = {"each": "$.all", "with": {"a": {"each": "$.all"}}, "fields": {"sku": "a:$[?@.x == 1].y"}}
    plan = plan_of({"order_number": "@.n", "lines": deep}, {"each": "$.all"})
    root = {"all": [{"n": number} for number in range(300)]}

    made = outcome(plan, root, limits=Limits(nodes=1000))

    assert made[0] == "failed"
    assert made[2] == ["the mapping takes too many steps on this response; narrow keep: and with: @ order"]


def test_an_indexed_join_equals_a_plain_one() -> None:
    """Ids join as two numbers, or as exact text, however long the list is."""
    rows = [{"id": "1"}, {"id": 1}, {"id": Decimal("1.0")}, {"id": "01"}, {"id": [2, 1]}, {"id": None}, {"id": "x"}]
    lines = {"each": "^.rows", "keep": {"@.id": "^.key"}, "fields": {"id": "@~"}}
    plan = plan_of({"order_number": "@.key", "lines": {**lines, "each": "$.rows"}}, {"each": "$.orders"})

    for key, expected in (
        (1, ["0", "1", "2", "4"]),
        ("1", ["0", "1", "4"]),
        ("01", ["3"]),
        (Decimal("1.0"), ["1", "2", "4"]),
    ):
        _, orders, _ = outcome(plan, {"rows": rows, "orders": [{"key": key}]})
        assert [line["id"] for line in orders[0].get("lines", [])] == expected, key


def test_a_document_nested_too_deeply_is_a_failure_not_a_crash() -> None:
    """A decoded document that never went through our decoder may be nested beyond Python's stack."""
    root: Any = None
    for _ in range(100_000):
        root = [root]

    made = outcome(plan_of({"order_number": "@.n"}), root)

    assert made == ("failed", [], ["the response is nested too deeply @ order"])


@pytest.mark.parametrize(
    ("root", "place", "expected"),
    [
        ({"data": []}, "$.data", "none"),
        ({"data": None}, "$.data", "none"),
        ({}, "$.data", "none"),
        ({"error": "boom"}, "$.data", "failed"),
        ({"items": [{"n": 1}]}, "$.data", "failed"),
        ("an error page", "$.data", "failed"),
        ([], "$", "none"),
        ([{"x": 1}, {"x": 2}], "$", "failed"),
        (Element({"Orders": None}), "$.Orders.Order", "none"),
        (Element({"Orders": Element({"Count": Text("0")})}), "$.Orders.Order", "none"),
        (Element({"Orders": Element({"Bestellung": Element({"n": Text("1")})})}), "$.Orders.Order", "failed"),
        (Element({"Error": Text("no")}), "$.Orders.Order", "failed"),
    ],
)
def test_no_order_and_could_not_read_are_never_the_same(root: Any, place: str, expected: str) -> None:
    """An empty list is no order; a response without the place of the orders could not be read."""
    assert outcome(plan_of({"order_number": "@.n"}, {"each": place}), root)[0] == expected


def test_both_ways_agree_on_numbers_beyond_reason() -> None:
    """A whole number of forty digits is text as it stands, and no amount."""
    plan = plan_of({"order_number": "@.n", "amount": "@.n", "lines": {"each": "@.l", "fields": {"quantity": "@.q"}}})
    root = {"n": 10**45, "l": [{"q": 10**39}, {"q": 10**5000}, {"q": 3}]}

    assert outcome(plan, root, "generate") == outcome(plan, root, "interpret")


@pytest.mark.parametrize("mode", MODES)
def test_what_only_another_operation_calls_is_unavailable(mode: str) -> None:
    """A name that this operation does not have makes what needs it unknown, not absent; a second place still counts."""
    plan = compile_plan({
        "operations": {
            "find": {"calls": [{"name": "main"}], "orders": {"each": "$"}},
            "other": {"calls": [{"name": "main"}, {"name": "parcels", "for_each": "order"}], "orders": {"each": "$"}},
        },
        "records": {"order": {
            "order_number": "@.n", "region": {"first": ["@.r", "parcels:$.r"]}, "order_type": "parcels:$.t",
            "shipments": {"each": "parcels:$.p", "fields": {"tracking_number": "@.t"}},
        }},
        "expect": {"tracking_numbers": {"when": {"order_number": {"not": "x"}}}},
    })  # fmt: skip

    assert outcome(plan, [{"n": "A1", "r": "EU"}], mode) == (
        "found", [{"order_number": "A1", "region": "EU",
                   "unavailable": ["order_type", "shipments", "tracking_numbers", "carrier"]}], [],
    )  # fmt: skip
