"""What is no mistake in a mapping, and still worth a second look; and what stands against exporting it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from workbench.catalogue import STATUS, catalogue
from workbench.errors import Problem
from workbench.mapping.check_blocks import NESTED, business_of, inner_fields, is_block
from workbench.mapping.check_calls import METHODS
from workbench.mapping.check_operations import KNOWN_INPUTS
from workbench.mapping.report import TOP, Report, Spot, first_key
from workbench.mapping.source import Place

_NAMED = re.compile(r"([A-Za-z_][\w-]*):\$")
IMPLIED = {"find_orders_by_email": "customer_email", "find_order_by_number": "order_number"}
"""The field that must carry what was asked for, unless `verify:` says it otherwise."""


def lint(data: Mapping[str, Any], line: Callable[[Place], int | None]) -> list[Problem]:
    """What deserves a second look in data that has been checked."""
    report = Report(line)
    _lint_addresses(report, data.get("connection") or {})
    used = set()
    for name, body in data["operations"].items():
        record = (body.get("orders") or {}).get("use", "order")
        used.add(record)
        _lint_check(report, name, body, record, data["records"])
        _lint_calls(report, name, body, data["records"].get(record) or {})
    for name, fields in data["records"].items():
        spot = TOP.key("records", name)
        if name not in used:
            report.add("a record that no operation uses", spot, "drop it, or name it by use:", "unused")
        _lint_fields(report, fields, spot, name)
    _lint_extras(report, data)
    return report.problems


def _lint_addresses(report: Report, connection: Mapping[str, Any]) -> None:
    spot = TOP.key("connection")
    tables = [(spot, connection)]
    environments = connection.get("environments") or {}
    tables += [(spot.key("environments", name), body) for name, body in environments.items()]
    for at, table in tables:
        parts = urlsplit(table.get("base_url") or "")
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            report.add("a base URL without encryption", at.key("base_url"), "use https", "http")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _lint_check(report: Report, name: str, body: Mapping[str, Any], record: str, records: Mapping[str, Any]) -> None:
    """A find whose results nothing holds against what was asked for may show one customer another's order."""
    if record != "order" or "verify" in body:
        return
    field = IMPLIED.get(name)
    spot = TOP.key("operations", name)
    ruled = business_of(records.get(record) or {}, record, "").ruled
    if field and field not in ruled:
        how = f"add a rule for {field}, or say verify: by something that the order carries"
        what = f"nothing says which orders belong to the {KNOWN_INPUTS[name]} that was asked for"
        report.add(what, spot, how, "unchecked")
    elif field is None and body.get("inputs"):
        how = "say verify: by what the order carries"
        report.add("nothing checks the orders against what was asked for", spot, how, "unchecked")


def _lint_calls(report: Report, name: str, body: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """What the rules read and this operation does not have, though another one does."""
    own = {call.get("name", "main") for call in body.get("calls") or ()} | set(
        (body.get("orders") or {}).get("with") or ()
    )
    for missing in sorted(set(_names_read(fields)) - set(_names_made(fields)) - own - {"rows"}):
        what = f"the rules read {missing!r}, which {name} does not have: what needs it is unavailable there"
        how = "add the call, or give that operation a record of its own with use:"
        report.add(what, TOP.key("operations", name), how, "lacking")


def _names_read(node: Any) -> Iterator[str]:
    """The names that paths start with, `parcels:$...`, in rules and the conditions in them."""
    if isinstance(node, str):
        if found := _NAMED.match(node):
            yield found[1]
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _names_read(key)
            yield from _names_read(value)
    elif isinstance(node, list):
        for each in node:
            yield from _names_read(each)


def _names_made(node: Any) -> Iterator[str]:
    """The names that blocks give to related items."""
    if isinstance(node, Mapping):
        yield from node.get("with") or () if isinstance(node.get("with"), Mapping) else ()
        for value in node.values():
            yield from _names_made(value)


def _lint_fields(report: Report, fields: Mapping[str, Any], spot: Spot, record: str) -> None:
    known = catalogue().records[record].fields
    for name, entry in fields.items():
        field = known[name]
        at = Spot((*spot.told, name), (*spot.place, name))
        if field.kind in NESTED:
            if field.record:
                inner = at.part("fields") if is_block(entry) else at
                _lint_fields(report, inner_fields(entry), inner, field.record)
        elif field.kind == STATUS and isinstance(entry, dict) and "otherwise" in entry:
            how = "list the merchant's words, so that a new one is noticed"
            report.add("otherwise: silences words that nobody has seen", at, how, "otherwise")


def _lint_extras(report: Report, data: Mapping[str, Any]) -> None:
    declared = data.get("fields") or {}
    found = {name for fields in data["records"].values() for name in _extras(fields)}
    for name in declared:
        if name not in found:
            how = "add its rule under extra:, or drop it"
            report.add("a field that no rule fills", TOP.key("fields", name), how, "unused")


def _extras(fields: Any) -> Iterator[str]:
    for name, entry in fields.items() if isinstance(fields, dict) else ():
        if name == "extra":
            yield from inner_fields(entry)
        elif isinstance(entry, dict) and (is_block(entry) or name == "shipping_address"):
            yield from _extras(inner_fields(entry))


# ---------------------------------------------------------------- exporting


def problems_of_export(
    data: Mapping[str, Any], line: Callable[[Place], int | None] = lambda place: None
) -> list[Problem]:
    """What stands against exporting a mapping that has been checked, except for what the file waives.

    A finding under `waived:` is waived where it equals the problem's text before the `@`, or its place.
    """
    report = Report(line)
    used = {(body.get("orders") or {}).get("use", "order") for body in data["operations"].values()}
    for name in data["records"]:
        if name in used:
            _export_record(report, data["records"][name], name)
    _export_calls(report, data)
    waived = {entry["finding"] for entry in data.get("waived") or ()}
    return [problem for problem in report.problems if not {problem.what, problem.where} & waived]


def _export_record(report: Report, fields: Mapping[str, Any], record: str) -> None:
    ruled = business_of(fields, record, "").ruled
    known = catalogue()
    for field in known.records[record].fields.values():
        if field.required and field.key not in ruled:
            how = "add a rule, or waive it with a reason"
            report.add(f"no rule for {field.key}", _spot(record, field.key), how, "required")
    for group in known.require_any.get(record, ()):
        if not ruled.intersection(group):
            report.add(f"no rule for {' or '.join(group)}", _spot(record, group[0]), "add one of them", "required")


def _spot(record: str, field: str) -> Spot:
    return Spot(("records", record, field), ("records", record))


def _export_calls(report: Report, data: Mapping[str, Any]) -> None:
    """A version is there to be called: it needs to know where."""
    for name, body in data["operations"].items():
        spot = TOP.key("operations", name)
        if not body.get("calls"):
            report.add("no calls:", spot, "say what to call, such as {get: /orders}", "no_call")
        for index, call in enumerate(body.get("calls") or ()):
            if first_key(call, METHODS) is None:
                report.add("a call without a URL", spot.key("calls", index), "add get: or post:", "no_call")
    connection = data.get("connection") or {}
    if not connection.get("base_url"):
        report.add("no base URL", TOP.key("connection"), "add base_url:", "no_connection")
