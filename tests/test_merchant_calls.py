"""Calls that fail, and lookups of several calls: what is told, and what is unavailable rather than absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    PARCELS,
    PASSWORD,
    USER,
    Answer,
    Ask,
    Seen,
    ask_async,
    ask_sync,
    by_email,
    order,
    serving,
    shop_file,
    two_calls,
    with_parcels,
)
from workbench.errors import (
    CallFailed,
    Forbidden,
    HttpError,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)

BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
MAIL = "ann@example.com"


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the deployment says: this machine may be called, and here are the shop's secrets."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("SHOP_USER", USER)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    monkeypatch.delenv("WORKBENCH_PROXY", raising=False)
    monkeypatch.delenv("SHOP_HOSTS", raising=False)


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Asks once, in both ways."""
    chosen: Ask = request.param
    return chosen


# ---------------------------------------------------------------- failures are told apart


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, HttpError, "refuses the request"),
        (401, Unauthorized, "check SHOP_USER, SHOP_PASSWORD"),
        (403, Forbidden, "ask the merchant to let them read orders"),
        (404, NotFound, "say not_found_when: {http.status: 404}"),
        (429, RateLimited, "try again after 30 seconds"),
        (500, ServerError, "the merchant's server failed"),
        (503, ServerError, "try again after 30 seconds"),
    ],
)
def test_status_that_is_no_answer(ask: Ask, tmp_path: Path, status: int, kind: type[HttpError], told: str) -> None:
    """Each status is an error of its own kind that says what to do, and never "no such order"."""
    with (
        serving(lambda seen: Answer({"data": []}, status, {"Retry-After": "30"})) as server,
        pytest.raises(HttpError, match=told) as caught,
    ):
        ask(shop_file(tmp_path, server.url, auth=BASIC), email=MAIL)

    assert type(caught.value) is kind
    assert caught.value.status == status
    assert MAIL not in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://169.254.169.254/latest/meta-data", "a redirect to another server"),
        ("/orders/?email=x", "a redirect to another path of the same server"),
        ("", "a redirect to nowhere"),
        ("http://[bad", "a redirect to another server"),
    ],
)
def test_redirects_are_not_followed(ask: Ask, tmp_path: Path, location: str, told: str) -> None:
    """A redirect may lead to a private address or take secrets elsewhere."""
    headers = {"Location": location} if location else {}
    with serving(lambda seen: Answer("", 302, headers)) as server, pytest.raises(HttpError, match=told):
        ask(shop_file(tmp_path, server.url), email=MAIL)

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<!DOCTYPE html><html><body>Please log in</body></html>", "HTML"),
        ('{"data": [', "JSON|json"),
        (b"", "an empty answer.*not_found_when"),
        (b"\x00\xff\x00", "."),
    ],
)
def test_answer_that_cannot_be_read(ask: Ask, tmp_path: Path, body: Any, told: str) -> None:
    """A page with status 200 is not an answer."""
    with (
        serving(lambda seen: Answer(body, headers={"Content-Type": "application/json"})) as server,
        pytest.raises(wb.DecodeError, match=told),
    ):
        ask(shop_file(tmp_path, server.url), email=MAIL)


def test_empty_answer_that_means_none(ask: Ask, tmp_path: Path) -> None:
    """204 without a body means "no such order" where the mapping says so."""
    operations = {"find_orders_by_email": by_email(not_found_when={"http.status": [204, 404]})}
    with serving(lambda seen: Answer(b"", 204)) as server:
        assert ask(shop_file(tmp_path, server.url, operations), email=MAIL).outcome == "none"


def test_answer_that_says_it_failed(ask: Ask, tmp_path: Path) -> None:
    """`not_found_when` is asked first, then `fail_when`."""
    checks = {
        "not_found_when": {"$.error.code": "NO_SUCH"},
        "fail_when": {"$.error": {"is": "present"}},
    }
    words = ["NO_SUCH", "BROKEN"]
    with serving(lambda seen: Answer({"error": {"code": words.pop(0)}})) as server:
        folder = shop_file(tmp_path, server.url, {"find_orders_by_email": by_email(**checks)})
        assert ask(folder, email=MAIL).outcome == "none"
        with pytest.raises(CallFailed, match="the answer says that the call failed"):
            ask(folder, email=MAIL)


