"""What the scalars of one place are like: how many differ, examples, and the words of a small vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from workbench.paths import text_of

MOST_DISTINCT = 1000  # different scalars are counted up to here
MOST_WORDS = 20
_LONGEST_WORD = 40
_EXAMPLES = 5
_LONGEST = 160
_CHUNK = 4096


class Values(NamedTuple):
    """What is told of the scalars of one place; the fields are those of `Node`."""

    distinct: int
    words: dict[str, int] | None


def count_values(kinds: Iterable[Sequence[Any]]) -> Values:
    """Counts scalars, each sequence of one Python type: `True`, `1` and `"1"` are three different ones."""
    words: Counter[str] = Counter()
    distinct = total = 0
    small = True
    for values in kinds:
        found, complete = _count(values)
        distinct += len(found)
        total += len(values)
        small = small and complete and distinct <= MOST_WORDS
        if small:
            for value, count in found.items():
                if text := shorten(value):
                    words[text] += count
    if not small or not words or any(len(word) > _LONGEST_WORD for word in words):
        return Values(min(distinct, MOST_DISTINCT), None)
    repeated = total > distinct or set(words) <= {"true", "false"}
    return Values(distinct, dict(words.most_common()) if repeated else None)


def _count(values: Sequence[Any]) -> tuple[Counter[Any], bool]:
    """Counts until there are too many different values; tells whether it went to the end."""
    if len(values) <= _CHUNK:
        found = Counter(values)
        return found, len(found) <= MOST_DISTINCT
    found = Counter(values[:_CHUNK])
    for start in range(_CHUNK, len(values), _CHUNK):
        if len(found) > MOST_DISTINCT:
            return found, False
        found.update(values[start : start + _CHUNK])
    return found, len(found) <= MOST_DISTINCT


def examples(parts: Sequence[Sequence[Any]], scalar: frozenset[type]) -> tuple[str, ...]:
    """Up to five different scalars as text: one of each document first, then from all over.

    Args:
        parts: The values of each document.
        scalar: The Python types that count; lists, objects and nulls are passed over, blank text as well.
    """
    found: dict[str, None] = {}
    for value in chain(_heads(parts), _spread(parts)):
        if type(value) in scalar and (text := shorten(value)):
            found[text] = None
            if len(found) == _EXAMPLES:
                break
    return tuple(found)


def _heads(parts: Sequence[Sequence[Any]]) -> Iterator[Any]:
    return (part[0] for part in parts[: 2 * _EXAMPLES])


def _spread(parts: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """Values at even distances, at most some forty."""
    share = max(1, 40 // len(parts)) if parts else 1
    for part in parts[:40]:
        step = max(1, len(part) // share)
        yield from part[::step]


def shorten(value: Any) -> str:
    """A scalar as text of at most 160 characters."""
    if isinstance(value, str):
        value = value[: 4 * _LONGEST]  # blanks before it may be many
    text = text_of(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
