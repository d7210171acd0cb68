"""Where one order stands, and where its lines: decided together, by what the children say and by repetition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.documents import Document
from workbench.pick.steps import EACH, Steps, is_below, place_steps, text
from workbench.suggest.columns import Column, Facts, can_be_said, columns, nodes_at
from workbench.suggest.counts import LINES, agrees, counts_of
from workbench.suggest.fields import specs, words_of
from workbench.suggest.joins import MARK
from workbench.suggest.names import Name, read_name
from workbench.suggest.scoring import Evidence, features, prior_weights, sigmoid
from workbench.tree import Node, Tree

_SAMPLED = 8
_MOST_PLACES = 150
_ORDER_WEIGHTS = {
    "order_number": 1.3, "created_at": 0.8, "status": 0.5, "customer_email": 0.7, "amount": 0.6, "customer_name": 0.4,
    "currency": 0.2, "address.city": 0.3, "address.postal_code": 0.3,
}  # fmt: skip
_LINE_WEIGHTS = {"lines.quantity": 1.0, "lines.name": 0.8, "lines.sku": 0.8, "lines.unit_price": 0.3}
_ORDER_WORDS = frozenset(("order", "invoice", "sales", "receipt", "transaction", "document"))
_NO_ORDER = frozenset(
    "customer contact line item product variant payment refund return address shipping delivery billing tracking "
    "carrier parcel fulfillment event tax discount fee gift seller store sender pickup warehouse employee user image "
    "request session page error language price amount party header attribute note".split()
)
_LINE_WORDS = frozenset(("line", "item", "product", "article", "sku"))
_NO_LINE = frozenset(
    "refund return payment shipping tax discount fee attribute customer address parcel event fulfillment tracking "
    "delivery billing carrier price amount variant image note error cancel bundle gift history status invoice".split()
)
_NO_FOREIGN = frozenset(
    "product item line sku variant customer user seller store barcode type currency warehouse".split()
)
_BY_ID = 0.75
_COUNTED = 0.5
_ENVELOPE = frozenset(
    "code message status success error errors note page limit offset total count has more next previous request id "
    "time timestamp result response result ok is type size version quantity pages elements api".split()
)
_PARCEL = frozenset(("parcel", "shipping", "delivery", "fulfillment", "tracking"))


@dataclass(slots=True)
class Place:
    """An object's place, with what its own values say.

    Attributes:
        steps: The place, from the root.
        names: The names on the way, the nearest first.
        items: Some of the items.
        facts: Their columns.
        repeated: Whether several may stand there.
        order: Probabilities of the order's fields, the best column of each.
        line: The same of a line's fields.
    """

    steps: Steps
    names: tuple[Name, ...]
    items: list[Any]
    facts: list[Facts]
    repeated: bool
    order: dict[str, float] = field(default_factory=dict)
    line: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Structure:
    """A reading of the documents.

    Attributes:
        root: Where one order stands.
        lines: Where its lines stand, from the root of the document; None for none. The root's own place for rows.
        group: The column whose values tell the orders of flat rows apart; None where items are orders.
        score: How much speaks for it.
        margin: How much more than for the next best reading.
        own: How much the order's own values speak for it, its lines left out.
        reasons: Why, in words.
        named: Whether something tells one order from another: a number, or whose it is, or its lines.
        apart: Whether the lines stand elsewhere and are joined by an id.
        keep: The condition that joins them.
        pair: The steps of the two ids, of the order and of the line.
    """

    root: Steps
    lines: Steps | None = None
    group: Steps | None = None
    score: float = 0.0
    margin: float = 0.0
    own: float = 0.0
    reasons: tuple[str, ...] = ()
    named: bool = False
    apart: bool = False
    keep: dict[str, Any] = field(default_factory=dict)
    pair: tuple[Steps, Steps] = ((), ())


def names_of(steps: Sequence[str]) -> tuple[Name, ...]:
    """The names of a place as concepts, the nearest first."""
    keys = [step[1:] if step.startswith(".") else step[2:-2] for step in steps if step != EACH]
    return tuple(reversed([name for name in map(read_name, keys) if name.words]))


def mapped_places(tree: Tree) -> frozenset[str]:
    """The places of maps whose keys are ids."""
    return frozenset(node.path for node in tree if "map" in node.flags)


def spread(documents: Sequence[Document], steps: Steps, limit: int) -> list[Any]:
    """Items of a place from all documents, as many of each."""
    share = max(1, limit // max(1, len(documents)))
    found: list[Any] = []
    for document in documents:
        found += nodes_at(document.root, steps, share)
    return found[:limit]


class Structures:
    """All readings of some documents.

    Args:
        tree: Their merged tree.
        documents: The documents.
        asked: What the answers were asked for: `email`, `number`.
    """

    def __init__(self, tree: Tree, documents: Sequence[Document], asked: Mapping[str, str] | None = None) -> None:
        self.tree, self.documents, self.weights = tree, documents, prior_weights()
        self.asked = {key: value.casefold().strip() for key, value in (asked or {}).items() if value}
        self.mapped = mapped_places(tree)
        self.places = [self._place(node) for node in self._objects()]

    def _objects(self) -> list[Node]:
        found = [
            node for node in self.tree
            if "object" in node.types and "map" not in node.flags and node.depth <= 14 and can_be_said(node.path[1:])
            and node.path.count(MARK) < 2
        ]  # fmt: skip
        if self.tree.xml:  # an element that is sometimes several has its members below
            found = [node for node in found if self.tree.find(node.path + EACH) in (None, node)]
        found.sort(key=lambda node: node.depth)
        return found[:_MOST_PLACES]

    def _place(self, node: Node) -> Place:
        steps = place_steps(node.path)
        items = [item for item in spread(self.documents, steps, _SAMPLED) if isinstance(item, dict)]
        names = names_of(steps)
        below = columns(items, self.mapped, node.path)
        facts = [Facts(column, len(items), names) for column in below]
        place = Place(steps, names, items, facts, EACH in steps)
        place.order = self._best(facts, _ORDER_WEIGHTS, len(items) > 1, place.repeated)
        place.line = self._best([each for each in facts if each.depth <= 2], _LINE_WEIGHTS, len(items) > 1, False)
        return place

    def _best(
        self, facts: Sequence[Facts], wanted: Mapping[str, float], many: bool, distinct: bool
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in wanted:
            best = -20.0
            silent = specs()[name].alone == 0.0
            for each in facts:
                if each.column.lists or (silent and each.name.meant.isdisjoint(words_of(name))):
                    continue
                row = features(name, each, Evidence(self.echo(name, each), 0, many and distinct))
                if row is not None:
                    best = max(best, self.weights.logit(name, row))
            found[name] = sigmoid(best)
        return found

    def echo(self, field: str, facts: Facts) -> int:
        """Whether a column holds what was asked for."""
        wanted = self.asked.get({"order_number": "number", "customer_email": "email"}.get(field, ""), "")
        if not wanted:
            return 0
        if any(same_text(value, wanted) for value in facts.firsts):
            return 1
        return -1

    # ------------------------------------------------------------ orders and lines together

    def find(self) -> list[Structure]:
        """The readings, the likeliest first; those for which nearly nothing speaks are left out."""
        found: list[Structure] = []
        for place in self.places:
            if place.items:
                found += self._readings(place)
        named = {place.steps for place in self.places if _is_named(place)}
        found.sort(key=lambda each: -each.score)
        for each in found:
            each.named = each.root in named or (each.lines is not None and each.own >= 1)
        for index, each in enumerate(found):
            each.margin = each.score - (found[index + 1].score if index + 1 < len(found) else 0.0)
        return found

    def at(self, root: Steps) -> list[Structure]:
        """The readings of which it is settled where an order stands."""
        return [each for place in self.places if place.steps == root for each in self._readings(place)]

    def _readings(self, place: Place) -> list[Structure]:
        own = sum(weight * place.order[name] for name, weight in _ORDER_WEIGHTS.items())
        named = self._named(place)
        lines, line_score = self._lines(place)
        flat = self._flat(place, 2)
        lists = sum(step == EACH for step in place.steps)
        base = own + named - 0.1 * lists - 0.03 * len(place.steps) - 0.3 * is_wrapper(place)
        reasons = []
        if not flat and lines is None and place.repeated and self._flat(place, 1) and self._group(place):
            flat = self._flat(place, 1)
        if flat > line_score + 0.3 and place.repeated:
            group = self._group(place)
            if group is not None:
                return [Structure(place.steps, place.steps, group, base + 0.9 * flat + 0.3, 0.0, own, ("rows",))]
            if place.order["order_number"] > 0.3:
                return [Structure(place.steps, place.steps, None, base + 0.6 * flat, 0.0, own, ("one line each",))]
        if flat > line_score + 0.3 and place.order["order_number"] > 0.5:
            return [Structure(place.steps, place.steps, None, base + 0.6 * flat, 0.0, own, ("one line",))]
        score = base + 0.9 * max(line_score, 0.0)
        if self._repeats(place):
            score -= 1.0
            reasons.append("the order number repeats")
        return [Structure(place.steps, lines.steps if lines else None, None, score, 0.0, own, tuple(reasons))]

    def _named(self, place: Place) -> float:
        if not place.names:
            return 0.1
        first = place.names[0].meant
        outer = frozenset().union(*(name.meant for name in place.names[1:]))
        score = 0.0
        if "order" in first and not first & _NO_ORDER:
            score += 0.3 if "detail" in place.names[0].words else 0.8
        elif first & _ORDER_WORDS:
            score += 0.35
        if first & _NO_ORDER:
            score -= 1.0
        score -= 0.5 * min(2, len(outer & _NO_ORDER - {"page", "request", "header"}))
        return score

    def _lines(self, root: Place) -> tuple[Place | None, float]:
        """The place under an order that looks most like its lines."""
        best: tuple[Place | None, float] = (None, 0.0)
        counts = counts_of(root.facts, LINES)
        for place in self.places:
            if place is root or not is_below(place.steps, root.steps):
                continue
            rest = place.steps[len(root.steps) :]
            score = self.line_score(place, rest)
            if counts and score > 0.5:
                sizes = [sum(node is not None for node in nodes_at(item, rest, 200)) for item in root.items]
                score += _COUNTED * any(agrees(count, sizes) for count in counts)
            if score > best[1]:
                best = (place, score)
        return best if best[1] > 0.9 else (None, 0.0)

    def line_score(self, place: Place, rest: Steps) -> float:
        """How much a place below an order looks like its lines."""
        evidence = sum(weight * place.line[name] for name, weight in _LINE_WEIGHTS.items())
        names = names_of(rest)
        inner = names[0].meant if names else frozenset()
        outer = frozenset().union(*(name.meant for name in names[1:])) if names else frozenset()
        lists = sum(step == EACH for step in rest)
        detail = bool(names) and "detail" in names[0].words and not inner & _NO_LINE
        detail = detail and (lists > 0 or self._flat(place, 1) > 0)
        named = detail or bool(inner & _LINE_WORDS) or bool(outer & _LINE_WORDS and not inner & _NO_LINE)
        score = evidence + (0.5 if named and not inner & _NO_LINE - {"shipping", "delivery", "invoice"} else 0.0)
        score -= 0.8 * bool(inner & _NO_LINE and not inner & _LINE_WORDS) + 0.5 * min(
            2, len(outer & _NO_LINE - _PARCEL)
        )
        score -= 0.25 * bool(outer & _PARCEL)
        score -= 0.25 * max(0, lists - 1) + 0.04 * len(rest)
        if is_wrapper(place):
            score -= 0.25
        if not lists and not named:
            score -= 0.9
        elif not lists:
            score -= 0.2
        if place.line["lines.quantity"] < 0.3 and not named:
            score -= 0.5
        return score

    def _flat(self, place: Place, least: int) -> float:
        """How much the place's own values look like those of a line, where so many of its fields are there."""
        direct = [facts for facts in place.facts if not facts.depth]
        best = self._best(direct, _LINE_WEIGHTS, len(place.items) > 1, False)
        if sum(probability > 0.5 for name, probability in best.items() if name != "lines.unit_price") < least:
            return 0.0
        return sum(weight * best[name] for name, weight in _LINE_WEIGHTS.items())

    def _number_column(self, place: Place) -> Facts | None:
        best: tuple[float, Facts | None] = (0.4, None)
        for each in place.facts:
            if each.column.lists:
                continue
            row = features("order_number", each, Evidence(self.echo("order_number", each), 0, False))
            if row is not None and (score := sigmoid(self.weights.logit("order_number", row))) > best[0]:
                best = (score, each)
        return best[1]

    def _repeats(self, place: Place) -> bool:
        """Whether items of one document share an order number."""
        if not place.repeated or (facts := self._number_column(place)) is None:
            return False
        return self._shared(place, facts.column)

    def _shared(self, place: Place, column: Column) -> bool:
        for document in self.documents[:5]:
            items = nodes_at(document.root, place.steps, 300)
            values = [value for item in items if (value := first_value(item, column.steps)) is not None]
            if len(values) > len(set(map(str, values))):
                return True
        return False

    def _group(self, place: Place) -> Steps | None:
        """The column by which flat rows belong together."""
        facts = self._number_column(place)
        if facts is not None and self._shared(place, facts.column):
            return facts.column.steps
        # lines whose order is known by an id alone
        if (facts is None or facts.name.meant <= {"id"}) and self._flat(place, 2):
            for each in place.facts:
                if each.depth == 0 and self._is_foreign(each) and self._shared(place, each.column):
                    place.order["order_number"] = _BY_ID
                    return each.column.steps
        return None

    def _is_foreign(self, facts: Facts) -> bool:
        """Whether a column may be the id of what rows belong to: an id of nothing else that is always there."""
        meant = facts.name.meant
        return (
            bool(meant & {"id", "key", "ref", "number"}) and not meant & _NO_FOREIGN and facts.presence == 1.0
            and facts.has("code") == 1.0 and facts.has("small") == 0.0
            and (facts.has("guid") > 0.5 or bool(meant & {"order", "parent", "header", "document"}))
        )  # fmt: skip


