"""Which addresses may be called: public ones, and those that the deployment allows by name.

The name is resolved here, every address it has is checked, and the connection goes to an address that was checked, so
that a name cannot mean one address while it is checked and another when it is called.
"""

from __future__ import annotations

import asyncio
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, NamedTuple

import anyio
import httpcore

from workbench.connect.settings import ALLOW_HOSTS, Place, holds
from workbench.connect.socks import Address, SocksRefused, opening

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "local", "internal", "localdomain", "home.arpa")


class Refused(Exception):
    """An address that must not be called: `what`, and `how` to allow it where that is meant."""

    def __init__(self, what: str, how: str) -> None:
        self.what, self.how = what, how
        super().__init__(what)


def is_public(address: Address) -> bool:
    """Whether an address is anybody's: not private, shared, link-local, multicast, reserved or this machine."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.is_reserved:
            return False
    return address.is_global and not (address.is_multicast or address.is_unspecified or address.is_loopback)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None


def literal(host: str) -> Address | None:
    """The address that a host says itself, also in the forms `0x7f.1` and `2130706433`; None for a name."""
    bare = host.strip("[]")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if not bare or not (bare[0].isascii() and bare[0].isdigit()):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare.rstrip(".")))
    except OSError:
        return None


class Guard:
    """Decides on addresses.

    Args:
        allowed: Hosts that may be private addresses.
    """

    def __init__(self, allowed: frozenset[Place] = frozenset()) -> None:
        self._allowed = allowed

    def check(self, host: str, port: int, addresses: Iterable[Address]) -> None:
        """Accepts the addresses of a host.

        Raises:
            Refused: One of them is not public, and the deployment does not allow the host.
        """
        if not holds(self._allowed, host, port) and not all(map(is_public, addresses)):
            raise self._refused(host, port)

    def check_host(self, host: str, port: int) -> None:
        """Accepts a host by what it says itself, where a proxy resolves its name.

        Raises:
            Refused: It says a private address, or a name that only this machine or network knows.
        """
        if holds(self._allowed, host, port):
            return
        address, name = literal(host), host.casefold().rstrip(".")
        known = any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES)
        local = address is None and (known or "." not in name)
        if local or (address is not None and not is_public(address)):
            raise self._refused(host, port)

    @staticmethod
    def _refused(host: str, port: int) -> Refused:
        shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        how = f"if that is meant, the deployment says {ALLOW_HOSTS}={shown}:{port}"
        return Refused(f"{host} is not a public address", how)


def parsed(found: Iterable[Any]) -> list[Address]:
    """The addresses that `getaddrinfo` gave, each once."""
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


class Clock:
    """The moment at which the current thread's lookup must be done."""

    def __init__(self) -> None:
        self._local = threading.local()

    def set(self, deadline: float | None) -> None:
        """Sets it, in seconds of `time.monotonic`."""
        self._local.deadline = deadline

    def left(self, timeout: float | None) -> float | None:
        """How long to wait at most.

        Raises:
            httpcore.ReadTimeout: No time is left.
        """
        deadline: float | None = getattr(self._local, "deadline", None)
        if deadline is None:
            return timeout
        left = deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the whole lookup is used up")
        return left if timeout is None else min(left, timeout)


_connected: ContextVar[bool] = ContextVar("workbench_connected", default=False)


def reused() -> None:
    """Begins a request: until `is_fresh` says otherwise, it goes over a connection that was kept."""
    _connected.set(False)


def is_fresh() -> bool:
    """Whether a connection was opened since the request began."""
    return _connected.get()


