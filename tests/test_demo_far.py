"""The demo merchant's roundabout and its careless API, and the lies and delays it tells to order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from workbench.calls import Exchange
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.data import CUSTOMERS
from workbench.errors import DecodeError, TimedOut
from workbench.merchant import open_merchant
from workbench.orders import Result
from workbench.samples import golden_of, load_samples, read_golden

NAMES = ("headwind", "crosswind")
JANE, ADA = "jane.doe@example.com", "ada.quiet@example.org"


@pytest.fixture
def merchant(monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoMerchant]:
    """A running merchant whose keys this process has."""
    with DemoMerchant() as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("WORKBENCH_PROXY", raising=False)
        yield running


def find(name: str, email: str) -> Result:
    with open_merchant(demo_mappings() / name, "demo") as client:
        return client.find_orders(email=email)


@pytest.mark.parametrize("name", NAMES)
def test_live_and_replay_agree(merchant: DemoMerchant, name: str) -> None:
    """What comes over HTTP, in both ways, is what the samples said."""
    folder = demo_mappings() / name

    async def asked(operation: str, inputs: dict[str, str]) -> Result:
        async with wb.open_merchant_async(folder, "demo") as client:
            return await client.lookup(operation, **inputs)

    with open_merchant(folder, "demo") as client:
        for sample in load_samples(folder):
            result = client.lookup(str(sample.operation), **sample.inputs)
            assert json.loads(json.dumps(golden_of(result))) == read_golden(folder, sample.name), sample.name
            assert asyncio.run(asked(str(sample.operation), dict(sample.inputs))) == result


def test_parcels_take_three_calls(merchant: DemoMerchant) -> None:
    """The order, the ids of its shipments, and each shipment alone."""
    told: list[Exchange] = []
    with open_merchant(demo_mappings() / "headwind", "demo", on_exchange=told.append) as client:
        order = client.find_order(number="A-1002")

    assert [one.request.call for one in told] == ["detail", "shipments", "tracking", "tracking"]
    assert order is not None
    assert order.tracking_numbers == ["JD0002DE", "1Z999AA10123456784"]
    assert [line.tracking_numbers for line in order.lines] == [["JD0002DE"], ["JD0002DE"], ["1Z999AA10123456784"]]


def test_a_shipment_that_fails_makes_its_fields_unavailable(merchant: DemoMerchant) -> None:
    """Of that order alone; the others have theirs."""
    merchant.fail("status", status=500, path="/far/shipments/70013-2", times=3)
    result = find("headwind", JANE)
    by_number = {order.order_number: order for order in result.orders}

    assert "shipments" in by_number["A-1002"].unavailable
    assert by_number["A-1001"].tracking_numbers == ["JD0001DE"]


def test_a_search_that_ignores_the_email_shows_nobody_elses_orders(merchant: DemoMerchant) -> None:
    """Whoever asks gets the own orders, and those of all others stay out."""
    for customer in CUSTOMERS:
        result = find("crosswind", customer.email)
        assert {str(order.customer_email).casefold() for order in result.orders} <= {customer.email.casefold()}
        assert result.withheld > 20
    assert find("crosswind", ADA).outcome == "withheld"


# ---------------------------------------------------------------- lies and delays to order


def test_a_search_that_forgets_what_it_is_asked(merchant: DemoMerchant) -> None:
    """Everybody's orders come, and none gets through."""
    merchant.fail("everyone", path="/v2/orders")
    result = find("northwind", ADA)

    assert (result.outcome, result.orders) == ("withheld", [])


def test_an_error_that_is_told_with_status_200(merchant: DemoMerchant) -> None:
    """An answer without the place of the orders is a failure, not "no orders"."""
    merchant.fail("error", path="/v2/orders")

    assert find("northwind", JANE).outcome == "failed"


def test_latin_1_that_is_said_to_be_utf_8(merchant: DemoMerchant) -> None:
    """It is not guessed at."""
    merchant.fail("charset", path="/v2/orders")
    with pytest.raises(DecodeError, match="not UTF-8"):
        find("northwind", "zoe@example.org")


def test_an_answer_that_drips(merchant: DemoMerchant, tmp_path: Path) -> None:
    """In time it is an answer like any; beyond the time of the lookup it ends."""
    merchant.fail("drip", path="/v2/orders/A-1001", seconds=0.2)
    with open_merchant(demo_mappings() / "northwind", "demo") as client:
        order = client.find_order(number="A-1001")
    assert order is not None
    assert order.order_number == "A-1001"

    text = (demo_mappings() / "northwind" / "1.0.0.yaml").read_text(encoding="utf-8")
    patient = tmp_path / "draft.yaml"
    patient.write_text(text.replace("connection:\n", "connection:\n  budget_s: 0.5\n"), encoding="utf-8")
    merchant.fail("drip", path="/v2/orders/A-1001", seconds=60)
    with open_merchant(patient, "demo") as client, pytest.raises(TimedOut):
        client.find_order(number="A-1001")
