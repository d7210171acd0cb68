"""What picking makes: a `Proposal`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that a click may have meant.

    Attributes:
        words: What is meant, for people: `the value`, `the one whose type is "shipping"`, `the first`.
        where: The rule's place in the file, `records.order.lines.fields.sku`.
        rule: The rule, as the file says it.
        data: The whole mapping's data with the rule, and the blocks that it needs; it loads.
        fragile: Whether it depends on a position, which a merchant may change unnoticed.
        warnings: Why it may be wrong, in words without a customer's value.
        values: What the field gives, by sample, at most five texts each.
        filled: In how many records of the samples the field has a value.
        total: Of how many.
    """

    words: str
    where: str
    rule: Any
    data: dict[str, Any] = field(repr=False)
    fragile: bool = False
    warnings: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    filled: int = 0
    total: int = 0
