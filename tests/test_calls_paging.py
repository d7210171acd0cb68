"""The pages of a call: every kind, and every way in which a merchant's paging goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import Answer, Ask, Seen, by_email, order, serving, shop_file
from workbench.errors import ServerError

MAIL = "ann@example.com"
ALL = [order(f"A-{n}") for n in range(7)]


pytestmark = pytest.mark.usefixtures("deployment")


def shop(tmp_path: Path, url: str, pages: dict[str, Any], **call: Any) -> Path:
    """A shop whose search has pages."""
    return shop_file(tmp_path, url, {"find_orders_by_email": by_email(pages=pages, **call)})


def numbers(result: wb.Result) -> list[str]:
    """The numbers of the orders."""
    return [one.order_number for one in result.orders]


EVERY = [row["number"] for row in ALL]


def cut(start: int, size: int = 3) -> list[dict[str, Any]]:
    """A page of the shop's orders."""
    return ALL[start : start + size]


# ---------------------------------------------------------------- each kind, as it should be


@pytest.mark.parametrize("link", ["/orders?page={}", "{url}/orders?page={}", "?page={}", "orders?page={}#top"])
def test_next_link(ask: Ask, tmp_path: Path, link: str) -> None:
    """A URL in the answer, absolute or relative to the page."""

    def answer(seen: Seen) -> Answer:
        page = int(seen.query.get("page", 0))
        following = link.format(page + 1) if "{url}" not in link else link.replace("{url}", server.url).format(page + 1)
        return Answer({"data": cut(page * 3), "next": following if page < 2 else None})

    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, {"kind": "next_link", "path": "$.next"}), email=MAIL)

    assert numbers(result) == EVERY
    assert result.problems == []
    assert server.targets == ["/orders?email=ann%40example.com", "/orders?page=1", "/orders?page=2"]


def test_link_header(ask: Ask, tmp_path: Path) -> None:
    """The Link header as RFC 8288 has it, among other links."""

    def answer(seen: Seen) -> Answer:
        page = int(seen.query.get("page", 0))
        links = ['</orders?page=0>; title="a, b"; rel="first"', f'</orders?page={page + 1}>; rel="x Next"; title=more']
        return Answer({"data": cut(page * 3)}, headers={"Link": ", ".join(links[: 1 + (page < 2)])})

    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, {"kind": "link_header"}), email=MAIL)

    assert numbers(result) == EVERY
    assert len(server.seen) == 3


@pytest.mark.parametrize(("size", "sent"), [(3, 3), (None, 4)])
def test_page_numbers(ask: Ask, tmp_path: Path, size: int | None, sent: int) -> None:
    """The last page is shorter than a page is, or, where nobody says how long that is, empty."""

    def answer(seen: Seen) -> Answer:
        return Answer({"data": cut((int(seen.query["p"]) - 1) * 3)})

    pages: dict[str, Any] = {"kind": "page", "param": "p", **({"size": size} if size else {})}
    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, pages, query={"email": "{email}", "p": "9"}), email=MAIL)

    assert numbers(result) == EVERY
    assert [seen.query["p"] for seen in server.seen] == [str(n + 1) for n in range(sent)]


@pytest.mark.parametrize("size", [3, None])
def test_offsets(ask: Ask, tmp_path: Path, size: int | None) -> None:
    """An offset goes on by the size of a page, or by what came."""
    pages: dict[str, Any] = {"kind": "offset", **({"size": size} if size else {})}
    with serving(lambda seen: Answer({"data": cut(int(seen.query["offset"]))})) as server:
        result = ask(shop(tmp_path, server.url, pages), email=MAIL)

    assert numbers(result) == EVERY
    assert [seen.query["offset"] for seen in server.seen] == ["0", "3", "6", "7"][: 3 if size else 4]


