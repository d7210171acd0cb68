"""Requests, authentication and whole lookups as generators, driven by hand: no network."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.calls import Operations, Request, Response, Tally, make_auth
from workbench.calls.auth import KINDS, with_parameter
from workbench.calls.bodies import json_of
from workbench.calls.messages import Flow
from workbench.calls.requests import Outline, Turn, compile_base
from workbench.calls.values import Unfit, Values, header_value, path_segment, query_value, xml_text
from workbench.documents import Limits
from workbench.errors import AddressRefused, CallFailed, Unreachable, UsageError
from workbench.mapping import auth_kinds
from workbench.orders import Result
from workbench.plan import Plan, compile_plan

SECRETS = {"SHOP_USER": "joan", "SHOP_KEY": "k/1 2", "SHOP_BAD": "a\nb", "SHOP_COLON": "a:b"}
BASE = compile_base("https://shop.example:8443/v2/")


def plan_of(call: dict[str, Any], **mapping: Any) -> Plan:
    """A plan with one call."""
    operations = {"find_order_by_number": {"calls": [call], "orders": {"each": "$.data"}}}
    record = {"order_number": "@.no", "status": {"value": "shipped"}}
    data = {"format": 1, "merchant": "shop", "operations": operations, "records": {"order": record}, **mapping}
    return compile_plan(data)


def outline(call: dict[str, Any]) -> Outline:
    """What builds the requests of one call."""
    return Outline(plan_of(call).operations["find_order_by_number"].calls[0], BASE)


def request(
    call: dict[str, Any], found: dict[str, list[Any]] | None = None, turn: Turn | None = None, **inputs: str
) -> Request:
    """The request of a call; `found` are the values at its paths."""
    values = Values("main", inputs, lambda path: (found or {}).get(path.text, []), SECRETS.__getitem__)
    return outline(call).request(values, turn or Turn())


# ---------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/orders/{number}", "/v2/orders/A%201"),
        ("orders", "/v2/orders"),
        ("", "/v2"),
        ("?all=1", "/v2?all=1"),
        ("/o/{number}/x?n={number}&m=é", "/v2/o/A%201/x?n=A%201&m=%C3%A9"),
        ("/Größe/a b", "/v2/Gr%C3%B6%C3%9Fe/a%20b"),
        ("/orders('{number}')", "/v2/orders('A%201')"),
        ("/{number}{number}", "/v2/A%201A%201"),
        ("/k/${SHOP_KEY}", "/v2/k/k%2F1%202"),
        ("https://shop.example:8443/other/{number}", "/other/A%201"),
        ("https://shop.example:8443?x=1", "/?x=1"),
    ],
)
def test_url(url: str, expected: str) -> None:
    """A call's URL stands below the base URL, or is on the same server; values are percent-encoded."""
    assert request({"get": url}, number="A 1").url == f"https://shop.example:8443{expected}"


def test_fixed_texts_of_parameters_are_values_too() -> None:
    """What the file writes out cannot become another parameter or another sign, in a query and in a form."""
    table = {"note": "a b&c=ü+1#%20", "$filter": "no eq '{number}' and x eq 1", "ids[]": ["1", "{number}"]}
    encoded = "note=a%20b%26c%3D%C3%BC%2B1%23%2520&%24filter=no%20eq%20'A1'%20and%20x%20eq%201&ids%5B%5D=1&ids%5B%5D=A1"

    assert request({"get": "/o", "query": table}, number="A1").url.partition("?")[2] == encoded
    assert request({"post": "/o", "form": table}, number="A1").body.decode() == encoded


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/x",
        "http://shop.example:8443/",
        "https://{number}:8443/",
        "https://shop.example:8443@evil.example/",
    ],
)
def test_url_on_another_server(url: str) -> None:
    """Scheme, host and port are those of the base URL, and never filled in."""
    with pytest.raises(AddressRefused, match="not on the server of base_url"):
        outline({"get": url})


@pytest.mark.parametrize("url", ["/a/../b", "/..", "/a/%2e%2E/b", "/./x", "/a#b", "/a/..%2fb"])
def test_url_that_is_refused(url: str) -> None:
    """A mapping's own path is written out."""
    with pytest.raises(UsageError):
        outline({"get": url})


