"""What is settled already: the rules of a mapping under way, and earlier mappings that fit the same answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from workbench.errors import WorkbenchError
from workbench.mapping import load_text
from workbench.paths import compile_path
from workbench.pick.blocks import Blocks
from workbench.pick.places import places_read
from workbench.pick.roots import fitting_root
from workbench.pick.steps import Steps, place_steps, text, without_last_each
from workbench.suggest.calls import Graft
from workbench.suggest.reading import plain_steps
from workbench.tree import Tree

_ALIKE = 0.6
_FEW = 4
_MOST_FILES = 400
_LARGEST = 200_000
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)\.yaml")
_ENDS = re.compile(r"[@^$](?:\.[\w-]+|\[[^\]]*\])*(?:\.([\w-]+)|\['([^']*)'\])")


@dataclass(frozen=True, slots=True)
class Known:
    """The rules that an engineer has confirmed.

    Attributes:
        root: Where one order stands; None while nobody said.
        lines: Where its lines stand; None while nobody said.
        places: The place that each field reads, without lists; a field may read several.
    """

    root: Steps | None = None
    lines: Steps | None = None
    places: Mapping[str, tuple[Steps, ...]] = field(default_factory=dict)

    @property
    def taken(self) -> frozenset[Steps]:
        """Every place that a rule reads."""
        return frozenset(place for places in self.places.values() for place in places)


NOTHING = Known()


def known_of(
    data: Mapping[str, Any], operation: str, call: str, tree: Tree, grafts: Mapping[str, Graft] | None = None
) -> Known:
    """What the rules of a mapping settle about the answers of a call.

    Args:
        data: The mapping's data; it loads, and has the operation.
        operation: The operation.
        call: The call whose answers are looked at.
        tree: Their merged tree.
        grafts: The other calls whose answers stand inside the orders by now.
    """
    data = _placed(data, operation, call, tree)
    blocks = Blocks(data, operation, {call: tree})
    places: dict[str, tuple[Steps, ...]] = {}
    root = blocks.root() if blocks.orders else None
    for read in places_read(data, operation, {call: tree}):
        if read.call == call:
            places[read.field] = (*places.get(read.field, ()), plain_steps(place_steps(read.place)))
        elif read.call in (grafts or {}) and root is not None and root.steps is not None:
            steps = _inside(root.steps, (grafts or {})[read.call], place_steps(read.place))
            places[read.field] = (*places.get(read.field, ()), plain_steps(steps))
    lines = None
    if "lines" in blocks.rules:
        target = blocks.target("lines.sku")
        lines = target.anchors[-1] if not target.missing and target.blocks else None
    return Known(
        root.steps if root is not None and root.call == call else None,
        lines.steps if lines is not None and lines.call == call else None,
        places,
    )


def _placed(data: Mapping[str, Any], operation: str, call: str, tree: Tree) -> Mapping[str, Any]:
    """The data with the place of the operation's orders, where nobody said it and the rules of another one tell it."""
    body = data["operations"][operation] or {}
    rules = data["records"].get("order") or {}
    root = None if "orders" in body or not rules else fitting_root(tree, rules)
    if root is None:
        return data
    first = next((each.get("name", "main") for each in body.get("calls") or ()), call)
    each = text(without_last_each(root.steps), "$" if call == first else f"{call}:$")
    operations = {**data["operations"], operation: {**body, "orders": {"each": each}}}
    return {**data, "operations": operations}


def _inside(root: Steps, graft: Graft, place: Steps) -> Steps:
    """A place in another call's answer, seen from the answers that it was put into."""
    if graft.each is not None:
        place = place[len(compile_path(graft.each).steps) :]
    return (*root, graft.step, *place)


class Likeness(NamedTuple):
    """An earlier mapping that fits these answers.

    Attributes:
        merchant: Whose mapping it is.
        file: Where it stands.
        operation: Which of its operations fits.
        found: How many of the places that it reads are there.
        of: How many it reads.
    """

    merchant: str
    file: str
    operation: str
    found: int
    of: int

    @property
    def share(self) -> float:
        """The share of agreement, 0 to 1."""
        return self.found / self.of


def recognise(tree: Tree, folders: Iterable[Path | str]) -> list[Likeness]:
    """Earlier mappings whose places are in these answers, the likest first; files that do not load are passed over.

    Args:
        tree: The merged tree of the answers.
        folders: Where mappings lie; of one merchant the likest file is told.
    """
    best: dict[str, Likeness] = {}
    names = {node.name for node in tree}
    for file in _files(folders):
        for likeness in _likenesses(tree, names, file):
            before = best.get(likeness.merchant)
            if before is None or (likeness.share, likeness.of) > (before.share, before.of):
                best[likeness.merchant] = likeness
    return sorted(best.values(), key=lambda each: (-each.share, -each.of, each.merchant))


def _files(folders: Iterable[Path | str]) -> list[Path]:
    found: list[Path] = []
    for folder in map(Path, folders):
        if folder.is_dir():
            found += sorted(folder.rglob("*.yaml"))
    newest: dict[Path, Path] = {}
    for file in found:  # of a merchant's versions the newest; other files as they are
        numbers = _VERSION.fullmatch(file.name)
        place = file.parent if numbers else file
        if "samples" in file.parts or file.name == "draft.yaml":
            continue
        if numbers and place in newest and _number(newest[place]) >= _number(file):
            continue
        newest[place] = file
    return list(newest.values())[:_MOST_FILES]


def _number(file: Path) -> tuple[int, ...]:
    match = _VERSION.fullmatch(file.name)
    return tuple(map(int, match.groups())) if match else ()


def _may_fit(text: str, names: set[str]) -> bool:
    """Whether enough of the names that a file's paths end with are in the answers: reading a file takes far longer."""
    ends = {plain or quoted for plain, quoted in _ENDS.findall(text)}
    return bool(ends) and sum(end in names for end in ends) * 2 >= len(ends)


def _likenesses(tree: Tree, names: set[str], file: Path) -> list[Likeness]:
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= _LARGEST else ""
        if "records:" not in text or not _may_fit(text[text.index("records:") :], names):
            return []
        loaded = load_text(text, str(file))
    except (OSError, UnicodeError, WorkbenchError):
        return []
    found = []
    for operation, body in loaded.data["operations"].items():
        calls = (body or {}).get("calls") or [{}]
        call = calls[0].get("name", "main")
        reads = [read for read in places_read(loaded.data, operation, {call: tree}) if read.call == call]
        places = {read.place for read in reads}
        there = sum(tree.find(place) is not None for place in places)
        if len(places) >= _FEW and there >= _ALIKE * len(places):
            found.append(
                Likeness(str(loaded.data.get("merchant", file.stem)), str(file), operation, there, len(places))
            )
    return found
