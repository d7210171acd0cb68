"""`wb.draft` and `workbench draft`: what goes in, what comes out, and what nobody can break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.cli import main
from workbench.mapping import dump

SHOP = {
    "orders": [
        {
            "number": "A-1", "created": "2026-05-01T10:00:00Z", "state": "paid", "total": "20.00", "currency": "EUR",
            "buyer": {"name": "Ada Berg", "email": "ada@example.org"},
            "billing": {"street": "Hafen 1", "zip": "20457", "city": "Hamburg", "country": "DE"},
            "delivery": {"street": "Wall 2", "zip": "28195", "city": "Bremen", "country": "DE"},
            "lines": [{"sku": "S-1", "title": "Cup", "qty": 2, "price": "10.00"}],
        }
    ]
}  # fmt: skip


def body(data: Any = None) -> bytes:
    """An answer as bytes."""
    return json.dumps(SHOP if data is None else data).encode()


def test_a_draft_loads_maps_and_gives_its_reasons() -> None:
    """The mapping runs as it is, and every proposal says why, how sure, and what it gives."""
    draft = wb.draft(body())

    order = wb.Mapping.from_text(dump(draft.mapping)).map(body()).orders[0]
    number = draft.candidates("order_number")[0]

    assert (order.order_number, order.customer_name, order.shipping_address.city) == ("A-1", "Ada Berg", "Bremen")
    assert (number.path, number.values) == ("@.number", ("A-1",))
    assert 0.9 < number.score <= 1 and number.reasons
    assert draft.summary.startswith("orders stand at $.orders[*]")


def test_a_draft_is_always_the_same() -> None:
    """Nothing in it depends on chance or on what was drafted before."""
    first = wb.draft(body())
    wb.draft(body([{"other": 1}]))

    assert wb.draft(body()) == first


def test_what_was_asked_for_settles_the_order_number() -> None:
    """Of two numbers the one that was asked for is it, though the other's name is better."""
    data = {"orders": [{**SHOP["orders"][0], "number": "771", "web_code": "W-9"}]}

    plain, asked = wb.draft(body(data)), wb.draft(body(data), asked={"number": "W-9"})

    assert plain.candidates("order_number")[0].path == "@.number"
    assert asked.candidates("order_number")[0].path == "@.web_code"
    assert list(asked.mapping["operations"]) == ["find_order_by_number"]


def test_a_second_sample_refutes() -> None:
    """What looks like a number in one answer, and is the same in all, is none."""
    orders = [{**SHOP["orders"][0], "number": "EU", "ref": f"R-{index}"} for index in range(4)]

    draft = wb.draft([body({"orders": [order]}) for order in orders])

    assert draft.candidates("order_number")[0].path == "@.ref"


def test_confirmed_rules_are_evidence_and_their_places_are_taken() -> None:
    """A confirmed city settles the address; nothing is proposed twice, and no place that is read already."""
    given = {
        "format": 1,
        "merchant": "shop",
        "operations": {"find_orders_by_email": {"orders": {"each": "$.orders"}}},
        "records": {"order": {"order_number": "@.number", "shipping_address": {"city": "@.billing.city"}}},
    }

    draft = wb.draft(body(), given=given)

    assert draft.sure["shipping_address.line1"].path == "@.billing.street"
    assert {"order_number", "shipping_address.city"} & draft.sure.keys() == set()
    assert "@.number" not in {each.path for each in draft.sure.values()}


