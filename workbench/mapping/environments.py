"""What a connection is in each environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables key by key; one that says its `kind` stands alone."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and "kind" not in value
        found[key] = merged(below, value) if both and isinstance(below, Mapping) else value
    return found


def every_connection(connection: Any) -> Iterator[dict[str, Any]]:
    """The connection itself, and as each environment has it; whatever is no table is left out."""
    if not isinstance(connection, dict):
        return
    own = {key: value for key, value in connection.items() if key != "environments"}
    yield own
    environments = connection.get("environments")
    for table in environments.values() if isinstance(environments, dict) else ():
        if isinstance(table, dict):
            yield merged(own, table)


def servers_of(connection: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each server by name, with the `auth:`, `headers:` and `query:` that its calls have; the first has no name."""
    shared = {key: connection[key] for key in ("base_url", "auth", "headers", "query") if key in connection}
    servers = connection.get("servers")
    others = servers.items() if isinstance(servers, Mapping) else ()
    return {"": shared, **{str(name): {**shared, **table} for name, table in others if isinstance(table, Mapping)}}
