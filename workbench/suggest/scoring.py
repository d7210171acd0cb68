"""How strongly a column speaks for a field: features, and the probability that learned weights make of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from workbench.suggest.columns import Facts
from workbench.suggest.fields import Spec, specs
from workbench.suggest.names import Name, vocabulary

_LEAST_SHARE = 0.55
_LEAST_STRENGTH = 0.15


class Match(NamedTuple):
    """How a name fits a field.

    Attributes:
        strength: 0 to 1; how strongly the concepts speak for it, before decoys.
        key_decoys: Concepts of the name itself that speak against it.
        around_decoys: Those of the names around it.
        unknown: Words of the name that mean nothing to us.
        words: The concepts that spoke for it.
        party: Whether it belongs to somebody who is not the customer: a seller, a sender, a warehouse.
    """

    strength: float
    key_decoys: int
    around_decoys: int
    unknown: int
    words: frozenset[str]
    party: bool = False


_PARTIES = frozenset(("seller", "sender", "store", "pickup", "warehouse", "employee", "fee"))
_TELLING = frozenset(("carrier", "tracking", "image", "status"))
"""Kinds of values that say what they are, whatever their name."""
_WHOSE_ORDER = frozenset(("customer", "seller", "created", "store", "external"))
_ORDER = frozenset(("order",))
_OTHER_HEAD = 0.3
_WHOLE = frozenset(("total", "gross", "order", "price", "amount"))
_CONTAINERS = frozenset(("item", "list", "response", "page"))
"""What lists of orders are called as well; around an order they do not say what it is."""
_LISTS = _CONTAINERS - {"item"}
_UNIVERSAL = frozenset(("utc", "gmt"))
NOTHING = Match(0.0, 0, 0, 0, frozenset())


@cache
def _concepts() -> frozenset[str]:
    return frozenset(vocabulary().values())


@lru_cache(maxsize=100_000)
def match_name(field: str, name: Name, parents: tuple[Name, ...], around: tuple[Name, ...]) -> Match:
    """How a name, seen with the names around it, fits a field.

    Args:
        field: The field's spec.
        name: The value's own name.
        parents: The names between the item and the value, the nearest first.
        around: The names of the item and outwards.
    """
    spec = specs()[field]
    meant = name.meant
    wide = [*parents[:3], *around[:1]]
    best = NOTHING
    for words, strength in spec.names:
        own = words & meant
        if not own or (field == "order_type" and "order" not in own):
            continue
        cost = 0.0
        used_around: frozenset[str] = frozenset()
        borrowed = False
        for word in words - own:
            place = next((index for index, other in enumerate(wide) if word in other.meant), None)
            if place is None:
                break
            if field == "order_number" and wide[place].meant & spec.decoys - _LISTS:
                break  # `orderState: {id}` is the state's
            cost += 0.03 + 0.02 * place
            borrowed = borrowed or place >= len(parents[:3])
            used_around |= {word}
        else:
            left = meant - words - spec.neutral
            if "gross" in meant:
                left -= {"tax"}
            whose = "order" in own and field == "order_number"
            if whose and words == _ORDER and name.words[-1] not in _concepts():
                cost += _OTHER_HEAD  # `orderWeighting` is a weighting
            if whose:
                cost += 0.05 * len(left & _WHOSE_ORDER - {"created"})
                left -= _WHOSE_ORDER
            if not _UNIVERSAL.isdisjoint(name.words):
                cost -= 0.02
            if left & spec.bars or (spec.bars and _is_part(parents, words, spec)):
                continue
            decoys = left & spec.decoys
            unknown = [word for word in left - decoys if word != "1" and not (whose and word not in _concepts())]
            foreign = [word for word in unknown if word in _concepts()]
            cost += 0.07 * len(foreign) + 0.04 * (len(unknown) - len(foreign))
            if used_around and left:  # another's name does not say what an unknown word is the number of
                cost += 0.2 if borrowed else 0.08
            near = frozenset().union(*(other.meant for other in parents[:3])) - words - used_around
            if borrowed and near & spec.decoys:  # another object stands between
                continue
            far = frozenset().union(*(other.meant for other in around[:2])) - words - used_around
            if "." not in field:
                far -= _CONTAINERS
            count = len(near & spec.decoys) * (0.5 if own == words else 1) + 0.5 * len(far & spec.decoys)
            total = strength - cost
            party = not _PARTIES.isdisjoint((decoys | near) & spec.decoys)
            found = Match(total, len(decoys), math.ceil(count), len(unknown), words, party)
            if _rank(found) > _rank(best):
                best = found
    return best


def _is_part(parents: tuple[Name, ...], words: frozenset[str], spec: Spec) -> bool:
    """Whether the object around is something else's: `discount: {amount}`."""
    above = parents[0].meant if parents else frozenset()
    return bool(above & spec.bars) and not above & (words | _WHOLE)


