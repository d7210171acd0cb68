"""Counts that agree: an order that says how many articles or parcels it has tells which list they are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from workbench.suggest.columns import Facts
from workbench.suggest.sums import number_of

LINES, PARCELS = "lines", "parcels"
_THINGS = {
    LINES: frozenset(("item", "line", "product", "sku")),
    PARCELS: frozenset(("parcel", "shipping", "fulfillment", "delivery")),
}
_MANY = frozenset(("quantity", "number", "total", "count"))
_BESIDE = frozenset(("order", "created", "all", "sum", "of"))

Counts = dict[int, int]


def counts_of(facts: Sequence[Facts], thing: str) -> list[Counts]:
    """What columns of an order say of how many lines, articles or parcels it has, by the order's position.

    Args:
        facts: The order's columns.
        thing: `LINES` or `PARCELS`.
    """
    found = []
    for each in facts:
        meant = each.name.meant
        if each.column.lists or each.depth > 1 or each.has("small") < 1 or not meant & _MANY:
            continue
        if meant - _MANY - _BESIDE - _THINGS[thing]:
            continue
        if meant & _THINGS[thing] or (thing == LINES and {"total", "quantity"} <= meant):
            numbers = {index: number_of(values[0]) for index, values in each.column.values.items() if values}
            found.append({index: int(number) for index, number in numbers.items() if number is not None})
    return [each for each in found if each]


def agrees(count: Counts, sizes: Sequence[int]) -> bool:
    """Whether a list has as many members in every order as a count says; one order with one member tells nothing."""
    common = [index for index in count if index < len(sizes)]
    return (
        bool(common) and all(count[index] == sizes[index] for index in common)
        and any(count[index] > 1 for index in common)
    )  # fmt: skip


def sum_agrees(count: Counts, lines_of: Sequence[Sequence[int]], quantities: Facts) -> bool:
    """Whether quantities add up to a count in every order, and tell more than the number of lines does."""
    values = {
        index: number for index, held in quantities.column.values.items()
        if held and (number := number_of(held[0])) is not None
    }  # fmt: skip
    telling = False
    for index, wanted in count.items():
        lines = lines_of[index] if index < len(lines_of) else ()
        if not lines or any(line not in values for line in lines):
            return False
        if sum((values[line] for line in lines), Decimal(0)) != wanted:
            return False
        telling = telling or wanted != len(lines)
    return telling
