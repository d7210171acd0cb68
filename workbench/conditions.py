"""The one small table of conditions: of `keep`, `cases`, `expect`, `verify` and calls in mappings, and of flows.

    {"@.state": [paid, done], "@.cancelled_at": {is: absent}, customer_email: "{email}"}

All lines must hold. The left side is a path or a business field; what can be seen from there is the `View`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol

from workbench.paths import Path, compile_path, is_path, is_path_word, number, text_of
from workbench.transforms import same_value, same_word

PRESENCE = ("present", "absent", "missing", "null", "empty")
ORDERING = ("over", "under", "at_least", "at_most")
CLOCK = ("within", "older_than")
OPERATORS = ("is", "not", *ORDERING, *CLOCK, "value")
VERIFY_OPERATORS = (*OPERATORS, "equals", "ignore_prefix", "leading_zeros")

_INPUT = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)
_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


class Want(NamedTuple):
    """What stands on the right: a `word`, a `path`, or the name of an `input`."""

    kind: str
    value: Any


class Test(NamedTuple):
    """One comparison: its operator (`equals` where none is written), what is wanted, and how text is folded before."""

    operator: str
    wants: tuple[Want, ...]
    prefixes: tuple[str, ...] = ()
    zeros: bool = False


class Condition(NamedTuple):
    """One line of the table: a path, or a dotted name, and what must be true of its values."""

    left: str
    path: Path | None
    field: tuple[str, ...]
    tests: tuple[Test, ...]


Conditions = tuple[Condition, ...]


class View(Protocol):
    """What conditions can see."""

    zone: tzinfo | None
    now: datetime

    def nodes(self, path: Path) -> list[Any]:
        """The nodes at a path."""

    def values(self, path: Path) -> list[Any]:
        """The scalars at a path."""

    def field_nodes(self, parts: tuple[str, ...]) -> list[Any]:
        """The values of a business field, or of another name that this place knows."""

    def given(self, name: str) -> Any:
        """The value of an input, or None after saying that it was not given."""

    def doubt(self, what: str, how: str, code: str) -> None:
        """Takes note that sides cannot be compared as asked."""


def header_values(name: str, value: str | None) -> list[str]:
    """What conditions compare of a header: its value; of the content type without its parameters as well."""
    if value is None:
        return []
    return [value, value.partition(";")[0].strip()] if name.casefold() == "content-type" else [value]


def duration(text: object) -> timedelta | None:
    """The time span that a text such as `90d` says, or None."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def input_name(word: object) -> str | None:
    """The input that a text such as `{email}` names, or None."""
    match = _INPUT.fullmatch(word) if isinstance(word, str) else None
    return match[1] if match else None


def compile_conditions(table: Mapping[str, Any] | None) -> Conditions:
    """The compiled form of a table that has been checked."""
    return tuple(_compile_one(left, expected) for left, expected in (table or {}).items())


def _compile_one(left: str, expected: Any) -> Condition:
    path = compile_path(left) if is_path(left) else None
    if not isinstance(expected, Mapping):
        tests: tuple[Test, ...] = (Test("equals", _wants(expected)),)
    elif "equals" in expected:
        prefixes = expected.get("ignore_prefix", ())
        prefixes = (prefixes,) if isinstance(prefixes, str) else tuple(prefixes)
        zeros = expected.get("leading_zeros") == "ignore"
        tests = (Test("equals", _wants(expected["equals"]), prefixes, zeros),)
    else:
        tests = tuple(_compile_test(operator, want) for operator, want in expected.items())
    return Condition(left, path, () if path else tuple(left.split(".")), tests)


def _compile_test(operator: str, want: Any) -> Test:
    if operator == "is":
        return Test("is", (Want("word", "null" if want is None else want),))
    if operator == "value":
        return Test("equals", tuple(Want("word", word) for word in (want if isinstance(want, list) else [want])))
    if operator in CLOCK:
        return Test(operator, (Want("word", duration(want)),))
    return Test(operator, _wants(want))


def _wants(expected: Any) -> tuple[Want, ...]:
    return tuple(_want(word) for word in (expected if isinstance(expected, list) else [expected]))


