"""The records of a block, and what an order takes from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.catalogue import CARRIER, CURRENCY, LIST, STATUS
from workbench.conditions import holds
from workbench.execute.items import Spot, block_items, relate
from workbench.execute.rules import FieldRun
from workbench.execute.scope import Report, Run, Scope, ScopeView
from workbench.plan import Block, FieldPlan

Record = dict[str, Any]
Make = Callable[[Block, Scope, Run], Record]
"""Makes the record of one item; the interpreter and generated code are both of this shape."""


def make_record(block: Block, scope: Scope, run: Run) -> Record:
    """The record of one item by interpretation; empty when its rules all find nothing."""
    values: Record = {}
    for field in block.fields:
        if field.block is not None:
            found = block_value(field, field.block, scope, run, make_record)
        else:
            found = FieldRun(field, scope, run).value()
        if found is not None:
            store(field, found, values, scope)
    return {key: values[key] for key in block.keys if key in values}


def store(field: FieldPlan, found: Any, values: Record, scope: Scope) -> None:
    """Puts a field's value into the record; of a status or carrier our word and, unless it has a rule, theirs."""
    if field.kind in (STATUS, CARRIER):
        values[field.key] = found.ours
        if found.raw is not None:
            values.setdefault(field.raw, found.raw)
        return
    values[field.key] = found
    if field.kind == CURRENCY:
        scope.currency = found


def block_value(field: FieldPlan, block: Block, scope: Scope, run: Run, make: Make) -> Any:
    """What a list or object field holds: its records, or its one record, or None."""
    rows = block_rows(field.key, block, scope, run, make)
    if field.kind == LIST:
        return rows or None
    distinct = [row for index, row in enumerate(rows) if row not in rows[:index]]
    if len(distinct) > 1:
        Spot(scope, field.key).report(
            f"{len(distinct)} objects, took the first", "pick one by a filter", "several_objects"
        )
    return distinct[0] if distinct else None


def block_rows(key: str, block: Block, scope: Scope, run: Run, make: Make) -> list[Record]:
    """The records of a block, in order. One without any value makes no record; its problems are told all the same."""
    spot = Spot(scope, key)
    rows: list[Record] = []
    for item in block_items(block, scope, run, spot):
        if block.related:
            relate(block.related, item, run, spot)
        record = make(block, item, run)
        if record and block.keep_fields and not holds(block.keep_fields, ScopeView(run, item, item, "", record)):
            continue
        if item.reports:
            lift(item.reports, scope, f"{key}[{len(rows)}]" if record and block.many else key)
        if record:
            rows.append(record)
    return rows


def lift(reports: list[Report], scope: Scope, place: str) -> None:
    """Hands the problems of an inner record to the record around it."""
    for report in reports:
        inner = f"{place}.{report.place}" if report.place else place
        scope.report(report._replace(place=inner))


# ---------------------------------------------------------------- what an order takes from its parts

NEWEST = "created_at"


def gather(order: Record) -> bool:
    """Fills what the order does not say itself from its shipments, lines and returns; tells whether it added a key."""
    before = len(order)
    shipments, lines = order.get("shipments", ()), order.get("lines", ())
    if "tracking_numbers" not in order:
        numbers = [row["tracking_number"] for row in shipments if "tracking_number" in row]
        numbers += [number for row in lines for number in row.get("tracking_numbers", ())]
        if numbers:
            order["tracking_numbers"] = list(dict.fromkeys(numbers))
    if "carrier" not in order:
        row = next((row for row in shipments if "carrier" in row), None)
        if row is not None:
            _take(order, "carrier", row, "carrier")
    if returns := order.get("returns"):
        newest = _newest(returns)
        if "return_tracking_number" not in order and "tracking_number" in newest:
            order["return_tracking_number"] = newest["tracking_number"]
        if "return_status" not in order and "status" in newest:
            _take(order, "return_status", newest, "status")
    return len(order) > before


def _take(order: Record, key: str, row: Record, source: str) -> None:
    order[key] = row[source]
    if f"{source}_raw" in row:
        order.setdefault(f"{key}_raw", row[f"{source}_raw"])


def _newest(returns: list[Record]) -> Record:
    """The latest by its date when all have one, else the last listed."""
    from workbench.conditions import instant

    moments = [instant(row.get(NEWEST, ""), None) for row in returns]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(returns):
        return returns[-1]
    return returns[max(range(len(returns)), key=lambda index: (known[index], index))]


DERIVED: Mapping[str, tuple[str, ...]] = {
    "tracking_numbers": ("shipments", "shipments.tracking_number", "lines", "lines.tracking_numbers"),
    "carrier": ("shipments", "shipments.carrier"),
    "return_tracking_number": ("returns", "returns.tracking_number"),
    "return_status": ("returns", "returns.status"),
}


def unavailable_fields(block: Block, record: Record, failed: frozenset[str]) -> list[str]:
    """The fields that needed a failed call and are not there, by dotted name; derived fields whose sources are not."""
    names = _unavailable(block, record, failed, "")
    for key, sources in DERIVED.items():
        if key in block.keys and key not in record and key not in names and any(name in names for name in sources):
            names.append(key)
    return names


def _unavailable(block: Block, record: Record, failed: frozenset[str], prefix: str) -> list[str]:
    names = []
    for field in block.fields:
        if field.key not in record:
            if field.calls & failed:
                names.append(prefix + field.key)
        elif field.block is not None:
            held = record[field.key]
            for row in held if isinstance(held, list) else [held]:
                inner = _unavailable(field.block, row, failed, f"{prefix}{field.key}.")
                names += [name for name in inner if name not in names]
    return names
