"""Sends requests and receives answers: the only place that knows httpx. Guarded, bounded in time and size.

`GuardedTransport` is an ordinary httpx transport over a pool whose connections the guard opens. The senders use it
directly rather than through an `httpx.Client`, which would log whole URLs, follow cookies, and look at the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import anyio
import httpcore
import httpx

from workbench import __version__
from workbench.calls.messages import Request, Response
from workbench.connect.guard import (
    AsyncGuardedBackend,
    Clock,
    Guard,
    GuardedBackend,
    Route,
    is_fresh,
    resolve,
    resolve_async,
    reused,
)
from workbench.connect.settings import Settings
from workbench.connect.socks import Address
from workbench.connect.told import as_httpx, telling
from workbench.connect.unpack import Unpacker, too_large
from workbench.errors import UsageError

CONNECT_S, READ_S, BUDGET_S = 5.0, 10.0, 30.0
_POOL: dict[str, Any] = {"max_connections": 50, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}
_SOCKS_PORT, _FAR_S, _FAR_TTL_S = 1080, 2.0, 60.0
_LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
# A server may close a connection that was kept just as the next request is on its way: reading once more is safe.
_GONE, _SAFE = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError), ("GET", "HEAD")
_sending: ContextVar[bool] = ContextVar("workbench_sending", default=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """What is done inside is one of our own calls."""
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


class _Quiet(logging.Filter):
    """Keeps httpcore's debug lines of our own calls out of all logs: they hold hosts and answers' headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


_QUIET = _Quiet()