def _rank(match: Match) -> float:
    return match.strength - 0.3 * match.key_decoys - 0.12 * match.around_decoys


def fits(spec: Spec, facts: Facts) -> bool:
    """Whether most values are of a kind that the field can have."""
    if (known := facts.fitting.get(spec.field)) is not None:
        return known
    kinds = facts.kinds
    good = sum(not spec.kinds.isdisjoint(each) and spec.never.isdisjoint(each) for each in kinds)
    facts.fitting[spec.field] = fitting = bool(kinds) and good >= _LEAST_SHARE * len(kinds)
    return fitting


FEATURES = (
    "bias", "strength", "strong", "middling", "weak", "key_decoys", "around_decoys", "unknown", "depth", "deep",
    "lists", "hint", "doubt", "presence", "distinct", "repeats", "echo", "echo_missed", "sum", "no_sum", "alone",
    "weak_decoys", "hinted", "party",
)  # fmt: skip


PRIOR = (
    -5.5, 8, 0.6, 0.2, -0.5, -2.6, -1.0, -0.4, -0.6, -0.4, -1.0, 1.2, -1.2, 0.6, 0.4, -0.8, 5, -2, 2, -1.5, -0.3, -0.8,
    2.0, -3.5,
)  # fmt: skip
"""What each feature is assumed to weigh; learning moves from here, and structure is found with these."""


class Evidence(NamedTuple):
    """What is known of a column besides its name and values.

    Attributes:
        echo: Whether the values hold what was asked for: 1 yes, -1 no though something was asked, 0 unknown.
        sums: Whether they are the sum of the lines: 1 yes, -1 another column is, 0 unknown.
        many: Whether there are several items to compare.
    """

    echo: int = 0
    sums: int = 0
    many: bool = False


def features(field: str, facts: Facts, evidence: Evidence) -> tuple[float, ...] | None:
    """The features of a column for a field; None where its values rule it out or nothing speaks for it."""
    spec = specs()[field]
    match = match_name(field, facts.name, facts.parents, facts.around)
    if match.strength <= _LEAST_STRENGTH and not spec.alone:
        return None
    if not fits(spec, facts) or (field == "lines.sku" and facts.counts):
        return None
    alone = 0.0
    if match.strength < spec.alone:
        alone = 1.0
        match = match._replace(strength=spec.alone)
    strength = match.strength
    hint = max((facts.has(kind) for kind in spec.hints), default=0.0)
    doubt = max((facts.has(kind) for kind in spec.doubts), default=0.0)
    weak = strength < 0.7
    return (
        1.0, strength, float(strength >= 0.9), float(0.75 <= strength < 0.9), float(weak), min(match.key_decoys, 3),
        min(match.around_decoys, 3), min(match.unknown, 3), min(facts.depth, 4) / 2, float(facts.depth > 2),
        min(facts.column.lists, 2), hint, doubt, facts.presence, facts.distinct if evidence.many else 0.7,
        float(evidence.many and facts.distinct < 1), float(evidence.echo > 0), float(evidence.echo < 0),
        float(evidence.sums > 0), float(evidence.sums < 0), alone,
        float(weak) * min(match.key_decoys + match.around_decoys, 3),
        max((facts.has(kind) for kind in spec.hints & _TELLING), default=0.0) * (1 - min(strength, 1.0)),
        float(match.party),
    )  # fmt: skip


class Weights:
    """Learned weights: one for each feature, and small corrections for each field.

    Args:
        data: As `weights.json` has it.
    """

    def __init__(self, data: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        shared = data["shared"]["weights"]
        self._rows = {
            field: tuple(a + b for a, b in zip(shared, data["fields"].get(field, [0.0] * len(shared)), strict=True))
            for field in specs()
        }
        self.data = data

    def logit(self, field: str, row: Sequence[float]) -> float:
        """The score of a row of features, as the logarithm of odds."""
        return sum(weight * value for weight, value in zip(self._rows[field], row, strict=True))


@cache
def default_weights() -> Weights:
    """The weights that come with the package."""
    return Weights(json.loads(files("workbench.suggest").joinpath("weights.json").read_text(encoding="utf-8")))


@cache
def prior_weights() -> Weights:
    """The weights that were set by hand; places of orders and lines are found with them."""
    return Weights({"shared": {"weights": PRIOR}, "fields": {}})


def sigmoid(logit: float) -> float:
    """The probability that odds stand for."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))
