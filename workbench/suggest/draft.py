"""A complete draft of a mapping from recorded answers alone, with a score and reasons for every proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from pathlib import Path
from typing import Any

from workbench.documents import Document
from workbench.pick.steps import EACH, is_below, name_of, text
from workbench.samples import Suggestion as Expectation
from workbench.suggest.accept import Acceptor
from workbench.suggest.behind import Behind
from workbench.suggest.build import Builder
from workbench.suggest.calls import BUDGET, Answers, Grafted, Speech, Unsayable, grafted
from workbench.suggest.candidates import Candidate, values_of
from workbench.suggest.choosing import MAIN, Chosen, calls_of, likely, lookups_of, rivals_of, tables_of
from workbench.suggest.expecting import expectations_of
from workbench.suggest.joins import with_lines_elsewhere
from workbench.suggest.known import NOTHING, Known, Likeness, recognise
from workbench.suggest.links import Links, Written, of_lists
from workbench.suggest.names import read_name
from workbench.suggest.others import OtherBuilder, summary_of
from workbench.suggest.reading import Reading
from workbench.suggest.rules import path_of
from workbench.suggest.scoring import Weights, default_weights
from workbench.suggest.sorts import ORDER, REFUND, TRACKING, Sort, told
from workbench.suggest.structure import Structure, Structures
from workbench.suggest.texts import texts_of, wrapped
from workbench.tree import Tree, merge

THRESHOLD = 0.6
"""How likely a proposal must be right to stand in a draft."""
_SHOWN = 8
_ORDERS_ID = frozenset(("id", "order", "internal", "uuid", "guid", "identifier"))
_SAID = 2.0
"""How much speaks for a place that says itself what it is."""
_NO_ORDER = "no order found: nothing here has an order's number, date, customer or status together"


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
        samples: An answer or several: bytes, text, a path to a file, or a `Document`. Where several calls tell of an
            order, a table of them as `Mapping.map` takes it, `{"search": ..., "parcels": PerOrder({...})}`, or several.
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
    lookups, trouble = lookups_of(samples, content_type, call or next(iter(calls_of(given, operation)), MAIN))
    weights = weights or default_weights()
    asked_for = {key: str(value).casefold().strip() for key, value in (asked or {}).items() if value}
    named = "find_order_by_number" if "number" in asked_for and "email" not in asked_for else "find_orders_by_email"
    first = Chosen(lookups, asked_for, given, operation)
    if not first.answers:
        return _nothing(merchant, named, trouble or "no order found: nothing was given")
    if first.sort.record != ORDER:
        found = _other(first.sort, first.structures, first.documents, weights, threshold, merchant, named)
    elif not first.readings and not first.sort.back:
        found = _from_texts(first.tree, first.documents, asked_for, weights, threshold, merchant, named)
    else:
        found = _of_orders(first, lookups, asked_for, weights, threshold, merchant, named)
    if found.record == ORDER and found.sure:
        found.expectations = expectations_of(found.mapping, tables_of(lookups, first.names[0]))
        if found.expectations:
            found.mapping["expect"] = {each.field: each.expect for each in found.expectations}
    found.known = recognise(first.real, folders)
    return found


def _of_orders(
    first: Chosen, lookups: Sequence[Mapping[str, Answers]], asked: Mapping[str, str], weights: Weights,
    threshold: float, merchant: str, operation: str,
) -> Draft:  # fmt: skip
    """The draft of orders, each with what other calls tell of it and what stands elsewhere in its answer."""
    structures, documents, tree, links, settled = (
        first.structures, first.documents, first.tree, first.links, first.settled,
    )  # fmt: skip
    structure = first.readings[0] if first.readings else Structure(first.sort.steps, score=_SAID)
    alone = links is not None or structure.group is not None
    parts = Grafted(documents) if alone else grafted(first.call, structure.root, lookups)
    if parts.grafts:
        documents, tree = parts.documents, merge(parts.documents, budget=BUDGET)
        structures = Structures(tree, documents, asked)
        structure = (structures.at(structure.root) or [structure])[0]
        settled = first.settled_in(parts)
    structure = with_lines_elsewhere(structures, structure, documents)
    if settled.lines is not None and is_below(settled.lines, structure.root):
        structure = replace(structure, lines=settled.lines, apart=False)
    if links is None and not parts.grafts:
        links = of_lists(tree, documents, structure.root, structure.lines)
        if links is not None:
            documents = links.documents
            tree = merge(documents, budget=BUDGET)
    reading = Reading(structure, documents, tree, weights, structures.mapped, asked, first.sort.back)
    found = build_draft(reading, weights, threshold, merchant, operation, settled, links)
    if others := rivals_of(first.readings):
        found.summary += f"; orders may also stand at {', '.join(map(text, others))}"
    _with_key(found, parts, settled)
    _speak(found, Speech(first.call if first.call != first.names[0] else "", parts.grafts))
    _tell_calls(found, first.names, lookups, parts)
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


def _with_key(found: Draft, parts: Grafted, settled: Known) -> None:
    """The order's id, where another call is asked for with it and it is not the number."""
    record = found.mapping["records"]["order"]
    if "id" in record or "id" in settled.places:
        return
    for graft in parts.grafts.values():
        key = graft.key or (EACH,)
        path = text(key, "@")
        numbers = settled.places.get("order_number", ())
        if not read_name(name_of(key)).meant <= _ORDERS_ID:
            continue
        if EACH in key or path == record.get("order_number") or any(place[-len(key) :] == key for place in numbers):
            continue
        record["id"] = path
        found.sure["id"] = Suggestion("id", path, path, 0.99, (f"{graft.call} is asked for with it",))
        return


def _speak(found: Draft, speech: Speech) -> None:
    """Writes everything that was found as the language has it; what it has no words for is left out."""
    if not speech.main and not speech.grafts:
        return

    def spoken(one: Suggestion) -> Suggestion | None:
        try:
            rule, place = speech.rule(one.rule), one.place and speech.rule(one.place)
            return replace(one, rule=rule, place=place, path=speech.rule(one.path), related=speech.rule(one.related))
        except Unsayable:
            return None

    record = found.mapping["records"]["order"]
    for key in list(record):
        try:
            record[key] = speech.rule(record[key])
        except Unsayable:
            del record[key]
    body = next(iter(found.mapping["operations"].values()))
    body["orders"] = speech.rule(body["orders"])
    told = {key: spoken(one) for key, one in found.sure.items()}
    found.sure = {key: one for key, one in told.items() if one is not None}
    tell = found._tell
    if tell is not None:
        found._tell = lambda key: [one for one in map(spoken, tell(key)) if one is not None]


def _tell_calls(found: Draft, names: Sequence[str], lookups: Sequence[Mapping[str, Answers]], parts: Grafted) -> None:
    """The calls, where there are several: what is read with the orders, and what could not be."""
    if list(names) == [MAIN]:
        return
    keyed = {name for lookup in lookups for name, answers in lookup.items() if isinstance(answers, dict)}
    body = next(iter(found.mapping["operations"].values()))
    body["calls"] = [{"name": name, **({"for_each": "order"} if name in keyed else {})} for name in names]
    body["orders"] = body.pop("orders")
    if parts.grafts:
        found.summary += f"; read with each order: {', '.join(parts.grafts)}"
    for name, why in parts.left_out.items():
        found.summary += f"; {name} is left out: {why}"


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
