"""A request, its response, and the generators that trade one for the other.

A lookup asks its driver for more than answers: to wait, to go on with several flows at once, or to come back when
another of its flows has the answer that both need. Only drivers know threads, tasks and clocks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from workbench.templates import Made

Got = TypeVar("Got")
MARK = f"made{secrets.token_hex(16)}"
"""How the marks begin that stand for what sending makes: letters and digits, so that no place escapes them."""


class Slot(NamedTuple):
    """A value of a request that exists only when it is sent.

    Attributes:
        mark: What stands in its place until then.
        made: Which value it is.
        write: The text that takes the place of the mark.
    """

    mark: str
    made: Made
    write: Callable[[Any], str]


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
        slots: The values that sending makes, whose marks still stand in it.
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
    slots: tuple[Slot, ...] = field(default=(), repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """The value of a header, or None."""
        return next((value for known, value in self.headers if known.casefold() == name.casefold()), None)

    def with_header(self, name: str, value: str) -> Request:
        """The same request with that header, in place of one of that name."""
        others = tuple(pair for pair in self.headers if pair[0].casefold() != name.casefold())
        return replace(self, headers=(*others, (name, value)))

    def filled(self, value: Callable[[Made], Any]) -> Request:
        """The same request with values in the place of marks; those that are None still stand."""
        found = [(slot, value(slot.made)) for slot in self.slots]
        texts = {slot.mark: slot.write(made) for slot, made in found if made is not None}
        if not texts:
            return self

        def whole(text: str) -> str:
            for mark, written in texts.items():
                text = text.replace(mark, written)
            return text

        body = self.body
        for mark, written in texts.items():
            body = body.replace(mark.encode(), written.encode())
        headers = tuple((name, whole(text)) for name, text in self.headers)
        left = tuple(slot for slot, made in found if made is None)
        return replace(self, url=whole(self.url), headers=headers, body=body, slots=left)

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...], bytes]:
        """What makes two requests the same one; what sending makes is another each time and does not count."""
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


@dataclass(frozen=True, slots=True)
class Admission:
    """A refusal that may have to do with our address; the driver answers what there is to say of it, as text.

    Attributes:
        login: Whether it was met at the login rather than at the API.
        server: Which of the connection's servers the call was for.
    """

    login: bool = False
    server: str = ""


Step = Request | Wait | Together | Pending | Admission
Steps = Generator[Step, Any, Got]
"""A whole lookup, or a part of it: yields what it needs of its driver, and returns what it got."""
