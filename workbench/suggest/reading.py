"""One reading of the documents: orders, lines and parcels as columns, and what each field may be read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.documents import Document
from workbench.paths import text_of
from workbench.pick.steps import EACH, Steps, text
from workbench.suggest.addresses import Block, blocks
from workbench.suggest.candidates import Candidate, Scorer, full_names
from workbench.suggest.columns import Column, Facts, columns, nodes_at
from workbench.suggest.counts import LINES, PARCELS, agrees, counts_of, sum_agrees
from workbench.suggest.fields import LINE, ORDER, SHIPMENT
from workbench.suggest.joins import marks_in
from workbench.suggest.returns import Returns, is_of_return, may_be_of_order, of_order_only, returns_of, whole_return
from workbench.suggest.scoring import FEATURES, Weights
from workbench.suggest.structure import Structure, first_value, names_of, same_text, spread
from workbench.suggest.sums import explains, line_sums
from workbench.tree import Tree

_GROUPED = 2.5
_COUNTED = 1.5
_ABSENT = 1.5
_PARCELS = frozenset(("shipping", "fulfillment", "parcel", "delivery", "tracking"))
_ORDERS = 40
_LINES = 100
_ANYWHERE = frozenset(
    "currency shipped_at expected_ship_at expected_delivery_at delivered_at return_tracking_number "
    "return_status".split()
)
_DATES = frozenset("shipped_at expected_ship_at expected_delivery_at delivered_at".split())
_STRENGTH, _DECOYS = FEATURES.index("strength"), FEATURES.index("key_decoys")


def plain_steps(steps: Sequence[str]) -> Steps:
    """Steps without lists and filters."""
    return tuple(step for step in steps if not step.startswith(("[*]", "[?")))


def _is_total(candidate: Candidate) -> bool:
    """Whether an amount is plainly called the total."""
    return candidate.row[_STRENGTH] >= 0.85 and not candidate.row[_DECOYS]


def _of_parcels(facts: Facts) -> bool:
    """Whether a column stands in a list of parcels: it says of each where that one is, not where the order stands."""
    return bool(facts.column.lists) and any(_PARCELS & name.meant for name in facts.parents)


def _sayable(found: Sequence[Column]) -> list[Column]:
    """The columns that a rule can read: a join leads to what is named, not from there to the next."""
    return [each for each in found if marks_in(each.steps) < 2]


@dataclass(slots=True)
class Parcels:
    """Where shipments stand below an order.

    Attributes:
        each: The place, below the order; empty where the order itself says it.
        ranked: Candidates of each field, seen from there.
        facts: The columns of a list of shipments.
    """

    each: Steps
    ranked: dict[str, list[Candidate]]
    facts: list[Facts] = field(default_factory=list)


class Reading:
    """The documents, read by one structure.

    Args:
        structure: Where orders and lines stand.
        documents: The documents.
        tree: Their merged tree.
        weights: How columns are scored.
        mapped: Places of maps.
        asked: What was asked for.
        back: Whether what stands at the order's place is a return or a refund of it.
    """

    def __init__(
        self, structure: Structure, documents: Sequence[Document], tree: Tree, weights: Weights,
        mapped: frozenset[str], asked: Mapping[str, str], back: bool = False,
    ) -> None:  # fmt: skip
        self.back = back
        self.structure, self.documents, self.tree, self.mapped, self.asked = structure, documents, tree, mapped, asked
        self.weights = weights
        self._gather()
        self.scorer = Scorer(weights, len(self.items) > 1, self._echo)

    def _gather(self) -> None:
        """The orders' items, and those of their lines."""
        structure = self.structure
        rows = [item for item in spread(self.documents, structure.root, _LINES * 2) if isinstance(item, (dict, list))]
        self.rows: list[list[Any]] = []
        if structure.group is not None:
            grouped: dict[str, list[Any]] = {}
            for row in rows:
                value = first_value(row, structure.group)
                if value is not None:
                    grouped.setdefault(text_of(value), []).append(row)
            self.rows = list(grouped.values())[:_ORDERS]
            self.items = [group[0] for group in self.rows]
        else:
            self.items = rows[:_ORDERS]
        self.line_items: list[Any] = []
        self.lines_of: list[list[int]] = []
        for index, item in enumerate(self.items):
            if structure.group is not None:
                mine = self.rows[index]
            elif self.flat:
                mine = [item]
            elif structure.apart:
                mine = self._joined(item)
            elif structure.lines is not None:
                mine = nodes_at(item, structure.lines[len(structure.root) :], _LINES)
            else:
                mine = []
            mine = [line for line in mine if line is not None][: max(0, _LINES - len(self.line_items))]
            self.lines_of.append(list(range(len(self.line_items), len(self.line_items) + len(mine))))
            self.line_items += mine

    def _joined(self, item: Any) -> list[Any]:
        """The lines elsewhere that carry an order's id."""
        ours, theirs = self.structure.pair
        wanted = first_value(item, ours)
        lines = (
            [] if wanted is None or self.structure.lines is None else spread(self.documents, self.structure.lines, 400)
        )
        return [line for line in lines if text_of(first_value(line, theirs)) == text_of(wanted)]

    @property
    def flat(self) -> bool:
        """Whether an order's own values are those of its line."""
        return self.structure.lines == self.structure.root

    def _echo(self, name: str, facts: Facts) -> int:
        wanted = self.asked.get({"order_number": "number", "customer_email": "email"}.get(name, ""), "")
        if not wanted:
            return 0
        return 1 if any(same_text(value, wanted) for value in facts.firsts) else -1

    # ------------------------------------------------------------ columns

    @cached_property
    def all_facts(self) -> list[Facts]:
        """Every column of an order; of grouped rows, those that do not vary within an order."""
        place = text(self.structure.root)
        around = names_of(self.structure.root)
        found = [Facts(each, len(self.items), around) for each in _sayable(columns(self.items, self.mapped, place))]
        if self.structure.group is not None:
            constant = self._constant()
            found = [each for each in found if each.column.steps in constant]
        return found

    def _constant(self) -> set[Steps]:
        """The columns that say the same in all rows of an order."""
        varying: set[Steps] = set()
        known: set[Steps] = set()
        for group in self.rows:
            seen: dict[Steps, set[str]] = {}
            for column in columns(group, self.mapped, text(self.structure.root)):
                known.add(column.steps)
                seen[column.steps] = {text_of(value) for values in column.values.values() for value in values}
                if len(seen[column.steps]) > 1:
                    varying.add(column.steps)
        return known - varying

    def in_lines(self, facts: Facts) -> bool:
        """Whether a column of the order stands inside its lines."""
        if self.structure.lines is None or self.flat or self.structure.apart:
            return False
        rest = plain_steps(self.structure.lines[len(self.structure.root) :])
        return bool(rest) and plain_steps(facts.column.steps)[: len(rest)] == rest

    @cached_property
    def facts(self) -> list[Facts]:
        """The order's columns outside its lines."""
        return [each for each in self.all_facts if not self.in_lines(each)]

    @cached_property
    def line_facts(self) -> list[Facts]:
        """The columns of lines."""
        structure = self.structure
        if structure.lines is None or not self.line_items:
            return []
        around = names_of(structure.lines)
        found = [
            Facts(each, len(self.line_items), around)
            for each in _sayable(columns(self.line_items, self.mapped, text(structure.lines)))
        ]
        if structure.group is not None:
            taken = self._constant()
            if any(len(group) > 1 for group in self.rows):
                found = [each for each in found if each.column.steps not in taken or each.depth == 0]
        return found

    # ------------------------------------------------------------ candidates

    @cached_property
    def ranked(self) -> dict[str, list[Candidate]]:
        """The candidates of the order's own fields."""
        near = self.facts
        names = list(full_names(near))
        found: dict[str, list[Candidate]] = {}
        for name in ORDER:
            pool = self.all_facts if name in _ANYWHERE else near
            joined = names if name == "customer_name" else ()
            found[name] = [
                each for each in self.scorer.rank(name, pool, joined)
                if may_be_of_order(name, each.merged) and not (name == "status" and _of_parcels(each.merged))
            ]  # fmt: skip
        for each in found["order_number"]:
            if each.steps == self.structure.group:
                each.logit += _GROUPED
                each.reasons.append("rows with the same value belong together")
            elif each.merged.presence < 1:  # every order has its number
                each.logit -= _ABSENT * (1 - each.merged.presence)
        found["order_number"].sort(key=lambda each: -each.logit)
        found["return_status"] = [each for each in found["return_status"] if is_of_return(each.merged)]
        if self.back:
            found = of_order_only(found)
        self._sums(found)
        self._beside_amount(found)
        return found

    @cached_property
    def returns(self) -> Returns | None:
        """Where the returns stand; None where there are none."""
        return whole_return(self) if self.back else returns_of(self)

    @cached_property
    def line_ranked(self) -> dict[str, list[Candidate]]:
        """The candidates of a line's fields."""
        scorer = Scorer(self.weights, len(self.line_items) > 1)
        ranked = {name: scorer.rank(name, self.line_facts) for name in LINE}
        counts = counts_of(self.facts, LINES)
        for each in ranked["lines.quantity"]:
            if any(sum_agrees(count, self.lines_of, each.merged) for count in counts):
                each.logit += _COUNTED
                each.reasons.append("adds up to what the order counts")
        ranked["lines.quantity"].sort(key=lambda each: -each.logit)
        return ranked

    def _sums(self, ranked: dict[str, list[Candidate]]) -> None:
        """Which amounts are the sum of the lines."""
        amounts = ranked["amount"][:8]
        if len(self.line_items) == 0 or not amounts:
            return
        quantities = self.line_ranked["lines.quantity"]
        prices = [
            each
            for each in self.line_facts
            if each.has("number") > 0.5 and each.name.meant & {"price", "amount", "total", "gross", "net", "sub"}
        ]
        sums = line_sums(self.lines_of, quantities[0].parts[0] if quantities else None, prices)
        if not sums:
            return
        told = {id(each): explains(each.merged, sums, self.facts) for each in amounts}
        most = max(told.values())
        if not most or (most == 1 and any(not told[id(each)] and _is_total(each) for each in amounts)):
            return  # the sum of the lines alone may be a subtotal
        explained = [each for each in amounts if told[id(each)] == most]
        again = []
        for each in ranked["amount"]:
            again.append(self.scorer.score("amount", each.parts, None, 1 if each in explained else -1) or each)
        again.sort(key=lambda each: (-each.logit, len(each.steps), each.parts[0].column.key))
        ranked["amount"] = again

    def _beside_amount(self, ranked: dict[str, list[Candidate]]) -> None:
        """Currencies in the order of how near they stand to the amount, where their scores are equal."""
        if not ranked["amount"]:
            return
        home = ranked["amount"][0].steps[:-1]
        ranked["currency"].sort(key=lambda each: (-round(each.logit, 1), each.steps[:-1] != home, len(each.steps)))

    @cached_property
    def blocks(self) -> list[Block]:
        """The addresses, the likeliest shipping address first."""
        return blocks(self.facts, self.scorer)

    @cached_property
    def parcels(self) -> Parcels | None:
        """Where the shipments stand."""
        if self.back:
            return None
        pool = [each for each in self.all_facts if not is_of_return(each)]
        numbers = self._counted(self.scorer.rank("shipment.tracking_number", pool))
        urls = self.scorer.rank("shipment.tracking_url", pool)
        carriers = self._carriers(pool)
        first = next((found[0] for found in (numbers, urls, carriers) if found and found[0].logit > -0.5), None)
        if first is None:
            first = next((found[0] for found in (numbers, carriers) if found), None)
            if first is None:
                return None
            return Parcels((), {"shipment.tracking_number": numbers, "shipment.carrier": carriers})
        each = self._list_of(first.merged)
        if not each:
            ranked = {
                "shipment.tracking_number": numbers, "shipment.carrier": carriers, "shipment.tracking_url": urls,
            }  # fmt: skip
            return Parcels((), ranked)
        items = [node for item in self.items for node in nodes_at(item, each, 50) if node is not None][:_LINES]
        around = names_of((*self.structure.root, *each))
        inside = [Facts(column, len(items), around) for column in _sayable(columns(items, self.mapped, ""))]
        scorer = Scorer(self.weights, len(items) > 1)
        ranked = {name: scorer.rank(name, inside) for name in SHIPMENT}
        ranked["shipment.shipped_at"] = scorer.rank("shipped_at", inside)
        if not ranked["shipment.carrier"]:
            ranked["order.carrier"] = [each for each in carriers if not each.merged.column.lists]
        return Parcels(each, ranked, inside)

    def _counted(self, found: list[Candidate]) -> list[Candidate]:
        """Tracking numbers of lists that have as many members as the order counts parcels go before others."""
        counts = counts_of(self.facts, PARCELS)
        for each in found:
            home = self._list_of(each.merged) if counts else ()
            sizes = [sum(node is not None for node in nodes_at(item, home, 50)) for item in self.items] if home else []
            if any(agrees(count, sizes) for count in counts):
                each.logit += _COUNTED
                each.reasons.append("as many as the order counts parcels")
        return sorted(found, key=lambda each: -each.logit)

    def _carriers(self, pool: Sequence[Facts]) -> list[Candidate]:
        """The candidates of carriers; a company inside an address is its recipient's."""
        homes = {each.column.steps[:-1] for each in pool if {"city", "postal"} & each.name.meant}
        return [
            each for each in self.scorer.rank("shipment.carrier", pool)
            if each.merged.has("carrier") > 0.6
            or "company" not in each.merged.name.meant
            or each.steps[:-1] not in homes
        ]  # fmt: skip

    def _list_of(self, facts: Facts) -> Steps:
        """The innermost list of objects that a column stands in, below the order; empty where there is none."""
        place = (*self.structure.root, *facts.column.steps)
        if self.tree.xml:
            return self._xml_list(facts)
        last = max((index for index, step in enumerate(facts.column.steps) if step == EACH), default=-1)
        if last < 0 or (facts.column.tail and last == len(facts.column.steps) - 1):
            earlier = (
                [index for index, step in enumerate(facts.column.steps[:last]) if step == EACH] if last > 0 else []
            )
            return facts.column.steps[: earlier[-1] + 1] if earlier else ()
        del place
        return facts.column.steps[: last + 1]

    def _xml_list(self, facts: Facts) -> Steps:
        """In XML lists are not seen in a path, so the tree says where several may stand."""
        steps = list(facts.column.steps)
        for length in range(len(steps) - 1, 0, -1):
            if steps[length - 1].startswith("[?"):
                continue
            place = text((*self.structure.root, *plain_steps(steps[:length])))
            node = self.tree.find(place + EACH)
            if node is not None and node.path.endswith(EACH):
                return tuple(steps[:length])
        return ()
