"""The mappings that a click may mean: the block it goes into, and the path from there."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from workbench.catalogue import OBJECT, TEXTS, catalogue
from workbench.documents import Document
from workbench.errors import UsageError
from workbench.paths import Path, is_path, scalars, text_of
from workbench.pick.blocks import Anchor, Blocks, Target
from workbench.pick.choices import Choice, choices, clicked_index
from workbench.pick.related import Side, conditions, pairs, sort_of
from workbench.pick.rules import entry, identifier
from workbench.pick.steps import EACH, Steps, is_below, name_of, short, text, without_last_each
from workbench.pick.trial import Trials
from workbench.samples import Sample
from workbench.tree import MARKS, Tree, find_place, merge


class Built(NamedTuple):
    """A mapping that a click may mean, still without the rule.

    Attributes:
        data: The mapping's data, with the blocks that the rule needs.
        words: What is meant.
        fragile: Whether it depends on a position.
        path: The rule's path.
        where: The rule's place in the file.
        notes: What was taken for granted, with the words of the samples.
    """

    data: dict[str, Any]
    words: str
    fragile: bool
    path: str
    where: str
    notes: tuple[str, ...] = ()


class _Base(NamedTuple):
    """Where a path starts: its root as it is written, and how many steps of the place lead there."""

    root: str
    start: int
    related: bool = False


class Building:
    """What the picker builds on: the answers of an operation, and its mapping so far.

    Args:
        data: The mapping's data; it loads, and has the operation.
        operation: The operation's name.
        samples: Recorded exchanges; those of other operations are passed over.
        documents: The decoded answers, by call and sample; decoded by the caller, who knows how.
        trees: Their merged trees, by call, where the caller has them.
        trials: Remembers what was tried already.
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
        trials: Trials | None = None,
        clocks: Mapping[str, datetime] | None = None,
    ) -> None:
        if operation not in data["operations"]:
            raise UsageError(f"no operation {operation!r} - add it first")
        self.data, self.operation, self.samples, self.documents = data, operation, samples, documents
        self._trees = dict(trees or {})
        self._trials = trials or Trials()
        self._clocks = dict(clocks or {})

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The merged tree of each call."""
        for call, samples in self.documents.items():
            if call not in self._trees:
                self._trees[call] = merge(document for documents in samples for document in documents)
        return self._trees

    def _values(self, call: str, place: Steps) -> list[Any]:
        return [value for each in self._by_sample(call, place) for value in each]

    def _by_sample(self, call: str, place: Steps) -> list[list[Any]]:
        """The scalars at a place, by sample."""
        return [
            [value for document in documents for value in scalars(find_place(document.root, place))]
            for documents in self.documents.get(call, ())
        ]

    def _short(self, call: str, place: Steps, start: int, end: int | None = None) -> Steps:
        """Steps of a place as they are written, from one position to another."""
        tree = self.trees[call]
        return short(place[start:end], tree.is_xml(text(place[:start])))

    def _absolute(self, data: Mapping[str, Any], call: str, steps: Iterable[str]) -> str:
        first = Blocks(data, self.operation, self.trees).first
        return text(self._short(call, tuple(steps), 0), "$" if call == first else f"{call}:$")

    # ------------------------------------------------------------ where the rule goes

    def _built(
        self, data: Mapping[str, Any], field: str, call: str, place: Steps, clicked: Path, deep: int = 0
    ) -> list[Built]:
        """Every mapping that the click may mean, without transforms."""
        blocks = Blocks(data, self.operation, self.trees)
        target = blocks.target(field)
        base = self._base(blocks, target, call, place)
        start = base.start if base else 0
        if (mark := _first_mark(place, start)) is not None:
            if deep > 3:
                raise UsageError(f"{name_of(place)} stands too deep in texts - assign it by hand")
            return self._opened(data, blocks, target, field, call, place, clicked, base, mark, deep)
        where = ".".join(("records", blocks.record, *field.split(".")))
        if target.missing:
            return self._new_block(data, blocks, target, field, call, place, clicked, base)
        made = copy.deepcopy(dict(data))
        if base is not None:
            beside = self._beside(made, blocks, target, field, call, place, clicked, base, where)
            found = self._choices(call, place, base.start, clicked, target)
            return beside + [self._one(made, blocks, field, base.root, choice, where) for choice in found]
        if call in blocks.per_order or not self._repeats_outside(blocks, call, place):
            found = self._choices(call, place, 0, clicked, target)
            return [self._one(made, blocks, field, _root(blocks, call), choice, where) for choice in found]
        return self._joined(made, blocks, target, field, call, place, clicked, where)

    def _base(self, blocks: Blocks, target: Target, call: str, place: Steps) -> _Base | None:
        """The items around, or the related ones, that the place lies in; the innermost wins."""
        best: _Base | None = None
        for index, anchor in enumerate(target.anchors):
            if _holds(anchor, call, place) and (best is None or len(anchor.steps or ()) >= best.start):
                ups = len(target.anchors) - 1 - index
                best = _Base("^" * ups or "@", len(anchor.steps or ()))
        for name, anchor in blocks.related_names(target.blocks).items():
            steps = anchor.steps or ()
            if not _holds(anchor, call, place) or (best is not None and len(steps) <= best.start):
                continue
            # A new list block stands on the place itself rather than on a join; only a text must have been opened.
            if not target.missing or any(step in MARKS for step in steps[best.start if best else 0 :]):
                best = _Base(f"{name}:$", len(steps), True)
        return best

    def _repeats_outside(self, blocks: Blocks, call: str, place: Steps) -> bool:
        """Whether there are several items at the place, so that one must be told from the others by an id."""
        if EACH not in place:
            return False
        root = blocks.root()
        # Beside a single order nothing needs to be joined.
        return not (root.call == call and root.steps is not None and EACH not in root.steps)

    def _choices(self, call: str, place: Steps, start: int, clicked: Path, target: Target | None) -> list[Choice]:
        documents = [document for documents in self.documents.get(call, ()) for document in documents]
        several = target is None or target.field.kind == TEXTS
        return choices(self.trees[call], documents, place, start, clicked, several)

    def _one(self, data: dict[str, Any], blocks: Blocks, field: str, root: str, choice: Choice, where: str) -> Built:
        head, _, name = field.rpartition(".")
        if head and choice.at and "?" in "".join(choice.steps[: choice.at]):
            holder = entry(data, blocks.record, head)
            record = catalogue().records[blocks.record].fields.get(head)
            if record is not None and record.kind == OBJECT and not holder:
                made = copy.deepcopy(data)
                at = text(choice.steps[: choice.at], root)
                made["records"][blocks.record][head] = {"at": at, "fields": {}}
                inner = text(choice.steps[choice.at :], "@")
                return Built(made, choice.words, choice.fragile, inner, f"{where.rpartition('.')[0]}.fields.{name}")
        return Built(data, choice.words, choice.fragile, text(choice.steps, root), where)

    # ------------------------------------------------------------ documents inside texts

    def _opened(
        self, data: Mapping[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, base: _Base | None, mark: int, deep: int,
    ) -> list[Built]:  # fmt: skip
        """The mappings once the text around the place is opened under `with:`."""
        kind = MARKS[place[mark]]
        outer = place[:mark]
        if base is None and call not in blocks.per_order and self._repeats_outside(blocks, call, outer):
            raise UsageError(
                f"{name_of(outer)} lies outside the order - click a value beside the text first, so that its rows"
                " are joined to the order"
            )
        root, start = (base.root, base.start) if base else (_root(blocks, call), 0)
        levels = len(blocks.root_levels())
        ups = len(root) if root[0] == "^" else 0
        own = len(target.anchors) - levels
        for_order = own <= ups if root[0] in "@^" else not (base and base.related) or _of_orders(blocks, root)
        if root[0] in "@^" and for_order:
            root = "^" * (ups - own) or "@"
        taken = set(blocks.calls) | set(blocks.related_names(target.blocks)) | {"rows"}
        name = identifier(name_of(outer) if outer else kind, taken)
        found: list[Built] = []
        for choice in self._choices(call, outer, start, clicked, None):
            made = copy.deepcopy(dict(data))
            holder = self._orders(made) if for_order else self._block_around(made, blocks, field)
            each = text(without_last_each(choice.steps), root)
            holder.setdefault("with", {})[name] = {"each": each, "parse": kind}
            said = f"from the {kind.upper()} in {name_of(outer) if outer else 'the answer'}"
            said += "" if choice.words in ("the value", "") else f", {choice.words}"
            for one in self._built(made, field, call, place, clicked, deep + 1):
                words = said if one.words == "the value" else f"{said}; {one.words}"
                found.append(one._replace(words=words, fragile=one.fragile or choice.fragile))
        return found

    # ------------------------------------------------------------ list blocks

    def _new_block(
        self, data: Mapping[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, base: _Base | None,
    ) -> list[Built]:  # fmt: skip
        """A list block for the items that the clicked value belongs to, and the rule in it."""
        found: list[Built] = []
        tree = self.trees[call]
        head = ".".join(target.blocks[: target.blocks.index(target.missing) + 1])
        where = f"records.{blocks.record}.{head}.fields.{field[len(head) + 1 :]}"
        root, start = (base.root, base.start) if base else (_root(blocks, call), 0)
        if "group_by" in blocks.orders and base is not None and not base.related and target.missing == "lines":
            built = self._with_block(data, blocks.record, head, {"each": "rows:$"})
            for choice in self._choices(call, place, start, clicked, target):
                said = f"one of {target.missing} for each row; {choice.words}"
                found.append(Built(built, said, choice.fragile, text(choice.steps, "@"), where))
            return found
        spots = [position for position in range(start, len(place)) if place[position] == EACH]
        related: list[dict[str, Any] | None] = [None]
        if base is None and call not in blocks.per_order and self._repeats_outside(blocks, call, place):
            spots = spots[:1]
            item = place[: spots[0] + 1]
            related = [*self._keeps(blocks, target, call, item, place[len(item) :], clicked)]
        for count, keep in product(range(len(spots), 0, -1), related):
            levels: list[str] = []
            before = start
            for spot in spots[:count]:
                part = self._short(call, place, before, spot)
                levels.append(text(part, root if not levels else "@"))
                before = spot + 1
            body: dict[str, Any] = {"each": levels if len(levels) > 1 else levels[0]}
            around = tree.find(text(place[: spots[count - 1]]))
            notes: tuple[str, ...] = ()
            if around is not None and "map" in around.flags:
                body["keyed"] = True
                notes = (f"are {', '.join(around.examples[:3])} names or ids? taken for ids",)
            if keep is not None:
                body["keep"] = keep
            built = self._with_block(data, blocks.record, head, body)
            names = " of ".join(name_of(place[:spot]) for spot in reversed(spots[:count]))
            for choice in self._choices(call, place, spots[count - 1] + 1, clicked, target):
                said = f"one of {target.missing} for each of {names}"
                said += f" whose {_pair_words(keep)}" if keep else ""
                said = said if choice.words == "the value" else f"{said}; {choice.words}"
                found.append(Built(built, said, choice.fragile, text(choice.steps, "@"), where, notes))
        if not spots:
            found += self._by_keys(data, blocks.record, head, call, place, root, start, where, target.missing)
            holder = place[:-1] if len(place) - 1 > start else place[:start]
            each = text(self._short(call, holder, start), root)
            built = self._with_block(data, blocks.record, head, {"each": each})
            rule = text(self._short(call, place, len(holder)), "@")
            said = f"one of {target.missing}, from {name_of(holder) if len(holder) > start else 'the order itself'}"
            found.append(Built(built, said, False, rule, where))
        return found

    def _by_keys(
        self, data: Mapping[str, Any], record: str, head: str, call: str, place: Steps, root: str, start: int,
        where: str, missing: str,
    ) -> list[Built]:  # fmt: skip
        """A row for each key of an object whose members are objects of one shape, though the keys look like names."""
        tree = self.trees[call]
        for position in range(len(place) - 2, start - 1, -1):
            keys = _alike(tree, text(place[:position])) if not tree.is_xml(text(place[:position])) else []
            if len(keys) > 1:
                each = text(self._short(call, place[:position], start), root)
                built = self._with_block(data, record, head, {"each": each, "keyed": True})
                rule = text(self._short(call, place, position + 1), "@")
                said = f"one of {missing} for each key of {name_of(place[:position]) if position else 'the answer'}"
                note = f"are {', '.join(keys[:3])} names or ids? taken for ids"
                return [Built(built, said, False, rule, where, (note,))]
        return []

    def _with_block(self, data: Mapping[str, Any], record: str, head: str, body: Mapping[str, Any]) -> dict[str, Any]:
        made = copy.deepcopy(dict(data))
        holder, _, name = head.rpartition(".")
        fields = entry(made, record, holder) if holder else made["records"].setdefault(record, {})
        fields[name] = {**body, "fields": {}}
        return made

    # ------------------------------------------------------------ other branches and calls

    def _keeps(
        self, blocks: Blocks, target: Target, call: str, item: Steps, leaf: Steps, clicked: Path
    ) -> list[dict[str, Any]]:
        """Conditions that join the items to ours, the likeliest first.

        Raises:
            UsageError: No id of theirs equals one of ours.
        """
        mine = target.anchors[-1] if target.anchors else blocks.root()
        if mine.steps is None or mine.call not in self.trees:
            raise UsageError("where the orders stand cannot be told - assign the order number first")
        if mine.call == call and is_below(mine.steps, item):
            raise UsageError(
                f"one order is said to stand at {text(mine.steps)}, inside {name_of(item)} - say where one order stands"
                f" by each({text(without_last_each(item))!r}), or click a value inside it"
            )
        ours = Side(self.trees[mine.call], mine.steps, self.documents.get(mine.call, ()))
        theirs = Side(self.trees[call], item, self.documents.get(call, ()))
        only = sort_of(theirs, leaf, clicked_index(clicked, len(item) - 1))
        found = pairs(ours, theirs._replace(only=only))
        if not found:
            raise UsageError(
                f"{name_of(item)} lies outside the order and no id there equals one of the order's in every sample"
                " - click a value inside the order, or fetch samples in which they belong together"
            )
        return [conditions(pair, self.trees[call].xml, only) for pair in found]

    def _joined(
        self, data: dict[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, where: str,
    ) -> list[Built]:  # fmt: skip
        """Related items by `with:`, and a rule that names them."""
        item = place[: place.index(EACH) + 1]
        taken = set(blocks.calls) | set(blocks.related_names(target.blocks)) | {"rows"}
        name = identifier(name_of(item), taken)
        each = self._absolute(data, call, without_last_each(item))
        found = []
        for keep in self._keeps(blocks, target, call, item, place[len(item) :], clicked):
            made = copy.deepcopy(data)
            holder = self._block_around(made, blocks, field)
            holder.setdefault("with", {})[name] = {"each": each, "keep": keep}
            for choice in self._choices(call, place, len(item), clicked, target):
                said = f"from the {name} whose {_pair_words(keep)}"
                said += "" if choice.words == "the value" else f"; {choice.words}"
                found.append(Built(made, said, choice.fragile, text(choice.steps, f"{name}:$"), where))
        return found

    def _beside(
        self, data: dict[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, base: _Base, where: str,
    ) -> list[Built]:  # fmt: skip
        """Items of a list around ours that name one of our ids, such as the parcels that list this line."""
        mine = target.anchors[-1]
        if base.root[0] != "^" or mine.steps is None or EACH not in place[base.start :]:
            return []
        item = place[: place.index(EACH, base.start) + 1]
        if is_below(mine.steps, item):
            return []
        found = []
        ours = Side(self.trees[mine.call], mine.steps, self.documents.get(mine.call, ()))
        theirs = Side(self.trees[call], item, self.documents.get(call, ()))
        taken = set(blocks.calls) | set(blocks.related_names(target.blocks)) | {"rows"}
        name = identifier(name_of(item), taken)
        each = text(without_last_each(self._short(call, item, base.start)), base.root)
        for pair in pairs(ours, theirs):
            made = copy.deepcopy(data)
            keep = conditions(pair, self.trees[call].xml)
            self._block_around(made, blocks, field).setdefault("with", {})[name] = {"each": each, "keep": keep}
            for choice in self._choices(call, place, len(item), clicked, target):
                said = f"from the {name} whose {_pair_words(keep)}"
                said += "" if choice.words == "the value" else f"; {choice.words}"
                found.append(Built(made, said, choice.fragile, text(choice.steps, f"{name}:$"), where))
        return found

    def _orders(self, data: dict[str, Any]) -> dict[str, Any]:
        """The `orders:` block of the operation."""
        orders: dict[str, Any] = data["operations"][self.operation].setdefault("orders", {"each": "$"})
        return orders

    def _block_around(self, data: dict[str, Any], blocks: Blocks, field: str) -> dict[str, Any]:
        """The block that can hold `with:`: the innermost list or object block with a place, else `orders:`."""
        parts = field.split(".")[:-1]
        while parts:
            block = entry(data, blocks.record, ".".join(parts), whole=True)
            if isinstance(block, dict) and {"each", "at"} & block.keys():
                return block
            parts.pop()
        return self._orders(data)


def _alike(tree: Tree, place: str) -> list[str]:
    """The keys of an object whose members are all objects that share most of their keys; empty for others."""
    around = tree.find(place)
    if around is None or around.types - {"null"} != {"object"}:
        return []
    members: dict[str, tuple[str, set[str]]] = {}
    for node in tree:
        if node.depth == around.depth + 1 and node.path == around.path + node.step:
            if node.types - {"null"} != {"object"}:
                return []
            members[node.path] = node.name, set()
        elif node.depth == around.depth + 2 and (held := members.get(node.path[: -len(node.step)])):
            held[1].add(node.name)
    shapes = [names for _, names in members.values()]
    every = set().union(*shapes) if shapes else set()
    if not every or sum(map(len, shapes)) * 2 < len(every) * len(shapes):
        return []
    return [name for name, _ in members.values()]


def _pair_words(keep: Mapping[str, Any]) -> str:
    """The conditions of a join for people: `type = shipments, id = shipment_id`."""
    pairs_ = ((left[2:] or left, right[2:] if is_path(right) else text_of(right)) for left, right in keep.items())
    return ", ".join(f"{left} = {right}" for left, right in pairs_)


def _of_orders(blocks: Blocks, root: str) -> bool:
    """Whether related items are known to the order itself, rather than to one of its lists."""
    return root.removesuffix(":$") in blocks.related_names(())


def _root(blocks: Blocks, call: str) -> str:
    return "$" if call == blocks.first else f"{call}:$"


def _holds(anchor: Anchor, call: str, place: Steps) -> bool:
    return anchor.call == call and anchor.steps is not None and is_below(place, anchor.steps)


def _first_mark(place: Steps, start: int) -> int | None:
    """Where the place first goes into a text, after a position."""
    return next((index for index in range(start, len(place)) if place[index] in MARKS), None)
