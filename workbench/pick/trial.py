"""A draft tried on samples: what it gives, before the engineer accepts it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from workbench.errors import Problem, UsageError
from workbench.mapping import load_data
from workbench.mapping.file import digest_of
from workbench.orders import Result
from workbench.runtime import Mapping as Runnable
from workbench.samples import Sample, replay
from workbench.samples.documents import Decoded

_INDEX = re.compile(r"\[[^\]]*\]")
_TRIED = "tried"
_ONE = ("shipping_address", "extra")
_REMEMBERED, _MOST_ORDERS = 24, 30_000  # trials, and the orders in all of them


class Trial:
    """An operation of a mapping, run over its samples without the check after the search.

    The check belongs to production: while a draft has no rule for the e-mail yet, it would drop every order.

    Args:
        data: The mapping's data; it must load.
        operation: The operation.
        samples: Those of other operations are passed over.
        decoded: Remembers what the answers hold, from one trial to the next.
    """

    def __init__(
        self, data: Mapping[str, Any], operation: str, samples: Sequence[Sample], decoded: Decoded | None = None
    ) -> None:
        self._decoded = decoded or Decoded()
        self.samples = [sample for sample in samples if sample.operation in (operation, None)]
        self._data, self._operation = data, operation

    @cached_property
    def mapping(self) -> Runnable:
        """The draft as it is tried.

        Raises:
            MappingError: The draft does not load.
        """
        return Runnable(load_data(tried_data(self._data, self._operation), "draft"))

    @cached_property
    def results(self) -> list[Result]:
        """What each sample gives; a sample that the draft's calls do not fit gives nothing."""
        results = []
        for sample in self.samples:
            known = {call.name for call in self.mapping.operation(_TRIED).calls}
            calls = {name: answers for name, answers in sample.calls.items() if name in known}
            try:
                played = replace(sample, operation=_TRIED, calls=calls)
                results.append(replay(self.mapping, played, decoded=self._decoded))
            except UsageError:
                results.append(Result(outcome="none"))
        return results

    @property
    def size(self) -> int:
        """How many orders its results hold; 0 while they are not made."""
        made = self.__dict__.get("results", ())
        return sum(len(result.orders) for result in made)

    @cached_property
    def records(self) -> list[list[Mapping[str, Any]]]:
        """The orders as plain data, by sample; nobody changes them."""
        return [[order.peek() for order in result.orders] for result in self.results]

    @cached_property
    def tally(self) -> Tally:
        """How often each field has a value, and a first value of each."""
        tally = Tally()
        for orders in self.records:
            for order in orders:
                tally.add(order)
        return tally

    def values(self, field: str) -> tuple[tuple[str, ...], ...]:
        """The texts that a field has, by sample."""
        return tuple(tuple(value for order in orders for value in values_of(order, field)) for orders in self.records)

    def filled(self, field: str) -> tuple[int, int]:
        """In how many records a field has a value, and how many records there are."""
        return self.tally.present[field], self.tally.holders[_holder(field.rpartition(".")[0])]

    @cached_property
    def _problems(self) -> dict[str, list[Problem]]:
        found: dict[str, list[Problem]] = {}
        for result in self.results:
            for problem in result.problems:
                found.setdefault(problem_field(problem), []).append(problem)
        return found

    def problems(self, field: str) -> list[Problem]:
        """What is wrong with a field, over all samples; not that an expected value is missing."""
        return self._problems.get(field, [])


