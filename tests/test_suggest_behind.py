"""What else a field may be where few places speak for it: shown behind, with a low score and why, and never chosen."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.test_suggest_api import HOSTILE
from workbench.errors import UsageError
from workbench.mapping import dump
from workbench.suggest import Draft, Suggestion
from workbench.suggest.behind import MOST, ROOM
from workbench.suggest.draft import THRESHOLD

ORDER: dict[str, Any] = {
    "number": "A-17", "created": "2026-05-01T10:00:00Z", "state": "paid", "total": "20.00", "currency": "EUR",
    "delivery": {"street": "Wall 2", "zip": "28195", "city": "Bremen", "country": "DE"},
    "lines": [{"sku": "S-1", "title": "Cup", "qty": 2, "price": "10.00"}],
}  # fmt: skip
FIELDS = (
    "order_number", "customer_email", "customer_name", "created_at", "shipped_at", "amount", "status", "order_type",
    "carrier", "tracking_numbers", "shipments.carrier", "shipping_address.city", "shipping_address.line2",
    "lines.sku", "lines.name", "lines.image_url", "nonsense", "lines.nonsense", "returns.reason", "",
)  # fmt: skip


_WEAK = {
    "it stands inside the lines", "two places, the second where the first is empty", "it is part of another address",
    "its values are of this kind, though its name says nothing of it", "no lines are sure; these are the likeliest",
    "its values are of this kind, and its name says a part of it", "its name fits, though its values are unusual",
}  # fmt: skip


def drafted(*changes: dict[str, Any], **more: Any) -> Draft:
    """The draft of an order, or of several, each with something else in it."""
    return wb.draft(json.dumps({"orders": [{**ORDER, **change} for change in changes]}).encode(), **more)


def behind(found: Draft, field: str, reason: str) -> list[Suggestion]:
    """The candidates of a field that give a reason, in words."""
    return [each for each in found.candidates(field) if any(reason in said for said in each.reasons)]


def values(found: Draft, told: Suggestion, body: Any) -> list[Any]:
    """What a candidate gives when the draft takes it."""
    data = copy.deepcopy(found.mapping)
    record = data["records"]["order"]
    head, _, leaf = told.field.rpartition(".")
    block = record.setdefault(head, {**told.place, "fields": {}} if told.place else {}) if head else record
    block.get("fields", block)[leaf] = told.rule
    orders = wb.Mapping.from_text(dump(data)).map(json.dumps(body).encode()).to_dict()["orders"]
    blocks = [order.get(head) for order in orders] if head else orders
    return [one.get(leaf) for each in blocks for one in (each if isinstance(each, list) else [each])]


def test_the_buyer_inside_a_line_is_shown_for_the_order() -> None:
    """An e-mail address that stands in the lines alone is offered, though nobody can be sure of it."""
    line = {**ORDER["lines"][0], "buyer": {"email": "ada@example.org"}}
    found = drafted({"lines": [line]})

    told = behind(found, "customer_email", "it stands inside the lines")[0]

    assert told.path == "@.lines[*].buyer.email"
    assert "customer_email" not in found.sure
    assert values(found, told, {"orders": [{**ORDER, "lines": [line]}]}) == ["ada@example.org"]


def test_two_places_that_fill_each_other_are_shown_as_one() -> None:
    """A country that stands now here, now there, is offered as the first of both."""
    home = {"street": "Wall 2", "zip": "28195", "city": "Bremen"}
    orders = [{"delivery": {**home, "country": "DE"}}, {"delivery": {**home, "country_code": "FR"}}]
    found = drafted(*orders)

    told = behind(found, "shipping_address.country", "the second where the first is empty")[0]

    assert told.rule == {"first": ["@.delivery.country", "@.delivery.country_code"]}
    assert values(found, told, {"orders": [{**ORDER, **each} for each in orders]}) == ["DE", "FR"]


def test_values_of_the_right_kind_are_shown_though_no_name_speaks() -> None:
    """A date nobody can place by its name, and a type that is only called a type, are offered as what they may be."""
    found = drafted({"collected": "2026-05-03T08:00:00Z", "header": {"type": "new"}})

    date = behind(found, "shipped_at", "its values are of this kind")
    kind = behind(found, "order_type", "its name says a part of it")

    assert "@.collected" in [each.path for each in date]
    assert "@.header.type" in [each.path for each in kind]


def test_a_name_that_fits_is_shown_though_its_values_are_unusual() -> None:
    """A customer who is called by a number and a word is offered."""
    found = drafted({"customer": {"name": "100023 Office"}})

    told = behind(found, "customer_name", "though its values are unusual")

    assert [each.path for each in told] == ["@.customer.name"]


def test_members_of_a_list_inside_an_address_are_shown_by_position() -> None:
    """Above a street stand a name and a room: each is offered alone."""
    body = {"delivery": {**ORDER["delivery"], "deliver_to": ["Ada Berg", "Room 17"]}}
    found = drafted(body)

    told = behind(found, "shipping_address.line2", "number 2 of a list")[0]

    assert (told.rule, told.values) == ("@.delivery.deliver_to[1]", ("Room 17",))
    assert values(found, told, {"orders": [{**ORDER, **body}]}) == ["Room 17"]


def test_the_likeliest_lines_are_shown_where_none_are_sure() -> None:
    """A single thing outside any list is offered with the place that the lines then have."""
    body = {"lines": None, "thing": {"sku": "S-1"}}
    found = drafted(body)

    told = behind(found, "lines.sku", "no lines are sure")[0]

    assert "lines" not in found.mapping["records"]["order"]
    assert (told.place, told.rule) == ({"each": "@.thing"}, "@.sku")
    assert values(found, told, {"orders": [{**ORDER, **body}]}) == ["S-1"]


def test_the_other_address_is_shown_behind() -> None:
    """Whoever wants the invoice's city finds it behind the delivery's."""
    found = drafted({"billing": {"street": "Hafen 1", "zip": "20457", "city": "Hamburg", "country": "DE"}})

    cities = found.candidates("shipping_address.city")

    assert [each.path for each in cities[:2]] == ["@.delivery.city", "@.billing.city"]
    assert cities[1].reasons[-1] == "it is part of another address"


def test_candidates_read_a_date_with_its_time() -> None:
    """What is shown for a date is what the draft would write, the time of day beside it included."""
    found = drafted({"created": None, "order_date": "2026-05-01", "order_time": "12:30:00"})

    assert found.candidates("created_at")[0].rule == found.sure["created_at"].rule
    assert "time" in found.candidates("created_at")[0].rule["datetime"]


def test_what_is_behind_is_unlikely_and_changes_nothing() -> None:
    """Five at most, the least likely last, none likely enough to be chosen, and the draft stays as it is."""
    found = drafted({"customer": {"name": "100023 Office"}, "header": {"type": "new"}, "collected": "2026-05-03"})
    before = copy.deepcopy(found.mapping)

    for field in FIELDS:
        shown = found.candidates(field)
        ranked = [each for each in shown if not _WEAK & set(each.reasons)]
        extra = shown[len(ranked) :]
        assert shown[: len(ranked)] == ranked and len(shown) <= max(ROOM, len(ranked))
        assert [each.score for each in extra] == sorted((each.score for each in extra), reverse=True)
        assert all(each.score <= min([MOST, *(one.score for one in ranked)]) < THRESHOLD for each in extra)
        assert len({json.dumps(each.rule) for each in shown}) == len(shown)
        assert found.candidates(field) == shown
    assert found.mapping == before == drafted(
        {"customer": {"name": "100023 Office"}, "header": {"type": "new"}, "collected": "2026-05-03"}
    ).mapping  # fmt: skip


def test_nothing_that_is_confirmed_is_shown_again() -> None:
    """A place that a rule reads is not offered for another field, and a field with a rule gets nothing."""
    given = {
        "format": 1, "merchant": "shop", "operations": {"find_orders_by_email": {"orders": {"each": "$.orders"}}},
        "records": {"order": {"order_type": "@.header.type"}},
    }  # fmt: skip
    found = drafted({"header": {"type": "new"}}, given=given)

    assert found.candidates("order_type") == []
    assert "@.header.type" not in {each.path for field in FIELDS for each in found.candidates(field)}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_answers_break_no_candidates(name: str) -> None:
    """Whatever came, every field has a list, and each of its rules loads."""
    found = wb.draft(HOSTILE[name])

    for field in FIELDS:
        for each in found.candidates(field):
            data = copy.deepcopy(found.mapping)
            if "." not in field:
                data["records"]["order"][field] = each.rule
                orders = next(iter(data["operations"].values()))["orders"]
                for related in filter(None, [each.related.get("")]):
                    orders.setdefault("with", {}).update(related)
                wb.Mapping.from_text(dump(data))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A merchant without an answer yet."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    made = wb.Workbench("acme", mappings=tmp_path / "mappings")
    made.operation("find_orders_by_email")
    return made


def load(bench: wb.Workbench, **changes: Any) -> None:
    """The answer with one order, and what it suggests."""
    order = {key: value for key, value in {**ORDER, **changes}.items() if value is not None}
    bench.load_sample(json.dumps({"orders": [order]}), email="ann1@example.com")
    bench.suggest()


PARCELS = [{"address": ORDER["delivery"], "carrier": "DHL", "tracking_number": "00340434161094015902"}]


def test_a_taken_candidate_stands_where_its_address_does(bench: wb.Workbench) -> None:
    """An address inside a list is one block: a proposal that is used is written as seen from there, and gives it."""
    load(bench, delivery=None, parcels=PARCELS)

    assert bench.use_suggestion("shipping_address.city") == "@.address.city"

    assert bench.data["records"]["order"]["shipping_address"]["at"] == "@.parcels[*]"
    assert list(bench.preview("orders", reveal=True)["City"]) == ["Bremen"]


def test_a_candidate_is_written_as_seen_from_the_block_that_is_there(bench: wb.Workbench) -> None:
    """Where the mapping says already which object the address is, a proposal is seen from that."""
    load(bench)
    bench._edit("", lambda data: data["records"].update(
        order={"shipping_address": {"at": "@.delivery", "fields": {"country": "@.country"}}}
    ))  # fmt: skip

    assert bench.use_suggestion("shipping_address.city") == "@.city"
    assert list(bench.preview("orders", reveal=True)["City"]) == ["Bremen"]


def test_a_candidate_of_another_place_is_refused(bench: wb.Workbench) -> None:
    """What is seen from inside a list is not written into an address that is seen from the order."""
    load(bench, delivery=None, parcels=PARCELS)
    bench._edit("", lambda data: data["records"].update(
        order={"shipping_address": {"country": "@.currency"}}
    ))  # fmt: skip

    with pytest.raises(UsageError, match="another place than shipping_address has"):
        bench.use_suggestion("shipping_address.city")


def test_lines_that_are_not_sure_can_be_taken(bench: wb.Workbench) -> None:
    """A proposal for a line brings the place of the lines with it."""
    load(bench, lines=None, thing={"sku": "S-1"})

    bench.use_suggestion("lines.sku")

    assert bench.data["records"]["order"]["lines"]["each"] == "@.thing"
    assert list(bench.preview("lines", reveal=True)["SKU"]) == ["S-1"]
