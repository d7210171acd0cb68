"""The mappings that a click may mean: the block it goes into, and the path from there."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import product
from typing import Any

from workbench.catalogue import OBJECT, catalogue
from workbench.errors import UsageError
from workbench.paths import Path
from workbench.pick.blocks import Anchor, Blocks, Target
from workbench.pick.choices import Choice
from workbench.pick.ground import Built, Start
from workbench.pick.joining import Joining, pair_words
from workbench.pick.rules import entry, identifier
from workbench.pick.steps import EACH, Steps, is_below, name_of, text, without_last_each
from workbench.tree import MARKS, Tree


class Building(Joining):
    """Every mapping that a click may mean."""

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

    def _base(self, blocks: Blocks, target: Target, call: str, place: Steps) -> Start | None:
        """The items around, or the related ones, that the place lies in; the innermost wins."""
        best: Start | None = None
        for index, anchor in enumerate(target.anchors):
            if _holds(anchor, call, place) and (best is None or len(anchor.steps or ()) >= best.start):
                ups = len(target.anchors) - 1 - index
                best = Start("^" * ups or "@", len(anchor.steps or ()))
        for name, anchor in blocks.related_names(target.blocks).items():
            steps = anchor.steps or ()
            if not _holds(anchor, call, place) or (best is not None and len(steps) <= best.start):
                continue
            # A new list block stands on the place itself rather than on a join; only a text must have been opened.
            if not target.missing or any(step in MARKS for step in steps[best.start if best else 0 :]):
                best = Start(f"{name}:$", len(steps), True)
        return best

    def _repeats_outside(self, blocks: Blocks, call: str, place: Steps) -> bool:
        """Whether there are several items at the place, so that one must be told from the others by an id."""
        if EACH not in place:
            return False
        root = blocks.root()
        # Beside a single order nothing needs to be joined.
        return not (root.call == call and root.steps is not None and EACH not in root.steps)

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
        clicked: Path, base: Start | None, mark: int, deep: int,
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
        clicked: Path, base: Start | None,
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
                said += f" whose {pair_words(keep)}" if keep else ""
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
