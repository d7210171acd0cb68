"""What a merchant's change broke, and where the values live now."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workbench.catalogue import LIST, catalogue
from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.pick.blocks import Blocks
from workbench.pick.places import Read, places_read
from workbench.pick.steps import place_steps, text
from workbench.pseudonyms import Named
from workbench.tree import MARKS, Change, Node, Tree

_ENOUGH = 0.5
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that is broken.

    Attributes:
        what: `gone`, a node that rules read is not there; `keyed`, a list became an object; `words`, new words.
        call: The call.
        where: The node.
        fields: The business fields that it hits.
        candidates: Where values of that shape live now, the likeliest first; empty for the other kinds.
        operation: The operation.
    """

    what: str
    call: str
    where: str
    fields: tuple[str, ...]
    candidates: tuple[str, ...]
    operation: str

    @property
    def text(self) -> str:
        """The repair in words."""
        hit = ", ".join(self.fields)
        if self.what == "gone":
            now = f"now at {', '.join(self.candidates)}?" if self.candidates else "nothing of that shape is there"
            return f"{hit}: {self.where} is gone; {now}"
        if self.what == "keyed":
            return f"{hit}: {self.where} was a list and is an object now; its members are the items"
        return f"{hit}: words that the mapping does not know"


def repairs(
    data: Mapping[str, Any],
    operation: str,
    before: Mapping[str, Tree],
    after: Mapping[str, Tree],
    customer: Named | None = None,
) -> list[Repair]:
    """What the difference between saved and fresh answers breaks.

    Args:
        data: The mapping's data.
        operation: The operation.
        before: The merged tree of each call's saved answers.
        after: The same of the fresh ones.
        customer: What names the customers: no place with such a key is a candidate.
    """
    reads = places_read(data, operation, before)
    found: list[Repair] = []
    for call, tree in before.items():
        now = after.get(call)
        if now is None or not now.nodes or not tree.nodes:
            continue
        for change in tree.differences(now):
            hit = tuple(dict.fromkeys(_hit(change.where, call, reads)))
            node = tree.find(change.where)
            if not hit or node is None:
                continue
            if change.what == "gone" and node.always:
                places = (
                    place for place in _candidates(node, tree, now) if not (customer and customer.in_place(place))
                )
                candidates = tuple(islice(places, _SHOWN))
                found.append(Repair("gone", call, change.where, hit, candidates, operation))
            elif change.what == "type" and _became_object(change):
                found.append(Repair("keyed", call, change.where, hit, (), operation))
    keyed = [one.where for one in found if one.what == "keyed"]
    return [one for one in found if one.what != "gone" or not any(one.where.startswith(each) for each in keyed)]


def _became_object(change: Change) -> bool:
    """Whether objects came where there were lists and none of them."""
    before, after = change.before.split(", "), change.after.split(", ")
    return "list" in before and "object" in after and "object" not in before


def _hit(where: str, call: str, reads: Sequence[Read]) -> Iterator[str]:
    for read in reads:
        if read.call == call and (read.place == where or read.place.startswith((f"{where}.", f"{where}["))):
            yield read.field


def _candidates(node: Node, before: Tree, after: Tree) -> Iterator[str]:
    """Nodes with values of the same shape: new ones first, near ones first, alike names first."""
    shapes = set(map(_shape, node.examples))
    around = node.path[: len(node.path) - len(node.step)]
    ranked = []
    for each in after:
        if not shapes or not each.examples or each.types & {"object", "list"}:
            continue
        share = sum(_shape(value) in shapes for value in each.examples) / len(each.examples)
        if share < _ENOUGH:
            continue
        if _text_around(each.path) != _text_around(node.path):
            continue  # a rule moves inside a text that it has opened, and not into another
        new = before.find(each.path) is None
        near = each.path.startswith(around)
        alike = difflib.SequenceMatcher(None, node.name.lower(), each.name.lower()).ratio()
        if new or (near and share == 1):
            ranked.append((-(2 * new + near + share + alike), each.path))
    yield from (path for _, path in sorted(ranked))


def _text_around(path: str) -> str:
    """The place of the text that a place lies in; empty outside."""
    return path[: max(path.rfind(mark) for mark in MARKS) + 1]


def _shape(value: str) -> str:
    """What a value looks like, runs of letters and of digits as one sign each."""
    return re.sub(r"[^\W\d_]+", "x", re.sub(r"\d+", "0", value))


def moved(data: Mapping[str, Any], one: Repair, place: str, trees: Mapping[str, Tree]) -> dict[str, Any]:
    """The data with every rule that read the node reading another one, its transforms kept.

    Args:
        data: The mapping's data.
        one: The repair.
        place: Where the value lives now; beside the old node, or anywhere in the same items.
        trees: The saved trees, in which the rules still lead somewhere.
    """
    made = copy.deepcopy(dict(data))
    blocks = Blocks(made, one.operation, trees)
    old, new = place_steps(one.where), place_steps(place)

    def replaced(path: str, field: str) -> str:
        target = blocks.target(field)
        related = blocks.related_names(target.blocks)
        anchor = blocks.resolve(path, target.anchors, related=related)
        if anchor.call != one.call or anchor.steps is None or anchor.steps[: len(old)] != old:
            return path
        shared = 0
        while shared < min(len(old), len(new)) - 1 and old[shared] == new[shared]:
            shared += 1
        tail = "".join(anchor.steps[len(old) :])
        before, after = "".join(old[shared:]), "".join(new[shared:])
        head = path[: len(path) - len(tail)] if tail and path.endswith(tail) else path
        return f"{head[: len(head) - len(before)]}{after}{tail}" if head.endswith(before) else path

    for field in one.fields:
        _change_rule(made["records"][blocks.record], field, replaced)
    return made


def _walk(rule: Any, field: str, replaced: Callable[[str, str], str]) -> Any:
    if isinstance(rule, str):
        return replaced(rule, field)
    if not isinstance(rule, dict):
        return rule
    made = dict(rule)
    if isinstance(made.get("path"), str):
        made["path"] = replaced(made["path"], field)
    for key in ("first", "join"):
        if key in made:
            made[key] = [_walk(part, field, replaced) for part in made[key]]
    return made


def _change_rule(fields: dict[str, Any], field: str, replaced: Callable[[str, str], str]) -> None:
    *blocks, name = field.split(".")
    for block in blocks:
        fields = inner_fields(fields.get(block))
    if name in fields:
        fields[name] = _walk(fields[name], field, replaced)


def keyed(data: Mapping[str, Any], one: Repair, trees: Mapping[str, Tree]) -> dict[str, Any]:
    """The data with the blocks that stand at the node reading the members of an object."""
    made = copy.deepcopy(dict(data))
    blocks = Blocks(made, one.operation, trees)
    where = text(place_steps(one.where))
    root = blocks.root()
    if root.call == one.call and root.steps is not None and text(root.steps).removesuffix("[*]") == where:
        made["operations"][one.operation]["orders"]["keyed"] = True
    for name, field in catalogue().records[blocks.record].fields.items():
        block = made["records"][blocks.record].get(name)
        if field.kind != LIST or not isinstance(block, dict) or not is_block(block):
            continue
        place = block.get("each")
        if isinstance(place, str):
            anchor = blocks.resolve(place, blocks.root_levels())
            if anchor.call == one.call and anchor.steps and text(anchor.steps).removesuffix("[*]") == where:
                block["keyed"] = True
    return made
