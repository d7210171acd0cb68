"""Drives a lookup: sends what it asks for, waits where it says, and goes on with several of its flows side by side.

The flows themselves always advance in one thread (or one event loop), so that a lookup needs no locks; only requests
and pauses are handed to threads. What came is told in the order of the flows, whichever answer was there first.

A login that is on its way when nobody waits for it any more is taken to its end: the merchant may have exchanged the
refresh token already, and with the answer the only good one would be lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from workbench.calls import Exchange, Request, Response, Tally
from workbench.calls.auth import origin_of
from workbench.calls.messages import Admission, Pending, Step, Steps, Together, Wait
from workbench.connect.egress import Egress, known_egress, known_egress_async
from workbench.connect.log import log_lookup
from workbench.connect.opening import Opened, masked_exchange
from workbench.connect.watch import lookup_span, watched, watched_async
from workbench.errors import CallError, DecodeError, WorkbenchError
from workbench.orders import Result

Got = TypeVar("Got")
Send = Callable[[Request, float], Response]
SendAsync = Callable[[Request, float], Coroutine[Any, Any, Response]]


def run(opened: Opened, send: Send, operation: str, inputs: Mapping[str, Any]) -> Result:
    """Drives one lookup.

    Args:
        opened: The merchant.
        send: Sends a request and waits until a deadline at most.
        operation: Its name.
        inputs: What is asked for.

    Raises:
        CallError: The merchant's API could not be read.
        DecodeError: Its answer is not what it should be.
        UsageError: It cannot be asked like this.
    """
    with _lookup(opened, operation, inputs) as lookup, lookup_span(opened, operation):
        lookup.result = _Driver(lookup, send).drive(lookup.flow)
        return lookup.result


async def run_async(opened: Opened, send: SendAsync, operation: str, inputs: Mapping[str, Any]) -> Result:
    """Drives one lookup under asyncio; errors as those of `run`."""
    with _lookup(opened, operation, inputs) as lookup, lookup_span(opened, operation):
        lookup.result = await _AsyncDriver(lookup, send).drive(lookup.flow)
        return lookup.result


def _advice(opened: Opened, egress: Egress, refusal: Admission) -> str:
    """What a refusal may have to do with our address; empty where nothing is known of it."""
    server = opened.operations.servers[refusal.server]
    logins = server.auth.urls if refusal.login else ()
    host = origin_of(logins[0])[1] if logins else server.base.host
    return egress.advice(host, opened.environment)


class _Lookup:
    """One lookup on its way: what it is about, its counts, and its time."""

    def __init__(self, opened: Opened, operation: str, inputs: Mapping[str, Any]) -> None:
        self.opened, self.operation = opened, operation
        self.tally = Tally()
        self.start = time.monotonic()
        self.deadline = self.start + opened.budget_s
        self.result: Result | None = None
        self.flow: Steps[Result] = opened.operations.lookup(operation, inputs, self.tally)

    def pauses(self, wait: Wait) -> bool:
        """Whether a pause fits into the lookup's time; the others hold back as well, where they should."""
        if wait.everyone:
            self.opened.pace.hold(wait.seconds)
        return time.monotonic() + wait.seconds < self.deadline


class _Notes:
    """What one flow exchanged; told once it is known what is sent again, and which tokens are secrets now.

    Args:
        opened: The merchant.
        at_once: Whether to tell what came before as soon as the next request of a call is sent; else at the end.
    """

    def __init__(self, opened: Opened, at_once: bool) -> None:
        self._opened, self._at_once = opened, at_once
        self._untold: list[Exchange] = []

    def sending(self, request: Request) -> None:
        """Takes note of what is sent next."""
        if self._at_once and not request.login:
            self.tell(request)

    def add(self, request: Request, came: Response | Exception) -> None:
        """Takes note of what came."""
        if self._opened.on_exchange is None:
            return
        if isinstance(came, Response):
            self._untold.append(Exchange(request, came))
        else:
            problem = getattr(came, "problem", None)
            self._untold.append(Exchange(request, None, problem.code if problem else type(came).__name__))

    def tell(self, following: Request | None = None) -> None:
        """Tells what was noted, tokens that came meanwhile masked; what is sent again is said to be repeated."""
        untold, self._untold = self._untold, []
        exchanges = []
        for one in reversed(untold):
            again = not one.request.login and following is not None and _same(one.request, following)
            following = following if one.request.login else one.request
            exchanges.append(masked_exchange(one, self._opened.secrets, repeated=again))
        for exchange in reversed(exchanges):
            if self._opened.on_exchange is not None:
                self._opened.on_exchange(exchange)