@pytest.mark.parametrize(
    "url",
    [
        "shop.example", "ftp://shop.example", "https://", "https:///x", "https://u:p@shop.example", "https://shop.example?x=1",
        "https://shop.example#x", "https://shop example", "https://shop.example:99999", "https://shop\\.example", "https://[::1",
    ],
)  # fmt: skip
def test_base_url_that_is_none(url: str) -> None:
    """What is wrong with it is told without repeating it: it may hold credentials."""
    with pytest.raises(UsageError, match="base_url") as caught:
        compile_base(url)

    assert "u:p" not in str(caught.value)


def test_two_values_never_make_dots() -> None:
    """Values that are harmless alone could lead elsewhere together; dots are refused one by one."""
    with pytest.raises(UsageError):
        request({"get": "/a/.{number}/b"}, number="x/../..")
    with pytest.raises(UsageError):
        request({"get": "/a/{number}{number}/b"}, number=".")


@given(st.text(min_size=1))
def test_path_segment_is_one_segment(text: str) -> None:
    """Whatever text there is: refused, or one segment that no server reads as a path."""
    try:
        segment = path_segment(text)
    except Unfit:
        return

    assert segment
    assert segment.isascii()
    assert not set(segment) & set("/?#\\;:@&=+$, ")
    assert segment.replace(".", "")


@given(st.text())
def test_query_value_is_one_value(text: str) -> None:
    """Whatever text there is: it comes out of a query as it went in."""
    try:
        value = query_value(text)
    except Unfit:
        return

    assert parse_qsl(f"a={value}&b=1", keep_blank_values=True) == [("a", text), ("b", "1")]


@given(st.text())
def test_xml_text_is_text(text: str) -> None:
    """Whatever text there is: an XML parser reads it back, in an element and in an attribute."""
    try:
        value = xml_text(text)
    except Unfit:
        return

    element = ElementTree.fromstring(f"<a b=\"{value}\" c='{value}'>{value}</a>")
    assert (element.text or "", element.get("b"), element.get("c")) == (text, text, text)


@given(st.text())
def test_header_value_is_one_line(text: str) -> None:
    """Whatever text there is: refused, or printable ASCII without line ends."""
    try:
        value = header_value(text)
    except Unfit:
        return

    assert all(sign == "\t" or " " <= sign <= "~" for sign in value)


# ---------------------------------------------------------------- bodies and headers


def test_json_body_stays_typed() -> None:
    """A number of an answer stays a number, an input stays text, a text with more in it is text."""
    body = {
        "no": "{number}",
        "id": "{@.id}",
        "n": 1.5,
        "d": Decimal("0.10"),
        "t": "no {@.id}!",
        "b": [True, None, "{@.b}"],
    }
    sent = request(
        {"post": "/x", "json": body}, {"@.id": [Decimal("12345678901234567890.50"), 2], "@.b": [False]}, number="7"
    )

    assert sent.body.decode() == (
        '{"no":"7","id":12345678901234567890.50,"n":1.5,"d":0.10,'
        '"t":"no 12345678901234567890.50!","b":[true,null,false]}'
    )
    assert sent.header("content-type") == "application/json"


def test_keys_are_no_templates_and_other_braces_are_braces() -> None:
    """Only `{name}`, a path and `${NAME}` are filled in."""
    sent = request({"post": "/x", "json": {"{number}": "a { b } {} {1} {{number}}"}}, number="7")

    assert sent.body.decode() == '{"{number}":"a { b } {} {1} {7}"}'


def test_xml_body() -> None:
    """Values are escaped; the declared encoding is kept."""
    text = '<?xml version="1.0" encoding="iso-8859-1"?><a n="{number}">{number} é</a>'
    sent = request({"post": "/x", "xml": text}, number="<&\"' €")

    escaped = "&lt;&amp;&quot;&apos; &#8364;"
    assert sent.body.decode("iso-8859-1").endswith(f'<a n="{escaped}">{escaped} é</a>')
    with pytest.raises(UsageError, match="XML forbids"):
        request({"post": "/x", "xml": text}, number="\x00")


