"""One run of an operation, without I/O: answers go in, a `Result` comes out.

The runtime that replays recorded responses and the one that calls a merchant drive the same object: they hand it the
documents of each call, ask it for the items of the calls made per order, and take the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workbench.catalogue import catalogue
from workbench.conditions import Condition, Conditions, header_values, holds
from workbench.documents import Document, Limits
from workbench.errors import Problem, UsageError
from workbench.execute.failures import failure
from workbench.execute.generate import maker
from workbench.execute.items import Spot, block_items, place_is_there, place_items, relate
from workbench.execute.records import Make, Record, make_record, unavailable_fields
from workbench.execute.rules import FieldRun
from workbench.execute.scope import Exhausted, Failed, Run, Scope, ScopeView, nodes_at
from workbench.orders import FAILED, FOUND, NONE, TOP_LEVEL, WITHHELD, Result, TopLevel
from workbench.paths import Path, scalars, text_of
from workbench.plan import Block, Call, Operation, Plan

__all__ = ["Execution"]


class Execution:
    """One run of one operation of a plan.

    Args:
        plan: The compiled mapping.
        operation: The operation's name.
        inputs: What is asked for, such as `{"email": ...}`.
        now: The run's clock, for conditions on age; the present unless given.
        limits: Bounds the work that a document may cause.
        live: Whether a missing input is wrong use rather than a problem.
        mode: `interpret`, `generate` (Python code made from the plan), or `auto`: generated from the point where it
            pays. All give the same result.
    """

    def __init__(
        self,
        plan: Plan,
        operation: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        now: datetime | None = None,
        limits: Limits | None = None,
        live: bool = False,
        mode: str = "auto",
    ) -> None:
        if operation not in plan.operations:
            raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(plan.operations)}")
        self.plan = plan
        self.operation: Operation = plan.operations[operation]
        self.record = self.operation.record
        self.run = Run(plan.timezone, inputs or {}, now, limits or Limits(), live)
        self._names: dict[str, list[Any]] = {}
        self.root = Scope(None, names=self._names)
        self._mode = mode
        self._required = _required(self.record, self.operation.orders)
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

    # ------------------------------------------------------------ what comes out

    def result(self) -> Result:
        """The orders, and all problems. Never raises on data."""
        if self.failure is None:
            self.items()
        if self.failure is not None:
            return self._without_orders(FAILED, [self.failure])
        try:
            return self._result()
        except (Exhausted, RecursionError) as error:
            return self._without_orders(FAILED, [self._too_much(error)])

    def _too_much(self, error: Exception) -> Problem:
        if isinstance(error, RecursionError):
            return Problem("the response is nested too deeply", self.record, code="limit", at_run=True)
        what, how = "the mapping takes too many steps on this response", "narrow keep: and with:"
        return Problem(what, self.record, how, "limit", at_run=True)

    def _without_orders(self, outcome: str, problems: Iterable[Problem], withheld: int = 0) -> Result:
        told = list(dict.fromkeys([*self._problems, *problems]))
        return Result(outcome, [], told, self.plan.version, withheld=withheld)

    def _result(self) -> Result:
        block = self.operation.orders
        items = self.items()
        make = make_record if self._mode == "interpret" else maker(self.plan, self.operation, len(items), self._mode)
        verify = self._verify()
        plain = not (block.related or self._reasons or self.plan.expect)
        firsts = frozenset(group[0] for group in self._required)
        orders: list[TopLevel] = []
        problems: list[Problem] = []
        blank = dropped = withheld = 0
        kind = TOP_LEVEL[self.record]
        for item in items:
            if plain:  # a page of orders about which there is nothing else to say
                record = make(block, item, self.run)
                if record and not firsts <= record.keys():
                    self._require(item, record, ())
            else:
                record = self._made(block, item, make)
            if not record:
                blank += 1
                problems += self._told(item, self.record)
                continue
            if block.keep_fields and not holds(block.keep_fields, self._view(item, record)):
                dropped += 1
            elif verify and not holds(verify, self._view(item, record)):
                withheld += 1
            else:
                own: tuple[Problem, ...] = ()
                if item.reports:
                    own = tuple(self._told(item, f"{self.record}[{len(orders)}]"))
                    problems += own
                orders.append(kind(record, own))
        problems = self._general(items, blank, len(orders)) + problems
        if withheld:
            problems.append(_withheld(withheld, self.record))
        for name in self.run.missing:
            problems.append(Problem(f"input {name!r} not given", self.record, code="input", at_run=True))
        told = list(dict.fromkeys([*self._problems, *problems]))
        outcome = self._outcome(items, orders, blank, withheld)
        return Result(outcome, list(orders), told, self.plan.version, withheld=withheld, dropped=dropped)

    def _made(self, block: Block, item: Scope, make: Make) -> Record:
        """An item's record, with what it takes from its parts, and the problems of what is not there."""
        if block.related:
            relate(block.related, item, self.run, Spot(item, ""))
        record = make(block, item, self.run)
        if not record:
            return record
        missing = self._unavailable(block, item, record) if self._reasons else []
        self._require(item, record, missing)
        if self.plan.expect:
            self._expect(item, record, missing)
        return record

    def _unavailable(self, block: Block, item: Scope, record: Record) -> list[str]:
        """Notes what is unknown because a call failed: neither there nor absent."""
        failed = self._failed_calls(item)
        for name in sorted(failed):
            reason = self._reasons.get(name)
            what = f"call {name!r} failed{': ' + reason.what if reason else ''}"
            how = reason.how if reason and reason.code in _AT_THE_DOOR else ""
            Spot(item, "").report(what, how, code="unavailable")
        missing = unavailable_fields(block, record, failed) if failed else []
        if missing:
            record[NAMES_KEY] = missing
        return missing

    def _failed_calls(self, item: Scope) -> frozenset[str]:
        names = {name for name, roots in self._names.items() if isinstance(roots, Failed)}
        names |= {name for name, roots in (item.names or {}).items() if isinstance(roots, Failed)}
        return frozenset(names - {"$"})

    def _require(self, item: Scope, record: Record, missing: Sequence[str]) -> None:
        for group in self._required:
            if not any(key in record or key in missing for key in group):
                Spot(item, group[0]).report("no value", code="no_value")

    def _expect(self, item: Scope, record: Record, missing: Sequence[str]) -> None:
        for key, parts, when in self.plan.expect:
            if key in missing or parts[0] in missing or parts[0] not in self.operation.orders.keys:
                continue
            view = self._view(item, record, key)
            if holds(when, view) and not view.field_nodes(parts):
                Spot(item, key).report("no value, but the mapping expects one", code="expected")

    def _view(self, item: Scope, record: Record, place: str = "") -> ScopeView:
        return ScopeView(self.run, item, item, place, record)

    def _verify(self) -> Conditions:
        """The check after the search: every order carries what was asked for.

        The check that everyone knows is skipped without its input; one that the file writes says so, as conditions do.
        """
        wanted = self.operation.verify
        if self.operation.implied and not self.run.live:
            wanted = tuple(condition for condition in wanted if self._applies(condition))
        return wanted

    def _applies(self, condition: Condition) -> bool:
        names = [want.value for test in condition.tests for want in test.wants if want.kind == "input"]
        return all(self.run.inputs.get(name) is not None for name in names)

    def _told(self, item: Scope, place: str) -> list[Problem]:
        return [report.problem(place) for report in item.reports or ()]

    def _general(self, items: list[Scope], blank: int, orders: int) -> list[Problem]:
        """Problems of the response as a whole."""
        problems = self._told(self.root, self.record)
        if not items and not self._has_place():
            how = "mend each: of orders, or say not_found_when:"
            what = "the place of the orders is not in the response"
            problems.append(Problem(what, self.record, how, "no_place", at_run=True))
        elif blank and not orders and blank == len(items):
            what = f"{blank} item{'s' * (blank > 1)} without any value"
            problems.append(Problem(what, self.record, code="no_values", at_run=True))
        return problems

    def _has_place(self) -> bool:
        roots = [root for roots in self._names.values() for root in roots]
        return not roots or place_is_there(self.operation.orders.place, self.root)

    def _outcome(self, items: list[Scope], orders: list[TopLevel], blank: int, withheld: int) -> str:
        if orders:
            return FOUND
        if withheld:
            return WITHHELD
        if (items and blank == len(items)) or (not items and not self._has_place()):
            return FAILED
        return NONE


NAMES_KEY = "unavailable"
_AT_THE_DOOR = ("forbidden", "unreachable", "timeout")
"""Failures that only a live call can have, and that may have to do with our address."""


def _required(record: str, block: Block) -> list[tuple[str, ...]]:
    """Groups of fields of which an order needs one, as far as the mapping has rules for them."""
    fields = catalogue().records[record].fields
    ruled = [field.key for field in block.fields]
    either = [tuple(key for key in ruled if key in group) for group in catalogue().require_any.get(record, ())]
    return [*((key,) for key in ruled if fields[key].required), *(group for group in either if group)]


def _withheld(count: int, record: str) -> Problem:
    what = f"{count} orders that do not carry what was asked for, left out"
    if count == 1:
        what = "1 order that does not carry what was asked for, left out"
    return Problem(what, record, code="withheld", at_run=True)


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
