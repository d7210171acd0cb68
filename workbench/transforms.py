"""Value -> value: what a rule does with what it found, and what a field's kind makes of it.

Every function here is pure and knows neither documents nor mappings. A value that does not fit raises `Trouble`, whose
words become a problem; the value itself is never in them.
"""

from __future__ import annotations

import email.utils
import functools
import re
import sys
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from workbench.paths import is_number, number, text_of


class Trouble(Exception):
    """A value that does not fit its rule: what, how to mend it, and a code for programs."""

    def __init__(self, what: str, how: str = "", code: str = "") -> None:
        self.what, self.how, self.code = what, how, code
        super().__init__(what)


class Converted(str):
    """A text that a transform has already made ours: a field's kind leaves it alone."""

    __slots__ = ()


class Constant(str):
    """A word of the mapping itself rather than the merchant's, whatever a transform has made of it."""

    __slots__ = ()


class Chosen(Constant):
    """A word of the mapping that the document chose: that of a case whose conditions held."""

    __slots__ = ()


class ConvertedConstant(Constant, Converted):
    """A constant that a transform has made ours."""

    __slots__ = ()


class ConvertedChosen(Chosen, Converted):
    """A chosen word that a transform has made ours."""

    __slots__ = ()


# ---------------------------------------------------------------- words


def same_word(value: Any, word: Any) -> bool:
    """Whether a value is a word of the mapping: without regard to case; a bare number compares as a number."""
    if isinstance(value, bool) or isinstance(word, bool):
        return text_of(value).casefold() == text_of(word).casefold()
    if is_number(word):
        return number(value) == number(word)
    return text_of(value).casefold() == text_of(word).casefold()


def same_value(one: Any, other: Any) -> bool:
    """Whether two values of documents are equal: two numbers as numbers, else as exact text."""
    if is_number(one) and is_number(other):
        return bool(one == other) if isinstance(one, int) and isinstance(other, int) else number(one) == number(other)
    return text_of(one) == text_of(other)


class Lookup:
    """Their words -> ours: by exact text, then without regard to case, then as numbers."""

    __slots__ = ("exact", "folded", "numbers")

    def __init__(self, table: Mapping[Any, Any]) -> None:
        self.exact = {text_of(word): ours for word, ours in table.items()}
        self.folded: dict[str, Any] = {}
        self.numbers: dict[Decimal, Any] = {}
        for word, ours in self.exact.items():
            self.folded.setdefault(word.casefold(), ours)
            if (amount := number(word)) is not None:
                self.numbers.setdefault(amount, ours)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lookup) and self.exact == other.exact

    __hash__ = None  # type: ignore[assignment]  # holds tables

    def find(self, value: Any) -> tuple[bool, Any]:
        """(whether the word is known, our word)."""
        text = text_of(value)
        if text in self.exact:
            return True, self.exact[text]
        if (folded := text.casefold()) in self.folded:
            return True, self.folded[folded]
        if self.numbers and (amount := number(text)) is not None and amount in self.numbers:
            return True, self.numbers[amount]
        return False, None


@functools.lru_cache(maxsize=512)
def pattern(text: str) -> Any:
    """A compiled pattern, matched in linear time.

    Raises:
        ValueError: RE2 refuses the pattern.
    """
    import re2  # linear time: a file from outside must not be able to hang production

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise ValueError(said.decode() if isinstance(said, bytes) else str(said)) from None


def matches(compiled: Any, value: Any) -> list[str]:
    """The first group, or else the whole, of every match in the value's text."""
    group = 1 if compiled.groups else 0
    return [text for match in compiled.finditer(text_of(value)) if (text := match[group]) and text.strip()]


# ---------------------------------------------------------------- amounts

HUGE = 10**30
_AMOUNT = re.compile(r"([+-]?)[^\d.,+-]{0,5}([+-]?(?:\d[\d.,'’\s]*|[.,]\d+))[^\d.,+-]{0,5}")
_NOT_A_NUMBER = "not a number"


