"""A complete draft of a mapping from recorded answers alone, with a score and reasons for every proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from pathlib import Path
from typing import Any

from workbench.decode import decode
from workbench.documents import Document
from workbench.errors import DecodeError, UsageError
from workbench.pick.steps import Steps, is_below, text
from workbench.samples import Suggestion as Expectation
from workbench.suggest.accept import Acceptor
from workbench.suggest.behind import Behind
from workbench.suggest.build import Builder, values_of
from workbench.suggest.candidates import Candidate
from workbench.suggest.expecting import expectations_of
from workbench.suggest.joins import with_lines_elsewhere
from workbench.suggest.known import NOTHING, Known, Likeness, known_of, recognise
from workbench.suggest.links import Links, Written, of_included, of_lists
from workbench.suggest.others import OtherBuilder, summary_of
from workbench.suggest.reading import Reading
from workbench.suggest.rules import path_of
from workbench.suggest.scoring import Weights, default_weights
from workbench.suggest.sorts import ORDER, REFUND, TRACKING, Sort, back_at, sort_of, told
from workbench.suggest.structure import Structure, Structures
from workbench.suggest.texts import texts_of, wrapped
from workbench.tree import Budget, Tree, merge

_LEAST = 1.25
_LEAST_OWN = 0.65
THRESHOLD = 0.6
"""How likely a proposal must be right to stand in a draft."""
_SHOWN = 8
_RIVAL = 0.5
_SAID = 2.0
"""How much speaks for a place that says itself what it is."""
_NO_ORDER = "no order found: nothing here has an order's number, date, customer or status together"
BUDGET = Budget(values=60_000, part=400, nodes=4_000)


@dataclass(frozen=True)
class Suggestion:
    """A proposal for a field.

    Attributes:
        field: The business field, `lines.sku`.
        path: Where it stands, seen from its item.
        rule: The rule as the mapping would have it.
        score: How likely it is right, 0 to 1.
        reasons: Why, in words.
        values: Up to five values that it gives.
        doubt: What speaks against it, in words; empty where nothing does.
        place: The block that it stands in, `{"each": "@.items"}` or `{"at": ...}`; None for a field of the order.
        related: What it needs under `with:`, of the orders under `""`, of the block that it stands in under its name.
    """

    field: str
    path: str
    rule: Any
    score: float
    reasons: tuple[str, ...]
    values: tuple[str, ...] = made(default=(), repr=False)
    doubt: str = ""
    place: dict[str, Any] | None = made(default=None, repr=False, hash=False)
    related: dict[str, dict[str, Any]] = made(default_factory=dict, repr=False, hash=False)


@dataclass
class Draft:
    """What a never-seen API's answers most likely mean.

    Attributes:
        mapping: The mapping's data; it loads. Empty records where no order was found.
        unsure: Fields that were left out, with why.
        sure: The proposals that the mapping holds, by field.
        summary: What was found, in a sentence.
        known: Earlier mappings that fit these answers, the likest first; to be confirmed.
        expectations: What all orders of the answers bear out; the mapping has them under `expect:`.
        record: What the mapping makes: order, or tracking or refund where the answers hold no order but that.
    """

    mapping: dict[str, Any]
    unsure: dict[str, str] = made(default_factory=dict)
    sure: dict[str, Suggestion] = made(default_factory=dict)
    summary: str = ""
    known: list[Likeness] = made(default_factory=list)
    expectations: list[Expectation] = made(default_factory=list)
    record: str = ORDER
    _told: dict[str, list[Suggestion]] = made(default_factory=dict, repr=False, compare=False)
    _tell: Callable[[str], list[Suggestion]] | None = made(default=None, repr=False, compare=False)

    def candidates(self, field: str) -> list[Suggestion]:
        """What may be meant for a field, the likeliest first; where few places speak for it, weaker ones behind."""
        if self._tell is not None and field not in self._told:
            self._told[field] = self._tell(field)
        return list(self._told.get(field, ()))


def draft(
    samples: Any,
    content_type: str | None = None,
    asked: Mapping[str, str] | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    operation: str = "",
    call: str = "",
    folders: Iterable[Path | str] = (),
    threshold: float = THRESHOLD,
    weights: Weights | None = None,
    merchant: str = "draft",
) -> Draft:
    """Proposes a complete mapping of recorded answers of one operation; offline, and always the same.

    Args:
        samples: An answer or several: bytes, text, a path to a file, or a `Document`.
        content_type: Their content type, where known.
        asked: What the first of them was asked for: `{"email": ..., "number": ...}`.
        given: The data of a mapping under way. Its rules count as confirmed: they are evidence, their fields are not
            proposed again, and no proposal reads a place that they read.
        operation: The operation of `given` whose answers these are; its first unless said.
        call: The call whose answers these are; the operation's first unless said.
        folders: Where earlier mappings lie; those that fit are told by `known`, and never taken silently.
        threshold: How likely a proposal must be right to stand in the mapping.
        weights: How columns are scored; those that come with the package unless given.
        merchant: The name that the mapping gets.
    """
    documents, trouble = _documents(samples, content_type)
    weights = weights or default_weights()
    asked_for = {key: str(value).casefold().strip() for key, value in (asked or {}).items() if value}
    named = "find_order_by_number" if "number" in asked_for and "email" not in asked_for else "find_orders_by_email"
    if not documents:
        return _nothing(merchant, named, trouble or "no order found: nothing was given")
    answers = documents
    real = tree = merge(documents, budget=BUDGET)
    settled = _settled(given, operation, call, tree)
    links = of_included(documents)
    if links is not None:
        documents = links.documents
        tree = merge(documents, budget=BUDGET)
    structures = Structures(tree, documents, asked_for)
    readings = structures.at(settled.root) if settled.root is not None else likely(structures.find())
    sort = back_at(structures, settled.root) if settled.root is not None else sort_of(structures, *readings[:1])
    if sort.record != ORDER:
        found = _other(sort, structures, documents, weights, threshold, merchant, named)
    elif not readings and not sort.back:
        found = _from_texts(tree, documents, asked_for, weights, threshold, merchant, named)
    else:
        reading_as = readings[0] if readings else Structure(sort.steps, score=_SAID)
        structure = with_lines_elsewhere(structures, reading_as, documents)
        if settled.lines is not None and is_below(settled.lines, structure.root):
            structure = replace(structure, lines=settled.lines, apart=False)
        if links is None and (links := of_lists(tree, documents, structure.root, structure.lines)) is not None:
            documents = links.documents
            tree = merge(documents, budget=BUDGET)
        reading = Reading(structure, documents, tree, weights, structures.mapped, asked_for, sort.back)
        found = build_draft(reading, weights, threshold, merchant, named, settled, links)
        if others := rivals_of(readings):
            found.summary += f"; orders may also stand at {', '.join(map(text, others))}"
    if found.record == ORDER and found.sure:
        found.expectations = expectations_of(found.mapping, answers)
        if found.expectations:
            found.mapping["expect"] = {each.field: each.expect for each in found.expectations}
    found.known = recognise(real, folders)
    return found


def _other(
    sort: Sort, structures: Structures, documents: Sequence[Document], weights: Weights, threshold: float,
    merchant: str, operation: str,
) -> Draft:  # fmt: skip
    """The draft of a tracking answer or a refund; an empty one that says what it is where nothing can be mapped."""
    if sort.record not in (TRACKING, REFUND):
        return _nothing(merchant, operation, told(sort))
    structure = Structure(sort.steps, score=_SAID)
    reading = Reading(structure, documents, structures.tree, weights, structures.mapped, {})
    builder = OtherBuilder(reading, Acceptor(weights.data.get("accept", {})), sort.record)
    builder.choose()
    record, unsure = builder.records(threshold)
    if not builder.is_enough(tuple(record)):
        return _nothing(merchant, operation, told(sort))
    mapping = _mapping(merchant, operation, builder.orders(), record, sort.record)
    found = Draft(mapping, unsure, record=sort.record)
    _fill(found, builder)
    found.summary = summary_of(builder, len(found.sure), len(found.unsure))
    return found


def _from_texts(
    tree: Tree, documents: Sequence[Document], asked: Mapping[str, str], weights: Weights, threshold: float,
    merchant: str, operation: str,
) -> Draft:  # fmt: skip
    """The draft where orders are sent as texts inside the answers; an empty one where they are not."""
    for texts in texts_of(tree, documents):
        inner = merge(texts.documents, budget=BUDGET)
        structures = Structures(inner, texts.documents, asked)
        for structure in likely(structures.find())[:1]:
            reading = Reading(structure, texts.documents, inner, weights, structures.mapped, asked)
            found = build_draft(reading, weights, threshold, merchant, operation)
            written = wrapped(texts, structure.root, found.mapping["records"]["order"])
            if written is not None and structure.group is None and not reading.flat:
                orders, record = written
                found.mapping = _mapping(merchant, operation, orders, record)
                found.summary = f"each order is a text at {text((*texts.each, *texts.path))}; {found.summary}"
                return found
    return _nothing(merchant, operation, _NO_ORDER)


def _settled(given: Mapping[str, Any] | None, operation: str, call: str, tree: Tree) -> Known:
    """What a mapping under way settles; nothing without one."""
    if not given or not given.get("operations"):
        return NOTHING
    operation = operation or next(iter(given["operations"]))
    if operation not in given["operations"]:
        raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(given['operations'])}")
    calls = (given["operations"][operation] or {}).get("calls") or [{}]
    return known_of(given, operation, call or calls[0].get("name", "main"), tree)


def likely(found: Sequence[Structure]) -> list[Structure]:
    """The readings that hold an order: enough of its own values, and enough altogether."""
    return [each for each in found if each.named and each.score >= _LEAST and each.own >= _LEAST_OWN]


def rivals_of(readings: Sequence[Structure]) -> list[Steps]:
    """Places elsewhere in the answers that look like orders about as much as the one that was taken."""
    if not readings:
        return []
    best = readings[0]
    return [
        each.root for each in readings[1:]
        if each.score > best.score - _RIVAL
        and not is_below(each.root, best.root) and not is_below(best.root, each.root)
    ][:2]  # fmt: skip


def build_draft(
    reading: Reading, weights: Weights, threshold: float, merchant: str, operation: str, known: Known = NOTHING,
    links: Links | None = None,
) -> Draft:  # fmt: skip
    """The draft that a reading makes; with links, what is read from elsewhere is written as joins."""
    builder = Builder(reading, Acceptor(weights.data.get("accept", {})), known)
    builder.choose()
    record, unsure = builder.records(threshold)
    orders = builder.orders()
    written = Written(links) if links is not None else None
    if written is not None:
        record, needed = written.record(record)
        if needed:
            orders["with"] = {**orders.get("with", {}), **needed}
    found = Draft(_mapping(merchant, operation, orders, record), unsure)
    _fill(found, builder, written)
    found.summary = _summary(reading, found)
    return found


def _fill(found: Draft, builder: Builder, written: Written | None = None) -> None:
    """The proposals of what a builder has chosen, and what else each field may be."""
    for key, chosen in builder.chosen.items():
        found.sure[key] = _suggestion(key, chosen.candidate, builder, written, (chosen.rule, chosen.doubt))
    found.sure = {key: each for key, each in found.sure.items() if key not in found.unsure}
    behind = Behind(builder)
    found._tell = lambda key: [
        _suggestion(key, each, builder, written) for each in [*builder.ranked.get(key, ())[:_SHOWN], *behind.of(key)]
    ]


def _summary(reading: Reading, found: Draft) -> str:
    where = text(reading.structure.root)
    many = "orders stand" if "[*]" in reading.structure.root else "one order stands"
    if reading.back:
        many = "returns of orders stand" if "[*]" in reading.structure.root else "a return of an order stands"
    rows = ", rows of one order together" if reading.structure.group is not None else ""
    return f"{many} at {where}{rows}; {len(found.sure)} fields are proposed, {len(found.unsure)} left open"


def _suggestion(
    key: str, candidate: Candidate, builder: Builder, written: Written | None, told: tuple[Any, str] | None = None
) -> Suggestion:
    rule, doubt = told or builder.rule(key, candidate)
    path = path_of(candidate.parts[0], builder.xml)
    rule, place = builder.seen(key, rule), candidate.place or builder.place(key)
    related: dict[str, dict[str, Any]] = {}
    if written is not None:
        block = key.rpartition(".")[0] if place is not None else ""
        rule, related[block] = written.rule(rule)
        path = written.rule(path)[0]
        if place is not None:
            place, needed = written.rule(place)
            related[""] = {**related.get("", {}), **needed}
    return Suggestion(
        key, path, rule, round(candidate.chance, 3), tuple(candidate.reasons), values_of(candidate), doubt, place,
        {block: needed for block, needed in related.items() if needed},
    )  # fmt: skip


def _mapping(
    merchant: str, operation: str, orders: dict[str, Any], fields: dict[str, Any], record: str = ORDER
) -> dict[str, Any]:
    return {
        "format": 1,
        "merchant": merchant,
        "operations": {operation: {"orders": orders}},
        "records": {record: fields},
    }


def _nothing(merchant: str, operation: str, summary: str) -> Draft:
    return Draft(_mapping(merchant, operation, {"each": "$"}, {}), {}, {}, summary)


def _documents(samples: Any, content_type: str | None) -> tuple[list[Document], str]:
    """The answers, decoded; what cannot be read is told."""
    if isinstance(samples, (bytes, str, Path, Document)):
        samples = [samples]
    found: list[Document] = []
    trouble = ""
    for each in samples:
        if isinstance(each, Document):
            found.append(each)
            continue
        body = each.read_bytes() if isinstance(each, Path) else each.encode() if isinstance(each, str) else bytes(each)
        try:
            found.append(decode(body, content_type=content_type))
        except DecodeError as error:
            trouble = f"no order found: the answer could not be read - {error}"
    return found, trouble
