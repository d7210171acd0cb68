"""Lookups of several calls: one takes from another's answer, many go side by side, and what failed is unavailable."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import Answer, Ask, Seen, by_email, order, serving, shop_file
from workbench.calls import Exchange
from workbench.cli import main
from workbench.errors import MappingError, ServerError
from workbench.samples.documents import sample_of
from workbench.samples.record import recorded
from workbench.samples.replay import replay

MAIL = "ann@example.com"
QUICK = {"max": 1, "wait_s": 0.01}


pytestmark = pytest.mark.usefixtures("deployment")


CHAIN = {
    "find_orders_by_email": {
        "calls": [
            {"name": "customers", "get": "/customers", "query": {"mail": "{email}"}},
            {"name": "orders", "for_each": "customers:$.data", "get": "/customers/{@.id}/orders"},
            {"name": "shipments", "for_each": "order", "get": "/orders/{@.id}/shipments"},
            {"name": "tracking", "for_each": "shipments:$.ids", "get": "/orders/{^.id}/tracking/{@}"},
        ],
        "orders": {"each": "orders:$.data"},
    }
}
TRACKED = {"shipments": {"each": "tracking:$", "fields": {"id": "@.id", "tracking_number": "@.code"}}}
SHIPMENTS = {"1": ["a", "b"], "2": [], "3": ["a"]}


def shop(seen: Seen) -> Answer:
    """Two accounts of one e-mail, three orders, and shipments that are only told one by one."""
    match seen.path.strip("/").split("/"):
        case ["customers"]:
            return Answer({"data": [{"id": 7}, {"id": 8}] if seen.query["mail"] == MAIL else []})
        case ["customers", customer, "orders"]:
            own = {"7": [order("A-1", id="1"), order("A-2", id="2")], "8": [order("A-3", id="3")]}
            return Answer({"data": own[customer]})
        case ["orders", number, "shipments"]:
            return Answer({"ids": SHIPMENTS[number]})
        case ["orders", number, "tracking", one]:
            return Answer({"id": one, "code": f"T-{number}{one}"})
    return Answer({}, 404)


def test_four_calls_in_a_row(ask: Ask, tmp_path: Path) -> None:
    """Accounts of an e-mail, their orders, the shipments of each, and the tracking of each shipment."""
    with serving(shop) as server:
        result = ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email=MAIL)
        nobody = ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email="nobody@example.com")

    assert [one.order_number for one in result.orders] == ["A-1", "A-2", "A-3"]
    assert [one.tracking_numbers for one in result.orders] == [["T-1a", "T-1b"], [], ["T-3a"]]
    assert result.problems == []
    assert (nobody.outcome, nobody.problems) == ("none", [])


def test_a_recorded_chain_replays(ask: Ask, tmp_path: Path) -> None:
    """Without a network the same comes out, from a sample and from answers by their keys."""
    told: list[Exchange] = []
    with serving(shop) as server:
        folder = shop_file(tmp_path, server.url, CHAIN, TRACKED)
        live = ask(folder, email=MAIL, options={"on_exchange": told.append})
    answers = [answer for answer in map(recorded, told) if answer is not None]
    mapping = wb.load(folder)
    again = replay(mapping, sample_of("x", "find_orders_by_email", {"email": MAIL}, answers, live_clock()))

    keys = [(answer.call, answer.key) for answer in answers]
    assert keys[3:] == [("shipments", "1"), ("shipments", "2"), ("shipments", "3"),
                        ("tracking", "1 + a"), ("tracking", "1 + b"), ("tracking", "3 + a")]  # fmt: skip
    assert again == live
    by_call: dict[str, Any] = {}
    for answer in answers:
        by_call.setdefault(answer.call, {})[answer.key] = answer.body
    given = {call: wb.PerOrder(each) if "" not in each else each[""] for call, each in by_call.items()}
    assert mapping.map(given, inputs={"email": MAIL}) == live


def test_a_chain_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also a field that comes of calls made for each node of an earlier answer."""
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, CHAIN, TRACKED)
        code = main(["explain", str(folder), "--email", MAIL, "--field", "shipments.tracking_number", "--json"])
    told = json.loads(capsys.readouterr().out)["explanations"]

    assert code == 0
    assert [(one["where"], one["outcome"]) for one in told if one["outcome"] == "a value"] == [
        ("order[0].shipments[0].tracking_number", "a value"), ("order[0].shipments[1].tracking_number", "a value"),
        ("order[2].shipments[0].tracking_number", "a value"),
    ]  # fmt: skip


