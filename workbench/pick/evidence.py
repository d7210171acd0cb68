"""What stands around a place in the samples, and may tell how its values are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from workbench.paths import element_value, is_number, quote_name

_MOST_LEAVES = 2000
_DEEPEST = 8
_SOME = 60


class Seen(NamedTuple):
    """One value of a place.

    Attributes:
        value: The scalar.
        holder: The object that holds it.
        order: The order's own node, or whatever repeats around the value.
        fetched: When its sample was taken.
        by_header: Whether that is what the answer's own Date header said.
    """

    value: Any
    holder: Any = None
    order: Any = None
    fetched: datetime | None = None
    by_header: bool = False

    @property
    def beside(self) -> dict[str, Any]:
        """The scalars of the object that holds it, by key."""
        return own_scalars(self.holder)


class Evidence:
    """The values of a place, with what stands around them.

    Args:
        seen: The values.
        zone: The mapping's time zone; empty where it has none.
    """

    def __init__(self, seen: Sequence[Seen] = (), zone: str = "") -> None:
        self.seen, self.zone = seen, zone
        self._leaves: dict[int, dict[str, list[Any]]] = {}

    def without(self, values: set[str], text: Any) -> Evidence:
        """The same without some values; `text` makes the text of one."""
        return Evidence([each for each in self.seen if text(each.value) not in values], self.zone)

    def leaves(self, seen: Seen) -> dict[str, list[Any]]:
        """The scalars of the order that a value stands in, by their place in it."""
        key = id(seen.order)
        if key not in self._leaves:
            found: dict[str, list[Any]] = {}
            for count, (place, value) in enumerate(_walk(seen.order, "", 0)):
                if count == _MOST_LEAVES:
                    break
                found.setdefault(place, []).append(value)
            self._leaves[key] = found
        return self._leaves[key]

    @cached_property
    def places(self) -> dict[str, list[tuple[Seen, list[Any]]]]:
        """Every place of the orders, each with some of the values seen whose order has it."""
        found: dict[str, list[tuple[Seen, list[Any]]]] = {}
        for each in self.seen[:: max(1, len(self.seen) // _SOME)]:
            for place, values in self.leaves(each).items():
                found.setdefault(place, []).append((each, values))
        return found

    def rows(self, seen: Seen) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The lists of the order, each with its place and its rows' scalars."""
        yield from _rows(seen.order, "", 0)


def own_scalars(node: Any) -> dict[str, Any]:
    """The scalars that an object has itself, by key."""
    if not isinstance(node, dict):
        return {}
    found = ((key, element_value(value)) for key, value in node.items())
    return {key: value for key, value in found if isinstance(value, (str, bool)) or is_number(value)}


def _walk(node: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _walk(value, place + quote_name(key), depth + 1)
    elif isinstance(node, list):
        for member in node:
            yield from _walk(member, f"{place}[*]", depth + 1)
    elif isinstance(node, (str, bool)) or is_number(node):
        yield place, node


def _rows(node: Any, place: str, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if depth > 4:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _rows(value, place + quote_name(key), depth + 1)
    elif isinstance(node, list) and node and all(isinstance(member, dict) for member in node):
        yield place, [_deep_scalars(member) for member in node]


def _deep_scalars(row: dict[str, Any]) -> dict[str, Any]:
    """The scalars of a row, and those of the objects in it: a price is often `{"amount": ..., "currency": ...}`."""
    found = own_scalars(row)
    for key, value in row.items():
        found |= {f"{key}.{inner}": scalar for inner, scalar in own_scalars(value).items()}
    return found
