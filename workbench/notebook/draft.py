"""The draft on the disk: a valid mapping after every change, with what was before it to go back to."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from workbench.errors import MappingError, Problem, UsageError, VersionError
from workbench.mapping import FORMAT, MappingFile, dump, load_data, load_text
from workbench.versions import Folder, Version, content, read_text, safe_name, write_over

MAPPINGS = "WORKBENCH_MAPPINGS"
_STEPS = 200


class Refused(UsageError):
    """A change that would make the mapping wrong.

    Args:
        problems: What would be wrong, and where: all of it.
        text: What is told in one line; the first problems unless given.
    """

    def __init__(self, problems: Iterable[Problem], text: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__(text or "; ".join(problem.text for problem in self.problems[:3]))


class Step(NamedTuple):
    """A change that can be taken back: what it did, and the data before it."""

    label: str
    data: dict[str, Any]


class Draft:
    """`draft.yaml` of a merchant's folder.

    Args:
        merchant: The merchant's name, or its folder.
        version: The version to start from; the draft that is there, else the newest, unless given.
        mappings: The folder of mappings; `WORKBENCH_MAPPINGS`, or the nearest `mappings`, unless given.

    Raises:
        MappingError: The draft or the version cannot be used.
        UsageError: There is no such version.
        VersionError: The folder cannot be written.
    """

    def __init__(
        self, merchant: str, version: str | None = None, mappings: str | os.PathLike[str] | None = None
    ) -> None:
        name = safe_name(Path(merchant).name)
        root = Path(merchant).parent if os.sep in merchant else _root(mappings)
        self.folder = Folder(root / name)
        try:
            self.folder.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VersionError(f"cannot make {self.folder.path} - {error.strerror}") from None
        self.undone: list[Step] = []
        self.done: list[Step] = []
        self._written = ""
        self.data = self._start(name, version)
        if version is not None:
            self._written = _digest(read_text(self.folder.draft)) if self.folder.draft.exists() else ""
            self._write(self.data)

    def _start(self, name: str, version: str | None) -> dict[str, Any]:
        if version is None and self.folder.draft.exists():
            text = read_text(self.folder.draft)
            self._written = _digest(text)
            return copy.deepcopy(load_text(text, str(self.folder.draft)).data)
        base = Version.parse(version) if version is not None else self.folder.newest()
        if base is None:
            return {"format": FORMAT, "merchant": name, "operations": {}, "records": {"order": {}}}
        data = content(self.folder.read(base).data)
        return {**_head(data), "version": str(base), **data}

    @property
    def base(self) -> str:
        """The version that the draft started from; empty for a new merchant."""
        return str(self.data.get("version") or "")

    def newer(self) -> str:
        """A version that was exported after the draft started; empty where there is none."""
        newest = self.folder.newest()
        if newest is None or (self.base and newest <= Version.parse(self.base)):
            return ""
        return str(newest)

    def changed_elsewhere(self) -> bool:
        """Whether something else wrote the draft since this did."""
        if not self._written:
            return self.folder.draft.exists()
        try:
            return _digest(read_text(self.folder.draft)) != self._written
        except (UsageError, MappingError):
            return True

    def keep(self) -> Path:
        """The draft's file; written now, if opening the merchant was all that happened so far."""
        if not self.folder.draft.exists():
            self._write(self.data)
        return self.folder.draft

    def file(self) -> MappingFile:
        """The draft as a mapping file."""
        return load_data(self.data, str(self.folder.draft))

    def change(self, label: str, edit: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        """Changes the draft: the new data must load, and is on the disk before this returns.

        Args:
            label: What is done, for the undo button.
            edit: Changes a copy of the data, or returns other data.

        Raises:
            Refused: The change would make the mapping wrong; nothing is changed.
            VersionError: The draft cannot be written, or another notebook has changed it.
        """
        before = self.data
        copied = copy.deepcopy(before)
        after = edit(copied) or copied
        try:
            after = load_data(after, "the draft").data
        except MappingError as error:
            raise Refused(error.problems) from None
        if after == before:
            return
        self._write(after)
        self.done = [*self.done[-_STEPS:], Step(label, before)]
        self.undone = []
        self.data = after

    def undo(self) -> str:
        """Takes the last change back; tells which."""
        return self._step(self.done, self.undone, "nothing to undo")

    def redo(self) -> str:
        """Makes the change again that was taken back last."""
        return self._step(self.undone, self.done, "nothing to redo")

    def _step(self, source: list[Step], target: list[Step], nothing: str) -> str:
        if not source:
            raise UsageError(nothing)
        step = source[-1]
        self._write(step.data)
        source.pop()
        target.append(Step(step.label, self.data))
        self.data = step.data
        return step.label

    def reload(self) -> None:
        """Takes what another notebook wrote."""
        self.data = self._start(self.folder.name, None)
        self.done, self.undone = [], []

    def rebase(self) -> None:
        """Puts the draft on the newest version: its rules stay, its number moves."""
        newer = self.newer()
        if newer:
            self.change(f"rebase on {newer}", lambda data: {**data, "version": newer})

    def _write(self, data: dict[str, Any]) -> None:
        if self.folder.draft.exists() and self.changed_elsewhere():
            raise VersionError("another notebook has changed this draft - reload() takes its state, then click again")
        text = dump(data)
        write_over(self.folder.draft, text)
        self._written = _digest(text)


def _head(data: dict[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("format", "merchant") if key in data}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _root(mappings: str | os.PathLike[str] | None) -> Path:
    """The folder of mappings: a notebook runs in `notebooks`, beside it."""
    if mappings is not None:
        return Path(mappings)
    if named := os.environ.get(MAPPINGS):
        return Path(named)
    for place in (Path("mappings"), Path("..") / "mappings"):
        if place.is_dir():
            return place
    return Path("mappings")
