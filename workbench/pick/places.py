"""Which nodes of the answers a mapping reads, and for which fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.catalogue import EXTRA, LIST, OBJECT, catalogue
from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.pick.blocks import Blocks
from workbench.pick.steps import text
from workbench.tree import Tree


class Read(NamedTuple):
    """That a field's rule reads a node.

    Attributes:
        call: The call whose document it stands in.
        place: The node's place.
        field: The business field, `lines.sku`.
    """

    call: str
    place: str
    field: str


def places_read(data: Mapping[str, Any], operation: str, trees: Mapping[str, Tree]) -> list[Read]:
    """Every node that the rules of an operation's record read, in the order of the fields.

    Args:
        data: The mapping's data.
        operation: The operation.
        trees: The merged tree of each call; nodes that are in none of them keep the place that the path says.
    """
    blocks = Blocks(data, operation, trees)
    found = []
    for field, rule in ruled_fields(blocks.rules, blocks.record):
        target = blocks.target(field)
        related = blocks.related_names(target.blocks)
        for path in paths_of(rule):
            anchor = blocks.resolve(path, target.anchors, related=related)
            if anchor.steps is None:
                continue
            tree = trees.get(anchor.call)
            node = tree.find(text(anchor.steps)) if tree else None
            read = Read(anchor.call, node.path if node else text(anchor.steps), field)
            if read not in found:
                found.append(read)
    return found


def ruled_fields(fields: Mapping[str, Any], record: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted fields of a record that have a rule, and their rules."""
    known = catalogue().records[record].fields if record else {}
    for name, entry in fields.items():
        field = known.get(name)
        if field is not None and field.kind in (OBJECT, LIST, EXTRA):
            yield from ruled_fields(inner_fields(entry), field.record, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", entry


def paths_of(rule: Any) -> list[str]:
    """The paths that a rule reads its value from."""
    if isinstance(rule, str):
        return [rule]
    if not isinstance(rule, dict) or (is_block(rule) and "path" not in rule):
        return []
    found = [rule["path"]] if isinstance(rule.get("path"), str) else []
    if isinstance(at := rule.get("at"), str):
        found = [f"{at}{path[1:]}" if path.startswith("@") else path for path in found]
    parts = [part for key in ("first", "join") for part in rule.get(key, ())]
    return found + [path for part in parts for path in paths_of(part)]
