"""The signals that suggestions are made of, each on its own."""

from __future__ import annotations

import json

import pytest

from workbench.documents import Document
from workbench.suggest.columns import Facts, columns
from workbench.suggest.names import read_name, read_path
from workbench.suggest.scoring import Evidence, features, match_name, prior_weights
from workbench.suggest.structure import Structures
from workbench.suggest.sums import explains, line_sums, minor_units
from workbench.suggest.values import is_carrier, is_ean, is_tracking_number, kinds_of
from workbench.tree import merge


def facts_of(*items: dict[str, object]) -> dict[str, Facts]:
    """The columns of invented items by their paths."""
    return {column.key: Facts(column, len(items)) for column in columns(items)}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("orderNumber", {"order", "number"}),
        ("ORDERNUMBER", {"order", "number"}),
        ("Bestellnummer", {"order", "number"}),
        ("numero_commande", {"order", "number"}),
        ("kod_pocztowy", {"postal"}),
        ("shipToZip", {"shipping", "postal"}),
        ("LieferadressePLZ", {"delivery", "address", "postal"}),
        ("leveringsBy", {"delivery", "city"}),
        ("created_by", {"created"}),
        ("e-mail", {"email"}),
        ("Größe", {"size"}),
        ("НомерЗаказа", {"order", "number"}),
        ("お届け先郵便番号", {"recipient", "postal"}),
        ("订单编号", {"order", "number"}),
        ("고객명", {"customer", "name"}),
        ("shptrknbr", {"shipping", "tracking", "number"}),
        ("CUSTNM", {"customer", "name"}),
        ("cislo_popisne", {"house"}),
        ("streetOne", {"street", "1"}),
        ("x", {"x"}),
        ("", set()),
    ],
)
def test_names_in_many_languages_mean_the_same(key: str, meant: set[str]) -> None:
    """Split or glued, in any case, with accents or without."""
    assert read_name(key).meant == meant


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ana@example.org", "email"),
        ("a***@example.org", "email"),
        ("2026-03-01T10:00:00Z", "date"),
        ("31.12.2026", "date"),
        ("20260301", "compact_date"),
        (1767250800, "epoch"),
        ("19:22:51.355+01:00", "clock"),
        ("1.234,50 €", "number"),
        ("EUR", "currency"),
        ("Deutschland", "country"),
        ("READY_TO_SHIP", "status"),
        ("DHL Paket", "carrier"),
        ("n/a", "placeholder"),
        ("VXNlcjo1Mg==", "guid"),
        ("kR7uWq2ZbT94mLcXyP0sAe", "guid"),
        ("Отправлен", "status"),
        ("发货", "text"),
        ("Standard", "word"),
        ("0b2f9e4c-41d7-4a3c-9d2e-0f6a1b2c3d4e", "guid"),
        ("https://img.example.com/a.jpg", "image"),
        ("SW1A 2AA", "postal"),
        (True, "bool"),
    ],
)
def test_values_say_what_they_are(value: object, kind: str) -> None:
    """Each value is recognised as its kind."""
    assert kind in kinds_of(value)


@pytest.mark.parametrize("text", ["Calle Sol 8", "Rue Leo 12", "Allee Ost 3"])
def test_a_street_is_no_day_of_the_week(text: str) -> None:
    """Words and a number are a date only where one of them is a month."""
    assert "date" not in kinds_of(text)
    assert "date" in kinds_of("Mon, Jan 12 2026")


def test_from_and_to_say_whose_a_value_is() -> None:
    """As names of objects they are the sender and the recipient; as names of values, a start and an end."""
    assert read_path(["from", "city"])[1][0].meant == {"sender"}
    assert read_path(["to", "address", "city"])[1][-1].meant == {"recipient"}
    assert read_path(["window", "to"])[0].meant == {"end"}


def test_an_amount_of_something_else_is_no_total() -> None:
    """Neither by its own name nor by that of the object around it."""
    facts = facts_of(
        {"tax_total": "8.15", "total": "51.00", "discount": {"amount": "5.00"}, "customer": {"total": "990.00"}}
    )
    rows = {key: features("amount", each, Evidence()) for key, each in facts.items()}

    assert [key for key, row in rows.items() if row is not None] == ["@.total"]


def test_an_id_is_of_what_stands_around_it() -> None:
    """`orderState: {id}` is the id of the state; a word after `order` that means nothing to us is no number."""
    facts = facts_of({"id": 70551, "orderState": {"id": 12}, "orderWeighting": 100, "order": {"id": 9}})
    strength = {
        key: match_name("order_number", each.name, each.parents, each.around).strength for key, each in facts.items()
    }

    assert strength["@.order.id"] > strength["@.id"] > strength["@.orderWeighting"]
    assert strength["@.orderState.id"] <= strength["@.id"]


