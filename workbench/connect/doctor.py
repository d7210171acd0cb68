"""Looks a merchant over: what is needed to call it, each part ok or with what to do and whom to call."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

from workbench.connect.driving import run
from workbench.connect.egress import egress
from workbench.connect.guard import Guard, Refused
from workbench.connect.opening import PRODUCTION, Opened, open_plan, probe_of
from workbench.connect.transport import Sender, addresses_of
from workbench.errors import (
    AddressRefused,
    AuthUnusable,
    CallError,
    DecodeError,
    Forbidden,
    HttpError,
    LoginFailed,
    MappingError,
    Problem,
    SecretMissing,
    TlsError,
    Unauthorized,
    UsageError,
    WorkbenchError,
)
from workbench.orders import FAILED, FOUND, Result

FINDS = {"number": "find_order_by_number", "email": "find_orders_by_email"}
NOBODY = {"number": "0", "email": "nobody@example.com"}
"""Asked for where there is no probe: finds nothing, and shows whether the credentials are accepted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One part that was looked at.

    Attributes:
        name: mapping, secrets, name, address, egress, connection, tls, login or probe.
        ok: Whether it is as it should be.
        what: What was found, without any secret or value of a customer.
        how: What to do about it and whom to call; empty when there is nothing to do.
    """

    name: str
    ok: bool
    what: str
    how: str = ""


def doctor(
    source: str | os.PathLike[str], environment: str | None = PRODUCTION, *, tls: ssl.SSLContext | None = None
) -> list[Check]:
    """Looks at each part in order; where one fails on which the next ones stand, the list ends.

    Args:
        source: A merchant's folder, or a mapping file.
        environment: Of the connection.
        tls: Another TLS context than the public authorities' one.

    Raises:
        UsageError: There is no such mapping or environment, or a setting cannot be read.
    """
    try:
        opened = open_plan(source, environment, tls=tls)
    except MappingError as error:
        first = error.problems[0].text if error.problems else str(error)
        what = f"{len(error.problems)} mistakes; the first: {first}"
        return [Check("mapping", False, what, "workbench check tells them all")]
    except SecretMissing as error:
        how = "set them in the environment or the .env file; the merchant, or whoever keeps its secrets, has them"
        return [Check("mapping", True, "loads"), Check("secrets", False, f"no value for {', '.join(error.names)}", how)]
    except AddressRefused as error:
        return [Check("mapping", False, error.problem.what, error.problem.how)]
    except AuthUnusable as error:
        return [Check("mapping", True, "loads"), _unusable(str(error))]
    checks = [Check("mapping", True, f"version {opened.plan.version or 'draft'} loads"), _secrets(opened)]
    return checks + _network(opened)


def _unusable(text: str) -> Check:
    what, _, how = text.partition(" - ")
    return Check("login", False, what, how or "mend auth: or tls: of the connection")


def _secrets(opened: Opened) -> Check:
    try:
        probe_of(opened)
    except SecretMissing as error:
        how = "set them in the environment or the .env file"
        return Check("secrets", False, f"no value for {', '.join(error.names)}, of the probe", how)
    return Check("secrets", True, "every reference has a value")


def _network(opened: Opened) -> list[Check]:
    """Name, address, and what one harmless lookup shows."""
    checks: list[Check] = []
    guard = Guard(opened.settings.allowed)
    try:
        for _, host, port in opened.origins():
            if opened.settings.proxy:
                checks.append(Check("name", True, f"{host} is resolved by the proxy"))
                guard.check_host(host, port)
            else:
                addresses = addresses_of(host, port)
                checks.append(Check("name", True, f"{host} resolves"))
                guard.check(host, port, addresses)
        opened.check_hosts()
    except Refused as error:
        return [*checks, Check("address", False, error.what, error.how)]
    except AddressRefused as error:
        return [*checks, Check("address", False, error.problem.what, error.problem.how)]
    except CallError as error:
        how = f"{error.problem.how}; ask the merchant for the right address"
        return [*checks, Check("name", False, error.problem.what, how)]
    places = " and ".join(f"{host}:{port}" for _, host, port in opened.origins())
    return [*checks, Check("address", True, f"{places} may be called"), *_egress(opened), *_asked(opened)]


def _egress(opened: Opened) -> list[Check]:
    """From which address calls leave, where the deployment says who answers that."""
    if opened.settings.egress_url is None:
        return []
    try:
        found = egress(opened.settings)
    except (CallError, DecodeError) as error:
        return [Check("egress", False, error.problem.what, error.problem.how)]
    if found.wrong:
        return [Check("egress", False, f"calls leave from {found.address}, which is on no list", found.advice(
            opened.operations.base.host, opened.environment
        ))]  # fmt: skip
    listed = f", one of the {found.listed} addresses" if found.listed else ""
    return [Check("egress", True, f"calls leave from {found.address}{listed}")]


def _asked(opened: Opened) -> list[Check]:
    """Connection, TLS, login and probe, as a lookup shows them."""
    operations = opened.plan.operations
    try:
        probe = {name: value for name, value in probe_of(opened).items() if FINDS.get(name) in operations}
    except SecretMissing:
        probe = {}
    name = next(iter(probe), next((name for name, find in FINDS.items() if find in operations), None))
    if name is None:
        return [Check("login", True, "not tried: the mapping has no find by number or e-mail")]
    sender = Sender(opened.settings, opened.operations.limits.bytes, opened.timeout_s, opened.tls_context())
    outcome: Result | WorkbenchError
    try:
        outcome = run(opened, sender.send, FINDS[name], {name: probe.get(name, NOBODY[name])})
    except WorkbenchError as error:
        outcome = error
    finally:
        sender.close()
    return _judged(opened, outcome, name, bool(probe))


def _judged(opened: Opened, outcome: Result | WorkbenchError, name: str, probed: bool) -> list[Check]:
    """What the outcome of a lookup says of each part."""
    problem = _problem(outcome)
    secure = opened.operations.base.origin[0] == "https"
    tls = Check("tls", True, "the certificate is accepted" if secure else "none: base_url is plain http")
    if isinstance(outcome, TlsError):
        return [Check("tls", False, problem.what, problem.how)]
    login = opened.operations.auth
    if problem.where == "connection.auth" and isinstance(outcome, CallError) and not isinstance(outcome, LoginFailed):
        return [Check("login", False, problem.what, f"{problem.how}; call the merchant's technical contact")]
    if isinstance(outcome, LoginFailed):
        how = f"{problem.how}; call whoever gave out the credentials"
        return [Check("connection", True, "an answer comes"), tls, Check("login", False, problem.what, how)]
    if isinstance(outcome, UsageError):
        return [_unusable(str(outcome))]
    if isinstance(outcome, CallError) and outcome.status is None:
        return [Check("connection", False, problem.what, f"{problem.how}; call the merchant's technical contact")]
    checks = [Check("connection", True, "an answer comes"), tls]
    if isinstance(outcome, Unauthorized | Forbidden):
        return [*checks, Check("login", False, problem.what, f"{problem.how}; call whoever gave out the credentials")]
    checks.append(Check("login", True, login.accepted))
    if isinstance(outcome, HttpError) and not probed and outcome.status in (400, 404, 410, 422):
        outcome = Result(FOUND)  # asked for something that is not there, which an API may tell in this way
    if isinstance(outcome, Exception) or outcome.outcome == FAILED:
        return [*checks, Check("probe", False, problem.what, problem.how or "see the mapping's calls and places")]
    if not probed:
        how = f"add probe: {{{name}: ...}} to connection, with a live order of the merchant's"
        return [*checks, Check("probe", True, "none: nothing was looked up", how)]
    if outcome.outcome != FOUND:
        how = "check that the probe order still exists; if it does, the call or the mapping asks for it wrongly"
        return [*checks, Check("probe", False, f"the probe order is not found ({outcome.outcome})", how)]
    told = len(outcome.problems)
    return [*checks, Check("probe", True, f"found, {told} problems" if told else "found, without problems")]


def _problem(outcome: Result | WorkbenchError) -> Problem:
    if isinstance(outcome, Result):
        return outcome.problems[0] if outcome.problems else Problem("nothing could be read", "order")
    problem = getattr(outcome, "problem", None)
    return problem if isinstance(problem, Problem) else Problem(str(outcome), "lookup")