class Tally:
    """Counts over orders, made in one pass.

    Attributes:
        present: By dotted field, in how many records it has a value.
        holders: By block, how many records could have its fields; the order's own under the empty text.
        first: By dotted field, the first value that was seen.
    """

    def __init__(self) -> None:
        self.present: Counter[str] = Counter()
        self.holders: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def add(self, record: Mapping[str, Any], block: str = "") -> None:
        """Counts one record, and the rows inside it."""
        self.holders[block] += 1
        self._fields(record, f"{block}." if block else "")

    def _fields(self, record: Mapping[str, Any], prefix: str) -> None:
        for name, value in record.items():
            field = prefix + name
            if isinstance(value, dict):
                self._fields(value, f"{field}.")
                continue
            if isinstance(value, list):
                rows = [each for each in value if isinstance(each, dict)]
                for row in rows:
                    self.add(row, field)
                value = next((each for each in value if not isinstance(each, dict)), None)
                if value is None:
                    continue
            self.present[field] += 1
            if field not in self.first:
                self.first[field] = str(value)


def _holder(block: str) -> str:
    """The records that could have a block's fields: an address or a merchant's own fields stand in their record."""
    parts = block.split(".") if block else []
    while parts and parts[-1] in _ONE:
        parts.pop()
    return ".".join(parts)


class Trials:
    """Trials of the same samples, remembered: a click is tried, accepted and shown with one run of the mapping.

    Args:
        decoded: Remembers what the answers hold.
    """

    def __init__(self, decoded: Decoded | None = None) -> None:
        self.decoded = decoded or Decoded()
        self._known: dict[tuple[Any, ...], tuple[Sequence[Sample], Trial]] = {}

    def of(self, data: Mapping[str, Any], operation: str, samples: Sequence[Sample]) -> Trial:
        """The trial of an operation."""
        key = (operation, digest_of(tried_data(data, operation)), *map(id, samples))
        known = self._known.pop(key, None) or (samples, Trial(data, operation, samples, self.decoded))
        self._known[key] = known  # the latest stands last
        while len(self._known) > 2 and (len(self._known) > _REMEMBERED or self._orders() > _MOST_ORDERS):
            del self._known[next(iter(self._known))]
        return known[1]

    def _orders(self) -> int:
        return sum(trial.size for _, trial in self._known.values())

    def forget(self) -> None:
        """Forgets them, and what the answers hold."""
        self._known.clear()
        self.decoded.forget()


def tried_data(data: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The data of one operation, without the check after the search and without expectations.

    The others are there for the names that the shared rules may read.
    """
    body = {key: value for key, value in data["operations"].get(operation, {}).items() if key != "verify"}
    inputs = {"email", "number", *body.get("inputs", ())}
    record = (body.get("orders") or {}).get("use", "order")
    kept = {key: data[key] for key in ("format", "merchant", "timezone", "fields", "connection") if key in data}
    records = {record: data["records"].get(record, {})}
    others = {
        name: each for name, each in data["operations"].items()
        if name != operation and each and (each.get("orders") or {}).get("use", "order") == record
    }  # fmt: skip
    return {**kept, "operations": {_TRIED: {**body, "inputs": sorted(inputs)}, **others}, "records": records}


def problem_field(problem: Problem) -> str:
    """The business field that a problem is about, `lines.sku`; empty where it is about none."""
    where = _INDEX.sub("", problem.where)
    return where.removeprefix("order.") if where.startswith("order.") else ""


def values_of(record: Any, field: str) -> list[str]:
    """The texts of a dotted field in an order as `to_dict` gives it."""
    nodes = [record]
    for name in field.split("."):
        nodes = [node[name] for node in _flat(nodes) if isinstance(node, dict) and name in node]
    return [str(node) for node in _flat(nodes) if not isinstance(node, (dict, list))]


def holders_of(record: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """The records that could have a field: the order, or its lines. An address that is not there still could."""
    nodes: list[Any] = [record]
    for name in field.split(".")[:-1]:
        found = [node.get(name) for node in _flat(nodes)]
        one = name in _ONE
        nodes = [({} if each is None else each) for each in found if one or each is not None]
    return [node for node in _flat(nodes) if isinstance(node, dict)]


def _flat(nodes: Sequence[Any]) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, list):
            yield from _flat(node)
        else:
            yield node
