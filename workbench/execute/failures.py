"""Failures that come with a good status: SOAP faults, GraphQL errors, and errors of remote procedure calls.

Told are codes and places, which documentation names; never a message, which may repeat what a customer typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.documents import Element, Elements
from workbench.errors import Problem
from workbench.paths import text_of
from workbench.plan import Call

_CODE = re.compile(r"(?:[\w.-]+:)?([A-Za-z][\w.-]{0,60}|-?\d{1,9})", re.ASCII)
_NOT_FOUND = "ask the merchant what it means; if it means no such order, say not_found_when: "
_DEPTH = 6


def failure(call: Call, root: Any) -> Problem | None:
    """Why an answer is a failure by the rules of its protocol; None when it is none."""
    if isinstance(root, Element):
        return _fault(call, root)
    if not isinstance(root, Mapping):
        return None
    if call.body_kind == "graphql":
        return _graphql(call, root)
    if root.keys() == {"fault"} and isinstance(root["fault"], Mapping) and "faultCode" in root["fault"]:
        code = _code(root["fault"]["faultCode"])
        return _told(call, f"the answer is an XML-RPC fault{code}", f'{_NOT_FOUND}{{"$.fault.faultCode": ...}}')
    if _is_json_rpc(call.body) and root.get("error") is not None:
        error = root["error"]
        code = _code(error.get("code")) if isinstance(error, Mapping) else ""
        return _told(call, f"the answer is a JSON-RPC error{code}", f'{_NOT_FOUND}{{"$.error.code": ...}}')
    return None


def _told(call: Call, what: str, how: str = "") -> Problem:
    return Problem(what, call.name, how, "failed", at_run=True)


def _code(*found: Any) -> str:
    """The codes among values, in brackets."""
    texts = [text_of(value) for value in found if isinstance(value, (str, int)) and not isinstance(value, bool)]
    codes = [match[1] for text in texts if (match := _CODE.fullmatch(text))]
    return f" ({', '.join(dict.fromkeys(codes))})" if codes else ""


def _is_json_rpc(body: Any) -> bool:
    return isinstance(body, Mapping) and ("jsonrpc" in body or {"method", "params", "id"} <= set(body))


# ---------------------------------------------------------------- SOAP


def _fault(call: Call, root: Element) -> Problem | None:
    """A fault of SOAP 1.1 or 1.2, in whatever namespace the stack puts it, its texts present or not."""
    envelope = _child(root, "Envelope")
    body = _child(envelope[1], "Body") if envelope else None
    fault = _child(body[1], "Fault") if body else None
    if fault is None and call.body_kind == "soap":
        fault = _child(root, "Fault")
    if fault is None:
        return None
    content = fault[1]
    code, subcode = _text(content, "faultcode"), None
    if newer := _child(content, "Code"):
        code = _text(newer[1], "Value")
        inner = _child(newer[1], "Subcode")
        subcode = _text(inner[1], "Value") if inner else None
    detail = _child(content, "detail") or _child(content, "Detail")
    kinds = (
        [key for key in detail[1] if not key.startswith(("@", "#"))] if detail and isinstance(detail[1], dict) else []
    )
    told = f", detail {', '.join(kinds[:3])}" if kinds else ""
    place = next(_leaves(root, "$", 0), "")
    what = f"the answer is a SOAP fault{_code(code, subcode)}{told}"
    return _told(call, what, f'{_NOT_FOUND}{{"{place}": ...}}' if place else "")


def _child(node: Any, name: str) -> tuple[str, Any] | None:
    """(key, value) of a child by its local name, whatever prefix the mapping writes for it."""
    if isinstance(node, Elements):
        node = node[0] if node else None
    if not isinstance(node, dict):
        return None
    for key, value in node.items():
        if key == name or (key.endswith(f":{name}") and not key.startswith("@")):
            return key, value
    return None


def _text(node: Any, name: str) -> Any:
    found = _child(node, name)
    value = found[1] if found else None
    return value.get("#text") if isinstance(value, dict) else value


def _leaves(node: Any, place: str, depth: int) -> Iterator[str]:
    """The places of texts that look like a code: those of the detail first."""
    if depth > _DEPTH or not isinstance(node, dict):
        return
    keys = sorted(node, key=lambda key: (key.lower() != "detail", "code" not in key.lower()))
    for key in keys:
        if key.startswith(("@", "#")) or key.lower() in ("faultstring", "reason", "header"):
            continue
        step = f".{key}" if re.fullmatch(r"[A-Za-z_][\w-]*", key, re.ASCII) else f"['{key}']"
        if isinstance(node[key], str) and _CODE.fullmatch(node[key]) and not node[key].isdigit():
            yield place + step
        yield from _leaves(node[key], place + step, depth + 1)


# ---------------------------------------------------------------- GraphQL


def _graphql(call: Call, root: Mapping[str, Any]) -> Problem | None:
    errors = root.get("errors")
    data = root.get("data")
    if (isinstance(errors, list) and errors) or (errors and not isinstance(errors, list)):
        return _errors(call, errors if isinstance(errors, list) else [errors], data)
    for place, node in _results(data):
        name = node.get("__typename")
        if isinstance(name, str) and re.fullmatch(r"\w*(?:Error|Exception|Failure)s?", name, re.ASCII):
            how = f'{_NOT_FOUND}{{"{place}.__typename": {name}}}'
            return _told(call, f"the answer is a GraphQL error union ({name})", how)
        for key, value in node.items():
            if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
                continue
            alone = all(other in (None, [], {}) for name, other in node.items() if name not in (key, "__typename"))
            if re.search(r"(?:^u|U)ser_?[Ee]rrors$", key) or (key == "errors" and alone):
                code = _code(*(one.get("code") for one in value))
                return _told(call, f"the answer holds {key}{code}", f'{_NOT_FOUND}{{"{place}.{key}[0].code": ...}}')
    return None


def _errors(call: Call, errors: list[Any], data: Any) -> Problem:
    """The errors of an answer; with data beside them it is partial, and what is missing in it looks like nothing."""
    known = [one for one in errors if isinstance(one, Mapping)]
    extensions = [one.get("extensions") for one in known]
    codes = _code(*(one.get("code") for one in extensions if isinstance(one, Mapping)))
    places = list(dict.fromkeys(_place(one.get("path")) for one in known if one.get("path")))
    if not places or not isinstance(data, Mapping) or all(value is None for value in data.values()):
        return _told(call, f"the answer holds GraphQL errors{codes}")
    how = "take these fields out of the document, or ask the merchant to allow them"
    return _told(call, f"the answer is partial: GraphQL errors{codes} at {', '.join(places[:3])}", how)


def _place(path: Any) -> str:
    steps = [step for step in path if isinstance(step, (str, int))] if isinstance(path, list) else []
    named = [f".{step}" if isinstance(step, str) and step.isidentifier() else "[*]" for step in steps[:12]]
    return "$.data" + "".join(named)


def _results(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The results of the fields of a query, seen through objects that only wrap another one.

    Further inside there are the merchant's own things: an order's event may well be called an error.
    """
    for key, value in data.items() if isinstance(data, Mapping) else ():
        place, node = f"$.data.{key}", value
        for _ in range(_DEPTH):
            if not isinstance(node, Mapping):
                break
            yield place, node
            inside = [(name, one) for name, one in node.items() if name != "__typename"]
            if len(inside) != 1 or not isinstance(inside[0][1], Mapping):
                break
            place, node = f"{place}.{inside[0][0]}", inside[0][1]
