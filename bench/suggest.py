"""How good drafted mappings are, on labelled responses: `WORKBENCH_ORDERBENCH=... python -m bench.suggest [--quick]`.

Prints a row for each field, with the weights that are shipped and, the honest figure, with weights learned from the
responses of all other vendors; how often a chance of so much was right; how often the right place is among the first
five; what would be wrong if every sure proposal were taken; and what a draft costs beside decoding alone.
"""

from __future__ import annotations

import copy
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench import tree
from bench.learn_suggest import Answer, Case, answers_of, cases, joined, learn, orders_of, reading_of
from bench.orderbench import tally_of
from workbench.decode import decode
from workbench.suggest import draft
from workbench.suggest.accept import Acceptor
from workbench.suggest.build import Builder
from workbench.suggest.draft import THRESHOLD, Draft, Suggestion, build_draft
from workbench.suggest.scoring import Weights, default_weights

_FIRST = 5
_LEAST_BIN = 50
_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 1.01)
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
            orders = orders_of(case, *joined(case, builder.orders(), record)) if record else []
            answers += answers_of(case, weights)
            _count_first(case, build_draft(reading, weights, threshold, "draft", "find", links=case.links), first)
        else:
            _count_labels(case, first)
        for field, counted in tally_of(case.response, orders).items():
            total.setdefault(field, Counter()).update(counted)
    return total, answers, first


def _count_first(case: Case, found: Draft, first: Counter[str]) -> None:
    """For each labelled field, whether the draft with one of its first candidates gives the labelled values."""
    labelled = _labelled_fields(case)
    first["labelled"] += len(labelled)
    waiting = set(labelled)
    for rank in range(_FIRST):
        for name in labelled:
            shown = [found.candidates(key)[rank : rank + 1] for key in _ways(name)] if name in waiting else []
            if any(_gives(case, found, name, told[0]) for told in shown if told):
                waiting.discard(name)
    first["found"] += len(labelled) - len(waiting)


def _gives(case: Case, found: Draft, name: str, told: Suggestion) -> bool:
    """Whether the draft with a candidate taken gives most of the labelled values of a field."""
    record = copy.deepcopy(found.mapping["records"]["order"])
    for key in _ways(name):
        _without(record, key)
    head, _, leaf = told.field.rpartition(".")
    fields = record
    if head:
        block = record.setdefault(head, {**told.place, "fields": {}} if told.place else {})
        fields = block.get("fields", block)
    fields[leaf] = told.rule
    orders = copy.deepcopy(next(iter(found.mapping["operations"].values()))["orders"])
    for block_name, needed in told.related.items():
        (record[block_name] if block_name else orders).setdefault("with", {}).update(needed)
    counted = tally_of(case.response, orders_of(case, orders, record))[name]
    return counted["right"] * 2 > counted["labelled"]


def _without(record: dict[str, Any], key: str) -> None:
    head, _, leaf = key.rpartition(".")
    block = record.get(head, {}) if head else record
    block.get("fields", block).pop(leaf, None)
    if head in record and not block.get("fields", block):
        del record[head]


def _ways(name: str) -> tuple[str, ...]:
    return {
        "carrier": ("carrier", "shipments.carrier"),
        "tracking_numbers": ("tracking_numbers", "shipments.tracking_number"),
        "shipped_at": ("shipped_at", "shipments.shipped_at"),
        "return_status": ("return_status", "returns.status"),
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
    for low, high, held in bins_of(told):
        right = sum(answer.right / (answer.right + answer.wrong + answer.extra) for answer in held) / len(held)
        said = sum(answer.chance for answer in held) / len(held)
        print(f"  {low:.3f}-{min(high, 1):.3f} {len(held):9} {said:6.2f} {right:7.2f}")


def bins_of(answers: Sequence[Answer], least: int = _LEAST_BIN) -> list[tuple[float, float, list[Answer]]]:
    """Proposals by their chance, the least sure bin first; neighbours are one bin until it holds enough.

    Args:
        answers: The proposals.
        least: How many a bin must hold; only where there are fewer altogether it holds less.
    """
    found: list[tuple[float, float, list[Answer]]] = []
    for low, high in itertools.pairwise(_BINS):
        held = [answer for answer in answers if low <= answer.chance < high]
        if found and len(found[-1][2]) < least:
            before = found.pop()
            low, held = before[0], [*before[2], *held]
        found.append((low, high, held))
    if len(found) > 1 and len(found[-1][2]) < least:
        last, before = found.pop(), found.pop()
        found.append((before[0], last[1], [*before[2], *last[2]]))
    return [each for each in found if each[2]]


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
