"""Generated mappings, and documents that their paths often hit: a handful of keys, a handful of words.

Everything is made from a seed: hypothesis chooses the seeds, and a run takes a fraction of the time that drawing each
choice would. A mapping is made from the outside in, so that carets never reach further out than there are items and
names are used only where they are known: what comes out is a valid file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

seeds = st.integers(min_value=0, max_value=2**64 - 1)


def examples(least: int) -> settings:
    """As many examples as the profile says, and not fewer than these."""
    return settings(max_examples=max(least, settings.default.max_examples if settings.default else 0))


KEYS = ("a", "b", "c", "d", "id")
WORDS = (
    "x", "x", "y", "X", "5", "5.0", "paid", "shipped", "2026-01-02", "2026-03-04T05:06:07Z", "12,50", "$1,234.50",
    "UPS", " x ", 0, 1, 5, -3, 20260102, 1767323045, Decimal("5.0"), Decimal("1.50"),
)  # fmt: skip
ODD_WORDS = (
    None, True, False, "", "  ", "0000-00-00", "true", "EUR", "jpy", "a1, a2", '{"a": {"b": "x"}}', "[1, 2]",
    "<a><b>x</b></a>",
)  # fmt: skip

STATUS_WORDS = {
    "order": ("pending", "shipped", "cancelled"),
    "line": ("backordered", "shipped", "allocated"),
    "shipment": ("in_transit", "delivered", "shipped"),
    "return": ("requested", "received", "refunded"),
}
SCALAR_FIELDS = {
    "order": {
        "order_number": "text", "region": "text", "id": "text", "status": "status", "status_raw": "text",
        "customer_email": "text", "customer_name": "text", "created_at": "time", "shipped_at": "time",
        "amount": "decimal", "currency": "currency", "carrier": "carrier", "tracking_numbers": "texts",
        "return_status": "return", "return_tracking_number": "text",
    },
    "line": {
        "id": "text", "sku": "text", "quantity": "decimal", "unit_price": "decimal", "status": "status",
        "tracking_numbers": "texts", "expected_delivery_at": "time",
    },
    "shipment": {
        "id": "text", "carrier": "carrier", "tracking_number": "text", "status": "status", "line_ids": "texts",
    },
    "return": {"id": "text", "created_at": "time", "tracking_number": "text", "status": "status"},
    "address": {"name": "text", "city": "text", "country": "text"},
    "extra": {"one": "text", "two": "text"},
}  # fmt: skip
BLOCKS = {"lines": "line", "shipments": "shipment", "returns": "return"}


@dataclass(frozen=True)
class Sight:
    """What a path may start from: how many carets, which names; which keys the documents have, and below which root."""

    carets: int = 0
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = KEYS
    root: str = ""

    def inside(self, levels: int = 1) -> Sight:
        """What an item found from here sees."""
        return replace(self, carets=self.carets + levels)

    def knowing(self, *names: str) -> Sight:
        """The same with more names."""
        return replace(self, names=tuple(dict.fromkeys((*self.names, *names))))


class Chance:
    """Choices from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, choices: Any) -> Any:
        """One of the choices."""
        return self.random.choice(choices)

    def percent(self, chance: int) -> bool:
        """True so many times in a hundred."""
        return self.random.randrange(100) < chance

    def some(self, choices: Any, least: int, most: int) -> list[Any]:
        """Some of the choices, each once."""
        return self.random.sample(list(choices), min(len(choices), self.random.randint(least, most)))

    def several(self, make: Any, least: int, most: int) -> list[Any]:
        """As many as chance says."""
        return [make() for _ in range(self.random.randint(least, most))]


# ---------------------------------------------------------------- documents


