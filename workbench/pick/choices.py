"""What may be meant inside a list: each, the one of a type, the first, the last; a position is the last resort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from workbench.documents import Document
from workbench.paths import Path, quote_name, scalars, text_of
from workbench.pick.steps import EACH, Steps, name_of, short, text
from workbench.tree import Tree, find_place, is_sayable

_KNOWN = ("type", "kind", "qualifier", "role", "@type", "@kind", "@qualifier", "@role", "code", "key", "name", "@name")
_MOST_WORDS = 20
_SHOWN = 6
_COMBINED = 12


class Choice(NamedTuple):
    """One way to say which members of lists are meant.

    Attributes:
        steps: The path's steps.
        at: How many of them lead to the chosen member; 0 where there is no list on the way.
        words: What is meant, for people.
        fragile: Whether it depends on a position.
    """

    steps: Steps
    at: int
    words: str
    fragile: bool


def choices(
    tree: Tree, documents: Sequence[Document], place: Steps, start: int, clicked: Path, several: bool
) -> list[Choice]:
    """The ways to get from an item to a place inside it.

    Args:
        tree: The merged tree of the call.
        documents: Its documents.
        place: The place's steps from the root.
        start: How many of them lead to the item.
        clicked: The path as it was clicked; an index in it says which member was looked at.
        several: Whether the field takes several values.
    """
    spots = [index for index in range(start, len(place)) if place[index] == EACH]
    if not spots:
        return [Choice(short(place[start:], tree.is_xml(text(place[:start]))), 0, "the value", False)]
    options = [list(_options(tree, documents, place, index, clicked, several)) for index in spots]
    found = []
    for chosen in list(product(*options))[: _COMBINED * 2]:
        steps = list(place)
        for index, option in zip(spots, chosen, strict=True):
            steps[index] = option.step
        at = len([step for step in steps[start : spots[-1] + 1] if step])
        words = ", of ".join(option.words for option in reversed(chosen) if option.words) or "the value"
        fragile = any(option.fragile for option in chosen)
        found.append(Choice(tuple(step for step in steps[start:] if step), at, words, fragile))
    found.sort(key=lambda choice: choice.fragile)
    return found[:_COMBINED]


class _Option(NamedTuple):
    """One way to say which member of one list is meant; `step` may be empty."""

    step: str
    words: str
    fragile: bool = False


def _options(
    tree: Tree, documents: Sequence[Document], place: Steps, index: int, clicked: Path, several: bool
) -> Iterator[_Option]:
    around = tree.find(text(place[:index]))
    most = around.most if around else 0
    every = "" if tree.is_xml(text(place[:index])) else EACH
    if several:
        yield _Option(every, f"each of {name_of(place[:index])}")
    elif most <= 1 and not (around and "map" in around.flags):
        yield _Option(every, "")
    containers = _containers(documents, place[:index])
    at = clicked_index(clicked, index)
    yield from _filters(containers, place[index + 1 :], at)
    if around is not None and "list" in around.types:
        yield _Option("[0]", "the first", True)
        if most > 1:
            yield _Option("[-1]", "the last", True)
        if at is not None and 0 < at < 100:
            yield _Option(f"[{at}]", f"number {at + 1}", True)
    elif around is not None and not several and "map" in around.flags:
        yield _Option(EACH, "the only one")
    if around is not None and "map" in around.flags and (key := _clicked_key(clicked, index)):
        yield _Option(quote_name(key), f"the one under {key}, if that is a name rather than an id", True)


def clicked_index(clicked: Path, position: int) -> int | None:
    """The index at a step of the clicked path. In XML `[*]` may have been left out; then nothing is known."""
    if position < len(clicked.steps):
        kind, argument = clicked.steps[position]
        if kind == "index":
            return int(argument)
    return None


def _clicked_key(clicked: Path, position: int) -> str:
    """The key at a step of the clicked path, where a map has ids."""
    if position < len(clicked.steps) and clicked.steps[position][0] == "name":
        return str(clicked.steps[position][1])
    return ""


def _containers(documents: Sequence[Document], steps: Steps) -> list[list[Any]]:
    """The lists at a place, over all documents."""
    found = []
    for document in documents:
        for node in find_place(document.root, steps):
            if isinstance(node, list):
                found.append(list(node))
            elif isinstance(node, dict) and node:
                found.append([node])
    return found


def _filters(containers: Sequence[Sequence[Any]], rest: Steps, at: int | None) -> Iterator[_Option]:
    """Siblings whose value tells the members apart, as filters."""
    members = [[_own(member) for member in container if isinstance(member, dict)] for container in containers]
    members = [container for container in members if container]
    if not members:
        return
    keys = list(dict.fromkeys(key for container in members for member in container for key in member))
    ranked = []
    for key in keys:
        if (rest and quote_name(key) == rest[0]) or not is_sayable(key):
            continue
        values = [[member[key] for member in container if key in member] for container in members]
        if value_counts := _telling(values):
            rank = _KNOWN.index(key.lower()) if key.lower() in _KNOWN else len(_KNOWN)
            ranked.append((rank, key, value_counts))
    ranked.sort(key=lambda each: each[0])
    for _, key, counts in ranked[:2] if at is None else ranked[:4]:
        wanted = list(counts)
        if at is not None:
            looked_at = [container[at][key] for container in members if at < len(container) and key in container[at]]
            wanted = [value for value in wanted if value in looked_at[:1]] or wanted
        for value in (each for each in wanted[:_SHOWN] if is_sayable(text_of(each))):
            step = f"[?@{quote_name(key)} == {_literal(value)}]"
            yield _Option(step, f"the one whose {key.lstrip('@#')} is {_shown(value)}")


def _own(member: dict[str, Any]) -> dict[str, Any]:
    return {key: found[0] for key, value in member.items() if len(found := scalars([value])) == 1}


def _telling(values: Sequence[Sequence[Any]]) -> Counter[Any]:
    """How often each value occurs, where no container has one twice and the words are few; else nothing."""
    counts: Counter[Any] = Counter()
    for container in values:
        texts = [_key(value) for value in container]
        if len(set(texts)) != len(texts):
            return Counter()
        counts.update(texts)
    if not counts or len(counts) > _MOST_WORDS or any(len(text_of(value)) > 40 for value in counts):
        return Counter()
    if len(values) > 1 and max(counts.values()) < 2:
        return Counter()  # a value that is never seen again tells records apart, not kinds
    if len(values) == 1 and len(counts) < 2:
        return Counter()
    return Counter(dict(counts.most_common()))


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _literal(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return text_of(value)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else text_of(value)
