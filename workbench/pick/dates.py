"""How the dates of a place can be read: formats that read every sample, the time beside them, and the zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from workbench.paths import text_of
from workbench.pick.evidence import Evidence
from workbench.pick.model import AS_IT_IS, Reading
from workbench.pick.zones import Told, beside_fetch, fitting, is_after, offset_text, offset_words, told_by_twin
from workbench.transforms import Trouble, to_time, zone_of
from workbench.tree import is_sayable

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y",
         "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d%m%Y",
         "%a %d %b %Y", "%a, %d %b %Y", "%Y-%m-%d")  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S", "%H%M%S",
          " %H.%M", ", %I:%M:%S %p", ", %I:%M %p", " - %H:%M", " %H:%M:%S.%f", " %H:%M:%S %z")  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S", "%H%M", "%H.%M", "%H:%M:%S.%f")
_ZULU = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%SZ")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CLOCK_NAME = re.compile(r"time|clock|hour|uhr|zeit|heure|hora|\bora\b|orario|tijd|\btid\b|godz|kello", re.I)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_COMING = ("expected_ship_at", "expected_delivery_at")
_HEADER = "the answer's Date header"
_MOST = 2000
_READ = 400


class Candidate(NamedTuple):
    """A reading and what it makes of the values; None where a value is no date for it."""

    reading: Reading
    made: list[str | None]


def times(key: str, values: Sequence[Any], texts: Sequence[str], evidence: Evidence) -> list[Reading]:
    """The ways to read dates, the likeliest first.

    Args:
        key: The business field's own name; some lie ahead.
        values: Every scalar at the place.
        texts: Their different texts.
        evidence: What stands around them.
    """
    found = list(_formats(texts, evidence))
    found = [each for reading in found for each in (*_with_clock(reading, evidence), reading)]
    found.sort(key=lambda each: not each.clock)
    weighed = [each for reading in found for each in _zoned(key, reading, evidence)]
    refuted = [each for each in weighed if "after" in each.doubt]
    good = [each for each in weighed if each not in refuted]
    if good and refuted and len({str(each.transforms) for each in good}) == 1 and "other way" in good[0].doubt:
        note = "the other order of day and month would lie after the fetch"
        good = [good[0]._replace(doubt="", notes=(note, *good[0].notes))]
    return [*good, *refuted]


def _formats(texts: Sequence[str], evidence: Evidence) -> Iterator[Reading]:
    """Nothing where ISO is read already; else every pattern that reads all, or an epoch."""
    if all(is_iso(text) for text in texts):
        yield AS_IT_IS
        return
    if all(_NUMBER.fullmatch(text) for text in texts):
        numbers = [abs(float(text)) for text in texts]
        if all(10**8 < number < 10**10 for number in numbers):
            yield Reading("seconds since 1970", {"datetime": {"epoch": "s"}})
        elif all(10**11 < number < 10**13 for number in numbers):
            yield Reading("milliseconds since 1970", {"datetime": {"epoch": "ms"}})
        texts = [text for text in texts if len(text) in (8, 14)]
    if not texts:
        return
    fitting_all = [day + time for time in _TIMES for day in _DAYS if _reads_all(day + time, texts)]
    if not fitting_all and _mixed(texts):
        yield from _mixed(texts)
        return
    doubt = "day and month could be the other way round in every sample - ask the merchant"
    for pattern in fitting_all[:3]:
        yield Reading(f"read as {pattern}", {"datetime": pattern}, doubt if len(fitting_all) > 1 else "")


def _mixed(texts: Sequence[str]) -> list[Reading]:
    """Two patterns that read all texts together: some have seconds, or no time, and some not."""
    for day in _DAYS:
        left = list(texts)
        used = []
        for time in sorted(_TIMES, key=len, reverse=True):
            rest = [text for text in left if not _reads_all(day + time, [text])]
            if len(rest) < len(left):
                used.append(day + time)
                left = rest
        if not left and 1 < len(used) < 4:
            return [Reading(f"read as {' or '.join(used)}", {"datetime": {"format": used}})]
    return []


def is_iso(text: str) -> bool:
    """Whether the runtime reads a text as a time without being told how."""
    if text.isdigit():
        return False
    try:
        to_time(text)
    except Trouble:
        return False
    return True


def _reads_all(pattern: str, texts: Sequence[str]) -> bool:
    for text in texts:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            return False
        if not 1990 <= found.year <= 2100:
            return False
    return True


# ---------------------------------------------------------------- the time of day beside a date


def _with_clock(reading: Reading, evidence: Evidence) -> Iterator[Reading]:
    """The reading with the time of day that stands beside the date."""
    options = _options(reading)
    if "epoch" in options or not evidence.seen:
        return
    seen = evidence.seen[:_READ]
    if any(_has_time(made) for made in _read(reading, [each.value for each in seen])):
        return
    beside = [each.beside for each in seen]
    keys = dict.fromkeys(key for each in beside for key in each if _CLOCK_NAME.search(key) and is_sayable(key))
    for key in keys:
        held = [
            (text_of(each.value), text_of(clocks[key]))
            for each, clocks in zip(seen, beside, strict=True)
            if key in clocks
        ]
        held = [(day, clock) for day, clock in held if clock]
        if len(held) * 2 < len(seen) or any(day == clock for day, clock in held):
            continue
        found = _clock_format(options.get("format"), held)
        if found is not None:
            told = {"format": found} if found else {}
            words = "; ".join(part for part in (reading.words, f"with the time of day from {key}") if part)
            yield Reading(words, {"datetime": told}, reading.doubt, reading.notes, key)


def _clock_format(day: Any, held: Sequence[tuple[str, str]]) -> Any:
    """The format for date and time put together: empty where ISO reads them; None where nothing does."""
    if day is None and all(_is_time(f"{date_text}T{clock}") for date_text, clock in held):
        return ""
    days = [day] if isinstance(day, str) else day or ["%Y-%m-%d", "%Y-%m-%dT00:00:00", "%Y-%m-%d 00:00:00"]
    for form in days:
        for clock_form in _CLOCKS:
            if all(_reads_all(f"{form} {clock_form}", [f"{date_text} {clock}"]) for date_text, clock in held):
                return f"{form} {clock_form}"
    return None


def _is_time(text: str) -> bool:
    try:
        return _has_time(to_time(text))
    except Trouble:
        return False


# ---------------------------------------------------------------- the zone


def _zoned(key: str, reading: Reading, evidence: Evidence) -> Iterator[Reading]:
    """The reading in each zone that may be meant, with how a sampled value then reads."""
    seen = evidence.seen[:_MOST]
    if not seen:
        yield reading
        return
    clocks = [text_of(each.beside.get(reading.clock, "")) for each in seen] if reading.clock else None
    made = _read(reading, [each.value for each in seen], clocks)
    naive = [(index, datetime.fromisoformat(text)) for index, text in enumerate(made) if text and _is_naive(text)]
    if not naive:
        yield from _aware(key, reading, made, evidence)
        return
    told = told_by_twin(evidence, naive)
    if told is not None:
        yield from _by_twin(key, reading, made, naive, told, evidence)
        return
    fetches = [each.fetched for each in seen]
    if not evidence.zone:
        note = "the times have no offset, and the mapping has no timezone: the zone is not known"
        yield _noted(reading, made, "", evidence, (note,))
        if key == "created_at":
            for zone in beside_fetch(naive, fetches):
                words = f"in {zone}{offset_words(zone, naive[-1][1])}"
                because = "the newest is then a few minutes old at the fetch"
                yield _noted(_in_zone(reading, zone, words), made, zone, evidence, (because,))
        return
    late = [] if key in _COMING else [one for one in naive if is_after(one[1], evidence.zone, fetches[one[0]])]
    if not late:
        yield _noted(reading, made, evidence.zone, evidence)
        return
    for zone in fitting(naive, fetches)[:3]:
        words = f"in {zone}{offset_words(zone, naive[-1][1])}, where no time lies after the fetch"
        yield _noted(_in_zone(reading, zone, words), made, zone, evidence)
    doubt = f"{len(late)} of {len(naive)} times would lie after the fetch: they are not in {evidence.zone}"
    yield _noted(reading._replace(doubt=doubt), made, evidence.zone, evidence)


def _by_twin(
    key: str, reading: Reading, made: list[str | None], naive: list[tuple[int, datetime]], told: Told,
    evidence: Evidence,
) -> Iterator[Reading]:  # fmt: skip
    because = f"{told.place} says the same moment with its offset"
    if evidence.zone and evidence.zone in told.zones:
        yield _noted(reading, made, evidence.zone, evidence, (because,))
        return
    doubt = f"{told.place} gives an offset that {' and '.join(told.zones[:3])} have: which is it" if told.many else ""
    for zone in told.zones[:3]:
        words = f"in {zone}{offset_words(zone, naive[-1][1])}"
        yield _noted(_in_zone(reading, zone, words)._replace(doubt=doubt), made, zone, evidence, (because,))
    if evidence.zone:
        reading = reading._replace(doubt=f"{told.place} says that the times are not in {evidence.zone}")
    yield _noted(reading, made, evidence.zone, evidence)


def _aware(key: str, reading: Reading, made: list[str | None], evidence: Evidence) -> Iterator[Reading]:
    """Times with an offset, and dates alone."""
    seen = evidence.seen[:_MOST]
    late = 0
    for each, text in zip(seen, made, strict=True):
        if text and each.fetched is not None and key not in _COMING:
            late += _moment(text) > each.fetched + (timedelta(minutes=5) if "T" in text else timedelta(days=1))
    if not late:
        yield _noted(reading, made, evidence.zone, evidence)
        return
    with_time = any(_has_time(text) for text in made)
    if with_time and reading is AS_IT_IS and (pattern := _zulu([text_of(each.value) for each in seen])):
        naive = [(index, datetime.strptime(text_of(each.value), pattern)) for index, each in enumerate(seen)]
        for zone in fitting(naive, [each.fetched for each in seen])[:3]:
            words = f"the Z taken for {zone}{offset_words(zone, naive[-1][1])}, where no time lies after the fetch"
            read = Reading(words, {"datetime": {"format": pattern, "timezone": zone}})
            yield _noted(read, _read(read, [each.value for each in seen]), zone, evidence)
    what = "times" if with_time else "dates"
    told = ": their offset may be wrong" if with_time else ""
    yield _noted(
        reading._replace(doubt=f"{late} of {len(made)} {what} lie after the fetch{told}"), made, evidence.zone, evidence
    )


def _zulu(texts: Sequence[str]) -> str:
    return next((pattern for pattern in _ZULU if _reads_all(pattern, texts)), "")


def _in_zone(reading: Reading, zone: str, words: str) -> Reading:
    options = {**_options(reading), "timezone": zone}
    said = "; ".join(part for part in (reading.words, words) if part)
    return reading._replace(words=said, transforms={**reading.transforms, "datetime": options})


# ---------------------------------------------------------------- reading and telling


def _options(reading: Reading) -> dict[str, Any]:
    options = reading.transforms.get("datetime", {})
    return dict(options) if isinstance(options, dict) else {"format": options}


def _read(reading: Reading, values: Sequence[Any], clocks: Sequence[str] | None = None) -> list[str | None]:
    """What the runtime makes of the values, without a zone; None for what is no date of our time."""
    options = _options(reading)
    form = options.get("format", ())
    formats = (form,) if isinstance(form, str) else tuple(form)
    found: list[str | None] = []
    for index, value in enumerate(values):
        clock = (clocks[index] or None) if clocks else None
        try:
            text = to_time(value, formats=formats, epoch=options.get("epoch", ""), clock=clock)
        except Trouble:
            text = None
        # 9999-12-31 stands for "never": no zone is told by it, and no clock.
        found.append(text if text and "1950" < text < "2200" else None)
    return found


def _has_time(text: str | None) -> bool:
    return bool(text) and "T" in str(text)


def _is_naive(text: str) -> bool:
    return _has_time(text) and datetime.fromisoformat(text).tzinfo is None


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _noted(
    reading: Reading, made: Sequence[str | None], zone: str, evidence: Evidence, more: tuple[str, ...] = ()
) -> Reading:
    """The reading with a sampled value in words: the newest, or one that another order of day and month changes."""
    texts = [
        (text, each.fetched, each.by_header) for text, each in zip(made, evidence.seen[:_MOST], strict=True) if text
    ]
    if not texts:
        return reading._replace(notes=(*reading.notes, *more))
    texts.sort(key=lambda pair: _naive_order(pair[0]))
    shown = texts[-1]
    if "other way" in reading.doubt:
        shown = next((pair for pair in reversed(texts) if int(pair[0][5:7]) != int(pair[0][8:10])), shown)
    said = spoken(*shown[:2], zone, shown[2])
    return reading._replace(notes=(f"the newest reads {said}" if shown is texts[-1] else f"one reads {said}", *more))


def _naive_order(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def spoken(text: str, fetched: datetime | None, zone: str, header: bool = False) -> str:
    """A time in words: `today 14:02 in Berlin, 3 h before it was fetched`; a date as `3 April 2026`.

    Args:
        text: ISO 8601, as the runtime makes it.
        fetched: When the answer came; None where nobody knows.
        zone: The zone of times without an offset, in which those with one are told as well.
        header: Whether `fetched` is what the answer's Date header said.
    """
    if "T" not in text:
        return _day(date.fromisoformat(text), None)
    moment = datetime.fromisoformat(text)
    where = _place(zone)
    if zone:
        moment = moment.astimezone(zone_of(zone)) if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))
    elif moment.tzinfo:
        offset = moment.utcoffset() or timedelta()
        where = f"at {offset_text(offset)}" if offset else "in UTC"
    today = fetched.astimezone(moment.tzinfo).date() if fetched and moment.tzinfo else None
    said = f"{_day(moment.date(), today)} {moment:%H:%M}" + (f" {where}" if where else "")
    if fetched is None or moment.tzinfo is None:
        return said
    age = fetched - moment
    side = "before" if age >= timedelta() else "after"
    return f"{said}, {_span(abs(age))} {side} {_HEADER if header else 'it was fetched'}"


def _place(zone: str) -> str:
    if not zone:
        return ""
    if zone[0] in "+-":
        return f"at {zone}"
    return f"in {zone.rpartition('/')[2].replace('_', ' ')}"


def _day(day: date, today: date | None) -> str:
    if today is not None and (today - day).days in (0, 1):
        return "today" if day == today else "yesterday"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{minutes // (24 * 60)} days"
