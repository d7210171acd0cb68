"""A call as an engineer types it: a URL with its query, headers line by line, a body and what it is."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from workbench.calls.bodies import flat_pairs
from workbench.conditions import input_name
from workbench.errors import Problem, UsageError
from workbench.mapping import auth_forms, connection_forms
from workbench.mapping.chains import ORDER
from workbench.mapping.check_calls import BODIES, METHODS, PAGE_KEYS
from workbench.mapping.source import SourceError, read_source
from workbench.notebook.draft import Refused
from workbench.notebook.fields import plain
from workbench.notebook.typed_cases import number_of, shown_value, typed_value
from workbench.paths import is_path_word, text_of

CONDITIONS = ("only_when", "not_found_when", "fail_when")
FLAGS = ("reads", "required")
WORDS = ("quotes", "format", "encoding", "server", "note")
NUMBERS = ("limit", "timeout_s")
SIGNS = {"tab": "\t", "\\t": "\t"}
_CONDITION = re.compile(r"""(?:"([^"]+)"|'([^']+)'|((?:[^:'"\[\]]|\[[^\]]*\]|:(?=\S))+?))\s*:\s+(.*)""")


def typed_call(args: Mapping[str, Any], base_url: str) -> tuple[str, dict[str, Any]]:
    """The URL, and the other parts of a call as the mapping file has them.

    Args:
        args: What the form holds, by the keys of a call; besides `body_kind`, `body`, `more` (the action of SOAP, the
            variables of GraphQL) and `soap_version`.
        base_url: The connection's; it is taken off a URL that was pasted whole.

    Raises:
        UsageError: Something cannot be read as what it is said to be.
    """
    url, query = split_url(str(args.get("url") or "").strip(), base_url)
    kind = str(args.get("body_kind") or "")
    parts: dict[str, Any] = {"query": query}
    read: list[tuple[str, Callable[[], Any]]] = [
        ("headers", lambda: header_lines(_text(args, "headers"))),
        ("namespaces", lambda: header_lines(_text(args, "namespaces"), "a namespace is written as prefix: URI")),
        *((key, functools.partial(condition_lines, _text(args, key))) for key in CONDITIONS),
        *((key, functools.partial(_number, _text(args, key), key)) for key in NUMBERS),
        ("pages", lambda: _typed_pages(args.get("pages") or {})),
    ]
    if kind:
        read.append((kind, lambda: body_of(kind, str(args.get("body") or ""), _text(args, "more"))))
    for key, reading in read:
        try:
            value = reading()
        except Refused:
            raise
        except UsageError as error:
            what, _, how = str(error).partition(" - ")
            raise Refused([Problem(what, key, how)], str(error)) from None
        if value not in (None, {}, ""):
            parts[key] = value
    parts |= {key: _text(args, key) for key in WORDS if _text(args, key)}
    parts |= {key: True for key in FLAGS if args.get(key)}
    sign = str(args.get("delimiter") or "")
    parts |= {"delimiter": SIGNS.get(sign.strip(), sign)} if sign else {}
    if kind == "soap" and _text(args, "soap_version"):
        parts["soap"]["version"] = _text(args, "soap_version")
    each = args.get("for_each")
    if each:
        parts["for_each"] = ORDER if each is True else str(each).strip()
    return url, parts


def _text(args: Mapping[str, Any], key: str) -> str:
    return str(args.get(key) or "").strip()


def _number(text: str, key: str) -> int | Decimal | None:
    try:
        return number_of(text) if text else None
    except (ValueError, ArithmeticError):
        raise UsageError(f"{key}: what is typed is none - write a number") from None


def _typed_pages(said: Mapping[str, Any]) -> dict[str, Any]:
    """The paging of a call; empty where it has one page."""
    found: dict[str, Any] = {}
    for key in PAGE_KEYS:
        text = _text(said, key)
        if not text:
            continue
        if key == "stop_when":
            found[key] = condition_lines(text)
        else:
            found[key] = _number(text, key) if key in ("size", "start", "max") else text
    return found if found.get("kind") else {}


def condition_lines(text: str) -> dict[str, Any]:
    """Conditions, one a line: `http.status: 404`, `$.state: [gone, void]`, `$.error: {is: present}`.

    Raises:
        UsageError: A line is none.
    """
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _CONDITION.fullmatch(line)
        if match is None:
            raise UsageError("a condition is written as PATH: VALUE, one a line - such as http.status: 404")
        found[(match[1] or match[2] or match[3]).strip()] = _expected(match[4].strip())
    return found


def _expected(text: str) -> Any:
    if input_name(text) or is_path_word(text):
        return text
    if text[:1] not in "[{\"'":
        return typed_value(text)
    try:
        return read_source(f"v: {text}").data["v"]
    except SourceError:
        raise UsageError(
            "what is compared with cannot be read - write a word, [one, of several] or {is: absent}"
        ) from None


def shown_conditions(table: Mapping[str, Any] | None) -> str:
    """Conditions as they are typed; the opposite of `condition_lines`."""
    lines = []
    for left, expected in (table or {}).items():
        many = isinstance(expected, (list, Mapping))
        lines.append(f"{left}: {json.dumps(plain(expected), ensure_ascii=False) if many else shown_value(expected)}")
    return "\n".join(lines)


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


def header_lines(text: str, told: str = "a header is written as Name: value") -> dict[str, str]:
    """Headers, one a line.

    Raises:
        UsageError: A line has no colon.
    """
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"{told}, one a line")
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
"""Sorts of fields that are typed as JSON."""


def auth_table(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The `auth:` table of what was typed into a kind's form; fields left empty stay out.

    Raises:
        UsageError: The kind is unknown, or a field cannot be read.
    """
    form = next((form for form in auth_forms() if form["kind"] == kind and kind != "tls"), None)
    if form is None:
        raise UsageError(f"authentication of kind {kind!r} is unknown")
    return {"kind": kind, **_form_table(form, values, "connection.auth")}


