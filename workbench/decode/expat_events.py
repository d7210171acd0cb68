"""Expat's events with full names, and everything refused that reaches outside a document or expands it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from xml.parsers import expat

from workbench.errors import DecodeError, LimitExceeded

SEPARATOR = "\n"  # between the URI and the name; expat refuses a URI that holds it
_LONGEST_URI = 1000  # it is repeated in the name of every element, so a long one makes a small document large

Start = Callable[[str, list[str]], None]
End = Callable[[str], None]


class Names(dict[str, str]):
    """Expat's names and the keys they get in the document: without prefix, unless their namespace is declared.

    Attributes:
        fell_together: Whether names of different namespaces have got the same key, wherever they stand.
    """

    def __init__(self, namespaces: Mapping[str, str], mark: str = "") -> None:
        self._prefixes = {uri: f"{prefix}:" for prefix, uri in namespaces.items()}
        self._mark = mark
        self._uris: dict[str, str] = {}
        self.fell_together = False

    def __missing__(self, name: str) -> str:
        uri, _, local = name.rpartition(SEPARATOR)
        key = self._mark + (self._prefixes.get(uri, "") if uri else "") + local
        if self._uris.setdefault(key, uri) != uri:
            self.fell_together = True
        self[name] = key
        return key


def run(data: bytes, start: Start, end: End, text: Callable[[str], None] | None, *, loose: bool = False) -> None:
    """Parse a UTF-8 document.

    Args:
        data: The document; its declaration's encoding does not count.
        start: Takes an element's name, and its attributes as name, value, name, value.
        end: Takes the name.
        text: Takes characters, in one or several parts.
        loose: Accept prefixes without a declaration; the prefix then stands for the URI.

    Raises:
        DecodeError: If the document declares entities or defaults of attributes.
        ExpatError: If it is not well-formed.
    """
    parser = expat.ParserCreate("utf-8", None if loose else SEPARATOR)
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = _resolving(start, end) if loose else (start, end)
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartNamespaceDeclHandler = _check_namespace
    parser.StartDoctypeDeclHandler = _doctype
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.SkippedEntityHandler = _refuse
    parser.AttlistDeclHandler = _attlist
    parser.Parse(data, True)


def _refuse(*_: Any) -> NoReturn:
    raise DecodeError("XML that declares or refers to entities", "entities are never expanded", code="entities")


def _check_namespace(_prefix: str | None, uri: str | None) -> None:
    if uri and len(uri) > _LONGEST_URI:
        raise LimitExceeded(f"an XML namespace of more than {_LONGEST_URI} characters")


def _doctype(_name: str, system: str | None, _public: str | None, internal: int) -> None:
    if internal and system:  # what the other file defines would be left out without a word
        _refuse()


def _attlist(_element: str, _name: str, _type: str, default: str | None, _required: int) -> None:
    if default is not None:
        raise DecodeError("XML that declares defaults of attributes", "they are never filled in", code="entities")


def _resolving(start: Start, end: End) -> tuple[Start, End]:
    """Handlers for names with prefixes, which do what expat does itself for documents that declare all of theirs."""
    uris: dict[str, list[str]] = {}
    opened: list[tuple[str, list[str]]] = []

    def resolved(name: str, default: str) -> str:
        prefix, colon, _ = name.partition(":")
        uri = uris.get(prefix, [prefix])[-1] if colon else default
        local = name.rpartition(":")[2] or name
        return f"{uri}{SEPARATOR}{local}" if uri else local

    def begin(name: str, attributes: list[str]) -> None:
        declared, others = [], []
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            if key == "xmlns" or key.startswith("xmlns:"):
                _check_namespace(None, value)
                declared.append(key[6:])
                uris.setdefault(key[6:], []).append(value)
            else:
                others.append((key, value))
        qualified = resolved(name, uris.get("", [""])[-1])
        opened.append((qualified, declared))
        start(qualified, [part for key, value in others for part in (resolved(key, ""), value)])

    def finish(_name: str) -> None:
        qualified, declared = opened.pop()
        for prefix in declared:
            uris[prefix].pop()
            if not uris[prefix]:
                del uris[prefix]
        end(qualified)

    return begin, finish
