"""`upwind`, under `/up`: OAuth2 with short-lived tokens, objects by their ids, moments in milliseconds, in Spanish.

    POST /up/oauth/token               client credentials, or a refresh token, which rotates
    GET  /up/pedidos?correo=E&desde=C  two orders at a time, and the cursor of the next ones
    GET  /up/pedidos/NUMERO            one order, in the same form

What is empty is `[]`, even where it would hold objects by their ids: it was written in PHP once.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.demo.answers import JSONResponse, forgets
from workbench.demo.faults import Control
from workbench.demo.logins import Logins
from workbench.demo.model import Address, Line, Order, Parcel, Return
from workbench.demo.store import Store

UP = "/up"
PAGE = 2
STATES = {
    "new": "nuevo", "paid": "pagado", "packing": "en preparación", "shipped": "enviado", "delivered": "entregado",
    "hold": "retenido", "cancelled": "anulado", "returned": "devuelto", "limbo": "¿?",
}  # fmt: skip
LINE_STATES = {
    "open": "pendiente", "shipped": "enviado", "delivered": "entregado", "cancelled": "anulado", "returned": "devuelto",
}  # fmt: skip
PARCEL_STATES = {"labelled": "etiquetado", "moving": "en camino", "out": "en reparto", "delivered": "entregado"}
WAREHOUSE = {"sent": "en camino", "arrived": "recibida", "checked": "revisada", "refused": "rechazada"}
DRIFTED_STATE = "expedido"

_ZONE = ZoneInfo("Europe/Berlin")
_NO_STORE = {"Cache-Control": "no-store"}
Json = dict[str, Any]


def up_routes(store: Store, control: Control, logins: Logins) -> list[Route]:
    """The addresses of this face."""
    face = _Up(store, control, logins)
    return [
        Route(f"{UP}/oauth/token", face.token, methods=["POST"]),
        Route(f"{UP}/pedidos", face.search),
        Route(f"{UP}/pedidos/{{number}}", face.detail),
    ]


class _Up:
    """What each address answers."""

    def __init__(self, store: Store, control: Control, logins: Logins) -> None:
        self.store, self.control, self.logins = store, control, logins

    async def token(self, request: Request) -> Response:
        """The token endpoint (RFC 6749), for a client that proves itself in the header or among the fields."""
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        client, secret = _client(request, fields)
        if not self.logins.knows_client(client, secret):
            refused = {"WWW-Authenticate": 'Basic realm="upwind"'}
            return JSONResponse({"error": "invalid_client"}, 401, {**_NO_STORE, **refused})
        grant = fields.get("grant_type", "")
        if grant == "client_credentials":
            return JSONResponse(self.logins.by_client(), headers=_NO_STORE)
        if grant != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400, _NO_STORE)
        token = self.logins.by_refresh(fields.get("refresh_token", ""))
        if token is None:
            return JSONResponse({"error": "invalid_grant"}, 400, _NO_STORE)
        return JSONResponse(token, headers=_NO_STORE)

    async def search(self, request: Request) -> Response:
        """The orders of an e-mail, some at a time."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        start = _place(request.query_params.get("desde", ""))
        if start is None:
            return JSONResponse({"error": {"código": "cursor_inválido"}}, 400)
        email = request.query_params.get("correo")
        found = await run_in_threadpool(
            lambda: self.store.everything() if email is None or forgets(request) else self.store.by_email(email)
        )
        shown = found[start : start + PAGE]
        more = len(found) > start + PAGE
        answer = {"pedidos": self._by_id(shown), "siguiente": _cursor(start + PAGE) if more else None}
        return JSONResponse(answer)

    async def detail(self, request: Request) -> Response:
        """One order by its number."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        order = await run_in_threadpool(self.store.by_number, request.path_params["number"])
        if order is None:
            return JSONResponse({"error": {"código": "no_encontrado"}}, 404)
        return JSONResponse({"pedidos": self._by_id([order])})

    def _refusal(self, request: Request) -> Response | None:
        """The 401 of a call without a token that is good now (RFC 6750)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return JSONResponse({"error": {"código": "sin_token"}}, 401, {"WWW-Authenticate": 'Bearer realm="upwind"'})
        if self.logins.accepts(token.strip()):
            return None
        told = 'Bearer realm="upwind", error="invalid_token", error_description="The access token expired"'
        return JSONResponse({"error": {"código": "token_caducado"}}, 401, {"WWW-Authenticate": told})

    def _by_id(self, orders: list[Order]) -> Any:
        return {str(order.id): order_answer(order, self.control.drift) for order in orders} or []


