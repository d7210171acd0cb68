"""Samples without a customer's data: what survives, what is replaced, and that everything still fits together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.decode import decode
from workbench.pseudonyms import Came, Pseudonyms, Unreadable
from workbench.runtime import load
from workbench.samples import Answer, Sample, load_samples, replay

KEY = b"k" * 32
NAMES = Pseudonyms(KEY)
MAPPINGS = Path(__file__).parents[1] / "mappings"

CUSTOMER = {
    "email": "Jane.Doe+shop@gmail.com", "first_name": "Jane", "last_name": "Müller-Lüdenscheidt",
    "phone": "+49 171 5550123", "customer_id": 70010,
    "address": {"street": "Hauptstraße 12b", "city": "Buxtehude", "postcode": "21614", "state": "Niedersachsen",
                "country": "DE", "company": "Acme Widgets GmbH"},
    "note": "Please ring at Schmidt, code 4711", "token": "eyJhbGciOiJIUzI1NiJ9.abcdef",
    "avatar": "https://cdn.shop.de/u/jane-doe-70010.jpg?sig=Zx81Qq",
    "payload": json.dumps({"email": "jane.doe+shop@gmail.com", "total": "59.90"}),
}  # fmt: skip
ORDER = {
    "number": "A-1021", "status": "shipped", "created_at": "2026-11-02T10:30:00+01:00", "total": 59.90, "paid": True,
    "discount": None, "currency": "EUR", "item_count": 2, "payment_method": "PAYPAL_EXPRESS", "customer": CUSTOMER,
    "carrier": "DHL", "tracking_number": "JJD000390007777000",
    "items": [{"sku": "SHIRT-XL-01", "name": "Blue shirt, XL", "qty": 2, "price": "29.95"}],
}  # fmt: skip
SECRETS = [
    "jane", "doe", "gmail", "müller", "lüdenscheidt", "5550123", "70010", "hauptstra", "buxtehude", "21614",
    "niedersachsen", "acme", "schmidt", "4711", "eyjh", "abcdef", "shop.de", "zx81", "1021", "390007777", "please",
]  # fmt: skip


def rewritten(document: Any, key: bytes = KEY) -> Any:
    """A JSON document after its data was replaced."""
    return json.loads(Pseudonyms(key).body(json.dumps(document).encode(), "application/json").data)


def test_addresses_in_links() -> None:
    """A link, also one without its server, and an address in a query show nobody's name."""
    for link in (
        "/v2/orders?email=jane.doe%40web.de&page=2",
        "/customers/jane-doe/orders",
        "email=jane%40web.de&p=1",
        "https://shop.de/orders?email=jane.doe%40web.de",
        "//cdn.shop.de/u/jane-doe.jpg",
    ):
        made = NAMES.replaced(link)
        assert not [word for word in ("jane", "doe", "web.de", "shop.de") if word in made], made
        assert made.startswith("/") == link.startswith("/")


def test_nothing_of_a_customer_survives() -> None:
    """Names, addresses, ids, tokens, notes and what is inside texts and URLs are gone from the bytes."""
    data = NAMES.body(json.dumps({"orders": [ORDER]}, ensure_ascii=False).encode(), "application/json").data

    found = [word for word in SECRETS if word in data.decode().lower()]
    assert found == []


def test_what_a_mapping_is_made_of_survives() -> None:
    """Keys, amounts, dates, flags, status words, carriers, codes and names of products."""
    made = rewritten(ORDER)

    kept = ("status", "created_at", "total", "paid", "discount", "currency", "item_count", "payment_method", "carrier")
    assert {key: made[key] for key in kept} == {key: ORDER[key] for key in kept}
    assert list(made) == list(ORDER)
    assert made["items"][0]["name"] == "Blue shirt, XL"
    assert made["items"][0]["price"] == "29.95"
    assert made["customer"]["address"]["country"] == "DE"
    assert json.loads(made["customer"]["payload"])["total"] == "59.90"


