"""Which calls of an operation are made for each order: those that say so, and those that need an order's own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.paths import PathError, compile_path, is_path

MAIN = "main"
ORDER = "order"


def call_name(call: Mapping[str, Any], index: int) -> str:
    """The name of a call; the first is `main` unless it has one."""
    name = call.get("name")
    return name if isinstance(name, str) and name else MAIN if index == 0 else f"call{index + 1}"


def calls_per_order(calls: Sequence[Any]) -> frozenset[str]:
    """The names of the calls that are made for each order, by what their `for_each` says.

    for_each: order                    once for each order
    for_each: "@.shipment_ids"         for each of these nodes of each order
    for_each: "shipments:$.rows"       for each of these nodes, of each order where `shipments` is made per order
    """
    names: set[str] = set()
    for index, call in enumerate(calls):
        said = call.get("for_each") if isinstance(call, Mapping) else None
        if isinstance(said, str) and _of_order(said, names):
            names.add(call_name(call, index))
    return frozenset(names)


def _of_order(said: str, per_order: set[str]) -> bool:
    if said == ORDER:
        return True
    try:
        path = compile_path(said) if is_path(said) else None
    except PathError:
        return False
    return path is not None and (path.root != "$" or path.name in per_order)
