"""A merchant, opened: its mapping, the settings of the deployment and its secrets, put together for calling."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.calls import Auth, Exchange, Operations, Request, Response, make_auth
from workbench.calls.auth import Surroundings, origin_of
from workbench.calls.operations import MAX_CALLS
from workbench.calls.requests import Common, compile_base
from workbench.calls.retries import compile_retries
from workbench.calls.revalidation import Kept
from workbench.calls.sending import Server
from workbench.connect.pace import Pace, pace_of
from workbench.connect.secrets import MASK, Secret, Secrets, Source, fill, references
from workbench.connect.settings import Settings
from workbench.connect.tls import connection_tls
from workbench.connect.tokens import open_store
from workbench.connect.transport import BUDGET_S, READ_S, public_tls
from workbench.documents import Limits
from workbench.errors import AddressRefused, AuthUnusable, SecretMissing, UsageError
from workbench.mapping.environments import merged, servers_of
from workbench.plan import Plan
from workbench.runtime import load

PRODUCTION = "production"
OnExchange = Callable[[Exchange], None]
_PRIVATE = (
    "authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "www-authenticate",
    "authentication-info",
)  # fmt: skip
_SHOWN = ("content-type", "content-length", "date", "retry-after")  # of what a login answers
_NOT_FOR_CALLS = ("environments", "probe")


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything that a merchant's calls need. Immutable; shared by threads.

    Attributes:
        plan: The compiled mapping, with what the environment overrides.
        environment: The environment's name.
        connection: The connection, with what the environment overrides; references, not secrets.
        settings: The deployment's settings.
        secrets: The secrets.
        operations: What to send.
        timeout_s: How long to wait for the next bytes of an answer.
        budget_s: How long a whole lookup may take.
        pace: How fast the merchant may be called.
        tls: Another TLS context than the public authorities' one.
        on_exchange: Is told each exchange, secrets masked.
    """

    plan: Plan
    environment: str
    connection: Mapping[str, Any]
    settings: Settings
    secrets: Secrets
    operations: Operations
    timeout_s: float
    budget_s: float
    pace: Pace
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    on_exchange: OnExchange | None = field(default=None, repr=False)

    def tls_context(self) -> ssl.SSLContext:
        """What the calls need: for plain http no authorities, which take a while to load."""
        if self.tls is not None:
            return self.tls
        secure = any(scheme == "https" for scheme, _, _ in self.origins())
        return public_tls() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def origins(self) -> list[tuple[str, str, int]]:
        """(scheme, host, port) of each server that secrets are sent to: the API's, and those of logins."""
        servers = self.operations.servers.values()
        logins = [origin_of(url) for server in servers for url in server.auth.urls]
        return list(dict.fromkeys([*(server.base.origin for server in servers), *logins]))

    def check_hosts(self) -> None:
        """Accepts the servers of the mapping, those of logins included.

        Raises:
            AddressRefused: The deployment names the hosts of this merchant, and one of these is not among them.
        """
        own = {server.base.origin for server in self.operations.servers.values()}
        for origin in self.origins():
            _, host, port = origin
            if not self.settings.admits(host, port):
                how = f"if this server is right, the deployment adds it to {self.settings.merchant}_HOSTS"
                what = "the mapping's server" if origin in own else "the server for logins"
                raise AddressRefused(f"{what} is none that this merchant's secrets may be sent to", how)


def masked_exchange(exchange: Exchange, secrets: Secrets, *, repeated: bool = False) -> Exchange:
    """An exchange without any secret, said to be repeated or not."""
    request, response = exchange.request, exchange.response
    answer = masked_response(response, secrets, request.login) if response is not None else None
    return Exchange(masked_request(request, secrets), answer, exchange.error, repeated)


def masked_request(request: Request, secrets: Secrets) -> Request:
    """A request without any secret; of a login, no body at all."""
    headers = tuple((name, _masked(name, value, secrets)) for name, value in request.headers)
    body = secrets.redact_bytes(request.body) if not request.login else MASK.encode() * bool(request.body)
    return replace(request, url=secrets.redact(request.url), headers=headers, body=body)


def masked_response(response: Response, secrets: Secrets, login: bool = False) -> Response:
    """A response without any secret: some servers echo what they got. That of a login holds nothing else."""
    if login:
        shown = {name: value if name in _SHOWN else MASK for name, value in response.headers.items()}
        return Response(response.status, shown, MASK.encode() * bool(response.body))
    headers = {name: _masked(name, value, secrets) for name, value in response.headers.items()}
    return Response(response.status, headers, secrets.redact_bytes(response.body))


def _masked(name: str, value: str, secrets: Secrets) -> str:
    return MASK if name.casefold() in _PRIVATE else secrets.redact(value)


def connection_of(plan: Plan, environment: str | None) -> tuple[str, dict[str, Any]]:
    """(name, connection) of an environment: what it says stands over what the connection says.

    Raises:
        UsageError: There is no such environment, or no connection.
    """
    connection = dict(plan.connection)
    if not connection:
        raise UsageError(f"the mapping of {plan.merchant} has no connection: - it only maps recorded answers")
    environments = connection.pop("environments", None) or {}
    name = environment or PRODUCTION
    if name in environments:
        return name, merged(connection, environments[name] or {})
    if name != PRODUCTION:
        known = ", ".join(dict.fromkeys([PRODUCTION, *environments]))
        raise UsageError(f"no environment {name!r} of {plan.merchant} - one of {known}")
    return name, connection