def _same(one: Request, other: Request) -> bool:
    """Whether both ask for one page of one call, however they are signed."""
    return (one.call, one.key, one.page) == (other.call, other.key, other.page)


def _handed_over(flow: Steps[Any], response: Response) -> None:
    """Gives a flow the answer of its login, which it keeps, though nobody waits for the flow any more."""
    with suppress(WorkbenchError, StopIteration):
        flow.send(response)


@contextmanager
def _lookup(opened: Opened, operation: str, inputs: Mapping[str, Any]) -> Iterator[_Lookup]:
    """One lookup, timed and logged."""
    start = time.monotonic()
    lookup: _Lookup | None = None
    outcome: Result | BaseException | None = None
    try:
        opened.check_hosts()
        lookup = _Lookup(opened, operation, inputs)
        yield lookup
        outcome = lookup.result
    except BaseException as error:
        outcome = error
        raise
    finally:
        tally = Tally() if lookup is None else lookup.tally
        if lookup is not None:
            lookup.flow.close()
        if outcome is not None:
            log_lookup(opened.plan, operation, tally, time.monotonic() - start, outcome, opened.environment)


class _Driver:
    """Drives flows in this thread, and their requests in others where there are several."""

    def __init__(self, lookup: _Lookup, send: Send) -> None:
        self._lookup, self._send = lookup, send

    def drive(self, flow: Steps[Got]) -> Got:
        """Takes a flow to its end."""
        notes = _Notes(self._lookup.opened, at_once=True)
        try:
            step = next(flow)
            while True:
                try:
                    if isinstance(step, Together):
                        notes.tell()
                        came = self._side_by_side(step.flows)
                    else:
                        came = self._do(step, notes)
                except (CallError, DecodeError) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(came)
        except StopIteration as done:
            got: Got = done.value
            return got
        finally:
            notes.tell()

    def _do(self, step: Step, notes: _Notes) -> Any:
        """A request or a pause; what was exchanged is noted."""
        lookup = self._lookup
        if isinstance(step, Wait):
            fits = lookup.pauses(step)
            if fits:
                time.sleep(step.seconds)
            return fits
        if isinstance(step, Admission):
            left = lookup.deadline - time.monotonic()
            return _advice(lookup.opened, known_egress(lookup.opened.settings, left), step)
        if not isinstance(step, Request):
            raise TypeError(f"no step of a lookup: {type(step).__name__}")
        notes.sending(step)
        try:
            with lookup.opened.pace.turn(lookup.deadline, step.call):
                response = watched(self._send, step, lookup.deadline, lookup.opened, lookup.operation)
        except (CallError, DecodeError) as error:
            notes.add(step, error)
            raise
        notes.add(step, response)
        return response

    def _side_by_side(self, flows: Sequence[Steps[Any]]) -> list[Any]:
        """What each flow returned, in their order. The first that raises ends all."""
        results: list[Any] = [None] * len(flows)
        notes = [_Notes(self._lookup.opened, at_once=False) for _ in flows]
        logins: set[int] = set()
        came: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        width = min(self._lookup.opened.pace.concurrency, len(flows))
        waiting = iter(range(len(flows)))

        def work(index: int, step: Step) -> None:
            try:
                came.put((index, self._do(step, notes[index]), None))
            except BaseException as error:
                came.put((index, None, error))

        def advance(index: int, move: Callable[[], Step], pool: ThreadPoolExecutor) -> bool:
            """Takes a flow to its next step, which others do; whether it has come to its end."""
            try:
                step = move()
            except StopIteration as done:
                results[index] = done.value
                return True
            if isinstance(step, Request) and step.login:
                logins.add(index)
            if isinstance(step, Pending):
                step.then(lambda: came.put((index, None, None)))
            else:
                pool.submit(copy_context().run, work, index, step)
            return False

        with ThreadPoolExecutor(width, "workbench-call") as pool:
            try:
                busy = 0
                for index in waiting:
                    busy += not advance(index, flows[index].__next__, pool)
                    if busy == width:
                        break
                while busy:
                    index, value, error = came.get()
                    logins.discard(index)
                    flow = flows[index]
                    if isinstance(error, CallError | DecodeError):
                        done = advance(index, partial(flow.throw, error), pool)
                    elif error is not None:
                        raise error
                    else:
                        done = advance(index, partial(flow.send, value), pool)
                    while done:
                        following = next(waiting, None)
                        if following is None:
                            busy -= 1
                            break
                        done = advance(following, flows[following].__next__, pool)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                while not came.empty():
                    index, value, error = came.get()
                    if index in logins and error is None:
                        _handed_over(flows[index], value)
                for flow in flows:
                    flow.close()
                for each in notes:
                    each.tell()
        return results


