"""Prints what a call costs us, as `ratio <name> <value>`: CPU time beside bare httpx and json, interleaved in one run.

    call_sync      find_order of the demo merchant, two calls / the same GETs by httpx.Client and json.loads   at most 2
    call_async     the same under asyncio, ten at a time      / the same by httpx.AsyncClient and json.loads   at most 2

The demo merchant runs in a process of its own, so that its work is not counted. Bare httpx sends what we send, with one
client for all; it checks no address, bounds no answer, maps nothing. `--check` makes a missed bar the exit status 1;
`--profile` prints where our time goes instead.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

import workbench as wb
from workbench.demo import demo_mappings

NUMBER, ORDER_ID = "A-1002", "70013"
BAR = 2.0
AT_ONCE = 10


@contextmanager
def merchant(setenv: Callable[[str, str], object] = os.environ.__setitem__) -> Iterator[None]:
    """The demo merchant in another process, its keys in our environment."""
    command = [sys.executable, "-m", "workbench.demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if match := re.match(r"\s*export (\w+)='(.*)'$", line):
                setenv(match[1], match[2])
            if "workbench find" in line:
                break
        try:
            yield
        finally:
            process.terminate()


def urls() -> tuple[str, str]:
    """What one lookup asks for."""
    base = os.environ["NORTHWIND_URL"]
    return f"{base}/orders/{NUMBER}", f"{base}/orders/{ORDER_ID}/parcels"


def login() -> tuple[str, str]:
    """User and password of the demo merchant."""
    return os.environ["NORTHWIND_USER"], os.environ["NORTHWIND_PASSWORD"]


def ours(count: int) -> float:
    """CPU seconds of so many lookups."""
    with wb.open_merchant(demo_mappings() / "northwind", environment="demo") as client:
        assert client.find_order(number=NUMBER) is not None
        start = time.process_time()
        for _ in range(count):
            client.find_order(number=NUMBER)
        return time.process_time() - start


def bare(count: int) -> float:
    """CPU seconds of the same GETs by httpx, decoded by json."""
    with httpx.Client(auth=login(), timeout=10) as client:
        bodies = [json.loads(client.get(url).content) for url in urls()]
        assert bodies[0]["number"] == NUMBER
        start = time.process_time()
        for _ in range(count):
            for url in urls():
                json.loads(client.get(url).content)
        return time.process_time() - start


def ours_async(count: int) -> float:
    """CPU seconds of so many lookups under asyncio, several at a time."""

    async def use() -> float:
        async with wb.open_merchant_async(demo_mappings() / "northwind", environment="demo") as client:
            await client.find_order(number=NUMBER)

            async def some() -> None:
                for _ in range(count // AT_ONCE):
                    await client.find_order(number=NUMBER)

            start = time.process_time()
            await asyncio.gather(*(some() for _ in range(AT_ONCE)))
            return time.process_time() - start

    return asyncio.run(use())


def bare_async(count: int) -> float:
    """CPU seconds of the same GETs by httpx under asyncio."""

    async def use() -> float:
        async with httpx.AsyncClient(auth=login(), timeout=10) as client:
            await client.get(urls()[0])

            async def some() -> None:
                for _ in range(count // AT_ONCE):
                    for url in urls():
                        json.loads((await client.get(url)).content)

            start = time.process_time()
            await asyncio.gather(*(some() for _ in range(AT_ONCE)))
            return time.process_time() - start

    return asyncio.run(use())


PAIRS: dict[str, tuple[Callable[[int], float], Callable[[int], float]]] = {
    "call_sync": (ours, bare),
    "call_async": (ours_async, bare_async),
}


def main() -> int:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=200, help="lookups of a round")
    parser.add_argument("--check", action="store_true", help="a missed bar is exit status 1")
    parser.add_argument("--profile", choices=list(PAIRS), help="print where our time goes")
    asked = parser.parse_args()
    missed = 0
    with merchant():
        if asked.profile:
            with cProfile.Profile() as profile:
                PAIRS[asked.profile][0](asked.count)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            return 0
        for name, (one, other) in PAIRS.items():
            ratio = statistics.median(one(asked.count) / other(asked.count) for _ in range(asked.rounds))
            missed += ratio > BAR
            print(f"ratio {name} {ratio:.2f}  at most {BAR:g}{'' if ratio <= BAR else '  MISSED'}")
    return 1 if asked.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