class Documents(Chance):
    """Documents over the keys that generated paths use."""

    def document(self) -> Any:
        """Mostly an object or a list that holds rows."""
        shape = self.random.randrange(10)
        if shape < 5:
            return {key: self.rows() if self.percent(60) else self.tree(2) for key in self.some(KEYS, 2, 5)}
        return self.rows() if shape < 8 else self.tree(3)

    def rows(self) -> list[Any]:
        """A list of objects with much in common."""
        return self.several(lambda: {key: self.tree(2) for key in KEYS if self.percent(75)}, 0, 4)

    def tree(self, depth: int) -> Any:
        """Anything."""
        shape = self.random.randrange(10) if depth else 0
        if shape < 6:
            return self.one(WORDS) if self.percent(80) else self.one(ODD_WORDS)
        if shape < 8:
            return {key: self.tree(depth - 1) for key in self.some(KEYS, 0, 4)}
        return self.several(lambda: self.tree(depth - 1), 0, 3)

    def damaged(self, node: Any) -> Any:
        """A copy in which one node is something else, or gone."""
        if not isinstance(node, (dict, list)) or not node or self.percent(20):
            return self.one([self.tree(3), self.one(WORDS), 1.5, float("nan"), 10**400, "\ud800", [[[]]], {"": {}}])
        if isinstance(node, list):
            at = self.random.randrange(len(node))
            return [*node[:at], *([] if self.percent(20) else [self.damaged(node[at])]), *node[at + 1 :]]
        key = self.one(sorted(node))
        rest = {name: child for name, child in node.items() if name != key}
        return rest if self.percent(20) else {**rest, key: self.damaged(node[key])}


def as_json(tree: Any) -> bytes:
    """JSON text with each decimal's own digits."""
    return _json(tree).encode()


def _json(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_json(child)}" for key, child in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_json, tree)) + "]"
    return format(tree, "f") if isinstance(tree, Decimal) else json.dumps(tree)


def as_xml(tree: Any) -> bytes:
    """A tree as an XML document with the root `r`: lists become elements side by side, `id` an attribute."""
    return (_xml(tree, "r") if isinstance(tree, dict) else f"<r>{_xml(tree, 'a')}</r>").encode()


def _xml(node: Any, name: str) -> str:
    if isinstance(node, list):
        return "".join(_xml(member, name) for member in node)
    if isinstance(node, dict):
        word = node.get("id")
        said = f' id="{_escaped(word)}"' if isinstance(word, (str, int, Decimal)) else ""
        inside = "".join(_xml(child, key) for key, child in node.items() if not (said and key == "id"))
        return f"<{name}{said}>{inside}</{name}>"
    return f"<{name}/>" if node is None else f"<{name}>{_escaped(node)}</{name}>"


