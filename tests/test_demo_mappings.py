"""The demo merchant's mappings: in order as exported, proved on samples that the merchant itself gives again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.demo import DemoMerchant, data, demo_mappings
from workbench.demo.faces import FACES, NAMES
from workbench.demo.record import SCENES, record, write_goldens
from workbench.publish import BAD, check
from workbench.samples import load_samples, read_golden

MERCHANTS = tuple(face.name for face in FACES if not face.scenes)
"""Those with a sample of every scene; the others have a few."""
AWKWARD = [order.number for order in data.orders() if not "A-1030" <= order.number <= "A-1099"]


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def golden_orders(merchant: str) -> dict[str, list[dict[str, Any]]]:
    """The orders of each sample's golden result."""
    folder = demo_mappings() / merchant
    names = [sample.name for sample in load_samples(folder)]
    return {name: (read_golden(folder, name) or {})["orders"] for name in names}


def test_the_mappings_are_the_checkout_s() -> None:
    """In a checkout the mappings at its top are used, not copies."""
    assert demo_mappings() == Path(__file__).resolve().parent.parent / "mappings"


@pytest.mark.parametrize("merchant", NAMES)
def test_everything_is_in_order(merchant: str) -> None:
    """Files as exported, nothing to mend, samples as they were mapped when the version was released."""
    assert [finding for finding in check(demo_mappings() / merchant) if finding.state == BAD] == []


@pytest.mark.parametrize("merchant", NAMES)
def test_the_mapping_needs_no_remark(merchant: str) -> None:
    """The mappings are what a reviewer would like to see."""
    mapping = wb.load(demo_mappings() / merchant)

    assert mapping.file.problems == ()
    assert mapping.version == "1.0.0"
    assert set(mapping.plan.operations) == {"find_orders_by_email", "find_order_by_number"}


def test_samples_are_what_the_merchant_says(tmp_path: Path) -> None:
    """Recording again gives the same bytes, requests and results, so the samples are true."""
    for merchant in NAMES:
        (tmp_path / merchant).mkdir()
        for name in ("1.0.0.yaml", "released"):
            (tmp_path / merchant / name).write_bytes((demo_mappings() / merchant / name).read_bytes())
    with DemoMerchant() as running:
        record(tmp_path, running)
    write_goldens(tmp_path)

    for merchant in NAMES:
        for part in ("samples", "golden"):
            assert files(tmp_path / merchant / part) == files(demo_mappings() / merchant / part)


def test_samples_hold_no_key() -> None:
    """Nothing of a request is kept but what was asked for."""
    for merchant in NAMES:
        for name, body in files(demo_mappings() / merchant / "samples").items():
            assert b"Authorization" not in body, name
            assert b"127.0.0.1" not in body, name
            assert b"access_token" not in body, name
            assert b"DWSESSION" not in body, name


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_every_awkward_order_is_in_a_sample(merchant: str) -> None:
    """Each order that was made by hand is proved; one made by hand and never mapped would prove nothing."""
    mapped = {order["order_number"] for orders in golden_orders(merchant).values() for order in orders}
    left_out = {order.number for order in data.orders() if order.kind == "quote"}

    # the look-alike of another prefix is there to be confused with, not to be found
    assert set(AWKWARD) - mapped == left_out | {"B-1021"}


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_problems_are_the_expected_ones(merchant: str) -> None:
    """Only the undocumented status and the call that failed are problems; awkward shapes are not."""
    told = {}
    for scene in SCENES:
        golden = read_golden(demo_mappings() / merchant, scene.name)
        if golden and golden["problems"]:
            told[scene.name] = [(problem["code"], problem["where"]) for problem in golden["problems"]]
    unavailable = {"parcels-unavailable": [("unavailable", "order[0]")]} if merchant == "northwind" else {}

    assert told == {"undocumented-status": [("unknown_word", "order[0].status")]} | unavailable


SAME = (
    "order_number", "order_type", "id", "status", "customer_email", "customer_name", "created_at", "shipped_at",
    "delivered_at", "expected_delivery_at", "amount", "currency", "carrier", "tracking_numbers",
    "return_tracking_number", "return_status",
)  # fmt: skip
SAME_IN_LINES = ("id", "name", "sku", "quantity", "unit_price", "status", "tracking_numbers", "expected_delivery_at")
SAME_IN_PARCELS = ("id", "carrier", "tracking_number", "status", "line_ids")
AMOUNTS, TIMES = ("amount", "quantity", "unit_price"), ("created_at", "shipped_at", "delivered_at")


