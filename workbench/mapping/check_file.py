"""The checks of a whole mapping file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from workbench.catalogue import DECIMAL, TEXT, TEXTS, TIME
from workbench.errors import Problem
from workbench.mapping.check_blocks import OWN_NAME, business_of, check_fields, inner_fields, top_records
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.check_connection import check_connection
from workbench.mapping.check_made import check_made
from workbench.mapping.check_operations import Use, check_operation
from workbench.mapping.check_rules import check_zone
from workbench.mapping.report import TOP, Report, Spot, listed, meant
from workbench.mapping.sight import Sight
from workbench.mapping.source import Place, shortened
from workbench.mapping.upgrade import FORMAT

KEYS = (
    "format", "merchant", "version", "note", "connection", "timezone", "operations", "records", "expect", "fields",
    "history", "waived", "evidence",
)  # fmt: skip
NEEDED = {"format": f"write format: {FORMAT} at the top", "merchant": "write the merchant's name"}
EXTRA_KEYS = ("label", "kind", "meaning", "note")
EXTRA_KINDS = (TEXT, TEXTS, DECIMAL, TIME)
HISTORY_KEYS = ("version", "date", "changes", "step", "reason", "by", "note")
WAIVED_KEYS = ("finding", "reason", "by", "date", "note")
EVIDENCE_KEYS = ("samples", "fields_seen", "confirmed", "note")

_MERCHANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_VERSION = re.compile(r"(?:(?:0|[1-9][0-9]{0,8})\.){2}(?:0|[1-9][0-9]{0,8})")


def check_data(data: Any, line: Callable[[Place], int | None] = lambda place: None) -> list[Problem]:
    """Every mistake in the data of a mapping file.

    Args:
        data: Plain data, in the newest format.
        line: The line of a place, where it is known.
    """
    report = Report(line)
    if not isinstance(data, dict):
        report.wrong(data, TOP, "a table", "write format:, merchant:, operations: and records:")
        return report.problems
    if not _check_format(report, data):
        return report.problems
    report.table(data, TOP, KEYS)
    for key, how in NEEDED.items():
        if key not in data:
            report.add(f"no {key}:", TOP, how, "needs_key")
    _check_head(report, data)
    _check_body(report, data)
    check_made(report, data)
    _check_tail(report, data)
    return report.problems


def _check_format(report: Report, data: Mapping[str, Any]) -> bool:
    """Checks the format; tells whether there is any point in reading on."""
    number, spot = data.get("format"), TOP.key("format")
    if "format" not in data:
        return True
    if isinstance(number, bool) or not isinstance(number, int) or number < FORMAT:
        report.add("no format of mapping files", spot, f"write format: {FORMAT}", "format")
    elif number > FORMAT:
        what = f"format {number} is newer than this package reads ({FORMAT})"
        report.add(what, spot, "update the package, or export the mapping with this one", "format")
        return False
    return True


def _check_head(report: Report, data: Mapping[str, Any]) -> None:
    merchant = data.get("merchant")
    if "merchant" in data and (not isinstance(merchant, str) or not _MERCHANT.fullmatch(merchant)):
        how = "use up to 64 letters, digits, - and _; it names a folder"
        report.add("no name for a merchant", TOP.key("merchant"), how, "bad_name")
    version = data.get("version")
    if "version" in data and (not isinstance(version, str) or not _VERSION.fullmatch(version)):
        report.add("no version", TOP.key("version"), "write three numbers, such as 1.2.0", "bad_version")
    if "note" in data:
        report.text(data["note"], TOP.key("note"))
    if "timezone" in data:
        check_zone(report, data["timezone"], TOP.key("timezone"))
    if "connection" in data:
        check_connection(report, data["connection"], TOP.key("connection"), merchant)


# ---------------------------------------------------------------- operations and records


def _check_body(report: Report, data: Mapping[str, Any]) -> None:
    records = _records(report, data)
    operations = {}
    if "operations" not in data:
        report.add("no operations:", TOP, "add one, such as find_orders_by_email:", "needs_key")
    else:
        how = "add find_orders_by_email:"
        operations = report.table(data["operations"], TOP.key("operations"), None, how, may_be_empty=True) or {}
    uses = [
        use
        for name, body in operations.items()
        if (use := check_operation(report, name, body, TOP.key("operations", name), records, data.get("merchant")))
    ]
    for name, fields in records.items():
        sight = _sight_of([use for use in uses if use.record == name])
        check_fields(report, fields, TOP.key("records", name), sight, name, may_be_empty=True)
    if "expect" in data:
        _check_expect(report, data["expect"], records)


def _records(report: Report, data: Mapping[str, Any]) -> dict[str, Any]:
    """The records that can be checked: those that the catalogue knows."""
    if "records" not in data:
        report.add("no records:", TOP, "add order: with a rule for each field", "needs_key")
        return {}
    known = tuple(top_records())
    how = "add order: with a rule for each field"
    found = report.table(data["records"], TOP.key("records"), None, how, may_be_empty=True) or {}
    for name in found:
        if name not in known:
            how = f"one of {listed(known)}" + meant(name, known)
            report.add(f"no such record {shortened(name)!r}", TOP.key("records", name), how, "unknown_record")
    return {name: fields for name, fields in found.items() if name in known}


def _sight_of(uses: list[Use]) -> Sight:
    """What the rules of a record can see: what any operation that uses it has; where it lacks that, it is unknown."""
    if not uses:
        return Sight(names=None, ups=1)
    names = frozenset().union(*(use.names for use in uses))
    inputs = [use.inputs for use in uses]
    known = None if None in inputs else frozenset().union(*(names for names in inputs if names is not None))
    return Sight(names, ups=max(use.levels for use in uses) - 1, inputs=known)


def _check_expect(report: Report, expect: Any, records: Mapping[str, Any]) -> None:
    """Checks what is expected of the records; a field counts when any record of the file has a rule for it."""
    parts = [business_of(inner_fields(fields), name, f"records.{name}") for name, fields in records.items()]
    fields = frozenset().union(*(part.fields for part in parts))
    ruled = frozenset().union(*(part.ruled for part in parts))
    whose = next((name for name in records if name == "order"), next(iter(records), "order"))
    business = business_of({}, "", f"records.{whose}")._replace(fields=fields, ruled=ruled)
    side = Side(paths=False, business=business)
    for name, body in (report.table(expect, TOP.key("expect"), None, "write {FIELD: {always: true}}") or {}).items():
        spot = TOP.key("expect", name)
        if name not in ruled and name in fields:
            how = f"add a rule for it to {business.record}"
            report.add(f"{name!r}: a business field without a rule", spot, how, "field_without_rule")
        elif name not in ruled:
            report.add("no such field", spot, OWN_NAME + meant(name, fields), "no_such_field")
        table = report.table(body, spot, ("when", "always"), "write {when: CONDITIONS} or {always: true}")
        if table is None:
            continue
        if len(table) > 1:
            report.add("when: and always: together", spot, "keep one of them", "conflict")
        if "always" in table:
            report.flag(table["always"], spot.key("always"), only_true=True)
        if "when" in table:
            check_conditions(report, table["when"], spot.key("when"), Sight(item=False), side)


# ---------------------------------------------------------------- what stands around them


def _check_tail(report: Report, data: Mapping[str, Any]) -> None:
    if "fields" in data:
        _check_extras(report, data["fields"], TOP.key("fields"))
    for key, known in (("history", HISTORY_KEYS), ("waived", WAIVED_KEYS)):
        if key in data:
            _check_entries(report, data[key], TOP.key(key), known)
    if "evidence" in data:
        spot = TOP.key("evidence")
        table = report.table(data["evidence"], spot, EVIDENCE_KEYS) or {}
        if "samples" in table and not isinstance(table["samples"], list):
            report.wrong(table["samples"], spot.key("samples"), "a list")
        for key in ("fields_seen", "confirmed"):
            if key in table and not isinstance(table[key], dict):
                report.wrong(table[key], spot.key(key), "a table")


def _check_extras(report: Report, extras: Any, spot: Spot) -> None:
    for name, body in (report.table(extras, spot, None, "write {NAME: {label: ..., kind: text}}") or {}).items():
        at = spot.key(name)
        table = report.table(body, at, EXTRA_KEYS)
        for key, value in (table or {}).items():
            if key == "kind":
                report.word(value, at.key(key), EXTRA_KINDS)
            elif key in EXTRA_KEYS:
                report.text(value, at.key(key))


def _check_entries(report: Report, entries: Any, spot: Spot, known: tuple[str, ...]) -> None:
    """Checks the entries of `history` or `waived`: lists of tables of texts."""
    if entries == []:
        return
    for index, entry in enumerate(report.items(entries, spot) or ()):
        at = spot.key(index)
        for key, value in (report.table(entry, at, known) or {}).items():
            if key == "changes":
                for number, line in enumerate(report.items(value, at.key(key)) or ()):
                    report.text(line, at.key(key, number), "say what changed")
            elif key == "version":
                if not isinstance(value, str) or not _VERSION.fullmatch(value):
                    report.add("no version", at.key(key), "write three numbers, such as 1.2.0", "bad_version")
            elif key == "date":
                _check_date(report, value, at.key(key))
            elif key in known:
                report.text(value, at.key(key))
        needed = "finding" if "finding" in known else "version"
        if isinstance(entry, dict) and entry and needed not in entry:
            report.add(f"an entry without {needed}:", at, f"add {needed}:", "needs_key")
        if needed == "finding" and isinstance(entry, dict) and entry and "reason" not in entry:
            report.add("waived without a reason:", at, "say why", "needs_key")


def _check_date(report: Report, value: Any, spot: Spot) -> None:
    try:
        date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        report.add("no date", spot, "write it as 2026-01-31", "bad_date")
