"""Where one order stands: the nodes that may repeat per order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.paths import PathError, compile_path
from workbench.pick.steps import EACH, Steps, place_steps, steps_of, text
from workbench.tree import Tree


class Root(NamedTuple):
    """A place for orders; ends with `[*]` where it repeats.

    Attributes:
        keyed: Whether it is a map whose keys are ids.
    """

    steps: Steps
    keyed: bool = False


def roots(tree: Tree, place: Steps, rules: Mapping[str, Any], in_list: bool) -> list[Root]:
    """The places where one order may stand, the likeliest first.

    Args:
        tree: The tree of the call.
        place: What was clicked.
        rules: The record's rules; another operation may have made them, and they must find something here too.
        in_list: Whether the field stands in a list of the order's, such as its lines.
    """
    paths = [steps for steps in map(_relative, _own_rules(rules)) if steps is not None]
    if paths and (fitting := _fitting(tree, paths)):
        return fitting
    repeated = [place[: index + 1] for index, step in enumerate(place) if step == EACH]
    found = [Root(steps, _keyed(tree, steps)) for steps in reversed(repeated)]
    single = Root(_single(tree, place))
    if in_list:
        # The innermost list holds the order's lines; what is around it may be the order.
        inner, around = found[:1], found[1:]
        return [*around, single, *inner] if not around else [*around, *inner]
    return found or [single]


def fitting_root(tree: Tree, rules: Mapping[str, Any]) -> Root | None:
    """The place below which the rules of another operation find their values here too; None where none is."""
    paths = [steps for steps in map(_relative, _own_rules(rules)) if steps is not None]
    found = _fitting(tree, paths) if paths else []
    return found[0] if found else None


def _keyed(tree: Tree, steps: Steps) -> bool:
    around = tree.find(text(steps[:-1]))
    return bool(around and "map" in around.flags)


def _single(tree: Tree, place: Steps) -> Steps:
    """The outermost object that is more than a wrapper around another one."""
    steps: Steps = ()
    for index in range(len(place) - 1):
        node = tree.find(text(place[:index]))
        if node is None or place[index] == EACH:
            break
        below = [each for each in tree if each.depth == node.depth + 1 and each.path.startswith(node.path)]
        holders = [each for each in below if "object" in each.types or "list" in each.types]
        attributes = [each for each in below if each.name.startswith("@")]
        if len(holders) != 1 or len(below) - len(attributes) > 1:
            break
        steps = place[: index + 1]
        if "list" in holders[0].types:
            return steps[:-1]
    return steps


def _own_rules(rules: Mapping[str, Any]) -> Iterator[str]:
    """The paths of an order's own rules, and of its blocks."""
    for rule in rules.values():
        if isinstance(rule, str):
            yield rule
        elif isinstance(rule, dict) and is_block(rule):
            place = rule.get("each", rule.get("at"))
            if isinstance(place, str):
                yield place
        elif isinstance(rule, dict) and isinstance(rule.get("path"), str):
            yield rule["path"]
        elif isinstance(rule, dict):
            yield from (inner for inner in inner_fields(rule).values() if isinstance(inner, str))


def _relative(path: str) -> Steps | None:
    try:
        compiled = compile_path(path)
    except PathError:
        return None
    return steps_of(compiled) if compiled.root == "@" else None


def _fitting(tree: Tree, paths: list[Steps]) -> list[Root]:
    """The objects under which most of the paths lead somewhere, at least half of them."""
    found = []
    for node in tree:
        if "object" not in node.types or "map" in node.flags:
            continue
        steps = place_steps(node.path)
        hits = sum(tree.find(text((*steps, *path))) is not None for path in paths)
        if hits * 2 >= len(paths):
            found.append((hits, -len(steps), steps))
    found.sort(key=lambda each: each[:2], reverse=True)
    return [Root(steps, bool(steps) and steps[-1] == EACH and _keyed(tree, steps)) for *_, steps in found[:3]]
