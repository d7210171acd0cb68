"""What the picker builds on: the answers of an operation, their trees, and its mapping so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from workbench.catalogue import TEXTS
from workbench.documents import Document
from workbench.errors import UsageError
from workbench.paths import Path, scalars
from workbench.pick.blocks import Blocks, Target
from workbench.pick.choices import Choice, choices
from workbench.pick.rules import entry
from workbench.pick.steps import Steps, short, text
from workbench.pick.trial import Trials
from workbench.samples import Sample
from workbench.tree import Tree, find_place, merge


class Built(NamedTuple):
    """A mapping that a click may mean, still without the rule.

    Attributes:
        data: The mapping's data, with the blocks that the rule needs.
        words: What is meant.
        fragile: Whether it depends on a position.
        path: The rule's path.
        where: The rule's place in the file.
        notes: What was taken for granted, with the words of the samples.
    """

    data: dict[str, Any]
    words: str
    fragile: bool
    path: str
    where: str
    notes: tuple[str, ...] = ()


class Start(NamedTuple):
    """Where a path starts: its root as it is written, and how many steps of the place lead there."""

    root: str
    start: int
    related: bool = False


class Ground:
    """What the picker builds on: the answers of an operation, and its mapping so far.

    Args:
        data: The mapping's data; it loads, and has the operation.
        operation: The operation's name.
        samples: Recorded exchanges; those of other operations are passed over.
        documents: The decoded answers, by call and sample; decoded by the caller, who knows how.
        trees: Their merged trees, by call, where the caller has them.
        trials: Remembers what was tried already.
        clocks: When each sample was answered, by its name, as the answer's own Date header said; else it counts when
            the sample was taken.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        operation: str,
        samples: Sequence[Sample],
        documents: Mapping[str, Sequence[Sequence[Document]]],
        trees: Mapping[str, Tree] | None = None,
        trials: Trials | None = None,
        clocks: Mapping[str, datetime] | None = None,
    ) -> None:
        if operation not in data["operations"]:
            raise UsageError(f"no operation {operation!r} - add it first")
        self.data, self.operation, self.samples, self.documents = data, operation, samples, documents
        self._trees = dict(trees or {})
        self._trials = trials or Trials()
        self._clocks = dict(clocks or {})

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The merged tree of each call."""
        for call, samples in self.documents.items():
            if call not in self._trees:
                self._trees[call] = merge(document for documents in samples for document in documents)
        return self._trees

    def _values(self, call: str, place: Steps) -> list[Any]:
        return [value for each in self._by_sample(call, place) for value in each]

    def _by_sample(self, call: str, place: Steps) -> list[list[Any]]:
        """The scalars at a place, by sample."""
        return [
            [value for document in documents for value in scalars(find_place(document.root, place))]
            for documents in self.documents.get(call, ())
        ]

    def _short(self, call: str, place: Steps, start: int, end: int | None = None) -> Steps:
        """Steps of a place as they are written, from one position to another."""
        tree = self.trees[call]
        return short(place[start:end], tree.is_xml(text(place[:start])))

    def _absolute(self, data: Mapping[str, Any], call: str, steps: Iterable[str]) -> str:
        first = Blocks(data, self.operation, self.trees).first
        return text(self._short(call, tuple(steps), 0), "$" if call == first else f"{call}:$")

    def _choices(self, call: str, place: Steps, start: int, clicked: Path, target: Target | None) -> list[Choice]:
        documents = [document for documents in self.documents.get(call, ()) for document in documents]
        several = target is None or target.field.kind == TEXTS
        return choices(self.trees[call], documents, place, start, clicked, several)

    def _orders(self, data: dict[str, Any]) -> dict[str, Any]:
        """The `orders:` block of the operation."""
        orders: dict[str, Any] = data["operations"][self.operation].setdefault("orders", {"each": "$"})
        return orders

    def _block_around(self, data: dict[str, Any], blocks: Blocks, field: str) -> dict[str, Any]:
        """The block that can hold `with:`: the innermost list or object block with a place, else `orders:`."""
        parts = field.split(".")[:-1]
        while parts:
            block = entry(data, blocks.record, ".".join(parts), whole=True)
            if isinstance(block, dict) and {"each", "at"} & block.keys():
                return block
            parts.pop()
        return self._orders(data)