def _is_named(place: Place) -> bool:
    return place.order["order_number"] >= 0.45 or place.order["customer_email"] >= 0.5


def is_wrapper(place: Place) -> bool:
    """Whether everything below a place is below one child of it, but for what an answer says of itself."""
    first = {
        next(iter(each.column.steps), "") for each in place.facts
        if each.depth or len(each.column.steps) > 1 or not _is_envelope(each)
    }  # fmt: skip
    first = {step for step in first if not step.startswith(".@")}
    return len(first) == 1 and any(len(each.column.steps) > 1 for each in place.facts)


def _is_envelope(facts: Facts) -> bool:
    """Whether a value says something of the answer rather than of an order: a code, a message, a count of pages."""
    words = [word for word in facts.name.words if not word.isdigit()]
    return bool(words) and _ENVELOPE.issuperset(words)


def first_value(item: Any, steps: Steps) -> Any:
    """The first scalar below an item; None for none."""
    for node in nodes_at(item, steps, 1):
        if isinstance(node, dict):
            node = node.get("#text")
        return node
    return None


def same_text(value: Any, wanted: str) -> bool:
    """Whether a value says what was asked for: without regard to case, blanks and a mark before it."""
    got = str(value).casefold().strip()
    return got == wanted or got.lstrip("#") == wanted.lstrip("#")


def place_text(steps: Steps) -> str:
    """A place as text, `$.data[*]`."""
    return text(steps)
