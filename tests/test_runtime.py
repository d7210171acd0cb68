"""Loading a mapping and mapping recorded answers, as a service does it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

MAPPING = """
format: 1
merchant: heron
version: 1.0.0
operations:
  find_orders_by_email:
    calls:
      - {name: search, get: /orders, query: {email: "{email}"}}
      - {name: parcels, for_each: order, get: "/orders/{@.id}/parcels"}
    orders: {each: "$.data"}
  find_order_by_number:
    calls:
      - {name: search, get: "/orders/{number}"}
      - {name: parcels, for_each: order, get: "/orders/{@.id}/parcels"}
    orders: {each: "$"}
records:
  order:
    order_number: "@.number"
    id: "@.id"
    status: {path: "@.state", lookup: {"1": processing, "2": shipped}}
    customer_email: "@.email"
    created_at: "@.created"
    shipments: {each: "parcels:$.parcels", fields: {tracking_number: "@.code", carrier: "@.by"}}
"""
ORDERS = [
    {"number": "H-1", "id": "a", "state": 1, "email": "Ann@example.com", "created": "2026-03-04"},
    {"number": "H-2", "id": "b", "state": 2, "email": "bob@example.com", "created": "2026-03-05"},
]


@pytest.fixture
def mapping() -> wb.Mapping:
    """The mapping of this file's merchant."""
    return wb.Mapping.from_text(MAPPING)


def body(orders: Any) -> bytes:
    """An answer of the search."""
    return json.dumps({"data": orders}).encode()


def test_it_maps_bytes(mapping: wb.Mapping) -> None:
    """One answer of one operation: orders, outcome and the mapping's version."""
    result = mapping.map({"search": body(ORDERS)}, operation="find_orders_by_email")

    assert result.outcome == "found"
    assert [order.order_number for order in result.orders] == ["H-1", "H-2"]
    assert result.mapping_version == "1.0.0"
    assert result.problems == []


def test_it_maps_pages_and_answers_per_order(mapping: wb.Mapping) -> None:
    """A call given twice is its pages; a call made per order has an answer for each."""
    answers = {
        "search": wb.Pages([body(ORDERS[:1]), body(ORDERS[1:])]),
        "parcels": wb.PerOrder({"b": b'{"parcels": [{"code": "T9", "by": "DHL"}]}'}),
    }

    result = mapping.map(answers, operation="find_orders_by_email")

    assert result.orders[0].shipments == []
    assert result.orders[1].shipments[0].tracking_number == "T9"
    assert result.orders[1].tracking_numbers == ["T9"]
    assert result.orders[1].carrier == "dhl"


def test_the_input_tells_the_operation_and_is_checked(mapping: wb.Mapping) -> None:
    """An order that does not carry the e-mail that was asked for never comes out."""
    result = mapping.map({"search": body(ORDERS)}, inputs={"email": " ann@EXAMPLE.com "})

    assert [order.order_number for order in result.orders] == ["H-1"]
    assert [problem.code for problem in result.problems] == ["withheld"]

    withheld = mapping.map({"search": body(ORDERS)}, inputs={"email": "eve@example.com"})
    assert withheld.outcome == "withheld"
    assert withheld.orders == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html><body>Oops</body></html>", b'{"data": [', b"\xff\xfe\x00", b'{"error": "down"}', b'"text"', b"12"],
)
def test_what_cannot_be_read_is_a_failure_and_not_no_order(mapping: wb.Mapping, answer: bytes) -> None:
    """An error page, a truncated answer or another document: failed, with a problem, and never raised."""
    result = mapping.map({"search": answer}, operation="find_orders_by_email")

    assert result.outcome == "failed"
    assert result.problems


def test_no_order_is_none(mapping: wb.Mapping) -> None:
    """An empty list is an answer: there is no such order."""
    assert mapping.map({"search": body([])}, operation="find_orders_by_email").outcome == "none"


def test_a_failed_second_call_makes_its_fields_unavailable(mapping: wb.Mapping) -> None:
    """What a failed call should have told is unknown, not absent."""
    answers = {"search": body(ORDERS[:1]), "parcels": wb.PerOrder({"a": b"<html>"})}

    (order,) = mapping.map(answers, operation="find_orders_by_email").orders

    assert order.unavailable == ["shipments", "tracking_numbers", "carrier"]
    assert [problem.code for problem in order.problems] == ["unavailable"]


def test_one_bad_order_harms_no_other(mapping: wb.Mapping) -> None:
    """A text where an order was expected, and an order with a wrong date: the others come out whole."""
    spoiled = {**ORDERS[1], "created": "tomorrow", "state": "?"}

    result = mapping.map({"search": body(["x", ORDERS[0], spoiled])}, operation="find_orders_by_email")

    assert [order.order_number for order in result.orders] == ["H-1", "H-2"]
    assert result.orders[0].problems == ()
    assert {problem.where for problem in result.orders[1].problems} == {"order[1].created_at", "order[1].status"}


