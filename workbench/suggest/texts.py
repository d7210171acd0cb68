"""Orders that are sent as a text inside an answer: JSON or XML in a string, one document for each order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.decode import decode
from workbench.documents import Document
from workbench.errors import DecodeError
from workbench.pick.steps import EACH, Steps, place_steps, text, without_last_each
from workbench.suggest.columns import can_be_said, nodes_at
from workbench.tree import Node, Tree

_NAME = "inner"
_MOST = 40
_SHORTEST = 20


class Texts(NamedTuple):
    """A place whose texts are documents.

    Attributes:
        each: Where the items stand whose text is the document, from the root of the answer.
        path: The text, seen from an item.
        format: json or xml.
        documents: Those documents.
    """

    each: Steps
    path: Steps
    format: str
    documents: list[Document]


def texts_of(tree: Tree, documents: Sequence[Document]) -> Iterator[Texts]:
    """The places whose texts all are documents.

    Args:
        tree: The merged tree of the answers.
        documents: The answers.
    """
    for node in tree:
        form = _format(node)
        if not form or not can_be_said(node.path[1:]):
            continue
        steps = place_steps(node.path)
        inner = []
        for document in documents:
            for value in nodes_at(document.root, steps, _MOST):
                try:
                    inner.append(decode(str(value).encode(), content_type=f"application/{form}"))
                except DecodeError:
                    break
        if inner:
            last = max((index for index, step in enumerate(steps) if step == EACH), default=-1)
            yield Texts(steps[: last + 1], steps[last + 1 :], form, inner)


def _format(node: Node) -> str:
    """What the texts of a place look like: json, xml or nothing."""
    if "text" not in node.types or not node.examples:
        return ""
    heads = {example.lstrip()[:1] for example in node.examples if len(example) >= _SHORTEST}
    return {"{": "json", "<": "xml"}.get(heads.pop(), "") if len(heads) == 1 else ""


def wrapped(texts: Texts, root: Steps, record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The block of orders, and the record as it is written around texts; None where a text holds several orders.

    Args:
        texts: The place of the texts.
        root: Where the order stands inside a text.
        record: The record, seen from that order.
    """
    if EACH in root or not texts.path:
        return None
    related = {_NAME: {"each": text(texts.path, "@"), "parse": texts.format}}
    orders = {"each": text(without_last_each(texts.each)), "with": related}
    home = f"{_NAME}:$" + "".join(root)
    return orders, {field: _inside(entry, home) for field, entry in record.items()}


def _inside(entry: Any, home: str) -> Any:
    """A rule or a block of the order, read from its text."""
    if isinstance(entry, str):
        return f"{home}{entry[1:]}" if entry.startswith("@") else entry
    if isinstance(entry, list):
        return [_inside(each, home) for each in entry]
    if isinstance(entry, dict):
        own = {"each", "at", "path", "join", "datetime", "time"}
        if "fields" in entry:  # what stands in a block is seen from its items
            return {key: _inside(value, home) if key in ("each", "at") else value for key, value in entry.items()}
        block = not own & entry.keys() and not {"lookup", "decimal", "null_when"} & entry.keys()
        return {key: _inside(value, home) if block or key in own else value for key, value in entry.items()}
    return entry
