"""The checks of operations: their calls, pages, the place of the orders, and the check after the search."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.mapping.check_blocks import ORDERS_KEYS, business_of, check_inside, inner_fields, top_records
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.check_templates import Secrets, check_pairs, check_text, check_texts
from workbench.mapping.report import Report, Spot, choices, first_key
from workbench.mapping.sight import Sight, check_path, check_place
from workbench.mapping.source import shortened
from workbench.paths import text_of

OPERATION_KEYS = ("inputs", "calls", "orders", "verify", "note")
METHODS = ("get", "post", "put", "patch", "delete")
BODIES = ("json", "form", "xml", "text", "graphql", "soap")
CALL_KEYS = (
    "name", *METHODS, "query", "headers", *BODIES, "reads", "format", "delimiter", "encoding", "namespaces", "for_each",
    "only_when", "required", "not_found_when", "fail_when", "pages", "timeout_s", "note",
)  # fmt: skip
FORMATS = ("json", "ndjson", "csv", "form", "xml", "soap")
PAGE_KEYS = ("kind", "path", "param", "size", "start", "stop_when", "max")
PAGE_NEEDS: Mapping[str, tuple[str, ...]] = {
    "next_link": ("path",),
    "link_header": (),
    "page": (),
    "offset": (),
    "cursor": ("path", "param"),
    "graphql": ("path",),
    "range": (),
}
"""The kinds of paging, with the keys that each cannot do without."""

KNOWN_INPUTS = {"find_orders_by_email": "email", "find_order_by_number": "number"}
"""The finds that everyone knows, with what they are asked for."""

ALLOW_WAIVED = "WORKBENCH_ALLOW_WAIVED"
MAIN = "main"

_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_OPERATION = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)
_SECRET_HEADER = re.compile(r"authorization|cookie|(?:^|[-_])(?:key|token|secret|password|apikey)$", re.I)


class Use(NamedTuple):
    """How an operation uses its record."""

    operation: str
    record: str
    names: frozenset[str]
    inputs: frozenset[str] | None
    levels: int


class _Calls(NamedTuple):
    """The calls of an operation: all names, and those whose answers come once for each order."""

    names: tuple[str, ...]
    per_order: frozenset[str]


def check_operation(
    report: Report, name: str, body: Any, spot: Spot, records: Mapping[str, Any], merchant: Any
) -> Use | None:
    """Checks an operation; tells how it uses its record, or None where that cannot be said."""
    if not _OPERATION.fullmatch(name):
        report.add("a name that cannot be an operation's", spot, "use letters, digits and _", "bad_name")
    table = report.table(body, spot, OPERATION_KEYS, "write calls: and orders:")
    if table is None:
        return None
    if "note" in table:
        report.text(table["note"], spot.key("note"))
    inputs = _inputs(report, name, table, spot)
    item, levels = _item_sight(table, inputs)
    calls = _check_calls(report, table, spot, item, Secrets(merchant))
    return _check_orders(report, name, table, spot, records, calls, Sight(inputs=inputs, ups=levels), merchant)


def _inputs(report: Report, name: str, body: Mapping[str, Any], spot: Spot) -> frozenset[str] | None:
    """The inputs that the operation may use: declared or its own; None where it may use any."""
    own = {KNOWN_INPUTS[name]} if name in KNOWN_INPUTS else set()
    if "inputs" not in body:
        return frozenset(own) or None
    names = report.items(body["inputs"], spot.key("inputs"), "list their names, such as [phone]") or []
    for index, one in enumerate(names):
        at = spot.key("inputs", index)
        if isinstance(one, str) and not _IDENTIFIER.fullmatch(one):
            report.add("a name that cannot be an input's", at, "use letters, digits and _", "bad_name")
        elif not isinstance(one, str):
            report.wrong(one, at, "a name")
        elif one in names[:index]:
            report.add("an input that is listed twice", at, "list it once", "twice")
    return frozenset(own | {one for one in names if isinstance(one, str)})


def _item_sight(body: Mapping[str, Any], inputs: frozenset[str] | None) -> tuple[Sight, int]:
    """What a call for each order sees from the raw item, and how many levels in the orders are."""
    orders = body.get("orders")
    orders = orders if isinstance(orders, dict) else {}
    levels = check_place(Report(lambda place: None), orders.get("each", "$"), Spot((), ()), Sight(names=None))
    names = frozenset(["rows"]) if "group_by" in orders else frozenset()
    return Sight(names=names, ups=levels - 1, inputs=inputs), levels


# ---------------------------------------------------------------- calls


def call_names(calls: Any) -> list[str]:
    """The names of calls, in order; the first is `main` unless it has one."""
    listed = calls if isinstance(calls, list) and calls else [{}]
    names = [call.get("name", MAIN if index == 0 else None) for index, call in enumerate(listed) if isinstance(call, dict)]
    return [name for name in names if isinstance(name, str)]


def _check_calls(report: Report, body: Mapping[str, Any], spot: Spot, item: Sight, secrets: Secrets) -> _Calls:
    """Checks the calls one after another: each may use the answers of those before it."""
    names: list[str] = []
    per_order: list[str] = []
    calls = body.get("calls", [{}])
    if "calls" in body:
        calls = report.items(calls, spot.key("calls"), "list the calls, or leave calls: out") or [{}]
    for index, call in enumerate(calls):
        at = spot.key("calls", index) if "calls" in body else spot
        if call != {} or "calls" in body:
            call = report.table(call, at, CALL_KEYS, "write {name: ..., get: ...}") if call != {} else {}
        if call is None:
            continue
        own = "for_each" in call
        sight = item if own else item._replace(names=frozenset(), ups=0, item=False)
        sight = sight.knowing(name for name in names if own or name not in per_order)
        why = "that call is made for each order"
        sight = sight.hiding(per_order, why, "make this call for_each: order too") if not own else sight
        _check_call(report, call, at, sight, secrets)
        if own and index == 0:
            report.add("the first call for_each: order", at.key("for_each"), "orders come from it: find them first", "conflict")
        name = _call_name(report, call, index, names, at)
        names.append(name)
        per_order += [name] if own else []
    return _Calls(tuple(names), frozenset(per_order))


def _call_name(report: Report, call: Mapping[str, Any], index: int, names: list[str], spot: Spot) -> str:
    name = call.get("name", MAIN if index == 0 else None)
    if name is None:
        report.add("a call without a name", spot, "add name: so that its answer can be named", "needs_key")
    elif not isinstance(name, str):
        report.wrong(name, spot.key("name"), "a name")
    elif not _IDENTIFIER.fullmatch(name) or name == "rows":
        how = "use letters, digits and _; rows are those of a group"
        report.add(f"{shortened(name)!r} cannot be a call's name", spot.key("name"), how, "bad_name")
    elif name in names:
        report.add(f"two calls are named {name!r}", spot.key("name"), "give each its own name", "twice")
    return name if isinstance(name, str) else ""


def _check_call(report: Report, call: dict[str, Any], spot: Spot, sight: Sight, secrets: Secrets) -> None:
    methods = [method for method in METHODS if method in call]
    bodies = [body for body in BODIES if body in call]
    if len(methods) > 1:
        report.add(f"{' and '.join(methods)} in one call", spot, "one call has one method", "conflict")
    if len(bodies) > 1:
        report.add(f"{' and '.join(bodies)} in one call", spot, "one call has one body", "conflict")
    if bodies and "get" in call:
        report.add(f"{bodies[0]}: in a get call", spot.key(bodies[0]), "write post:, and reads: true", "conflict")
    for method in methods:
        text = report.text(call[method], spot.key(method), "write the URL, such as /orders")
        if text is not None:
            check_text(report, text, spot.key(method), sight, secrets, strict=True)
    for key in ("query", "headers"):
        if key in call:
            check_pairs(report, call[key], spot.key(key), sight, secrets)
            _check_no_secret(report, call[key], spot.key(key))
    for body in bodies:
        _check_body(report, body, call[body], spot.key(body), sight, secrets)
    for key, check in _CALL_CHECKS.items():
        if key in call:
            check(report, call[key], spot.key(key))
    if "only_when" in call:
        check_conditions(report, call["only_when"], spot.key("only_when"), sight)
    _check_answer(report, call, spot, sight)


def _check_no_secret(report: Report, table: Any, spot: Spot) -> None:
    """A secret in the file itself is known to everyone who reads the file."""
    for name, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, str) and value and isinstance(name, str) and _SECRET_HEADER.search(name) and "{" not in value:
            report.add("a secret in the file", spot.key(name), "write a reference, ${NAME}, and change the secret", "secret")


def _check_body(report: Report, kind: str, body: Any, spot: Spot, sight: Sight, secrets: Secrets) -> None:
    if kind in ("xml", "text"):
        if report.text(body, spot) is not None:
            check_text(report, body, spot, sight, secrets)
    elif kind == "form":
        check_pairs(report, body, spot, sight, secrets)
        _check_no_secret(report, body, spot)
    elif kind == "json":
        if body is None:
            report.wrong(body, spot, "the body")
        check_texts(report, body, spot, sight, secrets)
    elif kind == "graphql":
        table = report.table(body, spot, ("document", "variables"), "write {document: ..., variables: ...}") or {}
        report.text(table.get("document"), spot.key("document"), "write the query")
        if "variables" in table and report.table(table["variables"], spot.key("variables")):
            check_texts(report, table["variables"], spot.key("variables"), sight, secrets)
    else:
        _check_soap(report, body, spot, sight, secrets)


def _check_soap(report: Report, body: Any, spot: Spot, sight: Sight, secrets: Secrets) -> None:
    table = report.table(body, spot, ("action", "version", "body"), "write {action: ..., version: ..., body: ...}") or {}
    if "action" in table and not isinstance(table["action"], str):
        report.wrong(table["action"], spot.key("action"), "a text")
    if "version" in table and text_of(table["version"]) not in ("1.1", "1.2"):
        report.add("no version of SOAP", spot.key("version"), "one of 1.1, 1.2", "unknown_word")
    if report.text(table.get("body"), spot.key("body"), "write what stands inside Body") is not None:
        check_text(report, table["body"], spot.key("body"), sight, secrets)


def _check_answer(report: Report, call: dict[str, Any], spot: Spot, sight: Sight) -> None:
    """What a call asks of its own answer: `$` and `@` are that answer."""
    answer = Sight(names=frozenset(), inputs=sight.inputs)
    for key in ("not_found_when", "fail_when"):
        if key in call:
            check_conditions(report, call[key], spot.key(key), answer, Side(answer=True))
    if "pages" in call:
        _check_pages(report, call["pages"], spot.key("pages"), answer)


def _check_pages(report: Report, pages: Any, spot: Spot, answer: Sight) -> None:
    table = report.table(pages, spot, PAGE_KEYS, f"write {{kind: ...}}, one of {', '.join(PAGE_NEEDS)}")
    if table is None:
        return
    kind = table.get("kind")
    if "kind" not in table:
        report.add("pages without kind:", spot, f"one of {', '.join(PAGE_NEEDS)}", "needs_key")
    elif isinstance(kind, str) and kind not in PAGE_NEEDS:
        known = tuple(PAGE_NEEDS)
        report.add(f"unknown kind of pages {shortened(kind)!r}", spot.key("kind"), choices(kind, known), "unknown_word")
    elif not isinstance(kind, str):
        report.wrong(kind, spot.key("kind"), "a word", f"one of {', '.join(PAGE_NEEDS)}")
    for need in PAGE_NEEDS.get(kind, ()) if isinstance(kind, str) else ():
        if need not in table:
            report.add(f"pages of kind {kind} without {need}:", spot, f"add {need}:", "needs_key")
    if "path" in table:
        check_path(report, table["path"], spot.key("path"), answer)
    if "param" in table:
        report.text(table["param"], spot.key("param"))
    for key, least in (("size", 1), ("start", 0), ("max", 1)):
        if key in table:
            report.count(table[key], spot.key(key), least)
    if "stop_when" in table:
        check_conditions(report, table["stop_when"], spot.key("stop_when"), answer, Side(answer=True))


def check_seconds(report: Report, value: Any, spot: Spot) -> None:
    """A span in seconds: a number above zero, an hour at most."""
    if isinstance(value, bool) or not hasattr(value, "__float__") or not 0 < value <= 3600:
        report.add("no number of seconds", spot, "write a number above 0, at most 3600", "wrong_type")


def _check_uris(report: Report, value: Any, spot: Spot) -> None:
    for prefix, uri in (report.table(value, spot, None, "write {PREFIX: URI}") or {}).items():
        report.text(uri, spot.key(prefix))


_CALL_CHECKS: dict[str, Callable[[Report, Any, Spot], object]] = {
    "reads": Report.flag,
    "required": Report.flag,
    "format": lambda report, value, spot: report.word(value, spot, FORMATS),
    "for_each": lambda report, value, spot: report.word(value, spot, ("order",)),
    "delimiter": lambda report, value, spot: report.word(value, spot, (",", ";", "\t", "|")),
    "encoding": Report.text,
    "note": Report.text,
    "namespaces": _check_uris,
    "timeout_s": check_seconds,
}


# ---------------------------------------------------------------- orders and the check after the search


def _check_orders(
    report: Report, name: str, body: Mapping[str, Any], spot: Spot, records: Mapping[str, Any], calls: _Calls, sight: Sight,
    merchant: Any,
) -> Use | None:  # fmt: skip
    """Checks `orders:` and `verify:` of an operation."""
    orders = report.table(body["orders"], spot.key("orders")) if "orders" in body else {"each": "$"}
    at = spot.key("orders")
    for key in orders or ():
        if key == "at":
            report.add("orders are a list", at.key("at"), "write each:", "conflict")
        elif key == "fields":
            report.add("fields: under orders:", at.key("fields"), "the fields of orders stand under records:", "conflict")
        elif key not in ORDERS_KEYS:
            report.unknown_key(key, at, ORDERS_KEYS)
    if orders is None:
        return None
    if "each" not in orders and "at" not in orders:
        report.add("orders without each:", at, "say where one order stands, such as each: \"$.orders\"", "needs_key")
    record = _record(report, orders.get("use", "order"), at, records)
    root = Sight(names=frozenset(calls.names), inputs=sight.inputs)
    why = "that call is made for each order, which is not known yet"
    early = root._replace(names=frozenset(calls.names) - calls.per_order)
    early = early.hiding(calls.per_order, why, "use it in the rules, or in with:")
    if "each" in orders:
        check_place(report, orders["each"], at.key("each"), early)
    fields = inner_fields(records.get(record)) if record else {}
    business = business_of(fields, record, f"records.{record}") if record else business_of({}, "", "records")
    item = root._replace(ups=sight.ups - 1)
    inner = check_inside(report, orders, at, item, business, early._replace(ups=sight.ups))
    if "verify" in body:
        _check_verify(report, body["verify"], spot.key("verify"), inner, Side(business=business, verify=True), merchant)
    if not record or inner.names is None:
        return None
    return Use(name, record, inner.names, sight.inputs, sight.ups)


def _record(report: Report, use: Any, spot: Spot, records: Mapping[str, Any]) -> str:
    """The record that the operation uses; empty where there is none of that name."""
    if not isinstance(use, str):
        report.wrong(use, spot.key("use"), "a name")
        return ""
    if use in records and use in top_records():
        return use
    at = spot.key("use") if "use" else spot
    report.add(f"no record {shortened(use)!r}", at, f"add records.{shortened(use)}", "unknown_record")
    return ""


def _check_verify(report: Report, verify: Any, spot: Spot, sight: Sight, side: Side, merchant: Any) -> None:
    if not isinstance(verify, dict) or "waived" not in verify:
        check_conditions(report, verify, spot, sight, side)
        return
    if len(verify) > 1:
        report.add("waived: beside conditions", spot, "keep the conditions, or waive them", "conflict")
    report.text(verify["waived"], spot.key("waived"), "say why")
    allowed = {word.strip() for word in os.environ.get(ALLOW_WAIVED, "").split(",")}
    if not {"*", merchant} & allowed:
        how = f"set {ALLOW_WAIVED}={merchant} where the deployment accepts unchecked orders"
        report.add("verify is waived", spot, how, "waived")


def has_verify(body: Mapping[str, Any]) -> bool:
    """Whether an operation says how its orders are checked after the search."""
    return first_key(body, ("verify",)) is not None
