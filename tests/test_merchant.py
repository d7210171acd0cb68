"""Calling a merchant, against real servers on this machine: what is found, and who may ask what."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    Answer,
    Ask,
    Seen,
    Server,
    by_number,
    order,
    orders_by_mail,
    serving,
    shop_file,
)
from workbench.errors import (
    CallFailed,
)

BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
MAIL = "ann@example.com"


pytestmark = pytest.mark.usefixtures("deployment")


# ---------------------------------------------------------------- what is found


def test_orders_of_a_customer(ask: Ask, tmp_path: Path) -> None:
    """The orders that the server sends come out as business fields."""
    with serving(orders_by_mail(order("A-1"), order("B-1", "bea@example.com"), order("A-2"))) as server:
        result = ask(shop_file(tmp_path, server.url), email=MAIL)

    assert result.outcome == "found"
    assert [one.to_dict()["order_number"] for one in result.orders] == ["A-1", "A-2"]
    assert result.orders[0].status == "shipped"
    assert server.targets == ["/orders?email=ann%40example.com"]


def test_order_by_number(tmp_path: Path) -> None:
    """One order, or None where the merchant says there is none."""

    def answer(seen: Seen) -> Answer:
        return Answer(order("A-1")) if seen.path == "/orders/A-1" else Answer({"error": "unknown"}, 404)

    with serving(answer) as server, wb.open_merchant(shop_file(tmp_path, server.url)) as shop:
        found, none = shop.find_order(number="A-1"), shop.find_order(number="A-9")

    assert found is not None
    assert found.order_number == "A-1"
    assert none is None


def test_order_by_number_async(tmp_path: Path) -> None:
    """The same under asyncio, with several lookups at once over one client."""

    async def find(server: Server) -> list[str | None]:
        async with wb.open_merchant_async(shop_file(tmp_path, server.url)) as shop:
            found = await asyncio.gather(*(shop.find_order(number=f"A-{n}") for n in range(8)))
            everything = await shop.find_orders(email=MAIL)
        assert everything.outcome == "none"
        return [None if one is None else one.order_number for one in found]

    def answer(seen: Seen) -> Answer:
        return Answer({"data": []}) if seen.query else Answer(order(seen.path.rpartition("/")[2]))

    with serving(answer) as server:
        assert asyncio.run(find(server)) == [f"A-{n}" for n in range(8)]


def test_two_orders_of_one_number_are_ambiguous(tmp_path: Path) -> None:
    """Which of two different orders was meant is not guessed; the same order listed twice is one."""
    rows = [order("A-1"), order("A-1", state="1")]
    operations = {"find_order_by_number": {**by_number(), "orders": {"each": "$.data"}}}
    with (
        serving(lambda seen: Answer({"data": rows})) as server,
        wb.open_merchant(shop_file(tmp_path, server.url, operations)) as shop,
    ):
        with pytest.raises(wb.Ambiguous, match="2 orders"):
            shop.find_order(number="A-1")
        rows[1] = rows[0]
        assert shop.find_order(number="A-1") == shop.lookup("find_order_by_number", number="A-1").orders[0]


def test_orders_of_others_are_withheld(ask: Ask, tmp_path: Path) -> None:
    """An API that ignores its filter shows nobody someone else's orders."""
    rows = [order("B-1", "bea@example.com"), order("C-1", "cem@example.com"), order("A-1")]
    with serving(lambda seen: Answer({"data": rows})) as server:
        mine = ask(shop_file(tmp_path, server.url), email=MAIL)
        nobody = ask(shop_file(tmp_path, server.url), email="dan@example.com")

    assert [one.order_number for one in mine.orders] == ["A-1"]
    assert mine.withheld == 2
    assert (nobody.outcome, nobody.orders, nobody.withheld) == ("withheld", [], 3)
    assert "bea@example.com" not in str([problem.text for problem in mine.problems])


def test_order_that_carries_another_number_is_withheld(tmp_path: Path) -> None:
    """A fuzzy match is no match."""
    with (
        serving(lambda seen: Answer(order("A-17"))) as server,
        wb.open_merchant(shop_file(tmp_path, server.url)) as shop,
    ):
        assert shop.find_order(number="A-1") is None


def test_answer_without_the_place_of_orders(ask: Ask, tmp_path: Path) -> None:
    """Orders in another shape are not the same as no orders."""
    with serving(lambda seen: Answer({"result": {"rows": [order("A-1")]}})) as server:
        assert ask(shop_file(tmp_path, server.url), email=MAIL).outcome == "failed"


def test_find_order_raises_where_nothing_could_be_read(tmp_path: Path) -> None:
    """`None` would say that there is no such order."""
    operations = {"find_order_by_number": {**by_number(), "orders": {"each": "$.data"}}}
    with (
        serving(lambda seen: Answer({"oops": 1})) as server,
        wb.open_merchant(shop_file(tmp_path, server.url, operations)) as shop,
        pytest.raises(CallFailed, match="the place of the orders is not in the response"),
    ):
        shop.find_order(number="A-1")


