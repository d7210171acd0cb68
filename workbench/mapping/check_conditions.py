"""The checks of condition tables: `keep`, `cases`, `expect`, `verify`, and what calls ask of their answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.conditions import CLOCK, OPERATORS, ORDERING, PRESENCE, VERIFY_OPERATORS, duration, input_name, instant
from workbench.mapping.report import Report, Spot, choices, is_scalar, listed, meant
from workbench.mapping.sight import Sight, check_input, check_path
from workbench.mapping.source import shortened
from workbench.paths import is_path, is_path_word, number

_HOW = 'write PATH: WORD, such as {"@.state": paid}'
_ANSWER = re.compile(r"http\.(?:status|header\.[!#$%&'*+.^_`|~0-9A-Za-z-]+)")


class Business(NamedTuple):
    """The business fields that conditions may name.

    Attributes:
        fields: Dotted names that the record knows.
        ruled: Those that have a value by the mapping.
        record: The record, as a place of the file.
    """

    fields: frozenset[str]
    ruled: frozenset[str]
    record: str


class Side(NamedTuple):
    """What may stand in a table of conditions here.

    Attributes:
        paths: Whether paths may.
        business: The business fields that may stand on the left, if any.
        answer: Whether `http.status` and `http.header.NAME` may stand on the left.
        verify: Whether the operators of `verify` may be used.
    """

    paths: bool = True
    business: Business | None = None
    answer: bool = False
    verify: bool = False


def check_conditions(report: Report, table: Any, spot: Spot, sight: Sight, side: Side = Side()) -> None:  # noqa: B008  # frozen
    """Checks a whole table; every line on its own."""
    lines = report.table(table, spot, None, _HOW)
    for left, expected in (lines or {}).items():
        at = spot.part(left)
        _check_left(report, left, at, sight, side)
        _check_expected(report, expected, at, sight, side)


def _check_left(report: Report, left: str, spot: Spot, sight: Sight, side: Side) -> None:
    if side.answer and left.startswith("http."):
        if not _ANSWER.fullmatch(left):
            how = "write http.status, http.header.NAME or a path of the answer"
            report.add(f"{shortened(left)!r}: not a part of the answer", spot, how, "not_a_path")
    elif is_path(left) and not side.paths:
        report.add(f"{shortened(left)!r}: a path", spot, "compare a business field here", "not_a_field")
    elif is_path(left) or side.business is None:
        check_path(report, left, spot, sight)
    else:
        _check_field(report, left, spot, side.business, side.paths)


def _check_field(report: Report, name: str, spot: Spot, business: Business, paths: bool) -> None:
    if name in business.ruled:
        return
    if name in business.fields:
        how = f"add a rule for it to {business.record}" + (", or compare a path" if paths else "")
        report.add(f"{shortened(name)!r}: a business field without a rule", spot, how, "field_without_rule")
        return
    what = f"{shortened(name)!r}: {'neither a path nor a' if paths else 'no'} business field"
    how = "start a path with @, ^, $ or name:$; " if paths else ""
    how += f"the fields with a rule are {listed(sorted(business.ruled))}" + meant(name, business.fields)
    report.add(what, spot, how, "no_such_field")


def _check_expected(report: Report, expected: Any, spot: Spot, sight: Sight, side: Side) -> None:
    if isinstance(expected, dict):
        _check_operators(report, expected, spot, sight, side)
    elif expected is None:
        report.add("nothing to compare with", spot, "write a word, or {is: null}", "wrong_type")
    else:
        _check_wants(report, expected, spot, sight, side)


def check_word(report: Report, word: Any, spot: Spot, sight: Sight, paths: bool = True) -> None:
    """Checks one right side: a word, a path or `{input}`."""
    if not is_scalar(word):
        report.wrong(word, spot, "a word, a path or a list of them")
    elif is_path_word(word):
        if paths:
            check_path(report, word, spot, sight)
        else:
            report.add(f"{shortened(word)!r}: a path", spot, "write a word; {value: ...} makes it one", "not_a_word")
    elif name := input_name(word):
        check_input(report, name, spot, sight)


def _check_wants(report: Report, wanted: Any, spot: Spot, sight: Sight, side: Side) -> None:
    if isinstance(wanted, list):
        words = report.items(wanted, spot) or []
        for index, word in enumerate(words):
            check_word(report, word, spot.part(index), sight, side.paths)
    else:
        check_word(report, wanted, spot, sight, side.paths)


def _check_operators(report: Report, table: dict[str, Any], spot: Spot, sight: Sight, side: Side) -> None:
    known = VERIFY_OPERATORS if side.verify else OPERATORS
    if not table:
        report.add("an empty table", spot, f"one of {', '.join(known)}", "empty")
    for operator, wanted in table.items():
        at = spot.part(operator)
        if operator not in known:
            what = f"unknown comparison {shortened(str(operator))!r}"
            report.add(what, at, choices(str(operator), known, len(known)), "unknown_comparison")
        elif operator == "value":
            _check_constants(report, wanted, at)
        elif check := _CHECKS.get(operator):
            check(report, operator, wanted, at)
        else:
            _check_wants(report, wanted, at, sight, side)
            if operator in ORDERING:
                _check_order(report, operator, wanted, at)
    if side.verify and not {"ignore_prefix", "leading_zeros"}.isdisjoint(table) and "equals" not in table:
        report.add("nothing to compare with", spot, "add equals:", "needs_key")
    if "equals" in table and not set(table) <= {"equals", "ignore_prefix", "leading_zeros"}:
        report.add("equals: beside other comparisons", spot, "write them in lines of their own", "conflict")


def _check_constants(report: Report, wanted: Any, spot: Spot) -> None:
    for word in (report.items(wanted, spot) or []) if isinstance(wanted, list) else [wanted]:
        if not is_scalar(word):
            report.wrong(word, spot, "a word or a list of words")


def _check_is(report: Report, operator: str, wanted: Any, spot: Spot) -> None:
    if wanted is not None and not (isinstance(wanted, str) and wanted in PRESENCE):
        told = repr(shortened(wanted)) if isinstance(wanted, str) else "this"
        report.add(f"is: {told} is no state of a value", spot, choices(str(wanted)[:60], PRESENCE), "unknown_word")


def _check_span(report: Report, operator: str, wanted: Any, spot: Spot) -> None:
    if duration(wanted) is None:
        how = "write a number and one of s m h d w, such as 90d"
        report.add(f"{operator}: needs a span of time", spot, how, "not_a_duration")


def _check_prefix(report: Report, operator: str, wanted: Any, spot: Spot) -> None:
    for prefix in (report.items(wanted, spot) or []) if isinstance(wanted, list) else [wanted]:
        report.text(prefix, spot, 'write the text that may stand in front, such as ["#"]')


def _check_zeros(report: Report, operator: str, wanted: Any, spot: Spot) -> None:
    report.word(wanted, spot, ("ignore",))


def _check_order(report: Report, operator: str, wanted: Any, spot: Spot) -> None:
    for word in wanted if isinstance(wanted, list) else [wanted]:
        if isinstance(word, str) and (is_path_word(word) or input_name(word)):
            continue
        if isinstance(word, bool) or (is_scalar(word) and number(word) is None and instant(word, None) is None):
            how = "write a number, a date such as 2026-01-31, or a path"
            report.add(f"{operator}: neither a number nor a date", spot, how, "not_comparable")


_Check = Callable[[Report, str, Any, Spot], None]
_CHECKS: dict[str, _Check] = {
    "is": _check_is,
    **dict.fromkeys(CLOCK, _check_span),
    "ignore_prefix": _check_prefix,
    "leading_zeros": _check_zeros,
}