def test_it_says_which_operation_it_needs(mapping: wb.Mapping) -> None:
    """Of several operations none is guessed."""
    with pytest.raises(wb.UsageError, match="say which"):
        mapping.map(body(ORDERS))
    with pytest.raises(wb.UsageError, match="no operation 'find'"):
        mapping.map(body(ORDERS), operation="find")
    with pytest.raises(wb.UsageError, match="no answer of the first call"):
        mapping.map({"parcels": b"{}"}, operation="find_orders_by_email")


@pytest.mark.parametrize("answers", [None, wb.Pages([]), {"search": None}, {"search": wb.PerOrder({"a": b"{}"})}])
def test_no_answer_is_wrong_use_and_not_no_order(mapping: wb.Mapping, answers: Any) -> None:
    """Without an answer of the first call nothing was read, so nothing can be said."""
    with pytest.raises(wb.UsageError, match="first call"):
        mapping.map(answers, operation="find_orders_by_email")


def test_a_misspelt_input_is_no_check_that_was_made(mapping: wb.Mapping) -> None:
    """Asking by an input that the operation does not know is refused, rather than answered with everybody's orders."""
    with pytest.raises(wb.UsageError, match="did you mean 'email'"):
        mapping.map({"search": body(ORDERS)}, operation="find_orders_by_email", inputs={"emial": "ann@example.com"})


def test_decoded_documents_are_taken_as_they_are(mapping: wb.Mapping) -> None:
    """A document, decoded JSON, text and bytes are one."""
    results = [
        mapping.map(answer, operation="find_order_by_number").to_dict()
        for answer in (ORDERS[0], json.dumps(ORDERS[0]), json.dumps(ORDERS[0]).encode(), wb.decode(ORDERS[0]))
    ]

    assert all(result == results[0] for result in results)


def test_a_folder_opens_at_what_is_released(tmp_path: Path) -> None:
    """Exporting does not deploy: a merchant's folder opens at the released version."""
    (tmp_path / "1.0.0.yaml").write_text(MAPPING)
    (tmp_path / "1.1.0.yaml").write_text(MAPPING.replace("1.0.0", "1.1.0"))

    with pytest.raises(wb.UsageError, match="workbench release"):
        wb.load(tmp_path)
    (tmp_path / "released").write_text("1.0.0\n")
    assert wb.load(tmp_path).version == "1.0.0"
    assert wb.load(tmp_path / "1.1.0.yaml").version == "1.1.0"


@pytest.mark.parametrize("word", ["", "../1.0.0", "/etc/passwd", ".hidden"])
def test_released_names_a_version_and_nothing_else(tmp_path: Path, word: str) -> None:
    """What stands in `released` never leads out of the folder."""
    (tmp_path / "released").write_text(word)

    with pytest.raises(wb.UsageError):
        wb.load(tmp_path)


def test_a_missing_or_unreadable_file_is_said_plainly(tmp_path: Path) -> None:
    """No traceback for a path that leads nowhere, nor for bytes that are no text."""
    with pytest.raises(wb.UsageError, match="cannot read"):
        wb.load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(wb.MappingError):
        wb.load(tmp_path / "binary.yaml")


def test_many_threads_share_one_mapping(mapping: wb.Mapping) -> None:
    """A mapping is immutable: concurrent use gives what use alone gives, also while code is being generated."""
    answer = {"search": body(ORDERS * 30)}
    alone = mapping.map(answer, operation="find_orders_by_email", mode="interpret").to_dict()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: mapping.map(answer, operation="find_orders_by_email").to_dict(), range(40)))

    assert all(result == alone for result in results)


def test_no_problem_holds_a_value(mapping: wb.Mapping) -> None:
    """Problems tell places and types; a customer's value stays in the order."""
    secret = "QX-Zebulon-77"
    orders = [{**ORDERS[0], "created": secret, "state": secret, "number": {"x": secret}}]

    result = mapping.map({"search": body(orders)}, operation="find_orders_by_email")

    assert result.problems
    assert secret not in json.dumps([problem.to_dict() for problem in result.problems])
    assert secret not in repr(result.orders[0])


def test_an_empty_list_is_an_answer() -> None:
    """A bare empty list is a document: there are no orders."""
    mapping = wb.Mapping.from_text(
        "{format: 1, merchant: m, operations: {find: {orders: {each: $}}}, records: {order: {order_number: '@.n'}}}"
    )

    assert mapping.map([]).outcome == "none"


def test_a_document_nested_too_deeply_never_raises(mapping: wb.Mapping) -> None:
    """Also where the items of the orders are needed before all answers are in."""
    root: Any = None
    for _ in range(100_000):
        root = [root]
    answers = {"search": {"data": root}, "parcels": wb.PerOrder({"a": b"{}"})}

    assert mapping.map(answers, operation="find_orders_by_email").outcome == "failed"
    with pytest.raises(wb.DecodeError):
        mapping.explain(answers, "status", operation="find_orders_by_email")
