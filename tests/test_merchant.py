"""Calling a merchant, against real servers on this machine: what is found, what is told, and what is never done."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    PASSWORD,
    USER,
    Answer,
    Ask,
    Seen,
    Server,
    ask_async,
    ask_sync,
    by_email,
    by_number,
    order,
    serving,
    shop_file,
)
from workbench.calls import Exchange
from workbench.errors import (
    AddressRefused,
    CallError,
    CallFailed,
    Forbidden,
    HttpError,
    LimitExceeded,
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


def orders_by_mail(*rows: dict[str, Any]) -> Any:
    """A server that filters by e-mail, as it should."""
    return lambda seen: Answer({"data": [row for row in rows if row["email"] == seen.query.get("email")]})


# ---------------------------------------------------------------- what is found


def test_orders_of_a_customer(ask: Ask, tmp_path: Path) -> None:
    """The orders that the server sends come out as business fields."""
    with serving(orders_by_mail(order("A-1"), order("B-1", "bea@example.com"), order("A-2"))) as server:
        result = ask(shop_file(tmp_path, server.url), email=MAIL)

    assert result.outcome == "found"
    assert [one.to_dict()["order_number"] for one in result.orders] == ["A-1", "A-2"]
    assert result.orders[0].status == "shipped"
    assert server.targets == ["/orders?email=ann%40example.com"]


def test_order_by_number(tmp_path: Path) -> None:
    """One order, or None where the merchant says there is none."""

    def answer(seen: Seen) -> Answer:
        return Answer(order("A-1")) if seen.path == "/orders/A-1" else Answer({"error": "unknown"}, 404)

    with serving(answer) as server, wb.open_merchant(shop_file(tmp_path, server.url)) as shop:
        found, none = shop.find_order(number="A-1"), shop.find_order(number="A-9")

    assert found is not None
    assert found.order_number == "A-1"
    assert none is None


def test_order_by_number_async(tmp_path: Path) -> None:
    """The same under asyncio, with several lookups at once over one client."""

    async def find(server: Server) -> list[str | None]:
        async with wb.open_merchant_async(shop_file(tmp_path, server.url)) as shop:
            found = await asyncio.gather(*(shop.find_order(number=f"A-{n}") for n in range(8)))
            everything = await shop.find_orders(email=MAIL)
        assert everything.outcome == "none"
        return [None if one is None else one.order_number for one in found]

    def answer(seen: Seen) -> Answer:
        return Answer({"data": []}) if seen.query else Answer(order(seen.path.rpartition("/")[2]))

    with serving(answer) as server:
        assert asyncio.run(find(server)) == [f"A-{n}" for n in range(8)]


def test_two_orders_of_one_number_are_ambiguous(tmp_path: Path) -> None:
    """Which of two different orders was meant is not guessed; the same order listed twice is one."""
    rows = [order("A-1"), order("A-1", state="1")]
    operations = {"find_order_by_number": {**by_number(), "orders": {"each": "$.data"}}}
    with (
        serving(lambda seen: Answer({"data": rows})) as server,
        wb.open_merchant(shop_file(tmp_path, server.url, operations)) as shop,
    ):
        with pytest.raises(wb.Ambiguous, match="2 orders"):
            shop.find_order(number="A-1")
        rows[1] = rows[0]
        assert shop.find_order(number="A-1") == shop.lookup("find_order_by_number", number="A-1").orders[0]


def test_orders_of_others_are_withheld(ask: Ask, tmp_path: Path) -> None:
    """An API that ignores its filter shows nobody someone else's orders."""
    rows = [order("B-1", "bea@example.com"), order("C-1", "cem@example.com"), order("A-1")]
    with serving(lambda seen: Answer({"data": rows})) as server:
        mine = ask(shop_file(tmp_path, server.url), email=MAIL)
        nobody = ask(shop_file(tmp_path, server.url), email="dan@example.com")

    assert [one.order_number for one in mine.orders] == ["A-1"]
    assert mine.withheld == 2
    assert (nobody.outcome, nobody.orders, nobody.withheld) == ("withheld", [], 3)
    assert "bea@example.com" not in str([problem.text for problem in mine.problems])


