"""How good drafted mappings are, on labelled responses: `WORKBENCH_ORDERBENCH=... python -m bench.suggest [--quick]`.

Prints a row for each field, with the weights that are shipped and, the honest figure, with weights learned from the
responses of all other vendors; how often a chance of so much was right; how often the right place is among the first
five; what would be wrong if every sure proposal were taken; and what a draft costs beside decoding alone.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench import tree
from bench.learn_suggest import Answer, Case, answers_of, cases, judged, learn, orders_of, reading_of
from bench.orderbench import tally_of
from workbench.decode import decode
from workbench.suggest import draft
from workbench.suggest.accept import Acceptor
from workbench.suggest.build import Builder
from workbench.suggest.draft import THRESHOLD
from workbench.suggest.scoring import Weights, default_weights

_FIRST = 5
_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
_GRAVE = ("order_number", "customer_email", "status", "tracking_numbers")

Tally = dict[str, Counter[str]]


def trial(
    known: Sequence[Case], weights_for: Callable[[Case], Weights], threshold: float
) -> tuple[Tally, list[Answer], Counter[str]]:
    """Every response drafted and mapped: verdicts by field, proposals with their chances, and the first five."""
    total: Tally = {}
    answers: list[Answer] = []
    first: Counter[str] = Counter()
    for case in known:
        weights = weights_for(case)
        reading = reading_of(case, weights)
        orders: list[dict[str, Any]] = []
        if reading is not None:
            builder = Builder(reading, Acceptor(weights.data["accept"]))
            builder.choose()
            record, _ = builder.records(threshold)
            orders = orders_of(case, builder.orders(), record) if record else []
            answers += answers_of(case, weights)
            _count_first(case, builder, first)
        else:
            _count_labels(case, first)
        for field, counted in tally_of(case.response, orders).items():
            total.setdefault(field, Counter()).update(counted)
    return total, answers, first


def _count_first(case: Case, builder: Builder, first: Counter[str]) -> None:
    """For each labelled field, whether one of its first candidates gives the labelled values."""
    labelled = _labelled_fields(case)
    keys = {name: [key for key in builder.ranked if key in _ways(name)] for name in labelled}
    for name in labelled:
        first["labelled"] += 1
        found = False
        for key in keys[name]:
            for candidate in builder.ranked[key][:_FIRST]:
                verdict = judged(key, candidate, builder.reading, case.response, builder)
                if verdict is not None and verdict[0] > 0.5:
                    found = True
        first["found"] += found


def _ways(name: str) -> tuple[str, ...]:
    return {
        "carrier": ("carrier", "shipments.carrier"),
        "tracking_numbers": ("tracking_numbers", "shipments.tracking_number"),
        "shipped_at": ("shipped_at", "shipments.shipped_at"),
    }.get(name, (name,))


def _count_labels(case: Case, first: Counter[str]) -> None:
    first["labelled"] += len(_labelled_fields(case))


def _labelled_fields(case: Case) -> list[str]:
    return [
        field for field, counted in tally_of(case.response, []).items()
        if counted["labelled"] and not field.endswith("(count)")
    ]  # fmt: skip


def summary(total: Tally) -> str:
    """Precision, strict precision and recall over all fields."""
    every: Counter[str] = Counter()
    for counted in total.values():
        every.update(counted)
    answered = every["right"] + every["wrong"]
    return (
        f"labelled {every['labelled']}, right {every['right']}, wrong {every['wrong']}, missing {every['missing']}, "
        f"extra {every['extra']}; precision {every['right'] / (answered or 1):.3f}, "
        f"strict {every['right'] / ((answered + every['extra']) or 1):.3f}, "
        f"recall {every['right'] / every['labelled']:.3f}"
    )


def print_fields(total: Tally) -> None:
    """A row for each field."""
    print(f"  {'field':30} {'labelled':>8} {'right':>6} {'wrong':>6} {'missing':>7} {'extra':>6}")
    for field in sorted(total, key=lambda name: (-total[name]["labelled"], name)):
        c = total[field]
        print(f"  {field:30} {c['labelled']:8} {c['right']:6} {c['wrong']:6} {c['missing']:7} {c['extra']:6}")


def print_calibration(answers: Iterable[Answer]) -> None:
    """How often proposals of so much chance were right; a value that nobody wanted counts as wrong."""
    told = [answer for answer in answers if answer.right + answer.wrong + answer.extra]
    print("  chance      proposals   said   right")
    for low, high in itertools.pairwise(_BINS):
        held = [answer for answer in told if low <= answer.chance < high]
        if held:
            right = sum(answer.right / (answer.right + answer.wrong + answer.extra) for answer in held) / len(held)
            said = sum(answer.chance for answer in held) / len(held)
            print(f"  {low:.2f}-{min(high, 1):.2f} {len(held):11} {said:6.2f} {right:7.2f}")


def print_thresholds(answers: Sequence[Answer], labelled: int) -> None:
    """Precision and recall of proposals alone, by the least chance."""
    print("  threshold  precision  strict  recall (of fields proposed, by value)")
    for least in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        held = [answer for answer in answers if answer.chance >= least]
        right, wrong, extra = (sum(getattr(answer, name) for answer in held) for name in ("right", "wrong", "extra"))
        print(
            f"  {least:9.1f} {right / ((right + wrong) or 1):10.3f} {right / ((right + wrong + extra) or 1):7.3f} "
            f"{right / (labelled or 1):7.3f}"
        )


def leave_one_out(known: Sequence[Case]) -> Callable[[Case], Weights]:
    """For a response, the weights that all other vendors' responses teach."""
    learned: dict[str, Weights] = {}

    def weights_for(case: Case) -> Weights:
        family = case.response.family
        if family not in learned:
            learned[family] = learn([other for other in known if other.response.family != family])
        return learned[family]

    return weights_for