def test_shapes_survive() -> None:
    """An order number keeps its mark and length, a postcode its digits, an e-mail its signs."""
    made = rewritten(ORDER)

    assert made["number"][:2] == "A-"
    assert len(made["number"]) == 6
    assert len(made["customer"]["address"]["postcode"]) == 5
    assert made["customer"]["email"].count("+") == 1
    assert made["customer"]["email"].endswith(".example")
    assert made["customer"]["avatar"].startswith("https://")
    assert ".jpg" in made["customer"]["avatar"]


def test_same_value_is_the_same_everywhere() -> None:
    """As a number, as text, behind a mark, inside a text that holds JSON, and in any case: joins still replay."""
    made = rewritten(ORDER)

    assert NAMES.replaced("70010") == str(made["customer"]["customer_id"])
    assert str(made["customer"]["customer_id"]) in made["customer"]["avatar"]
    assert made["number"] == "A-" + NAMES.replaced("1021")
    inner = json.loads(made["customer"]["payload"])["email"]
    assert inner == made["customer"]["email"].lower()
    assert NAMES.replaced("0001021") == "000" + NAMES.replaced("1021")


def test_another_key_gives_other_values() -> None:
    """What one merchant's samples say is not the same in another's."""
    assert rewritten(ORDER)["number"] != rewritten(ORDER, b"x" * 32)["number"]


@given(st.lists(st.text(st.sampled_from("0123456789"), min_size=1, max_size=6), unique=True))
def test_different_numbers_stay_different(numbers: list[str]) -> None:
    """Two orders never fall together."""
    made = [NAMES.replaced(number) for number in numbers]

    assert len(set(made)) == len(made)
    assert [len(one) for one in made] == [len(number) for number in numbers]


@given(st.text())
def test_any_text_has_a_replacement_of_its_length(text: str) -> None:
    """No letters of any script, no lone surrogate and no sign are trouble; the same text gives the same."""
    made = NAMES._permutation.text(text)

    assert made == Pseudonyms(KEY)._permutation.text(text)
    assert len(made) == len(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3),
)


@given(VALUES)
def test_any_json_keeps_its_structure(root: Any) -> None:
    """Lists keep their length, objects their number of keys at least one, values their type."""

    def shape(node: Any) -> Any:
        if isinstance(node, dict):
            return [shape(value) for value in node.values()]
        if isinstance(node, list):
            return [shape(value) for value in node]
        return type(node).__name__

    assert shape(rewritten(root)) == shape(json.loads(json.dumps(root)))


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_xml_keeps_its_form(encoding: str) -> None:
    """Prefixes, attributes, CDATA and the encoding stay; texts and attributes are replaced; comments go."""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><o:orders xmlns:o="urn:o"><!-- Jane --><o:order id="70010">'
        "<o:status>shipped</o:status><o:name><![CDATA[Jürgen Doe]]></o:name><o:total>5.00</o:total></o:order>"
        "</o:orders>"
    )
    body = NAMES.body(text.encode(encoding), "application/xml")
    root = decode(body.data, content_type="application/xml").root

    found = body.data.decode(encoding)
    assert not [word for word in ("Jane", "Jürgen", "Doe", "70010") if word in found]
    assert f'<o:order id="{NAMES.replaced("70010")}">' in found
    assert "<![CDATA[" in found
    assert root["orders"]["order"]["status"] == "shipped"


def test_csv_form_and_lines_of_json_keep_their_form() -> None:
    """The header and the harmless columns stay."""
    table = NAMES.body(b"order;email;total\nA-7001;jane@web.de;5,00\n", "text/csv").data.decode().splitlines()
    form = NAMES.body(b"status=shipped&email=jane%40web.de", "application/x-www-form-urlencoded").data
    lines = NAMES.body(b'{"email": "jane@web.de"}\n{"email": "j@web.de"}\n', "application/x-ndjson").data

    assert table[0] == "order;email;total"
    assert table[1].endswith(";5,00")
    assert b"status=shipped" in form
    assert b"jane" not in form + lines + table[1].encode()
    assert lines.count(b"\n") == 2


