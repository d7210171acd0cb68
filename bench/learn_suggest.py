"""Learns the weights of suggestions from labelled responses.

`WORKBENCH_ORDERBENCH=... python -m bench.learn_suggest > weights.json`, then move the file to `workbench/suggest`.

Two small logistic models, each drawn to a prior that was set by hand: how well a column fits a field, and how likely
the best column is right once its rivals and the structure are weighed. Deterministic.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from bench.orderbench import Response, counts, responses, scoring, tally_of
from workbench.decode import decode
from workbench.documents import Document
from workbench.errors import WorkbenchError
from workbench.mapping import dump
from workbench.paths import text_of
from workbench.runtime import Mapping
from workbench.suggest import accept
from workbench.suggest.build import Builder
from workbench.suggest.calls import BUDGET
from workbench.suggest.candidates import Candidate
from workbench.suggest.choosing import likely
from workbench.suggest.links import Links, Written, of_included, of_lists
from workbench.suggest.reading import Reading
from workbench.suggest.rules import rule_of
from workbench.suggest.scoring import FEATURES, PRIOR, Weights
from workbench.suggest.sorts import ORDER, sort_of
from workbench.suggest.structure import Structure, Structures
from workbench.suggest.sums import number_of
from workbench.transforms import Trouble, to_time
from workbench.tree import Tree, merge

_PULL, _FIELD_PULL = 3.0, 12.0
_ACCEPT_PULL, _ACCEPT_FIELD_PULL = 4.0, 6.0
_EXTRA = 0.6
_KEYS = {
    "shipments.carrier": "carrier",
    "shipments.tracking_number": "tracking_numbers",
    "shipments.shipped_at": "shipped_at",
    "returns.status": "return_status",
}


class Case(NamedTuple):
    """A response, decoded and with its structures: what does not depend on what is learned.

    Attributes:
        response: The response.
        real: It, decoded.
        documents: The same, with what is joined by ids where it belongs.
        tree: Their merged tree.
        structures: Their places.
        found: The readings as orders, the likeliest first; none where it is something else.
        back: Whether the order's place is a return.
        links: What was put where it belongs.
    """

    response: Response
    real: list[Document]
    documents: list[Document]
    tree: Tree
    structures: Structures
    found: list[Structure]
    back: bool
    links: Links | None


def cases() -> list[Case]:
    """All labelled responses that can be decoded."""
    ready = []
    for response in responses():
        try:
            documents = [decode(response.body)]
        except WorkbenchError:
            continue
        ready.append(_case(response, documents))
    return ready


def _case(response: Response, real: list[Document]) -> Case:
    links = of_included(real)
    documents = links.documents if links is not None else real
    tree = merge(documents, budget=BUDGET)
    structures = Structures(tree, documents)
    found = likely(structures.find())
    sort = sort_of(structures, found[0] if found else None)
    if sort.record != ORDER:
        found = []
    if found and links is None and (links := of_lists(tree, documents, found[0].root, found[0].lines)) is not None:
        documents = links.documents
        tree = merge(documents, budget=BUDGET)
    return Case(response, real, documents, tree, structures, found, sort.back, links)


def reading_of(case: Case, weights: Weights) -> Reading | None:
    """The response as it is read with some weights."""
    if not case.found:
        return None
    return Reading(case.found[0], case.documents, case.tree, weights, case.structures.mapped, {}, case.back)


# ---------------------------------------------------------------- the first model: a column for a field


class Row(NamedTuple):
    """A column that was tried for a field, and whether it is right."""

    field: str
    features: tuple[float, ...]
    right: float
    weight: float


def rows_of(case: Case, weights: Weights) -> list[Row]:
    """Every candidate of every labelled field; none where the structure is wrong."""
    reading = reading_of(case, weights)
    response = case.response
    if reading is None or (
        response.name in counts() and len(reading.items) < min(len(response.orders), counts()[response.name])
    ):
        return []
    builder = Builder(reading, accept.Acceptor({}))
    builder.choose()
    found: list[Row] = []
    for key, ranked in builder.ranked.items():
        if key.startswith("lines.") and not _same_lines(reading, response):
            continue
        rows = [
            (candidate, verdict)
            for candidate in ranked
            if (verdict := judged(key, candidate, reading, response, builder)) is not None
        ]
        total = len(rows) or 1
        for candidate, (right, labelled) in rows:
            weight = (1.0 if labelled else _EXTRA) * (1.0 if right > 0.5 else min(1.0, 4 / total))
            found.append(Row(candidate.field, candidate.row, right, weight))
    return found


def _same_lines(reading: Reading, response: Response) -> bool:
    wanted = [len(order.get("lines") or []) for order in response.orders]
    return [len(lines) for lines in reading.lines_of[: len(wanted)]] == wanted


def judged(
    key: str, candidate: Candidate, reading: Reading, response: Response, builder: Builder
) -> tuple[float, bool] | None:
    """How many of the labelled values a candidate gives, and whether there are any; None where labels do not tell."""
    name = _KEYS.get(key, key)
    leaf = name.rpartition(".")[2]
    score = scoring()
    known = {
        *score.ORDER_FIELDS,
        "tracking_numbers",
        *(f"shipping_address.{part}" for part in score.ADDRESS_FIELDS),
        *(f"lines.{part}" for part in score.LINE_FIELDS),
    }
    if name not in known:
        return None
    rule, _ = rule_of(key, candidate, builder.context)
    right = labelled = extra = 0
    for index, order in enumerate(response.orders):
        for position, wanted, options in _wanted(name, order, index, reading, response):
            held = candidate.merged.column.values.get(position) if not key.startswith("shipments.") else _all(candidate)
            values = [read(leaf, value, rule) for value in held or []]
            if wanted in (None, "", []):
                extra += bool(values)
                continue
            labelled += 1
            if leaf == "tracking_numbers":
                right += any(score.same(leaf, values, option) for option in options)
            else:
                right += bool(values) and any(score.same(leaf, values[0], option) for option in options)
    if labelled:
        return right / labelled, True
    return (0.0, False) if extra else None


def _all(candidate: Candidate) -> list[Any]:
    return [value for values in candidate.merged.column.values.values() for value in values]


def _wanted(
    name: str, order: dict[str, Any], index: int, reading: Reading, response: Response
) -> Iterable[tuple[int, Any, list[Any]]]:
    score = scoring()
    accepted: dict[str, list[Any]] = {}
    for path, value in score.alternatives(response.label, index, order):
        accepted.setdefault(path, []).append(value)
    if not name.startswith("lines."):
        wanted = score.get(order, name)
        yield index, wanted, [wanted, *accepted.get(name, [])]
        return
    leaf = name.removeprefix("lines.")
    for number, line in enumerate(order.get("lines") or []):
        wanted = line.get(leaf)
        more = [
            value for path in (name, f"lines[{number}].{leaf}", f"lines[*].{leaf}") for value in accepted.get(path, [])
        ]
        position = reading.lines_of[index][number] if number < len(reading.lines_of[index]) else -1
        yield position, wanted, [wanted, *more]


def read(leaf: str, value: Any, rule: Any) -> str:
    """A value as the rule would read it, near enough to be compared."""
    said = rule if isinstance(rule, dict) else {}
    if leaf.endswith("_at"):
        how = said.get("datetime")
        try:
            if isinstance(how, str):
                return to_time(value, formats=(how,)) or ""
            if isinstance(how, dict) and "epoch" in how:
                return to_time(value, epoch=how["epoch"]) or ""
            return to_time(value) or ""
        except Trouble:
            return text_of(value)
    if leaf in ("amount", "quantity"):
        number = number_of(value)
        if number is not None:
            return str(number / 100 if said.get("decimal", {}).get("minor_units") else number)
    return text_of(value)


def fit(
    rows: Sequence[Sequence[float]],
    right: Sequence[float],
    weight: Sequence[float],
    groups: Sequence[int],
    prior: Sequence[float],
    pull: float,
    group_pull: float,
    biased: bool,
) -> tuple[Any, Any]:
    """Weights near the prior, and corrections for each group near nothing, by Newton's method.

    Args:
        rows: The features.
        right: 0 to 1.
        weight: How much each counts.
        groups: The group of each.
        prior: The weights that are assumed.
        pull: How strongly they are held there.
        group_pull: How strongly corrections are held at zero.
        biased: Whether a group corrects its first weight alone.
    """
    count = max(groups) + 1
    x, y, w = np.array(rows), np.array(right), np.array(weight)
    wide = x.shape[1]
    group_wide = 1 if biased else wide
    design = np.zeros((len(x), wide + count * group_wide))
    design[:, :wide] = x
    for index, group in enumerate(groups):
        start = wide + group * group_wide
        design[index, start : start + group_wide] = x[index, :group_wide]
    start_at = np.concatenate([np.array(prior), np.zeros(count * group_wide)])
    hold = np.concatenate([np.full(wide, pull), np.full(count * group_wide, group_pull)])
    theta = start_at.copy()
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(design @ theta, -30, 30)))
        gradient = design.T @ (w * (p - y)) + hold * (theta - start_at)
        hessian = (design * (w * p * (1 - p))[:, None]).T @ design + np.diag(hold)
        step = np.linalg.solve(hessian, gradient)
        size = np.abs(step).max()
        theta -= step * min(1.0, 2.0 / size if size else 1.0)
        if size < 1e-6:
            break
    return theta[:wide], theta[wide:].reshape(count, group_wide)


def learn_columns(rows: Sequence[Row]) -> dict[str, Any]:
    """The first model's part of the weights."""
    fields = sorted({row.field for row in rows})
    shared, own = fit(
        [row.features for row in rows],
        [row.right for row in rows],
        [row.weight for row in rows],
        [fields.index(row.field) for row in rows],
        PRIOR,
        _PULL,
        _FIELD_PULL,
        False,
    )
    return {
        "features": list(FEATURES),
        "shared": {"weights": [round(float(value), 4) for value in shared]},
        "fields": {name: [round(float(value), 4) for value in own[index]] for index, name in enumerate(fields)},
    }


