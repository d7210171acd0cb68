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
COMPARISONS = ("is", "not", "over", "under", "at_least", "at_most", "within", "older_than", *PRESENCE)
"""The comparisons of a row, as they are offered."""


def cases_of(rows: Sequence[Any], path: Callable[[str], str]) -> list[dict[str, Any]]:
    """The cases that a table says, in its order.

    Args:
        rows: Each `(field, comparison, value, result)`, or a table with these keys; `{"when": CONDITIONS, "then": X}`
            says several conditions at once. A row of nothing but its result, the last, is what holds otherwise.
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
        when = {path(left): _right(right, path) for left, right in dict(row.get("when") or {}).items()}
        return {"when": when, "then": row["then"]} if when else {"then": row["then"]}
    if isinstance(row, Mapping):
        unknown = set(row) - {"field", "comparison", "value", "result"}
        if unknown or "result" not in row:
            raise UsageError(f"row {number}: a row has field, comparison, value and result")
        parts = [row.get("field", ""), row.get("comparison", ""), row.get("value", ""), row["result"]]
    elif isinstance(row, (list, tuple)) and len(row) in (1, 4):
        parts = list(row) if len(row) == 4 else ["", "", "", row[0]]
    else:
        raise UsageError(f"row {number}: a row has field, comparison, value and result, or a result alone")
    field, comparison, value, result = parts
    if not isinstance(field, str) or not isinstance(comparison, str):
        raise UsageError(f"row {number}: field and comparison are texts")
    if not field.strip():
        return {"then": result}
    return {"when": {path(field.strip()): _expected(comparison.strip(), value, number, path)}, "then": result}


def _expected(comparison: str, value: Any, number: int, path: Callable[[str], str]) -> Any:
    word = _SIGNS.get(comparison.casefold(), comparison.casefold())
    if word in PRESENCE:
        return {"is": word}
    if word in _EQUAL:
        return {"is": value} if value in PRESENCE and comparison else _right(value, path)
    if word not in OPERATORS or word in ("is", "value"):
        raise UsageError(f"row {number}: no comparison {comparison!r} - one of {', '.join(COMPARISONS)}")
    if value in ("", None):
        raise UsageError(f"row {number}: {comparison} needs a value")
    return {word: _right(value, path)}


def _right(value: Any, path: Callable[[str], str]) -> Any:
    return path(value) if is_path_word(value) and str(value).startswith("$") else value
