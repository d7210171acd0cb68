"""A customer's text stays a value: in query languages, JSON, XML and GraphQL inside the texts of a call."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import workbench as wb
from tests.test_calls import outline, request
from workbench.errors import UsageError
from workbench.paths import text_of

HOSTILE = (
    'x" OR "1"="1', "x' or '1'='1", "x') or (Email ne '", "\\", "\\'", '\\" OR "', "x\\", "'", '"', "</No><No>1", "]]>",
    "&amp;", "a b", "*", "x*", "$filter", "{number}", "a,b", "a;b", "a&b=c", "a#b", "--", "/*", "null", "Email", "`",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20), st.text(alphabet="'\"\\`ab<>&]; ", max_size=12)).map(
    text_of
)


def sent(call: dict[str, Any], number: str) -> Any:
    """What a call sends for a number, or None where the number is refused."""
    try:
        return request(call, number=number)
    except UsageError as error:
        assert "input 'number'" in str(error) or "lead to another path" in str(error)
        return None


def query_of(found: Any) -> dict[str, str]:
    """The parameters that a server reads."""
    return dict(parse_qsl(urlsplit(found.url).query, keep_blank_values=True, strict_parsing=True))


def literal(text: str, rule: str) -> str:
    """What a query language reads between the quotes that start and end a text; fails when they do not."""
    quote, inner = text[0], text[1:-1]
    assert text[-1] == quote
    pattern = f"(?:[^{quote}]|{quote}{quote})*" if rule == "doubled" else f"(?:[^{quote}\\\\]|\\\\.)*"
    assert re.fullmatch(pattern, inner, re.S)
    return inner.replace(quote * 2, quote) if rule == "doubled" else re.sub(r"\\(.)", r"\1", inner, flags=re.S)


@given(TEXTS)
def test_odata_filter(text: str) -> None:
    """A quote is doubled without being told to: in `$filter`, wherever it stands, and in the keys of a path."""
    for call in (
        {"get": "/Orders", "query": {"$filter": "Number eq '{number}' and Open eq true"}},
        {"get": "/Orders?$filter=Number eq '{number}' and Open eq true"},
    ):
        if found := sent(call, text):
            value = query_of(found)["$filter"].removeprefix("Number eq ").removesuffix(" and Open eq true")
            assert literal(value, "doubled") == text
    if found := sent({"get": "/Orders(Number='{number}',Company=1)"}, text):
        value = unquote(urlsplit(found.url).path.rpartition("/")[2])
        assert literal(value.removeprefix("Orders(Number=").removesuffix(",Company=1)"), "doubled") == text


@pytest.mark.parametrize("text", ["o'neil@example.com", "jane+x@example.com", "zoë@example.com", "a b"])
def test_odata_takes_what_customers_are_called(text: str) -> None:
    """What is refused is hostile, not merely unusual."""
    assert sent({"get": "/Orders", "query": {"$filter": "Email eq '{number}'"}}, text) is not None


@given(TEXTS)
def test_quotes_with_a_rule(text: str) -> None:
    """SOQL, Lucene, SQL: the call says how a quote inside quotes is written."""
    for rule in ("doubled", "backslash"):
        for quote in "'\"":
            call = {"get": "/q", "query": {"q": f"find {quote}{{number}}{quote}"}, "quotes": rule}
            if found := sent(call, text):
                assert literal(query_of(found)["q"].removeprefix("find "), rule) == text


@given(TEXTS)
def test_quotes_without_a_rule(text: str) -> None:
    """Where nobody knows how a quote is written, a value with one is refused, and all others pass."""
    found = sent({"get": "/q", "query": {"where": 'number="{number}"'}}, text)

    if found is None:
        assert re.search(r'["\\]|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]', text)
    else:
        assert query_of(found)["where"] == f'number="{text}"'


def test_refusal_says_what_to_write() -> None:
    """The message names the input and the key, and never the value."""
    with pytest.raises(UsageError, match="quotes: doubled or quotes: backslash") as caught:
        request({"get": "/q", "query": {"where": 'number="{number}"'}}, number='x" OR "1"="1')

    assert "OR" not in str(caught.value)


@pytest.mark.parametrize(
    "query", ["number:{number} state:open", "number=={number};open==true", "(Number:equals:{number})", "n={number}^a=1"]
)
@given(TEXTS)
@example("0000-00-00T:")
@example("2026-11-03T09:30:00+01:00")
def test_predicate_without_quotes(query: str, text: str) -> None:
    """RSQL, Lucene and the like: only what is a word in every language passes."""
    found = sent({"get": "/q", "query": {"q": query}}, text)

    if found is None:
        assert not re.fullmatch(r"[\w.@+#-]+", text) or text.lower() in ("and", "or", "not", "null", "true", "false")
    else:
        assert query_of(found)["q"] == query.replace("{number}", text)
        moment = re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d[\d:.,]*(Z|[+-][\d:]+)?", text, re.I)
        assert moment or not set(text) & set("'\"`\\:=;()^&|<>~!*?,[]{}/ ")


@pytest.mark.parametrize("number", ["Email", "null", "1 or 1", "true", "1;"])
def test_comparison_without_quotes_takes_numbers(number: str) -> None:
    """A name would be a column there, and every row equals itself."""
    for query in ({"$filter": "Id eq {number}"}, {"q": "SELECT Id FROM Order WHERE Id = {number}"}):
        assert sent({"get": "/q", "query": query}, number) is None
        assert sent({"get": "/q", "query": query}, "1002") is not None


@given(TEXTS)
def test_json_inside_a_text(text: str) -> None:
    """A filter written as JSON in a query, in a form, in a plain text and in a JSON text stays that filter."""
    inner = '{"where": {"number": "{number}"}, "limit": 5}'
    expected = {"where": {"number": text}, "limit": 5}
    for call in (
        {"get": "/q", "query": {"filter": inner}},
        {"get": f"/q?filter={inner}"},
        {"post": "/q", "form": {"filter": inner}},
        {"post": "/q", "json": {"filter": inner}},
        {"post": "/q", "text": inner},
    ):
        if found := sent(call, text):
            if "get" in call:
                said = query_of(found)["filter"]
            elif "form" in call:
                said = dict(parse_qsl(found.body.decode()))["filter"]
            else:
                said = json.loads(found.body)["filter"] if "json" in call else found.body.decode()
            assert json.loads(said) == expected


@given(TEXTS)
def test_xml_inside_a_text(text: str) -> None:
    """XML in a parameter, in a JSON text and in a plain text: the value is text of its element."""
    inner = '<find kind="{number}"><no>{number}</no></find>'
    for call in (
        {"get": "/q", "query": {"xml": inner}},
        {"post": "/q", "json": {"x": inner}},
        {"post": "/q", "text": inner},
    ):
        if found := sent(call, text):
            body = found.body.decode()
            said = query_of(found)["xml"] if "get" in call else json.loads(body)["x"] if "json" in call else body
            root = ElementTree.fromstring(said)
            assert (root.get("kind"), root.findtext("no")) == (text, text)


@given(TEXTS)
def test_xml_inside_xml(text: str) -> None:
    """Old services take a whole document as the text of an element: escaped once for each reader."""
    inner = "&lt;find&gt;&lt;no&gt;{number}&lt;/no&gt;&lt;/find&gt;"
    apart = "<call>&lt;find&gt;&lt;no&gt;<!-- here -->{number}&lt;/no&gt;&lt;/find&gt;</call>"
    for body in (apart, f"<call>{inner}</call>", "<call><![CDATA[<find><no>{number}</no></find>]]></call>"):
        if found := sent({"post": "/q", "soap": {"body": body}}, text):
            envelope = ElementTree.fromstring(found.body)
            call = next(envelope.iter("call"))
            assert len(call) == 0
            document = ElementTree.fromstring(call.text or "")
            assert [node.tag for node in document.iter()] == ["find", "no"]
            assert document.findtext("no") == text


@given(TEXTS)
def test_cdata_is_text(text: str) -> None:
    """A value inside CDATA is the text of the element, whatever stands beside it."""
    for body, expected in (
        ("<no><![CDATA[{number}]]></no>", text),
        ("<no><![CDATA[ ]]{number}> ]]></no>", f" ]]{text}> "),
    ):
        if (found := sent({"post": "/q", "xml": body}, text)) and "\r" not in text:
            root = ElementTree.fromstring(found.body)
            assert (root.text or "", len(root)) == (expected, 0)


@given(TEXTS)
def test_query_inside_xml(text: str) -> None:
    """A query language inside an element: first its rule, then XML's."""
    call = {"post": "/q", "xml": "<q>select Id from O where No = '{number}'</q>", "quotes": "doubled"}
    if found := sent(call, text):
        said = ElementTree.fromstring(found.body).text or ""
        assert literal(said.removeprefix("select Id from O where No = "), "doubled") == text


