"""Starting from what a merchant sent: OpenAPI, Postman, HAR and curl become calls to choose from, without secrets."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.imported import mistakes, sent
from workbench.errors import UsageError
from workbench.importing import Proposal, Proposals, example_call, mark_input, read_calls
from workbench.importing.curl import read_curl

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Shop"},
    "servers": [{"url": "https://{region}.shop.example/api/v2/", "variables": {"region": {"default": "eu"}}}],
    "security": [{"key": []}],
    "paths": {
        "/products": {"get": {"summary": "List products"}},
        "/orders": {
            "parameters": [{"$ref": "#/components/parameters/Tenant"}],
            "get": {
                "summary": "List orders",
                "parameters": [
                    {"name": "customerEmail", "in": "query", "schema": {"type": "string"}},
                    {"name": "order_number", "in": "query", "schema": {"type": "string"}},
                    {"name": "sort", "in": "query", "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "default": 50}},
                ],
            },
            "post": {"summary": "Create order", "requestBody": {"$ref": "#/components/requestBodies/Order"}},
        },
        "/orders/{orderId}": {"get": {"operationId": "getOrder", "security": [{"oauth": ["orders:read"]}]}},
        "/orders/search": {
            "post": {
                "operationId": "searchOrders",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Search"}}}},
            },
        },
    },
    "components": {
        "parameters": {"Tenant": {"name": "X-Tenant", "in": "header", "required": True, "example": "acme-eu"}},
        "requestBodies": {
            "Order": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
        },
        "schemas": {
            "Search": {
                "allOf": [{"$ref": "#/components/schemas/Paged"}],
                "properties": {
                    "criteria": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}}
                },
                "required": ["criteria"],
            },
            "Paged": {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {"type": "integer", "default": 20}},
            },
            "Node": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"$ref": "#/components/schemas/Node"}},
            },
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Shop-Key"},
            "oauth": {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "https://login.shop.example/token",
                        "scopes": {"orders:read": "", "stock": ""},
                    }
                },
            },
        },
    },
}
SWAGGER = """
swagger: '2.0'
host: shop.example
basePath: /v1
schemes: [https, http]
securityDefinitions:
  basic: {type: basic}
paths:
  /orders/{orderNo}:
    get:
      summary: One order
      parameters:
        - {name: orderNo, in: path, required: true, type: string}
        - {name: no, in: query, required: true, type: boolean, default: no}
  /find:
    post:
      summary: Find orders
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: email, in: formData, required: true, type: string}
"""


def first(found: Proposals, label: str = "") -> Proposal:
    """The proposal of that label, or the one that comes first."""
    return next(one for one in found if label in one.label)


def as_text(found: Proposals) -> str:
    """Everything that proposals hold."""
    return repr(list(found)) + repr(found.notes) + json.dumps([one.call() for one in found])


# ---------------------------------------------------------------- OpenAPI


def test_openapi_finds_the_order_searches_first() -> None:
    """Searches by e-mail and by number are apart; what changes something comes last."""
    found = read_calls(json.dumps(OPENAPI), "acme")

    assert found.kind == "openapi"
    assert [(one.label, one.operation) for one in found] == [
        ("search Orders", "find_orders_by_email"),
        ("List orders", "find_orders_by_email"),
        ("List orders", "find_order_by_number"),
        ("get Order", "find_order_by_number"),
        ("List products", ""),
        ("Create order", ""),
    ]
    by_email = next(one for one in found if one.label == "List orders" and one.operation == "find_orders_by_email")
    assert by_email.call("search") == {
        "name": "search",
        "get": "/orders",
        "query": {"customerEmail": "{email}", "limit": "50"},
        "headers": {"X-Tenant": "acme-eu"},
    }
    assert by_email.connection() == {
        "base_url": "https://eu.shop.example/api/v2",
        "auth": {"kind": "api_key", "in": "header", "name": "X-Shop-Key", "value": "${ACME_KEY}"},
    }
    assert not found[-1].reads


def test_openapi_bodies_and_security() -> None:
    """A body is what its schema requires; a call's own security wins; a search by POST is a read."""
    found = read_calls(json.dumps(OPENAPI), "acme")

    search, detail = first(found, "search"), first(found, "get Order")
    assert search.call() == {
        "post": "/orders/search",
        "json": {"size": 20, "criteria": {"email": "{email}"}},
        "reads": True,
    }
    assert detail.call() == {"get": "/orders/{number}"}
    assert detail.auth is not None
    assert detail.auth.table() == {
        "kind": "oauth2_client_credentials",
        "token_url": "https://login.shop.example/token",
        "client_id": "${ACME_CLIENT_ID}",
        "client_secret": "${ACME_CLIENT_SECRET}",
        "scope": "orders:read",
    }


