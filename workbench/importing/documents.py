"""GraphQL documents built from a schema: nested selections to a depth, values by variables only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.importing.inputs import identifier
from workbench.importing.words import is_email_name, is_number_name, words

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLSchema

MOST = 250
"""Fields of one document at most."""
PAGE = 20

_EQUALS = ("eq", "equals", "equal", "is", "_eq", "exact", "equalTo", "value", "in", "_in", "values", "oneOf")
_SEARCHES = {"query", "search", "q", "searchterm", "searchquery", "term", "keyword", "filter"}
_UNWANTED = {"product", "products", "variant", "catalog", "metafields", "metafield", "translations", "app", "shop"}


def introspection() -> str:
    """The query that asks for a schema."""
    from graphql import get_introspection_query

    text: str = get_introspection_query(descriptions=True)
    return text


class Query(NamedTuple):
    """A document, and the values of its variables.

    Attributes:
        document: The text.
        variables: By name; inputs as templates.
        answers: Whether it is asked with what it should be.
        result: The name of the type that it gives.
        notes: What the engineer should know.
        pages: How the call pages, where the field is a connection.
    """

    document: str
    variables: dict[str, Any]
    answers: bool
    result: str
    notes: tuple[str, ...]
    pages: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """What stands under `graphql:`."""
        return {"document": self.document, **({"variables": self.variables} if self.variables else {})}


class Builder:
    """Builds documents of one schema.

    Args:
        schema: The schema.
        depth: Levels of objects in a selection.
    """

    def __init__(self, schema: GraphQLSchema, depth: int) -> None:
        self.schema, self.depth = schema, depth
        self._left = MOST

    def query(self, name: str, field: GraphQLField, ask: str) -> Query:
        """The document that asks one field of the query type."""
        from graphql import get_named_type

        self._left = MOST
        variables: dict[str, Any] = {}
        declared, given, notes = [], [], []
        asked_by, value = self._asking(field, ask)
        for key, argument in field.args.items():
            if key != asked_by:
                value_here = self._needed(key, argument)
                if value_here is None:
                    continue
                variables[key] = value_here
            else:
                variables[key] = value
                if _is_search(key) and isinstance(value, str):
                    notes.append(f"{key} may have a syntax of its own, such as {ask}:{{{ask}}}")
            declared.append(f"${key}: {argument.type}")
            given.append(f"{key}: ${key}")
        result = get_named_type(field.type)
        pages = None
        if "after" in field.args and "pageInfo" in getattr(result, "fields", {}):
            declared.append(f"$after: {field.args['after'].type}")
            given.append("after: $after")
            pages = {"kind": "graphql", "path": f"$.data.{name}.pageInfo", "param": "after"}
        selection = self._selection(field.type, 0, ())
        head = f"query {_title(name)}" + (f"({', '.join(declared)})" if declared else "")
        call = name + (f"({', '.join(given)})" if given else "")
        body = f" {selection}" if selection else ""
        document = f"{head} {{\n  {call}{_indented(body)}\n}}"
        return Query(document, variables, bool(asked_by), result.name, tuple(notes), pages)

    def _asking(self, field: GraphQLField, ask: str) -> tuple[str, Any]:
        """The argument that takes what is asked with, and its value; one that is named so before a search text."""
        from graphql import get_named_type

        for searching in (False, True):
            for key, argument in field.args.items():
                if _is_search(key) and searching and ask:
                    if get_named_type(argument.type).name == "String":
                        return key, f"{{{ask}}}"
                elif not searching:
                    value, found = self._asked(key, argument.type, ask)
                    if found:
                        return key, value
        return "", None

    def _asked(self, name: str, kind: Any, ask: str, depth: int = 0) -> tuple[Any, bool]:
        """(the value of an argument that takes what is asked with, whether it does)."""
        from graphql import get_nullable_type, is_input_object_type, is_list_type, is_scalar_type

        plain = get_nullable_type(kind)
        if is_list_type(plain):
            value, found = self._asked(name, plain.of_type, ask, depth)
            return ([value], True) if found else (None, False)
        fits = {"email": is_email_name, "number": _is_number}.get(ask)
        if fits is None:
            return None, False
        if is_scalar_type(plain):
            return (f"{{{ask}}}", True) if fits(name) else (None, False)
        if not is_input_object_type(plain) or depth > 3:
            return None, False
        inner = plain.fields
        if fits(name):
            for key in _EQUALS:
                if key in inner:
                    many = is_list_type(get_nullable_type(inner[key].type))
                    return {key: [f"{{{ask}}}"] if many else f"{{{ask}}}"}, True
        for key, field in inner.items():
            value, found = self._asked(key, field.type, ask, depth + 1)
            if found:
                return {**self._required(inner, key), key: value}, True
        return None, False

    def _required(self, fields: Any, chosen: str) -> dict[str, Any]:
        """The fields of an input object that must be there, beside one."""
        from graphql import is_required_input_field

        return {
            key: self._placeholder(key, field.type)
            for key, field in fields.items()
            if key != chosen and is_required_input_field(field)
        }

    def _needed(self, name: str, argument: Any) -> Any:
        """The value of an argument that asks for nothing of ours: what must be there, and the size of a page."""
        from graphql import is_required_argument

        if name in ("first", "limit", "pageSize", "perPage", "take") and "Int" in str(argument.type):
            return PAGE
        return self._placeholder(name, argument.type) if is_required_argument(argument) else None

    def _placeholder(self, name: str, kind: Any) -> Any:
        from graphql import get_nullable_type, is_enum_type, is_input_object_type, is_list_type

        plain = get_nullable_type(kind)
        if is_list_type(plain):
            return [self._placeholder(name, plain.of_type)]
        if is_enum_type(plain):
            return next(iter(plain.values))
        if is_input_object_type(plain):
            return self._required(plain.fields, "")
        if plain.name in ("Int", "Float"):
            return 1
        return True if plain.name == "Boolean" else f"{{{identifier(name)}}}"

    def _selection(self, kind: Any, depth: int, inside: tuple[str, ...]) -> str:
        """`{ ... }` for a type, or nothing for a leaf."""
        from graphql import get_named_type, is_interface_type, is_leaf_type, is_union_type

        plain = get_named_type(kind)
        if is_leaf_type(plain):
            return ""
        lines = []
        if is_union_type(plain) or is_interface_type(plain):
            lines.append("__typename")
            for option in list(self.schema.get_possible_types(plain))[:8] if is_union_type(plain) else ():
                inner = self._fields(option, depth, (*inside, plain.name))
                lines.append(f"... on {option.name} {_braced(inner)}" if inner else "")
        if not is_union_type(plain):
            lines += self._fields(plain, depth, inside)
        lines = [line for line in lines if line]
        return _braced(lines or ["__typename"])

    def _fields(self, plain: Any, depth: int, inside: tuple[str, ...]) -> list[str]:
        """The fields of a type: leaves first, then objects while depth and budget last."""
        from graphql import get_named_type, is_leaf_type, is_required_argument

        leaves, objects = [], []
        for name, field in plain.fields.items():
            if any(is_required_argument(argument) for argument in field.args.values()) or field.deprecation_reason:
                continue
            named = get_named_type(field.type)
            if is_leaf_type(named):
                leaves.append(name)
            elif named.name not in inside and named.name != plain.name:
                objects.append((name, field, named))
        lines = leaves[: max(self._left, 0)]
        self._left -= len(lines)
        for name, field, named in objects:
            # what only wraps a list costs no level
            level = depth if named.name.endswith("Edge") or name in ("edges", "node", "nodes") else depth + 1
            if level >= self.depth or self._left <= 0 or set(words(name)) & _UNWANTED or len(inside) > 12:
                continue
            if name == "nodes" and "edges" in plain.fields:
                continue
            inner = self._selection(field.type, level, (*inside, plain.name))
            size = f"(first: {PAGE})" if "first" in field.args and named.name.endswith("Connection") else ""
            lines.append(f"{name}{size} {inner}")
            self._left -= 1
        return lines


def _is_search(name: str) -> bool:
    return "".join(words(name)) in _SEARCHES


def _is_number(name: str) -> bool:
    return is_number_name(name) or name in ("id", "orderId", "name", "code")


def _title(name: str) -> str:
    return re.sub(r"(?:^|_)([A-Za-z])", lambda match: match[1].upper(), name)


def _braced(lines: list[str]) -> str:
    return "{\n" + "\n".join(f"  {line}" for part in lines for line in part.split("\n")) + "\n}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
