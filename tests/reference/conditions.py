"""Conditions, line by line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.reference import paths
from tests.reference.scopes import Notes, Scope

NOT_COMPARABLE = "cannot be compared as asked; compare numbers with numbers, dates with dates"
NO_AGE = "not a date, so its age is unknown; compare a field that holds a date"


def holds(table: dict[str, Any], scope: Scope, notes: Notes, record: dict[str, Any] | None = None) -> bool:
    """Whether every line holds. A left side that is no path is a field of the record."""
    return all(line_holds(left, expected, scope, notes, record) for left, expected in table.items())


def line_holds(left: str, expected: Any, scope: Scope, notes: Notes, record: dict[str, Any] | None) -> bool:
    """Whether one line holds."""
    if paths.looks_like_path(left):
        nodes = scope.nodes(left, notes)
    else:
        nodes = field_nodes(record or {}, left.split("."))
    got = paths.scalars(nodes)
    if not isinstance(expected, dict):
        return equals(got, expected, scope, notes)
    if "equals" in expected:
        return equals_folded(got, expected, scope, notes)
    return all(operator_holds(name, want, nodes, got, scope, notes) for name, want in expected.items())


def field_nodes(record: Any, names: list[str]) -> list[Any]:
    """The values of a business field; of records in a list, each one's."""
    nodes = [record]
    for name in names:
        flat = [one for node in nodes for one in (node if isinstance(node, list) else [node])]
        nodes = [one[name] for one in flat if isinstance(one, dict) and name in one]
    return nodes


def operator_holds(name: str, want: Any, nodes: list[Any], got: list[Any], scope: Scope, notes: Notes) -> bool:
    """Whether an operator's comparison holds."""
    if name == "is":
        return presence("null" if want is None else want, nodes)
    if name == "value":
        return any(same_word(value, word) for value in got for word in (want if isinstance(want, list) else [want]))
    if name == "not":
        wanted = wanted_values(want, scope, notes)
        return wanted is None or not any(same(value, one) for value in got for one in wanted)
    if name in ("within", "older_than"):
        return any(by_clock(name, value, want, scope, notes) for value in got)
    wanted = wanted_values(want, scope, notes)
    return wanted is None or any(in_order(name, value, one[0], scope, notes) for value in got for one in wanted)


def presence(want: str, nodes: list[Any]) -> bool:
    """missing: no such key; null; empty: "", [] or {}; absent: any of them or blank; present: its opposite."""
    empty = [node for node in nodes if isinstance(node, (str, list, dict)) and len(node) == 0]
    null = [node for node in nodes if node is None or isinstance(node, paths.Nil)]
    blank = [node for node in nodes if isinstance(node, str) and node != "" and not node.strip()]
    present = len(nodes) > len(empty) + len(null) + len(blank)
    return {"missing": not nodes, "null": bool(null), "empty": bool(empty), "absent": not present, "present": present}[
        want
    ]


def wanted_values(expected: Any, scope: Scope, notes: Notes) -> list[tuple[Any, bool]] | None:
    """What is wanted, each with whether it came by a path; None where an input was not given."""
    wanted: list[tuple[Any, bool]] = []
    for want in expected if isinstance(expected, list) else [expected]:
        if isinstance(want, str) and re.fullmatch(r"\{[A-Za-z_][A-Za-z0-9_]*\}", want):
            value = scope.run.inputs.get(want[1:-1])
            if value is None:
                scope.run.skipped.add(want[1:-1])
                return None
            wanted.append((paths.text(value), False))
        elif paths.is_path_on_the_right(want):
            wanted += [(value, True) for value in scope.values(want, notes)]
        else:
            wanted.append((want, False))
    return wanted


def equals(got: list[Any], expected: Any, scope: Scope, notes: Notes) -> bool:
    """Whether any value is any of those wanted; skipped where an input was not given."""
    wanted = wanted_values(expected, scope, notes)
    return wanted is None or any(same(value, want) for value in got for want in wanted)


def same(value: Any, want: tuple[Any, bool]) -> bool:
    """Path against path compares exactly, a word without regard to case."""
    return same_value(value, want[0]) if want[1] else same_word(value, want[0])


def same_value(one: Any, other: Any) -> bool:
    """Two numbers as numbers, else as exact text."""
    if paths.is_number(one) and paths.is_number(other):
        return bool(one == other)
    return paths.text(one) == paths.text(other)


def same_word(value: Any, word: Any) -> bool:
    """Words without regard to case; a bare number of the mapping as a number."""
    if paths.is_number(word) and not isinstance(value, bool):
        return paths.number_of(value) == paths.number_of(word)
    return paths.text(value).casefold() == paths.text(word).casefold()


def equals_folded(got: list[Any], expected: dict[str, Any], scope: Scope, notes: Notes) -> bool:
    """`equals` of verify, with prefixes and leading zeros that do not matter."""
    wanted = wanted_values(expected["equals"], scope, notes)
    if wanted is None:
        return True
    if "ignore_prefix" not in expected and expected.get("leading_zeros") != "ignore":
        return any(same(value, want) for value in got for want in wanted)
    return any(
        folded(value, expected).casefold() == folded(want, expected).casefold()
        if not exact
        else folded(value, expected) == folded(want, expected)
        for value in got
        for want, exact in wanted
    )


def folded(value: Any, expected: dict[str, Any]) -> str:
    """The text without its prefix and its leading zeros."""
    text = paths.text(value)
    prefixes = expected.get("ignore_prefix", [])
    for prefix in [prefixes] if isinstance(prefixes, str) else prefixes:
        if prefix and text.casefold().startswith(prefix.casefold()):
            text = text[len(prefix) :].strip()
            break
    return text.lstrip("0") or "0" if expected.get("leading_zeros") == "ignore" and text else text


def moment_of(value: Any, scope: Scope) -> datetime | None:
    """The instant of an ISO date; without offset in the mapping's zone."""
    text = paths.text(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}.*)?", text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=scope.run.zone or UTC)


def by_clock(name: str, value: Any, want: str, scope: Scope, notes: Notes) -> bool:
    """within or older_than a span such as 90d."""
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[want.strip()[-1]]
    span = timedelta(**{unit: int(want.strip()[:-1])})
    moment = moment_of(value, scope)
    if moment is None:
        notes.say(NO_AGE)
        return False
    age = scope.run.now - moment
    return age > span if name == "older_than" else -span <= age <= span


def in_order(name: str, value: Any, want: Any, scope: Scope, notes: Notes) -> bool:
    """Instants when both sides are ISO dates, else numbers."""
    one: Any = moment_of(value, scope)
    other: Any = moment_of(want, scope)
    if one is None or other is None:
        one, other = paths.number_of(value), paths.number_of(want)
    if one is None or other is None:
        notes.say(NOT_COMPARABLE)
        return False
    return bool({"over": one > other, "under": one < other, "at_least": one >= other, "at_most": one <= other}[name])
