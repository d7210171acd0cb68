"""A draft tried on samples: what it gives, before the engineer accepts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from workbench.errors import Problem, UsageError
from workbench.mapping import dump, load_text
from workbench.orders import Result
from workbench.runtime import Mapping as Runnable
from workbench.samples import Sample, replay

_INDEX = re.compile(r"\[[^\]]*\]")
_TRIED = "tried"


class Trial:
    """An operation of a mapping, run over its samples without the check after the search.

    The check belongs to production: while a draft has no rule for the e-mail yet, it would drop every order.

    Args:
        data: The mapping's data; it must load.
        operation: The operation.
        samples: Those of other operations are passed over.
    """

    def __init__(self, data: Mapping[str, Any], operation: str, samples: Sequence[Sample]) -> None:
        self.samples = [sample for sample in samples if sample.operation in (operation, None)]
        self._data, self._operation = data, operation

    @cached_property
    def mapping(self) -> Runnable:
        """The draft as it is tried.

        Raises:
            MappingError: The draft does not load.
        """
        return Runnable(load_text(dump(tried_data(self._data, self._operation)), "draft"))

    @cached_property
    def results(self) -> list[Result]:
        """What each sample gives; a sample that the draft's calls do not fit gives nothing."""
        results = []
        for sample in self.samples:
            known = {call.name for call in self.mapping.operation(_TRIED).calls}
            calls = {name: answers for name, answers in sample.calls.items() if name in known}
            try:
                results.append(replay(self.mapping, replace(sample, operation=_TRIED, calls=calls)))
            except UsageError:
                results.append(Result(outcome="none"))
        return results

    def values(self, field: str) -> tuple[tuple[str, ...], ...]:
        """The texts that a field has, by sample."""
        return tuple(
            tuple(value for order in result.orders for value in values_of(order.to_dict(), field))
            for result in self.results
        )

    def filled(self, field: str) -> tuple[int, int]:
        """In how many records a field has a value, and how many records there are."""
        filled = total = 0
        for result in self.results:
            for order in result.orders:
                for holder in holders_of(order.to_dict(), field):
                    total += 1
                    filled += bool(values_of(holder, field.rpartition(".")[2]))
        return filled, total

    def problems(self, field: str) -> list[Problem]:
        """What is wrong with a field, over all samples; not that an expected value is missing."""
        return [problem for result in self.results for problem in result.problems if problem_field(problem) == field]


def tried_data(data: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The data of one operation alone, without the check after the search and without expectations."""
    body = {key: value for key, value in data["operations"].get(operation, {}).items() if key != "verify"}
    inputs = {"email", "number", *body.get("inputs", ())}
    record = (body.get("orders") or {}).get("use", "order")
    kept = {key: data[key] for key in ("format", "merchant", "timezone", "fields", "connection") if key in data}
    records = {record: data["records"].get(record, {})}
    return {**kept, "operations": {_TRIED: {**body, "inputs": sorted(inputs)}}, "records": records}


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


def holders_of(record: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The records that could have a field: the order, or its lines. An address that is not there still could."""
    nodes: list[Any] = [record]
    for name in field.split(".")[:-1]:
        found = [node.get(name) for node in _flat(nodes)]
        one = name in ("shipping_address", "extra")
        nodes = [({} if each is None else each) for each in found if one or each is not None]
    return [node for node in _flat(nodes) if isinstance(node, dict)]


def _flat(nodes: Sequence[Any]) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, list):
            yield from _flat(node)
        else:
            yield node
