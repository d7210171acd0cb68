"""Postman collections, format 2.0 and 2.1: folders, variables, and authentication that is inherited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.importing.finish import Raw, soap_of
from workbench.importing.proposal import Auth, reference
from workbench.importing.words import is_email_name, is_number_name, is_secret_name

_DEPTH = 40


def looks_like_postman(data: Any) -> bool:
    """Whether JSON is a collection."""
    if isinstance(data, Mapping) and isinstance(data.get("collection"), Mapping):
        data = data["collection"]
    return (
        isinstance(data, Mapping) and isinstance(data.get("item"), list) and isinstance(data.get("info", {}), Mapping)
    )


def read_postman(data: Mapping[str, Any], merchant: str) -> tuple[list[Raw], list[str]]:
    """The requests of a collection, and notes."""
    data = data.get("collection", data)
    variables = {
        str(one.get("key") or one.get("id")): str(one["value"])
        for one in data.get("variable") or []
        if isinstance(one, Mapping) and one.get("value") not in (None, "") and not _stays(one)
    }
    found = [
        _request(item, path, auth, variables, merchant)
        for item, path, auth in _items(data["item"], (), data.get("auth"), 0)
    ]
    hidden = tuple(
        str(one["value"])
        for one in data.get("variable") or []
        if isinstance(one, Mapping) and is_secret_name(str(one.get("key"))) and one.get("value")
    )
    requests = [raw._replace(secrets=(*raw.secrets, *hidden)) for raw in found if raw is not None]
    left = len(found) - len(requests)
    return requests, [f"{left} entries without a URL were left out"] if left else []


def _stays(variable: Mapping[str, Any]) -> bool:
    """Whether a variable stays one: secrets, and what a call is asked with."""
    name = str(variable.get("key") or variable.get("id"))
    secret = variable.get("type") == "secret" or is_secret_name(name)
    return secret or is_email_name(name) or is_number_name(name)


def _items(
    items: Any, path: tuple[str, ...], auth: Any, depth: int
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...], Any]]:
    """The requests of a list of requests and folders, with their folders' names and the authentication that holds."""
    for item in items if isinstance(items, list) and depth < _DEPTH else []:
        if not isinstance(item, Mapping):
            continue
        own = item.get("auth") or auth
        if "request" in item:
            yield item, path, own
        else:
            yield from _items(item.get("item"), (*path, str(item.get("name") or "")), own, depth + 1)


def _request(
    item: Mapping[str, Any], path: tuple[str, ...], auth: Any, variables: Mapping[str, str], merchant: str
) -> Raw | None:
    request = item["request"]
    if isinstance(request, str):
        request = {"url": request}
    if not isinstance(request, Mapping):
        return None
    url, query = _url(request.get("url"), variables)
    if not url:
        return None
    headers = [
        (str(one["key"]), _filled(str(one.get("value") or ""), variables))
        for one in _list(request.get("header"))
        if isinstance(one, Mapping) and one.get("key") and not one.get("disabled")
    ]
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    body, kind = _body(request.get("body"), variables)
    if isinstance(body, str) and (soap := soap_of(body, headers, content_type)):
        body, kind = soap, "soap"
    base = re.match(r"\{\{\s*[\w.-]*(?:url|host|base|server|domain|endpoint)[\w.-]*\s*\}\}", url, re.I)
    return Raw(
        label=str(item.get("name") or ""), method=str(request.get("method") or "GET"),
        url=url[base.end() :] if base else url,
        query=query, headers=headers, body=body, body_kind=kind, content_type=content_type,
        auth=_auth(_listed(request.get("auth") or auth), variables, merchant), about=" ".join(path),
        secrets=tuple(_secret_values(_listed(request.get("auth") or auth))),
    )  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _filled(text: str, variables: Mapping[str, str], rounds: int = 3) -> str:
    for _ in range(rounds):
        text = re.sub(r"\{\{\s*([\w.-]+)\s*\}\}", lambda match: variables.get(match[1], match[0]), text)[:100_000]
    return text