def amount_text(value: Any) -> str | None:
    """The value as decimal text when that takes no thought, else None; `to_decimal` does the rest."""
    kind = type(value)
    if kind is str:
        # Digits and at most one point, which stands inside; no zero leads but the one before a point.
        if value.replace(".", "", 1).isdecimal() and value[-1] != "." and len(value) < 40 and value.isascii():
            return value if value[0] > "0" or value[:2] in ("0", "0.") else None
        return None
    if kind is int:
        return str(value) if -HUGE < value < HUGE else None
    if kind is Decimal:
        text = str(value)
        return None if "E" in text or "N" in text or "I" in text else text
    return None


def minor_text(value: Any, digits: int) -> str | None:
    """A whole number of minor units as decimal text when that takes no thought, else None."""
    if type(value) is not int or not -HUGE < value < HUGE:
        return None
    if digits == 0:
        return str(value)
    text = str(abs(value)).zfill(digits + 1)
    return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def to_decimal(value: Any, *, comma: bool | None = None, minor_units: int = 0) -> str:
    """Decimal text in major units, digits kept as sent.

    Args:
        value: A number, or text with up to five characters of currency around a number.
        comma: Whether a comma is the decimal sign; None when nobody said.
        minor_units: By how many digits the value is shifted.

    Raises:
        Trouble: Not a number, or a comma that may mean two things.
    """
    text = text_of(value)
    if not is_number(value):
        match = _AMOUNT.fullmatch(text) if len(text) <= 100 else None
        if match is None:
            raise Trouble(_NOT_A_NUMBER, code="not_a_number")
        text = re.sub(r"['’\s]", "", match[1] + match[2])
        if comma is None and "," in text and "." not in text:
            raise Trouble(
                "a comma may be the decimal sign or group thousands",
                "say decimal: {comma: true} or {comma: false}",
                "comma",
            )
        decimal_comma = text.rfind(",") > text.rfind(".") if comma is None else comma
        text = text.replace(".", "").replace(",", ".") if decimal_comma else text.replace(",", "")
    amount = number(text)
    if amount is None:
        raise Trouble(_NOT_A_NUMBER, code="not_a_number")
    sign, digits, exponent = amount.as_tuple()
    return format(Decimal((sign, digits, int(exponent) - minor_units)), "f")


# ---------------------------------------------------------------- dates and times

_NO_DATE = re.compile(r"0000-00-00|0001-01-01|1900-01-01|00000000$|0{8}T?0{6}$")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?)?\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
OLD = "1901"
"""Dates that mean "none" are older, as texts compare."""
AS_WRITTEN = {"--": 10, "--T::+:": 25} if sys.version_info < (3, 14) else {"--": 10}
"""The length of times that are written as `isoformat` writes them, by their marks: every third character from the fifth
on. From 3.14 on Python reads 24:00, which it would write otherwise, so there only dates are plain."""
_PLAIN_MARKS = {**AS_WRITTEN, "--T::Z": 20} if "--T::+:" in AS_WRITTEN else AS_WRITTEN
read_iso = datetime.fromisoformat
_NET = re.compile(r"/Date\((-?\d{1,18})([+-]\d{4})?\)/", re.ASCII)
_RFC2822 = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d\d?:\d\d(?::\d\d)?\s*(?:[+-]\d{4}|[A-Za-z]{1,5})?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?", re.ASCII)
_HOURS = re.compile(r"%[HIXcsfpT]")
_UNREADABLE = ("not a date that the rule can read", "say datetime: {format: ...} or {epoch: ...}", "not_a_date")


def time_text(value: Any, zone: tzinfo | None) -> str | None:
    """The value as ISO 8601 when it is plainly written so, else None; `to_time` does the rest.

    Most times are written as `isoformat` would, and most work on a page is its times, so these go first.
    """
    try:
        if type(value) is str and value > OLD and _PLAIN_MARKS.get(marks := value[4::3]) == len(value):
            read_iso(value)
            return f"{value[:-1]}+00:00" if marks[-1] == "Z" else value
        text = value.strip() if isinstance(value, str) else ""
        match = _ISO.fullmatch(text)
        return None if match is None or _NO_DATE.match(text) else _from_iso(match, zone)
    except ValueError:
        return None


