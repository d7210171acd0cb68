"""Several calls of one lookup, read as one: each order gets the other calls' answers that belong to it.

A draft is then made as if the merchant had sent them inside the order, and its paths are written as the language has
them: what stands below `@['parcels:']` is `parcels:$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.documents import Document
from workbench.paths import quote_name, scalars, text_of
from workbench.pick.related import Pair, Side, conditions, pairs
from workbench.pick.steps import EACH, Steps, place_steps, short, text, without_last_each
from workbench.suggest.columns import nodes_at
from workbench.tree import MARKS, Budget, Tree, find_place, merge

Answers = list[Document] | dict[str, list[Document]]
"""The answers of a call in one lookup: its pages, or those of each order by the text that stands for it."""
_MOST_LISTS, _MOST_ITEMS, _MOST_LOOKUPS = 30, 2000, 5
BUDGET = Budget(values=60_000, part=400, nodes=4_000)
"""What is looked at of answers; enough to tell what they hold."""
_XML = frozenset(("xml", "soap"))


class Graft(NamedTuple):
    """How a call's answers stand inside the orders.

    Attributes:
        call: The call.
        several: Whether an order may have several answers, which then stand in a list.
        each: The list whose items were given to the orders; None where the whole answer was.
        keep: Which of that list's items are an order's, as `keep:` says it.
        key: The place in the order of the text that the answers were asked for with; None where there was none.
    """

    call: str
    several: bool = False
    each: str | None = None
    keep: Mapping[str, Any] = {}
    key: Steps | None = None

    @property
    def step(self) -> str:
        """The step from an order to the answers."""
        return step_of(self.call)


@dataclass(slots=True)
class Grafted:
    """The answers of the first call, with those of the others inside.

    Attributes:
        documents: The answers.
        grafts: What was grafted, by call.
        left_out: The calls that were not, with why.
    """

    documents: list[Document]
    grafts: dict[str, Graft] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def step_of(call: str) -> str:
    """The step that stands for the answers of a call inside an order; no answer has such a name by chance."""
    return quote_name(f"{call}:")


def grafted(main: str, root: Steps, lookups: Sequence[Mapping[str, Answers]]) -> Grafted:
    """The answers of the call that has the orders, each order with what the other calls tell of it.

    Args:
        main: The call that has the orders; never one that is made per order.
        root: Where they stand.
        lookups: By lookup, the answers of each call.
    """
    whole = [pages_of(lookup.get(main, [])) for lookup in lookups]
    others = dict.fromkeys(name for lookup in lookups for name in lookup if name != main)
    if not others or not MARKS.keys().isdisjoint(root):
        return Grafted([document for documents in whole for document in documents])
    items = [[item for document in documents for item in _items(document, root)] for documents in whole]
    made = Grafted([document for documents in whole for document in documents])
    inside: dict[int, dict[str, Any]] = {}
    for call in others:
        answers = [lookup.get(call, []) for lookup in lookups]
        every = [document for each in answers for document in pages_of(each)]
        if not every:
            continue
        if {document.format in _XML for document in [*every, *made.documents]} == {True, False}:
            made.left_out[call] = "its answers are of another format"
            continue
        graft, parts = _graft(call, root, whole, items, answers)
        for identity, part in parts.items():
            inside.setdefault(identity, {})[f"{call}:"] = part
        if parts:
            made.grafts[call] = graft
        else:
            made.left_out[call] = "no id joins its answers to the orders"
    if not inside:
        return made
    depth = 2 * len(root) + 1
    made.documents = [
        Document(_with_parts(document.root, inside, depth), document.format) for document in made.documents
    ]
    return made


def pages_of(answers: Answers) -> list[Document]:
    """All answers of a call in a lookup, whichever order they are of."""
    return [page for each in answers.values() for page in each] if isinstance(answers, dict) else answers


def _items(document: Document, root: Steps) -> list[dict[str, Any]]:
    return [item for item in nodes_at(document.root, root, _MOST_ITEMS) if isinstance(item, dict)]


def _graft(
    call: str, root: Steps, whole: Sequence[list[Document]], items: Sequence[list[dict[str, Any]]],
    answers: Sequence[Answers],
) -> tuple[Graft, dict[int, Any]]:  # fmt: skip
    """How a call's answers belong to the orders, and what each order gets of them, by the order's identity."""
    key: Steps | None = None
    if any(isinstance(each, dict) for each in answers):
        key, found = _by_key(merge((page for pages in whole for page in pages), budget=BUDGET), root, items, answers)
    elif all(len(each) <= 1 for each in items):
        found = {id(each[0]): pages_of(own) for each, own in zip(items, answers, strict=True) if each and own}
    else:
        return _of_many(call, root, whole, items, answers)
    several = any(len(documents) > 1 for documents in found.values())
    return Graft(call, several, key=key), {
        identity: [document.root for document in documents] if several else documents[0].root
        for identity, documents in found.items() if documents
    }  # fmt: skip


def _by_key(
    tree: Tree, root: Steps, items: Sequence[list[dict[str, Any]]], answers: Sequence[Answers]
) -> tuple[Steps | None, dict[int, list[Document]]]:
    """The answers that were asked for by a text of the order: the place whose values name the most of them."""
    best: tuple[tuple[int, int, int], Steps | None, dict[int, list[Document]]] = ((0, 0, 0), None, {})
    for steps in _scalars_below(tree, root):
        found: dict[int, list[Document]] = {}
        hits = claims = 0
        for orders, keyed in zip(items, answers, strict=True):
            if not isinstance(keyed, dict):
                continue
            taken: set[str] = set()
            for order in orders:
                names = dict.fromkeys(text_of(value) for value in scalars(find_place(order, steps)))
                own = [name for name in names if name in keyed]
                taken.update(own)
                claims += len(own)
                if own:
                    found[id(order)] = [document for name in own for document in keyed[name]]
            hits += len(taken)
        rank = (hits, -(claims - hits), -len(steps))
        if hits and rank > best[0]:
            best = rank, steps, found
    return best[1:]


def _scalars_below(tree: Tree, root: Steps) -> Iterator[Steps]:
    above = text(root)
    for node in tree:
        if node.path.startswith(above) and node.path != above and not node.types & {"object", "list"}:
            steps = place_steps(node.path)[len(root) :]
            if steps and MARKS.keys().isdisjoint(steps):
                yield steps


def _of_many(
    call: str, root: Steps, whole: Sequence[list[Document]], items: Sequence[list[dict[str, Any]]],
    answers: Sequence[Answers],
) -> tuple[Graft, dict[int, Any]]:  # fmt: skip
    """One answer for many orders: the rows that an id joins to them, or what is said once for all of them."""
    theirs = [pages_of(each) for each in answers]
    tree = merge((page for pages in theirs for page in pages), budget=BUDGET)
    mine = Side(merge((page for pages in whole for page in pages), budget=BUDGET), root, whole[:_MOST_LOOKUPS])
    lists = [place_steps(node.path) for node in tree if "object" in node.types and node.path.endswith(EACH)]
    for place in lists[:_MOST_LISTS]:
        for pair in pairs(Side(tree, place, theirs[:_MOST_LOOKUPS]), mine):
            join = Pair(pair.theirs, pair.ours, pair.share)
            if pair.share > 0.99 and _tells_apart(join.ours, items):
                each = text(short(without_last_each(place), tree.xml), f"{call}:$")
                parts = _rows(join, place, items, theirs)
                return Graft(call, each=each, keep=conditions(join, tree.xml)), parts
    rows = frozenset().union(*(_rows_in(own[0].root) for own in theirs if own))
    said = {
        id(order): root
        for orders, own in zip(items, theirs, strict=True) if own
        for root in [_without_rows(own[0].root, rows)] if root
        for order in orders
    }  # fmt: skip
    return Graft(call), said


def _tells_apart(steps: Steps, items: Sequence[list[dict[str, Any]]]) -> bool:
    """Whether no two orders of a lookup have the same value at a place."""
    for orders in items:
        values = [text_of(value) for order in orders for value in scalars(find_place(order, steps))]
        if len(values) != len(set(values)):
            return False
    return True


def _rows(
    join: Pair, place: Steps, items: Sequence[list[dict[str, Any]]], theirs: Sequence[list[Document]]
) -> dict[int, Any]:
    """The rows of each order."""
    found: dict[int, Any] = {}
    for orders, documents in zip(items, theirs, strict=True):
        by_value: dict[str, list[Any]] = {}
        for row in (row for document in documents for row in _items(document, place)):
            for name in dict.fromkeys(text_of(value) for value in scalars(find_place(row, join.theirs))):
                by_value.setdefault(name, []).append(row)
        for order in orders:
            wanted = dict.fromkeys(text_of(value) for value in scalars(find_place(order, join.ours)))
            found[id(order)] = [row for name in wanted for row in by_value.get(name, ())]
    return found


def _rows_in(node: Any, place: Steps = ()) -> set[Steps]:
    """The places of an answer where several objects stand in a list."""
    found: set[Steps] = set()
    if isinstance(node, dict):
        for key, value in node.items():
            found |= _rows_in(value, (*place, key))
    elif isinstance(node, list):
        if len(node) > 1 and any(isinstance(each, (dict, list)) for each in node):
            return {place}
        for each in node:
            found |= _rows_in(each, place)
    return found


def _without_rows(node: Any, rows: frozenset[Steps], place: Steps = ()) -> Any:
    """An answer without its lists of several objects: whose they are, nobody knows."""
    if place in rows and isinstance(node, list):
        return None
    if isinstance(node, dict):
        return {key: _without_rows(value, rows, (*place, key)) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_rows(each, rows, place) for each in node]
    return node


def _with_parts(node: Any, inside: Mapping[int, dict[str, Any]], depth: int) -> Any:
    """A copy with the parts in their orders; what is beside the way to them is shared."""
    if id(node) in inside:
        return {**node, **inside[id(node)]}
    if depth and isinstance(node, dict):
        return {key: _with_parts(value, inside, depth - 1) for key, value in node.items()}
    if depth and isinstance(node, list):
        return [_with_parts(value, inside, depth - 1) for value in node]
    return node


@dataclass(frozen=True, slots=True)
class Speech:
    """How rules that were made inside the orders are written as the language has them.

    Attributes:
        main: The call that has the orders, where it is not the operation's first; else empty.
        grafts: What was grafted, by call.
    """

    main: str = ""
    grafts: Mapping[str, Graft] = field(default_factory=dict)

    def rule(self, rule: Any) -> Any:
        """A rule or block, `parcels:$.code` for `@['parcels:'].code`.

        Raises:
            Unsayable: The language has no words for it.
        """
        if isinstance(rule, str):
            return self._path(rule)
        if isinstance(rule, list):
            return [self.rule(each) for each in rule]
        if not isinstance(rule, dict):
            return rule
        for graft in self.grafts.values():
            if graft.each is not None and rule.get("each") == f"@{graft.step}":
                rest = {key: self.rule(value) for key, value in rule.items() if key not in ("each", "keep")}
                return {"each": graft.each, "keep": {**graft.keep, **rule.get("keep", {})}, **rest}
        return {self.rule(key): self.rule(value) for key, value in rule.items()}

    def _path(self, path: str) -> str:
        if self.main and path.startswith("$"):
            return f"{self.main}:{path}"
        if ":'" not in path:
            return path
        for graft in self.grafts.values():
            if graft.each is not None and graft.step in path:
                raise Unsayable(path)
            listed = r"(?:\[\*\])?" if graft.several else ""
            path = re.sub(rf"[@^]+{re.escape(graft.step)}{listed}", f"{graft.call}:$", path)
        return path


class Unsayable(ValueError):
    """A rule that reads rows of another call one by one; only a block can."""
