"""Items of another branch or call: which id of theirs equals one of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from workbench.documents import Document
from workbench.paths import compile_path, quote_name, scalars, text_of
from workbench.pick.evidence import own_scalars
from workbench.pick.steps import EACH, Steps, text
from workbench.tree import MARKS, UNSAID, Tree, find_place

_LEAST = 0.5  # the share of our values that must be found among theirs
_TOLD = 3
_SORTS = ("type", "kind", "@type", "@kind", "object", "resourceType", "role", "qualifier")
_MOST_SORTS = 20


class Pair(NamedTuple):
    """A path of ours and one of theirs, with equal values.

    Attributes:
        ours: Steps below our item.
        theirs: Steps below their item.
        share: How many of our values are among theirs, 0 to 1.
    """

    ours: Steps
    theirs: Steps
    share: float


class Side(NamedTuple):
    """One of two places that may belong together.

    Attributes:
        tree: The tree of the call.
        item: The place of the items.
        documents: The call's documents, by sample.
        only: A key of the items and the word that they must have there; None takes all.
    """

    tree: Tree
    item: Steps
    documents: Sequence[Sequence[Document]]
    only: tuple[str, Any] | None = None


def pairs(ours: Side, theirs: Side) -> list[Pair]:
    """The pairs of ids that join two places, the best first."""
    mine, others = list(_ids(ours)), list(_ids(theirs))
    found = []
    for steps, by_sample in mine:
        for other_steps, others_by_sample in others:
            share = _share(by_sample, others_by_sample)
            if share >= _LEAST:
                found.append((share, _likeness(steps, other_steps), Pair(steps, other_steps, share)))
    found.sort(key=lambda each: (-each[0], -each[1]))
    return [pair for *_, pair in found[:_TOLD]]


def sort_of(side: Side, leaf: Steps, clicked: int | None) -> tuple[str, Any] | None:
    """The key and word that tell the clicked items from others of the same list, as JSON:API's `type` does.

    Args:
        side: The items.
        leaf: The steps from an item to what was clicked.
        clicked: Which item was clicked; None where only the place is known.
    """
    members = [member for each in side.documents for document in each
               for member in _one_by_one(find_place(document.root, side.item))]  # fmt: skip
    rows = [(own_scalars(member), bool(find_place(member, leaf))) for member in members]
    for key in _SORTS:
        words = [row[key] for row, _ in rows if key in row]
        if len(words) != len(rows) or not 1 < len(set(map(text_of, words))) <= _MOST_SORTS:
            continue
        wanted = {text_of(row[key]) for row, has in rows if has}
        if clicked is not None and clicked < len(rows):
            wanted = {text_of(rows[clicked][0][key])}
        if len(wanted) == 1:
            word = wanted.pop()
            return key, next(each for each in words if text_of(each) == word)
    return None


def _one_by_one(nodes: Sequence[Any]) -> list[Any]:
    return [member for node in nodes for member in (node if isinstance(node, list) else [node])]


def _ids(side: Side) -> Iterator[tuple[Steps, list[list[str]]]]:
    """The places below the items that could be ids, with their values by sample."""
    root = text(side.item)
    items = [
        [item for document in documents for item in _one_by_one(find_place(document.root, side.item))]
        for documents in side.documents
    ]
    if side.only is not None:
        key, word = side.only
        wanted = text_of(word)
        items = [[item for item in each if text_of(own_scalars(item).get(key, "")) == wanted] for each in items]
    for node in side.tree:
        if not node.path.startswith(root) or node.path == root or node.types & {"object", "boolean"}:
            continue
        steps = _steps(node.path)[len(side.item) :]
        if not MARKS.keys().isdisjoint(steps) or node.name in _SORTS or UNSAID in node.flags:
            continue  # a join compares what stands in the answer, not in its texts
        if not 1 <= len([step for step in steps if step != EACH]) <= 4 or "list" in node.types:
            continue
        values = [[text_of(value) for item in each for value in scalars(find_place(item, steps))] for each in items]
        if _looks_like_ids(values):
            yield steps, values


def _steps(place: str) -> Steps:
    return tuple(quote_name(argument) if kind == "name" else EACH for kind, argument in compile_path(place).steps)


def _looks_like_ids(values: Sequence[Sequence[str]]) -> bool:
    every = [value for each in values for value in each]
    return bool(every) and all(len(value) <= 80 for value in every) and not all(len(value) < 2 for value in every)


def _share(ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]) -> float:
    """How many of our different values are among theirs of the same sample; 0 where one sample has no match."""
    hits = total = 0
    for mine, others in zip(ours, theirs, strict=True):
        if not mine or not others:
            continue
        wanted, there = set(mine), set(others)
        matches = len(wanted & there)
        if not matches:
            return 0.0
        hits += matches
        total += len(wanted)
    return hits / total if total else 0.0


def _likeness(ours: Steps, theirs: Steps) -> int:
    """How much two names look like the two sides of one id."""
    a, b = _plain(ours), _plain(theirs)
    alike = 2 if a == b or a.endswith(b) or b.endswith(a) else 0
    return alike + a.endswith(("id", "number", "no", "key")) + b.endswith(("id", "number", "no", "key")) - len(ours)


def _plain(steps: Steps) -> str:
    names = [step for step in steps if step != EACH]
    return "".join(sign for sign in (names[-1] if names else "") if sign.isalnum()).casefold()


def conditions(pair: Pair, xml: bool, only: tuple[str, Any] | None = None) -> dict[str, Any]:
    """The pair as `keep:` of related items; with the word that tells them from others of the same list."""
    left = text((step for step in pair.theirs if not (xml and step == EACH)), "@")
    right = text((step for step in pair.ours if not (xml and step == EACH)), "^")
    told = {f"@{quote_name(only[0])}": only[1]} if only else {}
    return {**told, left: right}
