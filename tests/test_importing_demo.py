"""From each document of the demo merchant to a first order that is found: nothing is typed but the secrets."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.demo import DemoMerchant, demo_mappings
from workbench.importing import Proposals, read_calls
from workbench.importing.graphql import introspection_call
from workbench.mapping import dump
from workbench.orders import Result

JANE = "jane.doe@example.com"
NUMBER = "A-1002"


@pytest.fixture(autouse=True)
def deployment(merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets under the names that importing gives them, for a merchant named acme."""
    known = merchant.environ
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", known["WORKBENCH_ALLOW_HOSTS"])
    monkeypatch.setenv("ACME_USER", known["NORTHWIND_USER"])
    monkeypatch.setenv("ACME_PASSWORD", known["NORTHWIND_PASSWORD"])
    monkeypatch.setenv("ACME_TOKEN", known["WESTWIND_TOKEN"])
    monkeypatch.setenv("ACME_X_API_KEY", known["SOUTHWIND_KEY"])
    for name in ("WORKBENCH_PROXY", "ACME_HOSTS"):
        monkeypatch.delenv(name, raising=False)


def fetched(url: str, headers: Mapping[str, str] | None = None, data: Any = None) -> bytes:
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=60) as answer:
        read: bytes = answer.read()
    return read


def found(calls: Proposals, operation: str, orders: str, like: str, folder: Path, auth: str = "") -> Result:
    """The orders that the first proposal for an operation finds, mapped by the rules of one of the demo's mappings."""
    proposal = next(one for one in calls if one.operation == operation and one.reads)
    known: Any = wb.load(demo_mappings() / like).file.data
    call = proposal.call()
    if like == "southwind":
        call["fail_when"] = {"$.Error": {"is": "present"}}
    connection = proposal.connection()
    if "auth" not in connection:  # neither a WSDL nor a schema says it
        connection["auth"] = {
            "basic": {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"},
            "bearer": {"kind": "bearer", "token": "${ACME_TOKEN}"},
        }[auth]
    rules = dict(known["records"]["order"])
    for key in ("lines", "shipments"):
        rules.pop(key)  # of northwind they need a second call
    data = {
        "format": 1,
        "merchant": "acme",
        "connection": connection,
        "timezone": "Europe/Berlin",
        "operations": {operation: {"calls": [call], "orders": {"each": orders}}},
        "records": {"order": rules},
        "fields": known.get("fields") or {"gift_message": {"label": "Gift message", "kind": "text"}},
    }
    if "fields" not in known:
        del data["fields"]
    file = folder / "acme.yaml"
    file.write_text(dump(data), encoding="utf-8")
    asked = {"email": JANE} if operation == "find_orders_by_email" else {"number": NUMBER}
    with wb.open_merchant(file) as client:
        return client.lookup(operation, **asked)


def numbers(result: Result) -> list[str | None]:
    return [order.order_number for order in result.orders]


def test_from_an_openapi_document(merchant: DemoMerchant, tmp_path: Path) -> None:
    """The two searches come first, with their authentication."""
    calls = read_calls(f"{merchant.base_url}/v2/openapi.json", "acme", fetch=fetched)

    by_email = found(calls, "find_orders_by_email", "$.data", "northwind", tmp_path)
    by_number = found(calls, "find_order_by_number", "$", "northwind", tmp_path)
    assert numbers(by_email) == ["A-1001", "A-1002", "A-1003"]  # its document does not tell how it pages
    assert numbers(by_number) == [NUMBER]
    assert (by_number.orders[0].status, by_number.orders[0].amount) == ("shipped", "248.10")


def test_from_a_wsdl(merchant: DemoMerchant, tmp_path: Path) -> None:
    """Envelopes that the server takes, and answers in another namespace than it says."""
    calls = read_calls(f"{merchant.base_url}/soap/orders?wsdl", "acme", fetch=fetched)

    place = "$.Envelope.Body.{}Response.Order"
    by_email = found(calls, "find_orders_by_email", place.format("FindOrders"), "eastwind", tmp_path, "basic")
    by_number = found(calls, "find_order_by_number", place.format("GetOrder"), "eastwind", tmp_path, "basic")
    assert numbers(by_email) == [f"A-100{number}" for number in range(1, 8)]
    assert numbers(by_number) == [NUMBER]


def test_from_a_graphql_endpoint(merchant: DemoMerchant, tmp_path: Path) -> None:
    """Introspection, a document with nested selections, all pages."""
    call = introspection_call("/graphql")
    headers = {"Authorization": f"Bearer {merchant.environ['WESTWIND_TOKEN']}"}
    asked = {"query": call["graphql"]["document"]}
    calls = read_calls(fetched(merchant.base_url + call["post"], headers, asked), "acme")
    calls = Proposals([one.at(merchant.base_url) for one in calls], calls.kind)

    by_email = found(calls, "find_orders_by_email", "$.data.orders.edges[*].node", "westwind", tmp_path, "bearer")
    by_number = found(calls, "find_order_by_number", "$.data.order", "westwind", tmp_path, "bearer")
    assert numbers(by_email) == [f"A-100{number}" for number in range(1, 8)]
    assert numbers(by_number) == [NUMBER]


def test_from_a_curl_line(merchant: DemoMerchant, tmp_path: Path) -> None:
    """As the demo merchant prints them; the keys in them are not kept."""
    known = merchant.environ
    lines = (
        f"curl -u {known['NORTHWIND_USER']}:{known['NORTHWIND_PASSWORD']} '{merchant.base_url}/v2/orders?email={JANE}'",
        f"curl -H 'X-Api-Key: {known['SOUTHWIND_KEY']}' '{merchant.base_url}/xml/orders?email={JANE}'",
    )
    for line, place, like in zip(lines, ("$.data", "$.OrderList.Order"), ("northwind", "southwind"), strict=True):
        calls = read_calls(line, "acme")
        result = found(calls, "find_orders_by_email", place, like, tmp_path)

        assert numbers(result)[:3] == ["A-1001", "A-1002", "A-1003"]
        assert not any(known[name] in (tmp_path / "acme.yaml").read_text() for name in known if "_PASS" in name)
        assert calls.secrets


def test_from_a_har(merchant: DemoMerchant, tmp_path: Path) -> None:
    """What a browser would have recorded while somebody looked at an order."""
    known = merchant.environ
    entries = [
        {
            "request": {
                "method": "GET",
                "url": f"{merchant.base_url}{path}",
                "headers": [{"name": "x-api-key", "value": known["SOUTHWIND_KEY"]}, {"name": "Accept", "value": "*/*"}],
            },
            "response": {"status": 200, "content": {"mimeType": mime}},
        }
        for path, mime in (
            ("/app.js", "text/javascript"),
            ("/xml/order?number=A-1002", "application/xml"),
            ("/xml/orders?email=jane.doe%40example.com", "application/xml"),
        )
    ]
    calls = read_calls(json.dumps({"log": {"entries": entries}}), "acme")

    by_number = found(calls, "find_order_by_number", "$.OrderDetail.Order", "southwind", tmp_path)
    assert numbers(by_number) == [NUMBER]
    assert calls[0].operation == "find_orders_by_email"
    assert known["SOUTHWIND_KEY"] not in repr(list(calls))
