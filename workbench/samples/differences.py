"""Where two results of the same sample differ, told without a customer's value.

Of most fields only the kind of change is told: a value came, went or changed. Words are told where they come from a
small vocabulary of ours or of the merchant: status, carrier, currency, order type and region.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from workbench.catalogue import catalogue

NOTHING, VALUE, CHANGED = "nothing", "a value", "changed"
WEIGHTY = frozenset(
    "outcome orders order_number customer_email amount currency unit_price refunded_amount status return_status"
    " tracking_numbers tracking_number return_tracking_number".split()
)
"""Fields whose change in results a version has to give a reason for: flows and people act on them."""

_WORDS = re.compile(r"[^\W\d]+(?:[ _-][^\W\d]+){0,3}")
_LONGEST_WORD = 24
_INDEX = re.compile(r"\[\d+\]")
_ORDER = re.compile(r"\w+\[(\d+)\]")


class Difference(NamedTuple):
    """One difference in one order.

    Attributes:
        field: The business field with the rows it stands in, such as `lines.sku`; or outcome, orders, problems.
        what: The kind of change, such as `nothing -> a value` or `confirmed -> shipped`.
        order: The order's position in the older result; -1 for the result as a whole.
    """

    field: str
    what: str
    order: int

    @property
    def weighs(self) -> bool:
        """Whether a version that brings it needs a reason."""
        return self.field.rpartition(".")[2] in WEIGHTY


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences between two results.

    Attributes:
        found: The differences, each order's fields once a kind.
        orders: How many orders there are, in the result that has more.
    """

    found: tuple[Difference, ...]
    orders: int

    def __bool__(self) -> bool:
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A kind of change in one field, and in how many orders."""

    field: str
    what: str
    count: int
    of: int
    weighs: bool

    @property
    def text(self) -> str:
        """The change as one line."""
        if self.count == 0:
            return f"{self.field}: {self.what}"
        return f"{self.field}: {self.what} in {self.count} of {self.of} order{'s' * (self.of != 1)}"

    def to_dict(self) -> dict[str, str | int | bool]:
        """The change as `--json` prints it."""
        return {**asdict(self), "text": self.text}


def summed(all_differences: Iterable[Differences]) -> list[FieldChange]:
    """Kinds of change by field over many results, in the order of the catalogue; a field's most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    orders = 0
    for differences in all_differences:
        orders += differences.orders
        counts.update({(one.field, one.what) for one in differences.found if one.order < 0})
        counts.update((one.field, one.what) for one in differences.found if one.order >= 0)
    whole = {(field, what) for field, what in counts if field == "outcome"}
    changes = [
        FieldChange(field, what, 0 if (field, what) in whole else count, orders, Difference(field, what, 0).weighs)
        for (field, what), count in counts.items()
    ]
    places = {name: index for index, name in enumerate(catalogue().records["order"].fields)}
    return sorted(
        changes, key=lambda one: (places.get(one.field.partition(".")[0], -1), one.field, -one.count, one.what)
    )


def result_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Differences:
    """Where two results, as `golden_of` gives them, differ."""
    before, after = old.get("orders") or [], new.get("orders") or []
    found: list[Difference] = []
    if old.get("outcome") != new.get("outcome"):
        found.append(Difference("outcome", f"{_plain(old.get('outcome'))} -> {_plain(new.get('outcome'))}", -1))
    for index, one, other in _pairs(before, after):
        if one is None or other is None:
            found.append(Difference("orders", "gone" if other is None else "new", index))
        else:
            kinds = dict.fromkeys(_records(one, other, ""))
            found += [Difference(field, what, index) for field, what in kinds]
    found += _problems(old.get("problems") or (), new.get("problems") or ())
    return Differences(tuple(found), max(len(before), len(after)))


def _pairs(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Each order of one result beside the same order of the other: by position, or by number where counts differ."""
    if len(before) == len(after):
        yield from ((index, *pair) for index, pair in enumerate(zip(before, after, strict=True)))
        return
    others: dict[Any, list[Any]] = {}
    for order in after:
        others.setdefault(_identity(order), []).append(order)
    for index, order in enumerate(before):
        same = others.get(_identity(order))
        yield index, order, same.pop(0) if same else None
    left = [order for orders in others.values() for order in orders]
    yield from ((len(before) + index, None, order) for index, order in enumerate(left))


def _identity(order: Any) -> str:
    return str(order.get("order_number") or order.get("id") or "") if isinstance(order, Mapping) else ""


def _records(old: Any, new: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """(field, kind of change) of two records."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        if old != new:
            yield prefix.rstrip(".") or "orders", CHANGED
        return
    for key in dict.fromkeys([*old, *new]):
        field = f"{prefix}{key}"
        one, other = old.get(key), new.get(key)
        if one == other:
            continue
        rows = [
            value
            for value in (one, other)
            if isinstance(value, list) and any(isinstance(row, Mapping) for row in value)
        ]
        if one is None or other is None:
            yield field, f"{_word(field, one)} -> {_word(field, other)}"
        elif isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _records(one, other, f"{field}.")
        elif rows and isinstance(one, list) and isinstance(other, list):
            yield from _rows(one, other, field)
        else:
            words = _word(field, one), _word(field, other)
            yield field, CHANGED if VALUE in words else " -> ".join(words)


def _rows(old: list[Any], new: list[Any], field: str) -> Iterator[tuple[str, str]]:
    if len(old) != len(new):
        yield field, "more rows" if len(new) > len(old) else "fewer rows"
        return
    for one, other in zip(old, new, strict=True):
        yield from _records(one, other, f"{field}.")


def _word(field: str, value: Any) -> str:
    """A value as it may be told: itself where it is a word of a small vocabulary."""
    if value is None:
        return NOTHING
    if not isinstance(value, str):
        return VALUE
    known = catalogue()
    key = field.rpartition(".")[2]
    if key in ("status", "return_status"):
        return value if any(value in words for words in known.vocabularies.values()) else VALUE
    if key == "carrier":
        return value if value in known.carriers else VALUE
    if key == "currency":
        return value if re.fullmatch("[A-Z]{3}", value) else VALUE
    if field in ("order_type", "region"):
        return value if len(value) <= _LONGEST_WORD and _WORDS.fullmatch(value) else VALUE
    return VALUE


def _plain(outcome: Any) -> str:
    return outcome if outcome in ("found", "none", "withheld", "failed") else "unknown"


def _problems(old: Iterable[Any], new: Iterable[Any]) -> list[Difference]:
    before, after = Counter(_told(old)), Counter(_told(new))
    came = [Difference("problems", f"new: {text}", order) for text, order in (after - before)]
    return came + [Difference("problems", f"gone: {text}", order) for text, order in (before - after)]


def _told(problems: Iterable[Any]) -> Iterator[tuple[str, int]]:
    for problem in problems:
        if isinstance(problem, Mapping):
            order = _ORDER.match(str(problem.get("where", "")))
            yield _INDEX.sub("[]", str(problem.get("text", ""))), int(order.group(1)) if order else -1
