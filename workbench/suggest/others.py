"""Answers that hold no order: what a carrier says of a parcel, what a payment service says of a refund."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.catalogue import DECIMAL, catalogue
from workbench.pick.steps import text
from workbench.suggest.accept import Acceptor
from workbench.suggest.build import Builder, Chosen
from workbench.suggest.candidates import Candidate, gap, settle
from workbench.suggest.columns import Facts
from workbench.suggest.reading import Reading
from workbench.suggest.rules import signless
from workbench.suggest.sorts import REFUND, TRACKING

_FIELDS = {
    TRACKING: {
        "tracking_number": "shipment.tracking_number", "tracking_url": "shipment.tracking_url",
        "carrier": "shipment.carrier", "status": "shipment.status", "shipped_at": "shipped_at",
        "expected_delivery_at": "expected_delivery_at", "delivered_at": "delivered_at",
    },
    REFUND: {
        "id": "return.id", "order_number": "order_number", "amount": "return.refunded_amount", "currency": "currency",
        "status": "return.status", "created_at": "return.created_at", "reason": "refund.reason",
    },
}  # fmt: skip
_TELL = {TRACKING: frozenset(("tracking_number",)), REFUND: frozenset(("id", "status", "amount"))}
_OWN_NAMES = {
    "order_number": frozenset(("order",)),
    "shipped_at": frozenset(("shipped", "shipping", "pickup")),
}
"""What the name of a field must hold where it could be somebody else's."""
_NO_PARTS = frozenset(("error", "request", "return"))
_OF_STATUS = frozenset("status state code description name current label latest shipping tracking parcel delivery "
                       "fulfillment refund return document order last list".split())  # fmt: skip
_ONCE = frozenset(("amount", "currency"))
_DEEPEST = 3


class OtherBuilder(Builder):
    """Chooses the fields of a record that is no order.

    Args:
        reading: The documents, read from where one such record stands.
        acceptor: What turns scores into chances.
        record: tracking or refund.
    """

    def __init__(self, reading: Reading, acceptor: Acceptor, record: str) -> None:
        self.record = record
        super().__init__(reading, acceptor)
        self.context.record = record

    def choose(self) -> None:
        """Chooses a candidate for every field that has one."""
        ranked = {name: self._of(name, spec) for name, spec in _FIELDS[self.record].items()}
        self.ranked = {name: found for name, found in ranked.items() if found}
        for name, candidate in settle(self.ranked, frozenset()).items():
            self._put_other(name, candidate)

    def _of(self, name: str, spec: str) -> list[Candidate]:
        """The candidates of a field; what stands in a list of events or lines belongs to those."""
        most = 1 if name in _ONCE and self.record == REFUND else 0
        near = [
            each for each in self.reading.all_facts
            if each.column.lists <= most and len(each.column.steps) <= _DEEPEST + 2 * most
        ]  # fmt: skip
        found = [each for each in self.reading.scorer.rank(spec, near) if self._may_be(name, each.merged)]
        if name == "tracking_number":  # where everything is about tracking, the value's own name has to say so
            found = [each for each in found if TRACKING in each.merged.name.meant] or found
        return found

    def _may_be(self, name: str, facts: Facts) -> bool:
        """Whether a column may be a field here, where nearly every name says what the record is about."""
        around = frozenset().union(*(each.meant for each in facts.parents))
        if self.record == TRACKING and _NO_PARTS & (around | facts.name.meant):
            return False
        if name == "tracking_number":
            return facts.has("digits") > 0.5 and "carrier" not in facts.name.meant
        if name == "status":
            return not facts.name.meant - _OF_STATUS
        wanted = _OWN_NAMES.get(name, frozenset())
        others = frozenset(("order",)) - wanted if wanted else wanted
        return not wanted or (bool(wanted & facts.name.meant) and not others & facts.name.meant)

    def _put_other(self, name: str, candidate: Candidate) -> None:
        rule, doubt = self.rule(name, candidate)
        rivals = self.ranked[name]
        key = f"shipments.{name}" if self.record == TRACKING else name
        row = self.acceptor.row(key, candidate, gap(candidate, rivals), self.reading, 0.0)
        candidate.chance = self.acceptor.chance(key, row)
        if catalogue().records[self.record].fields[name].kind == DECIMAL:
            rule = signless(rule, candidate.merged)
        self.chosen[name] = Chosen(name, candidate, rule, candidate.chance, doubt, rivals, row)

    def place(self, key: str) -> dict[str, Any] | None:
        """Where a field stands: in the record itself."""
        return None

    def orders(self) -> dict[str, Any]:
        """The block of orders, with the record that it uses."""
        return {**super().orders(), "use": self.record}

    def is_enough(self, taken: Sequence[str]) -> bool:
        """Whether the fields say which parcel it is, or something of a refund."""
        return len(taken) > 1 and not _TELL[self.record].isdisjoint(taken)


def summary_of(builder: OtherBuilder, sure: int, unsure: int) -> str:
    """What was found, in a sentence."""
    root = builder.reading.structure.root
    where = text(root)
    what = {TRACKING: "a tracking answer", REFUND: "a refund"}[builder.record]
    return f"no order found: {what} stands at {where}; {sure} of its fields are proposed, {unsure} left open"
