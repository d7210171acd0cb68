"""One field's rule: from its source through the transforms, in their order, to what the field's kind wants."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.reference import paths
from tests.reference.conditions import holds, same_word
from tests.reference.places import items_of
from tests.reference.scopes import Notes, Scope
from workbench.catalogue import Field, catalogue, fold_carrier
from workbench.transforms import Trouble, call_function, to_decimal, to_time, zone_of

TRUTH_VALUE = Trouble("a truth value", "turn it into a word with lookup: or cases:")
NO_LOOKUP = "a status word without a lookup; add it to the lookup"
UNKNOWN_WORD = "a word that the lookup does not know; add it, or say otherwise:"
NO_CURRENCY = Trouble("minor units need a currency", "map currency, or say decimal: {minor_units: 2}")
NO_DIGITS = Trouble("the number of minor units is not there")
PAIRS = ("status", "carrier")


Around = Callable[[list["Found"]], list["Found"]]
"""What the rules around an option make of its values."""


@dataclass(frozen=True)
class Found:
    """A value on its way: whether it is a word of ours, and whether a transform has converted it already.

    `raw` is the merchant's text that a lookup has turned into our word; `chosen` is a word of ours whose case held.
    """

    value: Any
    ours: bool = False
    converted: bool = False
    raw: str | None = None
    chosen: bool = False


def as_table(rule: Any) -> dict[str, Any]:
    """The long form of a rule."""
    return {"path": rule} if isinstance(rule, str) else rule


def apply_rule(field: Field, rule: Any, scope: Scope, notes: Notes) -> dict[str, Any]:
    """What the rule gives to the record: nothing, the field, or a pair of the field and its raw twin."""
    finished: list[Any] = []
    for found in evaluate(as_table(rule), field.kind, scope, notes):
        notes.found = notes.found or not found.ours or found.raw is not None or found.chosen
        made = finish(found, field, notes)
        if made not in finished:
            finished.append(made)
    if not finished:
        return {}
    if field.kind == "texts":
        return {field.key: [made[0] for made in finished]}
    if len(finished) > 1:
        notes.say(f"{len(finished)} different values, took the first; name one of them in the path")
    word, raw = finished[0]
    return {field.key: word} if raw is None or not field.raw else {field.key: word, field.raw: raw}


def finish(found: Found, field: Field, notes: Notes) -> tuple[str, str | None]:
    """(the field's text, the merchant's own word of a status or carrier)."""
    text = paths.text(found.value)
    if field.kind not in PAIRS:
        return text, None
    if found.ours and found.raw is not None:
        return text, found.raw
    raw = None if found.ours else text
    if field.kind == "carrier":
        return catalogue().carrier_codes.get(fold_carrier(text), text), raw
    words = [*catalogue().vocabularies[field.vocabulary], *catalogue().vocabularies["order"]]
    if text.casefold() in words:
        return text.casefold(), raw
    notes.say(NO_LOOKUP)
    return "unknown", raw


def evaluate(
    rule: dict[str, Any], kind: str, scope: Scope, notes: Notes, option: bool = False, around: Around = list
) -> list[Found]:
    """The values of a rule, converted for the kind; an option of `first` leaves that to the rules `around` it."""
    if "at" in rule:
        rest = {key: part for key, part in rule.items() if key != "at"}
        inner = [replace(item, key=None) for item in items_of({"each": rule["at"]}, scope, notes)]
        return [found for item in inner for found in evaluate(rest, kind, item, notes, option, around)]

    def through(values: list[Found]) -> list[Found]:
        return around(transformed(values, rule, kind, scope, notes, option))

    if "first" in rule:
        for one in rule["first"]:  # the first that the field can use, after all that is around it
            if values := evaluate(as_table(one), kind, scope, notes, True, through):
                return values
        return []
    return through(source(rule, scope, notes))


def source(rule: dict[str, Any], scope: Scope, notes: Notes) -> list[Found]:
    """The values before any transform."""
    if "path" in rule:
        return [Found(value) for value in scope.values(rule["path"], notes)]
    if "value" in rule:
        return [Found(rule["value"], ours=True)]
    if "join" in rule:
        return joined(rule, scope, notes)
    for case in rule["cases"]:
        if holds(case.get("when", {}), scope, notes):
            then = case["then"]
            if paths.is_path_on_the_right(then):
                return [Found(value) for value in scope.values(then, notes)]
            return [] if then is None else [Found(then, ours=True, chosen="when" in case)]
    return []


def joined(rule: dict[str, Any], scope: Scope, notes: Notes) -> list[Found]:
    """The first value of each part, put together; constants alone make no value."""
    parts = [values[0] for part in rule["join"] if (values := evaluate(as_table(part), "text", scope, notes))]
    if all(part.ours and part.raw is None for part in parts):
        return []
    return [Found(str(rule.get("separator", " ")).join(paths.text(part.value) for part in parts))]


def transformed(
    values: list[Found], rule: dict[str, Any], kind: str, scope: Scope, notes: Notes, option: bool
) -> list[Found]:
    """The values after all transforms; what cannot be used is left out, and said."""
    done: list[Found] = []
    for found in values:
        if kind in PAIRS and found.raw is not None:  # an option's own lookup has finished it
            done.append(found)
            continue
        words = rule.get("null_when", [])
        if any(same_word(found.value, word) for word in (words if isinstance(words, list) else [words])):
            continue
        for piece in matches(rule["regex"], found) if "regex" in rule else [found]:
            try:
                made = transform(piece, rule, kind, scope, notes, option)
            except Trouble as trouble:
                notes.say(f"{trouble.what}; {trouble.how}" if trouble.how else trouble.what)
                continue
            if made is not None and paths.text(made.value):
                done.append(made)
    return done


def matches(pattern: str, found: Found) -> list[Found]:
    """The first group, or else the whole, of every match."""
    hits = re.finditer(pattern, paths.text(found.value))
    texts = [hit.group(1) if hit.re.groups else hit.group(0) for hit in hits]
    return [replace(found, value=text) for text in texts if text and text.strip()]


def transform(found: Found, rule: dict[str, Any], kind: str, scope: Scope, notes: Notes, option: bool) -> Found | None:
    """function, lookup, decimal, datetime and the kind, in this order; None where nothing is left."""
    if "function" in rule:
        made = call_function(rule["function"], found.value)
        if made is None:
            return None
        found = replace(found, value=made)
    if "lookup" in rule:
        found = looked_up(found, rule, kind, notes)
        if found.value is None:
            return None
    own = "decimal" in rule or "datetime" in rule
    if isinstance(found.value, bool) and (own or not (option or kind == "status")):
        if found.value:
            raise TRUTH_VALUE
        return None
    if found.converted or (option and not own):
        return found
    if "decimal" in rule or (kind == "decimal" and not own):
        return replace(found, value=decimal(found.value, rule.get("decimal", {}), scope, notes), converted=True)
    if own or kind == "time":
        time = moment(found.value, rule.get("datetime", {}), scope, notes)
        return None if time is None else replace(found, value=time, converted=True)
    if kind == "currency" and re.fullmatch("[A-Za-z]{3}", paths.text(found.value)):
        return replace(found, value=paths.text(found.value).upper())
    return found


def looked_up(found: Found, rule: dict[str, Any], kind: str, notes: Notes) -> Found:
    """Our word for theirs: by exact text, then without regard to case, then as numbers."""
    text = paths.text(found.value)
    raw = found.raw if found.ours else text
    words = list(rule["lookup"].items())
    number = paths.number_of(text)
    known = [ours for word, ours in words if paths.text(word) == text]
    known += [ours for word, ours in words if paths.text(word).casefold() == text.casefold()]
    known += [ours for word, ours in words if number is not None and paths.number_of(paths.text(word)) == number]
    if known:
        return replace(found, value=known[0], ours=True, raw=raw, converted=False)
    if "otherwise" in rule:
        return replace(found, value=rule["otherwise"], ours=True, raw=raw, converted=False)
    if kind in PAIRS and found.ours:
        return found
    notes.say(UNKNOWN_WORD)
    return replace(found, value="unknown", ours=True, raw=raw) if kind == "status" else found


def decimal(value: Any, options: dict[str, Any], scope: Scope, notes: Notes) -> str:
    """Decimal text in major units."""
    minor = options.get("minor_units", 0)
    if minor is True:
        currency = scope.currency()
        if currency is None:
            raise NO_CURRENCY
        minor = catalogue().minor_units.get(currency, 2)
    elif isinstance(minor, str):
        digits = [paths.number_of(one) for one in scope.values(minor, notes)]
        if not digits or digits[0] is None or not 0 <= digits[0] <= 9 or digits[0] != int(digits[0]):
            raise NO_DIGITS
        minor = int(digits[0])
    return to_decimal(value, comma=options.get("comma"), minor_units=minor or 0)


def moment(value: Any, options: Any, scope: Scope, notes: Notes) -> str | None:
    """ISO 8601 text, or nothing for a date that means none."""
    options = {"format": options} if isinstance(options, (str, list)) else options
    formats = options.get("format", [])
    zone, doubt = scope.run.zone, None
    if named := options.get("timezone"):
        if paths.looks_like_path(named):
            named = next((paths.text(one) for one in scope.values(named, notes)), None)
        try:
            zone = zone_of(named) if named else zone
        except Trouble as trouble:
            zone, doubt = None, trouble
    clock = next((paths.text(one) for one in scope.values(options["time"], notes)), None) if "time" in options else None
    formats = [formats] if isinstance(formats, str) else formats
    text = to_time(value, zone=zone, formats=formats, epoch=options.get("epoch", ""), clock=clock)
    if doubt and text and "T" in text and datetime.fromisoformat(text).tzinfo is None:  # only then it was needed
        notes.say(f"{doubt.what}; {doubt.how}")
    return text
