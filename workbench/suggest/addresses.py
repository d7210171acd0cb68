"""The shipping address: which object, or which names of one kind, hold it; and its parts, all from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.pick.steps import EACH, Steps
from workbench.suggest.candidates import Candidate, Scorer, full_names, merge_parts
from workbench.suggest.columns import Facts
from workbench.suggest.fields import ADDRESS

_SHIP = frozenset(("shipping", "delivery", "recipient"))
_BILL = frozenset(("billing", "payment", "invoice"))
_BAD = frozenset("seller store sender pickup warehouse employee return refund event tax company_vat".split())
_CUSTOMER = frozenset(("customer", "user", "contact"))
_WORTH = {"city": 1.0, "postal_code": 1.0, "line1": 0.9, "country": 0.6, "region": 0.2, "line2": 0.1, "name": 0.3}
_PARTS = tuple(name.removeprefix("address.") for name in ADDRESS)
_WHOLE = 2.0
_LONE = 3.0
_ROLES = {"ship": 2.2, "customer": 0.35, "none": 0.45, "bill": 0.05, "bad": -2.0}


@dataclass(slots=True)
class Block:
    """A place that holds an address.

    Attributes:
        home: The object, below the item.
        role: ship, customer, none, bill or bad.
        parts: Candidates of each part, the best first.
        lists: How many lists stand between the item and the address.
        score: How much speaks for its being the shipping address.
    """

    home: Steps
    role: str
    parts: dict[str, list[Candidate]] = field(default_factory=dict)
    lists: int = 0
    score: float = 0.0


def role_of(facts: Facts) -> str:
    """Whose address a column belongs to, by its names; the nearest name that says so."""
    for name in (facts.name, *facts.parents):
        meant = name.meant
        if meant & _BAD and not meant & _SHIP:
            return "bad"
        if "address" in meant and "shipping" in meant and "billing" in meant:
            continue
        if meant & _SHIP and not meant & _BILL:
            return "ship"
        if meant & _BILL:
            return "bill"
    for name in (facts.name, *facts.parents):
        if name.meant & _CUSTOMER:
            return "customer"
    return "none"


def blocks(facts: Sequence[Facts], scorer: Scorer) -> list[Block]:
    """The addresses among columns, the likeliest shipping address first."""
    near = [each for each in facts if each.column.lists <= 2]
    roles = {id(each): role_of(each) for each in near}
    homes: dict[tuple[Steps, str], None] = {}
    for each in near:
        if each.name.meant & {"city", "postal"} or any(p.meant & {"city", "postal"} for p in each.parents[:1]):
            steps = each.column.steps
            homes[(steps[:-1], roles[id(each)])] = None
            if steps[:-2] and steps[-2] != EACH:
                homes[(steps[:-2], roles[id(each)])] = None
    found = []
    for home, role in homes:
        inside = [
            each for each in near
            if each.column.steps[: len(home)] == home and len(each.column.steps) - len(home) <= 3
            and (roles[id(each)] == role or ((role, roles[id(each)]) == ("none", "ship") and _is_recipient(each, home)))
        ]  # fmt: skip
        crossed = min((each.column.lists - each.column.tail for each in inside), default=0)
        if crossed and any(each.column.lists - each.column.tail > crossed for each in inside):
            inside = [each for each in inside if each.column.lists - each.column.tail == crossed]
        if not crossed:
            inside = [each for each in inside if not each.column.lists or _of_scalars(each)]
        block = Block(home, role, _parts([_rebased(each, crossed) for each in inside], home, scorer), crossed)
        got = {part for part, ranked in block.parts.items() if ranked and ranked[0].row[1] >= 0.6}
        if len(got & {"city", "postal_code", "line1", "country"}) < 2:
            continue
        block.score = sum(_WORTH.get(part, 0.0) for part in got) + _ROLES[role] - 0.02 * len(home)
        if inside and any(name.meant & {"item", "line", "product", "payment", "event"} for name in inside[0].parents):
            block.score -= 0.4
        block.score -= 0.3 * (not home) + 0.25 * crossed
        found.append(block)
    if not any(block.role == "ship" for block in found):
        found = _alone(near, roles, scorer) or found
    found.sort(key=lambda block: (-block.score, len(block.home), block.home))
    return found


def _alone(near: Sequence[Facts], roles: dict[int, str], scorer: Scorer) -> list[Block]:
    """The shipping address as one text, where its parts are told nowhere."""
    found = []
    for each in near:
        if roles[id(each)] != "ship" or "address" not in each.name.meant or each.column.lists:
            continue
        if each.has("blanks") < 0.9 or each.has("street_like") < 0.5:
            continue
        if (line := scorer.score("address.line1", (each,))) is not None:
            parts = {part: [line] if part == "line1" else [] for part in _PARTS}
            found.append(Block(each.column.steps[:-1], "ship", parts, 0, _LONE))
    return found


def _is_recipient(facts: Facts, home: Steps) -> bool:
    """Whether a column names the recipient of an address whose other parts do not say whose they are."""
    return len(facts.column.steps) == len(home) + 1 and bool(facts.name.meant & {"name", "recipient"})


def _rebased(facts: Facts, lists: int) -> Facts:
    """A column as it is seen from inside some lists."""
    if not lists:
        return facts
    column = facts.column
    return Facts(replace(column, lists=column.lists - lists), facts.items, facts.around)


def _of_scalars(facts: Facts) -> bool:
    """Whether the only list is the last step: `street: [first line, second line]`."""
    return facts.column.lists == 1 and facts.column.tail


def _parts(inside: Sequence[Facts], home: Steps, scorer: Scorer) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for part in _PARTS:
        joined: list[tuple[Facts, ...]] = []
        if part == "name":
            joined = list(full_names(inside))
        found[part] = scorer.rank(f"address.{part}", inside, joined)
    _without_city(found["line1"], found["city"])
    if found["line1"] and (whole := _with_house(found["line1"][0], inside, scorer)) is not None:
        found["line1"].insert(0, whole)
        used = {id(part) for part in whole.parts}
        found["line2"] = [each for each in found["line2"] if not used & {id(part) for part in each.parts}]
    return found


def _without_city(streets: list[Candidate], cities: Sequence[Candidate]) -> None:
    """A text that holds both the street and the city is the whole address: it goes behind the street."""
    if not cities:
        return
    named = cities[0].says()
    for each in streets:
        texts = each.says()
        parts = [named, *(other.says() for other in streets if other is not each)]
        if texts and _holds(texts, parts[0]) and any(_holds(texts, part) for part in parts[1:]):
            each.logit -= _WHOLE
    streets.sort(key=lambda each: (-each.logit, len(each.steps), each.parts[0].column.key))


def _holds(texts: Mapping[int, str], part: Mapping[int, str]) -> bool:
    """Whether each text holds another of the same item, and more."""
    return all(part.get(index, text) != text and part[index] in text for index, text in texts.items())


def _with_house(street: Candidate, inside: Sequence[Facts], scorer: Scorer) -> Candidate | None:
    """A street and its house number in fields of their own, together."""
    first = street.parts[0]
    texts = first.texts
    if not texts or sum(any(sign.isdigit() for sign in text) for text in texts) * 2 > len(texts):
        return None
    home = first.column.steps[:-1]
    numbers = [
        each for each in inside
        if each.column.steps[:-1] == home and each is not first and _is_house(each) and each.texts
        and all(len(text) <= 8 and any(sign.isdigit() for sign in text) for text in each.texts)
    ]  # fmt: skip
    numbers.sort(key=lambda each: -len(each.name.meant & {"house", "number"}))
    if not numbers:
        return None
    extension = [
        each for each in inside
        if each.column.steps[:-1] == home and "addition" in each.name.meant and "house" in each.name.meant
        and each.texts and all(len(text) <= 8 for text in each.texts)
    ]  # fmt: skip
    parts = (first, numbers[0], *extension[:1])
    return scorer.score("address.line1", parts, merge_parts(parts))


def _is_house(facts: Facts) -> bool:
    """Whether a name means the number of a house, and not of something else."""
    own = facts.name.meant - {"address", "street", "shipping", "delivery", "recipient", "billing", "customer"}
    return 1 <= len(own) <= 2 and own <= {"house", "building", "number"}
