"""What merging makes: a `Tree` of `Node`s, and the `Change`s between two trees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbench.paths import PathError, compile_path, quote_name
from workbench.tree.inside import MARKS, mark_of

_MOVED = 0.25  # how far the share of items that have a place may move before it is told


@dataclass(frozen=True, slots=True)
class Node:
    """One place of all documents, list members and the members of a map taken together.

    Attributes:
        step: What the path has here: `$`, `.name`, `['odd name']` or `[*]`; `['(json)']` or `['(xml)']` leads from a
            text into the document that it holds.
        name: The key as people read it; `(each)` for list members, `(any key)` for those of a map.
        path: The whole place, `$.data[*].items[*].sku`.
        depth: Steps from the root, which has 0.
        types: Of object, list, text, number, boolean, null and, for an XML element without anything in it, empty.
        present: In how many of its parent's items it is there; for `[*]`, in how many lists or maps there is a member.
        of: How many items of the parent there are that could have it.
        samples: In how many documents it is there.
        count: How many values were seen here; more than `present` for `[*]`.
        nulls: How many of them are null.
        empties: How many of them are blank text, an empty list, object or XML element.
        distinct: How many different scalars there are, counted up to a limit.
        examples: Up to five different scalars as text, from different records; of a map, its keys.
        words: Each word of a small vocabulary with the number of times it occurs; None where there is none.
        most: The length of the longest list, 0 where there is no list.
        flags: `map` when the object's keys are ids rather than names; `part` when not all values were read; `json` or
            `xml` when its texts hold such documents; `unsaid` when no path can say its key.
    """

    step: str
    name: str
    path: str
    depth: int
    types: frozenset[str]
    present: int
    of: int
    samples: int
    count: int = 0
    nulls: int = 0
    empties: int = 0
    distinct: int = 0
    examples: tuple[str, ...] = field(default=(), repr=False)
    words: Mapping[str, int] | None = field(default=None, repr=False)
    most: int = 0
    flags: frozenset[str] = frozenset()

    @property
    def presence(self) -> str:
        """How often it is there, as `11/12`."""
        return f"{self.present}/{self.of}"

    @property
    def always(self) -> bool:
        """Whether every item of the parent has it; it may still be null."""
        return self.present == self.of


@dataclass(frozen=True, slots=True)
class Change:
    """A fact about two trees; whether it breaks anything depends on the mapping, which this does not know.

    Attributes:
        what: `new`, `gone`, `type` or `presence`.
        where: The place; of a branch that is new or gone, its topmost one.
        before: Types (`null, text`) or presence (`11/12`) before; empty for what is new.
        after: The same afterwards; empty for what is gone.
    """

    what: str
    where: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Tree:
    """The merged documents of one call.

    Attributes:
        nodes: Every node, a parent before its children, children in the order in which they were first seen.
        documents: How many documents were merged.
        left_out: What was not read, in words; empty when everything was.
        xml: Whether the documents are XML, where one element and many are the same to a path.
    """

    nodes: tuple[Node, ...] = field(default=(), repr=False)
    documents: int = 0
    left_out: str = ""
    xml: bool = False
    _places: dict[str, Node] = field(init=False, repr=False, compare=False, default_factory=dict)
    _nested: list[bool] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        self._places.update((node.path, node) for node in self.nodes)
        self._nested.append(any(node.step in MARKS for node in self.nodes))

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def find(self, place: str) -> Node | None:
        """The node of a place, or of a path to one value such as `$.data[3].number`; None where there is none.

        Indexes and filters stand for `[*]`, a key of a map as well, and in XML `[*]` may be said or left out.
        """
        if place in self._places:
            return self._places[place]
        try:
            path = compile_path(place)
        except PathError:
            return None
        if path.root != "$" or path.key or path.name:
            return None
        found = self._places.get("$")
        for kind, argument in path.steps:
            if found is None:
                return None
            found = self._below(found, quote_name(argument) if kind == "name" else "[*]")
        return found

    def is_xml(self, place: str) -> bool:
        """Whether one element and many are the same at a place: in XML, and inside texts that hold XML."""
        mark = mark_of(place) if self._nested[0] else ""
        return mark == "xml" if mark else self.xml

    def _below(self, node: Node, step: str) -> Node | None:
        places = self._places
        if below := places.get(node.path + step):
            return below
        members = places.get(f"{node.path}[*]")
        if self.is_xml(node.path):
            if step == "[*]":
                return node
            return places.get(members.path + step) if members else None
        return members if "map" in node.flags else None

    def wire(self) -> bytes:
        """The tree as UTF-8 JSON for the notebook.

        `{"documents": n, "left_out": text, "nodes": [[depth, step, name, types, present, of, nulls, empties, distinct,
        examples, words or null, flags, most], ...]}`; the place of a node is the steps of its ancestors joined. Of most
        nodes the last three are null, empty and 0: they are left out then.
        """
        rows = []
        for node in self.nodes:
            row = [
                node.depth, node.step, node.name, sorted(node.types), node.present, node.of, node.nulls, node.empties,
                node.distinct, node.examples,
            ]  # fmt: skip
            if node.words is not None or node.flags or node.most:
                row += [node.words, sorted(node.flags), node.most]
            rows.append(row)
        told = {"documents": self.documents, "left_out": self.left_out, "nodes": rows}
        # A lone surrogate cannot be UTF-8; a question mark stands for it.
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @property
    def maps(self) -> frozenset[str]:
        """The places of objects whose keys are ids rather than names."""
        return frozenset(node.path for node in self.nodes if "map" in node.flags)

    def differences(self, other: Tree) -> list[Change]:
        """What is otherwise in `other`, the later tree: first what is gone or has changed, then what is new."""
        changes: list[Change] = []
        ours, theirs = self._comparable(), other._comparable()
        gone = new = ""
        for place, node in ours.items():
            if gone and _inside(place, gone):
                continue
            after = theirs.get(place)
            if after is None:
                gone = place
                if _could_have(other, node):
                    changes.append(Change("gone", node.path, _types(node), ""))
                continue
            if node.types != after.types:
                changes.append(Change("type", node.path, _types(node), _types(after)))
            if _moved(node, after):
                changes.append(Change("presence", node.path, node.presence, after.presence))
        for place, node in theirs.items():
            if place not in ours and not (new and _inside(place, new)):
                new = place
                changes.append(Change("new", node.path, "", _types(node)))
        return changes

    def _comparable(self) -> dict[str, Node]:
        """The nodes by place. In XML without `[*]`, so that one element and several are the same place."""
        if not self.xml and not self._nested[0]:
            return self._places
        return {self._plainly(node.path): node for node in self.nodes}

    def _plainly(self, path: str) -> str:
        return path.replace("[*]", "") if self.is_xml(path) else path


def _inside(path: str, around: str) -> bool:
    return path.startswith(around) and path[len(around) : len(around) + 1] in (".", "[")


def _types(node: Node) -> str:
    return ", ".join(sorted(node.types))


def _could_have(tree: Tree, node: Node) -> bool:
    """Whether the tree has items that could hold the node: lists with members, and objects rather than null."""
    parent = tree.find(node.path[: len(node.path) - len(node.step)]) if node.depth else None
    if parent is None:
        return node.depth == 0 and tree.documents > 0
    return parent.count > parent.nulls + (parent.empties if node.step == "[*]" else 0)


def _moved(before: Node, after: Node) -> bool:
    if not before.of or not after.of:
        return False
    if before.always != after.always:
        return True
    return abs(before.present / before.of - after.present / after.of) >= _MOVED
