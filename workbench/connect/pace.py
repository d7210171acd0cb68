"""How fast a merchant may be called: so many requests a second, so many at once. Shared by the whole process.

    rate: {per_second: 5, burst: 10, concurrency: 4}       # of the connection; unsaid: 10 at once, as fast as they come

All lookups that this process makes of one merchant at one server keep to it together, whether they come from threads or
from asyncio. Who does not get a turn within the time of the lookup is told so.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from workbench.errors import RateLimited, TimedOut

CONCURRENCY = 10
_LONGEST = 60.0  # of a pause that a merchant asks for: a mistake there must not last for ever
Origin = tuple[str, str, int]
Waker = Callable[[], object]


class Pace:
    """The turns of one connection.

    Args:
        per_second: Requests a second; None: no bound.
        burst: How many may go at once after a quiet time.
        concurrency: How many may be on their way at the same time.
    """

    def __init__(self, per_second: float | None = None, burst: int = 1, concurrency: int = CONCURRENCY) -> None:
        self._lock = threading.Lock()
        self._busy = 0
        self._waiting: deque[Waker] = deque()
        self._next = self._held = 0.0
        self.adjust(per_second, burst, concurrency)

    def adjust(self, per_second: float | None, burst: int, concurrency: int) -> None:
        """Takes other numbers: those of the mapping that was opened last."""
        with self._lock:
            self._interval = 1 / per_second if per_second else 0.0
            self._slack = (max(burst, 1) - 1) * self._interval
            self.concurrency = concurrency

    def hold(self, seconds: float) -> None:
        """Lets nobody go for so long: the merchant asked for it."""
        with self._lock:
            self._held = max(self._held, time.monotonic() + min(seconds, _LONGEST))

    @contextmanager
    def turn(self, deadline: float, call: str) -> Iterator[None]:
        """One request: waits for its turn, and gives the place back.

        Args:
            deadline: When to give up, in seconds of `time.monotonic`.
            call: The call's name, for the error.

        Raises:
            TimedOut: No turn came in time.
            RateLimited: The merchant asked for a pause that is longer.
        """
        self._enter(deadline, call)
        try:
            wait = self._reserve(deadline, call)
            if wait > 0:
                time.sleep(wait)
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def turn_async(self, deadline: float, call: str) -> AsyncIterator[None]:
        """The same under asyncio."""
        await self._enter_async(deadline, call)
        try:
            wait = self._reserve(deadline, call)
            if wait > 0:
                await asyncio.sleep(wait)
            yield
        finally:
            self._leave()

    def _reserve(self, deadline: float, call: str) -> float:
        """How long the request has to wait for the rate; its place in the order is then taken."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next - self._slack, self._held)
            if start >= deadline > now:
                raise _held(self._held - now, call) if start == self._held else _no_turn(call)
            if self._interval:
                self._next = max(self._next, start) + self._interval
            return start - now

    def _enter(self, deadline: float, call: str) -> None:
        woken = threading.Event()
        wake = woken.set
        if not self._admitted(wake) and not woken.wait(max(0.0, deadline - time.monotonic())) and self._gave_up(wake):
            raise _no_turn(call)

    async def _enter_async(self, deadline: float, call: str) -> None:
        loop = asyncio.get_running_loop()
        woken = loop.create_future()

        def wake() -> None:
            loop.call_soon_threadsafe(lambda: None if woken.done() else woken.set_result(None))

        if self._admitted(wake):
            return
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await woken
        except (TimeoutError, asyncio.CancelledError) as error:
            if not self._gave_up(wake):
                self._leave()
            if isinstance(error, TimeoutError):
                raise _no_turn(call) from None
            raise

    def _admitted(self, wake: Waker) -> bool:
        """Whether there is a place now; else `wake` is called when one was given."""
        with self._lock:
            if self._busy < self.concurrency:
                self._busy += 1
                return True
            self._waiting.append(wake)
            return False

    def _gave_up(self, wake: Waker) -> bool:
        """Takes one who waits out of the queue; False where a place was given meanwhile."""
        with self._lock:
            try:
                self._waiting.remove(wake)
            except ValueError:
                return False
            return True

    def _leave(self) -> None:
        """Gives a place to the next who waits."""
        while True:
            with self._lock:
                if not self._waiting or self._busy > self.concurrency:
                    self._busy -= 1
                    return
                wake = self._waiting.popleft()
            try:
                wake()
                return
            except RuntimeError:
                continue  # its event loop is closed


def _held(seconds: float, call: str) -> RateLimited:
    how = f"try again after {math.ceil(seconds)} seconds"
    return RateLimited("the merchant asked to wait", how, where=call, status=429)


def _no_turn(call: str) -> TimedOut:
    how = "ask less at a time, or raise rate: or budget_s: of the connection where the merchant allows more"
    return TimedOut("the call did not get its turn in the time of the lookup", how, where=call)


_PACES: dict[tuple[str, Origin], Pace] = {}
_PACES_LOCK = threading.Lock()


def pace_of(merchant: str, origin: Origin, said: Mapping[str, Any] | None) -> Pace:
    """The pace of a merchant at a server, the same for the whole process, from one lookup to the next."""
    table = said or {}
    per_second = float(table["per_second"]) if "per_second" in table else None
    burst = int(table.get("burst") or max(1, per_second or 1))
    numbers = (per_second, burst, int(table.get("concurrency") or CONCURRENCY))
    with _PACES_LOCK:
        pace = _PACES.get((merchant, origin))
        if pace is None:
            pace = _PACES[merchant, origin] = Pace(*numbers)
        else:
            pace.adjust(*numbers)
    return pace
