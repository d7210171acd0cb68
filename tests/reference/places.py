"""Places: the items that a block, a `with:` or a rule's `at:` stands on."""

from __future__ import annotations

from typing import Any

from tests.reference import paths
from tests.reference.conditions import holds
from tests.reference.scopes import Notes, Scope
from workbench.decode import decode_text
from workbench.errors import DecodeError

LEFT_OUT = "rows without the value they are grouped by, left out"


def items_of(block: dict[str, Any], scope: Scope, notes: Notes) -> list[Scope]:
    """The items of a block: each (with parse, keyed), keep by paths, group_by."""
    items = candidates(block, scope, notes)
    tests = {left: want for left, want in block.get("keep", {}).items() if paths.looks_like_path(left)}
    items = [item for item in items if holds(tests, item, notes)]
    if "group_by" in block:
        return grouped(items, block["group_by"], notes)
    return items


def candidates(block: dict[str, Any], scope: Scope, notes: Notes) -> list[Scope]:
    """The items of the first option that has one."""
    place = block["each"] if "each" in block else block["at"]
    for option in place["first"] if isinstance(place, dict) else [place]:
        items = [(scope, block.get("parse"))]
        levels = [option] if isinstance(option, str) else option
        for number, path in enumerate(levels):
            keyed = bool(block.get("keyed")) and number == len(levels) - 1
            items = [found for item, parse in items for found in members(path, parse, keyed, item, notes)]
        if items:
            return [item for item, _ in items]
    return []


def members(path: str, parse: str | None, keyed: bool, scope: Scope, notes: Notes) -> list[tuple[Scope, str | None]]:
    """The items at one path, each with what is still to be parsed inside it.

    A list gives its members, anything else is one item; what holds nothing is none. A text is parsed once: what lies
    inside the document that it holds is not.
    """
    found: list[tuple[Any, Any, str | None]] = []
    for nodes in scope.nodes_by_root(path.removesuffix("[*]"), notes):
        for position, node in enumerate(nodes):
            inside = parse
            if parse and any(is_text(one) for one in (node if isinstance(node, list) else [node])):
                node, inside = parsed(node, parse, notes), None
            if keyed and isinstance(node, dict):
                found += [(child, name, inside) for name, child in node.items()]
            elif isinstance(node, list):
                found += [(child, index, inside) for index, child in enumerate(node)]
            else:
                found.append((node, position, inside))
    return [(scope.inside(item, key), inside) for item, key, inside in found if not nothing(item)]


def is_text(node: Any) -> bool:
    """Whether a node is a text, or an XML element that stands for one."""
    return isinstance(paths.text_or_itself(node), str)


def nothing(node: Any) -> bool:
    """null, blank text, and what holds nothing else."""
    if isinstance(node, dict):
        return all(nothing(child) for child in node.values())
    if isinstance(node, list):
        return all(nothing(child) for child in node)
    return node is None or isinstance(node, paths.Nil) or (isinstance(node, str) and not node.strip())


def parsed(node: Any, kind: str, notes: Notes) -> Any:
    """The document that a text holds, in its place; each of several texts is its own document."""
    if isinstance(node, list):
        return [parsed(member, kind, notes) for member in node]
    text = paths.text_or_itself(node)
    if not isinstance(text, str) or not text.strip():
        return node
    try:
        return paths.mark(decode_text(str(text), kind))
    except DecodeError:
        notes.say(f"the text is not {kind}")
        return None


def grouped(items: list[Scope], path: str, notes: Notes) -> list[Scope]:
    """Rows of one value as one item, in the order of their first appearance."""
    groups: dict[tuple[str, ...], list[Scope]] = {}
    for item in items:
        values = tuple(paths.text(value) for value in item.values(path, notes))
        if values:
            groups.setdefault(values, []).append(item)
        else:
            notes.say(LEFT_OUT)
    for rows in groups.values():
        rows[0].names["rows"] = [row.item for row in rows]
    return [rows[0] for rows in groups.values()]
