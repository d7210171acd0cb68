"""Each construct of the language is reachable by clicks: one test for each row of the language's own table."""

from __future__ import annotations

import pytest

from tests.picking import BY_EMAIL, Calls, accept, draft, picker
from workbench.errors import UsageError
from workbench.pick import second_for

EACH = {"each": "$"}


def test_outer_list_and_inner_list_are_both_offered() -> None:
    """Inside two repeating nodes: a row for each inner one, or for each outer one; both show how many."""
    page = [{"n": "1", "out": [{"parcels": [{"c": "c1"}, {"c": "c2"}]}, {"parcels": [{"c": "c3"}]}]}]
    found = picker(draft(EACH), page).propose("shipments.tracking_number", "search", "$[*].out[*].parcels[*].c")
    places = {str(each.data["records"]["order"]["shipments"]["each"]): each.total for each in found}

    assert places == {"['@.out', '@.parcels']": 3, "@.out": 2}


def test_second_place_goes_as_the_field_suggests() -> None:
    """Names and streets go together; anything else stands in where the first is empty."""
    page = [{"n": "1", "street": "Hauptstr.", "no": "5", "mail": "", "mail2": "a@example.org"}]
    rules = {"shipping_address": {"line1": "@.street"}, "customer_email": "@.mail"}
    street = picker(draft(EACH, rules), page).propose("shipping_address.line1", "search", "$[0].no", second="auto")
    mail = picker(draft(EACH, rules), page).propose("customer_email", "search", "$[0].mail2", second="auto")

    assert street[0].rule == {"join": ["@.street", "@.no"]}
    assert street[0].values == (("Hauptstr. 5",),)
    assert mail[0].rule == {"first": ["@.mail", "@.mail2"]}
    assert mail[0].values == (("a@example.org",),)
    assert (second_for("customer_name"), second_for("lines.name"), second_for("lines.sku")) == ("join", "join", "first")


def test_third_place_joins_the_others() -> None:
    """A rule that has several places takes one more."""
    page = [{"a": "Ada", "m": "K.", "b": "Byron"}]
    data = draft(EACH, {"customer_name": {"join": ["@.a", "@.m"]}})

    assert picker(data, page).propose("customer_name", "search", "$[0].b", "join")[0].rule == {
        "join": ["@.a", "@.m", "@.b"]
    }


def test_wrong_way_of_a_second_place_is_refused() -> None:
    """What is neither first nor join says so."""
    data = draft(EACH, {"region": "@.a"})

    with pytest.raises(UsageError, match="first, join or auto"):
        picker(data, [{"a": "x", "b": "y"}]).propose("region", "search", "$[0].b", "beside")


INCLUDED = {
    "data": [{"n": "1", "rel": {"parcel": {"id": "91", "type": "parcel"}}},
             {"n": "2", "rel": {"parcel": {"id": "82", "type": "parcel"}}}],
    "included": [{"type": "parcel", "id": "91", "code": "c1"}, {"type": "payment", "id": "91", "code": "zz"},
                 {"type": "parcel", "id": "82", "code": "c2"}, {"type": "payment", "id": "82", "code": "yy"}],
}  # fmt: skip


def test_included_items_are_told_by_type_and_id() -> None:
    """Ids of other sorts may be equal: the sort that was clicked is part of the join."""
    made = picker(draft({"each": "$.data"}), INCLUDED)
    rows = made.propose("shipments.tracking_number", "search", "$.included[0].code")
    one = made.propose("region", "search", "$.included[1].code")

    assert rows[0].data["records"]["order"]["shipments"]["keep"] == {"@.type": "parcel", "@.id": "^.rel.parcel.id"}
    assert rows[0].values == (("c1", "c2"),)
    assert "type = parcel, id = rel.parcel.id" in rows[0].words
    assert one[0].data["operations"][BY_EMAIL]["orders"]["with"]["included"]["keep"]["@.type"] == "payment"
    assert one[0].values == (("zz", "yy"),)


