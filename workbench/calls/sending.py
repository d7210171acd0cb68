"""The requests of one lookup: each sent once however often it is asked for, and again only where that helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.calls.auth import Auth, origin_of
from workbench.calls.messages import WAITED, Pending, Request, Response, Steps, Wait
from workbench.calls.requests import Base
from workbench.calls.retries import Retries
from workbench.calls.revalidation import Kept, conditional
from workbench.errors import AddressRefused, CallError, CallFailed, DecodeError, RateLimited, TimedOut, UsageError


@dataclass(slots=True)
class Tally:
    """What a lookup did, for its log line: counts and statuses, no value.

    Attributes:
        statuses: The status of each answer, in order.
        calls: Requests sent, those of authentication included.
        bytes: Bytes received, decompressed.
        retries: How many of the requests were sent once more.
    """

    statuses: list[int] = field(default_factory=list)
    calls: int = 0
    bytes: int = 0
    retries: int = 0


class Server(NamedTuple):
    """A server that calls are sent to.

    Attributes:
        base: The parts of its base URL.
        auth: How it knows us.
    """

    base: Base
    auth: Auth


class Means(NamedTuple):
    """What a connection says of sending.

    Attributes:
        servers: By the names that calls say; the one of the base URL has none.
        max_calls: How many requests one lookup may send.
        retries: When a read is sent once more.
        kept: Answers that are asked for again only if they have changed; None: none are kept.
    """

    servers: Mapping[str, Server]
    max_calls: int
    retries: Retries
    kept: Kept | None


class Sending:
    """Sends what one lookup asks for.

    Args:
        means: What the connection says.
        tally: Counts.
    """

    def __init__(self, means: Means, tally: Tally) -> None:
        self._means, self._tally = means, tally
        self._sent: dict[tuple[Any, ...], Response | Exception | Pending] = {}
        self._count = 0

    def send(self, request: Request, server: str = "") -> Steps[Response]:
        """The answer of a request, which is sent once however often it is asked.

        Args:
            request: What to send.
            server: The only server that it goes to, but for what authentication takes.
        """
        known = self._sent.get(request.identity)
        if isinstance(known, Pending):
            yield known
            known = known.outcome
        if known is None:
            pending = self._sent[request.identity] = Pending()
            try:
                known = yield from self._persistently(request, self._means.servers[server])
            except (CallError, DecodeError) as error:
                known = error
            self._sent[request.identity] = known
            pending.settle(known)
        if isinstance(known, Response):
            return known
        raise known

    def _persistently(self, request: Request, server: Server) -> Steps[Response]:
        """The answer of a request, sent again where that helps and the time of the lookup allows it.

        Raises:
            CallError: There is none, or the lookup may send no more requests.
            DecodeError: It is too large.
        """
        tries = 0
        while True:
            if self._count >= self._means.max_calls:
                what = f"more than {self._means.max_calls} requests for one lookup"
                raise CallFailed(what, "narrow the search, or raise max_calls: of the connection", where=request.call)
            self._count += 1
            tries += 1
            came: Response | Exception
            try:
                came = yield from self._unless_kept(request, server)
            except _OnTheWay as error:
                came = error.cause
            pause = self._means.retries.pause(tries, came)
            if pause is not None and self._count < self._means.max_calls and (yield pause):
                self._tally.retries += 1
                continue
            if not isinstance(came, Response):
                raise came
            if came.status < 300 and self._means.retries.asked(came):
                what, how = (
                    "the merchant asks for a pause again and again",
                    "try again later; see retries: of the connection",
                )
                raise RateLimited(what, how, where=request.call, status=came.status)
            return came

    def _unless_kept(self, request: Request, server: Server) -> Steps[Response]:
        """The answer of a request; the one that is kept, where the merchant says that it has not changed."""
        kept = self._means.kept
        if kept is None:
            return (yield from self._exchange(request, server))
        known = kept.known(request)
        response = yield from self._exchange(conditional(request, known) if known else request, server)
        if known is not None and response.status == 304:
            return known
        kept.put(request, response)
        return response

    def _exchange(self, request: Request, server: Server) -> Steps[Response]:
        """Sends a request with authentication, and counts what that takes.

        Raises:
            _OnTheWay: The call's own request did not get through, rather than one of its authentication.
        """
        if origin_of(request.url) != server.base.origin:
            raise AddressRefused("the request would leave the server of base_url", where=request.call)
        auth = server.auth
        flow = auth.flow(request.filled(auth.making()))
        lost: CallError | None = None
        try:
            signed = next(flow)
            while True:
                if isinstance(signed, Wait):
                    signed = flow.send(WAITED) if (yield signed) else flow.throw(_used_up())
                    continue
                if signed.slots:
                    names = ", ".join(f"{{{slot.made.source}.{slot.made.name}}}" for slot in signed.slots)
                    raise UsageError(f"call {request.call!r}: auth: gives no {names} - see values: of auth")
                self._tally.calls += 1
                try:
                    response = yield signed
                except (CallError, DecodeError) as error:
                    own = not signed.login and _same(signed, request)
                    lost = error if own and isinstance(error, CallError) else None
                    signed = flow.throw(error)
                    continue
                self._tally.statuses.append(response.status)
                self._tally.bytes += len(response.body)
                signed = flow.send(response)
        except StopIteration as done:
            answer: Response = done.value
            return answer
        except CallError as error:
            if error is lost:
                raise _OnTheWay(error) from None
            raise
        finally:
            flow.close()  # who was logging in lets others do so


def _same(signed: Request, request: Request) -> bool:
    """Whether a request that is sent is the call's own rather than one that a class of others sends to log in."""
    said = (signed.method, signed.call, signed.key, signed.page)
    return said == (request.method, request.call, request.key, request.page)


def _used_up() -> TimedOut:
    how = "another process may be logging in: try again later, or raise budget_s: of the connection"
    return TimedOut("the time for the whole lookup is used up", how, where="connection.auth")


class _OnTheWay(Exception):
    """The request of a call was lost: the cause may be one that passes."""

    def __init__(self, cause: CallError) -> None:
        self.cause = cause
        super().__init__(cause)
