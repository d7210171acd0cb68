"""What fills the `{...}` of a call, and how a value enters each kind of place: it can never become syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from workbench.calls.auth import HEADER_VALUE
from workbench.calls.messages import MARK, Slot
from workbench.errors import CallFailed, UsageError
from workbench.paths import Path, text_of
from workbench.quoting import HEADER, JSON, PATH, QUERY, TEXT, VALUE, XML, Hole, Unfit, holes, xml_text
from workbench.templates import Input, Made, Secret, Template, TemplateError

Escape = Callable[[str], str]
"""A value's text -> what stands in that place for it. Raises `Unfit`."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Phrase(NamedTuple):
    """A template with what its values become where it stands."""

    parts: Template
    holes: tuple[Hole, ...]
    escape: Escape

    def text(self, values: Values) -> str:
        """The text, its values filled in.

        Raises:
            NoValue: A path found nothing.
            UsageError: An input or a secret cannot stand there.
            CallFailed: A value of an answer cannot stand there.
        """
        pairs = zip(self.parts, self.holes, strict=True)
        return "".join(part if isinstance(part, str) else self._filled(part, hole, values) for part, hole in pairs)

    @property
    def alone(self) -> Path | None:
        """The path, where there is nothing else."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Path) else None

    def every(self, values: Values) -> list[str]:
        """The text; of a path alone, one for each of its values.

        Raises:
            NoValue: A path found nothing.
            UsageError: An input or a secret cannot stand there.
            CallFailed: A value of an answer cannot stand there.
        """
        path = self.alone
        if path is None:
            return [self.text(values)]
        return [self._at(path, self.holes[0], values, value) for value in values.every(path)]

    def _at(self, path: Path, hole: Hole, values: Values, value: Any) -> str:
        return values.written(path, text_of(value), self._escape(hole))

    def _escape(self, hole: Hole) -> Escape:
        def escape(text: str) -> str:
            for guard in hole.guards:
                text = guard(text)
            return text if hole.whole else self.escape(text)

        return escape

    def _filled(self, part: Input | Secret | Path | Made, hole: Hole, values: Values) -> str:
        return values.escaped(part, self._escape(hole))


def phrase(parts: Template, place: str, call: str, quotes: str | None = None, name: str = "") -> Phrase:
    """What fills a template where it stands: the languages inside it are known, then the place's own escape.

    Raises:
        UsageError: No value can stand where one would.
    """
    try:
        return Phrase(parts, holes(parts, place, quotes, name), _ESCAPES[place])
    except TemplateError as error:
        raise UsageError(f"call {call!r}: {error}") from None


class NoValue(Exception):
    """A path of a template found nothing: the call is not made."""


class Values:
    """What the templates of one request take their values from.

    Args:
        call: The call's name, for messages.
        inputs: What the operation was asked with.
        scalars: The values at a path.
        reveal: The value of a secret.
    """

    __slots__ = ("_inputs", "_page", "_reveal", "_scalars", "_slots", "call")

    def __init__(
        self,
        call: str,
        inputs: Mapping[str, str],
        scalars: Callable[[Path], list[Any]],
        reveal: Callable[[str], str],
    ) -> None:
        self.call = call
        self._inputs, self._scalars, self._reveal = inputs, scalars, reveal
        self._page: Mapping[str, Any] = {}
        self._slots: list[Slot] = []

    def begin(self, page: Mapping[str, Any]) -> None:
        """A new request begins.

        Args:
            page: What paging sets and the call has a place for.
        """
        self._page, self._slots = page, []

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The values of this request that sending makes."""
        return tuple(self._slots)

    def _slot(self, part: Made, write: Callable[[Any], str], around: str = "") -> str:
        """The mark of a value that sending makes."""
        mark = f"{MARK}x{len(self._slots)}x{re.sub(r'[^A-Za-z0-9]', '', part.source + part.name)}"
        self._slots.append(Slot(f"{around}{mark}{around}", part, write))
        return mark

    def typed(self, part: Input | Secret | Path | Made, write: Callable[[Any], str] = text_of) -> Any:
        """The value of one `{...}`: text for inputs and secrets, what the document holds for paths.

        What sending makes is a mark, which stands in double quotes, and is written later as a whole.

        Raises:
            NoValue: The path found nothing.
            UsageError: The input was not given.
        """
        if isinstance(part, Secret):
            return self._reveal(part.name)
        if isinstance(part, Made):
            return self._page.get(part.name, "") if part.source == "page" else self._slot(part, write, '"')
        if isinstance(part, Input):
            value = self._inputs.get(part.name)
            if value is None:
                raise UsageError(f"input {part.name!r} is needed and was not given")
            return value
        found = self._scalars(part)
        if not found:
            raise NoValue(part.text)
        return found[0]

    def every(self, path: Path) -> list[Any]:
        """All the values at a path, each once, in order.

        Raises:
            NoValue: It found nothing.
        """
        found = self._scalars(path)
        if not found:
            raise NoValue(path.text)
        return list(dict.fromkeys(found))

    def escaped(self, part: Input | Secret | Path | Made, escape: Escape) -> str:
        """The text of one `{...}`, escaped.

        Raises:
            NoValue: The path found nothing.
            UsageError: An input or a secret cannot stand there.
            CallFailed: A value of an answer cannot stand there.
        """
        if isinstance(part, Made) and part.source != "page":
            return self._slot(part, lambda value: self.written(part, text_of(value), escape))
        text = text_of(self.typed(part)) if not isinstance(part, Secret) else self.typed(part)
        return self.written(part, text, escape)

    def written(self, part: Input | Secret | Path | Made, text: str, escape: Escape) -> str:
        """The text of a value, escaped; errors as those of `escaped`."""
        try:
            return escape(text)
        except Unfit as error:
            if isinstance(part, Input):
                raise UsageError(f"input {part.name!r} {error}") from None
            if isinstance(part, Secret):
                raise UsageError(f"the value of {part.name} {error}") from None
            told = f"{{{part.source}.{part.name}}}" if isinstance(part, Made) else part.text
            raise CallFailed(f"the value of {told} {error}", where=self.call) from None


def path_segment(text: str) -> str:
    """A value inside one segment of a path.

    Dots between slashes are refused rather than encoded: servers and proxies that decode `%2F` before they resolve
    `..` would end up at another path.
    """
    if not text or not text.strip("."):
        raise Unfit("cannot stand in a path: it is empty, or dots alone")
    if any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise Unfit("cannot stand in a path: it would lead to another one")
    return quote(_printable(text), safe="")


def query_value(text: str) -> str:
    """A value in a query or in a form."""
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Unfit("is no valid text") from None


def header_value(text: str) -> str:
    """A value in a header."""
    if not HEADER_VALUE.fullmatch(text):
        raise Unfit("cannot stand in a header: it holds line ends, control characters or letters beyond ASCII")
    return text


def json_text(text: str) -> str:
    """A value inside a text of a JSON body, which is escaped as a whole."""
    return text


def plain_text(text: str) -> str:
    """A value in a body of plain text, which has no escapes."""
    return _printable(text)


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise Unfit("holds line ends or control characters")
    return text


_ESCAPES: Mapping[str, Escape] = {
    VALUE: query_value,
    JSON: json_text,
    PATH: path_segment,
    QUERY: query_value,
    HEADER: header_value,
    XML: xml_text,
    TEXT: plain_text,
}
