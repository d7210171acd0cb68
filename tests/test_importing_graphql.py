"""From a GraphQL schema to calls: documents with nested selections, checked against the schema, values by variables."""

from __future__ import annotations

import json
from typing import Any

import graphql
import pytest

from tests.imported import mistakes, sent
from workbench.errors import UsageError
from workbench.importing import Proposals, read_calls
from workbench.importing.graphql import build_document, document_problems, introspection_call, schema_of

SDL = '''
"""What customers see."""
type Query {
  orders(first: Int, after: String, query: String, filter: OrderFilter): OrderConnection!
  order(id: ID!): OrderResult
  orderByNumber(number: String!, shop: ShopRef!): Order
  customer(email: String!): Customer
  shop: Shop
}
type Mutation { cancelOrder(id: ID!): Order }
input OrderFilter { status: [Status!], customerEmail: StringFilter, number: StringFilter, shop: ShopRef! }
input StringFilter { eq: String, in: [String!] }
input ShopRef { code: String!, kind: Status! }
enum Status { OPEN, SHIPPED }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }
type OrderEdge { cursor: String! node: Order! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
interface Node { id: ID! }
type Order implements Node {
  id: ID! number: String! email: String status: Status old: String @deprecated(reason: "gone")
  customer: Customer lines(first: Int, after: String): LineConnection! total: Money! note(kind: Status!): String
  parent: Order related: Node
}
type LineConnection { edges: [LineEdge!]! }
type LineEdge { node: Line! }
type Line { sku: String quantity: Int! order: Order! price: Money }
type Money { amount: String! currency: String! }
type Customer implements Node { id: ID! email: String! orders(first: Int): OrderConnection! }
type Shop { name: String }
type OrderNotFoundError { message: String! }
union OrderResult = Order | OrderNotFoundError
'''


def introspected() -> dict[str, Any]:
    """What a server answers that allows introspection."""
    return {"data": graphql.introspection_from_schema(graphql.build_schema(SDL))}


@pytest.fixture(params=["sdl", "introspection"])
def found(request: pytest.FixtureRequest) -> Proposals:
    """The calls of the schema, given in either form."""
    return read_calls(SDL if request.param == "sdl" else json.dumps(introspected()), "acme")


def test_searches_come_first_and_ask_by_variables(found: Proposals) -> None:
    """A filter that is named so wins over a search text; what must be there is there; pages are followed."""
    assert found.kind == "graphql"
    assert (found[0].label, found[0].operation) == ("orders", "find_orders_by_email")
    call = found[0].call()
    assert call["graphql"]["variables"] == {
        "first": 20,
        "filter": {"customerEmail": {"eq": "{email}"}, "shop": {"code": "{code}", "kind": "OPEN"}},
    }
    assert call["pages"] == {"kind": "graphql", "path": "$.data.orders.pageInfo", "param": "after"}
    assert call["reads"] is True
    assert "{email}" not in call["graphql"]["document"]


def test_every_document_is_valid_and_loads(found: Proposals) -> None:
    """Each is checked against the schema, and is a call of the mapping language as it stands."""
    schema = schema_of(SDL)
    assert {one.label for one in found} == {"orders", "order", "orderByNumber", "customer", "shop"}
    for proposal in found:
        assert document_problems(schema, proposal.body["document"]) == []
        assert mistakes(proposal) == []
        body = json.loads(sent(proposal, email='x" OR "1"="1', number="A-1").body)
        assert 'OR "1"' not in body["query"]


def test_selection_is_nested_to_a_depth() -> None:
    """Leaves and objects, connections with a size, no circles, nothing deprecated, nothing that needs arguments."""
    schema = schema_of(SDL)
    document = build_document(schema, "orders", "email")["document"]

    assert "lines(first: 20) {" in document
    for part in ("hasNextPage", "endCursor", "sku", "amount", "edges", "node"):
        assert part in document
    for part in ("old", "note", "parent", "nodes"):
        assert f" {part}\n" not in document and f" {part} {{" not in document
    shallow = build_document(schema, "orders", "email", depth=1)["document"]
    assert "sku" not in shallow and "number" in shallow
    assert document_problems(schema, shallow) == []