def test_order_that_carries_another_number_is_withheld(tmp_path: Path) -> None:
    """A fuzzy match is no match."""
    with (
        serving(lambda seen: Answer(order("A-17"))) as server,
        wb.open_merchant(shop_file(tmp_path, server.url)) as shop,
    ):
        assert shop.find_order(number="A-1") is None


def test_answer_without_the_place_of_orders(ask: Ask, tmp_path: Path) -> None:
    """Orders in another shape are not the same as no orders."""
    with serving(lambda seen: Answer({"result": {"rows": [order("A-1")]}})) as server:
        assert ask(shop_file(tmp_path, server.url), email=MAIL).outcome == "failed"


def test_find_order_raises_where_nothing_could_be_read(tmp_path: Path) -> None:
    """`None` would say that there is no such order."""
    operations = {"find_order_by_number": {**by_number(), "orders": {"each": "$.data"}}}
    with (
        serving(lambda seen: Answer({"oops": 1})) as server,
        wb.open_merchant(shop_file(tmp_path, server.url, operations)) as shop,
        pytest.raises(CallFailed, match="the place of the orders is not in the response"),
    ):
        shop.find_order(number="A-1")


def test_declared_operation(ask: Ask, tmp_path: Path) -> None:
    """Further finds are looked up by their names and inputs."""
    call = {"get": "/search", "query": {"phone": "{phone}", "zip": ["{zip}", "x y"], "active": True}}
    operations = {
        "find_by_phone": {
            "inputs": ["phone", "zip"],
            "calls": [call],
            "orders": {"each": "$"},
            "verify": {"order_number": {"is": "present"}},
        }
    }
    with serving(lambda seen: Answer([order("A-1")])) as server:
        result = ask(shop_file(tmp_path, server.url, operations), "find_by_phone", phone="+49 30&1", zip=10115)

    assert result.outcome == "found"
    assert server.targets == ["/search?phone=%2B49%2030%261&zip=10115&zip=x%20y&active=true"]


# ---------------------------------------------------------------- wrong use


@pytest.mark.parametrize(
    ("operation", "inputs", "told"),
    [
        ("find_orders_by_email", {}, "'email' of find_orders_by_email is missing"),
        ("find_orders_by_email", {"email": "  "}, "'email' of find_orders_by_email is blank"),
        ("find_orders_by_email", {"email": None}, "is missing"),
        ("find_orders_by_email", {"email": ["a"]}, "'email' is a list"),
        ("find_orders_by_email", {"email": "a@b.c", "mail": "x"}, "has no input 'mail' - its inputs are email"),
        ("find_by_phone", {"phone": "1"}, "no operation 'find_by_phone' - this mapping has find_orders_by_email"),
    ],
)
def test_wrong_use_is_told_before_anything_is_sent(
    ask: Ask, tmp_path: Path, operation: str, inputs: dict[str, Any], told: str
) -> None:
    """A question that cannot be asked says how to ask it."""
    with serving(orders_by_mail()) as server, pytest.raises(wb.UsageError, match=told):
        ask(shop_file(tmp_path, server.url), operation, **inputs)

    assert server.seen == []


@pytest.mark.parametrize("call", [{"post": "/orders"}, {"put": "/orders", "reads": True}, {"delete": "/orders"}])
def test_finding_only_reads(ask: Ask, tmp_path: Path, call: dict[str, Any]) -> None:
    """A call that may change something is never sent by a find, whatever the mapping says."""
    operations = {"find_orders_by_email": {"calls": [call], "orders": {"each": "$"}}}
    with serving(orders_by_mail()) as server, pytest.raises(wb.UsageError, match="read"):
        ask(shop_file(tmp_path, server.url, operations), email=MAIL)

    assert server.seen == []


def test_closed_merchant(tmp_path: Path) -> None:
    """After closing, it says so."""
    folder = shop_file(tmp_path, "http://127.0.0.1:9")
    with wb.open_merchant(folder) as shop:
        pass
    with pytest.raises(wb.UsageError, match="shop has been closed"):
        shop.find_orders(email=MAIL)

    async def use() -> None:
        merchant = wb.open_merchant_async(folder)
        await merchant.close()
        await merchant.find_orders(email=MAIL)

    with pytest.raises(wb.UsageError, match="shop has been closed"):
        asyncio.run(use())


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


