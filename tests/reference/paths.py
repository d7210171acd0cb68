"""Paths, walked character by character each time they are needed; nodes marked by the kind of their document."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.documents import Element, Elements, Text


class Nil:
    """An empty XML element; a JSON null is None."""


Path = tuple[str, str, bool, list[tuple[str, Any]]]
"""(name before `:$` or "", root with all its carets, whether the key is meant, steps)."""


def mark(node: Any, xml: bool | None = None) -> Any:
    """A copy of a document in which each node tells whether it is XML."""
    if xml is None:
        xml = isinstance(node, (Element, Elements, Text))
    if isinstance(node, dict):
        return (Element if xml else dict)({name: mark(child, xml) for name, child in node.items()})
    if isinstance(node, list):
        return (Elements if xml else list)([mark(child, xml) for child in node])
    if xml:
        return Nil() if node is None else Text(node)
    return Decimal(repr(node)) if isinstance(node, float) else node


def is_xml(node: Any) -> bool:
    """Whether the node comes from an XML document."""
    return isinstance(node, (Element, Elements, Text, Nil))


def looks_like_path(text: Any) -> bool:
    """Whether a left side or a rule is a path: it starts with `@`, `^`, `$` or `name:$`."""
    if not isinstance(text, str) or not text:
        return False
    head, colon, _ = text.partition(":$")
    return text[0] in "@^$" or (bool(colon) and head.isidentifier())


def is_path_on_the_right(text: Any) -> bool:
    """Whether the right side of a condition is a path: a bare `$`, `@` or `^` is a word there."""
    if not looks_like_path(text):
        return False
    _, _, rest = split_root(text)
    return rest[:1] in (".", "[", "~") and rest != ""


def split_root(text: str) -> tuple[str, str, str]:
    """(name, root, the rest)."""
    name = ""
    if ":$" in text and text.split(":$")[0].isidentifier():
        name, text = text.split(":", 1)
    if text[0] == "^":
        carets = 0
        while carets < len(text) and text[carets] == "^":
            carets += 1
        return name, "^" * carets, text[carets:]
    return name, text[0], text[1:]


def read_path(text: str) -> Path:
    """The parts of a path that has been found good."""
    name, root, rest = split_root(text)
    if rest == "~":
        return name, root, True, []
    steps, end = read_steps(rest, 0)
    assert end == len(rest), f"{text!r} was walked to {end} only"
    return name, root, False, steps


def read_steps(text: str, at: int) -> tuple[list[tuple[str, Any]], int]:
    """The steps from a position on, and where they end."""
    steps: list[tuple[str, Any]] = []
    while at < len(text) and text[at] in ".[":
        if text[at] == ".":
            start = at = at + 1
            while at < len(text) and (text[at].isalnum() or text[at] in "_@-"):
                at += 1
            steps.append(("name", text[start:at]))
        elif text[at + 1] == "*":
            steps.append(("all", None))
            at += 3
        elif text[at + 1] == "?":
            tests, at = read_filter(text, at + 2)
            steps.append(("filter", tests))
        elif text[at + 1] in "'\"":
            name, at = read_quoted(text, at + 1)
            steps.append(("name", name))
            at += 1
        else:
            close = text.index("]", at)
            steps.append(("index", int(text[at + 1 : close])))
            at = close + 1
    return steps, at


def read_quoted(text: str, at: int) -> tuple[str, int]:
    """The text between quotes, and the position behind them."""
    quote, at, letters = text[at], at + 1, []
    while text[at] != quote:
        if text[at] == "\\":
            at += 1
        letters.append(text[at])
        at += 1
    return "".join(letters), at + 1


def read_filter(text: str, at: int) -> tuple[list[tuple[list[tuple[str, Any]], str, Any]], int]:
    """The tests of a filter, and the position behind its bracket."""
    tests: list[tuple[list[tuple[str, Any]], str, Any]] = []
    while text[at] != "]":
        if text[at] in " ()&\t\n\r":
            at += 1
            continue
        assert text[at] == "@"
        steps, at = read_steps(text, at + 1)
        while text[at] in " \t\n\r":
            at += 1
        sign = ""
        while text[at] in "=!<>":
            sign += text[at]
            at += 1
        literal = None
        if sign:
            while text[at] in " \t\n\r":
                at += 1
            literal, at = read_literal(text, at)
        tests.append((steps, sign, literal))
    return tests, at + 1


def read_literal(text: str, at: int) -> tuple[Any, int]:
    """A word, a number, true, false or null."""
    if text[at] in "'\"":
        return read_quoted(text, at)
    start = at
    while text[at].isalnum() or text[at] in ".-":
        at += 1
    word = text[start:at]
    return {"true": True, "false": False, "null": None}[word] if word in ("true", "false", "null") else Decimal(
        word
    ), at


def find(node: Any, steps: list[tuple[str, Any]], met_object: Callable[[], None] = lambda: None) -> list[Any]:
    """All nodes at the steps; `met_object` hears of each JSON object that a `[*]` met."""
    nodes = [node]
    for kind, argument in steps:
        found = []
        for holder in nodes:
            if kind == "name":
                found += children(holder, argument)
            elif kind == "index":
                inside = members(holder, False)
                if -len(inside) <= argument < len(inside):
                    found.append(inside[argument])
            elif kind == "all":
                if isinstance(holder, dict) and not is_xml(holder):
                    met_object()
                found += members(holder, True)
            else:
                found += [member for member in members(holder, True) if all(passes(member, *test) for test in argument)]
        nodes = found
    return nodes


def children(holder: Any, name: str) -> list[Any]:
    """JSON: the member of an object. XML: the child, or the child of each of several elements."""
    if isinstance(holder, Elements):
        return [child for element in holder for child in children(element, name)]
    if isinstance(holder, dict):
        return [holder[name]] if name in holder else []
    return [holder] if isinstance(holder, Text) and name == "#text" else []


def members(holder: Any, values: bool) -> list[Any]:
    """What `[*]`, filters (values=True) and `[n]` look at."""
    if isinstance(holder, list):
        return list(holder)
    if is_xml(holder):
        return [holder]
    return list(holder.values()) if isinstance(holder, dict) and values else []


def passes(node: Any, steps: list[tuple[str, Any]], sign: str, literal: Any) -> bool:
    """One test of a filter, as RFC 9535; in XML any of several elements may pass."""
    nodes = find(node, steps)
    if is_xml(node):
        nodes = [text_or_itself(member) for one in nodes for member in (one if isinstance(one, Elements) else [one])]
    if not sign:
        return bool(nodes)
    if sign == "!=":
        return not any(agrees(got, "==", literal) for got in nodes)
    return any(agrees(got, sign, literal) for got in nodes)


def agrees(got: Any, sign: str, literal: Any) -> bool:
    """A comparison in a filter: in JSON types must agree, XML text is read as the literal is."""
    if isinstance(got, Text):
        if isinstance(literal, bool):
            got = {"true": True, "false": False}.get(got, got)
        elif isinstance(literal, Decimal):
            got = number_of(str(got))
    if isinstance(got, Nil):
        got = None
    numbers = is_number(got) and is_number(literal)
    texts = isinstance(got, str) and isinstance(literal, str)
    same_kind = numbers or texts or (type(got) is type(literal) and (got is None or isinstance(got, bool)))
    if sign in ("==", "<=", ">=") and same_kind and got == literal:
        return True
    if not numbers and not texts:
        return False
    return bool(got < literal) if sign in ("<", "<=") else bool(got > literal) if sign in (">", ">=") else False


def text_or_itself(node: Any) -> Any:
    """An XML element with attributes stands for its text."""
    return node["#text"] if isinstance(node, Element) and "#text" in node else node


def scalars(nodes: list[Any]) -> list[Any]:
    """The values of nodes: lists stand for their members; objects, nulls and blank text have none; text is trimmed."""
    values: list[Any] = []
    for node in nodes:
        for member in node if isinstance(node, list) else [node]:
            member = text_or_itself(member)
            if isinstance(member, str) and member.strip():
                values.append(str(member.strip()))
            elif isinstance(member, bool) or is_number(member):
                values.append(member)
    return values


def is_number(value: Any) -> bool:
    """A finite number; truth values are none."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def number_of(value: Any) -> Decimal | None:
    """The number that a value is or that its text says, if it is of sensible size."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)) or len(str(value)) > 100:
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None


def text(value: Any) -> str:
    """A scalar as text: a number as its digits, without an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 400 else str(value)
    return str(value).strip()
