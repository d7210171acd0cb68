"""What an engineer would write by hand for this one API, instead of `mapping.yaml`: tolerant, and of equal result.

It uses the same conversions of amounts and times, tells the same problems, and does nothing that it need not do.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from workbench.errors import Problem
from workbench.orders import Order, Result
from workbench.transforms import Trouble, amount_text, time_text, to_decimal, to_time

Tree = dict[str, Any]
Troubles = list[tuple[str, Trouble]]

ZONE = ZoneInfo("Europe/Berlin")
STATES = {"S10": "pending", "S20": "confirmed", "S30": "shipped", "S40": "delivered", "S90": "cancelled"}
PROGRESS = {"L": "label_created", "T": "in_transit", "D": "delivered"}
CARRIERS = {"DHL": "dhl", "UPS": "ups", "FedEx": "fedex", "GLS": "gls"}
NOTHING: Tree = {}


def map_page(page: Tree) -> Result:
    """The orders of a page, and everything about them that did not fit."""
    orders, problems = [], []
    for document in page["result"]["documents"]:
        troubles: Troubles = []
        values = _order(document, troubles)
        own = ()
        if troubles:
            place = f"order[{len(orders)}]"
            own = tuple(_problem(f"{place}.{where}", trouble) for where, trouble in troubles)
            problems += own
        orders.append(Order(values, own))
    return Result("found" if orders else "none", orders, problems, "1.0.0")


def _order(document: Tree, troubles: Troubles) -> Tree:
    get = document.get
    buyer = get("buyer") or NOTHING
    dates = get("dates") or NOTHING
    totals = get("totals") or NOTHING
    status, status_raw = _status((get("state") or NOTHING).get("code"), STATES, "status", troubles)
    given, family = _text(buyer.get("given")), _text(buyer.get("family"))
    currency = _text(totals.get("currency"))
    created = _time(dates.get("ordered"), "created_at", troubles)
    carrier_raw = _text((get("freight") or NOTHING).get("by"))
    lines = _lines(get("positions"), troubles)
    shipments = _shipments(get("parcels"), troubles)
    order = {
        "order_number": _text(get("docNo")),
        "order_type": _text(get("docType")),
        "region": _one((get("market") or NOTHING).get("code"), "region", troubles),
        "id": _text(get("docId")),
        "status": status,
        "status_raw": status_raw,
        "customer_email": _text(buyer.get("email")),
        "customer_name": f"{given} {family}" if given and family else given or family,
        "shipping_address": _address(get("deliverTo")),
        "created_at": created,
        "shipped_at": _time(dates.get("dispatched"), "shipped_at", troubles),
        "expected_ship_at": _time(dates.get("planned"), "expected_ship_at", troubles),
        "expected_delivery_at": _time(dates.get("promised"), "expected_delivery_at", troubles),
        "delivered_at": _time(dates.get("arrived"), "delivered_at", troubles),
        "amount": _amount(totals.get("grand"), "amount", troubles),
        "currency": currency.upper() if currency else None,
        "carrier": CARRIERS.get(carrier_raw, carrier_raw) if carrier_raw else None,
        "carrier_raw": carrier_raw,
        "tracking_numbers": _numbers(shipments),
        "lines": lines or None,
        "shipments": shipments or None,
        "extra": _filled(
            {
                "channel": _text((get("origin") or NOTHING).get("channel")),
                "depot": _text((get("depot") or NOTHING).get("code")),
            }
        ),
    }
    if created is None:
        troubles.append(("created_at", Trouble("no value", code="no_value")))
    return {key: value for key, value in order.items() if value is not None}


def _address(address: Tree | None) -> Tree | None:
    if not address:
        return None
    get = address.get
    return _filled(
        {
            "name": _text(get("name")),
            "company": _text(get("company")),
            "line1": _text(get("street")),
            "line2": _text(get("addition")),
            "city": _text(get("city")),
            "postal_code": _text(get("zip")),
            "country": _text((get("country") or NOTHING).get("code")),
            "phone": _text(get("phone")),
        }
    )


def _lines(positions: Any, troubles: Troubles) -> list[Tree]:
    lines = []
    for position in positions or ():
        get = position.get
        article = get("article") or NOTHING
        own: Troubles = []
        status, status_raw = _status((get("state") or NOTHING).get("code"), STATES, "status", own)
        line = {
            "id": _text(get("posId")),
            "name": _text(article.get("title")),
            "sku": _text(article.get("sku")),
            "quantity": _amount(get("ordered"), "quantity", own),
            "image_url": _text((article.get("media") or NOTHING).get("front")),
            "unit_price": _amount((get("price") or NOTHING).get("unit"), "unit_price", own),
            "status": status,
            "status_raw": status_raw,
        }
        if own:
            troubles += [(f"lines[{len(lines)}].{where}", trouble) for where, trouble in own]
        lines.append({key: value for key, value in line.items() if value is not None})
    return lines


def _shipments(parcels: Any, troubles: Troubles) -> list[Tree]:
    shipments = []
    for parcel in parcels or ():
        get = parcel.get
        carrier_raw = _text(get("by"))
        own: Troubles = []
        status, status_raw = _status((get("progress") or NOTHING).get("code"), PROGRESS, "status", own)
        shipment = {
            "id": _text(get("parcelId")),
            "carrier": CARRIERS.get(carrier_raw, carrier_raw) if carrier_raw else None,
            "carrier_raw": carrier_raw,
            "tracking_number": _text(get("code")),
            "tracking_url": _text(get("link")),
            "status": status,
            "status_raw": status_raw,
            "shipped_at": _time(get("left"), "shipped_at", own),
        }
        if own:
            troubles += [(f"shipments[{len(shipments)}].{where}", trouble) for where, trouble in own]
        shipments.append({key: value for key, value in shipment.items() if value is not None})
    return shipments


def _numbers(shipments: list[Tree]) -> list[str] | None:
    numbers = [shipment["tracking_number"] for shipment in shipments if "tracking_number" in shipment]
    return list(dict.fromkeys(numbers)) or None


# ---------------------------------------------------------------- one value


def _text(value: Any) -> str | None:
    if type(value) is str:
        return value.strip() or None
    return None if value is None or value is False else str(value)


def _one(value: Any, where: str, troubles: Troubles) -> str | None:
    """A text; of several the first, with a problem."""
    if not isinstance(value, list):
        return _text(value)
    texts = list(dict.fromkeys(text for member in value if (text := _text(member))))
    if len(texts) > 1:
        how = "name one of them in the path"
        troubles.append((where, Trouble(f"{len(texts)} different values, took the first", how, "several_values")))
    return texts[0] if texts else None


def _status(value: Any, words: dict[str, str], where: str, troubles: Troubles) -> tuple[str | None, str | None]:
    raw = _text(value)
    if raw is None:
        return None, None
    ours = words.get(raw)
    if ours is None:
        how = "add it, or say otherwise:"
        troubles.append((where, Trouble("a word that the lookup does not know", how, "unknown_word")))
        ours = "unknown"
    return ours, raw


def _amount(value: Any, where: str, troubles: Troubles) -> str | None:
    if value is None or value == "":
        return None
    try:
        return amount_text(value) or to_decimal(value)
    except Trouble as trouble:
        troubles.append((where, trouble))
        return None


def _time(value: Any, where: str, troubles: Troubles) -> str | None:
    if value is None or value == "":
        return None
    try:
        return time_text(value, ZONE) or to_time(value, zone=ZONE)
    except Trouble as trouble:
        troubles.append((where, trouble))
        return None


def _filled(values: Tree) -> Tree | None:
    return {key: value for key, value in values.items() if value is not None} or None


def _problem(where: str, trouble: Trouble) -> Problem:
    return Problem(trouble.what, where, trouble.how, trouble.code, at_run=True)
