"""The kinds of authentication, each declared once: the checks, the models, the forms and the runtime read it here.

`tls:` of a connection is declared in the same way, as `TLS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from workbench.mapping.auth_fields import (
    ALSO,
    ANSWER,
    AUDIENCE,
    CERTIFICATE,
    CLIENT,
    CLIENT_IN,
    EXTRA,
    GIVEN,
    LIFE,
    LOGIN,
    PASSWORD,
    REFRESH,
    RENEWED,
    REQUEST,
    SCOPE,
    TOKEN_URL,
    USE,
    USER,
    AuthField,
    AuthKind,
    secret,
    text,
    word,
)
from workbench.templates import MOMENTS

TLS = AuthKind(
    "tls",
    "TLS",
    "A private authority, or a client certificate beside another kind of authentication.",
    (
        AuthField(
            "ca", "Authority", "pem", help="The merchant's own authority: PEM by reference, or the path of a PEM file."
        ),
        AuthField(
            "strict",
            "Strict",
            "flag",
            default=True,
            help="false accepts authorities that break RFC 5280, such as those without key usage, as Python 3.12 does.",
        ),
        *CERTIFICATE,
    ),
)

_ALL = (
    AuthKind("none", "None", "The API asks for nothing."),
    AuthKind(
        "basic",
        "User and password",
        "A user name and a password with every call (HTTP Basic).",
        (
            USER,
            replace(PASSWORD, unless="alone"),
            AuthField("alone", "No password", "flag", default=False, help="A key stands alone, as the user's name."),
            AuthField("prefix", "Before the pair", "prefix", default="Basic", help="Another word, such as ESA."),
        ),
    ),
    AuthKind("bearer", "Bearer token", "A token that was handed out once.", (secret("token", "Token"),)),
    AuthKind(
        "api_key",
        "API key",
        "A key in a header, in the query or in a cookie.",
        (
            word("in", "Key is sent in", "header", "query", "cookie"),
            AuthField("name", "Header's name", "name", True, help="Or the parameter's, or the cookie's."),
            secret("value", "Key"),
        ),
    ),
    AuthKind(
        "oauth2_client_credentials",
        "OAuth2, client credentials",
        "A client id and secret are traded for tokens that expire.",
        (
            TOKEN_URL, CLIENT, secret("client_secret", "Client secret"), CLIENT_IN, SCOPE, AUDIENCE, EXTRA,
            *REQUEST, *ANSWER, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_password",
        "OAuth2, password",
        "A user's name and password are traded for tokens; refresh tokens are used where they come.",
        (
            TOKEN_URL, USER, PASSWORD, text("client_id", "Client id"),
            secret("client_secret", "Client secret", False),
            CLIENT_IN, SCOPE, AUDIENCE, EXTRA, *REQUEST, *ANSWER, REFRESH, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_refresh_token",
        "OAuth2, refresh token",
        "A refresh token that the merchant handed out; one that is rotated is kept before it is used.",
        (
            TOKEN_URL, secret("refresh_token", "First refresh token"), CLIENT,
            secret("client_secret", "Client secret", False), CLIENT_IN, SCOPE, EXTRA, *REQUEST, *ANSWER,
            REFRESH, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_authorization_code",
        "OAuth2, sign in by browser",
        "Somebody signs in at the merchant's page once (with PKCE); from then on it is refreshed.",
        (
            AuthField("authorize_url", "Sign-in URL", "url", True),
            TOKEN_URL, CLIENT, secret("client_secret", "Client secret", False), CLIENT_IN,
            text("redirect_uri", "Redirect URI", True, "As the merchant has it on file for this client."),
            SCOPE, AUDIENCE, EXTRA,
            secret("refresh_token", "Refresh token", False, "For a deployment where nobody signs in."),
            *REQUEST, *ANSWER, REFRESH, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "jwt",
        "Signed JWT",
        "An assertion signed with our key: traded for a token (RFC 7523), proving the client, or sent itself.",
        (
            word(
                "use", "The JWT is", "grant", "client", "bearer",
                help="Traded for a token; the client's proof in client credentials; or sent with each call itself.",
            ),
            secret("key", "Key", help="A private key as PEM, or the shared secret of HS256."),
            word(
                "algorithm", "Algorithm", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                "ES512", "EdDSA", "HS256", "HS384", "HS512",
            ),
            text("key_id", "Key id (kid)"),
            text("issuer", "Issuer (iss)", True),
            text("subject", "Subject (sub)", help="The issuer unless said."),
            text("audience", "Audience (aud)", help="The token URL unless said."),
            AuthField("jwt_lifetime_s", "Lifetime of the JWT in seconds", "seconds", default=300.0),
            AuthField("claims", "Further claims", "data"),
            AuthField("token_url", "Token URL", "url", help="Needed unless the JWT is sent itself."),
            SCOPE, EXTRA, *REQUEST, *ANSWER, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "login_token",
        "Login, then a token",
        "A call to log in gives a token, in its body or in a header.",
        (
            *LOGIN,
            AuthField("token_path", "Token stands at", "path", help="In the answer's body; $ is the whole of it."),
            AuthField("token_header", "Token's header", "name", help="Where it comes in a header of the answer."),
            *LIFE, *USE, *GIVEN,
        ),
    ),
    AuthKind(
        "session_cookie",
        "Login, then a cookie",
        "A call to log in sets cookies, which go with every further call.",
        (
            *LOGIN,
            AuthField("cookie", "Cookie's name", "name", help="The one that must come; all that come are kept."),
            AuthField("lifetime_s", "Lifetime in seconds", "seconds", help="Where the cookie does not say it."),
            *RENEWED, *GIVEN,
        ),
    ),
    AuthKind(
        "oauth1",
        "OAuth 1.0a",
        "Two key pairs sign every call, as in Magento.",
        (
            text("consumer_key", "Consumer key", True),
            secret("consumer_secret", "Consumer secret"),
            text("token", "Access token"),
            secret("token_secret", "Access token secret", False),
            word("signature", "Signature", "HMAC-SHA256", "HMAC-SHA1"),
            text("realm", "Realm"),
            word("in", "Signature is sent in", "header", "query"),
        ),
    ),
    AuthKind(
        "digest",
        "HTTP Digest",
        "A user name and a password that are proved without being sent.",
        (USER, PASSWORD),
    ),
    AuthKind(
        "hmac",
        "HMAC signature",
        "A shared secret signs a text that a template makes of each call.",
        (
            secret("secret", "Secret", help="Several with a sign between them are one: ${A}&${B}."),
            AuthField(
                "canonical", "Text that is signed", required=True, lines=True,
                help="With {method}, {path}, {query}, {sorted_query}, {sorted_pairs} (a=1&b=2, of query and form),"
                " {sorted_glued} (a1b2), {target}, {url}, {host}, {timestamp}, {nonce}, {body}, {body_hash},"
                " {header.NAME}, {query.NAME}, {now.iso}, {secret}, and references.",
            ),
            AuthField(
                "headers", "Headers", "pairs", help='Such as {X-Time: "{timestamp}", X-Signature: "{signature}"}.'
            ),
            AuthField(
                "query", "Query parameters", "pairs",
                help="Where the signature goes into the query; those without it are set first, and signed.",
            ),
            text("unsigned", "Not signed", help="Parameters that {sorted_...} leave out, separated by blanks."),
            word("algorithm", "Algorithm", "sha256", "sha1", "sha384", "sha512", "md5"),
            word(
                "signed_by", "Signed by", "hmac", "hash",
                help="hash: the text alone is hashed, and holds {secret} itself.",
            ),
            word("encoding", "Signature is written in", "hex", "base64", "base64url", "HEX"),
            word("secret_encoding", "Secret is written in", "text", "base64", "hex"),
            AuthField(
                "timestamp", "Timestamp", "moment", default="unix",
                help=f"One of {', '.join(MOMENTS)}, or a pattern such as %y%m%dT%H%M%SZ, in UTC.",
            ),
            word("nonce", "Nonce", "hex", "uuid", "digits"),
            word("body_algorithm", "Body hash", "sha256", "sha1", "sha384", "sha512", "md5"),
            word("body_encoding", "Body hash is written in", "hex", "base64", "base64url", "HEX"),
            AuthField(
                "empty_body_hash", "Hash of no body", "prefix", help="Where a call without a body has no hash: empty."
            ),
        ),
    ),
    AuthKind(
        "aws_sigv4",
        "AWS Signature v4",
        "An access key signs every call, as Amazon's API Gateway wants it.",
        (
            text("access_key", "Access key id", True),
            secret("secret_key", "Secret access key"),
            secret("session_token", "Session token", False),
            text("region", "Region", True),
            text("service", "Service", default="execute-api"),
        ),
    ),
    AuthKind(
        "mutual_tls",
        "Client certificate",
        "A certificate of ours is all that the API asks for (mutual TLS).",
        (
            AuthField("certificate", "Client certificate", "pem", True, help=CERTIFICATE[0].help),
            *CERTIFICATE[1:],
        ),
    ),
    AuthKind(
        "wsse",
        "WS-Security UsernameToken",
        "A user name and a password in the header of SOAP envelopes.",
        (
            USER,
            PASSWORD,
            word("password_type", "Password is sent as", "text", "digest"),
            AuthField("nonce", "Nonce and time", "flag", default=True, help="A digest always has them."),
            AuthField("lifetime_s", "Lifetime of the timestamp", "seconds", help="Adds a Timestamp where it is given."),
            AuthField("must_understand", "mustUnderstand", "flag", default=False),
        ),
    ),
    AuthKind(
        "custom",
        "Custom",
        "A Python class of the entry point group workbench.auth.",
        (
            text("class", "Name of the entry point", True),
            AuthField("settings", "Settings", "data", help="Handed to the class, references and all."),
        ),
    ),
)  # fmt: skip

KINDS: Mapping[str, AuthKind] = MappingProxyType(
    {kind.kind: replace(kind, fields=(*kind.fields, ALSO)) if kind.kind != "none" else kind for kind in _ALL}
)
"""Every kind by the word after `kind:`."""


def auth_forms() -> list[dict[str, Any]]:
    """What a form for each kind needs, `tls` last: plain data.

    Returns:
        For each kind `kind`, `label`, `meaning` and `fields`; for each field `name`, `label`, `sort`, `required`,
        `secret`, `choices`, `default`, `help` and `lines`.
    """
    return [form_of(kind) for kind in (*KINDS.values(), TLS)]


def form_of(kind: AuthKind) -> dict[str, Any]:
    """What a form for one kind needs."""
    fields = [_form_field(field) for field in kind.fields]
    return {"kind": kind.kind, "label": kind.label, "meaning": kind.meaning, "fields": fields}


def _form_field(field: AuthField) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "sort": field.sort,
        "required": field.required,
        "secret": field.secret,
        "choices": list(field.choices),
        "default": list(field.default) if isinstance(field.default, tuple) else field.default,
        "help": field.help,
        "lines": field.lines,
        "unless": field.unless,
        "least": field.least,
        "most": field.most,
    }
