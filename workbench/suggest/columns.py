"""Items of one place -> their columns: every value below them, by path, item by item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from workbench.documents import Element, Elements, Text
from workbench.paths import PathError, compile_path, quote_name, text_of
from workbench.pick.steps import EACH, Steps
from workbench.suggest.codes import is_control, is_party, meaning
from workbench.suggest.names import Name, read_name, read_path
from workbench.suggest.values import kinds_of

_MOST_VALUES = 40
_MOST_COLUMNS = 1500
_BUDGET = 20_000
_DEEPEST = 12
_TELLS = re.compile(
    r"@?(?:subclass|qualf|quali|qualifier|type|role|kind|parvw|iddat|sumid|partner_?q|domain|[a-z_]*type(?:_?code)?|"
    r"[a-z_]*role|[a-z_]*qualifier|namespace|scheme(?:id)?|use|usage|purpose|class|function|category)",
    re.I,
)
_QUALIFIES = re.compile(r"@?(?:qualf|quali|[a-z_]*qualifier|parvw|iddat|sumid|partner_?q)", re.I)
_TELLS_VALUE = re.compile(r"@?(?:name|key|label|code|id|field|attribute|attribute_?code|title)", re.I)
_HOLDS_VALUE = re.compile(r"(?:@?value|#text|values|val|content|data|text)", re.I)
_OF_DATES = frozenset(("data", "day", "when"))
_WORD = re.compile(r"[\w .:/-]{1,40}")


@dataclass(slots=True, eq=False)
class Column:
    """All values of one path below the items.

    Attributes:
        steps: The path below an item; a filter where a sibling tells list members apart.
        keys: The names on the way, with the words of filters, as people read them.
        lists: How many lists are crossed without a filter.
        values: The scalars of each item that has any, by the item's position.
        tail: Whether the values are members of a list: `street: [first line, second line]`.
    """

    steps: Steps
    keys: tuple[str, ...]
    lists: int
    values: dict[int, list[Any]] = field(default_factory=dict)
    tail: bool = False

    @property
    def key(self) -> str:
        """The path as text, below `@`."""
        return "@" + "".join(self.steps)


class Facts:
    """What is known of a column, worked out once.

    Args:
        column: The column.
        items: How many items there are.
        around: The names around the items, the nearest first.
    """

    def __init__(self, column: Column, items: int, around: Sequence[Name] = ()) -> None:
        self.column, self.items = column, items
        self.fitting: dict[str, bool] = {}
        self.name, self.parents = read_path(column.keys)
        if not self.name.words and around:
            self.name = around[0]
        self.around = tuple(around)
        if (
            not _OF_DATES.isdisjoint(self.name.words)
            and "date" not in self.name.meant
            and self.has("date") + self.has("compact_date") > 0.5
        ):  # what dates are called in Polish or Italian, and where only a word beside tells which date it is
            self.name = Name(self.name.words, self.name.meant - _OF_DATES | {"date"})

    @cached_property
    def texts(self) -> list[str]:
        """The first values, as text."""
        found = [text_of(value) for values in self.column.values.values() for value in values[:3]]
        return found[:_MOST_VALUES]

    @cached_property
    def kinds(self) -> list[frozenset[str]]:
        """What they look like."""
        found = [kinds_of(value) for values in self.column.values.values() for value in values[:3]]
        return found[:_MOST_VALUES]

    @cached_property
    def tally(self) -> dict[str, float]:
        """Each kind and the share of values that have it."""
        count: dict[str, int] = {}
        for each in self.kinds:
            for kind in each:
                count[kind] = count.get(kind, 0) + 1
        total = len(self.kinds) or 1
        return {kind: times / total for kind, times in count.items()}

    def has(self, kind: str) -> float:
        """The share of the values that are of a kind."""
        return self.tally.get(kind, 0.0)

    @cached_property
    def presence(self) -> float:
        """The share of the items that have a value."""
        return len(self.column.values) / self.items if self.items else 0.0

    @cached_property
    def firsts(self) -> list[str]:
        """The first value of each item that has one."""
        return [text_of(values[0]) for values in self.column.values.values() if values]

    @cached_property
    def distinct(self) -> float:
        """How many of the items' first values differ, 0 to 1."""
        return len(set(self.firsts)) / len(self.firsts) if self.firsts else 0.0

    @cached_property
    def counts(self) -> bool:
        """Whether the values only number the items: 1, 2, 3 or 10, 20, 30; of a single item 1 or 10000."""
        if not all(text.isdigit() and len(text) < 12 for text in self.firsts) or not self.firsts:
            return False
        found = sorted({int(text) for text in self.firsts})
        step = found[0] if found[0] in (10, 100, 1000, 10000) else 1
        return found[0] <= step and found == [found[0] + step * index for index in range(len(found))]

    @cached_property
    def depth(self) -> int:
        """Names between the item and the value."""
        return len(self.parents)


@lru_cache(maxsize=20_000)
def can_be_said(step: str) -> bool:
    """Whether the language has a step; a name may hold what no path can write."""
    try:
        compile_path(f"${step}")
    except PathError:
        return False
    return True


def columns(items: Sequence[Any], mapped: frozenset[str] = frozenset(), place: str = "") -> list[Column]:
    """The columns of items, in the order in which they are first met.

    Args:
        items: The items' nodes.
        mapped: Places of maps whose keys are ids; all their values are one column.
        place: The items' own place.
    """
    found: dict[Steps, Column] = {}
    walk = _Walk(found, mapped)
    for index, item in enumerate(items):
        walk.read(item, (), (), 0, index, place)
        if walk.left <= 0:
            break
    return list(found.values())


