"""Drives a lookup: sends what it asks for, waits where it says, and goes on with several of its flows side by side.

The flows themselves always advance in one thread (or one event loop), so that a lookup needs no locks; only requests
and pauses are handed to threads. What came is told in the order of the flows, whichever answer was there first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from workbench.calls import Exchange, Request, Response, Tally
from workbench.calls.messages import Pending, Step, Steps, Together, Wait
from workbench.connect.egress import Egress, known_egress, known_egress_async
from workbench.connect.log import log_lookup
from workbench.connect.opening import Opened, masked_request, masked_response
from workbench.connect.watch import lookup_span, watched, watched_async
from workbench.errors import CallError, DecodeError
from workbench.orders import Result

Got = TypeVar("Got")
Send = Callable[[Request, float], Response]
SendAsync = Callable[[Request, float], Awaitable[Response]]
Tell = Callable[[Exchange], object]


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
        try:
            lookup.result = _Driver(lookup, send).drive(lookup.flow)
        except CallError as error:
            if error.admission:
                _advise(error, opened, known_egress(opened.settings, lookup.deadline - time.monotonic()))
            raise
        return lookup.result


async def run_async(opened: Opened, send: SendAsync, operation: str, inputs: Mapping[str, Any]) -> Result:
    """Drives one lookup under asyncio; errors as those of `run`."""
    with _lookup(opened, operation, inputs) as lookup, lookup_span(opened, operation):
        try:
            lookup.result = await _AsyncDriver(lookup, send).drive(lookup.flow)
        except CallError as error:
            if error.admission:
                left = lookup.deadline - time.monotonic()
                _advise(error, opened, await known_egress_async(opened.settings, left))
            raise
        return lookup.result


def _advise(error: CallError, opened: Opened, egress: Egress) -> None:
    """Adds what a refusal may have to do with our address."""
    advice = egress.advice(opened.operations.base.host, opened.environment)
    if advice:
        error.advise(f"{error.problem.how}; {advice}")


class _Lookup:
    """One lookup on its way: what it is about, its counts, and its time."""

    def __init__(self, opened: Opened, operation: str, inputs: Mapping[str, Any]) -> None:
        self.opened, self.operation = opened, operation
        self.tally = Tally()
        self.start = time.monotonic()
        self.deadline = self.start + opened.budget_s
        self.result: Result | None = None
        self.flow: Steps[Result] = opened.operations.lookup(operation, inputs, self.tally)

    def tell(self, exchange: Exchange) -> None:
        if self.opened.on_exchange is not None:
            self.opened.on_exchange(exchange)

    def exchange(self, request: Request, response: Response | None, error: Exception | None) -> Exchange | None:
        """What was sent and what came, secrets masked; None where nobody wants to know."""
        if self.opened.on_exchange is None:
            return None
        secrets = self.opened.secrets
        answer = masked_response(response, secrets) if response is not None else None
        problem = getattr(error, "problem", None)
        code = "" if error is None else problem.code if problem else type(error).__name__
        return Exchange(masked_request(request, secrets), answer, code)

    def pauses(self, wait: Wait) -> bool:
        """Whether a pause fits into the lookup's time; the others hold back as well, where they should."""
        if wait.everyone:
            self.opened.pace.hold(wait.seconds)
        return time.monotonic() + wait.seconds < self.deadline


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
        try:
            step = next(flow)
            while True:
                try:
                    came = self._side_by_side(step.flows) if isinstance(step, Together) else self._do(step, None)
                except (CallError, DecodeError) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(came)
        except StopIteration as done:
            got: Got = done.value
            return got

    def _do(self, step: Step, told: list[Exchange] | None) -> Any:
        """A request or a pause; what was exchanged is told now, or noted in a list."""
        lookup = self._lookup
        if isinstance(step, Wait):
            fits = lookup.pauses(step)
            if fits:
                time.sleep(step.seconds)
            return fits
        if not isinstance(step, Request):
            raise TypeError(f"no step of a lookup: {type(step).__name__}")
        response: Response | None = None
        error: Exception | None = None
        try:
            with lookup.opened.pace.turn(lookup.deadline, step.call):
                response = watched(self._send, step, lookup.deadline, lookup.opened, lookup.operation)
            return response
        except (CallError, DecodeError) as caught:
            error = caught
            raise
        finally:
            exchange = lookup.exchange(step, response, error)
            if exchange is not None:
                lookup.tell(exchange) if told is None else told.append(exchange)

    def _side_by_side(self, flows: Sequence[Steps[Any]]) -> list[Any]:
        """What each flow returned, in their order. The first that raises ends all."""
        results: list[Any] = [None] * len(flows)
        told: list[list[Exchange]] = [[] for _ in flows]
        came: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        width = min(self._lookup.opened.pace.concurrency, len(flows))
        waiting = iter(range(len(flows)))

        def work(index: int, step: Step) -> None:
            try:
                came.put((index, self._do(step, told[index]), None))
            except BaseException as error:
                came.put((index, None, error))

        def advance(index: int, move: Callable[[], Step], pool: ThreadPoolExecutor) -> bool:
            """Takes a flow to its next step, which others do; whether it has come to its end."""
            try:
                step = move()
            except StopIteration as done:
                results[index] = done.value
                return True
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
                for flow in flows:
                    flow.close()
                for exchange in (exchange for exchanges in told for exchange in exchanges):
                    self._lookup.tell(exchange)
        return results


class _AsyncDriver:
    """Drives flows in one event loop, each in a task of its own where there are several."""

    def __init__(self, lookup: _Lookup, send: SendAsync) -> None:
        self._lookup, self._send = lookup, send

    async def drive(self, flow: Steps[Got], told: list[Exchange] | None = None) -> Got:
        """Takes a flow to its end."""
        try:
            step = next(flow)
            while True:
                try:
                    came = await self._do(step, told)
                except (CallError, DecodeError) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(came)
        except StopIteration as done:
            got: Got = done.value
            return got

    async def _do(self, step: Step, told: list[Exchange] | None) -> Any:
        lookup = self._lookup
        if isinstance(step, Request):
            return await self._exchanged(step, told)
        if isinstance(step, Together):
            return await self._side_by_side(step.flows)
        if isinstance(step, Wait):
            fits = lookup.pauses(step)
            if fits:
                await asyncio.sleep(step.seconds)
            return fits
        there = asyncio.get_running_loop().create_future()
        step.then(lambda: None if there.done() else there.set_result(None))
        return await there

    async def _exchanged(self, request: Request, told: list[Exchange] | None) -> Response:
        lookup = self._lookup
        response: Response | None = None
        error: Exception | None = None
        try:
            async with lookup.opened.pace.turn_async(lookup.deadline, request.call):
                response = await watched_async(self._send, request, lookup.deadline, lookup.opened, lookup.operation)
            return response
        except (CallError, DecodeError) as caught:
            error = caught
            raise
        finally:
            exchange = lookup.exchange(request, response, error)
            if exchange is not None:
                lookup.tell(exchange) if told is None else told.append(exchange)

    async def _side_by_side(self, flows: Sequence[Steps[Any]]) -> list[Any]:
        """What each flow returned, in their order. The first that raises ends all."""
        results: list[Any] = [None] * len(flows)
        told: list[list[Exchange]] = [[] for _ in flows]
        waiting = iter(range(len(flows)))

        async def work() -> None:
            for index in waiting:
                results[index] = await self.drive(flows[index], told[index])

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
            for exchange in (exchange for exchanges in told for exchange in exchanges):
                self._lookup.tell(exchange)
        return results
