"""Prints how mapping compares, as `ratio <name> <value>`: CPU time, interleaved, the median of several rounds.

    map_clean      mapping a decoded page on which all fits       / hand-written Python   at most 1.2
    map_problems   mapping a page with problems                   / hand-written Python   at most 2
    jsonpath_find  the same result by precompiled jsonpath-ng     / mapping the page      at least 15
    compile        jsonpath-ng parsing the same paths             / compiling the mapping at least 5
    compile_with_code   the same, with the Python that is made of a mapping once many orders come (no bar)

Times on their own say more about the machine than about the code, so none is printed. `--check` makes a missed bar the
exit status 1.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jsonpath_ng

from bench import by_jsonpath, data, hand
from workbench.documents import Document
from workbench.execute.generate import generate
from workbench.orders import Result
from workbench.plan import compile_plan
from workbench.runtime import Mapping

Step = Callable[[], object]

LONG_ENOUGH = 0.05
"""CPU seconds that a measurement takes at least."""


class Bar(NamedTuple):
    """A ratio and what it must be: at most, or at least."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        """Whether the ratio is within its bound."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.at_least is None or self.value >= self.at_least


def ratio(one: Step, other: Step, rounds: int) -> float:
    """The CPU time of one by that of the other: the median over rounds in which both take turns."""
    loops = {step: loops_for(step) for step in (one, other)}
    ratios = []
    for turn in range(rounds):
        first, second = (one, other) if turn % 2 else (other, one)  # neither always finds the caches warm
        times = {step: cpu_time(step, loops[step]) for step in (first, second)}
        ratios.append(times[one] / times[other])
    return statistics.median(ratios)


def loops_for(step: Step) -> int:
    """How many calls take long enough to be measured."""
    loops = 1
    while (spent := cpu_time(step, loops) * loops) < LONG_ENOUGH:
        loops *= 2 if spent * 8 > LONG_ENOUGH else 8
    return loops


def cpu_time(step: Step, loops: int) -> float:
    """CPU seconds of a call, of so many in a row, starting without garbage of others."""
    gc.collect()
    start = time.process_time()
    for _ in range(loops):
        step()
    return (time.process_time() - start) / loops


def decoded(page: dict[str, Any]) -> Document:
    """The page as the decoder gives it: exact numbers."""
    return Document(json.loads(json.dumps(page), parse_float=Decimal))


def assert_equal(ours: Result, theirs: Result) -> None:
    """Both ways make the same orders, keys in the same order, and tell the same problems."""
    assert ours == theirs, "hand-written and mapped results differ"
    assert json.dumps(ours.to_dict()) == json.dumps(theirs.to_dict())
    assert [order.problems for order in ours.orders] == [order.problems for order in theirs.orders]


def path_texts(text: str) -> list[str]:
    """Every path of a mapping's text, once."""
    return list(dict.fromkeys(re.findall(r'"([@$]\.[^"]+)"', text)))


def parse_all(paths: list[str]) -> None:
    """Parses paths with jsonpath-ng."""
    for path in paths:
        jsonpath_ng.parse(path)


def compile_with_code(mapping: Mapping) -> None:
    """Compiles the mapping, and the Python that is made of it when many orders come."""
    for operation in compile_plan(mapping.file.data).operations.values():
        generate(operation.orders)


def measure(rounds: int) -> list[Bar]:
    """All bars; results are compared before anything is timed."""
    text = (Path(__file__).parent / "mapping.yaml").read_text(encoding="utf-8")
    mapping = Mapping.from_text(text, "bench/mapping.yaml")
    clean = data.page()
    good, bad = decoded(clean), decoded(data.spoiled(clean))
    for document in (good, bad):
        for other in (hand, by_jsonpath):
            assert_equal(mapping.map(document), other.map_page(document.root))
    assert not mapping.map(good).problems
    assert len(mapping.map(bad).problems) >= len(bad.root["result"]["documents"]) // 4

    parse = partial(parse_all, [path.replace("@", "$", 1) for path in path_texts(text)])
    ours, theirs = partial(mapping.map, good), partial(hand.map_page, good.root)
    ours_of_bad, theirs_of_bad = partial(mapping.map, bad), partial(hand.map_page, bad.root)
    return [
        Bar("map_clean", ratio(ours, theirs, rounds), at_most=1.2),
        Bar("map_problems", ratio(ours_of_bad, theirs_of_bad, rounds), at_most=2),
        Bar("jsonpath_find", ratio(partial(by_jsonpath.map_page, good.root), ours, rounds), at_least=15),
        Bar("compile", ratio(parse, partial(compile_plan, mapping.file.data), rounds), at_least=5),
        Bar("compile_with_code", ratio(parse, partial(compile_with_code, mapping), rounds)),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often both sides take turns (default 9)")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bar is missed")
    options = parser.parse_args(arguments)
    bars = measure(max(options.rounds, 7))
    for bar in bars:
        print(f"ratio {bar.name} {bar.value:.2f}")
    missed = [bar.name for bar in bars if not bar.met]
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
