"""Which call has the orders, and where they stand in its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.decode import decode
from workbench.documents import Document, Pages, PerOrder
from workbench.errors import DecodeError, UsageError
from workbench.mapping.check_calls import IDENTIFIER
from workbench.pick.steps import Steps, is_below
from workbench.suggest.calls import BUDGET, Answers, Grafted, pages_of
from workbench.suggest.known import NOTHING, Known, known_of
from workbench.suggest.links import of_included
from workbench.suggest.sorts import ORDER, back_at, sort_of
from workbench.suggest.structure import Structure, Structures
from workbench.tree import Tree, merge

MAIN = "main"
_LEAST = 1.25
_LEAST_OWN = 0.65
_RIVAL = 0.5
_BACK, _OTHER = 0.5, 0.25
"""How much speaks for a call of returns, and of what is no order at all, beside calls that have orders."""


class Chosen:
    """The call that has the orders, and what is known of its answers.

    Attributes:
        names: The operation's calls.
        call: The one that was chosen; empty where there is no answer at all.
        answers: Its answers as they came.
        links: What stands elsewhere in them and is named by an id, as JSON:API's `included`.
        documents: The answers, with that in its place.
        real: The tree of the answers as they came.
        tree: The tree of the documents.
        settled: What a mapping under way says of them.
        structures: Their places.
        readings: Where the orders may stand, the likeliest first.
        sort: What they hold: orders, returns, or something else.
    """

    def __init__(
        self, lookups: Sequence[Mapping[str, Answers]], asked: Mapping[str, str], given: Mapping[str, Any] | None,
        operation: str,
    ) -> None:  # fmt: skip
        self._given, self._operation, self._asked = given, operation, asked
        said = list(dict.fromkeys(name for lookup in lookups for name in lookup))
        self.names = calls_of(given, operation) or said
        self.call, self.answers = "", list[Document]()
        best = -1.0
        for name in said:
            whole = [lookup[name] for lookup in lookups if name in lookup]
            answers = [page for each in whole if not isinstance(each, dict) for page in each]
            if answers and (score := self._look(name, answers, best)) > best:
                best = score

    def _look(self, name: str, answers: list[Document], best: float) -> float:
        """How much speaks for a call; it becomes the chosen one if that is more than for the best so far."""
        real = merge(answers, budget=BUDGET)
        settled = self._settled(name, real)
        links = of_included(answers)
        documents = links.documents if links is not None else answers
        tree = merge(documents, budget=BUDGET) if links is not None else real
        structures = Structures(tree, documents, self._asked)
        root = settled.root
        readings = structures.at(root) if root is not None else likely(structures.find())
        sort = back_at(structures, root) if root is not None else sort_of(structures, *readings[:1])
        score = readings[0].score if readings else _BACK if sort.back else 0.0
        score = float("inf") if root is not None else score if sort.record == ORDER else _OTHER
        if score > best:
            self.call, self.answers, self.real, self.links = name, answers, real, links
            self.documents, self.tree, self.settled = documents, tree, settled
            self.structures, self.readings, self.sort = structures, readings, sort
        return score

    def settled_in(self, parts: Grafted) -> Known:
        """What is settled, seen from the answers with those of the other calls inside."""
        return self._settled(self.call, self.real, parts)

    def _settled(self, call: str, tree: Tree, parts: Grafted | None = None) -> Known:
        given = self._given
        if not given or not given.get("operations"):
            return NOTHING
        operation = self._operation or next(iter(given["operations"]))
        if operation not in given["operations"]:
            raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(given['operations'])}")
        return known_of(given, operation, call, tree, parts.grafts if parts else {})


def calls_of(given: Mapping[str, Any] | None, operation: str) -> list[str]:
    """The calls of an operation of a mapping under way; none where it says none."""
    if not given or not given.get("operations"):
        return []
    body = given["operations"].get(operation or next(iter(given["operations"]))) or {}
    return [str(each.get("name", MAIN)) for each in body.get("calls") or ()]


def likely(found: Sequence[Structure]) -> list[Structure]:
    """The readings that hold an order: enough of its own values, and enough altogether."""
    return [each for each in found if each.named and each.score >= _LEAST and each.own >= _LEAST_OWN]


def rivals_of(readings: Sequence[Structure]) -> list[Steps]:
    """Places elsewhere in the answers that look like orders about as much as the one that was taken."""
    if not readings:
        return []
    best = readings[0]
    return [
        each.root for each in readings[1:]
        if each.score > best.score - _RIVAL
        and not is_below(each.root, best.root) and not is_below(best.root, each.root)
    ][:2]  # fmt: skip


def lookups_of(samples: Any, content_type: str | None, call: str) -> tuple[list[dict[str, Answers]], str]:
    """Answers as lookups, each a table of calls; what cannot be read is told.

    Args:
        samples: As `draft` takes them.
        content_type: Their content type, where known.
        call: The call whose answers they are, where they are no table.

    Raises:
        UsageError: Something in them is no answer, or the name of a call cannot be one.
    """
    trouble: list[str] = []

    def read(each: Any) -> list[Document]:
        return _documents(each, content_type, trouble)

    tables = [samples] if isinstance(samples, Mapping) else samples
    if not isinstance(tables, (list, tuple)) or not tables or not all(isinstance(each, Mapping) for each in tables):
        return [{call: read(samples)}], "".join(trouble[-1:])
    for name in dict.fromkeys(str(name) for table in tables for name in table):
        if not IDENTIFIER.fullmatch(name) or name == "rows":
            raise UsageError(f"{name!r} cannot be a call's name - use letters, digits and _; rows are those of a group")
    return [
        {
            str(name): {str(key): read(each) for key, each in answers.items()}
            if isinstance(answers, Mapping) else read(answers)
            for name, answers in table.items()
        }
        for table in tables
    ], "".join(trouble[-1:])  # fmt: skip


def _documents(samples: Any, content_type: str | None, trouble: list[str]) -> list[Document]:
    """The answers of a call, decoded; what cannot be read is noted."""
    if isinstance(samples, (bytes, str, Path, Document)):
        samples = [samples]
    found: list[Document] = []
    for each in samples if isinstance(samples, Iterable) else [samples]:
        if isinstance(each, Document):
            found.append(each)
            continue
        if not isinstance(each, (bytes, bytearray, memoryview, str, Path)):
            raise UsageError(f"{type(each).__name__} is no answer - give bytes, text, a path to a file, or a Document")
        body = each.read_bytes() if isinstance(each, Path) else each.encode() if isinstance(each, str) else bytes(each)
        try:
            found.append(decode(body, content_type=content_type))
        except DecodeError as error:
            trouble.append(f"no order found: the answer could not be read - {error}")
    return found


def tables_of(lookups: Sequence[Mapping[str, Answers]], first: str) -> list[Any]:
    """Lookups as `Mapping.map` takes them, one answer each where there is one call only; those that began with nothing
    are left out.
    """
    if {name for lookup in lookups for name in lookup} == {MAIN}:
        return [page for lookup in lookups for page in pages_of(lookup.get(MAIN, []))]
    return [
        {
            name: PerOrder({key: Pages(each) for key, each in answers.items()})
            if isinstance(answers, dict) else Pages(answers)
            for name, answers in lookup.items()
        }
        for lookup in lookups if lookup.get(first)
    ]  # fmt: skip
