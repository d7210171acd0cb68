"""What is left to do beyond missing fields: pages, guests, contradictions, what a list lacks, the back office."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

pytest.importorskip("pandas", reason="needs the extra notebook")
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
WHO = "a@example.org"


def order(number: str, **more: Any) -> dict[str, Any]:
    """An order as the merchant sends it."""
    return {"n": number, "made": "2026-11-01T10:00:00Z", "state": "shipped", "who": WHO, **more}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A merchant with both searches, still without an answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    made = wb.Workbench("acme", mappings=tmp_path / "mappings")
    made.operation(BY_NUMBER)
    made.call("/orders/{number}", name="detail")
    made.operation(BY_EMAIL)
    made.call("/orders", name="search", query={"email": "{email}"}, pages={"kind": "page", "param": "page"})
    return made


def load(bench: wb.Workbench, *orders: Any) -> None:
    """An answer of the search by e-mail."""
    bench.select(BY_EMAIL)
    bench.load_sample(json.dumps(orders).encode(), operation=BY_EMAIL, email=WHO)


def detail(bench: wb.Workbench, one: dict[str, Any]) -> None:
    """An answer of the search by number."""
    bench.load_sample(json.dumps(one).encode(), operation=BY_NUMBER, number=one["n"])


def mapped(bench: wb.Workbench) -> wb.Workbench:
    """With the required fields, from the search by e-mail."""
    bench.select(BY_EMAIL)
    for field, key in (("order_number", "n"), ("customer_email", "who"), ("created_at", "made"), ("status", "state")):
        bench.assign(field, f"$[*].{key}")
    return bench


def texts(bench: wb.Workbench) -> list[str]:
    """What is left, in words."""
    return [one.text for one in bench.todo()]


def test_second_page_is_missed_until_it_is_seen(bench: wb.Workbench) -> None:
    """A call that has pages wants a sample with two of them, and the letter asks for one."""
    load(bench, order("A-1"))
    mapped(bench)

    assert f"no second page of search seen ({BY_EMAIL})" in texts(bench)
    assert "more than one page?" in bench.questions()


def test_guest_is_missed_until_one_is_seen(bench: wb.Workbench) -> None:
    """An order without an e-mail is another kind of order."""
    load(bench, order("A-1"))
    mapped(bench)
    assert "no sample order with a guest, without an e-mail" in texts(bench)

    load(bench, {**order("A-2"), "who": None})
    assert "no sample order with a guest, without an e-mail" not in texts(bench)


def test_words_without_meaning_are_counted(bench: wb.Workbench) -> None:
    """How many words, and how often; the words themselves stand in the table and the letter."""
    load(bench, order("A-1"), order("A-2", state="zz9"), order("A-3", state="zz9"), order("A-4", state="zq"))
    mapped(bench)

    left = [one for one in bench.todo() if one.code == "words"]
    assert [one.text for one in left] == ["2 words without meaning in status (3 times)"]
    assert left[0].blocks
    assert "zz9, zq" in bench.questions()


def test_words_of_lines_are_counted(bench: wb.Workbench) -> None:
    """The same inside lists."""
    load(bench, order("A-1", l=[{"s": "a", "st": "zz"}, {"s": "b", "st": "yy"}, {"s": "c", "st": "zz"}]))
    mapped(bench)
    bench.assign("lines.sku", "$[*].l[*].s")
    bench.assign("lines.status", "$[*].l[*].st")

    assert "2 words without meaning in lines.status (3 times)" in texts(bench)


def test_list_that_lacks_what_the_detail_has(bench: wb.Workbench) -> None:
    """Presence per operation shows it, and it is said as one line."""
    load(bench, order("A-1"), order("A-2"))
    mapped(bench)
    full = order("A-1", to={"city": "Bonn"}, l=[{"s": "a", "q": 1}])
    detail(bench, full)
    bench.select(BY_NUMBER)
    bench.assign("order_number", "$.n")
    bench.assign("shipping_address.city", "$.to.city")
    bench.assign("lines.sku", "$.l[*].s")
    rows = {row["field"]: row for row in bench.presence()}

    assert rows["order_number"] == {"field": "order_number", BY_EMAIL: "2/2", BY_NUMBER: "1/1"}
    assert rows["shipping_address.city"] == {"field": "shipping_address.city", BY_EMAIL: "0/2", BY_NUMBER: "1/1"}
    assert rows["lines.sku"][BY_EMAIL] == "-"
    assert f"{BY_EMAIL} lacks what {BY_NUMBER} has: shipping_address, lines" in texts(bench)
    assert "Can the search by e-mail tell these as well: shipping_address, lines?" in bench.questions()


def test_what_the_same_order_lacks_counts(bench: wb.Workbench) -> None:
    """A value that another order has is no lack of the list."""
    load(bench, order("A-1"))
    mapped(bench)
    detail(bench, order("A-1"))
    detail(bench, order("A-2", sent="2026-11-02T10:00:00Z"))
    bench.select(BY_NUMBER)
    bench.assign("shipped_at", "$.sent")

    assert not any("lacks" in text for text in texts(bench))


def test_later_sample_that_contradicts_the_first(bench: wb.Workbench) -> None:
    """A node that was a text and is an object now: the field, both kinds and both samples are told."""
    load(bench, order("A-1", region="north"))
    mapped(bench)
    bench.assign("region", "$[*].region")
    assert not any(one.code == "contradicted" for one in bench.todo())

    load(bench, order("A-2", region={"code": "n"}), order("A-3", n2=1))
    assert "region: region is a text in live-1, and an object in live-2" in texts(bench)
    assert "In some answers region is a text, in others an object: when is it which?" in bench.questions()


def test_list_that_becomes_an_object(bench: wb.Workbench) -> None:
    """Also where it stands around what the rule reads."""
    load(bench, order("A-1", l=[{"s": "a"}]))
    mapped(bench)
    bench.assign("lines.sku", "$[*].l[*].s")
    load(bench, order("A-2", l={"s": "b"}))

    assert "lines.sku: l is a list in live-1, and an object in live-2" in texts(bench)


def test_what_contradicts_nothing(bench: wb.Workbench) -> None:
    """Nulls, empty lists and numbers as text are what APIs send."""
    load(bench, order("A-1", l=[{"s": "a"}], region="n"), order("A-2", l={}, region=None))
    mapped(bench)
    bench.assign("lines.sku", "$[*].l[*].s")
    bench.assign("region", "$[*].region")
    load(bench, order("A-3", l=[{"s": 12}], region=""), order("A-4", l=None))

    assert not any(one.code == "contradicted" for one in bench.todo())


def test_expected_value_that_differs_blocks(bench: wb.Workbench) -> None:
    """Until the rule is mended; then the evidence says that it matches."""
    load(bench, order("A-1", total=1990), order("A-2", total=500))
    mapped(bench)
    bench.assign("amount", "$[*].total")
    assert not bench.confirm("A-1", "amount", "19.90")
    assert bench.confirm("A-2", "status")
    left = [one for one in bench.todo() if one.code == "differs"]

    assert [(one.text, one.blocks, one.waivable) for one in left] == [
        ("amount: 1 of 1 values differ from the back office", True, True)
    ]
    bench.transform("amount", decimal={"minor_units": 2})
    assert not any(one.code == "differs" for one in bench.todo())


def test_difference_can_be_waived_and_taken_back(bench: wb.Workbench) -> None:
    """With a reason; or by undoing the comparison."""
    load(bench, order("A-1", total=1990))
    mapped(bench)
    bench.assign("amount", "$[*].total")
    bench.confirm("A-1", "amount", "19.90")
    text = next(one.text for one in bench.todo() if one.code == "differs")
    bench.waive(text, "the back office shows gross")

    assert text not in texts(bench)
    bench.undo()
    assert text in texts(bench)
    bench.undo()
    assert text not in texts(bench)


def test_tick_is_lost_when_a_rule_changes_the_value(bench: wb.Workbench) -> None:
    """What was ticked is the value, not the field."""
    load(bench, order("A-1", total=1990))
    mapped(bench)
    bench.assign("amount", "$[*].total")
    bench.confirm("A-1", "amount")
    bench.transform("amount", decimal={"minor_units": 2})

    assert "amount: 1 of 1 values differ from the back office" in texts(bench)


def test_difference_survives_the_kernel(bench: wb.Workbench, tmp_path: Path) -> None:
    """Another session knows from the draft that something differed; no value is written for that."""
    load(bench, order("A-1", total=1990))
    mapped(bench)
    bench.assign("amount", "$[*].total")
    bench.confirm("A-1", "amount", "19.90")
    again = wb.Workbench("acme", mappings=tmp_path / "mappings")

    assert "amount: 1 of 1 values differ from the back office" in texts(again)
    assert "19.90" not in (bench.folder / "draft.yaml").read_text() + bench.as_code()


def test_confirming_what_is_not_there(bench: wb.Workbench) -> None:
    """An unknown order and an unknown field say so."""
    load(bench, order("A-1"))
    mapped(bench)

    with pytest.raises(wb.UsageError, match="no sample has that order"):
        bench.confirm("A-9", "status")
    with pytest.raises(wb.UsageError, match="no field 'colour'"):
        bench.confirm("A-1", "colour")


def test_the_other_search_gets_its_orders_place(bench: wb.Workbench) -> None:
    """Rules made in one search tell where the orders stand in the other's answers: said, and one step to take."""
    load(bench, order("A-1"))
    mapped(bench)
    bench.load_sample(json.dumps({"found": {"rows": [order("A-2")]}}).encode(), operation=BY_NUMBER, number="A-2")
    left = next(one for one in bench.todo() if one.code == "no_place")

    assert (left.offer, left.blocks) == (("each", BY_NUMBER, "detail", "$.found.rows"), True)
    assert "search by number gives no order yet" in texts(bench)
    bench.each("$.found.rows", "detail", BY_NUMBER)
    assert not {"no_place", "no_order", "untested"} & {one.code for one in bench.todo()}
    assert sorted(bench.preview("orders", reveal=True)["Order Number"]) == ["A-1", "A-2"]
    assert bench.as_code().splitlines()[-1] == f"bench.each('$.found.rows', 'detail', operation='{BY_NUMBER}')"