def test_swagger_in_yaml() -> None:
    """OpenAPI 2 as YAML; a default of `no` is a word, as the document means it."""
    found = read_calls(SWAGGER, "acme")

    by_number, by_email = first(found, "One order"), first(found, "Find orders")
    assert by_number.call() == {"get": "/orders/{number}", "query": {"no": "no"}}
    assert by_number.base_url == "https://shop.example/v1"
    assert by_email.call() == {"post": "/find", "form": {"email": "{email}"}, "reads": True}
    assert by_email.auth is not None
    assert by_email.auth.kind == "basic"


@pytest.mark.parametrize("text", [json.dumps(OPENAPI), SWAGGER])
def test_every_proposal_loads_and_can_be_sent(text: str) -> None:
    """What is proposed is a call of the mapping language, as it stands."""
    for proposal in read_calls(text, "acme"):
        assert mistakes(proposal) == []
        if proposal.reads:
            assert sent(proposal, email="jane@shop.example", number="A-1").url.startswith("https://")


def recursive_openapi(size: int) -> dict[str, Any]:
    """A document in which every schema leads to many others and back."""
    names = [f"Schema{index}" for index in range(size)]
    schemas = {
        name: {
            "type": "object",
            "required": ["a", "b", "email"],
            "description": "x" * 1700,
            "properties": {
                "a": {"$ref": f"#/components/schemas/{names[(index * 7 + 1) % size]}"},
                "b": {"type": "array", "items": {"$ref": f"#/components/schemas/{names[(index * 3 + 2) % size]}"}},
                "c": {
                    "allOf": [{"$ref": f"#/components/schemas/{name}"}, {"$ref": f"#/components/schemas/{names[0]}"}]
                },
                "email": {"type": "string"},
            },
        }
        for index, name in enumerate(names)
    }
    paths = {
        f"/things{index}/search": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
            }
        }
        for index, name in enumerate(names[:400])
    }
    paths["/orders"] = {"get": {"parameters": [{"name": "email", "in": "query"}]}}  # type: ignore[dict-item]
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def test_recursive_openapi_of_four_megabytes() -> None:
    """Neither its size nor its circles matter: bodies are written some levels deep and no further."""
    text = json.dumps(recursive_openapi(2000))
    assert len(text) > 4_000_000
    started = time.process_time()

    found = read_calls(text, "acme")

    assert time.process_time() - started < 20  # about one second; what resolves everything never ends
    assert found[0].call() == {"get": "/orders", "query": {"email": "{email}"}}
    assert max(len(json.dumps(one.call())) for one in found) < 20_000


@pytest.mark.parametrize(
    "broken",
    [
        {"openapi": "3.0.0", "paths": {"/orders": {"get": {"parameters": {"$ref": "#/nowhere"}}}}},
        {"openapi": "3.0.0", "paths": {"/orders": {"get": {"parameters": [{"$ref": "#/a/0/b"}, 7, None]}}}},
        {"openapi": "3.0.0", "paths": {"/orders": {"get": {"parameters": [{"$ref": "other.yaml#/x"}]}}}},
        {"openapi": "3.0.0", "paths": {"/orders": None, "x": 1, "/o": {"get": 5}}},
        {"openapi": 3, "paths": {"/orders": {"get": {"security": "x", "tags": 5, "requestBody": {"content": []}}}}},
        {
            "openapi": "3.0.0",
            "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}, "/orders": {"get": {}}},
        },
        {"openapi": "3.0.0", "servers": {"url": 1}, "paths": {"/orders": {"get": {"requestBody": {"$ref": 5}}}}},
        {"swagger": "2.0", "host": None, "schemes": [], "securityDefinitions": [], "paths": {"/orders": {"get": {}}}},
    ],
)
def test_openapi_that_is_broken(broken: dict[str, Any]) -> None:
    """What cannot be read is left out, and the rest is there; what stands elsewhere is told."""
    found = read_calls(json.dumps(broken), "acme")

    assert all(mistakes(one) == [] for one in found)
    if "other.yaml" in json.dumps(broken):
        assert found.notes == ("1 references lead to other documents, which were not read",)


