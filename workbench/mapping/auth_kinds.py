"""The kinds of authentication, each declared once: the checks, the models, the forms and the runtime read it here.

`tls:` of a connection is declared in the same way, as `TLS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from workbench.templates import MOMENTS

SORTS = (
    "text",
    "secret",
    "word",
    "flag",
    "seconds",
    "url",
    "name",
    "path",
    "prefix",
    "pem",
    "statuses",
    "pairs",
    "data",
    "moment",
    "renames",
    "paths",
    "hosts",
    "conditions",
    "auth",
    "auths",
)
"""What a field can hold: text, maybe with references; a reference and nothing else; one of its choices; true or false;
seconds; a URL or a path below the base URL; a header's name; a path into an answer; text that may be empty; a reference
or a file; statuses; a table of texts; any data; how a time is written; other names for fields; paths by name; hosts;
conditions on an answer; another table of this kind; a list of them."""


@dataclass(frozen=True, slots=True)
class AuthField:
    """One key of a kind's table.

    Attributes:
        name: As the mapping file has it.
        label: For people.
        sort: One of `SORTS`.
        required: Whether the file must have it.
        choices: The words that it can be.
        default: What stands for it when the file leaves it out.
        help: One sentence for the engineer.
        lines: Whether a form should give it several lines.
        unless: The flag with which it is left out, where it is required otherwise.
    """

    name: str
    label: str
    sort: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | bool | float | tuple[int, ...] | None = None
    help: str = ""
    lines: bool = False
    unless: str = ""

    def missing(self, table: Mapping[str, Any]) -> bool:
        """Whether a table has to have it and does not."""
        left_out = bool(self.unless) and table.get(self.unless) is True
        return self.required and not left_out and table.get(self.name) in (None, "")

    @property
    def secret(self) -> bool:
        """Whether the file may only hold a reference."""
        return self.sort == "secret"


@dataclass(frozen=True, slots=True)
class AuthKind:
    """One kind of authentication.

    Attributes:
        kind: The word after `kind:`.
        label: For people.
        meaning: One sentence: when it is the right one.
        fields: Its keys, in the order of a form.
    """

    kind: str
    label: str
    meaning: str
    fields: tuple[AuthField, ...] = ()

    @property
    def by_name(self) -> Mapping[str, AuthField]:
        """The fields by name."""
        return {field.name: field for field in self.fields}


def _secret(name: str, label: str, required: bool = True, help: str = "") -> AuthField:
    return AuthField(name, label, "secret", required, help=help)


def _text(name: str, label: str, required: bool = False, help: str = "", default: str | None = None) -> AuthField:
    return AuthField(name, label, required=required, help=help, default=default)


def _word(name: str, label: str, *choices: str, help: str = "") -> AuthField:
    """One of several words; the first stands where nothing is said."""
    return AuthField(name, label, "word", choices=choices, default=choices[0], help=help)


_USER = _text("username", "User name", True)
_PASSWORD = _secret("password", "Password")
_TOKEN_URL = AuthField(
    "token_url", "Token URL", "url", True, help="Where tokens are handed out: a URL, or a path below the base URL."
)
_CLIENT = _text("client_id", "Client id", True)
_SCOPE = _text("scope", "Scope", help="Words separated by blanks, as the merchant names them.")
_AUDIENCE = _text("audience", "Audience")
_EXTRA = AuthField("extra", "Extra fields", "pairs", help="Sent with every request for a token.")
_ALSO = AuthField(
    "also", "Further kinds", "auths", lines=True,
    help="Kinds that sign each call as well: a list of tables, [{kind: ..., ...}].",
)  # fmt: skip
_REQUEST = (
    _word("token_body", "Token request is", "form", "json", "query"),
    _word("token_method", "Token request's method", "post", "get", help="By get, its fields go into the query."),
    AuthField("headers", "Headers", "pairs", help="Of the request for a token; {random.uuid} and {now.iso} are made."),
    AuthField(
        "names", "Other names", "renames", lines=True,
        help="What the merchant calls a field: {client_id: app_key, grant_type: ''}; an empty one is not sent.",
    ),
)  # fmt: skip
_CLIENT_IN = _word(
    "client_in", "Client is sent in", "basic", "body", "basic_raw",
    help="Basic authentication, the fields, or Basic for servers that want other signs than letters not encoded.",
)  # fmt: skip
_USE = (
    _word(
        "in", "Token is sent in", "header", "query", "cookie", "call",
        help="call: where the calls themselves say {auth.token}, and nowhere else.",
    ),
    AuthField("name", "Header's name", "name", default="Authorization", help="Or the parameter's, or the cookie's."),
    AuthField(
        "prefix", "Before the token", "prefix", help="Bearer in the header Authorization unless said, else nothing."
    ),
)  # fmt: skip
_RENEWED = (
    AuthField(
        "renew_on", "Renewed on", "statuses", default=(401,), help="Statuses that say that the token is no longer good."
    ),
    AuthField(
        "renew_when", "Renewed when", "conditions", lines=True,
        help="Conditions on an answer that says so with another status, such as {$.error.code: 100}.",
    ),
)  # fmt: skip
_GIVEN = (
    AuthField(
        "values", "Further values", "paths", lines=True,
        help="What else the answer gives, {NAME: PATH}, http.header.X or http.cookie.X; calls say {auth.NAME}.",
    ),
    AuthField(
        "server_path", "Server stands at", "path", help="Where the answer says which server is called from then on."
    ),
    AuthField("servers", "Servers", "hosts", help="Hosts that it may be; *.shop.example for any below one."),
    AuthField(
        "login_auth", "The login is signed by", "auth", lines=True,
        help="How the login itself is authenticated: a table, {kind: ..., ...}.",
    ),
)  # fmt: skip
_LIFE = (
    AuthField("expires_path", "Lifetime stands at", "path", default="$.expires_in", help="Seconds, or a time."),
    AuthField("lifetime_s", "Lifetime in seconds", "seconds", help="Where the answer does not say it."),
    *_RENEWED,
)
_ANSWER = (AuthField("token_path", "Token stands at", "path", default="$.access_token"), *_LIFE)
_REFRESH = AuthField("refresh_path", "Refresh token stands at", "path", default="$.refresh_token")
_LOGIN = (
    AuthField("url", "Login URL", "url", True, help="A URL, or a path below the base URL."),
    _word("method", "Method", "post", "get", "put"),
    AuthField("json", "JSON body", "data", lines=True, help="Secrets in it as references."),
    AuthField("form", "Form body", "pairs"),
    AuthField("xml", "XML body", lines=True),
    AuthField("headers", "Headers", "pairs"),
    _text("username", "User name", help="Where the login itself wants Basic authentication."),
    _secret("password", "Password", False),
    AuthField(
        "fail_when", "Refused when", "conditions", lines=True,
        help="Conditions on a login's answer that refuses it with a good status.",
    ),
)  # fmt: skip

_CERTIFICATE = (
    AuthField("certificate", "Client certificate", "pem", help="PEM by reference, or the path of a PEM file."),
    AuthField(
        "key", "Its private key", "pem", help="PEM by reference, or a path; left out where the certificate's has it."
    ),
    _secret("key_password", "Password of the key", False),
)

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
        *_CERTIFICATE,
    ),
)

_ALL = (
    AuthKind("none", "None", "The API asks for nothing."),
    AuthKind(
        "basic",
        "User and password",
        "A user name and a password with every call (HTTP Basic).",
        (
            _USER,
            replace(_PASSWORD, unless="alone"),
            AuthField("alone", "No password", "flag", default=False, help="A key stands alone, as the user's name."),
            AuthField("prefix", "Before the pair", "prefix", default="Basic", help="Another word, such as ESA."),
        ),
    ),
    AuthKind("bearer", "Bearer token", "A token that was handed out once.", (_secret("token", "Token"),)),
    AuthKind(
        "api_key",
        "API key",
        "A key in a header, in the query or in a cookie.",
        (
            _word("in", "Key is sent in", "header", "query", "cookie"),
            AuthField("name", "Header's name", "name", True, help="Or the parameter's, or the cookie's."),
            _secret("value", "Key"),
        ),
    ),
    AuthKind(
        "oauth2_client_credentials",
        "OAuth2, client credentials",
        "A client id and secret are traded for tokens that expire.",
        (
            _TOKEN_URL, _CLIENT, _secret("client_secret", "Client secret"), _CLIENT_IN, _SCOPE, _AUDIENCE, _EXTRA,
            *_REQUEST, *_ANSWER, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_password",
        "OAuth2, password",
        "A user's name and password are traded for tokens; refresh tokens are used where they come.",
        (
            _TOKEN_URL, _USER, _PASSWORD, _text("client_id", "Client id"),
            _secret("client_secret", "Client secret", False),
            _CLIENT_IN, _SCOPE, _AUDIENCE, _EXTRA, *_REQUEST, *_ANSWER, _REFRESH, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_refresh_token",
        "OAuth2, refresh token",
        "A refresh token that the merchant handed out; one that is rotated is kept before it is used.",
        (
            _TOKEN_URL, _secret("refresh_token", "First refresh token"), _CLIENT,
            _secret("client_secret", "Client secret", False), _CLIENT_IN, _SCOPE, _EXTRA, *_REQUEST, *_ANSWER,
            _REFRESH, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "oauth2_authorization_code",
        "OAuth2, sign in by browser",
        "Somebody signs in at the merchant's page once (with PKCE); from then on it is refreshed.",
        (
            AuthField("authorize_url", "Sign-in URL", "url", True),
            _TOKEN_URL, _CLIENT, _secret("client_secret", "Client secret", False), _CLIENT_IN,
            _text("redirect_uri", "Redirect URI", True, "As the merchant has it on file for this client."),
            _SCOPE, _AUDIENCE, _EXTRA,
            _secret("refresh_token", "Refresh token", False, "For a deployment where nobody signs in."),
            *_REQUEST, *_ANSWER, _REFRESH, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "jwt",
        "Signed JWT",
        "An assertion signed with our key: traded for a token (RFC 7523), proving the client, or sent itself.",
        (
            _word(
                "use", "The JWT is", "grant", "client", "bearer",
                help="Traded for a token; the client's proof in client credentials; or sent with each call itself.",
            ),
            _secret("key", "Key", help="A private key as PEM, or the shared secret of HS256."),
            _word(
                "algorithm", "Algorithm", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                "ES512", "EdDSA", "HS256", "HS384", "HS512",
            ),
            _text("key_id", "Key id (kid)"),
            _text("issuer", "Issuer (iss)", True),
            _text("subject", "Subject (sub)", help="The issuer unless said."),
            _text("audience", "Audience (aud)", help="The token URL unless said."),
            AuthField("jwt_lifetime_s", "Lifetime of the JWT in seconds", "seconds", default=300.0),
            AuthField("claims", "Further claims", "data"),
            AuthField("token_url", "Token URL", "url", help="Needed unless the JWT is sent itself."),
            _SCOPE, _EXTRA, *_REQUEST, *_ANSWER, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "login_token",
        "Login, then a token",
        "A call to log in gives a token, in its body or in a header.",
        (
            *_LOGIN,
            AuthField("token_path", "Token stands at", "path", help="In the answer's body; $ is the whole of it."),
            AuthField("token_header", "Token's header", "name", help="Where it comes in a header of the answer."),
            *_LIFE, *_USE, *_GIVEN,
        ),
    ),
    AuthKind(
        "session_cookie",
        "Login, then a cookie",
        "A call to log in sets cookies, which go with every further call.",
        (
            *_LOGIN,
            AuthField("cookie", "Cookie's name", "name", help="The one that must come; all that come are kept."),
            AuthField("lifetime_s", "Lifetime in seconds", "seconds", help="Where the cookie does not say it."),
            *_RENEWED, *_GIVEN,
        ),
    ),
    AuthKind(
        "oauth1",
        "OAuth 1.0a",
        "Two key pairs sign every call, as in Magento.",
        (
            _text("consumer_key", "Consumer key", True),
            _secret("consumer_secret", "Consumer secret"),
            _text("token", "Access token"),
            _secret("token_secret", "Access token secret", False),
            _word("signature", "Signature", "HMAC-SHA256", "HMAC-SHA1"),
            _text("realm", "Realm"),
            _word("in", "Signature is sent in", "header", "query"),
        ),
    ),
    AuthKind(
        "digest",
        "HTTP Digest",
        "A user name and a password that are proved without being sent.",
        (_USER, _PASSWORD),
    ),
    AuthKind(
        "hmac",
        "HMAC signature",
        "A shared secret signs a text that a template makes of each call.",
        (
            _secret("secret", "Secret", help="Several with a sign between them are one: ${A}&${B}."),
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
            _word("algorithm", "Algorithm", "sha256", "sha1", "sha384", "sha512", "md5"),
            _word(
                "signed_by", "Signed by", "hmac", "hash",
                help="hash: the text alone is hashed, and holds {secret} itself.",
            ),
            _word("encoding", "Signature is written in", "hex", "base64", "base64url", "HEX"),
            _word("secret_encoding", "Secret is written in", "text", "base64", "hex"),
            AuthField(
                "timestamp", "Timestamp", "moment", default="unix",
                help=f"One of {', '.join(MOMENTS)}, or a pattern such as %y%m%dT%H%M%SZ, in UTC.",
            ),
            _word("nonce", "Nonce", "hex", "uuid", "digits"),
            _word("body_algorithm", "Body hash", "sha256", "sha1", "sha384", "sha512", "md5"),
            _word("body_encoding", "Body hash is written in", "hex", "base64", "base64url", "HEX"),
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
            _text("access_key", "Access key id", True),
            _secret("secret_key", "Secret access key"),
            _secret("session_token", "Session token", False),
            _text("region", "Region", True),
            _text("service", "Service", default="execute-api"),
        ),
    ),
    AuthKind(
        "mutual_tls",
        "Client certificate",
        "A certificate of ours is all that the API asks for (mutual TLS).",
        (
            AuthField("certificate", "Client certificate", "pem", True, help=_CERTIFICATE[0].help),
            *_CERTIFICATE[1:],
        ),
    ),
    AuthKind(
        "wsse",
        "WS-Security UsernameToken",
        "A user name and a password in the header of SOAP envelopes.",
        (
            _USER,
            _PASSWORD,
            _word("password_type", "Password is sent as", "text", "digest"),
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
            _text("class", "Name of the entry point", True),
            AuthField("settings", "Settings", "data", help="Handed to the class, references and all."),
        ),
    ),
)  # fmt: skip

KINDS: Mapping[str, AuthKind] = MappingProxyType(
    {kind.kind: replace(kind, fields=(*kind.fields, _ALSO)) if kind.kind != "none" else kind for kind in _ALL}
)
"""Every kind by the word after `kind:`."""


def auth_forms() -> list[dict[str, Any]]:
    """What a form for each kind needs, `tls` last: plain data.

    Returns:
        For each kind `kind`, `label`, `meaning` and `fields`; for each field `name`, `label`, `sort`, `required`,
        `secret`, `choices`, `default`, `help` and `lines`.
    """
    return [
        {
            "kind": kind.kind,
            "label": kind.label,
            "meaning": kind.meaning,
            "fields": [_form_field(field) for field in kind.fields],
        }
        for kind in (*KINDS.values(), TLS)
    ]


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
    }