def test_declared_operation(ask: Ask, tmp_path: Path) -> None:
    """Further finds are looked up by their names and inputs."""
    call = {"get": "/search", "query": {"phone": "{phone}", "zip": ["{zip}", "x y"], "active": True}}
    operations = {
        "find_by_phone": {
            "inputs": ["phone", "zip"],
            "calls": [call],
            "orders": {"each": "$"},
            "verify": {"order_number": {"is": "present"}},
        }
    }
    with serving(lambda seen: Answer([order("A-1")])) as server:
        result = ask(shop_file(tmp_path, server.url, operations), "find_by_phone", phone="+49 30&1", zip=10115)

    assert result.outcome == "found"
    assert server.targets == ["/search?phone=%2B49%2030%261&zip=10115&zip=x%20y&active=true"]


# ---------------------------------------------------------------- wrong use


@pytest.mark.parametrize(
    ("operation", "inputs", "told"),
    [
        ("find_orders_by_email", {}, "'email' of find_orders_by_email is missing"),
        ("find_orders_by_email", {"email": "  "}, "'email' of find_orders_by_email is blank"),
        ("find_orders_by_email", {"email": None}, "is missing"),
        ("find_orders_by_email", {"email": ["a"]}, "'email' is a list"),
        ("find_orders_by_email", {"email": "a@b.c", "mail": "x"}, "has no input 'mail' - its inputs are email"),
        ("find_by_phone", {"phone": "1"}, "no operation 'find_by_phone' - this mapping has find_orders_by_email"),
    ],
)
def test_wrong_use_is_told_before_anything_is_sent(
    ask: Ask, tmp_path: Path, operation: str, inputs: dict[str, Any], told: str
) -> None:
    """A question that cannot be asked says how to ask it."""
    with serving(orders_by_mail()) as server, pytest.raises(wb.UsageError, match=told):
        ask(shop_file(tmp_path, server.url), operation, **inputs)

    assert server.seen == []


@pytest.mark.parametrize("call", [{"post": "/orders"}, {"put": "/orders"}, {"patch": "/orders"}, {"delete": "/orders"}])
def test_finding_only_reads(ask: Ask, tmp_path: Path, call: dict[str, Any]) -> None:
    """A call that may change something is never sent by a find; what only reads is declared."""
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$"}}}
    with serving(orders_by_mail()) as server, pytest.raises(wb.UsageError, match="read"):
        ask(shop_file(tmp_path, server.url, operations), email=MAIL)

    assert server.seen == []


def test_operation_that_only_maps(ask: Ask, tmp_path: Path) -> None:
    """An operation for recorded answers, without a URL, asks nobody."""
    with serving(orders_by_mail()) as server, pytest.raises(wb.UsageError, match="has no URL - write get: or post:"):
        ask(shop_file(tmp_path, server.url, {"find_orders_by_email": {"orders": {"each": "$"}}}), email=MAIL)

    assert server.seen == []


def test_closed_merchant(tmp_path: Path) -> None:
    """After closing, it says so."""
    folder = shop_file(tmp_path, "http://127.0.0.1:9")
    with wb.open_merchant(folder) as shop:
        pass
    with pytest.raises(wb.UsageError, match="shop has been closed"):
        shop.find_orders(email=MAIL)

    async def use() -> None:
        merchant = wb.open_merchant_async(folder)
        await merchant.close()
        await merchant.find_orders(email=MAIL)

    with pytest.raises(wb.UsageError, match="shop has been closed"):
        asyncio.run(use())


# ---------------------------------------------------------------- one client, many lookups


def test_connection_is_kept(tmp_path: Path) -> None:
    """Lookups one after another share a connection."""
    with serving(orders_by_mail(order("A-1"))) as server, wb.open_merchant(shop_file(tmp_path, server.url)) as shop:
        for _ in range(5):
            shop.find_orders(email=MAIL)

    assert (len(server.seen), server.connections) == (5, 1)


def test_several_threads(tmp_path: Path) -> None:
    """One merchant serves several threads, each with its own answer."""
    with (
        serving(lambda seen: Answer(order(seen.path.rpartition("/")[2]))) as server,
        wb.open_merchant(shop_file(tmp_path, server.url)) as shop,
        ThreadPoolExecutor(8) as pool,
    ):
        found = list(pool.map(lambda n: shop.find_order(number=f"A-{n}"), range(40)))

    assert [one.order_number if one else None for one in found] == [f"A-{n}" for n in range(40)]


def test_mapping_without_a_connection(tmp_path: Path) -> None:
    """A file for recorded answers says that it calls nobody."""
    folder = shop_file(tmp_path, "https://shop.example")
    data = json.loads((folder / "1.0.0.yaml").read_text())
    del data["connection"]
    (folder / "1.0.0.yaml").write_text(json.dumps(data))
    with pytest.raises(wb.UsageError, match="no connection"):
        wb.open_merchant(folder)
