"""Is everything in order? Files as they were exported, no mistakes in them, samples as they were mapped before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import MappingError, Problem, UsageError, WorkbenchError
from workbench.mapping import MappingFile, load_text
from workbench.orders import FAILED
from workbench.publish.opinion import second_opinion
from workbench.runtime import Mapping
from workbench.samples import Replayed, Sample, load_samples, replay_all, summed
from workbench.versions import RELEASED, Folder, Version, read_text

OK, NOTE, BAD = "ok", "note", "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check.

    Attributes:
        name: What was looked at.
        state: `ok`, `note` (worth reading, no failure) or `failed`.
        what: What was found.
        how: What to do about it.
        problems: The mistakes of a mapping file, or of samples, that cannot be used.
        unusable: Whether it is a mapping file that cannot be used.
    """

    name: str
    state: str
    what: str
    how: str = ""
    problems: tuple[Problem, ...] = ()
    unusable: bool = False

    def to_dict(self) -> dict[str, object]:
        """The finding as `--json` prints it."""
        told = {"name": self.name, "state": self.state, "what": self.what, "how": self.how}
        return {**told, "problems": [problem.to_dict() for problem in self.problems]}


def check(path: str | os.PathLike[str]) -> list[Finding]:
    """Checks a merchant's folder, or one mapping file with the samples beside it. Nothing is written.

    Raises:
        UsageError: There is nothing of that kind.
    """
    place = Path(path)
    if place.is_dir():
        findings: list[Finding] = []
        try:
            findings += _folder(Folder(place))
        except (UsageError, OSError) as error:  # a folder that may not be read is no reason to leave out the others
            what = str(error) if isinstance(error, UsageError) else f"cannot be read: {error.strerror}"
            findings.append(Finding(place.name, BAD, what))
        except MappingError as error:  # of versions.lock; those of mappings are findings already
            findings.append(Finding(place.name, BAD, error.problems[0].text))
        return findings
    if not place.exists():
        raise UsageError(f"no mapping at {place} - name a merchant's folder or a mapping file")
    file, findings = _loaded(place)
    if file is not None:
        findings += _samples(file, Folder(place.resolve().parent), place.stem)
    return findings


def _folder(folder: Folder) -> Iterator[Finding]:
    files: dict[Version, MappingFile] = {}
    for version in folder.versions():
        file, findings = _loaded(folder.file(version))
        if file is not None:
            files[version] = file
            problem = folder.lock_problem(version, file.digest)
            if problem:
                findings = [Finding(f"{version}.yaml", BAD, problem.what, problem.how)]
        yield from findings
    for text in folder.locked():
        if not (folder.path / f"{text}.yaml").is_file():
            yield Finding(f"{text}.yaml", BAD, "was exported and is gone", "restore the file")
    draft = None
    if folder.draft.is_file():
        draft, findings = _loaded(folder.draft)
        yield from findings
    elif not files:
        yield Finding(folder.name, BAD, "holds no version and no draft", "export a draft, or name another folder")
    released, finding = _released(folder)
    yield finding
    if released in files:
        yield from _samples(files[released], folder, str(released))
    elif released is None and (draft or files):
        yield from _samples(draft or files[max(files)], folder, "draft" if draft else str(max(files)))


def _loaded(path: Path) -> tuple[MappingFile | None, list[Finding]]:
    """A mapping file, and what loading and reading it critically brings up."""
    try:
        file = load_text(read_text(path), str(path))
    except MappingError as error:
        count = len(error.problems)
        what = f"{count} problem{'s' * (count != 1)}"
        return None, [Finding(path.name, BAD, what, "mend the file", tuple(error.problems), unusable=True)]
    except UsageError as error:
        return None, [Finding(path.name, BAD, str(error))]
    notes = [Finding(path.name, NOTE, f"{problem.what} @ {problem.where}", problem.how) for problem in file.problems]
    return file, notes or [Finding(path.name, OK, "loads")]


def _released(folder: Folder) -> tuple[Version | None, Finding]:
    try:
        version = folder.released()
    except MappingError as error:
        return None, Finding(RELEASED, BAD, error.problems[0].what, error.problems[0].how)
    except WorkbenchError as error:
        what, _, how = str(error).partition(" - ")
        return None, Finding(RELEASED, BAD, what, how)
    if version is None:
        return None, Finding(RELEASED, NOTE, "nothing is released", f"run: workbench release {folder.name} VERSION")
    return version, Finding(RELEASED, OK, str(version))


def _samples(file: MappingFile, folder: Folder, label: str) -> Iterator[Finding]:
    """The samples through a mapping, beside what the released version made of them."""
    try:
        samples = load_samples(folder.path)
    except MappingError as error:
        count = len(error.problems)
        what = f"{count} problem{'s' * (count != 1)} in samples"
        yield Finding("samples", BAD, what, "mend them", tuple(error.problems))
        return
    if not samples:
        yield Finding("samples", NOTE, "there are none", "record some: what is not replayed is not proved")
        return
    yield _paths(file, samples)
    mapping = Mapping(file)
    golden_is_its_own = label == _released_text(folder)
    for sample in samples:
        name = f"sample {sample.name}"
        try:
            yield _judged(name, replay_all(mapping, folder.path, [sample])[0], label, golden_is_its_own)
        except UsageError as error:
            yield Finding(name, BAD, str(error))


def _paths(file: MappingFile, samples: list[Sample]) -> Finding:
    """The second opinion on the paths."""
    opinion = second_opinion(file, samples)
    if opinion.problems:
        first = opinion.problems[0]
        return Finding("paths", BAD, first.what, first.how, opinion.problems)
    tried = f", {opinion.nodes} objects and lists of the samples tried" if opinion.nodes else ""
    return Finding("paths", OK, f"{opinion.paths} as jsonpath-ng reads them{tried}")


def _released_text(folder: Folder) -> str:
    try:
        return str(folder.released())
    except WorkbenchError:
        return ""


def _judged(name: str, one: Replayed, label: str, own: bool) -> Finding:
    orders, problems = len(one.result.orders), len(one.result.problems)
    told = f"{one.result.outcome}: {orders} order{'s' * (orders != 1)}, {problems} problem{'s' * (problems != 1)}"
    if one.differences:
        changes = "; ".join(change.text for change in summed([one.differences]))
        fails = any(diff.field == "outcome" and diff.what.endswith("-> failed") for diff in one.differences.found)
        if own or fails:
            return Finding(name, BAD, f"not as when {label} was released: {changes}", "find out what changed")
        return Finding(name, NOTE, f"differs from what is released: {changes}", "export asks for the reason")
    if one.differences is None:
        if one.result.outcome == FAILED and not any(problem.code == "http" for problem in one.result.problems):
            return Finding(
                name, BAD, f"{told}: {one.result.problems[0].text if one.result.problems else ''}", "mend the mapping"
            )
        return Finding(name, NOTE, f"{told}; no golden result", "releasing keeps one")
    return Finding(name, OK, told)