def test_an_earlier_mapping_is_recognised_and_not_taken(tmp_path: Path) -> None:
    """The share of agreement is told; the draft is the same as without."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "1.0.0.yaml").write_text(dump(wb.draft(body(), merchant="shop").mapping))
    (tmp_path / "broken.yaml").write_text("records: [")

    draft = wb.draft(body(), folders=[tmp_path, tmp_path / "missing"])

    assert [(each.merchant, each.share) for each in draft.known] == [("shop", 1.0)]
    assert draft.mapping == wb.draft(body()).mapping


def test_lines_that_stand_apart_are_joined_by_an_id() -> None:
    """Two lists side by side: the lines that carry an order's id are its lines."""
    data = {
        "orders": [{"id": 17, "number": "A-7", "date": "2026-01-01", "email": "a@example.org", "status": "open"},
                   {"id": 18, "number": "A-8", "date": "2026-01-02", "email": "b@example.org", "status": "open"}],
        "order_items": [{"order_id": 17, "sku": "S-1", "name": "Cup", "qty": 1},
                        {"order_id": 18, "sku": "S-2", "name": "Jug", "qty": 2},
                        {"order_id": 18, "sku": "S-3", "name": "Bowl", "qty": 3}],
    }  # fmt: skip

    result = wb.Mapping.from_text(dump(wb.draft(body(data)).mapping)).map(body(data))

    assert [[line.sku for line in order.lines] for order in result.orders] == [["S-1"], ["S-2", "S-3"]]


ODD_KEYS = [{"": "A-1", "a.b['c']": "x", "where": "y", "\u0000": 1, "order number ' \\": "A-2"}]
MIXED = {"orders": [{"number": ["A-1"], "lines": 5}, {"number": {"x": 1}, "lines": [1, "b"]}]}
ADDRESSES = {f"a{index}": {"city": "X", "zip": "1"} for index in range(50)}

ODD: list[Any] = [None, [], {}, "x", 5, True, [None], [[]], [{"id": None}], {"a": []}]
CIRCLE = {"type": "orders", "id": "1", "attributes": {"number": "A-1", "email": "ada@example.org"}, "relationships": {
    "self": {"data": {"type": "orders", "id": "1"}}, "none": {"data": None}, "odd": 7, "it's": {"data": [{"type": 1}]},
}}  # fmt: skip

