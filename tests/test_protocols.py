"""Failures that come as answers: SOAP faults, GraphQL errors, remote procedure calls; and answers in several parts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xmlrpc.client import Binary, DateTime, Fault, dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from tests.servers import Answer, Ask, order, serving, shop_file
from workbench.errors import CallFailed, DecodeError
from workbench.mapping import load_text
from workbench.pseudonyms import Pseudonyms
from workbench.runtime import Mapping

MAIL = "ann@example.com"
SOAP_1_1, SOAP_1_2 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
FIND = {"post": "/soap", "soap": {"body": "<Find><Mail>{email}</Mail></Find>"}, "reads": True}
RECORD = {"order_number": "@.No", "customer_email": "@.Mail", "created_at": "@.At", "status": {"value": "shipped"}}


pytestmark = pytest.mark.usefixtures("deployment")


def envelope(inner: str, space: str = SOAP_1_1) -> str:
    """An envelope around a body."""
    return f'<?xml version="1.0"?><e:Envelope xmlns:e="{space}"><e:Header/><e:Body>{inner}</e:Body></e:Envelope>'


def by_soap(**call: Any) -> dict[str, Any]:
    """A mapping's operations with one SOAP call."""
    orders = {"each": "$.Envelope.Body.FindResponse.Order"}
    return {"find_orders_by_email": {"calls": [{**FIND, **call}], "orders": orders}}


def failing(ask: Ask, folder: Path, answer: Answer, operations: dict[str, Any]) -> str:
    """What is told of an answer that is a failure."""
    with serving(lambda seen: answer) as server, pytest.raises(CallFailed) as caught:
        ask(shop_file(folder, server.url, operations, RECORD), email=MAIL)
    return str(caught.value)


# ---------------------------------------------------------------- SOAP


def fault(inner: str) -> str:
    """A fault of an envelope's prefix."""
    return f"<e:Fault>{inner}</e:Fault>"


TYPED = "<detail><n:OrderFault xmlns:n='urn:x'><n:Code>NO_SUCH</n:Code></n:OrderFault></detail>"
TYPED_TOLD = (
    "SOAP fault (Client), detail OrderFault; ask the merchant what it means; if it means no such order, say "
    'not_found_when: {"$.Envelope.Body.Fault.detail.OrderFault.Code": ...}'
)
NEWER = (
    "<e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>m:NoOrder</e:Value></e:Subcode></e:Code>"
    "<e:Reason><e:Text xml:lang='en'>jane</e:Text></e:Reason>"
)


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("space", "body", "told"),
    [
        (SOAP_1_1, fault("<faultcode>e:Client</faultcode><faultstring>jane</faultstring>"), "SOAP fault (Client)"),
        (SOAP_1_1, fault("<faultcode/><faultstring/>"), "SOAP fault"),
        (SOAP_1_1, "<e:Fault/>", "SOAP fault"),
        (SOAP_1_1, fault(f"<faultcode>Client</faultcode>{TYPED}"), TYPED_TOLD),
        (SOAP_1_2, fault(NEWER), "SOAP fault (Sender, NoOrder)"),
        ("urn:some:other", fault("<faultcode>Server</faultcode>"), "SOAP fault (Server)"),
    ],
)
def test_soap_faults(ask: Ask, tmp_path: Path, status: int, space: str, body: str, told: str) -> None:
    """Whatever the version, status and namespace, with a code or without: told by its code, never by its text."""
    said = failing(ask, tmp_path, Answer(envelope(body, space), status), by_soap())

    assert told in said
    assert "jane" not in said


@pytest.mark.parametrize("status", [200, 500])
def test_fault_that_means_no_such_order(ask: Ask, tmp_path: Path, status: int) -> None:
    """The mapping says which code of a typed detail is no failure."""
    body = fault("<faultcode>x</faultcode><detail><F><Code>NO_SUCH_ORDER</Code></F></detail>")
    operations = by_soap(not_found_when={"$.Envelope.Body.Fault.detail.F.Code": "NO_SUCH_ORDER"})
    with serving(lambda seen: Answer(envelope(body), status)) as server:
        result = ask(shop_file(tmp_path, server.url, operations, RECORD), email=MAIL)

    assert result.outcome == "none"


