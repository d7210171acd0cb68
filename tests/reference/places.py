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
        items = [scope]
        levels = [option] if isinstance(option, str) else option
        for number, path in enumerate(levels):
            last = number == len(levels) - 1
            items = [found for item in items for found in members(path, block, last, item, notes)]
        if items:
            return items
    return []


def members(path: str, block: dict[str, Any], last: bool, scope: Scope, notes: Notes) -> list[Scope]:
    """The items at one path: a list gives its members, anything else is one item; what holds nothing is none."""
    found: list[tuple[Any, Any]] = []
    for nodes in scope.nodes_by_root(path.removesuffix("[*]"), notes):
        for position, node in enumerate(nodes):
            if "parse" in block:
                node = parsed(node, block["parse"], notes)
            if block.get("keyed") and last and isinstance(node, dict):
                found += [(child, name) for name, child in node.items()]
            elif isinstance(node, list):
                found += [(child, index) for index, child in enumerate(node)]
            else:
                found.append((node, position))
    return [scope.inside(item, key) for item, key in found if not nothing(item)]


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
