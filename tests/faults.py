"""What a merchant's server can do to a call, one row each; `python -m tests.faults` prints what came of it, and when.

Each row is a script over a raw socket. It gives its typed error or the order, within its time.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers import Ask, ask_async, ask_sync, by_email, order, shop_file
from workbench.errors import (
    BadAnswer,
    DecodeError,
    HttpError,
    LimitExceeded,
    RateLimited,
    ServerError,
    TimedOut,
    TlsError,
    Unreachable,
    WorkbenchError,
)

MAIL = "ann@example.com"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = json.dumps({"data": [order("A-1", customer="Zoë")]}, ensure_ascii=False)
FOUND = "found"


class Talk:
    """One request on a raw socket: what was asked, the how-manieth it is, and how to answer.

    Attributes:
        target: The path and query.
        count: The requests so far, this one included.
        over: Set when the test is over, so that nothing waits longer.
    """

    def __init__(self, connection: socket.socket, head: bytes, count: int, port: int, over: threading.Event) -> None:
        self.connection, self.count, self.port, self.over = connection, count, port, over
        self.target = head.split(b" ")[1].decode("latin-1") if head.count(b" ") > 1 else ""

    def send(self, *parts: bytes) -> None:
        """Sends bytes, whatever they are."""
        for part in parts:
            self.connection.sendall(part)

    def answer(self, body: bytes | str = GOOD, status: str = "200 OK", *headers: str) -> None:
        """Sends a proper answer."""
        body = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        if not any(line.lower().startswith("content-type") for line in lines):
            lines.append("Content-Type: application/json")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def trickle(self, *parts: bytes) -> None:
        """Sends the last part again and again, for ever."""
        self.send(*parts[:-1])
        while not self.over.wait(0.02):
            self.send(parts[-1])

    def reset(self) -> None:
        """Breaks the connection, rather than closing it."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()


Script = Callable[[Talk], object]


@dataclass(frozen=True)
class Row:
    """A fault, and what is to come of it.

    Attributes:
        name: For people.
        script: What the server does with each request.
        expected: `found`, or the kind of error.
        problem: A code among the result's problems, where the orders come with one.
        call: What the call says beside the usual.
        connection: What the connection says.
        budget_s: The time of the lookup.
        server: `none` where nobody listens, `deaf` where nobody accepts.
    """

    name: str
    script: Script
    expected: str | type[WorkbenchError] = FOUND
    problem: str = ""
    call: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, Any] = field(default_factory=dict)
    budget_s: float = 10
    server: str = "raw"


def first(times: int, fault: Script) -> Script:
    """A script that does one thing at first, and then answers as it should."""
    return lambda talk: fault(talk) if talk.count <= times else talk.answer()


def bomb() -> bytes:
    """50 MB of JSON in 50 KB."""
    return gzip.compress(b'{"data": [' + b" " * 50_000_000 + b"]}", 9)


def pages(following: Callable[[Talk], str]) -> Script:
    """Pages that name a next one."""
    return lambda talk: talk.answer(json.dumps({"data": [order(f"A-{talk.count}")], "next": following(talk)}))


BOMB = bomb()
NEXT = {"pages": {"kind": "next_link", "path": "$.next", "max": 5}}
CURSOR = {"pages": {"kind": "cursor", "path": "$.next", "param": "c", "max": 5}}
XML = "Content-Type: application/xml"
LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'
FILE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

