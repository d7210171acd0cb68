"""`tailwind`, under `/tail`: remote procedures, called as JSON-RPC 2.0 (`/tail/rpc`) or as XML-RPC (`/tail/RPC2`).

`order.search` takes `{key, email, offset}`, `order.read` takes `{key, number}`; of XML-RPC it is one struct. Whatever
happens comes with status 200. It is like other systems for resource planning: what is not there is `false`, whom or
what something is about is a pair of id and name, amounts are floating, and times are those of Greenwich.
"""

from __future__ import annotations

import hmac
import json
import xmlrpc.client
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.catalogue import catalogue
from workbench.demo.answers import JSONResponse, forgets
from workbench.demo.faces import Keys
from workbench.demo.faults import Control
from workbench.demo.model import Line, Order, Parcel, Return
from workbench.demo.store import Store

TAIL = "/tail"
PAGE = 3
NOT_JSON, NO_REQUEST, NO_METHOD, BAD_PARAMS, DENIED, NO_ORDER = -32700, -32600, -32601, -32602, -32001, -32004
STATES = {
    "new": "draft", "paid": "sale", "packing": "assigned", "shipped": "shipped", "delivered": "done", "hold": "blocked",
    "cancelled": "cancel", "returned": "return", "limbo": "x_77",
}  # fmt: skip
LINE_STATES = {
    "open": "waiting", "shipped": "shipped", "delivered": "done", "cancelled": "cancel", "returned": "return",
}  # fmt: skip
PARCEL_STATES = {"labelled": "ready", "moving": "sent", "out": "on_tour", "delivered": "done"}
WAREHOUSE = {"sent": "expected", "arrived": "in", "checked": "checked", "refused": "refused"}
DRIFTED_STATE = "handed_over"

_ZONE = ZoneInfo("Europe/Berlin")
Json = dict[str, Any]


