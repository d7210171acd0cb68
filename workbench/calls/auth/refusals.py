"""Answers that say that nobody is signed in any more, though their status does not: `renew_when:` of an `auth:`.

renew_when: {"http.header.content-type": [text/html, "text/html; charset=utf-8"]}     the page to sign in
renew_when: {"$.error.code": [100, SESSION_EXPIRED]}                                  a word in the body
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from workbench.calls.messages import Response
from workbench.conditions import compile_conditions, holds
from workbench.decode import decode
from workbench.errors import DecodeError
from workbench.paths import Path, find, scalars


class Refusals:
    """Which answers say so.

    Args:
        table: The conditions, as the file has them; none: no answer does.
    """

    def __init__(self, table: Mapping[str, Any] | None) -> None:
        self._conditions = compile_conditions(table)

    def hold(self, response: Response) -> bool:
        """Whether this answer does."""
        return bool(self._conditions) and holds(self._conditions, _Seen(response))


class _Seen:
    """What the conditions see: `http.status`, `http.header.NAME`, and the body, which is read where one asks for it."""

    zone: tzinfo | None = None

    def __init__(self, response: Response) -> None:
        self._response = response
        self._roots: list[Any] | None = None
        self.now = datetime.now(UTC)

    def nodes(self, path: Path) -> list[Any]:
        """The nodes at a path; none in a body that cannot be read."""
        if self._roots is None:
            kind = self._response.headers.get("content-type")
            try:
                self._roots = [decode(self._response.body, content_type=kind).root]
            except DecodeError:
                self._roots = []
        return [node for root in self._roots for node in find(root, path.steps)]

    def values(self, path: Path) -> list[Any]:
        """The scalars at a path."""
        return scalars(self.nodes(path))

    def field_nodes(self, parts: tuple[str, ...]) -> list[Any]:
        """The status, or a header."""
        if parts == ("http", "status"):
            return [self._response.status]
        value = self._response.headers.get(".".join(parts[2:]).lower())
        return [] if value is None else [value]

    def given(self, name: str) -> None:
        """No input: which login is good does not hang on what is asked for."""

    def doubt(self, what: str, how: str, code: str) -> None:
        """Sides that cannot be compared: the condition does not hold."""
