"""What the samples of a merchant bear out: how often each field was there, and what may be expected of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Table
from typing import Any, NamedTuple

from workbench.catalogue import EXTRA, NAMES, catalogue
from workbench.orders import Result
from workbench.runtime import Mapping

ENOUGH_ORDERS = 3
"""Fewer orders than this bear nothing out."""

_BY_STATUS = ("shipped_at", "delivered_at", "carrier", "tracking_numbers", "shipments", "returns", "return_status")
"""What an order has or has not by its state, rather than by chance."""
_TOLD_STATUS = "unknown"


class Suggestion(NamedTuple):
    """An expectation that all samples bear out.

    Attributes:
        field: The business field.
        expect: What to write under `expect:`.
        orders: How many orders bear it out.
    """

    field: str
    expect: dict[str, Any]
    orders: int

    @property
    def text(self) -> str:
        """The suggestion as a line of the mapping file, and what it rests on."""
        if "when" in self.expect:
            words = ", ".join(self.expect["when"]["status"])
            rule = f"{self.field}: {{when: {{status: [{words}]}}}}"
        else:
            rule = f"{self.field}: {{always: true}}"
        return f"{rule}  # so in all {self.orders} orders of the samples"


def fields_seen(results: Iterable[Result]) -> dict[str, str]:
    """How often each field was present: `{"order_number": "12 of 12"}`, fields of rows by their dotted names."""
    counts: Counter[str] = Counter()
    total = 0
    for result in results:
        for order in result.orders:
            total += 1
            counts.update(list(_present(order.to_dict(), "")))
    return {field: f"{count} of {total}" for field, count in counts.items()}


def _present(record: Table[str, Any], prefix: str) -> dict[str, None]:
    names: dict[str, None] = {}
    for key, value in record.items():
        if key == "unavailable":
            continue
        names[f"{prefix}{key}"] = None
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, Table):
                names.update(_present(row, f"{prefix}{key}."))
    return names


def propose_expectations(mapping: Mapping, results: Iterable[Result]) -> list[Suggestion]:
    """Expectations of orders that every result bears out and the mapping does not state yet.

    A field that every order has is always expected; one that orders have by their state is expected in the states in
    which all of them have it, where other states do without. What the catalogue requires is expected anyway.
    """
    stated = mapping.file.data.get("expect") or {}
    rules = (mapping.file.data.get("records") or {}).get("order") or {}
    orders = [order.to_dict() for result in results for order in result.orders if order.record == "order"]
    if len(orders) < ENOUGH_ORDERS:
        return []
    suggestions = []
    for key, field in catalogue().records["order"].fields.items():
        if key not in rules or key in stated or field.required or field.kind in (EXTRA, NAMES):
            continue
        suggestion = _suggested(key, orders)
        if suggestion:
            suggestions.append(suggestion)
    return suggestions


def _suggested(key: str, orders: list[dict[str, Any]]) -> Suggestion | None:
    known = [order for order in orders if key not in order.get("unavailable", ())]
    having = [order for order in known if key in order]
    if len(having) < ENOUGH_ORDERS:
        return None
    if len(having) == len(known):
        return Suggestion(key, {"always": True}, len(known))
    if key not in _BY_STATUS:
        return None
    states = Counter(order.get("status", _TOLD_STATUS) for order in known)
    with_it = Counter(order.get("status", _TOLD_STATUS) for order in having)
    always = [status for status in with_it if with_it[status] == states[status] and status != _TOLD_STATUS]
    borne = sum(states[status] for status in always)
    if borne < ENOUGH_ORDERS:
        return None
    words = [word for word in catalogue().vocabularies["order"] if word in always]
    return Suggestion(key, {"when": {"status": words}}, borne)
