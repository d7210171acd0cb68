"""What an answer holds: orders, or what a carrier or a payment service says of one parcel or one refund."""

from __future__ import annotations

from typing import NamedTuple

from workbench.pick.steps import Steps, is_below
from workbench.suggest.columns import Facts
from workbench.suggest.fields import specs, words_of
from workbench.suggest.names import Name, read_name
from workbench.suggest.returns import named_back, says_back
from workbench.suggest.scoring import Evidence, features, sigmoid
from workbench.suggest.structure import Place, Structure, Structures

TRACKING, REFUND, PAYMENT, ORDER = "tracking", "refund", "payment", "order"
_SAYS_WHAT = frozenset(
    "object type resource resourcetype eventcode eventtype topic typename recordtype documenttype doctype kind class "
    "transactiontype objecttype".split()
)
_PARCEL = frozenset(("shipping", "fulfillment", "parcel", "delivery"))
_WAYS = frozenset(("delivery", "pickup"))
"""What an order's own type may be."""
_BACK = frozenset(("return", "refund"))
_NAMED = 0.5
_RETURN = 0.6
_STREET = 0.9
_ABOUT_ORDER = {"customer_email": 0.5, "customer_name": 0.6, "amount": 0.6, "created_at": 0.6, "order_number": 0.6}
_MAY = {
    TRACKING: frozenset(("number", "name", "date")),
    "parcel": frozenset(("number", "lines")),
    REFUND: frozenset(("number", "lines")),
    PAYMENT: frozenset(("name",)),
}
"""What of an order may be told beside, by what an answer calls itself; with more it is read as an order."""


class Sort(NamedTuple):
    """What an answer holds.

    Attributes:
        record: order, tracking, refund or payment; nothing can be mapped of the last.
        steps: Where one stands; empty for orders that are found as such.
        back: Whether the order's place is a return or a refund of it.
    """

    record: str = ORDER
    steps: Steps = ()
    back: bool = False


def sort_of(structures: Structures, chosen: Structure | None = None) -> Sort:
    """What the answers hold.

    Args:
        structures: All places.
        chosen: The likeliest reading as orders; None where there is none.
    """
    found = [(worth, sort) for place in structures.places for worth, sort in _readings(structures, place, chosen)]
    if found:
        return max(found, key=lambda each: (each[0], -len(each[1].steps)))[1]
    if chosen is None:
        return _events_alone(structures) or _return_alone(structures)
    return back_at(structures, chosen.root)


def back_at(structures: Structures, root: Steps) -> Sort:
    """Orders at a place that is settled, and whether it is a return or a refund of them."""
    place = next((each for each in structures.places if each.steps == root), None)
    return Sort(back=place is not None and bool(said_by(place) & _BACK))


def _events_alone(structures: Structures) -> Sort | None:
    """A parcel's events with a status, though what its number is cannot be told."""
    for place in structures.places:
        if said_by(place) & (_PARCEL | {TRACKING}) and any(
            "event" in name.meant for each in place.facts for name in each.parents
        ):
            status = max((_speaks(structures, "shipment.status", each) for each in place.facts), default=0.0)
            dated = any(each.has("date") > 0.5 for each in place.facts)
            if dated and (status >= _NAMED or TRACKING in said_by(place)):
                return Sort(TRACKING, place.steps)
    return None


def _return_alone(structures: Structures) -> Sort:
    """A return that stands in an answer where nothing else is an order."""
    best: tuple[float, Sort] = (_RETURN, Sort())
    for place in structures.places:
        if not place.items or named_back(place.names) <= 0 or "return" not in said_by(place):
            continue
        worth = _refunded(structures, place)
        if worth > best[0]:
            best = (worth, Sort(ORDER, place.steps, True))
    return best[1]


def _readings(structures: Structures, place: Place, chosen: Structure | None) -> list[tuple[float, Sort]]:
    said = said_by(place)
    if not said:
        return []
    held = None
    found = []
    for record, sort, worth in (
        (TRACKING, TRACKING, _tracked(structures, place) if TRACKING in said and not said & _BACK else 0.0),
        (TRACKING, "parcel", _tracked(structures, place) - 0.1 if said & _PARCEL and not said & _BACK else 0.0),
        (REFUND, REFUND, _refunded(structures, place) if "refund" in said else 0.0),
        (PAYMENT, PAYMENT, 0.5 if said & {"payment", "charge"} and not place.repeated and not place.names else 0.0),
    ):
        if worth < _NAMED:
            continue
        if held is None:
            held = _of_order(structures, place, chosen)
        if held <= _MAY[sort]:
            found.append((worth, Sort(record, place.steps)))
    return found