HOSTILE = {
    "nothing": b"",
    "no document": b"\x00\xff\xfe",
    "half a document": body()[:40],
    "a number": b"7",
    "null": b"null",
    "an empty list": b"[]",
    "empty objects": b"[{}, {}]",
    "a list of lists": b"[[1], [2]]",
    "odd keys": body(ODD_KEYS),
    "a key that no path can say": body(
        {
            "a\nb": [SHOP["orders"][0]],
            "orders": [{"order\nnumber": "A-1", "x\u0001 order id": "A-2"}, SHOP["orders"][0]],
        }
    ),
    "deep": b"[" * 150 + b"]" * 150,
    "one letter": body([{"a": index, "b": "x"} for index in range(50)]),
    "masked": body({"orders": [{"number": "***", "email": "***", "date": "***", "total": "***"}]}),
    "mixed types": body(MIXED),
    "noise": body([{f"k{index % 97}": "x" * 30, "v": index} for index in range(20_000)]),
    "a list in a list": body([SHOP["orders"]]),
    "returns of every kind": body({"orders": [{**SHOP["orders"][0], "returns": odd} for odd in ODD]}),
    "resources in circles": body({"data": [CIRCLE], "included": [CIRCLE, None, 7, {"type": None, "id": 1}]}),
    "codes of every kind": body({"orders": [{**SHOP["orders"][0], "dates": [{"qualifier": odd} for odd in ODD]}]}),
    "keys like those of joins": body({"orders": [{**SHOP["orders"][0], "\u00a7x": {"city": "B"}, "\u00a7": 1}]}),
    "a refund that is none": body({"refund": True, "tracking": {"tracking_number": [True]}}),
    "three hundred returns beside": body(
        {"order": SHOP["orders"][0], **{f"return{at}": [{"id": at}] for at in range(300)}}
    ),
    "fifty addresses": body({"orders": [{**SHOP["orders"][0], **ADDRESSES}]}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_raises_and_every_draft_loads(name: str) -> None:
    """Whatever comes, a draft that loads comes back, and says when there is no order."""
    draft = wb.draft(HOSTILE[name])

    wb.Mapping.from_text(dump(draft.mapping))
    assert draft.summary
    assert bool(draft.sure) == bool(draft.mapping["records"]["order"])


def test_two_places_that_look_the_same_are_both_told() -> None:
    """One is taken, always the same; the summary says that orders may stand elsewhere as well."""
    draft = wb.draft(body({"open": SHOP, "archive": {"orders": [{**SHOP["orders"][0], "number": "B-1"}]}}))

    assert draft.summary.startswith("orders stand at $.open.orders[*]")
    assert draft.summary.endswith("orders may also stand at $.archive.orders[*]")


def test_orders_in_a_list_of_lists_come_out() -> None:
    """A list for each page, put together in one."""
    pages = body([SHOP["orders"], SHOP["orders"]])

    assert len(wb.Mapping.from_text(dump(wb.draft(pages).mapping)).map(pages).orders) == 2


def test_misused_it_says_how_to_use_it() -> None:
    """An operation that the mapping under way does not have."""
    with pytest.raises(wb.UsageError, match="no operation 'find'"):
        wb.draft(body(), given={"operations": {"other": {}}, "records": {}}, operation="find")


def test_the_command_prints_and_writes_the_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has the proposals; the file maps the response."""
    response, target = tmp_path / "orders.json", tmp_path / "shop.yaml"
    response.write_bytes(body())

    code = main(["draft", str(response), "--asked-email", "ada@example.org", "-o", str(target)])

    printed = capsys.readouterr().out
    assert code == 0
    assert "order_number" in printed and "@.number" in printed
    assert main(["run", str(target), str(response)]) == 0


def test_the_command_says_when_there_is_no_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, a sentence, and no file."""
    response, target = tmp_path / "error.json", tmp_path / "shop.yaml"
    response.write_bytes(b'{"error": "unauthorized"}')

    code = main(["draft", str(response), "-o", str(target)])

    assert code == 1
    assert "no order found" in capsys.readouterr().out
    assert not target.exists()


def test_the_command_gives_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json everything is there for other programs."""
    response = tmp_path / "orders.json"
    response.write_bytes(body())

    assert main(["draft", str(response), "--json"]) == 0

    data = json.loads(capsys.readouterr().out)
    assert data["mapping"]["operations"]["find_orders_by_email"]["orders"] == {"each": "$.orders"}
    assert {"field", "score", "path", "rule", "reasons"} == set(data["sure"][0])


def shipped(number: int, state: str) -> dict[str, Any]:
    """An order that has a tracking number where it was sent."""
    parcel = {"parcel": {"carrier": "DPD", "tracking_number": f"0140560011{number:04}"}} if state == "shipped" else {}
    return {**SHOP["orders"][0], "number": f"A-{number}", "state": state, **parcel}


def test_expectations_come_with_the_draft() -> None:
    """What all orders have is expected, a tracking number of those that were sent; an order that breaks it says so."""
    data = {"orders": [shipped(index, "shipped" if index % 2 else "paid") for index in range(1, 9)]}

    draft = wb.draft(body(data))
    orders = wb.Mapping.from_text(dump(draft.mapping)).map(
        body({"orders": [{**shipped(9, "paid"), "state": "shipped"}]})
    )

    assert draft.mapping["expect"]["lines"] == {"always": True}
    assert draft.mapping["expect"]["tracking_numbers"] == {"when": {"status": ["shipped"]}}
    assert "order_number" not in draft.mapping["expect"]
    assert any("tracking_numbers" in problem.where for problem in orders.orders[0].problems)


def test_few_orders_bear_nothing_out() -> None:
    """With one order, or two, nothing is expected; that all were sent says nothing of those that were not."""
    few = wb.draft(body({"orders": [shipped(1, "shipped"), shipped(3, "shipped")]}))
    sent = wb.draft(body({"orders": [shipped(index, "shipped") for index in range(4)]}))

    assert "expect" not in few.mapping and few.expectations == []
    assert sent.mapping["expect"]["tracking_numbers"] == {"when": {"status": ["shipped"]}}


def test_the_command_drafts_a_tracking_answer_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says that there is no order, writes the mapping of what there is, and that mapping runs."""
    response, target = tmp_path / "tracking.json", tmp_path / "carrier.yaml"
    response.write_bytes(body({"tracking": {"tracking_number": "RM123456785GB", "status": "delivered"}}))

    assert main(["draft", str(response), "-o", str(target)]) == 0
    assert "no order found: a tracking answer stands at $.tracking" in capsys.readouterr().out
    assert main(["run", str(target), str(response), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["orders"][0]["tracking_number"] == "RM123456785GB"
