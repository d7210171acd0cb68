"""Values of a body, decided one by one: kept, or replaced; and what stays, looked at again at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.pseudonyms.named import Named
from workbench.pseudonyms.sorts import is_amount, names_a_pair

if TYPE_CHECKING:
    from workbench.pseudonyms.pseudonyms import Pseudonyms

SHOWN = 60
LOOKED_AT, PLACES = 20, 2000
"""Values of a place, and places, that a preview looks at."""


class Unreadable(ValueError):
    """A body that cannot be rewritten, and so is not kept; the message says why without a value of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What happens at one place.

    Attributes:
        place: `$.data[*].email`.
        sort: Why it is replaced; empty where it is kept.
        before: The shape of a value that was there, letters as x and digits as 0; a kept value as it is.
        after: What stands there afterwards.
    """

    place: str
    sort: str
    before: str = field(repr=False)
    after: str = field(repr=False)


class Untouched:
    """What was kept of a body: looked at again when all that names the customer is known."""

    def __init__(self) -> None:
        self._texts: set[tuple[tuple[str, ...], str]] = set()
        self._numbers: set[str] = set()
        self._keys: set[str] = set()

    def text(self, path: Sequence[str], text: str) -> None:
        """A text that stays."""
        self._texts.add((tuple(path[-2:]), text))

    def number(self, digits: str) -> None:
        """A number that stays."""
        self._numbers.add(digits)

    def key(self, key: str) -> None:
        """A key that stays."""
        self._keys.add(key)

    def has_key(self, key: str) -> bool:
        """Whether that key stayed before."""
        return key in self._keys

    def names(self, named: Named) -> bool:
        """Whether something of it names the customer."""
        return (
            any(map(named.in_key, self._keys))
            or any(map(named.in_number, self._numbers))
            or any(named.in_text(path, text) for path, text in self._texts)
        )


class Values:
    """Decides on values one by one, and remembers what became of each place.

    Args:
        pseudonyms: The merchant's.
        named: What names the customer, as far as it is known; it learns.
        untouched: Remembers what stays.
        sparing: Looks at some values of each place only, and makes no body that could be kept.
    """

    def __init__(self, pseudonyms: Pseudonyms, named: Named, untouched: Untouched, sparing: bool = False) -> None:
        self.pseudonyms, self.named, self.untouched = pseudonyms, named, untouched
        self.rows: dict[str, Row] = {}
        self.sparing = sparing
        self._seen: Counter[str] = Counter()

    def passed_over(self, place: str) -> bool:
        """Whether enough of a place is known already."""
        if not self.sparing:
            return False
        self._seen[place] += 1
        known = self.rows.get(place)
        return known.sort != "" or self._seen[place] > LOOKED_AT if known else len(self.rows) >= PLACES

    def plain(self, names: Sequence[str], place: str, text: str) -> str:
        """A text that holds no document, rewritten."""
        made, sort = self.pseudonyms.value(names, text)
        if sort:
            self.named.learn(names, sort, text)
        else:
            made, sort = self._unless_named(names, text)
        self.told(place, sort, text, made)
        return made

    def _unless_named(self, names: Sequence[str], text: str) -> tuple[str, str]:
        """A text that looks harmless: kept, unless it names the customer."""
        if any(map(str.isalpha, text)):
            if self.named.in_text(names, text):
                return self.pseudonyms.replaced(text), "names the customer"
            self.untouched.text(names, text)
        return text, ""

    def pair_name(self, key: str, siblings: Iterable[str], names: Sequence[str], text: str) -> bool:
        """Whether a text says what its sibling means, and so stays."""
        return names_a_pair(key, siblings, text) and not self._unless_named([*names, key], text)[1]

    def number(self, names: Sequence[str], place: str, digits: str) -> str:
        """A number as it is written."""
        if self.passed_over(place):
            return "0"
        made, sort = self.pseudonyms.number(names, digits)
        if sort:
            self.named.learn(names, sort, digits)
        elif not is_amount(names):
            if self.named.in_number(digits):
                made, sort = self.pseudonyms.replaced(digits), "names the customer"
            elif len(digits) > 4:
                self.untouched.number(digits)
        self.told(place, sort, digits, made)
        return made

    def key(self, key: str) -> str:
        """A key of an object: kept, unless it is itself a value."""
        if not self.untouched.has_key(key):
            if self.named.in_key(key):
                return self.pseudonyms.replaced(key)
            self.untouched.key(key)
        return key

    def told(self, place: str, sort: str, before: str, after: str) -> None:
        """Remembers what became of a value; a place that is ever replaced counts as replaced."""
        known = self.rows.get(place)
        if known is None or (sort and not known.sort):
            shown = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", before)) if sort else before
            self.rows[place] = Row(place, sort, shown[:SHOWN], after[:SHOWN])
