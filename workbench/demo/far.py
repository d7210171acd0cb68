"""Two more APIs of the demo merchant, as careless and as roundabout as real ones are.

`headwind`, under `/far`: whoever wants an order's parcels asks three times. An account by its e-mail, its orders by the
account's id, the ids of an order's shipments, and each shipment alone; the orders themselves name no e-mail.

`crosswind`, under `/all`: the search takes an e-mail, ignores it, and sends everybody's orders, page by page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.demo import json_face
from workbench.demo.data import CUSTOMERS
from workbench.demo.faults import Control
from workbench.demo.model import Order, Parcel
from workbench.demo.store import Store

FAR, ALL = "/far", "/all"
PAGE = 2
ALL_PAGE = 12
_STATES = {
    "new": "NEW", "paid": "PAID", "packing": "PICKING", "shipped": "ON_ITS_WAY", "delivered": "ARRIVED",
    "hold": "STOPPED", "cancelled": "CANCELLED", "returned": "CAME_BACK", "limbo": "??",
}  # fmt: skip
DRIFTED_STATE = "HANDED_OVER"
Json = dict[str, Any]
Guard = Callable[[Any], Any]


def far_routes(store: Store, control: Control, basic: Guard, keyed: Guard) -> list[Route]:
    """The addresses of both, each behind the login that it asks for."""
    far, everybody = _Far(store, control), _Everybody(store, control)
    return [
        Route(f"{FAR}/customers", basic(far.customers)),
        Route(f"{FAR}/customers/{{id:int}}/orders", basic(far.orders)),
        Route(f"{FAR}/orders/{{number}}", basic(far.order)),
        Route(f"{FAR}/orders/{{id:int}}/shipments", basic(far.shipments)),
        Route(f"{FAR}/shipments/{{id}}", basic(far.shipment)),
        Route(f"{ALL}/orders", keyed(everybody.search)),
        Route(f"{ALL}/orders/{{number}}", keyed(everybody.order)),
    ]


class _Far:
    """The roundabout one."""

    def __init__(self, store: Store, control: Control) -> None:
        self.store, self.control = store, control

    async def customers(self, request: Request) -> Response:
        email = request.query_params.get("email", "").casefold()
        found = [one for one in CUSTOMERS if one.email.casefold() == email]
        return JSONResponse({"customers": [{"id": one.id, "email": one.email, "name": one.last} for one in found]})

    async def orders(self, request: Request) -> Response:
        offset = request.query_params.get("offset", "0")
        if not (offset.isascii() and offset.isdecimal() and len(offset) < 7):
            return _problem(400, "offset must be a number")
        wanted = request.path_params["id"]
        everything = await run_in_threadpool(self.store.everything)
        own = [one for one in everything if one.customer is not None and one.customer.id == wanted]
        shown = own[int(offset) : int(offset) + PAGE]
        return JSONResponse({"orders": [_order(one, self.control.drift) for one in shown], "total": len(own)})

    async def order(self, request: Request) -> Response:
        found = await run_in_threadpool(self.store.by_number, request.path_params["number"])
        return _problem(404, "no such order") if found is None else JSONResponse(_order(found, self.control.drift))

    async def shipments(self, request: Request) -> Response:
        found = await run_in_threadpool(self.store.by_id, request.path_params["id"])
        if found is None:
            return _problem(404, "no such order")
        return JSONResponse({"shipments": [f"{found.id}-{index}" for index, _ in enumerate(found.parcels, 1)]})

    async def shipment(self, request: Request) -> Response:
        order_id, _, index = request.path_params["id"].partition("-")
        if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (order_id, index)):
            return _problem(404, "no such shipment")
        found = await run_in_threadpool(self.store.by_id, int(order_id))
        if found is None or not 0 < int(index) <= len(found.parcels):
            return _problem(404, "no such shipment")
        return JSONResponse(_shipment(request.path_params["id"], found.parcels[int(index) - 1]))


class _Everybody:
    """The careless one."""

    def __init__(self, store: Store, control: Control) -> None:
        self.store, self.control = store, control

    async def search(self, request: Request) -> Response:
        page = request.query_params.get("page", "1")
        if not page.isdecimal() or not 0 < int(page) < 1000:
            return _problem(400, "page must be a number")
        found = await run_in_threadpool(self.store.everything)
        start = (int(page) - 1) * ALL_PAGE
        headers = {}
        if len(found) > start + ALL_PAGE:
            headers["Link"] = f'<{ALL}/orders?page={int(page) + 1}>; rel="next"'
        return JSONResponse(self._whole(found[start : start + ALL_PAGE]), headers=headers)

    async def order(self, request: Request) -> Response:
        found = await run_in_threadpool(self.store.by_number, request.path_params["number"])
        return _problem(404, "no such order") if found is None else JSONResponse(self._whole([found])[0])

    def _whole(self, orders: list[Order]) -> list[Json]:
        drift = self.control.drift
        return [{**json_face.order_answer(one, drift), **json_face.parcels_answer(one)} for one in orders]


def _order(order: Order, drift: str) -> Json:
    positions: Any = [
        {"no": line.pos, "article": line.sku, "text": line.title, "pieces": line.quantity} for line in order.lines
    ]
    if drift == "list_became_object":
        positions = {str(index): position for index, position in enumerate(positions)}
    amount = f"{order.total // 100}.{order.total % 100:02}" if order.currency != "JPY" else str(order.total)
    return {
        "orderId": order.id,
        "orderNo": order.number,
        "ordered" if drift == "renamed_key" else "placed": order.created,
        "status": DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else _STATES[order.state],
        "total": {"amount": amount, "currency": order.currency},
        "buyer": order.customer.id if order.customer else None,
        "buyerName": f"{order.customer.first} {order.customer.last}" if order.customer else order.guest_name,
        "positions": positions,
    }


def _shipment(name: str, parcel: Parcel) -> Json:
    return {
        "shipment": name,
        "haulier": parcel.carrier,
        "barcode": parcel.code,
        "handedOver": parcel.left,
        "arrived": parcel.arrived,
        "positions": list(parcel.lines),
    }


def _problem(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)
