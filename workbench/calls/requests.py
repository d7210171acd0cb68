"""A call of the plan, compiled to what builds its requests: URL, query, headers and body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus, urlsplit

from workbench.calls.auth import HEADER_NAME, origin_of
from workbench.calls.bodies import Body, Pairs, Params, make_body, template
from workbench.calls.messages import Request
from workbench.calls.values import Phrase, Values, phrase
from workbench.errors import AddressRefused, UsageError
from workbench.paths import text_of
from workbench.plan import Call
from workbench.quoting import HEADER, PATH, QUERY
from workbench.templates import Made, Template

PATH_SIGNS = "/:@!$&'()*+,;=%-._~"
QUERY_SIGNS = PATH_SIGNS + "?[]"
_SIGNS = (PATH_SIGNS, QUERY_SIGNS)
_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade")
_ACCEPT = {
    "json": "application/json",
    "ndjson": "application/x-ndjson, application/json;q=0.9",
    "csv": "text/csv, */*;q=0.5",
    "xml": "application/xml, text/xml;q=0.9",
    "soap": "text/xml, application/soap+xml",
}
_ANY = "application/json, application/xml;q=0.9, */*;q=0.8"


class Base(NamedTuple):
    """The base URL of a connection, taken apart."""

    origin: tuple[str, str, int]
    root: str
    path: str

    @property
    def host(self) -> str:
        """The host's name."""
        return self.origin[1]


def compile_base(url: str) -> Base:
    """The parts of a base URL.

    Raises:
        UsageError: It is none.
    """
    if re.search(r"[\s\x00-\x20\x7f\\]", url):
        raise UsageError("base_url: holds blanks or signs that no URL has - write https://host/path")
    try:
        parts = urlsplit(url)
        origin = origin_of(url)
    except ValueError:
        raise UsageError("base_url: is no URL - write https://host/path") from None
    if parts.scheme not in ("http", "https") or not origin[1] or not origin[2]:
        raise UsageError("base_url: is no address of a web server - write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise UsageError("base_url: holds credentials - give them under auth:, as references")
    if parts.query or parts.fragment:
        raise UsageError("base_url: ends before ? and # - give parameters under query: of the calls")
    return Base(origin, f"{parts.scheme}://{parts.netloc}", quote(parts.path.rstrip("/"), safe=PATH_SIGNS))


class Common(NamedTuple):
    """What a connection adds to each call that does not say it itself.

    Attributes:
        headers: By name.
        query: By name.
    """

    headers: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}


class Turn(NamedTuple):
    """How one page's request differs from the call's own.

    Attributes:
        url: A whole URL in place of the call's.
        params: Parameters that are set.
        headers: Headers that are set.
    """

    url: str | None = None
    params: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class Outline:
    """What builds the requests of one call. Immutable; shared by all lookups.

    Raises:
        AddressRefused: The call's URL is on another server than the base URL.
        UsageError: The call cannot be sent.
    """

    def __init__(self, call: Call, base: Base, common: Common = Common()) -> None:  # noqa: B008  # frozen
        self.call = call
        self._root = base.root
        self._path, self._fixed = _url_phrases(call, base)
        said = {_name(pair) for part in self._fixed.parts if isinstance(part, str) for pair in part.split("&")}
        query = {name: value for name, value in common.query.items() if name not in said} | dict(call.query)
        self._query = Pairs(query, call.name, call.quotes)
        own = {name.casefold() for name in call.headers}
        headers = {name: value for name, value in common.headers.items() if name.casefold() not in own}
        headers |= call.headers
        self._headers = tuple((name, _header(call, name, value)) for name, value in headers.items())
        self._body: Body = make_body(call)
        made = [part for parts in self.texts() for part in parts if isinstance(part, Made)]
        self._paged = tuple(dict.fromkeys(part.name for part in made if part.source == "page"))

    def request(self, values: Values, turn: Turn, page: int = 1, timeout_s: float | None = None) -> Request:
        """The request of one page.

        Raises:
            NoValue: A path of a template found nothing.
            UsageError: An input cannot stand where it would.
            CallFailed: A value of an answer cannot.
        """
        params: Params = dict(turn.params)
        values.begin({name: params.pop(name, "") for name in self._paged})
        body = self._body.content(values, params)
        own = self._url(values, params)  # also where a page names the next: its marks stand in that one as well
        headers = [(name, value.text(values)) for name, value in self._headers]
        headers = _with_defaults(headers, [*turn.headers, *self._body.headers], self._accept())
        key = self.call.key([text_of(values.typed(path)) for path in self.call.item_paths])
        return Request(
            self.call.method,
            turn.url or own,
            tuple(headers),
            body,
            self.call.name,
            key,
            page,
            timeout_s,
            reads=self.call.reads or self.call.method in ("GET", "HEAD"),
            slots=values.slots,
        )

    def texts(self) -> Iterable[Template]:
        """All templates of the call."""
        yield from (self._path.parts, self._fixed.parts)
        yield from self._query.texts()
        yield from (value.parts for _, value in self._headers)
        yield from self._body.texts()

    def _url(self, values: Values, params: Params) -> str:
        path = self._path.text(values)
        if _dotted(path):
            raise UsageError(f"call {self.call.name!r}: its values together would lead to another path")
        fixed = [pair for pair in self._fixed.text(values).split("&") if _name(pair) not in params]
        query = "&".join(part for part in (*fixed, self._query.text(values, params)) if part)
        return f"{self._root}{path}?{query}" if query else f"{self._root}{path}"

    def _accept(self) -> str:
        return _ACCEPT["soap"] if self.call.body_kind == "soap" else _ACCEPT.get(self.call.format or "", _ANY)


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _with_defaults(
    headers: list[tuple[str, str]], defaults: Iterable[tuple[str, str]], accept: str
) -> list[tuple[str, str]]:
    """The call's own headers, and those of ours that it does not set."""
    known = {name.casefold() for name, _ in headers}
    return headers + [pair for pair in [*defaults, ("Accept", accept)] if pair[0].casefold() not in known]


