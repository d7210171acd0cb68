"""XML text -> xmltodict's shape, built straight from expat's events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

from workbench.decode.clashes import clashes
from workbench.decode.expat_events import SEPARATOR, Names, run
from workbench.decode.jsons import too_deep, too_many
from workbench.decode.kinds import PROLOG
from workbench.documents import Element, Elements, Limits, Text
from workbench.errors import DecodeError, Problem

_SOAP = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_SCHEMAS = ("2001", "2000/10", "1999")
_NIL = {*(f"http://www.w3.org/{year}/XMLSchema-instance{SEPARATOR}nil" for year in _SCHEMAS), f"xsi{SEPARATOR}nil"}

_FORBIDDEN = bytes(set(range(0x20)) - set(b"\t\n\r"))
_FORBIDDEN_REFERENCE = re.compile(
    rb"(<!\[CDATA\[.*?(?:\]\]>|\Z))|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));", re.DOTALL
)
_DOCTYPE = re.compile(rf"{PROLOG}(<!DOCTYPE\s(?:\"[^\"]*\"|'[^']*'|[^\[<>\"'])*+>)".encode(), re.DOTALL)

_ERRORS = expat.errors
_TOO_EARLY = {
    _ERRORS.codes[message]
    for message in (
        _ERRORS.XML_ERROR_NO_ELEMENTS,
        _ERRORS.XML_ERROR_UNCLOSED_TOKEN,
        _ERRORS.XML_ERROR_PARTIAL_CHAR,
        _ERRORS.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_UNBOUND_PREFIX = _ERRORS.codes[_ERRORS.XML_ERROR_UNBOUND_PREFIX]
_BAD_REFERENCE = _ERRORS.codes[_ERRORS.XML_ERROR_BAD_CHAR_REF]
_UNDEFINED_ENTITY = _ERRORS.codes[_ERRORS.XML_ERROR_UNDEFINED_ENTITY]


class Xml(NamedTuple):
    """An XML document.

    Attributes:
        root: The `Element` that holds the root element by its name.
        soap: Whether the root is a SOAP envelope.
        problems: Names that fell together.
    """

    root: Element
    soap: bool
    problems: tuple[Problem, ...]


def read_xml(text: str, namespaces: Mapping[str, str] | None, limits: Limits) -> Xml:
    """The document of an XML text, whatever encoding its declaration names.

    Control characters that XML forbids are dropped, blanks before the document as well. Prefixes need no declaration.

    Args:
        text: The document.
        namespaces: The prefixes to write, and the URIs whose names get them.
        limits: How deep elements may stand in one another, and how many elements, attributes and texts there may be.

    Raises:
        DecodeError: If it is not well-formed, or declares entities.
        LimitExceeded: If it is beyond `limits`.
    """
    data = text.encode("utf-8", "surrogatepass").translate(None, _FORBIDDEN).lstrip()
    if doctype := _DOCTYPE.match(data):
        # Without it, an entity that its file would define is an error, rather than nothing without a word.
        data = data[: doctype.start(1)] + re.sub(rb"[^\n]", b" ", doctype[1]) + data[doctype.end(1) :]
    loose = mended = False
    while True:
        elements, attributes = Names(namespaces or {}), Names(namespaces or {}, "@")
        try:
            root = _build(data, elements, attributes, limits, loose=loose)
            break
        except expat.ExpatError as error:
            if error.code == _UNBOUND_PREFIX and not loose:
                loose = True
            elif error.code == _BAD_REFERENCE and not mended:
                data, mended = _FORBIDDEN_REFERENCE.sub(rb"\1", data), True
            else:
                raise _told(error, text.count("\n", 0, max(text.find("<"), 0))) from None
    together = elements.fell_together or attributes.fell_together
    problems = clashes(data, elements, attributes, loose=loose) if together else ()
    soap = any(elements.get(f"{uri}{SEPARATOR}Envelope") in root for uri in _SOAP)
    return Xml(root, soap, problems)


def _told(error: expat.ExpatError, above: int) -> DecodeError:
    """Expat's words and place; never the text."""
    where = f"response, line {error.lineno + above}, column {error.offset + 1}"
    if error.code in _TOO_EARLY:
        return DecodeError("the XML ends too early", "the answer was cut off", where=where)
    how = "entities are never expanded" if error.code == _UNDEFINED_ENTITY else ""
    return DecodeError(f"broken XML, {expat.ErrorString(error.code)}", how, where=where)


def _build(data: bytes, elements: Names, attributes: Names, limits: Limits, *, loose: bool) -> Element:
    """The document in xmltodict's shape, counted while it grows.

    A function of closures, because each method call would cost as much as all the work of an event.
    """
    root = Element()
    item: Element | None = root  # of the element that is open, as far as it is known
    before: list[str] = []  # its text before its last child
    fresh: list[str] = []  # its text since then; one list for all, so that expat appends to it without a call of ours
    around: list[tuple[Element | None, list[str]]] = []
    nil: set[int] = set()  # how many elements stand around those with xsi:nil
    count, most, depth = 1, limits.nodes, limits.depth

    def start(_name: str, said: list[str]) -> None:
        nonlocal item, before, count
        if fresh:
            before += fresh
            fresh.clear()
        around.append((item, before))
        count += 1
        before = []
        item = None
        if said:
            count += len(said) >> 1
            item, is_nil = _attributes(said, attributes)
            if is_nil:
                nil.add(len(around))
        if count > most:
            raise too_many(limits)
        if len(around) > depth:
            raise too_deep(limits)

    def end(name: str) -> None:
        nonlocal item, before, count
        value: Any = item
        if fresh or before:
            text = "".join(before + fresh).strip()
            fresh.clear()
            if text and item is None:
                value = Text(text)
            elif text and item is not None:
                count += 1
                item["#text"] = Text(text)
        if nil and len(around) in nil:
            nil.remove(len(around))
            value = None
        item, before = around.pop()
        key = elements[name]
        if item is None:
            item = Element()
            item[key] = value
        elif key not in item:
            item[key] = value
        else:
            _beside(item, key, value)

    run(data, start, end, fresh.append, loose=loose)
    if count > most:  # by the last texts
        raise too_many(limits)
    return root


def _attributes(said: list[str], names: Names) -> tuple[Element | None, bool]:
    """An element's attributes, and whether one of them says that the element is null."""
    found = Element()
    is_nil = False
    for index in range(0, len(said), 2):
        name, value = said[index], said[index + 1]
        if name in _NIL and value.strip() in ("true", "1"):
            is_nil = True
        key = names[name]
        if key in found:
            _beside(found, key, Text(value))
        else:
            found[key] = Text(value)
    return found or None, is_nil


def _beside(item: Element, key: str, value: Any) -> None:
    """Puts a value beside those of the same name."""
    before = item[key]
    if type(before) is Elements:
        before.append(value)
    else:
        item[key] = Elements((before, value))
