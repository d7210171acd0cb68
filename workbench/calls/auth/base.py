"""What every kind of authentication is made of."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit

from workbench.calls.auth.made import Making
from workbench.calls.auth.store import MemoryStore, TokenStore
from workbench.calls.messages import Flow, Request, Response
from workbench.errors import UsageError
from workbench.mapping.auth_kinds import KINDS
from workbench.paths import text_of
from workbench.templates import Made, compile_template, texts_in

Reveal = Callable[[str], str]
"""The value of a secret, by the name of its reference."""

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|")
REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}", re.ASCII)
_SENT = re.compile(rf"{REFERENCE.pattern}|(?<!\$)\{{(?:now|random|auth)(?:[+-][^{{}}.]*)?\.[^{{}}]*\}}", re.ASCII)
_OFF_S = 60.0
SKEW_S = 30.0
"""A clock that is off by less is as good as right."""


def _ignored(value: str) -> None:
    """Nobody listens."""


def _anywhere(host: str, port: int) -> bool:
    """The deployment does not say where secrets may be sent to."""
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a kind of authentication is given beside its table; tests give other clocks and random bytes.

    Attributes:
        base_url: Where URLs of the table that are paths lead.
        scope: What tokens are kept apart by beside the table: merchant and environment.
        store: Keeps tokens.
        learn: Is told each value that must be masked from now on.
        now: Seconds since 1970.
        random: So many random bytes.
        admits: Whether secrets may be sent to a host and port that a login named.
    """

    base_url: str = ""
    scope: tuple[str, ...] = ()
    store: TokenStore = field(default_factory=MemoryStore)
    learn: Callable[[str], None] = _ignored
    now: Callable[[], float] = time.time
    random: Callable[[int], bytes] = secrets.token_bytes
    admits: Callable[[str, int], bool] = _anywhere