class Route(NamedTuple):
    """How connections leave: directly, or through the deployment's own SOCKS5 or HTTP proxy, which is trusted.

    Attributes:
        kind: `direct`, `socks5`, `socks5h` or `http`.
        host: The SOCKS proxy's.
        port: The SOCKS proxy's.
        login: Its user and password.
    """

    kind: str = "direct"
    host: str = ""
    port: int = 0
    login: tuple[str, str] | None = None

    @property
    def names(self) -> bool:
        """Whether the proxy resolves names: then nobody here knows which address it calls."""
        return self.kind in ("http", "socks5h")


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only; every wait ends at the deadline.

    Args:
        guard: Decides on addresses.
        clock: Knows the deadline.
        route: How connections leave.
    """

    def __init__(self, guard: Guard, clock: Clock, route: Route | None = None) -> None:
        self._guard, self._clock, self._route = guard, clock, route or Route()
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolves, checks, and connects to the first address that answers."""
        _connected.set(True)
        route = self._route
        if route.kind == "socks5h":  # the name was checked when the request was sent
            return self._through(host, port, timeout)
        addresses = resolve(host, port, self._clock.left(timeout))
        if route.kind != "http":  # else it is the proxy's own address
            self._guard.check(host, port, addresses)
        last: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                if route.kind == "socks5":
                    return self._through(address, port, timeout)
                wait = self._clock.left(timeout)
                stream = self._backend.connect_tcp(str(address), port, wait, local_address, socket_options or ())
                return _TimedStream(stream, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
                last = error
        raise last

    def _through(self, target: Address | str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        """A connection by way of the SOCKS proxy."""
        route = self._route
        try:
            stream = self._backend.connect_tcp(route.host, route.port, self._clock.left(timeout))
        except httpcore.ConnectError as error:
            raise httpcore.ProxyError("the proxy cannot be reached") from error
        timed = _TimedStream(stream, self._clock)
        words = opening(target, port, route.login)
        try:
            step = next(words)
            while True:
                if isinstance(step, bytes):
                    timed.write(step, timeout)
                    step = next(words)
                else:
                    step = words.send(_exactly(timed, step, timeout))
        except StopIteration:
            return timed
        except SocksRefused as error:
            timed.close()
            raise httpcore.ProxyError(str(error)) from None
        except BaseException:
            timed.close()
            raise


def _exactly(stream: httpcore.NetworkStream, count: int, timeout: float | None) -> bytes:
    data = b""
    while len(data) < count:
        chunk = stream.read(count - len(data), timeout)
        if not chunk:
            raise SocksRefused("it hung up")
        data += chunk
    return data


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline, so that an answer cannot drip for ever."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream, self._clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _TimedStream(stream, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncGuardedBackend(httpcore.AsyncNetworkBackend):
    """The same for asyncio, where the lookup's own time-out ends every wait."""

    def __init__(self, guard: Guard, route: Route | None = None) -> None:
        self._guard, self._route = guard, route or Route()
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolves, checks, and connects to the first address that answers."""
        _connected.set(True)
        route = self._route
        if route.kind == "socks5h":
            return await self._through(host, port, timeout)
        addresses = await resolve_async(host, port, timeout)
        if route.kind != "http":  # else it is the proxy's own address
            self._guard.check(host, port, addresses)
        last: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                if route.kind == "socks5":
                    return await self._through(address, port, timeout)
                return await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options or ())
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
                last = error
        raise last

    async def _through(self, target: Address | str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        route = self._route
        try:
            stream = await self._backend.connect_tcp(route.host, route.port, timeout)
        except httpcore.ConnectError as error:
            raise httpcore.ProxyError("the proxy cannot be reached") from error
        words = opening(target, port, route.login)
        try:
            step = next(words)
            while True:
                if isinstance(step, bytes):
                    await stream.write(step, timeout)
                    step = next(words)
                else:
                    data = b""
                    while len(data) < step:
                        chunk = await stream.read(step - len(data), timeout)
                        if not chunk:
                            raise SocksRefused("it hung up")
                        data += chunk
                    step = words.send(data)
        except StopIteration:
            return stream
        except SocksRefused as error:
            await stream.aclose()
            raise httpcore.ProxyError(str(error)) from None
        except BaseException:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            raise


async def resolve_async(host: str, port: int, timeout: float | None = None) -> list[Address]:
    """The addresses of a host, under asyncio; errors as those of `resolve`."""
    try:
        async with asyncio.timeout(timeout):
            return parsed(await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("the name does not resolve") from error


def resolve(host: str, port: int, timeout: float | None = None) -> list[Address]:
    """The addresses of a host. `getaddrinfo` knows no time-out, so a name is resolved aside.

    Raises:
        httpcore.ConnectError: It has none; the cause is the resolver's error.
        httpcore.ConnectTimeout: The resolver did not answer in time.
    """
    box: queue.SimpleQueue[list[Address] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            box.put(parsed(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            box.put(error)

    if literal(host) is not None:
        ask()
    else:
        threading.Thread(target=ask, daemon=True, name="workbench-resolve").start()
    try:
        found = box.get(timeout=timeout)
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    if isinstance(found, list):
        return found
    try:
        raise found
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("the name does not resolve") from error
