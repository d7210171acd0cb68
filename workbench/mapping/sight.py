"""What a path may name from where it stands: calls, related items, rows, inputs, and how far out `^` may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from workbench.mapping.report import Report, Spot, kind_name, meant
from workbench.paths import Path, PathError, compile_path

PLACE_HOW = "write a path, a list of paths (level by level), or {first: [...]}"
LEVELS = 8
"""More levels than any response has: every level costs a step per item."""


class Sight(NamedTuple):
    """What is known at one place.

    Attributes:
        names: Names of calls, related items and rows; None where anything may be meant.
        hidden: Names that exist but not here: why, and how to mend it.
        ups: How many items out `^` may go.
        item: Whether there is a current item at all.
        inputs: The inputs of the operation; None where anything may be meant.
    """

    names: frozenset[str] | None = frozenset()
    hidden: Mapping[str, tuple[str, str]] = {}
    ups: int = 0
    item: bool = True
    inputs: frozenset[str] | None = None

    def further(self, levels: int) -> Sight:
        """The sight of an item so many levels further in."""
        return self._replace(ups=self.ups + levels)

    def knowing(self, names: Iterable[str]) -> Sight:
        """This sight with more names."""
        names = frozenset(names)
        if self.names is None or not names:
            return self
        hidden = {name: why for name, why in self.hidden.items() if name not in names}
        return self._replace(names=self.names | names, hidden=hidden)

    def hiding(self, names: Iterable[str], what: str, how: str) -> Sight:
        """This sight where some names are not known yet."""
        fresh = {name: (what, how) for name in names if self.names is None or name not in self.names}
        return self._replace(hidden={**self.hidden, **fresh}) if fresh else self


def check_path(report: Report, text: Any, spot: Spot, sight: Sight) -> Path | None:
    """The compiled path, or None after saying what is wrong with it."""
    if not isinstance(text, str):
        report.wrong(text, spot, "a path")
        return None
    try:
        path = compile_path(text)
    except PathError as error:
        report.add(error.what, spot, error.how, "not_a_path")
        return None
    if path.name is not None:
        _check_name(report, path, spot, sight)
    elif path.root != "$":
        _check_item(report, path, spot, sight)
    return path


def _check_item(report: Report, path: Path, spot: Spot, sight: Sight) -> None:
    if not sight.item:
        how = "start it with $ (the response of the first call) or name:$"
        report.add(f"{path.text!r}: there is no item here", spot, how, "no_item")
    elif path.ups > sight.ups:
        outermost = "^" * sight.ups or "@"
        what = f"{path.text!r}: ^ further out than there are items"
        report.add(what, spot, f"the outermost item here is {outermost}; the response is $", "too_far_out")


def _check_name(report: Report, path: Path, spot: Spot, sight: Sight) -> None:
    name = str(path.name)
    if path.root != "$":
        return
    if name in sight.hidden:
        what, how = sight.hidden[name]
        report.add(f"{path.text!r}: {what}", spot, how, "unknown_name")
    elif sight.names is not None and name not in sight.names:
        what = f"{path.text!r}: nothing is called {name!r}"
        how = "name a call, rows, or something under with:"
        report.add(what, spot, how + meant(name, sight.names), "unknown_name")


def check_place(report: Report, value: Any, spot: Spot, sight: Sight) -> int:
    """Checks a path, levels of paths, or `{first: [...]}` of either; tells how many levels it goes in."""
    if isinstance(value, dict):
        table = report.table(value, spot, ("first",), PLACE_HOW)
        options = report.items(table["first"], spot, PLACE_HOW) if table and "first" in table else None
        spots = [spot.part("first", index) for index in range(len(options or ()))]
    else:
        options, spots = [value], [spot]
    return max((_levels(report, option, at, sight) for option, at in zip(options or (), spots, strict=True)), default=1)


def _levels(report: Report, option: Any, spot: Spot, sight: Sight) -> int:
    if not isinstance(option, list):
        if isinstance(option, str):
            check_path(report, option, spot, sight)
        else:
            got = "nothing" if option is None else kind_name(option)
            report.add(f"{got} where a path belongs", spot, PLACE_HOW, "wrong_type")
        return 1
    if not option:
        report.add("an empty list", spot, PLACE_HOW, "empty")
        return 1
    if len(option) > LEVELS:
        report.add(f"more than {LEVELS} levels", spot, "name the place in fewer paths", "out_of_range")
    for level, path in enumerate(option[: LEVELS + 1]):
        check_path(report, path, spot.part(level), sight.further(level))
    return len(option)


def check_input(report: Report, name: str, spot: Spot, sight: Sight) -> None:
    """Whether the operation has an input of that name."""
    if sight.inputs is not None and name not in sight.inputs:
        known = ", ".join(sorted(sight.inputs)) or "none"
        how = f"this operation's inputs: {known}; declare others under inputs:" + meant(name, sight.inputs)
        report.add(f"{{{name}}}: no such input", spot, how, "unknown_input")
