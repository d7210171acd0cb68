"""One run of an operation, without I/O: answers go in, a `Result` comes out.

The runtime that replays recorded responses and the one that calls a merchant drive the same object: they hand it the
documents of each call, ask it for the items of the calls made per order, and take the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workbench.catalogue import catalogue
from workbench.conditions import Condition, Conditions, holds
from workbench.documents import Limits
from workbench.errors import Problem
from workbench.execute.answers import Answers
from workbench.execute.generate import maker
from workbench.execute.items import Spot, place_is_there, relate
from workbench.execute.records import Make, Record, make_record, unavailable_fields
from workbench.execute.scope import Exhausted, Failed, Scope, ScopeView
from workbench.orders import FAILED, FOUND, NONE, TOP_LEVEL, WITHHELD, Result, TopLevel
from workbench.plan import Block, Plan

__all__ = ["Execution"]


class Execution(Answers):
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
        super().__init__(plan, operation, inputs, now, limits, live)
        self._mode = mode
        self._required = _required(self.record, self.operation.orders)

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
        missing = self._unavailable(block, item, record) if self._reasons or self.operation.lacking else []
        self._require(item, record, missing)
        if self.plan.expect:
            self._expect(item, record, missing)
        return record

    def _unavailable(self, block: Block, item: Scope, record: Record) -> list[str]:
        """Notes what is unknown because a call failed, or is not made here: neither there nor absent."""
        failed = self._failed_calls(item)
        for name in sorted(failed - self.operation.lacking):
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
