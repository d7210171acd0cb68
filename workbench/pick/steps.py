"""Arithmetic of places: a place is a tuple of steps below a document's root, `(".data", "[*]", ".number")`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.paths import Path, compile_path, quote_name
from workbench.tree import MARKS

Steps = tuple[str, ...]
EACH = "[*]"


def steps_of(path: Path) -> Steps:
    """The steps of a path, with indexes and filters generalised."""
    return tuple(quote_name(argument) if kind == "name" else EACH for kind, argument in path.steps)


def place_steps(place: str) -> Steps:
    """The steps of a place text such as `$.data[*].number`.

    Raises:
        PathError: The text is no path.
    """
    return steps_of(compile_path(place))


def text(steps: Iterable[str], root: str = "$") -> str:
    """The path text of steps."""
    return root + "".join(steps)


def is_below(steps: Sequence[str], above: Sequence[str]) -> bool:
    """Whether a place is another one, or lies in it; `[*]` above stands for any key of a map as well."""
    if len(steps) < len(above):
        return False
    return all(over in (step, EACH) for step, over in zip(steps, above, strict=False))


def short(steps: Iterable[str], xml: bool) -> Steps:
    """The steps as they are written: in XML every step takes one or many, so `[*]` is not needed."""
    found = []
    for step in steps:
        if step in MARKS:
            xml = MARKS[step] == "xml"
        if not (xml and step == EACH):
            found.append(step)
    return tuple(found)


def without_last_each(steps: Steps) -> Steps:
    """A block's `each` needs no final `[*]`."""
    return steps[:-1] if steps and steps[-1] == EACH else steps


def name_of(steps: Sequence[str]) -> str:
    """The last name in steps, for people and for the names of related items."""
    for step in reversed(steps):
        if step != EACH and step not in MARKS:
            return step.strip(".[]'").lstrip("@#") or "item"
    return "item"
