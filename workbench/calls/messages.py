"""A request, its response, and the generators that trade one for the other.

A lookup asks its driver for more than answers: to wait, to go on with several flows at once, or to come back when
another of its flows has the answer that both need. Only drivers know threads, tasks and clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to be sent. Its `repr` shows no value of a customer and no secret.

    Attributes:
        method: In capitals.
        url: Absolute and percent-encoded.
        headers: Names and values, in order.
        body: What is sent; empty for none.
        call: The call of the operation that it belongs to.
        key: For a call made per order, what its URL takes from the order.
        page: Which page of the call, from 1.
        timeout_s: How long to wait for the next bytes of the answer; None: the connection's setting.
        reads: Whether it changes nothing, whatever its method, so that it may be sent again.
        login: Whether it is one of the authentication's own, such as for a token: its answer is none of the call.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    call: str = "main"
    key: str = field(default="", repr=False)
    page: int = 1
    timeout_s: float | None = None
    reads: bool = False
    login: bool = False

    def header(self, name: str) -> str | None:
        """The value of a header, or None."""
        return next((value for known, value in self.headers if known.casefold() == name.casefold()), None)

    def with_header(self, name: str, value: str) -> Request:
        """The same request with that header, in place of one of that name."""
        others = tuple(pair for pair in self.headers if pair[0].casefold() != name.casefold())
        return replace(self, headers=(*others, (name, value)))

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...], bytes]:
        """What makes two requests the same one."""
        return (self.method, self.url, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What came: decompressed, not yet decoded.

    Attributes:
        status: The HTTP status.
        headers: By their names in lower case; several of one name are joined by a comma.
        body: The bytes.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came, for recording: every known secret is masked, on both sides.

    Attributes:
        request: As it was sent, secrets masked.
        response: As it came, secrets masked; None when no answer came.
        error: The code of the error, when no answer came.
        repeated: The request was sent once more: the answer that counts is a later one.
    """

    request: Request
    response: Response | None = None
    error: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause; nothing is sent. The driver of a lookup answers whether the lookup's time allowed it.

    An authentication's flow yields it as well, and receives `WAITED`, or has a TimedOut thrown in.

    Attributes:
        seconds: How long.
        everyone: Whether the merchant asked for it, so that all calls of the connection hold back.
    """

    seconds: float
    everyone: bool = False


WAITED = Response(0)
"""What an authentication's flow receives after a `Wait`."""

Flow = Generator[Request | Wait, Response, Got]
"""What an authentication does without I/O: yields requests, receives responses (or has the error thrown in)."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Flows that may go on side by side; the driver answers what each returned, in their order."""

    flows: Sequence[Steps[Any]]


class Pending:
    """An answer that another flow of the lookup is waiting for; the driver comes back when it is there.

    Attributes:
        outcome: The answer, or why there is none; None while it is on its way.
    """

    __slots__ = ("_waiting", "outcome")

    def __init__(self) -> None:
        self.outcome: Response | Exception | None = None
        self._waiting: list[Callable[[], object]] = []

    def settle(self, outcome: Response | Exception) -> None:
        """Takes the outcome, and tells those who wait."""
        self.outcome = outcome
        waiting, self._waiting = self._waiting, []
        for tell in waiting:
            tell()

    def then(self, tell: Callable[[], object]) -> None:
        """Calls back once the outcome is there; at once where it is."""
        if self.outcome is None:
            self._waiting.append(tell)
        else:
            tell()


Step = Request | Wait | Together | Pending
Steps = Generator[Step, Any, Got]
"""A whole lookup, or a part of it: yields what it needs of its driver, and returns what it got."""
