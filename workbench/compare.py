"""Two mappings on the same samples: what the files say differently, and what changes for whom in the results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.runtime import Mapping
from workbench.samples import FieldChange, Sample, golden_of, replay, result_differences, summed
from workbench.versions import NONE, Change, Step, added_fields, needed_step, rule_changes

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes from one mapping to another.

    Attributes:
        rules: The places of the file that differ.
        results: The fields that differ in the samples' results, with kinds of change only.
        samples: How many samples both were replayed on.
        step: The semver step that this needs.
        weighty: The results for which a version has to give a reason.
    """

    rules: tuple[Change, ...]
    results: tuple[FieldChange, ...]
    samples: int
    step: Step
    weighty: tuple[FieldChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """The comparison as `--json` prints it."""
        return {
            "step": self.step.word,
            "why": list(self.step.why),
            "rules": [change.to_dict() for change in self.rules],
            "results": [change.to_dict() for change in self.results],
            "samples": self.samples,
        }


def compare(old: Mapping, new: Mapping, samples: Iterable[Sample]) -> Comparison:
    """What changes from one mapping to another, on the same samples.

    A field that only the newer mapping has is an addition: that its values come is no change that weighs.

    Raises:
        UsageError: A sample's operation or call is not in one of them.
    """
    differences = [
        result_differences(golden_of(replay(old, sample)), golden_of(replay(new, sample)))
        for sample in samples
        if sample.operation is None
        or (sample.operation in old.plan.operations and sample.operation in new.plan.operations)
    ]
    results = summed(differences)
    added = added_fields(old.file.data, new.file.data)
    weighty = [one for one in results if one.weighs and not (one.what.startswith("nothing ->") and one.field in added)]
    rules = rule_changes(old.file.data, new.file.data)
    step = needed_step(old.file.data, new.file.data, [one.text for one in weighty])
    if not rules and not weighty:
        step = Step(NONE, ("both say the same",))
    return Comparison(tuple(rules), tuple(results), len(differences), step, tuple(weighty))
