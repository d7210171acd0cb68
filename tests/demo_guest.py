"""The demo merchant as a guest sees it: a plain HTTP client with its keys."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx

from workbench.demo import DemoMerchant

SW = "{urn:example:southwind:orders:3}"
JANE = "jane.doe@example.com"


def client_of(merchant: DemoMerchant) -> httpx.Client:
    known = merchant.environ
    return httpx.Client(
        base_url=merchant.base_url,
        auth=(known["NORTHWIND_USER"], known["NORTHWIND_PASSWORD"]),
        headers={"X-Api-Key": known["SOUTHWIND_KEY"]},
        trust_env=False,
        timeout=30,
    )


def search(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    """The orders on all pages."""
    page = client.get("/v2/orders", params=query).json()
    orders = list(page["data"])
    while page["next"]:
        page = client.get(page["next"]).json()
        orders += page["data"]
    return orders


def numbers(orders: list[dict[str, Any]]) -> list[str]:
    return [order["number"] for order in orders]


def xml(response: httpx.Response) -> ElementTree.Element:
    return ElementTree.fromstring(response.content)


def json_changes(client: httpx.Client) -> dict[str, Any]:
    order = client.get("/v2/orders/A-1002").json()
    return {"created": "created" in order, "items": type(order["items"]).__name__, "state": order["state"]}
