"""How the demo merchant misbehaves when asked to: drifts of its API, and failures of its answers."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.demo.answers import EVERYONE

DRIFTS = ("none", "renamed_key", "list_became_object", "new_status")
FAILURES = ("none", "status", "html", "truncated", "slow", "drip", "drop", "huge", "everyone", "error", "charset")
CONTROL = "/_demo"

_HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
_FILLER = b'{"number": "A-0000", "note": "' + b"x" * 65_000 + b'"},\n'


class Failure(NamedTuple):
    """What to do to the next answers.

    Attributes:
        kind: One of `FAILURES`.
        path: Which requests: a path, with `*` for any characters.
        times: How many of them.
        status: The status of the kind `status`.
        seconds: How long the kind `slow` waits, or `drip` takes.
        size: How many bytes the kind `huge` sends.
    """

    kind: str
    path: str = "*"
    times: int = 1
    status: int = 500
    seconds: float = 2.0
    size: int = 80 * 1024 * 1024


class Control:
    """What the merchant is asked to do wrong; read by the server's thread, written by others.

    Args:
        stopping: Set when the server goes down, so that no answer is waited for.
    """

    def __init__(self) -> None:
        self.drift = "none"
        self.stopping = threading.Event()
        self._failure: Failure | None = None
        self._lock = threading.Lock()

    def set_drift(self, name: str) -> None:
        """Changes the API, without a word to anyone.

        Raises:
            ValueError: There is no such drift.
        """
        if name not in DRIFTS:
            raise ValueError(f"no drift {name!r} - one of {', '.join(DRIFTS)}")
        self.drift = name

    def set_failure(self, failure: Failure) -> None:
        """Makes the next answers fail; `none` ends it.

        Raises:
            ValueError: There is no such kind, or it cannot be done as told.
        """
        if failure.kind not in FAILURES:
            raise ValueError(f"no failure {failure.kind!r} - one of {', '.join(FAILURES)}")
        kinds = [type(value) for value in (failure.path, failure.times, failure.status, failure.size)]
        if kinds != [str, int, int, int]:  # they may come from JSON
            raise ValueError("path must be a text; times, status and size whole numbers")
        if not 400 <= failure.status <= 599:
            raise ValueError("status must be from 400 to 599")
        if not 0 <= failure.seconds <= 600 or not 0 <= failure.size <= 2**30 or failure.times < 1:
            raise ValueError("seconds up to 600, size up to 1 GiB, times from 1")
        with self._lock:
            self._failure = None if failure.kind == "none" else failure

    def take(self, path: str) -> Failure | None:
        """What to do to the answer of this request, if anything; counts it."""
        with self._lock:
            failure = self._failure
            if failure is None or path.startswith(CONTROL) or not fnmatch.fnmatchcase(path, failure.path):
                return None
            self._failure = failure._replace(times=failure.times - 1) if failure.times > 1 else None
            return failure


class Connection(Protocol):
    """The transport below a request."""

    def close(self) -> None:
        """Ends it when what was written is sent."""

    def abort(self) -> None:
        """Ends it now."""


class Faults:
    """The ASGI application around the merchant's own that does what `Control` says.

    Args:
        app: The merchant's application.
        control: What it is asked to do.
        connection: The open connection of a client's (host, port).
    """

    def __init__(self, app: ASGIApp, control: Control, connection: Callable[[object], Connection]) -> None:
        self.app, self.control, self.connection = app, control, connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, rightly or wrongly."""
        failure = self.control.take(scope["path"]) if scope["type"] == "http" else None
        if failure is None:
            await self.app(scope, receive, send)
        elif failure.kind == "slow":
            await self._wait(failure.seconds, receive)
            await self.app(scope, receive, send)
        elif failure.kind == "everyone":
            await self.app({**scope, "query_string": b"", EVERYONE: True}, receive, send)
        elif failure.kind == "drip":
            await self.app(scope, receive, self._dripping(failure.seconds, send))
        elif failure.kind == "error":
            await _answer(send, 200, "application/json", b'{"error": {"code": "E17", "message": "as you wished"}}')
        elif failure.kind == "charset":
            await self.app(scope, receive, _in_latin_1(send))
        elif failure.kind == "truncated":
            await self.app(scope, receive, self._half(scope, send))
        elif failure.kind == "drop":
            self.connection(scope["client"]).abort()
            await _gone(receive)
        elif failure.kind == "huge":
            await self._huge(failure.size, send)
        elif failure.kind == "html":
            await _answer(send, 200, "text/html; charset=utf-8", _HTML)
        else:
            await _answer(send, failure.status, "application/json", b'{"error": "as you wished"}')

    async def _wait(self, seconds: float, receive: Receive) -> None:
        """Waits, unless the client leaves or the server goes down."""
        leaving = asyncio.ensure_future(_gone(receive))
        end = asyncio.get_running_loop().time() + seconds
        while not (leaving.done() or self.control.stopping.is_set()):
            rest = end - asyncio.get_running_loop().time()
            if rest <= 0:
                break
            await asyncio.sleep(min(rest, 0.05))
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving

    def _half(self, scope: Scope, send: Send) -> Callable[[Message], Awaitable[None]]:
        """Sends the first half of a body that was promised whole, and hangs up."""

        async def cut(message: Message) -> None:
            if message["type"] == "http.response.body":
                body = message.get("body", b"")
                await send({**message, "body": body[: len(body) // 2], "more_body": True})
                self.connection(scope["client"]).close()
            else:
                await send(message)

        return cut

    def _dripping(self, seconds: float, send: Send) -> Callable[[Message], Awaitable[None]]:
        """Sends a body in a hundred drops, over so many seconds."""

        async def drip(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            body = message.get("body", b"")
            size = max(1, -(-len(body) // 100))
            for start in range(0, len(body), size):
                if self.control.stopping.is_set():
                    break
                await send({**message, "body": body[start : start + size], "more_body": True})
                await asyncio.sleep(seconds / 100)
            else:
                await send({**message, "body": b"", "more_body": message.get("more_body", False)})

        return drip

    async def _huge(self, size: int, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        sent = 0
        chunk = b'{"data": [' + _FILLER
        while sent < size and not self.control.stopping.is_set():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += len(chunk)
            chunk = _FILLER
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b'{}], "next": null}'})


async def _gone(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _in_latin_1(send: Send) -> Callable[[Message], Awaitable[None]]:
    """Sends a body in Latin-1 that is said to be UTF-8."""
    head: list[Message] = []

    async def lie(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.append(message)
            return
        body = message.get("body", b"").decode("utf-8", "replace").encode("latin-1", "replace")
        headers = [(name, value) for name, value in head[0]["headers"] if name != b"content-length"]
        kind = next((value for name, value in headers if name == b"content-type"), b"application/json").split(b";")[0]
        headers = [(name, value) for name, value in headers if name != b"content-type"]
        headers += [(b"content-type", kind + b"; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({**head[0], "headers": headers})
        await send({**message, "body": body})

    return lie


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if status == 429:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
