"""Items of another branch or call: which id of theirs equals one of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from workbench.documents import Document
from workbench.paths import compile_path, quote_name, scalars, text_of
from workbench.pick.steps import EACH, Steps, text
from workbench.tree import MARKS, Tree, find_place

_LEAST = 0.5  # the share of our values that must be found among theirs
_TOLD = 3


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


def pairs(
    ours: tuple[Tree, Steps, Sequence[Sequence[Document]]], theirs: tuple[Tree, Steps, Sequence[Sequence[Document]]]
) -> list[Pair]:
    """The pairs of ids that join two places, the best first.

    Args:
        ours: The tree of our call, the place of our items, and its documents by sample.
        theirs: The same of the other place.
    """
    mine, others = list(_ids(ours)), list(_ids(theirs))
    found = []
    for steps, by_sample in mine:
        for other_steps, others_by_sample in others:
            share = _share(by_sample, others_by_sample)
            if share >= _LEAST:
                found.append((share, _likeness(steps, other_steps), Pair(steps, other_steps, share)))
    found.sort(key=lambda each: (-each[0], -each[1]))
    return [pair for *_, pair in found[:_TOLD]]


def _ids(side: tuple[Tree, Steps, Sequence[Sequence[Document]]]) -> Iterator[tuple[Steps, list[list[str]]]]:
    """The places below the items that could be ids, with their values by sample."""
    tree, item, samples = side
    root = text(item)
    for node in tree:
        if not node.path.startswith(root) or node.path == root or node.types & {"object", "boolean"}:
            continue
        steps = _steps(node.path)[len(item) :]
        if not MARKS.keys().isdisjoint(steps):
            continue  # a join compares what stands in the answer, not in its texts
        if not 1 <= len([step for step in steps if step != EACH]) <= 3 or "list" in node.types:
            continue
        place = _steps(node.path)
        values = [
            [text_of(value) for document in documents for value in scalars(find_place(document.root, place))]
            for documents in samples
        ]
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


def conditions(pair: Pair, xml: bool) -> dict[str, Any]:
    """The pair as `keep:` of related items."""
    left = text((step for step in pair.theirs if not (xml and step == EACH)), "@")
    right = text((step for step in pair.ours if not (xml and step == EACH)), "^")
    return {left: right}
