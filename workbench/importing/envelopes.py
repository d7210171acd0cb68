"""The body of a SOAP call from the types of a WSDL: inputs where they belong, and only what must be there."""

from __future__ import annotations

from typing import Any

from lxml import etree
from zeep import xsd
from zeep.xsd.elements.indicators import Choice, Group, OrderIndicator

from workbench.importing.inputs import identifier
from workbench.importing.proposal import reference
from workbench.importing.words import is_email_name, is_number_name, is_secret_name, words

DEPTH = 8
MOST = 400
"""Elements of one body at most; types may be recursive."""

_USER_WORDS = {"username", "user", "userid", "login", "account"}


class Writer:
    """Writes the elements of one call.

    Args:
        merchant: Whose references stand for secrets.
        inputs: The inputs that optional elements are written for.

    Attributes:
        optional: Names of optional elements that were left out.
        types: The XSD types of inputs that are neither an e-mail nor a number.
    """

    def __init__(self, merchant: str, inputs: tuple[str, ...] = ("email", "number")) -> None:
        self.merchant, self.inputs = merchant, inputs
        self.optional: list[str] = []
        self.types: dict[str, str] = {}
        self._left = MOST

    def text(self, element: Any) -> str:
        """The XML of an element with what it needs."""
        root = etree.Element(_name(element), nsmap=_prefixes(element))
        self._fill(root, element, 0)
        etree.cleanup_namespaces(root)
        etree.indent(root)
        made: str = etree.tostring(root, encoding="unicode")
        return made

    def _fill(self, node: Any, element: Any, depth: int) -> None:
        kind = element.type
        if not isinstance(kind, xsd.ComplexType):
            node.text = self._value(str(element.attr_name or ""), kind)
            return
        for _, attribute in kind.attributes:
            if getattr(attribute, "required", False) and getattr(attribute, "qname", None) is not None:
                node.set(attribute.qname.text, self._value(str(attribute.attr_name), attribute.type))
        for _, nested in kind.elements_nested:
            self._nested(node, nested, depth + 1)

    def _nested(self, node: Any, nested: Any, depth: int) -> None:
        """An element, or a sequence, choice or group of them."""
        if isinstance(nested, Group):
            self._nested(node, nested.child, depth)
        elif isinstance(nested, Choice):
            options = list(nested)
            wanted = [option for option in options if self._wanted(option)]
            for option in (wanted or options)[:1]:
                self._nested(node, option, depth)
        elif isinstance(nested, OrderIndicator):
            for part in nested:
                self._nested(node, part, depth)
        elif isinstance(nested, xsd.Element):
            self._element(node, nested, depth)

    def _element(self, node: Any, element: Any, depth: int) -> None:
        name = str(element.attr_name or "")
        if name == "_value_1":  # the text of an element that has attributes
            node.text = self._value(etree.QName(node).localname, element.type)
            return
        if element.is_optional and not self._wanted(element):
            self.optional.append(name)
            return
        self._left -= 1
        if depth > DEPTH or self._left < 0:
            return
        self._fill(etree.SubElement(node, _name(element)), element, depth)

    def _value(self, name: str, kind: Any) -> str:
        if is_secret_name(name):
            return reference(self.merchant, name)
        if "".join(words(name)) in _USER_WORDS:
            return reference(self.merchant, "user")
        if is_email_name(name):
            return "{email}"
        if is_number_name(name):
            return "{number}"
        if isinstance(kind, xsd.Boolean):
            return "true"
        open_name = identifier(name or "value")
        self.types[open_name] = str(getattr(kind, "_default_qname", None) or getattr(kind, "qname", "") or "").split(
            "}"
        )[-1]
        return f"{{{open_name}}}"

    def _wanted(self, element: Any, depth: int = 0) -> bool:
        """Whether an optional part is what an order is asked for by, or leads there."""
        if not isinstance(element, xsd.Element):
            inside = element if isinstance(element, OrderIndicator) and depth < 4 else ()
            return any(self._wanted(part, depth + 1) for part in inside)
        name = str(element.attr_name or "")
        if is_email_name(name):
            return "email" in self.inputs
        if is_number_name(name):
            return "number" in self.inputs
        if depth >= 3 or not isinstance(element.type, xsd.ComplexType):
            return False
        return any(self._wanted(part, depth + 1) for _, part in element.type.elements)


def _name(element: Any) -> Any:
    return element.qname if element.qname is not None else etree.QName(element.name)


def _prefixes(element: Any) -> dict[str | None, str]:
    """Short prefixes for the namespaces of an element and of what stands inside, in order."""
    found: dict[str, None] = {}

    def see(one: Any, depth: int) -> None:
        if isinstance(one, xsd.Element):
            space = etree.QName(_name(one)).namespace
            if space:
                found.setdefault(space)
            if depth < DEPTH and isinstance(one.type, xsd.ComplexType) and len(found) < 20:
                for _, part in one.type.elements:
                    see(part, depth + 1)

    see(element, 0)
    return {f"n{index}" if index else "n": space for index, space in enumerate(found)}
