"""What came in a run of an operation, and what the calls that are still to be made need of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workbench.conditions import Conditions, header_values, holds
from workbench.documents import Document, Limits
from workbench.errors import Problem, UsageError
from workbench.execute.failures import failure
from workbench.execute.items import Spot, block_items, place_items
from workbench.execute.rules import FieldRun
from workbench.execute.scope import Exhausted, Failed, Run, Scope, ScopeView, nodes_at
from workbench.paths import Path, scalars, text_of
from workbench.plan import Call, Operation, Plan


class Answers:
    """Answers of one run, and questions to them; the arguments are those of `Execution`."""

    def __init__(
        self,
        plan: Plan,
        operation: str,
        inputs: Mapping[str, Any] | None,
        now: datetime | None,
        limits: Limits | None,
        live: bool,
    ) -> None:
        if operation not in plan.operations:
            raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(plan.operations)}")
        self.plan = plan
        self.operation: Operation = plan.operations[operation]
        self.record = self.operation.record
        self.run = Run(plan.timezone, inputs or {}, now, limits or Limits(), live)
        self._names: dict[str, list[Any]] = {name: Failed() for name in self.operation.lacking}
        self.root = Scope(None, names=self._names)
        self._items: list[Scope] | None = None
        self.failure: Problem | None = None
        self._problems: list[Problem] = []
        self._formats: dict[str, str] = {}
        self._first = self.operation.calls[0].name
        self._reasons: dict[str, Problem] = {}

    # ------------------------------------------------------------ what came

    def answer(self, call: str, documents: Sequence[Document]) -> None:
        """The pages of a call, in order."""
        self._take(call, documents)
        self._set(call, [document.root for document in documents])

    def fail(self, call: str, problem: Problem) -> None:
        """A call failed. When it is the first or a required one, so has the operation."""
        self._set(call, Failed())
        self._failed(call, problem)

    def skip(self, call: str) -> None:
        """A call was not made, or found nothing: a name without items."""
        self._set(call, [])

    def answer_for(self, scope: Scope, call: str, documents: Sequence[Document]) -> None:
        """The pages of a call that is made for each order."""
        self._take(call, documents)
        self._own(scope)[call] = [document.root for document in documents]

    def fail_for(self, scope: Scope, call: str, problem: Problem) -> None:
        """That call failed for this order: what needs it is unavailable, or the operation fails if it is required."""
        self._own(scope)[call] = Failed()
        self._failed(call, problem)

    def skip_for(self, scope: Scope, call: str) -> None:
        """That call was not made for this order, or found nothing."""
        self._own(scope)[call] = []

    def answer_call(self, call: Call, documents: Sequence[Document], scope: Scope | None) -> None:
        """The pages of a call, for one order where a scope is given."""
        if scope is None:
            self.answer(call.name, documents)
        else:
            self.answer_for(scope, call.name, documents)

    def fail_call(self, call: Call, problem: Problem, scope: Scope | None) -> None:
        """A call failed, for one order where a scope is given."""
        if scope is None:
            self.fail(call.name, problem)
        else:
            self.fail_for(scope, call.name, problem)

    def _take(self, call: str, documents: Sequence[Document]) -> None:
        for document in documents:
            self._problems += [problem for problem in document.problems if problem not in self._problems]

    def _set(self, call: str, roots: list[Any]) -> None:
        self._names[call] = roots
        if call == self._first:
            self._names["$"] = roots
            self.root.item = roots[0] if roots else None
        self._items = None

    @staticmethod
    def _own(scope: Scope) -> dict[str, list[Any]]:
        if scope.names is None:
            scope.names = {}
        return scope.names

    def _failed(self, call: str, problem: Problem) -> None:
        self._reasons.setdefault(call, problem)
        needed = call in self.operation.orders.calls or self.call(call).required
        if self.failure is None and (call == self._first or needed):
            self.failure = problem

    def call(self, name: str) -> Call:
        """The call of that name."""
        for call in self.operation.calls:
            if call.name == name:
                return call
        known = ", ".join(call.name for call in self.operation.calls)
        raise UsageError(f"no call {name!r} in {self.operation.name} - its calls are {known}")

    # ------------------------------------------------------------ what the next calls need

    def items(self) -> list[Scope]:
        """The raw items of the orders, after `keep` by paths and `group_by`; `@` of the calls made for each order."""
        if self._items is None:
            block = self.operation.orders
            try:
                self._items = block_items(block, self.root, self.run, Spot(self.root, ""))
            except (Exhausted, RecursionError) as error:
                self.failure = self.failure or self._too_much(error)
                self._items = []
        return self._items

    def targets(self, call: Call, scope: Scope | None = None) -> list[Scope]:
        """The nodes that a call is made for one by one, in their order; `@` is then such a node."""
        at = scope or self.root
        try:
            return place_items(call.over, at, self.run, Spot(at, "")) if call.over else [at]
        except (Exhausted, RecursionError) as error:
            self.failure = self.failure or self._too_much(error)
            return []

    def blocked(self, call: Call, scope: Scope | None = None) -> Problem | None:
        """Why a call cannot be made: one whose answer it needs has failed."""
        names = (scope.names if scope and scope.names else {}) if call.sources else {}
        for name in sorted(call.sources):
            if isinstance(names.get(name, self._names.get(name)), Failed):
                return Problem(f"call {name!r}, which it needs, failed", call.name, code="needs", at_run=True)
        return None

    def texts(self, path: Path, scope: Scope | None = None) -> list[str]:
        """The values at a path as texts, for a template."""
        return [text_of(value) for value in self.scalars(path, scope)]

    def scalars(self, path: Path, scope: Scope | None = None) -> list[Any]:
        """The values at a path with their types, for a typed body."""
        at = scope or self.root
        return scalars(nodes_at(path, at, at, ""))

    def holds(self, conditions: Conditions | None, scope: Scope | None = None) -> bool:
        """Whether a call is to be made (`only_when`)."""
        at = scope or self.root
        return not conditions or holds(conditions, ScopeView(self.run, at, at, ""))

    def answer_holds(
        self,
        conditions: Conditions | None,
        document: Document | None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether an answer is what `not_found_when`, `fail_when` or `stop_when` says. Without conditions it is not.

        A status that is not known, as when recorded responses are replayed, fits no condition on it.
        """
        if not conditions:
            return False
        if document is None and any(condition.path for condition in conditions):
            return False
        return holds(conditions, _AnswerView(self.run, self.root, document, status, headers or {}))

    def judge(
        self, call: Call, document: Document | None, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> bool | Problem:
        """Whether an answer is good: True; False when it says "nothing found"; the problem when the call failed.

        A status other than 2xx is the caller's to judge, after `not_found_when` has been asked here.
        """
        if self.answer_holds(call.not_found_when, document, status, headers):
            return False
        if self.answer_holds(call.fail_when, document, status, headers):
            return Problem("the answer says that the call failed", call.name, "see fail_when:", "failed", at_run=True)
        root = None if document is None else document.root
        return failure(call, root) or True

    def identities(self, scope: Scope) -> list[str]:
        """The order number and the internal id of a raw item."""
        known = {field.key: field for field in self.operation.orders.fields if field.key in ("order_number", "id")}
        values = [FieldRun(field, scope.twin(), self.run).value() for field in known.values()]
        return [value for value in values if isinstance(value, str)]

    def keys(self, call: Call, scope: Scope | None = None) -> list[list[str]]:
        """By what the recorded answers of a call go, the best key first; one list for each time that it is made."""
        if call.over is not None:
            texts = [[next(iter(self.texts(path, target)), "") for path in call.item_paths]
                     for target in self.targets(call, scope)]  # fmt: skip
            return [[call.key(values), *values] for values in texts]
        if call.item_paths or scope is None:
            return [[text for path in call.item_paths for text in self.texts(path, scope)]]
        return [self.identities(scope)]

    def _too_much(self, error: Exception) -> Problem:
        if isinstance(error, RecursionError):
            return Problem("the response is nested too deeply", self.record, code="limit", at_run=True)
        what, how = "the mapping takes too many steps on this response", "narrow keep: and with:"
        return Problem(what, self.record, how, "limit", at_run=True)


class _AnswerView(ScopeView):
    """What conditions on one answer see: the document as `$` and `@`, and `http.status`, `http.header.NAME`."""

    __slots__ = ("_headers", "_status")

    def __init__(
        self, run: Run, around: Scope, document: Document | None, status: int | None, headers: Mapping[str, str]
    ) -> None:
        root = None if document is None else document.root
        scope = Scope(root, around, names={"$": [root]})
        super().__init__(run, scope, scope, "")
        self._status, self._headers = status, {name.casefold(): value for name, value in headers.items()}

    def field_nodes(self, parts: tuple[str, ...]) -> list[Any]:
        """The status, or a header."""
        if parts == ("http", "status"):
            return [] if self._status is None else [self._status]
        name = ".".join(parts[2:]).casefold()
        return header_values(name, self._headers.get(name))
