"""Bodies of calls: JSON and GraphQL from trees of templates, forms from pairs, XML, SOAP and text from one template.

A JSON body stays typed: a number of a document stays a number, an input stays text. A GraphQL document is never a
template; values go by its variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from workbench.calls.soap import envelope_text, soap_headers
from workbench.calls.values import Phrase, Values, phrase, query_value
from workbench.errors import UsageError
from workbench.paths import Path, text_of
from workbench.plan import Call
from workbench.quoting import JSON as JSON_TEXT
from workbench.quoting import TEXT, VALUE, XML
from workbench.templates import Made, Template, TemplateError, compile_template

_DECLARED = re.compile(r"""\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_VALUE_SIGNS = "/:@!$'()*,-._~"
JSON = ("Content-Type", "application/json")


class Text(NamedTuple):
    """A text of a tree that holds templates."""

    phrase: Phrase

    def value(self, values: Values) -> Any:
        """The text; a path alone gives what the document holds, with its type."""
        parts = self.phrase.parts
        if len(parts) == 1 and isinstance(parts[0], Path | Made):
            return values.typed(parts[0], json_of)
        return self.phrase.text(values)


def template(text: object, call: str) -> Template:
    """The compiled form of a text in a call.

    Raises:
        UsageError: It is no template.
    """
    try:
        return compile_template(text_of(text))
    except TemplateError as error:
        raise UsageError(f"call {call!r}: {error}") from None


def tree(data: Any, call: str, quotes: str | None = None, name: str = "") -> Any:
    """Plain data with every text compiled."""
    if isinstance(data, str):
        # not text_of, which would trim: a blank inside a body is the engineer's
        return Text(phrase(_compiled(data, call), JSON_TEXT, call, quotes, name)) if "{" in data else data
    if isinstance(data, Mapping):
        return {str(key): tree(value, call, quotes, str(key)) for key, value in data.items()}
    return [tree(value, call, quotes, name) for value in data] if isinstance(data, list) else data


def _compiled(text: str, call: str) -> Template:
    try:
        return compile_template(text)
    except TemplateError as error:
        raise UsageError(f"call {call!r}: {error}") from None


def filled(node: Any, values: Values) -> Any:
    """A tree with its texts filled in; a path alone in a list gives all its values."""
    if isinstance(node, Text):
        return node.value(values)
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    found: list[Any] = []
    for value in node:
        path = value.phrase.alone if isinstance(value, Text) else None
        found += values.every(path) if path is not None else [filled(value, values)]
    return found


