"""A server for each kind of authentication, which lets in whom it should, and the shop's folder for it."""

# Long lines: a kind and its server stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt

from tests.servers import Answer, Seen, order, shop_file

USER, PASSWORD, ID, SECRET = "joan-of-the-shop", "pass word/1", "client-1-of-shop", "s3cret-of-client-of-32-letters-xx"
FOUND = Answer({"data": [order("A-1")]})


def bearer_of(token: str) -> Callable[[Seen], bool]:
    """Whether a request bears a token."""
    return lambda seen: seen.headers.get("authorization") == f"Bearer {token}"


def tokens(check: Callable[[Seen], bool], answer: Answer, good: Callable[[Seen], bool], path: str = "/token") -> Any:
    """A server with a login at a path, and an API for those who come with what it gave."""

    def serve(seen: Seen) -> Answer:
        if seen.path == path:
            return answer if check(seen) else Answer({"error": "invalid_client"}, 401)
        return FOUND if good(seen) else Answer({}, 401)

    return serve


def form(seen: Seen) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl(seen.body.decode()))


def basic(user: str, password: str) -> str:
    """The header of Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def digest_server(seen: Seen) -> Answer:
    """Asks for Digest, and checks the proof."""
    said = {
        name: quoted or bare
        for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^, ]+))', seen.headers.get("authorization", ""))
    }

    def h(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    if said:
        proof = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{h(f'GET:{seen.target}')}"
        if said["uri"] == seen.target and said["response"] == h(f"{h(f'{USER}:shop:{PASSWORD}')}:{proof}"):
            return FOUND
    challenge = 'Digest realm="shop", nonce="abc", qop="auth", algorithm=SHA-256, opaque="x"'
    return Answer({}, 401, {"WWW-Authenticate": challenge})


def hmac_server(seen: Seen) -> Answer:
    """Checks a signature over method, target and time."""
    import hmac

    text = f"{seen.method}\n{seen.target}\n{seen.headers.get('x-time')}"
    right = hmac.new(SECRET.encode(), text.encode(), "sha256").hexdigest()
    return FOUND if seen.headers.get("x-signature") == right else Answer({}, 401)


def assertion_of(seen: Seen) -> bool:
    """Whether a form holds an assertion signed with the shared secret."""
    try:
        claims = jwt.decode(form(seen)["assertion"], SECRET, ["HS256"], options={"verify_aud": False})
    except jwt.InvalidTokenError:
        return False
    return bool(claims["iss"] == ID)


def wsse_server(seen: Seen) -> Answer:
    """Checks the token in the envelope."""
    right = f"<wsse:Username>{USER}</wsse:Username>" in seen.body.decode() and PASSWORD in seen.body.decode()
    return FOUND if right and re.search(rb"<GetOrders>[^<]+@example.com</GetOrders>", seen.body) else Answer({}, 401)


TOKEN = {"access_token": "token-12345", "expires_in": 60, "refresh_token": "refresh-12345"}
OAUTH = {"token_url": "/token", "client_id": "${SHOP_ID}", "client_secret": "${SHOP_SECRET}"}
LOGIN = {"url": "/token", "json": {"user": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}}
by_client = tokens(
    lambda seen: seen.headers.get("authorization") == basic(ID, SECRET), Answer(TOKEN), bearer_of("token-12345")
)
by_login = tokens(
    lambda seen: seen.body == f'{{"user": "{USER}", "password": "{PASSWORD}"}}'.encode(),
    Answer({"token": "token-12345"}, 200, {"X-Token": "token-67890", "Set-Cookie": "SID=session-12345; Path=/; HttpOnly"}),
    lambda seen: bearer_of("token-12345")(seen) or seen.headers.get("x-session") == "token-67890" or seen.headers.get("cookie") == "SID=session-12345",
)  # fmt: skip
SOAP_CALL = {"find_orders_by_email": {
    "calls": [{"name": "search", "post": "/soap", "reads": True, "soap": {"body": "<GetOrders>{email}</GetOrders>"}, "format": "json"}],
    "orders": {"each": "$.data"},
}}  # fmt: skip
BODY_CALL = {"find_orders_by_email": {
    "calls": [{"name": "search", "post": "/find", "reads": True, "json": {"mail": "{email}", "session": "{auth.token}", "sign": "{auth.signature}"}}],
    "orders": {"each": "$.data"},
}}  # fmt: skip


def body_server(seen: Seen) -> Answer:
    """Wants the session and a signature over it in the body, and a key in a header."""
    import hmac
    import json

    if seen.path == "/token":
        return by_login(seen)
    said = json.loads(seen.body)
    right = (
        said["session"] == "token-12345"
        and said["sign"] == hmac.new(SECRET.encode(), b"POST/find", "sha256").hexdigest()
    )
    return FOUND if right and seen.headers.get("x-key") == PASSWORD else Answer({}, 401)


KINDS: dict[str, tuple[dict[str, Any], Callable[[Seen], Answer]]] = {
    "oauth2_client_credentials": ({**OAUTH}, by_client),
    "oauth2_password": (
        {**OAUTH, "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"},
        tokens(lambda seen: (form(seen)["username"], form(seen)["password"]) == (USER, PASSWORD), Answer(TOKEN), bearer_of("token-12345")),
    ),
    "oauth2_refresh_token": (
        {**OAUTH, "refresh_token": "${SHOP_PASSWORD}"},
        tokens(lambda seen: form(seen)["refresh_token"] == PASSWORD, Answer(TOKEN), bearer_of("token-12345")),
    ),
    "oauth2_authorization_code": (
        {**OAUTH, "refresh_token": "${SHOP_PASSWORD}", "authorize_url": "/auth", "redirect_uri": "http://127.0.0.1:9/"},
        tokens(lambda seen: form(seen)["refresh_token"] == PASSWORD, Answer(TOKEN), bearer_of("token-12345")),
    ),
    "jwt": (
        {"token_url": "/token", "key": "${SHOP_SECRET}", "algorithm": "HS256", "issuer": "${SHOP_ID}"},
        tokens(assertion_of, Answer(TOKEN), bearer_of("token-12345")),
    ),
    "login_token": ({**LOGIN, "token_path": "$.token"}, by_login),
    "login_token in a header": ({**LOGIN, "token_header": "X-Token", "name": "X-Session"}, by_login),
    "session_cookie": (LOGIN, by_login),
    "digest": ({"username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}, digest_server),
    "hmac": (
        {"secret": "${SHOP_SECRET}", "canonical": "{method}\n{target}\n{timestamp}", "headers": {"X-Time": "{timestamp}", "X-Signature": "{signature}"}},
        hmac_server,
    ),
    "wsse": ({"username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}, wsse_server),
    "login_token in the body, signed, and a key": (
        {**LOGIN, "token_path": "$.token", "in": "call", "also": [
            {"kind": "hmac", "secret": "${SHOP_SECRET}", "canonical": "{method}{path}"},
            {"kind": "api_key", "name": "X-Key", "value": "${SHOP_PASSWORD}"},
        ]},
        body_server,
    ),
}  # fmt: skip


def table_of(name: str) -> dict[str, Any]:
    """The `auth:` of a case."""
    return {"kind": name.partition(" ")[0], **KINDS[name][0]}


def folder_for(name: str, tmp_path: Path, url: str) -> Path:
    """The shop's folder for a case."""
    operations = SOAP_CALL if name == "wsse" else BODY_CALL if "in the body" in name else None
    return shop_file(tmp_path / "shop", url, operations, auth=table_of(name))
