"""A draft becomes the next version."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from workbench.compare import Comparison, compare
from workbench.errors import MappingError, UsageError, VersionError
from workbench.mapping import MappingFile, dump, export_problems, load_text
from workbench.publish.opinion import second_opinion
from workbench.runtime import Mapping
from workbench.samples import Sample, Suggestion, fields_seen, load_samples, propose_expectations, replay
from workbench.versions import (
    FIRST,
    NONE,
    Folder,
    Step,
    Version,
    add_lock,
    content,
    read_text,
    safe_name,
    write_new,
    write_over,
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A draft that has become a version.

    Attributes:
        path: The version's file.
        before: The version it was compared with; None for the first.
        step: The semver step and why.
        changes: What the history says of it.
        suggestions: Expectations that all samples bear out; written only where that was asked for.
        comparison: What changes from the version before; None for the first.
    """

    merchant: str
    version: Version
    path: Path
    before: Version | None
    step: Step
    changes: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    comparison: Comparison | None
    samples: int

    def to_dict(self) -> dict[str, Any]:
        """The export as `--json` prints it."""
        return {
            "merchant": self.merchant,
            "version": str(self.version),
            "path": str(self.path),
            "before": str(self.before) if self.before else None,
            "step": self.step.word,
            "why": list(self.step.why),
            "changes": list(self.changes),
            "suggestions": [one.text for one in self.suggestions],
            "samples": self.samples,
        }


def export(
    folder: str | os.PathLike[str],
    *,
    draft: str | os.PathLike[str] | None = None,
    to: str | os.PathLike[str] | None = None,
    reason: str | None = None,
    changes: Sequence[str] = (),
    accept_expectations: bool = False,
    today: date | None = None,
) -> Exported:
    """Freezes a draft as the next version. What is released stays as it is.

    Args:
        folder: The merchant's folder, with its samples.
        draft: The draft's file; `draft.yaml` of the folder unless given.
        to: Another folder of mappings to write to; `<to>/<merchant>/<version>.yaml`.
        reason: Why results change, where they do in what weighs.
        changes: What the history is to say; the differences of the files unless given.
        accept_expectations: Write the expectations that all samples bear out, into the draft as well.
        today: The date in the history.

    Raises:
        MappingError: The draft cannot be exported; every problem at once.
        VersionError: Nothing changed, a reason is missing, or the version cannot be written.
        UsageError: There is no draft, or the samples do not fit it.
    """
    home = Folder(folder)
    source = Path(draft) if draft is not None else home.draft
    file = _exportable(source)
    target = _target(home, file, to)
    samples = load_samples(home.path)
    if differs := second_opinion(file, samples).problems:
        raise MappingError(differs, str(source))
    data, suggestions = _proved(file, samples, accept_expectations)
    proposed = Mapping(load_text(dump(data), str(source)))
    with target.alone():
        newest = _newest(target)
        comparison = _compared(target, newest, proposed, samples) if newest else None
        if comparison:
            _justified(comparison, newest, reason)
        step = comparison.step if comparison else Step("first", ("it is the first version",))
        version = newest.next(step.word) if newest else _first(file)
        told = tuple(changes) or _told(comparison)
        past = (target.read(newest) if newest else file).data.get("history") or []
        entry = _entry(version, step, told, reason, today)
        path = _written(target, version, {**data, "version": str(version), "history": [*past, entry]})
        if accept_expectations and suggestions:  # or the next export would take them out again
            write_over(source, dump({**file.data, "expect": data["expect"]}))
    return Exported(file.merchant, version, path, newest, step, told, suggestions, comparison, len(samples))


def _proved(
    file: MappingFile, samples: Sequence[Sample], accept: bool
) -> tuple[dict[str, Any], tuple[Suggestion, ...]]:
    """What the version is to say, with the samples as its evidence, and the expectations that they bear out."""
    mapping = Mapping(file)
    results = [replay(mapping, sample) for sample in samples]
    suggestions = tuple(propose_expectations(mapping, results))
    data = content(file.data)
    if accept and suggestions:
        data["expect"] = {**data.get("expect", {}), **{one.field: one.expect for one in suggestions}}
    if samples:
        data["evidence"] = {"samples": [sample.name for sample in samples], "fields_seen": fields_seen(results)}
    confirmed = (file.data.get("evidence") or {}).get("confirmed")
    if confirmed:
        data["evidence"] = {**data.get("evidence", {}), "confirmed": confirmed}
    return data, suggestions


def _exportable(source: Path) -> MappingFile:
    """The draft, where nothing stands against exporting it."""
    if not source.is_file():
        raise UsageError(f"no draft at {source} - make one in the notebook, or copy a version there")
    file = load_text(read_text(source), str(source))
    problems = export_problems(file)
    if problems:
        raise MappingError(problems, str(source))
    return file


def _target(home: Folder, file: MappingFile, to: str | os.PathLike[str] | None) -> Folder:
    """The folder to write to; it bears the merchant's name."""
    name = safe_name(file.data.get("merchant"))
    if to is None:
        if home.name != name:
            raise VersionError(
                f"the draft is of merchant {name!r}, the folder is {home.path} - export it with --to FOLDER"
            )
        return home
    target = Folder(Path(to) / name)
    try:
        target.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VersionError(f"cannot make {target.path} - {error.strerror}") from None
    return target


def _newest(target: Folder) -> Version | None:
    """The version to compare with; refuses where a later one is gone, whose number would be given again."""
    gone = target.gone()
    if gone is not None:
        raise VersionError(f"{gone} was exported and is gone from {target.path} - restore the file")
    return target.newest()


def _compared(target: Folder, newest: Version, proposed: Mapping, samples: Sequence[Sample]) -> Comparison:
    """What changes from the newest version, as it was exported."""
    before = target.read(newest)
    problem = target.lock_problem(newest, before.digest)
    if problem:
        raise VersionError(problem.text)
    return compare(Mapping(before), proposed, samples)


def _justified(comparison: Comparison, newest: Version | None, reason: str | None) -> None:
    """Refuses a version that changes nothing, or what weighs without a reason."""
    if comparison.step.word == NONE:
        raise VersionError(f"nothing changed since {newest} - there is nothing to export")
    if comparison.weighty and not (reason or "").strip():
        lines = "".join(f"\n  {change.text}" for change in comparison.weighty)
        raise VersionError(f"results change on the samples - say why with --reason TEXT:{lines}")


def _first(file: MappingFile) -> Version:
    """The first version: 1.0.0, or the draft's own where that is higher."""
    own = Version.parse(file.data["version"]) if file.data.get("version") else FIRST
    return max(own, FIRST)


def _told(comparison: Comparison | None) -> tuple[str, ...]:
    return tuple(change.text for change in comparison.rules) if comparison else ("first version",)


def _entry(version: Version, step: Step, told: Sequence[str], reason: str | None, today: date | None) -> dict[str, Any]:
    """The version's entry in its history."""
    day = (today or datetime.now(UTC).date()).isoformat()
    entry: dict[str, Any] = {"version": str(version), "date": day, "changes": list(told), "step": step.word}
    return {**entry, "reason": reason.strip()} if reason and reason.strip() else entry


def _written(target: Folder, version: Version, data: dict[str, Any]) -> Path:
    """Writes a version and its digest, once what is written reads back as it was meant."""
    path = target.file(version)
    text = dump(data)
    file = load_text(text, str(path))
    write_new(path, text, lambda: add_lock(target, version, file.digest))
    return path
