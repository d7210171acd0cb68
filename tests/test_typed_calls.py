"""A call as it is typed into the form: URLs, headers and bodies."""

from __future__ import annotations

# Long lines: what is typed and what it becomes stand side by side.
# ruff: noqa: E501
from decimal import Decimal
from typing import Any

import pytest

from workbench.errors import UsageError
from workbench.mapping import load_data
from workbench.notebook.typed import changed_call, shown_call, typed_call
from workbench.notebook.typed_cases import shown_rows, shown_value, typed_rows, typed_value
from workbench.pick import cases_of

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
        ({"url": "/w", "method": "post", "body_kind": "soap", "body": "<F/>", "soap_version": "1.2", "reads": True},
         {"post": "/w", "soap": {"body": "<F/>", "version": "1.2"}, "reads": True}),
        ({"url": "/o", "pages": {"kind": "cursor", "path": "$.next", "param": "c", "max": "9", "start": "0", "stop_when": "$.more: false"}},
         {"get": "/o", "pages": {"kind": "cursor", "path": "$.next", "param": "c", "max": 9, "start": 0, "stop_when": {"$.more": False}}}),
        ({"url": "/o", "not_found_when": "'http.status': 404\n$['a: b']: \"404\"\n", "fail_when": "$.e: {is: present}\n$.s: [a, \"b, c\"]\n$.n: {at_least: 1.5}"},
         {"get": "/o", "not_found_when": {"http.status": 404, "$['a: b']": "404"}, "fail_when": {"$.e": {"is": "present"}, "$.s": ["a", "b, c"], "$.n": {"at_least": Decimal("1.5")}}}),
        ({"url": "/o", "fail_when": "$.who: {email}", "required": True, "note": "why: so", "timeout_s": "2.5", "quotes": "doubled", "format": "csv", "delimiter": "tab", "encoding": "latin-1", "namespaces": "c: urn:x"},
         {"get": "/o", "fail_when": {"$.who": "{email}"}, "required": True, "note": "why: so", "timeout_s": Decimal("2.5"), "quotes": "doubled", "format": "csv", "delimiter": "\t", "encoding": "latin-1", "namespaces": {"c": "urn:x"}}),
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
        ({"url": "/o", "fail_when": "nonsense"}, "PATH: VALUE"),
        ({"url": "/o", "fail_when": "$.a: [b"}, "cannot be read"),
        ({"url": "/o", "only_when": "$.a: "}, "PATH: VALUE"),
        ({"url": "/o", "limit": "many"}, "limit: .* write a number"),
        ({"url": "/o", "timeout_s": "1e9"}, "timeout_s"),
        ({"url": "/o", "pages": {"kind": "page", "max": "-"}}, "max"),
        ({"url": "/o", "namespaces": "urn"}, "prefix: URI"),
    ],
)
def test_what_cannot_be_read_is_told(typed: dict[str, Any], told: str) -> None:
    """The message names the part and how to write it."""
    with pytest.raises(UsageError, match=told):
        typed_call(typed, BASE)


def test_what_is_not_touched_stays() -> None:
    """A call of the file keeps its types, its nested query and the keys that were not changed in the form."""
    before = {
        "name": "search", "post": "/o?x=${ACME_KEY}", "query": {"n": 5, "f": {"a": [1, "2"]}, "t": ["a", "b"]},
        "headers": {"X-N": 5}, "form": {"a": {"b": ["c"]}, "flag": True}, "reads": True, "timeout_s": Decimal("2.50"),
        "not_found_when": {"http.status": [404, 410], "$.a": {"is": None}}, "pages": {"kind": "page", "size": 5, "stop_when": {"$.b": "007"}},
    }  # fmt: skip
    shown = shown_call(before)
    url, parts = changed_call(shown, before, BASE)

    assert {"name": "search", "post": url, **parts} == before
    url, parts = changed_call({**shown, "headers": "X-N: 6"}, before, BASE)
    assert {"name": "search", "post": url, **parts} == {**before, "headers": {"X-N": "6"}}
    url, parts = changed_call({**shown, "url": "/o?n=6"}, before, BASE)
    assert (url, parts["query"]) == ("/o", {"n": "6"})


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-1.5", Decimal("-1.5")), ("007", "007"), ('"5"', "5"), ("true", True), ('"true"', "true"), ("null", None),
     ("1e5", "1e5"), ("a b", "a b"), ('"a \\" b"', 'a " b'), ("@.x", "@.x"), ("{email}", "{email}"), ("²", "²"), ("--1", "--1"), ('"', '"')],
)  # fmt: skip
def test_values_are_typed_as_they_are_meant(text: str, value: Any) -> None:
    """A number is one, an id with zeros is none, and quotes make a text; shown again it means the same."""
    assert typed_value(text) == value
    assert typed_value(shown_value(value)) == value


CASES = [
    {"when": {"@.gone": {"is": "present"}}, "then": "cancelled"},
    {"when": {"@.kind": ["a", "b, c", "5"], "@.n": {"not": [1, 2]}}, "then": "shipped"},
    {"when": {"@.n": {"over": 0, "under": Decimal("2.5")}, "@.made": {"within": "90d"}}, "then": "pending"},
    {"when": {"@.word": {"value": "@.x"}, "@.paid": True, "^.who": "{email}"}, "then": "on_hold"},
    {"then": None},
]


def test_table_of_the_file_is_shown_and_typed_again() -> None:
    """Every comparison of the language goes into the boxes of the form and comes out the same."""
    assert cases_of(typed_rows(shown_rows({"cases": CASES})), lambda text: text) == CASES


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "the table is empty"),
        ([{"conditions": [{"field": " ", "value": ""}], "result": ""}], "the table is empty"),
        ([{"conditions": [{"field": "@.a", "comparison": "is", "value": "1"}], "result": " "}], "row 1 has no result"),
        ([{"conditions": [{"field": "@.a", "comparison": "over", "value": ""}], "result": "x"}], "row 1 has no value"),
        ([{"conditions": [{"field": "", "comparison": "is", "value": "1"}], "result": "x"}], "row 1 compares nothing"),
        ([{"conditions": [{"field": "@.a", "comparison": "is one of", "value": 'a "b'}], "result": "x"}], "a list is written"),
    ],
)  # fmt: skip
def test_row_that_is_not_whole_is_told(rows: list[Any], told: str) -> None:
    """With its number, and what to type."""
    with pytest.raises(UsageError, match=told):
        typed_rows(rows)


def test_same_field_twice_in_a_row() -> None:
    """Two comparisons of one field become one line; what cannot stand together is told."""
    both = [{"when": [("@.n", "over", 0), ("@.n", "is", 5)], "then": "shipped"}]
    assert cases_of(both, lambda text: text) == [{"when": {"@.n": {"over": 0, "value": 5}}, "then": "shipped"}]
    for other in (("@.n", "over", 1), ("@.n", "is", ["a"]), ("@.n", "is", "@.x")):
        with pytest.raises(UsageError, match="row 1 compares the same field twice"):
            cases_of([{"when": [("@.n", "over", 0), other], "then": "shipped"}], lambda text: text)