def to_time(
    value: Any,
    *,
    zone: tzinfo | None = None,
    formats: Sequence[str] = (),
    epoch: str = "",
    clock: str | None = None,
) -> str | None:
    """ISO 8601 text; a date alone stays a date; a date that stands for "none" is None.

    Args:
        value: Text, or with `epoch` a number.
        zone: Where a time without offset is; None when unknown.
        formats: Patterns of `strptime`, tried in order. Without hours a pattern makes a date.
        epoch: `s` or `ms` reads a number since 1970; a number is never taken for a date unasked.
        clock: The time of day, sent apart from the date.

    Raises:
        Trouble: Nothing here reads it.
    """
    text = text_of(value)
    if "%3A" in text or "%3a" in text:
        text = urllib.parse.unquote(text)
    if _NO_DATE.match(text):
        return None
    try:
        if epoch:
            return _from_epoch(text, epoch)
        if net := _NET.fullmatch(text):
            return _since_1970(Decimal(net[1]) / 1000)
        if formats:
            return _by_format(f"{text} {clock}" if clock else text, formats, zone)
        if clock:
            text = re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text) + "T" + clock
        if match := _ISO.fullmatch(text):
            return _from_iso(match, zone)
        if _RFC2822.fullmatch(text):
            return _in_zone(email.utils.parsedate_to_datetime(text), zone).isoformat()
    except (TypeError, ValueError, OverflowError):
        pass
    raise Trouble(*_UNREADABLE)


def _from_epoch(text: str, unit: str) -> str:
    seconds = number(text)
    if seconds is None:
        raise Trouble(*_UNREADABLE)
    return _since_1970(seconds / 1000 if unit == "ms" else seconds)


def _since_1970(seconds: Decimal) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    return moment.isoformat()


def _by_format(text: str, formats: Sequence[str], zone: tzinfo | None) -> str:
    for form in formats:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return _in_zone(moment, zone).isoformat() if _HOURS.search(form) else moment.date().isoformat()
    raise Trouble("the date fits none of the formats", "add its format", "not_a_date")


def _from_iso(match: re.Match[str], zone: tzinfo | None) -> str:
    date, clock, fraction, offset = match.groups()
    if clock is None:
        return datetime.fromisoformat(date).date().isoformat()
    moment = datetime.fromisoformat(f"{date}T{clock}")
    if fraction:
        moment = moment.replace(microsecond=int((fraction + "000000")[:6]))
    if offset is None:
        return moment.isoformat() if zone is None else moment.replace(tzinfo=zone).isoformat()
    return moment.replace(tzinfo=zone_of(offset)).isoformat()


def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment if zone is None or moment.tzinfo else moment.replace(tzinfo=zone)


@functools.lru_cache(maxsize=512)
def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name, or of an offset such as `+01:00`.

    Raises:
        Trouble: Neither.
    """
    if name in ("Z", "z", "UTC", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < 24 * 60:
            shift = timedelta(minutes=-minutes if offset[1] == "-" else minutes)
            return timezone(shift) if shift else UTC
    else:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    raise Trouble("unknown timezone", "use a name such as Europe/Berlin", "timezone")


# ---------------------------------------------------------------- the escape hatch

_registered: dict[str, Callable[[Any], Any]] = {}


def register_function(name: str, function: Callable[[Any], Any]) -> None:
    """Makes a Python function usable as `function: NAME`; packages use the entry point group `workbench.functions`."""
    _registered[name] = function


@functools.cache
def _installed() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="workbench.functions")}


def functions() -> frozenset[str]:
    """The names that `function:` may use here."""
    return frozenset(_registered) | frozenset(_installed())


def call_function(name: str, value: Any) -> Any:
    """What the function makes of a value.

    Raises:
        Trouble: It failed, is not installed, or gave something else than a scalar.
    """
    try:
        function = _registered.get(name) or _installed()[name].load()
        made = function(value)
    except Exception as error:  # whatever a stranger's function raises: the order is still returned
        raise Trouble(f"function {name} failed: {type(error).__name__}", code="function") from None
    if made is None or isinstance(made, (str, bool)) or is_number(made):
        return made
    raise Trouble(f"function {name} failed: it gave {type(made).__name__}, not a scalar", code="function")
