"""Drafts of lookups that take several calls: each order read together with what the other calls tell of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import Answer, Seen, serving
from workbench.cli import main
from workbench.mapping import dump

WHO = "ada@example.org"


def orders(many: int = 4, **more: Any) -> dict[str, Any]:
    """The answer of a search, without parcels."""
    rows = [
        {
            "number": f"A-{index}", "id": 100 + index, "created": f"2026-05-0{index}T10:00:00Z",
            "state": ["paid", "sent"][index % 2], "total": f"2{index}.00", "currency": "EUR",
            "buyer": {"name": "Ada Berg", "email": WHO}, **more,
        }
        for index in range(1, many + 1)
    ]  # fmt: skip
    return {"data": rows}


def parcel(index: int, **more: Any) -> dict[str, Any]:
    """A parcel of an order."""
    return {"code": f"1Z999AA1012345678{index}", "carrier": "UPS", "sent": f"2026-05-1{index}T12:00:00Z", **more}


def body(data: Any) -> bytes:
    """An answer as bytes."""
    return json.dumps(data).encode()


def told(draft: Any, answers: Any) -> list[dict[str, Any]]:
    """What the draft makes of answers."""
    return [order.to_dict() for order in wb.Mapping.from_text(dump(draft.mapping)).map(answers).orders]


def test_answers_per_order_are_read_with_their_order() -> None:
    """Parcels that were fetched for each order become its shipments, though one order has none."""
    parcels = {str(100 + index): body({"parcels": [parcel(index)]}) for index in range(1, 4)}
    draft = wb.draft({"search": body(orders()), "parcels": wb.PerOrder(parcels)})

    record = draft.mapping["records"]["order"]
    assert record["shipments"]["each"] == "parcels:$.parcels"
    assert record["shipments"]["fields"]["tracking_number"] == "@.code"
    assert draft.mapping["operations"]["find_orders_by_email"]["calls"] == [
        {"name": "search"}, {"name": "parcels", "for_each": "order"},
    ]  # fmt: skip
    assert draft.candidates("shipments.tracking_number")[0].place == {"each": "parcels:$.parcels"}
    got = told(draft, {"search": body(orders()), "parcels": wb.PerOrder(parcels)})
    assert [order.get("tracking_numbers") for order in got] == [*[[parcel(i)["code"]] for i in (1, 2, 3)], None]


def test_rows_of_another_call_are_joined_by_an_id() -> None:
    """One list of all parcels: each order gets those that name it, and the draft says by which id."""
    rows = {"shipments": [parcel(index, orderId=100 + index) for index in (1, 2, 4)]}
    draft = wb.draft({"search": body(orders()), "ships": body(rows)})

    block = draft.mapping["records"]["order"]["shipments"]
    assert (block["each"], block["keep"]) == ("ships:$.shipments", {"@.orderId": "^.id"})
    got = told(draft, {"search": body(orders()), "ships": body(rows)})
    assert [len(order.get("shipments", ())) for order in got] == [1, 1, 0, 1]
    assert "ships:" not in "".join(one.path for one in draft.candidates("tracking_numbers"))


@pytest.mark.parametrize("wrap", [lambda one: {"customer": one}, lambda one: [one], lambda one: {"hits": [one]}])
def test_orders_of_a_later_call(wrap: Callable[[Any], Any]) -> None:
    """The customer comes first, her orders after: the orders' place names its call, the e-mail is the customer's."""
    found = orders()
    for row in found["data"]:
        del row["buyer"]
    person = {"id": 9, "email": WHO, "first_name": "Ada", "last_name": "Berg"}
    answers = {"customer": body(wrap(person)), "search": body(found)}
    draft = wb.draft(answers, asked={"email": WHO})

    assert draft.mapping["operations"]["find_orders_by_email"]["orders"] == {"each": "search:$.data"}
    assert {(order["customer_email"], order["customer_name"]) for order in told(draft, answers)} == {(WHO, "Ada Berg")}


def test_one_of_many_customers_is_nobodys() -> None:
    """Where the other answer lists several people, none of them is taken for the customer of every order."""
    found = orders()
    for row in found["data"]:
        del row["buyer"]
    people = [{"id": index, "email": f"p{index}@example.org", "name": "Ada Berg"} for index in (1, 2)]
    draft = wb.draft({"customer": body({"found": people}), "search": body(found)})

    assert not [one for one in draft.sure.values() if "customer:" in one.path]


def test_one_order_and_its_lines_in_xml() -> None:
    """Where one order was asked for, whatever else came belongs to it."""
    order = f"<Order><No>A-7</No><Date>2026-05-07T10:00:00Z</Date><Status>sent</Status><Mail>{WHO}</Mail></Order>"
    lines = "".join(f"<Line><Sku>S-{i}</Sku><Title>Cup {i}</Title><Qty>{i}</Qty></Line>" for i in (1, 2))
    answers = {"order": order.encode(), "lines": f"<Lines>{lines}</Lines>".encode()}
    draft = wb.draft(answers, asked={"number": "A-7"})

    (got,) = told(draft, answers)
    assert [(line["sku"], line["quantity"]) for line in got["lines"]] == [("S-1", "1"), ("S-2", "2")]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (b"<Parcels><Parcel><Code>1Z999AA10123456781</Code></Parcel></Parcels>", "its answers are of another format"),
        (body([{"weight": 1}, {"weight": 2}]), "no id joins its answers to the orders"),
        (b"7", ""), (b"", ""), (body({"parcels": []}), ""),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_left_out(other: bytes, why: str) -> None:
    """The orders are drafted all the same, no row is given to an order by guess, and the reason is told."""
    draft = wb.draft({"search": body(orders()), "parcels": other})

    assert draft.mapping["records"]["order"]["order_number"] == "@.number"
    assert "shipments" not in draft.mapping["records"]["order"]
    assert why in draft.summary
    assert not [one for one in draft.sure.values() if "parcels:" in one.path]


def test_a_row_that_two_orders_share_is_nobodys() -> None:
    """An id that several orders have joins nothing."""
    rows = {"shipments": [parcel(index, customer="C-1") for index in (1, 2)]}
    draft = wb.draft({"search": body(orders(customer="C-1")), "ships": body(rows)})

    assert "shipments" not in draft.mapping["records"]["order"]


def test_command_line_names_the_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `draft` writes of named answers, `run` reads with the same words."""
    (tmp_path / "search.json").write_bytes(body(orders(2)))
    words = [f"search={tmp_path / 'search.json'}"]
    for index in (1, 2):
        (tmp_path / f"{index}.json").write_bytes(body({"parcels": [parcel(index)]}))
        words.append(f"parcels[A-{index}]={tmp_path / f'{index}.json'}")

    assert main(["draft", *words, "-o", str(tmp_path / "draft.yaml")]) == 0
    capsys.readouterr()
    assert main(["run", str(tmp_path / "draft.yaml"), *words, "--json"]) == 0
    assert [order["tracking_numbers"] for order in json.loads(capsys.readouterr().out)["orders"]] == [
        [parcel(1)["code"]], [parcel(2)["code"]],
    ]  # fmt: skip
    assert main(["draft", "parcels=nowhere.json"]) == 2


