"""CSV text -> rows by their heading; form encoding -> an object."""

from __future__ import annotations

import csv
import io
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any

from workbench.decode.jsons import too_many
from workbench.documents import Limits
from workbench.errors import DecodeError, Problem

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')
_DECLARED = re.compile(r'"?sep=([^\s"]|\t)"?[ ]*(?:\r\n|\r|\n)', re.IGNORECASE)  # Excel's own way
_MOST_ESCAPES = 4_000_000  # each costs Python twenty times its size for a moment
_HEAD = 65_536  # characters in which the heading and the row after it are looked for


def read_csv(text: str, delimiter: str | None, limits: Limits) -> tuple[list[dict[str, str]], tuple[Problem, ...]]:
    """The rows of a CSV text as objects by the heading, and what was odd about them.

    Blank lines are no rows. A short row lacks its last keys. What a long row has beyond the heading is left out, and
    told.

    Args:
        text: The whole table; its first row is the heading.
        delimiter: The delimiter, if it need not be found in the heading.
        limits: How many rows and cells there may be, together.

    Raises:
        DecodeError: If the quoting is broken, or a cell is larger than Python's `csv` reads.
        LimitExceeded: If there are more rows and cells than `limits.nodes`.
    """
    if declared := _DECLARED.match(text):
        text = text[declared.end() :]
        delimiter = declared[1] if delimiter is None else delimiter
    if delimiter is None:
        delimiter = find_delimiter(text) or ","
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise DecodeError("a delimiter is one character, and no quote", "mend delimiter: of the call")
    if text.count(delimiter) > limits.nodes and any(
        line.count(delimiter) > limits.nodes for line in io.StringIO(text, newline="")
    ):
        raise too_many(limits)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=delimiter != " "
    )
    try:
        return _rows(reader, limits)
    except csv.Error as error:
        large = "field larger" in str(error)
        what = "a CSV cell of more characters than are read" if large else "broken CSV, its quotes do not fit"
        raise DecodeError(what, "name the delimiter: of the call", where=f"response, line {reader.line_num}") from None


def _rows(reader: Iterable[list[str]], limits: Limits) -> tuple[list[dict[str, str]], tuple[Problem, ...]]:
    cells = iter(reader)
    heading, problems = _heading(next((row for row in cells if row), []))
    rows: list[dict[str, str]] = []
    width, long, count = len(heading), 0, 1
    for row in cells:
        if not row:
            continue
        count += 1 + len(row)
        if count > limits.nodes:
            raise too_many(limits)
        long += len(row) > width
        rows.append(dict(zip(heading, row, strict=False)))
    if long:
        what = f"{long} row{'s have' if long > 1 else ' has'} more cells than the heading, left out"
        problems.append(Problem(what, "$", "name the delimiter: of the call", "csv_cells", at_run=True))
    return rows, tuple(problems)


def _heading(cells: list[str]) -> tuple[list[str], list[Problem]]:
    """The keys: cells without a name are called by their position, and those that come again are numbered."""
    keys: dict[str, None] = {}
    times: dict[str, int] = {}
    again = 0
    for position, cell in enumerate(cells, 1):
        name = key = cell.strip() or f"column {position}"
        while key in keys:
            times[name] = times.get(name, 1) + 1
            key = f"{name} ({times[name]})"
        again += key != name
        keys[key] = None
    if not again:
        return list(keys), []
    what = f"{again} column{'s have' if again > 1 else ' has'} the name of an earlier one"
    how = "the later one of two is called by its number, as in: name (2)"
    return list(keys), [Problem(what, "$", how, "csv_heading", at_run=True)]


def find_delimiter(text: str) -> str | None:
    """The delimiter that the heading holds most of, quoted cells aside; None if it holds none.

    Of two that come equally often, the one that the next row holds as often.
    """
    heading, following = _first_lines(text)
    best = max(_DELIMITERS, key=lambda mark: (heading.count(mark), heading.count(mark) == following.count(mark)))
    return best if best in heading else None


def looks_like_csv(text: str) -> bool:
    """Whether a heading with a delimiter stands above a row with as many of them."""
    heading, following = _first_lines(text)
    mark = find_delimiter(text)
    return mark is not None and heading.count(mark) == following.count(mark)


def _first_lines(text: str) -> tuple[str, str]:
    lines = _QUOTED.sub("", text[:_HEAD]).replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").split("\n", 2)
    return lines[0], lines[1] if len(lines) > 1 else ""


def read_form(text: str, encoding: str | None, limits: Limits) -> dict[str, Any]:
    """The fields of a form-encoded text; one that comes several times is a list.

    Args:
        text: `key=value&key=value`.
        encoding: Of the bytes behind its `%xx`; without one they are UTF-8, or else windows-1252.
        limits: How many fields there may be.

    Raises:
        DecodeError: If it is no form, or not in its encoding.
        LimitExceeded: If there are more fields than `limits.nodes`.
    """
    text = text.strip()
    if "=" not in text:
        raise DecodeError("not a form: no key=value in it", "mend format: of the call")
    if text.count("&") + 2 > limits.nodes or text.count("%") > _MOST_ESCAPES:
        raise too_many(limits)
    fields: dict[str, Any] = {}
    for key, value in _pairs(text, (encoding,) if encoding else ("utf-8", "cp1252")):
        if key not in fields:
            fields[key] = value
        elif isinstance(fields[key], list):
            fields[key].append(value)
        else:
            fields[key] = [fields[key], value]
    return fields


def _pairs(text: str, encodings: Iterable[str]) -> list[tuple[str, str]]:
    for encoding in encodings:
        try:
            return urllib.parse.parse_qsl(text, keep_blank_values=True, encoding=encoding, errors="strict")
        except UnicodeError:
            continue
        except (LookupError, ValueError):
            break
    raise DecodeError("a form in another encoding", "name it as encoding: of the call", code="encoding")
