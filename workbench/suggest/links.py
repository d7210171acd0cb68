"""Objects that stand elsewhere in the answer and are named by an id: JSON:API's `included`, lists beside the orders.

They are put where they belong, under keys that no answer has, so that everything else finds them like its own; what is
read from there is written as a join afterwards.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.documents import Document, Element, Elements, Text
from workbench.paths import quote_name, text_of
from workbench.pick.related import Pair, Side, conditions, pairs
from workbench.pick.steps import EACH, Steps, is_below, name_of, place_steps, short, text, without_last_each
from workbench.suggest.columns import nodes_at
from workbench.suggest.joins import MARK
from workbench.suggest.names import read_name
from workbench.suggest.returns import named_back, says_back
from workbench.tree import Tree

_MARKED = re.compile(r"\['" + MARK + r"([^']*)'\](\[\*\])?")
_PATH_KEYS = frozenset(("each", "at", "path", "join", "first", "datetime", "time"))
_RULE_KEYS = frozenset(("path", "first", "join", "cases", "value"))
_TAKEN = frozenset(("main", "rows", "orders"))
_MOST_LISTS = 12
_MOST_MEMBERS = 5000
_ALL = 0.99
_NEAR = 3
_DEEPEST = 5
_OF_PARENT = frozenset(("order", "parent", "document", "header", "ref", "sales"))
_OF_ID = frozenset(("id", "number", "key", "code", "ref", "external", "internal"))
_WORTH_JOINING = frozenset(
    "customer user contact address shipping delivery recipient billing parcel fulfillment tracking carrier return "
    "refund payment".split()
)


@dataclass(frozen=True)
class Link:
    """Related items, and how they are found.

    Attributes:
        name: What rules call them.
        body: Their entry under `with:`.
    """

    name: str
    body: dict[str, Any]


@dataclass
class Links:
    """The links of some answers.

    Attributes:
        documents: The answers, with every linked object where it belongs.
        by_key: Each link by its key, without the mark.
    """

    documents: list[Document]
    by_key: dict[str, Link] = field(default_factory=dict)


# ---------------------------------------------------------------- JSON:API


def of_included(documents: Sequence[Document]) -> Links | None:
    """The links of JSON:API answers: what `relationships` names, from `included`; None where there are none."""
    found = Links([])
    for document in documents:
        root = document.root
        if not _is_json_api(root):
            found.documents.append(document)
            continue
        known = {(text_of(each["type"]), text_of(each["id"])): each for each in root["included"] if _is_resource(each)}
        put = _Included(known, found.by_key)
        data = root["data"]
        whole = [put.whole(each, ()) for each in data] if isinstance(data, list) else put.whole(data, ())
        rest = {key: value for key, value in root.items() if key not in ("data", "included")}
        found.documents.append(replace(document, root={"data": whole, **rest}))
    return found if found.by_key else None


def _is_json_api(root: Any) -> bool:
    if not isinstance(root, dict) or not isinstance(root.get("included"), list):
        return False
    data = root.get("data")
    return any(map(_is_resource, data if isinstance(data, list) else [data]))


def _is_resource(node: Any) -> bool:
    return (
        isinstance(node, dict) and {"type", "id"} <= node.keys() and _is_scalar(node["type"]) and _is_scalar(node["id"])
    )


def _is_scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, (dict, list))


class _Included:
    """Puts included resources where relationships name them, two deep."""

    def __init__(self, known: Mapping[tuple[str, str], Any], links: dict[str, Link]) -> None:
        self.known, self.links = known, links

    def whole(self, node: Any, above: tuple[tuple[str, str], ...]) -> Any:
        if not _is_resource(node) or not isinstance(node.get("relationships"), dict) or len(above) >= 2:
            return node
        own = (text_of(node["type"]), text_of(node["id"]))
        made = dict(node)
        for relation, body in node["relationships"].items():
            named = body.get("data") if isinstance(body, dict) else None
            members: list[Any] = named if isinstance(named, list) else [named]
            wanted = [each for each in members if _is_resource(each)]
            keys = [(text_of(each["type"]), text_of(each["id"])) for each in wanted]
            there = [key for key in keys if key in self.known and key not in above and key != own]
            if not there or "'" in relation or "\\" in relation:
                continue
            linked = [self.whole(self.known[key], (*above, own)) for key in there]
            many = isinstance(named, list)
            made[MARK + relation] = linked if many else linked[0]
            self._learn(relation, sorted({kind for kind, _ in there}), many)
        return made

    def _learn(self, relation: str, kinds: list[str], many: bool) -> None:
        before = self.links.get(relation)
        if before is not None:
            told = before.body["keep"]["@.type"]
            kinds = sorted({*kinds, *(told if isinstance(told, list) else [told])})
            many = many or before.body["keep"]["@.id"].endswith("[*].id")
        ids = f"^.relationships{quote_name(relation)}.data{EACH if many else ''}.id"
        body = {"each": "$.included", "keep": {"@.type": kinds[0] if len(kinds) == 1 else kinds, "@.id": ids}}
        self.links[relation] = Link(_sayable(relation, self.links, relation), body)


# ---------------------------------------------------------------- lists beside the orders


def of_lists(tree: Tree, documents: Sequence[Document], root: Steps, lines: Steps | None) -> Links | None:
    """The links of lists that stand beside the orders and carry their ids, or whose ids they carry.

    Args:
        tree: The merged tree of the answers.
        documents: The answers.
        root: Where one order stands.
        lines: Where its lines stand; they are joined already where they stand apart.
    """
    if not root:
        return None
    links: dict[str, Link] = {}
    put: list[tuple[str, Callable[[Document, Any], Any]]] = []
    samples = [[document] for document in documents[:5]]
    for steps in _lists(tree, root, lines):
        name = name_of(steps)
        if "'" in name or "\\" in name or name in links:
            continue
        pair = _join(tree, root, steps, samples)
        if pair is None and (EACH in root or named_back((read_name(name),)) <= 0):
            continue
        body: dict[str, Any] = {"each": text(short(without_last_each(steps), tree.xml))}
        if pair is not None:
            body["keep"] = conditions(pair, tree.xml)
        links[name] = Link(_sayable(name, links, name), body)
        put.append((MARK + name, _finder(steps, pair)))
    if not links:
        return None
    made = [replace(document, root=_put(document, root, put)) for document in documents]
    return Links(made, links)


def _lists(tree: Tree, root: Steps, lines: Steps | None) -> Iterator[Steps]:
    """The lists of objects, and single objects, beside the orders whose names are worth a join."""
    count = 0
    for node in tree:
        if "object" not in node.types or "map" in node.flags or not 0 < node.depth <= _DEEPEST:
            continue
        if tree.xml and tree.find(node.path + EACH) not in (None, node):
            continue
        steps = place_steps(node.path)
        if is_below(steps, root) or is_below(root, steps) or (lines is not None and is_below(steps, lines)):
            continue
        if not read_name(name_of(steps)).meant & _WORTH_JOINING and not says_back(read_name(name_of(steps))):
            continue
        count += 1
        if count > _MOST_LISTS:
            return
        yield steps


def _join(tree: Tree, root: Steps, steps: Steps, samples: Sequence[Sequence[Document]]) -> Pair | None:
    """The pair of ids that joins a list to the orders; None where none does."""
    own = read_name(name_of(steps)).meant
    orders, others = Side(tree, root, samples), Side(tree, steps, samples)
    for pair in pairs(others, orders) if _named_below(tree, steps, _OF_PARENT) else ():
        if pair.share > _ALL and _meant(pair.ours) & _OF_PARENT:
            return Pair(pair.theirs, pair.ours, pair.share)
    for pair in pairs(orders, others) if _named_below(tree, root, own) else ():
        if pair.share > _ALL and _meant(pair.ours) & own and _meant(pair.theirs) <= _OF_ID | own:
            return pair
    return None


def _named_below(tree: Tree, steps: Steps, wanted: frozenset[str]) -> bool:
    """Whether a value near below a place has a name of some meaning; comparing values takes far longer."""
    place, depth = text(steps), len(steps)
    return any(
        node.path.startswith(place) and node.depth <= depth + _NEAR and node.types & {"text", "number"}
        and read_name(node.name).meant & wanted
        for node in tree
    )  # fmt: skip


def _meant(steps: Steps) -> frozenset[str]:
    return frozenset().union(*(read_name(step.strip(".[]'")).meant for step in steps if step != EACH))


def _finder(steps: Steps, pair: Pair | None) -> Callable[[Document, Any], Any]:
    """What finds an order's related items in its document."""
    known: dict[int, dict[str, list[Any]]] = {}

    def find(document: Document, item: Any) -> list[Any]:
        by_id = known.get(id(document))
        if by_id is None:
            by_id = known[id(document)] = {}
            for member in nodes_at(document.root, steps, _MOST_MEMBERS):
                if isinstance(member, dict):
                    for value in ("",) if pair is None else {text_of(each) for each in _scalars(member, pair.theirs)}:
                        by_id.setdefault(value, []).append(member)
        wanted = [""] if pair is None else dict.fromkeys(text_of(value) for value in _scalars(item, pair.ours))
        return [member for value in wanted for member in by_id.get(value, ())]

    return find