def live_clock() -> Any:
    """Now, as a recording would have it."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_a_call_that_needs_a_failed_one_is_unavailable_too(ask: Ask, tmp_path: Path) -> None:
    """Nothing that hangs on a failed answer counts as absent."""

    def answer(seen: Seen) -> Answer:
        return Answer({}, 500) if seen.path == "/orders/1/shipments" else shop(seen)

    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email=MAIL)

    assert [set(one.unavailable) >= {"shipments"} for one in result.orders] == [True, False, False]
    assert result.orders[2].tracking_numbers == ["T-3a"]
    assert not any("/orders/1/tracking" in target for target in server.targets)


def test_one_of_several_that_fails_leaves_none_half_told(ask: Ask, tmp_path: Path) -> None:
    """Half of an order's parcels would look like all of them."""

    def answer(seen: Seen) -> Answer:
        return Answer({}, 500) if seen.path == "/orders/1/tracking/b" else shop(seen)

    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email=MAIL)

    assert result.orders[0].shipments == []
    assert "shipments" in result.orders[0].unavailable
    assert result.orders[2].tracking_numbers == ["T-3a"]


def test_a_call_that_gives_the_orders_must_succeed(ask: Ask, tmp_path: Path) -> None:
    """Where the orders themselves could not be read, it is an error and never "no such order"."""

    def answer(seen: Seen) -> Answer:
        return Answer({}, 500) if seen.path.endswith("/orders") else shop(seen)

    with serving(answer) as server, pytest.raises(ServerError) as caught:
        ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email=MAIL)

    assert caught.value.problem.where == "orders"


def fan(**more: Any) -> dict[str, Any]:
    """A search, and one call for each order."""
    operation = by_email()
    operation["calls"].append({"name": "parcels", "for_each": "order", "get": "/orders/{@.id}/parcels", **more})
    return {"find_orders_by_email": operation}


PARCELS = {"shipments": {"each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"}}}


class Crowd:
    """A server of many orders that holds each parcel's answer until enough of them are asked for at once."""

    def __init__(self, orders: int, wanted: int) -> None:
        self.orders, self.wanted = orders, wanted
        self.now = self.most = 0
        self.lock = threading.Condition()

    def __call__(self, seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order(f"A-{one}", id=str(one)) for one in range(self.orders)]})
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.most >= self.wanted, timeout=20)
        time.sleep(0.005 * (int(seen.path.split("/")[2]) % 3))  # answers come in another order than questions
        with self.lock:
            self.now -= 1
        return Answer({"parcels": [{"code": f"T-{seen.path.split('/')[2]}"}]})


def test_calls_per_order_go_side_by_side(ask: Ask, tmp_path: Path) -> None:
    """As many at once as the connection allows, never more; the results stand in the order of the orders."""
    crowd = Crowd(12, 4)
    with serving(crowd) as server:
        result = ask(shop_file(tmp_path, server.url, fan(), PARCELS, rate={"concurrency": 4}), email=MAIL)

    assert crowd.most == 4
    assert [one.tracking_numbers for one in result.orders] == [[f"T-{one}"] for one in range(12)]


def test_exchanges_are_told_in_the_order_of_the_orders(ask: Ask, tmp_path: Path) -> None:
    """A recording is the same whichever answer came first."""
    told: list[Exchange] = []
    with serving(Crowd(9, 3)) as server:
        shop = shop_file(tmp_path, server.url, fan(), PARCELS, rate={"concurrency": 3})
        ask(shop, email=MAIL, options={"on_exchange": told.append})

    assert [one.request.key for one in told] == ["", *map(str, range(9))]


def test_the_same_request_is_sent_once_side_by_side(ask: Ask, tmp_path: Path) -> None:
    """Orders of one parcel wait for the one answer, also when it comes late."""

    def answer(seen: Seen) -> Answer:
        if seen.query:
            return Answer({"data": [order(f"A-{one}", id="7") for one in range(8)]})
        time.sleep(0.05)
        return Answer({"parcels": [{"code": "T-7"}]})

    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, fan(), PARCELS, rate={"concurrency": 4}), email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-7"]] * 8
    assert len(server.seen) == 2