def test_offset_in_a_json_body(ask: Ask, tmp_path: Path) -> None:
    """A parameter is set where the call has it, as a number."""

    def answer(seen: Seen) -> Answer:
        return Answer({"data": cut(json.loads(seen.body)["page"]["from"])})

    body = {"q": "{email}", "page": {"from": 0, "size": 3}}
    pages = {"kind": "offset", "param": "page.from", "size": 3}
    call = {"post": "/search", "json": body, "reads": True, "pages": pages}
    operation = {"calls": [call], "orders": {"each": "$.data"}}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert numbers(result) == EVERY
    assert server.targets == ["/search"] * 3


def test_page_in_a_form(ask: Ask, tmp_path: Path) -> None:
    """The same of a form."""

    def answer(seen: Seen) -> Answer:
        return Answer({"data": cut(int(Seen("", f"?{seen.body.decode()}", {}).query["page"]) * 3)})

    operation = by_email(pages={"kind": "page", "start": 0, "size": 3}, post="/search", reads=True)
    call = operation["calls"][0]
    del call["get"], call["query"]
    call["form"] = {"page": 1, "email": "{email}"}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert numbers(result) == EVERY


def test_cursor(ask: Ask, tmp_path: Path) -> None:
    """A cursor of the answer goes into the parameter."""

    def answer(seen: Seen) -> Answer:
        start = int(seen.query.get("after", "c/0")[2:])
        return Answer({"data": cut(start), "meta": {"cursor": f"c/{start + 3}" if start < 6 else ""}})

    with serving(answer) as server:
        pages = {"kind": "cursor", "path": "$.meta.cursor", "param": "after"}
        result = ask(shop(tmp_path, server.url, pages), email=MAIL)

    assert numbers(result) == EVERY
    assert [seen.query.get("after") for seen in server.seen] == [None, "c/3", "c/6"]


def test_graphql(ask: Ask, tmp_path: Path) -> None:
    """The cursor goes by a variable, as long as `hasNextPage` is true."""

    def answer(seen: Seen) -> Answer:
        start = int(json.loads(seen.body)["variables"].get("after") or 0)
        info = {"hasNextPage": start < 6, "endCursor": str(start + 3)}
        return Answer({"data": {"orders": {"nodes": cut(start), "pageInfo": info}}})

    document = "query($mail: String!, $after: String) {orders(mail: $mail, after: $after) {nodes{id}}}"
    call = {
        "post": "/graphql",
        "reads": True,
        "graphql": {"document": document, "variables": {"mail": "{email}"}},
        "pages": {"kind": "graphql", "path": "$.data.orders.pageInfo"},
    }
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$.data.orders.nodes"}}}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, operations), email=MAIL)

    assert numbers(result) == EVERY
    assert [json.loads(seen.body)["variables"] for seen in server.seen] == [
        {"mail": MAIL},
        {"mail": MAIL, "after": "3"},
        {"mail": MAIL, "after": "6"},
    ]


def test_range(ask: Ask, tmp_path: Path) -> None:
    """The header `Range`, until `Content-Range` says that all is read."""

    def answer(seen: Seen) -> Answer:
        start, end = map(int, seen.headers["range"].removeprefix("items=").split("-"))
        told = {"Content-Range": f"items {start}-{end}/7"}
        return Answer({"data": cut(start, end - start + 1)}, 206, told)

    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, {"kind": "range", "size": 3}), email=MAIL)

    assert numbers(result) == EVERY
    assert [seen.headers["range"] for seen in server.seen] == ["items=0-2", "items=3-5", "items=6-8"]


def test_stop_when(ask: Ask, tmp_path: Path) -> None:
    """The answer itself says that it is the last page; `path` may count another list."""

    def answer(seen: Seen) -> Answer:
        page = int(seen.query["page"])
        return Answer({"rows": cut(page * 3), "last": page == 2, "page": page})

    pages = {"kind": "page", "start": 0, "path": "$.rows", "stop_when": {"$.last": True}}
    operation = {**by_email(pages=pages), "orders": {"each": "$.rows"}}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert numbers(result) == EVERY
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [404, 416])
def test_page_past_the_end(ask: Ask, tmp_path: Path, status: int) -> None:
    """Some say 404 or 416 behind the last page; on the first page that is a failure."""

    def answer(seen: Seen) -> Answer:
        rows = cut(int(seen.query["page"]) * 3)
        return Answer({"data": rows}) if rows else Answer({}, status)

    with serving(answer) as server:
        assert numbers(ask(shop(tmp_path, server.url, {"kind": "page", "start": 0}), email=MAIL)) == EVERY
        with pytest.raises(wb.CallError):
            ask(shop(tmp_path, server.url, {"kind": "page", "start": 9}), email=MAIL)