class Refused(Exception):
    """A procedure that cannot be called like this: a code, and a word about it."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


def tail_routes(store: Store, control: Control, keys: Keys) -> list[Route]:
    """The addresses of this face."""
    face = _Tail(store, control, keys)
    return [
        Route(f"{TAIL}/rpc", face.by_json, methods=["POST"]),
        Route(f"{TAIL}/RPC2", face.by_xml, methods=["POST"]),
    ]


class _Tail:
    """What each address answers."""

    def __init__(self, store: Store, control: Control, keys: Keys) -> None:
        self.store, self.control, self.keys = store, control, keys

    async def by_json(self, request: Request) -> Response:
        """A call of JSON-RPC 2.0; no batches."""
        asked: Any = None
        try:
            try:
                asked = json.loads(await request.body())
            except (ValueError, RecursionError):
                raise Refused(NOT_JSON, "Parse error") from None
            if not isinstance(asked, dict) or asked.get("jsonrpc") != "2.0" or not isinstance(asked.get("method"), str):
                raise Refused(NO_REQUEST, "Invalid Request")
            result = await self._call(request, asked["method"], asked.get("params"))
        except Refused as error:
            told: Json = {"error": {"code": error.code, "message": error.text}}
        else:
            told = {"result": result}
        return JSONResponse({"jsonrpc": "2.0", "id": asked.get("id") if isinstance(asked, dict) else None, **told})

    async def by_xml(self, request: Request) -> Response:
        """A call of XML-RPC, with one struct; what went wrong is a fault."""
        try:
            try:
                params, method = xmlrpc.client.loads(await request.body())
            except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, LookupError):
                raise Refused(NOT_JSON, "Parse error") from None
            result = await self._call(request, method or "", params[0] if params else None)
        except Refused as error:
            fault = xmlrpc.client.Fault(error.code, error.text)
            return _xml(xmlrpc.client.dumps(fault, methodresponse=True))
        return _xml(xmlrpc.client.dumps((result,), methodresponse=True))

    async def _call(self, request: Request, method: str, params: Any) -> Json:
        """The result of a procedure.

        Raises:
            Refused: There is none.
        """
        if method not in ("order.search", "order.read"):
            raise Refused(NO_METHOD, "Method not found")
        if not isinstance(params, dict):
            raise Refused(BAD_PARAMS, "Invalid params")
        if not hmac.compare_digest(str(params.get("key", "")).encode("utf-8", "replace"), self.keys.api_key.encode()):
            raise Refused(DENIED, "Access Denied")
        if method == "order.read":
            number = params.get("number")
            order = await run_in_threadpool(self.store.by_number, number) if isinstance(number, str) else None
            if order is None:
                raise Refused(NO_ORDER, "Record does not exist or has been deleted.")
            return order_answer(order, self.control.drift)
        email, offset = params.get("email"), params.get("offset", 0)
        if isinstance(offset, bool) or not isinstance(offset, int) or not 0 <= offset < 1_000_000:
            raise Refused(BAD_PARAMS, "Invalid params")
        forgetful = not isinstance(email, str) or forgets(request)
        found = await run_in_threadpool(
            lambda: self.store.everything() if forgetful else self.store.by_email(str(email))
        )
        shown = [order_answer(order, self.control.drift) for order in found[offset : offset + PAGE]]
        return {"length": len(found), "records": shown}


def _xml(text: str) -> Response:
    return Response(text.encode(), headers={"Content-Type": "text/xml; charset=utf-8"})


def order_answer(order: Order, drift: str = "none") -> Json:
    """One order; what is not there is false."""
    one = order.customer
    lines: Any = [_line(line, order.currency) for line in order.lines]
    answer: Json = {
        "id": order.id,
        "name": order.number,
        "channel": order.kind,
        "market": order.market,
        "state": DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else STATES[order.state],
        "qty_to_deliver": float(sum(line.quantity for line in order.lines if line.state == "open")),
        "date_placed" if drift == "renamed_key" else "date_order": _time(order.created),
        "commitment_date": order.promised,
        "date_shipped": _time(order.shipped),
        "date_done": _time(order.delivered),
        "partner_id": one and [one.id, f"{one.first} {one.last}"],
        "guest_name": order.guest_name,
        "email": one.email if one else order.guest_email,
        "phone": one and one.phone,
        "amount_total": _money(order.total, order.currency),
        "currency_id": [{"EUR": 1, "JPY": 25}.get(order.currency, 0), order.currency],
        "partner_shipping": order.address and {key: value or False for key, value in order.address._asdict().items()},
        "order_line": {str(index): line for index, line in enumerate(lines)}
        if drift == "list_became_object"
        else lines,
        "picking_ids": [_parcel(parcel) for parcel in order.parcels],
        "return_ids": [_return(back, order.currency) for back in order.returns],
        "note": order.gift,
    }
    return _falsely(answer)


def _falsely(answer: Json) -> Json:
    """The same, with false where there is nothing."""
    return {key: False if value is None else value for key, value in answer.items()}


def _line(line: Line, currency: str) -> Json:
    return _falsely(
        {
            "sequence": line.pos,
            "default_code": line.sku,
            "name": line.title,
            "product_uom_qty": float(line.quantity),
            "price_unit": _money(line.cents, currency),
            "state": LINE_STATES[line.state],
            "image_url": line.image,
            "scheduled_date": line.expected,
        }
    )


def _parcel(parcel: Parcel) -> Json:
    return _falsely(
        {
            "name": parcel.id,
            "carrier_id": parcel.carrier and [len(parcel.carrier), parcel.carrier],
            "carrier_tracking_ref": parcel.code,
            "carrier_tracking_url": parcel.url,
            "state": PARCEL_STATES[parcel.state],
            "date_sent": _time(parcel.left),
            "date_done": _time(parcel.arrived),
            "move_line_ids": list(parcel.lines),
        }
    )


def _return(back: Return, currency: str) -> Json:
    return _falsely(
        {
            "name": back.rma,
            "date": _time(back.opened),
            "state": WAREHOUSE[back.warehouse],
            "carrier_id": back.carrier and [len(back.carrier), back.carrier],
            "carrier_tracking_ref": back.code,
            "refund": None if back.cents is None else _money(back.cents, currency),
        }
    )


def _money(cents: int, currency: str) -> float:
    digits: int = catalogue().minor_units.get(currency, 2)
    return float(cents / 10**digits)


def _time(at: str | None) -> str | None:
    """A local time as that of Greenwich, which is nowhere said."""
    if at is None:
        return None
    return datetime.fromisoformat(at).replace(tzinfo=_ZONE).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
