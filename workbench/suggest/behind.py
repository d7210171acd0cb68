"""Weaker candidates: what else a field may be where few places speak for it; shown behind the others, never chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.pick.steps import EACH, Steps, short, without_last_each
from workbench.suggest.addresses import Block, blocks
from workbench.suggest.candidates import Candidate, Scorer, full_names
from workbench.suggest.columns import Column, Facts, columns, nodes_at
from workbench.suggest.fields import ADDRESS, LINE, ORDER, RETURN, SHIPMENT, Spec, specs
from workbench.suggest.rules import rule_of
from workbench.suggest.scoring import FEATURES, match_name, sigmoid
from workbench.suggest.structure import names_of

if TYPE_CHECKING:
    from workbench.suggest.build import Builder

ROOM = 5
"""Fields with fewer candidates than this get weaker ones behind."""
MOST = 0.3
"""No weaker candidate is likelier than this; a draft chooses from twice as much on."""
_INSIDE, _KIN, _ODD, _KIND = 0.15, 0.1, 0.05, 0.04
_NAMED = 0.35
_ENOUGH = 0.55
_LINE_FIELDS = ("lines.name", "lines.sku", "lines.quantity")
_LEAST_LINE = 0.3
_MOST_LINES = 100
_NO_FEATURES = (0.0,) * len(FEATURES)
_PARCEL_FIELDS = {"carrier": "shipment.carrier", "tracking_numbers": "shipment.tracking_number"}


class Behind:
    """The weaker candidates of a draft's fields, worked out when they are asked for.

    Args:
        builder: What has chosen already.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder, self.reading = builder, builder.reading
        self._lines: tuple[Steps, list[Facts]] | None = None
        self._blocks: list[Block] | None = None

    def of(self, key: str) -> list[Candidate]:
        """What may be shown behind the candidates of a field, the likeliest first; none where there are enough.

        Args:
            key: The business field, `lines.sku`.
        """
        ranked = self.builder.ranked.get(key, [])
        if len(ranked) >= ROOM or key in self.builder.known.places:
            return []
        seen = {_place(each) for each in ranked}
        found: list[Candidate] = []
        least = min((each.chance for each in ranked), default=MOST)
        for each in self._free(key, self._all(key, ranked)):
            if _place(each) in seen:
                continue
            seen.add(_place(each))
            each.chance = min(each.chance, MOST, least)
            found.append(each)
            if len(ranked) + len(found) >= ROOM:
                break
        return sorted(found, key=lambda each: -each.chance)

    def _free(self, key: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
        for each in found:
            yield from self.builder.free(key, [each])

    def _all(self, key: str, ranked: Sequence[Candidate]) -> Iterator[Candidate]:
        yield from self._either(key, ranked)
        head, _, leaf = key.rpartition(".")
        if key in LINE:
            yield from self._of_lines(key)
        elif head == "shipping_address" and (name := f"address.{leaf}") in ADDRESS:
            yield from self._of_address(name)
        elif key == "shipments.shipped_at":
            yield from self._of_parcels(leaf)
        elif head == "shipments" and (name := f"shipment.{leaf}") in SHIPMENT:
            yield from self._of_parcels(name)
        elif head == "returns" and (name := f"return.{leaf}") in RETURN and self.reading.returns is not None:
            yield from _by_kind(name, self.reading.returns.facts)
        elif key in ORDER or key in _PARCEL_FIELDS:
            yield from self._of_order(_PARCEL_FIELDS.get(key, key))

    # ------------------------------------------------------------ where they come from

    def _either(self, key: str, ranked: Sequence[Candidate]) -> Iterator[Candidate]:
        """The best place and, for the items where it is empty, another."""
        if not ranked or ranked[0].merged.presence >= 1:
            return
        best = ranked[0].merged
        for other in ranked[1:]:
            missing = {
                index: values for index, values in other.merged.column.values.items()
                if values and index not in best.column.values
            }  # fmt: skip
            if missing:
                column = replace(best.column, values=dict(sorted({**best.column.values, **missing}.items())))
                rules = [rule_of(key, each, self.builder.context)[0] for each in (ranked[0], other)]
                reason = "two places, the second where the first is empty"
                yield Candidate(
                    ranked[0].field, (*ranked[0].parts, *other.parts), ranked[0].row, other.logit,
                    Facts(column, best.items, best.around), MOST, [reason], {"first": rules},
                )  # fmt: skip
                return

    def _of_order(self, name: str) -> Iterator[Candidate]:
        reading = self.reading
        inside = [each for each in reading.all_facts if reading.in_lines(each)]
        joined = list(full_names(inside)) if name == "customer_name" else ()
        for each in reading.scorer.rank(name, inside, joined):
            yield _told(each, _INSIDE, "it stands inside the lines")
        yield from _by_kind(name, reading.facts)
        yield from _by_kind(name, inside)

    def _of_lines(self, key: str) -> Iterator[Candidate]:
        reading = self.reading
        if reading.line_items:
            yield from _by_kind(key, reading.line_facts)
            return
        home, facts = self._tentative()
        place = {"each": "@" + "".join(short(without_last_each(home), reading.tree.xml))}
        for each in Scorer(reading.weights, False).rank(key, facts):
            each.place = place
            yield _told(each, MOST, "no lines are sure; these are the likeliest")

    def _tentative(self) -> tuple[Steps, list[Facts]]:
        """The place below the order whose values look most like a line's, though not enough; and its columns."""
        if self._lines is not None:
            return self._lines
        reading = self.reading
        scores: dict[Steps, dict[str, float]] = {}
        for name in _LINE_FIELDS:
            for each in reading.scorer.rank(name, reading.all_facts):
                held = scores.setdefault(_home(each.merged), {})
                held[name] = max(held.get(name, 0.0), sigmoid(each.logit))
        best = max(scores, key=lambda home: (sum(scores[home].values()), -len(home)), default=None)
        self._lines = ((), [])
        if best is not None and sum(scores[best].values()) >= _LEAST_LINE:
            items = [node for item in reading.items for node in nodes_at(item, best, _MOST_LINES) if node is not None]
            items = items[:_MOST_LINES]
            around = names_of((*reading.structure.root, *best))
            self._lines = best, [Facts(column, len(items), around) for column in columns(items, reading.mapped)]
        return self._lines

    def _of_address(self, name: str) -> Iterator[Candidate]:
        reading = self.reading
        part = name.removeprefix("address.")
        block = self.builder.block
        if block is not None and block.lists:
            return  # an address in a list is one object; what stands elsewhere is not seen from it
        if self._blocks is None:
            self._blocks = [*reading.blocks, *(blocks(reading.all_facts, reading.scorer) if block is None else ())]
        if block is not None:
            inside = [each for each in reading.facts if each.column.steps[: len(block.home)] == block.home]
            yield from _members(name, inside)
            yield from _by_kind(name, inside if block.home else ())
        for other in self._blocks:
            if other is not block and not other.lists:
                for each in other.parts.get(part, ())[:2]:
                    yield _told(replace(each, reasons=list(each.reasons)), MOST, "it is part of another address")

    def _of_parcels(self, name: str) -> Iterator[Candidate]:
        parcels = self.reading.parcels
        if parcels is not None and parcels.each:
            yield from _by_kind(name, parcels.facts)


# ---------------------------------------------------------------- helpers


def _place(candidate: Candidate) -> tuple[Any, ...]:
    return (candidate.rule is not None, *(part.column.key for part in candidate.parts))


def _home(facts: Facts) -> Steps:
    """The object that a column stands in: its innermost list, else its parent."""
    steps = facts.column.steps[:-1]
    last = max((index for index, step in enumerate(steps) if step == EACH), default=-1)
    return steps[: last + 1] if last >= 0 else steps


def _told(candidate: Candidate, most: float, reason: str) -> Candidate:
    candidate.chance = min(candidate.chance, most)
    candidate.reasons = [*candidate.reasons, reason]
    return candidate


def _members(name: str, facts: Sequence[Facts]) -> Iterator[Candidate]:
    """The members of a list of texts inside an address, each by its position: a second line, a name above a street."""
    spec = specs()[name]
    for each in facts:
        if not each.column.tail or each.column.lists != 1:
            continue
        steps = without_last_each(each.column.steps)
        for at in range(min(4, max(map(len, each.column.values.values()), default=0))):
            values = {index: [held[at]] for index, held in each.column.values.items() if len(held) > at}
            member = Facts(Column((*steps, f"[{at}]"), each.column.keys, 0, values), each.items, each.around)
            if _share(spec, member, True) >= _ENOUGH:
                reason = f"number {at + 1} of a list inside the address"
                yield Candidate(name, (member,), _NO_FEATURES, 0.0, member, _KIN, [reason])


def _by_kind(name: str, facts: Iterable[Facts]) -> Iterator[Candidate]:
    """Places whose values are of the field's kind though their names do not say it, or the other way round."""
    found = []
    spec = specs()[name]
    for order, each in enumerate(facts):
        if not each.kinds or _share(spec, each, False) < _ENOUGH:
            continue
        match = match_name(name, each.name, each.parents, each.around)
        clean = _share(spec, each, True) >= _ENOUGH
        if not clean and match.strength < _NAMED:
            continue
        kin = max(len(words & each.name.meant) / len(words) * strength for words, strength in spec.names)
        hint = max((each.has(kind) for kind in spec.hints), default=0.0)
        doubt = max((each.has(kind) for kind in spec.doubts), default=0.0)
        around = frozenset().union(*(parent.meant for parent in each.parents[:2]))
        score = (
            3 * max(match.strength, 0.0) + 2 * kin + 2 * hint - doubt - len(each.name.meant & spec.decoys)
            - 0.5 * len(around & spec.decoys) - 0.2 * each.depth - 0.3 * each.column.lists
        )  # fmt: skip
        chance, reason = _KIND, "its values are of this kind, though its name says nothing of it"
        if not clean:
            chance, reason = _ODD, "its name fits, though its values are unusual"
        elif kin:
            chance, reason = _KIN, "its values are of this kind, and its name says a part of it"
        found.append((-score, order, Candidate(name, (each,), _NO_FEATURES, score, each, chance, [reason])))
    found.sort(key=lambda told: told[:2])
    yield from (candidate for _, _, candidate in found)


def _share(spec: Spec, facts: Facts, strict: bool) -> float:
    """How many values are of a kind that the field can have; strictly, and of none that it never has."""
    never = spec.never if strict else frozenset(("bool", "placeholder"))
    good = sum(not spec.kinds.isdisjoint(each) and never.isdisjoint(each) for each in facts.kinds)
    return good / (len(facts.kinds) or 1)
