"""Which time zone the times of the samples are in: what the fetch rules out, and what a twin with an offset tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from workbench.paths import is_number, number
from workbench.pick.evidence import Evidence
from workbench.transforms import Trouble, to_time, zone_of

# One zone or two for each offset, where most shops are; the engineer may type any other.
ZONES = ("UTC", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Warsaw", "Europe/Helsinki", "Europe/Istanbul",
         "Africa/Johannesburg", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Bangkok", "Asia/Shanghai",
         "Asia/Tokyo", "Australia/Brisbane", "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo",
         "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
         "America/Los_Angeles")  # fmt: skip
_SLACK = timedelta(minutes=5)
_FRESH = timedelta(minutes=15)
_SAME = timedelta(seconds=61)
_QUARTER = 15 * 60
_UTC_NAME = re.compile(r"gmt|utc|zulu", re.I)
_LEAST_EPOCH = 10**9
_SAMPLED = 60


class Told(NamedTuple):
    """What a twin tells: its place in the order, the zones that give its moments, and whether none is plainly it."""

    place: str
    zones: tuple[str, ...]
    many: bool


def in_zone(moment: datetime, zone: str) -> datetime:
    """A time without offset, as a moment of the zone."""
    return moment.replace(tzinfo=zone_of(zone))


def is_after(moment: datetime, zone: str, fetched: datetime | None) -> bool:
    """Whether a time would lie after the fetch that brought it; clocks may differ by five minutes."""
    return fetched is not None and in_zone(moment, zone) > fetched + _SLACK


def fitting(naive: Sequence[tuple[int, datetime]], fetches: Sequence[datetime | None]) -> list[str]:
    """The zones in which no time lies after its fetch, those nearest to it first; one for each offset."""
    found: dict[timedelta, str] = {}
    at = max(moment for _, moment in naive)
    for zone in ZONES:
        if not any(is_after(moment, zone, fetches[index]) for index, moment in naive):
            found.setdefault(in_zone(at, zone).utcoffset() or timedelta(), zone)
    return [found[offset] for offset in sorted(found)]


def beside_fetch(naive: Sequence[tuple[int, datetime]], fetches: Sequence[datetime | None]) -> list[str]:
    """The zones in which the newest time came a few minutes before its fetch, and none lies after it."""
    index, newest = max(naive, key=lambda one: one[1])
    fetched = fetches[index]
    if fetched is None:
        return []
    return [zone for zone in fitting(naive, fetches) if fetched - in_zone(newest, zone) <= _FRESH][:2]


def offset_words(zone: str, moment: datetime) -> str:
    """The zone's offset at a time, in brackets: ` (+01:00)`; nothing for UTC."""
    offset = in_zone(moment, zone).utcoffset() or timedelta()
    return "" if zone == "UTC" else f" ({offset_text(offset)})"


def offset_text(offset: timedelta) -> str:
    """An offset as `+01:00`."""
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def told_by_twin(evidence: Evidence, naive: Sequence[tuple[int, datetime]]) -> Told | None:
    """What another place of the same orders says, that has the same moments with an offset, in UTC, or as an epoch.

    The moments must be the same up to a whole number of quarters of an hour, in every order that has both.
    """
    some = naive[:: max(1, len(naive) // _SAMPLED)]
    for place in evidence.places:
        pairs = []
        for index, moment in some:
            values = evidence.leaves(evidence.seen[index]).get(place, ())
            there = [twin for twin in (_moment(value, place) for value in values[:5]) if twin is not None]
            if there:
                pairs.append((moment, there))
        if pairs and (zones := _zones_of(pairs, evidence.zone)):
            many = len(zones) > 1 and zones[0] != evidence.zone
            return Told(place.lstrip("."), tuple(zones), many)
    return None


def _zones_of(pairs: Sequence[tuple[datetime, list[datetime]]], known: str) -> list[str]:
    """The zones that explain all pairs; none where the minutes could agree by chance."""
    plain = sum(bool(moment.minute % 15 or moment.second) for moment, _ in pairs)
    if not plain and len({moment for moment, _ in pairs}) < 3:
        return []
    if not all(any(_whole(moment, twin) for twin in twins) for moment, twins in pairs):
        return []
    wanted = dict.fromkeys(([known] if known else []) + list(ZONES))
    found = [
        zone
        for zone in wanted
        if all(any(abs(in_zone(moment, zone) - twin) < _SAME for twin in twins) for moment, twins in pairs)
    ]
    if found:
        return found
    moment, twins = pairs[0]
    quarters = round((moment.replace(tzinfo=UTC) - twins[0]).total_seconds() / _QUARTER)
    name = offset_text(timedelta(seconds=quarters * _QUARTER))
    if all(any(abs(in_zone(moment, name) - twin) < _SAME for twin in twins) for moment, twins in pairs):
        return [name]
    return []


def _whole(moment: datetime, twin: datetime) -> bool:
    seconds = (moment.replace(tzinfo=UTC) - twin).total_seconds()
    rest = abs(seconds) % _QUARTER
    return abs(seconds) <= 14 * 3600 + 61 and min(rest, _QUARTER - rest) < _SAME.total_seconds()


def _moment(value: Any, place: str) -> datetime | None:
    """The moment that a scalar says with an offset; in UTC where its name says so; as an epoch."""
    if is_number(value) or (isinstance(value, str) and value.isdigit()):
        amount = number(value)
        if amount is None or amount < _LEAST_EPOCH:
            return None
        unit = "s" if amount < 10**10 else "ms" if 10**12 <= amount < 10**13 else ""
        if not unit:
            return None
        text = to_time(str(amount), epoch=unit)
    elif isinstance(value, str) and 16 <= len(value.strip()) <= 40:
        try:
            text = to_time(value, zone=UTC if _UTC_NAME.search(place) else None)
        except Trouble:
            return None
    else:
        return None
    if text is None or "T" not in text or not "1950" < text < "2200":
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else None
