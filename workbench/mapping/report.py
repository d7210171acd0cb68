"""What the checks share: where they are in the file, and how they tell what is wrong there."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.errors import Problem
from workbench.mapping.source import FILE, Place, place_text, shortened

SHOWN = 7
"""How many choices a message lists before it breaks off."""


class Spot(NamedTuple):
    """A place in the file, and how it is told: what a reader looks for may be less deep than what it holds.

    Attributes:
        told: The place as the message says it.
        place: The place itself; it has the line.
    """

    told: Place
    place: Place

    def key(self, *steps: str | int) -> Spot:
        """A place inside, told as such."""
        return Spot((*self.told, *steps), (*self.place, *steps))

    def part(self, *steps: str | int) -> Spot:
        """A place inside that is told as this one, but has its own line."""
        return Spot(self.told, (*self.place, *steps))


TOP = Spot((), ())


class Report:
    """Collects problems; reads values of a kind, and says so where they are of another.

    Args:
        line: The line of a place.
    """

    def __init__(self, line: Callable[[Place], int | None]) -> None:
        self.problems: list[Problem] = []
        self._line = line

    def add(self, what: str, spot: Spot, how: str = "", code: str = "mapping") -> None:
        """Takes note of a problem. The same one is told once."""
        where = place_text(spot.told) or FILE
        problem = Problem(shortened(what, 400), where, how, code, self._line(spot.place))
        if problem not in self.problems[-20:]:
            self.problems.append(problem)

    def unknown_key(self, key: str, spot: Spot, known: Iterable[str]) -> None:
        """A key that the table at this place does not know."""
        what = f"unknown key {shortened(key)!r}"
        self.add(what, spot.part(key), choices(key, tuple(known)), "unknown_key")

    def table(
        self, value: Any, spot: Spot, known: Iterable[str] | None = None, how: str = "", may_be_empty: bool = False
    ) -> dict[str, Any] | None:
        """The value as a table that is not empty and has only known keys, or None after saying what it is instead."""
        if not isinstance(value, dict):
            self.wrong(value, spot, "a table", how)
            return None
        table: dict[Any, Any] = value
        if not table and not may_be_empty:
            self.add("an empty table", spot, how or "fill it, or leave it out", "empty")
            return None
        if not all(isinstance(key, str) for key in table):
            self.add("a key that is no text", spot, "write it in quotes", "wrong_type")
            table = {key: inner for key, inner in table.items() if isinstance(key, str)}
        if known is not None:
            known = tuple(known)
            for key in table:
                if key not in known:
                    self.unknown_key(key, spot, known)
        return table

    def items(self, value: Any, spot: Spot, how: str = "") -> list[Any] | None:
        """The value as a list that is not empty, or None after saying what it is instead."""
        if not isinstance(value, list):
            self.wrong(value, spot, "a list", how)
            return None
        if not value:
            self.add("an empty list", spot, how or "fill it, or leave it out", "empty")
            return None
        return value

    def text(self, value: Any, spot: Spot, how: str = "") -> str | None:
        """The value as a text that is not blank, or None after saying what it is instead."""
        if not isinstance(value, str):
            self.wrong(value, spot, "a text", how)
            return None
        if not value.strip():
            self.add("a blank text", spot, how or "fill it, or leave it out", "empty")
            return None
        return value

    def word(self, value: Any, spot: Spot, known: Iterable[str], what: str = "") -> str | None:
        """The value as one of some words, or None after saying which there are."""
        known = tuple(known)
        if isinstance(value, str) and value in known:
            return value
        if not isinstance(value, str):
            self.wrong(value, spot, "a word", f"one of {', '.join(known)}")
            return None
        self.add(what or f"{shortened(value)!r} is not known here", spot, choices(value, known), "unknown_word")
        return None

    def flag(self, value: Any, spot: Spot, only_true: bool = False) -> None:
        """The value must be a truth value; with `only_true`, the true one."""
        if not isinstance(value, bool):
            self.wrong(value, spot, "true" if only_true else "true or false")
        elif only_true and not value:
            self.add("false is said by leaving it out", spot, "write true, or drop the key", "wrong_type")

    def count(self, value: Any, spot: Spot, least: int = 1) -> None:
        """The value must be a whole number of at least so much."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(value, spot, "a whole number")
        elif not least <= value <= 10**12:
            self.add("a number out of range", spot, f"at least {least}", "out_of_range")

    def wrong(self, value: Any, spot: Spot, wanted: str, how: str = "") -> None:
        """Something of another type than wanted stands here."""
        got = "nothing" if value is None else kind_name(value)
        self.add(f"{got} where {wanted} belongs", spot, how or f"write {wanted}", "wrong_type")


def kind_name(value: Any) -> str:
    """What a value of a mapping file is, for people."""
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a number", Decimal: "a number", float: "a number", dict: "a table", list: "a list"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "something else")


def is_scalar(value: Any) -> bool:
    """Whether a value is a text, a number or a truth value."""
    return isinstance(value, (str, int, Decimal))


def listed(known: Iterable[str], shown: int = SHOWN) -> str:
    """The choices in words, broken off where there are many."""
    names = list(known)
    return ", ".join(names) if len(names) <= shown else ", ".join([*names[:shown], "..."])


def choices(word: str, known: Iterable[str], shown: int = SHOWN) -> str:
    """How to mend an unknown word: the choices, and the one that was probably meant."""
    known = tuple(known)
    meant = near(word, known)
    return f"one of {listed(known, shown)}" + (f"; did you mean {meant!r}?" if meant else "")


def near(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one; empty when none is."""
    if len(word) > 60:
        return ""
    folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), folded, 1, 0.7)
    return folded[found[0]] if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing."""
    found = near(word, known)
    return f"; did you mean {found!r}?" if found else ""


def first_key(table: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first of the keys that the table has."""
    return next((key for key in keys if key in table), None)
