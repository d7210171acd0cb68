"""The demo merchant behaves like a real one: its APIs over HTTP, with the quirks and changes of real ones."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.demo_guest import JANE, SW, json_changes, numbers, search, xml
from workbench.demo import DemoMerchant, data
from workbench.demo.faults import DRIFTS

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


pytestmark = pytest.mark.usefixtures("unasked")


# ---------------------------------------------------------------- the JSON face


@pytest.mark.parametrize("path", ["/v2/orders?email=x", "/v2/orders/A-1001", "/v2/orders/70010/parcels"])
@pytest.mark.parametrize("auth", [None, ("demo", ""), ("demo", "wrong"), ("", "")])
def test_json_needs_user_and_password(merchant: DemoMerchant, path: str, auth: tuple[str, str] | None) -> None:
    """Without the right user and password there is a 401 that asks for them, and no data."""
    response = httpx.get(merchant.base_url + path, auth=auth, trust_env=False)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")
    assert "data" not in response.json()


def test_search_comes_in_pages_by_a_link(client: httpx.Client) -> None:
    """Seven orders come as three pages, each once, in order."""
    first = client.get("/v2/orders", params={"email": JANE}).json()

    assert (len(first["data"]), first["count"]) == (3, 7)
    assert first["next"].startswith("/v2/orders?email=jane.doe%40example.com&page=2")
    assert numbers(search(client, email=JANE)) == [f"A-100{number}" for number in range(1, 8)]


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "99999"])
def test_a_page_that_is_none_is_refused(client: httpx.Client, page: str) -> None:
    """Pages are counted from one."""
    assert client.get("/v2/orders", params={"email": JANE, "page": page}).status_code == 400


def test_email_is_exact_but_for_case(client: httpx.Client) -> None:
    """Capitals do not matter; everything else does, a plus sign too."""
    assert numbers(search(client, email="MARY.major@example.ORG")) == ["A-1014", "A-1017"]
    assert numbers(search(client, email="ben+shop@example.com")) == ["A-1010"]
    assert "A-1010" not in numbers(search(client, email="ben@example.com"))
    assert search(client, email="ben%@example.com") == search(client, email="") == []


def test_a_guest_is_found_by_the_order_s_own_email(client: httpx.Client) -> None:
    """A guest has no account: the customer is null, the e-mail stands on the order."""
    (order,) = search(client, email="gesa.gast@example.org")

    assert order["customer"] is None
    assert order["guest"]["email"] == "gesa.gast@example.org"


def test_an_unknown_parameter_is_ignored(client: httpx.Client) -> None:
    """A misspelt filter brings everyone's orders, as with many real APIs."""
    assert len(search(client, mail=JANE)) == len(data.orders()) >= 40


def test_detail_is_by_number_and_parcels_by_id(client: httpx.Client) -> None:
    """The order says nothing of its parcels; a second call does, by another key."""
    order = client.get("/v2/orders/A-1002").json()
    parcels = client.get(f"/v2/orders/{order['id']}/parcels").json()["parcels"]

    assert "parcels" not in order
    assert [(parcel["by"], parcel["items"]) for parcel in parcels] == [("DHL", [1, 2]), ("UPS", [3])]
    assert client.get("/v2/orders/A-1002/parcels").status_code == 404


def test_numbers_that_look_alike_are_different_orders(client: httpx.Client) -> None:
    """The prefix may be left out; a zero may not be added."""
    found = {asked: client.get(f"/v2/orders/{asked}") for asked in ("A-1021", "1021", "A-01021", "B-1021", "A-001021")}

    assert [found[asked].json().get("number") for asked in found] == ["A-1021", "A-1021", "A-01021", "B-1021", None]
    assert found["A-001021"].status_code == 404


