"""Dates in their order: an order is placed, then shipped, then delivered; what contradicts that is not it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from workbench.paths import text_of
from workbench.suggest.candidates import Candidate
from workbench.suggest.rules import Context, rule_of
from workbench.transforms import Trouble, to_time

Days = dict[int, date]

_AFTER = ("shipped_at", "expected_ship_at", "expected_delivery_at", "delivered_at")
_PROMISED = ("expected_ship_at", "expected_delivery_at")
_PAIRS = (("shipped_at", "delivered_at"),)
_LOOKED_AT = 4
_STRONG = 1.0
_POSSIBLE = -1.0
_REFUTED = 4.0
_SAME_DAY = 4.0
_NEAR = 0.6
_FIRST = 0.4
_ZONES = timedelta(days=1)
"""Two times of one moment may stand in different zones: a day apart is no contradiction."""


def in_order(ranked: Mapping[str, list[Candidate]], context: Context) -> dict[str, list[Candidate]]:
    """The candidates of dates, those that contradict the order of things further behind.

    Args:
        ranked: The candidates of the order's fields, the best first.
        context: How values are read.
    """
    days = {
        name: [(each, days_of(name, each, context)) for each in ranked.get(name, ())[:_LOOKED_AT]]
        for name in ("created_at", *_AFTER)
    }
    _first_of_all(days)
    created = _best(days["created_at"])
    if created:
        for name in _AFTER:
            for each, held in days[name]:
                if _before(held, created):
                    _behind(each, _REFUTED, "though it would be before the order was placed")
                elif name in _PROMISED and held and all(held[index] == created.get(index) for index in held):
                    _behind(each, _SAME_DAY, "though it is always the day of the order itself")
    for earlier, later in _PAIRS:
        one, other = _best(days[earlier]), _best(days[later])
        if one and other and _before(other, one):
            weaker = min((days[earlier], days[later]), key=lambda told: max(each.logit for each, _ in told))
            _behind(
                max(weaker, key=lambda told: told[0].logit)[0], _REFUTED, f"though {later} would be before {earlier}"
            )
    changed = dict(ranked)
    for name in days:
        if name in changed:
            changed[name] = sorted(changed[name], key=lambda each: -each.logit)
    return changed


def _first_of_all(days: Mapping[str, Sequence[tuple[Candidate, Days]]]) -> None:
    """Of dates that may be the order's, those later than it was shipped are not; of equals the earliest is."""
    told = [(each, held) for each, held in days["created_at"] if held]
    others = [held for name in _AFTER if (best := _strongest(days[name])) is not None and (held := best[1])]
    against = [sum(_before(other, held) for other in others) for _, held in told]
    free = any(not count and each.logit >= _POSSIBLE for count, (each, _) in zip(against, told, strict=True))
    for count, (each, _) in zip(against, told, strict=True):
        if count > len(others) / 2 and (count > 1 or free):
            _behind(each, _REFUTED, "though the order would be shipped before")
    near = [(each, held) for each, held in told if each.logit > max(one.logit for one, _ in told) - _NEAR]
    if len(near) < 2:
        return
    for each, held in near:
        rest = [other for one, other in near if one is not each]
        if all(not _before(other, held, timedelta()) for other in rest) and any(_before(held, other) for other in rest):
            each.logit += _FIRST
            each.reasons.append("the earliest date of the order")


def days_of(name: str, candidate: Candidate, context: Context) -> Days:
    """The day of each order that a candidate gives; nothing where its values cannot be read without doubt."""
    rule, doubt = rule_of(name, candidate, context)
    if doubt:
        return {}
    said = rule if isinstance(rule, dict) else {}
    nothing = set(said.get("null_when", ()))
    found: Days = {}
    for index, values in candidate.merged.column.values.items():
        text = text_of(values[0]).strip() if values else ""
        if not text or text in nothing:
            continue
        try:
            found[index] = date.fromisoformat(str(_read(values[0], said.get("datetime")))[:10])
        except (Trouble, ValueError):
            continue
    return found


def _read(value: Any, how: Any) -> str | None:
    if isinstance(how, dict) and "epoch" in how:
        text = text_of(value)
        return to_time(float(text) if "." in text else int(text), epoch=str(how["epoch"]))
    if isinstance(how, dict) and "format" in how:
        return to_time(text_of(value), formats=(str(how["format"]),))
    if isinstance(how, list):
        return to_time(value, formats=tuple(map(str, how)))
    return to_time(value, formats=(how,)) if isinstance(how, str) else to_time(value)


def _best(told: Sequence[tuple[Candidate, Days]]) -> Days:
    best = _strongest(told)
    return best[1] if best is not None else {}


def _strongest(told: Sequence[tuple[Candidate, Days]]) -> tuple[Candidate, Days] | None:
    """The best candidate where it is strong enough to speak against others."""
    best = max(told, key=lambda each: each[0].logit, default=None)
    return best if best is not None and best[0].logit >= _STRONG else None


def _before(one: Days, other: Days, slack: timedelta = _ZONES) -> bool:
    """Whether, in some order, one day is before the other, time zones allowed for."""
    return any(one[index] < other[index] - slack for index in one.keys() & other.keys())


def _behind(candidate: Candidate, cost: float, reason: str) -> None:
    candidate.logit -= cost
    candidate.reasons.append(reason)
