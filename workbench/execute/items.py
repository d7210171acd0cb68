"""The items of a block: one or many, level by level, joined, grouped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.conditions import Conditions, holds
from workbench.decode import decode_text
from workbench.documents import Element, Elements
from workbench.errors import DecodeError
from workbench.execute.scope import LIST_BECAME_OBJECT, Report, Run, Scope, ScopeView, nodes_at, nothing
from workbench.paths import Path, find, is_number, scalars, text_of
from workbench.plan import Block, Place, Related


class Spot(NamedTuple):
    """Who gets the problems: a record's scope, and the place relative to it."""

    home: Scope
    place: str

    def report(self, what: str, how: str = "", code: str = "") -> None:
        """Takes note of a problem here."""
        self.home.report(Report(self.place, what, how, code))

    def met_object(self) -> None:
        """Takes note that `[*]` met an object."""
        self.report(LIST_BECAME_OBJECT.what, LIST_BECAME_OBJECT.how, LIST_BECAME_OBJECT.code)


def block_items(block: Block, scope: Scope, run: Run, spot: Spot) -> list[Scope]:
    """One inner scope per item of a block, after `keep` by paths and `group_by`."""
    if block.inline:
        return [scope.twin()]
    inner = place_items(block.place, scope, run, spot, block.keep, block.parse, block.keyed)
    if not block.many and not block.keyed:
        without_keys(inner)
    return grouped(inner, block.group_by, spot) if block.group_by else inner


def without_keys(items: list[Scope]) -> list[Scope]:
    """Objects that `at` stands on: they are no members of anything, so they have no key."""
    for item in items:
        item.key = None
    return items


def place_items(
    place: Place,
    scope: Scope,
    run: Run,
    spot: Spot,
    keep: Conditions = (),
    parse: str | None = None,
    keyed: bool = False,
) -> list[Scope]:
    """The items at a place: those of its first option that has any."""
    for option in place.options:
        join = _join(option, keep) if len(place.options) == 1 and not (parse or keyed) else None
        if join is not None:
            inner = list(_joined(option[0], join, scope, run, spot))
        else:
            inner = _level_by_level(option, scope, run, spot, parse, keyed)
        if inner:
            return (
                [item for item in inner if holds(keep, ScopeView(run, item, spot.home, spot.place))] if keep else inner
            )
    return []


def _level_by_level(
    option: tuple[Path, ...], scope: Scope, run: Run, spot: Spot, parse: str | None, keyed: bool
) -> list[Scope]:
    """The items that a chain of paths leads to; keys count at its last level only."""
    levels = [(scope, parse)]
    last = len(option) - 1
    for level, path in enumerate(option):
        by_key = keyed and level == last
        levels = [item for outer, kind in levels for item in _members(path, outer, run, spot, kind, by_key)]
        run.spend(len(levels) + 1)
    return [item for item, _ in levels]


def _members(
    path: Path, scope: Scope, run: Run, spot: Spot, parse: str | None, keyed: bool
) -> Iterator[tuple[Scope, str | None]]:
    """The items at one path, each with what is still to be parsed inside it.

    A list gives its members, anything else is one item; nothings are none. A text is parsed once: what lies inside
    the document that it holds is not.
    """
    if path.key:
        start = scope.out(path.ups)
        if start is not None and start.key is not None:
            yield Scope(start.key, scope, 0), parse
        return

    for root in scope.starts(path):
        nodes = find(root, path.steps, spot.met_object) if path.steps else [root]
        for position, node in enumerate(nodes):
            inside = parse
            if parse is not None and _holds_text(node):
                node, inside = _parsed(node, parse, spot), None
            if keyed and isinstance(node, dict):
                for key, member in node.items():
                    if not nothing(member):
                        yield Scope(member, scope, key), inside
            elif isinstance(node, list):
                run.spend(len(node))
                for index, member in enumerate(node):
                    if not nothing(member):
                        yield Scope(member, scope, index), inside
            elif not nothing(node):
                yield Scope(node, scope, position), inside


def _join(option: tuple[Path, ...], keep: Conditions) -> tuple[Path, Path] | None:
    """The first condition that joins: a path of the candidate that equals a path of ours."""
    if len(option) > 1 or option[0].root == "@" or option[0].key:
        return None
    for condition in keep:
        left, test = condition.path, condition.tests[0]
        if left is None or left.root != "@" or not left.names or len(condition.tests) > 1 or len(test.wants) > 1:
            continue
        want = test.wants[0]
        if test.operator == "equals" and want.kind == "path" and want.value.root != "@" and not test.zeros:
            return None if test.prefixes else (left, want.value)
    return None