@pytest.mark.parametrize("text", ["R-12", "#1001", "A-1", "12 Oak Street"])
def test_codes_are_no_numbers(text: str) -> None:
    """A number of an article or a house is no amount."""
    assert "number" not in kinds_of(text)


def test_check_digits_tell_numbers_apart() -> None:
    """A wrong check digit is no bar code, and no tracking number."""
    assert is_ean("4006381333931") and not is_ean("4006381333932")
    assert is_tracking_number("1Z999AA10123456784") and not is_tracking_number("1Z999AA10123456785")
    assert is_tracking_number("RM123456785GB") and not is_tracking_number("RM123456786GB")


def test_carriers_are_known_by_name_and_not_by_service() -> None:
    """A way of shipping is no carrier."""
    assert is_carrier("Royal Mail 48") and is_carrier("ups_GND")
    assert not is_carrier("Standard") and not is_carrier("Free shipping")


def test_a_decoy_speaks_against_a_field() -> None:
    """The seller's address is not the customer's, whatever else its name says."""
    own = match_name("customer_email", read_name("email"), (read_name("buyer"),), ())
    sellers = match_name("customer_email", read_name("email"), (read_name("seller"),), ())

    assert own.party is False
    assert sellers.party is True


def test_what_was_asked_for_raises_a_column() -> None:
    """Evidence of an echo gives more chance than none, and a miss less."""
    number = facts_of({"ref": "A-1"}, {"ref": "A-2"})["@.ref"]
    weights = prior_weights()

    scores = [
        weights.logit("order_number", row)
        for echo in (1, 0, -1)
        if (row := features("order_number", number, Evidence(echo, 0, True))) is not None
    ]

    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3


def test_the_sum_of_lines_explains_the_total() -> None:
    """Quantity times price, with shipping, is the amount; the subtotal is the sum of the lines alone."""
    order = facts_of({"total": "30.00", "subtotal": "25.00", "shipping": "5.00", "paid": "12.00"})
    line = facts_of({"qty": 2, "price": "10.00"}, {"qty": 1, "price": "5.00"})
    sums = line_sums([[0, 1]], line["@.qty"], [line["@.price"]])

    found = {name: explains(order[f"@.{name}"], sums, order.values()) for name in ("total", "subtotal", "paid")}

    assert found == {"total": 2, "subtotal": 1, "paid": 0}


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"total_cents": 1999}, "yes"),
        ({"total": 1999, "total_formatted": "19.99"}, "yes"),
        ({"total": 165, "tax_amount": 5}, "no"),
        ({"total": "19.99"}, "no"),
        ({"total": 4999}, "unknown"),
    ],
)
def test_cents_are_told_by_a_name_or_a_twin(order: dict[str, object], told: str) -> None:
    """Whole numbers are cents where something says so, and unknown where nothing does."""
    columns_of = facts_of(order)

    assert minor_units(next(iter(columns_of.values())), list(columns_of.values())) == told


def structure_of(body: object) -> tuple[str, str | None, bool]:
    """Where orders and lines stand, and whether rows are grouped."""
    document = Document(json.loads(json.dumps(body)))
    found = Structures(merge([document]), [document]).find()[0]
    lines = None if found.lines is None else "$" + "".join(found.lines)
    return "$" + "".join(found.root), lines, found.group is not None


ORDER = {"number": "A-1", "created": "2026-01-01", "email": "a@example.org", "status": "open"}
LINE = {"sku": "S-1", "name": "Cup", "qty": 2}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{**ORDER, "items": [LINE]}]}, ("$.data[*]", "$.data[*].items[*]", False)),
        ({**ORDER, "items": [LINE, LINE]}, ("$", "$.items[*]", False)),
        ({"order": {**ORDER, "items": {"item": LINE}}}, ("$.order", "$.order.items.item", False)),
        ([{**ORDER, **LINE}, {**ORDER, **LINE}], ("$[*]", "$[*]", True)),
        ({"head": ORDER, "rows": [LINE, LINE]}, ("$", "$.rows[*]", False)),
        ({"orders": {"17": {**ORDER, "lines": [LINE]}, "18": {**ORDER, "lines": [LINE]}}},
         ("$.orders[*]", "$.orders[*].lines[*]", False)),
    ],
)  # fmt: skip
def test_structure_is_found_by_what_the_children_say(body: object, expected: tuple[str, str | None, bool]) -> None:
    """Lists, single objects, rows, siblings and maps of ids."""
    assert structure_of(body) == expected


def test_list_members_are_told_apart_by_their_kind() -> None:
    """A qualifier becomes a filter, and its word counts as a name."""
    parties = [{"role": "buyer", "name": "Ada"}, {"role": "seller", "name": "Shop"}]

    found = facts_of({"parties": parties})

    assert set(found) == {"@.parties[?@.role == 'buyer'].name", "@.parties[?@.role == 'seller'].name"}
    assert "customer" in found["@.parties[?@.role == 'buyer'].name"].parents[0].meant
