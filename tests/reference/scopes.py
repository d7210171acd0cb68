"""What a rule can see: the current item, the items around it, and what has a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.reference import paths
from workbench.errors import Problem
from workbench.transforms import zone_of

A_LIST_BECAME_AN_OBJECT = "a list has become an object"


@dataclass
class Failed:
    """The answer of a call that failed, and why."""

    problem: Problem


@dataclass
class Related:
    """The items found under `with:`, and the failed calls that may be the reason why some are not there."""

    items: list[Any]
    missed: set[str]


@dataclass
class Notes:
    """What is told of a record: problems as (what, place below it), and the failed calls it needed, for which fields.

    `found` is whether a value came out of the document: constants alone make no record.
    """

    said: list[tuple[str, str]] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)
    unavailable: list[str] = field(default_factory=list)
    found: bool = False

    def say(self, what: str, place: str = "") -> None:
        """Takes a problem down, once."""
        if (what, place) not in self.said:
            self.said.append((what, place))

    def take(self, other: Notes, place: str) -> None:
        """Takes over the problems of a part."""
        for what, below in other.said:
            self.say(what, place + below)
        self.missed |= other.missed
        self.found = self.found or other.found
        self.unavailable += [name for name in other.unavailable if name not in self.unavailable]


@dataclass
class Run:
    """One execution: the mapping, what was asked, and the clock."""

    mapping: dict[str, Any]
    inputs: dict[str, Any]
    now: datetime
    skipped: set[str] = field(default_factory=set)

    @property
    def zone(self) -> Any:
        """The mapping's time zone."""
        return zone_of(self.mapping["timezone"]) if self.mapping.get("timezone") else None


@dataclass
class Scope:
    """An item; `names` are the calls (in the outermost scope), `with` names and `rows`."""

    item: Any
    run: Run
    around: Scope | None = None
    key: Any = None
    names: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    def inside(self, item: Any, key: Any = None) -> Scope:
        """The scope of an item found from here."""
        return Scope(item, self.run, self, key)

    def out(self, levels: int) -> Scope | None:
        """The scope so many items around this one."""
        scope: Scope | None = self
        for _ in range(levels):
            scope = scope.around if scope else None
        return scope

    def named(self, name: str, notes: Notes) -> list[Any]:
        """What stands behind `name:$`: nothing where there is no such thing here."""
        scope: Scope | None = self
        while scope:
            if name in scope.names:
                found = scope.names[name]
                if isinstance(found, Failed):
                    notes.missed.add(name)
                    return []
                if isinstance(found, Related):
                    notes.missed |= found.missed
                    return found.items
                return list(found)
            scope = scope.around
        return []

    def nodes(self, text: str, notes: Notes) -> list[Any]:
        """All nodes at a path."""
        return [node for found in self.nodes_by_root(text, notes) for node in found]

    def nodes_by_root(self, text: str, notes: Notes) -> list[list[Any]]:
        """The nodes at a path, those of each page or related item apart."""
        name, root, key, steps = paths.read_path(text)
        if root == "$":
            roots = self.named(name or "$", notes)
        else:
            scope = self.out(len(root) if root[0] == "^" else 0)
            if scope is None:
                return []
            if key:
                return [] if scope.key is None else [[scope.key]]
            roots = [scope.item]
        return [paths.find(node, steps, lambda: notes.say(A_LIST_BECAME_AN_OBJECT)) for node in roots]

    def values(self, text: str, notes: Notes) -> list[Any]:
        """The scalars at a path."""
        return paths.scalars(self.nodes(text, notes))

    def currency(self) -> str | None:
        """The currency of this record, or of one around it."""
        found = self.record.get("currency")
        return found if found or self.around is None else self.around.currency()
