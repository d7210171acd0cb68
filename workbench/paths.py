"""Path text -> compiled path, and what it selects.

A path names one place: a root (`@` the current item, `^` the item around it, `$` the response, `name:$` a named call or
related items) and JSONPath steps. Steps on JSON nodes follow RFC 9535 exactly; on XML nodes (`Element`, `Elements`,
`Text`) every step takes one or many. The grammar is small enough for one regular expression; what does not fit is
refused with a way to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from workbench.documents import Element, Elements, Text

_NAME = r"[A-Za-z_@][\w@-]*"
_QUOTED = r"""'(?:[^'\\\x00-\x1f]|\\['\\])*'|"(?:[^"\\\x00-\x1f]|\\["\\])*\""""
_INDEX = r"(?:0|-?[1-9]\d{0,5})"
_STEP = rf"(?:\.{_NAME}|\[(?:{_QUOTED}|{_INDEX})\])"
_LITERAL = rf"(?:{_QUOTED}|-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)"
_BLANK = r"[ \t\n\r]*"
_TEST = rf"@{_STEP}*(?:{_BLANK}(?:==|!=|<=|>=|<|>){_BLANK}{_LITERAL})?"
_TESTS = rf"{_TEST}(?:{_BLANK}&&{_BLANK}{_TEST})*"
_FILTER = rf"\[\?{_BLANK}(?:{_TESTS}|\({_BLANK}{_TESTS}{_BLANK}\)){_BLANK}\]"

_ROOT = re.compile(r"(?:([A-Za-z_]\w*):(?=\$))?(\$|@|\^+)(.*)", re.S | re.ASCII)
_PLAIN = re.compile(r"(?:\.[A-Za-z_@][\w@-]*)*", re.ASCII)
_STEPS = re.compile(rf"(?:{_STEP}|\[\*\]|{_FILTER})*", re.ASCII)
_TOKEN = re.compile(
    rf"\.(?P<name>{_NAME})|\[(?:(?P<quoted>{_QUOTED})|(?P<index>{_INDEX}))\]|(?P<all>\[\*\])|(?P<filter>{_FILTER})",
    re.ASCII,
)
_TEST_TOKEN = re.compile(
    rf"@(?P<steps>{_STEP}*)(?:{_BLANK}(?P<op>==|!=|<=|>=|<|>){_BLANK}(?P<literal>{_LITERAL}))?", re.ASCII
)
_ESCAPE = re.compile(r"\\(.)")
_RESERVED = {"where", "wherenot"}  # jsonpath-ng, our second opinion, cannot read them bare
_PLAIN_NAME = re.compile(_NAME, re.ASCII)

Step = tuple[str, Any]
"""("name", text), ("index", number), ("all", None) or ("filter", tests); a test is (steps, operator or None, word)."""


class PathError(ValueError):
    """A text that is no path of the language: `what` is wrong, and `how` to mend it."""

    def __init__(self, what: str, how: str) -> None:
        self.what, self.how = what, how
        super().__init__(f"{what} - {how}")


class Path(NamedTuple):
    """Where to start, and the steps from there.

    Attributes:
        text: The path as it was written.
        name: What stands before `:$`, if anything.
        root: `@`, `^` or `$`.
        ups: How many items out `^` goes.
        key: Whether the key of the item is meant (`@~`).
        steps: The steps.
        names: The steps as plain names, when they are nothing else; else None.
    """

    text: str
    name: str | None
    root: str
    ups: int
    key: bool
    steps: tuple[Step, ...]
    names: tuple[str, ...] | None


def is_path(value: object) -> bool:
    """Whether a text begins as a path does; it may still be a wrong one."""
    match = _ROOT.fullmatch(value) if isinstance(value, str) else None
    return match is not None and (not match[3] or match[3][0] in ".[" or match[3] == "~")


def is_path_word(value: object) -> bool:
    """Whether a text on the right of a condition, or after `then:`, is a path; a bare `$`, `@` or `^` is a word."""
    match = _ROOT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not match[3]:
        return False
    if match[3][0] == ".":
        return True
    return (match[3] == "~" and match[2] != "$") or (match[3][0] == "[" and _STEPS.fullmatch(match[3]) is not None)


def compile_path(text: object) -> Path:
    """The compiled path.

    Raises:
        PathError: The text is no path of the language.
    """
    match = _ROOT.fullmatch(text) if isinstance(text, str) else None
    if match is None or not isinstance(text, str):
        raise PathError(
            f"{text!r}: not a path", "start it with @ (this item), ^ (the item around it), $ (the response) or name:$"
        )
    name, root, rest = match.groups()
    ups = len(root) if root[0] == "^" else 0
    if rest == "~":
        if root == "$":
            raise PathError(f"{text!r}: the response has no key", "write ~ after @ or ^")
        return Path(text, name, root[0], ups, True, (), None)
    if _PLAIN.fullmatch(rest):
        names = tuple(rest.split(".")[1:])
        if not _RESERVED.isdisjoint(names):
            raise _reserved(text)
        return Path(text, name, root[0], ups, False, tuple([("name", part) for part in names]), names)
    if not _STEPS.fullmatch(rest):
        raise PathError(
            f"{text!r}: more than names, [n], [*] and filters of @.name == 'word' joined by &&",
            "say the place exactly; unusual names as ['...'], comparisons with a path in keep:",
        )
    steps = _compile_steps(rest, text)
    plain = tuple(argument for kind, argument in steps if kind == "name")
    return Path(text, name, root[0], ups, False, steps, plain if len(plain) == len(steps) else None)


def _reserved(text: str) -> PathError:
    mended = re.sub(r"\.(wherenot|where)(?![\w@-])", r"['\1']", text)
    return PathError(f"{text!r}: a reserved name", f"write it as {mended}")


def _compile_steps(text: str, whole: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token[0]
        if kind == "name":
            if token["name"] in _RESERVED:
                raise _reserved(whole)
            steps.append(("name", token["name"]))
        elif kind == "quoted":
            steps.append(("name", _unquote(token["quoted"])))
        elif kind == "index":
            steps.append(("index", int(token["index"])))
        elif kind == "all":
            steps.append(("all", None))
        else:
            steps.append(("filter", _compile_tests(value, whole)))
    return tuple(steps)


def _compile_tests(text: str, whole: str) -> tuple[tuple[tuple[Step, ...], str | None, Any], ...]:
    tests, position = [], 2
    while match := _TEST_TOKEN.search(text, position):
        literal = _literal(match["literal"]) if match["op"] else None
        tests.append((_compile_steps(match["steps"], whole), match["op"], literal))
        position = match.end()
    return tuple(tests)


def _unquote(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1])


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return _unquote(text)
    named = {"true": True, "false": False, "null": None}
    return named[text] if text in named else Decimal(text)


def quote_name(name: str) -> str:
    """A name as a step: dotted where the language allows it, else in brackets."""
    if _PLAIN_NAME.fullmatch(name) and name not in _RESERVED:
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def find(node: Any, steps: Sequence[Step], met_object: Callable[[], None] | None = None) -> list[Any]:
    """All nodes that the steps select from a node, in document order.

    Args:
        node: Where to start.
        steps: The steps of a compiled path.
        met_object: Called when `[*]` meets a JSON object, which usually means that a list has become an object.
    """
    nodes = [node]
    xml = isinstance(node, (Element, Elements, Text))
    for kind, argument in steps:
        found: list[Any] = []
        if kind == "name":
            for holder in nodes:
                if type(holder) is dict:
                    if argument in holder:
                        found.append(holder[argument])
                else:
                    xml = _children(holder, argument, found) or xml
        else:
            for holder in nodes:
                members = _members(holder, kind, xml)
                if kind == "index":
                    if -len(members) <= argument < len(members):
                        found.append(members[argument])
                elif kind == "all":
                    found += members
                    if met_object and isinstance(holder, dict) and not isinstance(holder, Element):
                        met_object()
                else:
                    found += [member for member in members if all(_passes(member, xml, *test) for test in argument)]
        nodes = found
    return nodes


def _children(holder: Any, name: str, found: list[Any]) -> bool:
    """Adds the child of one or of each of many elements; tells whether the holder is XML."""
    if isinstance(holder, Elements):
        for element in holder:
            _children(element, name, found)
        return True
    if isinstance(holder, dict):
        if name in holder:
            found.append(holder[name])
        return isinstance(holder, Element)
    if isinstance(holder, Text):
        if name == "#text":
            found.append(holder)
        return True
    return False


def _members(node: Any, kind: str, xml: bool) -> list[Any]:
    """What `[n]`, `[*]` and filters look at: one XML element is itself, an empty one too."""
    if isinstance(node, list):
        return node
    if isinstance(node, (Element, Text)) or (xml and node is None):
        return [node]
    return list(node.values()) if isinstance(node, dict) and kind != "index" else []


def _passes(node: Any, xml: bool, steps: Sequence[Step], op: str | None, want: Any) -> bool:
    nodes = find(node, steps) if steps else [node]
    if xml:
        nodes = [element_value(member) for held in nodes for member in (held if isinstance(held, list) else (held,))]
    if op is None:
        return bool(nodes)
    if op == "!=":
        return not any(_compare(got, "==", want) for got in nodes)
    return any(_compare(got, op, want) for got in nodes)


def _compare(got: Any, op: str, want: Any) -> bool:
    """RFC 9535: types must agree. XML knows only text, so there a literal's type says how to read it."""
    if isinstance(got, Text):
        if isinstance(want, bool):
            got = {"true": True, "false": False}.get(got)
        elif isinstance(want, Decimal):
            got = number(got)
    if is_number(got) and isinstance(want, Decimal):
        return _ordered(exact(got), op, want)
    if isinstance(got, str) and isinstance(want, str):
        return _ordered(got, op, want)
    if op in ("==", "<=", ">="):
        return type(got) is type(want) and not isinstance(got, (dict, list)) and bool(got == want)
    return False


def _ordered(got: Any, op: str, want: Any) -> bool:
    if op == "==":
        return bool(got == want)
    if op in ("<", "<="):
        return bool(got < want or (op == "<=" and got == want))
    return bool(got > want or (op == ">=" and got == want))


def element_value(node: Any) -> Any:
    """An XML element with attributes stands for its text; without text it stands for itself."""
    return node["#text"] if isinstance(node, Element) and "#text" in node else node


def scalars(nodes: Iterable[Any]) -> list[Any]:
    """The values of nodes: lists stand for their members, XML elements for their text; objects and blanks have none.

    Text is trimmed; numbers and truth values stay as they are.
    """
    values: list[Any] = []
    for node in nodes:
        if isinstance(node, list):
            for member in node:
                _add_scalar(member, values)
        else:
            _add_scalar(node, values)
    return values


def _add_scalar(node: Any, values: list[Any]) -> None:
    node = element_value(node)
    if isinstance(node, str):
        if text := node.strip():
            values.append(text)
    elif isinstance(node, (bool, int)):
        values.append(node)
    elif is_number(node):
        values.append(exact(node))


def is_number(value: object) -> bool:
    """Whether the value is a finite number (a truth value is none)."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, float) and value - value == 0


def exact(value: Any) -> Any:
    """A float as the decimal that its shortest text says; other numbers as they are."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def text_of(value: Any) -> str:
    """A scalar as text: numbers without exponent, truth values as `true` and `false`, text trimmed."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    value = exact(value)
    if isinstance(value, Decimal) and abs(value.adjusted()) < 400:
        return format(value, "f")
    return str(value)


def _digits(value: int) -> str:
    if value.bit_length() < 10_000:
        return str(value)
    return str(Decimal(value))  # Python refuses to print integers of more than 4,300 digits


def number(value: Any) -> Decimal | None:
    """The value, or the number that its text says, when it is finite and of sensible size; else None."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    if isinstance(value, str) and len(value) > 100:
        return None
    try:
        found = Decimal(value.strip() if isinstance(value, str) else exact(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 40 else None