def open_plan(
    source: str | os.PathLike[str],
    environment: str | None = None,
    *,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    on_exchange: OnExchange | None = None,
    environ: Mapping[str, str] | None = None,
) -> Opened:
    """Loads a mapping and reads what its calls need of the deployment. Nothing is sent.

    Args:
        source: A mapping file, or a merchant's folder: the released version.
        environment: Of the connection; `production` unless said.
        limits: How large an answer may be; a connection can only lower it.
        tls: Another TLS context than the public authorities' one.
        on_exchange: Is told each exchange, secrets masked.
        environ: The environment variables; those of this process unless given.

    Raises:
        MappingError: The mapping cannot be used.
        SecretMissing: References without a value, all of them.
        UsageError: There is no such mapping or environment, or a setting is wrong.
        AddressRefused: A call leads to another server than the connection's.
    """
    plan = load(source).plan
    name, connection = connection_of(plan, environment)
    if connection.get("timezone"):
        plan = plan._replace(timezone=connection["timezone"])
    settings = Settings.of(plan.merchant, environ)
    url = connection.get("base_url")
    if not isinstance(url, str) or not url:
        raise UsageError(f"the connection of {plan.merchant} has no base_url: - write https://host/path")
    values = Source(environ, settings.env_file).find_all(needed_references(plan, connection))
    secrets = _secrets(plan, connection, values)
    allowed = _limits(connection, limits or Limits())
    base = fill(url, values)
    store = open_store(plan.merchant, environ)
    around = Surroundings(base, (plan.merchant, name), store, secrets.learn, admits=settings.admits)
    try:
        auth = make_auth(connection.get("auth"), secrets.reveal, around)
        own = tls if tls is not None else connection_tls(connection, secrets.reveal)
    except SecretMissing:
        raise
    except UsageError as error:
        raise AuthUnusable(str(error)) from None
    known, cache = compile_base(base), connection.get("cache")
    operations = Operations(
        plan,
        known,
        auth,
        secrets.reveal,
        allowed,
        int(connection.get("max_calls") or MAX_CALLS),
        retries=compile_retries(connection.get("retries")),
        kept=Kept(int(cache["entries"])) if cache and on_exchange is None else None,  # a recording needs whole answers
        common=Common(connection.get("headers") or {}, connection.get("query") or {}),
        others=_others(connection, values, auth, around, secrets),
    )
    pace = pace_of(plan.merchant, known.origin, connection.get("rate"))
    timeout_s, budget_s = float(connection.get("timeout_s") or READ_S), float(connection.get("budget_s") or BUDGET_S)
    return Opened(plan, name, connection, settings, secrets, operations, timeout_s, budget_s, pace, own, on_exchange)


def _others(
    connection: Mapping[str, Any], values: Mapping[str, str], auth: Auth, around: Surroundings, secrets: Secrets
) -> dict[str, tuple[Server, Common]]:
    """The further servers of a connection; one that says no `auth:` knows us as the first does.

    Raises:
        UsageError: A server's base URL is none.
        AuthUnusable: Its authentication cannot be used.
    """
    found = {}
    servers = connection.get("servers") or {}
    for name, table in servers_of(connection).items():
        if not name:
            continue
        url, own = servers[name].get("base_url"), servers[name].get("auth")
        if not isinstance(url, str) or not url:
            raise UsageError(f"server {name!r} of the connection has no base_url: - write https://host/path")
        base = fill(url, values)
        beside = replace(around, base_url=base, scope=(*around.scope, f"server {name}"))
        try:
            known = make_auth(own, secrets.reveal, beside) if own is not None else auth
        except SecretMissing:
            raise
        except UsageError as error:
            raise AuthUnusable(str(error)) from None
        found[name] = (
            Server(compile_base(base), known),
            Common(table.get("headers") or {}, table.get("query") or {}),
        )
    return found


def needed_references(plan: Plan, connection: Mapping[str, Any]) -> list[str]:
    """The names of all references that calls need: of the connection, and of each call."""
    own = {key: value for key, value in connection.items() if key not in _NOT_FOR_CALLS}
    return references([own, *_call_texts(plan)])


def _call_texts(plan: Plan) -> list[Any]:
    calls = [call for operation in plan.operations.values() for call in operation.calls]
    return [[call.url, dict(call.query), dict(call.headers), _without_document(call.body)] for call in calls]


def _without_document(body: Any) -> Any:
    """A GraphQL document is no template: what looks like a reference there is none."""
    return {key: part for key, part in body.items() if key != "document"} if isinstance(body, Mapping) else body


def _secrets(plan: Plan, connection: Mapping[str, Any], values: Mapping[str, str]) -> Secrets:
    """What is masked: every reference but those that stand in the address alone."""
    others = {key: value for key, value in connection.items() if key not in (*_NOT_FOR_CALLS, "base_url")}
    auth = connection.get("auth") or {}
    sent = (
        [f"{fill(auth['username'], values)}:{fill(auth['password'], values)}"]
        if {"username", "password"} <= set(auth)
        else []
    )
    return Secrets((Secret(name, values[name]) for name in references([others, *_call_texts(plan)])), sent)


def _limits(connection: Mapping[str, Any], most: Limits) -> Limits:
    """The limits of a connection; it can lower what the deployment allows, not raise it."""
    said = connection.get("limits") or {}
    return Limits(
        bytes=min(int(said.get("bytes", most.bytes)), most.bytes),
        depth=min(int(said.get("depth", most.depth)), most.depth),
        nodes=min(int(said.get("nodes", most.nodes)), most.nodes),
    )


def probe_of(opened: Opened, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the connection names to verify with: the live order's number, e-mail or both.

    Raises:
        SecretMissing: References of the probe without a value.
    """
    probe = opened.connection.get("probe") or {}
    values = Source(environ, opened.settings.env_file).find_all(references(probe))
    return {str(key): str(fill(value, values)) for key, value in probe.items() if value not in (None, "")}
