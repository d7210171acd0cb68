"""What went wrong on the way, as the error that says what to do and whom to ask."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from workbench.connect.certificates import tls_error
from workbench.connect.guard import Refused
from workbench.connect.settings import PROXY
from workbench.errors import AddressRefused, BadAnswer, CallError, TimedOut, Unreachable


@contextmanager
def as_httpx() -> Iterator[None]:
    """httpcore's errors as httpx's of the same name, as every httpx transport tells them."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error


@contextmanager
def telling(call: str, deadline: float) -> Iterator[None]:
    """What went wrong on the way, as the error that says what to do."""
    try:
        yield
    except Refused as error:
        raise AddressRefused(error.what, error.how, where=call) from None
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _timed_out(error, call, deadline) from None
    except ssl.SSLError as error:
        raise tls_error(error, call) from None
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
        return _at_the_door(TimedOut("no connection came about in time", how, where=call))
    return TimedOut("no answer came in time", "try again later, or raise timeout_s: of the call", where=call)


def _not_connected(error: Exception, call: str) -> CallError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return tls_error(cause, call)
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        how = "check base_url, and the name server of this machine"
        return Unreachable("the host's name does not resolve", how, where=call)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        how = (
            "check host and port of base_url; ask whether the API is up, and whether it admits calls from this machine"
        )
        return _at_the_door(Unreachable("the connection is refused", how, where=call))
    return _at_the_door(Unreachable("no connection", "check base_url and this machine's network", where=call))


def _at_the_door(error: CallError) -> CallError:
    """An error that a firewall may have made, which does not know our address."""
    error.admission = True
    return error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What an error came from, and what that came from."""
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _proxy_failed(error: Exception, call: str) -> CallError:
    return Unreachable("the proxy does not pass the call on", f"check {PROXY} and what the proxy allows", where=call)


def _not_http(error: Exception, call: str) -> CallError:
    return BadAnswer("the answer is no HTTP, or is cut off", "try again; if it stays, tell the merchant", where=call)


def _broken(error: Exception, call: str) -> CallError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "").upper():
            return tls_error(cause, call)  # with TLS 1.3 a client certificate is refused after the handshake
    how = "try again; if it stays, tell the merchant (a server that wants a client certificate breaks off like this)"
    return BadAnswer("the connection broke", how, where=call)


_TELLERS: tuple[tuple[type[Exception], Callable[[Exception, str], CallError]], ...] = (
    (httpx.ConnectError, _not_connected),
    (httpx.ProxyError, _proxy_failed),
    (httpx.RemoteProtocolError, _not_http),
    (httpx.NetworkError, _broken),
)
