"""Lines that stand apart from their orders: a list elsewhere in the answer, joined by an id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.documents import Document
from workbench.pick.related import Side, conditions, pairs
from workbench.pick.steps import EACH, is_below
from workbench.suggest.names import read_name

if TYPE_CHECKING:
    from workbench.suggest.structure import Place, Structure, Structures

MARK = "\u00a7"
"""What the keys of objects begin with that stand elsewhere in an answer and were put where they belong."""
_LEAST = 1.4
_TELLS = frozenset(("order", "parent", "document", "header", "ref"))


def marks_in(steps: Sequence[str]) -> int:
    """How many objects that stand elsewhere lie on the way."""
    return sum(step.startswith(f"['{MARK}") for step in steps)


def with_lines_elsewhere(structures: Structures, structure: Structure, documents: Sequence[Document]) -> Structure:
    """The structure with lines from another list, where orders have none of their own and an id joins the two.

    Args:
        structures: All places.
        structure: A reading without lines.
        documents: The documents.
    """
    if structure.lines is not None or structure.group is not None:
        return structure
    place = _lines_elsewhere(structures, structure)
    if place is None:
        return structure
    samples = [[document] for document in documents[:5]]
    tree = structures.tree
    for pair in pairs(Side(tree, structure.root, samples), Side(tree, place.steps, samples)):
        names = frozenset().union(*(read_name(step.strip(".[]'")).meant for step in pair.theirs if step != EACH))
        if pair.share > 0.99 and names & _TELLS:
            keep = conditions(pair, tree.xml)
            return replace(structure, lines=place.steps, apart=True, keep=keep, pair=(pair.ours, pair.theirs))
    return structure


def _lines_elsewhere(structures: Structures, structure: Structure) -> Place | None:
    """The list outside the orders that looks most like lines."""
    best: tuple[float, Place | None] = (_LEAST, None)
    for place in structures.places:
        if not place.repeated or is_below(place.steps, structure.root) or is_below(structure.root, place.steps):
            continue
        score = structures.line_score(place, place.steps)
        if score > best[0]:
            best = (score, place)
    return best[1]
