"""`downwind`, under `/down`: a portal for people that answers programs too; who asks logs in first. In French.

    POST /down/connexion             a form; who is let in gets a cookie
    GET  /down/jeton                 what each POST must show in a header, against forged forms: not a secret
    POST /down/commandes/recherche   {courriel, page}: one row for each line of each order, three orders a page
    POST /down/commandes/lire        {numero}: the rows of one order; none where there is no such order

Whoever is not signed in, or no longer, is shown the page to sign in, with status 200: as people would be.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from workbench.demo.answers import JSONResponse, body_of, forgets
from workbench.demo.faces import Keys
from workbench.demo.faults import Control
from workbench.demo.logins import Logins
from workbench.demo.model import Line, Order, Parcel, Return
from workbench.demo.store import Store
from workbench.demo.xml_face import money

DOWN = "/down"
PAGE = 3
COOKIE, HEADER = "DWSESSION", "x-jeton"
STATES = {
    "new": "NOUVELLE", "paid": "PAYÉE", "packing": "EN PRÉPARATION", "shipped": "EXPÉDIÉE", "delivered": "LIVRÉE",
    "hold": "BLOQUÉE", "cancelled": "ANNULÉE", "returned": "RETOURNÉE", "limbo": "Z9",
}  # fmt: skip
LINE_STATES = {
    "open": "À EXPÉDIER", "shipped": "EXPÉDIÉE", "delivered": "LIVRÉE", "cancelled": "ANNULÉE", "returned": "RETOURNÉE",
}  # fmt: skip
PARCEL_STATES = {"labelled": "ÉTIQUETÉ", "moving": "EN ROUTE", "out": "EN TOURNÉE", "delivered": "REMIS"}
WAREHOUSE = {"sent": "ATTENDU", "arrived": "REÇU", "checked": "CONTRÔLÉ", "refused": "REFUSÉ"}
DRIFTED_STATE = "CONFIÉE"

_PAGE = (
    '<!DOCTYPE html><html lang="fr"><head><title>Connexion</title></head><body><h1>Connexion</h1>'
    '<form method="post" action="/down/connexion"><input name="identifiant"><input name="mot_de_passe" type="password">'
    "</form></body></html>"
)
Json = dict[str, Any]


def down_routes(store: Store, control: Control, logins: Logins, keys: Keys) -> list[Route]:
    """The addresses of this face."""
    face = _Down(store, control, logins, keys)
    return [
        Route(f"{DOWN}/connexion", face.login, methods=["POST"]),
        Route(f"{DOWN}/jeton", face.token),
        Route(f"{DOWN}/commandes/recherche", face.search, methods=["POST"]),
        Route(f"{DOWN}/commandes/lire", face.detail, methods=["POST"]),
    ]


class _Down:
    """What each address answers."""

    def __init__(self, store: Store, control: Control, logins: Logins, keys: Keys) -> None:
        self.store, self.control, self.logins, self.keys = store, control, logins, keys
        self._token = hashlib.sha256(f"jeton {keys.user}".encode()).hexdigest()[:24]

    async def login(self, request: Request) -> Response:
        """Lets in who knows the password; shows everybody else the page again."""
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        known = (("identifiant", self.keys.user), ("mot_de_passe", self.keys.password))
        if not all(_same(fields.get(name, ""), wanted) for name, wanted in known):
            return HTMLResponse(_PAGE)
        answer = JSONResponse({"bienvenue": True})
        answer.set_cookie(COOKIE, self.logins.open_session(), path=DOWN, httponly=True, samesite="lax")
        return answer

    async def token(self, request: Request) -> Response:
        """What the header of a POST must show: the same for all sessions of a user."""
        return JSONResponse({"jeton": self._token}) if self._signed_in(request) else HTMLResponse(_PAGE)

    async def search(self, request: Request) -> Response:
        """The rows of the orders of an e-mail, page by page."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        body = await body_of(request)
        email, page = body.get("courriel"), body.get("page", 1)
        if isinstance(page, bool) or not isinstance(page, int) or not 0 < page < 1000:
            return JSONResponse({"erreur": "page"}, 400)
        forgetful = not isinstance(email, str) or forgets(request)
        found = await run_in_threadpool(
            lambda: self.store.everything() if forgetful else self.store.by_email(str(email))
        )
        shown = found[(page - 1) * PAGE : page * PAGE]
        return JSONResponse({"lignes": self._rows(shown), "dernière": page * PAGE >= len(found)})

    async def detail(self, request: Request) -> Response:
        """The rows of one order."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        number = (await body_of(request)).get("numero")
        order = await run_in_threadpool(self.store.by_number, number) if isinstance(number, str) else None
        return JSONResponse({"lignes": self._rows([order] if order else [])})

    def _rows(self, orders: list[Order]) -> list[Json]:
        return [row for order in orders for row in rows_of(order, self.control.drift)]

    def _signed_in(self, request: Request) -> bool:
        return self.logins.in_session(request.cookies.get(COOKIE, ""))

    def _refusal(self, request: Request) -> Response | None:
        if not self._signed_in(request):
            return HTMLResponse(_PAGE)
        if not _same(request.headers.get(HEADER, ""), self._token):
            return JSONResponse({"erreur": "jeton"}, 403)
        return None


def rows_of(order: Order, drift: str = "none") -> list[Json]:
    """An order as rows, one for each of its lines; one row without a line where it has none."""
    whole = _whole(order, drift)
    rows = [{**whole, **_line(line, order.currency)} for line in order.lines] or [whole]
    if drift == "list_became_object":
        return [{**whole, "articles": rows[0]}]
    return rows


def _whole(order: Order, drift: str) -> Json:
    one, place = order.customer, order.address
    return {
        "commande": order.number,
        "ref": order.id,
        "canal": order.kind,
        "marché": order.market,
        "état": DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else STATES[order.state],
        "passée_le" if drift == "renamed_key" else "créée_le": _time(order.created),
        "promise_le": _time(order.promised),
        "expédiée_le": _time(order.shipped),
        "livrée_le": _time(order.delivered),
        "client": f"{one.first} {one.last}" if one else order.guest_name,
        "courriel": one.email if one else order.guest_email,
        "téléphone": (one and one.phone) or "",
        "montant": money(order.total, order.currency),
        "devise": order.currency,
        "adresse": place
        and [place.name, place.company, place.street, place.extra, place.zip, place.city, place.country],
        "colis": [_parcel(parcel) for parcel in order.parcels],
        "retours": [_return(back, order.currency) for back in order.returns],
        "carte": order.gift or "",
    }


def _line(line: Line, currency: str) -> Json:
    return {
        "ligne": line.pos,
        "article": line.sku or "",
        "désignation": line.title or "",
        "quantité": line.quantity,
        "prix": money(line.cents, currency),
        "ligne_état": LINE_STATES[line.state],
        "image": line.image or "",
        "attendue_le": _time(line.expected),
    }


def _parcel(parcel: Parcel) -> Json:
    return {
        "colis": parcel.id,
        "transporteur": parcel.carrier or "",
        "suivi": parcel.code or "",
        "lien": parcel.url or "",
        "état": PARCEL_STATES[parcel.state],
        "parti_le": _time(parcel.left),
        "remis_le": _time(parcel.arrived),
        "numeros": list(parcel.lines),
    }


def _return(back: Return, currency: str) -> Json:
    return {
        "retour": back.rma,
        "ouvert_le": _time(back.opened),
        "entrepôt": WAREHOUSE[back.warehouse],
        "transporteur": back.carrier or "",
        "suivi": back.code or "",
        "remboursé": "" if back.cents is None else money(back.cents, currency),
    }


def _time(at: str | None) -> str:
    """A local time as people write it here, and the day alone where that is all; empty where nobody knows."""
    day, _, time = (at or "").partition("T")
    return "/".join(reversed(day.split("-"))) + (f" {time}" if time else "")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
