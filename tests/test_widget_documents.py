"""From each document that a merchant may send to a first mapped order, in a real browser."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from bench.clicks import FACES, Hand
from tests.widget_harness import open_widget
from workbench.demo import DemoMerchant

pytest.importorskip("anywidget", reason="needs the extra notebook")
pytest.importorskip("zeep", reason="needs the extra soap")
pytest.importorskip("graphql", reason="needs the extra graphql")
LOOK = os.environ.get("WORKBENCH_SCREENSHOT")
JANE = "jane.doe@example.com"


@pytest.fixture
def bench(tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A new merchant; the environment has its secrets under the names that importing gives them."""
    known = merchant.environ
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", known["WORKBENCH_ALLOW_HOSTS"])
    for name, theirs in (("USER", "NORTHWIND_USER"), ("PASSWORD", "NORTHWIND_PASSWORD"), ("TOKEN", "WESTWIND_TOKEN"),
                         ("X_API_KEY", "SOUTHWIND_KEY")):  # fmt: skip
        monkeypatch.setenv(f"ACME_{name}", known[theirs])
    return wb.Workbench("acme", mappings=tmp_path / "mappings")


def har(merchant: DemoMerchant) -> str:
    """What a browser records while somebody looks at an order."""
    headers = [{"name": "x-api-key", "value": merchant.environ["SOUTHWIND_KEY"]}]
    url = f"{merchant.base_url}/xml/orders?email=jane.doe%40example.com"
    entry = {
        "request": {"method": "GET", "url": url, "headers": headers},
        "response": {"status": 200, "content": {"mimeType": "application/xml"}},
    }
    return json.dumps({"log": {"entries": [entry]}})


@pytest.mark.parametrize("kind", ["openapi", "wsdl", "graphql", "har", "curl"])
def test_from_a_document_to_a_mapped_order(chrome: Any, merchant: DemoMerchant, bench: wb.Workbench, kind: str) -> None:
    """The document's likeliest search is used, Jane's orders are fetched, and the sure suggestions map them."""
    base, known = merchant.base_url, merchant.environ
    page = open_widget(chrome, bench)
    if kind in ("wsdl", "graphql"):  # neither says how to get in
        page.fill("[data-base-url]", base)
        page.select_option("[data-kind]", "bearer" if kind == "graphql" else "basic")
        page.click("[data-connect]")
        page.wait_for_selector("[data-connection]")
    page.click("[data-start]")
    if kind == "graphql":
        page.fill("[data-import-graphql]", "/graphql")
        page.click("[data-import-ask]")
    else:
        page.fill("[data-import]", {
            "openapi": f"{base}/v2/openapi.json", "wsdl": f"{base}/soap/orders?wsdl", "har": har(merchant),
            "curl": f"curl -H 'X-Api-Key: {known['SOUTHWIND_KEY']}' '{base}/xml/orders?email={JANE}'",
        }[kind])  # fmt: skip
        page.click("[data-import-read]")
    page.click('tr:has-text("{email}") [data-import-use]')
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.click("[data-consent=yes]")
    page.click("[data-suggest]")
    page.wait_for_selector('[data-suggestion="order_number"]')
    page.click("[data-use-sure]")
    page.wait_for_selector('[data-chip="customer_email"]')
    if bench.rule("order_number") is None:
        page.click('[data-use-suggestion="order_number"]')
        page.wait_for_selector('[data-chip="order_number"]')

    numbers = [row["order_number"] for row in bench._rows()[1]]
    assert numbers[:3] == ["A-1001", "A-1002", "A-1003"]
    written = "".join(path.read_text() for path in bench.folder.rglob("*") if path.is_file()) + bench.as_code()
    assert not [
        name for name in known if "PASSWORD" in name or "TOKEN" in name or "KEY" in name if known[name] in written
    ]
    assert page.errors == []


def test_the_xml_face_goes_from_the_draft_to_an_export(
    chrome: Any, merchant: DemoMerchant, bench: wb.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetch, suggest, use all that are sure, give the words a meaning, export: few steps, and right orders."""
    known = merchant.environ
    monkeypatch.setenv("ACME_URL", known["SOUTHWIND_URL"])
    monkeypatch.setenv("ACME_KEY", known["SOUTHWIND_KEY"])
    bench.connect("${ACME_URL}", FACES["SOUTHWIND"][2], timezone="Europe/Berlin")
    bench.operation("find_orders_by_email")
    bench.call("/orders", name="search", query={"email": "{email}"})
    hand = Hand(open_widget(chrome, bench))
    hand.fetch()
    hand.click("[data-suggest]")
    hand.page.wait_for_selector('[data-suggestion="returns.id"]')
    hand.click("[data-use-sure]")
    hand.page.wait_for_selector('[data-chip="returns.id"]')
    mapped = dict(bench.data["records"]["order"]["returns"]["fields"])
    if LOOK:
        hand.page.screenshot(path=LOOK, full_page=True)
    hand.words()
    hand.export()

    assert mapped["id"] == "@.@rma" and mapped["tracking_number"] == "@.Code"
    assert hand.steps <= 16
    with wb.open_merchant(bench.folder / "1.0.0.yaml") as exported:
        orders = {order.order_number: order for order in exported.find_orders(email=JANE).orders}
    first = orders["A-1001"]
    assert (first.status, first.amount, first.currency, first.customer_email) == ("completed", "39.90", "EUR", JANE)
    assert [each.id for order in orders.values() for each in order.returns][:1] == ["R-501"]
    assert [each.carrier for each in orders["A-1002"].shipments] == ["dhl", "ups"]
    assert hand.page.errors == []