def test_soap_1_2() -> None:
    """The action goes with the content type; a body that is an envelope stays as it is."""
    sent = request({"post": "/x", "soap": {"action": "urn:A", "version": "1.2", "body": "<A>{number}</A>"}}, number="<")

    assert sent.header("content-type") == 'application/soap+xml; charset=utf-8; action="urn:A"'
    assert b"http://www.w3.org/2003/05/soap-envelope" in sent.body
    assert b"<soapenv:Body><A>&lt;</A></soapenv:Body>" in sent.body
    own = '<e:Envelope xmlns:e="x"><e:Body/></e:Envelope>'
    assert request({"post": "/x", "soap": {"body": own}}, number="7").body.decode() == own


def test_text_body_takes_inputs_only() -> None:
    """Nothing says how a value of an answer would be escaped there."""
    assert request({"post": "/x", "text": "FIND {number}"}, number="A-1").body == b"FIND A-1"
    with pytest.raises(UsageError, match="takes inputs only"):
        outline({"post": "/x", "text": "FIND {@.id}"})
    with pytest.raises(UsageError, match="line ends or control characters"):
        request({"post": "/x", "text": "FIND {number}"}, number="A\nDELETE")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"get": "/x", "json": {}}, "write post:"),
        ({"post": "/x", "graphql": {"variables": {}}}, "needs document:"),
        ({"post": "/x", "form": ["a"]}, "table of names and values"),
        ({"post": "/x", "xml": "<a><!-- {number} --></a>"}, "a comment"),
        ({"post": "/x", "xml": "<a {number}='1'/>"}, "a tag of XML"),
        ({"post": "/x", "json": {"query": '{ a(b: """{number}""") { c } }'}}, "block string"),
        ({"get": "/x?{number}"}, "name of a parameter"),
        ({"post": "/x", "soap": {"action": "a"}}, "no body"),
        ({"post": "/x", "soap": {"version": "2", "body": "<a/>"}}, "no version"),
        ({"post": "/x", "xml": {"a": 1}}, "not a text"),
        ({"get": "/x", "headers": {"Bad Name": "x"}}, "no name of a header"),
        ({"get": "/x", "headers": {"Host": "evil.example"}}, "is set when sending"),
        ({"get": "/x", "headers": {"X": "a\r\nb"}}, "ASCII only"),
        ({"get": "/x", "headers": {"X": "{@..a}"}}, "more than names"),
    ],
)
def test_call_that_cannot_be_sent(call: dict[str, Any], told: str) -> None:
    """Told when the merchant is opened, with what to write."""
    with pytest.raises(UsageError, match=told):
        outline(call)


def test_headers() -> None:
    """The call's own win over ours, whatever their case."""
    sent = request(
        {"post": "/x", "json": {}, "headers": {"content-type": "application/x", "X-No": "n {number}"}}, number="7"
    )

    assert sent.headers == (
        ("content-type", "application/x"),
        ("X-No", "n 7"),
        ("Accept", "application/json, application/xml;q=0.9, */*;q=0.8"),
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_of_is_json(data: Any) -> None:
    """What is written is read back, numbers to the digit."""

    def plain(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items()}
        if isinstance(node, list):
            return [plain(value) for value in node]
        is_number = isinstance(node, (int, Decimal)) and not isinstance(node, bool)
        return Decimal(node) if is_number else node

    assert json.loads(json_of(data), parse_int=Decimal, parse_float=Decimal) == plain(data)


# ---------------------------------------------------------------- authentication


def signed(
    auth: dict[str, Any], url: str = "https://shop.example/x", headers: tuple[tuple[str, str], ...] = ()
) -> Request:
    """The request that a kind of authentication sends."""
    return next(make_auth(auth, SECRETS.__getitem__).flow(Request("GET", url, headers)))


def test_flow_returns_the_answer() -> None:
    """A kind that only signs sends once and gives back what came."""
    flow = make_auth({"kind": "bearer", "token": "${SHOP_USER}"}, SECRETS.__getitem__).flow(Request("GET", "https://x"))
    assert next(flow).header("authorization") == "Bearer joan"
    with pytest.raises(StopIteration) as done:
        flow.send(Response(401))

    assert done.value.value == Response(401)


def test_key_in_the_query_takes_the_place_of_another() -> None:
    """A page's link that repeats the key does not double it."""
    auth = {"kind": "api_key", "in": "query", "name": "the key", "value": "${SHOP_KEY}"}

    assert signed(auth).url == "https://shop.example/x?the%20key=k%2F1%202"
    assert (
        signed(auth, "https://shop.example/x?the+key=old&a=1").url == "https://shop.example/x?a=1&the%20key=k%2F1%202"
    )
    assert with_parameter("https://x/?a=1&b", "b", "2") == "https://x/?a=1&b=2"


def test_cookie_joins_others() -> None:
    """A call's own cookie stays."""
    auth = {"kind": "api_key", "in": "cookie", "name": "sid", "value": "${SHOP_USER}"}

    assert signed(auth, headers=(("cookie", "a=b"),)).headers == (("Cookie", "a=b; sid=joan"),)


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ({"kind": "basic", "username": "${SHOP_COLON}", "password": "${SHOP_USER}"}, "colon"),
        ({"kind": "bearer", "token": "${SHOP_BAD}"}, "the value of SHOP_BAD cannot stand in a header"),
        ({"kind": "api_key", "in": "header", "name": "X", "value": "${SHOP_BAD}"}, "SHOP_BAD cannot stand in a header"),
        ({"kind": "api_key", "in": "cookie", "name": "X", "value": "${SHOP_KEY}"}, "SHOP_KEY cannot stand in a cookie"),
        ({"kind": "api_key", "in": "header", "name": "X Y", "value": "${SHOP_KEY}"}, "no name of a header"),
        ({"kind": "api_key", "in": "body", "name": "X", "value": "${SHOP_KEY}"}, "one of header, query, cookie"),
        ({"kind": "bearer"}, "needs token:"),
        ({"kind": "kerberos"}, "one of none, basic, bearer, api_key"),
    ],
)
def test_authentication_that_cannot_be(auth: dict[str, Any], told: str) -> None:
    """The secret's name is told, its value is not."""
    with pytest.raises(UsageError, match=told) as caught:
        signed(auth)

    assert not any(value in str(caught.value) for value in SECRETS.values())
    assert set(KINDS) == set(auth_kinds.KINDS)