def _joined(path: Path, join: tuple[Path, Path], scope: Scope, run: Run, spot: Spot) -> Iterator[Scope]:
    """The items at a path that may hold for a join: large lists are indexed once a run, so that joins stay linear."""
    left, ours = join
    for root in scope.starts(path):
        nodes = find(root, path.steps, spot.met_object) if path.steps else [root]
        for position, node in enumerate(nodes):
            if isinstance(node, list):
                wanted = scalars(nodes_at(ours, Scope(None, scope), spot.home, spot.place))
                yield from (Scope(node[index], scope, index) for index in run.index(node, left).positions(wanted))
            elif not nothing(node):
                yield Scope(node, scope, position)


def _holds_text(node: Any) -> bool:
    """Whether a node is a text, or a list that holds one."""
    members = node if isinstance(node, list) else [node]
    return any(isinstance(member, str) or (isinstance(member, Element) and "#text" in member) for member in members)


def _parsed(node: Any, kind: str, spot: Spot) -> Any:
    """The document that a text holds takes its place."""
    if isinstance(node, list):
        return [_parsed(member, kind, spot) for member in node]
    text = node.get("#text") if isinstance(node, Element) else node
    if not isinstance(text, str) or not text.strip():
        return node
    try:
        return decode_text(str(text), kind)
    except DecodeError:
        spot.report(f"the text is not {kind}", code="not_parsed")
        return None


def grouped(items: list[Scope], path: Path, spot: Spot) -> list[Scope]:
    """Rows of one value are one item, in order of first appearance: the first row, with all of them as `rows:$`."""
    groups: dict[tuple[str, ...], list[Scope]] = {}
    for item in items:
        values = scalars(nodes_at(path, item, spot.home, spot.place))
        groups.setdefault(tuple(map(text_of, values)), []).append(item)
    if groups.pop((), None):
        spot.report("rows without the value they are grouped by, left out", code="not_grouped")
    for rows in groups.values():
        rows[0].names = {"rows": [row.item for row in rows]}
    return [rows[0] for rows in groups.values()]


def relate(related: tuple[Related, ...], scope: Scope, run: Run, spot: Spot) -> None:
    """Finds the related items of an item and names them in its scope."""
    for one in related:
        place = f"{spot.place}.{one.name}" if spot.place else one.name
        found = place_items(one.place, scope, run, Spot(spot.home, place), one.keep, one.parse, one.keyed)
        if scope.names is None:
            scope.names = {}
        scope.names[one.name] = [item.item for item in found]


def place_is_there(place: Place, scope: Scope) -> bool:
    """Whether a response has the place at all: an empty list is there, a missing one is not.

    JSON says "none" by an empty list, null or an empty object. XML says it by leaving the elements out, so there the
    last name may be missing, unless its parent holds other elements with children: then it has probably been renamed.
    """
    starts = [(root, option[0]) for option in place.options for root in scope.starts(option[0])]
    return not starts or any(_is_there(root, path) for root, path in starts)


def _is_there(root: Any, path: Path) -> bool:
    nodes = [root]
    last = len(path.steps) - 1
    for index, step in enumerate(path.steps):
        found: list[Any] = []
        there = False
        for node in nodes:
            kept = find(node, (step,))
            found += kept
            there = there or (not kept and _is_empty(node, step, index, last))
        if not found:
            return there
        nodes = found
    return True


def _is_empty(node: Any, step: tuple[str, Any], index: int, last: int) -> bool:
    """Whether a node from which a step finds nothing stands for "none"."""
    if nothing(node):
        return True
    if isinstance(node, (Element, Elements)):
        if step[0] != "name" or index == last - 1 > 0:
            return True
        elements = node if isinstance(node, Elements) else [node]
        return index == last > 0 and not any(_has_children(element) for element in elements)
    if isinstance(node, (str, bool)) or is_number(node):
        return False
    return (isinstance(node, list) and step[0] != "name") or (isinstance(node, dict) and step[0] == "filter")


def _has_children(element: Any) -> bool:
    return isinstance(element, dict) and any(isinstance(child, (dict, list)) for child in element.values())
