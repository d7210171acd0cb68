"""How often each field is there in each operation's answers: what a list answer lacks that the detail answer has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.pick import Trial, values_of

Orders = Sequence[Mapping[str, Any]]


class Lack(NamedTuple):
    """That one operation's answers never have what another's have.

    Attributes:
        operation: The one that lacks it.
        other: The one that has it.
        fields: What is lacking; a list or an object as a whole where nothing of it is there.
    """

    operation: str
    other: str
    fields: tuple[str, ...]


def orders_of(trials: Mapping[str, Trial]) -> dict[str, list[Mapping[str, Any]]]:
    """The orders that each operation gives on its samples, as `to_dict` gives them."""
    return {name: [order for orders in trial.records for order in orders] for name, trial in trials.items()}


def presence(trials: Mapping[str, Trial], fields: Iterable[str]) -> list[dict[str, str]]:
    """A row for each field: in how many records it has a value, `11/12`, by operation; `-` where there is no record."""
    rows = []
    for field in fields:
        row = {"field": field}
        for name, trial in trials.items():
            filled, total = trial.filled(field)
            row[name] = f"{filled}/{total}" if total else "-"
        rows.append(row)
    return rows


def lacking(orders: Mapping[str, Orders], fields: Sequence[str]) -> list[Lack]:
    """What an operation never gives though another does; on the same orders, where samples have any in common."""
    found = []
    for name, own in orders.items():
        for other, others in orders.items():
            if other == name or not own or not others:
                continue
            numbers = {order.get("order_number") for order in own} - {None}
            common = [order for order in others if order.get("order_number") in numbers]
            lacks = [
                field for field in fields if not _has(own, field) and _has(common if common else others, field)
            ]  # fmt: skip
            if lacks:
                found.append(Lack(name, other, tuple(_together(lacks, own))))
    return found


def _has(orders: Orders, field: str) -> bool:
    return any(values_of(order, field) for order in orders)


def _together(fields: Sequence[str], own: Orders) -> list[str]:
    """Fields of a list or an object that is wholly missing, as that one name."""
    told = [field.partition(".")[0] if not any(order.get(field.partition(".")[0]) for order in own) else field
            for field in fields]  # fmt: skip
    return list(dict.fromkeys(told))