ROWS = (
    Row("all is well", lambda talk: talk.answer()),
    Row("refused", lambda talk: None, Unreachable, server="none"),
    Row("nobody accepts", lambda talk: None, TimedOut, connection={"timeout_s": 0.3}, server="deaf"),
    Row("reset at once", lambda talk: talk.reset(), BadAnswer),
    Row("reset in the body", lambda talk: (talk.send(HEAD + b"Content-Length: 99\r\n\r\n{"), talk.reset()), BadAnswer),
    Row("reset once, then fine", first(1, Talk.reset)),
    Row("closed without a word", lambda talk: None, BadAnswer),
    Row("slow, in time", lambda talk: (time.sleep(0.3), talk.answer())),
    Row("slow, too slow", lambda talk: talk.over.wait(20), TimedOut, connection={"timeout_s": 0.3}),
    Row(
        "drip in the body",
        lambda talk: talk.trickle(HEAD + b"Content-Length: 99999\r\n\r\n", b" "),
        TimedOut,
        budget_s=1,
    ),
    Row("drip in the headers", lambda talk: talk.trickle(HEAD, b"X-A: b\r\n"), TimedOut, budget_s=1),
    Row("100 Continue for ever", lambda talk: talk.trickle(b"HTTP/1.1 100 Continue\r\n\r\n"), TimedOut, budget_s=1),
    Row(
        "truncated, no length",
        lambda talk: talk.send(HEAD + b"Connection: close\r\n\r\n" + b'{"data": [{'),
        DecodeError,
    ),
    Row("length too long", lambda talk: talk.send(HEAD + b"Content-Length: 500\r\n\r\n" + GOOD.encode()), BadAnswer),
    Row("length too short", lambda talk: talk.send(HEAD + b"Content-Length: 20\r\n\r\n" + GOOD.encode()), DecodeError),
    Row("two lengths", lambda talk: talk.send(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), BadAnswer),
    Row(
        "bad chunk",
        lambda talk: talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
        BadAnswer,
    ),
    Row("cut chunk", lambda talk: talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"), BadAnswer),
    Row("garbage", lambda talk: talk.send(b"\x00\x01\x02\r\n\r\n"), BadAnswer),
    Row("endless header", lambda talk: talk.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000), BadAnswer),
    Row("50 MB from 50 KB", lambda talk: talk.answer(BOMB, "200 OK", "Content-Encoding: gzip"), LimitExceeded),
    Row("no gzip", lambda talk: talk.answer(GOOD, "200 OK", "Content-Encoding: gzip"), BadAnswer),
    Row(
        "cut gzip",
        lambda talk: talk.answer(gzip.compress(GOOD.encode())[:-9], "200 OK", "Content-Encoding: gzip"),
        BadAnswer,
    ),
    Row("100,000 levels", lambda talk: talk.answer("[" * 100_000 + "]" * 100_000), LimitExceeded),
    Row("XML entities", lambda talk: talk.answer(LAUGHS, "200 OK", XML), DecodeError),
    Row("XML that names a file", lambda talk: talk.answer(FILE, "200 OK", XML), DecodeError),
    Row(
        "HTML with 200",
        lambda talk: talk.answer("<!DOCTYPE html><html></html>", "200 OK", "Content-Type: text/html"),
        DecodeError,
    ),
    Row("empty with 200", lambda talk: talk.answer(""), DecodeError),
    Row(
        "Latin-1 said to be UTF-8",
        lambda talk: talk.answer(GOOD.encode("latin-1"), "200 OK", "Content-Type: application/json; charset=utf-8"),
        DecodeError,
    ),
    Row(
        "UTF-8 said to be Latin-1",
        lambda talk: talk.answer(GOOD, "200 OK", "Content-Type: application/json; charset=iso-8859-1"),
    ),
    Row(
        "a charset that nobody knows",
        lambda talk: talk.answer(GOOD, "200 OK", "Content-Type: application/json; charset=x-none"),
    ),
    Row("redirect loop", lambda talk: talk.answer("", "302 Found", f"Location: {talk.target}"), HttpError),
    Row(
        "redirect to a private address",
        lambda talk: talk.answer("", "302 Found", "Location: http://169.254.169.254/"),
        HttpError,
    ),
    Row(
        "redirect to another host",
        lambda talk: talk.answer("", "307 Moved", "Location: https://evil.example/"),
        HttpError,
    ),
    Row("429 for ever", lambda talk: talk.answer("{}", "429 No"), RateLimited),
    Row("429 once, Retry-After 1", first(1, lambda talk: talk.answer("{}", "429 No", "Retry-After: 1"))),
    Row("429, Retry-After an hour", lambda talk: talk.answer("{}", "429 No", "Retry-After: 3600"), RateLimited),
    Row("503 twice, then fine", first(2, lambda talk: talk.answer("{}", "503 Busy"))),
    Row("503 for ever", lambda talk: talk.answer("{}", "503 Busy"), ServerError),
    Row("pages without end", pages(lambda talk: f"/orders?p={talk.count}"), problem="pages", call=NEXT),
    Row("a cursor that never ends", pages(lambda talk: "same"), problem="pages", call=CURSOR),
    Row("next link to another host", pages(lambda talk: "https://evil.example/orders"), problem="pages", call=NEXT),
    Row(
        "next link to another port",
        pages(lambda talk: f"http://127.0.0.1:{talk.port + 1}/"),
        problem="pages",
        call=NEXT,
    ),
    Row("no TLS where https is said", lambda talk: talk.answer(), TlsError, connection={"base_url": "https"}),
)


