"""From a click to a rule: what is proposed, what it gives on every sample, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.picking import BY_EMAIL, Calls, PerKey, accept, draft, picker
from workbench.errors import UsageError
from workbench.pick import suggest_word

PAGE = {
    "data": [
        {"number": "A-1", "state": "shipped", "made": "2026-11-01T10:00:00Z", "total": 1990,
         "who": {"mail": "a@example.org"},
         "lines": [{"sku": "S1", "qty": 1}, {"sku": "S2", "qty": 2}],
         "addresses": [{"type": "billing", "city": "Berlin"}, {"type": "shipping", "city": "Bonn"}]},
        {"number": "A-2", "state": "open", "made": "2026-11-02T10:00:00Z", "total": 500,
         "who": {"mail": "a@example.org"}, "lines": [{"sku": "S3", "qty": 1}],
         "addresses": [{"type": "shipping", "city": "Köln"}, {"type": "billing", "city": "Ulm"}]},
    ]
}  # fmt: skip
READY = {"each": "$.data"}


def test_first_click_finds_where_orders_stand() -> None:
    """A click on an order number proposes the list that repeats, with every order's number."""
    found = picker(draft(), PAGE).propose("order_number", "search", "$.data[1].number")

    assert found[0].data["operations"][BY_EMAIL]["orders"] == {"each": "$.data"}
    assert found[0].rule == "@.number"
    assert found[0].values == (("A-1", "A-2"),)
    assert (found[0].filled, found[0].total) == (2, 2)
    assert not found[0].warnings
    assert "one order for each of data" in found[0].words


def test_single_order_needs_no_list() -> None:
    """An answer that is one order, bare or in a wrapper."""
    bare = picker(draft(), {"number": "A-1", "lines": [{"sku": "S"}]}).propose("order_number", "search", "$.number")
    wrapped = picker(draft(), {"order": {"number": "A-1", "by": {"mail": "x"}}}).propose(
        "order_number", "search", "$.order.number"
    )

    assert bare[0].data["operations"][BY_EMAIL]["orders"] == {"each": "$"}
    assert wrapped[0].data["operations"][BY_EMAIL]["orders"] == {"each": "$.order"}
    assert wrapped[0].values == (("A-1",),)


def test_value_below_the_order_is_relative() -> None:
    """A nested value of the order."""
    found = picker(draft(READY), PAGE).propose("customer_email", "search", "$.data[*].who.mail")

    assert [each.rule for each in found] == ["@.who.mail"]
    assert found[0].where == "records.order.customer_email"


def test_line_field_makes_the_block() -> None:
    """The first click for a line makes the block; the next one goes into it."""
    data = accept(picker(draft(READY), PAGE).propose("lines.sku", "search", "$.data[*].lines[*].sku"))
    data = accept(picker(data, PAGE).propose("lines.quantity", "search", "$.data[0].lines[1].qty"))

    assert data["records"]["order"]["lines"] == {
        "each": "@.lines", "fields": {"sku": "@.sku", "quantity": "@.qty"},
    }  # fmt: skip


def test_value_of_the_order_in_a_line_goes_up() -> None:
    """A value of the order, for a field of its lines."""
    rules = {"lines": {"each": "@.lines", "fields": {"sku": "@.sku"}}}
    found = picker(draft(READY, rules), PAGE).propose("lines.status", "search", "$.data[*].state")

    assert found[0].rule["path"] == "^.state"
    assert found[0].values == (("shipped", "pending"),)


def test_list_in_a_list_is_two_levels() -> None:
    """Parcels inside deliveries: each parcel is a row, and the outer levels stay reachable."""
    page = {"orders": [{"n": "1", "out": [{"by": "DHL", "parcels": [{"code": "c1"}, {"code": "c2"}]}]}]}
    data = accept(
        picker(draft({"each": "$.orders"}), page).propose(
            "shipments.tracking_number", "search", "$.orders[*].out[*].parcels[*].code"
        )
    )
    found = picker(data, page).propose("shipments.carrier", "search", "$.orders[*].out[*].by")

    assert data["records"]["order"]["shipments"]["each"] == ["@.out", "@.parcels"]
    assert found[0].rule == "^.by"
    assert (found[0].values, found[0].filled) == ((("dhl",),), 2)


