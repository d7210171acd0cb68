"""Arithmetic: which number is the sum of the lines, and whether whole numbers are cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from workbench.suggest.columns import Facts
from workbench.transforms import Trouble, to_decimal

_EXTRA = (("shipping", "delivery"), ("tax",), ("discount",), ("fee", "gift"))
_MOST = 5
_MONEY_NAMES = frozenset(("amount", "price", "total", "tax", "shipping", "discount", "fee", "sub"))
_NOT_MONEY = frozenset(("quantity", "number", "id", "type", "line", "weight", "rate", "percent", "exchange", "count"))
_CLOSE = Decimal("0.011")


def number_of(value: Any) -> Decimal | None:
    """A value as a number, a comma alone taken for the decimal sign; None where it is none."""
    for comma in (None, True):
        try:
            return Decimal(to_decimal(value, comma=comma))
        except Trouble as trouble:
            if trouble.code != "comma":
                return None
    return None


def _firsts(facts: Facts) -> dict[int, Decimal]:
    found = {}
    for index, values in facts.column.values.items():
        if values and (number := number_of(values[0])) is not None:
            found[index] = number
    return found


def line_sums(
    lines_of: Sequence[Sequence[int]], quantities: Facts | None, prices: Sequence[Facts]
) -> list[dict[int, Decimal]]:
    """For each way to read the prices, the sum of the lines of each order.

    Args:
        lines_of: The positions of each order's lines among all lines.
        quantities: The column of quantities; None for one of each.
        prices: The columns that may hold prices, of one piece or of the line.
    """
    counts = _firsts(quantities) if quantities else {}
    found = []
    for facts in prices[:_MOST]:
        each = _firsts(facts)
        for times in (True, False) if quantities else (False,):
            sums = {}
            for order, lines in enumerate(lines_of):
                if lines and all(line in each for line in lines):
                    sums[order] = sum(
                        (each[line] * (counts.get(line, Decimal(1)) if times else 1) for line in lines), Decimal(0)
                    )
            if sums:
                found.append(sums)
    return found


def explains(amount: Facts, sums: Sequence[dict[int, Decimal]], others: Iterable[Facts]) -> int:
    """Whether the amount is the sum of the lines in every order that tells.

    Returns:
        2 with shipping, tax, fees or discounts, 1 alone, 0 where it is not.
    """
    values = _firsts(amount)
    extras: list[list[dict[int, Decimal]]] = []
    for concepts in _EXTRA:
        found = [
            _firsts(facts) for facts in others
            if facts is not amount and not facts.column.lists and facts.has("number") > 0.5
            and any(facts.name.meant & {concept} or any(p.meant & {concept} for p in facts.parents[:1])
                    for concept in concepts)
        ]  # fmt: skip
        extras.append([{}, *found[:3]])
    best = 0
    for lines in sums:
        for chosen in product(*extras):
            told = more = 0
            for order, total in lines.items():
                if order not in values or not values[order]:
                    continue
                shipping, tax, discount, fee = (each.get(order, Decimal(0)) for each in chosen)
                if abs(total + shipping + tax - abs(discount) + fee - values[order]) > _CLOSE:
                    break
                told += 1
                more += bool(shipping or tax or discount or fee)
            else:
                if told:
                    best = max(best, 2 if more else 1)
    return best


def whole(amount: Facts) -> bool:
    """Whether a column has whole numbers only."""
    return not any("." in text or "," in text for text in amount.texts)


def minor_units(amount: Facts, money: Sequence[Facts]) -> str:
    """Whether whole numbers are cents: `yes`, `no`, or `unknown` where they well may be.

    Args:
        amount: The column of amounts.
        money: Every column of numbers of the document, the amount's twin written out among them.
    """
    values = _firsts(amount)
    if not values or not whole(amount):
        return "no"
    if any(word in {"cents", "cent", "minor", "pence", "centavos"} for name in (amount.name, *amount.parents[:1])
           for word in name.words):  # fmt: skip
        return "yes"
    for other in money:
        if other is amount or not any("." in text or "," in text for text in other.texts):
            continue
        twin = _firsts(other)
        common = values.keys() & twin.keys()
        if common and all(values[index] and values[index] == twin[index] * 100 for index in common):
            return "yes"
        if common and all(values[index] and values[index] == twin[index] for index in common):
            return "no"
    decimals = [other for other in money if other.has("money") > 0.3]
    if decimals:
        return "no"
    small = [
        number for other in money if _MONEY_NAMES & other.name.meant and not _NOT_MONEY & other.name.meant
        for number in _firsts(other).values() if 0 < abs(number) < 100
    ]  # fmt: skip
    if small:
        return "no"
    big = [number for number in values.values() if abs(number) >= 100]
    if not big:
        return "no"
    return "unknown"
