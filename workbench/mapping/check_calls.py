"""The checks of calls: what is sent, what is asked of the answer, and its pages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.mapping.chains import MAIN, ORDER, call_name, calls_per_order
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.check_templates import Secrets, check_pairs, check_text, check_texts
from workbench.mapping.report import Report, Spot, choices
from workbench.mapping.sight import Sight, check_path
from workbench.mapping.source import shortened
from workbench.paths import is_path, text_of
from workbench.quoting import HEADER, PATH, QUOTES, TEXT, VALUE, XML

METHODS = ("get", "post", "put", "patch", "delete")
BODIES = ("json", "form", "xml", "text", "graphql", "soap")
CALL_KEYS = (
    "name", *METHODS, "query", "headers", *BODIES, "reads", "format", "delimiter", "encoding", "namespaces", "for_each",
    "limit", "only_when", "quotes", "server", "required", "not_found_when", "fail_when", "pages", "timeout_s", "note",
)  # fmt: skip
SOAP_KEYS = ("action", "version", "body")
GRAPHQL_KEYS = ("document", "variables")
FORMATS = ("json", "ndjson", "csv", "form", "xml", "soap", "xmlrpc")
PAGE_KEYS = ("kind", "path", "header", "param", "size", "start", "stop_when", "max")
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

IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_SECRET_NAME = re.compile(r"authorization|cookie|(?:^|[-_])(?:key|token|secret|password|apikey)$", re.I)


class Calls(NamedTuple):
    """The calls of an operation: all names, and those whose answers come once for each order."""

    names: tuple[str, ...]
    per_order: frozenset[str]


# ---------------------------------------------------------------- calls


def call_names(calls: Any) -> list[str]:
    """The names of calls, in order; the first is `main` unless it has one."""
    listed = calls if isinstance(calls, list) and calls else [{}]
    names = [
        call.get("name", MAIN if index == 0 else None) for index, call in enumerate(listed) if isinstance(call, dict)
    ]
    return [name for name in names if isinstance(name, str)]


def check_calls(report: Report, body: Mapping[str, Any], spot: Spot, item: Sight, secrets: Secrets) -> Calls:
    """Checks the calls one after another: each may use the answers of those before it."""
    names: list[str] = []
    per_order: list[str] = []
    calls = body.get("calls", [{}])
    if "calls" in body:
        calls = report.items(calls, spot.key("calls"), "list the calls, or leave calls: out") or [{}]
    of_orders = calls_per_order(calls)
    for index, call in enumerate(calls):
        at = spot.key("calls", index) if "calls" in body else spot
        if call != {} or "calls" in body:
            call = report.table(call, at, CALL_KEYS, "write {name: ..., get: ...}") if call != {} else {}
        if call is None:
            continue
        own = call_name(call, index) in of_orders
        sight = item if own else item._replace(names=frozenset(), ups=0, item=False)
        sight = sight.knowing(name for name in names if own or name not in per_order)
        why = "that call is made for each order"
        sight = sight.hiding(per_order, why, "make this call for_each: order too") if not own else sight
        if "for_each" in call:
            sight = _check_for_each(report, call["for_each"], at.key("for_each"), sight)
        elif "limit" in call:
            report.add(
                "limit: of a call that is made once", at.key("limit"), "say for_each:, or leave it out", "conflict"
            )
        _check_call(report, call, at, sight, secrets)
        if "for_each" in call and index == 0:
            report.add(
                "the first call for_each: order", at.key("for_each"), "orders come from it: find them first", "conflict"
            )
        name = _call_name(report, call, index, names, at)
        names.append(name)
        per_order += [name] if own else []
    return Calls(tuple(names), frozenset(per_order))


def _check_for_each(report: Report, said: Any, spot: Spot, sight: Sight) -> Sight:
    """Checks what a call is made for; tells what it sees from there."""
    if said == ORDER or not is_path(said):
        report.word(said, spot, (ORDER,))
        return sight
    check_path(report, said, spot, sight)
    return sight.further(1) if sight.item else sight._replace(item=True)


def _call_name(report: Report, call: Mapping[str, Any], index: int, names: list[str], spot: Spot) -> str:
    name = call.get("name", MAIN if index == 0 else None)
    if name is None:
        report.add("a call without a name", spot, "add name: so that its answer can be named", "needs_key")
    elif not isinstance(name, str):
        report.wrong(name, spot.key("name"), "a name")
    elif not IDENTIFIER.fullmatch(name) or name == "rows":
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
    if bodies and "get" in call and call.get("reads") is not True:
        how = "write post: and reads: true; or reads: true alone, for an API that wants a get with a body"
        report.add(f"{bodies[0]}: in a get call", spot.key(bodies[0]), how, "conflict")
    if "delete" in call and call.get("reads") is True:
        report.add(
            "a delete that only reads", spot.key("reads"), "take reads: out; nothing reads by delete", "conflict"
        )
    for method in methods:
        text = report.text(call[method], spot.key(method), "write the URL, such as /orders")
        if text is not None:
            check_text(report, text, spot.key(method), sight, secrets, strict=True, place=PATH)
    for key, place in (("query", VALUE), ("headers", HEADER)):
        if key in call:
            check_pairs(report, call[key], spot.key(key), sight, secrets, place, nested=key == "query")
            check_no_secret(report, call[key], spot.key(key))
    for body in bodies:
        _check_body(report, body, call[body], spot.key(body), sight, secrets)
    for key, check in _CALL_CHECKS.items():
        if key in call:
            check(report, call[key], spot.key(key))
    if "only_when" in call:
        check_conditions(report, call["only_when"], spot.key("only_when"), sight)
    _check_answer(report, call, spot, sight)


def check_no_secret(report: Report, table: Any, spot: Spot) -> None:
    """A secret in the file itself is known to everyone who reads the file."""
    for name, value in table.items() if isinstance(table, dict) else ():
        if (
            isinstance(value, str)
            and value
            and isinstance(name, str)
            and _SECRET_NAME.search(name)
            and "{" not in value
        ):
            report.add(
                "a secret in the file", spot.key(name), "write a reference, ${NAME}, and change the secret", "secret"
            )


def _check_body(report: Report, kind: str, body: Any, spot: Spot, sight: Sight, secrets: Secrets) -> None:
    if kind in ("xml", "text"):
        if report.text(body, spot) is not None:
            check_text(report, body, spot, sight, secrets, place=XML if kind == "xml" else TEXT)
    elif kind == "form":
        check_pairs(report, body, spot, sight, secrets)
        check_no_secret(report, body, spot)
    elif kind == "json":
        if body is None:
            report.wrong(body, spot, "the body")
        check_texts(report, body, spot, sight, secrets)
    elif kind == "graphql":
        table = report.table(body, spot, GRAPHQL_KEYS, "write {document: ..., variables: ...}") or {}
        report.text(table.get("document"), spot.key("document"), "write the query")
        if "variables" in table and report.table(table["variables"], spot.key("variables")):
            check_texts(report, table["variables"], spot.key("variables"), sight, secrets)
    else:
        _check_soap(report, body, spot, sight, secrets)


def _check_soap(report: Report, body: Any, spot: Spot, sight: Sight, secrets: Secrets) -> None:
    table = (
        report.table(body, spot, ("action", "version", "body"), "write {action: ..., version: ..., body: ...}") or {}
    )
    if "action" in table and not isinstance(table["action"], str):
        report.wrong(table["action"], spot.key("action"), "a text")
    if "version" in table and text_of(table["version"]) not in ("1.1", "1.2"):
        report.add("no version of SOAP", spot.key("version"), "one of 1.1, 1.2", "unknown_word")
    if report.text(table.get("body"), spot.key("body"), "write what stands inside Body") is not None:
        check_text(report, table["body"], spot.key("body"), sight, secrets, place=XML)


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
        if need not in table and not (need == "path" and kind == "cursor" and "header" in table):
            report.add(f"pages of kind {kind} without {need}:", spot, f"add {need}:", "needs_key")
    if "path" in table:
        check_path(report, table["path"], spot.key("path"), answer)
    if "param" in table:
        report.text(table["param"], spot.key("param"))
    if "header" in table:
        report.text(table["header"], spot.key("header"), "write the name of a header of the answer")
        if kind != "cursor" or "path" in table:
            how = "keep path:, or header: of kind cursor"
            report.add("header: beside path:, or of another kind", spot.key("header"), how, "conflict")
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


def _check_delimiter(report: Report, value: Any, spot: Spot) -> None:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
        report.add("no delimiter", spot, "write one character, such as ',' ';' '|' or a tab", "wrong_type")


def _check_encoding(report: Report, value: Any, spot: Spot) -> None:
    """A character encoding that Python decodes; not one of its codecs that only transform."""
    if not report.text(value, spot):
        return
    try:
        b"a".decode(value)
    except (LookupError, ValueError, UnicodeError):
        known = ("utf-8", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252", "shift_jis", "gb18030")
        how = f"one of {', '.join(known)}, ..."
        close = difflib.get_close_matches(value, known, 1)
        report.add("an unknown encoding", spot, f"{how}; did you mean {close[0]!r}?" if close else how, "unknown_word")


_CALL_CHECKS: dict[str, Callable[[Report, Any, Spot], object]] = {
    "reads": Report.flag,
    "quotes": lambda report, value, spot: report.word(value, spot, QUOTES),
    "required": Report.flag,
    "format": lambda report, value, spot: report.word(value, spot, FORMATS),
    "limit": Report.count,
    "delimiter": _check_delimiter,
    "encoding": _check_encoding,
    "note": Report.text,
    "namespaces": _check_uris,
    "timeout_s": check_seconds,
}