# ---------------------------------------------------------------- the XML face


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": ""}, {"X-Api-Key": "wrong"}, {"X-Api-Key": "wröng".encode()}])
def test_xml_needs_its_key(merchant: DemoMerchant, headers: dict[str, Any]) -> None:
    """Without the key there is a 401 in XML."""
    response = httpx.get(f"{merchant.base_url}/xml/orders", headers=headers, trust_env=False)

    assert response.status_code == 401
    assert xml(response).attrib == {"code": "UNAUTHORIZED"}


@pytest.mark.parametrize(("email", "count"), [("ada.quiet@example.org", 0), ("ben+shop@example.com", 1), (JANE, 7)])
def test_xml_search_has_none_one_or_many(client: httpx.Client, email: str, count: int) -> None:
    """The orders stand side by side in the root, however many there are."""
    root = xml(client.get("/xml/orders", params={"email": email}))

    assert len(root.findall(f"{SW}Order")) == int(root.attrib["count"]) == count


def test_xml_says_null_by_nil(client: httpx.Client) -> None:
    """What is unknown is an element with xsi:nil; a parcel without a number has a dash."""
    root = xml(client.get("/xml/order", params={"number": "A-1015"}))
    line = root.find(f".//{SW}Line")

    assert line is not None
    assert [child.tag for child in line if child.get(NIL) == "true"] == [f"{SW}Sku", f"{SW}Title"]
    assert root.findtext(f".//{SW}Parcel/{SW}Code") == "-"


def test_xml_detail_is_latin_1(client: httpx.Client) -> None:
    """One answer declares another encoding than the rest, and the header says nothing of it."""
    response = client.get("/xml/order", params={"number": "A-1008"})

    assert response.headers["content-type"] == "application/xml"
    assert response.content.startswith(b"<?xml version='1.0' encoding='iso-8859-1'?>")
    assert "Große Straße".encode("latin-1") in response.content
    assert "&#26519;" in client.get("/xml/order", params={"number": "A-1009"}).text


def test_xml_says_not_found_with_status_200(client: httpx.Client) -> None:
    """An error is an element, not a status."""
    response = client.get("/xml/order", params={"number": "A-9999"})

    assert (response.status_code, xml(response).get("code")) == (200, "NOT_FOUND")


# ---------------------------------------------------------------- drifts


def xml_changes(client: httpx.Client) -> dict[str, Any]:
    order = xml(client.get("/xml/order", params={"number": "A-1002"}))[0]
    lines = len(order.findall(f"{SW}Lines/{SW}Line"))
    return {"created": order.find(f"{SW}Placed") is not None, "lines": lines, "state": order.findtext(f"{SW}State")}


@pytest.mark.parametrize(
    ("drift", "in_json", "in_xml"),
    [
        ("renamed_key", {"created": False}, {"created": False}),
        ("list_became_object", {"items": "dict"}, {"lines": 0}),
        ("new_status", {"state": "14"}, {"state": "HUB"}),
        ("none", {}, {}),
    ],
)
def test_drift_changes_one_thing(
    merchant: DemoMerchant, client: httpx.Client, drift: str, in_json: dict[str, Any], in_xml: dict[str, Any]
) -> None:
    """Each drift changes what it says, in both faces, and nothing else."""
    merchant.drift(drift)

    assert json_changes(client) == {"created": True, "items": "list", "state": "4"} | in_json
    assert xml_changes(client) == {"created": True, "lines": 3, "state": "SENT"} | in_xml


def test_drift_ends(merchant: DemoMerchant, client: httpx.Client) -> None:
    """After `none` the merchant answers as before, byte for byte."""
    before = client.get("/v2/orders/A-1002").content
    for drift in DRIFTS:
        merchant.drift(drift)
    merchant.drift("none")

    assert client.get("/v2/orders/A-1002").content == before


# ---------------------------------------------------------------- SOAP and GraphQL


ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
FIND = (
    f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><FindOrders xmlns="urn:example:eastwind:orders"><Email>{{}}</Email>'
    "</FindOrders></e:Body></e:Envelope>"
)


