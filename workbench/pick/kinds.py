"""What a field's kind asks of a rule: how dates, amounts and statuses of the samples can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.catalogue import CARRIER, DECIMAL, STATUS, TIME, Field, catalogue
from workbench.paths import text_of
from workbench.pick.amounts import amounts
from workbench.pick.dates import times
from workbench.pick.evidence import Evidence, Seen
from workbench.pick.model import AS_IT_IS, Reading
from workbench.pick.nothings import known_nothings, repeated
from workbench.pick.words import suggest_word

_MANY_WORDS = 40


def readings(field: Field, values: Sequence[Any], path: str, evidence: Evidence | None = None) -> list[Reading]:
    """The ways to read a place's values as this field, the likeliest first; always at least one.

    Args:
        field: The business field.
        values: Every scalar at the place, in all samples.
        path: The place; its name may speak of cents.
        evidence: What stands around the values; without it the values speak for themselves.
    """
    known = evidence or Evidence([Seen(value) for value in values])
    texts = [text for text in (text_of(value) for value in values if value is not None) if text]
    if not texts:
        return [AS_IT_IS]
    if field.kind == STATUS:
        return [_statuses(field, list(dict.fromkeys(texts)))]
    if field.kind == CARRIER:
        return [AS_IT_IS]
    nothings = known_nothings(texts)
    if nothings:
        count = sum(text in nothings for text in texts)
        words = f"{', '.join(nothings)} ({count} of {len(texts)}) means that there is none"
        left = [text for text in texts if text not in nothings]
        found = [_without(each, nothings, words) for each in _of_kind(field, left, path, known, set(nothings))]
        return [*found, AS_IT_IS]
    found = _of_kind(field, texts, path, known, set())
    if (again := repeated(texts)) and field.key != "customer_email":
        count = texts.count(again)
        words = f"the one that comes again ({count} of {len(texts)}) means that there is none"
        note = f"one value comes {count} times while all others differ: it may mean that there is none"
        found[0] = found[0]._replace(notes=(*found[0].notes, note))
        found.append(_without(found[0], [again], words))
    return found


def _of_kind(field: Field, texts: Sequence[str], path: str, evidence: Evidence, left_out: set[str]) -> list[Reading]:
    evidence = evidence.without(left_out, text_of) if left_out else evidence
    different = list(dict.fromkeys(texts))
    if field.kind == TIME:
        return times(field.key, texts, different, evidence) or [AS_IT_IS]
    if field.kind == DECIMAL and field.key not in ("quantity",):
        return amounts(different, path, evidence)
    return [AS_IT_IS]


def _without(reading: Reading, nothings: Sequence[str], words: str) -> Reading:
    said = "; ".join(part for part in (reading.words, words) if part)
    return reading._replace(words=said, transforms={"null_when": list(nothings), **reading.transforms})


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
