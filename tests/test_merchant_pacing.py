"""How a merchant is called: what is sent once more, how fast, and what is asked for only if it has changed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    Answer,
    Ask,
    Seen,
    ask_sync,
    by_email,
    order,
    orders_by_mail,
    raw_serving,
    sending,
    serving,
    shop_file,
)
from workbench.calls import Response
from workbench.calls.messages import Wait
from workbench.calls.retries import Retries, compile_retries, retry_after
from workbench.connect.pace import Pace, pace_of
from workbench.errors import (
    BadAnswer,
    MappingError,
    RateLimited,
    ServerError,
    TimedOut,
    Unreachable,
)

MAIL = "ann@example.com"
QUICK = {"wait_s": 0.01}
GOOD = Answer({"data": [order("A-1")]})


pytestmark = pytest.mark.usefixtures("deployment")


def in_turn(*answers: Answer) -> Callable[[Seen], Answer]:
    """A server that gives one answer after the other, the last for ever."""
    left = list(answers)
    return lambda seen: left.pop(0) if len(left) > 1 else left[0]


# ---------------------------------------------------------------- once more


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_a_status_that_passes_is_tried_again(ask: Ask, tmp_path: Path, status: int) -> None:
    """Twice no, then the order."""
    with serving(in_turn(Answer({}, status), Answer({}, status), GOOD)) as server:
        result = ask(shop_file(tmp_path, server.url, retries=QUICK), email=MAIL)

    assert result.outcome == "found"
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 501])
def test_a_status_that_stays_is_not_tried_again(ask: Ask, tmp_path: Path, status: int) -> None:
    """Asking again would change nothing."""
    with serving(in_turn(Answer({}, status), GOOD)) as server, pytest.raises(wb.CallError):
        ask(shop_file(tmp_path, server.url, retries=QUICK), email=MAIL)

    assert len(server.seen) == 1


def test_it_ends(ask: Ask, tmp_path: Path) -> None:
    """After as many tries as are said, the error comes out; none where retries are off."""
    with serving(in_turn(Answer({}, 503))) as server:
        for most, seen in ((1, 2), (0, 3)):
            with pytest.raises(ServerError):
                ask(shop_file(tmp_path, server.url, retries={"max": most, **QUICK}), email=MAIL)
            assert len(server.seen) == seen


def test_own_statuses(ask: Ask, tmp_path: Path) -> None:
    """The connection says which; others are then the error at once."""
    retries = {"statuses": [500], **QUICK}
    with serving(in_turn(Answer({}, 500), GOOD)) as server:
        assert ask(shop_file(tmp_path, server.url, retries=retries), email=MAIL).outcome == "found"
    with serving(in_turn(Answer({}, 503), GOOD)) as server, pytest.raises(ServerError):
        ask(shop_file(tmp_path, server.url, retries=retries), email=MAIL)


def breaking(times: int, how: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """A script that breaks a few times, and then answers."""
    left = [times]
    body = b'{"data": [{"number": "A-1", "email": "ann@example.com", "created": "2026-11-03", "state": "2"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    good = sending(head + body)

    def script(connection: socket.socket) -> None:
        left[0] -= 1
        (how if left[0] >= 0 else good)(connection)

    return script


BREAKS = {
    "closed": sending(),
    "cut off": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "no HTTP": sending(b"\x00\x01"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_connection_is_tried_again(ask: Ask, tmp_path: Path, name: str) -> None:
    """What broke on the way may go well next time."""
    with raw_serving(breaking(2, BREAKS[name])) as server:
        assert ask(shop_file(tmp_path, server.url, retries=QUICK), email=MAIL).outcome == "found"
        assert server.connections == 3


def test_a_post_that_reads_is_tried_again(ask: Ask, tmp_path: Path) -> None:
    """It is a read by declaration; what is no read is never sent at all."""
    call = {"post": "/search", "reads": True, "json": {"mail": "{email}"}}
    operation: dict[str, Any] = {"calls": [call], "orders": {"each": "$.data"}}
    with serving(in_turn(Answer({}, 503), GOOD)) as server:
        folder = shop_file(tmp_path, server.url, {"find_orders_by_email": operation}, retries=QUICK)
        assert ask(folder, email=MAIL).outcome == "found"
        del operation["calls"][0]["reads"]
        folder = shop_file(tmp_path, server.url, {"find_orders_by_email": operation}, retries=QUICK)
        with pytest.raises(wb.UsageError, match="reads: true"):
            ask(folder, email=MAIL)

    assert len(server.seen) == 2


def test_an_answer_that_does_not_come_is_not_asked_for_again(ask: Ask, tmp_path: Path) -> None:
    """The merchant may still be at it; a second question makes it no faster."""
    over = threading.Event()
    with raw_serving(lambda connection: over.wait(20) and None) as server:
        with pytest.raises(TimedOut):
            ask(shop_file(tmp_path, server.url, timeout_s=0.1, retries=QUICK), email=MAIL)
        over.set()

    assert server.connections == 1


def test_tries_count_against_the_bound(ask: Ask, tmp_path: Path) -> None:
    """A lookup never sends more than it may."""
    with serving(in_turn(Answer({}, 503))) as server, pytest.raises(ServerError):
        ask(shop_file(tmp_path, server.url, retries={"max": 9, **QUICK}, max_calls=3), email=MAIL)

    assert len(server.seen) == 3


# ---------------------------------------------------------------- how long to wait


def test_retry_after_in_seconds_is_kept(ask: Ask, tmp_path: Path) -> None:
    """The next try does not come before the merchant said."""
    times: list[float] = []

    def answer(seen: Seen) -> Answer:
        times.append(time.monotonic())
        return Answer({}, 429, {"Retry-After": "1"}) if len(times) == 1 else GOOD

    with serving(answer) as server:
        assert ask(shop_file(tmp_path, server.url, retries=QUICK), email=MAIL).outcome == "found"

    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("said", ["3600", "Wed, 21 Oct 2026 08:28:00 GMT"], ids=["seconds", "date"])
def test_a_pause_beyond_the_time_of_the_lookup_is_not_begun(ask: Ask, tmp_path: Path, said: str) -> None:
    """The error comes at once, and says when to come back."""
    headers = {"Retry-After": said, "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    with serving(in_turn(Answer({}, 429, headers), GOOD)) as server:
        start = time.monotonic()
        with pytest.raises(RateLimited, match=r"try again after 3600 seconds"):
            ask(shop_file(tmp_path, server.url, budget_s=20), email=MAIL)

    assert time.monotonic() - start < 15
    assert len(server.seen) == 1


def test_others_hold_back_as_well(tmp_path: Path) -> None:
    """While the merchant wants a pause, no other lookup of the process asks it."""
    pace = Pace()
    pace.hold(0.2)
    start = time.monotonic()
    with pace.turn(start + 5, "search"):
        waited = time.monotonic() - start
    assert waited >= 0.2
    pace.hold(60)
    told = r"asked to wait; try again after \d+ seconds @ search"
    with pytest.raises(RateLimited, match=told), pace.turn(time.monotonic() + 1, "search"):
        pass


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "9" * 400}, 999_999_999),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:00 GMT", "date": "x"}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "2", "x-ratelimit-reset": "60"}, 2),
        ({"ratelimit-reset": "12"}, 12),
        ({"x-rate-limit-reset": "1792567710", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"x-ratelimit-reset": "1792567710000", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"x-ratelimit-reset": "1792567000", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        ({"x-rate-limit-time-reset-ms": "1500"}, 1.5),
        ({"x-ratelimit-reset": "never"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a moment against the answer's own clock, or when a limit is reset; anything else says nothing."""
    assert retry_after(Response(429, headers)) == seconds


