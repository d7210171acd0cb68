"""The same result by jsonpath-ng's `find`, every path parsed beforehand; conversions are those of `hand`."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonpath_ng

from bench import hand
from workbench.orders import Order, Result
from workbench.transforms import Trouble

Tree = dict[str, Any]

_parse = cache(jsonpath_ng.parse)


def map_page(page: Tree) -> Result:
    """The orders of a page."""
    orders, problems = [], []
    for document in _parse("$.result.documents[*]").find(page):
        troubles: hand.Troubles = []
        values = _order(document.value, troubles)
        own = tuple(hand._problem(f"order[{len(orders)}].{where}", trouble) for where, trouble in troubles)
        problems += own
        orders.append(Order(values, own))
    return Result("found" if orders else "none", orders, problems, "1.0.0")


def _first(node: Any, path: str) -> Any:
    found = _parse(path).find(node)
    return found[0].value if found else None


def _text(node: Any, path: str) -> str | None:
    return hand._text(_first(node, path))


def _order(node: Tree, troubles: hand.Troubles) -> Tree:
    status, status_raw = hand._status(_first(node, "$.state.code"), hand.STATES, "status", troubles)
    given, family = _text(node, "$.buyer.given"), _text(node, "$.buyer.family")
    created = hand._time(_first(node, "$.dates.ordered"), "created_at", troubles)
    carrier_raw = _text(node, "$.freight.by")
    currency = _text(node, "$.totals.currency")
    lines = [_line(match.value, index, troubles) for index, match in enumerate(_parse("$.positions[*]").find(node))]
    parcels = _parse("$.parcels[*]").find(node)
    shipments = [_shipment(match.value, index, troubles) for index, match in enumerate(parcels)]
    address = _first(node, "$.deliverTo")
    order = {
        "order_number": _text(node, "$.docNo"),
        "order_type": _text(node, "$.docType"),
        "region": hand._one(_first(node, "$.market.code"), "region", troubles),
        "id": _text(node, "$.docId"),
        "status": status,
        "status_raw": status_raw,
        "customer_email": _text(node, "$.buyer.email"),
        "customer_name": f"{given} {family}" if given and family else given or family,
        "shipping_address": _address(address) if address else None,
        "created_at": created,
        "shipped_at": hand._time(_first(node, "$.dates.dispatched"), "shipped_at", troubles),
        "expected_ship_at": hand._time(_first(node, "$.dates.planned"), "expected_ship_at", troubles),
        "expected_delivery_at": hand._time(_first(node, "$.dates.promised"), "expected_delivery_at", troubles),
        "delivered_at": hand._time(_first(node, "$.dates.arrived"), "delivered_at", troubles),
        "amount": hand._amount(_first(node, "$.totals.grand"), "amount", troubles),
        "currency": currency.upper() if currency else None,
        "carrier": hand.CARRIERS.get(carrier_raw, carrier_raw) if carrier_raw else None,
        "carrier_raw": carrier_raw,
        "tracking_numbers": hand._numbers(shipments),
        "lines": lines or None,
        "shipments": shipments or None,
        "extra": hand._filled({"channel": _text(node, "$.origin.channel"), "depot": _text(node, "$.depot.code")}),
    }
    if created is None:
        troubles.append(("created_at", Trouble("no value", code="no_value")))
    return {key: value for key, value in order.items() if value is not None}


def _address(node: Tree) -> Tree | None:
    address = {
        "name": _text(node, "$.name"),
        "company": _text(node, "$.company"),
        "line1": _text(node, "$.street"),
        "line2": _text(node, "$.addition"),
        "city": _text(node, "$.city"),
        "postal_code": _text(node, "$.zip"),
        "country": _text(node, "$.country.code"),
        "phone": _text(node, "$.phone"),
    }
    return hand._filled(address)


def _line(node: Tree, index: int, troubles: hand.Troubles) -> Tree:
    where = f"lines[{index}]"
    status, status_raw = hand._status(_first(node, "$.state.code"), hand.STATES, f"{where}.status", troubles)
    line = {
        "id": _text(node, "$.posId"),
        "name": _text(node, "$.article.title"),
        "sku": _text(node, "$.article.sku"),
        "quantity": hand._amount(_first(node, "$.ordered"), f"{where}.quantity", troubles),
        "image_url": _text(node, "$.article.media.front"),
        "unit_price": hand._amount(_first(node, "$.price.unit"), f"{where}.unit_price", troubles),
        "status": status,
        "status_raw": status_raw,
    }
    return hand._filled(line) or {}


def _shipment(node: Tree, index: int, troubles: hand.Troubles) -> Tree:
    where = f"shipments[{index}]"
    status, status_raw = hand._status(_first(node, "$.progress.code"), hand.PROGRESS, f"{where}.status", troubles)
    carrier_raw = _text(node, "$.by")
    shipment = {
        "id": _text(node, "$.parcelId"),
        "carrier": hand.CARRIERS.get(carrier_raw, carrier_raw) if carrier_raw else None,
        "carrier_raw": carrier_raw,
        "tracking_number": _text(node, "$.code"),
        "tracking_url": _text(node, "$.link"),
        "status": status,
        "status_raw": status_raw,
        "shipped_at": hand._time(_first(node, "$.left"), f"{where}.shipped_at", troubles),
    }
    return hand._filled(shipment) or {}
