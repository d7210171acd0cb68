"""Where the blocks of a mapping stand in the documents: the anchors that a click is related to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.catalogue import EXTRA, LIST, OBJECT, Field, catalogue
from workbench.errors import UsageError
from workbench.mapping.chains import calls_per_order
from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.paths import PathError, compile_path
from workbench.pick.steps import EACH, Steps, steps_of, text
from workbench.tree import MARK, Tree


class Anchor(NamedTuple):
    """The items of one level: rules inside see them as `@`, and from further inside as `^`.

    Attributes:
        call: The call whose document they stand in.
        steps: Their place; ends with `[*]` where they are members of a list. None where it cannot be said.
    """

    call: str
    steps: Steps | None


class Target(NamedTuple):
    """Where a business field's rule goes.

    Attributes:
        field: The field; of the merchant's own fields, one of kind text.
        blocks: The names on the way: `("lines",)`, `("lines", "extra")`.
        missing: The list block that is not there yet; empty where none is needed.
        anchors: The items around, the innermost last.
    """

    field: Field
    blocks: tuple[str, ...]
    missing: str
    anchors: tuple[Anchor, ...]


def field_of(record: str, key: str, declared: Mapping[str, Any] | None = None) -> tuple[Field, tuple[str, ...]]:
    """A business field by its dotted key, and the blocks on the way.

    Raises:
        UsageError: There is no such field, or it holds others.
    """
    *blocks, name = key.split(".")
    fields = catalogue().records[record].fields
    for index, block in enumerate(blocks):
        inner = fields.get(block)
        if inner is not None and inner.kind == EXTRA and index == len(blocks) - 1:
            body = (declared or {}).get(name, {})
            kind = body.get("kind", "text") if isinstance(body, dict) else "text"
            return Field(name, str(body.get("label", name)), kind, str(body.get("meaning", ""))), tuple(blocks)
        if inner is None or not inner.record:
            raise UsageError(f"no field {key!r} - fields of {record} are {', '.join(fields)}")
        fields = catalogue().records[inner.record].fields
    field = fields.get(name)
    if field is None:
        raise UsageError(f"no field {key!r} - here are {', '.join(fields)}")
    if field.kind in (LIST, OBJECT, EXTRA):
        raise UsageError(f"{key} holds fields of its own - choose one of them, such as {key}.{_first_of(field)}")
    if field.derived:
        raise UsageError(f"{key} is filled by the runtime - choose another field")
    return field, tuple(blocks)


def _first_of(field: Field) -> str:
    return next(iter(catalogue().records[field.record].fields)) if field.record else "name"


class Blocks:
    """The blocks of one operation's record, over the trees of its calls.

    Args:
        data: The mapping's data.
        operation: The operation.
        trees: The merged tree of each call.
    """

    def __init__(self, data: Mapping[str, Any], operation: str, trees: Mapping[str, Tree]) -> None:
        self.data, self.trees = data, trees
        self.body: Mapping[str, Any] = data["operations"].get(operation) or {}
        calls = self.body.get("calls") or [{}]
        self.calls = [call.get("name", "main") for call in calls]
        self.first = self.calls[0]
        self.per_order = calls_per_order(calls)
        self.orders: Mapping[str, Any] = self.body.get("orders") or {}
        self.record = self.orders.get("use", "order")
        self.rules: Mapping[str, Any] = data["records"].get(self.record) or {}

    def settle(self, call: str, steps: Steps, keyed: bool = False) -> Steps:
        """The place of the items: a list's members, one by one."""
        tree = self.trees.get(call)
        node = tree.find(text(steps)) if tree else None
        if tree is None or node is None:
            return steps
        place = steps_of(compile_path(node.path))
        by_key = keyed and "object" in node.types  # whatever the keys look like
        if place[-1:] != (EACH,) and (by_key or ("list" in node.types and tree.find(node.path + EACH) is not None)):
            return (*place, EACH)
        return place

    def root(self) -> Anchor:
        """Where one order stands."""
        levels = self.root_levels()
        return levels[-1] if levels else Anchor(self.first, None)

    def root_levels(self) -> tuple[Anchor, ...]:
        """The levels down to an order, where `each` has several."""
        return self._levels(self.orders.get("each", "$"), (), self.orders, {})

    def target(self, key: str) -> Target:
        """Where the rule of a field goes."""
        field, blocks = field_of(self.record, key, self.data.get("fields"))
        anchors = self.root_levels()
        entry: Any = self.rules
        fields = catalogue().records[self.record].fields
        related = self._related(self.orders, anchors, {})
        for name in blocks:
            kind = fields[name]
            inner = inner_fields(entry).get(name) if entry is not self.rules else self.rules.get(name)
            if kind.kind == LIST and not inner:
                return Target(field, blocks, name, anchors)
            if isinstance(inner, dict) and is_block(inner):
                place = inner.get("each", inner.get("at"))
                if place is not None:
                    anchors = (*anchors, *self._levels(place, anchors, inner, related))
                    related = {**related, **self._related(inner, anchors, related)}
            fields = catalogue().records[kind.record].fields if kind.record else {}
            entry = inner or {}
        return Target(field, blocks, "", anchors)

    def _levels(
        self, place: Any, anchors: tuple[Anchor, ...], block: Mapping[str, Any], related: Mapping[str, Anchor]
    ) -> tuple[Anchor, ...]:
        if isinstance(place, dict):
            place = (place.get("first") or ["@"])[0]
        paths = place if isinstance(place, list) else [place]
        found: list[Anchor] = []
        parse = str(block.get("parse") or "")
        for index, one in enumerate(paths):
            last = index == len(paths) - 1
            around = (*anchors, *found)
            keyed = bool(block.get("keyed")) and last
            anchor = self.resolve(one, around, keyed and not parse, related)
            inside = self._inside(anchor, parse, keyed)
            if inside is not None:  # a text is opened once
                anchor, parse = inside, ""
            found.append(anchor)
        return tuple(found)

    def _inside(self, anchor: Anchor, parse: str, keyed: bool) -> Anchor | None:
        """The document that the text at a place holds, where it holds one."""
        tree = self.trees.get(anchor.call)
        if not parse or anchor.steps is None or tree is None or parse not in MARK:
            return None
        steps = (*anchor.steps, MARK[parse])
        return Anchor(anchor.call, self.settle(anchor.call, steps, keyed)) if tree.find(text(steps)) else None

    def resolve(
        self, path: str, anchors: tuple[Anchor, ...], keyed: bool = False, related: Mapping[str, Anchor] | None = None
    ) -> Anchor:
        """Where a path leads, seen from inside the anchors."""
        unknown = Anchor(self.first, None)
        try:
            compiled = compile_path(path)
        except PathError:
            return unknown
        steps = steps_of(compiled)
        if compiled.root == "$":
            if compiled.name == "rows":
                return anchors[-1] if anchors else unknown
            if compiled.name and compiled.name in (related or {}):
                around = (related or {})[compiled.name]
            else:
                around = Anchor(compiled.name or self.first, ())
        elif compiled.ups < len(anchors):
            around = anchors[-1 - compiled.ups]
        else:
            around = unknown
        if around.steps is None:
            return unknown
        return Anchor(around.call, self.settle(around.call, (*around.steps, *steps), keyed))

    def _related(
        self, block: Mapping[str, Any], anchors: tuple[Anchor, ...], known: Mapping[str, Anchor]
    ) -> dict[str, Anchor]:
        found: dict[str, Anchor] = {}
        for name, body in (block.get("with") or {}).items():
            levels = self._levels(body.get("each", "@"), anchors, body, {**known, **found})
            found[name] = levels[-1] if levels else Anchor(self.first, None)
        return found

    def related_names(self, blocks: tuple[str, ...]) -> dict[str, Anchor]:
        """The related items that rules inside these blocks can name."""
        anchors = self.root_levels()
        found = self._related(self.orders, anchors, {})
        entry: Any = self.rules
        for name in blocks:
            entry = (self.rules if entry is self.rules else inner_fields(entry)).get(name)
            if not isinstance(entry, dict):
                break
            place = entry.get("each", entry.get("at")) if is_block(entry) else None
            if place is not None:
                anchors = (*anchors, *self._levels(place, anchors, entry, found))
                found = {**found, **self._related(entry, anchors, found)}
        return found
