"""Everything that can go wrong, as one tree.

    WorkbenchError
    ├── MappingError            a mapping file is wrong: all its problems at once
    ├── UsageError              asked in a way that cannot be answered (unknown operation, missing input)
    │   ├── SecretMissing       references without a value in this environment: all of them at once
    │   └── AuthUnusable        auth: or tls: of the connection cannot be used as they stand
    ├── VersionError            exporting or releasing what must not be
    ├── Ambiguous               one order was asked for and several match
    ├── DecodeError             the answer is not what was promised
    │   └── LimitExceeded       the answer is larger or deeper than this connection allows
    └── CallError               the merchant's API could not be read
        ├── AddressRefused      an address that is not public, or not allowed for these secrets
        ├── Unreachable         no connection: name, network or TLS
        │   └── TlsError
        ├── TimedOut
        ├── BadAnswer           the connection broke, or what came is no HTTP
        ├── CallFailed          the answer says that the call failed (fail_when, a fault, errors)
        ├── LoginFailed         the login or the token endpoint gave nothing to call with
        └── HttpError           any status that is not 2xx and not declared as "not found"
            ├── Unauthorized    401
            ├── Forbidden       403
            ├── NotFound        404
            ├── RateLimited     429
            └── ServerError     5xx

Bad mapping files raise when they are loaded. Bad data never raises: it becomes `Problem`s of a `Result`. Messages hold
places, types and what to do; never a customer's value and never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, where, and how to mend it.

    Attributes:
        what: The fact, without any value of a customer.
        where: A place in the mapping (`records.order.amount`) or in the result (`order[1].amount`).
        how: What to do about it; empty when there is nothing to add.
        code: A short stable word for programs, such as `unknown_word`.
        line: The line of the mapping file, counted from 1, where it is known.
        at_run: Told while mapping data, rather than while reading a mapping.
    """

    what: str
    where: str
    how: str = ""
    code: str = ""
    line: int | None = None
    at_run: bool = False

    @property
    def text(self) -> str:
        """The problem as one line, as people read it."""
        if self.at_run:
            return f"{self.what}; {self.how} @ {self.where}" if self.how else f"{self.what} @ {self.where}"
        place = f"{self.where} (line {self.line})" if self.line else self.where
        return f"{self.what} @ {place} - {self.how}" if self.how else f"{self.what} @ {place}"

    def to_dict(self) -> dict[str, str | int]:
        """The problem as `--json` prints it."""
        told: dict[str, str | int] = {
            "text": self.text, "what": self.what, "where": self.where, "how": self.how, "code": self.code,
        }  # fmt: skip
        if self.line:
            told["line"] = self.line
        return told

    def __str__(self) -> str:
        return self.text


class WorkbenchError(Exception):
    """The root of everything this package raises on purpose. Errors can be copied and sent to other processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[WorkbenchError], args: tuple[Any, ...], state: dict[str, Any]) -> WorkbenchError:
    """A copy of an error, without making its message anew."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class MappingError(WorkbenchError):
    """A mapping file that cannot be used; `problems` holds every mistake found."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        head = f"{source or 'the mapping'} has {len(self.problems)} problem{'s' * (len(self.problems) != 1)}"
        super().__init__("\n".join([head + ":", *(f"  {problem.text}" for problem in self.problems)]))


class UsageError(WorkbenchError):
    """A request that cannot be answered as it was put; the message says how to put it."""


class SecretMissing(UsageError):
    """Secret references that have no value here; `names` lists all of them, never a value."""

    def __init__(self, names: Iterable[str], message: str = "") -> None:
        self.names = tuple(names)
        super().__init__(
            message or f"no value for {', '.join(self.names)} - set them in the environment or the .env file"
        )


class AuthUnusable(UsageError):
    """`auth:` or `tls:` of the connection, or a value that they refer to, cannot be used as it stands."""


class VersionError(WorkbenchError):
    """A version that must not be written or released; the message says why and what is possible."""


class Ambiguous(WorkbenchError):
    """One order was asked for and several match; `count` says how many."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} orders carry this number - narrow the search, or add a condition under verify:")


class DecodeError(WorkbenchError):
    """Bytes that are not the format they should be.

    Attributes:
        problem: The same as a `Problem`, for results that must not raise.
    """

    def __init__(self, what: str, how: str = "", *, where: str = "response", code: str = "not_decoded") -> None:
        self.problem = Problem(what, where, how, code, at_run=True)
        super().__init__(self.problem.text)


class LimitExceeded(DecodeError):
    """A document beyond `Limits`: too many bytes, too deep, or too many nodes."""

    def __init__(self, what: str, how: str = "", *, where: str = "response", code: str = "limit") -> None:
        super().__init__(what, how, where=where, code=code)


class CallError(WorkbenchError):
    """A call that brought no usable answer.

    Attributes:
        problem: The same as a `Problem`, for results that must not raise.
        status: The HTTP status, where there was one.
        admission: Whether it looks as if the merchant does not admit calls from our address.
        advised: Whether what is known of our address has been added.
    """

    code = "call"
    admission = False
    advised = False

    def __init__(self, what: str, how: str = "", *, where: str = "main", status: int | None = None) -> None:
        self.problem = Problem(what, where, how, self.code, at_run=True)
        self.status = status
        super().__init__(self.problem.text)

    def advise(self, how: str) -> None:
        """Takes better advice on what to do."""
        self.advised = True
        self.problem = replace(self.problem, how=how)
        self.args = (self.problem.text,)


class AddressRefused(CallError):
    """The address is not public and not allowed, or the secrets may not go there."""

    code = "address"


class Unreachable(CallError):
    """No connection to the merchant: name resolution, network, or refused."""

    code = "unreachable"


class TlsError(Unreachable):
    """The certificate or the TLS handshake is not acceptable."""

    code = "tls"


class TimedOut(CallError):
    """The merchant did not answer in time."""

    code = "timeout"


class BadAnswer(CallError):
    """The connection broke, or what came is not HTTP."""

    code = "bad_answer"


class CallFailed(CallError):
    """The answer itself says that the call failed."""

    code = "failed"


class LoginFailed(CallError):
    """The login, or the token endpoint, gave nothing that calls could be made with."""

    code = "login"


class HttpError(CallError):
    """A status that is neither 2xx nor declared as not found."""

    code = "http"


class Unauthorized(HttpError):
    """401: the credentials are wrong or have expired."""

    code = "unauthorized"


class Forbidden(HttpError):
    """403: the credentials are known and may not do this, or calls from this address are not admitted."""

    code = "forbidden"
    admission = True


class NotFound(HttpError):
    """404 that the mapping does not declare to mean "no such order"."""

    code = "not_found"


class RateLimited(HttpError):
    """429: too many requests."""

    code = "rate_limited"


class ServerError(HttpError):
    """5xx: the merchant's side is broken for now."""

    code = "server"