@pytest.mark.parametrize("space", [SOAP_1_1, SOAP_1_2, "urn:not:soap"])
@pytest.mark.parametrize("said", [None, "soap"])
def test_answer_in_the_wrong_namespace(ask: Ask, tmp_path: Path, space: str, said: str | None) -> None:
    """Stacks that mix up namespaces are read by local names, also where the call says format: soap."""
    one = f"<Order><q:No xmlns:q='urn:q'>A-1</q:No><Mail>{MAIL}</Mail><At>2026-01-02</At></Order>"
    inner = f"<m:FindResponse xmlns:m='urn:wrong'>{one}</m:FindResponse>"
    with serving(lambda seen: Answer(envelope(inner, space))) as server:
        operations = by_soap(**({"format": said} if said else {}))
        result = ask(shop_file(tmp_path, server.url, operations, RECORD), email=MAIL)

    assert [one.order_number for one in result.orders] == ["A-1"]


@pytest.mark.parametrize(
    "content_type", ['multipart/related; type="application/xop+xml"; boundary=x', "text/xml", None]
)
def test_answer_in_several_parts(content_type: str | None) -> None:
    """MTOM and attachments are refused by name, whatever the header promises."""
    body = f"--x\r\nContent-Type: application/xop+xml\r\nContent-ID: <0>\r\n\r\n{envelope('<r/>')}\r\n--x--".encode()

    with pytest.raises(DecodeError, match=r"several parts \(MTOM or attachments\).*without attachments"):
        wb.decode(body, content_type=content_type)


@pytest.mark.parametrize("text", ["--x\n", "-- a comment: 1", '"--x\\r\\nContent-Type: a"', "-1"])
def test_what_only_starts_like_parts(text: str) -> None:
    """A dash alone makes no parts."""
    try:
        wb.decode(text.encode())
    except DecodeError as error:
        assert "parts" not in str(error)


def test_element_that_is_named_like_an_envelope(ask: Ask, tmp_path: Path) -> None:
    """Only an Envelope is one: a body that begins with GetEnvelope stands inside ours."""
    operations = by_soap(soap={"body": "<GetEnvelopes><Mail>{email}</Mail></GetEnvelopes>"})
    with serving(lambda seen: Answer(envelope("<FindResponse/>"))) as server:
        ask(shop_file(tmp_path, server.url, operations, RECORD), email=MAIL)

    assert b"<soapenv:Body><GetEnvelopes>" in server.seen[0].body


# ---------------------------------------------------------------- GraphQL


def by_graphql(**call: Any) -> dict[str, Any]:
    """A mapping's operations with one GraphQL call."""
    asked = {"document": "query($m: String!) { orders(m: $m) { number } }", "variables": {"m": "{email}"}}
    return {
        "find_orders_by_email": {
            "calls": [{"post": "/graphql", "graphql": asked, "reads": True, **call}],
            "orders": {"each": "$.data.orders.nodes"},
        }
    }


ORDERS = {"nodes": [order("A-1")]}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {"data": None, "errors": [{"message": "jane@x.example", "extensions": {"code": "THROTTLED"}}]},
            "GraphQL errors (THROTTLED)",
        ),
        ({"errors": [{"message": "x"}]}, "GraphQL errors"),
        ({"errors": {"message": "x"}}, "GraphQL errors"),
        ({"errors": "x"}, "GraphQL errors"),
        (
            {"data": {"orders": ORDERS}, "errors": [{"message": "x", "path": ["orders", "nodes", 0, "parcels"]}]},
            "the answer is partial: GraphQL errors at $.data.orders.nodes[*].parcels",
        ),
        (
            {"data": {"orders": {"__typename": "AccessDeniedError", "message": "jane"}}},
            "error union (AccessDeniedError)",
        ),
        (
            {"data": {"shop": {"orders": {"__typename": "NotFoundError"}}}},
            '{"$.data.shop.orders.__typename": NotFoundError}',
        ),
        ({"data": {"orders": {"userErrors": [{"message": "jane", "code": "INVALID"}]}}}, "userErrors (INVALID)"),
        ({"data": {"orders": {"nodes": [], "customerUserErrors": [{"message": "x"}]}}}, "customerUserErrors"),
        ({"data": {"orders": {"order": None, "errors": [{"message": "x"}]}}}, "holds errors"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_graphql_failures(ask: Ask, tmp_path: Path, answer: Any, told: str, status: int) -> None:
    """Errors, partial data, error unions and userErrors, whatever the status; codes and places are told, no message."""
    said = failing(ask, tmp_path, Answer(answer, status), by_graphql())

    assert told in said
    assert "jane" not in said


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"orders": ORDERS}, "errors": []},
        {"data": {"orders": ORDERS}, "errors": None},
        {"data": {"orders": {**ORDERS, "userErrors": [], "__typename": "OrderConnection"}}},
        {
            "data": {
                "orders": {"nodes": [{**order("A-1"), "__typename": "Order", "lastError": {"__typename": "SyncError"}}]}
            }
        },
        {
            "data": {
                "orders": {
                    "nodes": [{**order("A-1"), "errors": [{"message": "declined"}], "userErrors": [{"message": "x"}]}]
                }
            }
        },
        {"data": {"orders": {**ORDERS, "errors": [{"message": "an old one"}]}}},
        {"data": {"orders": ORDERS}, "extensions": {"errors": [{"message": "x"}]}},
    ],
)
def test_no_false_alarm(ask: Ask, tmp_path: Path, answer: Any) -> None:
    """What the merchant tells of an order is no failure of the call."""
    with serving(lambda seen: Answer(answer)) as server:
        result = ask(shop_file(tmp_path, server.url, by_graphql()), email=MAIL)

    assert [one.order_number for one in result.orders] == ["A-1"]