def _scalars(item: Any, steps: Steps) -> list[Any]:
    found = [node.get("#text") if isinstance(node, dict) else node for node in nodes_at(item, steps, 50)]
    return [value for value in found if value is not None]


def _put(document: Document, root: Steps, put: Sequence[tuple[str, Callable[[Document, Any], Any]]]) -> Any:
    """The document's root with the related items inside each order."""

    def change(node: Any, steps: Steps) -> Any:
        if not steps:
            if isinstance(node, Elements):
                return Elements(change(each, ()) for each in node)
            if not isinstance(node, dict):
                return node
            made = Element(node) if isinstance(node, Element) else dict(node)
            for key, find in put:
                if found := find(document, node):
                    made[key] = Elements(found) if isinstance(node, Element) else found
            return made
        step, *rest = steps
        if step == EACH:
            if isinstance(node, list):
                kind = Elements if isinstance(node, Elements) else list
                return kind(change(each, tuple(rest)) for each in node)
            if isinstance(node, (Element, Text)):
                return change(node, tuple(rest))
            if isinstance(node, dict):
                return {key: change(value, tuple(rest)) for key, value in node.items()}
            return node
        if isinstance(node, Elements):
            return Elements(change(each, steps) for each in node)
        if isinstance(node, dict):
            made = Element(node) if isinstance(node, Element) else dict(node)
            for key in node:
                if quote_name(key) == step:
                    made[key] = change(node[key], tuple(rest))
            return made
        return node

    return change(document.root, root)


