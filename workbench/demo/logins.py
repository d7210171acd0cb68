"""Who the demo merchant has let in: OAuth2 tokens that are short-lived and rotate, and sessions that run out."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from typing import NamedTuple

SECONDS = 5.0
IDLE_SECONDS = 60.0
REVOKED = ("nothing", "tokens", "everything")


class Lives(NamedTuple):
    """How long what is handed out from now on is good for; it can be told to order.

    Attributes:
        seconds: How long an access token lives, or a session that nobody uses. None: as usual.
        uses: How many calls it is good for; 0 for any number.
        revoke: What is no longer good from now on: `tokens` (access tokens and sessions), or `everything` (refresh
            tokens as well).
    """

    seconds: float | None = None
    uses: int = 0
    revoke: str = "nothing"


class _Let:
    """Something that was handed out: a token, or a session."""

    def __init__(self, family: str, seconds: float, uses: int) -> None:
        self.family, self.seconds = family, seconds
        self.ends = time.monotonic() + seconds
        self.left = uses or None

    def use(self) -> bool:
        """Whether it is still good for a call, which is counted."""
        if time.monotonic() >= self.ends or self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Logins:
    """The token endpoint's and the sessions' books; read by the server's thread, told by others.

    Args:
        client: The client's id.
        client_secret: Its secret.
        refresh: The refresh token that was handed out first.
    """

    def __init__(self, client: str, client_secret: str, refresh: str) -> None:
        self._client = (client, client_secret)
        self._lives = Lives()
        self._lock = threading.Lock()
        self._tokens: dict[str, _Let] = {}
        self._sessions: dict[str, _Let] = {}
        self._refresh = {refresh: "first"}
        self._newest = {"first": refresh}

    def set(self, lives: Lives) -> None:
        """Changes how long logins last, and ends those that are to end.

        Raises:
            ValueError: It cannot be done as told.
        """
        seconds, uses = lives.seconds, lives.uses
        if type(seconds) not in (type(None), int, float):  # they may come from JSON
            raise ValueError("seconds must be a number")
        if type(uses) is not int or uses < 0:
            raise ValueError("uses must be a whole number, 0 for any")
        if seconds is not None and not 0 < seconds <= 86_400:
            raise ValueError("seconds must be more than 0, a day at most")
        if lives.revoke not in REVOKED:
            raise ValueError(f"no such thing to revoke - one of {', '.join(REVOKED)}")
        with self._lock:
            self._lives = lives
            if lives.revoke != "nothing":
                self._tokens.clear()
                self._sessions.clear()
            if lives.revoke == "everything":
                self._newest.clear()

    def knows_client(self, client: str, secret: str) -> bool:
        """Whether a client is who it says."""
        return all(_same(given, wanted) for given, wanted in zip((client, secret), self._client, strict=True))

    def by_client(self) -> dict[str, str | int | float]:
        """What a client is given for its own name: a token, and nothing to refresh it with."""
        with self._lock:
            return self._token("client")

    def by_refresh(self, given: str) -> dict[str, str | int | float] | None:
        """What a refresh token is traded for: a token, and the next refresh token. None where it is no good.

        One that was used before is in the wrong hands, or its owner lost the next one. Nobody can tell which, so
        everything that came of it is revoked.
        """
        with self._lock:
            family = self._refresh.get(given)
            if family is None or family not in self._newest:
                return None
            if self._newest[family] != given:
                del self._newest[family]
                self._tokens = {token: let for token, let in self._tokens.items() if let.family != family}
                return None
            following = secrets.token_urlsafe(18)
            self._refresh[following], self._newest[family] = family, following
            return {**self._token(family), "refresh_token": following}

    def _token(self, family: str) -> dict[str, str | int | float]:
        seconds = self._lives.seconds or SECONDS
        token = secrets.token_urlsafe(24)
        self._tokens = {kept: let for kept, let in self._tokens.items() if time.monotonic() < let.ends}
        self._tokens[token] = _Let(family, seconds, self._lives.uses)
        whole = int(seconds) if seconds == int(seconds) else seconds
        return {"access_token": token, "token_type": "Bearer", "expires_in": whole, "scope": "orders:read"}

    def accepts(self, token: str) -> bool:
        """Whether an access token is good for this call."""
        with self._lock:
            let = self._tokens.get(token)
            return let is not None and let.use()

    def open_session(self) -> str:
        """The id of a new session."""
        with self._lock:
            self._sessions = {kept: let for kept, let in self._sessions.items() if time.monotonic() < let.ends}
            session = secrets.token_urlsafe(18)
            self._sessions[session] = _Let(session, self._lives.seconds or IDLE_SECONDS, self._lives.uses)
            return session

    def in_session(self, session: str) -> bool:
        """Whether a session goes on; each call prolongs it."""
        with self._lock:
            let = self._sessions.get(session)
            if let is None or not let.use():
                return False
            let.ends = time.monotonic() + let.seconds
            return True


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
