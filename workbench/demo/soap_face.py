"""The demo merchant's SOAP service, under `/soap/orders`: a WSDL, typed faults, answers in a namespace of their own.

Its WSDL says that everything is in `urn:example:eastwind:orders`; its answers are in `urn:example:eastwind:v1`, because
somebody changed the one and not the other. Nobody can be told any more.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, register_namespace, tostring
from xml.sax.saxutils import quoteattr

from workbench.catalogue import catalogue
from workbench.demo.model import Address, Line, Order, Parcel, Return

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "urn:example:eastwind:orders"
ANSWERS = "urn:example:eastwind:v1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DRIFTED_STATE = "dispatched"

register_namespace("env", ENVELOPE)
register_namespace("ew", ANSWERS)
register_namespace("xsi", XSI)


class Asked(NamedTuple):
    """A request: the operation, and the texts of its parameters by name."""

    operation: str
    values: dict[str, str]


def read_request(body: bytes) -> Asked | None:
    """What an envelope asks for; None where it is none, or of another namespace than the WSDL says."""
    try:
        root = fromstring(body)  # noqa: S314  # expat reads nothing from elsewhere, and callers are on this machine
    except ParseError:
        return None
    inner = root.find(f"{{{ENVELOPE}}}Body/*")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or inner is None or not inner.tag.startswith(f"{{{NAMESPACE}}}"):
        return None
    values = {
        child.tag.rpartition("}")[2]: child.text or "" for child in inner if child.tag.startswith(f"{{{NAMESPACE}}}")
    }
    return Asked(inner.tag.rpartition("}")[2], values)


def answer(operation: str, orders: list[Order], drift: str) -> bytes:
    """The envelope around the answer of an operation."""
    root = Element(f"{{{ENVELOPE}}}Envelope")
    body = SubElement(root, f"{{{ENVELOPE}}}Body")
    inner = SubElement(body, f"{{{ANSWERS}}}{operation}Response")
    for order in orders:
        _order(inner, order, drift)
    return _bytes(root)


def fault(code: str, text: str) -> bytes:
    """A fault with a typed detail. The text of the fault itself is empty, as this stack leaves it."""
    root = Element(f"{{{ENVELOPE}}}Envelope")
    top = SubElement(SubElement(root, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault")
    SubElement(top, "faultcode").text = "env:Client"
    SubElement(top, "faultstring")
    detail = SubElement(SubElement(top, "detail"), f"{{{ANSWERS}}}OrderFault")
    _add(detail, "Code", code)
    _add(detail, "Text", text)
    return _bytes(root)


def _bytes(root: Element) -> bytes:
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _add(parent: Element, name: str, text: str | int | None) -> Element:
    """A child with its text; None is an `xsi:nil`."""
    child = SubElement(parent, f"{{{ANSWERS}}}{name}")
    if text is None:
        child.set(f"{{{XSI}}}nil", "true")
    else:
        child.text = str(text)
    return child


def _order(parent: Element, order: Order, drift: str) -> None:
    top = SubElement(parent, f"{{{ANSWERS}}}Order")
    _add(top, "OrderNo", order.number)
    _add(top, "Id", order.id)
    _add(top, "Channel", order.kind)
    _add(top, "State", DRIFTED_STATE if drift == "new_status" and order.state == "shipped" else order.state)
    _add(top, "OrderedOn" if drift == "renamed_key" else "Placed", order.created)
    for name, at in (("Promised", order.promised), ("Shipped", order.shipped), ("Delivered", order.delivered)):
        _add(top, name, at)
    one = order.customer
    _add(top, "Email", one.email if one else order.guest_email)
    _add(top, "FirstName", one.first if one else None)
    _add(top, "LastName", one.last if one else order.guest_name)
    _add(top, "Amount", money(order.total, order.currency)).set("currency", order.currency)
    if order.address:
        _address(top, order.address)
    lines = SubElement(top, f"{{{ANSWERS}}}Group") if drift == "list_became_object" else top
    for line in order.lines:
        _line(lines, line, order.currency)
    for parcel in order.parcels:
        _parcel(top, parcel)
    for back in order.returns:
        _return(top, back, order.currency)


def _address(parent: Element, address: Address) -> None:
    top = SubElement(parent, f"{{{ANSWERS}}}ShipTo")
    for name, text in zip(("Name", "Street", "Zip", "City", "Country", "Company", "Extra"), address, strict=True):
        _add(top, name, text)


def _line(parent: Element, line: Line, currency: str) -> None:
    top = SubElement(parent, f"{{{ANSWERS}}}Line")
    _add(top, "No", line.pos)
    _add(top, "Sku", line.sku)
    _add(top, "Name", line.title)
    _add(top, "Quantity", line.quantity)
    _add(top, "Price", money(line.cents, currency))
    _add(top, "State", line.state)
    _add(top, "Expected", line.expected)


def _parcel(parent: Element, parcel: Parcel) -> None:
    top = SubElement(parent, f"{{{ANSWERS}}}Parcel")
    for name, text in (
        ("Id", parcel.id), ("Carrier", parcel.carrier), ("Tracking", parcel.code), ("Url", parcel.url),
        ("State", parcel.state), ("Left", parcel.left), ("Arrived", parcel.arrived),
    ):  # fmt: skip
        _add(top, name, text)
    for pos in parcel.lines:
        _add(top, "LineNo", pos)


def _return(parent: Element, back: Return, currency: str) -> None:
    top = SubElement(parent, f"{{{ANSWERS}}}Return")
    for name, text in (
        ("Rma", back.rma), ("Opened", back.opened), ("Warehouse", back.warehouse), ("Carrier", back.carrier),
        ("Tracking", back.code), ("Refund", None if back.cents is None else money(back.cents, currency)),
    ):  # fmt: skip
        _add(top, name, text)


def money(cents: int, currency: str) -> str:
    """An amount in major units, with a point: `1234.50`."""
    digits = catalogue().minor_units.get(currency, 2)
    whole, rest = divmod(cents, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


def wsdl(address: str) -> bytes:
    """The WSDL, with the address that it was asked at."""
    return _WSDL.replace("{address}", quoteattr(address)).encode()


def _fields(*named: str) -> str:
    """Elements of a type: `name`, `name:type`, with `?` for optional ones and `*` for several."""
    made = []
    for text in named:
        name, _, kind = text.rstrip("?*").partition(":")
        often = {"?": ' minOccurs="0"', "*": ' minOccurs="0" maxOccurs="unbounded"'}.get(text[-1], "")
        made.append(f'<xs:element name="{name}" type="{kind or "xs:string"}" nillable="true"{often}/>')
    return f"<xs:sequence>{''.join(made)}</xs:sequence>"


_TYPES = {
    "Line": _fields("No:xs:int", "Sku", "Name", "Quantity:xs:int", "Price:xs:decimal", "State", "Expected"),
    "Parcel": _fields("Id", "Carrier", "Tracking", "Url", "State", "Left", "Arrived", "LineNo:xs:int*"),
    "Return": _fields("Rma", "Opened", "Warehouse", "Carrier", "Tracking", "Refund:xs:decimal"),
    "Address": _fields("Name", "Street", "Zip", "City", "Country", "Company", "Extra"),
    "Order": _fields(
        "OrderNo", "Id:xs:int", "Channel", "State", "Placed", "Promised", "Shipped", "Delivered", "Email", "FirstName",
        "LastName", "Amount:t:Money", "ShipTo:t:Address?", "Line:t:Line*", "Parcel:t:Parcel*", "Return:t:Return*",
    ),
}  # fmt: skip
_ELEMENTS = {
    "FindOrders": _fields("Email"),
    "FindOrdersResponse": _fields("Order:t:Order*"),
    "GetOrder": _fields("OrderNo"),
    "GetOrderResponse": _fields("Order:t:Order"),
    "CancelOrder": _fields("OrderNo", "Reason?"),
    "CancelOrderResponse": _fields("Done:xs:boolean"),
    "OrderFault": _fields("Code", "Text"),
}
_OPERATIONS = ("CancelOrder", "FindOrders", "GetOrder")


def _wsdl() -> str:
    types = "".join(f'<xs:complexType name="{name}">{inner}</xs:complexType>' for name, inner in _TYPES.items())
    elements = "".join(
        f'<xs:element name="{name}"><xs:complexType>{inner}</xs:complexType></xs:element>'
        for name, inner in _ELEMENTS.items()
    )
    messages = "".join(
        f'<w:message name="{name}"><w:part name="body" element="t:{name}"/></w:message>' for name in _ELEMENTS
    )
    ports = "".join(
        f'<w:operation name="{name}"><w:input message="t:{name}"/><w:output message="t:{name}Response"/>'
        '<w:fault name="OrderFault" message="t:OrderFault"/></w:operation>'
        for name in _OPERATIONS
    )
    literal = '<s:body use="literal"/>'
    bindings = "".join(
        f'<w:operation name="{name}"><s:operation soapAction="{NAMESPACE}/{name}"/><w:input>{literal}</w:input>'
        f'<w:output>{literal}</w:output><w:fault name="OrderFault"><s:fault name="OrderFault" use="literal"/></w:fault>'
        "</w:operation>"
        for name in _OPERATIONS
    )
    money_type = (
        '<xs:complexType name="Money"><xs:simpleContent><xs:extension base="xs:decimal">'
        '<xs:attribute name="currency" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>'
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<w:definitions name="Eastwind" targetNamespace="{NAMESPACE}" xmlns:t="{NAMESPACE}"'
        ' xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema"><w:types>'
        f'<xs:schema targetNamespace="{NAMESPACE}" elementFormDefault="qualified">'
        f"{money_type}{types}{elements}</xs:schema>"
        f'</w:types>{messages}<w:portType name="Orders">{ports}</w:portType>'
        '<w:binding name="OrdersSoap" type="t:Orders"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'{bindings}</w:binding><w:service name="Eastwind"><w:port name="OrdersSoap" binding="t:OrdersSoap">'
        "<s:address location={address}/></w:port></w:service></w:definitions>"
    )


_WSDL = _wsdl()