def test_union_asks_for_its_type_name() -> None:
    """So that an error of the union is told from an order."""
    document = build_document(schema_of(SDL), "order", "number")["document"]

    assert "__typename" in document
    assert "... on Order {" in document
    assert "... on OrderNotFoundError {" in document


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{ orders { nodes { nope } } }", "Cannot query field 'nope' on type 'Order'"),
        ("{ orders(nope: 1) { nodes { id } } }", "Unknown argument 'nope'"),
        ("query($m: Int) { customer(email: $m) { id } }", "type 'Int'"),
        ("{ customer { id } }", "of type 'String!' is required"),
        ("{ orders { nodes { id }", "cannot be read (line 1)"),
        ("{" * 400, "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_document_is_checked_before_it_is_sent(document: str, told: str) -> None:
    """A wrong field, argument or type is told with its line."""
    problems = document_problems(schema_of(SDL), document)

    assert any(told in problem for problem in problems)


def test_no_such_query() -> None:
    """The message names those that are."""
    with pytest.raises(UsageError, match=r"no query 'oders' - its queries: orders, order"):
        build_document(schema_of(SDL), "oders")


def test_pasted_document_does_without_a_schema() -> None:
    """Its variables become inputs by their names; those with a default stay out."""
    text = "query O($customerEmail: String!, $orderNo: ID, $shop: String!, $n: Int = 5) { orders(q: $orderNo) { id } }"
    (proposal,) = read_calls(text, "acme")

    assert proposal.call()["graphql"] == {
        "document": text,
        "variables": {"customerEmail": "{email}", "orderNo": "{number}", "shop": "{shop}"},
    }
    assert "set the path of the endpoint" in proposal.notes[0]
    assert proposal.reads
    assert not read_calls("mutation M { cancel(id: 1) { id } }", "acme")[0].reads


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"errors": [{"message": "introspection is not allowed"}]}, "does not allow introspection"),
        ({"data": None, "errors": []}, "does not allow introspection"),
        ({"data": {"__schema": None}}, "does not allow introspection"),
        ({"data": {"__schema": {}}}, "incomplete"),
        ({"data": {"__schema": {"queryType": {"name": "Query"}, "types": []}}}, "incomplete|cannot be read"),
        ({"__schema": {"types": "x", "queryType": 1, "directives": []}}, "incomplete|cannot be read"),
    ],
)
def test_server_without_introspection(source: Any, told: str) -> None:
    """It is told, with what to ask the merchant for."""
    with pytest.raises(UsageError, match=told):
        read_calls(json.dumps(source), "acme")


@pytest.mark.parametrize(
    "text", ["type Query { a: Missing }", "type Query {", "type A { b: String }", "schema { query: X }"]
)
def test_sdl_that_is_broken(text: str) -> None:
    """An error of ours, or a note that there is nothing to ask."""
    try:
        found = read_calls(text, "acme")
    except UsageError as error:
        assert "schema" in str(error)
    else:
        assert list(found) == [] and "no query type" in found.notes[0]


def test_introspection_is_a_call_like_any_other() -> None:
    """It is sent by the caller's own client, and its answer is what is imported."""
    call = introspection_call("/graphql")

    assert set(call) == {"post", "graphql", "reads"}
    assert graphql.graphql_sync(graphql.build_schema(SDL), call["graphql"]["document"]).errors is None


def test_schema_of_hundreds_of_types() -> None:
    """A document stays bounded however large and tangled the schema is."""
    size = 300
    types = "\n".join(
        f"type T{i} {{ id: ID! " + " ".join(f"f{j}: T{(i * 7 + j) % size}" for j in range(12)) + f" s{i}: String }}"
        for i in range(size)
    )
    found = read_calls(f"type Query {{ order(number: String!): T0 }}\n{types}", "acme")

    document = found[0].body["document"]
    assert len(document) < 60_000
    assert document_problems(schema_of(f"type Query {{ order(number: String!): T0 }}\n{types}"), document) == []