# ---------------------------------------------------------------- writing


class Written:
    """A draft's rules as a mapping has them, with the related items that they name.

    Args:
        links: The links of the answers.
    """

    def __init__(self, links: Links) -> None:
        self.links = links

    def record(self, record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """A record, and what its orders need under `with:`."""
        needed: dict[str, Any] = {}
        made = {name: self._entry(entry, needed) for name, entry in record.items()}
        return made, needed

    def rule(self, rule: Any) -> tuple[Any, dict[str, Any]]:
        """A rule or a place, and what it needs under the `with:` of the block that it stands in."""
        needed: dict[str, Any] = {}
        return self._entry(copy.deepcopy(rule), needed), needed

    def _entry(self, entry: Any, needed: dict[str, Any]) -> Any:
        if isinstance(entry, dict) and "fields" in entry:
            inner: dict[str, Any] = {}
            fields = {name: self._entry(rule, inner) for name, rule in entry["fields"].items()}
            made = {key: self._entry(value, needed) if key in ("each", "at") else value for key, value in entry.items()}
            if inner:
                made["with"] = {**made.get("with", {}), **inner}
            return {**{key: made[key] for key in made if key != "fields"}, "fields": fields}
        if isinstance(entry, dict):
            is_rule = bool(_RULE_KEYS & entry.keys()) or bool({"each", "at"} & entry.keys())
            return {
                key: self._entry(value, needed) if not is_rule or key in _PATH_KEYS else value
                for key, value in entry.items()
            }  # fmt: skip
        if isinstance(entry, list):
            return [self._entry(each, needed) for each in entry]
        if isinstance(entry, str) and MARK in entry and (found := _MARKED.search(entry)):
            link = self.links.by_key[found[1]]
            needed[link.name] = _seen_from(link.body, entry[1 : found.start()])
            return f"{link.name}:${entry[found.end() :]}"
        return entry


def _seen_from(body: Mapping[str, Any], inside: str) -> dict[str, Any]:
    """An entry under `with:` as it is written for an item that holds the one with the id."""
    made = copy.deepcopy(dict(body))
    if inside and "keep" in made:
        made["keep"] = {
            key: f"^{inside}{value[1:]}" if isinstance(value, str) and value.startswith("^") else value
            for key, value in made["keep"].items()
        }  # fmt: skip
    return made


def _sayable(name: str, links: Mapping[str, Link], key: str) -> str:
    """A name for related items that no other has."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "related"
    plain = plain if plain[0].isalpha() else f"n_{plain}"
    taken = {link.name for other, link in links.items() if other != key} | _TAKEN
    while plain in taken:
        plain += "_"
    return plain