def test_resets_are_pauses_of_a_429_only() -> None:
    """Many answers tell when a limit is reset; only one that was refused for it has to wait for that."""
    assert retry_after(Response(503, {"x-ratelimit-reset": "3600"})) is None


def test_pauses_grow_and_differ() -> None:
    """Each is longer than the one before, and random in part, so that callers do not come back together."""
    random.seed(7)
    retries = Retries(max=5, wait_s=0.5)
    pauses = [[retries.pause(tries, Response(503)) for _ in range(50)] for tries in range(1, 6)]

    for tries, each in enumerate(pauses):
        whole = 0.5 * 2**tries
        seconds = [pause.seconds for pause in each if pause]
        assert len(set(seconds)) > 10
        assert all(whole / 2 <= one <= whole for one in seconds)
    assert retries.pause(6, Response(503)) is None
    assert isinstance(retries.pause(1, BadAnswer("x")), Wait)
    assert isinstance(retries.pause(1, Unreachable("x")), Wait)
    assert compile_retries({"max": 1, "statuses": [500], "note": "x"}) == Retries(1, 0.5, (500,))


# ---------------------------------------------------------------- how fast


def test_requests_a_second(tmp_path: Path) -> None:
    """Lookups of several threads and of asyncio keep to one rate together."""
    times: list[float] = []

    def answer(seen: Seen) -> Answer:
        times.append(time.monotonic())
        return GOOD

    async def several(folder: Path) -> None:
        async with wb.open_merchant_async(folder) as shop:
            await asyncio.gather(*(shop.find_orders(email=MAIL) for _ in range(4)))

    with serving(answer) as server:
        folder = shop_file(tmp_path, server.url, rate={"per_second": 20, "burst": 2})
        threads = [threading.Thread(target=ask_sync, args=(folder,), kwargs={"email": MAIL}) for _ in range(4)]
        threads.append(threading.Thread(target=lambda: asyncio.run(several(folder))))
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(times) == 8
    assert max(times) - begun >= (8 - 2) / 20 - 0.001


