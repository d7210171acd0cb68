"""A checked mapping, compiled: everything an executor needs, and nothing of how it works."""

from workbench.plan.compile import BLOCK_KEYS, BODIES, METHODS, REQUIRED_WITH_INPUT, SOURCES, compile_plan, is_block
from workbench.plan.model import (
    Amount,
    Block,
    Call,
    Case,
    FieldPlan,
    Moment,
    Operation,
    Place,
    Plan,
    Related,
    Rule,
)

__all__ = [
    "BLOCK_KEYS",
    "BODIES",
    "METHODS",
    "REQUIRED_WITH_INPUT",
    "SOURCES",
    "Amount",
    "Block",
    "Call",
    "Case",
    "FieldPlan",
    "Moment",
    "Operation",
    "Place",
    "Plan",
    "Related",
    "Rule",
    "compile_plan",
    "is_block",
]
