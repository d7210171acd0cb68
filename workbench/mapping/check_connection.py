"""The checks of the connection: where the merchant's API is, and references to what it takes to get in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from workbench.mapping.check_auth import WHOLE_REFERENCE, check_auth, check_tls
from workbench.mapping.check_calls import IDENTIFIER, check_no_secret, check_seconds
from workbench.mapping.check_pacing import PACING, check_pacing
from workbench.mapping.check_rules import check_zone
from workbench.mapping.check_templates import Secrets, check_pairs, texts_at
from workbench.mapping.connection_parts import PARTS, SINGLE
from workbench.mapping.report import Report, Spot
from workbench.mapping.sight import Sight
from workbench.mapping.source import shortened
from workbench.quoting import HEADER, VALUE

OVERRIDES = ("base_url", "auth", "tls", "probe", "timezone", "limits", *SINGLE, *PACING, "note")
SERVER_KEYS = ("base_url", "auth", "headers", "query", "note")
CONNECTION_KEYS = (*OVERRIDES[:3], "environments", *OVERRIDES[3:])
LIMITS = tuple(PARTS["limits"].by_name)

_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)


def check_connection(report: Report, connection: Any, spot: Spot, merchant: Any) -> None:
    """Checks the connection, and every environment as what it overrides."""
    table = report.table(connection, spot, CONNECTION_KEYS)
    if table is None:
        return
    secrets = Secrets(merchant)
    for text, at in texts_at({key: value for key, value in table.items() if key != "note"}, spot):
        secrets.check(report, text, at)
    _check_keys(report, table, spot)
    if "environments" not in table:
        return
    at = spot.key("environments")
    for name, body in (report.table(table["environments"], at) or {}).items():
        if not _NAME.fullmatch(name):
            how = "use letters, digits, - and _"
            report.add("a name that cannot be an environment's", at.key(name), how, "bad_name")
        inner = report.table(body, at.key(name), OVERRIDES)
        if inner is not None:
            _check_keys(report, _with_kind(inner, table), at.key(name), table)


def _with_kind(inner: dict[str, Any], outer: dict[str, Any]) -> dict[str, Any]:
    """An environment whose `auth:` says no kind changes single keys of the connection's."""
    own, around = inner.get("auth"), outer.get("auth")
    if not isinstance(own, dict) or not own or "kind" in own or not isinstance(around, dict):
        return inner
    return {**inner, "auth": {**around, **own}}


def _check_servers(report: Report, servers: Any, spot: Spot, around: Mapping[str, Any]) -> None:
    """Checks further servers; of an environment, what each overrides of the connection's."""
    for name, body in (report.table(servers, spot, None, "write {NAME: {base_url: ...}}") or {}).items():
        at = spot.key(name)
        if not IDENTIFIER.fullmatch(name):
            report.add("a name that cannot be a server's", at, "use letters, digits and _", "bad_name")
        outer = around.get(name)
        outer = outer if isinstance(outer, dict) else {}
        table = report.table(body, at, SERVER_KEYS, "write {base_url: https://host/path}")
        if table is None:
            continue
        _check_keys(report, _with_kind(table, outer), at)
        if "base_url" not in table and "base_url" not in outer:
            report.add("a server without base_url:", at, "add base_url:", "needs_key")


def _check_keys(
    report: Report, table: dict[str, Any], spot: Spot, around: Mapping[str, Any] = MappingProxyType({})
) -> None:
    if "servers" in table:
        outer = around.get("servers")
        _check_servers(report, table["servers"], spot.key("servers"), outer if isinstance(outer, dict) else {})
    if "base_url" in table:
        _check_base_url(report, table["base_url"], spot.key("base_url"))
    if "auth" in table:
        check_auth(report, table["auth"], spot.key("auth"))
    if "tls" in table:
        check_tls(report, table["tls"], spot.key("tls"))
    if "probe" in table:
        _check_probe(report, table["probe"], spot.key("probe"))
    if "timezone" in table:
        check_zone(report, table["timezone"], spot.key("timezone"))
    for key, place in (("headers", HEADER), ("query", VALUE)):
        if key in table:
            sight = Sight(item=False, inputs=frozenset())
            check_pairs(report, table[key], spot.key(key), sight, Secrets(""), place, nested=key == "query")
            check_no_secret(report, table[key], spot.key(key))
    if "note" in table:
        report.text(table["note"], spot.key("note"))
    if "limits" in table:
        for key, value in (report.table(table["limits"], spot.key("limits"), LIMITS) or {}).items():
            report.count(value, spot.key("limits", key))
    for name, field in PARTS[""].by_name.items():
        if name in table and field.sort in _SINGLE_CHECKS:
            _SINGLE_CHECKS[field.sort](report, table[name], spot.key(name))
    check_pacing(report, table, spot)


_SINGLE_CHECKS: Mapping[str, Callable[[Report, Any, Spot], object]] = {
    "span": check_seconds,
    "count": Report.count,
    "text": Report.text,
}


def _check_base_url(report: Report, url: Any, spot: Spot) -> None:
    how = "write it as https://host/path, or as a reference ${NAME}"
    if report.text(url, spot, how) is None or WHOLE_REFERENCE.fullmatch(url):
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        report.add("not a URL", spot, how, "bad_url")
        return
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        report.add("not an http or https URL", spot, how, "bad_url")
    elif "@" in parts.netloc:
        report.add("a user or password in the URL", spot, "write it under auth:, as references", "secret")
    elif parts.query or parts.fragment:
        report.add("a query or fragment in the base URL", spot, "write it under query: of the calls", "bad_url")


def _check_probe(report: Report, probe: Any, spot: Spot) -> None:
    for name, value in (report.table(probe, spot, None, 'write {number: "${...}", email: "${...}"}') or {}).items():
        if not isinstance(value, str) or not WHOLE_REFERENCE.fullmatch(value):
            how = "write a reference, ${NAME}: a customer's order is no matter for the file"
            report.add(f"{shortened(name)}: is not a reference", spot.key(name), how, "secret")
