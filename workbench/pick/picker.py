"""From a click to rules: each thing that may have been meant, tried on all samples before it is accepted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from workbench.catalogue import DECIMAL, LIST, OBJECT, TEXTS, TIME, Field, catalogue
from workbench.documents import Document
from workbench.errors import DecodeError, UsageError, WorkbenchError
from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.paths import PathError, compile_path, find, quote_name, scalars
from workbench.pick.blocks import Anchor, Blocks, Target
from workbench.pick.choices import Choice, choices
from workbench.pick.evidence import Evidence, Seen, own_scalars
from workbench.pick.kinds import kind_warnings, readings
from workbench.pick.model import Proposal, Reading
from workbench.pick.related import conditions, pairs
from workbench.pick.roots import roots
from workbench.pick.steps import EACH, Steps, is_below, name_of, place_steps, short, text, without_last_each
from workbench.pick.trial import Trial
from workbench.samples import Sample
from workbench.tree import Tree, merge

_SHOWN = 5
_MOST = 12
_MOST_SEEN = 2000


class Picker:
    """Proposes rules for clicks in the responses of one operation.

    Args:
        data: The mapping's data; it loads, and has the operation.
        operation: The operation's name.
        samples: Recorded exchanges; those of other operations are passed over.
        documents: The decoded answers, by call and sample; decoded by the caller, who knows how.
        trees: Their merged trees, by call, where the caller has them.
        clocks: When each sample was answered, by its name, as the answer's own Date header said; else it counts when
            the sample was taken.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        operation: str,
        samples: Sequence[Sample],
        documents: Mapping[str, Sequence[Sequence[Document]]],
        trees: Mapping[str, Tree] | None = None,
        clocks: Mapping[str, datetime] | None = None,
    ) -> None:
        if operation not in data["operations"]:
            raise UsageError(f"no operation {operation!r} - add it first")
        self.data, self.operation, self.samples, self.documents = data, operation, samples, documents
        self._trees = dict(trees or {})
        self._clocks = dict(clocks or {})

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The merged tree of each call."""
        for call, samples in self.documents.items():
            if call not in self._trees:
                self._trees[call] = merge(document for documents in samples for document in documents)
        return self._trees

    def propose(self, field: str, call: str, path: str, second: str | None = None) -> list[Proposal]:
        """What a click on a node may mean for a field, the likeliest first.

        Args:
            field: The business field, `lines.sku`.
            call: The call whose tree was clicked.
            path: The node: its place, or the path of one value.
            second: `first` or `join` puts the place beside the rule that the field has; None replaces it.

        Raises:
            UsageError: No value can come from there; the message says what to click instead.
        """
        tree = self._tree(call)
        place, clicked = self._leaf(tree, call, path)
        values = self._values(call, place)
        proposals: list[Proposal] = []
        for data, words in self._rooted(field, call, place):
            blocks = Blocks(data, self.operation, self.trees)
            target = blocks.target(field)
            evidence = self._evidence(blocks, call, place) if target.field.kind in (TIME, DECIMAL) else None
            read = readings(target.field, values, text(place), evidence)
            for built, said, fragile, rule, where in self._built(data, blocks, target, field, call, place, clicked):
                rule_before = _rule_at(self.data, blocks.record, field)
                for reading in read:
                    ruled = _with_second(_rule_of(rule, reading), rule_before, second)
                    made = copy.deepcopy(built)
                    _set_rule(made, blocks.record, field, ruled)
                    told = "; ".join(part for part in (said, reading.words, words) if part)
                    doubt = (reading.doubt,) if reading.doubt else ()
                    proposal = Proposal(told, where, ruled, made, fragile, doubt, notes=reading.notes)
                    proposals.append(proposal)
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
        orders: dict[str, Any] = {"each": self._absolute(self.data, call, without_last_each(steps), tree)}
        if "map" in node.flags:
            orders["keyed"] = True
        data = self._with_orders(orders)
        trial = Trial(data, self.operation, self.samples)
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

    # ------------------------------------------------------------ the click

    def _tree(self, call: str) -> Tree:
        tree = self.trees.get(call)
        if tree is None or not tree.nodes:
            raise UsageError(f"no sample of the call {call!r} yet - fetch one first")
        return tree

    def _leaf(self, tree: Tree, call: str, path: str) -> tuple[Steps, Any]:
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
        return place_steps(node.path), clicked

    def _values(self, call: str, place: Steps) -> list[Any]:
        path = compile_path(text(place))
        return [
            value
            for documents in self.documents.get(call, ())
            for document in documents
            for value in scalars(find(document.root, path.steps))
        ]

    def _evidence(self, blocks: Blocks, call: str, place: Steps) -> Evidence:
        """The values of a place with what stands beside them, around them, and when they came."""
        root = blocks.root()
        own = root.steps if root.call == call and root.steps is not None and is_below(place, root.steps) else None
        if own is None or EACH not in own:
            repeats = [index for index, step in enumerate(place) if step == EACH]
            own = own or place[: repeats[0] + 1 if repeats else 0]
        holder, key = place[:-1], place[-1] if place else ""
        above, inner = compile_path(text(own)).steps, compile_path(text(holder[len(own) :])).steps
        last = compile_path(text((key,))).steps if key else ()
        taken = [sample for sample in self.samples if sample.operation in (self.operation, None)]
        seen = []
        for index, documents in enumerate(self.documents.get(call, ())):
            sample = taken[index] if index < len(taken) else None
            clock = self._clocks.get(sample.name) if sample else None
            fetched = clock or (sample.recorded_at if sample else None)
            orders = [order for document in documents for order in _members(find(document.root, above))]
            for order in orders:
                for one in _members(find(order, inner)) if inner else [order]:
                    values = scalars(find(one, last))
                    seen += [Seen(value, own_scalars(one), order, fetched, clock is not None) for value in values]
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
            orders: dict[str, Any] = {
                "each": self._absolute(self.data, call, without_last_each(root.steps), self.trees[call])
            }
            if root.keyed:
                orders["keyed"] = True
            said = (
                f"one order for each of {name_of(root.steps)}"
                if root.steps[-1:] == (EACH,)
                else "the answer is one order"
            )
            if field == "order_number" and self._repeats(call, place, root.steps):
                grouped = {**orders, "group_by": text(short(place[len(root.steps) :], self.trees[call].xml), "@")}
                found.append((self._with_orders(grouped), f"rows with the same {name_of(place)} are one order"))
            found.append((self._with_orders(orders), said))
        return found

    def _repeats(self, call: str, place: Steps, root: Steps) -> bool:
        """Whether rows repeat the value, inside one document."""
        if not root or root[-1] != EACH or not is_below(place, root):
            return False
        path = compile_path(text(place))
        for documents in self.documents.get(call, ()):
            values = [str(value) for document in documents for value in scalars(find(document.root, path.steps))]
            if len(values) > len(set(values)):
                return True
        return False

    def _with_orders(self, orders: Mapping[str, Any]) -> dict[str, Any]:
        data = copy.deepcopy(dict(self.data))
        body = dict(data["operations"][self.operation] or {})
        before = body.get("orders") or {}
        kept = {key: value for key, value in before.items() if key in ("keep", "use", "note")}
        body["orders"] = {**orders, **kept}
        data["operations"][self.operation] = body
        data["records"].setdefault("order", {})
        return data

    def _absolute(self, data: Mapping[str, Any], call: str, steps: Iterable[str], tree: Tree) -> str:
        first = Blocks(data, self.operation, self.trees).first
        return text(short(steps, tree.xml), "$" if call == first else f"{call}:$")

    # ------------------------------------------------------------ rules

    def _built(
        self, data: Mapping[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps, clicked: Any
    ) -> list[tuple[dict[str, Any], str, bool, Any, str]]:
        """Every mapping that the click may mean, without transforms: data, words, fragile, rule, where."""
        where = ".".join(("records", blocks.record, *field.split(".")))
        if target.missing:
            return self._new_block(data, blocks, target, field, call, place, clicked)
        made = copy.deepcopy(dict(data))
        several = target.field.kind == TEXTS
        index = self._anchor(target.anchors, call, place)
        if index is not None:
            anchor = target.anchors[index]
            assert anchor.steps is not None  # noqa: S101 - chosen because it has steps
            ups = len(target.anchors) - 1 - index
            root = "@" if ups == 0 else "^" * ups
            found = self._choices(call, place, len(anchor.steps), clicked, several)
            return [self._one(made, blocks, field, root, choice, where) for choice in found]
        if call in blocks.per_order or not self._repeats_outside(blocks, call, place):
            root = "$" if call == blocks.first else f"{call}:$"
            found = self._choices(call, place, 0, clicked, several)
            return [self._one(made, blocks, field, root, choice, where) for choice in found]
        return self._joined(made, blocks, target, field, call, place, clicked, where)

    def _repeats_outside(self, blocks: Blocks, call: str, place: Steps) -> bool:
        """Whether there are several items at the place, so that one must be told from the others by an id."""
        around = [index for index, step in enumerate(place) if step == EACH]
        if not around:
            return False
        root = blocks.root()
        # Beside a single order nothing needs to be joined.
        return not (root.call == call and root.steps is not None and EACH not in root.steps)

    def _choices(self, call: str, place: Steps, start: int, clicked: Any, several: bool) -> list[Choice]:
        documents = [document for documents in self.documents.get(call, ()) for document in documents]
        return choices(self.trees[call], documents, place, start, clicked, several)

    def _anchor(self, anchors: Sequence[Anchor], call: str, place: Steps) -> int | None:
        """The innermost level that the place lies in."""
        best: int | None = None
        for index, anchor in enumerate(anchors):
            steps = anchor.steps
            if anchor.call != call or steps is None or not is_below(place, steps):
                continue
            if best is None or len(steps) >= len(anchors[best].steps or ()):
                best = index
        return best

    def _one(
        self, data: dict[str, Any], blocks: Blocks, field: str, root: str, choice: Choice, where: str
    ) -> tuple[dict[str, Any], str, bool, Any, str]:
        head, _, name = field.rpartition(".")
        if head and choice.at and "?" in "".join(choice.steps[: choice.at]):
            holder = _entry(data, blocks.record, head)
            record = catalogue().records[blocks.record].fields.get(head)
            if record is not None and record.kind == OBJECT and not holder:
                made = copy.deepcopy(data)
                at = text(choice.steps[: choice.at], root)
                made["records"][blocks.record][head] = {"at": at, "fields": {}}
                inner = text(choice.steps[choice.at :], "@")
                return made, choice.words, choice.fragile, inner, f"{where.rpartition('.')[0]}.fields.{name}"
        return data, choice.words, choice.fragile, text(choice.steps, root), where

    def _new_block(
        self, data: Mapping[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps, clicked: Any
    ) -> list[tuple[dict[str, Any], str, bool, Any, str]]:
        """A list block for the items that the clicked value belongs to, and the rule in it."""
        found = []
        tree = self.trees[call]
        head = ".".join(target.blocks[: target.blocks.index(target.missing) + 1])
        index = self._anchor(target.anchors, call, place)
        anchor = target.anchors[index] if index is not None else None
        start = len(anchor.steps or ()) if anchor else 0
        ups = len(target.anchors) - 1 - index if index is not None else 0
        root = ("@" if ups == 0 else "^" * ups) if anchor else ("$" if call == blocks.first else f"{call}:$")
        if "group_by" in blocks.orders and anchor and target.missing == "lines":
            body: dict[str, Any] = {"each": "rows:$"}
            built = self._with_block(data, blocks.record, head, body)
            for choice in self._choices(call, place, start, clicked, target.field.kind == TEXTS):
                rule = text(choice.steps, "@")
                found.append(
                    (
                        built,
                        f"one of {target.missing} for each row; {choice.words}",
                        choice.fragile,
                        rule,
                        self._place_in(blocks, field, head),
                    )
                )
            return found
        spots = [position for position in range(start, len(place)) if place[position] == EACH]
        related: dict[str, Any] | None = None
        if anchor is None and call not in blocks.per_order and self._repeats_outside(blocks, call, place):
            spots = spots[:1]
            related = self._keep(blocks, target, call, place[: spots[0] + 1])
        for count in range(len(spots), 0, -1):
            levels: list[str] = []
            before = start
            for spot in spots[:count]:
                part = short(place[before:spot], tree.xml)
                levels.append(text(part, root if not levels else "@"))
                before = spot + 1
            body = {"each": levels if len(levels) > 1 else levels[0]}
            around = tree.find(text(place[: spots[count - 1]]))
            if around is not None and "map" in around.flags:
                body["keyed"] = True
            if related is not None:
                body["keep"] = related
            built = self._with_block(data, blocks.record, head, body)
            names = " of ".join(name_of(place[:spot]) for spot in reversed(spots[:count]))
            for choice in self._choices(call, place, spots[count - 1] + 1, clicked, target.field.kind == TEXTS):
                said = f"one of {target.missing} for each of {names}"
                said = said if choice.words == "the value" else f"{said}; {choice.words}"
                found.append(
                    (built, said, choice.fragile, text(choice.steps, "@"), self._place_in(blocks, field, head))
                )
        if not spots:
            holder = place[:-1] if len(place) - 1 > start else place[:start]
            each = text(short(holder[start:], tree.xml), root)
            built = self._with_block(data, blocks.record, head, {"each": each})
            rule = text(short(place[len(holder) :], tree.xml), "@")
            said = f"one of {target.missing}, from {name_of(holder) if len(holder) > start else 'the order itself'}"
            found.append((built, said, False, rule, self._place_in(blocks, field, head)))
        return found

    def _place_in(self, blocks: Blocks, field: str, head: str) -> str:
        rest = field[len(head) + 1 :]
        return f"records.{blocks.record}.{head}.fields.{rest}"

    def _with_block(self, data: Mapping[str, Any], record: str, head: str, body: Mapping[str, Any]) -> dict[str, Any]:
        made = copy.deepcopy(dict(data))
        holder, _, name = head.rpartition(".")
        fields = _entry(made, record, holder) if holder else made["records"].setdefault(record, {})
        fields[name] = {**body, "fields": {}}
        return made

    def _keep(self, blocks: Blocks, target: Target, call: str, item: Steps) -> dict[str, Any]:
        """Conditions that join the items to ours.

        Raises:
            UsageError: No id of theirs equals one of ours.
        """
        mine = target.anchors[-1] if target.anchors else blocks.root()
        if mine.steps is None or mine.call not in self.trees:
            raise UsageError("where the orders stand cannot be told - assign the order number first")
        ours = (self.trees[mine.call], mine.steps, self.documents.get(mine.call, ()))
        theirs = (self.trees[call], item, self.documents.get(call, ()))
        found = pairs(ours, theirs)
        if not found:
            raise UsageError(
                f"{name_of(item)} lies outside the order and no id there equals one of the order's in every sample"
                " - click a value inside the order, or fetch samples in which they belong together"
            )
        return conditions(found[0], self.trees[call].xml)

    def _joined(
        self,
        data: dict[str, Any],
        blocks: Blocks,
        target: Target,
        field: str,
        call: str,
        place: Steps,
        clicked: Any,
        where: str,
    ) -> list[tuple[dict[str, Any], str, bool, Any, str]]:
        """Related items by `with:`, and a rule that names them."""
        first = place.index(EACH)
        item = place[: first + 1]
        for name, anchor in blocks.related_names(target.blocks).items():
            if anchor.call == call and anchor.steps is not None and is_below(place, anchor.steps):
                found = self._choices(call, place, len(anchor.steps), clicked, target.field.kind == TEXTS)
                return [self._one(data, blocks, field, f"{name}:$", choice, where) for choice in found]
        keep = self._keep(blocks, target, call, item)
        taken = set(blocks.calls) | set(blocks.related_names(target.blocks)) | {"rows"}
        name = _identifier(name_of(item), taken)
        each = self._absolute(data, call, without_last_each(item), self.trees[call])
        holder = self._block_around(data, blocks, field)
        holder.setdefault("with", {})[name] = {"each": each, "keep": keep}
        pair = ", ".join(f"{left[2:] or left} = {right[2:] or right}" for left, right in keep.items())
        found = self._choices(call, place, len(item), clicked, target.field.kind == TEXTS)
        return [
            (data, f"from the {name} whose {pair}" + ("" if choice.words == "the value" else f"; {choice.words}"),
             choice.fragile, text(choice.steps, f"{name}:$"), where)
            for choice in found
        ]  # fmt: skip

    def _block_around(self, data: dict[str, Any], blocks: Blocks, field: str) -> dict[str, Any]:
        """The block that can hold `with:`: the innermost list or object block with a place, else `orders:`."""
        parts = field.split(".")[:-1]
        while parts:
            entry = _entry(data, blocks.record, ".".join(parts), whole=True)
            if isinstance(entry, dict) and {"each", "at"} & entry.keys():
                return entry
            parts.pop()
        body = data["operations"][self.operation]
        orders: dict[str, Any] = body.setdefault("orders", {"each": "$"})
        return orders

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
            trial = Trial(proposal.data, self.operation, self.samples)
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


def _identifier(name: str, taken: set[str]) -> str:
    plain = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name).strip("_") or "item"
    plain = plain if not plain[0].isdigit() else f"n{plain}"
    found, count = plain, 2
    while found in taken:
        found, count = f"{plain}_{count}", count + 1
    return found


def _members(nodes: Iterable[Any]) -> list[Any]:
    """Nodes one by one: in XML several elements may stand where a path finds one node."""
    return [member for node in nodes for member in (node if isinstance(node, list) else [node])]


def _rule_of(path: str, reading: Reading) -> Any:
    """The rule for a path, with the reading's transforms; a time of day is sought where its date was found."""
    if not reading.transforms:
        return path
    table: dict[str, Any] = {"path": path, **copy.deepcopy(reading.transforms)}
    if reading.clock:
        holder = _holder(path)
        clock = quote_name(reading.clock)
        moment = table.setdefault("datetime", {})
        if "[" in holder:
            table = {"at": holder, **table, "path": "@" + path[len(holder) :]}
            moment["time"] = f"@{clock}"
        else:
            moment["time"] = f"{holder}{clock}"
    return table


