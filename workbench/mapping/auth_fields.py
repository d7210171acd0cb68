"""The keys that kinds of authentication have, and those that many of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    "number",
    "count",
    "span",
)
"""What a field can hold: text, maybe with references; a reference and nothing else; one of its choices; true or false;
seconds; a URL or a path below the base URL; a header's name; a path into an answer; text that may be empty; a reference
or a file; statuses; a table of texts; any data; how a time is written; other names for fields; paths by name; hosts;
conditions on an answer; another table of this kind; a list of them; a number above 0; a whole number; an hour's seconds
at most."""


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
        least: The smallest number.
        most: The largest number; None where nothing bounds it.
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
    least: int = 1
    most: int | None = None

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


def secret(name: str, label: str, required: bool = True, help: str = "") -> AuthField:
    """A key that holds a reference and nothing else."""
    return AuthField(name, label, "secret", required, help=help)


def text(name: str, label: str, required: bool = False, help: str = "", default: str | None = None) -> AuthField:
    """A key that holds text, maybe with references."""
    return AuthField(name, label, required=required, help=help, default=default)


def word(name: str, label: str, *choices: str, help: str = "") -> AuthField:
    """One of several words; the first stands where nothing is said."""
    return AuthField(name, label, "word", choices=choices, default=choices[0], help=help)


USER = text("username", "User name", True)
PASSWORD = secret("password", "Password")
TOKEN_URL = AuthField(
    "token_url", "Token URL", "url", True, help="Where tokens are handed out: a URL, or a path below the base URL."
)
CLIENT = text("client_id", "Client id", True)
SCOPE = text("scope", "Scope", help="Words separated by blanks, as the merchant names them.")
AUDIENCE = text("audience", "Audience")
EXTRA = AuthField("extra", "Extra fields", "pairs", help="Sent with every request for a token.")
ALSO = AuthField(
    "also", "Further kinds", "auths", lines=True,
    help="Kinds that sign each call as well: a list of tables, [{kind: ..., ...}].",
)  # fmt: skip
REQUEST = (
    word("token_body", "Token request is", "form", "json", "query"),
    word("token_method", "Token request's method", "post", "get", help="By get, its fields go into the query."),
    AuthField("headers", "Headers", "pairs", help="Of the request for a token; {random.uuid} and {now.iso} are made."),
    AuthField(
        "names", "Other names", "renames", lines=True,
        help="What the merchant calls a field: {client_id: app_key, grant_type: ''}; an empty one is not sent.",
    ),
)  # fmt: skip
CLIENT_IN = word(
    "client_in", "Client is sent in", "basic", "body", "basic_raw",
    help="Basic authentication, the fields, or Basic for servers that want other signs than letters not encoded.",
)  # fmt: skip
USE = (
    word(
        "in", "Token is sent in", "header", "query", "cookie", "call",
        help="call: where the calls themselves say {auth.token}, and nowhere else.",
    ),
    AuthField("name", "Header's name", "name", default="Authorization", help="Or the parameter's, or the cookie's."),
    AuthField(
        "prefix", "Before the token", "prefix", help="Bearer in the header Authorization unless said, else nothing."
    ),
)  # fmt: skip
RENEWED = (
    AuthField(
        "renew_on", "Renewed on", "statuses", default=(401,), help="Statuses that say that the token is no longer good."
    ),
    AuthField(
        "renew_when", "Renewed when", "conditions", lines=True,
        help='What else of an answer says so: {"http.header.content-type": "text/html"}, or {"$.error.code": 100}.',
    ),
)  # fmt: skip
GIVEN = (
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
LIFE = (
    AuthField("expires_path", "Lifetime stands at", "path", default="$.expires_in", help="Seconds, or a time."),
    AuthField("lifetime_s", "Lifetime in seconds", "seconds", help="Where the answer does not say it."),
    *RENEWED,
)
ANSWER = (AuthField("token_path", "Token stands at", "path", default="$.access_token"), *LIFE)
REFRESH = AuthField("refresh_path", "Refresh token stands at", "path", default="$.refresh_token")
LOGIN = (
    AuthField("url", "Login URL", "url", True, help="A URL, or a path below the base URL."),
    word("method", "Method", "post", "get", "put"),
    AuthField("json", "JSON body", "data", lines=True, help="Secrets in it as references."),
    AuthField("form", "Form body", "pairs"),
    AuthField("xml", "XML body", lines=True),
    AuthField("headers", "Headers", "pairs"),
    text("username", "User name", help="Where the login itself wants Basic authentication."),
    secret("password", "Password", False),
    AuthField(
        "fail_when", "Refused when", "conditions", lines=True,
        help="Conditions on a login's answer that refuses it with a good status.",
    ),
)  # fmt: skip

CERTIFICATE = (
    AuthField("certificate", "Client certificate", "pem", help="PEM by reference, or the path of a PEM file."),
    AuthField(
        "key", "Its private key", "pem", help="PEM by reference, or a path; left out where the certificate's has it."
    ),
    secret("key_password", "Password of the key", False),
)