def test_error_union_that_means_no_such_order(ask: Ask, tmp_path: Path) -> None:
    """The mapping says which."""
    operations = by_graphql(not_found_when={"$.data.orders.__typename": "OrderNotFoundError"})
    with serving(lambda seen: Answer({"data": {"orders": {"__typename": "OrderNotFoundError"}}})) as server:
        assert ask(shop_file(tmp_path, server.url, operations), email=MAIL).outcome == "none"


@given(
    st.recursive(
        st.one_of(st.none(), st.text(max_size=5), st.integers()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["data", "errors", "__typename", "userErrors", "path", "extensions", "code", "a"]),
                inner,
            ),
        ),
        max_leaves=12,
    )
)
def test_any_graphql_answer_is_judged(answer: Any) -> None:
    """Whatever shape an answer has: a result, never an exception."""
    data = {
        "format": 1,
        "merchant": "shop",
        "operations": by_graphql(),
        "records": {"order": {"order_number": "@.number", "customer_email": "@.email"}},
    }
    result = Mapping(load_text(json.dumps(data))).map(
        json.dumps({"data": answer, "errors": answer}).encode(), inputs={"email": MAIL}
    )

    assert result.outcome in ("found", "none", "withheld", "failed")


# ---------------------------------------------------------------- JSON-RPC and XML-RPC


def test_json_rpc(ask: Ask, tmp_path: Path) -> None:
    """A plain JSON body with a method; its error is a failure with status 200, and can mean that there is none."""
    body = {"jsonrpc": "2.0", "method": "order.find", "params": {"email": "{email}"}, "id": 1}
    call = {"post": "/rpc", "json": body, "reads": True, "not_found_when": {"$.error.code": -32004}}
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$.result"}}}
    answers = [
        Answer({"jsonrpc": "2.0", "id": 1, "result": [order("A-1")]}),
        Answer({"jsonrpc": "2.0", "id": 1, "error": {"code": -32004, "message": "none"}}),
        Answer({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "jane@x.example"}}),
        Answer({"id": 1, "result": [order("A-2")], "error": None}),
    ]
    with serving(lambda seen: answers.pop(0)) as server:
        folder = shop_file(tmp_path, server.url, operations)
        assert [one.order_number for one in ask(folder, email=MAIL).orders] == ["A-1"]
        assert ask(folder, email=MAIL).outcome == "none"
        with pytest.raises(CallFailed, match=r"JSON-RPC error \(-32602\)") as caught:
            ask(folder, email=MAIL)
        assert [one.order_number for one in ask(folder, email=MAIL).orders] == ["A-2"]

    assert "jane" not in str(caught.value)
    assert json.loads(server.seen[0].body)["params"] == {"email": MAIL}


def test_an_error_member_of_plain_json_is_the_merchant_s(ask: Ask, tmp_path: Path) -> None:
    """Only a call that is JSON-RPC makes `error` a failure."""
    operations = {"find_orders_by_email": {"calls": [{"get": "/orders"}], "orders": {"each": "$.orders"}}}
    with serving(lambda seen: Answer({"orders": [order("A-1")], "error": {"code": 0}})) as server:
        assert ask(shop_file(tmp_path, server.url, operations), email=MAIL).outcome == "found"


XML_RPC = (
    "<?xml version='1.0'?><methodCall><methodName>order.find</methodName><params><param><value><string>{email}"
    "</string></value></param></params></methodCall>"
)


