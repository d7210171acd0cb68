"""The checks of how a merchant may be called: how fast, how often again, and what is kept of its answers."""

from __future__ import annotations

from typing import Any

from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.report import Report, Spot
from workbench.mapping.sight import Sight

PACING = ("rate", "retries", "cache")
RATE_KEYS = ("per_second", "burst", "concurrency", "note")
RETRY_KEYS = ("max", "wait_s", "statuses", "when", "note")
CACHE_KEYS = ("entries", "note")
CONCURRENCY, TRIES, ENTRIES = 50, 10, 100_000


def check_pacing(report: Report, connection: dict[str, Any], spot: Spot) -> None:
    """Checks `rate:`, `retries:` and `cache:` of a connection."""
    if "rate" in connection:
        _check_rate(report, connection["rate"], spot.key("rate"))
    if "retries" in connection:
        _check_retries(report, connection["retries"], spot.key("retries"))
    if "cache" in connection:
        at = spot.key("cache")
        table = report.table(connection["cache"], at, CACHE_KEYS, "write {entries: 200}, or leave it out") or {}
        if table and "entries" not in table:
            report.add("cache without entries:", at, "say how many answers are kept", "needs_key")
        elif table:
            _between(report, table["entries"], at.key("entries"), 1, ENTRIES)
        _note(report, table, at)


def _check_rate(report: Report, rate: Any, spot: Spot) -> None:
    table = report.table(rate, spot, RATE_KEYS, "write {per_second: 5, burst: 10, concurrency: 4}") or {}
    if "per_second" in table:
        _above(report, table["per_second"], spot.key("per_second"), 10_000)
    if "burst" in table:
        report.count(table["burst"], spot.key("burst"))
        if "per_second" not in table:
            report.add("burst: without per_second:", spot.key("burst"), "add per_second:", "needs_key")
    if "concurrency" in table:
        _between(report, table["concurrency"], spot.key("concurrency"), 1, CONCURRENCY)
    _note(report, table, spot)


def _check_retries(report: Report, retries: Any, spot: Spot) -> None:
    how = "write {max: 2, wait_s: 0.5, statuses: [429, 503]}; max: 0 switches them off"
    table = report.table(retries, spot, RETRY_KEYS, how) or {}
    if "max" in table:
        _between(report, table["max"], spot.key("max"), 0, TRIES)
    if "wait_s" in table:
        _above(report, table["wait_s"], spot.key("wait_s"), 60)
    if "statuses" in table:
        at = spot.key("statuses")
        for index, status in enumerate(report.items(table["statuses"], at, "list statuses, such as [429, 503]") or ()):
            _between(report, status, at.part(index), 400, 599)
    if "when" in table:
        sight = Sight(names=frozenset(), inputs=frozenset())
        check_conditions(report, table["when"], spot.key("when"), sight, Side(answer=True))
    _note(report, table, spot)


def _between(report: Report, value: Any, spot: Spot, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        report.wrong(value, spot, "a whole number")
    elif not least <= value <= most:
        report.add("a number out of range", spot, f"from {least} to {most}", "out_of_range")


def _above(report: Report, value: Any, spot: Spot, most: int) -> None:
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        report.wrong(value, spot, "a number")
    elif not 0 < value <= most:
        report.add("a number out of range", spot, f"above 0, at most {most}", "out_of_range")


def _note(report: Report, table: dict[str, Any], spot: Spot) -> None:
    if "note" in table:
        report.text(table["note"], spot.key("note"))