def test_rate_outlives_a_lookup(tmp_path: Path) -> None:
    """A merchant that is opened anew for each lookup is not called any faster."""
    times: list[float] = []
    with serving(lambda seen: times.append(time.monotonic()) or GOOD) as server:
        folder = shop_file(tmp_path, server.url, rate={"per_second": 10, "burst": 1})
        for _ in range(3):
            ask_sync(folder, email=MAIL)
            gc.collect()

    assert times[2] - times[0] >= 0.15


def test_at_once(tmp_path: Path) -> None:
    """Never more requests on their way than is said, whoever sends them."""
    now = most = 0
    lock = threading.Lock()

    def answer(seen: Seen) -> Answer:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return GOOD

    async def several(folder: Path) -> None:
        async with wb.open_merchant_async(folder) as shop:
            await asyncio.gather(*(shop.find_orders(email=MAIL) for _ in range(20)))

    with serving(answer) as server:
        folder = shop_file(tmp_path, server.url, rate={"concurrency": 3})
        with wb.open_merchant(folder) as shop:
            threads = [threading.Thread(target=lambda: shop.find_orders(email=MAIL)) for _ in range(10)]
            threads.append(threading.Thread(target=lambda: asyncio.run(several(folder))))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert most <= 3
    assert len(server.seen) == 30


def test_no_turn_in_time(ask: Ask, tmp_path: Path) -> None:
    """A lookup that cannot be served in its time says so, and takes nobody's turn."""
    with serving(in_turn(GOOD)) as server:
        folder = shop_file(tmp_path, server.url, rate={"per_second": 0.1}, budget_s=2)
        assert ask(folder, email=MAIL).outcome == "found"
        start = time.monotonic()
        with wb.open_merchant(folder) as shop:
            pace = pace_of("shop", ("http", "127.0.0.1", server.port), {"per_second": 0.1})
            with pytest.raises(TimedOut, match=r"did not get its turn.*raise rate:"):
                ask(folder, email=MAIL)
            assert pace is shop._opened.pace
        assert time.monotonic() - start < 9


