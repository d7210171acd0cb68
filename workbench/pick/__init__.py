"""A click on a node -> rules: what may be meant, general, in the right block, with the values it gives."""

from __future__ import annotations

from workbench.pick.keeping import KeepChoice, keep_choices
from workbench.pick.model import Proposal
from workbench.pick.picker import Picker
from workbench.pick.rules import second_for
from workbench.pick.tables import COMPARISONS, cases_of, conditions_of
from workbench.pick.trial import Trial, problem_field, values_of
from workbench.pick.words import suggest_word

__all__ = [
    "COMPARISONS",
    "KeepChoice",
    "Picker",
    "Proposal",
    "Trial",
    "cases_of",
    "conditions_of",
    "keep_choices",
    "problem_field",
    "second_for",
    "suggest_word",
    "values_of",
]
