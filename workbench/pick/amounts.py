"""How the amounts of a place can be read: cents and decimal signs, told by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.paths import is_number, number, text_of
from workbench.pick.evidence import Evidence
from workbench.pick.model import AS_IT_IS, Reading
from workbench.transforms import Trouble, to_decimal

_CENTS = re.compile(r"cents?(?![a-z])|minor|pence|öre|grosz|centavos?|paise|centimes", re.I)
_QUANTITY = re.compile(
    r"q(?:uanti)?ty|quantit|\bcount|menge|anzahl|stück|cantidad|aantal|ilosc|ilość|pieces|units", re.I
)
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:([.,])\d{3})+(?!\d)")
_ENDING = re.compile(r"([.,])(\d+)\D*$")
_MOST_ROWS = 200
_ENOUGH = 60


class Scale(NamedTuple):
    """By how many digits the values are shifted, and what says so."""

    digits: int
    note: str


def amounts(texts: Sequence[str], path: str, evidence: Evidence) -> list[Reading]:
    """The ways to read amounts, the likeliest first; the doubt is said only while it is open.

    Args:
        texts: The different texts of the place.
        path: The place; its name may speak of cents.
        evidence: What stands around the values.
    """
    if all(re.fullmatch(r"-?\d+", text) for text in texts):
        return list(_whole(texts, path, evidence))
    return list(_signs(texts, evidence))


# ---------------------------------------------------------------- whole numbers: cents?


def _whole(texts: Sequence[str], path: str, evidence: Evidence) -> Iterator[Reading]:
    scale = _scale(evidence)
    named = _CENTS.search(path) is not None
    cents = Reading("in cents (minor units of the currency)", {"decimal": {"minor_units": True}})
    two = Reading("in cents (two digits, whatever the currency)", {"decimal": {"minor_units": 2}})
    if scale is not None:
        notes = (scale.note,)
        if scale.digits == 0:
            yield AS_IT_IS._replace(notes=notes)
        elif scale.digits == 2:
            yield cents._replace(notes=notes)
            yield two._replace(notes=notes)
            yield AS_IT_IS._replace(doubt=scale.note)
        else:
            words = f"shifted by {scale.digits} digits"
            yield Reading(words, {"decimal": {"minor_units": scale.digits}}, notes=notes)
            yield AS_IT_IS._replace(doubt=scale.note)
        return
    if named:
        yield cents._replace(notes=("its name speaks of cents",))
        yield two
        yield AS_IT_IS
        return
    open_doubt = any(len(text.lstrip("-")) > 3 for text in texts)
    yield AS_IT_IS._replace(doubt="whole numbers only: are they cents?" if open_doubt else "")
    if open_doubt:
        yield cents
        yield two


def _scale(evidence: Evidence) -> Scale | None:
    """What a twin elsewhere in the order says, else the sum of its lines."""
    values = [(each, number(text_of(each.value))) for each in evidence.seen]
    some = [(each, value) for each, value in values if value]
    some = some[:: max(1, len(some) // _ENOUGH)]
    if not some:
        return None
    for place in evidence.places:
        found: set[int] = set()
        hits = 0
        matched: set[Decimal] = set()
        for each, value in some:
            there = [amount for one in evidence.leaves(each).get(place, ())[:20] for amount in _told(one)]
            if not there:
                continue
            digits = _digits(value, there)
            if digits is None:
                found = set()
                break
            found.add(digits)
            matched.add(value)
            hits += 1
        telling = len(matched) > 1 or any(value % 100 for value in matched)  # 1000 beside 10.00 may be chance
        if len(found) == 1 and telling and hits * 2 >= len(some):
            digits = found.pop()
            return Scale(digits, _twin_note(place.lstrip("."), digits))
    return _by_sum(some, evidence)


def _twin_note(place: str, digits: int) -> str:
    if digits == 0:
        return f"{place} says the same amount with its decimals"
    return f"{place} says the same amount with {digits} decimals"


def _digits(value: Decimal, there: Sequence[Decimal]) -> int | None:
    for digits in (2, 0, 3, 4):
        if value.scaleb(-digits) in there:
            return digits
    return None


def _told(scalar: Any) -> list[Decimal]:
    """The amounts that a scalar with decimals may say: `301,85 zł` and `19.90`; whole numbers say nothing."""
    text = text_of(scalar)
    if isinstance(scalar, bool) or not 3 <= len(text) <= 40 or not any(sign in text for sign in ".,"):
        return []
    if is_number(scalar):
        amount = number(text)
        return [amount] if amount is not None else []
    sign = _decimal_sign([text])
    if not sign:  # 12.345 may be either
        return []
    try:
        amount = number(to_decimal(text, comma=sign == ","))
    except Trouble:
        return []
    return [amount] if amount is not None else []


def _by_sum(some: Sequence[tuple[Any, Decimal]], evidence: Evidence) -> Scale | None:
    """Price times quantity over the lines, where the prices have decimals."""
    agreed: dict[tuple[str, str, str], list[int]] = {}
    asked = 0
    for each, value in some[:20]:
        options = list(_sums(evidence, each))
        asked += bool(options)
        for key, total in options:
            digits = next((digits for digits in (2, 0, 3) if value.scaleb(-digits) == total), None)
            if digits is not None:
                agreed.setdefault(key, []).append(digits)
    for (place, price, quantity), found in agreed.items():
        if asked and len(found) * 3 >= asked * 2 and len(set(found)) == 1 and found[0]:
            times = f" times {quantity}" if quantity else ""
            return Scale(found[0], f"the lines of {place.lstrip('.')} say so: {price}{times} adds up to it")
    return None


def _sums(evidence: Evidence, seen: Any) -> Iterator[tuple[tuple[str, str, str], Decimal]]:
    for place, rows in evidence.rows(seen):
        if len(rows) > _MOST_ROWS:
            continue
        keys = [key for key in rows[0] if all(key in row for row in rows)]
        prices = {key: [_told(row[key]) for row in rows] for key in keys}
        for price, told in list(prices.items())[:40]:
            if not all(len(each) == 1 for each in told):
                continue
            amounts_ = [each[0] for each in told]
            yield (place, price, ""), sum(amounts_, Decimal())
            for quantity in keys:
                counts = [number(row[quantity]) for row in rows]
                if _QUANTITY.search(quantity) and all(count is not None for count in counts):
                    total = sum((a * c for a, c in zip(amounts_, counts, strict=True) if c is not None), Decimal())
                    yield (place, price, quantity), total


# ---------------------------------------------------------------- decimal signs


def _signs(texts: Sequence[str], evidence: Evidence) -> Iterator[Reading]:
    """Commas and points: which is the decimal sign."""
    sign = Reading("with a decimal comma", {"decimal": {"comma": True}})
    thousands = Reading("with a comma for thousands", {"decimal": {"comma": False}})
    commas = [text for text in texts if "," in text and "." not in text]
    # What JSON says as a number has a point; only texts may group by points.
    points = [text for text in texts if "." in text and "," not in text and _all_grouped(text)]
    if not commas and not (points and len(points) == len([text for text in texts if "." in text or "," in text])):
        yield AS_IT_IS
        return
    told = _decimal_sign(texts)
    if told:
        yield sign if told == "," else (thousands if commas else AS_IT_IS)
        return
    told, note = _sign_of_twin(evidence) or _sign_of_others(evidence) or ("", "")
    if told:
        yield (sign if told == "," else (thousands if commas else AS_IT_IS))._replace(notes=(note,))
        return
    if commas:
        doubt = "a comma before three digits may be either"
        yield thousands._replace(doubt=doubt)
        yield sign._replace(doubt=doubt)
        return
    if any(isinstance(each.value, str) for each in evidence.seen):
        doubt = "a point before three digits may group thousands"
        yield AS_IT_IS._replace(doubt=doubt)
        yield sign._replace(words="with points for thousands (a decimal comma)", doubt=doubt)
        return
    yield AS_IT_IS


def _all_grouped(text: str) -> bool:
    return _GROUPED.search(text) is not None and len(re.findall(r"[.,]", text)) == len(re.findall(r"[.,]\d{3}", text))


def _decimal_sign(texts: Sequence[str]) -> str:
    """The decimal sign that texts show by themselves: the last of two signs, or one before other than three digits."""
    found = set()
    for text in texts:
        both = "," in text and "." in text
        ending = _ENDING.search(text)
        if both:
            found.add(text[max(text.rfind(","), text.rfind("."))])
        elif ending is not None and len(ending[2]) != 3:
            found.add(ending[1])
        elif len(re.findall(r"[.,]", text)) > 1:  # one sign twice groups thousands
            found.add("," if "." in text else ".")
    return found.pop() if len(found) == 1 else ""


def _sign_of_twin(evidence: Evidence) -> tuple[str, str] | None:
    """A place elsewhere in the orders that has the same amount as a number."""
    some = evidence.seen[:: max(1, len(evidence.seen) // _ENOUGH)]
    for place in evidence.places:
        found = set()
        for each in some:
            there = [number(text_of(one)) for one in evidence.leaves(each).get(place, ())[:20] if is_number(one)]
            if not there:
                continue
            for comma in (True, False):
                try:
                    amount = number(to_decimal(each.value, comma=comma))
                except Trouble:
                    continue
                if amount is not None and amount in there:
                    found.add("," if comma else ".")
        if len(found) == 1:
            return found.pop(), f"{place.lstrip('.')} says the same amount as a number"
    return None


def _sign_of_others(evidence: Evidence) -> tuple[str, str] | None:
    """What the other amounts of the same orders use."""
    found: dict[str, int] = {}
    for held in evidence.places.values():
        for _, values in held[:20]:
            for value in values[:20]:
                if isinstance(value, str) and (match := re.fullmatch(r"\D{0,5}-?\d+([.,])\d{2}\D{0,5}", value.strip())):
                    found.setdefault(match[1], 0)
                    found[match[1]] += 1
        if len(found) > 1:
            return None
    if len(found) == 1 and sum(found.values()) > 1:
        sign = next(iter(found))
        return sign, f"other amounts of the orders have a decimal {'comma' if sign == ',' else 'point'}"
    return None
