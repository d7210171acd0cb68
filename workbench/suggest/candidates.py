"""Candidates of a field: columns, and columns joined, each with features and the score that weights make of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workbench.paths import text_of
from workbench.suggest.columns import Column, Facts
from workbench.suggest.fields import specs
from workbench.suggest.names import Name
from workbench.suggest.scoring import FEATURES, Evidence, Weights, features, match_name, sigmoid

_AT = {name: index for index, name in enumerate(FEATURES)}


@dataclasses.dataclass(slots=True, eq=False)
class Candidate:
    """A place, or several joined, for a field.

    Attributes:
        field: The field's spec.
        parts: The columns; several are joined.
        row: The features.
        logit: The score, as the logarithm of odds.
        chance: How likely it is right, once rivals and structure are weighed; 0 to 1.
        reasons: Why, in words.
        merged: Facts of the joined values; of one part, that part.
        rule: The rule, where it is more than its parts say.
        place: The list that it stands in, as a block has it, where the draft has none.
    """

    field: str
    parts: tuple[Facts, ...]
    row: tuple[float, ...]
    logit: float
    merged: Facts
    chance: float = 0.0
    reasons: list[str] = dataclasses.field(default_factory=list)
    rule: Any = None
    place: dict[str, Any] | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """The path of the first part."""
        return self.parts[0].column.steps

    def says(self) -> dict[int, str]:
        """The first value of each item, without regard to case and spacing."""
        return {
            index: " ".join(text_of(values[0]).casefold().split())
            for index, values in self.merged.column.values.items() if values
        }  # fmt: skip


class Scorer:
    """Scores columns for fields.

    Args:
        weights: The learned weights.
        many: Whether there are several items to compare.
        echo: From a field and facts to 1, 0 or -1; see `Evidence`.
    """

    def __init__(self, weights: Weights, many: bool, echo: Any = None) -> None:
        self.weights, self.many = weights, many
        self._echo = echo or (lambda field, facts: 0)

    def score(self, name: str, parts: Sequence[Facts], merged: Facts | None = None, sums: int = 0) -> Candidate | None:
        """The candidate that columns make; None where their values rule it out."""
        merged = merged or parts[0]
        row = features(name, merged, Evidence(self._echo(name, merged), sums, self.many))
        if row is None:
            return None
        logit = self.weights.logit(name, row)
        return Candidate(name, tuple(parts), row, logit, merged, sigmoid(logit), reasons_of(name, merged, row))

    def rank(self, name: str, facts: Iterable[Facts], joined: Iterable[tuple[Facts, ...]] = ()) -> list[Candidate]:
        """All candidates of a field, the best first."""
        found = [candidate for each in facts if (candidate := self.score(name, (each,))) is not None]
        for parts in joined:
            if (candidate := self.score(name, parts, merge_parts(parts))) is not None:
                found.append(candidate)
        found.sort(key=lambda each: (-each.logit, len(each.steps), each.parts[0].column.key))
        return found


def reasons_of(name: str, facts: Facts, row: Sequence[float]) -> list[str]:
    """Why a column is proposed, in words."""
    match = match_name(name, facts.name, facts.parents, facts.around)
    found = []
    if match.words:
        found.append(f"named like {' '.join(sorted(match.words))}")
    for kind in sorted(specs()[name].hints):
        if facts.has(kind) > 0.6:
            found.append(_SAYINGS.get(kind, f"values look like {kind.replace('_', ' ')}"))
    if row[_AT["echo"]] > 0:
        found.append("it is what was asked for")
    if row[_AT["sum"]] > 0:
        found.append("it is the sum of the lines")
    if row[_AT["distinct"]] == 1.0 and name == "order_number":
        found.append("differs from order to order")
    if match.key_decoys or match.around_decoys:
        found.append("though the name may mean something else")
    if facts.presence < 0.999:
        found.append(f"in {round(100 * facts.presence)} % of the items")
    return found


_SAYINGS = {
    "digits": "holds digits", "mixed": "letters and digits mixed", "status": "words of a status",
    "carrier": "names of carriers", "tracking": "formats of tracking numbers", "image": "addresses of images",
    "name_like": "two words, like a person's name", "clocked": "dates with a time", "money": "money with two decimals",
    "small": "small whole numbers",
    "blanks": "several words", "postal": "postal codes", "country": "names of countries",
    "street_like": "words and a number, like a street",
}  # fmt: skip


def merge_parts(parts: Sequence[Facts]) -> Facts:
    """Several columns as one, their first values joined with blanks; named like the first, as a whole."""
    first = parts[0]
    values: dict[int, list[Any]] = {}
    for part in parts:
        for index, found in part.column.values.items():
            values.setdefault(index, [])
            if found:
                values[index].append(text_of(found[0]))
    joined = {index: [" ".join(found)] for index, found in sorted(values.items())}
    column = Column(first.column.steps, first.column.keys, first.column.lists, joined)
    merged = Facts(column, first.items, first.around)
    whole = {"first": "name", "last": "name", "middle": "", "salutation": ""}
    words = tuple(dict.fromkeys(word for each in first.name.words if (word := whole.get(each, each))))
    meant = frozenset(word for word in words if word in first.name.meant or word == "name")
    if any("last" in part.name.meant for part in parts):
        words, meant = (*words, "person"), meant | {"person"}
    merged.name = Name(words, meant)
    return merged


def full_names(facts: Sequence[Facts]) -> Iterator[tuple[Facts, ...]]:
    """First and last names that belong together: siblings whose names are alike but for that; in lists of one, too."""
    by_home: dict[Any, list[Facts]] = {}
    for each in facts:
        alone = not each.column.lists or all(len(values) <= 1 for values in each.column.values.values())
        if each.column.steps and alone:
            by_home.setdefault(each.column.steps[:-1], []).append(each)
    for home in by_home.values():
        yield from _named_by_last(home)
        for first in home:
            if "first" not in first.name.meant or not _is_text(first):
                continue
            rest = first.name.meant - {"first", "name"}
            lasts = [each for each in home if "last" in each.name.meant and each.name.meant - {"last", "name"} == rest]
            if not lasts:
                lasts = [each for each in home if each.name.meant == rest | {"name"} and _disjoint(first, each)]
            lasts = [each for each in lasts if _is_text(each)]
            if lasts:
                middle = [
                    each for each in home
                    if "middle" in each.name.meant and each.name.meant - {"middle", "name"} == rest and _is_text(each)
                ]  # fmt: skip
                yield (first, *middle[:1], lasts[0])


def _named_by_last(home: Sequence[Facts]) -> Iterator[tuple[Facts, ...]]:
    """A last name beside a name that does not hold it, where nothing is called a first name: `nome`, `cognome`."""
    for last in home:
        if "last" not in last.name.meant or not _is_text(last):
            continue
        rest = last.name.meant - {"last", "name"}
        if any("first" in each.name.meant and each.name.meant - {"first", "name"} == rest for each in home):
            continue
        for each in home:
            if each.name.meant == rest | {"name"} and _is_text(each) and _disjoint(last, each):
                yield (each, last)
                break


def _is_text(facts: Facts) -> bool:
    return not facts.has("bool") and not facts.has("email") and facts.has("text") + facts.has("code") > 0.5


def _disjoint(first: Facts, name: Facts) -> bool:
    """Whether the name does not already hold the first name."""
    whole = name.column.values
    for index, values in first.column.values.items():
        held = whole.get(index)
        if held and text_of(values[0]).casefold() in text_of(held[0]).casefold():
            return False
    return True


def settle(ranked: Mapping[str, list[Candidate]], shared: frozenset[str]) -> dict[str, Candidate]:
    """One candidate for each field, no place for two fields but where `shared` allows it; the surest first."""
    waiting = sorted(
        (
            (candidate.logit, name, candidate)
            for name, found in ranked.items()
            for candidate in found[:6]
        ),
        key=lambda each: (-each[0], each[1]),
    )  # fmt: skip
    taken: set[str] = set()
    chosen: dict[str, Candidate] = {}
    for _, name, candidate in waiting:
        if name in chosen:
            continue
        keys = {part.column.key for part in candidate.parts}
        if name not in shared:
            if keys & taken:
                continue
            taken |= keys
        chosen[name] = candidate
    return chosen


_CLOCKS = frozenset(("date", "time", "timestamp"))
_TITLES = frozenset(("name", "title", "label", "display"))
_FORMS = frozenset(("code", "name", "id", "description", "label", "title", "display"))


def _twins(one: Candidate, other: Candidate) -> bool:
    """Whether siblings say the same in another form: a country's code and its name, a time and the same in UTC.

    An element and its attribute are siblings as well.
    """
    shorter, longer = sorted((one.steps, other.steps), key=len)
    beside = one.steps[:-1] == other.steps[:-1] or longer[:-1] == shorter
    if not beside or len(one.parts) != 1 or len(other.parts) != 1:
        return False
    mine, theirs = one.merged.name.meant, other.merged.name.meant
    if mine <= _TITLES and theirs <= _TITLES:
        return True
    forms = _FORMS | _CLOCKS if one.field.endswith("_at") else _FORMS
    return mine - forms == theirs - forms and bool(mine - forms)


def gap(candidate: Candidate, rivals: Sequence[Candidate]) -> float:
    """How far ahead of the best rival that says something else; at most 8."""
    mine = candidate.says()
    for rival in rivals:
        if rival is candidate:
            continue
        if _twins(candidate, rival):
            continue
        theirs = rival.says()
        common = mine.keys() & theirs.keys()
        if common and all(mine[index] == theirs[index] for index in common):
            continue
        if candidate.field == "address.line1" and common and all(theirs[at] in mine[at] for at in common):
            continue  # the street alone, beside the street and its number
        return max(-4.0, min(8.0, candidate.logit - rival.logit))
    return 8.0


def values_of(candidate: Candidate) -> tuple[str, ...]:
    """Up to five different values of a candidate."""
    found = dict.fromkeys(text_of(value) for values in candidate.merged.column.values.values() for value in values[:1])
    return tuple(list(found)[:5])
