"""Small tables in the session: cases from quantities and dates, and which rows are kept; without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.mapping import load_text

pytest.importorskip("pandas", reason="needs the extra notebook")
BY_EMAIL = "find_orders_by_email"
ORDERS = [
    {"n": "A-1", "made": "2026-11-01", "ordered": 2, "sent": 2, "who": "a@example.org",
     "lines": [{"sku": "box", "kind": "bundle", "q": 1}, {"sku": "x", "kind": "product", "parent": "box", "q": 2},
               {"sku": "y", "kind": "product", "parent": "box", "q": 1}]},
    {"n": "A-2", "made": "2026-11-02", "ordered": 3, "sent": 1, "who": "a@example.org",
     "lines": [{"sku": "z", "kind": "product", "q": 3}, {"sku": "off", "kind": "discount", "q": 1, "gift": True}]},
    {"n": "A-3", "made": "2026-11-03", "ordered": 1, "sent": 0, "gone": "2026-11-04", "who": "a@example.org",
     "lines": [{"sku": "w", "kind": "product", "q": 1, "gift": False}]},
]  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A merchant whose orders were sent as a file, with an order number, an e-mail and lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    made = wb.Workbench("acme", mappings=tmp_path / "mappings")
    made.operation(BY_EMAIL)
    made.load_sample(json.dumps(ORDERS).encode(), email="a@example.org")
    made.assign("order_number", "$[*].n")
    made.assign("customer_email", "$[*].who")
    made.assign("lines.sku", "$[*].lines[*].sku")
    return made


TABLE = [
    ("$[*].gone", "present", "", "cancelled"),
    ("$[*].sent", ">=", "$[*].ordered", "shipped"),
    ("$[*].sent", "over", 0, "partially_shipped"),
    ("processing",),
]


def test_status_from_quantities(bench: wb.Workbench) -> None:
    """Field, comparison, value, result; the nodes become paths, and what comes out is told for each sample."""
    came = bench.cases("status", TABLE)

    assert came == [{"sample": "live-1", "values": ["shipped", "partially_shipped", "cancelled"]}]
    assert bench.rule("status") == {
        "cases": [
            {"when": {"@.gone": {"is": "present"}}, "then": "cancelled"},
            {"when": {"@.sent": {"at_least": "@.ordered"}}, "then": "shipped"},
            {"when": {"@.sent": {"over": 0}}, "then": "partially_shipped"},
            {"then": "processing"},
        ]
    }
    assert [row["status"] for row in bench._rows()[1]] == ["shipped", "partially_shipped", "cancelled"]
    assert "bench.cases('status', [" in bench.as_code()
    load_text((bench.folder / "draft.yaml").read_text())


def test_table_can_be_tried_first(bench: wb.Workbench) -> None:
    """What comes out is seen before anything is written."""
    before = bench.data
    came = bench.cases("status", [{"field": "@.sent", "comparison": "=", "value": 0, "result": "pending"}], write=False)

    assert came[0]["values"] == ["pending"]
    assert bench.data == before
    assert "cases" not in bench.as_code()


def test_cases_of_a_line(bench: wb.Workbench) -> None:
    """Values of the line and of its order, in the line's own rule."""
    bench.cases("lines.status", [("$[*].lines[*].kind", "is", ["bundle", "discount"], "completed"),
                                 ("$[*].gone", "present", "", "cancelled"), ("confirmed",)])  # fmt: skip

    assert list(bench.rule("lines.status")["cases"][1]["when"]) == ["^.gone"]
    assert [row["status"] for row in bench._rows("lines")[1]] == [
        "completed", "confirmed", "confirmed", "confirmed", "completed", "cancelled",
    ]  # fmt: skip


def test_several_conditions_in_a_row(bench: wb.Workbench) -> None:
    """All of a row's conditions must hold."""
    came = bench.cases("status", [{"when": {"$[*].sent": {"over": 0}, "@.ordered": 3}, "then": "shipped"}])

    assert came[0]["values"] == ["shipped"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no rows"),
        ("x", "no rows"),
        ([("@.sent", "over", 1)], "row 1: a row has field"),
        ([("@.sent", "bigger", 1, "shipped")], "row 1: no comparison 'bigger'"),
        ([("@.sent", "over", "", "shipped")], "row 1: over needs a value"),
        ([("shipped",), ("@.sent", "over", 1, "shipped")], "row 1 has no field"),
        ([("@.sent", "over", 1, "dispatched")], "no status of ours"),
        ([("@.se..nt", "over", 1, "shipped")], "more than names"),
        ([("@.sent", "older_than", "soon", "shipped")], "records.order.status"),
        ([{"when": {"@.sent": 1}}], "row 1: write"),
        ([{"field": "@.sent", "is": 1, "result": "shipped"}], "row 1: a row has"),
        ([5], "row 1"),
        ([(5, "over", 1, "shipped")], "are texts"),
    ],
)
def test_wrong_tables_change_nothing(bench: wb.Workbench, rows: Any, told: str) -> None:
    """Each mistake is said with its row, and the draft stays."""
    before = (bench.folder / "draft.yaml").read_bytes()

    with pytest.raises(wb.UsageError, match=told.replace("(", r"\(")):
        bench.cases("status", rows)
    assert (bench.folder / "draft.yaml").read_bytes() == before


def test_cases_need_their_list(bench: wb.Workbench) -> None:
    """A node for a list that is not there yet is refused with what to do first."""
    with pytest.raises(wb.UsageError, match="shipments is no list yet"):
        bench.cases("shipments.status", [("$[*].sent", "over", 0, "shipped")])


def test_rows_that_may_be_kept(bench: wb.Workbench) -> None:
    """Bundles, their children, discounts: each can be left out by what tells it apart, with the rows that stay."""
    found = bench.keep_choices("lines")
    by_words = {each.words: each for each in found}

    assert by_words['keep rows whose kind is "product"'][1:] == ({"@.kind": "product"}, 4, 6)
    assert by_words['keep rows whose kind is not "discount"'][1:] == ({"@.kind": {"not": "discount"}}, 5, 6)
    assert by_words["keep rows without parent"][1:] == ({"@.parent": {"is": "absent"}}, 4, 6)
    assert not any("sku" in words for words in by_words)


def test_choice_is_kept(bench: wb.Workbench) -> None:
    """Every choice loads, and keeps as many rows as it says."""
    for choice in bench.keep_choices("lines"):
        bench.keep(choice.conditions, "lines")
        assert len(bench._rows("lines")[1]) == choice.kept, choice
    bench.keep(None, "lines")
    assert len(bench._rows("lines")[1]) == 6


def test_orders_may_be_kept(bench: wb.Workbench) -> None:
    """The same for the orders themselves."""
    found = bench.keep_choices()

    assert "keep rows without gone" in [each.words for each in found]


def test_no_rows_no_choices(bench: wb.Workbench) -> None:
    """A list without a rule, and what is no list."""
    with pytest.raises(wb.UsageError, match="no place yet"):
        bench.keep_choices("returns")
    with pytest.raises(wb.UsageError, match="is no list"):
        bench.keep_choices("order_number")
