"""The demo merchant's REST API in JSON, under `/v2`: numbers for states, cents, local times, pages, parcels apart."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from workbench.demo.model import Address, Line, Order, Parcel, Return

PAGE = 3
STATES = {
    "new": "1", "paid": "2", "packing": "3", "shipped": "4", "delivered": "5", "hold": "6", "cancelled": "8",
    "returned": "9", "limbo": "77",
}  # fmt: skip
LINE_STATES = {"open": "O", "shipped": "S", "delivered": "D", "cancelled": "C", "returned": "R"}
PARCEL_STATES = {"labelled": "L", "moving": "T", "out": "O", "delivered": "D"}
WAREHOUSE = {"sent": "underway", "arrived": "in", "checked": "checked", "refused": "refused"}
DRIFTED_STATE = "14"
"""What `new_status` shows instead of shipped."""

Json = dict[str, Any]


def search_answer(orders: list[Order], page: int, query: dict[str, str], drift: str) -> Json:
    """One page of a search, with the link to the next one."""
    start = (page - 1) * PAGE
    shown = orders[start : start + PAGE]
    more = len(orders) > start + PAGE
    link = "/v2/orders?" + urlencode({**query, "page": page + 1})
    return {
        "data": [order_answer(order, drift) for order in shown],
        "next": link if more else None,
        "count": len(orders),
    }


def order_answer(order: Order, drift: str = "none") -> Json:
    """One order. Some things are null where they are unknown, others are left out: nobody remembers why."""
    answer: Json = {
        "id": order.id,
        "number": order.number,
        "kind": order.kind,
        "market": order.market,
        "state": STATES[order.state],
        "open_items": sum(line.state == "open" for line in order.lines),
        "created": order.created,
        "customer": _customer(order),
        "delivery": _delivery(order),
        "history": _history(order),
        "total_cents": order.total,
        "currency": order.currency,
        "items": [_item(line) for line in order.lines],
        "attributes": [{"key": "channel", "value": order.kind}, {"key": "giftcard", "value": order.gift}],
    }
    if order.guest_name:
        answer["guest"] = {"name": order.guest_name, "email": order.guest_email}
    if order.returns:
        answer["returns"] = [_return(back) for back in order.returns]
    return _drifted(answer, drift)


def parcels_answer(order: Order) -> Json:
    """The parcels of one order."""
    return {"order": order.id, "parcels": [_parcel(parcel) for parcel in order.parcels]}


def _drifted(answer: Json, drift: str) -> Json:
    """The same order after a change that nobody announced."""
    if drift == "renamed_key":
        return {"ordered_at" if key == "created" else key: value for key, value in answer.items()}
    if drift == "list_became_object":
        answer["items"] = {str(index): item for index, item in enumerate(answer["items"])}
    if drift == "new_status" and answer["state"] == STATES["shipped"]:
        answer["state"] = DRIFTED_STATE
    return answer


def _customer(order: Order) -> Json | None:
    one = order.customer
    if one is None:
        return None
    return {"id": one.id, "first": one.first, "last": one.last, "email": one.email, "phone": one.phone}


def _delivery(order: Order) -> Json | None:
    if order.address is None:
        return None
    return {"promised": order.promised, "address": _address(order.address)}


def _address(address: Address) -> Json:
    return {
        "name": address.name,
        "company": address.company,
        "street": address.street,
        "extra": address.extra or "",
        "zip": address.zip,
        "city": address.city,
        "country": address.country,
    }


def _history(order: Order) -> list[Json]:
    events = [("ordered", order.created), ("shipped", order.shipped), ("delivered", order.delivered)]
    return [{"kind": kind, "at": at} for kind, at in events if at]


def _item(line: Line) -> Json:
    item: Json = {
        "pos": line.pos,
        "sku": line.sku,
        "title": line.title,
        "qty": line.quantity,
        "price_cents": line.cents,
        "state": LINE_STATES[line.state],
        "image": line.image,
    }
    if line.expected:
        item["expected"] = line.expected
    return item


def _parcel(parcel: Parcel) -> Json:
    return {
        "id": parcel.id,
        "by": parcel.carrier,
        "code": parcel.code,
        "link": parcel.url,
        "state": PARCEL_STATES[parcel.state],
        "left": parcel.left,
        "arrived": parcel.arrived or "0000-00-00T00:00:00",
        "items": list(parcel.lines),
    }


def _return(back: Return) -> Json:
    return {
        "rma": back.rma,
        "opened": back.opened,
        "warehouse": WAREHOUSE[back.warehouse],
        "parcel": {"by": back.carrier, "code": back.code},
        "refund_cents": back.cents,
    }