def test_answer_is_judged_by_its_headers(ask: Ask, tmp_path: Path) -> None:
    """Some systems say in a header what the status does not."""
    operations = {"find_orders_by_email": by_email(fail_when={"http.header.X-Api-Status": "error"})}
    with (
        serving(lambda seen: Answer({"data": []}, headers={"x-api-status": "ERROR"})) as server,
        pytest.raises(CallFailed),
    ):
        ask(shop_file(tmp_path, server.url, operations), email=MAIL)


def test_soap_call(ask: Ask, tmp_path: Path) -> None:
    """A SOAP call is an envelope around a template; its fault is a failure, also with status 500."""
    body = "<GetOrders xmlns='urn:shop'><Mail>{email}</Mail></GetOrders>"
    soap = {"post": "/soap", "soap": {"action": "urn:shop/GetOrders", "body": body}, "reads": True}
    operations = {
        "find_orders_by_email": {
            "calls": [soap],
            "orders": {"each": "$.Envelope.Body.Orders.Order"},
        }
    }
    record = {"order_number": "@.No", "customer_email": "@.Mail", "created_at": "@.At", "status": {"value": "shipped"}}
    envelope = '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{}</e:Body></e:Envelope>'
    one = "<Orders><Order><No>A-1</No><Mail>o'hara&amp;co@example.com</Mail><At>2026-01-02</At></Order></Orders>"
    answers = [
        Answer(envelope.format(one)),
        Answer(envelope.format("<e:Fault><faultstring>no</faultstring></e:Fault>"), 500),
    ]
    with serving(lambda seen: answers.pop(0)) as server:
        folder = shop_file(tmp_path, server.url, operations, record)
        found = ask(folder, email="o'hara&co@example.com")
        with pytest.raises(CallFailed, match="SOAP fault"):
            ask(folder, email="o'hara&co@example.com")

    assert found.outcome == "found"
    assert b"<Mail>o&apos;hara&amp;co@example.com</Mail>" in server.seen[0].body
    assert server.seen[0].headers["soapaction"] == '"urn:shop/GetOrders"'


def test_graphql_call(ask: Ask, tmp_path: Path) -> None:
    """Values go by variables, the document is no template, and errors are a failure whatever the status."""
    document = "query($mail: String!) { orders(q: $mail) {number email created state} }"
    call = {"post": "/graphql", "reads": True, "graphql": {"document": document, "variables": {"mail": 'm:"{email}"'}}}
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$.data.orders"}}}
    answers = [Answer({"data": {"orders": [order("A-1")]}}), Answer({"data": None, "errors": [{"message": "x"}]})]
    with serving(lambda seen: answers.pop(0)) as server:
        folder = shop_file(tmp_path, server.url, operations)
        found = ask(folder, email=MAIL)
        with pytest.raises(CallFailed, match="GraphQL errors"):
            ask(folder, email=MAIL)

    assert [one.order_number for one in found.orders] == ["A-1"]
    assert json.loads(server.seen[0].body) == {"query": document, "variables": {"mail": f'm:"{MAIL}"'}}


# ---------------------------------------------------------------- several calls


def test_call_for_each_order(ask: Ask, tmp_path: Path) -> None:
    """Each order gets its own answer."""
    with serving(with_parcels({})) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(), PARCELS), email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-1"], ["T-2"]]
    assert server.targets[1:] == ["/orders/1/parcels", "/orders/2/parcels"]


