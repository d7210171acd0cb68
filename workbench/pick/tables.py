"""A small table of field, comparison, value and result -> the `cases` of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.conditions import OPERATORS, PRESENCE
from workbench.errors import UsageError
from workbench.paths import is_path_word

_EQUAL = ("", "=", "==", "is", "equals")
_SIGNS = {">": "over", "<": "under", ">=": "at_least", "<=": "at_most", "!=": "not", "≥": "at_least", "≤": "at_most",
          "more than": "over", "less than": "under", "at least": "at_least", "at most": "at_most", "is not": "not",
          "older than": "older_than"}  # fmt: skip
COMPARISONS = ("is", "not", "over", "under", "at_least", "at_most", "within", "older_than", *PRESENCE, "value")
"""The comparisons of a row, as they are offered."""


def cases_of(rows: Sequence[Any], path: Callable[[str], str]) -> list[dict[str, Any]]:
    """The cases that a table says, in its order.

    Args:
        rows: Each `(field, comparison, value, result)`, or a table with these keys; `{"when": CONDITIONS, "then": X}`
            says several conditions at once, as the file has them or as `(field, comparison, value)`. A row of nothing
            but its result, the last, is what holds otherwise.
        path: A path of the language for what stands as field, or as a value that is a node.

    Raises:
        UsageError: A row says nothing, or cannot be understood.
    """
    if not rows or isinstance(rows, (str, Mapping)):
        raise UsageError("no rows - each says (field, comparison, value, result), the last may be a result alone")
    found = []
    for number, row in enumerate(rows, 1):
        case = _case(row, number, path)
        if "when" not in case and number < len(rows):
            raise UsageError(f"row {number} has no field, so what follows is never reached - put it last")
        found.append(case)
    return found


def _case(row: Any, number: int, path: Callable[[str], str]) -> dict[str, Any]:
    if isinstance(row, Mapping) and ("then" in row or "when" in row):
        if "then" not in row or set(row) - {"when", "then"}:
            raise UsageError(f"row {number}: write {{'when': CONDITIONS, 'then': RESULT}}")
        when = _when(row.get("when") or {}, number, path)
        then = _right(row["then"], path)
        return {"when": when, "then": then} if when else {"then": then}
    if isinstance(row, Mapping):
        unknown = set(row) - {"field", "comparison", "value", "result"}
        if unknown or "result" not in row:
            raise UsageError(f"row {number}: a row has field, comparison, value and result")
        parts = [row.get("field", ""), row.get("comparison", ""), row.get("value", ""), row["result"]]
    elif isinstance(row, (list, tuple)) and len(row) in (1, 4):
        parts = list(row) if len(row) == 4 else ["", "", "", row[0]]
    else:
        raise UsageError(f"row {number}: a row has field, comparison, value and result, or a result alone")
    *condition, result = parts
    when = _when([condition], number, path) if str(condition[0]).strip() else {}
    return {"when": when, "then": _right(result, path)} if when else {"then": _right(result, path)}


def _when(said: Any, number: int, path: Callable[[str], str]) -> dict[str, Any]:
    """The conditions of a row: a table of the language, or `(field, comparison, value)` several times."""
    if isinstance(said, Mapping):
        return {path(left): _right(right, path) for left, right in said.items()}
    found: dict[str, Any] = {}
    for condition in said:
        if not isinstance(condition, (list, tuple)) or len(condition) != 3:
            raise UsageError(f"row {number}: a condition is (field, comparison, value)")
        field, comparison, value = condition
        if not isinstance(field, str) or not isinstance(comparison, str):
            raise UsageError(f"row {number}: field and comparison are texts")
        if not field.strip():
            raise UsageError(f"row {number} compares nothing - give a field, or a node of the tree")
        left, expected = path(field.strip()), _expected(comparison.strip(), value, number, path)
        found[left] = expected if left not in found else _both(found[left], expected, number)
    return found


def _both(one: Any, other: Any, number: int) -> dict[str, Any]:
    """Two expectations of the same field, as one table."""
    tables = [each if isinstance(each, Mapping) else {"value": each} for each in (one, other)]
    words = [each for table in tables for each in ([table["value"]] if "value" in table else [])]
    if tables[0].keys() & tables[1].keys() or any(is_path_word(each) or isinstance(each, list) for each in words):
        raise UsageError(f"row {number} compares the same field twice in the same way - write a row for each")
    return {**tables[0], **tables[1]}


def _expected(comparison: str, value: Any, number: int, path: Callable[[str], str]) -> Any:
    word = _SIGNS.get(comparison.casefold(), comparison.casefold())
    if word in PRESENCE:
        return {"is": word}
    if word in _EQUAL:
        if value is None:
            raise UsageError(f"row {number}: {comparison or 'is'} needs a value")
        return {"is": value} if value in PRESENCE and comparison else _right(value, path)
    if word not in OPERATORS or word == "is":
        raise UsageError(f"row {number}: no comparison {comparison!r} - one of {', '.join(COMPARISONS)}")
    if value in ("", None):
        raise UsageError(f"row {number}: {comparison} needs a value")
    return {word: value if word == "value" else _right(value, path)}


def _right(value: Any, path: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: inner if key == "value" else _right(inner, path) for key, inner in value.items()}
    if isinstance(value, list):
        return [_right(inner, path) for inner in value]
    return path(value) if is_path_word(value) and str(value).startswith("$") else value


def conditions_of(when: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """The conditions of a case as `(field, comparison, value)`, each with one comparison; the opposite of a row."""
    found: list[tuple[str, str, Any]] = []
    for left, expected in when.items():
        for word, wanted in expected.items() if isinstance(expected, Mapping) else [("", expected)]:
            if word == "is":
                found.append((left, "null" if wanted is None else str(wanted), ""))
            else:
                found.append((left, word or "is", wanted))
    return found
