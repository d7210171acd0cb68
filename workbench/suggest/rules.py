"""A candidate -> the rule of a mapping: the path, and the transforms that its values need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.catalogue import CARRIER, STATUS, TIME, Field, catalogue
from workbench.paths import text_of
from workbench.pick.kinds import readings
from workbench.pick.steps import short
from workbench.suggest.candidates import Candidate
from workbench.suggest.columns import Facts
from workbench.suggest.sums import minor_units, whole
from workbench.suggest.values import kinds_of, word_list
from workbench.transforms import Trouble, to_time

_ENOUGH = 0.6
_AMOUNTS = frozenset(("amount", "refunded_amount"))
_UNIVERSAL = frozenset(("utc", "gmt"))
_OFFSET = re.compile(r"\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$")
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2\d{2,4}")


_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?")
_PATTERNS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class Context:
    """What reading one value needs to know of all others.

    Args:
        xml: Whether the documents are XML, where `[*]` is not written.
        dates: Every text of the documents that looks like a date; it tells which of day and month comes first.
        money: Every column of numbers.
        elsewhere: Whether the orders are from where the day comes first.
        total: The column that is the order's amount, where one is chosen: prices of lines are written as it is.
        american: Whether month before day is likely: an address in the United States, hours with AM and PM.
    """

    def __init__(
        self,
        xml: bool,
        dates: Iterable[str] = (),
        money: Sequence[Facts] = (),
        american: bool = False,
        elsewhere: bool = False,
    ) -> None:
        self.xml, self.money, self.american, self.elsewhere = xml, money, american, elsewhere
        self.record = "order"
        self.total: Facts | None = None
        self.day_first = self.month_first = False
        for text in dates:
            if match := _SLASHED.match(text):
                self.day_first |= int(match[1]) > 12
                self.month_first |= int(match[3]) > 12


def path_of(facts: Facts, xml: bool) -> str:
    """The path of a column, from its item."""
    return "@" + "".join(short(facts.column.steps, xml))


def field_named(key: str, record: str = "order") -> Field:
    """A field of the catalogue by a dotted key: `lines.sku`, `shipping_address.city`."""
    fields = catalogue().records[record].fields
    *blocks, name = key.split(".")
    for block in blocks:
        fields = catalogue().records[fields[block].record].fields
    return fields[name]


def rule_of(key: str, candidate: Candidate, context: Context) -> tuple[Any, str]:
    """The rule, and why it is not to be trusted, in words; an empty text where nothing speaks against it.

    Args:
        key: The business field.
        candidate: What it is to be read from.
        context: What is known of the documents.
    """
    field = field_named(key, context.record)
    paths = [path_of(part, context.xml) for part in candidate.parts]
    rule: dict[str, Any] = {"path": paths[0]} if len(paths) == 1 else {"join": list(paths)}
    facts = candidate.merged
    values = [value for held in facts.column.values.values() for value in held]
    none = _nothing_words(values)
    if none:
        rule["null_when"] = none
        values = [value for value in values if text_of(value).strip() not in none]
    doubt = ""
    if field.kind == TIME:
        doubt = _time(rule, values, candidate, context)
    elif key.rpartition(".")[2] in _AMOUNTS:
        doubt = _amount(rule, facts, values, paths[0], field, context)
    elif field.kind == CARRIER:
        lookup = _carriers(values)
        if lookup:
            rule["lookup"] = lookup
    elif field.kind == STATUS:
        doubt = _status(rule, field, values, paths[0])
    elif key.endswith("unit_price"):
        doubt = _amount(rule, facts, values, paths[0], field, context, context.total)
    elif key.endswith("quantity"):
        doubt = _number(rule, field, facts, values, paths[0], context)
    return (rule["path"] if list(rule) == ["path"] else rule), doubt


def _status(rule: dict[str, Any], field: Field, values: Sequence[Any], path: str) -> str:
    reading = readings(field, values, path)[0]
    rule.update(reading.transforms)
    return ""


def _nothing_words(values: Sequence[Any]) -> list[str]:
    """Words that stand for no value."""
    found = dict.fromkeys(
        text
        for value in values
        if isinstance(value, str) and (text := value.strip()) and "placeholder" in kinds_of(value)
    )
    return [word for word in found if not word.startswith(("0000", "0001", "1900"))][:8]


def _carriers(values: Sequence[Any]) -> dict[str, str]:
    """The codes of carriers that our own words know."""
    found = {}
    for text in dict.fromkeys(text_of(value).strip() for value in values):
        words = [word for word in re.split(r"[\W_]+", text.casefold()) if word]
        for code in ("".join(words[:2]), words[0] if words else ""):
            if code in word_list("carriers"):
                found[text] = _CODES.get(code, words[0] if code == words[0] else "_".join(words[:2]))
                break
    return found


_CODES = {
    "deutschepost": "deutsche_post", "royalmail": "royal_mail", "laposte": "la_poste", "canadapost": "canada_post",
    "auspost": "australia_post", "australiapost": "australia_post", "mondialrelay": "mondial_relay", "amzl": "amazon",
    "amzn": "amazon", "dhlexpress": "dhl", "dhlparcel": "dhl", "dhlpaket": "dhl", "myhermes": "evri",
    "colisprive": "colis_prive", "relaiscolis": "relais_colis",
}  # fmt: skip


def _time(rule: dict[str, Any], values: Sequence[Any], candidate: Candidate, context: Context) -> str:
    texts = [text for value in values if (text := text_of(value).strip())]
    if not texts:
        return "no value that could be read"
    if sum(map(_plain, texts)) >= _ENOUGH * len(texts):
        if not _UNIVERSAL.isdisjoint(candidate.merged.name.words) and not any(_OFFSET.search(text) for text in texts):
            rule["datetime"] = {"timezone": "UTC"}
        return ""
    if compact := _compact(texts):
        rule["datetime"] = compact
        return ""
    field = field_named("created_at")
    found = readings(field, values, rule.get("path", ""))
    found = [reading for reading in found if reading.transforms and _reads(reading.transforms, texts)]
    if not found:
        return "no format reads every value"
    patterns = [str(reading.transforms.get("datetime", "")) for reading in found]
    chosen = 0
    doubt = ""
    if len(found) > 1 and all(pattern.startswith("%") for pattern in patterns):
        day = next((index for index, pattern in enumerate(patterns) if pattern.startswith("%d")), None)
        month = next((index for index, pattern in enumerate(patterns) if pattern.startswith("%m")), None)
        if day is not None and month is not None:
            american = context.american or any(re.search(r"[AP]M\b", text, re.I) for text in texts)
            if context.day_first != context.month_first:
                chosen = day if context.day_first else month
            elif american:
                chosen = month
            elif context.elsewhere or all(len({*re.split(r"\D", text)[:2]}) == 1 for text in texts):
                chosen = day
            else:
                chosen = day
                doubt = "day and month could be the other way round in every value"
    rule.update(found[chosen].transforms)
    return doubt


def _compact(texts: Sequence[str]) -> str | list[str]:
    """The patterns of days and minutes that are digits alone, as exchange standards have them; empty for others."""
    if not any(len(text) == 12 for text in texts) or not all(_DIGITS.fullmatch(text) for text in texts):
        return ""  # of one length with seconds, or days alone, the general reading knows more
    found = list(dict.fromkeys(_PATTERNS[len(text)] for text in texts))
    return found[0] if len(found) == 1 else found


def _reads(transforms: dict[str, Any], texts: Sequence[str]) -> bool:
    said = transforms.get("datetime")
    for text in texts:
        try:
            if isinstance(said, dict):
                to_time(float(text) if "." in text else int(text), epoch=str(said.get("epoch", "")))
            else:
                to_time(text, formats=(str(said),))
        except (Trouble, ValueError):
            return False
    return True


def _plain(text: str) -> bool:
    """Whether a time is read without a transform."""
    try:
        to_time(text)
    except Trouble:
        return False
    return True


def _amount(
    rule: dict[str, Any], facts: Facts, values: Sequence[Any], path: str, field: Field, context: Context,
    total: Facts | None = None,
) -> str:  # fmt: skip
    minor = minor_units(facts, context.money)
    if minor != "yes" and total is not None and whole(facts) and whole(total):
        minor = minor_units(total, context.money)
    if minor == "yes":
        rule["decimal"] = {"minor_units": True}
        return ""
    doubt = _number(rule, field, facts, values, path, context)
    if minor == "unknown" and not doubt:
        return "whole numbers only: they may be cents"
    return doubt


def signless(rule: Any, facts: Facts) -> Any:
    """A rule that leaves the sign out: what was paid back is told without it, also where it is booked as negative."""
    texts = facts.texts
    if not texts or not all(text.strip().startswith(("-", "\u2212")) for text in texts):
        return rule
    rule = {"path": rule} if isinstance(rule, str) else dict(rule)
    return {**{key: rule[key] for key in ("path", "join") if key in rule}, "regex": r"\d[\d.,]*", **rule}


def _number(
    rule: dict[str, Any], field: Field, facts: Facts, values: Sequence[Any], path: str, context: Context
) -> str:
    texts = [text_of(value) for value in values]
    commas = [text for text in texts if "," in text and "." not in text]
    if commas:
        groups = [text for text in commas if re.search(r",\d{3}(?!\d)", text)]
        if len(groups) == len(commas) and field.key != "quantity":
            others = [text for other in context.money for text in other.texts if re.search(r"\d,\d{1,2}(?!\d)", text)]
            points = [text for other in context.money for text in other.texts if re.search(r"\d\.\d{1,2}(?!\d)", text)]
            if bool(others) == bool(points):
                return "a comma before three digits may be either"
            rule["decimal"] = {"comma": bool(others)}
            return ""
        rule["decimal"] = {"comma": True}
    return ""


def inside(rule: Any, home: str) -> Any:
    """A rule of the order as it is written inside an object of it, whose place is `home`."""
    if isinstance(rule, str) and rule.startswith("@"):
        return f"@{rule[len(home) :]}" if rule.startswith(home) else f"^{rule[1:]}"
    if isinstance(rule, dict):
        return {key: inside(value, home) if key in ("path", "join", "first") else value for key, value in rule.items()}
    if isinstance(rule, list):
        return [inside(each, home) for each in rule]
    return rule
