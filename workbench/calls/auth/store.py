"""Tokens that were obtained at run time, and where they are kept.

A store answers at once and never waits: whoever does not get a lock yields a `Wait` and asks again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

LEEWAY_S = 30.0
LEEWAY_PART = 0.1
"""A token is renewed before its end: by a tenth of its life, by half a minute at most."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a login or a token endpoint gave. Its `repr` shows nothing of it.

    Attributes:
        value: The access token, or the session's cookies.
        since: When it was asked for, by our clock, in seconds since 1970.
        lifetime_s: How long it lives from then; None where nobody said.
        refresh: What it can be renewed with; empty for nothing.
        values: What else the login gave, by the names that `{auth.NAME}` uses: texts, whole numbers, truth values.
        server: Which server it is good at; empty for that of the base URL.
    """

    value: str = field(repr=False)
    since: float
    lifetime_s: float | None = None
    refresh: str = field(default="", repr=False)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    server: str = field(default="", repr=False)

    def fresh(self, now: float) -> bool:
        """Whether it can be used for a call. One from the future was taken by a clock that was off."""
        if not self.value or now < self.since - 1:
            return False
        if self.lifetime_s is None:
            return True
        return now < self.since + self.lifetime_s - min(LEEWAY_S, self.lifetime_s * LEEWAY_PART)


class Lock(Protocol):
    """A lock that is held."""

    def release(self) -> None:
        """Lets others have it."""


class TokenStore(Protocol):
    """Keeps tokens by key. Everything is thread-safe and quick."""

    def key(self, *parts: str) -> str:
        """A name for what these parts say, from which nobody can find out the parts."""

    def read(self, key: str) -> Token | None:
        """The token that is kept, or None."""

    def save(self, key: str, token: Token) -> None:
        """Keeps a token; when this returns, it has been kept.

        Raises:
            UsageError: It cannot be kept; the message says what to do.
        """

    def drop(self, key: str) -> None:
        """Forgets a token."""

    def lock(self, key: str) -> Lock | None:
        """The right to renew this token, or None where somebody else has it."""


class MemoryStore:
    """Keeps tokens as long as this process lives."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._own = secrets.token_bytes(32)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._tokens)}>"

    def key(self, *parts: str) -> str:
        """A name that only this process could check a guess against."""
        return hmac.new(self._own, repr(parts).encode(), hashlib.sha256).hexdigest()

    def read(self, key: str) -> Token | None:
        """The token that is kept, or None."""
        return self._tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keeps a token."""
        self._tokens[key] = token

    def drop(self, key: str) -> None:
        """Forgets a token."""
        self._tokens.pop(key, None)

    def lock(self, key: str) -> Lock | None:
        """The right to renew this token, or None where somebody else has it."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        return lock if lock.acquire(blocking=False) else None
