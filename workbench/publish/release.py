"""The version that production gets, moved after a check."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import MappingError, VersionError
from workbench.orders import FAILED
from workbench.runtime import Mapping
from workbench.samples import FieldChange, Replayed, load_samples, replay_all, summed, write_golden
from workbench.versions import RELEASED, Folder, Version, write_over


@dataclass(frozen=True, slots=True)
class Released:
    """A move of the version that production gets.

    Attributes:
        before: What was released; None at first.
        after: What is released now.
        results: What differs on the samples from the golden results so far.
        samples: How many samples were replayed.
    """

    merchant: str
    before: Version | None
    after: Version
    results: tuple[FieldChange, ...]
    samples: int

    def to_dict(self) -> dict[str, Any]:
        """The move as `--json` prints it."""
        return {
            "merchant": self.merchant,
            "before": str(self.before) if self.before else None,
            "after": str(self.after),
            "results": [change.to_dict() for change in self.results],
            "samples": self.samples,
        }


def release(folder: str | os.PathLike[str], version: str | Version) -> Released:
    """Moves `released` to a version, forward or back, after a check; golden results are then that version's.

    Raises:
        MappingError: The version's file cannot be used.
        VersionError: It was edited since it was exported, or fails on a sample.
        UsageError: There is no such version.
    """
    home = Folder(folder)
    wanted = version if isinstance(version, Version) else Version.parse(version)
    file = home.read(wanted)
    with home.alone():
        problem = home.lock_problem(wanted, file.digest)
        if problem:
            raise VersionError(problem.text)
        before = _released_or_none(home)
        replayed = replay_all(Mapping(file), home.path, load_samples(home.path))
        _refuse_failures(wanted, before, replayed)
        for one in replayed:
            write_golden(home.path, one.sample.name, one.result)
        write_over(home.path / RELEASED, f"{wanted}\n")
    changes = summed(one.differences for one in replayed if one.differences is not None)
    return Released(file.data["merchant"], before, wanted, tuple(changes), len(replayed))


def _released_or_none(home: Folder) -> Version | None:
    try:
        return home.released()
    except (VersionError, MappingError):
        return None  # what is broken there is about to be replaced


def _refuse_failures(wanted: Version, before: Version | None, replayed: Sequence[Replayed]) -> None:
    """Refuses a version that cannot read a sample, or that reads one otherwise than when it was released."""
    failed = [one for one in replayed if _fails(one)]
    if failed:
        lines = "".join(f"\n  sample {one.sample.name}: {_first_problem(one)}" for one in failed)
        raise VersionError(f"{wanted} cannot read every sample and stays unreleased:{lines}")
    differing = [one.sample.name for one in replayed if one.differences]
    if before == wanted and differing:
        raise VersionError(
            f"{wanted} is released already, and gives other results than then on {', '.join(differing)}"
            " - see workbench check; to accept them, delete those golden results and release again"
        )


def _fails(one: Replayed) -> bool:
    """Whether the mapping fails on a sample that is no recorded failure."""
    recorded = any(problem.code == "http" for problem in one.result.problems)
    return one.result.outcome == FAILED and not recorded and (one.differences is None or bool(one.differences))


def _first_problem(one: Replayed) -> str:
    return one.result.problems[0].text if one.result.problems else "failed"
