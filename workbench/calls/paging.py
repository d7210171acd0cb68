"""The pages of a call: what the request of the next page is, and where to stop.

    pages: {kind: next_link, path: "$.next"}          a URL in the answer, absolute or relative; same server only
    pages: {kind: link_header}                        the Link header with rel=next (RFC 8288)
    pages: {kind: page, param: page, start: 1, size: 50, path: "$.data"}
    pages: {kind: offset, param: offset, start: 0, size: 50, path: "$.data"}
    pages: {kind: cursor, path: "$.meta.cursor", param: cursor}       or header: X-Next-Cursor in place of path
    pages: {kind: graphql, path: "$.data.orders.pageInfo", param: after}
    pages: {kind: range, size: 50}                    the header `Range: items=0-49`; with param: a parameter

Of every kind: `stop_when` (conditions on the answer, as in `not_found_when`) and `max` (50 pages; more is told).

- `path` of page, offset and range names the list whose members are counted: an empty one, or one shorter than `size`,
  is the last. Unsaid, it is the place of the orders; where nobody knows the list, two pages are read, which is told.
- `size` of offset, unsaid, is what came; of range it is 50. It is not sent: the call's `query:` says it, where it must.
- A parameter is set where the call has it: in the form, in the JSON body (also by a dotted name), else in the query; of
  graphql it is a variable (`after` unless said). The first request of page, offset and range says `start`; that of the
  other kinds is the call as it stands.
- Where a URL, a header or a body of the call says `{page.NAME}`, with the parameter's name, it is set there and nowhere
  else; nothing stands there in the first request of next_link, cursor and graphql.
- Whatever the kind, a page equal to the one before, or a place that was read already, ends it. An API may send an empty
  page that names a next one; a second in a row ends it, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from workbench.calls.auth import origin_of
from workbench.calls.messages import Request, Response
from workbench.calls.requests import QUERY_SIGNS, Turn
from workbench.conditions import Conditions, compile_conditions
from workbench.documents import Document
from workbench.errors import Problem, UsageError
from workbench.paths import Path, PathError, Step, compile_path, find, scalars, text_of
from workbench.plan import Call

_KEYS = ("kind", "path", "header", "param", "size", "start", "stop_when", "max")
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.I)
_ELSEWHERE = "the next page is on another server and was not read"
_COUNTING = "say path: of the list, in pages, or stop_when:"
_LENGTH = 4096


class Page(NamedTuple):
    """One page that was read."""

    request: Request
    response: Response
    document: Document


class Paging(NamedTuple):
    """The compiled `pages:` of a call."""

    kind: str
    path: Path | None
    param: str
    size: int
    start: int
    stop_when: Conditions
    max: int
    header: str = ""


def compile_paging(call: Call) -> Paging | None:
    """What a call says of its pages; None where it says nothing.

    Raises:
        UsageError: It says it wrongly.
    """
    table = call.pages
    if not table:
        return None
    kind, where = str(table.get("kind")), f"pages: of call {call.name!r}"
    if kind not in KINDS:
        raise UsageError(f"{where}: no kind {kind!r} - one of {', '.join(KINDS)}")
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"{where}: unknown key {key!r} - one of {', '.join(_KEYS)}")
    try:
        path = compile_path(table["path"]) if "path" in table else None
    except PathError as error:
        raise UsageError(f"{where}: {error}") from None
    header = str(table.get("header") or "") if kind == "cursor" else ""
    if path is None and not header and kind in ("next_link", "cursor", "graphql"):
        raise UsageError(f"{where}: {kind} needs path: - where the answer says what comes next")
    if kind == "cursor" and not table.get("param"):
        raise UsageError(f"{where}: cursor needs param: - the parameter that takes it")
    return Paging(
        kind=kind,
        path=path,
        param=str(table.get("param") or _PARAMS.get(kind, "")),
        size=_whole(table, "size", 50 if kind == "range" else 0, where),
        start=_whole(table, "start", 1 if kind == "page" else 0, where),
        stop_when=compile_conditions(table.get("stop_when")),
        max=max(1, _whole(table, "max", 50, where)),
        header=header,
    )


def _whole(table: Mapping[str, Any], key: str, default: int, where: str) -> int:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{where}: {key} is no whole number")
    return value


class Pager:
    """Goes from page to page of one call.

    Args:
        paging: What the call says.
        call: The call's name.
        place: The path of the orders in this call's answer, where they are in it.
        home: The URL below the base URL for one at a server that a login named.

    Attributes:
        pages: How many were read.
        turn: How the next request differs from the call's own.
        problem: Why the rest was not read, where that must be told.
    """

    def __init__(
        self, paging: Paging, call: str, place: Path | None, home: Callable[[str], str] = lambda url: url
    ) -> None:
        self.paging = paging
        self._home = home
        self.position = paging.start
        self.problem: Problem | None = None
        self._call = call
        counted = paging.kind in ("page", "offset", "range")
        rows = paging.path if counted and paging.path else place
        self._list = None if rows is None else _list_of(rows)
        self._seen: set[str] = set()
        self._last: bytes | None = None
        self.pages = 0
        self._blank = 0
        self.turn = Turn()
        if counted:
            self.turn = turn_at(paging, paging.start)

    def beyond(self, status: int) -> bool:
        """Whether a status only says that there is no such page any more."""
        return self.pages > 0 and self.paging.kind in ("page", "offset", "range") and status in (404, 410, 416)

    def repeats(self, response: Response) -> bool:
        """Whether the answer is the page before, once more."""
        return self._last is not None and self._last == response.body

    def advance(self, page: Page, stop: bool) -> bool:
        """Takes a page; whether there is another, which `turn` then asks for.

        Args:
            page: The page that was read.
            stop: Whether `stop_when` holds.
        """
        self.pages += 1
        self._last = page.response.body
        count = self._count(page)
        self._blank = self._blank + 1 if count == 0 else 0
        turn = None if stop else KINDS[self.paging.kind](self, page, count)
        if turn is None:
            return False
        if self._blank > 1:
            return self.tell("pages without orders name a next one again and again", "say stop_when:")
        mark = repr((turn.url, turn.params, turn.headers))
        if mark in self._seen or (turn.url is not None and turn.url == page.request.url):
            return self.tell("the next page is one that was read already", "say stop_when:, or mend path: of pages")
        self._seen.add(mark)
        if self.pages >= self.paging.max:
            what = f"there are more than {self.paging.max} pages and the rest was not read"
            return self.tell(what, "narrow the search, or raise max: of pages")
        self.turn = turn
        return True

    def link(self, page: Page, text: str) -> Turn | None:
        """The turn of a link, absolute or relative to the page; the problem is noted when it leads elsewhere."""
        text = text.strip()
        if not text or len(text) > _LENGTH:
            return None
        try:
            parts = urlsplit(self._home(urljoin(page.request.url, text)))
            same = origin_of(parts.geturl()) == origin_of(page.request.url) and "@" not in parts.netloc
        except ValueError:
            same = False
        if not same or "\\" in text:
            self.tell(_ELSEWHERE, "ask the merchant; secrets go to the server of base_url only")
            return None
        own = urlsplit(page.request.url)
        query = f"?{quote(parts.query, safe=QUERY_SIGNS)}" if parts.query else ""
        return Turn(url=f"{own.scheme}://{own.netloc}{quote(parts.path or '/', safe=QUERY_SIGNS)}{query}")

    def tell(self, what: str, how: str) -> bool:
        """Takes note of why the rest was not read; False, because there is no next page."""
        self.problem = Problem(what, self._call, how, "pages", at_run=True)
        return False

    def _count(self, page: Page) -> int | None:
        """How many members the list of this page has; None where nobody knows the list."""
        root = page.document.root
        if self._list is None or (not self._list and not isinstance(root, list)):
            return None
        nodes = find(root, self._list)
        return sum(len(node) if isinstance(node, list) else bool(node) for node in nodes)


def _list_of(path: Path) -> tuple[Step, ...]:
    """The steps to the list that a path takes rows from: rows that a filter drops belong to the page as well."""
    chosen = next((index for index, (kind, _) in enumerate(path.steps) if kind in ("filter", "all")), len(path.steps))
    return path.steps[:chosen]


def turn_at(paging: Paging, position: int) -> Turn:
    """The turn of a page number, an offset or a range."""
    if paging.kind != "range":
        return Turn(params=((paging.param, position),))
    span = f"{position}-{position + max(paging.size, 1) - 1}"
    return Turn(params=((paging.param, span),)) if paging.param else Turn(headers=(("Range", f"items={span}"),))


def _value(pager: Pager, page: Page) -> str:
    path = pager.paging.path
    found = scalars(find(page.document.root, path.steps)) if path else []
    return "" if not found or isinstance(found[0], bool) else text_of(found[0])


def _next_link(pager: Pager, page: Page, count: int | None) -> Turn | None:
    return pager.link(page, _value(pager, page))


def _link_header(pager: Pager, page: Page, count: int | None) -> Turn | None:
    for target, rest in _LINK.findall(page.response.headers.get("link", "")[: 4 * _LENGTH]):
        for quoted, bare in _REL.findall(rest):
            if "next" in (quoted or bare).casefold().split():
                return pager.link(page, target)
    return None


def _numbered(pager: Pager, page: Page, count: int | None) -> Turn | None:
    """Pages by number, offset or range: the last is empty, or shorter than a page is."""
    paging = pager.paging
    if count == 0 or (count is not None and paging.size and count < paging.size):
        return None
    total = re.search(r"/\s*(\d{1,12})\s*$", page.response.headers.get("content-range", ""))
    if count is None and not total and not paging.stop_when and pager.pages > 1:
        pager.tell("the pages cannot be counted, so only two were read", _COUNTING)
        return None
    if paging.kind == "page":
        pager.position += 1
        return turn_at(paging, pager.position)
    step = paging.size or count or 0
    whole = paging.kind == "range" and not paging.param and page.response.status == 200
    if whole or (total and pager.position + step >= int(total[1])):
        return None
    if not step:
        pager.tell("the pages cannot be counted, so only the first was read", _COUNTING)
        return None
    pager.position += step
    return turn_at(paging, pager.position)


def _cursor(pager: Pager, page: Page, count: int | None) -> Turn | None:
    header = pager.paging.header
    cursor = page.response.headers.get(header.lower(), "").strip()[:_LENGTH] if header else _value(pager, page)
    return Turn(params=((pager.paging.param, cursor),)) if cursor else None


def _graphql(pager: Pager, page: Page, count: int | None) -> Turn | None:
    found = find(page.document.root, pager.paging.path.steps) if pager.paging.path else []
    info = found[0] if found and isinstance(found[0], Mapping) else {}
    cursor = info.get("endCursor")
    if info.get("hasNextPage") is not True or not isinstance(cursor, str) or not cursor:
        return None
    return Turn(params=((pager.paging.param, cursor),))


KINDS: Mapping[str, Callable[[Pager, Page, int | None], Turn | None]] = {
    "next_link": _next_link,
    "link_header": _link_header,
    "page": _numbered,
    "offset": _numbered,
    "cursor": _cursor,
    "graphql": _graphql,
    "range": _numbered,
}
"""How each kind finds its next page: None where there is none."""
_PARAMS = {"page": "page", "offset": "offset", "graphql": "after"}
