"""The check of what sending makes: `{auth.NAME}` is something that the login gives, `{page.NAME}` what paging sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.mapping.auth_kinds import KINDS
from workbench.mapping.check_calls import BODIES, METHODS
from workbench.mapping.environments import every_connection, servers_of
from workbench.mapping.report import TOP, Report, Spot, choices
from workbench.mapping.source import shortened
from workbench.templates import Made, TemplateError, compile_template

SIGNATURE = ("signature", "timestamp", "nonce")
ANY = "*"
"""In the place of a server's name: all of them."""
_PARAMS = {"page": "page", "offset": "offset", "graphql": "after"}


def check_made(report: Report, data: Mapping[str, Any]) -> None:
    """Checks every call, and what the connection adds to calls."""
    connections = [servers_of(table) for table in every_connection(data.get("connection"))] or [servers_of({})]
    signed = False
    for text, spot, call in _texts(data):
        for made in _made(text):
            if made.source == "page":
                _check_page(report, made, spot, call)
            elif made.source == "auth":
                signed = signed or made.name == "signature"
                _check_auth(report, made, spot, list(_known(connections, call)))
    for at, table in _auths(data.get("connection"), TOP.key("connection")):
        _check_login(report, at, table)
        for spot, own in _nested(at, table):
            if own.get("kind") == "hmac" and not ("headers" in own or "query" in own or signed):
                how = 'add headers: {X-Signature: "{signature}"}, query:, or say {auth.signature} in the body of a call'
                report.add("the signature is sent nowhere", spot, how, "needs_key")
    for call, at in _calls(data):
        server = call.get("server", "")
        if not isinstance(server, str):
            report.wrong(server, at.key("server"), "a name")
        elif not all(server in servers for servers in connections):
            known = tuple(dict.fromkeys(name for servers in connections for name in servers if name))
            how = choices(server, known) if known else "add it under servers: of the connection"
            report.add(f"no server {shortened(server)!r}", at.key("server"), how, "unknown_name")


def _known(connections: list[dict[str, dict[str, Any]]], call: Mapping[str, Any]) -> Iterator[tuple[str, ...] | None]:
    """What the kinds give that a call may go by; whatever a connection says for all its calls may go by any."""
    for servers in connections:
        for name, table in servers.items():
            if call.get("server", "") == name or call.get("server") == ANY:
                auth = table.get("auth")
                yield _given(auth) if isinstance(auth, dict) else ()


def _calls(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Spot]]:
    operations = data.get("operations")
    for name, body in operations.items() if isinstance(operations, dict) else ():
        calls = body.get("calls") if isinstance(body, dict) else None
        for index, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                yield call, TOP.key("operations", name, "calls", index)


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, Spot, Mapping[str, Any]]]:
    """The templates of calls, each with its call; those that a connection adds, with the server they are for."""
    for call, at in _calls(data):
        for key in (*METHODS, "query", "headers", *BODIES):
            value, spot = call.get(key), at.key(key)
            if key == "graphql" and isinstance(value, dict):
                value, spot = value.get("variables"), spot.key("variables")
            yield from ((text, place, call) for text, place in _texts_at(value, spot))
    for at, table, server in _tables(data.get("connection"), TOP.key("connection")):
        for key in ("headers", "query"):
            yield from ((text, place, {"server": server}) for text, place in _texts_at(table.get(key), at.key(key)))


def _tables(connection: Any, spot: Spot) -> Iterator[tuple[Spot, Mapping[str, Any], str]]:
    """The connection, its environments and the servers of each, with the server that their keys are for."""
    if not isinstance(connection, dict):
        return
    yield spot, connection, ANY if "servers" in connection else ""
    servers = connection.get("servers")
    for name, table in servers.items() if isinstance(servers, dict) else ():
        if isinstance(table, dict):
            yield spot.key("servers", name), table, str(name)
    environments = connection.get("environments")
    for name, table in environments.items() if isinstance(environments, dict) else ():
        yield from _tables(table, spot.key("environments", name))


def _texts_at(data: Any, spot: Spot) -> Iterator[tuple[str, Spot]]:
    """Every text inside, with its whole place."""
    if isinstance(data, str):
        yield data, spot
    elif isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _texts_at(value, spot.key(key))


def _made(text: str) -> list[Made]:
    try:
        return [part for part in compile_template(text) if isinstance(part, Made)]
    except TemplateError:
        return []  # told where the call is checked


def _check_auth(report: Report, made: Made, spot: Spot, known: list[tuple[str, ...] | None]) -> None:
    lacking = next((names for names in known or [()] if names is not None and made.name not in names), None)
    if lacking is not None:
        how = f"it gives {', '.join(lacking)}; values: of a login adds others"
        how = how if lacking else "say a kind of auth: that logs in or signs"
        report.add(f"{{auth.{made.name}}}: auth: gives nothing of that name", spot, how, "unknown_name")


def _check_login(report: Report, spot: Spot, table: Mapping[str, Any]) -> None:
    """What a login says of itself: another kind gives it, which signs the login."""
    inner = table.get("login_auth")
    known = [_given(inner) if isinstance(inner, dict) else ()]
    for key in ("json", "form", "xml", "headers", "extra"):
        for text, at in _texts_at(table.get(key), spot.key(key)):
            for made in _made(text):
                if made.source == "auth":
                    _check_auth(report, made, at, known)


def _check_page(report: Report, made: Made, spot: Spot, call: Mapping[str, Any]) -> None:
    pages = call.get("pages")
    table = pages if isinstance(pages, dict) else {}
    param = table.get("param") or _PARAMS.get(str(table.get("kind")), "")
    if made.name != param:
        how = f"paging sets {{page.{param}}}" if param else "say pages: with param: at this call"
        report.add(f"{{page.{made.name}}}: paging sets nothing of that name", spot, how, "unknown_name")


def _auths(connection: Any, spot: Spot) -> Iterator[tuple[Spot, Mapping[str, Any]]]:
    """Each `auth:` that says its kind, wherever in the connection it stands."""
    for at, table, _ in _tables(connection, spot):
        auth = table.get("auth")
        if isinstance(auth, dict) and "kind" in auth:
            yield at.key("auth"), auth


def _nested(spot: Spot, table: Mapping[str, Any]) -> Iterator[tuple[Spot, Mapping[str, Any]]]:
    """A kind, and those beside it: not the one of its login, which sends no calls."""
    yield spot, table
    also = table.get("also")
    for index, other in enumerate(also if isinstance(also, list) else ()):
        if isinstance(other, dict):
            yield spot.key("also", index), other


def _given(table: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names that a kind and those beside it give; None where anything may be meant."""
    names: list[str] = []
    for _, own in _nested(TOP, table):
        kind = KINDS.get(str(own.get("kind")))
        if kind is None or kind.kind == "custom":
            return None
        if kind.kind == "hmac":
            names += SIGNATURE
        if "values" in kind.by_name:
            values = own.get("values")
            names += [] if kind.kind == "session_cookie" else ["token"]
            names += [name for name in values if isinstance(name, str)] if isinstance(values, dict) else []
    return tuple(dict.fromkeys(names))
