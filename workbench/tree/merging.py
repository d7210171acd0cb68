"""Documents -> one tree. Works place by place, not value by value: all values of a place are one column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple

from workbench.documents import Document, Element, Elements, Text
from workbench.tree.inside import DEEPEST, MARK, MARKS, UNSAID, documents_inside, is_sayable, kind_inside, step_of
from workbench.tree.maps import is_map
from workbench.tree.model import Node, Tree
from workbench.tree.values import count_values, examples, shorten

Parts = list[list[Any]]
"""The values of one place, by document; documents without any are left out."""

_NAMES: dict[type, str] = {
    dict: "object", Element: "object", list: "list", Elements: "list", str: "text", Text: "text",
    int: "number", float: "number", Decimal: "number", bool: "boolean", type(None): "null",
}  # fmt: skip
_ONE_TYPE = {kind: frozenset((name,)) for kind, name in _NAMES.items()}
_SCALAR = frozenset((str, Text, int, float, Decimal, bool))
_TEXT = (str, Text)
_TEXT_KINDS = frozenset(_TEXT)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is read before merging starts to leave out.

    Attributes:
        values: Containers and scalars read in full; afterwards each place is read in part.
        part: How many values of a place are read then.
        nodes: How many nodes the tree may have.
        inside: How many characters of texts that hold documents are read as such.
        deep: How many levels below the root it has; 0 for all.
        wide: How many members of one object it has; 0 for all.
    """

    values: int = 5_000_000
    part: int = 1_000
    nodes: int = 200_000
    inside: int = 2_000_000
    deep: int = 0
    wide: int = 0


class _Column(NamedTuple):
    """A place that waits to be described."""

    step: str
    name: str
    path: str
    depth: int
    parts: Parts
    present: int
    of: int
    xml: bool
    inside: int = 0  # texts around it


def merge(documents: Iterable[Document], *, budget: Budget | None = None, maps: Set[str] = frozenset()) -> Tree:
    """One tree of all documents of one call.

    Args:
        documents: Decoded answers; none gives a tree without nodes.
        budget: How much is read; what is left out is told by the tree.
        maps: Places whose objects are known to be maps, however few there are to tell by.
    """
    roots = [document.root for document in documents]
    if not roots:
        return Tree()
    return _Merging(budget or Budget(), maps).run(roots)


def merge_alike(before: Iterable[Document], after: Iterable[Document]) -> tuple[Tree, Tree]:
    """Two trees to be compared: what is seen to be a map in one of them is one in the other."""
    sides = [list(before), list(after)]
    trees = [merge(documents) for documents in sides]
    maps = trees[0].maps | trees[1].maps
    old, new = (
        tree if maps == tree.maps else merge(documents, maps=maps) for tree, documents in zip(trees, sides, strict=True)
    )
    return old, new


