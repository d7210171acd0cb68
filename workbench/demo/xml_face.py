"""The demo merchant's older API in XML, under `/xml`: words for states, written amounts, days and times apart."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from workbench.catalogue import catalogue
from workbench.demo.model import Line, Order, Parcel, Return

NAMESPACE = "urn:example:southwind:orders:3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
STATES = {
    "new": "OPEN", "paid": "PAID", "packing": "PICKING", "shipped": "SENT", "delivered": "DONE", "hold": "HELD",
    "cancelled": "VOID", "returned": "BACK", "limbo": "Q7",
}  # fmt: skip
LINE_STATES = {"open": "OPEN", "shipped": "SENT", "delivered": "DONE", "cancelled": "VOID", "returned": "BACK"}
PARCEL_STATES = {"labelled": "PRINTED", "moving": "EN ROUTE", "out": "ON VAN", "delivered": "HANDED OVER"}
WAREHOUSE = {"sent": "AWAITED", "arrived": "IN", "checked": "CHECKED", "refused": "REFUSED"}
DRIFTED_STATE = "HUB"
CARRIERS = {"DHL": "DHL Paket", "Royal Mail": "RM"}
"""This face is older than some of the carriers' present names."""

register_namespace("sw", NAMESPACE)
register_namespace("xsi", XSI)


def search_answer(orders: list[Order], drift: str) -> bytes:
    """All orders of a search: none, one, or several `Order` elements."""
    root = Element(_name("OrderList"), {"count": str(len(orders))})
    for order in orders:
        _order(root, order, drift)
    return _bytes(root, "utf-8")


def order_answer(order: Order, drift: str) -> bytes:
    """One order, in the encoding of another decade: what Latin-1 lacks is written as a character reference."""
    root = Element(_name("OrderDetail"))
    _order(root, order, drift)
    return _bytes(root, "iso-8859-1")


def error_answer(code: str, text: str) -> bytes:
    """An error, which this face sends with status 200."""
    root = Element(_name("Error"), {"code": code})
    root.text = text
    return _bytes(root, "utf-8")


def _bytes(root: Element, encoding: str) -> bytes:
    indent(root)
    body: bytes = tostring(root, encoding=encoding, xml_declaration=True)
    return body


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: Element, name: str, text: str | int | None = "", **attributes: str) -> Element:
    """A child with its text; None is an `xsi:nil`, blank text an empty element."""
    child = SubElement(parent, _name(name), attributes)
    if text is None:
        child.set(f"{{{XSI}}}nil", "true")
    elif text != "":
        child.text = str(text)
    return child


def _order(parent: Element, order: Order, drift: str) -> None:
    top = _add(parent, "Order", number=order.number, ref=str(order.id), channel=order.kind)
    state = DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else STATES[order.state]
    _add(top, "State", state)
    _add(top, "OrderedOn" if drift == "renamed_key" else "Placed", order.created.replace("T", " "))
    _buyer(top, order)
    _add(top, "Total", money(order.total, order.currency), currency=order.currency)
    if order.address:
        place = _add(top, "ShipTo")
        for name, text in zip(("Name", "Street", "Zip", "City", "Country"), order.address[:5], strict=True):
            _add(place, name, text)
        _add(place, "Company", order.address.company)
    days = _add(top, "Dates")
    for kind, at in (("promised", order.promised), ("shipped", order.shipped), ("delivered", order.delivered)):
        if at:
            _date(days, kind, at)
    lines = _add(top, "Lines")
    if drift == "list_became_object":
        lines = _add(lines, "Group", no="1")
    for line in order.lines:
        _line(lines, line, order.currency)
    for parcel in order.parcels:
        _parcel(top, parcel)
    for back in order.returns:
        _return(top, back, order.currency)


def _buyer(top: Element, order: Order) -> None:
    one = order.customer
    buyer = _add(top, "Buyer", guest="false" if one else "true")
    _add(buyer, "Name", f"{one.last}, {one.first}" if one else order.guest_name)
    _add(buyer, "Email", one.email if one else order.guest_email)


def _date(parent: Element, kind: str, at: str) -> None:
    day, _, time = at.partition("T")
    element = _add(parent, "Date", type=kind, day=".".join(reversed(day.split("-"))))
    if time:
        element.set("time", time[:5])


def _line(parent: Element, line: Line, currency: str) -> None:
    top = _add(parent, "Line", no=str(line.pos))
    _add(top, "Sku", line.sku)
    _add(top, "Title", line.title)
    _add(top, "Qty", line.quantity, unit="pcs")
    _add(top, "Price", money(line.cents, currency))
    _add(top, "State", LINE_STATES[line.state])
    if line.expected:
        _add(top, "Expected", line.expected)


def _parcel(parent: Element, parcel: Parcel) -> None:
    top = _add(parent, "Parcel", id=parcel.id, state=PARCEL_STATES[parcel.state])
    _add(top, "Carrier", parcel.carrier and CARRIERS.get(parcel.carrier, parcel.carrier))
    _add(top, "Code", parcel.code or "-")
    for pos in parcel.lines:
        _add(top, "Holds", line=str(pos))


def _return(parent: Element, back: Return, currency: str) -> None:
    top = _add(parent, "Return", rma=back.rma)
    _add(top, "Opened", back.opened.replace("T", " "))
    _add(top, "Warehouse", WAREHOUSE[back.warehouse])
    _add(top, "Code", back.code, carrier=CARRIERS.get(back.carrier or "", back.carrier or ""))
    _add(top, "Refund", None if back.cents is None else money(back.cents, currency))


def money(cents: int, currency: str) -> str:
    """An amount as people write it here: `1.234,50`."""
    digits = catalogue().minor_units.get(currency, 2)
    whole, rest = divmod(cents, 10**digits)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{grouped},{rest:0{digits}d}" if digits else grouped
