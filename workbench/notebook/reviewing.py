"""Looking before deciding: what a typed rule would give, and what an export would change."""

from __future__ import annotations

import copy
from typing import Any

from workbench.compare import Comparison, compare
from workbench.errors import MappingError, UsageError
from workbench.mapping import load_data
from workbench.notebook.base import locked
from workbench.notebook.fields import read_rule, rule_text
from workbench.notebook.results import Results
from workbench.pick import Proposal
from workbench.pick.rules import set_rule
from workbench.runtime import Mapping as Runnable
from workbench.samples import load_samples


class Reviewing(Results):
    """What would be, without writing it."""

    @locked
    def try_rule(self, field: str, rule: Any) -> Proposal:
        """What a field would give with a rule on every sample; the draft stays as it is.

        Args:
            field: The business field; its block is there already.
            rule: A path, a table, or either as text.

        Raises:
            UsageError: It is no rule.
        """
        said = read_rule(rule) if isinstance(rule, str) else rule
        data = copy.deepcopy(self._draft.data)
        set_rule(data, "order", field, said)
        try:
            file = load_data(data, "the draft")
        except MappingError as error:
            raise UsageError("; ".join(problem.text for problem in error.problems[:3])) from None
        found = [self._store.trials.of(file.data, name, self._store.samples) for name in self.operations]
        tried = [trial for trial in found if trial.samples]
        counts = [trial.filled(field) for trial in tried]
        problems = dict.fromkeys(problem.what for trial in tried for problem in trial.problems(field))
        return Proposal(
            words=rule_text(said),
            where=f"records.order.{field}",
            rule=said,
            data=file.data,
            warnings=tuple(problems),
            values=tuple(tuple(dict.fromkeys(each))[:5] for trial in tried for each in trial.values(field)),
            filled=sum(filled for filled, _ in counts),
            total=sum(total for _, total in counts),
        )

    @locked
    def changes(self) -> Comparison | None:
        """What the next version changes from the newest one, on the saved samples; None before the first.

        Raises:
            UsageError: The draft cannot be compared yet.
        """
        newest = self._draft.folder.newest()
        if newest is None:
            return None
        before = Runnable(self._draft.folder.read(newest))
        return compare(before, Runnable(self._draft.file()), load_samples(self.folder))