@given(TEXTS)
def test_graphql_document_in_json(text: str) -> None:
    """A document that was pasted with its value inside: the value is a text of GraphQL, which are JSON's."""
    for document in ('{ orders(no: "{number}") { id } }', 'query Q { orders(no: "{number}", n: 5) { id } }'):
        if found := sent({"post": "/q", "json": {"query": document}}, text):
            said = json.loads(found.body)["query"]
            head, tail = document.split("{number}")
            assert json.loads(f'"{said[len(head) : -len(tail)]}"') == text


@given(TEXTS)
def test_header_beside_other_text(text: str) -> None:
    """A cookie stays one cookie."""
    if found := sent({"get": "/q", "headers": {"Cookie": "session={number}; lang=de"}}, text):
        assert found.header("cookie") == f"session={text}; lang=de"
        assert not set(text) & set(' ;,"\\\r\n')


def test_secrets_are_the_engineers() -> None:
    """A secret is escaped where a rule is known, and not refused for signs that a customer may not send."""
    found = request({"get": "/q", "headers": {"X-Auth": "Token k=${SHOP_KEY}"}, "query": {"q": 'k:"${SHOP_KEY}"'}})

    assert (found.header("x-auth"), query_of(found)["q"]) == ("Token k=k/1 2", 'k:"k/1 2"')


