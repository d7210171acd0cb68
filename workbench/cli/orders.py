"""Results as people read them: an order a block, its rows as tables below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.cli.output import Output
from workbench.orders import FAILED, FOUND, NONE, Result

_OVERVIEW = ("order_number", "status", "created_at", "amount", "carrier", "tracking_numbers", "customer_email")
_ROWS = {
    "lines": ("sku", "name", "quantity", "unit_price", "status", "tracking_numbers"),
    "shipments": ("id", "carrier", "tracking_number", "status", "shipped_at", "delivered_at"),
    "returns": ("id", "tracking_number", "status", "created_at", "refunded_amount"),
}
_SAID = {
    NONE: "no orders: the answer says that there are none",
    FAILED: "no orders: the answer could not be read",
}


def result_data(result: Result) -> dict[str, Any]:
    """A result as `--json` prints it: orders and problems first."""
    told = result.to_dict()
    return {key: told[key] for key in ("orders", "problems", "outcome", "mapping_version")}


def tell_result(output: Output, result: Result) -> None:
    """Prints orders and problems."""
    if output.as_json:
        output.data(result_data(result))
        return
    if result.outcome == FOUND:
        _tell_orders(output, [order.to_dict() for order in result.orders])
    elif result.withheld:
        output.line(f"no orders: {result.withheld} came that do not carry what was asked for")
    else:
        output.line(_SAID.get(result.outcome, "no orders"))
    if result.problems:
        output.line()
        output.line(f"{len(result.problems)} problem{'s' * (len(result.problems) != 1)}:")
        for problem in result.problems:
            output.line(f"  {problem.text}")


def _tell_orders(output: Output, orders: Sequence[Mapping[str, Any]]) -> None:
    columns = _OVERVIEW if any("order_number" in order for order in orders) else tuple(dict.fromkeys(
        key for order in orders for key, value in order.items() if not isinstance(value, dict)
    ))  # fmt: skip
    output.table(
        [_head(column) for column in columns], [[_cell(order, column) for column in columns] for order in orders]
    )
    for name, keys in _ROWS.items():
        rows = [
            [order.get("order_number") or order.get("id") or "", *(_cell(row, key) for key in keys)]
            for order in orders
            for row in order.get(name, ())
        ]
        if rows:
            output.line()
            output.table(["order", *map(_head, keys)], rows, title=name)
    output.line()
    output.line(f"{len(orders)} order{'s' * (len(orders) != 1)}")


def _head(key: str) -> str:
    return key.replace("_", " ")


def _cell(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key, "")
    if key == "status" and record.get("status_raw") and record["status_raw"] != value:
        return f"{value} ({record['status_raw']})"
    if key in ("amount", "unit_price") and record.get("currency"):
        return f"{value} {record['currency']}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