def test_cancelled_waiters_lose_no_place() -> None:
    """A place that was given to one who has gone meanwhile goes to the next."""
    pace = Pace(concurrency=1)

    async def use() -> int:
        served = 0

        async def one() -> None:
            nonlocal served
            async with pace.turn_async(time.monotonic() + 20, "search"):
                await asyncio.sleep(0)
                served += 1

        for _ in range(50):
            tasks = [asyncio.create_task(one()) for _ in range(6)]
            await asyncio.sleep(0)
            for task in tasks[1::2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return served

    assert asyncio.run(use()) == 150
    busy, soon = pace.turn(time.monotonic() + 1, "search"), pace.turn(time.monotonic() + 0.05, "search")
    with busy, pytest.raises(TimedOut), soon:
        pass
    with pace.turn(time.monotonic() + 1, "search"):
        pass


def test_a_loop_that_is_gone_keeps_no_place() -> None:
    """A waiter whose event loop was closed is passed over."""
    pace = Pace(concurrency=1)
    loop = asyncio.new_event_loop()

    async def wait_for_ever() -> None:
        async with pace.turn_async(time.monotonic() + 60, "search"):
            raise AssertionError

    with pace.turn(time.monotonic() + 5, "search"):
        task = loop.create_task(wait_for_ever())
        loop.run_until_complete(asyncio.sleep(0.01))
        pace._waiting.append(_dead_wake)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()
    with pace.turn(time.monotonic() + 1, "search"):
        pass


def _dead_wake() -> None:
    raise RuntimeError("Event loop is closed")


# ---------------------------------------------------------------- only if it has changed


def versioned(version: list[str]) -> Callable[[Seen], Answer]:
    """A server that knows what its callers know."""

    def answer(seen: Seen) -> Answer:
        tag = f'"{version[0]}"'
        if seen.headers.get("if-none-match") == tag:
            return Answer(b"", 304, {"ETag": tag})
        return Answer({"data": [order(version[0])]}, 200, {"ETag": tag})

    return answer


def test_an_answer_that_has_not_changed(tmp_path: Path) -> None:
    """It is asked for each time, sent only when it is another; the orders are the same as without."""
    version = ["A-1"]
    with (
        serving(versioned(version)) as server,
        wb.open_merchant(shop_file(tmp_path, server.url, cache={"entries": 2})) as shop,
    ):
        found = [shop.find_orders(email=MAIL).orders[0].order_number for _ in range(2)]
        version[0] = "A-2"
        found.append(shop.find_orders(email=MAIL).orders[0].order_number)

    assert found == ["A-1", "A-1", "A-2"]
    assert [one.headers.get("if-none-match") for one in server.seen] == [None, '"A-1"', '"A-1"']


def test_nothing_is_kept_unless_it_is_said(tmp_path: Path) -> None:
    """Off is the default; `no-store` is heeded; without a version there is nothing to ask by."""
    with serving(versioned(["A-1"])) as server, wb.open_merchant(shop_file(tmp_path, server.url)) as shop:
        shop.find_orders(email=MAIL)
        shop.find_orders(email=MAIL)
    assert [one.headers.get("if-none-match") for one in server.seen] == [None, None]

    for headers in ({"ETag": '"1"', "Cache-Control": "private, no-store"}, {}):
        with serving(in_turn(Answer({"data": []}, 200, headers))) as server:
            folder = shop_file(tmp_path, server.url, cache={"entries": 9})
            with wb.open_merchant(folder) as shop:
                shop.find_orders(email=MAIL)
                shop.find_orders(email=MAIL)
        assert all("if-none-match" not in one.headers for one in server.seen)


def test_what_is_kept_is_bounded_and_each_customers_own(tmp_path: Path) -> None:
    """The oldest goes first, and an answer is only ever used for the very same question."""
    rows = [order(f"A-{one}", f"m{one}@example.com") for one in range(3)]

    def answer(seen: Seen) -> Answer:
        if "if-modified-since" in seen.headers:
            return Answer(b"", 304)
        return Answer(orders_by_mail(*rows)(seen).body, 200, {"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"})

    with serving(answer) as server, wb.open_merchant(shop_file(tmp_path, server.url, cache={"entries": 2})) as shop:
        found = [shop.find_orders(email=f"m{one}@example.com").orders[0].order_number for one in (0, 1, 2, 0, 2)]
        shown = repr(shop._opened.operations.means.kept)

    assert found == ["A-0", "A-1", "A-2", "A-0", "A-2"]
    assert ["if-modified-since" in one.headers for one in server.seen] == [False, False, False, False, True]
    assert shown == "<Kept 2 answers>"


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        ({"rate": {"per_second": 0}}, "a number out of range @ connection.rate.per_second"),
        ({"rate": {"per_second": "5"}}, "a text where a number belongs"),
        ({"rate": {"burst": 5}}, "burst: without per_second:"),
        ({"rate": {"concurrency": 51}}, "from 1 to 50"),
        ({"rate": {"speed": 3}}, "unknown key 'speed'"),
        ({"rate": 5}, "a number where a table belongs"),
        ({"retries": {"max": 11}}, "from 0 to 10"),
        ({"retries": {"wait_s": -1}}, "above 0, at most 60"),
        ({"retries": {"statuses": [200]}}, "from 400 to 599"),
        ({"retries": {"statuses": []}}, "an empty list"),
        ({"retries": True}, "true or false where a table belongs"),
        ({"cache": {"entries": 0}}, "from 1 to 100000"),
        ({"cache": {"note": "x"}}, "cache without entries:"),
        ({"environments": {"test": {"rate": {"per_second": True}}}}, "connection.environments.test.rate.per_second"),
    ],
)
def test_mistakes_in_the_connection(tmp_path: Path, connection: dict[str, Any], told: str) -> None:
    """Each is told when the mapping is loaded, with its place."""
    with pytest.raises(MappingError, match=told):
        wb.load(shop_file(tmp_path, "https://api.shop.example", **connection))


def test_environments_say_their_own(tmp_path: Path) -> None:
    """A test system may be slower than production."""
    with serving(in_turn(GOOD)) as server:
        environments = {"test": {"rate": {"per_second": 2, "note": "says the merchant"}}}
        folder = shop_file(tmp_path, server.url, {"find_orders_by_email": by_email()}, environments=environments)
        with wb.open_merchant(folder, "test") as shop:
            assert shop._opened.pace._interval == 0.5