def test_code_says_which_call_a_click_was_in(bench: wb.Workbench) -> None:
    """The cell that repeats the clicks shows the operation first in which they were made, once and no oftener."""
    load(bench, order("A-1"))
    bench.select(BY_NUMBER)
    mapped(bench)
    bench.note("order_number", "as the customer sees it")

    assert bench.as_code().count("bench.select(") == 1
    assert f"bench.select('{BY_EMAIL}', 'search')\nbench.assign('order_number', " in bench.as_code()


def test_calls_per_order_that_the_other_search_lacks(bench: wb.Workbench) -> None:
    """Rules may read a call that one search makes and the other does not: told, and added by one step."""
    load(bench, order("A-1", id=7))
    mapped(bench)
    bench.call("/orders/{@.id}/parcels", name="parcels", for_each=True)
    bench.assign_text("tracking_numbers", "parcels:$.codes")
    detail(bench, order("A-2", id=8))
    left = next(one for one in bench.todo() if one.code == "lacking")

    assert left.offer == ("copy_call", BY_NUMBER, "parcels")
    assert "unavailable there" in left.text
    bench.copy_call("parcels", BY_NUMBER)
    assert bench.data["operations"][BY_NUMBER]["calls"][1]["for_each"] == "order"
    assert "lacking" not in {one.code for one in bench.todo()}
    with pytest.raises(wb.UsageError, match="has the call 'parcels' already"):
        bench.copy_call("parcels", BY_NUMBER)
    with pytest.raises(wb.UsageError, match="no call 'other' is made for each order"):
        bench.copy_call("other", BY_NUMBER)
    bench.undo()
    bench.operation("find_orders_by_phone", inputs=["phone"])
    assert f"{BY_NUMBER} does not make the call parcels" in " ".join(texts(bench))