def test_several_pairs_of_ids_are_offered() -> None:
    """Where two ids fit, both are shown with their pair."""
    page = {
        "orders": [{"id": "11", "ref": "A-11"}, {"id": "12", "ref": "A-12"}],
        "more": [
            {"order_id": "11", "order_ref": "A-11", "by": "x"},
            {"order_id": "12", "order_ref": "A-12", "by": "y"},
        ],
    }
    found = picker(draft({"each": "$.orders"}), page).propose("region", "search", "$.more[*].by")
    keeps = [each.data["operations"][BY_EMAIL]["orders"]["with"]["more"]["keep"] for each in found]

    assert {"@.order_id": "^.id"} in keeps
    assert {"@.order_ref": "^.ref"} in keeps
    assert all(" = " in each.words for each in found)


def test_parcel_that_lists_its_lines() -> None:
    """The other way round: an id of ours stands in a list of theirs."""
    orders = [
        {"n": "1", "items": [{"id": "i11"}, {"id": "i12"}], "parcels": [{"code": "p1", "ids": ["i11", "i12"]}]},
        {"n": "2", "items": [{"id": "i21"}], "parcels": [{"code": "p2", "ids": ["i21"]}]},
    ]
    rules = {"lines": {"each": "@.items", "fields": {"id": "@.id"}}}
    found = picker(draft(EACH, rules), orders).propose("lines.tracking_numbers", "search", "$[0].parcels[0].code")

    lines = found[0].data["records"]["order"]["lines"]
    assert lines["with"] == {"parcels": {"each": "^.parcels", "keep": {"@.ids[*]": "^.id"}}}
    assert found[0].rule == "parcels:$.code"
    assert found[0].filled == 3
    assert any(each.rule == "^.parcels[*].code" for each in found)


def test_line_names_its_shipment() -> None:
    """The line says which of the order's shipments it is in (an id on each side)."""
    orders = [
        {"items": [{"sku": "a", "ship": "s11"}, {"sku": "b", "ship": "s12"}],
         "shipments": [{"id": "s12", "st": "sent"}, {"id": "s11", "st": "open"}]},
        {"items": [{"sku": "c", "ship": "s21"}], "shipments": [{"id": "s21", "st": "delivered"}]},
    ]  # fmt: skip
    rules = {"lines": {"each": "@.items", "fields": {"sku": "@.sku"}}}
    found = picker(draft(EACH, rules), orders).propose("lines.status", "search", "$[0].shipments[0].st")

    lines = found[0].data["records"]["order"]["lines"]
    assert lines["with"] == {"shipments": {"each": "^.shipments", "keep": {"@.id": "^.ship"}}}
    assert found[0].values == (("pending", "shipped", "delivered"),)


def test_keys_that_look_like_ids_can_be_names() -> None:
    """Ids by default; the one key that was clicked is the last choice, and fragile."""
    page = [{"n": "1", "items": {"17": {"sku": "a"}, "21": {"sku": "b"}}}]
    found = picker(draft(EACH), page).propose("region", "search", "$[0].items['21'].sku")
    named = next(each for each in found if "rather than an id" in each.words)
    lines = picker(draft(EACH), page).propose("lines.sku", "search", "$[0].items['21'].sku")

    assert lines[0].notes == ("are 17, 21 names or ids? taken for ids",)
    assert lines[0].data["records"]["order"]["lines"]["keyed"] is True
    assert named.rule == "@.items['21'].sku"
    assert named.fragile
    assert named.values == (("b",),)


