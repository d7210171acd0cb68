"""Words that mean that there is no value: `N/A`, `-`, `0000`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_KNOWN = frozenset(
    (
        "n/a", "n.a.", "n.a", "#n/a", "none", "null", "nan", "undefined", "unset", "not set", "not available",
        "not applicable", "(none)", "(null)", "<null>", "empty", "k.a.", "k. a.", "keine angabe", "keine", "entfällt",
        "sans objet", "aucun", "no aplica", "ninguno", "n.d.", "brak", "geen", "nvt", "n.v.t.", "xxx",
    )
)  # fmt: skip
_CODES = frozenset(("na", "nd", "nil", "tba", "tbd"))  # unless the others are codes as well, such as regions
_MARKS = frozenset("-–—_.?*/#")
_LEAST_OTHERS = 3


def known_nothings(texts: Sequence[str]) -> list[str]:
    """The words that are used everywhere for "there is none", among the texts of a place that also has others."""
    different = list(dict.fromkeys(texts))
    codes = all(len(text) < 4 for text in different)
    found = [text for text in different if _means_nothing(text) or (not codes and text.casefold() in _CODES)]
    return found if len(found) < len(different) else []


def _means_nothing(text: str) -> bool:
    folded = text.casefold()
    if folded in _KNOWN or (folded and set(folded) <= _MARKS):
        return True
    return len(text) > 1 and set(text) == {"0"}


def repeated(texts: Sequence[str]) -> str:
    """The one text that comes again and again while all others are different; empty where there is none."""
    counts = Counter(texts)
    often = [text for text, count in counts.items() if count > 1]
    if len(often) != 1 or len(counts) <= _LEAST_OTHERS:
        return ""
    return often[0] if counts[often[0]] * 10 >= len(texts) else ""