class _Walk:
    """One reading of items, within a budget."""

    def __init__(self, found: dict[Steps, Column], mapped: frozenset[str]) -> None:
        self.found, self.mapped, self.left = found, mapped, _BUDGET

    def read(self, node: Any, steps: Steps, keys: tuple[str, ...], lists: int, index: int, place: str) -> None:
        if self.left <= 0 or len(steps) > _DEEPEST:
            return
        self.left -= 1
        if isinstance(node, dict):
            if place in self.mapped:
                for value in list(node.values())[:20]:
                    self.read(value, (*steps, EACH), keys, lists + 1, index, place + EACH)
                return
            if isinstance(node, Element) and (tell := _code_in(node, keys)):
                self._told(node, tell, steps, keys, lists, index, place)
                return
            for key, value in node.items():
                if key == "#text":
                    self.read(value, steps, keys, lists, index, place)
                    continue
                step = quote_name(key)
                if not can_be_said(step) or is_control(key):
                    continue
                self.read(value, (*steps, step), (*keys, key), lists, index, place + step)
        elif isinstance(node, list):
            tell = _qualifier(node, keys)
            for member in node[:20]:
                if tell and isinstance(member, dict) and isinstance(_text(member.get(tell)), str):
                    self._told(member, tell, steps, keys, lists, index, place + EACH)
                    continue
                further = steps if isinstance(node, Elements) else (*steps, EACH)
                if isinstance(member, (dict, list)):
                    self.read(member, further, keys, lists + 1, index, place + EACH)
                else:
                    self._add(member, further, keys, lists + 1, index, tail=True)
        else:
            self._add(node, steps, keys, lists, index)

    def _told(
        self, member: dict[str, Any], tell: str, steps: Steps, keys: tuple[str, ...], lists: int, index: int, place: str
    ) -> None:
        """Reads a member of a list that a word of its own tells apart; the word, and what it means, count as names."""
        word = _text(member[tell])
        means = meaning(word, keys[-1] if keys else "", member, tell)
        said = (*keys, word, means) if means else (*keys, word)
        further = (*steps, f"[?@{quote_name(tell)} == {_literal(word)}]")
        for key, value in member.items():
            if key == tell or is_control(key) or not can_be_said(quote_name(key)) or _text(value) == word:
                continue
            inner, named = (further, said) if key == "#text" else ((*further, quote_name(key)), (*said, key))
            if means and not is_party(means) and key != "#text" and not isinstance(value, (dict, list)):
                named = (*keys, word, f"{means} {key}")
            self.read(value, inner, named, lists, index, place + quote_name(key))

    def _add(self, value: Any, steps: Steps, keys: tuple[str, ...], lists: int, index: int, tail: bool = False) -> None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return
        column = self.found.get(steps)
        if column is None:
            if len(self.found) >= _MOST_COLUMNS:
                return
            column = self.found[steps] = Column(steps, keys, lists, tail=tail)
        held = column.values.setdefault(index, [])
        if len(held) < 20:
            held.append(value)


def _text(value: Any) -> Any:
    return value.get("#text") if isinstance(value, Element) else value


def _literal(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _code_in(member: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The key of a member that stands alone, whose word is a code of an exchange standard; None where none is."""
    above = keys[-1] if keys else ""
    for key in member:
        if (
            _QUALIFIES.fullmatch(key)
            and isinstance(word := _text(member[key]), str)
            and meaning(word, above, member, key)
        ):
            return key
    return None


def _qualifier(members: Sequence[Any], keys: tuple[str, ...]) -> str | None:
    """The key whose words tell the members of a list apart; None where nothing does."""
    few = [member for member in members[:20] if isinstance(member, dict)]
    if len(few) == len(members) == 1:
        return _code_in(few[0], keys)
    if len(few) < 2 or len(few) != len(members[:20]):
        return None
    for key in few[0]:
        if not (known := _TELLS.fullmatch(key)) and not _TELLS_VALUE.fullmatch(key) and not _is_key(key):
            continue
        words = [_text(member.get(key)) for member in few]
        if not all(isinstance(word, str) and _WORD.fullmatch(word) for word in words):
            continue
        different = len(set(words))
        if different < 2 or (different < len(words) and (not known or different * 2 < len(words))):
            continue
        if not known and not any(_HOLDS_VALUE.fullmatch(other) or _is_value(other) for other in few[0]):
            continue
        return str(key)
    return None


def _is_key(name: str) -> bool:
    """Whether a name in another script means what a pair's key is called."""
    return not name.isascii() and read_name(name).meant in ({"name"}, {"type"}, {"code"}, {"id"})


def _is_value(name: str) -> bool:
    return not name.isascii() and read_name(name).words == ("value",)


def nodes_at(root: Any, steps: Steps, limit: int) -> list[Any]:
    """The items at a place: objects and scalars, lists member by member; at most so many."""
    nodes = [root]
    for step in steps:
        found: list[Any] = []
        for node in nodes:
            if step == EACH:
                found += _members(node)
            else:
                found += _children(node, step)
            if len(found) > limit * 4:
                break
        nodes = found
    return [member for node in nodes for member in (node if isinstance(node, list) else (node,))][:limit]


def _members(node: Any) -> list[Any]:
    if isinstance(node, list):
        return node
    if isinstance(node, (Element, Text)):
        return [node]
    return list(node.values()) if isinstance(node, dict) else []


def _children(node: Any, step: str) -> Iterator[Any]:
    if isinstance(node, Elements):
        for each in node:
            yield from _children(each, step)
    elif isinstance(node, dict):
        name = step[1:] if step.startswith(".") else step[2:-2].replace("\\'", "'").replace("\\\\", "\\")
        if name in node:
            yield node[name]
