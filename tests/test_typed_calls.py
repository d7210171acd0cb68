"""A call as it is typed into the form: URLs, headers and bodies."""

from __future__ import annotations

# Long lines: what is typed and what it becomes stand side by side.
# ruff: noqa: E501
from decimal import Decimal
from typing import Any

import pytest

from workbench.errors import UsageError
from workbench.mapping import load_data
from workbench.notebook.typed import shown_call, typed_call

BASE = "https://api.acme.example/v2"


def call_of(args: dict[str, Any]) -> dict[str, Any]:
    """The call as the file has it."""
    url, parts = typed_call(args, BASE)
    return {args.get("method", "get"): url, **{key: value for key, value in parts.items() if value not in ({}, "")}}


@pytest.mark.parametrize(
    ("typed", "call"),
    [
        ({"url": "/orders?email={email}"}, {"get": "/orders", "query": {"email": "{email}"}}),
        ({"url": f"{BASE}/orders?q=a%20b&q=c#top"}, {"get": "/orders", "query": {"q": ["a b", "c"]}}),
        ({"url": BASE}, {"get": "/"}),
        ({"url": "https://other.example/x"}, {"get": "https://other.example/x"}),
        ({"url": "/o", "headers": "Accept: application/json\n\nX-Shop: de : at"},
         {"get": "/o", "headers": {"Accept": "application/json", "X-Shop": "de : at"}}),
        ({"url": "/s", "method": "post", "reads": True, "body_kind": "json", "body": '{"email": "{email}", "n": 1.5}'},
         {"post": "/s", "reads": True, "json": {"email": "{email}", "n": Decimal("1.5")}}),
        ({"url": "/s", "method": "post", "body_kind": "form", "body": "mail={email}&x=a+b"},
         {"post": "/s", "form": {"mail": "{email}", "x": "a b"}}),
        ({"url": "/g", "method": "post", "body_kind": "graphql", "body": "query($e: String) { a }", "more": '{"e": "{email}"}'},
         {"post": "/g", "graphql": {"document": "query($e: String) { a }", "variables": {"e": "{email}"}}}),
        ({"url": "/w", "method": "post", "body_kind": "soap", "body": "<Find>{email}</Find>", "more": "urn:find"},
         {"post": "/w", "soap": {"body": "<Find>{email}</Find>", "action": "urn:find"}}),
        ({"url": "/o", "pages": {"kind": "page", "param": "p", "size": "50", "path": "", "x": "y"}},
         {"get": "/o", "pages": {"kind": "page", "param": "p", "size": 50}}),
    ],
)  # fmt: skip
def test_typed_call_becomes_one_of_the_file(typed: dict[str, Any], call: dict[str, Any]) -> None:
    """What the form holds is the call that the file has, it loads, and it is shown again as it was typed."""
    made = call_of(typed)
    assert made == call

    operations = {"find_orders_by_email": {"calls": [made], "orders": {"each": "$"}}}
    connection = {"base_url": BASE}
    load_data(
        {"format": 1, "merchant": "acme", "connection": connection, "operations": operations, "records": {"order": {}}}
    )
    assert call_of(shown_call(made)) == made


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"url": "/o", "headers": "no colon"}, "Name: value"),
        ({"url": "/o", "body_kind": "json", "body": "{email}"}, "not JSON, line 1"),
        ({"url": "/o", "body_kind": "graphql", "body": "query { a }", "more": "[" * 5000}, "variables is not JSON"),
        ({"url": "/o", "body_kind": "yaml", "body": ""}, "one of json"),
    ],
)
def test_what_cannot_be_read_is_told(typed: dict[str, Any], told: str) -> None:
    """The message names the part and how to write it."""
    with pytest.raises(UsageError, match=told):
        typed_call(typed, BASE)