def two_calls(**parcels: Any) -> dict[str, Any]:
    """A search, and the parcels of each order."""
    operation = by_email()
    operation["calls"].append({"name": "parcels", "for_each": "order", "get": "/orders/{@.id}/parcels", **parcels})
    return {"find_orders_by_email": operation}


PARCELS = {"shipments": {"each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"}}}


def with_parcels(status: dict[str, int]) -> Any:
    """A server of orders A-1 and A-2 and their parcels; the status of each order's parcels may be set."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", id="1"), order("A-2", id="2")]})
        number = seen.path.split("/")[2]
        return Answer({"parcels": [{"code": f"T-{number}"}]}, status.get(number, 200))

    return answer


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


# ---------------------------------------------------------------- hostile inputs


HOSTILE = ["../x", "..", ".", "a/../b", "..\\x", "a\r\nX-Evil: 1", "a\x00b", "a\u2028b"]
AWKWARD = ["?x=1#", 'A"}', "a/b", "%2e%2e", "ü€𝄞", "{email}", "${SHOP_PASSWORD}", "' OR 1=1 --", "</No>", "a b+c&d=e;f"]


@pytest.mark.parametrize("number", HOSTILE)
def test_input_that_cannot_stand_in_a_path(ask: Ask, tmp_path: Path, number: str) -> None:
    """It is refused before anything is sent, and not repeated in the error."""
    with serving(lambda seen: Answer({}, 404)) as server, pytest.raises(wb.UsageError) as caught:
        ask(shop_file(tmp_path, server.url), "find_order_by_number", number=number)

    assert server.seen == []
    assert number == "." or number not in str(caught.value)


@pytest.mark.parametrize("number", AWKWARD)
def test_input_in_a_path_is_one_segment(ask: Ask, tmp_path: Path, number: str) -> None:
    """Whatever it holds arrives as one segment and means nothing else."""
    with serving(lambda seen: Answer(order(number))) as server:
        result = ask(shop_file(tmp_path, server.url), "find_order_by_number", number=number)

    (seen,) = server.seen
    assert seen.target.count("/") == 2
    assert not set(seen.target) & set("?#& <>\"'")
    assert [one.order_number for one in result.orders] == [number]


@pytest.mark.parametrize("number", [*AWKWARD, "../x", "a\r\nb"])
def test_input_in_a_query_is_one_value(ask: Ask, tmp_path: Path, number: str) -> None:
    """Whatever it holds arrives as the value of its parameter."""
    operations = {"find_order_by_number": by_number(get="/orders?fixed=1", query={"no": "{number}", "x": "[{number}]"})}
    with serving(lambda seen: Answer(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, operations), "find_order_by_number", number=number)

    assert server.seen[0].query == {"fixed": "1", "no": number, "x": f"[{number}]"}


@pytest.mark.parametrize("number", [*AWKWARD, "a\r\nb", "\ud800"])
def test_input_in_bodies_is_one_value(ask: Ask, tmp_path: Path, number: str) -> None:
    """JSON and forms hold it as it is."""
    for body in (
        {"json": {"q": {"no": "{number}"}, "list": ["{number}", 1, None, True]}},
        {"form": {"no": "{number}"}},
    ):
        call = {"name": "detail", "post": "/find", "reads": True, **body}
        operations = {"find_order_by_number": {"calls": [call], "orders": {"each": "$"}}}
        with serving(lambda seen: Answer(order("A-1"))) as server:
            folder = shop_file(tmp_path, server.url, operations)
            if number == "\ud800" and "form" in body:
                with pytest.raises(wb.UsageError, match="no valid text"):
                    ask(folder, "find_order_by_number", number=number)
                continue
            ask(folder, "find_order_by_number", number=number)
        sent = server.seen[0]
        if "json" in body:
            assert json.loads(sent.body) == {"q": {"no": number}, "list": [number, 1, None, True]}
        else:
            assert Seen("", f"?{sent.body.decode()}", {}).query == {"no": number}


@pytest.mark.parametrize("number", ["a\r\nX-Evil: 1", "ü", "a\tb\x00", "\x7f"])
def test_input_that_cannot_stand_in_a_header(ask: Ask, tmp_path: Path, number: str) -> None:
    """It is refused before anything is sent."""
    operations = {"find_order_by_number": by_number(get="/orders", headers={"X-Number": "{number}"})}
    with (
        serving(lambda seen: Answer(order("A-1"))) as server,
        pytest.raises(wb.UsageError, match="input 'number' cannot stand in a header"),
    ):
        ask(shop_file(tmp_path, server.url, operations), "find_order_by_number", number=number)

    assert server.seen == []


# ---------------------------------------------------------------- who is called


@pytest.mark.parametrize(
    ("auth", "where", "expected"),
    [
        (BASIC, "authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()),
        ({"kind": "bearer", "token": "${SHOP_USER}"}, "authorization", f"Bearer {USER}"),
        ({"kind": "api_key", "in": "header", "name": "X-Key", "value": "${SHOP_USER}"}, "x-key", USER),
        ({"kind": "api_key", "in": "cookie", "name": "sid", "value": "${SHOP_USER}"}, "cookie", f"sid={USER}"),
        ({"kind": "none"}, "authorization", None),
    ],
)
def test_authentication(ask: Ask, tmp_path: Path, auth: dict[str, str], where: str, expected: str | None) -> None:
    """Each kind arrives where the server looks for it."""
    with serving(orders_by_mail(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    assert server.seen[0].headers.get(where) == expected


def test_key_in_the_query(ask: Ask, tmp_path: Path) -> None:
    """A key in the query is percent-encoded and added to each request."""
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    with serving(orders_by_mail(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    assert server.seen[0].query == {"email": MAIL, "key": PASSWORD}


def test_missing_secrets_are_told_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening names every reference without a value."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHOP_USER")
    monkeypatch.setenv("SHOP_PASSWORD", "")
    operations = {"find_orders_by_email": by_email(headers={"X-Shop": "${SHOP_ID}"})}
    with pytest.raises(wb.SecretMissing) as caught:
        wb.open_merchant(shop_file(tmp_path, "https://shop.example", operations, auth=BASIC))

    assert caught.value.names == ("SHOP_USER", "SHOP_PASSWORD", "SHOP_ID")


def test_environment_stands_over_the_connection(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment overrides by name; references may stand in its base URL; the timezone is the connection's."""
    environments = {
        "test": {"base_url": "${SHOP_URL}", "auth": {"username": "${SHOP_TESTER}"}, "timezone": "Asia/Tokyo"}
    }
    row = order("A-1", created="2026-01-02T03:04:05")
    with serving(orders_by_mail(row)) as server:
        monkeypatch.setenv("SHOP_URL", f"{server.url}/v2/")
        monkeypatch.setenv("SHOP_TESTER", "tester")
        folder = shop_file(tmp_path, "https://shop.example", auth=BASIC, environments=environments)
        result = ask(folder, email=MAIL, options={"environment": "test"})
        with pytest.raises(wb.UsageError, match="no environment 'staging' of shop - one of production, test"):
            wb.open_merchant(folder, environment="staging")

    assert result.orders[0].created_at == "2026-01-02T03:04:05+09:00"
    assert server.seen[0].path == "/v2/orders"
    assert base64.b64decode(server.seen[0].headers["authorization"].split()[1]).decode() == f"tester:{PASSWORD}"