@contextmanager
def served(row: Row) -> Iterator[str]:
    """The row's server; its URL."""
    over, count, lock = threading.Event(), 0, threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            nonlocal count
            data = b""
            with contextlib.suppress(OSError):
                while b"\r\n\r\n" not in data and len(data) < 100_000:
                    chunk = self.request.recv(65536)
                    if not chunk:
                        return
                    data += chunk
                    if data[:1] == b"\x16":  # a TLS hello
                        break
                with lock:
                    count += 1
                row.script(Talk(self.request, data, count, self.server.server_address[1], over))

    class Raw(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        request_queue_size = 0 if row.server == "deaf" else 64

    scheme = str(row.connection.get("base_url", "http"))
    with Raw(("127.0.0.1", 0), Handler) as server, contextlib.ExitStack() as stack:
        port = server.server_address[1]
        if row.server == "deaf":
            for _ in range(4):  # who connects now waits until these are accepted, and they never are
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            yield f"{scheme}://127.0.0.1:{port}"
            return
        if row.server == "none":
            server.server_close()
            yield f"{scheme}://127.0.0.1:{port}"
            return
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{port}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Came:
    """What came of a row: the error or the outcome, and the seconds it took."""

    kind: str | type[BaseException]
    text: str
    codes: tuple[str, ...]
    seconds: float


def happened(row: Row, folder: Path, ask: Ask) -> Came:
    """Asks a server that behaves like the row says."""
    connection = {"budget_s": row.budget_s, "retries": {"wait_s": 0.05}, **row.connection}
    connection.pop("base_url", None)
    with served(row) as url:
        shop = shop_file(folder, url, {"find_orders_by_email": by_email(**row.call)}, **connection)
        start = time.monotonic()
        try:
            result = ask(shop, email=MAIL)
        except WorkbenchError as error:
            return Came(type(error), str(error), (), time.monotonic() - start)
    codes = tuple(problem.code for problem in result.problems)
    text = "; ".join([f"{len(result.orders)} orders", *(problem.text for problem in result.problems)])
    return Came(result.outcome, text, codes, time.monotonic() - start)


def main() -> int:
    """Prints the table."""
    os.environ["WORKBENCH_ALLOW_HOSTS"] = "127.0.0.1"
    failed = 0
    print(f"{'what the server does':30}  {'what came':14}  {'sync s':>6}  {'async s':>7}  what was said")
    with tempfile.TemporaryDirectory() as folder:
        for row in ROWS:
            both = [happened(row, Path(folder) / "shop", ask) for ask in (ask_sync, ask_async)]
            came = both[0]
            kind = came.kind if isinstance(came.kind, str) else came.kind.__name__
            failed += any(one.kind != row.expected for one in both)
            print(f"{row.name:30}  {kind:14}  {came.seconds:6.2f}  {both[1].seconds:7.2f}  {came.text}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