class _Stream(httpx.SyncByteStream):
    """The body of an answer, with httpcore's errors as httpx's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with as_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class GuardedTransport(httpx.BaseTransport):
    """An httpx transport that connects to allowed addresses only.

    Args:
        settings: The deployment's settings.
        tls: Another TLS context than the public authorities' one: private authorities, client certificates.
        clock: Knows the deadline of the current thread.
    """

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None, clock: Clock | None = None) -> None:
        self._route, self._clock = route_of(settings), clock or Clock()
        self._far = _Far(Guard(settings.allowed), self._route)
        backend = GuardedBackend(self._far.guard, self._clock, self._route)
        common: dict[str, Any] = {"ssl_context": tls or public_tls(), "network_backend": backend, **_POOL}
        by_http = self._route.kind == "http"
        self._pool = (
            httpcore.HTTPProxy(**_http_proxy(settings), **common) if by_http else httpcore.ConnectionPool(**common)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request.

        Raises:
            Refused: The address must not be called.
            httpx.TransportError: It failed.
        """
        if self._far.unsure(request.url):
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                place = (request.url.host, _port(request.url))
                self._far.check(place, resolve(*place, self._clock.left(_FAR_S)))
        with as_httpx():
            reused()
            try:
                answer = self._pool.handle_request(_core(request))
            except _GONE:
                if is_fresh() or request.method not in _SAFE:
                    raise
                answer = self._pool.handle_request(_core(request))
        stream = _Stream(answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The same for asyncio."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        self._route = route_of(settings)
        self._far = _Far(Guard(settings.allowed), self._route)
        backend = AsyncGuardedBackend(self._far.guard, self._route)
        common: dict[str, Any] = {"ssl_context": tls or public_tls(), "network_backend": backend, **_POOL}
        self._pool = (
            httpcore.AsyncHTTPProxy(**_http_proxy(settings), **common)
            if self._route.kind == "http"
            else httpcore.AsyncConnectionPool(**common)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; errors as `GuardedTransport` tells them."""
        if self._far.unsure(request.url):
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                place = (request.url.host, _port(request.url))
                self._far.check(place, await resolve_async(*place, _FAR_S))
        with as_httpx():
            reused()
            try:
                answer = await self._pool.handle_async_request(_core(request))
            except _GONE:
                if is_fresh() or request.method not in _SAFE:
                    raise
                answer = await self._pool.handle_async_request(_core(request))
        stream = _AsyncStream(answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()


def public_tls() -> ssl.SSLContext:
    """The context that trusts the public authorities and looks at no environment variable."""
    return httpx.create_ssl_context(trust_env=False)


def _core(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def route_of(settings: Settings) -> Route:
    """How the deployment lets calls leave."""
    if settings.proxy is None:
        return Route()
    proxy = httpx.URL(settings.proxy)
    if proxy.scheme in ("http", "https"):
        return Route("http")
    login = (proxy.username, proxy.password) if proxy.username or proxy.password else None
    return Route(proxy.scheme, proxy.host, proxy.port or _SOCKS_PORT, login)


def _http_proxy(settings: Settings) -> dict[str, Any]:
    proxy = httpx.Proxy(settings.proxy or "")
    url = proxy.url
    core = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return {"proxy_url": core, "proxy_auth": proxy.raw_auth}


class _Far:
    """The check of hosts whose names a proxy resolves.

    The proxy is asked for names, as its own rules are about names. What such a name says itself is checked, and so is
    what it means here, where it means anything here; only then is it handed on.
    """

    def __init__(self, guard: Guard, route: Route) -> None:
        self.guard, self._names = guard, route.names
        self._checked: dict[tuple[str, int], float] = {}

    def unsure(self, url: httpx.URL) -> bool:
        """Whether a host's addresses are still to be looked at.

        Raises:
            Refused: It says a private address, or a name that only this machine or network knows.
        """
        if not self._names:
            return False
        place = (url.host, _port(url))
        self.guard.check_host(*place)
        return time.monotonic() >= self._checked.get(place, 0.0)

    def check(self, place: tuple[str, int], addresses: Iterable[Address]) -> None:
        """Accepts a host by what its name means here, for a while.

        Raises:
            Refused: One of its addresses is not public.
        """
        self.guard.check(*place, addresses)
        self._checked[place] = time.monotonic() + _FAR_TTL_S


class Sender:
    """Sends our requests, one after another or from several threads.

    Args:
        settings: The deployment's settings.
        limit: How many bytes an answer may have.
        timeout_s: How long to wait for the next bytes, where a request does not say.
        tls: Another TLS context than the public authorities' one.
    """

    def __init__(self, settings: Settings, limit: int, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        self._clock = Clock()
        self._transport = GuardedTransport(settings, tls, self._clock)
        self._limit, self._timeout_s = limit, timeout_s
        _hush()

    def send(self, request: Request, deadline: float) -> Response:
        """The answer of a request.

        Args:
            request: What to send.
            deadline: When to give up, in seconds of `time.monotonic`.

        Raises:
            CallError: No answer came; the kind says why.
            LimitExceeded: The answer is too large.
        """
        self._clock.set(deadline)
        try:
            with _quiet(), telling(request.call, deadline):
                return self._receive(request, deadline)
        finally:
            self._clock.set(None)

    def _receive(self, request: Request, deadline: float) -> Response:
        answer = self._transport.handle_request(_httpx(request, self._timeout_s, deadline))
        try:
            unpacker = _unpacker(answer, self._limit, request.call)
            for chunk in cast(httpx.SyncByteStream, answer.stream):
                unpacker.add(chunk)
            return _response(answer, unpacker)
        finally:
            answer.close()

    def close(self) -> None:
        """Closes all connections."""
        with _quiet():
            self._transport.close()


class AsyncSender:
    """Sends our requests under asyncio; arguments and errors are those of `Sender`."""

    def __init__(self, settings: Settings, limit: int, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        self._transport = AsyncGuardedTransport(settings, tls)
        self._limit, self._timeout_s = limit, timeout_s
        self._places = asyncio.Semaphore(_POOL["max_connections"])  # so that the pool itself never queues
        _hush()

    async def send(self, request: Request, deadline: float) -> Response:
        """The answer of a request. It has a task of its own, which ends in order when the caller is cancelled.

        httpcore guards its clean-up against anyio's way of cancelling, not against asyncio's: a request cancelled with
        its task, or while it queues for a connection, would hold a connection of the pool for ever.
        """
        scope = anyio.CancelScope()
        with _quiet(), telling(request.call, deadline):
            task = asyncio.ensure_future(self._alone(request, deadline, scope))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                scope.cancel()
                await asyncio.wait([task])
                if not task.cancelled():
                    task.exception()  # looked at, so that asyncio does not complain that nobody did
                raise

    async def _alone(self, request: Request, deadline: float, scope: anyio.CancelScope) -> Response:
        scope.deadline = anyio.current_time() + max(deadline - time.monotonic(), 0)
        with scope:
            async with self._places:
                return await self._receive(request, deadline)
        raise TimeoutError

    async def _receive(self, request: Request, deadline: float) -> Response:
        answer = await self._transport.handle_async_request(_httpx(request, self._timeout_s, deadline))
        try:
            unpacker = _unpacker(answer, self._limit, request.call)
            async for chunk in cast(httpx.AsyncByteStream, answer.stream):
                unpacker.add(chunk)
            return _response(answer, unpacker)
        finally:
            await answer.aclose()

    async def aclose(self) -> None:
        """Closes all connections."""
        with _quiet():
            await self._transport.aclose()


def _hush() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_QUIET)  # adding it twice is adding it once


def _httpx(request: Request, timeout_s: float, deadline: float) -> httpx.Request:
    """The request as httpx has it. Timeouts are between bytes; the deadline is for the whole."""
    timeout_s = min(request.timeout_s or timeout_s, max(deadline - time.monotonic(), 0.001))
    headers = [("User-Agent", f"workbench/{__version__}"), ("Accept-Encoding", "gzip, deflate")]
    own = {name.casefold() for name, _ in request.headers}
    headers = [pair for pair in headers if pair[0].casefold() not in own] + list(request.headers)
    times = {"connect": min(CONNECT_S, timeout_s), "read": timeout_s, "write": timeout_s, "pool": timeout_s}
    content = request.body or None
    try:
        extensions = {"timeout": times}
        return httpx.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)
    except (httpx.InvalidURL, UnicodeError):
        raise UsageError(f"the URL of call {request.call!r} cannot be sent - look for odd signs in it") from None


def _unpacker(answer: httpx.Response, limit: int, call: str) -> Unpacker:
    said = answer.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and len(said) < 20 and int(said) > limit:
        raise too_large(limit)
    return Unpacker(answer.headers.get("content-encoding", ""), limit, call)


def _response(answer: httpx.Response, unpacker: Unpacker) -> Response:
    headers = {name: answer.headers[name] for name in answer.headers}
    return Response(answer.status_code, headers, unpacker.finish())


def addresses_of(host: str, port: int, timeout_s: float = CONNECT_S) -> list[Address]:
    """The addresses of a host.

    Raises:
        CallError: Its name does not resolve.
    """
    with telling("main", time.monotonic() + timeout_s), as_httpx():
        return resolve(host, port, timeout_s)