# ---------------------------------------------------------------- whole lookups


def operations(call: dict[str, Any], max_calls: int = 200) -> Operations:
    """The operations of a plan with one call."""
    auth = make_auth(None, SECRETS.__getitem__)
    return Operations(plan_of(call), BASE, auth, SECRETS.__getitem__, Limits(), max_calls)


def drive(flow: Flow[Result], answer: Callable[[Request], Response | Exception]) -> Result:
    """Drives a lookup; an answer that is an error is thrown in."""
    try:
        sent = next(flow)
        while True:
            given_back = answer(sent)
            sent = flow.throw(given_back) if isinstance(given_back, Exception) else flow.send(given_back)
    except StopIteration as done:
        result: Result = done.value
        return result


def test_lookup_without_a_network() -> None:
    """The same body serves every driver."""
    tally = Tally()
    flow = operations({"get": "/orders", "query": {"no": "{number}"}}).lookup(
        "find_order_by_number", {"number": 7}, tally
    )
    result = drive(flow, lambda sent: Response(200, {"content-type": "application/json"}, b'{"data": [{"no": 7}]}'))

    assert [order.order_number for order in result.orders] == ["7"]
    assert (tally.calls, tally.statuses, tally.bytes) == (1, [200], 21)


def test_lookup_that_meets_an_error() -> None:
    """What is thrown in comes out, where the first call is concerned."""
    tally = Tally()
    flow = operations({"get": "/orders"}).lookup("find_order_by_number", {"number": "7"}, tally)
    with pytest.raises(Unreachable, match="no connection"):
        drive(flow, lambda sent: Unreachable("no connection"))

    assert (tally.calls, tally.statuses) == (1, [])


def test_value_of_an_answer_that_fits_nowhere() -> None:
    """It fails the call, and the error holds the path rather than the value."""
    values = Values("main", {}, lambda path: ["../secret"], SECRETS.__getitem__)
    with pytest.raises(CallFailed, match=r"the value of @\.id cannot stand in a path") as caught:
        outline({"get": "/x/{@.id}"}).request(values, Turn())

    assert "secret" not in str(caught.value)


def test_graphql_document_needs_no_inputs() -> None:
    """What looks like an input there is a selection."""
    call = {"post": "/g", "reads": True, "graphql": {"document": "{orders{id}}", "variables": {"no": "{number}"}}}
    flow = operations(call).lookup("find_order_by_number", {"number": "7"}, Tally())

    assert next(flow).body == b'{"query":"{orders{id}}","variables":{"no":"7"}}'
