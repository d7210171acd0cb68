"""Where later samples contradict earlier ones: a node that rules read is a list here and an object there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.catalogue import TIME
from workbench.documents import Document, Element
from workbench.paths import is_number
from workbench.pick.places import Read
from workbench.pick.steps import name_of, place_steps, text
from workbench.tree import Tree, find_place

_A = {"text": "a text", "number": "a number", "boolean": "true or false", "list": "a list", "object": "an object"}


class Contradiction(NamedTuple):
    """That a node is something else in a later sample.

    Attributes:
        field: The field whose rule reads it, or something in it.
        name: The node's name.
        place: The node's place.
        before: What it is in the first sample, in words.
        first: That sample's name.
        after: What it is later.
        later: The sample where it first is.
    """

    field: str
    name: str
    place: str
    before: str
    first: str
    after: str
    later: str


def contradictions(
    reads: Iterable[Read],
    kinds: Mapping[str, str],
    trees: Mapping[str, Tree],
    documents: Mapping[str, Sequence[Sequence[Document]]],
    names: Sequence[str],
) -> list[Contradiction]:
    """The nodes on the way to what rules read whose kind changes from sample to sample.

    Args:
        reads: What the rules read.
        kinds: The kind of each field.
        trees: The merged tree of each call.
        documents: The decoded answers, by call and sample.
        names: The samples' names, in the same order.
    """
    found: dict[tuple[str, str], Contradiction] = {}
    for read in reads:
        tree = trees.get(read.call)
        if tree is None:
            continue
        steps = place_steps(read.place)
        for end in range(len(steps) + 1):
            node = tree.find(text(steps[:end]))
            key = (read.call, text(steps[:end]))
            if node is None or key in found or len(node.types - {"null", "empty"}) < 2:
                continue
            by_sample = _kinds(documents.get(read.call, ()), place_steps(node.path))
            change = _change(by_sample, harmless=kinds.get(read.field) != TIME)
            if change:
                before, first, after, later = change
                found[key] = Contradiction(
                    read.field, name_of(steps[:end]) if end else "the answer", node.path,
                    _A[before], _name(names, first), _A[after], _name(names, later),
                )  # fmt: skip
    return list(found.values())


def _name(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"sample {index + 1}"


def _kinds(samples: Sequence[Sequence[Document]], steps: Sequence[str]) -> list[list[str]]:
    """What stands at a place in each sample."""
    found = []
    for documents in samples:
        nodes = [node for document in documents for node in find_place(document.root, steps)]
        found.append(list(dict.fromkeys(kind for node in nodes if (kind := _kind(node)))))
    return found


def _kind(node: Any) -> str:
    """What a node is; nothing for what is empty, which contradicts nothing."""
    if isinstance(node, Element):
        children = any(not key.startswith("@") and key != "#text" for key in node)
        return "object" if children else "text" if "#text" in node else ""
    if isinstance(node, dict):
        return "object" if node else ""
    if isinstance(node, list):
        if node and all(isinstance(member, (Element, str)) for member in node) and type(node) is not list:
            return next((kind for kind in map(_kind, node) if kind), "")  # in XML one and many are the same
        return "list" if node else ""
    if isinstance(node, bool):
        return "boolean"
    if is_number(node):
        return "number"
    return "text" if isinstance(node, str) and node.strip() else ""


def _change(by_sample: Sequence[Sequence[str]], harmless: bool) -> tuple[str, int, str, int] | None:
    """The first kind and the first other one, each with its sample; a number as text changes nothing for most."""
    first: tuple[str, int] | None = None
    for index, kinds in enumerate(by_sample):
        for kind in kinds:
            if first is None:
                first = kind, index
            elif kind != first[0] and not (harmless and {kind, first[0]} == {"text", "number"}):
                return (*first, kind, index)
    return None
