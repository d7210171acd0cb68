"""What a deployment says, in environment variables; read when a merchant is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from workbench.errors import UsageError

ALLOW_HOSTS, PROXY, ENV_FILE = "WORKBENCH_ALLOW_HOSTS", "WORKBENCH_PROXY", "WORKBENCH_ENV_FILE"

_V6 = r"[0-9A-Fa-f:.%]+"
_PLACE = re.compile(rf"(?P<host>\[{_V6}\]|(?=[^:]*:[^:]*:){_V6}|[^\s:/@\[\]]+)(?::(?P<port>\d{{1,5}}))?")

Place = tuple[str, int | None]
"""A host in lower case, and a port, or None for any."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment, for one merchant.

    Attributes:
        merchant: The merchant's name as its variables start, such as `NORTHWIND`.
        allowed: Hosts that may be private addresses.
        hosts: The only hosts that this merchant's secrets may be sent to; None: those of its mapping.
        proxy: The proxy of all calls, or None.
        env_file: The file of secrets, or None for `.env`.
    """

    merchant: str
    allowed: frozenset[Place] = frozenset()
    hosts: frozenset[Place] | None = None
    proxy: str | None = field(default=None, repr=False)
    env_file: str | None = None

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
        )


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


def _proxy(text: str) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(f"{PROXY} is no proxy - write http://host:port")
    return text