def test_pages_of_xml(ask: Ask, tmp_path: Path) -> None:
    """One element and many are counted alike."""

    def answer(seen: Seen) -> Answer:
        rows = cut(int(seen.query["page"]) * 3)
        items = "".join(f"<o><n>{row['number']}</n><m>{MAIL}</m></o>" for row in rows)
        return Answer(f'<?xml version="1.0"?><list>{items}</list>')

    operation = {**by_email(pages={"kind": "page", "start": 0, "size": 3}), "orders": {"each": "$.list.o"}}
    record = {"order_number": "@.n", "customer_email": "@.m"}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}, record), email=MAIL)

    assert numbers(result) == EVERY
    assert len(server.seen) == 3


# ---------------------------------------------------------------- what goes wrong


def test_link_to_another_server(ask: Ask, tmp_path: Path) -> None:
    """It is not followed, no secret goes there, and the rest that was not read is told."""
    links = [
        "http://169.254.169.254/",
        "http://evil.example/",
        "//evil.example/x",
        "https://127.0.0.1/",
        "file:///etc/passwd",
    ]
    links += ["http://127.0.0.1:1/", "http://{host}@evil.example/", "http://u:p@{host}/", "\\\\evil.example/x"]
    for link in links:
        given: list[Any] = []
        with serving(lambda seen, given=given: Answer({"data": cut(0), "next": given[0]})) as server:  # type: ignore[misc]
            given.append(link.replace("{host}", server.url.removeprefix("http://")))
            result = ask(shop(tmp_path, server.url, {"kind": "next_link", "path": "$.next"}), email=MAIL)

        assert numbers(result) == EVERY[:3]
        assert len(server.seen) == 1, link
        assert [problem.code for problem in result.problems] == ["pages"]
        assert "the next page is on another server and was not read" in result.problems[0].text


@pytest.mark.parametrize(
    ("pages", "field", "value"),
    [
        ({"kind": "next_link", "path": "$.next"}, "next", "/orders?email=ann%40example.com"),
        ({"kind": "next_link", "path": "$.next"}, "next", "/orders?page=2"),
        ({"kind": "cursor", "path": "$.next", "param": "after"}, "next", "again"),
    ],
)
def test_next_page_that_was_read_already(ask: Ask, tmp_path: Path, pages: Any, field: str, value: str) -> None:
    """A place that repeats ends it, and is told: the pages differ, so something is amiss."""
    count = iter(range(100))
    with serving(lambda seen: Answer({"data": [ALL[0]], field: value, "n": next(count)})) as server:
        result = ask(shop(tmp_path, server.url, pages), email=MAIL)

    assert len(server.seen) <= 2
    assert ["the next page is one that was read already" in problem.text for problem in result.problems] == [True]


def test_page_that_equals_the_one_before(ask: Ask, tmp_path: Path) -> None:
    """Some answer with the last page again and again: that is the end, and nothing to tell."""

    def answer(seen: Seen) -> Answer:
        return Answer({"data": cut(min(int(seen.query["page"]), 2) * 3)})

    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, {"kind": "page", "start": 0}), email=MAIL)

    assert numbers(result) == EVERY
    assert result.problems == []
    assert len(server.seen) == 4