# ---------------------------------------------------------------- curl


@pytest.mark.parametrize(
    ("line", "call"),
    [
        (
            "curl 'https://shop.example/orders?email=jane%40x.example&open=1'",
            {"get": "/orders", "query": {"email": "{email}", "open": "1"}},
        ),
        (
            "curl -G https://shop.example/o -d mail=a@b.example --data-urlencode 'q=a b'",
            {"get": "/o", "query": {"mail": "{email}", "q": "a b"}},
        ),
        (
            "$ curl shop.example/orders/A-1002 \\\n  -H 'Accept: application/json' | jq .",
            {"get": "/orders/{number}", "headers": {"Accept": "application/json"}},
        ),
        (
            "curl -sSXPUT https://shop.example/search -d'{\"orderNo\":1002}'",
            {"put": "/search", "json": {"orderNo": "{number}"}, "reads": True},
        ),
        (
            "curl https://shop.example/find --json '{\"email\": \"o'\\''neil@x.example\"}'",
            {"post": "/find", "json": {"email": "{email}"}, "reads": True},
        ),
        (
            'curl https://shop.example/find --data-raw $\'{"email": "a\\u0040x.example"}\'',
            {"post": "/find", "json": {"email": "{email}"}, "reads": True},
        ),
        (
            'curl ^"https://shop.example/find?a=1^&b=2^" ^\n  --data-raw ^"{^\\^"email^\\^":^\\^"a@x.example^\\^"}^"',
            {"post": "/find", "query": {"a": "1", "b": "2"}, "json": {"email": "{email}"}, "reads": True},
        ),
        (
            'curl.exe "https://shop.example/find" -d "{\\"email\\":\\"a@x.example\\"}"',
            {"post": "/find", "json": {"email": "{email}"}, "reads": True},
        ),
        ("curl https://shop.example/orders/<orderId>/ -o out.json", {"get": "/orders/{number}/"}),
        (
            "curl https://shop.example/lookup -d order_number=A-1 -d 'x[]=1' -d 'x[]=2'",
            {"post": "/lookup", "form": {"order_number": "{number}", "x[]": ["1", "2"]}, "reads": True},
        ),
        (
            "curl \"https://shop.example/odata/Orders?\\$filter=Email%20eq%20'a@x.example'\"",
            {"get": "/odata/Orders", "query": {"$filter": "Email eq '{email}'"}},
        ),
        (
            'curl https://shop.example/graphql -d \'{"query":"{orders(mail:\\"a@x.example\\"){id}}"}\'',
            {
                "post": "/graphql",
                "graphql": {
                    "document": "query($email: String!) {orders(mail:$email){id}}",
                    "variables": {"email": "{email}"},
                },
                "reads": True,
            },
        ),
    ],
)
def test_curl(line: str, call: dict[str, Any]) -> None:
    """Quotes of bash and of the command prompt, short options run together, and what a call is asked with."""
    (proposal,) = read_calls(line, "acme")

    assert proposal.call() == call
    assert proposal.base_url == "https://shop.example"
    assert mistakes(proposal) == []


