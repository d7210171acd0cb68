"""The connection: where the API is, how to get in, and how it may be called."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any

from workbench.connect.secrets import Source, references
from workbench.connect.settings import variable_prefix
from workbench.errors import UsageError, WorkbenchError
from workbench.mapping.auth_kinds import KINDS
from workbench.mapping.connection_parts import PARTS, SINGLE
from workbench.notebook.base import locked
from workbench.notebook.fields import plain
from workbench.notebook.secrets import keep_secret
from workbench.notebook.tables import Tables

SETTINGS = ("tls", *(key for key in PARTS if key), *SINGLE)
"""What a connection may say besides where it is and how to get in."""


class Connecting(Tables):
    """Getting in."""

    @locked
    def connect(
        self,
        base_url: str,
        auth: Mapping[str, Any] | None = None,
        *,
        timezone: str | None = None,
        environments: Mapping[str, Any] | None = None,
        probe: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """Says where the API is and how to get in; secrets only by reference, `${NORTHWIND_TOKEN}`.

        Args:
            base_url: Where it is.
            auth: How to get in, as in the mapping file.
            timezone: Of dates without an offset.
            environments: What differs in which environment.
            probe: A live order to verify with, by reference.
            settings: tls, rate, retries, cache, limits, timeout_s, budget_s, max_calls and region, as in the mapping
                file; None takes one away.

        Raises:
            UsageError: A secret was written out, or something else is wrong; nothing is changed.
        """
        kind = KINDS.get(str((auth or {}).get("kind")))
        hidden = {"username", *(field.name for field in kind.fields if field.secret)} if kind else set()
        for key, value in (auth or {}).items():
            if key in hidden and not references(str(value)):
                name = f"{variable_prefix(self.merchant)}_{key.upper()}"
                raise UsageError(f"auth.{key} was written out - write ${{{name}}}, and type it by secret({name!r})")
        unknown = sorted(settings.keys() - {*SETTINGS})
        if unknown:
            raise UsageError(f"a connection has no {unknown[0]} - there are {', '.join(SETTINGS)}")
        tables = {"auth": auth, "environments": environments, "probe": probe}
        given = {name: dict(value) for name, value in tables.items() if value is not None}

        def edit(data: dict[str, Any]) -> None:
            connection = data.setdefault("connection", {})
            connection["base_url"] = base_url
            connection.update(given)
            for name, value in settings.items():
                if value is None:
                    connection.pop(name, None)
                else:
                    connection[name] = dict(value) if isinstance(value, Mapping) else value
            if timezone is not None:
                data["timezone"] = timezone

        told = {**given, **({} if timezone is None else {"timezone": timezone}), **settings}
        arguments = [repr(base_url), *(f"{name}={value!r}" for name, value in plain(told).items())]
        self._edit("connect", edit, f"bench.connect({', '.join(arguments)})", "connected")

    @locked
    def secret(self, name: str, value: str | None = None) -> None:
        """Keeps a secret in the engineer's `.env`; typed into a hidden prompt unless the form gave it.

        Raises:
            UsageError: The name is not the merchant's, or nothing was typed.
        """
        typed = getpass.getpass(f"{name}: ") if value is None else value
        path = keep_secret(name, typed, variable_prefix(self.merchant))
        self._changed(f"{name} is kept in {path.name}", f"bench.secret({name!r})")

    def _value(self, value: str) -> str:
        names = references(value)
        if not names:
            return value
        found = Source().find_all(names)
        for name in names:
            value = value.replace(f"${{{name}}}", found[name])
        return value

    def _base_url(self, connection: Mapping[str, Any] | None = None) -> str:
        """The connection's address, a reference in it filled in where it is known."""
        said = str((connection or self._draft.data.get("connection") or {}).get("base_url") or "")
        try:
            return self._value(said)
        except WorkbenchError:
            return said
