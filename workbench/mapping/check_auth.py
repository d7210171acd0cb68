"""The checks of `auth:` and `tls:`: every key against what its kind declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from workbench.mapping.auth_fields import AuthField
from workbench.mapping.auth_kinds import KINDS, TLS
from workbench.mapping.check_conditions import Side, check_conditions
from workbench.mapping.report import Report, Spot, choices, is_scalar
from workbench.mapping.sight import Sight
from workbench.mapping.source import shortened
from workbench.paths import PathError, compile_path
from workbench.templates import MOMENTS, TemplateError, compile_template, is_pattern

REFERENCE = re.compile(
    r"(?:[A-Za-z][A-Za-z-]{0,19} )?\$\{[A-Z][A-Z0-9_]*\}(?:[&:|+._-]\$\{[A-Z][A-Z0-9_]*\}){0,3}", re.ASCII
)
WHOLE_REFERENCE = re.compile(r"\$\{[A-Z][A-Z0-9_]*\}", re.ASCII)
LIFETIME_S = 10 * 366 * 86_400

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_SECRET_KEY = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|pwd|secret|api[_-]?key)$|[a-z](?:Password|Secret|ApiKey)$", re.I
)
_BODIES = ("json", "form", "xml")
_HMAC_PLACE = re.compile(r"(?<!\$)\{((?:now|random)(?:[+-][^{}.]*)?\.[^{}]*|[A-Za-z_.][\w.-]*)\}")
_HMAC_WORDS = (
    "method", "path", "query", "sorted_query", "sorted_pairs", "sorted_glued", "target", "url", "host", "timestamp",
    "nonce", "body", "body_hash", "secret",
)  # fmt: skip
_MADE = re.compile(r"(?<!\$)\{(?:now|random|auth|page)(?:[+-][^{}.]*)?\.[^{}]*\}")
_HOST = re.compile(r"(?:\*\.)?(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+|\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_FIELDS = (
    "grant_type", "scope", "audience", "client_id", "client_secret", "username", "password", "refresh_token", "code",
    "redirect_uri", "code_verifier", "assertion", "client_assertion", "client_assertion_type",
)  # fmt: skip
_PART = re.compile(r"http\.(?:header|cookie)\.[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)


def check_auth(report: Report, auth: Any, spot: Spot) -> None:
    """Checks the `auth:` of a connection; a secret that was written out is never repeated."""
    table = report.table(auth, spot, None, "write {kind: ...}, such as basic, bearer or oauth2_client_credentials")
    if table is None:
        return
    kind = table.get("kind")
    if not isinstance(kind, str):
        report.add("auth without a kind", spot, f"one of {', '.join(KINDS)}", "needs_key")
        return
    if kind not in KINDS:
        how = choices(kind, KINDS, len(KINDS))
        report.add(f"unknown kind of auth {shortened(kind)!r}", spot.key("kind"), how, "unknown_auth")
        return
    _check_fields(report, table, KINDS[kind].by_name, spot, kind)
    _TOGETHER.get(kind, _nothing)(report, table, spot)
    _check_server(report, table, spot)


def check_tls(report: Report, tls: Any, spot: Spot) -> None:
    """Checks the `tls:` of a connection."""
    table = report.table(tls, spot, None, "write {ca: ...}, or {certificate: ..., key: ...}")
    if table is not None:
        _check_fields(report, table, TLS.by_name, spot, "")
        if "key" in table and "certificate" not in table:
            report.add("a key without its certificate", spot, "add certificate:", "needs_key")


def _check_fields(
    report: Report, table: Mapping[str, Any], fields: Mapping[str, AuthField], spot: Spot, kind: str
) -> None:
    own = ("kind", "note") if kind else ("note",)
    for key in table:
        if key not in fields and key not in own:
            report.unknown_key(key, spot, (*own[:-1], *fields))
    if "note" in table:
        report.text(table["note"], spot.key("note"))
    for name, value in table.items():
        if name in fields:
            _CHECKS[fields[name].sort](report, value, spot.key(name), fields[name])
    for name, field in fields.items():
        if name not in table and field.missing(table):
            report.add(f"{kind} auth without {name}:", spot, f"add {name}:", "needs_key")


def _check_text(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    report.text(value, spot)


def _check_secret(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if not isinstance(value, str) or not REFERENCE.fullmatch(value):
        how = "write a reference, ${NAME}; if it was real, change it at the merchant's"
        report.add(f"{field.name}: is not a reference", spot, how, "secret")


def _check_word(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    report.word(value, spot, field.choices)


def _check_flag(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    report.flag(value, spot)


def _check_seconds(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float, Decimal)):
        report.wrong(value, spot, "a number of seconds")
    elif not 0 < value <= LIFETIME_S:
        report.add("a number out of range", spot, "write the seconds, more than 0", "out_of_range")


def _check_url(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    how = "write https://host/path, a path below the base URL such as /oauth/token, or a reference ${NAME}"
    if report.text(value, spot, how) is None or WHOLE_REFERENCE.fullmatch(value):
        return
    if value.startswith("/") and not value.startswith("//") and not re.search(r"[\s#\\]", value):
        return
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.fragment or re.search(r"[\s\\]", value):
        report.add("not a URL", spot, how, "bad_url")
    elif "@" in parts.netloc:
        report.add("a user or password in the URL", spot, "write it in its own key, as references", "secret")


def _check_name(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if report.text(value, spot) is not None and not _TOKEN.fullmatch(value):
        report.add("no name of a header, parameter or cookie", spot, "write it as it is sent", "bad_name")


def _check_path(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    how = "write a path from $, such as $.access_token"
    if report.text(value, spot, how) is None:
        return
    try:
        path = compile_path(value)
    except PathError as error:
        report.add(error.what, spot, error.how, "not_a_path")
        return
    if path.root != "$" or path.name or path.key:
        report.add("a path that does not start with $", spot, how, "not_a_path")


def _check_prefix(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if not isinstance(value, str):
        report.wrong(value, spot, "a text")
    elif not re.fullmatch(r"[\x20-\x7e]{0,100}", value):
        report.add("signs that no header can hold", spot, "write it as it is sent", "bad_name")


def _check_pem(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    how = "write a reference, ${NAME}, or the path of a PEM file"
    if report.text(value, spot, how) is None or WHOLE_REFERENCE.fullmatch(value):
        return
    if "-----BEGIN" in value or not re.fullmatch(r"[^\x00-\x1f\x7f$]{1,1000}", value):
        report.add(f"{field.name}: is neither a reference nor a path", spot, how, "secret")


def _check_statuses(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for status in report.items(value, spot, "write them as [401]") or ():
        if isinstance(status, bool) or not isinstance(status, int):
            report.wrong(status, spot, "a whole number")
        elif not 300 <= status <= 599:
            report.add("no status of a refusal", spot, "write one from 300 to 599", "out_of_range")


def _check_pairs(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for name, text in (report.table(value, spot, None, "write {NAME: VALUE}") or {}).items():
        at = spot.key(name)
        if not is_scalar(text):
            report.wrong(text, at, "a text or a number")
        elif field.name == "headers" and not _TOKEN.fullmatch(name):
            report.add("no name of a header", at, "write it as it is sent", "bad_name")
    _check_written_out(report, value, spot)
    _check_made(report, value, spot)


def _check_data(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    if not isinstance(value, (dict, list)):
        report.wrong(value, spot, "a table")
    elif not value:
        report.add("an empty table", spot, "fill it, or leave it out", "empty")
    _check_written_out(report, value, spot)
    _check_made(report, value, spot)


def _check_made(report: Report, data: Any, spot: Spot) -> None:
    """What sending makes has a form that is known; a login knows the time and random values alone."""
    if isinstance(data, str):
        for found in _MADE.findall(data):
            try:
                compile_template(found)
            except TemplateError as error:
                report.add(error.what, spot, error.how, "bad_template")
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        _check_made(report, value, spot.key(key))


def _check_moment(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    how = f"one of {', '.join(MOMENTS)}, or a pattern such as %y%m%dT%H%M%SZ"
    if report.text(value, spot, how) is not None and value not in MOMENTS and not is_pattern(value):
        report.add("a time in a form that is not known", spot, how, "unknown_word")


def _check_renames(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for name, other in (report.table(value, spot, _FIELDS, "write {client_id: app_key}") or {}).items():
        if not isinstance(other, str):
            report.wrong(other, spot.key(name), "a text")


def _check_paths(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for name, path in (report.table(value, spot, None, "write {NAME: PATH}, such as {uid: $.uid}") or {}).items():
        if not _VALUE.fullmatch(name):
            report.add("no name for a value", spot.key(name), "use letters, digits, - and _", "bad_name")
        if not (isinstance(path, str) and _PART.fullmatch(path)):
            _check_path(report, path, spot.key(name), field)


def _check_hosts(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for index, host in enumerate(report.items(value, spot, "list hosts, such as ['*.shop.example']") or ()):
        at = spot.key(index)
        fits = isinstance(host, str) and _HOST.fullmatch(host) and (host[:2] != "*." or host.count(".") > 1)
        if report.text(host, at) is not None and not fits:
            report.add("no host", at, "write it as shop.example, or *.shop.example for any below it", "bad_url")


def _check_told(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    check_conditions(report, value, spot, Sight(names=frozenset(), inputs=frozenset()), Side(answer=True))


def _check_inner(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    """Another table of the same sort inside one: not of the kinds that the connection itself has to do with."""
    check_auth(report, value, spot)
    if isinstance(value, dict):
        if value.get("kind") in ("mutual_tls", "oauth2_authorization_code"):
            how = "say it as the kind of auth: itself" if field.sort == "auths" else "say another kind"
            report.add(f"{value['kind']} cannot stand here", spot.key("kind"), how, "conflict")
        if "also" in value:
            report.add("also: inside another kind", spot.key("also"), "list all kinds in one also:", "conflict")


def _check_inners(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    for index, table in enumerate(report.items(value, spot, "write [{kind: ..., ...}]") or ()):
        _check_inner(report, table, spot.key(index), field)


def _check_answer(report: Report, value: Any, spot: Spot, field: AuthField) -> None:
    check_conditions(report, value, spot, Sight(inputs=frozenset()), Side(answer=True))


def _check_written_out(report: Report, data: Any, spot: Spot) -> None:
    """A value whose key says that it is a secret must be a reference."""
    if isinstance(data, list):
        for index, inner in enumerate(data):
            _check_written_out(report, inner, spot.part(index))
        return
    for key, value in data.items() if isinstance(data, dict) else ():
        at = spot.key(key) if isinstance(key, str) else spot
        if isinstance(value, (dict, list)):
            _check_written_out(report, value, at)
        elif isinstance(key, str) and _SECRET_KEY.search(key) and not WHOLE_REFERENCE.search(str(value)):
            how = "write a reference, ${NAME}; if it was real, change it at the merchant's"
            report.add(f"{shortened(key)}: is not a reference", at, how, "secret")


_CHECKS: Mapping[str, Callable[[Report, Any, Spot, AuthField], None]] = {
    "text": _check_text,
    "secret": _check_secret,
    "word": _check_word,
    "flag": _check_flag,
    "seconds": _check_seconds,
    "url": _check_url,
    "name": _check_name,
    "path": _check_path,
    "prefix": _check_prefix,
    "pem": _check_pem,
    "statuses": _check_statuses,
    "pairs": _check_pairs,
    "data": _check_data,
    "moment": _check_moment,
    "renames": _check_renames,
    "paths": _check_paths,
    "hosts": _check_hosts,
    "conditions": _check_told,
    "auth": _check_inner,
    "auths": _check_inners,
}


# ---------------------------------------------------------------- keys that go together


def _nothing(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    """Nothing to check."""


def _check_login(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    bodies = [key for key in _BODIES if key in table]
    if len(bodies) > 1:
        report.add(f"{' and '.join(bodies)} together", spot, "keep one body", "one_of")
    if bodies and table.get("method") == "get":
        report.add("a get with a body", spot.key("method"), "use post, or drop the body", "one_of")
    if ("username" in table) != ("password" in table):
        report.add("username: and password: go together", spot, "give both, or neither", "needs_key")
    if table.get("kind") == "login_token" and ("token_path" in table) == ("token_header" in table):
        how = "add token_path:, or token_header: where it comes in a header"
        report.add("needs one of token_path and token_header", spot, how, "one_of")


def _check_jwt(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    if table.get("use") == "bearer":
        if "token_url" in table:
            how = "drop token_url:, or say use: grant"
            report.add("a JWT that is sent itself needs no token_url", spot.key("token_url"), how, "one_of")
    elif "token_url" not in table:
        report.add("jwt auth without token_url:", spot, "add token_url:, or say use: bearer", "needs_key")


def _check_client(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    if "client_secret" in table and "client_id" not in table:
        report.add("client_secret: without client_id:", spot, "add client_id:", "needs_key")


def _check_oauth1(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    if ("token" in table) != ("token_secret" in table):
        report.add("token: and token_secret: go together", spot, "give both, or neither", "needs_key")


def _check_hmac(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    tables = [(key, table[key]) for key in ("headers", "query") if isinstance(table.get(key), dict)]
    texts: list[tuple[Spot, Any, tuple[str, ...]]] = [(spot.key("canonical"), table.get("canonical"), _HMAC_WORDS)]
    texts += [
        (spot.key(key, name), text, (*_HMAC_WORDS, "signature")) for key, own in tables for name, text in own.items()
    ]
    for at, text, known in texts:
        for word in _HMAC_PLACE.findall(text) if isinstance(text, str) else ():
            if word.startswith(("now", "random")) and "." in word:
                _check_made(report, f"{{{word}}}", at)
            elif word not in known and not re.fullmatch(r"(?:header|query)\.[\w-]+", word):
                report.add(
                    f"{{{shortened(word)}}} is not known here",
                    at,
                    choices(word, (*known, "header.NAME", "query.NAME"), 20),
                    "unknown_word",
                )
    if tables and not any("{signature}" in str(text) for _, own in tables for text in own.values()):
        how = 'add headers: {X-Signature: "{signature}"}, or query:'
        report.add("the signature is sent nowhere", spot, how, "needs_key")


def _check_server(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    """A login that names a server may name known ones only."""
    if "server_path" in table and "servers" not in table:
        report.add("server_path: without servers:", spot, "list the hosts that it may name", "needs_key")
    elif "servers" in table and "server_path" not in table:
        report.add("servers: without server_path:", spot, "say where the answer names the server", "needs_key")


def _check_basic(report: Report, table: Mapping[str, Any], spot: Spot) -> None:
    if table.get("alone") is True and "password" in table:
        report.add("alone: and password: together", spot, "keep one of them", "conflict")


_TOGETHER: Mapping[str, Callable[[Report, Mapping[str, Any], Spot], None]] = {
    "basic": _check_basic,
    "login_token": _check_login,
    "session_cookie": _check_login,
    "jwt": _check_jwt,
    "oauth2_password": _check_client,
    "oauth1": _check_oauth1,
    "hmac": _check_hmac,
}
