"""JSON and NDJSON text -> nodes. Numbers are exact; size and depth are judged before anything is built."""

from __future__ import annotations

import json
import re
from array import array
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any, NoReturn

from workbench.documents import Limits
from workbench.errors import DecodeError, LimitExceeded

_BLANKS = " \t\r\n"
_MOST_DIGITS = 20_000  # reading a number takes time in the square of its digits
_MOST_EXPONENT = 6144  # of decimal128, the largest of the decimal formats: nobody's amount is beyond it

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)

_KEPT = b'[]{},"'
_DROPPED = bytes(set(range(256)) - set(_KEPT))
_STEPS = bytes.maketrans(b"[{]},", bytes((1, 1, 255, 255, 0)))  # as signed bytes: a level down, a level up, neither


class _NotJson(ValueError):
    """What Python's parser reads and JSON does not have, or numbers that are too much."""


def _no_constant(name: str) -> NoReturn:
    raise _NotJson(f"{name} is no JSON number")


def _decimal(digits: str) -> Decimal:
    """A number with a fraction or an exponent."""
    if len(digits) > _MOST_DIGITS:
        raise _NotJson(f"a number of more than {_MOST_DIGITS} digits")
    if "e" not in digits and "E" not in digits:
        return Decimal(digits)
    try:
        value = Decimal(digits)
    except InvalidOperation:
        raise _NotJson("a number with too large an exponent") from None
    if abs(value.adjusted()) > _MOST_EXPONENT:
        raise _NotJson("a number with too large an exponent")
    return value


def _integer(digits: str) -> int | Decimal:
    """An integer, where the text holds one beyond what Python reads as `int` in one go."""
    try:
        return int(digits)
    except ValueError:
        if len(digits) > _MOST_DIGITS:
            raise _NotJson(f"a number of more than {_MOST_DIGITS} digits") from None
        return Decimal(digits)


# Decoders hold no state between texts. The second one reads integers of any length, and is slower.
_plain = json.JSONDecoder(parse_float=_decimal, parse_constant=_no_constant)
_long = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant)


def read_json(text: str, limits: Limits) -> Any:
    """The value that a JSON text holds.

    Raises:
        DecodeError: If it is not JSON (RFC 8259), or holds a text that is no Unicode.
        LimitExceeded: If it is deeper than `limits.depth`, or has more than `limits.nodes` containers and scalars.
    """
    in_doubt = _check_size(text, limits, extra=1)
    _check_surrogates(text)
    root = _value(text)
    if in_doubt:
        _check_count(root, limits)
    return root


def read_lines(text: str, limits: Limits) -> list[Any]:
    """The values of NDJSON (one a line) or of a JSON text sequence (RFC 7464), as a list.

    Raises:
        DecodeError: If a line is not JSON; it tells the line.
        LimitExceeded: As for JSON.
    """
    sequence = text.startswith("\x1e")
    end = "\x1e" if sequence else "\n"
    if text.count(end) > limits.nodes:
        raise too_many(limits)
    # Not splitlines: U+2028 may stand in a text.
    lines = [pair for pair in enumerate(text.split(end), 0 if sequence else 1) if pair[1].strip(_BLANKS)]
    in_doubt = _check_size(text, limits, extra=1 + len(lines), deeper=1)
    _check_surrogates(text)
    place = "record" if sequence else "line"
    values = [_value(line, place=f"{place} {number}, ") for number, line in lines]
    if in_doubt:
        _check_count(values, limits)
    return values


def begins_with_line(text: str) -> bool:
    """Whether the first of several lines is JSON by itself, as in NDJSON."""
    first, _, rest = text.lstrip(_BLANKS).partition("\n")
    if not rest.strip(_BLANKS):
        return False
    try:
        _value(first)
    except DecodeError:
        return False
    return True


def _value(text: str, place: str = "", decoder: json.JSONDecoder = _plain) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _told(error, place) from None
    except _NotJson as error:
        raise DecodeError(str(error), where=f"response, {place}".rstrip(", ")) from None
    except RecursionError:
        raise LimitExceeded("JSON nested too deeply to be read") from None
    except ValueError:  # an integer of more digits than Python reads unasked
        return _value(text, place, _long)


def _told(error: json.JSONDecodeError, place: str) -> DecodeError:
    """The parser's words and place; never the text."""
    column = f"column {error.colno}"
    where = f"response, {place}{column}" if place else f"response, line {error.lineno}, {column}"
    reason = error.msg.partition(": ")[0].removesuffix(" at").removesuffix(" starting")
    reason = reason[:1].lower() + reason[1:]
    if error.pos >= len(error.doc.rstrip(_BLANKS)) or reason.startswith("unterminated"):
        return DecodeError("the JSON ends too early", "the answer was cut off", where=where)
    if reason == "extra data":
        return DecodeError("more than one JSON value", "for one value a line say format: ndjson", where=where)
    return DecodeError(f"broken JSON, {reason}", where=where)


def _check_surrogates(text: str) -> None:
    """Half a character cannot be written anywhere later, so it is told here."""
    if "\\u" in text and _SURROGATE.search(text):
        for found in _ESCAPE.finditer(text):
            if found[1]:
                line = text.count("\n", 0, found.start()) + 1
                column = found.start() - text.rfind("\n", 0, found.start())
                raise DecodeError("half a surrogate pair in a text", where=f"response, line {line}, column {column}")


def _check_size(text: str, limits: Limits, extra: int, deeper: int = 0) -> bool:
    """Refuse what is plainly too deep or too much.

    A value follows a comma, opens a container, or is one of the `extra`. So the marks outside strings bound the nodes
    from above, by no more than twice their number.

    Returns:
        Whether the nodes are still to be counted, because the bound is above the limit and half of it is not.
    """
    opened = text.count("{") + text.count("[")
    many = len(text) // 2 + extra >= limits.nodes and opened + text.count(",") + extra > limits.nodes
    if not many and opened + deeper <= limits.depth:
        return False
    marks = _marks(text)
    opened = marks.count(b"[") + marks.count(b"{")
    bound = opened + marks.count(b",") + extra
    if bound > 2 * limits.nodes:
        raise too_many(limits)
    if opened + deeper > limits.depth and deeper + _deepest(marks) > limits.depth:
        raise too_deep(limits)
    return bound > limits.nodes


def _deepest(marks: bytes) -> int:
    """How many containers are open at most; in one pass, however hostile the nesting."""
    return max(accumulate(array("b", marks.translate(_STEPS))), default=0)


def _marks(text: str) -> bytes:
    """The brackets, braces and commas of a JSON text that stand outside its strings."""
    data = text.encode("utf-8", "surrogatepass")
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes side by side leave everything after them as far inside or outside of strings as it was.
    marks = data.translate(None, _DROPPED).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


def _check_count(root: Any, limits: Limits) -> None:
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += 1
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    if count > limits.nodes:
        raise too_many(limits)


def too_many(limits: Limits) -> LimitExceeded:
    """The error for more nodes than allowed."""
    return LimitExceeded(f"more than {limits.nodes:,} values", "ask for smaller pages, or raise the limit of nodes")


def too_deep(limits: Limits) -> LimitExceeded:
    """The error for deeper nesting than allowed."""
    return LimitExceeded(f"nested more than {limits.depth} deep", "raise the limit of depth if this is meant")
