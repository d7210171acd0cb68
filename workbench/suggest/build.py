"""A reading -> the mapping: which candidate each field takes, as rules and blocks; what is not sure stays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.pick.steps import EACH, Steps, short, text, without_last_each
from workbench.suggest.accept import Acceptor
from workbench.suggest.addresses import Block
from workbench.suggest.candidates import Candidate, full_names, gap, settle
from workbench.suggest.chronology import in_order
from workbench.suggest.known import NOTHING, Known
from workbench.suggest.reading import Reading, plain_steps
from workbench.suggest.returns import is_said_of_order
from workbench.suggest.rules import Context, inside, rule_of, signless

_ABROAD = frozenset(("country", "currency"))
_MONTH_FIRST = frozenset(("US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA", "USD", "CA", "CAD", "CANADA", "PH"))
_TIE = 0.2
"""A rival that says something else and is no further behind leaves the field open."""
_FOREIGN = frozenset(("external", "seller", "warehouse", "sender"))
"""Whose status is not the order's: it is shown, and not taken."""
_SHARED = frozenset(("customer_name", "customer_email"))


@dataclass(slots=True)
class Chosen:
    """What a field takes.

    Attributes:
        key: The business field.
        candidate: The place.
        rule: The rule, seen from its item.
        chance: How likely it is right.
        doubt: Why it is not to be trusted all the same; empty where nothing speaks against it.
        rivals: All candidates, the best first.
        row: What the chance was worked out from.
    """

    key: str
    candidate: Candidate
    rule: Any
    chance: float
    doubt: str
    rivals: list[Candidate]
    row: dict[str, float] = field(default_factory=dict)


