"""What speaks for a proposal beside names and values: the order of dates, counts, codes, what an answer says it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.documents import Document
from workbench.suggest import draft
from workbench.suggest.codes import meaning
from workbench.suggest.columns import Facts, columns
from workbench.suggest.counts import LINES, PARCELS, agrees, counts_of, sum_agrees
from workbench.suggest.names import read_name
from workbench.suggest.returns import named_back
from workbench.suggest.sorts import sort_of
from workbench.suggest.structure import Structures
from workbench.tree import merge

ORDER = {
    "number": "A-1",
    "state": "paid",
    "email": "ada@example.org",
    "items": [{"sku": "S", "title": "Cup", "qty": 2}],
}


def facts_of(*items: dict[str, Any]) -> dict[str, Facts]:
    """The columns of invented items by their paths."""
    return {column.key: Facts(column, len(items)) for column in columns(items)}


def drafted(*orders: dict[str, Any]) -> Any:
    """The draft of some orders."""
    return draft(json.dumps({"orders": [{**ORDER, **order} for order in orders]}))


def test_a_date_before_the_order_is_no_delivery() -> None:
    """What its name calls a delivery is none where it lies before the order; told with the candidate."""
    good = drafted({"created": "2026-03-01", "deliveryDate": "2026-03-05"})
    bad = drafted({"created": "2026-03-01", "deliveryDate": "2025-12-24"})

    assert good.sure["expected_delivery_at"].path == "@.deliveryDate"
    assert "expected_delivery_at" not in bad.sure
    assert "though it would be before the order was placed" in bad.candidates("expected_delivery_at")[0].reasons


def test_the_order_is_not_placed_after_it_was_shipped() -> None:
    """Of two dates that could be the order's, the one after it was shipped is not; a zone apart is no contradiction."""
    late = {"date": "2026-03-09T10:00:00Z", "orderTime": "2026-03-01T10:00:00Z", "shippedAt": "2026-03-02T10:00:00Z"}
    zones = {"created": "2026-03-02T01:00:00+09:00", "shippedAt": "2026-03-01T23:00:00Z"}

    assert drafted(late).sure["created_at"].path == "@.orderTime"
    assert {"created_at", "shipped_at"} <= drafted(zones).sure.keys()


def test_a_promise_that_is_always_the_day_of_the_order_is_none() -> None:
    """A requested date that a system fills with the day of the order says nothing of the delivery."""
    found = drafted({"created": "2026-03-01", "requestedDeliveryDate": "2026-03-01"},
                    {"created": "2026-03-04", "requestedDeliveryDate": "2026-03-04"})  # fmt: skip

    assert "expected_delivery_at" not in found.sure


def test_delivered_is_not_before_shipped() -> None:
    """Of two dates in the wrong order the weaker one stays out."""
    found = drafted({"created": "2026-03-01", "shippedAt": "2026-03-09", "delivered": "2026-03-03"})

    assert len({"shipped_at", "delivered_at"} & found.sure.keys()) == 1


def test_counts_are_known_by_their_names() -> None:
    """Small whole numbers called a number of articles or parcels; a total of money is none."""
    columns_of = list(
        facts_of({"items_count": 3, "total": 30, "totalQty": 5, "parcelCount": 2, "customerNumber": 7}).values()
    )

    assert counts_of(columns_of, LINES) == [{0: 3}, {0: 5}]
    assert counts_of(columns_of, PARCELS) == [{0: 2}]


def test_a_count_agrees_with_members_or_with_quantities() -> None:
    """In every order; one of one tells nothing, and quantities must tell more than the number of lines."""
    quantities = facts_of({"qty": 2}, {"qty": 3})["@.qty"]
    ones = facts_of({"qty": 1}, {"qty": 1})["@.qty"]

    assert agrees({0: 2, 1: 1}, [2, 1]) and not agrees({0: 1}, [1]) and not agrees({0: 2}, [3])
    assert sum_agrees({0: 5}, [[0, 1]], quantities) and not sum_agrees({0: 2}, [[0, 1]], ones)
    assert not sum_agrees({0: 4}, [[0, 1]], quantities)


