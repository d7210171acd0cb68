"""Values of other branches and calls: items that belong to ours because an id of theirs equals one of ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError
from workbench.paths import Path, is_path, text_of
from workbench.pick.blocks import Blocks, Target
from workbench.pick.choices import clicked_index
from workbench.pick.ground import Built, Ground, Start
from workbench.pick.related import Side, conditions, pairs, sort_of
from workbench.pick.rules import identifier
from workbench.pick.steps import EACH, Steps, is_below, name_of, text, without_last_each


class Joining(Ground):
    """Joins what lies outside the order, or beside it."""

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
        each = self._absolute(data, call, without_last_each(item))
        keeps = self._keeps(blocks, target, call, item, place[len(item) :], clicked)
        return self._by_name(data, blocks, target, field, call, place, clicked, where, item, each, keeps)

    def _beside(
        self, data: dict[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, base: Start, where: str,
    ) -> list[Built]:  # fmt: skip
        """Items of a list around ours that name one of our ids, such as the parcels that list this line."""
        mine = target.anchors[-1]
        if base.root[0] != "^" or mine.steps is None or EACH not in place[base.start :]:
            return []
        item = place[: place.index(EACH, base.start) + 1]
        if is_below(mine.steps, item):
            return []
        ours = Side(self.trees[mine.call], mine.steps, self.documents.get(mine.call, ()))
        theirs = Side(self.trees[call], item, self.documents.get(call, ()))
        each = text(without_last_each(self._short(call, item, base.start)), base.root)
        keeps = [conditions(pair, self.trees[call].xml) for pair in pairs(ours, theirs)]
        return self._by_name(data, blocks, target, field, call, place, clicked, where, item, each, keeps)

    def _by_name(
        self, data: dict[str, Any], blocks: Blocks, target: Target, field: str, call: str, place: Steps,
        clicked: Path, where: str, item: Steps, each: str, keeps: list[dict[str, Any]],
    ) -> list[Built]:  # fmt: skip
        """The items under a name of `with:`, by each way to join them, and the rule that reads one of them."""
        taken = set(blocks.calls) | set(blocks.related_names(target.blocks)) | {"rows"}
        name = identifier(name_of(item), taken)
        found = []
        for keep in keeps:
            made = copy.deepcopy(data)
            self._block_around(made, blocks, field).setdefault("with", {})[name] = {"each": each, "keep": keep}
            for choice in self._choices(call, place, len(item), clicked, target):
                said = f"from the {name} whose {pair_words(keep)}"
                said += "" if choice.words == "the value" else f"; {choice.words}"
                found.append(Built(made, said, choice.fragile, text(choice.steps, f"{name}:$"), where))
        return found


def pair_words(keep: Mapping[str, Any]) -> str:
    """The conditions of a join for people: `type = shipments, id = shipment_id`."""
    pairs_ = ((left[2:] or left, right[2:] if is_path(right) else text_of(right)) for left, right in keep.items())
    return ", ".join(f"{left} = {right}" for left, right in pairs_)
