"""Sends requests and receives answers: the only place that knows httpx. Guarded, bounded in time and size.

`GuardedTransport` is an ordinary httpx transport over a pool whose connections the guard opens. The senders use it
directly rather than through an `httpx.Client`, which would log whole URLs, follow cookies, and look at the environment.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import anyio
import httpcore
import httpx

from workbench import __version__
from workbench.calls.messages import Request, Response
from workbench.connect.guard import (
    Address,
    AsyncGuardedBackend,
    Clock,
    Guard,
    GuardedBackend,
    Refused,
    is_fresh,
    resolve,
    reused,
)
from workbench.connect.settings import PROXY, Settings
from workbench.connect.unpack import Unpacker, too_large
from workbench.errors import AddressRefused, BadAnswer, CallError, TimedOut, TlsError, Unreachable, UsageError

CONNECT_S, READ_S, BUDGET_S = 5.0, 10.0, 30.0
_POOL: dict[str, Any] = {"max_connections": 50, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}
# OpenSSL's codes of what is wrong with a certificate, and what to do about each.
_VERIFYING: tuple[tuple[Iterable[int], str], ...] = (
    ((2, 18, 19, 20, 21), "an authority of the merchant's own goes under tls: {ca: ...} of the connection"),
    ((62, 64), "check the host in base_url:, or ask the merchant for a certificate that names it"),
    ((9, 10), "ask the merchant to renew it; if it is new, check the clock of this machine"),
    (range(80, 95), "ask the merchant for one that keeps to RFC 5280, or say tls: {strict: false} of the connection"),
)
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
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's errors as httpx's of the same name, as every httpx transport tells them."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error


class GuardedTransport(httpx.BaseTransport):
    """An httpx transport that connects to allowed addresses only.

    Args:
        settings: The deployment's settings.
        tls: Another TLS context than the public authorities' one: private authorities, client certificates.
        clock: Knows the deadline of the current thread.
    """

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None, clock: Clock | None = None) -> None:
        self._guard, self._proxied = Guard(settings.allowed), settings.proxy is not None
        backend = GuardedBackend(self._guard, clock or Clock(), self._proxied)
        common: dict[str, Any] = {"ssl_context": tls or public_tls(), "network_backend": backend, **_POOL}
        self._pool = (
            httpcore.HTTPProxy(**_proxy(settings), **common) if self._proxied else httpcore.ConnectionPool(**common)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request.

        Raises:
            Refused: The address must not be called.
            httpx.TransportError: It failed.
        """
        if self._proxied:
            self._guard.check_host(request.url.host, _port(request.url))
        with _as_httpx():
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
        self._guard, self._proxied = Guard(settings.allowed), settings.proxy is not None
        backend = AsyncGuardedBackend(self._guard, self._proxied)
        common: dict[str, Any] = {"ssl_context": tls or public_tls(), "network_backend": backend, **_POOL}
        self._pool = (
            httpcore.AsyncHTTPProxy(**_proxy(settings), **common)
            if self._proxied
            else httpcore.AsyncConnectionPool(**common)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; errors as `GuardedTransport` tells them."""
        if self._proxied:
            self._guard.check_host(request.url.host, _port(request.url))
        with _as_httpx():
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


def _proxy(settings: Settings) -> dict[str, Any]:
    proxy = httpx.Proxy(settings.proxy or "")
    url = proxy.url
    core = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return {"proxy_url": core, "proxy_auth": proxy.raw_auth}


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
            with _quiet(), _told(request.call, deadline):
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
        with _quiet(), _told(request.call, deadline):
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


@contextmanager
def _told(call: str, deadline: float) -> Iterator[None]:
    """What went wrong on the way, as the error that says what to do."""
    try:
        yield
    except Refused as error:
        raise AddressRefused(error.what, error.how, where=call) from None
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _timed_out(error, call, deadline) from None
    except ssl.SSLError as error:
        raise _tls(error, call) from None
    except httpx.TransportError as error:
        for kind, tell in _TELLERS:
            if isinstance(error, kind):
                raise tell(error, call) from None
        raise BadAnswer("the call failed on the way", "try again; if it stays, tell the merchant", where=call) from None


def _timed_out(error: Exception, call: str, deadline: float) -> CallError:
    if time.monotonic() >= deadline or isinstance(error, TimeoutError):
        how = "try again later, narrow the search, or raise budget_s: of the connection"
        return TimedOut("the time for the whole lookup is used up", how, where=call)
    if isinstance(error, httpx.ConnectTimeout):
        how = "check host and port of base_url; ask the merchant whether it admits calls from this machine"
        return TimedOut("no connection came about in time", how, where=call)
    return TimedOut("no answer came in time", "try again later, or raise timeout_s: of the call", where=call)


def _not_connected(error: Exception, call: str) -> CallError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, call)
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        how = "check base_url, and the name server of this machine"
        return Unreachable("the host's name does not resolve", how, where=call)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        how = "check host and port of base_url; ask whether the API is up"
        return Unreachable("the connection is refused", how, where=call)
    return Unreachable("no connection", "check base_url and this machine's network", where=call)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What an error came from, and what that came from."""
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _tls(cause: ssl.SSLError, call: str) -> CallError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = f": {cause.verify_message.rstrip('.')}" if cause.verify_message else ""
        how = next((told for codes, told in _VERIFYING if cause.verify_code in codes), "ask the merchant to mend it")
        return TlsError(f"the certificate is not accepted{reason}", how, where=call)
    reason = (cause.reason or "").upper()
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "ACCESS_DENIED" in reason):
        how = (
            "say certificate: and key: under tls: of the connection; if they are there, ask the merchant to admit them"
        )
        return TlsError("the merchant's server does not accept us without another client certificate", how, where=call)
    return TlsError("the TLS handshake failed", "check that this port of base_url speaks https", where=call)


def _proxy_failed(error: Exception, call: str) -> CallError:
    return Unreachable("the proxy does not pass the call on", f"check {PROXY} and what the proxy allows", where=call)


def _not_http(error: Exception, call: str) -> CallError:
    return BadAnswer("the answer is no HTTP, or is cut off", "try again; if it stays, tell the merchant", where=call)


def _broken(error: Exception, call: str) -> CallError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "").upper():
            return _tls(cause, call)  # with TLS 1.3 a client certificate is refused after the handshake
    how = "try again; if it stays, tell the merchant (a server that wants a client certificate breaks off like this)"
    return BadAnswer("the connection broke", how, where=call)


_TELLERS: tuple[tuple[type[Exception], Callable[[Exception, str], CallError]], ...] = (
    (httpx.ConnectError, _not_connected),
    (httpx.ProxyError, _proxy_failed),
    (httpx.RemoteProtocolError, _not_http),
    (httpx.NetworkError, _broken),
)


def addresses_of(host: str, port: int, timeout_s: float = CONNECT_S) -> list[Address]:
    """The addresses of a host.

    Raises:
        CallError: Its name does not resolve.
    """
    with _told("main", time.monotonic() + timeout_s), _as_httpx():
        return resolve(host, port, timeout_s)