def test_xml_rpc(ask: Ask, tmp_path: Path) -> None:
    """Structs and arrays are objects and lists of their values; a fault is a failure, with its code."""
    call = {"post": "/RPC2", "xml": XML_RPC, "reads": True}
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$.answer.orders"}}}
    found = {
        "orders": [
            {"number": "A-1", "email": "a<b@example.com", "created": DateTime("20261103T09:30:00"), "state": "2"}
        ]
    }
    record = {
        "order_number": "@.number",
        "customer_email": "@.email",
        "created_at": "@.created",
        "status": {"value": "shipped"},
    }
    answers = [
        Answer(dumps((found,), methodresponse=True)),
        Answer(dumps(Fault(4, "jane@x.example"))),
    ]
    with serving(lambda seen: answers.pop(0)) as server:
        folder = shop_file(tmp_path, server.url, operations, record)
        result = ask(folder, email="a<b@example.com")
        with pytest.raises(CallFailed, match=r"XML-RPC fault \(4\)") as caught:
            ask(folder, email="a<b@example.com")

    assert [(one.order_number, one.created_at) for one in result.orders] == [("A-1", "2026-11-03T09:30:00")]
    assert b"<string>a&lt;b@example.com</string>" in server.seen[0].body
    assert "jane" not in str(caught.value)


@given(
    st.recursive(
        st.one_of(
            st.booleans(),
            st.integers(-(2**31), 2**31 - 1),
            st.text(st.characters(min_codepoint=33, max_codepoint=0xD7FF), max_size=8),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=4), inner, max_size=4
            ),
        ),
        max_leaves=15,
    )
)
def test_xml_rpc_values_are_what_python_sent(value: Any) -> None:
    """What Python's own client writes is read back, but for what XML cannot tell from nothing."""

    def told(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: told(one) for key, one in node.items()}
        if isinstance(node, list):
            return [told(one) for one in node]
        return node

    document = wb.decode(dumps((value,), methodresponse=True).encode())

    assert document.format == "xmlrpc"
    assert document.root == {"answer": told(value)}


def test_xml_rpc_of_every_kind() -> None:
    """Doubles are exact, nil is null, base64 stays text, a value without a type is text; other XML stays XML."""
    text = dumps(({"a": 1.10, "b": None, "c": Binary(b"x"), "d": True},), methodresponse=True, allow_none=True)
    bare = "<methodResponse><params><param><value>just text</value></param></params></methodResponse>"

    assert wb.decode(text.encode()).root == {"answer": {"a": Decimal("1.1"), "b": None, "c": "eA==", "d": True}}
    assert wb.decode(bare).root == {"answer": "just text"}
    assert wb.decode(bare, format="xml").format == "xml"
    assert wb.decode("<methodResponse>x</methodResponse>").format == "xml"
    with pytest.raises(DecodeError, match="XML-RPC"):
        wb.decode('{"a": 1}', format="xmlrpc")
    with pytest.raises(DecodeError, match="without an answer of XML-RPC"):
        wb.decode("<a><b>1</b></a>", format="xmlrpc")


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<params/>",
        "<fault/>",
        "<params><param/></params>",
        "<params><param><value><struct/></value></param></params>",
        "<fault><value>x</value></fault>",
        "<params><param><value><struct><member/></struct></value></param></params>",
        "<params><param><value><array/></value></param><param/></params>",
        "<params><param><value><int>x</int></value></param></params>",
        "<params><param><value><struct><member><name>a</name></member></struct><int>1</int></value></param></params>",
    ],
)
def test_xml_rpc_that_is_broken(inner: str) -> None:
    """Whatever is missing: a document or our own error."""
    for format in (None, "xmlrpc"):
        try:
            assert isinstance(wb.decode(f"<methodResponse>{inner}</methodResponse>", format=format).root, dict)
        except DecodeError:
            pass


def test_samples_of_xml_rpc_hold_no_customer() -> None:
    """The name of a member tells what its value is, as an element's name does elsewhere."""
    body = dumps(
        ({"customer_name": "Wilhelmina Ashworth", "email": "wilma@shop-mail.example", "number": "A-1"},),
        methodresponse=True,
    )
    made = Pseudonyms(b"k" * 32).body(body.encode(), "text/xml").data

    text = made.decode()
    assert "Wilhelmina" not in text
    assert "wilma" not in text
    assert set(wb.decode(made).root["answer"]) == {"customer_name", "email", "number"}
