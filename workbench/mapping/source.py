"""A mapping file's text -> plain data, and the line of every place in it.

YAML 1.2 with the core schema, read from the parser's events: a mapping is plain data, so tags are refused, aliases are
copies that count against a limit, a key that comes twice is a mistake, and keys are texts as they are written. Numbers
are exact. Text that is JSON is read as JSON, which is many times faster.
"""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.errors import Problem

CHARACTERS = 1_000_000
DEPTH = 50
NODES = 50_000
FILE = "the file"

Place = tuple["str | int", ...]
"""Keys and positions from the top of the file."""

_NO_MAPPING = "this is no mapping file"
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,400})", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}", re.ASCII)
_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]{1,400}|(?:0|[1-9][0-9]{0,400})(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,6})?", re.ASCII
)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")


class SourceError(Exception):
    """A text that is no mapping file at all; `problem` says why."""

    def __init__(self, what: str, how: str = "", line: int | None = None, code: str = "not_yaml") -> None:
        self.problem = Problem(what, FILE, how, code, line)
        super().__init__(self.problem.text)


class Source:
    """What a text says.

    Attributes:
        data: Plain tables, lists, texts, integers, decimals, truth values and nulls.
        text: The text; empty where data was given instead.
        problems: Keys that come twice, and other mistakes that leave the rest readable.
    """

    def __init__(self, text: str, data: Any, lines: dict[Place, int] | None, problems: list[Problem]) -> None:
        self.data, self.problems, self.text = data, problems, text
        self._lines = lines

    def line(self, place: Place) -> int | None:
        """The line of a place, or of the nearest place around it that the text has."""
        if self._lines is None:
            try:
                self._lines = _read_yaml(self.text)._lines or {}
            except SourceError:
                self._lines = {}
        for end in range(len(place), -1, -1):
            if place[:end] in self._lines:
                return self._lines[place[:end]]
        return None


def read_source(text: str) -> Source:
    """The data of a YAML or JSON text.

    Raises:
        SourceError: It is neither, or too large, too deep or not plain data.
    """
    if len(text) > CHARACTERS:
        raise SourceError(f"more than {CHARACTERS} characters", _NO_MAPPING, code="too_large")
    if text.startswith("\ufeff"):
        text = text[1:]
    if not text.strip():
        raise SourceError("nothing in it", "write format:, merchant:, operations: and records:", code="empty")
    if text.lstrip()[0] == "{":
        found = _read_json(text)
        if found is not None:
            return found
    return _read_yaml(text)


def _read_json(text: str) -> Source | None:
    """The data of a JSON text; None where the slower reader has to say what is wrong with it."""
    if "\\ud" in text or "\\uD" in text:
        return None
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_float=_exact, parse_int=_whole, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        return None
    _check_size(data)
    return Source(text, data, None, [])


def _key_fits(text: str) -> bool:
    """Whether YAML takes the key on one line, however it is written: at most 1,024 characters."""
    return len(text) <= 160 or len(json.dumps(text)) <= 1000


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs) or not all(map(_key_fits, table)):
        raise ValueError
    return table


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _whole(text: str) -> Any:
    if len(text) > 400:
        raise ValueError
    return int(text)


def _exact(text: str) -> Any:
    number = Decimal(text) if len(text) <= 400 else None
    if number is None or abs(number.adjusted()) > 99_999:
        raise ValueError
    return int(number) if number.as_tuple().exponent == 0 else number


def _check_size(data: Any) -> None:
    """Refuses data that is too deep or too much, as the slower reader does while it reads."""
    level, count = [data], 1
    for _ in range(DEPTH + 1):
        held: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                count += len(node)
                held += node.values()
            elif isinstance(node, list):
                held += node
        count += len(held)
        if count > NODES:
            raise SourceError(f"more than {NODES} values", _NO_MAPPING, code="too_large")
        if not held:
            return
        level = held
    raise _too_deep()


def _too_deep(line: int | None = None) -> SourceError:
    return SourceError(f"nested deeper than {DEPTH}", _NO_MAPPING, line, "too_deep")