class Builder:
    """Chooses for each field, and writes the mapping's records.

    Args:
        reading: The documents as they are read.
        acceptor: What turns scores into chances.
        known: What is settled: its fields are not proposed, and its places are taken.
    """

    def __init__(self, reading: Reading, acceptor: Acceptor, known: Known = NOTHING) -> None:
        self.reading, self.acceptor, self.known = reading, acceptor, known
        self.xml = reading.tree.xml
        self.context = self._context()
        self.chosen: dict[str, Chosen] = {}
        self.ranked: dict[str, list[Candidate]] = {}
        self.block: Block | None = None

    def _context(self) -> Context:
        facts = [*self.reading.all_facts, *self.reading.line_facts]
        dates = [value for each in facts if each.has("date") > 0.5 for value in each.texts]
        money = [each for each in facts if each.has("number") > 0.5]
        places = {value.upper() for each in facts if _ABROAD & each.name.meant for value in each.texts}
        american = bool(places & _MONTH_FIRST) or any(value.upper().endswith(("AM", "PM")) for value in dates)
        told = any(_ABROAD & kinds for each in facts if _ABROAD & each.name.meant for kinds in each.kinds)
        elsewhere = told and not american
        return Context(self.xml, dates, money, american, elsewhere)

    def choose(self) -> None:
        """Chooses a candidate for every field that has one."""
        reading = self.reading
        ranked = dict(reading.ranked)
        parcels = reading.parcels
        if parcels is not None and not parcels.each:
            ranked["carrier"] = parcels.ranked.get("shipment.carrier", [])
            ranked["tracking_numbers"] = parcels.ranked.get("shipment.tracking_number", [])
        ranked["customer_name"] = self._same_party(ranked)
        ranked = in_order(ranked, self.context)
        self._take("", ranked, _SHARED)
        self._addresses()
        self._customer_fallback()
        amount = self.chosen.get("amount")
        self.context.total = amount.candidate.merged if amount is not None else None
        self._take("", self._of_lines(), frozenset())
        if parcels is not None and parcels.each:
            inside = {
                f"shipments.{name.partition('.')[2]}": found
                for name, found in parcels.ranked.items() if name.startswith("shipment.")
            }  # fmt: skip
            self._take("", inside, frozenset())
            self._several_numbers(parcels.each)
            if "order.carrier" in parcels.ranked:
                self._take("", {"carrier": parcels.ranked["order.carrier"]}, frozenset())
        self._returns()

    def _returns(self) -> None:
        """What came back; what the order would read from there comes from the returns themselves."""
        returns = self.reading.returns
        if returns is None:
            return
        inside = {f"returns.{name.partition('.')[2]}": found for name, found in returns.ranked.items()}
        used = {part.column.key for each in self.chosen.values() for part in each.candidate.parts}
        if not returns.each:
            inside = {
                key: [each for each in found if not any(part.column.key in used for part in each.parts)]
                for key, found in inside.items()
            }  # fmt: skip
        self._take("", inside, frozenset())
        if (amount := self.chosen.get("returns.refunded_amount")) is not None:
            amount.rule = signless(amount.rule, amount.candidate.merged)
        if returns.each and any(key.startswith("returns.") for key in (*self.chosen, *self.known.places)):
            for key in ("return_status", "return_tracking_number", "status", "created_at", "amount"):
                held = self.chosen.get(key)
                home = plain_steps(returns.each)
                inside_it = held is not None and plain_steps(held.candidate.steps)[: len(home)] == home
                if held is not None and inside_it and not is_said_of_order(held.candidate.merged):
                    del self.chosen[key]

    def _of_lines(self) -> dict[str, list[Candidate]]:
        """The candidates of lines; of rows, without the columns that the order has taken."""
        ranked = self.reading.line_ranked
        if self.reading.structure.group is None and not self.reading.flat:
            return ranked
        used = {part.column.key for each in self.chosen.values() if each.chance >= 0.5 for part in each.candidate.parts}
        return {
            name: [each for each in found if not any(part.column.key in used for part in each.parts)]
            for name, found in ranked.items()
        }

    def _several_numbers(self, each: Steps) -> None:
        """A parcel with a list of tracking numbers: the order takes all of them."""
        held = self.chosen.get("shipments.tracking_number")
        if held is None or not held.candidate.merged.column.tail:
            return
        del self.chosen["shipments.tracking_number"]
        held.key, held.rule = "tracking_numbers", "@" + "".join(short((*each, *held.candidate.steps), self.xml))
        self.chosen["tracking_numbers"] = held

    def _same_party(self, ranked: dict[str, list[Candidate]]) -> list[Candidate]:
        """Names of the party whose e-mail address is the customer's go before equals."""
        names = ranked.get("customer_name", [])
        emails = ranked.get("customer_email", [])
        if not names or not emails:
            return names
        home = emails[0].steps[:-1]
        for each in names:
            if home and each.steps[: len(home)] == home:
                each.logit += 0.4
        return sorted(names, key=lambda each: (-each.logit, len(each.steps), each.parts[0].column.key))

    def _take(
        self, prefix: str, ranked: dict[str, list[Candidate]], shared: frozenset[str], block: float = 0.0
    ) -> None:
        ranked = {f"{prefix}{name}": self.free(f"{prefix}{name}", found) for name, found in ranked.items()}
        ranked = {key: found for key, found in ranked.items() if found}
        self.ranked.update(ranked)
        for key, candidate in settle(ranked, shared).items():
            self._put(key, candidate, ranked[key], block)

    def free(self, key: str, found: Sequence[Candidate]) -> list[Candidate]:
        """The candidates whose places no confirmed rule reads; none for a field that has its rule."""
        if key in self.known.places:
            return []
        if not self.known.places:
            return list(found)
        base: Steps = self.reading.structure.root
        if key.startswith("lines."):
            base = self.reading.structure.lines or base
        elif key.startswith("shipments.") and self.reading.parcels is not None:
            base = (*base, *self.reading.parcels.each)
        elif key.startswith("returns.") and self.reading.returns is not None:
            base = (*base, *self.reading.returns.each)
        return [
            each for each in found
            if not any(plain_steps((*base, *part.column.steps)) in self.known.taken for part in each.parts)
        ]  # fmt: skip

    def _put(self, key: str, candidate: Candidate, rivals: list[Candidate], block: float = 0.0) -> None:
        rule, doubt = self.rule(key, candidate)
        row = self.acceptor.row(key, candidate, gap(candidate, rivals), self.reading, block)
        candidate.chance = self.acceptor.chance(key, row)
        if row["gap"] < _TIE or (key == "status" and _FOREIGN & candidate.merged.name.meant):
            candidate.chance = min(candidate.chance, 0.5)
        self.chosen[key] = Chosen(key, candidate, rule, candidate.chance, doubt, rivals, row)

    def rule(self, key: str, candidate: Candidate) -> tuple[Any, str]:
        """A candidate's rule, and why it is not to be trusted; empty where nothing speaks against it."""
        rule, doubt = rule_of(key, candidate, self.context)
        if candidate.rule is not None:
            return candidate.rule, doubt
        return self._with_clock(key, rule, candidate), doubt

    def seen(self, key: str, rule: Any) -> Any:
        """An order's rule as it is written inside the block that its field stands in."""
        place = self.place(key) or {}
        return inside(rule, place["at"]) if "at" in place else rule

    def place(self, key: str) -> dict[str, Any] | None:
        """The list, or the object inside lists, that a field stands in, as a block has it; None where in none."""
        if key.startswith("shipping_address.") and self.block is not None and self.block.lists:
            return {"at": "@" + "".join(short(self.block.home, self.xml))}
        if key.startswith("lines."):
            return self._lines_each()
        parcels = self.reading.parcels
        if key.startswith("shipments.") and parcels is not None and parcels.each:
            return self._each(parcels.each, self.reading.structure.root)
        if key.startswith("returns.") and self.reading.returns is not None:
            each = self.reading.returns.each
            return self._each(each, self.reading.structure.root) if each else {"each": "@"}
        return None

    def _with_clock(self, key: str, rule: Any, candidate: Candidate) -> Any:
        """A date alone takes the time of day that stands beside it."""
        if not key.endswith("_at") or candidate.merged.has("day") < 0.9 or len(candidate.parts) > 1:
            return rule
        date = candidate.parts[0]
        home = date.column.steps[:-1]
        pool = self.reading.all_facts if not key.startswith("shipments.") else []
        rest = date.name.meant - {"date", "data", "time"}
        for each in pool:
            if each.column.steps[:-1] != home or each is date or each.has("clock") < 0.9:
                continue
            if "time" in each.name.meant and each.name.meant - {"time", "date"} == rest:
                rule = {"path": rule} if isinstance(rule, str) else dict(rule)
                path = "@" + "".join(short(each.column.steps, self.xml))
                said = rule.get("datetime")
                if said is None:
                    rule["datetime"] = {"time": path}
                elif isinstance(said, str):
                    clock = each.texts[0]
                    shape = "%H:%M:%S" if clock.count(":") == 2 else "%H:%M"
                    rule["datetime"] = {"format": f"{said} {shape}", "time": path}
                return rule
        return rule

    # ------------------------------------------------------------ address

    def _addresses(self) -> None:
        if not self.reading.blocks:
            return
        self.block = block = self._settled_block()
        others = [each.score for each in self.reading.blocks if each is not block]
        rival = min(others[0], block.score) if others else block.score - 2
        sure = block.score + min(1.0, block.score - rival)
        ranked = {f"shipping_address.{part}": list(found) for part, found in block.parts.items()}
        line1 = ranked["shipping_address.line1"]
        listed = line1[0] if line1 and line1[0].merged.column.tail else None
        self._take("", ranked, frozenset(), sure)
        if listed is not None:
            self._street_lines(listed)
        self._name_above(block, sure)

    def _settled_block(self) -> Block:
        """The address that a confirmed part stands in, else the likeliest."""
        root = plain_steps(self.reading.structure.root)
        for key, places in self.known.places.items():
            if not key.startswith("shipping_address."):
                continue
            for block in self.reading.blocks:
                home = (*root, *plain_steps(block.home))
                held = {plain_steps((*root, *part.column.steps)) for each in block.parts.values()
                        for candidate in each for part in candidate.parts}  # fmt: skip
                if any(place[: len(home)] == home and place in held for place in places):
                    return block
        return self.reading.blocks[0]

    def _street_lines(self, listed: Candidate) -> None:
        """A list of address lines: its first and its second."""
        path = "@" + "".join(short(listed.steps, self.xml))
        path = path.removesuffix(EACH)
        first = self.chosen.get("shipping_address.line1")
        if first is None or first.candidate is not listed:
            return
        first.rule = f"{path}[0]"
        most = max(len(values) for values in listed.merged.column.values.values())
        if most > 1:
            self.chosen["shipping_address.line2"] = Chosen(
                "shipping_address.line2", listed, f"{path}[1]", first.chance, first.doubt, [listed], first.row
            )

    def _name_above(self, block: Block, sure: float) -> None:
        """The recipient's name may stand beside the address: `shipTo: {name, address: {...}}`."""
        if "shipping_address.name" in self.chosen or len(block.home) < 1:
            return
        home = block.home[:-1]
        near = [
            each for each in self.reading.facts
            if home and each.column.steps[: len(home)] == home and len(each.column.steps) - len(home) <= 2
            and each.column.steps[: len(block.home)] != block.home
        ]  # fmt: skip
        ranked = self.reading.scorer.rank("address.name", near, full_names(near))
        if ranked:
            self._take("", {"shipping_address.name": ranked}, frozenset(("shipping_address.name",)), sure - 0.5)

    def _customer_fallback(self) -> None:
        """Where nobody is named as the customer, the recipient is."""
        before = self.chosen.get("customer_name")
        if (before is not None and before.chance >= 0.5) or "shipping_address.name" not in self.chosen:
            return
        name = self.chosen["shipping_address.name"]
        candidate = self.reading.scorer.score("customer_name", name.candidate.parts, name.candidate.merged)
        if candidate is not None:
            self._take("", {"customer_name": [candidate]}, frozenset(("customer_name",)))
            if before is not None and before.chance > self.chosen["customer_name"].chance:
                self.chosen["customer_name"] = before

    # ------------------------------------------------------------ the mapping

    def records(self, least: float) -> tuple[dict[str, Any], dict[str, str]]:
        """The order's record, and the fields that were left out with why."""
        taken = {key: each for key, each in self.chosen.items() if each.chance >= least and not each.doubt}
        unsure = {
            key: each.doubt or f"the best candidate is right with {round(100 * each.chance)} %"
            for key, each in self.chosen.items() if key not in taken
        }  # fmt: skip
        record: dict[str, Any] = {}
        for key, each in taken.items():
            if "." not in key:
                record[key] = each.rule
        self._address_record(record, taken)
        for name in ("lines", "shipments", "returns"):
            self._list_record(record, taken, name, self.place(f"{name}."))
        return record, unsure

    def _address_record(self, record: dict[str, Any], taken: dict[str, Chosen]) -> None:
        fields = {
            key.partition(".")[2]: self.seen(key, each.rule)
            for key, each in taken.items() if key.startswith("shipping_address.")
        }  # fmt: skip
        if fields:
            place = self.place("shipping_address.")
            record["shipping_address"] = {**place, "fields": fields} if place else fields

    def _list_record(
        self, record: dict[str, Any], taken: dict[str, Chosen], name: str, place: dict[str, Any] | None
    ) -> None:
        fields = {key.partition(".")[2]: each.rule for key, each in taken.items() if key.startswith(f"{name}.")}
        if place is not None and fields:
            record[name] = {**place, "fields": fields}

    def _lines_each(self) -> dict[str, Any] | None:
        structure = self.reading.structure
        if structure.lines is None:
            return None
        if structure.group is not None:
            return {"each": "rows:$"}
        if self.reading.flat:
            return {"each": "@"}
        if structure.apart:
            each = "$" + "".join(short(without_last_each(structure.lines), self.xml))
            return {"each": each, "keep": dict(structure.keep)}
        return self._each(structure.lines[len(structure.root) :], structure.root)

    def _each(self, rest: Steps, root: Steps) -> dict[str, Any]:
        keyed = False
        if rest[-1:] == (EACH,):
            node = self.reading.tree.find(text((*root, *plain_steps(rest[:-1])))) or self.reading.tree.find(
                text((*root, *rest[:-1]))
            )
            keyed = node is not None and "map" in node.flags
        place: dict[str, Any] = {"each": "@" + "".join(short(without_last_each(rest), self.xml))}
        if keyed:
            place["keyed"] = True
        return place

    def orders(self) -> dict[str, Any]:
        """The block of orders."""
        structure = self.reading.structure
        root = structure.root
        keyed = False
        if root[-1:] == (EACH,):
            node = self.reading.tree.find(text(root[:-1]))
            keyed = node is not None and "map" in node.flags
        whole = root if root[-2:] == (EACH, EACH) else without_last_each(root)  # a list of lists is gone through twice
        body: dict[str, Any] = {"each": text(short(whole, self.xml))}
        if keyed:
            body["keyed"] = True
        if structure.group is not None:
            body["group_by"] = "@" + "".join(short(structure.group, self.xml))
        return body