def test_the_notebook_suggests_from_all_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a call for each order was added, another press proposes what it tells; what is mapped stays."""

    def answer(seen: Seen) -> Answer:
        path = seen.target.partition("?")[0]
        return Answer(orders() if path == "/orders" else {"parcels": [parcel(int(path.split("/")[2]) - 100)]})

    with serving(answer) as server:
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", server.url.removeprefix("http://"))
        bench = wb.Workbench("acme", mappings=tmp_path / "mappings")
        bench.connect(server.url, {"kind": "none"})
        bench.operation("find_orders_by_email")
        bench.call("/orders", name="search", query={"email": "{email}"})
        bench.fetch(email=WHO)
        bench.suggest()
        bench.use_sure()
        before = bench.rule("order_number")
        bench.use_in_call("search", "$.data[*].id", "/orders/{}/parcels", "parcels")
        fields = {one.field: one for one in bench.suggest()}

    assert fields["id"].reasons == ("parcels is asked for with it",)
    assert fields["shipments.tracking_number"].place == {"each": "parcels:$.parcels"}
    bench.use_suggestion("shipments.tracking_number")
    assert (before, bench.rule("order_number")) == ("@.number", "@.number")
    assert bench.data["records"]["order"]["shipments"] == {
        "each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"},
    }  # fmt: skip
    assert len(bench.preview("shipments", reveal=True)) == 4


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ({"my-call": b"{}"}, "'my-call' cannot be a call's name - use letters"),
        ({"rows": b"{}"}, "'rows' cannot be a call's name"),
        ({"search": 5}, "int is no answer - give bytes"),
        ({"search": None}, "NoneType is no answer"),
        ([{"search": [{"data": []}]}], "dict is no answer"),
    ],
)
def test_what_is_no_table_of_answers(samples: Any, told: str) -> None:
    """A mistake in what is handed over is told at once."""
    with pytest.raises(wb.UsageError, match=told):
        wb.draft(samples)


def test_lookups_that_began_with_nothing(tmp_path: Path) -> None:
    """A lookup whose first call gave nothing is passed over; the others are drafted, whichever comes first."""
    parcels = {"101": body({"parcels": [parcel(1)]})}
    whole = {"search": body(orders()), "parcels": wb.PerOrder(parcels)}
    for samples in ([{"search": [], "parcels": wb.PerOrder(parcels)}, whole], [whole, {"parcels": wb.PerOrder({})}]):
        draft = wb.draft(samples)
        assert draft.mapping["operations"]["find_orders_by_email"]["orders"] == {"each": "$.data"}
        assert draft.mapping["records"]["order"]["shipments"]["each"] == "parcels:$.parcels"
    assert wb.draft({}).sure == {}
    assert wb.draft([{}]).sure == {}


def test_the_answers_are_of_the_first_call_unless_said() -> None:
    """What a mapping under way calls its first call needs no saying: its place and rules count."""
    given = {
        "format": 1, "merchant": "shop", "records": {"order": {"order_number": "@.number"}},
        "operations": {"find": {"calls": [{"name": "search"}], "orders": {"each": "$.data"}}},
    }  # fmt: skip
    draft = wb.draft(body(orders()), given=given)

    assert "order_number" not in draft.sure
    assert next(iter(draft.mapping["operations"].values()))["orders"] == {"each": "$.data"}
    assert wb.draft([{"main": body(orders())}, {}]).sure.keys() >= {"order_number", "customer_email"}


def test_joins_of_a_later_call_name_it() -> None:
    """What stands in `included` of the second call's answer is sought there, not in the first one's."""
    row = {
        "type": "orders", "id": "7",
        "attributes": {"number": "A-7", "created": "2026-05-07T10:00:00Z", "state": "paid"},
        "relationships": {"items": {"data": [{"type": "items", "id": "1"}, {"type": "items", "id": "2"}]}},
    }  # fmt: skip
    items = [{"type": "items", "id": str(i), "attributes": {"sku": f"S-{i}", "name": "Cup", "qty": i}} for i in (1, 2)]
    answers = {
        "customer": body({"customer": {"id": 9, "email": WHO}}), "search": body({"data": [row], "included": items}),
    }  # fmt: skip
    draft = wb.draft(answers, asked={"email": WHO})
    needed = [each["each"] for one in draft.sure.values() for block in one.related.values() for each in block.values()]

    assert needed
    assert all(each.startswith("search:$") for each in needed)
    assert [line["sku"] for line in told(draft, answers)[0]["lines"]] == ["S-1", "S-2"]
