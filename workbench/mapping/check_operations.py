"""The checks of operations: inputs, calls, the place of the orders, and the check after the search."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.mapping.check_blocks import ORDERS_KEYS, business_of, check_inside, inner_fields
from workbench.mapping.check_calls import IDENTIFIER, Calls, check_calls
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.check_templates import Secrets
from workbench.mapping.report import TOP, Report, Spot
from workbench.mapping.sight import Sight, check_place
from workbench.mapping.source import shortened

OPERATION_KEYS = ("inputs", "calls", "orders", "verify", "note")
KNOWN_INPUTS = {"find_orders_by_email": "email", "find_order_by_number": "number"}
"""The finds that everyone knows, with what they are asked for."""

ALLOW_WAIVED = "WORKBENCH_ALLOW_WAIVED"

_OPERATION = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)


class Use(NamedTuple):
    """How an operation uses its record."""

    operation: str
    record: str
    names: frozenset[str]
    inputs: frozenset[str] | None
    levels: int


def check_operation(
    report: Report, name: str, body: Any, spot: Spot, records: Mapping[str, Any], merchant: Any
) -> Use | None:
    """Checks an operation; tells how it uses its record, or None where that cannot be said."""
    if not _OPERATION.fullmatch(name):
        report.add("a name that cannot be an operation's", spot, "use letters, digits and _", "bad_name")
    table = report.table(body, spot, OPERATION_KEYS, "write calls: and orders:", may_be_empty=True)
    if table is None:
        return None
    if "note" in table:
        report.text(table["note"], spot.key("note"))
    inputs = _inputs(report, name, table, spot)
    item, levels = _item_sight(table, inputs)
    calls = check_calls(report, table, spot, item, Secrets(merchant))
    return _check_orders(report, name, table, spot, records, calls, Sight(inputs=inputs, ups=levels), merchant)


def _inputs(report: Report, name: str, body: Mapping[str, Any], spot: Spot) -> frozenset[str] | None:
    """The inputs that the operation may use: declared or its own; None where it may use any."""
    own = {KNOWN_INPUTS[name]} if name in KNOWN_INPUTS else set()
    if "inputs" not in body:
        return frozenset(own) or None
    names = report.items(body["inputs"], spot.key("inputs"), "list their names, such as [phone]") or []
    for index, one in enumerate(names):
        at = spot.key("inputs", index)
        if isinstance(one, str) and not IDENTIFIER.fullmatch(one):
            report.add("a name that cannot be an input's", at, "use letters, digits and _", "bad_name")
        elif not isinstance(one, str):
            report.wrong(one, at, "a name")
        elif one in names[:index]:
            report.add("an input that is listed twice", at, "list it once", "twice")
    return frozenset(own | {one for one in names if isinstance(one, str)})


def _item_sight(body: Mapping[str, Any], inputs: frozenset[str] | None) -> tuple[Sight, int]:
    """What a call for each order sees from the raw item, and how many levels in the orders are."""
    orders = body.get("orders")
    orders = orders if isinstance(orders, dict) else {}
    levels = check_place(Report(lambda place: None), orders.get("each", "$"), TOP, Sight(names=None))
    names = frozenset(["rows"]) if "group_by" in orders else frozenset()
    return Sight(names=names, ups=levels - 1, inputs=inputs), levels


# ---------------------------------------------------------------- orders and the check after the search


def _check_orders(
    report: Report,
    name: str,
    body: Mapping[str, Any],
    spot: Spot,
    records: Mapping[str, Any],
    calls: Calls,
    sight: Sight,
    merchant: Any,
) -> Use | None:
    """Checks `orders:` and `verify:` of an operation."""
    at = spot.key("orders")
    orders = _orders_table(report, body, at)
    if orders is None:
        return None
    record = _record(report, orders, at, records)
    root = Sight(names=frozenset(calls.names), inputs=sight.inputs)
    why = "that call is made for each order, which is not known yet"
    early = root._replace(names=frozenset(calls.names) - calls.per_order)
    early = early.hiding(calls.per_order, why, "use it in the rules, or in with:")
    if "each" in orders:
        check_place(report, orders["each"], at.key("each"), early)
    fields = inner_fields(records.get(record)) if record else {}
    business = business_of(fields, record, f"records.{record}" if record else "records")
    item = root._replace(ups=sight.ups - 1)
    inner = check_inside(report, orders, at, item, business, early._replace(ups=sight.ups))
    if "verify" in body:
        _check_verify(report, body["verify"], spot.key("verify"), inner, Side(business=business, verify=True), merchant)
    if not record or inner.names is None:
        return None
    return Use(name, record, inner.names, sight.inputs, sight.ups)


def _orders_table(report: Report, body: Mapping[str, Any], at: Spot) -> dict[str, Any] | None:
    """The place of the orders as a table; unsaid, the response is one order or a list of them."""
    orders = report.table(body["orders"], at) if "orders" in body else {"each": "$"}
    for key in orders or ():
        if key == "at":
            report.add("orders are a list", at.key("at"), "write each:", "conflict")
        elif key == "fields":
            report.add(
                "fields: under orders:", at.key("fields"), "the fields of orders stand under records:", "conflict"
            )
        elif key not in ORDERS_KEYS:
            report.unknown_key(key, at, ORDERS_KEYS)
    if orders is not None and "each" not in orders and "at" not in orders:
        report.add("orders without each:", at, 'say where one order stands, such as each: "$.orders"', "needs_key")
    return orders


def _record(report: Report, orders: Mapping[str, Any], spot: Spot, records: Mapping[str, Any]) -> str:
    """The record that the operation uses; empty where there is none of that name."""
    use, at = orders.get("use", "order"), spot.key("use")
    if not isinstance(use, str):
        report.wrong(use, at, "a name")
        return ""
    if use in records:
        return use
    report.add(f"no record {shortened(use)!r}", at, f"add records.{shortened(use)}", "unknown_record")
    return ""


def _check_verify(report: Report, verify: Any, spot: Spot, sight: Sight, side: Side, merchant: Any) -> None:
    if not isinstance(verify, dict) or "waived" not in verify:
        check_conditions(report, verify, spot, sight, side)
        return
    if len(verify) > 1:
        report.add("waived: beside conditions", spot, "keep the conditions, or waive them", "conflict")
    report.text(verify["waived"], spot.key("waived"), "say why")
    allowed = {word.strip() for word in os.environ.get(ALLOW_WAIVED, "").split(",")}
    if not {"*", str(merchant)} & allowed:
        how = f"set {ALLOW_WAIVED}={merchant} where the deployment accepts unchecked orders"
        report.add("verify is waived", spot, how, "waived")
