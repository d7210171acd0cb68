"""Documents that stand as text inside others: how their places are written, and how they are read.

A step of its own, `['(json)']` or `['(xml)']`, leads from a text into the document that it holds:
`$.data[*].payload['(json)'].buyer.email`. It is a step of places in trees alone; a rule says `parse:` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from workbench.decode import decode
from workbench.documents import Element, Limits
from workbench.errors import DecodeError
from workbench.paths import Path, compile_path, find, quote_name

MARKS = {"['(json)']": "json", "['(xml)']": "xml"}
"""The steps that lead into a text, and what it holds."""
MARK = {kind: step for step, kind in MARKS.items()}
DEEPEST = 2
_LIMITS = Limits(bytes=1024 * 1024, depth=60, nodes=50_000)
_FIRST = {"{": "json", "[": "json", "<": "xml"}
_HTML = frozenset(
    "html body div span p br hr b i u em strong small font center a img ul ol li dl table tr td th h1 h2 h3 h4 h5 h6 "
    "pre code blockquote section article svg style script iframe".split()
)
_LOOKED_AT = 20
_READ = 200


UNSAID = "unsaid"
"""The flag of a node whose key no path can say: it has control characters, or is written like a mark."""
_CONTROL = {code: 0x2400 + code for code in range(0x20)}


def step_of(key: str) -> str:
    """A key as a step of the tree; control characters, which no path has, are shown by their pictures."""
    step = quote_name(key if key.isprintable() else key.translate(_CONTROL))
    return step if step not in MARKS else f"['{key[:-1]} )']"


def is_sayable(key: str) -> bool:
    """Whether a path can say a key, or a filter a word."""
    return step_of(key) == quote_name(key)


def mark_of(path: str) -> str:
    """What the innermost text around a place holds, `json` or `xml`; empty where it stands in no text."""
    places = [(path.rfind(step), kind) for step, kind in MARKS.items()]
    position, kind = max(places)
    return kind if position >= 0 else ""


def kind_inside(texts: Sequence[str]) -> str:
    """What texts look as if they held, by how nearly all of them begin; empty where they hold nothing."""
    step = max(1, len(texts) // _LOOKED_AT)
    begins = [text[:200].lstrip()[:1] for text in texts[::step][: 2 * _LOOKED_AT]]
    begins = [sign for sign in begins if sign]
    kinds = [_FIRST.get(sign, "") for sign in begins]
    if not kinds or not kinds[0] or kinds.count(kinds[0]) * 5 < len(kinds) * 4:
        return ""
    return kinds[0]


def read_inside(text: str, kind: str) -> Any:
    """The document that a text holds; None where it holds none, a page for people, or one beyond all measure."""
    if not text.strip():
        return None
    try:
        root = decode(text, format=kind, limits=_LIMITS).root
    except DecodeError:
        return None
    if kind == "xml":
        if not isinstance(root, Element) or any(name.casefold() in _HTML for name in root):
            return None
        return root
    return root if isinstance(root, (dict, list)) and root else None


class Held(NamedTuple):
    """The documents in the texts of a place.

    Attributes:
        roots: By document around them; empty where fewer than half of the texts hold one.
        read: How many characters were read.
        cut: Whether texts were left out.
    """

    roots: list[list[Any]]
    read: int
    cut: bool


def documents_inside(parts: Iterable[Sequence[str]], kind: str, most: int) -> Held:
    """The documents in the texts of a place.

    Args:
        parts: The texts, by document around them.
        kind: `json` or `xml`.
        most: How many characters may be read.
    """
    found: list[list[Any]] = []
    read = tried = held = 0
    cut = False
    for part in parts:
        roots = []
        for text in part:
            if not text.strip():
                continue
            if tried == _READ or read + len(text) > most:
                cut = True
                break
            tried += 1
            read += len(text)
            root = read_inside(text, kind)
            if root is not None:
                held += 1
                roots.append(root)
        if roots:
            found.append(roots)
    return Held(found if held * 2 > tried else [], read, cut)


def find_place(node: Any, steps: Sequence[str]) -> list[Any]:
    """The nodes at a place, seen from a node, through the texts on the way."""
    nodes = [node]
    start = 0
    for index in [*(index for index, step in enumerate(steps) if step in MARKS), len(steps)]:
        compiled = _compiled(steps[start:index])
        nodes = [found for each in nodes for found in find(each, compiled.steps)] if compiled.steps else nodes
        if index < len(steps):
            nodes = [root for each in nodes for root in _opened(each, MARKS[steps[index]])]
        start = index + 1
    return nodes


def _compiled(steps: Sequence[str]) -> Path:
    return compile_path("$" + "".join(steps))


def _opened(node: Any, kind: str) -> list[Any]:
    members = node if isinstance(node, list) else [node]
    texts = [member.get("#text") if isinstance(member, Element) else member for member in members]
    roots = [read_inside(text, kind) for text in texts if isinstance(text, str)]
    return [root for root in roots if root is not None]
