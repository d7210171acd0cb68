"""A table of comparisons as it is typed: boxes of text in, rows of `Workbench.cases` out, and back again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.conditions import input_name
from workbench.errors import UsageError
from workbench.paths import is_path_word
from workbench.pick import conditions_of

OFFERED = (
    ("is", "is"), ("is one of", "is one of"), ("not", "is not"), ("none of", "is none of"), ("over", "is over"),
    ("at_least", "is at least"), ("under", "is under"), ("at_most", "is at most"), ("present", "has a value"),
    ("absent", "has no value"), ("missing", "has no such key"), ("null", "is null"), ("empty", "is empty"),
    ("within", "is within the last"), ("older_than", "is older than"), ("value", "is the word"),
)  # fmt: skip
"""The comparisons that a row of the form offers, with their words."""

ALONE = ("present", "absent", "missing", "null", "empty")
"""Those that need no value."""

_MANY = {"is one of": "is", "none of": "not"}
_PART = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)')


def typed_rows(rows: Sequence[Any]) -> list[Any]:
    """The rows for `Workbench.cases`; a row in which nothing is typed is left out.

    Args:
        rows: Each with `conditions` of `field`, `comparison` and `value`, and a `result`; all are texts.

    Raises:
        UsageError: A row is not whole.
    """
    found: list[Any] = []
    for number, row in enumerate(rows, 1):
        said = [each for each in row.get("conditions") or () if str(each.get("field") or "").strip()]
        result = str(row.get("result") or "").strip()
        untold = [each for each in row.get("conditions") or () if each not in said and str(each.get("value") or "")]
        if not said and not result and not untold and not row.get("otherwise"):
            continue
        if untold or (not said and not row.get("otherwise")):
            raise UsageError(f"row {number} compares nothing - type a field, or click its node in the tree")
        if not result:
            raise UsageError(f"row {number} has no result - say what the field then is")
        conditions = [_condition(each, number) for each in said]
        then = typed_value(result)
        if len(conditions) == 1:
            found.append((*conditions[0], then))
        else:
            found.append({"when": conditions, "then": then} if conditions else (then,))
    if not found:
        raise UsageError("the table is empty - type a comparison and its result")
    return found


def _condition(said: Mapping[str, Any], number: int) -> tuple[str, str, Any]:
    field, comparison = str(said["field"]).strip(), str(said.get("comparison") or "is")
    text = str(said.get("value") or "").strip()
    if comparison in ALONE:
        return field, comparison, ""
    if not text:
        raise UsageError(f"row {number} has no value to compare with - type one, or click its node in the tree")
    if comparison in _MANY:
        return field, _MANY[comparison], typed_list(text)
    return field, comparison, text if comparison in ("within", "older_than") else typed_value(text)


def number_of(said: Any) -> int | Decimal:
    """A number as it is typed.

    Raises:
        ValueError, ArithmeticError: It is none.
    """
    text = str(said).strip()
    if not text.removeprefix("-").replace(".", "", 1).isdecimal():
        raise ValueError("no number")
    return int(text) if text.removeprefix("-").isdecimal() else Decimal(text)


def typed_value(text: str) -> Any:
    """A value as it is typed: a number, true or false, null, a text; what stands in quotes is a text in any case."""
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        return re.sub(r"\\(.)", r"\1", plain[1:-1])
    if plain in ("true", "false"):
        return plain == "true"
    if plain == "null":
        return None
    try:
        number = number_of(plain)
    except (ValueError, ArithmeticError):
        return plain
    return number if str(number) == plain else plain  # 007 is an id


def typed_list(text: str) -> list[Any]:
    """Several values with commas between them; one that has a comma itself stands in quotes."""
    found, at = [], 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or match.end() == at:
            raise UsageError('a list is written as paid, done, "with, comma"')
        if match[1].strip():
            found.append(typed_value(match[1]))
        at = match.end()
    return found


def shown_value(value: Any) -> str:
    """A value of the file as it is typed; the opposite of `typed_value`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    text = str(value)
    if is_path_word(text) or input_name(text):
        return text
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    plain = typed_value(text) == text and text == text.strip() and not text.startswith('"')
    return text if plain and text else quoted


def shown_rows(rule: Any) -> list[dict[str, Any]]:
    """The rows of the form for a rule that has cases; none for any other."""
    rows: list[dict[str, Any]] = []
    for case in rule.get("cases") or () if isinstance(rule, Mapping) else ():
        conditions = [_shown_condition(*each) for each in conditions_of(case.get("when") or {})]
        rows.append({"conditions": conditions, "result": shown_value(case["then"]), "otherwise": not conditions})
    return rows


def _shown_condition(field: str, comparison: str, value: Any) -> dict[str, str]:
    if isinstance(value, list):
        many = {"is": "is one of", "not": "none of"}.get(comparison, comparison)
        return {"field": field, "comparison": many, "value": ", ".join(_shown_part(each) for each in value)}
    return {"field": field, "comparison": comparison, "value": "" if comparison in ALONE else shown_value(value)}


def _shown_part(value: Any) -> str:
    text = shown_value(value)
    return f'"{text}"' if "," in text and not text.startswith('"') else text