def test_server_that_the_deployment_does_not_name(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `SHOP_HOSTS` set, a mapping with another server loads, but no secret is sent."""
    with serving(orders_by_mail(order("A-1"))) as server:
        folder = shop_file(tmp_path, server.url, auth=BASIC)
        monkeypatch.setenv("SHOP_HOSTS", "api.shop.example, 127.0.0.1:1")
        with pytest.raises(AddressRefused, match="SHOP_HOSTS"):
            ask(folder, email=MAIL)
        assert server.connections == 0
        monkeypatch.setenv("SHOP_HOSTS", f"api.shop.example, 127.0.0.1:{server.port}")
        assert ask(folder, email=MAIL).outcome == "found"


def test_private_address_that_is_not_allowed(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is no merchant unless the deployment says so; nothing connects."""
    with serving(orders_by_mail(order("A-1"))) as server:
        for allowed in ("", "127.0.0.1:1", "localhost"):
            monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", allowed)
            for host in ("127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
                folder = shop_file(tmp_path, f"http://{host}:{server.port}", auth=BASIC)
                with pytest.raises(AddressRefused, match="is not a public address"):
                    ask(folder, email=MAIL)

    assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/orders",
        "https://127.0.0.1/orders",
        "http://127.0.0.1:80@evil.example/",
        "https:orders",
        "ftp://127.0.0.1/",
    ],
)
def test_call_on_another_server(tmp_path: Path, url: str) -> None:
    """An absolute URL must be on the server of the base URL; told when the merchant is opened."""
    folder = shop_file(tmp_path, "http://127.0.0.1:80", {"find_orders_by_email": by_email(get=url)})
    with pytest.raises(AddressRefused, match="not on the server of base_url"):
        wb.open_merchant(folder)


