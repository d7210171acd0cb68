"""XML-RPC answers -> the values that they spell out: `{"answer": value}`, or `{"fault": value}`.

A struct is an object by the names of its members, an array a list; numbers, truth values and nil are JSON's, and a
`dateTime.iso8601` such as `20261103T09:30:00` has the hyphens of a date.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.documents import Element, Elements

_NUMBERS = {"int", "i1", "i2", "i4", "i8", "biginteger"}
_DECIMALS = {"double", "float", "bigdecimal"}


def is_answer(root: Element) -> bool:
    """Whether XML is an answer of XML-RPC."""
    answer = root.get("methodResponse")
    return isinstance(answer, Element) and not {"params", "fault"}.isdisjoint(answer)


def answer_of(root: Element) -> dict[str, Any]:
    """The value of an answer, or its fault."""
    answer = root["methodResponse"]
    if "fault" in answer:
        return {"fault": _value(_get(answer["fault"], "value"))}
    return {"answer": _value(_get(_get(answer["params"], "param"), "value"))}


def _get(node: Any, name: str) -> Any:
    node = node[0] if isinstance(node, Elements) else node
    return node.get(name) if isinstance(node, dict) else None


def _value(node: Any) -> Any:
    """What a `<value>` holds; without a type it is text."""
    if not isinstance(node, dict):
        return None if node is None else str(node)
    kind = next((key for key in node if not key.startswith(("@", "#"))), "")
    inner = node.get(kind)
    kind = kind.rpartition(":")[2].lower()
    if kind == "struct":
        return {str(_get(one, "name") or ""): _value(_get(one, "value")) for one in _many(_get(inner, "member"))}
    if kind == "array":
        data = _get(inner, "data")
        return [_value(one) for one in _many(_get(data, "value"))] if isinstance(data, dict) and "value" in data else []
    if kind in ("nil", ""):
        return node.get("#text") if not kind else None
    text = str(inner.get("#text") or "") if isinstance(inner, dict) else str(inner or "")
    return _scalar(kind, text)


def _many(node: Any) -> list[Any]:
    return list(node) if isinstance(node, Elements) else [node] if node is not None else []


def _scalar(kind: str, text: str) -> Any:
    if kind in _NUMBERS and re.fullmatch(r"[+-]?\d{1,40}", text, re.ASCII):
        return int(text)
    if kind in _DECIMALS:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return number if number.is_finite() else text
    if kind == "boolean" and text in ("0", "1", "true", "false"):
        return text in ("1", "true")
    if kind == "datetime.iso8601" and (day := re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(.*)", text, re.ASCII)):
        return f"{day[1]}-{day[2]}-{day[3]}T{day[4]}"
    return text