def test_nested_names() -> None:
    """A table nests, a list of tables is numbered, a list of values repeats its name; paging finds nested names."""
    search = {"groups": [{"filters": [{"field": "no", "value": "{number}"}]}], "pageSize": 20, "none": None}
    for place in ("query", "form"):
        call = {"post": "/x", place: {"search": search, "tag": ["a", "b"], "ids": [{"a": 1}, 2]}}
        found = request(call, number="A&1=")
        text = urlsplit(found.url).query if place == "query" else found.body.decode()
        assert parse_qsl(text) == [
            ("search[groups][0][filters][0][field]", "no"),
            ("search[groups][0][filters][0][value]", "A&1="),
            ("search[pageSize]", "20"),
            ("tag", "a"),
            ("tag", "b"),
            ("ids[0][a]", "1"),
            ("ids[1]", "2"),
        ]


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_any_method_reads_by_declaration(method: str) -> None:
    """A get with a body, a put that searches: whoever says `reads: true` may send it."""
    found = request({method: "/search", "json": {"no": "{number}"}, "reads": True}, number="7")

    assert (found.method, found.body) == (method.upper(), b'{"no":"7"}')
    if method == "get":
        with pytest.raises(UsageError, match="write post:"):
            outline({"get": "/search", "json": {"no": "{number}"}})


def test_a_mapping_with_all_of_it_loads(tmp_path: Path) -> None:
    """Nested names, JSON in a query and the rule of quotes pass the checks of a file."""
    file = tmp_path / "shop.yaml"
    file.write_text(
        """\
format: 1
merchant: shop
operations:
  find_orders_by_email:
    calls:
      - get: /orders
        query:
          search: {groups: [{filters: [{field: email, value: "{email}"}]}]}
          filter: '{"email": "{email}", "open": {"is": true}}'
        quotes: backslash
      - {name: more, put: /find, json: {q: "email:{email}"}, reads: true}
    orders: {each: "$.data"}
records: {order: {order_number: "@.no", customer_email: "@.mail"}}
"""
    )

    assert wb.load(file).file.problems == ()
