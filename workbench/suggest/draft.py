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
from workbench.pick.steps import EACH, name_of, text
from workbench.suggest.accept import Acceptor
from workbench.suggest.behind import Behind
from workbench.suggest.build import Builder, values_of
from workbench.suggest.calls import BUDGET, Answers, Grafted, Speech, Unsayable, grafted
from workbench.suggest.candidates import Candidate
from workbench.suggest.joins import with_lines_elsewhere
from workbench.suggest.known import NOTHING, Known, Likeness, known_of, recognise
from workbench.suggest.names import read_name
from workbench.suggest.reading import Reading
from workbench.suggest.rules import path_of
from workbench.suggest.scoring import Weights, default_weights
from workbench.suggest.structure import Structure, Structures
from workbench.suggest.texts import texts_of, wrapped
from workbench.tree import Tree, merge

_LEAST = 1.25
_LEAST_OWN = 0.65
THRESHOLD = 0.6
"""How likely a proposal must be right to stand in a draft."""
_SHOWN = 8
_NO_ORDER = "no order found: nothing here has an order's number, date, customer or status together"
_ORDERS_ID = frozenset(("id", "order", "internal", "uuid", "guid", "identifier"))


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
    """

    field: str
    path: str
    rule: Any
    score: float
    reasons: tuple[str, ...]
    values: tuple[str, ...] = made(default=(), repr=False)
    doubt: str = ""
    place: dict[str, Any] | None = made(default=None, repr=False, hash=False)


@dataclass
class Draft:
    """What a never-seen API's answers most likely mean.

    Attributes:
        mapping: The mapping's data; it loads. Empty records where no order was found.
        unsure: Fields that were left out, with why.
        sure: The proposals that the mapping holds, by field.
        summary: What was found, in a sentence.
        known: Earlier mappings that fit these answers, the likest first; to be confirmed.
    """

    mapping: dict[str, Any]
    unsure: dict[str, str] = made(default_factory=dict)
    sure: dict[str, Suggestion] = made(default_factory=dict)
    summary: str = ""
    known: list[Likeness] = made(default_factory=list)
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
    lookups, trouble = lookups_of(samples, content_type, call)
    weights = weights or default_weights()
    told = {key: str(value).casefold().strip() for key, value in (asked or {}).items() if value}
    named = "find_order_by_number" if "number" in told and "email" not in told else "find_orders_by_email"
    first = _Main(lookups, told, given, operation)
    if not first.documents:
        return _nothing(merchant, named, trouble or "no order found: nothing was given")
    tree, documents, settled, readings = first.tree, first.documents, first.settled, first.readings
    if not readings:
        found = _from_texts(tree, documents, told, weights, threshold, merchant, named)
        found.known = recognise(tree, folders)
        return found
    structures, structure = first.structures, readings[0]
    parts = grafted(first.call, structure.root, lookups) if structure.group is None else Grafted(documents)
    if parts.grafts:
        documents, tree = parts.documents, merge(parts.documents, budget=BUDGET)
        structures = Structures(tree, documents, told)
        structure = structures.at(structure.root)[0]
        settled = first.settled_in(parts)
    structure = with_lines_elsewhere(structures, structure, documents)
    if settled.lines is not None:
        structure = replace(structure, lines=settled.lines, apart=False)
    reading = Reading(structure, documents, tree, weights, structures.mapped, told)
    found = build_draft(reading, weights, threshold, merchant, named, settled)
    found.known = recognise(first.tree, folders)
    _with_key(found, parts, settled)
    _speak(found, Speech(first.call if first.call != first.names[0] else "", parts.grafts))
    _tell_calls(found, lookups, parts)
    return found


class _Main:
    """The call that has the orders, and what is known of its answers."""

    def __init__(
        self, lookups: Sequence[Mapping[str, Answers]], told: Mapping[str, str], given: Mapping[str, Any] | None,
        operation: str,
    ) -> None:  # fmt: skip
        self._given, self._operation = given, operation
        said = list(dict.fromkeys(name for lookup in lookups for name in lookup))
        self.names = _calls_of(given, operation) or said
        best = -1.0
        self.call, self.documents = "", list[Document]()
        for name in said:
            answers = [lookup[name] for lookup in lookups if name in lookup]
            documents = [page for each in answers if not isinstance(each, dict) for page in each]
            if not documents:
                continue
            tree = merge(documents, budget=BUDGET)
            settled = _settled(given, operation, name, {name: tree})
            structures = Structures(tree, documents, told)
            readings = structures.at(settled.root) if settled.root is not None else likely(structures.find())
            score = float("inf") if settled.root is not None else readings[0].score if readings else 0.0
            if score > best:
                best = score
                self.call, self.documents, self.tree = name, documents, tree
                self.settled, self.structures, self.readings = settled, structures, readings

    def settled_in(self, parts: Grafted) -> Known:
        """What is settled, seen from the answers with the others inside."""
        return _settled(self._given, self._operation, self.call, {self.call: self.tree}, parts)


def _calls_of(given: Mapping[str, Any] | None, operation: str) -> list[str]:
    """The calls of an operation of a mapping under way; none where it says none."""
    if not given or not given.get("operations"):
        return []
    body = given["operations"].get(operation or next(iter(given["operations"]))) or {}
    return [str(each.get("name", "main")) for each in body.get("calls") or ()]


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
            return replace(one, rule=rule, place=place, path=speech.rule(one.path))
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


def _tell_calls(found: Draft, lookups: Sequence[Mapping[str, Answers]], parts: Grafted) -> None:
    """The calls, where there are several: what is read with the orders, and what could not be."""
    names = list(dict.fromkeys(name for lookup in lookups for name in lookup))
    if names == ["main"]:
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
    tree: Tree, documents: Sequence[Document], told: Mapping[str, str], weights: Weights, threshold: float,
    merchant: str, operation: str,
) -> Draft:  # fmt: skip
    """The draft where orders are sent as texts inside the answers; an empty one where they are not."""
    for texts in texts_of(tree, documents):
        inner = merge(texts.documents, budget=BUDGET)
        structures = Structures(inner, texts.documents, told)
        for structure in likely(structures.find())[:1]:
            reading = Reading(structure, texts.documents, inner, weights, structures.mapped, told)
            found = build_draft(reading, weights, threshold, merchant, operation)
            written = wrapped(texts, structure.root, found.mapping["records"]["order"])
            if written is not None and structure.group is None and not reading.flat:
                orders, record = written
                found.mapping = _mapping(merchant, operation, orders, record)
                found.summary = f"each order is a text at {text((*texts.each, *texts.path))}; {found.summary}"
                return found
    return _nothing(merchant, operation, _NO_ORDER)


def _settled(
    given: Mapping[str, Any] | None, operation: str, call: str, trees: Mapping[str, Tree], parts: Grafted | None = None
) -> Known:
    """What a mapping under way settles; nothing without one."""
    if not given or not given.get("operations"):
        return NOTHING
    operation = operation or next(iter(given["operations"]))
    if operation not in given["operations"]:
        raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(given['operations'])}")
    calls = _calls_of(given, operation) or ["main"]
    return known_of(given, operation, call or calls[0], trees[call], parts.grafts if parts else {})


def likely(found: Sequence[Structure]) -> list[Structure]:
    """The readings that hold an order: enough of its own values, and enough altogether."""
    return [each for each in found if each.named and each.score >= _LEAST and each.own >= _LEAST_OWN]


def build_draft(
    reading: Reading, weights: Weights, threshold: float, merchant: str, operation: str, known: Known = NOTHING
) -> Draft:
    """The draft that a reading makes."""
    builder = Builder(reading, Acceptor(weights.data.get("accept", {})), known)
    builder.choose()
    record, unsure = builder.records(threshold)
    found = Draft(_mapping(merchant, operation, builder.orders(), record), unsure)
    for key, chosen in builder.chosen.items():
        found.sure[key] = _suggestion(key, chosen.candidate, builder, (chosen.rule, chosen.doubt))
    found.sure = {key: each for key, each in found.sure.items() if key not in unsure}
    behind = Behind(builder)
    found._tell = lambda key: [
        _suggestion(key, each, builder) for each in [*builder.ranked.get(key, ())[:_SHOWN], *behind.of(key)]
    ]
    found.summary = _summary(reading, found)
    return found


def _summary(reading: Reading, found: Draft) -> str:
    where = text(reading.structure.root)
    many = "orders stand" if "[*]" in reading.structure.root else "one order stands"
    rows = ", rows of one order together" if reading.structure.group is not None else ""
    return f"{many} at {where}{rows}; {len(found.sure)} fields are proposed, {len(found.unsure)} left open"


def _suggestion(key: str, candidate: Candidate, builder: Builder, told: tuple[Any, str] | None = None) -> Suggestion:
    rule, doubt = told or builder.rule(key, candidate)
    path = path_of(candidate.parts[0], builder.xml)
    return Suggestion(
        key, path, builder.seen(key, rule), round(candidate.chance, 3), tuple(candidate.reasons), values_of(candidate),
        doubt, candidate.place or builder.place(key),
    )  # fmt: skip


def _mapping(merchant: str, operation: str, orders: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "merchant": merchant,
        "operations": {operation: {"orders": orders}},
        "records": {"order": record},
    }


def _nothing(merchant: str, operation: str, summary: str) -> Draft:
    return Draft(_mapping(merchant, operation, {"each": "$"}, {}), {}, {}, summary)


def lookups_of(samples: Any, content_type: str | None, call: str = "") -> tuple[list[dict[str, Answers]], str]:
    """Answers as lookups, each a table of calls; what cannot be read is told."""
    trouble: list[str] = []

    def read(each: Any) -> list[Document]:
        return _documents(each, content_type, trouble)

    if isinstance(samples, Mapping) or (isinstance(samples, (list, tuple)) and _are_tables(samples)):
        tables = [samples] if isinstance(samples, Mapping) else samples
        return [
            {
                str(name): {str(key): read(each) for key, each in answers.items()}
                if isinstance(answers, Mapping) else read(answers)
                for name, answers in table.items()
            }
            for table in tables
        ], "".join(trouble[-1:])  # fmt: skip
    return [{call or "main": read(samples)}], "".join(trouble[-1:])


def _are_tables(samples: Sequence[Any]) -> bool:
    return bool(samples) and all(isinstance(each, Mapping) for each in samples)


def _documents(samples: Any, content_type: str | None, trouble: list[str]) -> list[Document]:
    """The answers of a call, decoded; what cannot be read is noted."""
    if isinstance(samples, (bytes, str, Path, Document)):
        samples = [samples]
    found: list[Document] = []
    for each in samples:
        if isinstance(each, Document):
            found.append(each)
            continue
        body = each.read_bytes() if isinstance(each, Path) else each.encode() if isinstance(each, str) else bytes(each)
        try:
            found.append(decode(body, content_type=content_type))
        except DecodeError as error:
            trouble.append(f"no order found: the answer could not be read - {error}")
    return found