def _url(url: Any, variables: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """The address without its query, and the query: what is switched off is left out."""
    if isinstance(url, str):
        return _filled(url, variables).strip(), []
    if not isinstance(url, Mapping):
        return "", []
    raw = str(url.get("raw") or "")
    if not raw:
        host, path = url.get("host") or "", url.get("path") or ""
        host = ".".join(map(str, host)) if isinstance(host, list) else str(host)
        path = "/".join(map(str, path)) if isinstance(path, list) else str(path)
        scheme = f"{url.get('protocol') or 'https'}://" if "{{" not in host else ""
        raw = f"{scheme}{host}/{path.lstrip('/')}"
    listed = url.get("query")
    if not isinstance(listed, list):
        return _filled(raw, variables).strip(), []
    pairs = [
        (str(one["key"]), _filled(str(one.get("value") or ""), variables))
        for one in listed
        if isinstance(one, Mapping) and one.get("key") and not one.get("disabled")
    ]
    return _filled(raw.partition("?")[0], variables).strip(), pairs


def _body(body: Any, variables: Mapping[str, str]) -> tuple[Any, str]:
    if not isinstance(body, Mapping) or body.get("disabled"):
        return None, ""
    mode = str(body.get("mode") or "raw")
    if mode in ("urlencoded", "formdata"):
        pairs = [
            (str(one["key"]), _filled(str(one.get("value") or ""), variables))
            for one in body.get(mode) or []
            if isinstance(one, Mapping) and one.get("key") and not one.get("disabled") and one.get("type") != "file"
        ]
        return (pairs, "form") if pairs else (None, "")
    if mode == "graphql" and isinstance(body.get("graphql"), Mapping):
        asked = body["graphql"]
        given = asked.get("variables")
        try:
            given = json.loads(given) if isinstance(given, str) and given.strip() else given
        except (ValueError, RecursionError):
            given = {}
        return {
            "document": str(asked.get("query") or ""),
            "variables": given if isinstance(given, dict) else {},
        }, "graphql"
    raw = body.get("raw")
    # a variable that stands for a number or a truth value has no quotes, and would be no JSON
    text = (
        re.sub(r"(?<=[:\[,])(\s*)(\{\{\s*[\w.-]+\s*\}\})", r'\1"\2"', _filled(raw, variables))
        if isinstance(raw, str)
        else ""
    )
    return (text, "") if text.strip() else (None, "")


def _listed(auth: Any) -> tuple[str, dict[str, Any]]:
    """The scheme and its settings, in either format of a collection."""
    if not isinstance(auth, Mapping) or auth.get("type") in (None, "noauth"):
        return "", {}
    scheme = str(auth["type"])
    listed = auth.get(scheme)
    if isinstance(listed, list):
        return scheme, {str(one.get("key")): one.get("value") for one in listed if isinstance(one, Mapping)}
    return scheme, dict(listed) if isinstance(listed, Mapping) else {}


def _secret_values(listed: tuple[str, dict[str, Any]]) -> Iterator[str]:
    for name, value in listed[1].items():
        secret = name == "value" if listed[0] == "apikey" else is_secret_name(name) or name in ("username", "clientId")
        if isinstance(value, str) and value and secret:
            yield value


def _auth(listed: tuple[str, dict[str, Any]], variables: Mapping[str, str], merchant: str) -> Auth | None:
    """The authentication, its fields by reference: no value of a secret that was typed into Postman is kept."""
    scheme, known = listed

    def secret(name: str) -> str:
        return reference(merchant, name)

    user = {"username": secret("user"), "password": secret("password")}
    if scheme in ("basic", "digest"):
        return Auth(scheme, user)
    if scheme in ("bearer", "jwt"):
        return Auth("bearer", {"token": secret("token")})
    if scheme == "apikey":
        place = "query" if known.get("in") == "query" else "header"
        return Auth("api_key", {"in": place, "name": str(known.get("key") or "X-Api-Key"), "value": secret("key")})
    if scheme == "oauth1":
        names = ("consumer_key", "consumer_secret", "token", "token_secret")
        return Auth("oauth1", {name: secret(name) for name in names})
    if scheme == "oauth2":
        return _oauth2(known, variables, secret, user)
    if scheme == "awsv4":
        keys = {"access_key": secret("access_key"), "secret_key": secret("secret_key")}
        region, service = str(known.get("region") or "us-east-1"), str(known.get("service") or "execute-api")
        return Auth("aws_sigv4", {**keys, "region": region, "service": service})
    return None


def _oauth2(
    known: Mapping[str, Any], variables: Mapping[str, str], secret: Callable[[str], str], user: Mapping[str, str]
) -> Auth:
    fields: dict[str, Any] = {
        "token_url": _filled(str(known.get("accessTokenUrl") or ""), variables),
        "client_id": secret("client_id"),
        "client_secret": secret("client_secret"),
    }
    if known.get("scope"):
        fields["scope"] = _filled(str(known["scope"]), variables)
    if known.get("grant_type") == "password_credentials":
        return Auth("oauth2_password", {**fields, **user})
    if known.get("grant_type") in ("authorization_code", "authorization_code_with_pkce"):
        sign_in = {
            "authorize_url": str(known.get("authUrl") or ""),
            "redirect_uri": str(known.get("redirect_uri") or ""),
        }
        return Auth("oauth2_authorization_code", {**sign_in, **fields})
    return Auth("oauth2_client_credentials", fields)
