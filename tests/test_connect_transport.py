"""Sending, against real servers that break in every way: one kind of error each, in bounded time and memory."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.servers import Answer, Server, raw_serving, sending, serving
from tests.servers_tls import AUTHORITY
from workbench.calls import Request, Response
from workbench.connect.settings import Settings
from workbench.connect.transport import AsyncGuardedTransport, AsyncSender, GuardedTransport, Sender
from workbench.connect.unpack import Unpacker
from workbench.errors import (
    AddressRefused,
    BadAnswer,
    LimitExceeded,
    TimedOut,
    TlsError,
    Unreachable,
    UsageError,
)

LIMIT = 100_000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Send = Callable[..., Response]


def send_sync(request: Request, budget: float = 20.0, **options: Any) -> Response:
    """Sends one request and closes."""
    sender = Sender(*settled(request, options), options.get("tls"))
    try:
        return sender.send(request, time.monotonic() + budget)
    finally:
        sender.close()


def send_async(request: Request, budget: float = 20.0, **options: Any) -> Response:
    """The same under asyncio."""

    async def send() -> Response:
        sender = AsyncSender(*settled(request, options), options.get("tls"))
        try:
            return await sender.send(request, time.monotonic() + budget)
        finally:
            await sender.aclose()

    return asyncio.run(send())


def settled(request: Request, options: dict[str, Any]) -> tuple[Settings, int, float]:
    """Settings that allow the request's host, a limit, and how long to wait for bytes."""
    host = urlsplit(request.url).hostname or "" if "[" not in request.url else ""
    allowed = frozenset({(host, None)})
    return (
        Settings("SHOP", options.get("allowed", allowed), None, options.get("proxy")),
        LIMIT,
        options.get("timeout_s", 10.0),
    )