def _escaped(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


# ---------------------------------------------------------------- paths and conditions


class Conditions(Chance):
    """Paths, places and conditions that are valid where they stand."""

    def steps(self, sight: Sight, least: int = 0, most: int = 3) -> str:
        """The steps of a path: mostly names."""
        return "".join(self.several(lambda: self.step(sight), least, most))

    def step(self, sight: Sight) -> str:
        """One step."""
        if self.percent(75):
            return f".{self.one(sight.keys)}"
        return str(self.one(["[*]", "[*]", "[*]", "[0]", "[-1]", "[1]", self.filter(sight), self.filter(sight)]))

    def filter(self, sight: Sight) -> str:
        """A filter of one or two tests."""
        left = "@" if self.percent(15) else f"@.{self.one(sight.keys)}"
        test = left if self.percent(20) else f"{left} {self.one(['==', '==', '!=', '<', '>='])} {self.one(LITERALS)}"
        return f"[?{test} && @.{self.one(sight.keys)}]" if self.percent(20) else f"[?{test}]"

    def path(self, sight: Sight, key: bool = True, steps: bool = False) -> str:
        """A path from somewhere in sight; with `steps` at least one name, as the right side of a condition needs it."""
        roots = ["@"] * 8 + ["^" * (number + 1) for number in range(sight.carets)] + ["$"]
        root = str(self.one(roots + [f"{name}:$" for name in sight.names for _ in range(2)]))
        if key and root[0] in "@^" and self.percent(6):
            return f"{root}~"
        start = f".{self.one(sight.keys)}" if steps or self.percent(85) else ""
        if root == "$":
            start = sight.root + start
        return root + start + (self.steps(sight, 0, 2) if self.percent(40) else "")

    def place(self, sight: Sight, start: str = "") -> tuple[Any, int]:
        """(a place, how many items further in it leads)."""
        first = start + self.steps(sight, 0, 1) if start else self.path(sight, key=False)
        if self.percent(20):
            return [first, self.path(sight.inside(), key=False)], 2
        if self.percent(15):
            return {"first": [first, start or self.path(sight, key=False)]}, 1
        return first, 1

    def conditions(self, sight: Sight) -> dict[str, Any]:
        """A table of one or two lines over paths."""
        return {self.path(sight): self.expected(sight) for _ in range(1 + self.percent(20))}

    def expected(self, sight: Sight) -> Any:
        """The right side of a condition."""
        shape = self.random.randrange(10)
        if shape < 2:
            return self.one(EXPECTED)
        if shape < 3:
            return self.some(EXPECTED, 1, 2)
        if shape < 5:
            return self.path(sight, key=False, steps=True)
        if shape < 7:
            return {"is": self.one(["present", "present", "absent", "missing", "null", "empty"])}
        if shape < 8:
            return {"not": self.one(EXPECTED) if self.percent(60) else self.path(sight, key=False, steps=True)}
        limit = self.one([1, 5, "2026-01-02T00:00:00Z", self.path(sight, key=False, steps=True)])
        last = {"older_than": self.one(["1d", "90d"])} if self.percent(30) else {"value": self.one(EXPECTED)}
        return last if self.percent(40) else {self.one(["over", "under", "at_least", "at_most"]): limit}


LITERALS = ("'x'", "'5'", "5", "1", "true", "null")
EXPECTED = ("x", "Y", "paid", "5", 5, True, "2026-01-02")


# ---------------------------------------------------------------- mappings


class Mappings(Conditions):
    """Whole mappings of one or two calls, `main` and `more`."""

    def mapping(self, xml: bool = False) -> dict[str, Any]:
        """A valid mapping file as plain data."""
        calls = ("main", "more") if self.percent(30) else ("main",)
        outer = Sight(0, calls, (*KEYS[:-1], "@id") if xml else KEYS, ".r" if xml else "")
        orders, item = self.orders(outer)
        order = self.fields(item, "order")
        scalar = [name for name in order if name in SCALAR_FIELDS["order"]]
        if self.percent(15):
            orders.setdefault("keep", {})[self.one(scalar)] = self.one(["x", {"is": "present"}, {"not": "x"}])
        mapping: dict[str, Any] = {
            "format": 1,
            "merchant": "demo",
            "operations": {"find": {"calls": [{"name": name} for name in calls], "orders": orders}},
            "records": {"order": order},
        }
        if self.percent(50):
            mapping["timezone"] = "Europe/Berlin"
        if self.percent(25):
            when = {"always": True} if self.percent(50) else {"when": {self.one(scalar): "x"}}
            mapping["expect"] = {self.one(sorted(order)): when}
        return mapping

    def orders(self, outer: Sight) -> tuple[dict[str, Any], Sight]:
        """(the orders' block, what an order sees)."""
        place, levels = self.place(outer, f"${outer.root}" if self.percent(90) else "more:$" * ("more" in outer.names))
        orders: dict[str, Any] = {"each": place}
        item = outer.inside(levels - 1)
        if self.percent(15):
            orders["keep"] = self.conditions(item.inside())
        if self.percent(10):
            orders["keyed"] = True
        if self.percent(15):
            orders["group_by"] = self.path(item)
            item = item.knowing("rows")
        return self.with_related(orders, item)

    def with_related(self, block: dict[str, Any], sight: Sight) -> tuple[dict[str, Any], Sight]:
        """Perhaps related items, the second perhaps found through the first."""
        for name in ("other", "third") if self.percent(30) else ():
            place, levels = self.place(sight)
            body = {"each": place}
            if self.percent(50):
                body["keep"] = self.conditions(sight.inside(levels))
            if self.percent(15):
                body["keyed"] = True
            if self.percent(15):
                body["parse"] = self.one(["json", "xml"])
            block.setdefault("with", {})[name] = body
            sight = sight.knowing(name)
        return block, sight

    def block(self, sight: Sight, record: str, word: str = "each") -> dict[str, Any]:
        """A block with its fields."""
        place, levels = self.place(sight)
        block: dict[str, Any] = {word: place}
        inner = sight.inside(levels)
        if self.percent(20):
            block["keep"] = self.conditions(inner)
        if word == "each" and self.percent(15):
            block["keyed"] = True
        if self.percent(10):
            block["parse"] = self.one(["json", "xml"])
        if word == "each" and self.percent(12):
            block["group_by"] = self.path(inner)
            inner = inner.knowing("rows")
        block, inner = self.with_related(block, inner)
        return {**block, "fields": self.fields(inner, record)}

    def fields(self, sight: Sight, record: str) -> dict[str, Any]:
        """Rules and blocks of a record."""
        known = SCALAR_FIELDS[record]
        made = {name: self.rule(sight, known[name], record) for name in self.some(known, 1, 5)}
        for name in self.some(BLOCKS, 0, 2) if record == "order" else ():
            made[name] = self.block(sight, BLOCKS[name])
        if record == "order" and self.percent(25):
            made["shipping_address"] = (
                self.block(sight, "address", "at") if self.percent(60) else self.fields(sight, "address")
            )
        if record in ("order", "line") and self.percent(20):
            made["extra"] = self.block(sight, "extra", "at") if self.percent(40) else self.fields(sight, "extra")
        return made

    def rule(self, sight: Sight, kind: str, record: str, depth: int = 2) -> Any:
        """A rule for a field of the kind."""
        source = self.one(["path"] * 6 + (["first", "join", "cases", "value"] if depth else []))
        if source == "path" and self.percent(60):
            return self.path(sight)
        rule: dict[str, Any] = {}
        if self.percent(15):
            rule["at"], levels = self.path(sight, key=False), 1
            sight = sight.inside(levels)
        if source == "value":
            return {**rule, "value": self.one(own_words(kind, record))}
        if source == "cases":
            return {**rule, "cases": self.cases(sight, kind, record)}
        if source == "path":
            rule["path"] = self.path(sight)
        elif source == "first":
            rule["first"] = self.several(lambda: self.rule(sight, kind, record, depth - 1), 1, 3)
        else:
            rule["join"] = self.several(lambda: self.rule(sight, "text", record, depth - 1), 1, 3)
            rule |= {"separator": self.one(["", "-"])} if self.percent(50) else {}
        made = self.transforms(sight, kind, record)
        if "'at'" in str(rule.get("first")):  # paths of the outer rule, seen from an option's own place
            made = {key: part for key, part in made.items() if key not in ("decimal", "datetime")}
        return rule | made

    def cases(self, sight: Sight, kind: str, record: str) -> list[dict[str, Any]]:
        """One to three cases, the last perhaps without a condition."""
        words = own_words(kind, record)

        def then() -> Any:
            return self.path(sight, key=False, steps=True) if self.percent(30) else self.one([*words, None])

        made: list[dict[str, Any]] = self.several(lambda: {"when": self.conditions(sight), "then": then()}, 1, 2)
        return [*made, {"then": then()}] if self.percent(60) else made

    def transforms(self, sight: Sight, kind: str, record: str) -> dict[str, Any]:
        """Transforms that make sense for the kind."""
        found: dict[str, Any] = {}
        if self.percent(15):
            found["null_when"] = self.some(EXPECTED, 1, 2)
        if self.percent(10):
            found["regex"] = self.one(["[^,\\s]+", "(\\d+)", "^x$", "\\w"])
        if self.percent(70 if kind in ("status", "return", "carrier") else 15):
            words = own_words(kind, record)
            theirs = self.some(["x", "Y", "5", "paid", "UPS", "true", "1"], 1, 4)
            found["lookup"] = {word: self.one(words) for word in theirs}
            found |= {"otherwise": self.one(words)} if self.percent(25) else {}
        if kind == "decimal" and self.percent(50):
            minor = self.one([True, 0, 2, self.path(sight)])
            found["decimal"] = self.one([{"comma": True}, {"comma": False}, {"minor_units": minor}])
        if kind == "time" and self.percent(50):
            zone = self.one(["Europe/Berlin", "+02:00", self.path(sight)])
            formats = {"format": ["%Y-%m-%d", "%d.%m.%Y"]}
            tables = [formats, {"timezone": zone}, {"epoch": "s"}, {"time": self.path(sight)}]
            found["datetime"] = self.one(["%Y-%m-%d", *tables])
        return found


def own_words(kind: str, record: str) -> tuple[Any, ...]:
    """Words of ours for a field."""
    if kind in ("status", "return"):
        return STATUS_WORDS["return" if kind == "return" else record]
    return {"decimal": (5, "7.50"), "time": ("2026-05-06",), "currency": ("EUR", "JPY")}.get(kind, ("fixed", "other"))