def test_absolute_url_of_the_same_server(ask: Ask, tmp_path: Path) -> None:
    """It stands for itself, without the base URL's path."""
    with serving(orders_by_mail(order("A-1"))) as server:
        operations = {"find_orders_by_email": by_email(get=f"{server.url}/other?a=b c")}
        ask(shop_file(tmp_path, f"{server.url}/v2", operations), email=MAIL)

    assert server.targets == ["/other?a=b%20c&email=ann%40example.com"]


# ---------------------------------------------------------------- limits


def test_limits_are_lowered_by_the_connection(ask: Ask, tmp_path: Path) -> None:
    """The smaller of what the deployment and the connection say counts."""
    with serving(lambda seen: Answer({"data": [], "pad": "x" * 5000})) as server:
        with pytest.raises(LimitExceeded, match="larger than 1000 bytes"):
            ask(shop_file(tmp_path, server.url, limits={"bytes": 1000}), email=MAIL)
        with pytest.raises(LimitExceeded, match="larger than 2000 bytes"):
            ask(
                shop_file(tmp_path, server.url, limits={"bytes": 10_000}),
                email=MAIL,
                options={"limits": wb.Limits(bytes=2000)},
            )
        with pytest.raises(LimitExceeded):
            ask(shop_file(tmp_path, server.url, limits={"nodes": 2}), email=MAIL)


# ---------------------------------------------------------------- what is written down


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines of the lookup logger."""
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "workbench.lookup"]


def test_one_line_per_lookup(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It counts what came, and holds no value."""
    caplog.set_level(logging.DEBUG)
    rows = [order("A-1"), order("B-1", "bea@example.com"), order("A-2", state="99")]
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    with serving(lambda seen: Answer({"data": rows}, headers={"Set-Cookie": "sid=topsecret"})) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    (line,) = logged(caplog)
    assert {key: line[key] for key in ("merchant", "mapping_version", "operation", "statuses", "calls", "outcome")} == {
        "merchant": "shop",
        "mapping_version": "1.0.0",
        "operation": "find_orders_by_email",
        "statuses": [200],
        "calls": 1,
        "outcome": "found",
    }
    assert (line["orders"], line["withheld"]) == (2, 1)
    assert line["mapping_digest"]
    assert line["bytes"] == len(json.dumps({"data": rows}))
    assert line["fields"]["status"] == {"present": 2, "absent": 0, "unavailable": 0, "problems": 1}
    written = "\n".join(record.getMessage() for record in caplog.records)
    for value in (MAIL, "ann%40example.com", "bea@", PASSWORD, "correct%20horse", "A-1", "topsecret", "/orders?"):
        assert value not in written