def _want(word: Any) -> Want:
    if is_path_word(word):
        return Want("path", compile_path(word))
    name = input_name(word)
    return Want("input", name) if name else Want("word", word)


def holds(conditions: Iterable[Condition], view: View) -> bool:
    """Whether all conditions hold. An input that was not given skips its condition; the view has said so."""
    for condition in conditions:
        nodes = view.nodes(condition.path) if condition.path else view.field_nodes(condition.field)
        values = _flat(nodes) if not condition.path else view.values(condition.path)
        if not all(_test(test, nodes, values, view) for test in condition.tests):
            return False
    return True


def _flat(nodes: list[Any]) -> list[Any]:
    flat = [member for node in nodes for member in (node if isinstance(node, list) else [node])]
    return [value for value in flat if value is not None and not isinstance(value, (dict, list)) and text_of(value)]


def _test(test: Test, nodes: list[Any], values: list[Any], view: View) -> bool:
    operator = test.operator
    if operator == "is":
        return _is(test.wants[0].value, nodes)
    if operator in CLOCK:
        return any(_by_clock(operator, value, test.wants[0].value, view) for value in values)
    wanted = _wanted(test.wants, view)
    if wanted is None:
        return True
    if operator in ORDERING:
        return _compared(operator, values, [want for _, want in wanted], view)
    if test.prefixes or test.zeros:
        values = [_folded(value, test) for value in values]
        wanted = [(exact, _folded(want, test)) for exact, want in wanted]
    found = any((same_value if exact else same_word)(value, want) for value in values for exact, want in wanted)
    return found is not (operator == "not")


def _wanted(wants: tuple[Want, ...], view: View) -> list[tuple[bool, Any]] | None:
    """(whether it came by a path, the value) of each; None when an input was not given."""
    found: list[tuple[bool, Any]] = []
    for want in wants:
        if want.kind == "path":
            found += [(True, value) for value in view.values(want.value)]
        elif want.kind == "input":
            value = view.given(want.value)
            if value is None:
                return None
            found.append((False, text_of(value)))
        else:
            found.append((False, want.value))
    return found


def _folded(value: Any, test: Test) -> str:
    text = text_of(value)
    for prefix in test.prefixes:
        if prefix and text.casefold().startswith(prefix.casefold()):
            text = text[len(prefix) :].strip()
            break
    return (text.lstrip("0") or "0") if test.zeros and text else text


def _is(presence: str, nodes: list[Any]) -> bool:
    if presence == "missing":
        return not nodes
    if presence == "null":
        return any(node is None for node in nodes)
    if presence == "empty":
        return any(isinstance(node, (str, list, dict)) and not node for node in nodes)
    present = any(node is not None and not (isinstance(node, (str, list, dict)) and not _solid(node)) for node in nodes)
    return present is (presence == "present")


def _solid(node: str | list[Any] | dict[str, Any]) -> bool:
    return bool(node.strip()) if isinstance(node, str) else bool(node)


def instant(value: Any, zone: tzinfo | None) -> datetime | None:
    """The moment that ISO text says; without offset it is in the zone, or in UTC where none is known."""
    text = text_of(value)
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(",", ".").upper().replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone or UTC)


def _by_clock(operator: str, value: Any, span: timedelta, view: View) -> bool:
    moment = instant(value, view.zone)
    if moment is None:
        view.doubt("not a date, so its age is unknown", "compare a field that holds a date", "not_comparable")
        return False
    age = view.now - moment
    return age > span if operator == "older_than" else abs(age) <= span


def _compared(operator: str, values: list[Any], wanted: list[Any], view: View) -> bool:
    for value in values:
        for want in wanted:
            one: Any = instant(value, view.zone)
            other: Any = instant(want, view.zone)
            if one is None or other is None:
                one, other = number(value), number(want)
            if one is None or other is None:
                how = "compare numbers with numbers, dates with dates"
                view.doubt("cannot be compared as asked", how, "not_comparable")
            elif _ordered(operator, one, other):
                return True
    return False


def _ordered(operator: str, one: Any, other: Any) -> bool:
    if operator == "over":
        return bool(one > other)
    if operator == "under":
        return bool(one < other)
    return bool(one >= other) if operator == "at_least" else bool(one <= other)