def basic(merchant: DemoMerchant) -> tuple[str, str]:
    return merchant.environ["EASTWIND_USER"], merchant.environ["EASTWIND_PASSWORD"]


def soap(merchant: DemoMerchant, body: str) -> httpx.Response:
    return httpx.post(f"{merchant.base_url}/soap/orders", content=body, auth=basic(merchant), trust_env=False)


def test_soap_answers_in_a_namespace_of_its_own(merchant: DemoMerchant) -> None:
    """The WSDL says one namespace, the answers are in another: some stacks are like that."""
    wsdl = httpx.get(f"{merchant.base_url}/soap/orders?wsdl", trust_env=False).text
    answer = soap(merchant, FIND.format(JANE))

    assert 'targetNamespace="urn:example:eastwind:orders"' in wsdl
    assert f'location="{merchant.base_url}/soap/orders"' in wsdl
    assert answer.status_code == 200
    assert "urn:example:eastwind:v1" in answer.text
    assert answer.text.count("OrderNo>A-10") == 7


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FIND.format(JANE).replace("FindOrders", "CancelOrder"), "NOT_ALLOWED"),
        (FIND.format(JANE).replace("FindOrders", "GetOrder"), "NO_SUCH_ORDER"),
        (FIND.format(JANE).replace("eastwind:orders", "other"), "BAD_REQUEST"),
        ("<a>", "BAD_REQUEST"),
        ("", "BAD_REQUEST"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "BAD_REQUEST"),
    ],
)
def test_soap_faults_are_typed(merchant: DemoMerchant, body: str, code: str) -> None:
    """Status 500, no text, and a detail with a code; nothing can be changed."""
    answer = soap(merchant, body)

    assert answer.status_code == 500
    assert f"Code>{code}<" in answer.text
    assert "<faultstring />" in answer.text


def graphql(merchant: DemoMerchant, query: object, **variables: object) -> Any:
    headers = {"Authorization": f"Bearer {merchant.environ['WESTWIND_TOKEN']}"}
    body = {"query": query, "variables": variables}
    answer = httpx.post(f"{merchant.base_url}/graphql", json=body, headers=headers, trust_env=False)
    assert answer.status_code == 200
    return answer.json()


def test_graphql_pages_by_cursor(merchant: DemoMerchant) -> None:
    """Seven orders come as three pages, however many are asked for."""
    query = (
        "query($e: String!, $a: String) { orders(email: $e, first: 99, after: $a)"
        " { edges { node { number } } pageInfo { hasNextPage endCursor } } }"
    )
    numbers_, after, pages = [], None, 0
    while True:
        page = graphql(merchant, query, e=JANE, a=after)["data"]["orders"]
        numbers_ += [edge["node"]["number"] for edge in page["edges"]]
        after, pages = page["pageInfo"]["endCursor"], pages + 1
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert (pages, numbers_) == (3, [f"A-100{number}" for number in range(1, 8)])


def test_graphql_failures_come_with_200(merchant: DemoMerchant) -> None:
    """Errors, an error union, and a mutation that this account may not do."""
    union = graphql(merchant, 'query { order(number: "A-9999") { __typename } }')
    refused = graphql(merchant, 'mutation { cancelOrder(number: "A-1001") { __typename } }')

    assert union == {"data": {"order": {"__typename": "OrderNotFoundError"}}}
    assert refused["data"] is None and refused["errors"]
    for broken in ("{ nope }", "{", "", None, 5):
        assert graphql(merchant, broken)["errors"]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic x"])
def test_graphql_needs_a_token(merchant: DemoMerchant, token: str) -> None:
    """Without it there is a 401, and no data."""
    headers = {"Authorization": token}
    answer = httpx.post(
        f"{merchant.base_url}/graphql", json={"query": "{ shop { name } }"}, headers=headers, trust_env=False
    )

    assert answer.status_code == 401
    assert "data" not in answer.json()
