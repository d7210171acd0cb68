"""What picking makes: a `Proposal`, and a `Reading` on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """One way to read the values of a place.

    Attributes:
        words: What it does, for people; empty where nothing is done.
        transforms: What the rule says besides its path.
        doubt: Why another reading might be meant.
        notes: What speaks for it, and how a sampled value then reads.
        clock: The key beside the value that holds the time of day; empty where there is none.
    """

    words: str = ""
    transforms: dict[str, Any] = {}  # noqa: RUF012 - never changed
    doubt: str = ""
    notes: tuple[str, ...] = ()
    clock: str = ""


AS_IT_IS = Reading()


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
        notes: What speaks for it, and how a sampled value reads: `today 14:02 in Berlin, 3 h before it was fetched`.
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
    notes: tuple[str, ...] = field(default=(), repr=False)
