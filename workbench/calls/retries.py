"""When a read is sent once more, and after which pause.

    retries: {max: 2, wait_s: 0.5, statuses: [408, 425, 429, 502, 503, 504]}      # what is done where nothing is said
    retries: {when: {"$.errors[*].extensions.code": THROTTLED}}                   # told by a body, with a good status

Sent again is what the merchant asks for (a status of the list, or an answer that `when` describes) and what broke on
the way: a connection that was refused or cut off. An answer that did not come in time is not asked for again, as the
merchant may still be at it. The pause is the merchant's `Retry-After` where it says one, or of a 429 the time until its
limit is reset (`RateLimit-Reset`, `X-RateLimit-Reset` and their like), else `wait_s` doubled each time; a part of it is
random, so that many callers do not come back at once. A pause that does not fit into the lookup's time is not begun.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from workbench.calls.auth import says
from workbench.calls.messages import Response, Wait
from workbench.conditions import Conditions, compile_conditions
from workbench.errors import BadAnswer, TlsError, Unreachable

STATUSES = (408, 425, 429, 502, 503, 504)
_LONGEST = 60.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_MOST = 999_999_999.0
_RESETS = (
    "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after", "x-retry-after",
    "x-rate-limit-time-reset-ms",
)  # fmt: skip
_SINCE_2001, _MILLISECONDS = 1e9, 1e11


class Retries(NamedTuple):
    """How often, how fast, and at which statuses."""

    max: int = 2
    wait_s: float = 0.5
    statuses: tuple[int, ...] = STATUSES
    when: Conditions = ()

    def asked(self, came: Response) -> bool:
        """Whether an answer asks to be asked for again."""
        return came.status in self.statuses or says(came, self.when)

    def pause(self, tries: int, came: Response | Exception) -> Wait | None:
        """The pause before the next try; None where there is none.

        Args:
            tries: How often it was sent.
            came: The answer, or why there is none.
        """
        if tries > self.max:
            return None
        if isinstance(came, Response):
            if not self.asked(came):
                return None
            asked = retry_after(came)
            if asked is not None:
                return Wait(asked + random.uniform(0, self.wait_s), everyone=True)  # noqa: S311  # no secret
        elif not isinstance(came, BadAnswer | Unreachable) or isinstance(came, TlsError):
            return None
        whole = min(self.wait_s * 2 ** (tries - 1), _LONGEST)
        return Wait(random.uniform(whole / 2, whole))  # noqa: S311  # no secret


def compile_retries(table: Mapping[str, Any] | None) -> Retries:
    """What a connection says of retries."""
    said, usual = table or {}, Retries()
    return Retries(
        max=int(said.get("max", usual.max)),
        wait_s=float(said.get("wait_s", usual.wait_s)),
        statuses=tuple(said.get("statuses", usual.statuses)),
        when=compile_conditions(said.get("when")),
    )


def retry_after(response: Response) -> float | None:
    """The seconds that an answer asks to wait, said as seconds or as a date; None where it does not.

    A moment is read against the answer's own clock, so that one that is off does not matter.
    """
    said = response.headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(said):
        return min(float(said), _MOST)
    until, now = _moment(said), _moment(response.headers.get("date", ""))
    now = time.time() if now is None else now
    if until is not None:
        return max(0.0, until - now)
    return _reset(response, now) if response.status == 429 else None


def _reset(response: Response, now: float) -> float | None:
    """The seconds until the merchant's limit is reset: said as seconds from now, or as a moment."""
    for name in _RESETS:
        said = response.headers.get(name, "").strip()
        if not _NUMBER.fullmatch(said):
            continue
        number = float(said)
        if number < _SINCE_2001:
            return number / 1000 if name.endswith("-ms") else number
        return max(0.0, number / (1000 if number > _MILLISECONDS else 1) - now)
    return None


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