def report(title: str, known: Sequence[Case], weights_for: Callable[[Case], Weights], threshold: float) -> Tally:
    """One trial, printed."""
    total, answers, first = trial(known, weights_for, threshold)
    print(f"{title}\n  {summary(total)}")
    print(
        f"  right place among the first {_FIRST}: {first['found']} of {first['labelled']} fields, "
        f"{first['found'] / first['labelled']:.3f}"
    )
    print_fields(total)
    print_calibration(answers)
    labelled = sum(counted["labelled"] for counted in total.values())
    print_thresholds(answers, labelled)
    return total


def print_times(known: Sequence[Case]) -> None:
    """What a draft costs beside decoding."""
    slowest = max(known, key=lambda case: len(case.response.body))
    costs = []
    for case in known:
        start = time.perf_counter()
        draft(case.response.body)
        costs.append((time.perf_counter() - start, case.response.name))
    start = time.perf_counter()
    decode(slowest.response.body)
    decoding = time.perf_counter() - start
    print(
        f"time  slowest response {max(costs)[0] * 1000:.0f} ms ({max(costs)[1]}), "
        f"decoding the largest alone {decoding * 1000:.1f} ms"
    )
    bodies = [text.encode() for text in tree.texts()]
    start = time.perf_counter()
    for body in bodies:
        decode(body)
    decoding = time.perf_counter() - start
    start = time.perf_counter()
    draft(bodies)
    print(f"time  ten samples of 2 MB {time.perf_counter() - start:.2f} s, decoding alone {decoding:.2f} s")


def main() -> int:
    """Prints the report."""
    known = cases()
    quick = "--quick" in sys.argv
    total = report(
        "shipped weights, on the responses they were learned from", known, lambda case: default_weights(), THRESHOLD
    )
    grave = {field: total[field]["wrong"] for field in _GRAVE if field in total}
    print(f"  wrong values when every sure proposal is taken: {grave}")
    if not quick:
        report("leave one vendor out, weights learned from all others", known, leave_one_out(known), THRESHOLD)
    print_times(known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
