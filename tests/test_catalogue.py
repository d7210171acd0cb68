"""The business fields as data: complete, described, and the same in both of their files."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

import workbench
from workbench.catalogue import (
    CARRIER,
    CURRENCY,
    DECIMAL,
    EXTRA,
    LIST,
    NAMES,
    OBJECT,
    SCALARS,
    STATUS,
    TEXT,
    TEXTS,
    TIME,
    Field,
    as_json,
    catalogue,
    fold_carrier,
)  # fmt: skip

ALL_FIELDS = [
    pytest.param(record.name, field, id=f"{record.name}.{field.key}")
    for record in catalogue().records.values()
    for field in record.fields.values()
]

# Every data point that flows are built on, and the kind that it has.
DATA_POINTS = {
    "order number": ("order", "order_number", TEXT),
    "customer e-mail": ("order", "customer_email", TEXT),
    "customer name": ("order", "customer_name", TEXT),
    "shipping address": ("order", "shipping_address", OBJECT),
    "order creation date": ("order", "created_at", TIME),
    "order amount": ("order", "amount", DECIMAL),
    "currency of the amount": ("order", "currency", CURRENCY),
    "order status": ("order", "status", STATUS),
    "order status per line": ("line", "status", STATUS),
    "delivery carrier name": ("order", "carrier", CARRIER),
    "delivery carrier name per shipment": ("shipment", "carrier", CARRIER),
    "tracking numbers": ("order", "tracking_numbers", TEXTS),
    "tracking number per line": ("line", "tracking_numbers", TEXTS),
    "tracking number per shipment": ("shipment", "tracking_number", TEXT),
    "order lines": ("order", "lines", LIST),
    "line's product name": ("line", "name", TEXT),
    "line's SKU": ("line", "sku", TEXT),
    "line's quantity": ("line", "quantity", DECIMAL),
    "line's product image URL": ("line", "image_url", TEXT),
    "return tracking number": ("order", "return_tracking_number", TEXT),
    "return tracking number per return": ("return", "tracking_number", TEXT),
    "return or refund warehouse status": ("order", "return_status", STATUS),
    "return or refund warehouse status per return": ("return", "status", STATUS),
    "shipping date": ("order", "shipped_at", TIME),
    "expected shipping date": ("order", "expected_ship_at", TIME),
    "expected delivery date": ("order", "expected_delivery_at", TIME),
    "order type": ("order", "order_type", TEXT),
    "region": ("order", "region", TEXT),
}


@pytest.mark.parametrize("point", DATA_POINTS)
def test_every_data_point_is_there(point: str) -> None:
    """Each thing that a flow's author asks about is a field, of the kind it should have."""
    record, key, kind = DATA_POINTS[point]

    assert catalogue().records[record].fields[key].kind == kind


@pytest.mark.parametrize(("record", "field"), ALL_FIELDS)
def test_every_field_is_described(record: str, field: Field) -> None:
    """A field has a label and a meaning for people, and examples that a result could hold."""
    assert field.label and not re.search(r"[_.]", field.label)
    assert field.meaning.endswith(".")
    assert field.examples and all(isinstance(example, str) and example for example in field.examples)


@pytest.mark.parametrize(("record", "field"), ALL_FIELDS)
def test_every_field_fits_its_kind(record: str, field: Field) -> None:
    """Objects and lists name their record, statuses their words, and raw twins are fields of the same record."""
    fields = catalogue().records[record].fields

    assert field.kind in (*SCALARS, OBJECT, LIST, EXTRA, NAMES)
    assert (field.record in catalogue().records) == (field.kind in (OBJECT, LIST))
    assert (field.vocabulary in catalogue().vocabularies) == (field.kind == STATUS)
    assert bool(field.raw) == (field.kind in (STATUS, CARRIER))
    if field.raw:
        assert fields[field.raw].kind == TEXT


@pytest.mark.parametrize(("record", "field"), [entry for entry in ALL_FIELDS if entry.values[1].kind == STATUS])
def test_examples_of_a_status_are_our_words(record: str, field: Field) -> None:
    """Nobody learns a word from the catalogue that a mapping would refuse."""
    assert set(field.examples) <= set(catalogue().words[field.vocabulary])


def test_required_fields() -> None:
    """An order needs its number, status and date, and an e-mail address or a name."""
    required = [field.key for field in catalogue().records["order"].fields.values() if field.required]

    assert required == ["order_number", "status", "created_at"]
    assert catalogue().require_any == {"order": (("customer_email", "customer_name"),)}


def test_json_is_the_yaml() -> None:
    """What is loaded is what people edit; `python -m workbench.catalogue` brings it up to date."""
    assert resources.files("workbench").joinpath("catalogue.json").read_text(encoding="utf-8") == as_json()


def test_keys_come_once() -> None:
    """No record of the YAML file says a field twice, where the second would win in silence."""
    text = (Path(workbench.__file__).parent / "catalogue.yaml").read_text(encoding="utf-8")
    for block in re.split(r"\n  (?=\w+:\n)", text):
        keys = re.findall(r"^      (\w+): \{label", block, re.M)
        assert len(keys) == len(set(keys))


def test_no_spelling_means_two_carriers() -> None:
    """A carrier's spelling leads to that carrier, whatever its case, blanks and punctuation."""
    seen: dict[str, str] = {}
    for code, names in catalogue().carriers.items():
        for name in (code, *names):
            assert seen.setdefault(fold_carrier(name), code) == code

    assert len(catalogue().carriers) >= 60
    assert catalogue().carrier_codes[fold_carrier("United  PARCEL-service")] == "ups"
    assert catalogue().carrier_codes[fold_carrier("j&t express")] == "jt_express"
    assert catalogue().carrier_codes[fold_carrier("ČESKÁ POŠTA")] == "ceska_posta"


@pytest.mark.parametrize(
    "word", ["express", "standard", "same day", "next day", "post", "courier", "own van", "speedy"]
)
def test_a_way_of_delivery_is_no_carrier(word: str) -> None:
    """A merchant's word for how something is sent is not taken for who sends it."""
    assert fold_carrier(word) not in catalogue().carrier_codes


def test_minor_units() -> None:
    """ISO 4217: yen have none, dinars three digits, and the euro is one of the many with two that are not listed."""
    units = catalogue().minor_units

    assert (units["JPY"], units["KWD"], units["CLF"]) == (0, 3, 4)
    assert "EUR" not in units and 2 not in units.values()
    assert all(re.fullmatch("[A-Z]{3}", code) for code in units)