class _Merging:
    """One run of merging; it remembers how much was read."""

    def __init__(self, budget: Budget, maps: Set[str]) -> None:
        self._budget, self._maps = budget, maps
        self._read = 0
        self._cut = 0
        self._inside = self._closed = 0

    def run(self, roots: list[Any]) -> Tree:
        count = len(roots)
        xml = any(isinstance(root, (Element, Elements, Text)) for root in roots)
        waiting = [_Column("$", "$", "$", 0, [[root] for root in roots], count, count, xml)]
        nodes: list[Node] = []
        short = False
        while waiting and len(nodes) < self._budget.nodes:
            node, below = self._describe(waiting.pop())
            nodes.append(node)
            kept = self._kept(below)
            short = short or len(kept) < len(below)
            waiting += reversed(kept)
        return Tree(tuple(nodes), count, self._left_out(short or bool(waiting)), xml)

    def _kept(self, below: list[_Column]) -> list[_Column]:
        """What of a node's members is within the depth and the width."""
        if self._budget.deep and below and below[0].depth > self._budget.deep:
            return []
        return below[: self._budget.wide] if self._budget.wide else below

    def _left_out(self, unfinished: bool) -> str:
        told = []
        if self._cut:
            told.append(f"of {self._cut} places only the first {self._budget.part:,} values were read")
        if self._closed:
            told.append(f"in {self._closed} places not all texts were opened")
        if unfinished:
            told.append(f"not all places are shown, at most {self._budget.nodes:,}")
        return "; ".join(told)

    def _describe(self, column: _Column) -> tuple[Node, list[_Column]]:
        """The node of a column, and the columns below it."""
        if not column.xml and len(column.parts) == 1 and len(column.parts[0]) == 1:
            value = column.parts[0][0]
            kind = type(value)
            opens = kind in _TEXT_KINDS and not value[:1].isalnum() and kind_inside([value])
            if (kind in _SCALAR or value is None) and not opens:
                self._read += 1
                return _leaf(column, kind, value), []
        parts, cut = self._within_budget(column.parts)
        if column.xml and any(type(value) is Elements for part in parts for value in part):
            parts = _one_or_many(parts)  # one element is a list of one where others have several
        kinds = _by_type(parts)
        lists, objects = _pick(parts, kinds, (list, Elements)), _pick(parts, kinds, (dict, Element))
        below: list[_Column] = []
        flags = {"part"} if cut else set()
        if _unsaid(column):
            flags.add(UNSAID)
        keys: Mapping[str, int] = {}
        if objects:
            keys = Counter(chain.from_iterable(chain.from_iterable(objects)))
            known = column.path in self._maps
            below, mapped = _children(column, objects, keys, sum(map(len, objects)), self._budget.wide, known)
            if mapped:
                flags.add("map")
        if lists:
            below += _members(column, lists)
        if column.inside < DEEPEST and not _TEXT_KINDS.isdisjoint(kinds) and (held := self._held(column, parts, kinds)):
            below.append(held)
            flags.add(held.name.strip("()"))
        nulls = len(kinds.get(type(None), ()))
        counted = count_values([values for kind, values in kinds.items() if kind in _SCALAR])
        types = frozenset("empty" if kind is type(None) and column.xml else _named(kind) for kind in kinds)
        shown = tuple(map(shorten, list(keys)[:5])) if "map" in flags else examples(parts, _SCALAR)
        node = Node(
            step=column.step,
            name=column.name,
            path=column.path,
            depth=column.depth,
            types=types,
            present=column.present,
            of=column.of,
            samples=len(column.parts),
            count=sum(map(len, parts)),
            nulls=0 if column.xml else nulls,
            empties=_empties(kinds) + (nulls if column.xml else 0),
            distinct=counted.distinct,
            examples=shown,
            words=counted.words,
            most=max((len(each) for part in lists for each in part), default=0),
            flags=frozenset(flags),
        )
        return node, below

    def _held(self, column: _Column, parts: Parts, kinds: Mapping[type, list[Any]]) -> _Column | None:
        """The column of the documents that the texts of a place hold, when most of them hold one."""
        texts = kinds.get(str) or kinds.get(Text) or []
        kind = kind_inside(texts)
        if not kind:
            return None
        held = documents_inside(_pick(parts, kinds, _TEXT), kind, self._budget.inside - self._inside)
        self._inside += held.read
        self._closed += held.cut and (bool(held.roots) or not held.read)
        if not held.roots:
            return None
        step, count = MARK[kind], sum(map(len, held.roots))
        of = len(texts) - _blanks(texts)
        return _Column(
            step,
            f"({kind})",
            column.path + step,
            column.depth + 1,
            held.roots,
            count,
            of,
            kind == "xml",
            column.inside + 1,
        )

    def _within_budget(self, parts: Parts) -> tuple[Parts, bool]:
        """The parts, or the first values of them when enough was read already."""
        count = sum(map(len, parts))
        if self._read + count <= self._budget.values or count <= self._budget.part:
            self._read += count
            return parts, False
        self._cut += 1
        self._read += self._budget.part
        share = max(1, self._budget.part // len(parts))
        return [part[:share] for part in parts[: self._budget.part]], True


def _unsaid(column: _Column) -> bool:
    return column.step[:2] == "['" and column.step not in MARKS and not is_sayable(column.name)


def _leaf(column: _Column, kind: type, value: Any) -> Node:
    """The node of a single scalar: most places of a wide answer that came once have no more."""
    text = "" if value is None else shorten(value)
    return Node(
        step=column.step,
        name=column.name,
        path=column.path,
        depth=column.depth,
        types=_ONE_TYPE[kind],
        present=column.present,
        of=column.of,
        samples=1,
        count=1,
        nulls=int(value is None),
        empties=int(kind in _TEXT and not value.strip()),
        distinct=int(value is not None),
        examples=(text,) if text else (),
        words={text: 1} if text in ("true", "false") else None,
        flags=frozenset((UNSAID,)) if _unsaid(column) else frozenset(),
    )


def _named(kind: type) -> str:
    return _NAMES.get(kind, "text")


def _one_or_many(parts: Parts) -> Parts:
    return [[value if type(value) is Elements else Elements((value,)) for value in part] for part in parts]


def _by_type(parts: Parts) -> dict[type, list[Any]]:
    """All values of a place by their Python type; nearly always there is but one."""
    values = parts[0] if len(parts) == 1 else list(chain.from_iterable(parts))
    found = set(map(type, values))
    if len(found) == 1:
        return {found.pop(): values}
    kinds: dict[type, list[Any]] = {}
    for value in values:
        kinds.setdefault(type(value), []).append(value)
    return kinds


def _pick(parts: Parts, kinds: Mapping[type, list[Any]], wanted: tuple[type, ...]) -> Parts:
    """The values of some types only, by document."""
    if not any(kind in kinds for kind in wanted):
        return []
    if all(kind in wanted for kind in kinds):
        return parts
    picked = ([value for value in part if type(value) in wanted] for part in parts)
    return [part for part in picked if part]


def _empties(kinds: Mapping[type, list[Any]]) -> int:
    found = 0
    for kind, values in kinds.items():
        if kind in _TEXT:
            found += _blanks(values)
        elif kind in (list, Elements, dict, Element):
            found += sum(not value for value in values)
    return found


def _blanks(values: list[str]) -> int:
    return len(values) - sum(map(bool, map(str.strip, values)))


def _children(
    column: _Column, objects: Parts, keys: Mapping[str, int], count: int, wide: int, known: bool
) -> tuple[list[_Column], bool]:
    """The columns of objects: one for each key, at most one more than is wanted, or a single one of maps."""
    depth, xml = column.depth + 1, column.xml
    if known or (not xml and is_map(keys, count, _under(objects))):
        parts = [list(chain.from_iterable(map(dict.values, part))) for part in objects]
        filled = sum(map(bool, chain.from_iterable(objects)))
        held = [part for part in parts if part]
        return [_Column("[*]", "(any key)", f"{column.path}[*]", depth, held, filled, count, xml, column.inside)], True
    by_key = _columns(objects, keys, count)
    below = []
    for key, present in islice(keys.items(), wide + 1 if wide else None):
        step = step_of(key)
        below.append(_Column(step, key, column.path + step, depth, by_key(key), present, count, xml, column.inside))
    return below, False


def _under(objects: Parts) -> Iterator[Any]:
    return chain.from_iterable(map(dict.values, chain.from_iterable(objects)))


def _columns(objects: Parts, keys: Mapping[str, int], count: int) -> Any:
    """A function from a key to its values by document; linear in the entries, however many keys there are."""
    if len(keys) * count <= 8 * sum(keys.values()):

        def one(key: str) -> Parts:
            if keys[key] == count:
                return [list(map(itemgetter(key), part)) for part in objects]
            held = ([item[key] for item in part if key in item] for part in objects)
            return [part for part in held if part]

        return one
    grouped: dict[str, Parts] = {key: [] for key in keys}
    for part in objects:
        fresh: dict[str, list[Any]] = {}
        for item in part:
            for key, value in item.items():
                fresh.setdefault(key, []).append(value)
        for key, values in fresh.items():
            grouped[key].append(values)
    return grouped.__getitem__


def _members(column: _Column, lists: Parts) -> list[_Column]:
    """The column of all members of lists, when there is any."""
    held = [part for part in (list(chain.from_iterable(part)) for part in lists) if part]
    if not held:
        return []
    filled = sum(map(bool, chain.from_iterable(lists)))
    count = sum(map(len, lists))
    path = f"{column.path}[*]"
    return [_Column("[*]", "(each)", path, column.depth + 1, held, filled, count, column.xml, column.inside)]
