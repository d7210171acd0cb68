"""A checked mapping, compiled: everything an executor needs, and nothing of how it works.

Plans are plain tuples, so they can be pickled, compared and shared between threads and processes. Executors read them:
the interpreter and the code generator of `workbench.execute` do, and one that decodes only needed leaves could.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.conditions import Conditions
from workbench.paths import Path
from workbench.transforms import Lookup


class Place(NamedTuple):
    """Where items are: the first option that has any; an option goes level by level."""

    options: tuple[tuple[Path, ...], ...]


class Amount(NamedTuple):
    """Options of `decimal`: what a comma is, and by how many digits to shift (True: by the currency)."""

    comma: bool | None = None
    minor_units: int | bool | Path = 0


class Moment(NamedTuple):
    """Options of `datetime`."""

    formats: tuple[str, ...] = ()
    clock: Path | None = None
    zone: str | Path | None = None
    epoch: str = ""


class Case(NamedTuple):
    """One case: its conditions, and a path or a word."""

    when: Conditions
    path: Path | None
    word: Any


class Rule(NamedTuple):
    """How one field is obtained: a source, and transforms in their fixed order."""

    source: str
    path: Path | None = None
    parts: tuple[Rule, ...] = ()
    cases: tuple[Case, ...] = ()
    value: Any = None
    separator: str = " "
    at: Place | None = None
    null_when: tuple[Any, ...] = ()
    regex: str | None = None
    function: str | None = None
    lookup: Lookup | None = None
    otherwise: Any = None
    has_otherwise: bool = False
    decimal: Amount | None = None
    datetime: Moment | None = None
    bare: bool = False


class Related(NamedTuple):
    """Items found for each item of a block, by name."""

    name: str
    place: Place
    keep: Conditions
    parse: str | None
    keyed: bool


class Block(NamedTuple):
    """A place, and the rules of what stands there.

    Attributes:
        many: A list field (`each`), rather than an object (`at`).
        keep: Conditions by paths, before anything else is evaluated.
        keep_fields: Conditions by business fields, after the rules.
        fields: In the order of evaluation.
        keys: Every key that a record may get, in the order in which it is shown.
        calls: The calls whose answers the place itself needs.
        gathers: An order, which takes from its parts what it does not say itself.
        inline: Fields alone, without a place: they stand on the item that the record around them stands on.
    """

    many: bool
    place: Place
    keep: Conditions
    keep_fields: Conditions
    group_by: Path | None
    keyed: bool
    parse: str | None
    related: tuple[Related, ...]
    fields: tuple[FieldPlan, ...]
    keys: tuple[str, ...]
    calls: frozenset[str]
    gathers: bool
    inline: bool


class FieldPlan(NamedTuple):
    """One field of a record: its rule or its block.

    Attributes:
        raw: The key that keeps the merchant's own word, if any.
        calls: The calls whose answers the rule needs, or the block and what is in it.
    """

    key: str
    kind: str
    raw: str
    vocabulary: str
    rule: Rule | None
    block: Block | None
    calls: frozenset[str]


class Call(NamedTuple):
    """One HTTP request of an operation; texts are templates.

    Attributes:
        reads: It only reads, by its method or by declaration.
        declared: The file says so.
        quotes: How a quote inside quotes is written in a query language inside its texts.
        for_each: Made for each order, whose own its answer is.
        over: What it is made for one by one: nodes of the order, or of an earlier call's answer.
        limit: For how many orders, or nodes, it is made at most.
        sources: The calls whose answers it takes something from.
        server: Which of the connection's servers it is sent to; empty for that of the base URL.
    """

    name: str
    method: str
    url: str
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body_kind: str | None
    body: Any
    reads: bool
    format: str | None
    delimiter: str | None
    encoding: str | None
    namespaces: Mapping[str, str] | None
    for_each: bool
    only_when: Conditions | None
    required: bool
    not_found_when: Conditions | None
    fail_when: Conditions | None
    pages: Mapping[str, Any] | None
    timeout_s: float | None
    item_paths: tuple[Path, ...]
    declared: bool = False
    quotes: str | None = None
    over: Place | None = None
    limit: int | None = None
    sources: frozenset[str] = frozenset()
    server: str = ""

    def key(self, values: Sequence[str]) -> str:
        """What tells its answers apart where it is made for several: the first value that it takes from an order.

        Of a call made for each of several nodes it is all the values: two nodes may share the first.
        """
        return " + ".join(values) if self.over is not None else next(iter(values), "")


class Operation(NamedTuple):
    """A business capability: its calls, the place of its orders, and the check after the search.

    Attributes:
        implied: The check is the one that everyone knows, rather than written in the file.
        waived: Why there is no check, where the file waives it.
        lacking: Names that its record reads and it does not have, since another operation does: what needs them is
            unknown here.
    """

    name: str
    inputs: tuple[str, ...]
    calls: tuple[Call, ...]
    orders: Block
    record: str
    verify: Conditions
    implied: bool
    waived: str
    lacking: frozenset[str] = frozenset()


class Plan(NamedTuple):
    """A whole mapping, compiled."""

    merchant: str
    version: str | None
    digest: str
    timezone: str | None
    connection: Mapping[str, Any]
    operations: Mapping[str, Operation]
    expect: tuple[tuple[str, tuple[str, ...], Conditions], ...]