@pytest.mark.parametrize(
    "body", [b"<html><p>Jane</html>", b"\x00\xff\xfe", b"{", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
def test_what_is_not_understood_is_not_kept(body: bytes) -> None:
    """A page or a broken answer is refused, and the message has none of it."""
    with pytest.raises(Unreadable) as caught:
        NAMES.body(body, "application/json" if body == b"{" else None)
    assert "Jane" not in str(caught.value)


def test_preview_shows_shapes_only() -> None:
    """Before the first write the engineer sees what goes, without the values being printed."""
    rows = {row.place: row for row in NAMES.preview([Came(json.dumps([ORDER]).encode(), "application/json")])[0]}

    assert rows["$[*].customer.email"].before == "xxxx.xxx+xxxx@xxxxx.xxx"
    assert rows["$[*].customer.email"].sort == "e-mail"
    assert rows["$[*].status"].sort == ""
    assert rows["$[*].status"].after == "shipped"


@pytest.mark.parametrize("merchant", ["northwind", "southwind", "eastwind", "westwind"])
def test_demo_samples_replay_alike(merchant: str) -> None:
    """A mapping makes the same orders, field by field, of what was replaced, the check after the search included."""
    mapping = load(MAPPINGS / merchant)
    for sample in load_samples(MAPPINGS / merchant):
        before, after = replay(mapping, sample), replay(mapping, replaced(sample))

        assert (after.outcome, len(after.orders)) == (before.outcome, len(before.orders)), sample.name
        for one, other in zip(before.orders, after.orders, strict=True):
            assert keys_of(other.to_dict()) == keys_of(one.to_dict()), sample.name
            assert [each.code for each in other.problems] == [each.code for each in one.problems]
            assert other.to_dict().get("status") == one.to_dict().get("status")


def replaced(sample: Sample) -> Sample:
    """The sample with everything replaced."""

    def pages(answers: Any) -> Any:
        return tuple(
            Answer(NAMES.body(answer.body, answer.content_type).data, answer.status, answer.content_type)
            for answer in answers
        )

    calls = {
        name: {NAMES.replaced(key): pages(each) for key, each in answers.items()}
        if isinstance(answers, dict)
        else pages(answers)
        for name, answers in sample.calls.items()
    }
    return Sample(sample.name, sample.operation, NAMES.inputs(sample.inputs), calls, sample.recorded_at)


def keys_of(node: Any) -> Any:
    """The keys of a record, and of everything in it."""
    if isinstance(node, dict):
        return {key: keys_of(value) for key, value in node.items()}
    return [keys_of(each) for each in node] if isinstance(node, list) else None


@pytest.mark.parametrize(
    "text",
    [
        "/v2/orders?email=jane.doe%40example.com&page=2",
        "?q=jane.doe@example.com",
        "https://api.shop.example/v2/orders?email=jane.doe%40example.com&after=10",
        "jane.doe%40example.com",
        "jane.doe1985",
        "doe.jane-7",
        "/v2/customers?name=Jane+Doe&n=1",
    ],
)
def test_no_name_survives_in_an_address_or_an_id(text: str) -> None:
    """An e-mail inside an address, encoded or not, and a name with digits behind it are replaced."""
    made = Pseudonyms(b"key").replaced(text)

    assert not [word for word in ("jane", "doe", "Jane", "Doe") if word in made]


def test_email_in_an_address_is_the_one_elsewhere() -> None:
    """A link to the next page carries the invented e-mail that stands in the orders, and its own page number's twin."""
    names = Pseudonyms(b"key")
    link = names.replaced("/v2/orders?email=jane.doe%40example.com&page=12")

    assert names.replaced("jane.doe@example.com") in unquote(link)
    assert names.replaced("12") in link


@pytest.mark.parametrize(
    ("text", "front"), [("A-1021", "A-"), ("ORD-DE-12", "ORD-"), ("SO_0042", "SO_"), ("#1001", "#")]
)
def test_marks_of_numbers_stay(text: str, front: str) -> None:
    """The mark in front of an order's number stays, so that rules about prefixes still replay."""
    assert Pseudonyms(b"key").replaced(text).startswith(front)


def test_what_names_the_customer_is_found_elsewhere() -> None:
    """A name in capitals under an unknown key, in a key, in an error's code: known by the place that says it is one."""
    later = {"customer": {"name": "Jane Müller", "city": "Buxtehude", "id": 700101}, "ref": "A-1021"}
    document = {
        "besteller": "JANE", "ziel": "BUXTEHUDE", "usr": "jane-m", "kdnr": 700101, "error": {"code": "jane"},
        "attributes": [{"name": "Müller", "value": "10.00"}], "A-1021": {"state": "sent"}, "müller": 1,
        "mail:jane@web.de": 2, "jane%40web.de": 3, "x.a-1021": 4, "total": 700101, "order": later,
    }  # fmt: skip
    text = json.dumps(rewritten(document), ensure_ascii=False).lower()

    assert [word for word in ("jane", "müller", "buxtehude", "1021", "web.de") if word in text] == []
    made = rewritten(document)
    assert made["besteller"].lower() == made["order"]["customer"]["name"].split()[0].lower()
    assert made["order"]["ref"] in made
    assert (made["kdnr"], made["total"]) == (made["order"]["customer"]["id"], 700101)


def test_names_take_no_key_and_no_word_of_ours_away() -> None:
    """A customer called Price in Main Street, with the address orders@shop.de, leaves the answer's structure alone."""
    customer = {"name": "Carrie Price", "email": "orders@shop.de", "street": "Main Street", "first_name": "Shipped"}
    document = {
        "price": "1.00", "unitPrice": "2.00", "street": "x", "orders": [], "status": "shipped", "carrier": "DHL",
        "Orders@odata.nextLink": "", "@odata.count": 2, "customer": customer, "country": "Price", "2026-11-03": 1,
        "iso8601": "2026-11-03T10:00:00Z", "iso4217": "EUR", "rfc2822": "x", "address2": "y", "ISO3166": "DE",
    }  # fmt: skip
    made = rewritten(document)

    assert list(made) == list(document)
    assert (made["status"], made["carrier"], made["country"]) == ("shipped", "DHL", "Price")


def test_answers_of_one_customer_go_together() -> None:
    """What one answer says of the customer is looked for in the others as well; what was asked for is known from it."""
    first = Came(b'{"kurz": "doe", "code": "JANE"}', "application/json; owner=doe; charset=utf-8")
    second = Came(b'{"customer": {"name": "Jane Doe"}}', "application/json")
    made = [json.loads(one.data) for one in NAMES.bodies([first, second]) if not isinstance(one, Unreadable)]

    assert f"{made[0]['code']} {made[0]['kurz']}".lower() == made[1]["customer"]["name"].lower()
    (alone,) = NAMES.bodies([first], ["jane.doe@web.de"])
    assert not isinstance(alone, Unreadable)
    assert b"doe" not in alone.data and alone.content_type == "application/json; charset=utf-8"


def test_other_spellings_and_prefixes_of_xml() -> None:
    """A name without its dots or in capitals, a phone without its signs; a prefix of XML stays the one declared."""
    customer = {"name": "Jörg Øster", "phone": "+49 171 5550123"}
    made = rewritten({"kurz": "JOERG", "k2": "jorg", "k3": "oester", "msisdn": 491715550123, "customer": customer})
    assert [key for key in ("kurz", "k2", "k3") if made[key].lower() in ("joerg", "jorg", "oester")] == []
    assert not str(made["msisdn"]).endswith("5550123")

    xml = b'<d:a xmlns:d="urn:d"><d:name>Quirin</d:name><d:Quirin d:quirin="1"/></d:a>'
    data = NAMES.body(xml, "text/xml").data
    assert b"quirin" not in data.lower()
    assert decode(data).format == "xml"
    assert data.count(b"<d:") == 3
