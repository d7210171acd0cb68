"""Where a rule stands: the current item, the item around it, named things, and what the whole run shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.documents import Limits
from workbench.errors import Problem
from workbench.paths import Path, find, is_number, number, scalars, text_of
from workbench.transforms import Trouble, zone_of

LIST_BECAME_OBJECT = Trouble("a list has become an object", code="list_became_object")


class Exhausted(Exception):
    """The mapping takes more steps on this document than any order is worth."""


class Failed(list[Any]):
    """The roots of a call that failed: none, and not the same as none found."""


class Report(NamedTuple):
    """A problem whose place is not whole yet: `place` is relative to the record that holds it."""

    place: str
    what: str
    how: str
    code: str

    def problem(self, prefix: str) -> Problem:
        """The problem with its whole place."""
        where = f"{prefix}{self.place}" if not self.place or self.place[0] == "[" else f"{prefix}.{self.place}"
        return Problem(self.what, where, self.how, self.code, at_run=True)


class Scope:
    """What a rule can see from where it stands.

    Attributes:
        item: The current item.
        names: Roots by name: calls, related items, rows.
        around: The scope of the item around it.
        key: The key of the item in its map, or its position in its list.
        currency: The currency of the record that is being made from this item.
        reports: Problems of that record so far, or None.
        found: Whether the record holds a value out of the document: constants alone make no record of an item.
    """

    __slots__ = ("around", "currency", "found", "item", "key", "names", "reports")

    def __init__(
        self,
        item: Any,
        around: Scope | None = None,
        key: Any = None,
        names: dict[str, list[Any]] | None = None,
    ) -> None:
        self.item = item
        self.around = around
        self.key = key
        self.names = names
        self.currency: str | None = None
        self.reports: list[Report] | None = None
        self.found = False

    def report(self, report: Report) -> None:
        """Takes note of a problem of this record."""
        if self.reports is None:
            self.reports = [report]
        elif report not in self.reports:
            self.reports.append(report)

    def twin(self) -> Scope:
        """Another record made from the same item, as fields without a place of their own are."""
        twin = Scope(self.item, self.around, self.key, self.names)
        twin.currency = self.currency
        return twin

    def roots(self, name: str) -> list[Any]:
        """The roots that a name stands for, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            if scope.names is not None and name in scope.names:
                return scope.names[name]
            scope = scope.around
        return []

    def out(self, ups: int) -> Scope | None:
        """The scope so many items further out."""
        scope: Scope | None = self
        for _ in range(ups):
            scope = scope.around if scope is not None else None
        return scope

    def starts(self, path: Path) -> list[Any]:
        """The nodes from which a path's steps go."""
        if path.root == "$":
            return self.roots(path.name or "$")
        scope = self.out(path.ups) if path.ups else self
        return [] if scope is None else [scope.item]

    def money(self) -> str | None:
        """The currency of this record, or of one around it."""
        scope: Scope | None = self
        while scope is not None:
            if scope.currency is not None:
                return scope.currency
            scope = scope.around
        return None


def nothing(node: Any) -> bool:
    """Null, blank text, and an object or list that holds nothing else."""
    if node is None:
        return True
    if isinstance(node, str):
        return not node or node.isspace()
    if not isinstance(node, (dict, list)):
        return False
    for member in node.values() if isinstance(node, dict) else node:  # noqa: SIM110  # a generator costs more
        if not nothing(member):
            return False
    return True


class Index:
    """The members of a list by the values at a path: which may equal some of ours, in their order."""

    __slots__ = ("_numbers", "_texts", "rows")

    def __init__(self, rows: list[Any], path: Path) -> None:
        self.rows = rows  # held so that no other list can get its identity
        self._texts: dict[str, list[int]] = {}
        self._numbers: dict[Decimal | None, list[int]] = {}
        for position, row in enumerate(rows):
            if nothing(row):
                continue
            for value in scalars(find(row, path.steps)):
                self._texts.setdefault(text_of(value), []).append(position)
                if is_number(value):
                    self._numbers.setdefault(number(value), []).append(position)

    def positions(self, wanted: list[Any]) -> list[int]:
        """Where a value stands that may equal one of those."""
        found: set[int] = set()
        for value in wanted:
            found.update(self._texts.get(text_of(value), ()))
            if is_number(value):
                found.update(self._numbers.get(number(value), ()))
        return sorted(found)