def _url_phrases(call: Call, base: Base) -> tuple[Phrase, Phrase]:
    """The call's URL as the path below the server and the fixed part of the query."""
    text = call.url.strip()
    prefix = base.path
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        text, prefix = _below(text, call, base), ""
    if "#" in "".join(part for part in template(text, call.name) if isinstance(part, str)):
        raise UsageError(f"call {call.name!r}: a URL that is sent has no # - write %23 where the sign itself is meant")
    if text and text[0] not in "/?":
        text = f"/{text}"
    parts = (prefix, *template(text, call.name))
    path, query = (tuple(part for part in side if part != "") for side in _split(parts))
    path = path or ("/",)
    if _dotted("".join(part if isinstance(part, str) else "x" for part in _quoted(path, PATH_SIGNS))):
        raise UsageError(f"call {call.name!r}: its URL holds . or .. - write the path out")
    known = phrase(path, PATH, call.name, call.quotes), phrase(query, QUERY, call.name, call.quotes)
    before, after = (made._replace(parts=_quoted(made.parts, s)) for made, s in zip(known, _SIGNS, strict=True))
    return before, after


def _below(text: str, call: Call, base: Base) -> str:
    """What stands after the server's name in an absolute URL of a call."""
    match = re.match(r"(https?://[^/?#{}$\\@]+)(?=[/?]|$)", text)
    try:
        same = match is not None and origin_of(match[1]) == base.origin
    except ValueError:
        same = False
    if match is None or not same:
        raise AddressRefused(
            "the URL of the call is not on the server of base_url",
            "write the path alone; a further server is named under servers: of the connection, and by the call",
            where=call.name,
        )
    return text[match.end() :]


def _split(parts: Template) -> tuple[Template, Template]:
    """The parts before and after the first question mark."""
    for index, part in enumerate(parts):
        if isinstance(part, str) and "?" in part:
            before, _, after = part.partition("?")
            return (*parts[:index], before), (after, *parts[index + 1 :])
    return parts, ()


def _quoted(parts: Template, signs: str) -> Template:
    """The fixed parts, percent-encoded where they need it."""
    return tuple(quote(part, safe=signs) if isinstance(part, str) else part for part in parts)


def _dotted(path: str) -> bool:
    """Whether a path has a segment `.` or `..`, also in disguise."""
    plain = re.sub(r"%2[eE]", ".", path)
    return any(segment in (".", "..") for segment in re.split(r"/|%2[fF]|%5[cC]", plain))


def _header(call: Call, name: str, value: Any) -> Phrase:
    if not HEADER_NAME.fullmatch(name):
        raise UsageError(f"call {call.name!r}: {name!r} is no name of a header - letters, digits and - only")
    if name.casefold() in _OURS:
        raise UsageError(f"call {call.name!r}: the header {name} is set when sending - take it out")
    parts = template(value, call.name)
    for part in parts:
        if isinstance(part, str) and not all(" " <= sign <= "~" or sign == "\t" for sign in part):
            raise UsageError(f"call {call.name!r}: the header {name} holds signs that no header can - ASCII only")
    return phrase(parts, HEADER, call.name)