def _holder(path: str) -> str:
    """The path of the object that holds the last name of a path."""
    compiled = compile_path(path)
    kind, name = compiled.steps[-1]
    return path.removesuffix(quote_name(name)) if kind == "name" else path


def _with_second(rule: Any, before: Any, second: str | None) -> Any:
    """A second place beside the rule that is there."""
    if second is None or before is None:
        return rule
    if second not in ("first", "join"):
        raise UsageError(f"{second!r} says not how two places go together - first or join")
    if isinstance(before, dict) and second in before:
        return {**before, second: [*before[second], rule]}
    if isinstance(before, dict) and set(before) == {"path"}:
        before = before["path"]
    return {second: [before, rule]}


def _entry(data: Mapping[str, Any], record: str, head: str, whole: bool = False) -> Any:
    """The fields of a block by its dotted name; with `whole` the block itself. Missing ones are made."""
    fields: Any = data["records"].setdefault(record, {}) if isinstance(data["records"], dict) else {}
    block: Any = fields
    for name in head.split(".") if head else ():
        block = fields.setdefault(name, {})
        fields = block.setdefault("fields", {}) if isinstance(block, dict) and is_block(block) else block
    return block if whole else fields


def _set_rule(data: dict[str, Any], record: str, field: str, rule: Any) -> None:
    head, _, name = field.rpartition(".")
    _entry(data, record, head)[name] = rule


def _rule_at(data: Mapping[str, Any], record: str, field: str) -> Any:
    """The rule that a field has; None where it has none."""
    fields: Any = data["records"].get(record) or {}
    *blocks, name = field.split(".")
    for block in blocks:
        fields = inner_fields(fields.get(block))
    return fields.get(name) if isinstance(fields, dict) else None
