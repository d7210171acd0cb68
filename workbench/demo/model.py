"""What the demo merchant knows of an order, before one of its faces renders it."""

from __future__ import annotations

from typing import NamedTuple


class Customer(NamedTuple):
    """Someone with an account."""

    id: int
    first: str
    last: str
    email: str
    phone: str | None = None


class Line(NamedTuple):
    """One line of an order; `cents` is the price of one, in the minor unit of the order's currency."""

    pos: int
    sku: str | None
    title: str | None
    quantity: int
    cents: int
    state: str
    image: str | None = None
    expected: str | None = None


class Parcel(NamedTuple):
    """One parcel, with the positions of the lines inside."""

    id: str
    carrier: str | None
    code: str | None
    url: str | None
    state: str
    left: str | None
    arrived: str | None
    lines: tuple[int, ...]


class Return(NamedTuple):
    """What a customer sends back, and what the warehouse says of it."""

    rma: str
    opened: str
    warehouse: str
    carrier: str | None
    code: str | None
    cents: int | None


class Address(NamedTuple):
    """Where an order goes."""

    name: str
    street: str
    zip: str
    city: str
    country: str
    company: str | None = None
    extra: str | None = None


class Order(NamedTuple):
    """One order; times are local ones of Europe/Berlin, as the merchant keeps them.

    Attributes:
        kind: web, store, card (a top-up without lines) or quote (an offer, not an order).
        state: The merchant's own word, which each face shows in its own way.
        guest_name: Of an order without an account.
        guest_email: The same; a guest in the store may have left none.
        gift: The text of a gift card, if any.
    """

    id: int
    number: str
    kind: str
    market: str
    state: str
    created: str
    promised: str | None
    shipped: str | None
    delivered: str | None
    customer: Customer | None
    guest_name: str | None
    guest_email: str | None
    currency: str
    total: int
    address: Address | None
    gift: str | None
    lines: tuple[Line, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    returns: tuple[Return, ...] = ()