def scalar(text: str) -> Any:
    """What a plain text of YAML's core schema is. Digits behind a leading zero stay text, so that none is lost."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        try:
            return _exact(text)
        except (InvalidOperation, ValueError):
            return text
    return int(text, 0) if _BASED.fullmatch(text) else text


def _read_yaml(text: str) -> Source:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    composer = _Composer()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            composer.take(event)
    except SourceError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_yaml(str(error.problem or error.context or "unreadable"), mark.line + 1 if mark else None) from None
    except Exception as error:  # the parser has no promise about hostile text; whatever it raises, this is no YAML
        raise _not_yaml(str(getattr(error, "reason", "") or "unreadable"), None) from None
    if not composer.documents:
        raise SourceError("nothing in it", "write format:, merchant:, operations: and records:", code="empty")
    return Source(text, composer.root, composer.lines, composer.problems)


def _not_yaml(why: str, line: int | None) -> SourceError:
    how = "mend its layout; texts that start with @ need quotes"
    if "\\t" in why:
        how = "indent with blanks, never with tabs"
    return SourceError(f"not YAML: {why[:200]}", how, line)


class _Frame:
    """A table or list that is still open."""

    __slots__ = ("anchor", "held", "key", "place", "start")

    def __init__(self, held: Any, place: Place, anchor: str | None, start: int) -> None:
        self.held, self.place, self.anchor, self.start = held, place, anchor, start
        self.key: str | None = None


class _Composer:
    """Puts plain data together from the parser's events."""

    def __init__(self) -> None:
        self.root: Any = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.documents = 0
        self._stack: list[_Frame] = []
        self._anchored: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        """Takes the next event."""
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self._wrong(event, "several documents", "keep one; write no --- inside the file")
        elif kind == "ScalarEvent":
            self._check(event)
            self._scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._check(event)
            self._open({} if kind == "MappingStartEvent" else [], event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            frame = self._stack.pop()
            if frame.anchor:
                self._anchored[frame.anchor] = (frame.held, self._count - frame.start)
        elif kind == "AliasEvent":
            self._alias(event)

    def _check(self, event: Any) -> None:
        self._count += 1
        if self._count > NODES:
            raise self._wrong(event, f"more than {NODES} values", _NO_MAPPING, "too_large")
        if event.tag is not None and not (event.tag == "!" and type(event).__name__ == "ScalarEvent"):
            raise self._wrong(event, "a tag (!...)", "drop it: a mapping is plain data", "tag")

    def _scalar(self, event: Any) -> None:
        text = str(event.value)
        if _SURROGATE.search(text):
            raise self._wrong(event, "half a character (a lone surrogate)", "write the character itself")
        plain = event.style in (None, "") and event.tag is None
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.held, dict) and frame.key is None:
            self._key(frame, text, plain, event)
            return
        value = scalar(text) if plain else text
        if event.anchor:
            self._anchored[event.anchor] = (value, 1)
        self._put(value, event)

    def _key(self, frame: _Frame, text: str, plain: bool, event: Any) -> None:
        if event.anchor:
            self._anchored[event.anchor] = (text, 1)
        if plain and text in _WORDS and _WORDS[text] is None:
            raise self._wrong(event, "a key without a name", "write the name before the colon")
        if not _key_fits(text):
            raise self._wrong(event, "a key of more than 1000 characters", "shorten it", "too_large")
        if text in frame.held:
            what, where = f"the key {shortened(text)!r} comes twice", place_text(frame.place) or FILE
            self.problems.append(Problem(what, where, "keep one of them", "key_twice", _line(event)))
        frame.key = text
        self.lines[(*frame.place, text)] = _line(event)

    def _open(self, held: Any, event: Any) -> None:
        place = self._put(held, event)
        if len(self._stack) >= DEPTH:
            raise _too_deep(_line(event))
        self._stack.append(_Frame(held, place, event.anchor, self._count))

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchored:
            raise self._wrong(event, "an alias of nothing, or of what it stands in", "write the value out")
        value, size = self._anchored[event.anchor]
        self._count += size + 1
        if self._count > NODES:
            raise self._wrong(event, f"more than {NODES} values through aliases", "write them out", "too_large")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.held, dict) and frame.key is None:
            raise self._wrong(event, "an alias as a key", "write the key out")
        self._put(copy.deepcopy(value), event)
        if self._depth(value) + len(self._stack) > DEPTH:
            raise _too_deep(_line(event))

    @staticmethod
    def _depth(value: Any) -> int:
        level, depth = [value], 0
        while level:
            depth += 1
            tables = [node for node in level if isinstance(node, (dict, list))]
            level = [inner for node in tables for inner in (node.values() if isinstance(node, dict) else node)]
        return depth

    def _put(self, value: Any, event: Any) -> Place:
        """Puts a value where it belongs; tells its place."""
        if not self._stack:
            self.root = value
            self.lines[()] = _line(event)
            return ()
        frame = self._stack[-1]
        if isinstance(frame.held, list):
            place = (*frame.place, len(frame.held))
            self.lines[place] = _line(event)
            frame.held.append(value)
            return place
        if frame.key is None:
            raise self._wrong(event, "a key that is a table or a list", "write a text before the colon")
        place = (*frame.place, frame.key)
        frame.held[frame.key] = value
        frame.key = None
        return place

    @staticmethod
    def _wrong(event: Any, what: str, how: str, code: str = "not_yaml") -> SourceError:
        return SourceError(what, how, _line(event), code)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def shortened(text: str, most: int = 60) -> str:
    """A text that goes into a message, cut where it is too long to be read there."""
    return text if len(text) <= most else text[:most] + "..."


_BARE = re.compile(r"[\w@.-]{1,60}")


def place_text(place: Place) -> str:
    """A place as people read it: `operations.find.calls[0]`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else repr(shortened(part))
            text += f".{name}" if text else name
    return text
