"""The cookies that an answer sets."""

from __future__ import annotations

import re

from workbench.calls.auth.base import date_of
from workbench.calls.messages import Response

# Several Set-Cookie headers arrive joined by commas, which also stand in dates: a comma before `name=` begins a cookie.
_NEXT_COOKIE = re.compile(r",\s*(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+=)")
_COOKIE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|\"[\x20-\x7e]*\")")
_MAX_AGE = re.compile(r";\s*max-age=(-?\d{1,10})", re.I)
_EXPIRES = re.compile(r";\s*expires=([^;]+)", re.I)


def cookies_of(response: Response, now: float) -> tuple[dict[str, str], dict[str, float]]:
    """The cookies that are set, and how long those live that say so; one that is deleted is none.

    Args:
        response: What came.
        now: Seconds since 1970, for an answer that tells no time.
    """
    cookies: dict[str, str] = {}
    lifetimes: dict[str, float] = {}
    for part in _NEXT_COOKIE.split(response.headers.get("set-cookie", "")):
        match = _COOKIE.match(part.strip())
        if match is None:
            continue
        life = _life(part, response, now)
        if match[2] and (life is None or life > 0):
            cookies[match[1]] = match[2]
            if life is not None:
                lifetimes[match[1]] = life
        else:
            cookies.pop(match[1], None)
    return cookies, lifetimes


def _life(part: str, response: Response, now: float) -> float | None:
    age = _MAX_AGE.search(part)
    if age is not None:
        return float(age[1])
    expires = _EXPIRES.search(part)
    moment = date_of(Response(200, {"date": expires[1]})) if expires is not None else None
    return None if moment is None else moment - (date_of(response) or now)
