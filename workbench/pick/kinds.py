"""What a field's kind asks of a rule: how dates, amounts and statuses of the samples can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from workbench.catalogue import CARRIER, DECIMAL, STATUS, TIME, Field, catalogue
from workbench.paths import text_of
from workbench.pick.words import suggest_word

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y",
         "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d%m%Y",
         "%a %d %b %Y", "%a, %d %b %Y", "%Y-%m-%d")  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S", "%H%M%S",
          " %H.%M", ", %I:%M:%S %p", ", %I:%M %p", " - %H:%M", " %H:%M:%S.%f", " %H:%M:%S %z")  # fmt: skip
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CENTS = re.compile(r"cents?|minor|pence|öre|grosz|centavos?|paise", re.I)
_MANY_WORDS = 40


class Reading(NamedTuple):
    """One way to read the values of a place.

    Attributes:
        words: What it does, for people; empty where nothing is done.
        transforms: What the rule says besides its path.
        doubt: Why another reading might be meant.
    """

    words: str = ""
    transforms: dict[str, Any] = {}  # noqa: RUF012 - never changed
    doubt: str = ""


AS_IT_IS = Reading()


def readings(field: Field, values: Sequence[Any], path: str) -> list[Reading]:
    """The ways to read a place's values as this field, the likeliest first; always at least one.

    Args:
        field: The business field.
        values: Every scalar at the place, in all samples.
        path: The place; its name may speak of cents.
    """
    texts = list(dict.fromkeys(text_of(value).strip() for value in values if value is not None))
    texts = [text for text in texts if text]
    if not texts:
        return [AS_IT_IS]
    if field.kind == STATUS:
        return [_statuses(field, texts)]
    if field.kind == TIME:
        return list(_times(values, texts)) or [AS_IT_IS]
    if field.kind == DECIMAL and field.key not in ("quantity",):
        return list(_amounts(values, texts, path))
    return [AS_IT_IS]


def _statuses(field: Field, texts: Sequence[str]) -> Reading:
    """A table of the words seen, each with the likeliest of ours."""
    if len(texts) > _MANY_WORDS:
        return Reading("", {}, f"{len(texts)} different words: this does not look like a status")
    words = catalogue().vocabularies[field.vocabulary]
    order = catalogue().vocabularies["order"]
    table = {}
    for text in texts:
        if meaning := suggest_word(text, words) or suggest_word(text, order):
            table[text] = meaning
    left = [text for text in texts if text not in table]
    doubt = f"{len(left)} of {len(texts)} words have no meaning yet" if left else ""
    if not table:
        return Reading("", {}, doubt)
    return Reading(f"with a status table of {len(table)} words", {"lookup": table}, doubt)


def _times(values: Sequence[Any], texts: Sequence[str]) -> Iterator[Reading]:
    """Nothing where ISO is read already; else every pattern that reads all, or an epoch."""
    if all(_is_iso(text) for text in texts):
        yield AS_IT_IS
        return
    if all(_NUMBER.fullmatch(text) for text in texts):
        numbers = [abs(float(text)) for text in texts]
        if all(10**8 < number < 10**10 for number in numbers):
            yield Reading("seconds since 1970", {"datetime": {"epoch": "s"}})
        elif all(10**11 < number < 10**13 for number in numbers):
            yield Reading("milliseconds since 1970", {"datetime": {"epoch": "ms"}})
        texts = [text for text in texts if len(text) in (8, 14)] if len(texts) else texts
    fitting = [day + time for time in _TIMES for day in _DAYS if texts and _reads_all(day + time, texts)]
    doubt = "day and month could be the other way round in every sample - ask the merchant" if len(fitting) > 1 else ""
    for pattern in fitting[:3]:
        yield Reading(f"read as {pattern}", {"datetime": pattern}, doubt)


def _is_iso(text: str) -> bool:
    if text.startswith(("/Date(", "0000-00-00")):
        return True
    try:
        datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        return False
    return not text.isdigit()


def _reads_all(pattern: str, texts: Sequence[str]) -> bool:
    for text in texts:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            return False
        if not 1990 <= found.year <= 2100:
            return False
    return True


def _amounts(values: Sequence[Any], texts: Sequence[str], path: str) -> Iterator[Reading]:
    """As it stands; with a decimal comma; as cents, where the name or the numbers speak for them."""
    commas = [text for text in texts if "," in text and "." not in text]
    if commas:
        groups = all(re.search(r",\d{3}(?!\d)", text) for text in commas)
        sign = Reading("with a decimal comma", {"decimal": {"comma": True}})
        thousands = Reading("with a comma for thousands", {"decimal": {"comma": False}})
        doubt = "a comma before three digits may be either" if groups else ""
        for each in (thousands, sign) if groups else (sign,):
            yield each._replace(doubt=doubt)
        return
    cents = Reading("in cents (minor units of the currency)", {"decimal": {"minor_units": True}})
    whole = all(re.fullmatch(r"-?\d+", text) for text in texts)
    if whole and _CENTS.search(path):
        yield cents
        yield Reading("in cents (two digits, whatever the currency)", {"decimal": {"minor_units": 2}})
        yield AS_IT_IS
        return
    doubt = "whole numbers only: are they cents?" if whole and any(len(text) > 3 for text in texts) else ""
    yield AS_IT_IS._replace(doubt=doubt)
    if doubt:
        yield cents


def kind_warnings(field: Field, values: Sequence[Any]) -> list[str]:
    """Why the values of a place look wrong for a field."""
    texts = [text_of(value).strip() for value in values if value is not None]
    texts = [text for text in texts if text]
    if not texts:
        return ["no value in any sample"]
    warnings = []
    if field.key == "customer_email" and not all("@" in text for text in texts):
        warnings.append("not every value is an e-mail address")
    if field.kind == DECIMAL and not any(any(sign.isdigit() for sign in text) for text in texts):
        warnings.append("these are no numbers")
    if field.kind == TIME and not any(sum(sign.isdigit() for sign in text) >= 4 for text in texts):
        warnings.append("these are no dates")
    if field.key == "order_number" and len(texts) > 1 and len(set(texts)) == 1:
        warnings.append("the same value everywhere: an order number differs from order to order")
    if field.kind == CARRIER and len(set(texts)) > 10 and len(set(texts)) == len(texts):
        warnings.append("a different value everywhere: this does not look like a carrier")
    return warnings
