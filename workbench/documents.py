"""What a decoded response is made of.

JSON, CSV and form documents are plain `dict`, `list`, `str`, `int`, `Decimal`, `bool` and `None`. XML has xmltodict's
shape, in marked classes, because paths treat XML as one-or-many at every step: `Element` with children or attributes,
`Elements` side by side, `Text`. An empty element is `None`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import Problem


class Element(dict[str, Any]):
    """An XML element with children or attributes; attributes start with `@`, its own text is `#text`."""

    __slots__ = ()


class Elements(list[Any]):
    """XML elements of one name, side by side, in their order."""

    __slots__ = ()


class Text(str):
    """The text of an XML element or attribute."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded response.

    Attributes:
        root: The document's outermost node.
        format: json, ndjson, csv, form, xml, soap or xmlrpc.
        problems: What the decoder had to say, such as two names that fell together.
    """

    root: Any
    format: str = "json"
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a response may be.

    Attributes:
        bytes: Decoded bytes, after decompression.
        depth: Containers inside one another.
        nodes: Containers and scalars together.
    """

    bytes: int = 64 * 1024 * 1024
    depth: int = 200
    nodes: int = 2_000_000


class Pages(list[Any]):
    """The pages of one call, in order: each a document, or bytes still to be decoded."""


class PerOrder(dict[str, Any]):
    """The answers of a call that is made for each order, by the text that its URL takes from the order.

    A value is one answer (bytes or document) or `Pages`.
    """

    def __init__(self, answers: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(answers)