def test_a_count_decides_between_two_quantities() -> None:
    """`units` and `pieces` could both be it; the one that adds up to the order's own count is."""
    lines = [
        {"sku": "S-1", "title": "Cup", "pack": 6, "amount": 2},
        {"sku": "S-2", "title": "Jug", "pack": 4, "amount": 1},
    ]
    found = drafted({"created": "2026-03-01", "items_count": 3, "items": lines})

    assert found.sure["lines.quantity"].path == "@.amount"
    assert "adds up to what the order counts" in found.sure["lines.quantity"].reasons


@pytest.mark.parametrize(
    ("word", "above", "member", "means"),
    [
        ("137", "DTM", {"value": "20261103"}, "document"),
        ("004", "dates", {"date": "20260801"}, "order created"),
        ("137", "things", {"name": "a screw"}, ""),
        ("002", "E1EDK03", {"DATUM": "20261110"}, "expected delivery"),
        ("777", "E1EDK03", {"DATUM": "20261110"}, "unlisted"),
        ("DP", "parties", {"name": "Ada", "city": "Bonn"}, "recipient"),
        ("SP", "E1EDKA1", {"NAME1": "Haulier"}, "carrier"),
        ("ON", "references", {"number": "A-1"}, "order number"),
        ("86", "MOA", {"amount": "12.50"}, "grand total"),
        ("21", "QTY", {"quantity": "4"}, "order quantity"),
        ("2", "RMAInfo", {"date": "2026-01-01", "name": "x", "number": "7", "total": "5.00", "email": "a@b.de"}, ""),
        ("billing", "addresses", {"city": "Bonn"}, ""),
        ("2", "events", {"date": "2026-01-01"}, ""),
    ],
)
def test_codes_mean_what_stands_beside_them(word: str, above: str, member: dict[str, str], means: str) -> None:
    """A code of an exchange standard has a meaning only beside a value of its kind; a merchant's own type has none."""
    tell = {"E1EDKA1": "PARVW", "events": "type"}.get(above, "qualifier")

    assert meaning(word, above, {tell: word, **member}, tell) == means


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("returns", True), ("return_requests", True), ("Retouren", True), ("creditMemos", True), ("rmas", True),
        ("refundList", True), ("returnPolicy", False), ("returnAddress", False), ("refundReasons", False),
        ("return_label", False), ("payments", False),
    ],
)  # fmt: skip
def test_what_is_called_a_return(name: str, is_one: bool) -> None:
    """Lists of returns in several languages, and what only holds the word."""
    assert (named_back((read_name(name),)) > 0) is is_one


@pytest.mark.parametrize(
    ("body", "record"),
    [
        ({"tracker": {"tracking_code": "RM123456785GB", "status": "delivered"}}, "tracking"),
        ({"shipments": [{"trackingNumber": "1Z999AA10123456784", "status": "shipped", "orderId": "7"}]}, "tracking"),
        ({"refund": {"id": "r1", "amount": "5.00", "status": "succeeded"}}, "refund"),
        ({"object": "charge", "id": "ch_1", "amount": "5.00", "status": "paid"}, "payment"),
        ({"order": {**ORDER, "shipments": [{"trackingNumber": "1Z999AA10123456784", "status": "sent"}]}}, "order"),
        ({"refund": {"id": "r1", "amount": "5.00", "orderAmount": "9.00", "email": "a@example.org"}}, "order"),
    ],
)
def test_an_answer_is_taken_for_what_it_calls_itself(body: Any, record: str) -> None:
    """Unless it tells more of an order than such an answer does."""
    document = Document(json.loads(json.dumps(body)))
    structures = Structures(merge([document]), [document])
    found = structures.find()

    assert sort_of(structures, found[0] if found and found[0].named else None).record == record


@pytest.mark.parametrize(
    ("name", "price"), [("total_cents", {"path": "@.price", "decimal": {"minor_units": True}}), ("total", None)]
)
def test_prices_of_lines_are_written_as_the_total_is(name: str, price: Any) -> None:
    """Whole numbers beside a total in cents are cents; beside one that may be either, they are left open as it is."""
    orders = [
        {
            "number": f"P-50{index}", "created": f"2026-11-1{index}T09:00:00+01:00", name: 3998, "currency": "EUR",
            "items": [{"sku": f"A{index}", "name": "Shirt", "qty": 2, "price": 1999}],
        }
        for index in range(3)
    ]  # fmt: skip
    found = draft(json.dumps({"orders": orders}).encode())

    assert found.mapping["records"]["order"]["lines"]["fields"].get("unit_price") == price
    assert ("lines.unit_price" in found.unsure) == (price is None)