def test_second_call_that_fails_leaves_its_fields_unavailable(ask: Ask, tmp_path: Path) -> None:
    """The orders are returned, and what could not be looked up is unknown rather than absent."""
    with serving(with_parcels({"2": 500})) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(), PARCELS), email=MAIL)

    first, second = result.orders
    assert (first.tracking_numbers, first.unavailable) == (["T-1"], [])
    assert second.order_number == "A-2"
    assert set(second.unavailable) >= {"shipments", "tracking_numbers"}
    assert [problem.code for problem in result.problems] == ["unavailable"]
    assert "call 'parcels' failed: the merchant's server failed (HTTP 500) @ order[1]" in result.problems[0].text


def test_required_call_that_fails(ask: Ask, tmp_path: Path) -> None:
    """`required: true` makes it the operation's failure."""
    with serving(with_parcels({"2": 500})) as server, pytest.raises(ServerError):
        ask(shop_file(tmp_path, server.url, two_calls(required=True), PARCELS), email=MAIL)


def test_calls_that_are_not_made(ask: Ask, tmp_path: Path) -> None:
    """`only_when`, a path without a value and "found nothing" all leave a name without items."""
    call = {"only_when": {"@.id": {"not": "1"}}, "not_found_when": {"http.status": 404}}
    with serving(with_parcels({"2": 404})) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(**call), PARCELS), email=MAIL)

    assert [one.unavailable for one in result.orders] == [[], []]
    assert [one.shipments for one in result.orders] == [[], []]
    assert server.targets[1:] == ["/orders/2/parcels"]


def test_value_of_an_answer_that_is_no_path_segment(ask: Ask, tmp_path: Path) -> None:
    """What a merchant sends cannot lead to another path either: that call fails, and nothing is sent."""

    def answer(seen: Seen) -> Answer:
        return Answer({"data": [order("A-1", id="../../admin"), order("A-2", id="a/b?c#d")]})

    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(), PARCELS), email=MAIL)

    assert server.targets[1:] == ["/orders/a%2Fb%3Fc%23d/parcels"]
    assert "shipments" in result.orders[0].unavailable


def test_same_request_is_sent_once(ask: Ask, tmp_path: Path) -> None:
    """Two orders of one parcel ask for it once."""

    def answer(seen: Seen) -> Answer:
        rows = [order("A-1", id="7"), order("A-2", id="7"), order("A-3", id="7")]
        return Answer({"data": rows} if seen.query else {"parcels": [{"code": "T-7"}]})

    with serving(answer) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(), PARCELS), email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-7"]] * 3
    assert len(server.seen) == 2


def test_calls_of_one_lookup_are_bounded(ask: Ask, tmp_path: Path) -> None:
    """What stands behind the bound is unavailable, not absent."""
    with serving(with_parcels({})) as server:
        result = ask(shop_file(tmp_path, server.url, two_calls(), PARCELS, max_calls=2), email=MAIL)

    assert len(server.seen) == 2
    assert [bool(one.unavailable) for one in result.orders] == [False, True]
    assert "more than 2 requests for one lookup" in result.problems[0].text


def test_value_of_an_earlier_call(ask: Ask, tmp_path: Path) -> None:
    """A customer is looked up first; without one there is nothing more to ask."""
    operations = {
        "find_orders_by_email": {
            "calls": [
                {"name": "customer", "get": "/customers", "query": {"mail": "{email}"}},
                {"name": "orders", "get": "/customers/{customer:$.data[0].id}/orders"},
            ],
            "orders": {"each": "orders:$"},
        }
    }

    def answer(seen: Seen) -> Answer:
        known = {"mail": MAIL}
        if seen.path == "/customers":
            return Answer({"data": [{"id": 17}] if seen.query == known else []})
        return Answer([order("A-1")])

    with serving(answer) as server:
        folder = shop_file(tmp_path, server.url, operations)
        assert [one.order_number for one in ask(folder, email=MAIL).orders] == ["A-1"]
        assert ask(folder, email="nobody@example.com").outcome == "none"

    assert [one.path for one in server.seen] == ["/customers", "/customers/17/orders", "/customers"]
