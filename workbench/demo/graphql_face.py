"""The demo merchant's GraphQL API, under `/graphql`: introspection, connections, an error union, times with offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLSchema, build_schema, graphql_sync

from workbench.demo.model import Line, Order, Parcel, Return
from workbench.demo.soap_face import money
from workbench.demo.store import Store

PAGE = 3
DRIFTED_STATE = "DISPATCHED"
STATES = {"hold": "ON_HOLD", "packing": "PICKING", "limbo": "X7"}
"""Where this API has a word of its own; else it is the merchant's in capitals."""

_ZONE = ZoneInfo("Europe/Berlin")
SDL = '''
"""Orders, as customers see them."""
type Query {
  "The orders of a customer, by the e-mail of the account or of the guest."
  orders(email: String!, first: Int = 3, after: String): OrderConnection!
  "One order by its number."
  order(number: String!): OrderResult!
  shop: Shop!
}
type Mutation { cancelOrder(number: String!): OrderResult! }
union OrderResult = Order | OrderNotFoundError
type OrderNotFoundError { message: String! }
type Shop { name: String! currencies: [String!]! }
type OrderConnection { edges: [OrderEdge!]! pageInfo: PageInfo! totalCount: Int! }
type OrderEdge { cursor: String! node: Order! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Order {
  id: ID! number: String! channel: String! market: String! status: String! createdAt: String! promisedOn: String
  shippedAt: String deliveredAt: String email: String customer: Customer guestName: String total: Money!
  shippingAddress: Address lines: [Line!]! parcels: [Parcel!]! returns: [Return!]! giftMessage: String
}
type Customer { firstName: String! lastName: String! email: String! phone: String }
type Money { amount: String! currency: String! }
type Address {
  name: String! company: String street: String! extra: String zip: String! city: String! country: String!
}
type Line {
  position: Int! sku: String title: String quantity: Int! price: Money! status: String! image: String expectedOn: String
}
type Parcel {
  id: ID! carrier: String trackingNumber: String trackingUrl: String status: String! shippedAt: String
  deliveredAt: String positions: [Int!]!
}
type Return {
  rma: ID! openedAt: String! warehouse: String! carrier: String trackingNumber: String refund: Money
}
'''

Json = dict[str, Any]


def schema(drift: str = "none") -> GraphQLSchema:
    """The schema, after a change that nobody announced, where there is one."""
    text = SDL.replace("createdAt: String!", "orderedAt: String!") if drift == "renamed_key" else SDL
    made: GraphQLSchema = build_schema(text)
    return made


def answer(store: Store, drift: str, body: Mapping[str, Any], everyone: bool = False) -> Json:
    """What a request is answered: `data`, `errors`, or both; `everyone` has the search forget the e-mail."""
    variables = body.get("variables")
    result = graphql_sync(
        schema(drift),
        str(body.get("query") or ""),
        root_value=_roots(store, drift, everyone),
        variable_values=variables if isinstance(variables, dict) else None,
        operation_name=body.get("operationName") if isinstance(body.get("operationName"), str) else None,
    )
    told: Json = {"data": result.data}
    if result.errors:
        told["errors"] = [error.formatted for error in result.errors]
    return told


def _roots(store: Store, drift: str, everyone: bool) -> dict[str, Callable[..., Any]]:
    """What answers the fields of the query type."""

    def orders(info: Any, email: str, first: int = PAGE, after: str | None = None) -> Json:
        found = store.everything() if everyone else store.by_email(email)
        start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
        shown = found[start : start + min(max(first, 1), PAGE)]
        end = start + len(shown)
        return {
            "edges": [{"cursor": str(start + at + 1), "node": _order(one, drift)} for at, one in enumerate(shown)],
            "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end) if shown else None},
            "totalCount": len(found),
        }

    def order(info: Any, number: str) -> Json:
        found = store.by_number(number)
        if found is None:
            return {"__typename": "OrderNotFoundError", "message": "no such order"}
        return {"__typename": "Order", **_order(found, drift)}

    def cancel(info: Any, number: str) -> Json:
        raise ValueError("this account may only read")

    return {
        "orders": orders,
        "order": order,
        "cancelOrder": cancel,
        "shop": lambda info: {"name": "Westwind", "currencies": ["EUR", "GBP", "JPY", "USD"]},
    }


def _state(word: str, drift: str) -> str:
    return DRIFTED_STATE if drift == "new_status" and word == "shipped" else STATES.get(word, word.upper())


def _order(order: Order, drift: str) -> Json:
    one = order.customer
    placed = {"orderedAt" if drift == "renamed_key" else "createdAt": _time(order.created)}
    return {
        **placed,
        "id": order.id,
        "number": order.number,
        "channel": order.kind,
        "market": order.market,
        "status": _state(order.state, drift),
        "promisedOn": order.promised,
        "shippedAt": _time(order.shipped),
        "deliveredAt": _time(order.delivered),
        "email": one.email if one else order.guest_email,
        "customer": one and {"firstName": one.first, "lastName": one.last, "email": one.email, "phone": one.phone},
        "guestName": order.guest_name,
        "total": _money(order.total, order.currency),
        "shippingAddress": order.address and order.address._asdict(),
        "lines": [_line(line, order.currency) for line in order.lines],
        "parcels": [_parcel(parcel) for parcel in order.parcels],
        "returns": [_return(back, order.currency) for back in order.returns],
        "giftMessage": order.gift,
    }


def _line(line: Line, currency: str) -> Json:
    return {
        "position": line.pos,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "price": _money(line.cents, currency),
        "status": line.state.upper(),
        "image": line.image,
        "expectedOn": line.expected,
    }


def _parcel(parcel: Parcel) -> Json:
    return {
        "id": parcel.id,
        "carrier": parcel.carrier,
        "trackingNumber": parcel.code,
        "trackingUrl": parcel.url,
        "status": parcel.state.upper(),
        "shippedAt": _time(parcel.left),
        "deliveredAt": _time(parcel.arrived),
        "positions": list(parcel.lines),
    }


def _return(back: Return, currency: str) -> Json:
    return {
        "rma": back.rma,
        "openedAt": _time(back.opened),
        "warehouse": back.warehouse.upper(),
        "carrier": back.carrier,
        "trackingNumber": back.code,
        "refund": None if back.cents is None else _money(back.cents, currency),
    }


def _money(cents: int, currency: str) -> Json:
    return {"amount": money(cents, currency), "currency": currency}


def _time(at: str | None) -> str | None:
    """A local time with its offset; a date stays one."""
    return datetime.fromisoformat(at).replace(tzinfo=_ZONE).isoformat() if at and "T" in at else at
