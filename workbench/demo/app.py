"""The demo merchant's server: its faces over one database, and the controls for those who demonstrate it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.demo import graphql_face, json_face, soap_face, xml_face
from workbench.demo.answers import JSONResponse, body_of, forgets, problem
from workbench.demo.described import openapi
from workbench.demo.faces import Keys
from workbench.demo.far import far_routes
from workbench.demo.faults import CONTROL, Control, Failure
from workbench.demo.logins import Lives, Logins
from workbench.demo.oauth_face import up_routes
from workbench.demo.rpc_face import tail_routes
from workbench.demo.session_face import down_routes
from workbench.demo.store import Store

Endpoint = Callable[[Request], Awaitable[Response]]
_SOAP_TYPE = "text/xml; charset=utf-8"
LOOPBACK = ("127.0.0.1", "::1")


def make_app(store: Store, control: Control, logins: Logins, keys: Keys) -> Starlette:
    """The merchant's application: its faces by their paths, and `/_demo` (controls).

    `/v2` is JSON (Basic), `/xml` XML (a key in a header), `/soap/orders` SOAP (Basic), `/graphql` GraphQL (a token);
    the others have modules of their own.
    """
    faces = _Faces(store, control, logins)
    basic, keyed, bearer, controlled = _basic(keys), _keyed(keys), _bearer(keys), _controlled(keys)
    return Starlette(
        routes=[
            Route("/v2/openapi.json", faces.described),
            Route("/v2/orders", basic(faces.search)),
            Route("/v2/orders/{number}", basic(faces.detail)),
            Route("/v2/orders/{id}/parcels", basic(faces.parcels)),
            Route("/xml/orders", keyed(faces.xml_search)),
            Route("/xml/order", keyed(faces.xml_detail)),
            Route("/soap/orders", faces.wsdl, methods=["GET"]),
            Route("/soap/orders", basic(faces.soap), methods=["POST"]),
            Route("/graphql", bearer(faces.graphql), methods=["POST"]),
            *far_routes(store, control, basic, keyed),
            *up_routes(store, control, logins),
            *down_routes(store, control, logins, keys),
            *tail_routes(store, control, keys),
            Route("/address", faces.address),
            Route(f"{CONTROL}/drift", controlled(faces.drift), methods=["POST"]),
            Route(f"{CONTROL}/fail", controlled(faces.fail), methods=["POST"]),
            Route(f"{CONTROL}/logins", controlled(faces.lives), methods=["POST"]),
        ]
    )


class _Faces:
    """What each address answers.

    The search is as careless as many are: a parameter that it does not know is ignored, and a search for nothing finds
    everything. A caller that misspells `email` gets the orders of all customers.
    """

    def __init__(self, store: Store, control: Control, logins: Logins) -> None:
        self.store, self.control, self.logins = store, control, logins

    async def _found(self, request: Request) -> list[Any]:
        email = request.query_params.get("email")
        if email is None:
            return await run_in_threadpool(self.store.everything)
        return await run_in_threadpool(self.store.by_email, email)

    async def search(self, request: Request) -> Response:
        """The orders of an e-mail, page by page."""
        found = await self._found(request)
        page = request.query_params.get("page", "1")
        if not page.isdecimal() or not 0 < int(page) < 1000:
            return problem(400, "page must be a number")
        query = {name: value for name, value in request.query_params.items() if name != "page"}
        return JSONResponse(json_face.search_answer(found, int(page), query, self.control.drift))

    async def detail(self, request: Request) -> Response:
        """One order by its number."""
        order = await run_in_threadpool(self.store.by_number, request.path_params["number"])
        if order is None:
            return problem(404, "no such order")
        return JSONResponse(json_face.order_answer(order, self.control.drift))

    async def parcels(self, request: Request) -> Response:
        """The parcels of one order, by its internal id."""
        wanted = request.path_params["id"]
        order = await run_in_threadpool(self.store.by_id, int(wanted)) if _is_id(wanted) else None
        return problem(404, "no such order") if order is None else JSONResponse(json_face.parcels_answer(order))

    async def xml_search(self, request: Request) -> Response:
        """The orders of an e-mail in XML, all at once."""
        return _xml(xml_face.search_answer(await self._found(request), self.control.drift))

    async def xml_detail(self, request: Request) -> Response:
        """One order in XML. That there is none is said with status 200, as this face always does."""
        number = request.query_params.get("number", "")
        order = await run_in_threadpool(self.store.by_number, number)
        if order is None:
            return _xml(xml_face.error_answer("NOT_FOUND", "No such order."))
        return _xml(xml_face.order_answer(order, self.control.drift))

    async def described(self, request: Request) -> Response:
        """The OpenAPI document of the JSON face; it holds nothing that must be kept."""
        return JSONResponse(openapi(str(request.base_url).rstrip("/")))

    async def wsdl(self, request: Request) -> Response:
        """The WSDL, whatever the query says: some ask with `?wsdl`, some with `?singleWsdl`."""
        return Response(soap_face.wsdl(str(request.url.replace(query=""))), headers={"Content-Type": _SOAP_TYPE})

    async def soap(self, request: Request) -> Response:
        """A call of SOAP 1.1; faults come with status 500."""
        asked = soap_face.read_request(await request.body())
        if asked is None:
            return _soap(soap_face.fault("BAD_REQUEST", "no envelope of this service"), 500)
        if asked.operation == "FindOrders":
            email = asked.values.get("Email")
            everyone = email is None or forgets(request)
            found = self.store.everything if everyone else partial(self.store.by_email, str(email))
            return _soap(soap_face.answer("FindOrders", await run_in_threadpool(found), self.control.drift))
        if asked.operation == "GetOrder":
            order = await run_in_threadpool(self.store.by_number, asked.values.get("OrderNo", ""))
            if order is None:
                return _soap(soap_face.fault("NO_SUCH_ORDER", "there is no such order"), 500)
            return _soap(soap_face.answer("GetOrder", [order], self.control.drift))
        return _soap(soap_face.fault("NOT_ALLOWED", "this account may only read"), 500)

    async def graphql(self, request: Request) -> Response:
        """A GraphQL request; errors come with status 200."""
        body, everyone = await body_of(request), forgets(request)
        return JSONResponse(
            await run_in_threadpool(graphql_face.answer, self.store, self.control.drift, body, everyone)
        )

    async def address(self, request: Request) -> Response:
        """The address that the caller calls from, for `workbench egress`."""
        return JSONResponse({"address": request.client.host if request.client else None})

    async def drift(self, request: Request) -> Response:
        """Changes the API: `{"name": "renamed_key"}`."""
        body = await body_of(request)
        try:
            self.control.set_drift(str(body.get("name")))
        except ValueError as error:
            return problem(400, str(error))
        return JSONResponse({"drift": self.control.drift})

    async def fail(self, request: Request) -> Response:
        """Makes answers fail: `{"kind": "status", "status": 500, "path": "/v2/orders", "times": 1}`."""
        body = await body_of(request)
        try:
            failure = Failure(**body)
            self.control.set_failure(failure)
        except (TypeError, ValueError) as error:
            return problem(400, str(error) if isinstance(error, ValueError) else f"only {', '.join(Failure._fields)}")
        return JSONResponse({"fail": failure._asdict()})

    async def lives(self, request: Request) -> Response:
        """How long tokens and sessions last: `{"seconds": 1, "uses": 3, "revoke": "tokens"}`."""
        body = await body_of(request)
        try:
            lives = Lives(**body)
            self.logins.set(lives)
        except (TypeError, ValueError) as error:
            return problem(400, str(error) if isinstance(error, ValueError) else f"only {', '.join(Lives._fields)}")
        return JSONResponse({"logins": lives._asdict()})


def _basic(keys: Keys) -> Callable[[Endpoint], Endpoint]:
    """Only for callers with user and password (HTTP Basic)."""
    wanted = base64.b64encode(f"{keys.user}:{keys.password}".encode()).decode()

    def allowed(request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "basic" and _same(given.strip(), wanted)

    refusal = JSONResponse({"error": "who are you?"}, 401, {"WWW-Authenticate": 'Basic realm="northwind"'})
    return _only_if(allowed, refusal)


def _keyed(keys: Keys) -> Callable[[Endpoint], Endpoint]:
    """Only for callers with the key in `X-Api-Key`."""
    refusal = _xml(xml_face.error_answer("UNAUTHORIZED", "Unknown key."), 401)
    return _only_if(lambda request: _same(request.headers.get("x-api-key", ""), keys.api_key), refusal)


def _bearer(keys: Keys) -> Callable[[Endpoint], Endpoint]:
    """Only for callers with the token."""
    refusal = JSONResponse({"errors": [{"message": "who are you?"}]}, 401, {"WWW-Authenticate": "Bearer"})
    wanted = f"bearer {keys.token}"

    def allowed(request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return _same(f"{scheme.lower()} {given.strip()}", wanted)

    return _only_if(allowed, refusal)


def _controlled(keys: Keys) -> Callable[[Endpoint], Endpoint]:
    """Only from this machine and with the control token in `X-Demo-Token`."""

    def allowed(request: Request) -> bool:
        near = request.client is not None and request.client.host in LOOPBACK
        return near and _same(request.headers.get("x-demo-token", ""), keys.control)

    return _only_if(allowed, JSONResponse({"error": "only on this machine, with the X-Demo-Token"}, 403))


def _only_if(allowed: Callable[[Request], bool], refusal: Response) -> Callable[[Endpoint], Endpoint]:
    def guard(endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            return await endpoint(request) if allowed(request) else refusal

        return guarded

    return guard


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _soap(body: bytes, status: int = 200) -> Response:
    return Response(body, status, headers={"Content-Type": _SOAP_TYPE})


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/xml", headers={"Content-Type": "application/xml"})