def said_by(place: Place) -> frozenset[str]:
    """What a place calls itself: its nearest name that means something, and what its own type says."""
    name = next((name for name in place.names if name.meant), Name((), frozenset()))
    said = set() if "order" in name.meant else set(name.meant)
    if "tracker" in name.words:
        said.add(TRACKING)
    if says_back(name) and not said & _BACK:
        said.add("return")
    for each in place.facts:
        key = "".join(sign for sign in each.column.keys[-1].casefold() if sign.isalpha()) if each.column.keys else ""
        if each.depth == 0 and key in _SAYS_WHAT and each.presence == 1.0 and len(set(each.firsts)) == 1:
            word = read_name(each.firsts[0])
            if "order" in word.meant:
                return frozenset()
            said |= word.meant - _WAYS | ({TRACKING} if "tracker" in word.words else set())
    return frozenset(said)


def _of_order(structures: Structures, place: Place, chosen: Structure | None) -> frozenset[str]:
    """What the answer says of an order itself, in this place and, where orders are read from above it, around it."""
    pool: list[Facts] = [each for each in place.facts if not each.column.lists]
    lines = False
    if chosen is not None:
        lines = chosen.lines is not None and not is_below(chosen.root, chosen.lines)
        if not is_below(chosen.root, place.steps) and is_below(place.steps, chosen.root):
            around = next((each for each in structures.places if each.steps == chosen.root), None)
            if around is not None and _is_of_order(structures, around, place.steps[len(chosen.root) :]):
                return frozenset(("above",))
        elif not is_below(chosen.root, place.steps):
            return frozenset(("elsewhere",))  # another object altogether is the order
    found = {"lines"} if lines else set()
    for field, least in _ABOUT_ORDER.items():
        for each in pool:
            if _speaks(structures, field, each) >= least and _is_told(field, each):
                found.add({"customer_email": "email", "customer_name": "name", "created_at": "date",
                           "order_number": "number"}.get(field, field))  # fmt: skip
    if "number" in found and any(_speaks(structures, "address.line1", each) >= _STREET for each in pool):
        found.add("address")  # who tells the street an order goes to tells of the order
    if any(each.name.meant & {"city", "postal"} and any(name.meant & {"billing", "customer"} for name in each.parents)
           for each in pool):  # fmt: skip
        found.add("address")
    return frozenset(found)


def _is_of_order(structures: Structures, around: Place, rest: Steps) -> bool:
    """Whether what stands around a place is an order: by its name, or by values of its own."""
    if around.names and "order" in around.names[0].meant:
        return True
    outside = [each for each in around.facts if each.column.steps[: len(rest)] != rest and not each.column.lists]
    return any(
        _speaks(structures, field, each) >= least
        for field, least in _ABOUT_ORDER.items() for each in outside if _is_told(field, each)
    )  # fmt: skip


def _is_told(field: str, facts: Facts) -> bool:
    """Whether a value is said to be the order's or the customer's, rather than of what is read here."""
    words = facts.name.meant.union(*(name.meant for name in facts.parents[:1]))
    if field in ("customer_email", "customer_name"):
        return field == "customer_email" or bool(words & {"customer", "user", "billing"})
    return "order" in words or bool(words & {"sales"}) or {"so"} <= set(facts.name.words)


def _tracked(structures: Structures, place: Place) -> float:
    """How much a place looks like what a carrier says of one parcel."""
    best = {
        field: max((_speaks(structures, field, each) for each in place.facts if each.depth <= 2), default=0.0)
        for field in ("shipment.tracking_number", "shipment.status", "shipment.carrier", "expected_delivery_at")
    }
    number, *others = best.values()
    if number < _NAMED or max(others) < _NAMED:
        return 0.0
    return sum(worth * best[field] for field, worth in zip(best, (1.0, 0.4, 0.3, 0.2), strict=True))


def _refunded(structures: Structures, place: Place) -> float:
    best = {
        field: max((_speaks(structures, field, each) for each in place.facts if each.depth <= 2), default=0.0)
        for field in ("return.refunded_amount", "return.status", "return.id", "return.created_at")
    }
    if max(best["return.refunded_amount"], best["return.status"]) < _NAMED:
        return 0.0
    return sum(worth * best[field] for field, worth in zip(best, (0.8, 0.5, 0.4, 0.3), strict=True))


def _speaks(structures: Structures, field: str, facts: Facts) -> float:
    if facts.name.meant.isdisjoint(words_of(field)) and specs()[field].alone == 0.0:
        return 0.0
    row = features(field, facts, Evidence())
    return 0.0 if row is None else sigmoid(structures.weights.logit(field, row))


def told(sort: Sort) -> str:
    """What an answer without an order is, in a sentence."""
    return {
        TRACKING: "no order found: this looks like a tracking answer",
        REFUND: "no order found: this looks like a refund",
        PAYMENT: "no order found: this looks like a payment",
    }[sort.record]
