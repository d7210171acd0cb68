"""Which rows may be kept: the values of a list's members that tell sorts of rows apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.conditions import input_name
from workbench.paths import is_path_word, quote_name, text_of
from workbench.pick.evidence import own_scalars
from workbench.tree import is_sayable

_TELLING = re.compile(
    r"type|kind|sort|class|categ|role|bundle|parent|child|discount|gift|virtual|status|state|is_|has_", re.I
)
_MOST_WORDS = 12
_LONGEST_WORD = 40
_MOST = 24


class KeepChoice(NamedTuple):
    """One way to keep some of the rows.

    Attributes:
        words: What is kept, for people.
        conditions: The table for `keep`.
        kept: How many rows of the samples stay.
        total: Of how many.
    """

    words: str
    conditions: dict[str, Any]
    kept: int
    total: int


def keep_choices(items: Sequence[Any]) -> list[KeepChoice]:
    """The conditions on rows that keep some and drop some, the most telling first.

    Args:
        items: The rows' nodes, of all samples.
    """
    rows = [_row(item) for item in items]
    total = len(rows)
    keys = list(dict.fromkeys(key for row in rows for key in row))
    keys.sort(key=lambda key: not _TELLING.search(key))
    found: list[KeepChoice] = []
    for key in keys:
        found += _by_presence(key, rows)
        found += _by_words(key, rows)
    return [choice for choice in found if 0 < choice.kept < total][:_MOST]


def _row(item: Any) -> dict[str, Any]:
    """The scalars of a row and of the objects in it, by path."""
    found = {f"@{quote_name(key)}": value for key, value in own_scalars(item).items() if is_sayable(key)}
    for key, inner in item.items() if isinstance(item, dict) else ():
        for name, value in own_scalars(inner).items():
            if is_sayable(key) and is_sayable(name):
                found.setdefault(f"@{quote_name(key)}{quote_name(name)}", value)
    return {path: value for path, value in found.items() if text_of(value)}


def _by_presence(path: str, rows: Sequence[dict[str, Any]]) -> list[KeepChoice]:
    there, total = sum(path in row for row in rows), len(rows)
    if there in (0, total):
        return []
    name = path[2:]
    return [
        KeepChoice(f"keep rows without {name}", {path: {"is": "absent"}}, total - there, total),
        KeepChoice(f"keep rows with {name}", {path: {"is": "present"}}, there, total),
    ]


def _by_words(path: str, rows: Sequence[dict[str, Any]]) -> list[KeepChoice]:
    values = [row[path] for row in rows if path in row]
    counts = Counter(text_of(value).casefold() for value in values)
    by_word = {text_of(value).casefold(): value for value in reversed(values)}
    few = 1 < len(counts) <= _MOST_WORDS and all(len(word) <= _LONGEST_WORD for word in counts)
    if not few or len(counts) == len(values):
        return []
    name, total = path[2:], len(rows)
    found = []
    for word, count in counts.most_common():
        value = by_word[word]
        shown = f'"{value}"' if isinstance(value, str) else text_of(value)
        said = _said(value)
        found.append(KeepChoice(f"keep rows whose {name} is {shown}", {path: said}, count, total))
        if len(counts) > 2:
            words = f"keep rows whose {name} is not {shown}"
            found.append(KeepChoice(words, {path: {"not": said}}, total - count, total))
    return found


def _said(value: Any) -> Any:
    """A word as the right side of a condition; what looks like a path or an input says that it is a word."""
    if isinstance(value, str):
        plain = str(value)
        return {"value": plain} if is_path_word(plain) or input_name(plain) else plain
    return value
