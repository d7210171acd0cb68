"""From a click to rules: each thing that may have been meant, tried on all samples before it is accepted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.catalogue import DECIMAL, LIST, TIME, Field, catalogue
from workbench.errors import DecodeError, UsageError, WorkbenchError
from workbench.paths import Path, PathError, compile_path, scalars
from workbench.pick.blocks import Blocks
from workbench.pick.building import Building
from workbench.pick.evidence import Evidence, Seen
from workbench.pick.kinds import kind_warnings, readings
from workbench.pick.model import Proposal
from workbench.pick.roots import fitting_root, roots
from workbench.pick.rules import rule_at, rule_of, second_for, set_rule, with_second
from workbench.pick.steps import EACH, Steps, is_below, name_of, place_steps, text, without_last_each
from workbench.pick.trial import Trial
from workbench.tree import MARKS, UNSAID, Tree, find_place

_SHOWN = 5
_MOST = 12
_MOST_SEEN = 2000


class Picker(Building):
    """Proposes rules for clicks in the responses of one operation."""

    def propose(self, field: str, call: str, path: str, second: str | None = None) -> list[Proposal]:
        """What a click on a node may mean for a field, the likeliest first.

        Args:
            field: The business field, `lines.sku`.
            call: The call whose tree was clicked.
            path: The node: its place, or the path of one value.
            second: `first` or `join` puts the place beside the rule that the field has, `auto` chooses by the field;
                None replaces it.

        Raises:
            UsageError: No value can come from there; the message says what to click instead.
        """
        tree = self._tree(call)
        place, clicked = self._leaf(tree, call, path)
        values = self._values(call, place)
        second = second_for(field) if second == "auto" else second
        proposals: list[Proposal] = []
        for data, words in self._rooted(field, call, place):
            blocks = Blocks(data, self.operation, self.trees)
            target = blocks.target(field)
            evidence = self._evidence(blocks, call, place) if target.field.kind in (TIME, DECIMAL) else None
            read = readings(target.field, values, text(place), evidence)
            for built in self._built(data, field, call, place, clicked):
                rule_before = rule_at(self.data, blocks.record, field)
                for reading in read:
                    ruled = with_second(rule_of(built.path, reading), rule_before, second)
                    made = copy.deepcopy(built.data)
                    set_rule(made, blocks.record, field, ruled)
                    told = "; ".join(part for part in (built.words, reading.words, words) if part)
                    doubt = (reading.doubt,) if reading.doubt else ()
                    proposals.append(
                        Proposal(
                            told, built.where, ruled, made, built.fragile, doubt, notes=(*built.notes, *reading.notes)
                        )
                    )
            if len(proposals) >= _MOST:
                break
        return self._tried(proposals[:_MOST], field, values, place)

    def place_orders(self, call: str, path: str) -> list[Proposal]:
        """Where one order stands, when this node repeats per order; proposals write `orders: each`."""
        tree = self._tree(call)
        node = tree.find(path)
        if node is None:
            raise UsageError(f"no {path} in the answers of {call} - click a node of the tree")
        steps = place_steps(node.path)
        if "list" in node.types and tree.find(node.path + EACH) is not None:
            steps = (*steps, EACH)
        orders = self._orders_at(call, steps)
        if "map" in node.flags:
            orders["keyed"] = True
        data = self._with_orders(orders)
        trial = self._trials.of(data, self.operation, self.samples)
        where = f"operations.{self.operation}.orders"
        return [
            Proposal(
                f"one order for each of {name_of(steps)}",
                where,
                orders,
                data,
                filled=sum(len(result.orders) for result in trial.results),
            )
        ]

    def fitting_place(self) -> tuple[str, str] | None:
        """The call and the node that repeats per order, told by the rules of another operation; None where none fit."""
        rules = self.data["records"].get("order") or {}
        for call, tree in self.trees.items():
            root = fitting_root(tree, rules)
            if root is not None:
                return call, text(without_last_each(root.steps))
        return None

    def path_for(self, field: str, call: str, path: str) -> str:
        """A node as a rule or a condition of a field sees it: `@.qty`, `^.state`.

        Raises:
            UsageError: It cannot be seen from there without more than a path.
        """
        tree = self._tree(call)
        place, clicked = self._leaf(tree, call, path)
        if Blocks(self.data, self.operation, self.trees).target(field).missing:
            raise UsageError(f"{field.partition('.')[0]} is no list yet - assign one of its fields first")
        for built in self._built(self.data, field, call, place, clicked):
            if built.data == self.data and built.path[:1] in "@^$":
                return built.path
        raise UsageError(f"{path} cannot be seen from {field} by a path alone - write the path as the rule needs it")

    def rows(self, block: str = "") -> list[Any]:
        """The nodes of the orders, or of a list's rows, before any of them is dropped.

        Raises:
            UsageError: The list has no rule yet, or where it stands cannot be told.
        """
        blocks = Blocks(self.data, self.operation, self.trees)
        anchor = blocks.root() if "orders" in blocks.body else None
        if block:
            record = catalogue().records[blocks.record].fields.get(block)
            if record is None or record.kind != LIST:
                raise UsageError(f"{block!r} is no list - one of lines, shipments, returns, or nothing for the orders")
            inner = next(iter(catalogue().records[record.record].fields))
            target = blocks.target(f"{block}.{inner}")
            anchor = None if target.missing else target.anchors[-1]
        if anchor is None:
            raise UsageError(f"{block or 'orders'} has no place yet - assign one of its fields first")
        if anchor.steps is None:
            raise UsageError(f"where {block or 'orders'} stands cannot be told from its rule")
        documents = [document for each in self.documents.get(anchor.call, ()) for document in each]
        return [row for document in documents for row in _members(find_place(document.root, anchor.steps))]

    # ------------------------------------------------------------ the click

    def _tree(self, call: str) -> Tree:
        tree = self.trees.get(call)
        if tree is None or not tree.nodes:
            raise UsageError(f"no sample of the call {call!r} yet - fetch one first")
        return tree

    def _leaf(self, tree: Tree, call: str, path: str) -> tuple[Steps, Path]:
        """The place of the clicked node and the path as it was clicked; it must hold values."""
        try:
            clicked = compile_path(path)
        except PathError as error:
            raise UsageError(f"not a path of the language - {error}") from None
        node = tree.find(path)
        if node is None:
            raise UsageError(f"nothing stands at {path} in any sample of {call} - click a node of the tree")
        if not node.types & {"text", "number", "boolean"}:
            members = tree.find(node.path + EACH)
            own = tree.find(node.path + "['#text']")
            if members is not None and members.types & {"text", "number", "boolean"}:
                node = members
            elif own is not None:
                node = own
            elif node.types & {"object", "list"}:
                raise UsageError(f"{node.name} holds other nodes - click a value inside it")
        place = place_steps(node.path)
        for end in range(len(place) + 1):
            around = tree.find(text(place[:end]))
            if around is not None and UNSAID in around.flags:
                raise UsageError(
                    "a key on the way there has signs that no path can say, such as a line break - click what holds it"
                    " and take its members by keyed: true, or ask the merchant for another name"
                )
        return place, clicked

    def _evidence(self, blocks: Blocks, call: str, place: Steps) -> Evidence:
        """The values of a place with what stands beside them, around them, and when they came."""
        root = blocks.root()
        own = root.steps if root.call == call and root.steps is not None and is_below(place, root.steps) else None
        if own is None or EACH not in own:
            repeats = [index for index, step in enumerate(place) if step == EACH]
            own = own or place[: repeats[0] + 1 if repeats else 0]
        holder, key = place[:-1], place[-1] if place else ""
        inner, last = holder[len(own) :], (key,) if key else ()
        taken = [sample for sample in self.samples if sample.operation in (self.operation, None)]
        seen = []
        for index, documents in enumerate(self.documents.get(call, ())):
            sample = taken[index] if index < len(taken) else None
            clock = self._clocks.get(sample.name) if sample else None
            fetched = clock or (sample.recorded_at if sample else None)
            orders = [order for document in documents for order in _members(find_place(document.root, own))]
            for order in orders:
                for one in _members(find_place(order, inner)) if inner else [order]:
                    values = scalars(find_place(one, last))
                    seen += [Seen(value, one, order, fetched, clock is not None) for value in values]
            if len(seen) > _MOST_SEEN:
                break
        zone = self.data.get("timezone")
        return Evidence(seen, zone if isinstance(zone, str) else "")

    # ------------------------------------------------------------ where one order stands

    def _rooted(self, field: str, call: str, place: Steps) -> list[tuple[Mapping[str, Any], str]]:
        """The data with a place for orders: as it is, or each that the click allows."""
        body = self.data["operations"][self.operation] or {}
        if "orders" in body:
            return [(self.data, "")]
        blocks = Blocks(self.data, self.operation, self.trees)
        in_list = any(
            catalogue().records[blocks.record].fields[name].kind == LIST
            for name in field.split(".")[:1]
            if name in catalogue().records[blocks.record].fields
        )
        found: list[tuple[Mapping[str, Any], str]] = []
        for root in roots(self.trees[call], place, blocks.rules, in_list):
            if sum(step in MARKS for step in root.steps) > 1:
                continue  # a block opens one text
            orders = self._orders_at(call, root.steps)
            if root.keyed:
                orders["keyed"] = True
            said = (
                f"one order for each of {name_of(root.steps)}"
                if root.steps[-1:] == (EACH,)
                else "the answer is one order"
            )
            if field == "order_number" and self._repeats(call, place, root.steps):
                grouped = {**orders, "group_by": text(self._short(call, place, len(root.steps)), "@")}
                found.append((self._with_orders(grouped), f"rows with the same {name_of(place)} are one order"))
            found.append((self._with_orders(orders), said))
        return found

    def _repeats(self, call: str, place: Steps, root: Steps) -> bool:
        """Whether rows repeat the value, inside one document."""
        if not root or root[-1] != EACH or not is_below(place, root):
            return False
        return any(len(each) > len(set(map(str, each))) for each in self._by_sample(call, place))

    def _orders_at(self, call: str, steps: Steps) -> dict[str, Any]:
        """The block of the orders at a place, which may lie inside a text."""
        mark = next((index for index, step in enumerate(steps) if step in MARKS), None)
        if mark is None:
            return {"each": self._absolute(self.data, call, without_last_each(steps))}
        outer = self._absolute(self.data, call, without_last_each(steps[:mark]))
        inner = without_last_each(self._short(call, steps, mark + 1))
        return {"each": [outer, text(inner, "@")] if inner else outer, "parse": MARKS[steps[mark]]}

    def _with_orders(self, orders: Mapping[str, Any]) -> dict[str, Any]:
        data = copy.deepcopy(dict(self.data))
        body = dict(data["operations"][self.operation] or {})
        before = body.get("orders") or {}
        kept = {key: value for key, value in before.items() if key in ("keep", "use", "note")}
        body["orders"] = {**orders, **kept}
        data["operations"][self.operation] = body
        data["records"].setdefault("order", {})
        return data

    # ------------------------------------------------------------ trying

    def _tried(self, proposals: list[Proposal], field: str, raw: Sequence[Any], place: Steps) -> list[Proposal]:
        found: list[Proposal] = []
        seen: set[str] = set()
        refused = ""
        for proposal in proposals:
            key = f"{proposal.rule!r} {proposal.data['operations'][self.operation]!r} {proposal.data['records']!r}"
            if key in seen:
                continue
            seen.add(key)
            trial = self._trials.of(proposal.data, self.operation, self.samples)
            try:
                results = trial.results
            except (WorkbenchError, DecodeError) as error:
                refused = refused or str(error)
                continue
            values = tuple(tuple(dict.fromkeys(each))[:_SHOWN] for each in trial.values(field))
            filled, total = trial.filled(field)
            warnings = [*proposal.warnings, *self._warnings(trial, field, raw, filled, total, bool(results))]
            found.append(
                replace(proposal, values=values, filled=filled, total=total, warnings=tuple(dict.fromkeys(warnings)))
            )
        if not found:
            raise UsageError(refused or f"no rule for {field} can be made from {text(place)} - click another value")
        order = {id(each): index for index, each in enumerate(found)}
        found.sort(key=lambda each: (each.fragile, not each.filled, order[id(each)]))
        return found

    def _warnings(
        self, trial: Trial, field: str, raw: Sequence[Any], filled: int, total: int, tried: bool
    ) -> Iterable[str]:
        key = Blocks(self.data, self.operation, self.trees).target(field).field
        yield from kind_warnings(_plain(key, field), raw)
        problems = trial.problems(field)
        for code in dict.fromkeys(problem.code for problem in problems):
            same = [problem for problem in problems if problem.code == code]
            if code != "no_value":
                yield f"{len(same)} x {same[0].what}"
        if tried and total and not filled:
            yield f"finds nothing in any of {total} records"
        if trial.samples and not any(result.orders for result in trial.results):
            yield "no order comes out of any sample"


def _plain(field: Field, key: str) -> Field:
    return field if "." not in key else replace(field, key=key)


def _members(nodes: Iterable[Any]) -> list[Any]:
    """Nodes one by one: in XML several elements may stand where a path finds one node."""
    return [member for node in nodes for member in (node if isinstance(node, list) else [node])]