def test_one_of_several_is_told_by_its_type() -> None:
    """Of two addresses the one whose type is shipping; a position comes last and is fragile."""
    found = picker(draft(READY), PAGE).propose("shipping_address.city", "search", "$.data[*].addresses[*].city")
    by_words = {each.words: each for each in found}

    shipping = by_words['the one whose type is "shipping"']
    assert shipping.data["records"]["order"]["shipping_address"] == {
        "at": "@.addresses[?@.type == 'shipping']", "fields": {"city": "@.city"},
    }  # fmt: skip
    assert shipping.values == (("Bonn", "Köln"),)
    assert not shipping.fragile
    assert by_words["the first"].fragile
    assert [each.fragile for each in found] == sorted(each.fragile for each in found)


def test_clicked_member_says_which_type_is_meant() -> None:
    """A click on the shipping address of one record proposes that type first."""
    found = picker(draft(READY), PAGE).propose("shipping_address.city", "search", "$.data[0].addresses[1].city")

    assert found[0].words == 'the one whose type is "shipping"'


def test_second_field_of_an_address_goes_into_its_block() -> None:
    """Once the address block stands, its other fields are plain."""
    first = picker(draft(READY), PAGE).propose("shipping_address.city", "search", "$.data[0].addresses[1].city")
    found = picker(accept(first), PAGE).propose("shipping_address.name", "search", "$.data[0].addresses[1].type")

    assert found[0].rule == "@.type"
    assert found[0].where.endswith("shipping_address.name")


def test_key_value_pairs_are_reachable() -> None:
    """A value of the pair whose name is known."""
    page = [
        {"n": str(n), "attrs": [{"name": "depot", "value": f"D{n}"}, {"name": "gift", "value": "no"}]} for n in (1, 2)
    ]
    found = picker(draft({"each": "$"}), page).propose("region", "search", "$[*].attrs[*].value")

    chosen = next(each for each in found if '"depot"' in each.words)
    assert chosen.rule == "@.attrs[?@.name == 'depot'].value"
    assert chosen.values == (("D1", "D2"),)


def test_texts_take_each_of_a_list() -> None:
    """A field of several values takes all members."""
    page = [{"n": "1", "codes": ["c1", "c2"]}]
    found = picker(draft({"each": "$"}), page).propose("tracking_numbers", "search", "$[0].codes")

    assert found[0].rule == "@.codes[*]"
    assert found[0].values == (("c1", "c2"),)


def test_map_of_ids_is_keyed() -> None:
    """Lines under their ids are items whose key is the id."""
    page = [{"n": "1", "items": {"17": {"sku": "a"}, "21": {"sku": "b"}}}]
    found = picker(draft({"each": "$"}), page).propose("lines.sku", "search", "$[*].items[*].sku")

    assert found[0].data["records"]["order"]["lines"] == {
        "each": "@.items", "keyed": True, "fields": {"sku": "@.sku"},
    }  # fmt: skip
    assert found[0].values == (("a", "b"),)


def test_rows_with_the_same_number_are_one_order() -> None:
    """Flat rows are grouped, and each row is a line."""
    rows = [{"order": "1", "sku": "a"}, {"order": "1", "sku": "b"}, {"order": "2", "sku": "c"}]
    data = accept(picker(draft(), rows).propose("order_number", "search", "$[*].order"), "same order")
    found = picker(data, rows).propose("lines.sku", "search", "$[*].sku")

    assert data["operations"][BY_EMAIL]["orders"] == {"each": "$", "group_by": "@.order"}
    assert found[0].data["records"]["order"]["lines"]["each"] == "rows:$"
    assert found[0].values == (("a", "b", "c"),)


def test_second_place_goes_first_or_together() -> None:
    """First and last name together; one number if the other is missing."""
    page = [{"n": "1", "a": "Ada", "b": "Byron"}]
    data = draft({"each": "$"}, {"customer_name": "@.a"})
    together = picker(data, page).propose("customer_name", "search", "$[0].b", second="join")
    instead = picker(data, page).propose("customer_name", "search", "$[0].b", second="first")

    assert together[0].rule == {"join": ["@.a", "@.b"]}
    assert together[0].values == (("Ada Byron",),)
    assert instead[0].rule == {"first": ["@.a", "@.b"]}


def test_related_items_join_by_an_equal_id() -> None:
    """A customer in another branch, found by the id that the order names."""
    page = {
        "orders": [{"n": "1", "customer": "77"}, {"n": "2", "customer": "78"}],
        "customers": [{"id": "78", "mail": "b@example.org"}, {"id": "77", "mail": "a@example.org"}],
    }
    found = picker(draft({"each": "$.orders"}), page).propose("customer_email", "search", "$.customers[*].mail")

    assert found[0].data["operations"][BY_EMAIL]["orders"]["with"] == {
        "customers": {"each": "$.customers", "keep": {"@.id": "^.customer"}}
    }
    assert found[0].rule == "customers:$.mail"
    assert found[0].values == (("a@example.org", "b@example.org"),)


