"""Running a mapping over recorded exchanges, as calling the merchant would, with their statuses and their clock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping as Table
from typing import NamedTuple

from workbench.documents import Document, Limits
from workbench.errors import DecodeError, Problem, UsageError
from workbench.execute import Execution
from workbench.execute.scope import Scope
from workbench.orders import Result
from workbench.plan import Call
from workbench.runtime import Mapping
from workbench.samples.differences import Differences, result_differences
from workbench.samples.documents import Decoded
from workbench.samples.store import Answer, Pages, Sample, golden_of, read_golden


class Replayed(NamedTuple):
    """A sample, what a mapping makes of it, and how that differs from its golden result.

    Attributes:
        differences: None where there is no golden result.
    """

    sample: Sample
    result: Result
    differences: Differences | None


def replay_all(mapping: Mapping, folder: str | os.PathLike[str], samples: Iterable[Sample]) -> list[Replayed]:
    """What a mapping makes of samples, each beside its golden result.

    Raises:
        UsageError: A sample's operation or calls are not in the mapping, or a golden file is none.
    """
    replayed = []
    for sample in samples:
        result = replay(mapping, sample)
        golden = read_golden(folder, sample.name)
        replayed.append(
            Replayed(sample, result, None if golden is None else result_differences(golden, golden_of(result)))
        )
    return replayed


def replay(mapping: Mapping, sample: Sample, limits: Limits | None = None, decoded: Decoded | None = None) -> Result:
    """What a mapping makes of a sample, without a network.

    Args:
        mapping: The mapping.
        sample: The recorded answers.
        limits: How large an answer may be.
        decoded: Remembers what answers hold, where they are replayed again and again.

    Raises:
        UsageError: The sample's operation or a call of it is not in the mapping.
    """
    try:
        operation = mapping.operation(sample.operation, sample.inputs)
    except UsageError as error:
        raise UsageError(f"sample {sample.name!r}: {error}") from None
    execution = Execution(mapping.plan, operation.name, sample.inputs, now=sample.recorded_at, limits=limits)
    known = {call.name for call in operation.calls}
    for name in sample.calls:
        if name not in known:
            calls = ", ".join(call.name for call in operation.calls)
            raise UsageError(f"sample {sample.name!r}: no call {name!r} in {operation.name} - its calls are {calls}")
    if operation.calls[0].name not in sample.calls:
        raise UsageError(f"sample {sample.name!r}: no answer of the first call, {operation.calls[0].name!r}")
    player = _Player(execution, limits or Limits(), decoded or Decoded())
    for call in operation.calls:  # the calls made per order need the answers of all others
        pages = sample.calls.get(call.name, ())
        if not _per_order(call, pages):
            player.play(call, _chosen(pages, execution.keys(call)) if isinstance(pages, Table) else pages, None)
    for call in operation.calls:
        pages = sample.calls.get(call.name, ())
        if isinstance(pages, Table) and _per_order(call, pages):
            for scope in execution.items():
                player.play(call, _chosen(pages, execution.keys(call, scope)), scope)
    return execution.result()


def _per_order(call: Call, pages: Pages | Table[str, Pages]) -> bool:
    """Whether answers are for one order each, rather than for the nodes that a call of the operation is made for."""
    return isinstance(pages, Table) and (call.for_each or call.over is None)


def _chosen(answers: Table[str, Pages], wanted: Iterable[Iterable[str]]) -> Pages:
    """The answers for one order, by the values that the call takes from it, else by its number or id."""
    found: list[Answer] = []
    for keys in wanted:
        found += next((answers[key] for key in keys if key in answers), ())
    return tuple(found)


class _Player:
    """Hands recorded answers to an execution."""

    def __init__(self, execution: Execution, limits: Limits, decoded: Decoded) -> None:
        self.execution, self.limits, self.decode = execution, limits, decoded

    def play(self, call: Call, pages: Pages, scope: Scope | None) -> None:
        """Hands over the answers of one call; of a call for one order, with the order's scope."""
        blocked = self.execution.blocked(call, scope)
        if blocked is not None:
            return self.execution.fail_call(call, blocked, scope)
        documents: list[Document] = []
        for page in pages:
            verdict = self.judged(call, page)
            if isinstance(verdict, Problem):
                return self.execution.fail_call(call, verdict, scope)
            if verdict is not None:
                documents.append(verdict)
        return self.execution.answer_call(call, documents, scope)

    def judged(self, call: Call, page: Answer) -> Document | Problem | None:
        """A good answer's document, None for one that says "nothing found", or why the call failed."""
        good = page.status is None or 200 <= page.status < 300
        document = None
        how = "say not_found_when: where it means that there is none"
        problem = None if good else Problem(f"status {page.status}", call.name, how, "http", at_run=True)
        try:
            document = self.decoded(call, page)
        except DecodeError as error:
            told = error.problem
            problem = problem or Problem(told.what, call.name, told.how, told.code, at_run=True)
        headers = {"content-type": page.content_type} if page.content_type else {}
        verdict = self.execution.judge(call, document, page.status, headers)
        if verdict is False:
            return None
        if problem is not None:
            return problem
        return verdict if isinstance(verdict, Problem) else document

    def decoded(self, call: Call, page: Answer) -> Document:
        return self.decode(
            page,
            format=call.format,
            delimiter=call.delimiter,
            encoding=call.encoding,
            namespaces=call.namespaces,
            limits=self.limits,
        )