class _AsyncDriver:
    """Drives flows in one event loop, each in a task of its own where there are several."""

    def __init__(self, lookup: _Lookup, send: SendAsync) -> None:
        self._lookup, self._send = lookup, send

    async def drive(self, flow: Steps[Got], notes: _Notes | None = None) -> Got:
        """Takes a flow to its end; tells what it exchanged, unless that is to be noted."""
        own = notes or _Notes(self._lookup.opened, at_once=True)
        try:
            step = next(flow)
            while True:
                came: Any
                try:
                    if isinstance(step, Request):
                        came = await self._exchanged(step, flow, own)
                    elif isinstance(step, Together):
                        own.tell()
                        came = await self._side_by_side(step.flows)
                    else:
                        came = await self._waited(step)
                except (CallError, DecodeError) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(came)
        except StopIteration as done:
            got: Got = done.value
            return got
        finally:
            if notes is None:
                own.tell()

    async def _waited(self, step: Wait | Pending | Admission) -> Any:
        if isinstance(step, Admission):
            opened, left = self._lookup.opened, self._lookup.deadline - time.monotonic()
            return _advice(opened, await known_egress_async(opened.settings, left), step)
        if isinstance(step, Wait):
            fits = self._lookup.pauses(step)
            if fits:
                await asyncio.sleep(step.seconds)
            return fits
        there = asyncio.get_running_loop().create_future()
        step.then(lambda: None if there.done() else there.set_result(None))
        return await there

    async def _exchanged(self, request: Request, flow: Steps[Any], notes: _Notes) -> Response:
        lookup = self._lookup
        notes.sending(request)
        try:
            async with lookup.opened.pace.turn_async(lookup.deadline, request.call):
                sent = watched_async(self._send, request, lookup.deadline, lookup.opened, lookup.operation)
                response = await (self._login(sent, request, flow, notes) if request.login else sent)
        except (CallError, DecodeError) as error:
            notes.add(request, error)
            raise
        notes.add(request, response)
        return response

    async def _login(
        self, sent: Coroutine[Any, Any, Response], request: Request, flow: Steps[Any], notes: _Notes
    ) -> Response:
        """The answer of a login; cancelled while it is on its way, it hands the answer over before it ends."""
        task = asyncio.ensure_future(sent)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled() and task.exception() is None:
                notes.add(request, task.result())
                _handed_over(flow, task.result())
            raise

    async def _side_by_side(self, flows: Sequence[Steps[Any]]) -> list[Any]:
        """What each flow returned, in their order. The first that raises ends all."""
        results: list[Any] = [None] * len(flows)
        notes = [_Notes(self._lookup.opened, at_once=False) for _ in flows]
        waiting = iter(range(len(flows)))

        async def work() -> None:
            for index in waiting:
                results[index] = await self.drive(flows[index], notes[index])

        width = min(self._lookup.opened.pace.concurrency, len(flows))
        tasks = [asyncio.create_task(work()) for _ in range(width)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for flow in flows:
                flow.close()
            for each in notes:
                each.tell()
        return results
