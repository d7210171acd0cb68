"""How a merchant knows us: kinds of authentication, each without I/O.

    auth: {kind: none}
    auth: {kind: basic, username: "${SHOP_USER}", password: "${SHOP_PASSWORD}"}
    auth: {kind: bearer, token: "${SHOP_TOKEN}"}
    auth: {kind: api_key, in: header, name: X-Api-Key, value: "${SHOP_KEY}"}        # in: header, query or cookie

A kind that only signs a request says how in `apply`; one that has to log in, or to try again with a fresh token,
overrides `flow`, which may send requests of its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

from workbench.calls.messages import Flow, Request, Response
from workbench.errors import UsageError
from workbench.paths import text_of
from workbench.templates import Secret, compile_template

Reveal = Callable[[str], str]
"""The value of a secret, by the name of its reference."""

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|")


class Auth:
    """No authentication, and the base of every kind.

    Args:
        table: The `auth:` table of the connection.
        reveal: Gives the values of secrets; asked when a request is signed, so that no object here holds one.
    """

    needs: tuple[str, ...] = ()

    def __init__(self, table: Mapping[str, Any], reveal: Reveal) -> None:
        self._table = table
        self._reveal = reveal
        for key in self.needs:
            if table.get(key) in (None, ""):
                raise UsageError(f"auth of kind {table.get('kind')} needs {key}: - give it as a reference, ${{NAME}}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The secrets that it uses, for messages."""
        texts = [text_of(value) for value in self._table.values()]
        return tuple(part.name for text in texts for part in compile_template(text) if isinstance(part, Secret))

    def text(self, key: str) -> str:
        """A setting, its references filled in."""
        parts = compile_template(text_of(self._table[key]))
        return "".join(self._reveal(part.name) if isinstance(part, Secret) else str(part) for part in parts)

    def apply(self, request: Request) -> Request:
        """The request, signed."""
        return request

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request, signed, and whatever that takes; returns its response."""
        return (yield self.apply(request))

    def _fit(self, value: str, what: str) -> str:
        """A value that a header can hold.

        Raises:
            UsageError: It cannot; the text tells the secret's name and not its value.
        """
        if not value or not HEADER_VALUE.fullmatch(value):
            names = ", ".join(self.names) or "auth:"
            raise UsageError(f"the value of {names} cannot stand in {what} - look for line ends, blanks or other signs")
        return value


class Basic(Auth):
    """A user's name and password (RFC 7617)."""

    needs = ("username", "password")

    def apply(self, request: Request) -> Request:
        """The request with the `Authorization` header."""
        user, password = self.text("username"), self.text("password")
        if ":" in user:
            raise UsageError("a user name of basic auth cannot hold a colon - check the value of the reference")
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return request.with_header("Authorization", f"Basic {token}")


class Bearer(Auth):
    """A token that was handed out once (RFC 6750)."""

    needs = ("token",)

    def apply(self, request: Request) -> Request:
        """The request with the `Authorization` header."""
        return request.with_header("Authorization", f"Bearer {self._fit(self.text('token'), 'a header')}")


class ApiKey(Auth):
    """A key in a header, in the query or in a cookie."""

    needs = ("name", "value")

    def __init__(self, table: Mapping[str, Any], reveal: Reveal) -> None:
        super().__init__(table, reveal)
        self._place = str(table.get("in") or "header")
        self._name = str(table["name"])
        if self._place not in ("header", "query", "cookie"):
            raise UsageError(f"an api_key cannot be in {self._place!r} - one of header, query, cookie")
        if self._place != "query" and not HEADER_NAME.fullmatch(self._name):
            raise UsageError(f"{self._name!r} is no name of a {self._place} - letters, digits and - only")

    def apply(self, request: Request) -> Request:
        """The request with the key."""
        value = self.text("value")
        if self._place == "query":
            return replace(request, url=with_parameter(request.url, self._name, value))
        if self._place == "header":
            return request.with_header(self._name, self._fit(value, "a header"))
        if re.search(r'[\s;,"\\]', value):
            raise UsageError(f"the value of {', '.join(self.names)} cannot stand in a cookie - check it")
        cookie = f"{self._name}={self._fit(value, 'a cookie')}"
        others = request.header("Cookie")
        return request.with_header("Cookie", f"{others}; {cookie}" if others else cookie)


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL with that query parameter, in place of one of that name."""
    head, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name]
    pair = "=".join(quote(text, safe="") for text in (name, value))
    return f"{head}?{'&'.join([*kept, pair])}"


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an absolute URL; port 0 where it is none."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return (parts.scheme, parts.hostname or "", 0)
    return (parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme, 0))


KINDS: Mapping[str, type[Auth]] = MappingProxyType({"none": Auth, "basic": Basic, "bearer": Bearer, "api_key": ApiKey})
"""The kinds of authentication by the word after `kind:`."""


def make_auth(table: Mapping[str, Any] | None, reveal: Reveal) -> Auth:
    """The authentication that a connection says; none where it says nothing.

    Raises:
        UsageError: The kind is unknown, or something is missing.
    """
    table = table or {"kind": "none"}
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        raise UsageError(f"auth of kind {table.get('kind')!r} is unknown - one of {', '.join(KINDS)}")
    return kind(table, reveal)
