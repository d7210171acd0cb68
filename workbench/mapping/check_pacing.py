"""The checks of how a merchant may be called: how fast, how often again, and what is kept of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.mapping.auth_fields import AuthField
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.connection_parts import PARTS
from workbench.mapping.report import Report, Spot
from workbench.mapping.sight import Sight

PACING = ("rate", "retries", "cache")
_HOW = {
    "rate": "write {per_second: 5, burst: 10, concurrency: 4}",
    "retries": "write {max: 2, wait_s: 0.5, statuses: [429, 503]}; max: 0 switches them off",
    "cache": "write {entries: 200}, or leave it out",
}


def check_pacing(report: Report, connection: dict[str, Any], spot: Spot) -> None:
    """Checks `rate:`, `retries:` and `cache:` of a connection."""
    for part in PACING:
        if part not in connection:
            continue
        at, fields = spot.key(part), PARTS[part].by_name
        table = report.table(connection[part], at, (*fields, "note"), _HOW[part]) or {}
        for name, field in fields.items():
            if name in table:
                _CHECKS[field.sort](report, table[name], at.key(name), field)
            elif field.required and table:
                report.add(f"{part} without {name}:", at, "say how many answers are kept", "needs_key")
        if part == "rate" and "burst" in table and "per_second" not in table:
            report.add("burst: without per_second:", at.key("burst"), "add per_second:", "needs_key")
        if "note" in table:
            report.text(table["note"], at.key("note"))


def _check_count(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if field.most is None:
        report.count(value, spot, field.least)
    elif isinstance(value, bool) or not isinstance(value, int):
        report.wrong(value, spot, "a whole number")
    elif not field.least <= value <= field.most:
        report.add("a number out of range", spot, f"from {field.least} to {field.most}", "out_of_range")


def _check_number(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        report.wrong(value, spot, "a number")
    elif not 0 < value <= (field.most or value):
        report.add("a number out of range", spot, f"above 0, at most {field.most}", "out_of_range")


def _check_statuses(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for index, status in enumerate(report.items(value, spot, "list statuses, such as [429, 503]") or ()):
        _check_count(report, status, spot.part(index), field)


def _check_told(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    check_conditions(report, value, spot, Sight(names=frozenset(), inputs=frozenset()), Side(answer=True))


_CHECKS: Mapping[str, Callable[[Report, Any, Spot, AuthField], None]] = {
    "conditions": _check_told,
    "count": _check_count,
    "number": _check_number,
    "statuses": _check_statuses,
}
