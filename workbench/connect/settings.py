"""What a deployment says, in environment variables; read when a merchant is opened."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from workbench.errors import UsageError

ALLOW_HOSTS, PROXY, ENV_FILE = "WORKBENCH_ALLOW_HOSTS", "WORKBENCH_PROXY", "WORKBENCH_ENV_FILE"
EGRESS_URL = "WORKBENCH_EGRESS_URL"
EGRESS_PRODUCTION, EGRESS_TEST = "WORKBENCH_EGRESS_PRODUCTION", "WORKBENCH_EGRESS_TEST"
PROXY_KINDS = ("http", "https", "socks5", "socks5h")

_V6 = r"[0-9A-Fa-f:.%]+"
_PLACE = re.compile(rf"(?P<host>\[{_V6}\]|(?=[^:]*:[^:]*:){_V6}|[^\s:/@\[\]]+)(?::(?P<port>\d{{1,5}}))?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Place = tuple[str, int | None]
"""A host in lower case, and a port, or None for any."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment, for one merchant.

    Attributes:
        merchant: The merchant's name as its variables start, such as `NORTHWIND`.
        allowed: Hosts that may be private addresses.
        hosts: The only hosts that this merchant's secrets may be sent to; None: those of its mapping.
        proxy: The proxy of all calls, or None. By `socks5:` it is given checked addresses; `socks5h:`, `http:` and
            `https:` proxies resolve names themselves.
        env_file: The file of secrets, or None for `.env`.
        egress_url: Who answers with the address of its caller, or None.
        egress_production: The addresses that calls are meant to leave from in production.
        egress_test: Those for test systems.
    """

    merchant: str
    allowed: frozenset[Place] = frozenset()
    hosts: frozenset[Place] | None = None
    proxy: str | None = field(default=None, repr=False)
    env_file: str | None = None
    egress_url: str | None = field(default=None, repr=False)
    egress_production: tuple[Network, ...] = ()
    egress_test: tuple[Network, ...] = ()

    @classmethod
    def of(cls, merchant: str, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings that the environment says.

        Raises:
            UsageError: A setting cannot be read.
        """
        environ = os.environ if environ is None else environ
        prefix = variable_prefix(merchant)
        hosts = environ.get(f"{prefix}_HOSTS", "").strip()
        return cls(
            merchant=prefix,
            allowed=_places(ALLOW_HOSTS, environ.get(ALLOW_HOSTS, "")),
            hosts=_places(f"{prefix}_HOSTS", hosts) if hosts else None,
            proxy=_proxy(environ.get(PROXY, "").strip()),
            env_file=environ.get(ENV_FILE, "").strip() or None,
            egress_url=_web_address(EGRESS_URL, environ.get(EGRESS_URL, "").strip()),
            egress_production=_networks(EGRESS_PRODUCTION, environ.get(EGRESS_PRODUCTION, "")),
            egress_test=_networks(EGRESS_TEST, environ.get(EGRESS_TEST, "")),
        )

    def admits(self, host: str, port: int) -> bool:
        """Whether the merchant's secrets may be sent to a host and port."""
        return self.hosts is None or holds(self.hosts, host, port)


def variable_prefix(merchant: str) -> str:
    """How a merchant's variables start: its name in capitals, other signs as `_`."""
    return re.sub(r"[^A-Z0-9]+", "_", merchant.upper()).strip("_")


def holds(places: frozenset[Place], host: str, port: int) -> bool:
    """Whether a list of hosts names this one, with its port or with any."""
    host = host.strip("[]").casefold()
    return (host, None) in places or (host, port) in places


def _places(name: str, text: str) -> frozenset[Place]:
    return frozenset(_place(name, part.strip()) for part in text.split(",") if part.strip())


def _place(name: str, text: str) -> Place:
    """`host`, `host:port`, `[v6]:port`, or a bare IPv6 address."""
    match = _PLACE.fullmatch(text)
    if match is None or (match["port"] and not 0 < int(match["port"]) < 65536):
        raise UsageError(f"{name}: {text[:80]!r} is no host - write host or host:port, separated by commas")
    return match["host"].strip("[]").casefold(), int(match["port"]) if match["port"] else None


def _networks(name: str, text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas."""
    found = []
    for part in text.split(","):
        if part.strip():
            try:
                found.append(ipaddress.ip_network(part.strip(), strict=False))
            except ValueError:
                how = "write addresses or networks, separated by commas"
                raise UsageError(f"{name}: {part.strip()[:80]!r} is no address - {how}") from None
    return tuple(found)


def _web_address(name: str, text: str) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or re.search(r"[\s\x00-\x20\x7f]", text):
        raise UsageError(f"{name} is no URL - write https://host/path")
    return text


def _proxy(text: str) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        fits = parts.scheme in PROXY_KINDS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(f"{PROXY} is no proxy - write http://host:port or socks5://host:port")
    return text