def json_of(node: Any) -> str:
    """JSON text; numbers keep their digits, which `json.dumps` cannot do for a `Decimal`."""
    if isinstance(node, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{json_of(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(json_of, node)) + "]"
    if isinstance(node, Decimal):
        return text_of(node)
    return json.dumps(str(node) if isinstance(node, str) else node)


Params = dict[str, Any]
"""What paging sets, by the parameter's name; a body takes out what it has a place for, the query gets the rest."""


class Body:
    """No body, and the base of every kind."""

    headers: tuple[tuple[str, str], ...] = ()

    def content(self, values: Values, params: Params) -> bytes:
        """The bytes to send."""
        return b""

    def texts(self) -> list[Template]:
        """Its templates, for finding out what the call needs."""
        return []


class JsonBody(Body):
    """JSON, from a tree of templates. Paging sets a parameter that the tree has, also by a dotted name."""

    headers = (JSON,)

    def __init__(self, data: Any, call: str, quotes: str | None = None) -> None:
        self._tree = tree(data, call, quotes)

    def content(self, values: Values, params: Params) -> bytes:
        """The bytes to send."""
        data = filled(self._tree, values)
        for name in list(params):
            holder, _, last = _holder(data, name)
            if isinstance(holder, dict) and last in holder:
                holder[last] = params.pop(name)
        return json_of(data).encode()

    def texts(self) -> list[Template]:
        """Its templates."""
        return _texts(self._tree)


class GraphqlBody(JsonBody):
    """A document, as it stands, and its variables; paging sets variables."""

    def __init__(self, data: Any, call: str, quotes: str | None = None) -> None:
        if not isinstance(data, Mapping) or not isinstance(data.get("document"), str):
            raise UsageError(f"call {call!r}: graphql: needs document:, and variables: for the values that go into it")
        super().__init__(dict(data.get("variables") or {}), call, quotes)
        self._document = data["document"]

    def content(self, values: Values, params: Params) -> bytes:
        """The bytes to send."""
        variables = filled(self._tree, values) | dict(params)
        params.clear()
        return json_of({"query": self._document, "variables": variables}).encode()


class FormBody(Body):
    """Pairs, as a browser sends a form."""

    headers = (("Content-Type", "application/x-www-form-urlencoded"),)

    def __init__(self, data: Any, call: str, quotes: str | None = None) -> None:
        if not isinstance(data, Mapping):
            raise UsageError(f"call {call!r}: form: is a table of names and values")
        self._pairs = Pairs(data, call, quotes)

    def content(self, values: Values, params: Params) -> bytes:
        """The bytes to send."""
        own = {name: params.pop(name) for name in list(params) if name in self._pairs.names}
        return self._pairs.text(values, own).encode()

    def texts(self) -> list[Template]:
        """Its templates."""
        return self._pairs.texts()


class TextBody(Body):
    """One template: XML, a SOAP envelope, or plain text."""

    def __init__(self, text: Any, call: Call, place: str, headers: tuple[tuple[str, str], ...]) -> None:
        if not isinstance(text, str):
            raise UsageError(f"call {call.name!r}: its body is not a text")
        self._phrase = phrase(_compiled(text, call.name), place, call.name, call.quotes)
        self._place = place
        self.headers = headers
        declared = _DECLARED.match(text)
        self._encoding = declared[1] if declared else "utf-8"
        try:
            "".encode(self._encoding)
        except LookupError:
            raise UsageError(f"call {call.name!r}: its body declares an encoding that nobody knows") from None
        if "a".encode(self._encoding) != b"a" and any(isinstance(part, Made) for part in self._phrase.parts):
            raise UsageError(f"call {call.name!r}: its body is in {self._encoding} - use utf-8 beside {{now.iso}}")

    def content(self, values: Values, params: Params) -> bytes:
        """The bytes to send."""
        text = self._phrase.text(values)
        return text.encode(self._encoding, "xmlcharrefreplace" if self._place == XML else "strict")

    def texts(self) -> list[Template]:
        """Its templates."""
        return [self._phrase.parts]


class Pairs:
    """Names and values of a query or a form, in order.

    A list gives one pair per member: `{tag: [a, b]}` is `tag=a&tag=b`; a path alone in it gives one for each of its
    values, `{"ids[]": ["{search:$.data[*].id}"]}`, but where names nest. A table nests as PHP has it:
    `{a: {b: [{c: 1}]}}` is `a[b][0][c]=1`, and a list inside one is `a[b][0]=x`.
    """

    def __init__(self, table: Mapping[str, Any], call: str, quotes: str | None = None) -> None:
        pairs = flat_pairs(table)
        phrases = [(name, phrase(template(value, call), VALUE, call, quotes, name)) for name, value in pairs]
        self._pairs = [(name, made._replace(parts=_encoded(made.parts))) for name, made in phrases]
        self.names = frozenset([*map(str, table), *(name for name, _ in self._pairs)])
        self._listed = frozenset(str(name) for name, value in table.items() if isinstance(value, list))

    def text(self, values: Values, params: Mapping[str, Any]) -> str:
        """The pairs, encoded; what paging sets takes the place of a pair of that name."""
        found = []
        for name, value in self._pairs:
            if name not in params:
                every = value.every(values) if name in self._listed else [value.text(values)]
                found += [(name, text) for text in every]
        found += [(name, query_value(text_of(value))) for name, value in params.items()]
        return "&".join(f"{query_value(name)}={value}" for name, value in found)

    def texts(self) -> list[Template]:
        """The templates of the values."""
        return [value.parts for _, value in self._pairs]


def flat_pairs(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The pairs that a table of a query or a form makes, by the names that they are sent under."""
    return [pair for name, value in table.items() for pair in _flat(str(name), value, nested=False)]


def _encoded(parts: Template) -> Template:
    """The fixed parts of a value, percent-encoded where they would be taken for something else."""
    return tuple(quote(part, safe=_VALUE_SIGNS) if isinstance(part, str) else part for part in parts)


def _flat(name: str, value: Any, nested: bool) -> Iterator[tuple[str, Any]]:
    """The pairs that a value makes; null makes none."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _flat(f"{name}[{key}]", member, nested=True)
    elif isinstance(value, list):
        numbered = nested or any(isinstance(member, (list, Mapping)) for member in value)
        for index, member in enumerate(value):
            yield from _flat(f"{name}[{index}]" if numbered else name, member, nested=True)
    elif value is not None:
        yield name, value


def make_body(call: Call) -> Body:
    """The body of a call, compiled.

    Raises:
        UsageError: It cannot be what its kind says.
    """
    kind, data, name = call.body_kind, call.body, call.name
    if kind is None:
        return Body()
    if call.method == "GET" and not call.declared:
        raise UsageError(f"call {name!r}: get: has no {kind}: - write post:, and reads: true where it only reads")
    if kind in _TREES:
        return _TREES[kind](data, name, call.quotes)
    if kind == "soap":
        soap = data if isinstance(data, Mapping) else {"body": data}
        return TextBody(envelope_text(soap, name), call, XML, soap_headers(soap, name))
    if kind == "xml":
        return TextBody(data, call, XML, (("Content-Type", "application/xml; charset=utf-8"),))
    body = TextBody(data, call, TEXT, (("Content-Type", "text/plain; charset=utf-8"),))
    if any(isinstance(part, Path) for parts in body.texts() for part in parts):
        raise UsageError(
            f"call {name!r}: text: takes inputs only - nothing says how a value of an answer is escaped there"
        )
    return body


_TREES: Mapping[str, type[JsonBody] | type[FormBody]] = {"json": JsonBody, "graphql": GraphqlBody, "form": FormBody}


def _texts(node: Any) -> list[Template]:
    if isinstance(node, Text):
        return [node.phrase.parts]
    members = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [parts for member in members for parts in _texts(member)]


def _holder(data: Any, name: str) -> tuple[Any, str, str]:
    """The object in which a dotted name ends; a name that stands there whole wins."""
    if isinstance(data, dict) and name in data:
        return data, "", name
    head, _, last = name.rpartition(".")
    for part in head.split(".") if head else ():
        data = data.get(part) if isinstance(data, dict) else None
    return data, head, last
