"""Hostile and careless use through the public surface: no traceback, no leak, and never a wrong "there is none"."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    PARCELS,
    PASSWORD,
    USER,
    Answer,
    order,
    orders_by_mail,
    raw_serving,
    sending,
    serving,
    shop_file,
    two_calls,
)
from workbench.errors import Ambiguous, CallError, DecodeError, MappingError, Problem, SecretMissing, UsageError
from workbench.runtime import Mapping

ROOT = Path(__file__).resolve().parents[1]
MAIL, PRIVATE = "ann@example.com", "Wilhelmina-77120"
BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}


pytestmark = pytest.mark.usefixtures("deployment")


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own, with every log switched on."""
    code = "import logging, sys; logging.basicConfig(level=1); from workbench.cli import main; sys.exit(main())"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    words = (sys.executable, "-W", "error", "-c", code, *words)
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)


def secrets_in(text: str) -> list[str]:
    """What must never be printed."""
    return [word for word in (PASSWORD, USER, "Traceback", PRIVATE) if word in text]


# ---------------------------------------------------------------- mapping files


PLAIN = {
    "format": 1,
    "merchant": "shop",
    "operations": {
        "find_orders_by_email": {
            "calls": [{"name": "search", "get": "/orders", "query": {"email": "{email}"}}],
            "orders": {"each": "$.data"},
        }
    },
    "records": {
        "order": {
            "order_number": "@.number",
            "customer_email": "@.email",
            "created_at": "@.created",
            "status": {"path": "@.state", "lookup": {"1": "processing"}},
            "amount": {"path": "@.total", "decimal": {"comma": True}},
            "lines": {"each": "@.items", "fields": {"sku": "@.sku", "quantity": "@.qty"}},
        }
    },
}
CALL = ("operations", "find_orders_by_email", "calls", 0)
PLACES: list[tuple[str | int, ...]] = [
    ("format",), ("merchant",), ("version",), ("connection",), ("timezone",), ("operations",), ("records",),
    ("expect",), ("fields",), ("history",), ("waived",), ("evidence",), ("nonsense",), ("records", "ordr"),
    ("connection", "auth"), ("connection", "base_url"), ("connection", "environments"), ("connection", "limits"),
    *((*CALL, key) for key in ("name", "get", "query", "headers", "pages", "not_found_when", "format", "soap", "json")),
    *(("operations", "find_orders_by_email", key) for key in ("calls", "orders", "verify", "record", "inputs")),
    *(("records", "order", key) for key in ("order_number", "status", "lines", "amount", "extra", "nonsense")),
    *(("records", "order", "amount", key) for key in ("path", "first", "join", "cases", "regex", "decimal")),
    *(("records", "order", "lines", key) for key in ("each", "with", "keep", "fields", "group_by")),
]  # fmt: skip
VALUES: list[Any] = [
    None, True, -1, 1.5, "", " ", "x", [], {}, [None], {"": None}, {"a": {"b": 1}}, "@.", "@..x", "@[", "@.a[?", "^^^",
    "${", "{email", "@.a[99999999999999999999]", ["@.a", 1], "1e9999",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_wrong_value_anywhere_in_a_mapping(place: tuple[str | int, ...]) -> None:
    """Whatever stands at a place, the file loads, or is refused with what, where and the line."""
    for value in VALUES:
        data: Any = copy.deepcopy(PLAIN)
        inner = data
        for key in place[:-1]:
            inner = inner.setdefault(key, {}) if isinstance(inner, dict) else inner[key]
        inner[place[-1]] = value
        try:
            mapping = Mapping.from_text(json.dumps(data, indent=1))
        except MappingError as error:
            assert error.problems
            assert all(one.what and one.where and one.line for one in error.problems)
        else:
            if not mapping.plan.operations:  # a draft at its very beginning
                with pytest.raises(UsageError, match="has none yet"):
                    mapping.map({}, operation="find_orders_by_email")
                continue
            assert mapping.map({"data": [{"number": "1"}]}, operation="find_orders_by_email").outcome


def test_every_mistake_of_a_mapping_at_once(tmp_path: Path) -> None:
    """Mistakes of every kind come in one go, each with its place, its line, and what was probably meant."""
    data: Any = copy.deepcopy(PLAIN)
    data |= {"recrods": {}, "timezone": "Mars/X", "expect": {"amonut": {"always": True}}}
    data["connection"] = {"base_url": "https://shop.example", "auth": {"kind": "basci"}}
    data["operations"]["find_orders_by_email"]["calls"][0]["qery"] = {}
    data["records"]["order"] |= {
        "custmer_email": "@.mail",
        "amount": {"path": "@..a", "decmal": {}},
        "status": {"path": "@.state", "lookup": {"1": "shiped"}},
        "lines": {"each": "parcel:$.x", "fields": {"sku": {"path": "@.a", "regex": "(("}}},
    }
    (tmp_path / "shop.yaml").write_text(json.dumps(data, indent=1))

    done = command("run", str(tmp_path / "shop.yaml"), os.devnull)

    assert done.returncode == 2
    for word in (
        "recrods",
        "Mars/X",
        "amonut",
        "basci",
        "qery",
        "shiped",
        "custmer_email",
        "@..a",
        "decmal",
        "parcel",
        "((",
    ):
        assert word in done.stderr
    assert done.stderr.count("(line ") == 11
    assert done.stderr.count("did you mean") == 7


# ---------------------------------------------------------------- responses


DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]
CIRCLE: list[Any] = []
CIRCLE.append({"data": CIRCLE})
ENTITIES = f'<!DOCTYPE x [<!ENTITY a "{PRIVATE}"><!ENTITY b "&a;&a;">]><x>&b;</x>'
UNREADABLE: dict[str, Any] = {
    "page": f"<!DOCTYPE html><p>{PRIVATE}",
    "cut": '{"data": [{"number": "' + PRIVATE,
    "empty": b"",
    "no text": bytes(range(256)),
    "nothing but zeros": bytes(100),
    "xml": f"<orders><order>{PRIVATE}</order></orders>",
    "a text": f'"{PRIVATE}"',
    "a number": b"12",
    "a text for the list": {"data": PRIVATE},
    "texts for orders": {"data": [PRIVATE, 1, None, [], {}]},
    "another place": {PRIVATE: [{"number": "1"}]},
    "no answer at all": object(),
    "entities": ENTITIES,
    "deep text": b"[" * 1_000_000 + b"]" * 1_000_000,
    "deep text, not closed": b'{"a":' * 1_000_000,
    "deep xml": b"<a>" * 300_000,
    "deep nodes": {"data": DEEP},
    "circular": {"data": CIRCLE},
    "many": b'{"data": [' + b'{"n": 1},' * 1_100_000 + b"{}]}",
    "large": b'{"data": ["' + b"x" * (64 * 1024 * 1024) + b'"]}',
    "compressed": gzip.compress(b"{}"),
    "digits": b'{"data": [{"number": ' + b"9" * 1_000_000 + b"}]}",
    "exponent": b'{"data": [{"number": 1e999999}]}',
    "half a character": b'{"data": [{"number": "\\ud800"}]}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_response_that_cannot_be_read(name: str) -> None:
    """It is a failure with one problem that holds no value; never an exception, and never "there is none"."""
    result = Mapping.from_text(json.dumps(PLAIN)).map(UNREADABLE[name], inputs={"email": MAIL})

    assert (result.outcome, result.orders) == ("failed", [])
    assert len(result.problems) == 1
    assert PRIVATE not in result.problems[0].text


WRONG: list[Any] = [
    None, True, -1, "", PRIVATE, [], {}, [PRIVATE, 2], {PRIVATE: PRIVATE}, [[{}]], "\ud800", 10**400,
]  # fmt: skip
FIELDS = ("order_number", "customer_email", "created_at", "status", "amount", "lines", "lines.sku")


@pytest.mark.parametrize("key", ["number", "email", "created", "state", "total", "items"])
def test_one_wrong_order_leaves_the_others(key: str) -> None:
    """Whatever one order of a page holds, the others come out as ever; problems tell no value, nor does explain."""
    mapping = Mapping.from_text(json.dumps(PLAIN))
    good = {"number": "7", "email": MAIL, "created": "2026-11-03T09:30:00Z", "state": "1", "total": "1,50", "items": []}
    expected = mapping.map({"data": [good]}).orders[0].to_dict()
    for value in WRONG:
        page = {"data": [good, {**good, key: value}, good]}
        result = mapping.map(page, inputs={"email": MAIL} if key != "email" else None)
        told = [one.text for one in result.problems]
        told += [step.text for field in FIELDS for one in mapping.explain(page, field) for step in one.steps]

        assert [result.orders[0].to_dict(), result.orders[-1].to_dict()] == [expected, expected]
        assert [text for text in told if PRIVATE in text and "instead there" not in text] == []


def http(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def endless(connection: socket.socket) -> None:
    """More than 200 MB, without saying how much."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
    for _ in range(3300):
        connection.sendall(b" " * 65536)


HINT = PRIVATE.encode()
BOMB = http(200, gzip.compress(b" " * 200_000_000, 1), "Content-Encoding: gzip")
SERVED: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "page": (sending(http(200, b"<!DOCTYPE html>" + HINT)), "html"),
    "cut off": (sending(http(200, b'{"data": [', length=500)), "bad_answer"),
    "cut json": (sending(http(200, b'{"data": ["' + HINT)), "not_decoded"),
    "empty": (sending(http(200, b"")), "empty"),
    "no http": (sending(HINT + b"\r\n\r\n"), "bad_answer"),
    "nothing": (sending(), "bad_answer"),
    "long header": (sending(b"HTTP/1.1 200 OK\r\nX: " + HINT * 100_000), "bad_answer"),
    "odd length": (sending(b"HTTP/1.1 200 OK\r\nContent-Length: " + HINT + b"\r\n\r\n"), "bad_answer"),
    "other compression": (sending(http(200, HINT, "Content-Encoding: br")), "bad_answer"),
    "compression that is none": (sending(http(200, HINT, "Content-Encoding: gzip")), "bad_answer"),
    "bomb": (sending(BOMB), "too_large"),
    "endless": (endless, "too_large"),
    "redirect": (sending(http(302, b"", f"Location: http://{PRIVATE}.example/")), "http"),
    **{
        str(status): (sending(http(status, HINT, f"Retry-After: {PRIVATE}")), code)
        for status, code in ((400, "http"), (401, "unauthorized"), (403, "forbidden"), (404, "not_found"),
                             (429, "rate_limited"), (500, "server"), (503, "server"))
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SERVED)
def test_a_server_that_answers_badly(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One typed error that says what to do, one line in the log, and nothing of the answer or the secrets in either."""
    caplog.set_level(1)
    script, code = SERVED[name]
    with raw_serving(script) as server:
        folder = shop_file(tmp_path, server.url, auth=BASIC)
        with wb.open_merchant(folder) as shop, pytest.raises((CallError, DecodeError)) as caught:
            shop.find_orders(email=MAIL)

    lines = [record for record in caplog.records if record.name == "workbench.lookup"]
    assert caught.value.problem.code == code
    assert len(lines) == 1
    assert json.loads(lines[0].getMessage())["code"] == code
    assert secrets_in(f"{caught.value!r} {caught.value} {vars(caught.value)} {caplog.text}") == []
    assert MAIL not in caplog.text


@pytest.mark.parametrize("name", ["page", "401", "cut off"])
def test_find_of_a_server_that_answers_badly(name: str, tmp_path: Path) -> None:
    """The command line says it in words and as data, with exit code 1, and no more than that."""
    with raw_serving(SERVED[name][0]) as server:
        done = command("find", str(shop_file(tmp_path, server.url, auth=BASIC)), "--email", MAIL, "--json")

    (problem,) = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert problem.keys() == {"text", "what", "where", "how", "code"}
    assert all(problem.values())
    assert secrets_in(done.stdout + done.stderr) == []
    assert MAIL not in done.stdout + done.stderr


def test_a_second_call_that_answers_badly(tmp_path: Path) -> None:
    """What one order's call breaks is unavailable there; the other order is whole."""

    def answer(seen: Any) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", id="1"), order("A-2", id="2")]})
        return Answer(f"<!DOCTYPE html>{PRIVATE}") if "/1/" in seen.path else Answer({"parcels": [{"code": "T-2"}]})

    with serving(answer) as server, wb.open_merchant(shop_file(tmp_path, server.url, two_calls(), PARCELS)) as shop:
        first, second = shop.find_orders(email=MAIL).orders

    assert "shipments" in first.unavailable
    assert first.order_number == "A-1"
    assert second.to_dict()["tracking_numbers"] == ["T-2"]
    assert [PRIVATE in problem.text for problem in first.problems] == [False]


# ---------------------------------------------------------------- many at once, and ends in between


def test_many_threads_on_one_merchant(tmp_path: Path) -> None:
    """Each of many threads gets the orders of its own customer."""
    mails = [f"customer{number}@example.com" for number in range(20)]
    rows = [order(f"A-{number}", mail) for number, mail in enumerate(mails)]
    with (
        serving(orders_by_mail(*rows)) as server,
        wb.open_merchant(shop_file(tmp_path, server.url)) as shop,
        ThreadPoolExecutor(20) as pool,
    ):
        results = list(pool.map(lambda mail: shop.find_orders(email=mail), mails * 5))

    assert [[one.order_number for one in result.orders] for result in results] == [
        [f"A-{number}"] for number in range(20)
    ] * 5


def test_lookups_that_are_cancelled_leave_the_merchant_usable(tmp_path: Path) -> None:
    """However many lookups are given up half-way, the next one is answered."""

    async def ask(folder: Path) -> str:
        async with wb.open_merchant_async(folder) as shop:
            for number in range(300):
                tasks = [asyncio.create_task(shop.find_orders(email=MAIL)) for _ in range(3)]
                await asyncio.sleep(0.001 * (number % 20))
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            return (await shop.find_orders(email=MAIL)).outcome

    with serving(orders_by_mail(order("A-1"))) as server:
        assert asyncio.run(ask(shop_file(tmp_path, server.url, timeout_s=2))) == "found"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child there")
def test_an_interrupted_find(tmp_path: Path) -> None:
    """Ctrl-C while waiting for the merchant ends at once, in one line."""
    waiting: queue.Queue[subprocess.Popen[str]] = queue.Queue()

    def hold(connection: socket.socket) -> None:
        waiting.get(timeout=30).send_signal(signal.SIGINT)
        connection.recv(1)  # until the command has gone

    with raw_serving(hold) as server:
        words = [sys.executable, "-m", "workbench", "find", str(shop_file(tmp_path, server.url)), "--email", MAIL]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is deaf to it
        try:
            child = subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        finally:
            signal.signal(signal.SIGINT, before)
        with child:
            waiting.put(child)
            told = child.communicate(timeout=30)

    assert (child.returncode, told) == (130, ("", "interrupted\n"))


def test_plans_and_results_are_pickled(tmp_path: Path) -> None:
    """A plan and a result cross to another process and are the same there; an opened merchant's secrets never do."""
    mapping = Mapping.from_text(json.dumps(PLAIN))
    result = mapping.map({"data": [{"number": "1", "state": "9"}]})

    assert pickle.loads(pickle.dumps(mapping.plan)) == mapping.plan
    assert pickle.loads(pickle.dumps(result)) == result
    folder = shop_file(tmp_path, "http://127.0.0.1:9", auth=BASIC)
    with wb.open_merchant(folder) as shop, pytest.raises(TypeError) as caught:
        pickle.dumps(shop)
    assert secrets_in(str(caught.value)) == []


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("an empty answer", "ask again"),
        CallError("no connection", "look at the network", where="search"),
        SecretMissing(["A", "B"]),
        Ambiguous(2),
        MappingError([Problem("unknown key", "records", line=3)], "shop.yaml"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_are_pickled(error: wb.WorkbenchError) -> None:
    """An error that crosses to another process says there what it says here."""
    again = pickle.loads(pickle.dumps(error))

    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