def test_line_of_a_lookup_that_failed(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It names the error's kind."""
    caplog.set_level(logging.INFO)
    with serving(lambda seen: Answer({}, 401)) as server, pytest.raises(Unauthorized):
        ask(shop_file(tmp_path, server.url), email=MAIL)

    (line,) = logged(caplog)
    assert (line["outcome"], line["error"], line["code"], line["statuses"]) == (
        "error",
        "Unauthorized",
        "unauthorized",
        [401],
    )


def test_exchanges_are_told_without_secrets(ask: Ask, tmp_path: Path) -> None:
    """What is recorded holds no secret, even where the server echoes it."""
    told: list[Exchange] = []
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    operations = two_calls()
    operations["find_orders_by_email"]["calls"][0]["headers"] = {"X-User": "${SHOP_USER}"}

    def echo(seen: Seen) -> Answer:
        said = {"url": seen.target, "user": seen.headers.get("x-user"), "key": seen.query.get("key")}
        rows = [order("A-1", id="1")] if seen.path == "/orders" else []
        return Answer(
            {"data": rows, "echo": said}, headers={"X-Echo": seen.query["key"], "Set-Cookie": "sid=topsecret"}
        )

    with serving(echo) as server:
        ask(shop_file(tmp_path, server.url, operations, auth=auth), email=MAIL, options={"on_exchange": told.append})

    assert [(one.request.call, one.request.key, one.request.page) for one in told] == [
        ("search", "", 1),
        ("parcels", "1", 1),
    ]
    assert all(one.response is not None and one.response.status == 200 for one in told)
    assert json.loads(told[0].response.body if told[0].response else b"")["data"] == [order("A-1", id="1")]
    for one in told:
        assert one.response is not None
        everything = " ".join(
            [one.request.url, repr(one.request.headers), repr(one.response.headers), repr(one.response.body)]
        )
        for value in (PASSWORD, "correct%20horse", "correct+horse", USER, "topsecret"):
            assert value not in everything


def test_exchange_without_an_answer(ask: Ask, tmp_path: Path) -> None:
    """It names the error's code."""
    told: list[Exchange] = []
    with serving(orders_by_mail()) as server:
        gone = server.url
    with pytest.raises(CallError):
        ask(shop_file(tmp_path, gone), email=MAIL, options={"on_exchange": told.append})

    assert [(one.error, one.response) for one in told] == [("unreachable", None)]


def test_nothing_shows_a_secret_or_a_value(tmp_path: Path) -> None:
    """What a debugger or a traceback prints of our objects holds neither."""
    told: list[Exchange] = []
    with serving(orders_by_mail(order("A-1"))) as server:
        folder = shop_file(tmp_path, server.url, auth=BASIC)
        with wb.open_merchant(folder, on_exchange=told.append) as shop:
            result = shop.find_orders(email=MAIL)
            printed = f"{shop!r} {shop._opened!r} {vars(shop)!r} {told!r} {result.orders!r}"

    for value in (PASSWORD, USER, MAIL):
        assert value not in printed


# ---------------------------------------------------------------- one client, many lookups


def test_connection_is_kept(tmp_path: Path) -> None:
    """Lookups one after another share a connection."""
    with serving(orders_by_mail(order("A-1"))) as server, wb.open_merchant(shop_file(tmp_path, server.url)) as shop:
        for _ in range(5):
            shop.find_orders(email=MAIL)

    assert (len(server.seen), server.connections) == (5, 1)


def test_several_threads(tmp_path: Path) -> None:
    """One merchant serves several threads, each with its own answer."""
    with (
        serving(lambda seen: Answer(order(seen.path.rpartition("/")[2]))) as server,
        wb.open_merchant(shop_file(tmp_path, server.url)) as shop,
        ThreadPoolExecutor(8) as pool,
    ):
        found = list(pool.map(lambda n: shop.find_order(number=f"A-{n}"), range(40)))

    assert [one.order_number if one else None for one in found] == [f"A-{n}" for n in range(40)]


def test_mapping_without_a_connection(tmp_path: Path) -> None:
    """A file for recorded answers says that it calls nobody."""
    folder = shop_file(tmp_path, "https://shop.example")
    data = json.loads((folder / "1.0.0.yaml").read_text())
    del data["connection"]
    (folder / "1.0.0.yaml").write_text(json.dumps(data))
    with pytest.raises(wb.UsageError, match="no connection"):
        wb.open_merchant(folder)
