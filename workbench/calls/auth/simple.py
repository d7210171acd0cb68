"""Kinds that sign a request with what was handed out once.

auth: {kind: none}
auth: {kind: basic, username: "${SHOP_USER}", password: "${SHOP_PASSWORD}"}
auth: {kind: bearer, token: "${SHOP_TOKEN}"}
auth: {kind: api_key, in: header, name: X-Api-Key, value: "${SHOP_KEY}"}        # in: header, query or cookie
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from workbench.calls.auth.base import HEADER_NAME, Auth, Reveal, Surroundings
from workbench.calls.messages import Request
from workbench.errors import UsageError


def basic_header(user: str, password: str, learn: Callable[[str], None], word: str = "Basic") -> str:
    """The value of the header for a user and a password, after the word that says what it is.

    Raises:
        UsageError: The user's name holds a colon.
    """
    if ":" in user:
        raise UsageError("a user name of basic auth cannot hold a colon - check the value of the reference")
    pair = f"{user}:{password}"
    learn(pair)
    return f"{word} {base64.b64encode(pair.encode()).decode('ascii')}".strip()


class Basic(Auth):
    """A user's name and password (RFC 7617)."""

    def apply(self, request: Request) -> Request:
        """The request with the `Authorization` header."""
        word = str(self.setting("prefix"))
        header = self.fit(
            basic_header(self.text("username"), self.text("password"), self._around.learn, word), "a header"
        )
        return request.with_header("Authorization", header)


class Bearer(Auth):
    """A token that was handed out once (RFC 6750)."""

    def apply(self, request: Request) -> Request:
        """The request with the `Authorization` header."""
        return request.with_header("Authorization", f"Bearer {self.fit(self.text('token'), 'a header')}")


class ApiKey(Auth):
    """A key in a header, in the query or in a cookie."""

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        super().__init__(table, reveal, around)
        self._place, self._name = str(self.setting("in")), str(table["name"])
        if self._place != "query" and not HEADER_NAME.fullmatch(self._name):
            raise UsageError(f"{self._name!r} is no name of a {self._place} - letters, digits and - only")

    def apply(self, request: Request) -> Request:
        """The request with the key."""
        return self.placed(request, self._place, self._name, self.text("value"))