class Auth:
    """No authentication, and the base of every kind.

    A kind that only signs a request says how in `apply`; one that has to log in, or to try again with a fresh token,
    overrides `flow`, which may send requests of its own.

    Args:
        table: The `auth:` table of the connection.
        reveal: Gives the values of secrets; asked when a request is signed, so that no object here holds one.
        around: Everything else.
    """

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        self._table = table
        self._reveal = reveal
        self._around = around or Surroundings()
        self._fields = KINDS[str(table.get("kind", "none"))].by_name
        for key, known in self._fields.items():
            if known.missing(table):
                raise UsageError(f"auth of kind {self.kind} needs {key}: - give it as a reference, ${{NAME}}")
            if known.choices and self.setting(key) not in known.choices:
                raise UsageError(f"an {self.kind} cannot be {key} {table[key]!r} - one of {', '.join(known.choices)}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def kind(self) -> str:
        """The word after `kind:`."""
        return str(self._table.get("kind", "none"))

    @property
    def names(self) -> tuple[str, ...]:
        """The secrets that it uses, for messages."""
        return tuple(dict.fromkeys(name for text in texts_in(dict(self._table)) for name in REFERENCE.findall(text)))

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it sends requests of its own; each must be a host that the secrets may be sent to."""
        return ()

    @property
    def first(self) -> Auth:
        """The kind that the table names, without those that sign beside it."""
        return self

    @property
    def timed(self) -> bool:
        """Whether what it sends holds the time, so that a clock that is off may be why it is refused."""
        return False

    def home(self, url: str) -> str:
        """The URL below the base URL for one at the server that a login named."""
        return url

    @property
    def accepted(self) -> str:
        """What a call that was not refused shows, for people."""
        return "the credentials are not refused"

    def setting(self, key: str) -> Any:
        """A setting as it stands in the file, or what stands for it there when it is left out."""
        known = self._fields.get(key)
        value = self._table.get(key)
        return known.default if value is None and known is not None else value

    def text(self, key: str) -> str:
        """A setting, its references filled in; empty where there is none."""
        value = self.setting(key)
        return "" if value is None else self.filled(text_of(value))

    def filled(self, data: Any) -> Any:
        """Text, or tables and lists of it, with the values of references in their place."""
        if isinstance(data, str):
            return REFERENCE.sub(lambda found: self._reveal(found[1]), data)
        if isinstance(data, Mapping):
            return {key: self.filled(value) for key, value in data.items()}
        return [self.filled(value) for value in data] if isinstance(data, list) else data

    def making(self) -> Making:
        """The time and the random values of one request."""
        return Making(self._around.now(), self._around.random)

    def sent(
        self,
        data: Any,
        making: Making,
        escape: Callable[[str], str] = str,
        later: Callable[[str], str] | None = None,
    ) -> Any:
        """Text, or tables and lists of it, with references, the time and random values filled in.

        Args:
            data: What the file says.
            making: The request's time and random values; takes note of what another kind gives.
            escape: What becomes of a value where it stands.
            later: The same of a value that is filled in when all is encoded; `escape` unless said.
        """
        if isinstance(data, Mapping):
            return {key: self.sent(value, making, escape, later) for key, value in data.items()}
        if isinstance(data, list):
            return [self.sent(value, making, escape, later) for value in data]
        if not isinstance(data, str):
            return data

        def value(found: re.Match[str]) -> str:
            if found[1]:
                return escape(self._reveal(found[1]))
            (part,) = compile_template(found[0])
            if not isinstance(part, Made):
                return found[0]
            return making.later(part, later or escape) if part.source == "auth" else escape(text_of(making(part)))

        return _SENT.sub(value, data)

    def url(self, key: str) -> str:
        """A setting as an absolute URL.

        Raises:
            UsageError: It is none.
        """
        text = self.text(key)
        whole = f"{self._around.base_url.rstrip('/')}{text}" if text.startswith("/") else text
        if re.search(r"[\s\x00-\x20\x7f\\]", whole) or not all(origin_of(whole)) or "@" in urlsplit(whole).netloc:
            raise UsageError(
                f"{key}: of {self.kind} auth is no URL - write https://host/path, or a path such as /token"
            )
        return whole

    def apply(self, request: Request) -> Request:
        """The request, signed."""
        return request

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request, signed, and whatever that takes; returns its response."""
        return (yield self.apply(request))

    def fit(self, value: str, what: str) -> str:
        """A value that a header can hold.

        Raises:
            UsageError: It cannot; the text tells the secret's name and not its value.
        """
        if not value or not HEADER_VALUE.fullmatch(value):
            names = ", ".join(self.names) or "auth:"
            raise UsageError(f"the value of {names} cannot stand in {what} - look for line ends, blanks or other signs")
        return value

    def placed(self, request: Request, place: str, name: str, value: str) -> Request:
        """The request with a value in a header, in the query or in a cookie; a header that the call says itself wins.

        Raises:
            UsageError: It cannot stand there.
        """
        if place == "query":
            return replace(request, url=with_parameter(request.url, name, value))
        if place == "header":
            own = request.header(name) is not None
            return request if own else request.with_header(name, self.fit(value, "a header"))
        if re.search(r'[\s;,"\\]', value):
            raise UsageError(f"the value of {', '.join(self.names)} cannot stand in a cookie - check it")
        return with_cookie(request, f"{name}={self.fit(value, 'a cookie')}")


class Clock:
    """Our clock, set by the merchant's: signatures with a time are refused where both differ.

    Args:
        now: Seconds since 1970.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since 1970, as the merchant counts them."""
        return self._now() + self._offset

    def off(self, response: Response) -> bool:
        """Whether the merchant's clock shows another time than this one; from now on this one shows it too."""
        theirs = date_of(response)
        if theirs is None or abs(theirs - self.now()) < SKEW_S:
            return False
        self._offset = theirs - self._now()
        return True


class TimedAuth(Auth):
    """A kind whose signature holds the time: refused by a server whose clock shows another one, it signs once more."""

    retried: tuple[int, ...] = (400, 401, 403)

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        super().__init__(table, reveal, around)
        self.clock = Clock(self._around.now)

    @property
    def timed(self) -> bool:
        """What it sends holds the time."""
        return True

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request, and a read once more where only the clocks disagree."""
        response = yield self.apply(request)
        if response.status in self.retried and self.clock.off(response) and may_repeat(request):
            response = yield self.apply(request)
        return response


def may_repeat(request: Request) -> bool:
    """Whether a request that was refused may be sent again; a login that was refused has done nothing."""
    return request.reads or request.login or request.method in ("GET", "HEAD")


def date_of(response: Response) -> float | None:
    """The moment at which the server says it answered, in seconds since 1970."""
    try:
        return parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def clocks(response: Response, now: float | None = None) -> str:
    """What to do about clocks that differ by a minute or more, ending in a blank; empty where they agree."""
    theirs = date_of(response)
    if theirs is None:
        return ""
    off = theirs - (time.time() if now is None else now)
    if abs(off) < _OFF_S:
        return ""
    minutes = round(abs(off) / 60)
    told = f"{minutes} minute{'s' if minutes != 1 else ''}" if minutes < 120 else f"{round(abs(off) / 3600)} hours"
    which = "ahead of" if off > 0 else "behind"
    return f"the merchant's clock is {told} {which} ours: set the clock of this machine, or tell the merchant; "


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL with that query parameter, in place of one of that name."""
    head, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name]
    pair = "=".join(quote(text, safe="") for text in (name, value))
    return f"{head}?{'&'.join([*kept, pair])}"


def with_cookie(request: Request, cookie: str) -> Request:
    """The request with one more cookie."""
    others = request.header("Cookie")
    return request.with_header("Cookie", f"{others}; {cookie}" if others else cookie)


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an absolute URL; port 0 where it is none."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return (parts.scheme, parts.hostname or "", 0)
    return (parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme, 0))


def host_header(url: str) -> str:
    """The header `Host` as it is sent: without the port that the scheme has anyway."""
    scheme, host, port = origin_of(url)
    shown = f"[{host}]" if ":" in host else host
    return shown if port == {"https": 443, "http": 80}.get(scheme) else f"{shown}:{port}"


def query_pairs(url: str) -> Iterator[tuple[str, str]]:
    """The decoded names and values of a query, in order, blank ones included."""
    for pair in urlsplit(url).query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            yield unquote_plus(name), unquote_plus(value)


def form_pairs(request: Request) -> list[tuple[str, str]]:
    """The decoded names and values of a form in the body, in order; none where it holds another kind of body."""
    if (request.header("Content-Type") or "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return []
    return parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