def _client(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    """What a client says that it is: in Basic authentication, where id and secret are encoded, else in the fields."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return fields.get("client_id", ""), fields.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(client), unquote(secret)


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"pedido:{start}".encode()).decode().rstrip("=")


def _place(cursor: str) -> int | None:
    """Where a cursor points; None where it is none of ours."""
    if not cursor:
        return 0
    try:
        kind, _, start = (
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode().partition(":")
        )
    except ValueError:
        return None
    return int(start) if kind == "pedido" and start.isascii() and start.isdecimal() and len(start) < 7 else None


def order_answer(order: Order, drift: str = "none") -> Json:
    """One order."""
    one = order.customer
    created = "registrado" if drift == "renamed_key" else "creado"
    lines: Any = {str(line.pos): _line(line) for line in order.lines} or []
    return {
        "número": order.number,
        "tipo": order.kind,
        "mercado": order.market,
        "estado": DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else STATES[order.state],
        "pendientes": sum(line.state == "open" for line in order.lines),
        "momentos": {created: _ms(order.created), "enviado": _ms(order.shipped), "entregado": _ms(order.delivered)},
        "prometido": _day(order.promised),
        "comprador": one and {"nombre": one.first, "apellidos": one.last, "correo": one.email, "teléfono": one.phone},
        "invitado": {"nombre": order.guest_name, "correo": order.guest_email} if order.guest_name else None,
        "importe": {"céntimos": order.total, "divisa": order.currency},
        "envío": order.address and _address(order.address),
        **({"detalle": {"artículos": lines}} if drift == "list_became_object" else {"artículos": lines}),
        "bultos": {parcel.id: _parcel(parcel) for parcel in order.parcels} or [],
        "devoluciones": {back.rma: _return(back) for back in order.returns} or [],
        "dedicatoria": order.gift,
    }


def _address(address: Address) -> Json:
    return {
        "destinatario": address.name,
        "empresa": address.company,
        "calle": address.street,
        "resto": address.extra,
        "cp": address.zip,
        "ciudad": address.city,
        "país": address.country,
    }


def _line(line: Line) -> Json:
    return {
        "ref": line.sku,
        "nombre": line.title,
        "unidades": line.quantity,
        "céntimos": line.cents,
        "estado": LINE_STATES[line.state],
        "imagen": line.image,
        "previsto": _day(line.expected),
    }


def _parcel(parcel: Parcel) -> Json:
    return {
        "agencia": parcel.carrier,
        "seguimiento": parcel.code,
        "enlace": parcel.url,
        "estado": PARCEL_STATES[parcel.state],
        "salida": _ms(parcel.left),
        "llegada": _ms(parcel.arrived),
        "artículos": [str(pos) for pos in parcel.lines],
    }


def _return(back: Return) -> Json:
    return {
        "abierta": _ms(back.opened),
        "almacén": WAREHOUSE[back.warehouse],
        "agencia": back.carrier,
        "seguimiento": back.code,
        "céntimos": back.cents,
    }


def _ms(at: str | None) -> int | None:
    """A local time as milliseconds since 1970."""
    return int(datetime.fromisoformat(at).replace(tzinfo=_ZONE).timestamp() * 1000) if at else None


def _day(day: str | None) -> str | None:
    return day and "/".join(reversed(day.split("-")))