def connection_settings(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What the forms of a connection's other parts change, for `connect(...)`; None for what is taken away.

    Args:
        values: By part, as `connection_forms` has them, what stands in each field.
        before: The connection as it is.

    Raises:
        UsageError: A field cannot be read.
    """
    found: dict[str, Any] = {}
    for form in connection_forms():
        part = form["kind"]
        if part not in values:
            continue
        table: dict[str, Any] = _form_table(form, values[part], f"connection.{part}" if part else "connection")
        old = (before.get(part) or {}) if part else before
        if part:
            table |= {"note": old["note"]} if "note" in old and table else {}
            after: dict[str, Any] = {part: table or None}
        else:
            after = {field["name"]: table.get(field["name"]) for field in form["fields"]}
        found |= {key: value for key, value in after.items() if value != before.get(key)}
    return found


def _form_table(form: Mapping[str, Any], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for field in form["fields"]:
        said = values.get(field["name"])
        text = said.strip() if isinstance(said, str) else said
        if text in (None, "") or (text == field["default"] and not field["required"]):
            continue
        try:
            table[field["name"]] = _typed_field(field, text)
        except UsageError as error:
            what, _, how = str(error).partition(" - ")
            problem = Problem(what, f"{where}.{field['name']}", how)
            raise Refused([problem], str(error)) from None
    left_out = [field["name"] for field in form["fields"] if field["unless"] and table.get(field["unless"])]
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
        if sort in _NUMBERS:
            return number_of(said)
        if sort == "statuses":
            return [int(part) for part in str(said).replace(",", " ").split()]
    except (ValueError, ArithmeticError):
        wanted = "numbers, 401 403" if sort == "statuses" else _NUMBERS[sort]
        raise UsageError(f"{label}: what is typed is none - write {wanted}") from None
    return said


_NUMBERS = {"seconds": "seconds", "span": "seconds", "number": "a number, 2.5", "count": "a whole number"}


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
    more = version = ""
    if kind == "graphql":
        more = _shown_json(body["variables"]) if body.get("variables") else ""
        body = body.get("document", "")
    elif kind == "soap":
        body, more, version = body.get("body", ""), str(body.get("action", "")), str(body.get("version", ""))
    elif kind == "json":
        body = _shown_json(body)
    elif kind == "form":
        body = "\n".join(f"{name}={value}" for name, value in flat_pairs(body))
    query = "&".join(f"{name}={text_of(value)}" for name, value in flat_pairs(call.get("query") or {}))
    pages = {key: str(value) for key, value in (call.get("pages") or {}).items() if key != "stop_when"}
    if "stop_when" in (call.get("pages") or {}):
        pages["stop_when"] = shown_conditions(call["pages"]["stop_when"])
    shown = {
        "url": call.get(method, "") + (f"?{query}" if query else ""), "method": method,
        "name": call.get("name", "main"), "for_each": str(call.get("for_each", "")),
        "headers": "\n".join(f"{name}: {value}" for name, value in (call.get("headers") or {}).items()),
        "namespaces": "\n".join(f"{name}: {value}" for name, value in (call.get("namespaces") or {}).items()),
        "body_kind": kind, "body": str(body), "more": more, "soap_version": version, "pages": pages,
        "delimiter": {"\t": "tab"}.get(call.get("delimiter", ""), call.get("delimiter", "")),
    }  # fmt: skip
    shown |= {key: bool(call.get(key)) for key in FLAGS}
    shown |= {key: shown_conditions(call.get(key)) for key in CONDITIONS}
    return shown | {key: str(call.get(key, "")) for key in (*WORDS, *NUMBERS)}


def changed_call(args: Mapping[str, Any], before: Mapping[str, Any], base_url: str) -> tuple[str, dict[str, Any]]:
    """What the form says of a call that is there: what was not touched stays as the file has it, types included.

    Raises:
        UsageError: Something cannot be read as what it is said to be.
    """
    url, parts = typed_call(args, base_url)
    shown_url, same = typed_call(shown_call(before), "") if before else ("", {})
    method = next((key for key in METHODS if key in before), "")
    kept = {key: before[key] for key in same if key in before and parts.get(key) == same[key]}
    if method and url == shown_url and parts.get("query") == same.get("query"):
        url = before[method]  # it may have a part of the query in itself
        kept |= {"query": before.get("query") or {}}
    return url, {**parts, **kept}