def test_lines_of_another_call_join_by_an_equal_id() -> None:
    """Lines that a second call lists for all orders belong to the order whose number they carry."""
    calls = [{"name": "search", "get": "/orders"}, {"name": "items", "get": "/items"}]
    sample = Calls(
        search=[{"n": "A1"}, {"n": "A2"}],
        items=[{"up": "A2", "sku": "x"}, {"up": "A1", "sku": "y"}, {"up": "A2", "sku": "z"}],
    )
    found = picker(draft({"each": "search:$"}, calls=calls), sample).propose("lines.sku", "items", "$[*].sku")

    lines = found[0].data["records"]["order"]["lines"]
    assert (lines["each"], lines["keep"]) == ("items:$", {"@.up": "^.n"})
    assert found[0].values == (("y", "x", "z"),)


def test_call_per_order_needs_no_join() -> None:
    """Parcels that were asked for order by order belong to it."""
    calls = [
        {"name": "search", "get": "/orders"},
        {"name": "parcels", "for_each": "order", "get": "/orders/{@.n}/parcels"},
    ]
    sample = Calls(search=[{"n": "A1"}], parcels=PerKey({"A1": {"parcels": [{"code": "c1"}, {"code": "c2"}]}}))
    found = picker(draft({"each": "$"}, {"order_number": "@.n"}, calls), sample).propose(
        "shipments.tracking_number", "parcels", "$.parcels[*].code"
    )

    assert found[0].data["records"]["order"]["shipments"]["each"] == "parcels:$.parcels"
    assert found[0].values == (("c1", "c2"),)


def test_xml_paths_are_short() -> None:
    """In XML every step takes one or many, so that one order and several have the same mapping."""
    texts = [
        '<r><o id="1"><who kind="ship">x</who><l><sku>a</sku></l></o></r>',
        '<r><o id="2"><who kind="bill">z</who><who kind="ship">y</who><l><sku>b</sku></l><l><sku>c</sku></l></o>'
        '<o id="3"><who kind="ship">w</who></o></r>',
    ]
    data = accept(
        picker(draft(), *texts, content_type="application/xml").propose("order_number", "search", "$.r.o[*]['@id']")
    )
    data = accept(
        picker(data, *texts, content_type="application/xml").propose("lines.sku", "search", "$.r.o[*].l[*].sku")
    )
    found = picker(data, *texts, content_type="application/xml").propose(
        "shipping_address.name", "search", "$.r.o[*].who[*]['#text']"
    )

    assert data["operations"][BY_EMAIL]["orders"]["each"] == "$.r.o"
    assert data["records"]["order"]["order_number"] == "@.@id"
    assert data["records"]["order"]["lines"]["each"] == "@.l"
    ship = next(each for each in found if '"ship"' in each.words)
    assert ship.values == (("x",), ("y", "w"))


def test_status_gets_a_table_of_the_words_seen() -> None:
    """Words with a likely meaning are filled in, others are left open; nothing is silenced."""
    page = [{"n": "1", "s": "Dispatched"}, {"n": "2", "s": "zz9"}, {"n": "3", "s": "canceled"}]
    found = picker(draft({"each": "$"}), page).propose("status", "search", "$[*].s")

    assert found[0].rule == {"path": "@.s", "lookup": {"Dispatched": "shipped", "canceled": "cancelled"}}
    assert any("1 of 3 words have no meaning yet" in warning for warning in found[0].warnings)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (["2026-11-01T10:00:00Z"], "@.d"),
        (["24.11.2026", "03.04.2026"], {"path": "@.d", "datetime": "%d.%m.%Y"}),
        (["24/11/2026 10:00"], {"path": "@.d", "datetime": "%d/%m/%Y %H:%M"}),
        (["11/24/2026 01:02:03 PM"], {"path": "@.d", "datetime": "%m/%d/%Y %I:%M:%S %p"}),
        ([1795000000], {"path": "@.d", "datetime": {"epoch": "s"}}),
        ([1795000000000], {"path": "@.d", "datetime": {"epoch": "ms"}}),
        (["20261124"], {"path": "@.d", "datetime": "%Y%m%d"}),
    ],
)
def test_dates_get_the_format_that_reads_all(values: list[Any], rule: Any) -> None:
    """ISO needs nothing; else the pattern under which every sample is a date."""
    found = picker(draft({"each": "$"}), [{"d": value} for value in values]).propose("created_at", "search", "$[*].d")

    assert found[0].rule == rule
    assert not found[0].warnings
    assert found[0].filled == len(values)