# ---------------------------------------------------------------- the second model: whether the best is right


class Answer(NamedTuple):
    """What was proposed for a field of a response, and how it turned out."""

    key: str
    row: dict[str, float]
    right: float
    wrong: float
    extra: float
    chance: float
    family: str


def answers_of(case: Case, weights: Weights) -> list[Answer]:
    """Every proposal of a response, however unsure, judged by running the mapping."""
    reading = reading_of(case, weights)
    if reading is None:
        return []
    builder = Builder(reading, accept.Acceptor(weights.data.get("accept", {})))
    builder.choose()
    record, _ = builder.records(0.0)
    orders, record = joined(case, builder.orders(), record)
    tally = tally_of(case.response, orders_of(case, orders, record))
    found = []
    for key, chosen in builder.chosen.items():
        name = _KEYS.get(key, key)
        counted = tally.get(name)
        if counted is None or chosen.doubt:
            continue
        found.append(
            Answer(
                key,
                chosen.row,
                counted["right"],
                counted["wrong"],
                counted["extra"],
                chosen.chance,
                case.response.family,
            )
        )
    return found


def joined(case: Case, orders: dict[str, Any], record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The blocks as a mapping has them, what stands elsewhere joined."""
    if case.links is None:
        return orders, record
    record, needed = Written(case.links).record(record)
    return {**orders, **({"with": needed} if needed else {})}, record


def orders_of(case: Case, orders: dict[str, Any], record: dict[str, Any]) -> list[dict[str, Any]]:
    """What a drafted mapping gives on its response."""
    data = {"format": 1, "merchant": "draft", "operations": {"find": {"orders": orders}}, "records": {"order": record}}
    mapped: list[dict[str, Any]] = Mapping.from_text(dump(data)).map(case.real[0]).to_dict()["orders"]
    return mapped


def learn_acceptance(answers: Sequence[Answer]) -> dict[str, Any]:
    """The second model's part of the weights."""
    usable = [answer for answer in answers if answer.right + answer.wrong + answer.extra]
    keys = sorted({answer.key for answer in usable})
    rows, right, weight = [], [], []
    for answer in usable:
        total = answer.right + answer.wrong + answer.extra
        rows.append([answer.row[name] for name in accept.FEATURES])
        right.append(answer.right / total)
        weight.append(min(total, 3) ** 0.5 * (1.0 if answer.right + answer.wrong else _EXTRA))
    groups = [keys.index(answer.key) for answer in usable]
    shared, own = fit(rows, right, weight, groups, accept.PRIOR, _ACCEPT_PULL, _ACCEPT_FIELD_PULL, True)
    return {
        "features": list(accept.FEATURES),
        "weights": [round(float(value), 4) for value in shared],
        "fields": {key: round(float(own[index][0]), 4) for index, key in enumerate(keys)},
    }


def learn(known: Sequence[Case]) -> Weights:
    """Both models, from some responses."""
    start = Weights({"shared": {"weights": PRIOR}, "fields": {}, "accept": {}})
    data = learn_columns([row for case in known for row in rows_of(case, start)])
    first = Weights({**data, "accept": {}})
    data["accept"] = learn_acceptance([answer for case in known for answer in answers_of(case, first)])
    return Weights(data)


def main() -> int:
    """Prints the weights."""
    data = learn(cases()).data
    lines = json.dumps(dict(data), indent=1)
    print(re.sub(r"\n\s+(-?[\d.]+,?)(?=\n)", r" \1", lines))  # a row of numbers on a line
    return 0


if __name__ == "__main__":
    sys.exit(main())
