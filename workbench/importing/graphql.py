"""GraphQL: queries built from a schema, and checked against it before they are sent. Needs the extra `graphql`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from workbench.errors import UsageError
from workbench.importing.documents import Builder
from workbench.importing.finish import Raw, finish
from workbench.importing.inputs import Marks
from workbench.importing.proposal import Proposals

if TYPE_CHECKING:
    from graphql import GraphQLSchema

DEPTH = 4
"""Levels of objects that a built document asks for, unless said."""

_NO_INTROSPECTION = (
    "the server does not allow introspection - ask the merchant for the schema (SDL) and paste it, or paste a document"
)


def introspection_call(path: str) -> dict[str, Any]:
    """The call that asks a GraphQL endpoint for its schema; its answer goes to `read_calls`."""
    from workbench.importing.documents import introspection

    return {"post": path, "graphql": {"document": introspection()}, "reads": True}


def schema_of(source: str | Mapping[str, Any]) -> GraphQLSchema:
    """The schema in a text (SDL) or in the answer to an introspection.

    Raises:
        UsageError: It holds none, or one that contradicts itself.
    """
    graphql = _library()
    try:
        if isinstance(source, str):
            return cast("GraphQLSchema", graphql.build_schema(source, assume_valid=True))
        data = source.get("data", source)
        if not isinstance(data, Mapping) or not isinstance(data.get("__schema"), Mapping):
            raise UsageError(_NO_INTROSPECTION)
        return cast("GraphQLSchema", graphql.build_client_schema({"__schema": data["__schema"]}, assume_valid=True))
    except UsageError:
        raise
    except graphql.GraphQLError as error:
        raise UsageError(f"the schema cannot be read{_line(error)} - copy it anew, whole") from None
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError):
        raise UsageError("the schema is incomplete - ask for the whole introspection, or paste the SDL") from None


def document_problems(schema: GraphQLSchema, document: str) -> list[str]:
    """What is wrong with a document, judged by the schema, before anything is sent; empty when nothing is."""
    graphql = _library()
    try:
        parsed = graphql.parse(document, max_tokens=20_000)
    except graphql.GraphQLError as error:
        return [f"the document cannot be read{_line(error)} - check its braces and quotes"]
    except RecursionError:
        return ["the document is nested too deeply - ask for less"]
    return [f"{error.message}{_line(error)}" for error in graphql.validate(schema, parsed)[:20]]


def build_document(schema: GraphQLSchema, field: str, ask: str = "email", depth: int = DEPTH) -> dict[str, Any]:
    """The `graphql:` of a call that asks a field of the query type, its values as variables.

    Args:
        schema: The schema.
        field: A field of the query type.
        ask: What is asked with: `email`, `number`, or nothing.
        depth: Levels of objects in the selection.

    Raises:
        UsageError: There is no such field.
    """
    root = schema.query_type
    if root is None or field not in root.fields:
        known = ", ".join(list(root.fields)[:20]) if root else "none"
        raise UsageError(f"the schema has no query {field!r} - its queries: {known}")
    return Builder(schema, depth).query(field, root.fields[field], ask).body()


def read_introspection(data: Mapping[str, Any], merchant: str) -> Proposals:
    """The queries of a schema that introspection gave."""
    return finish(list(_queries(schema_of(data))), "graphql", merchant)


def read_schema(text: str, merchant: str) -> Proposals:
    """The queries of a schema in SDL; or the one call of a document."""
    if re.match(r"\s*(?:query|mutation|subscription|\{)", text):
        return _document(text, merchant)
    found = list(_queries(schema_of(text)))
    return finish(found, "graphql", merchant, [] if found else ["the schema has no query type"])


def _queries(schema: GraphQLSchema) -> Iterator[Raw]:
    root = schema.query_type
    for name, field in (root.fields if root else {}).items():
        builder = Builder(schema, DEPTH)
        asked = [made for made in (builder.query(name, field, ask) for ask in ("email", "number")) if made.answers]
        for made in asked or [builder.query(name, field, "")]:
            about = " ".join([made.result, str(field.description or "")[:200]])
            yield Raw(
                label=name, method="POST", url="/graphql", body=made.body(), body_kind="graphql", about=about,
                notes=made.notes, pages=made.pages,
            )  # fmt: skip


def _document(text: str, merchant: str) -> Proposals:
    """A document that somebody has written already: its variables become inputs by their names."""
    graphql = _library()
    try:
        parsed = graphql.parse(text, max_tokens=20_000)
    except graphql.GraphQLError as error:
        raise UsageError(f"the document cannot be read{_line(error)} - copy it anew, whole") from None
    except RecursionError:
        raise UsageError("the document is nested too deeply - ask for less") from None
    marks = Marks(merchant)
    variables: dict[str, Any] = {}
    for definition in parsed.definitions:
        for variable in getattr(definition, "variable_definitions", None) or ():
            if variable.default_value is None:
                name = variable.variable.name.value
                variables[name] = marks.value(name, f"{{{name}}}")
    body = {"document": text.strip(), "variables": variables}
    note = "a document alone does not say where to send it: set the path of the endpoint"
    return finish([Raw("", "POST", "/graphql", body=body, body_kind="graphql", notes=(note,))], "graphql", merchant)


def _line(error: Any) -> str:
    found = getattr(error, "locations", None)
    return f" (line {found[0].line})" if found else ""


def _library() -> Any:
    try:
        import graphql
    except ImportError:
        raise UsageError("a GraphQL schema needs an extra - pip install 'workbench[graphql]'") from None
    return graphql