class Run:
    """What one execution shares: inputs, time zone, clock, and the budget of steps."""

    __slots__ = ("_budget", "_indexes", "inputs", "live", "missing", "now", "zone")

    def __init__(
        self, timezone: str | None, inputs: Mapping[str, Any], now: datetime | None, limits: Limits, live: bool
    ) -> None:
        self.zone: tzinfo | None = zone_of(timezone) if timezone else None
        self.inputs = inputs
        self.now = now or datetime.now(UTC)
        self.live = live
        self.missing: dict[str, None] = {}
        self._budget = 10 * limits.nodes
        self._indexes: dict[tuple[int, str], Index] = {}

    def spend(self, steps: int) -> None:
        """Counts steps against the budget, so that no document and no join can take for ever.

        Raises:
            Exhausted: The budget is used up.
        """
        self._budget -= steps
        if self._budget < 0:
            raise Exhausted

    def index(self, rows: list[Any], path: Path) -> Index:
        """The index of a list by a path, made once."""
        key = (id(rows), path.text)
        known = self._indexes.get(key)
        if known is None:
            self.spend(len(rows))
            known = self._indexes[key] = Index(rows, path)
        return known

    def given(self, name: str) -> Any:
        """The value of an input; None, noted once, when it was not given."""
        value = self.inputs.get(name)
        if value is None:
            self.missing[name] = None
        return value


def nodes_at(path: Path, scope: Scope, home: Scope, place: str) -> list[Any]:
    """The nodes at a path, seen from a scope.

    Args:
        path: The path.
        scope: Where it starts.
        home: The record that gets the problem when `[*]` meets an object.
        place: The field or block, relative to that record.
    """
    if path.key:
        start = scope.out(path.ups)
        return [] if start is None or start.key is None else [start.key]

    def met_object() -> None:
        trouble = LIST_BECAME_OBJECT
        home.report(Report(place, trouble.what, trouble.how, trouble.code))

    found: list[Any] = []
    for root in scope.starts(path):
        found += find(root, path.steps, met_object)
    return found


class ScopeView:
    """What conditions see from a scope, with the record made from it where there is one."""

    __slots__ = ("_home", "_place", "_record", "_run", "_scope", "now", "zone")

    def __init__(
        self, run: Run, scope: Scope, home: Scope, place: str, record: Mapping[str, Any] | None = None
    ) -> None:
        self._run, self._scope, self._home, self._place, self._record = run, scope, home, place, record
        self.now, self.zone = run.now, run.zone

    def nodes(self, path: Path) -> list[Any]:
        """The nodes at a path."""
        return nodes_at(path, self._scope, self._home, self._place)

    def values(self, path: Path) -> list[Any]:
        """The scalars at a path."""
        return scalars(self.nodes(path))

    def field_nodes(self, parts: tuple[str, ...]) -> list[Any]:
        """The values of a business field of the record; of rows, those of each row."""
        nodes: list[Any] = [] if self._record is None else [self._record]
        for part in parts:
            rows = [row for node in nodes for row in (node if isinstance(node, list) else [node])]
            nodes = [row[part] for row in rows if isinstance(row, dict) and part in row]
        return nodes

    def given(self, name: str) -> Any:
        """The value of an input, or None after noting that it was not given."""
        return self._run.given(name)

    def doubt(self, what: str, how: str, code: str) -> None:
        """Takes note that sides cannot be compared as asked."""
        self._home.report(Report(self._place, what, how, code))
