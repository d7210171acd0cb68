"""A call as an engineer types it: a URL with its query, headers line by line, a body and what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from workbench.errors import UsageError
from workbench.mapping import auth_forms
from workbench.mapping.auth_kinds import KINDS

METHODS = ("get", "post", "put", "patch", "delete")
BODIES = ("json", "form", "xml", "text", "graphql", "soap")
SHOWN = frozenset((*METHODS, *BODIES, "name", "for_each", "query", "headers", "reads", "pages"))
"""The keys of a call that the form has; the others stay as they are when a call is set again."""

PAGES = ("kind", "path", "header", "param", "size", "start", "max")


def typed_call(args: Mapping[str, Any], base_url: str) -> tuple[str, dict[str, Any]]:
    """The URL, and the other parts of a call as the mapping file has them.

    Args:
        args: What the form holds: `url`, `headers`, `body_kind`, `body`, `more` (the action of SOAP, the variables of
            GraphQL), `reads`, `pages`.
        base_url: The connection's; it is taken off a URL that was pasted whole.

    Raises:
        UsageError: Something cannot be read as what it is said to be.
    """
    url, query = split_url(str(args.get("url") or "").strip(), base_url)
    parts: dict[str, Any] = {"query": query, "headers": header_lines(str(args.get("headers") or ""))}
    kind = str(args.get("body_kind") or "")
    if kind:
        parts[kind] = body_of(kind, str(args.get("body") or ""), str(args.get("more") or ""))
    if args.get("reads"):
        parts["reads"] = True
    pages = {key: value for key, value in (args.get("pages") or {}).items() if key in PAGES and value not in (None, "")}
    if pages.get("kind"):
        parts["pages"] = {key: int(value) if str(value).isdigit() else value for key, value in pages.items()}
    return url, parts


def split_url(url: str, base_url: str) -> tuple[str, dict[str, Any]]:
    """The path, and the query as names and values; a name that comes twice has a list."""
    head, _, tail = url.partition("?")
    if head.startswith(("http://", "https://")):
        base = base_url.rstrip("/")
        same = "${" not in base and urlsplit(head)[:2] == urlsplit(base)[:2]
        if same and (head == base or head.startswith(f"{base}/")):
            head = head[len(base) :] or "/"
        elif "${" in base:  # the address is a reference: its own path is not known here
            head = urlsplit(head).path or "/"
    query: dict[str, Any] = {}
    for pair in tail.partition("#")[0].split("&"):
        name, _, value = (unquote_plus(part) for part in pair.partition("="))
        if not name:
            continue
        if name in query:
            before = query[name]
            query[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            query[name] = value
    return head or "/", query


def header_lines(text: str) -> dict[str, str]:
    """Headers, one a line.

    Raises:
        UsageError: A line has no colon.
    """
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError("a header is written as Name: value, one a line")
        found[name.strip()] = value.strip()
    return found


def body_of(kind: str, body: str, more: str) -> Any:
    """A body as the mapping file has it.

    Raises:
        UsageError: It is not what it is said to be.
    """
    if kind not in BODIES:
        raise UsageError(f"no body of kind {kind!r} - one of {', '.join(BODIES)}")
    if kind == "json":
        return _json(body, "the body")
    if kind == "form":
        lines = body.replace("&", "\n").splitlines()
        pairs = (line.partition("=") for line in filter(None, map(str.strip, lines)))
        return {unquote_plus(name.strip()): unquote_plus(value.strip()) for name, _, value in pairs}
    if kind == "graphql":
        variables = _json(more, "the variables") if more.strip() else None
        return {"document": body, **({"variables": variables} if variables else {})}
    if kind == "soap":
        return {"body": body, **({"action": more.strip()} if more.strip() else {})}
    return body


_AS_JSON = ("data", "renames", "paths", "conditions", "auth", "auths")
"""Sorts of fields that are typed, and shown, as JSON."""


def auth_shown(table: Mapping[str, Any]) -> dict[str, Any]:
    """An `auth:` table as its form shows it, so that what is set can be changed; the opposite of `auth_table`."""
    form = next((form for form in auth_forms() if form["kind"] == table.get("kind")), None)
    sorts = {field["name"]: field["sort"] for field in form["fields"]} if form else {}
    return {name: _shown_json(value) if sorts.get(name) in _AS_JSON else value for name, value in table.items()}


def auth_table(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The `auth:` table of what was typed into a kind's form; fields left empty stay out.

    Raises:
        UsageError: The kind is unknown, or a field cannot be read.
    """
    form = next((form for form in auth_forms() if form["kind"] == kind and kind != "tls"), None)
    if form is None:
        raise UsageError(f"authentication of kind {kind!r} is unknown")
    table: dict[str, Any] = {"kind": kind}
    for field in form["fields"]:
        said = values.get(field["name"])
        text = said.strip() if isinstance(said, str) else said
        if text in (None, "") or (text == field["default"] and not field["required"]):
            continue
        table[field["name"]] = _typed_field(field, text)
    left_out = [field.name for field in KINDS[kind].fields if field.unless and table.get(field.unless)]
    return {name: value for name, value in table.items() if name not in left_out}


def _typed_field(field: Mapping[str, Any], said: Any) -> Any:
    sort, label = field["sort"], field["label"]
    if sort == "flag":
        return said is True or str(said).lower() == "true"
    if sort == "pairs":
        return header_lines(str(said))
    if sort == "hosts":
        return str(said).replace(",", " ").split()
    if sort in _AS_JSON:
        return _json(str(said), label)
    try:
        if sort == "seconds":
            return int(said) if str(said).isdigit() else Decimal(said)
        if sort == "statuses":
            return [int(part) for part in str(said).replace(",", " ").split()]
    except (ValueError, ArithmeticError):
        raise UsageError(f"{label}: write {'numbers, 401 403' if sort == 'statuses' else 'seconds'}") from None
    return said


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise UsageError(f"{what} is not JSON{f', line {line}' if line else ''} - look for quotes and commas") from None


def _shown_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=float)


def shown_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call of the file as the form shows it, so that what is set can be changed; the opposite of `typed_call`."""
    method = next((key for key in METHODS if key in call), "get")
    kind = next((key for key in BODIES if key in call), "")
    body: Any = call.get(kind, "") if kind else ""
    more = ""
    if kind == "graphql":
        more = _shown_json(body["variables"]) if body.get("variables") else ""
        body = body.get("document", "")
    elif kind == "soap":
        body, more = body.get("body", ""), str(body.get("action", ""))
    elif kind == "json":
        body = _shown_json(body)
    elif kind == "form":
        body = "\n".join(f"{name}={value}" for name, value in body.items())
    query = [
        f"{name}={each}" for name, value in (call.get("query") or {}).items()
        for each in (value if isinstance(value, list) else [value])
    ]  # fmt: skip
    return {
        "url": call.get(method, "") + (f"?{'&'.join(query)}" if query else ""),
        "method": method, "name": call.get("name", "main"), "for_each": "for_each" in call,
        "headers": "\n".join(f"{name}: {value}" for name, value in (call.get("headers") or {}).items()),
        "body_kind": kind, "body": str(body), "more": more, "reads": bool(call.get("reads")),
        "pages": {key: str(value) for key, value in (call.get("pages") or {}).items() if key in PAGES},
    }  # fmt: skip
