"""Texts with `{...}` in calls: what is fixed, and what an input, a path or a secret fills in.

`{email}` is an input of the operation, `{@.id}` or `{customer:$.data[0].id}` a path, `${NAME}` a secret. Every other
brace is a brace, so that bodies of XML or GraphQL need no escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.paths import Path, PathError, compile_path

_PLACE = re.compile(
    r"\$\{(?P<secret>[A-Z][A-Z0-9_]*)\}"
    r"|(?<!\$)\{(?P<input>[A-Za-z_]\w*)\}"
    r"|(?<!\$)\{(?P<path>(?:[A-Za-z_]\w*:\$|[@^$])(?:'[^']*'|\"[^\"]*\"|[^{}'\"])*)\}"
)


class Input(NamedTuple):
    """An input of the operation, by name."""

    name: str


class Secret(NamedTuple):
    """A secret, by the name of its reference."""

    name: str


Template = tuple["str | Input | Secret | Path", ...]
"""The parts of a text, in order."""


class TemplateError(ValueError):
    """A `{...}` that cannot be filled in: `what` is wrong, and `how` to mend it."""

    def __init__(self, what: str, how: str) -> None:
        self.what, self.how = what, how
        super().__init__(f"{what} - {how}")


def compile_template(text: str) -> Template:
    """The parts of a text.

    Raises:
        TemplateError: A path between braces is none of the language.
    """
    parts: list[str | Input | Secret | Path] = []
    end = 0
    for place in _PLACE.finditer(text):
        if place.start() > end:
            parts.append(text[end : place.start()])
        end = place.end()
        if place["secret"]:
            parts.append(Secret(place["secret"]))
        elif place["input"]:
            parts.append(Input(place["input"]))
        else:
            try:
                parts.append(compile_path(place["path"]))
            except PathError as error:
                raise TemplateError(error.what, error.how) from None
    if end < len(text):
        parts.append(text[end:])
    return tuple(parts)


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
