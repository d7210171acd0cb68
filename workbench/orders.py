"""What comes out: orders and the other records, and the result that holds them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from workbench.catalogue import EXTRA, LIST, NAMES, OBJECT, TEXTS, catalogue
from workbench.errors import Problem


class Entity:
    """A record of business fields, read by attribute: `order.order_number`, `order.lines[0].sku`.

    What is unknown is `None`; a list that is unknown is empty. Every scalar is text, as `to_dict` gives it.
    """

    __slots__ = ("_values",)
    record: ClassVar[str] = ""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        known = catalogue().records[self.record].fields.get(key)
        if known is None:
            raise AttributeError(f"{type(self).__name__} has no field {key!r}")
        value = self._values.get(key)
        if known.kind == LIST:
            return [ENTITIES[known.record](row) for row in value or ()]
        if known.kind == OBJECT:
            return None if value is None else ENTITIES[known.record](value)
        if known.kind in (TEXTS, NAMES):
            return list(value or ())
        return dict(value or {}) if known.kind == EXTRA else value

    def __dir__(self) -> Iterator[str]:
        yield from super().__dir__()
        yield from catalogue().records[self.record].fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self.record == other.record and self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # holds lists

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(self._values)}>"  # names only: values are a customer's

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what is unknown is absent, keys in the order of the catalogue."""
        return copy.deepcopy(self._values)

    def peek(self) -> Mapping[str, Any]:
        """As `to_dict`, without a copy: for those who only look, at thousands of orders."""
        return self._values


class Address(Entity):
    """Where a parcel goes."""

    __slots__ = ()
    record = "address"


class Line(Entity):
    """One line of an order."""

    __slots__ = ()
    record = "line"


class Shipment(Entity):
    """One parcel, or what one carrier took."""

    __slots__ = ()
    record = "shipment"


class Return(Entity):
    """What comes back, or came back."""

    __slots__ = ()
    record = "return"


class TopLevel(Entity):
    """A record that a response holds in its own right, with the problems of its own."""

    __slots__ = ("problems",)

    def __init__(self, values: dict[str, Any], problems: tuple[Problem, ...] = ()) -> None:
        self._values = values
        self.problems = problems


class Order(TopLevel):
    """An order as a flow sees it."""

    __slots__ = ()
    record = "order"


class Tracking(TopLevel):
    """What a carrier says of a parcel."""

    __slots__ = ()
    record = "tracking"


class Refund(TopLevel):
    """Money that goes back."""

    __slots__ = ()
    record = "refund"


class Outcome(TopLevel):
    """What came of an action."""

    __slots__ = ()
    record = "outcome"


ENTITIES: Mapping[str, type[Entity]] = {
    kind.record: kind for kind in (Address, Line, Shipment, Return, Order, Tracking, Refund, Outcome)
}

TOP_LEVEL: Mapping[str, type[TopLevel]] = {kind.record: kind for kind in (Order, Tracking, Refund, Outcome)}

FOUND, NONE, WITHHELD, FAILED = "found", "none", "withheld", "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What a mapping made of an operation's answers.

    Attributes:
        outcome: `found`; `none`, the merchant has no such order; `withheld`, orders came and none carries what was
            asked for; `failed`, the answers could not be read.
        orders: The records, in the order of the response.
        problems: Everything that did not fit, with its place; an order's own are on the order as well.
        mapping_version: The version of the mapping that was used.
        withheld: How many orders the check after the search dropped.
        dropped: How many items `keep` dropped.
    """

    outcome: str
    orders: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    mapping_version: str | None = None
    withheld: int = 0
    dropped: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `workbench run --json` prints it."""
        return {
            "outcome": self.outcome,
            "orders": [order.to_dict() for order in self.orders],
            "problems": [problem.to_dict() for problem in self.problems],
            "mapping_version": self.mapping_version,
        }
