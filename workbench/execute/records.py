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
    """The record of one item by interpretation; empty when its rules find nothing.

    A constant is no find. Fields alone have no item that could be missing, so they may hold nothing else.
    """
    values: Record = {}
    for field in block.fields:
        if field.block is not None:
            value = block_value(field, field.block, scope, run, make_record)
        else:
            value = FieldRun(field, scope, run).value()
        if value is not None:
            store(field, value, values, scope)
    if not scope.found and not block.inline:
        return {}
    if block.gathers:
        gather(values)
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
            scope.found = scope.found or item.found
    return rows


def lift(reports: list[Report], scope: Scope, place: str) -> None:
    """Hands the problems of an inner record to the record around it."""
    for report in reports:
        inner = f"{place}.{report.place}" if report.place else place
        scope.report(report._replace(place=inner))


# ---------------------------------------------------------------- what an order takes from its parts

NEWEST = "created_at"


def gather(order: Record) -> None:
    """Fills what the order does not say itself from its shipments, lines and returns."""
    shipments = order.get("shipments")
    if "tracking_numbers" not in order:
        numbers = numbers_of(shipments, order.get("lines"))
        if numbers is not None:
            order["tracking_numbers"] = numbers
    if "carrier" not in order:
        _take(order, "carrier", *carrier_of(shipments))
    if returns := order.get("returns"):
        newest = newest_of(returns)
        if "return_tracking_number" not in order and "tracking_number" in newest:
            order["return_tracking_number"] = newest["tracking_number"]
        if "return_status" not in order:
            _take(order, "return_status", newest.get("status"), newest.get("status_raw"))


def _take(order: Record, key: str, ours: str | None, raw: str | None) -> None:
    if ours is not None:
        order[key] = ours
        if raw is not None:
            order.setdefault(f"{key}_raw", raw)


def numbers_of(shipments: list[Record] | None, lines: list[Record] | None) -> list[str] | None:
    """The tracking numbers of shipments, then of lines, each once."""
    numbers = [row["tracking_number"] for row in shipments or () if "tracking_number" in row]
    for row in lines or ():
        if "tracking_numbers" in row:
            numbers += row["tracking_numbers"]
    return list(dict.fromkeys(numbers)) if len(numbers) > 1 else numbers or None


def carrier_of(shipments: list[Record] | None) -> tuple[str | None, str | None]:
    """The carrier of the first shipment that has one: our word and theirs."""
    for row in shipments or ():
        if "carrier" in row:
            return row["carrier"], row.get("carrier_raw")
    return None, None


def newest_of(returns: list[Record]) -> Record:
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
