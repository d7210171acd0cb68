"""The opening words of SOCKS5 (RFC 1928, RFC 1929), without I/O: what to send, and how many bytes to read.

The proxy is asked for the very address that the guard has checked; only where the deployment says `socks5h://` is it
asked for a name, which it then resolves itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Opening = Generator[bytes | int, bytes, None]
"""Yields bytes to be sent, answered by nothing, or a number of bytes to be read, answered by these."""

_VERSION, _CONNECT, _NO_LOGIN, _LOGIN = 5, 1, 0, 2
_REFUSALS = {
    1: "it failed", 2: "its rules do not allow it", 3: "the network is unreachable", 4: "the host is unreachable",
    5: "the connection is refused", 6: "the time is over", 7: "it cannot connect", 8: "it does not know such addresses",
}  # fmt: skip


class SocksRefused(Exception):
    """The proxy does not connect; the text says why."""


def opening(target: Address | str, port: int, login: tuple[str, str] | None = None) -> Opening:
    """The words that lead to a connection.

    Args:
        target: An address, or a name where the proxy resolves it.
        port: The port.
        login: User and password, where the proxy wants them.

    Raises:
        SocksRefused: The proxy does not connect, or does not speak SOCKS5.
    """
    yield bytes([_VERSION, 1, _NO_LOGIN if login is None else _LOGIN])
    version, method = yield 2
    if version != _VERSION:
        raise SocksRefused("it does not speak SOCKS5")
    if method not in (_NO_LOGIN, _LOGIN) or (method == _LOGIN and login is None):
        raise SocksRefused("it wants another login")
    if method == _LOGIN and login is not None:
        user, password = (part.encode() for part in login)
        if not 0 < len(user) < 256 or not 0 < len(password) < 256:
            raise SocksRefused("user and password have from 1 to 255 bytes")
        yield bytes([1, len(user)]) + user + bytes([len(password)]) + password
        _, status = yield 2
        if status != 0:
            raise SocksRefused("it does not accept the login")
    yield bytes([_VERSION, _CONNECT, 0]) + _place(target) + port.to_bytes(2, "big")
    version, reply, _, kind = yield 4
    if version != _VERSION:
        raise SocksRefused("it does not speak SOCKS5")
    if reply != 0:
        raise SocksRefused(_REFUSALS.get(reply, "it failed"))
    length = {1: 4, 4: 16}.get(kind)
    if length is None:
        if kind != 3:
            raise SocksRefused("it does not speak SOCKS5")
        length = (yield 1)[0]
    yield length + 2


def _place(target: Address | str) -> bytes:
    if isinstance(target, str):
        name = target.encode("ascii")
        if not 0 < len(name) < 256:
            raise SocksRefused("the name is too long")
        return bytes([3, len(name)]) + name
    return bytes([1 if isinstance(target, ipaddress.IPv4Address) else 4]) + target.packed