def test_day_and_month_in_doubt_are_told() -> None:
    """Where both readings fit every sample both are offered, and the doubt is said."""
    found = picker(draft({"each": "$"}), [{"d": "03/04/2026"}]).propose("created_at", "search", "$[*].d")

    assert {each.rule["datetime"] for each in found} == {"%d/%m/%Y", "%m/%d/%Y"}
    assert all("other way round" in each.warnings[0] for each in found)


def test_amounts_with_comma_and_in_cents() -> None:
    """A decimal comma is found; whole numbers raise the question of cents."""
    comma = picker(draft({"each": "$"}), [{"t": "12,50"}]).propose("amount", "search", "$[*].t")
    cents = picker(draft({"each": "$"}, {"currency": "@.c"}), [{"t_cents": 1250, "c": "EUR"}]).propose(
        "amount", "search", "$[*].t_cents"
    )
    doubt = picker(draft({"each": "$"}), [{"t": 1250}]).propose("amount", "search", "$[*].t")

    assert comma[0].values == (("12.50",),)
    assert cents[0].values == (("12.50",),)
    assert any("cents?" in warning for warning in doubt[0].warnings)


@pytest.mark.parametrize(
    ("field", "place", "warning"),
    [
        ("created_at", "$.data[*].state", "these are no dates"),
        ("amount", "$.data[*].state", "these are no numbers"),
        ("customer_email", "$.data[*].state", "not every value is an e-mail address"),
    ],
)
def test_wrong_kind_is_warned_of(field: str, place: str, warning: str) -> None:
    """A value that is no date in a date field can be seen before it is accepted."""
    assert warning in picker(draft(READY), PAGE).propose(field, "search", place)[0].warnings


def test_same_number_everywhere_is_warned_of() -> None:
    """An order number that never changes is none."""
    found = picker(draft({"each": "$"}), [{"v": "2"}, {"v": "2"}]).propose("order_number", "search", "$[*].v")

    assert any("differs from order to order" in warning for warning in found[0].warnings)


@pytest.mark.parametrize(
    ("field", "place", "told"),
    [
        ("order_number", "$.data[*]", "click a value inside it"),
        ("order_number", "$.data[*].nope", "nothing stands at"),
        ("order_number", "$.data[", "not a path"),
        ("lines", "$.data[*].number", "choose one of them"),
        ("unavailable", "$.data[*].number", "filled by the runtime"),
        ("colour", "$.data[*].number", "no field"),
    ],
)
def test_what_cannot_be_meant_is_refused(field: str, place: str, told: str) -> None:
    """A click that gives no value says what to click instead."""
    with pytest.raises(UsageError, match=told):
        picker(draft(READY), PAGE).propose(field, "search", place)


def test_value_outside_the_order_without_an_id_is_refused() -> None:
    """Two lists that nothing joins are not put together by position."""
    page = {"orders": [{"n": "1"}, {"n": "2"}], "notes": [{"t": "x y"}, {"t": "z w"}]}

    with pytest.raises(UsageError, match="no id there equals"):
        picker(draft({"each": "$.orders"}), page).propose("region", "search", "$.notes[*].t")


def test_shared_record_finds_its_root_in_another_operation() -> None:
    """The detail answer of the second operation has the same fields; its root is found by them."""
    data = draft(rules={"order_number": "@.number", "status": "@.state"})
    found = picker(data, {"result": {"number": "A-1", "state": "shipped", "made": "2026-11-01"}}).propose(
        "created_at", "search", "$.result.made"
    )

    assert found[0].data["operations"][BY_EMAIL]["orders"] == {"each": "$.result"}
    assert found[0].rule == "@.made"


def test_merchants_own_field() -> None:
    """A declared field of the merchant's goes under extra."""
    data = draft(READY, fields={"depot": {"label": "Depot"}})
    found = picker(data, PAGE).propose("extra.depot", "search", "$.data[*].state")

    assert found[0].data["records"]["order"]["extra"] == {"depot": "@.state"}
    assert found[0].values == (("shipped", "open"),)


def test_orders_can_be_placed_by_hand() -> None:
    """The engineer says which node repeats per order."""
    found = picker(draft(), PAGE).place_orders("search", "$.data")

    assert found[0].rule == {"each": "$.data"}


def test_words_are_suggested_only_where_something_speaks_for_them() -> None:
    """A known word in any spelling; nothing for what nobody knows."""
    assert suggest_word("In-Transit", ("in_transit", "delivered")) == "in_transit"
    assert suggest_word("ORDER_SHIPPED", ("shipped",)) == "shipped"
    assert suggest_word("Versendet", ("shipped",)) == "shipped"
    assert suggest_word("7", ("shipped",)) is None