@given(
    st.lists(st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"])), min_size=1, max_size=4)
)
def test_what_bash_quotes_comes_out_as_it_was(values: list[str]) -> None:
    """Whatever shlex quotes for a shell is read back."""
    line = "curl https://shop.example/x " + " ".join(f"--data-raw {shlex.quote(value)}" for value in values)

    ((raw,), _) = read_curl(line)

    if isinstance(raw.body, str):
        assert raw.body == "&".join(values)


@pytest.mark.parametrize(
    ("options", "auth"),
    [
        ("-u bob:pa55", {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"}),
        ("-u bob:pa55 --digest", {"kind": "digest", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"}),
        ("-H 'Authorization: Bearer pa55'", {"kind": "bearer", "token": "${ACME_TOKEN}"}),
        (
            "-H 'X-Api-Key: pa55'",
            {"kind": "api_key", "in": "header", "name": "X-Api-Key", "value": "${ACME_X_API_KEY}"},
        ),
        (
            "-G -d 'access_token=pa55'",
            {"kind": "api_key", "in": "query", "name": "access_token", "value": "${ACME_ACCESS_TOKEN}"},
        ),
        (
            '-H \'Authorization: OAuth oauth_token="pa55", oauth_signature="x"\'',
            {
                "kind": "oauth1",
                "consumer_key": "${ACME_CONSUMER_KEY}",
                "consumer_secret": "${ACME_CONSUMER_SECRET}",
                "token": "${ACME_TOKEN}",
                "token_secret": "${ACME_TOKEN_SECRET}",
            },
        ),
    ],
)
def test_authentication_is_guessed_and_its_secrets_left_out(options: str, auth: dict[str, str]) -> None:
    """The kind and its references are there; the value is nowhere, and that it was there is told."""
    found = read_calls(f"curl https://shop.example/orders {options}", "acme")

    assert found[0].connection()["auth"] == auth
    assert "pa55" not in as_text(found)
    assert "left out; type" in found.notes[0]


def test_secrets_are_left_out_wherever_they_stand() -> None:
    """In URLs, headers, cookies, forms, JSON, XML and under names that tell nothing."""
    body = json.dumps({"login": {"user": "bob", "password": "pa55-1"}, "note": JWT, "list": [{"apiKey": "pa55-2"}]})
    lines = [
        "curl https://bob:pa55-3@shop.example/orders?api_key=pa55-4&sig=pa55-5 -b 'session=pa55-6; x=pa55-7'",
        f"curl https://shop.example/login -H 'X-Auth-Token: pa55-8' -d {shlex.quote(body)}",
        "curl https://shop.example/login -d 'client_secret=pa55-9&x=1'",
        f"curl https://shop.example/orders/{JWT}",
        "curl https://shop.example/soap -d '<a><Password>pa55-10</Password><Token t=\"1\">pa55-11</Token></a>'",
        "curl https://shop.example/x -H 'Authorization: Custom pa55-12' -H 'X-Session: " + JWT + "'",
    ]

    found = read_calls(
        "\n".join(line.replace("&", "\\&") if line.startswith("curl https://bob") else line for line in lines), "acme"
    )

    assert "pa55" not in as_text(found)
    assert JWT not in as_text(found)
    assert found.secrets >= 11
    assert all(mistakes(one) == [] for one in found)


def test_placeholders_are_no_secrets() -> None:
    """What documents write in the place of a secret is not reported as one."""
    found = read_calls(
        "curl https://shop.example/orders -H 'Authorization: Bearer <token>' -H 'X-Api-Key: $API_KEY'", "acme"
    )

    assert (found.secrets, found.notes) == (0, ())


@pytest.mark.parametrize("line", ["curl 'https://shop.example", 'curl "https://shop.example/x', "curl $'a"])
def test_curl_with_open_quotes(line: str) -> None:
    """Half a command is no command."""
    with pytest.raises(UsageError, match="quotes are not closed"):
        read_calls(line, "acme")


def test_a_file_in_a_curl_line_is_not_read(tmp_path: Path) -> None:
    """A pasted line reads nothing from this machine."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"email": "a@x.example"}')

    (proposal,) = read_calls(f"curl https://shop.example/find -d @{secret}", "acme")

    assert (proposal.body, proposal.method) == (None, "post")
    assert "comes from a file" in proposal.notes[0]


# ---------------------------------------------------------------- HAR


def entry(url: str, mime: str = "application/json", method: str = "GET", **request: Any) -> dict[str, Any]:
    """An entry as browsers write it."""
    headers = [
        {"name": ":authority", "value": "shop.example"}, {"name": "Cookie", "value": "sid=pa55word"},
        {"name": "sec-fetch-mode", "value": "cors"}, {"name": "user-agent", "value": "Browser/1"},
        {"name": "X-Store", "value": "eu"},
    ]  # fmt: skip
    return {
        "request": {"method": method, "url": url, "headers": headers, **request},
        "response": {"status": 200, "content": {"mimeType": mime}},
    }


def test_har_keeps_what_carried_data() -> None:
    """Pages, scripts and pictures are left out, equal requests are one, the noise of browsers is gone."""
    post = {
        "mimeType": "application/json;charset=UTF-8",
        "text": '{"filters": [{"field": "email", "value": "jane@x.example"}]}',
    }
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "orderNumber", "value": "A-1002"}]}
    entries = [
        entry("https://shop.example/", "text/html"),
        entry("https://shop.example/app.js", "text/javascript"),
        entry("https://shop.example/api/orders?email=jane%40x.example"),
        entry("https://shop.example/api/orders?email=joan%40x.example"),
        entry("https://shop.example/api/find", method="POST", postData=post),
        entry("https://shop.example/api/lookup", method="POST", postData=form),
        {"request": None},
        7,
    ]
    found = read_calls(json.dumps({"log": {"entries": entries}}), "acme")

    assert {json.dumps(one.call(), sort_keys=True) for one in found} == {
        json.dumps(call, sort_keys=True)
        for call in (
            {"get": "/api/orders", "query": {"email": "{email}"}, "headers": {"X-Store": "eu"}},
            {
                "post": "/api/find",
                "json": {"filters": [{"field": "email", "value": "{email}"}]},
                "headers": {"X-Store": "eu"},
                "reads": True,
            },
            {"post": "/api/lookup", "form": {"orderNumber": "{number}"}, "headers": {"X-Store": "eu"}, "reads": True},
        )
    }
    assert found[0].operation == "find_orders_by_email"
    assert "pa55word" not in as_text(found)
    assert "jane" not in as_text(found)
    assert found.notes == ("2 entries without a request were left out", "1 secret was left out; type it into the form")


def test_har_of_pages_alone() -> None:
    """It says what to record instead."""
    found = read_calls(json.dumps({"log": {"entries": [entry("https://shop.example/", "text/html")]}}), "acme")

    assert (list(found), found.notes) == (
        [],
        ("no request in it was answered by data: record while an order is looked up",),
    )


# ---------------------------------------------------------------- Postman


POSTMAN = {
    "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "pa55-1"}]},
    "variable": [
        {"key": "host", "value": "https://shop.example/api"},
        {"key": "api_secret", "value": "pa55-2"},
        {"key": "store", "value": "eu"},
        {"key": "email", "value": "jane@x.example"},
    ],
    "item": [
        {
            "name": "Orders",
            "item": [
                {
                    "name": "By e-mail",
                    "request": {
                        "method": "GET",
                        "header": [
                            {"key": "X-Store", "value": "{{store}}"},
                            {"key": "X-Off", "value": "1", "disabled": True},
                        ],
                        "url": {
                            "raw": "{{host}}/orders?email={{email}}&debug=1",
                            "query": [
                                {"key": "email", "value": "{{email}}"},
                                {"key": "debug", "value": "1", "disabled": True},
                            ],
                        },
                    },
                },
                {
                    "name": "One order",
                    "request": {
                        "url": {"raw": "{{host}}/orders/:orderId", "variable": [{"key": "orderId"}]},
                        "auth": {"type": "apikey", "apikey": {"key": "X-Key", "value": "pa55-3", "in": "header"}},
                    },
                },
                {
                    "name": "Search",
                    "request": {
                        "method": "POST",
                        "url": "{{host}}/search",
                        "body": {"mode": "raw", "raw": '{"orderNumber": {{orderNumber}}, "secret": "{{api_secret}}"}'},
                    },
                },
                {
                    "name": "GraphQL",
                    "request": {
                        "method": "POST",
                        "url": "{{baseUrl}}/graphql",
                        "body": {
                            "mode": "graphql",
                            "graphql": {
                                "query": "query O($email: String!) { orders(email: $email) { id } }",
                                "variables": '{"email": "jane@x.example"}',
                            },
                        },
                    },
                },
                {
                    "name": "Form",
                    "request": {
                        "method": "POST",
                        "url": "{{host}}/find",
                        "auth": {"type": "noauth"},
                        "body": {"mode": "urlencoded", "urlencoded": [{"key": "mail", "value": "jane@x.example"}]},
                    },
                },
            ],
        },
        {"name": "Broken", "request": {"url": None}},
        {"name": "Delete order", "request": {"method": "DELETE", "url": "{{host}}/orders/1"}},
    ],
}


def test_postman() -> None:
    """Folders, variables and authentication that is inherited; values typed into Postman stay there."""
    found = read_calls(json.dumps(POSTMAN), "acme")

    assert {one.label: one.call() for one in found} == {
        "By e-mail": {"get": "/api/orders", "query": {"email": "{email}"}, "headers": {"X-Store": "eu"}},
        "One order": {"get": "/api/orders/{number}"},
        "Search": {
            "post": "/api/search",
            "json": {"orderNumber": "{number}", "secret": "${ACME_SECRET}"},
            "reads": True,
        },
        "GraphQL": {
            "post": "/graphql",
            "graphql": {
                "document": "query O($email: String!) { orders(email: $email) { id } }",
                "variables": {"email": "{email}"},
            },
            "reads": True,
        },
        "Form": {"post": "/api/find", "form": {"mail": "{email}"}, "reads": True},
        "Delete order": {"delete": "/api/orders/{number}"},
    }
    assert found[0].label == "By e-mail"
    assert found[-1].label == "Delete order"
    assert first(found, "By e-mail").connection() == {
        "base_url": "https://shop.example", "auth": {"kind": "bearer", "token": "${ACME_TOKEN}"},
    }  # fmt: skip
    assert first(found, "One order").auth is not None
    assert first(found, "One order").auth.kind == "api_key"  # type: ignore[union-attr]
    assert first(found, "GraphQL").base_url == ""
    assert "pa55" not in as_text(found)
    assert found.secrets == 3
    assert "1 entries without a URL were left out" in found.notes
    assert all(mistakes(one) == [] for one in found)


# ---------------------------------------------------------------- marking text


@pytest.mark.parametrize(
    ("example", "selected", "call"),
    [
        ("https://x.example/o?mail=jane%40x.example&k=1", "jane%40x.example", {"get": "/o?mail={email}&k=1"}),
        ("/orders/A%2F1/lines", "A/1", {"get": "/orders/{email}/lines"}),
        (
            "/o?$filter=Email eq 'jane@x.example'".replace(" ", "%20"),
            "jane@x.example",
            {"get": "/o", "query": {"$filter": "Email eq '{email}'"}},
        ),
        (
            '{"q": {"no": 1002, "t": "no 1002"}}',
            "1002",
            {"post": "/", "json": {"q": {"no": "{email}", "t": "no {email}"}}},
        ),
        (
            "<a><b x='J &amp; Co'>J &amp; Co</b><!-- J &amp; Co --></a>",
            "J & Co",
            {"post": "/", "xml": "<a><b x='{email}'>{email}</b><!-- J &amp; Co --></a>"},
        ),
        ("a=1&mail=jane%40x.example", "jane@x.example", {"post": "/", "form": {"a": "1", "mail": "{email}"}}),
        (
            "curl https://x.example/f -d 'mail=jane@x.example'",
            "jane@x.example",
            {"post": "/f", "form": {"mail": "{email}"}},
        ),
    ],
)
def test_marking_a_text(example: str, selected: str, call: dict[str, Any]) -> None:
    """A URL, a body or a line of curl: the selected text is an input, wherever it stands."""
    if example.startswith("https://x.example/o?"):
        call = {"get": "/o", "query": {"mail": "{email}", "k": "1"}}

    assert mark_input(example, selected, "email") == call


def test_marking_twice_and_an_envelope() -> None:
    """A marked call can be marked again; an envelope that was pasted keeps its action's place."""
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Find Mail="a@x.example">'
        "<No>A-1</No></Find></s:Body></s:Envelope>"
    )
    once = mark_input(text, "a@x.example", "email")
    twice = mark_input(once, "A-1", "number")

    assert twice["soap"]["body"] == text.replace("a@x.example", "{email}").replace("A-1", "{number}")
    assert once["soap"]["body"] != twice["soap"]["body"]


@pytest.mark.parametrize("selected", ["x.example", "Envelope", "nowhere", "mail", " ", ""])
def test_marking_what_is_no_value(selected: str) -> None:
    """The host, a name and a tag stay what they are."""
    for example in ("https://x.example/o?mail=1", "<Envelope><a>1</a></Envelope>"):
        with pytest.raises(UsageError, match="select"):
            mark_input(example, selected, "email")


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1, max_size=10))
def test_marked_value_comes_back(value: str, other: str) -> None:
    """Marking the value of a query and sending that value gives the same query again."""
    try:
        url = f"/orders?mail={quote(value, safe='')}&x={quote(other, safe='')}"
    except UnicodeEncodeError:
        return
    call = example_call(url)
    if "query" not in call or call["query"].get("mail") != value or value in other:
        return
    marked = mark_input(url, value, "email")

    assert marked["query"] == {"mail": "{email}", "x": other}


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "nothing in it"),
        ("hello", "nothing that can be imported"),
        ("[1, 2]", "nothing that can be imported"),
        ('{"a": 1}', "nothing that can be imported"),
        ('{"openapi": "3.0.0", "paths": {', "breaks off"),
        ("openapi: 3.0.0\npaths: {", "YAML with a mistake in line"),
        ("<a/>", "neither a WSDL nor a SOAP envelope"),
        (b"\xff\xfe\x00", "nothing"),
        ("[" * 100_000, "nested too deeply"),
        (Path("/nowhere/at/all.json"), "there is no file"),
        ("https://shop.example/openapi.json", "document's address"),
        ('{"errors": [{"message": "introspection is off"}], "data": null}', "introspection"),
    ],
)
def test_what_cannot_be_imported(source: Any, told: str) -> None:
    """A plain message that names what can, and repeats nothing of what it was given."""
    with pytest.raises(UsageError, match=told) as caught:
        read_calls(source, "acme")

    assert "hello" not in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is pasted: calls, or our own error."""
    for source in (text, f"curl {text}", f"<a>{text}</a>", f'{{"openapi": {json.dumps(text)}, "paths": {{}}}}'):
        try:
            read_calls(source, "acme")
        except UsageError as error:
            assert str(error)


JSONS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=8),
        st.sampled_from(["#/paths", "get", "{email}", "raw"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "paths",
                    "/orders",
                    "get",
                    "$ref",
                    "parameters",
                    "schema",
                    "properties",
                    "name",
                    "in",
                    "url",
                    "request",
                    "item",
                    "query",
                    "header",
                    "body",
                    "mode",
                    "auth",
                    "type",
                    "log",
                    "entries",
                    "key",
                    "value",
                    "raw",
                    "postData",
                    "content",
                    "servers",
                    "allOf",
                    "items",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


@given(JSONS)
def test_any_shape_is_read_or_refused(data: Any) -> None:
    """Documents of others have every mistake there is: each is survived, and what comes out loads."""
    for document in (
        {"openapi": "3", "paths": data},
        {"openapi": "3", "paths": {"/orders": data}, "components": data},
        {"openapi": "3", "paths": {"/o": {"post": data}}},
        {"swagger": "2.0", "paths": {"/o": {"get": {"parameters": data}}}},
        {"info": {}, "item": data},
        {"item": [{"request": data}]},
        {"item": [{"name": data, "request": {"url": data, "body": data}}]},
        {"log": {"entries": data}},
        {"log": {"entries": [{"request": data}]}},
        {"log": {"entries": [{"request": {"url": "https://x.example/o", "postData": data, "headers": data}}]}},
    ):
        try:
            found = read_calls(json.dumps(document), "acme")
        except UsageError:
            continue
        assert all(isinstance(one.call(), dict) for one in found)


def test_one_url_is_an_example() -> None:
    """A URL alone, with or without a method, is a call as well."""
    (proposal,) = read_calls("GET https://shop.example/orders/A-1002", "acme")

    assert proposal.call() == {"get": "/orders/{number}"}


def test_files_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    """Names and endings do not matter; a byte order mark and UTF-16 do not either."""
    file = tmp_path / "from the merchant.txt"
    for data in (json.dumps(OPENAPI).encode("utf-8-sig"), json.dumps(OPENAPI).encode("utf-16"), SWAGGER.encode()):
        file.write_bytes(data)
        assert read_calls(file, "acme").kind == "openapi"
        assert read_calls(str(file), "acme").kind == "openapi"


def test_query_of_a_proposal_is_the_example_s() -> None:
    """What was not asked with is sent as the example had it."""
    found = read_calls("https://shop.example/orders?email=a%40x.example&sort=-created%20at&tag=a&tag=b", "acme")

    assert parse_qsl(urlsplit(sent(found[0], email="b@x.example").url).query) == [
        ("email", "b@x.example"), ("sort", "-created at"), ("tag", "a"), ("tag", "b"),
    ]  # fmt: skip
