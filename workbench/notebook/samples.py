"""The samples of a session: live answers in memory, and what was saved of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.calls import Exchange
from workbench.documents import Document
from workbench.errors import MappingError
from workbench.pick.trial import Trials
from workbench.plan import Plan
from workbench.pseudonyms import Came, Pseudonyms, Row
from workbench.samples import (
    Kept,
    Recorded,
    Sample,
    load_sample,
    merchant_key,
    record,
    recorded,
    remove,
    sample_names,
)
from workbench.samples.documents import documents_of, lookup_of, reading_of, sample_of
from workbench.tree import Budget, Tree, merge

_LARGE = 300_000  # bytes of answers whose tree is not made in a moment
_FIRST_LOOK = Budget(nodes=3_000, deep=5, wide=80)


@dataclass
class Taken:
    """One sample: as it came, or as it was saved.

    Attributes:
        sample: What trees and previews are made of.
        live: Whether it holds what really came; it is gone with the kernel.
        exchanges: What was sent and received, secrets masked; only of this session.
        answers: The answers to be recorded.
        saved: The name under which it stands on the disk; empty until the consent.
        error: Why the operation ended without a result, if it did.
    """

    sample: Sample
    live: bool
    exchanges: list[Exchange] = field(default_factory=list, repr=False)
    answers: list[Recorded] = field(default_factory=list, repr=False)
    saved: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        """Its name, on the disk or in memory."""
        return self.saved or self.sample.name


class Store:
    """All samples of a merchant's draft.

    Args:
        folder: The merchant's folder.
        merchant: Its name.
    """

    def __init__(self, folder: Path, merchant: str) -> None:
        self.folder, self.merchant = folder, merchant
        self.taken: list[Taken] = []
        self.unreadable: list[str] = []
        self.revision = 0
        self.fresh_only = False
        self.trials = Trials()
        self._trees: dict[tuple[Any, ...], Tree] = {}
        self._documents: dict[tuple[Any, ...], list[list[Document]]] = {}
        self._pseudonyms: Pseudonyms | None = None
        self._rows: tuple[int, dict[str, Row]] | None = None
        for name in sample_names(folder):
            try:
                self.taken.append(Taken(load_sample(folder, name), live=False, saved=name))
            except MappingError as error:
                self.unreadable += [problem.text for problem in error.problems]

    @property
    def samples(self) -> list[Sample]:
        """What each sample gives to trees and previews."""
        return [taken.sample for taken in self.taken if taken.live or not self.fresh_only]

    @property
    def pseudonyms(self) -> Pseudonyms:
        """The merchant's; its key is made when it is first needed."""
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(merchant_key(self.merchant))
        return self._pseudonyms

    # ------------------------------------------------------------ consent

    def _consent_file(self) -> Path:
        base = os.environ.get("WORKBENCH_DATA")
        home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return (Path(base) if base else Path(home) / "workbench") / "consent" / self.merchant

    @property
    def consented(self) -> bool:
        """Whether the engineer has seen what is kept and what is replaced, and agreed."""
        return self._consent_file().is_file()

    def consent(self) -> None:
        """Keeps the consent, and saves what waits for it."""
        file = self._consent_file()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(datetime.now(UTC).date().isoformat() + "\n")
        for taken in self.taken:
            if taken.live and not taken.saved:
                self.save(taken, {})

    def rows(self) -> dict[str, Row]:
        """What would be kept and what replaced of all live answers, by call and place."""
        if self._rows is not None and self._rows[0] == self.revision:
            return self._rows[1]
        found: dict[str, Row] = {}
        for taken in self.taken:
            answers = taken.answers if taken.live else []
            came = [Came(answer.body, answer.content_type) for answer in answers]
            previews = self.pseudonyms.preview(came, taken.sample.inputs.values())
            for answer, rows in zip(answers, previews, strict=True):
                for row in rows:
                    key = f"{answer.call} {row.place}"
                    if key not in found or (row.sort and not found[key].sort):
                        found[key] = row
        self._rows = self.revision, found
        return found

    # ------------------------------------------------------------ taking and saving

    def take(
        self, operation: str, inputs: Mapping[str, str], exchanges: Sequence[Exchange], error: str, plan: Plan
    ) -> Taken:
        """A fetched sample: in memory as it came, and on the disk with invented values once that was agreed to."""
        now = datetime.now(UTC)
        answers = [answer for answer in map(recorded, exchanges) if answer is not None]
        name = f"live-{sum(taken.live for taken in self.taken) + 1}"
        taken = Taken(sample_of(name, operation, inputs, answers, now), True, list(exchanges), answers, "", error)
        self.taken.append(taken)
        self.touched()
        if answers and self.consented:
            self.save(taken, reading_of(plan, operation))
        return taken

    def save(self, taken: Taken, reading: Mapping[str, Mapping[str, str | None]]) -> Kept | None:
        """Writes a live sample with invented values."""
        if not taken.answers:
            return None
        sample = taken.sample
        kept = record(
            self.folder, None, sample.operation or "sample", sample.inputs, taken.answers, self.pseudonyms,
            recorded_at=sample.recorded_at, reading=reading,
        )  # fmt: skip
        taken.saved = kept.sample.name
        return kept

    def remove(self, name: str) -> None:
        """Removes a sample, from memory and from the disk."""
        found = next((taken for taken in self.taken if name in (taken.saved, taken.sample.name)), None)
        if found is None or found.saved:
            remove(self.folder, found.saved if found else name)
        if found is not None:
            self.taken.remove(found)
        self.touched()

    def add(self, sample: Sample, saved: str = "") -> None:
        """A sample that was made otherwise."""
        self.taken.append(Taken(sample, live=not saved, saved=saved))
        self.touched()

    def touched(self) -> None:
        """Forgets what was made of the samples."""
        self.revision += 1
        self._trees.clear()
        self._documents.clear()
        self.trials.forget()

    # ------------------------------------------------------------ documents and trees

    def _size(self, operation: str, call: str) -> int:
        """Bytes of a call's answers."""
        own = [sample.calls.get(call, ()) for sample in self.samples if sample.operation in (operation, None)]
        pages = [each.values() if isinstance(each, Mapping) else (each,) for each in own]
        return sum(len(page.body) for each in pages for answers in each for page in answers)

    def is_large(self, operation: str, call: str) -> bool:
        """Whether the tree of a call takes more than a moment."""
        return self._size(operation, call) > _LARGE

    def has_tree(self, plan: Plan, operation: str, call: str) -> bool:
        """Whether the whole tree of a call was made already."""
        return (operation, call, id(self.documents(plan, operation, call))) in self._trees

    def documents(self, plan: Plan, operation: str, call: str) -> list[list[Document]]:
        """The decoded answers of a call, by sample of the operation."""
        reading = reading_of(plan, operation).get(call, {})
        key = (operation, call, repr(reading))
        if key not in self._documents:
            self._documents[key] = [
                documents_of(sample, call, reading, self.trials.decoded)
                for sample in self.samples
                if sample.operation in (operation, None)
            ]
        return self._documents[key]

    def lookups(self, plan: Plan, operation: str) -> list[tuple[Sample, dict[str, Any]]]:
        """The samples of an operation that have an answer, each with the decoded answers of its calls."""
        readings = reading_of(plan, operation)
        own = [sample for sample in self.samples if sample.operation in (operation, None)]
        found = [(sample, lookup_of(sample, readings, self.trials.decoded)) for sample in own]
        return [(sample, answers) for sample, answers in found if answers]

    def tree(self, plan: Plan, operation: str, call: str, *, quick: bool = False) -> Tree:
        """The merged tree of a call; with `quick` its top only, where the whole one was not made yet and is large."""
        documents = self.documents(plan, operation, call)
        key = (operation, call, id(documents))
        if key not in self._trees:
            if quick and self.is_large(operation, call):
                return merge((document for each in documents for document in each), budget=_FIRST_LOOK)
            self._trees[key] = merge(document for each in documents for document in each)
        return self._trees[key]
