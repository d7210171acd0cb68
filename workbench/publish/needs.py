"""What a deployment of a mapping needs: secrets, hosts, functions, and how many calls a lookup takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.mapping import MappingFile
from workbench.plan import Operation, compile_plan
from workbench.templates import Secret, TemplateError, compile_template

_DEFAULT_PAGES = 50  # what `max` of pages is unless said


@dataclass(frozen=True, slots=True)
class Needs:
    """What a deployment has to provide.

    Attributes:
        secrets: Each reference, and the places of the file that hold it.
        hosts: Each address of the merchant's API, by environment (empty: unless an environment says otherwise), and
            those of logins elsewhere, with the key that says them.
        extras: Extras of this package to install.
        functions: Python functions to be registered through the entry point group `workbench.functions`.
        calls: By operation, the calls of one lookup in words.
        settings: Environment variables of the deployment that bear on this merchant.
    """

    secrets: Mapping[str, tuple[str, ...]]
    hosts: Mapping[str, str]
    extras: tuple[str, ...]
    functions: tuple[str, ...]
    calls: Mapping[str, str]
    settings: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The needs as `--json` prints them."""
        return {
            "secrets": {name: list(places) for name, places in self.secrets.items()},
            "hosts": dict(self.hosts),
            "extras": list(self.extras),
            "functions": list(self.functions),
            "calls": dict(self.calls),
            "settings": dict(self.settings),
        }


def needs(file: MappingFile) -> Needs:
    """What a deployment of a mapping file needs."""
    data = file.data
    secrets: dict[str, list[str]] = {}
    for place, name in _secrets({key: data.get(key) for key in ("connection", "operations")}, ""):
        secrets.setdefault(name, []).append(place)
    plan = compile_plan(data)
    return Needs(
        secrets={name: tuple(dict.fromkeys(places)) for name, places in secrets.items()},
        hosts=_hosts(data.get("connection") or {}),
        extras=_extras(data.get("connection") or {}),
        functions=tuple(dict.fromkeys(_functions(data.get("records")))),
        calls={name: _calls(operation) for name, operation in plan.operations.items()},
        settings=_settings(data),
    )


def _secrets(data: Any, place: str) -> Iterator[tuple[str, str]]:
    """(place, name) of each reference."""
    if isinstance(data, str):
        try:
            yield from ((place, part.name) for part in compile_template(data) if isinstance(part, Secret))
        except TemplateError:
            return
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _secrets(value, f"{place}.{key}" if place else str(key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _secrets(value, f"{place}[{index}]")


def _hosts(connection: Mapping[str, Any]) -> dict[str, str]:
    urls = {"": connection.get("base_url")}
    for name, own in (connection.get("environments") or {}).items():
        if isinstance(own, Mapping) and own.get("base_url"):
            urls[name] = own["base_url"]
    for name, table in (("", connection), *(connection.get("environments") or {}).items()):
        servers = (table.get("servers") if isinstance(table, Mapping) else None) or {}
        urls |= {f"{name} servers.{server}".strip(): own.get("base_url") for server, own in servers.items()}
    hosts = {}
    for name, url in urls.items():
        if isinstance(url, str):
            hosts[name] = _host(url)
    return hosts | _login_hosts(connection)


def _login_hosts(connection: Mapping[str, Any]) -> dict[str, str]:
    """Hosts of logins, where they are not the API's own, and those that a login may name."""
    hosts = {}
    for name, table in (("", connection), *(connection.get("environments") or {}).items()):
        for place, own in _kinds(table):
            for key in ("token_url", "authorize_url", "url"):
                url = own.get(key)
                if isinstance(url, str) and not url.startswith("/"):
                    hosts[f"{name} {place}.{key}".strip()] = _host(url)
            for index, host in enumerate(own.get("servers") or ()):
                hosts[f"{name} {place}.servers[{index}]".strip()] = str(host)
    return hosts


def _kinds(table: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(place, table) of each kind of authentication of a connection, with those inside it and of further servers."""
    if not isinstance(table, Mapping):
        return
    auth = table.get("auth") or {}
    yield "auth", auth
    if isinstance(auth.get("login_auth"), Mapping):
        yield "auth.login_auth", auth["login_auth"]
    yield from ((f"auth.also[{index}]", own) for index, own in enumerate(auth.get("also") or ()))
    for name, server in (table.get("servers") or {}).items():
        yield from ((f"servers.{name}.{place}", own) for place, own in _kinds(server))


def _host(url: str) -> str:
    return url if url.startswith("${") else urlsplit(url).netloc.rpartition("@")[2] or url


def _extras(connection: Mapping[str, Any]) -> tuple[str, ...]:
    """What the runtime calls with is installed with it, but for what signs JWTs."""
    tables = [connection, *(connection.get("environments") or {}).values()]
    kinds = {own.get("kind") for table in tables for _, own in _kinds(table)}
    return ("jwt",) if "jwt" in kinds else ()


def _functions(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        if isinstance(data.get("function"), str):
            yield data["function"]
        for value in data.values():
            yield from _functions(value)
    elif isinstance(data, list):
        for value in data:
            yield from _functions(value)


def _calls(operation: Operation) -> str:
    """The calls of one lookup: those made once, those made for each order, and how many pages they may have."""
    once = [call for call in operation.calls if not call.for_each]
    each = [call for call in operation.calls if call.for_each]
    told = [f"{len(once)}"] if not each else [f"{len(once)} + {len(each)} for each order"]
    if any(call.only_when for call in operation.calls):
        told.append("fewer by only_when")
    for call in operation.calls:
        if call.pages is not None:
            told.append(f"{call.name} up to {call.pages.get('max', _DEFAULT_PAGES)} pages")
    return ", ".join(told)


def _settings(data: Mapping[str, Any]) -> dict[str, str]:
    name = "".join(letter if letter.isalnum() else "_" for letter in str(data.get("merchant", ""))).upper()
    return {
        f"{name}_HOSTS": "hosts that the secrets may be sent to, where the mapping is not trusted to say so",
        "WORKBENCH_ALLOW_HOSTS": "host[:port] of an address that is not public",
        "WORKBENCH_PROXY": "where calls go through a proxy",
    }