def test_names_can_be_ids() -> None:
    """Two lines under words: each key is a row, and the next click goes into the same block."""
    page = [{"n": "1", "st": "sent", "lots": {"alpha": {"sku": "a", "q": 1}, "beta": {"sku": "b", "q": 2}}}]
    found = picker(draft(EACH), page).propose("lines.sku", "search", "$[0].lots.beta.sku")
    more = picker(accept(found), page).propose("lines.quantity", "search", "$[*].lots.alpha.q")
    upward = picker(accept(found), page).propose("lines.status", "search", "$[*].st")

    assert found[0].data["records"]["order"]["lines"] == {
        "each": "@.lots", "keyed": True, "fields": {"sku": "@.sku"},
    }  # fmt: skip
    assert found[0].values == (("a", "b"),)
    assert "names or ids?" in found[0].notes[0]
    assert any("keyed" not in each.data["records"]["order"]["lines"] for each in found)
    assert (more[0].rule, more[0].values) == ("@.q", (("1", "2"),))
    assert upward[0].rule["path"] == "^.st"


def test_objects_of_different_shapes_are_no_rows() -> None:
    """A buyer and a payment beside one another are names."""
    page = [{"n": "1", "who": {"name": "x", "mail": "m"}, "pay": {"by": "card", "amount": 3}}]
    found = picker(draft(EACH), page).propose("shipments.carrier", "search", "$[0].pay.by")

    assert not any("keyed" in each.data["records"]["order"]["shipments"] for each in found)


def test_keys_that_differ_from_sample_to_sample_are_ids() -> None:
    """Words as keys, never the same twice, over objects of one shape."""
    pages = [[{"n": str(n), "lots": {f"k{letter}{n}": {"sku": letter, "q": 1} for letter in "abc"}}] for n in range(3)]
    found = picker(draft(EACH), *pages).propose("lines.sku", "search", "$[*].lots[*].sku")

    assert found[0].data["records"]["order"]["lines"]["keyed"] is True
    assert found[0].values == (("a", "b", "c"),) * 3


def test_parent_values_from_deep_inside() -> None:
    """From a parcel of a delivery: the delivery's and the order's own values."""
    page = [{"n": "1", "st": "sent", "out": [{"by": "ups", "parcels": [{"c": "c1"}]}]}]
    data = accept(picker(draft(EACH), page).propose("shipments.tracking_number", "search", "$[*].out[*].parcels[*].c"))

    assert picker(data, page).propose("shipments.carrier", "search", "$[*].out[*].by")[0].rule == "^.by"
    assert picker(data, page).propose("shipments.status", "search", "$[*].st")[0].rule["path"] == "^^.st"


def test_flat_rows_of_csv_are_grouped() -> None:
    """Rows that repeat an order's number are its lines."""
    text = "order;sku;mail\n1;a;x@example.org\n1;b;x@example.org\n2;c;x@example.org\n"
    made = picker(draft(), Raw(text), content_type="text/csv")
    data = accept(made.propose("order_number", "search", "$[*].order"), "same order")
    found = picker(data, Raw(text), content_type="text/csv").propose("lines.sku", "search", "$[*].sku")

    assert data["operations"][BY_EMAIL]["orders"]["group_by"] == "@.order"
    assert found[0].values == (("a", "b", "c"),)


def test_form_answers() -> None:
    """One order as a form."""
    found = picker(
        draft(), Raw("nr=A-1&mail=a%40example.org"), content_type="application/x-www-form-urlencoded"
    ).propose("order_number", "search", "$.nr")

    assert found[0].values == (("A-1",),)


class Raw(str):
    """A body that is no JSON."""


def test_other_call_with_the_list_of_lines() -> None:
    """Lines of a second call, told by the order's own id even where numbers and texts differ."""
    calls = [{"name": "search", "get": "/orders"}, {"name": "items", "get": "/items"}]
    sample = Calls(
        search=[{"id": 1001}, {"id": 1002}], items=[{"parent": "1002", "sku": "x"}, {"parent": "1001", "sku": "y"}]
    )
    found = picker(draft({"each": "search:$"}, calls=calls), sample).propose("lines.sku", "items", "$[*].sku")

    assert found[0].data["records"]["order"]["lines"]["keep"] == {"@.parent": "^.id"}
    assert found[0].values == (("y", "x"),)
