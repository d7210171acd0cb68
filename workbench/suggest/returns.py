"""Returns: which place below an order holds what came back, or is announced to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from workbench.pick.steps import EACH, Steps, is_below, place_steps, text
from workbench.suggest.candidates import Candidate, Scorer
from workbench.suggest.columns import Facts, can_be_said, columns, nodes_at
from workbench.suggest.fields import RETURN
from workbench.suggest.joins import marks_in
from workbench.suggest.names import Name, vocabulary
from workbench.suggest.scoring import sigmoid
from workbench.suggest.structure import names_of
from workbench.tree import Node

if TYPE_CHECKING:
    from workbench.suggest.reading import Reading

_BACK = frozenset(("return", "refund"))
_BESIDE = frozenset("order request list document note number data info header sales customer fulfillment".split())
"""What may stand beside in the name of a list of returns: `return_requests`, `order_refunds`, `credit_memos`."""
_RULES = frozenset(
    "policy policies window windows reason reasons setting settings center centre eligibility instruction instructions "
    "term terms portal period deadline day days rule rules condition conditions rate rates".split()
)
"""What a shop says of returns in general."""
_WORTH = {
    "return.id": 0.7, "return.status": 0.9, "return.created_at": 0.7, "return.tracking_number": 0.9,
    "return.refunded_amount": 0.8, "return.carrier": 0.2,
}  # fmt: skip
_TELLING = ("return.status", "return.tracking_number", "return.refunded_amount", "return.created_at")
_LEAST = 1.2
_MOST = 100
_NESTED = frozenset(("return.refunded_amount", "return.tracking_number"))
"""What may stand in a list of its own inside a return: its transactions, its parcels."""
_OWN = frozenset("order_number created_at status amount shipped_at delivered_at order_type".split())
_OF_ORDER = frozenset(("order", "customer", "billing", "recipient", "sales"))


@cache
def concepts() -> frozenset[str]:
    """Everything that a name may mean; other words of a name mean nothing to us."""
    return frozenset(vocabulary().values())


@dataclass(slots=True)
class Returns:
    """Where returns stand.

    Attributes:
        each: The place, below the order; empty where the whole answer is the return.
        ranked: Candidates of each field, seen from there.
        facts: The columns of a return.
        score: How much speaks for it.
    """

    each: Steps
    ranked: dict[str, list[Candidate]]
    facts: list[Facts] = field(default_factory=list)
    score: float = 0.0


def returns_of(reading: Reading) -> Returns | None:
    """The place below an order that looks most like its returns; None where none does."""
    if reading.structure.group is not None:
        return None
    root = reading.structure.root
    best: Returns | None = None
    for node in reading.tree:
        steps = _steps_below(reading, node)
        if steps is None:
            continue
        score = named_back(names_of(steps[len(root) :]))
        if score <= 0:
            continue
        found = _read(reading, steps[len(root) :], score)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def whole_return(reading: Reading) -> Returns:
    """The answer itself as a return: what is not said of the order is said of what comes back."""
    own = [each for each in reading.facts if not is_said_of_order(each)]
    found = _ranked(reading, own, len(reading.items) > 1)
    return Returns((), found, own)


def of_order_only(ranked: Mapping[str, list[Candidate]]) -> dict[str, list[Candidate]]:
    """In an answer about a return, the candidates that are said of the order and its customer."""
    kept = {}
    for name, found in ranked.items():
        if name in ("created_at", "status", "amount", "order_number", "order_type"):
            found = [each for each in found if is_said_of_order(each.merged) and not _said(each.merged) & _BACK]
        elif name in ("shipped_at", "delivered_at", "expected_ship_at", "return_status", "return_tracking_number"):
            found = []
        kept[name] = found
    return kept


def is_of_return(facts: Facts) -> bool:
    """Whether a column is named after a return, or stands in one, rather than in its policy or its address."""
    return says_back(facts.name) or any(named_back((name,)) > 0 for name in facts.parents)


def may_be_of_order(name: str, facts: Facts) -> bool:
    """Whether a column may be a field of the order itself: what stands in a return is said of that."""
    if name not in _OWN or is_said_of_order(facts):
        return True
    return not is_of_return(facts)


def _said(facts: Facts) -> frozenset[str]:
    return facts.name.meant.union(*(name.meant for name in facts.parents))


def is_said_of_order(facts: Facts) -> bool:
    """Whether a column is said to be the order's or the customer's: `order_date`, `SOAmount`."""
    return bool(_said(facts) & _OF_ORDER) or "so" in facts.name.words


def _steps_below(reading: Reading, node: Node) -> Steps | None:
    """The steps of an object below the order, outside its own place; None for anything else."""
    if "object" not in node.types or "map" in node.flags or node.depth > 14 or not can_be_said(node.path[1:]):
        return None
    if reading.tree.xml and reading.tree.find(node.path + EACH) not in (None, node):
        return None
    steps = place_steps(node.path)
    root = reading.structure.root
    if marks_in(steps) > 1:
        return None
    return steps if steps != root and is_below(steps, root) else None


def says_back(name: Name) -> bool:
    """Whether a name means a return or a refund."""
    return bool(name.meant & _BACK) or "rmas" in name.words


def named_back(names: Sequence[Name]) -> float:
    """How much the names on the way say that something came back; the nearest that means anything decides."""
    telling = [name for name in names if name.meant]
    if not telling or not says_back(telling[0]):
        return 0.0
    others = telling[0].meant - _BACK - _BESIDE - {"rmas"}
    if others & (_RULES | concepts()):  # an address, a policy, a label, the reasons to choose from
        return 0.0
    score = 1.0 - 0.2 * len(telling[0].meant - _BACK)
    outer = frozenset().union(*(name.meant for name in telling[1:]))
    return score - 0.5 * bool(outer & _BACK)


def _read(reading: Reading, each: Steps, named: float) -> Returns | None:
    items = [node for item in reading.items for node in nodes_at(item, each, 50) if isinstance(node, dict)][:_MOST]
    if not items:
        return None
    place = (*reading.structure.root, *each)
    facts = [
        Facts(column, len(items), names_of(place))
        for column in columns(items, reading.mapped, text(place)) if marks_in(column.steps) < 2
    ]  # fmt: skip
    ranked = _ranked(reading, facts, len(items) > 1)
    best = {name: sigmoid(found[0].logit) if found else 0.0 for name, found in ranked.items()}
    evidence = sum(worth * best[name] for name, worth in _WORTH.items())
    if evidence < _LEAST or max(best[name] for name in _TELLING) < 0.5:
        return None
    lists = sum(step == EACH for step in each)
    score = evidence + named + 0.3 * bool(lists) - 0.2 * max(0, lists - 1) - 0.05 * len(each)
    return Returns(each, ranked, facts, score)


def _is_attribute(facts: Facts) -> bool:
    return bool(facts.column.steps) and facts.column.steps[-1].startswith(".@")


def _ranked(reading: Reading, facts: Sequence[Facts], many: bool) -> dict[str, list[Candidate]]:
    scorer = Scorer(reading.weights, many)
    carried = {each.column.steps[:-1] for each in facts if "carrier" in each.name.meant and _is_attribute(each)}
    for each in facts:
        if each.column.steps in carried:  # `<Code carrier="UPS">`: what a carrier is said of is a parcel's number
            each.name = Name(each.name.words, each.name.meant | {"tracking"})
    found = {}
    for name in RETURN:
        near = [each for each in facts if each.column.lists <= (name in _NESTED)]
        found[name] = scorer.rank(name, near)
    return found