@pytest.fixture(params=[send_sync, send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Sends once, in both ways."""
    chosen: Send = request.param
    return chosen


def to(server: Server, **more: Any) -> Request:
    """A request to a server, of a call named `search`."""
    return Request("GET", f"{server.url}/orders?email=ann%40example.com", call="search", **more)


def test_request_and_answer(send: Send) -> None:
    """What is sent arrives, and what is answered comes back."""
    with serving(lambda seen: Answer({"ok": 1}, 202, {"X-One": "1", "Link": "<a>"})) as server:
        request = Request("POST", f"{server.url}/a%2Fb?x=%20", (("X-Two", "2"), ("User-Agent", "me")), b"body")
        answer = send(request)

    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/a%2Fb?x=%20", b"body")
    assert (seen.headers["x-two"], seen.headers["user-agent"]) == ("2", "me")
    assert seen.headers["accept-encoding"] == "gzip, deflate"
    assert (answer.status, answer.body, answer.headers["x-one"]) == (202, b'{"ok": 1}', "1")


BROKEN = {
    "short body": sending(HEAD + b"Content-Length: 100\r\n\r\n{"),
    "cut chunk": sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{"),
    "bad chunk": sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "cut header": sending(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "no header": sending(b""),
    "garbage": sending(b"\x00\x01\x02 this is no HTTP\r\n\r\n"),
    "another protocol": sending(b"SSH-2.0-OpenSSH_9.0\r\n"),
    "endless header": sending(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 200_000),
    "two lengths": sending(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "cut gzip": sending(HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"{}" * 50)[:-6]),
    "no gzip": sending(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "no deflate": sending(HEAD + b"Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}"),
    "unasked compression": sending(HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answer(send: Send, name: str) -> None:
    """Each is a `BadAnswer`: the merchant's side, and not "no such order"."""
    with raw_serving(BROKEN[name]) as server, pytest.raises(BadAnswer) as caught:
        send(to(server))

    assert caught.value.problem.where == "search"
    assert caught.value.problem.how
    assert "ann" not in str(caught.value)


def test_connection_that_is_reset(send: Send) -> None:
    """A connection that breaks is a `BadAnswer` too."""

    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    with raw_serving(reset) as server, pytest.raises(BadAnswer):
        send(to(server))


def keeping(connection: socket.socket) -> None:
    """A script that answers once and closes the connection when the next request comes."""
    connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
    connection.recv(65536)


@pytest.mark.parametrize(("method", "connections"), [("GET", 2), ("POST", 1)])
def test_kept_connection_that_is_gone(method: str, connections: int) -> None:
    """A read is sent again over a new connection; what is no read never."""
    settings = Settings("SHOP", frozenset({("127.0.0.1", None)}))
    second = contextlib.nullcontext() if method == "GET" else pytest.raises(BadAnswer)

    async def use(server: Server) -> None:
        sender = AsyncSender(settings, LIMIT, 10.0)
        await sender.send(to(server), time.monotonic() + 20)
        with second:
            assert (await sender.send(Request(method, server.url), time.monotonic() + 20)).body == b"{}"
        await sender.aclose()

    with raw_serving(keeping) as server:
        kept = Sender(settings, LIMIT, 10.0)
        kept.send(to(server), time.monotonic() + 20)
        with second:
            assert kept.send(Request(method, server.url), time.monotonic() + 20).body == b"{}"
        kept.close()
        assert server.connections == connections
    with raw_serving(keeping) as server:
        asyncio.run(use(server))
        assert server.connections == connections


def test_nobody_listens(send: Send) -> None:
    """A refused connection says to check host and port."""
    with raw_serving(sending()) as server:
        gone = to(server)
    with pytest.raises(Unreachable, match=r"the connection is refused.*check host and port"):
        send(gone)


def test_name_that_does_not_exist(send: Send) -> None:
    """A name without an address says to check the base URL."""
    with pytest.raises(Unreachable, match=r"does not resolve.*check base_url"):
        send(Request("GET", "http://no-such-name.invalid/"))


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """A script that sends a little now and then until the client has enough."""

    def script(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            while True:
                time.sleep(0.02)
                connection.sendall(drop)

    return script


@pytest.mark.parametrize(
    ("head", "drop"),
    [(HEAD + b"Content-Length: 100000\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"HTTP/1.1 2", b"0")],
    ids=["body", "headers", "status"],
)
def test_drip_cannot_last_for_ever(send: Send, head: bytes, drop: bytes) -> None:
    """The time for the whole counts, however often a byte comes."""
    with raw_serving(dripping(head, drop)) as server, pytest.raises(TimedOut, match="the whole lookup is used up"):
        send(to(server), budget=0.3)


def test_server_that_says_nothing(send: Send) -> None:
    """Without any byte, the wait for the next one ends it; a call's own time-out wins."""
    over = threading.Event()
    with raw_serving(lambda connection: over.wait(20) and None) as server:
        for options, request in (({"timeout_s": 0.1}, to(server)), ({}, to(server, timeout_s=0.1))):
            with pytest.raises(TimedOut, match=r"no answer came in time.*timeout_s"):
                send(request, **options)
        over.set()


def test_no_time_left(send: Send) -> None:
    """When the time is used up, nothing more is sent."""
    with serving(lambda seen: Answer({})) as server, pytest.raises(TimedOut):
        send(to(server), budget=-1)

    assert server.seen == []


# ---------------------------------------------------------------- sizes


def test_large_answer(send: Send) -> None:
    """A length that is announced is refused at once, one that is not as soon as it is reached."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    announced = sending(HEAD + b"Content-Length: 100001\r\n\r\n")
    chunked = sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 200)
    for script in (announced, chunked):
        with raw_serving(script) as server, pytest.raises(LimitExceeded, match="larger than 100000 bytes"):
            send(to(server))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_bomb_is_stopped(send: Send, encoding: str) -> None:
    """A small answer that unpacks to a large one is refused before it is large."""
    packed = gzip.compress(b"0" * 50_000_000) if encoding == "gzip" else zlib.compress(b"0" * 50_000_000)
    answer = Answer(packed, headers={"Content-Encoding": encoding})
    with serving(lambda seen: answer) as server, pytest.raises(LimitExceeded):
        send(to(server))

    assert len(packed) < LIMIT


def test_bomb_never_becomes_large() -> None:
    """No more than the limit is ever unpacked."""
    packed = gzip.compress(b"0" * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded):
            Unpacker("gzip", LIMIT, "search").add(packed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10 * LIMIT


def test_large_answer_that_is_no_bomb() -> None:
    """Much of the same is unpacked in steps, to the last byte; too much of it is told before the limit is reached."""
    row = b'{"sku": "T-1", "title": "Assam", "quantity": 2, "state": "shipped"},'
    data = b"".join(row + str(number).encode() for number in range(200_000))
    packed = gzip.compress(data)
    for step in (1000, len(packed)):
        unpacker = Unpacker("gzip", 50_000_000, "search")
        for start in range(0, len(packed), step):
            unpacker.add(packed[start : start + step])
        assert unpacker.finish() == data
    with pytest.raises(LimitExceeded, match="200 times its size"):
        Unpacker("gzip", 500_000_000, "search").add(gzip.compress(b"0" * 50_000_000))


def raw_deflate(data: bytes) -> bytes:
    """Deflate without the zlib header, as some servers send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello")),
        ("x-gzip", gzip.compress(b"hel") + gzip.compress(b"lo")),
        ("deflate", zlib.compress(b"hello")),
        ("Deflate", raw_deflate(b"hello")),
        ("identity", b"hello"),
        ("", b"hello"),
    ],
)
def test_unpacking(encoding: str, packed: bytes) -> None:
    """Compression is undone, in one piece or byte by byte."""
    for step in (1, 1000):
        unpacker = Unpacker(encoding, 5, "search")
        for start in range(0, len(packed), step):
            unpacker.add(packed[start : start + step])
        assert unpacker.finish() == b"hello"


# ---------------------------------------------------------------- addresses and TLS


def test_private_address_is_refused(send: Send) -> None:
    """Nothing connects, and the error says what the deployment would have to say."""
    with serving(lambda seen: Answer({})) as server, pytest.raises(AddressRefused) as caught:
        send(to(server), allowed=frozenset())

    assert f"WORKBENCH_ALLOW_HOSTS=127.0.0.1:{server.port}" in str(caught.value)
    assert server.connections == 0


def trusting() -> ssl.SSLContext:
    """A context that trusts the authority of these tests, and the public ones not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=AUTHORITY)
    return context


def test_tls_keeps_the_name(send: Send) -> None:
    """The connection goes to a checked address, the certificate is checked for the name."""
    with serving(lambda seen: Answer({"ok": 1}), tls=True) as server:
        assert send(to(server), tls=trusting()).body == b'{"ok": 1}'
        other = Request("GET", server.url.replace("localhost", "127.0.0.1"))
        with pytest.raises(TlsError, match=r"the certificate is for another address.*check the host of base_url"):
            send(other, tls=trusting())


def test_unknown_authority(send: Send) -> None:
    """A certificate that nobody vouches for is refused by default."""
    with serving(lambda seen: Answer({}), tls=True) as server, pytest.raises(TlsError, match="the certificate"):
        send(to(server))


def test_server_without_tls(send: Send) -> None:
    """https to a port that speaks http is told as a failed handshake."""
    with serving(lambda seen: Answer({})) as server, pytest.raises(TlsError, match="the TLS handshake failed"):
        send(Request("GET", server.url.replace("http:", "https:")), tls=trusting())


# ---------------------------------------------------------------- proxies and the environment


def test_proxy_of_the_deployment(send: Send) -> None:
    """Calls go through it, names are its to resolve, and what is plainly private is refused all the same."""
    with serving(lambda seen: Answer({"via": "proxy"})) as proxy:
        options: dict[str, Any] = {
            "proxy": proxy.url.replace("//", "//joe:pw@"),
            "allowed": frozenset(),
            "tls": trusting(),
        }
        answer = send(Request("GET", "http://no-such-name.invalid/orders?x=1"), **options)
        for host in ("127.0.0.1", "169.254.169.254", "localhost", "0x7f.1", "metadata.internal"):
            with pytest.raises(AddressRefused):
                send(Request("GET", f"http://{host}/"), **options)

    assert answer.body == b'{"via": "proxy"}'
    assert proxy.targets == ["http://no-such-name.invalid/orders?x=1"]
    assert proxy.seen[0].headers["proxy-authorization"] == "Basic am9lOnB3"


def test_proxy_that_refuses(send: Send) -> None:
    """A tunnel that does not come about is told as the proxy's."""
    script = sending(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    told = r"the proxy does not pass the call on.*WORKBENCH_PROXY"
    with raw_serving(script) as proxy, pytest.raises(Unreachable, match=told):
        send(Request("GET", "https://no-such-name.invalid/"), proxy=proxy.url, tls=trusting())


def test_environment_is_not_looked_at(send: Send, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither proxies nor authorities nor `.netrc` of the environment count."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login joe password pw\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    with serving(lambda seen: Answer({"ok": 1})) as server:
        assert send(to(server)).status == 200

    assert "authorization" not in server.seen[0].headers


def test_debug_logs_hold_nothing(send: Send, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level an application logs at, the HTTP library's own lines of our calls are not written."""
    caplog.set_level(logging.DEBUG)
    with serving(lambda seen: Answer({}, headers={"Set-Cookie": "sid=topsecret"})) as server:
        send(to(server))

    assert not [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))]


def test_others_may_use_the_transports() -> None:
    """They are ordinary httpx transports: errors are httpx's own."""
    settings = Settings("SHOP", frozenset({("127.0.0.1", None)}))
    with serving(lambda seen: Answer({"ok": 1})) as server, raw_serving(BROKEN["short body"]) as broken:
        with httpx.Client(transport=GuardedTransport(settings)) as client:
            assert client.get(server.url).json() == {"ok": 1}
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(broken.url)

        async def get() -> None:
            async with httpx.AsyncClient(transport=AsyncGuardedTransport(settings)) as client:
                assert (await client.get(server.url)).json() == {"ok": 1}

        asyncio.run(get())


@pytest.mark.parametrize("url", ["http://[::1/", "http://\x00/"])
def test_url_that_cannot_be_sent(send: Send, url: str) -> None:
    """It is wrong use, not a traceback."""
    with pytest.raises(UsageError, match="cannot be sent"):
        send(Request("GET", url))


def test_cancelled_lookup_leaves_nothing_open() -> None:
    """A task that is cancelled while it waits gives its connection back."""
    over = threading.Event()

    async def cancel(server: Server) -> None:
        sender = AsyncSender(Settings("SHOP", frozenset({("127.0.0.1", None)})), LIMIT, 10.0)
        task = asyncio.create_task(sender.send(to(server), time.monotonic() + 20))
        while not server.connections:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sender.aclose()

    with raw_serving(lambda connection: over.wait(20) and None) as server:
        asyncio.run(cancel(server))
        over.set()