def same(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a row, amounts as numbers and times as moments: each face has digits and a zone of its own."""
    found = {key: row.get(key) for key in keys}
    numbers = {key: Decimal(found[key]) for key in AMOUNTS if found.get(key)}
    moments = {key: datetime.fromisoformat(found[key]).timestamp() for key in TIMES if found.get(key)}
    return found | numbers | moments


@pytest.mark.parametrize("merchant", MERCHANTS[1:])
def test_all_faces_tell_the_same_orders(merchant: str) -> None:
    """Mappings of seven dialects agree on every order: each is the others' second opinion."""
    as_json = golden_orders("northwind")

    for name, orders in golden_orders(merchant).items():
        assert len(orders) == len(as_json[name]), name
        for one, other in zip(as_json[name], orders, strict=True):
            assert same(one, SAME) == same(other, SAME)
            for part, keys in (("lines", SAME_IN_LINES), ("shipments", SAME_IN_PARCELS)):
                rows = [[same(row, keys) for row in order.get(part, [])] for order in (one, other)]
                assert rows[0] == rows[1], (name, part)


@pytest.mark.parametrize(
    ("merchant", "scene", "expected"),
    [
        ("northwind", "split-shipment", {"status": "shipped", "tracking_numbers": ["JD0002DE", "1Z999AA10123456784"]}),
        ("northwind", "parcels-unavailable", {"status": "partially_shipped", "carrier": None}),
        ("northwind", "yen", {"amount": "9500", "currency": "JPY", "created_at": "2026-04-18T03:20:00+02:00"}),
        ("northwind", "own-van", {"carrier": "Own van", "tracking_numbers": ["JD0020DE"]}),
        ("northwind", "guest-email", {"customer_name": "Gesa Gast", "customer_email": "gesa.gast@example.org"}),
        ("northwind", "guest-without-email", {"customer_email": None, "shipping_address": None}),
        ("northwind", "undocumented-status", {"status": "unknown", "status_raw": "77"}),
        ("southwind", "undocumented-status", {"status": "unknown", "status_raw": "Q7"}),
        ("southwind", "split-shipment", {"status": "shipped", "status_raw": "SENT"}),
        ("eastwind", "undocumented-status", {"status": "unknown", "status_raw": "limbo"}),
        ("eastwind", "yen", {"amount": "9500", "customer_name": "小雨 林"}),
        ("westwind", "undocumented-status", {"status": "unknown", "status_raw": "X7"}),
        ("westwind", "split-shipment", {"created_at": "2026-03-28T19:02:11+01:00", "status": "shipped"}),
        ("southwind", "yen", {"amount": "9500", "customer_name": "小雨 林"}),
        ("southwind", "plus-sign", {"carrier": "royal_mail", "carrier_raw": "RM"}),
        ("southwind", "hour-that-comes-twice", {"created_at": "2026-10-25T02:30:00+02:00"}),
        ("upwind", "hour-that-comes-twice", {"created_at": "2026-10-25T00:30:00+00:00"}),
        ("upwind", "yen", {"amount": "9500", "currency": "JPY", "id": "70034"}),
        ("downwind", "yen", {"amount": "9500", "currency": "JPY", "customer_name": "小雨 林"}),
        ("downwind", "undocumented-status", {"status": "unknown", "status_raw": "Z9"}),
        ("tailwind", "guest-without-email", {"customer_email": None, "shipping_address": None}),
        ("tailwind", "split-shipment", {"amount": "248.1", "created_at": "2026-03-28T18:02:11+00:00"}),
    ],
)
def test_golden_results_are_right(merchant: str, scene: str, expected: dict[str, Any]) -> None:
    """Spot checks by hand, so that a golden file is not merely what the code happens to do."""
    (order,) = golden_orders(merchant)[scene]

    assert {key: order.get(key) for key in expected} == expected


def test_what_failed_is_unavailable_not_absent() -> None:
    """The fields that needed the parcels are named; the order's other fields are there."""
    (order,) = golden_orders("northwind")["parcels-unavailable"]

    assert order["unavailable"] == ["lines.tracking_numbers", "shipments", "tracking_numbers", "carrier"]
    assert order["amount"] == "83.95"
