"""Explaining a field: which step found what, where it stopped, what stands there instead - and never a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.documents import Document
from workbench.errors import UsageError
from workbench.execute import Execution
from workbench.execute.explain import Explanation, explain
from workbench.plan import compile_plan

SECRET = "Zoltán Quillfeather"
MAPPING = {
    "operations": {"find": {"orders": {"each": "$.data"}}},
    "records": {
        "order": {
            "order_number": "@.number",
            "customer_name": "@.who",
            "currency": "@.cur",
            "amount": {"path": "@.total.cents", "decimal": {"minor_units": True}},
            "status": {"path": "@.state", "lookup": {"1": "shipped"}},
            "lines": {"each": "@.items", "fields": {"sku": "@.sku", "name": {"first": ["@.a", "@.title"]}}},
            "shipments": {"each": "@.parcels", "fields": {"tracking_number": "@.code"}},
        }
    },
}
ORDER = {
    "number": 7,
    "who": SECRET,
    "cur": "EUR",
    "totals": {"cents": 5},
    "state": "odd",
    "items": [{"sku": "A", "title": SECRET}, {"skus": "B"}],
    "jane@example.com": 1,
    "parcels": [{"kode": "T1"}],
}


def explained(field: str, root: Any = None) -> list[Explanation]:
    """The explanations of a field on one order."""
    execution = Execution(compile_plan(MAPPING), "find")
    execution.answer("main", [Document({"data": [ORDER]} if root is None else root)])
    return explain(execution, field)


def test_it_names_the_step_that_found_nothing_and_what_stands_there() -> None:
    """A renamed key shows as the step that stopped, with the likely new name first."""
    (told,) = explained("amount")

    assert told.where == "order[0].amount"
    assert told.outcome == "nothing"
    assert told.stopped is not None
    assert told.stopped.did == ".total"
    assert told.stopped.instead[0] == "totals"


def test_it_tells_what_a_transform_had_to_say() -> None:
    """A word that the lookup does not know is told at the lookup."""
    (told,) = explained("status")

    assert told.outcome == "a word that the lookup does not know"
    assert told.steps[-1].did == "lookup"


def test_rows_are_explained_one_by_one() -> None:
    """A field of a list is explained for each row, in the place that the result gives it."""
    told = explained("lines.sku")

    assert [one.where for one in told] == ["order[0].lines[0].sku", "order[0].lines[1].sku"]
    assert [one.outcome for one in told] == ["a value", "nothing"]


def test_a_field_that_an_order_takes_from_its_parts_is_explained_there() -> None:
    """Tracking numbers without a rule are explained where the runtime takes them from."""
    (told,) = explained("tracking_numbers")

    assert told.where == "order[0].shipments[0].tracking_number"
    assert told.stopped is not None and told.stopped.instead == ("kode",)


def test_the_place_of_the_orders_is_explained_when_there_are_none() -> None:
    """Without any order the steps to their place are told."""
    (told,) = explained("status", {"results": []})

    assert told.outcome == "no item is an order"
    assert told.stopped is not None and told.stopped.did == ".data"


@pytest.mark.parametrize("field", ["customer_name", "lines.name", "amount", "status", "lines", "order_number"])
def test_no_value_is_ever_told(field: str) -> None:
    """Paths, counts, types and keys; no value, and no key that is itself data."""
    told = json.dumps([one.to_dict() for one in explained(field)], ensure_ascii=False)

    assert SECRET not in told
    assert "jane@" not in told


def test_an_unknown_field_is_said_with_what_was_meant() -> None:
    """A slip in the field's name is answered with the likely one."""
    with pytest.raises(UsageError, match="did you mean 'status'"):
        explained("statsu")
    with pytest.raises(UsageError, match="no rule for region"):
        explained("region")
