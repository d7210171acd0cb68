"""What names and values speak for each business field: sets of concepts, decoys, and kinds of values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Spec:
    """What speaks for a field.

    Attributes:
        field: The business field, `lines.sku`; `shipment.` and `address.` stand for the blocks they are put in.
        names: Sets of concepts, each with how strongly it speaks for the field.
        kinds: Kinds of values of which most must be one.
        never: Kinds that rule a value out.
        hints: Kinds that speak for the field.
        doubts: Kinds that speak against it.
        decoys: Concepts that speak against it, in the name or around it.
        neutral: Concepts that may stand in the name besides.
        bars: Concepts that rule a name out which is not made for them.
        alone: Strength where no name speaks but the values do; 0 for never.
    """

    field: str
    names: tuple[tuple[frozenset[str], float], ...]
    kinds: frozenset[str]
    never: frozenset[str]
    hints: frozenset[str]
    doubts: frozenset[str]
    decoys: frozenset[str]
    neutral: frozenset[str]
    bars: frozenset[str]
    alone: float = 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _spec(field: str, data: Mapping[str, Any]) -> Spec:
    """A field's part of `fields.json`; its names are `concept+concept=strength, ...`."""
    names = []
    for part in data["names"].split(", "):
        words, _, strength = part.partition("=")
        names.append((frozenset(words.split("+")), float(strength)))
    kept = ("kinds", "never", "hints", "doubts", "decoys", "neutral", "bars")
    sets = {key: _words(data.get(key, "")) for key in kept}
    sets["never"] |= {"bool"}
    return Spec(field, tuple(names), alone=data.get("alone", 0.0), **sets)


@cache
def specs() -> Mapping[str, Spec]:
    """Every field's spec by its key."""
    found = {}
    for name in ("fields.json", "others.json"):
        data = json.loads(files("workbench.suggest").joinpath(name).read_text(encoding="utf-8"))
        found.update({field: _spec(field, body) for field, body in data.items()})
    return found


@cache
def words_of(field: str) -> frozenset[str]:
    """Every concept that may speak for a field: a name without any says nothing of it."""
    return frozenset().union(*(words for words, _ in specs()[field].names))


ORDER = (
    "order_number", "customer_email", "customer_name", "created_at", "shipped_at", "expected_ship_at",
    "expected_delivery_at", "delivered_at", "amount", "currency", "status", "order_type", "return_status",
    "return_tracking_number",
)  # fmt: skip
LINE = tuple(f"lines.{name}" for name in "name sku quantity image_url status unit_price id".split())
SHIPMENT = tuple(f"shipment.{name}" for name in "carrier tracking_number tracking_url status".split())
RETURN = tuple(f"return.{name}" for name in "id created_at tracking_number carrier status refunded_amount".split())
ADDRESS = tuple(f"address.{name}" for name in "city postal_code country region line1 line2 name company phone".split())
