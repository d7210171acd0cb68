"""Texts with `{...}` in calls: what is fixed, and what an input, a path, a secret or the sending itself fills in.

`{email}` is an input of the operation, `{@.id}` or `{customer:$.data[0].id}` a path, `${NAME}` a secret. What exists
only when a request is sent has a dot after its source:

    {now.iso} {now-30d.date} {now+8h.%Y-%m-%d %H:%M:%S}      the time in UTC, shifted or not, in a form or by a pattern
    {random.uuid} {random.hex} {random.digits}               new for each request, and the same all over it
    {auth.token} {auth.NAME}                                 what the login gave, or the signature's parts
    {page.NAME}                                              what paging sets, by its parameter's name

Every other brace is a brace, so that bodies of XML or GraphQL need no escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.paths import Path, PathError, compile_path

_PLACE = re.compile(
    r"\$\{(?P<secret>[A-Z][A-Z0-9_]*)\}"
    r"|(?<!\$)\{(?P<input>[A-Za-z_]\w*)\}"
    r"|(?<!\$)\{(?P<source>now|random|auth|page)(?P<shift>[+-][^{}.]*)?\.(?P<name>[^{}]*)\}"
    r"|(?<!\$)\{(?P<path>(?:[A-Za-z_]\w*:\$|[@^$])(?:'[^']*'|\"[^\"]*\"|[^{}'\"])*)\}"
)


class Input(NamedTuple):
    """An input of the operation, by name."""

    name: str


class Secret(NamedTuple):
    """A secret, by the name of its reference."""

    name: str


class Made(NamedTuple):
    """A value that exists only when a request is sent.

    Attributes:
        source: `now`, `random`, `auth` or `page`.
        name: Which of its values, or how it is written.
        shift_s: Seconds that are added to the time.
    """

    source: str
    name: str
    shift_s: int = 0


Template = tuple["str | Input | Secret | Path | Made", ...]
"""The parts of a text, in order."""

MOMENTS = ("unix", "unix_ms", "iso", "iso_ms", "compact", "http", "date")
"""How a time may be written, but for patterns of strftime."""
RANDOMS = ("uuid", "hex", "digits")
"""How random values may be written."""

_SHIFT = re.compile(r"([+-])(\d{1,5})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_CENTURY_S = 100 * 366 * 86_400
_PATTERN = re.compile(r"(?:%[YymdHMSjf]|[^%\x00-\x1f\x7f]){1,60}")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)


class TemplateError(ValueError):
    """A `{...}` that cannot be filled in: `what` is wrong, and `how` to mend it."""

    def __init__(self, what: str, how: str) -> None:
        self.what, self.how = what, how
        super().__init__(f"{what} - {how}")


def compile_template(text: str) -> Template:
    """The parts of a text.

    Raises:
        TemplateError: What stands between braces is none of the language.
    """
    parts: list[str | Input | Secret | Path | Made] = []
    end = 0
    for place in _PLACE.finditer(text):
        if place.start() > end:
            parts.append(text[end : place.start()])
        end = place.end()
        if place["secret"]:
            parts.append(Secret(place["secret"]))
        elif place["input"]:
            parts.append(Input(place["input"]))
        elif place["source"]:
            parts.append(_made(place["source"], place["shift"] or "", place["name"]))
        else:
            try:
                parts.append(compile_path(place["path"]))
            except PathError as error:
                raise TemplateError(error.what, error.how) from None
    if end < len(text):
        parts.append(text[end:])
    return tuple(parts)


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern that writes a time: digits of it by %, and other signs."""
    return "%" in text and _PATTERN.fullmatch(text) is not None


def _made(source: str, shift: str, name: str) -> Made:
    shifted = _SHIFT.fullmatch(shift)
    if shift and (source != "now" or not shifted):
        raise TemplateError(f"{{{source}{shift[:20]}...}} is no time", "shift it by {now-30d.iso}: s, m, h, d or w")
    if source == "now" and name not in MOMENTS and not is_pattern(name):
        how = f"one of {', '.join(MOMENTS)}, or a pattern such as {{now.%Y%m%d}} of %Y %y %m %d %H %M %S %j %f"
        raise TemplateError("a time in a form that is not known", how)
    if source == "random" and name not in RANDOMS:
        raise TemplateError("a random value of a kind that is not known", f"one of {', '.join(RANDOMS)}")
    if source in ("auth", "page") and not _NAME.fullmatch(name):
        raise TemplateError(f"{{{source}. ...}} without a name", f"write {{{source}.NAME}}")
    seconds = int(f"{shifted[1]}{shifted[2]}") * _SECONDS[shifted[3]] if shifted else 0
    if abs(seconds) > _CENTURY_S:
        raise TemplateError("a time more than a century away", "shift it by less")
    return Made(source, name, seconds)


def texts_in(data: Any) -> Iterator[str]:
    """Every text inside a table or list, keys left out."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts_in(value)