def test_limit_of_a_fan_out(ask: Ask, tmp_path: Path) -> None:
    """Orders beyond it are returned with those fields unavailable; nodes beyond it are told."""
    with serving(Crowd(5, 1)) as server:
        result = ask(shop_file(tmp_path, server.url, fan(limit=2), PARCELS), email=MAIL)

    assert len(server.seen) == 3
    assert [bool(one.unavailable) for one in result.orders] == [False, False, True, True, True]
    assert "2 times at most" in result.problems[0].text

    chain = json.loads(json.dumps(CHAIN))
    chain["find_orders_by_email"]["calls"][1]["limit"] = 1
    with serving(shop) as server:
        result = ask(shop_file(tmp_path, server.url, chain, TRACKED), email=MAIL)
    assert [one.order_number for one in result.orders] == ["A-1", "A-2"]
    assert [problem.code for problem in result.problems] == ["limit"]


def test_required_call_that_fails_ends_its_neighbours(ask: Ask, tmp_path: Path) -> None:
    """The error comes out, and nothing is left running."""
    before = threading.active_count()

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order(f"A-{one}", id=str(one)) for one in range(20)]})
        return Answer({}, 500)

    with serving(answer) as server, pytest.raises(ServerError):
        ask(shop_file(tmp_path, server.url, fan(required=True), PARCELS, rate={"concurrency": 2}), email=MAIL)

    assert len(server.seen) < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("workbench-call")]
    assert threading.active_count() <= before + 2


def test_exact_after_search_through_all_of_it(ask: Ask, tmp_path: Path) -> None:
    """An account that is someone else's brings nobody's orders out, however many calls led to them."""

    def careless(seen: Seen) -> Answer:
        if seen.path == "/customers":
            return Answer({"data": [{"id": 7}]})
        if seen.path.endswith("/orders"):
            return Answer({"data": [order("A-1", id="1"), order("A-9", "bob@example.com", id="3")]})
        return shop(seen)

    with serving(careless) as server:
        result = ask(shop_file(tmp_path, server.url, CHAIN, TRACKED), email=MAIL)

    assert [one.order_number for one in result.orders] == ["A-1"]
    assert result.withheld == 1


def test_ids_that_stand_in_the_order(ask: Ask, tmp_path: Path) -> None:
    """A call for each node of the order itself."""
    operation = by_email()
    operation["calls"].append({"name": "parcels", "for_each": "@.parcel_ids[*]", "get": "/parcels/{@}"})

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", parcel_ids=[4, 5]), order("A-2"), order("A-3", parcel_ids=6)]})
        return Answer({"code": f"T-{seen.path.rpartition('/')[2]}"})

    rules = {"tracking_numbers": "parcels:$.code"}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}, rules), email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-4", "T-5"], [], ["T-6"]]


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([{"name": "b", "for_each": "nothing:$.x", "get": "/b/{@}"}], "nothing is called 'nothing'"),
        ([{"name": "b", "for_each": "@..x", "get": "/b/{@}"}], "more than names"),
        ([{"name": "b", "for_each": "line", "get": "/b"}], "'line' is not known here"),
        ([{"name": "b", "for_each": 3, "get": "/b"}], "a number where a word belongs"),
        ([{"name": "b", "for_each": "search:$.x", "get": "/b/{^.id}"}], "further out than there are items"),
        ([{"name": "b", "for_each": "@.x", "get": "/b/{^^.id}"}], "further out than there are items"),
        ([{"name": "b", "limit": 3, "get": "/b"}], "limit: of a call that is made once"),
        ([{"name": "b", "for_each": "order", "limit": 0, "get": "/b"}], "a number out of range"),
        (
            [{"name": "b", "for_each": "@.x", "get": "/b/{@}"}, {"name": "c", "get": "/c/{b:$.id}"}],
            "that call is made for each order",
        ),
    ],
)
def test_mistakes_in_chains(tmp_path: Path, calls: list[dict[str, Any]], told: str) -> None:
    """Each is told when the mapping is loaded."""
    operation = by_email()
    operation["calls"] += calls
    with pytest.raises(MappingError, match=told.replace("(", r"\(")):
        wb.load(shop_file(tmp_path, "https://api.shop.example", {"find_orders_by_email": operation}))
