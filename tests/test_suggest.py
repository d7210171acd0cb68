"""Drafts of mappings from invented answers: what a careful reader finds, found; what nobody can know, left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from workbench.mapping import dump
from workbench.runtime import Mapping
from workbench.suggest import draft

HERE = Path(__file__).parent / "suggest"
RESPONSES = {
    row["name"]: row for file in sorted(HERE.glob("*.yaml")) for row in YAML(typ="safe").load(file.read_text("utf-8"))
}
WITH_ORDERS = [name for name, row in RESPONSES.items() if row["orders"]]
WITHOUT = [name for name, row in RESPONSES.items() if not row["orders"]]
KNOWN_WRONG = {"single-object-lines-json": {"amount", "order_number"}}
RECALL = 0.95


def flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each labelled value with its dotted path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from flat(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        for index, value in enumerate(node):
            yield from flat(value, f"{path}.{index}")
    else:
        yield path, node


def found(order: dict[str, Any], path: str) -> Any:
    """What an order has at a dotted path; what may stand on shipments is sought there as well."""
    node: Any = order
    for part in path.split("."):
        if isinstance(node, list):
            node = node[int(part)] if int(part) < len(node) else None
        else:
            node = (node or {}).get(part)
    if node is None and path in ("carrier_raw", "shipped_at", "expected_delivery_at"):
        node = next((parcel[path] for parcel in order.get("shipments", ()) if path in parcel), None)
    return node


def same(got: Any, want: Any) -> bool:
    """Equal as lists of texts; numbers as numbers, blanks without regard to how many."""
    if isinstance(want, list) or isinstance(got, list):
        return got == want
    number = re.compile(r"-?\d+(\.\d+)?")
    if number.fullmatch(got) and number.fullmatch(want) and not want.startswith("0"):
        return float(got) == float(want)
    return " ".join(got.split()) == " ".join(want.split())


def orders_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What the draft of a response gives on that response."""
    mapping = Mapping.from_text(dump(draft(row["body"]).mapping))
    orders: list[dict[str, Any]] = mapping.map(row["body"].encode()).to_dict()["orders"]
    return orders


@pytest.mark.parametrize("name", WITH_ORDERS)
def test_a_draft_says_nothing_wrong(name: str) -> None:
    """Every value that a reader labelled is right, or left out."""
    row = RESPONSES[name]
    orders = orders_of(row)
    wrong = {
        path
        for order, want in zip(orders, row["orders"], strict=False)
        for path, value in flat(want)
        if (got := found(order, path)) is not None and not same(got, value)
    }

    unwanted = {key for order in orders for key in row.get("without", ()) if key in order}
    assert len(orders) >= len(row["orders"])
    assert wrong <= KNOWN_WRONG.get(name, set())
    assert not unwanted


def test_drafts_find_nearly_everything() -> None:
    """Over all responses, few labelled values are left out."""
    labelled = got = 0
    for name in WITH_ORDERS:
        for order, want in zip(orders_of(RESPONSES[name]), RESPONSES[name]["orders"], strict=False):
            for path, _ in flat(want):
                labelled += 1
                got += found(order, path) is not None

    assert labelled >= 400
    assert got / labelled >= RECALL


@pytest.mark.parametrize("name", [name for name, row in RESPONSES.items() if "absent" in row])
def test_what_belongs_to_somebody_else_is_not_taken(name: str) -> None:
    """Values that only look like the field's own stand in no order."""
    row = RESPONSES[name]

    for order in orders_of(row):
        for path, values in row["absent"].items():
            assert found(order, path) not in values


@pytest.mark.parametrize("name", [name for name, row in RESPONSES.items() if "unsure" in row])
def test_what_nobody_can_know_is_said(name: str) -> None:
    """A field whose values may be read in two ways is left out, with why."""
    proposed = draft(RESPONSES[name]["body"])

    assert set(RESPONSES[name]["unsure"]) <= set(proposed.unsure)


@pytest.mark.parametrize("name", [name for name in WITH_ORDERS if RESPONSES[name].get("record", "order") != "order"])
def test_what_is_no_order_is_drafted_as_what_it_is(name: str) -> None:
    """A carrier's answer and a refund get the record that is theirs, and the summary says that there is no order."""
    row = RESPONSES[name]
    proposed = draft(row["body"])
    orders = next(iter(proposed.mapping["operations"].values()))["orders"]

    assert proposed.record == row["record"] == orders["use"]
    assert list(proposed.mapping["records"]) == [row["record"]]
    assert proposed.summary.startswith("no order found: ")


@pytest.mark.parametrize("name", WITHOUT)
def test_what_is_no_order_gives_none(name: str) -> None:
    """Errors, empty results and other things give an empty draft that says so."""
    proposed = draft(RESPONSES[name]["body"])

    assert proposed.mapping["records"] == {"order": {}}
    assert proposed.summary.startswith("no order found: ")
