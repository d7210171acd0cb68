"""The time and random values of one request, in the forms that APIs want them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from workbench.calls.messages import MARK, Slot
from workbench.paths import text_of
from workbench.templates import Made

_TIMES: Mapping[str, Callable[[float], str | int]] = {
    "unix": lambda now: int(now),
    "unix_ms": lambda now: int(now * 1000),
    "iso": lambda now: f"{_utc(now):%Y-%m-%dT%H:%M:%SZ}",
    "iso_ms": lambda now: f"{_utc(now):%Y-%m-%dT%H:%M:%S}.{int(now * 1000) % 1000:03d}Z",
    "compact": lambda now: f"{_utc(now):%Y%m%dT%H%M%SZ}",
    "http": lambda now: format_datetime(_utc(now), usegmt=True),
    "date": lambda now: f"{_utc(now):%Y-%m-%d}",
}


def _utc(now: float) -> datetime:
    return datetime.fromtimestamp(int(now), UTC)


def moment(now: float, form: str) -> str | int:
    """A time as one of `MOMENTS` says, a whole number for the two that count, or as a pattern of strftime does.

    Args:
        now: Seconds since 1970.
        form: How it is written, in UTC.
    """
    known = _TIMES.get(form)
    return known(now) if known else datetime.fromtimestamp(now, UTC).strftime(form)


def random_text(data: bytes, form: str) -> str:
    """16 random bytes as one of `RANDOMS` says."""
    if form == "uuid":
        return str(uuid.UUID(bytes=data, version=4))
    return str(int.from_bytes(data) % 10**16) if form == "digits" else data.hex()


class Making:
    """What one request is given of time and chance: one moment, and one random value of each form.

    Args:
        now: Seconds since 1970.
        random: So many random bytes.

    Attributes:
        slots: Values of the request that another kind of authentication gives, which are not known yet.
    """

    def __init__(self, now: float, random: Callable[[int], bytes]) -> None:
        self._now, self._random = now, random
        self.slots: tuple[Slot, ...] = ()
        self._rolled: dict[str, str] = {}

    def __call__(self, made: Made) -> Any:
        """The value of the time or a random one; None for what is neither."""
        if made.source == "now":
            return moment(self._now + made.shift_s, made.name)
        if made.source != "random":
            return None
        if made.name not in self._rolled:
            self._rolled[made.name] = random_text(self._random(16), made.name)
        return self._rolled[made.name]

    def later(self, made: Made, write: Callable[[str], str]) -> str:
        """The mark of a value that another kind gives, and how it is written then."""
        mark = f"{MARK}x{len(self.slots)}x"
        self.slots = (*self.slots, Slot(mark, made, lambda value: write(text_of(value))))
        return mark