def test_pages_that_never_end(ask: Ask, tmp_path: Path) -> None:
    """The bound is reached, and what was not read is told."""
    count = iter(range(1000))

    def answer(seen: Seen) -> Answer:
        n = next(count)
        return Answer({"data": [order(f"A-{n}")], "next": f"cursor-{n}"})

    pages = {"kind": "cursor", "path": "$.next", "param": "after"}
    with serving(answer) as server:
        few = ask(shop(tmp_path, server.url, {**pages, "max": 3}), email=MAIL)
        assert len(server.seen) == 3
        many = ask(shop(tmp_path, server.url, pages), email=MAIL)

    assert (len(few.orders), len(many.orders)) == (3, 50)
    for result, bound in ((few, 3), (many, 50)):
        assert f"there are more than {bound} pages and the rest was not read" in result.problems[0].text
        assert "raise max: of pages" in result.problems[0].text


def test_blank_pages_with_a_cursor(ask: Ask, tmp_path: Path) -> None:
    """One may stand among others, as some filter after they page; a second in a row ends it, and is told."""
    rows = [[ALL[0]], [], [ALL[1]], [], [], [ALL[2]]]

    def answer(seen: Seen) -> Answer:
        n = int(seen.query.get("after", 0))
        return Answer({"data": rows[n], "next": n + 1})

    with serving(answer) as server:
        result = ask(shop(tmp_path, server.url, {"kind": "cursor", "path": "$.next", "param": "after"}), email=MAIL)

    assert numbers(result) == EVERY[:2]
    assert len(server.seen) == 5
    assert "pages without orders name a next one again and again" in result.problems[0].text


def test_second_page_that_fails(ask: Ask, tmp_path: Path) -> None:
    """Half of the orders is not an answer."""

    def answer(seen: Seen) -> Answer:
        page = int(seen.query["page"])
        return Answer({"data": cut(page * 3)}, 500 if page else 200)

    with serving(answer) as server, pytest.raises(ServerError):
        ask(shop(tmp_path, server.url, {"kind": "page", "start": 0}), email=MAIL)


def test_offset_that_cannot_be_counted(ask: Ask, tmp_path: Path) -> None:
    """Where nobody says what a page holds, only the first is read, and that is told."""
    operation = by_email()
    operation["calls"].append({"name": "shops", "get": "/shops", "pages": {"kind": "offset"}})
    with serving(lambda seen: Answer({"data": cut(0)})) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert numbers(result) == EVERY[:3]
    assert len(server.seen) == 2
    assert "say path: of the list, in pages" in result.problems[0].text


@pytest.mark.parametrize("pages", [{"kind": "page"}, {"kind": "offset", "size": 3}])
def test_pages_of_a_list_that_nobody_knows(ask: Ask, tmp_path: Path, pages: dict[str, Any]) -> None:
    """While nobody has said where the orders are, a search is not asked for page after page to the very end."""
    operation = by_email(pages=pages)
    del operation["orders"]
    with serving(lambda seen: Answer({"page": len(server.seen), "data": []})) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert len(server.seen) == 2
    assert "only two were read; say path: of the list, in pages" in result.problems[0].text


def test_rows_that_a_filter_drops_count(ask: Ask, tmp_path: Path) -> None:
    """A page is as long as what came, whatever the place of the orders leaves of it."""

    def answer(seen: Seen) -> Answer:
        rows = [
            {**row, "kind": "quote" if row["number"] < "A-5" else "order"} for row in cut(int(seen.query["page"]) * 3)
        ]
        return Answer({"data": rows})

    operation = {
        **by_email(pages={"kind": "page", "start": 0, "size": 3}),
        "orders": {"each": "$.data[?@.kind == 'order']"},
    }
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}), email=MAIL)

    assert numbers(result) == EVERY[5:]
    assert len(server.seen) == 3


def test_key_in_the_query_of_a_link(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the link repeats is sent once."""
    monkeypatch.setenv("SHOP_KEY", "k-123456")

    def answer(seen: Seen) -> Answer:
        page = int(seen.query.get("page", 0))
        return Answer({"data": cut(page * 3), "next": f"/orders?key=k-123456&page={page + 1}" if page < 2 else None})

    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_KEY}"}
    operations = {"find_orders_by_email": by_email(pages={"kind": "next_link", "path": "$.next"})}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, operations, auth=auth), email=MAIL)

    assert numbers(result) == EVERY
    assert all(target.count("key=") == 1 for target in server.targets)
