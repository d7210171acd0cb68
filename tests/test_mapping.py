"""Mapping files as a whole: reading, formats, digest, and the shape that editors know."""

# Long lines: a mistake and what is told of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import workbench
from tests.mapping_texts import load, mapping, problems_of, texts_of
from workbench.errors import MappingError
from workbench.mapping import FORMAT, MappingFile, check_data, export_problems, load_data, load_text
from workbench.mapping.schema import file_model, schema
from workbench.mapping.source import CHARACTERS, DEPTH, NODES

PACKAGE = Path(workbench.__file__).parent
FULL = """\
format: 1
merchant: northpole
version: 1.2.0
note: Invented.
connection:
  base_url: https://api.northpole.example/v2
  auth: {kind: basic, username: "${NORTHPOLE_USER}", password: "${NORTHPOLE_PASSWORD}"}
  environments: {test: {base_url: "https://test.northpole.example/v2"}}
timezone: Europe/Berlin
operations:
  find_orders_by_email:
    calls:
      - {name: search, get: /orders, query: {email: "{email}"}, pages: {kind: next_link, path: "$.next"}, not_found_when: {http.status: 404}}
      - {name: parcels, for_each: order, get: "/orders/{@.id}/parcels"}
    orders: {each: "$.data", keep: {customer_email: "{email}"}}
records:
  order:
    order_number: "@.number"
    customer_email: "@.customer.email"
    status: {path: "@.state", lookup: {1: processing, 2: shipped}}
    amount: {path: "@.cents", decimal: {minor_units: true}}
    currency: "@.currency"
    lines: {each: "@.items", fields: {sku: "@.sku", quantity: "@.qty"}}
    shipments: {each: "parcels:$.parcels", fields: {tracking_number: "@.code"}}
    extra: {gift: "@.gift"}
expect:
  tracking_numbers: {when: {status: [shipped, delivered]}}
  lines: {always: true}
fields: {gift: {label: Gift, kind: text, meaning: Whether it is wrapped}}
history: [{version: 1.2.0, date: 2026-11-23, changes: ["status 2 is shipped"]}]
waived: [{finding: "no test order with a return", reason: "the merchant has none", by: jo}]
evidence: {samples: [one, two], fields_seen: {order_number: 2 of 2}}
"""


def test_a_whole_file() -> None:
    """What the file says is there as plain data."""
    file = load_text(FULL, "northpole/1.2.0.yaml")

    assert (file.merchant, file.version, file.source, file.problems) == (
        "northpole",
        "1.2.0",
        "northpole/1.2.0.yaml",
        (),
    )
    assert file.data["records"]["order"]["status"]["lookup"] == {"1": "processing", "2": "shipped"}
    assert file.data["history"][0]["date"] == "2026-11-23"
    assert file.text == FULL


def test_a_file_is_frozen() -> None:
    """Nobody exchanges what a loaded file says."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_text(FULL).merchant = "other"  # type: ignore[misc]


TOP_MISTAKES = {
    "format: 1": ["no merchant: @ the file", "no operations: @ the file", "no records: @ the file"],
    "[]": ["not a table @ the file"],
    "just text": ["not a table @ the file"],
    "5": ["not a table @ the file"],
    mapping(more="reports: {}"): ["unknown key 'reports' @ the file"],
    mapping().replace("format: 1\n", ""): ["no format: @ the file"],
    mapping().replace("format: 1", "format: one"): ["no format of mapping files @ format"],
    mapping().replace("format: 1", "format: true"): ["no format of mapping files @ format"],
    mapping().replace("format: 1", "format: 0"): ["no format of mapping files @ format"],
    mapping().replace("format: 1", "format: 9\nsomething: new"): ["format 9 is newer than this package reads (1) @ format"],
    mapping().replace("shop", "a/b"): ["no name for a merchant @ merchant"],
    mapping().replace("shop", "[shop]"): ["no name for a merchant @ merchant"],
    mapping(top="version: 1.0"): ["no version @ version"],
    mapping(top="version: 1.0.0-beta"): ["no version @ version"],
    mapping(top="timezone: Berlin"): ["'Berlin': no time zone @ timezone"],
    mapping(top="timezone: \"@.zone\""): ["'@.zone': no time zone @ timezone"],
    mapping(top="connection:"): ["nothing where a table belongs @ connection"],
    mapping(more="expect: {lines: {always: true}}"): ["'lines': a business field without a rule @ expect.lines"],
    mapping(more="expect: {colour: {always: true}}"): ["no such field @ expect.colour"],
    mapping(more="expect: {order_number: {always: false}}"): ["false is said by leaving it out @ expect.order_number.always"],
    mapping(more="expect: {order_number: {when: {status: shipped}}}"): [
        "'status': a business field without a rule @ expect.order_number.when"
    ],
    mapping(more='expect: {order_number: {when: {"@.a": b}}}'): ["'@.a': a path @ expect.order_number.when"],
    mapping(more='expect: {order_number: {when: {order_number: "@.b"}}}'): ["'@.b': a path @ expect.order_number.when"],
    mapping(more="expect: {order_number: {}}"): ["an empty table @ expect.order_number"],
    mapping(more="fields: {gift: {kind: status}}"): ["'status' is not known here @ fields.gift.kind"],
    mapping(more="history: [{date: yesterday}]"): ["an entry without version: @ history[0]", "no date @ history[0].date"],
    mapping(more="history: [{version: 1.0.0, changes: many}]"): ["a text where a list belongs @ history[0].changes"],
    mapping(more="waived: [{finding: x}]"): ["waived without a reason: @ waived[0]"],
    mapping(more="evidence: {samples: 5}"): ["a number where a list belongs @ evidence.samples"],
    mapping().replace("  order:", "  ordre:"): ["no such record 'ordre' @ records.ordre", "no record 'order' @ operations.find.orders.use"],
    mapping().replace("  order:", "  line:"): ["no such record 'line' @ records.line", "no record 'order' @ operations.find.orders.use"],
    mapping().replace("  find:", "  find it:"): ["a name that cannot be an operation's @ operations.'find it'"],
}  # fmt: skip


@pytest.mark.parametrize("text", TOP_MISTAKES)
def test_top(text: str) -> None:
    """Mistakes around operations and records."""
    problems = problems_of(text)

    assert sorted(f"{problem.what} @ {problem.where}" for problem in problems) == sorted(TOP_MISTAKES[text])
    assert all(problem.how and problem.code for problem in problems)


def test_newer_format_says_what_to_do() -> None:
    """A file from the future is not read half."""
    assert texts_of(mapping().replace("format: 1", "format: 9")) == [
        "format 9 is newer than this package reads (1) @ format (line 1)"
        " - update the package, or export the mapping with this one"
    ]


def test_older_formats_are_upgraded_step_by_step() -> None:
    """An older file loads as the newest, and its digest stays that of what it says."""

    def from_minus_one(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "merchant": data["shop"]}

    def from_zero(data: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in data.items() if key != "shop"}

    text = mapping().replace("format: 1", "format: -1").replace("merchant: shop", "shop: shop")
    file = load_text(text, upgrades={-1: from_minus_one, 0: from_zero})

    assert file.data["format"] == FORMAT and file.merchant == "shop" and "shop" not in file.data
    assert file.digest != load_text(mapping()).digest
    with pytest.raises(MappingError):
        load_text(text)


# ---------------------------------------------------------------- the text

SOURCE_MISTAKES = {
    "": "nothing in it @ the file",
    " \n# a comment\n": "nothing in it @ the file",
    "\x00\x01\x02": "not YAML",
    "PK\x03\x04\x14\x00": "not YAML",
    "a: [1": "not YAML",
    "a:\n\t- b": "not YAML",
    "a: @.b": "not YAML",
    "a: b\n---\nc: d": "several documents",
    "a: !!python/object:os.system x": "a tag",
    "a: !!str x": "a tag",
    "? [a, b]\n: c": "a key that is a table or a list",
    "~: a": "a key without a name",
    "a: &x {b: *x}": "an alias of nothing, or of what it stands in",
    "a: *x": "an alias of nothing, or of what it stands in",
    "a: &x 1\n*x : b": "an alias as a key",
    '{"a": "\\ud800"}': "half a character",
    f"{'k' * 1100}: a": "",
    f"a: {'x' * CHARACTERS}": f"more than {CHARACTERS} characters",
    "[" * 10_000: f"nested deeper than {DEPTH}",
    '{"a":' * 10_000: f"nested deeper than {DEPTH}",
    '{"a": [' + "0," * NODES + "0]}": f"more than {NODES} values",
}


@pytest.mark.parametrize("text", SOURCE_MISTAKES, ids=lambda text: repr(text[:20]))
def test_text_that_is_no_mapping(text: str) -> None:
    """Whatever is handed in, the answer is one problem in words."""
    problems = problems_of(text)

    assert len(problems) == 1 and problems[0].text.startswith(SOURCE_MISTAKES[text])
    assert problems[0].how and len(problems[0].text) < 500


def test_aliases_do_not_explode() -> None:
    """A few lines cannot become a billion values."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert texts_of("\n".join(rows))[0].startswith(f"more than {NODES} values through aliases")


def test_aliases_are_copies() -> None:
    """What is written once may be meant twice, without being one object."""
    file = load('region: &rule {path: "@.r", note: why}\norder_type: *rule')
    order = file.data["records"]["order"]

    assert order["region"] == order["order_type"] and order["region"] is not order["order_type"]


def test_a_key_that_comes_twice() -> None:
    """The second of two equal keys would win in silence; both mistakes of the file are told."""
    text = mapping('region: "@.a"\nregion: "@.b"\ncolour: "@.c"')
    twice = "the key 'region' comes twice @ records.order (line 9) - keep one of them"

    assert [one.partition(" - ")[0] for one in texts_of(text)] == [
        twice.partition(" - ")[0], "no such field @ records.order.colour (line 10)",
    ]  # fmt: skip
    assert "the key 'format' comes twice" in texts_of('{"format": 1, "format": 1}')[0]


def test_tabs_are_named() -> None:
    """The commonest slip of layout says what to do."""
    assert texts_of("format: 1\nrecords:\n\torder: x")[0].endswith("indent with blanks, never with tabs")


SCALARS = {
    "NO": "NO", "yes": "yes", "1e3": 1000, "1.50": Decimal("1.50"), "007": "007", "0x10": 16, "1_000": "1_000",
    "12:30": "12:30", "2026-01-02": "2026-01-02", "~": None, "null": None, "True": True, ".5": Decimal("0.5"),
    "'1'": "1", "-3": -3, "1.0": Decimal("1.0"), ".inf": ".inf", "=": "=", "<<": "<<", "9" * 500: "9" * 500,
}  # fmt: skip


@pytest.mark.parametrize("written", SCALARS)
def test_scalars_of_yaml_1_2(written: str) -> None:
    """No country is false, no number loses a digit, and no date becomes anything but its text."""
    data = load_text(mapping(more=f"evidence: {{fields_seen: {{x: {written}}}}}")).data
    value = data["evidence"]["fields_seen"]["x"]

    assert value == SCALARS[written] and type(value) in (str, int, bool, Decimal, type(None))
    assert str(value) == str(SCALARS[written]) or written == "1e3"


def test_json_is_read_as_it_is() -> None:
    """JSON is YAML, with the same data and the same places."""
    data = load_text(FULL).data
    text = json.dumps(data, indent=2)

    assert load_text(text).data == data
    assert load_text(text).digest == load_text(FULL).digest
    broken = text.replace('"@.number"', '"number"')
    assert problems_of(broken)[0].line == broken[: broken.index('"number"')].count("\n") + 1


def test_byte_order_mark() -> None:
    """An editor's mark at the start is no content."""
    assert load_text("\ufeff" + FULL).data == load_text(FULL).data


# ---------------------------------------------------------------- the digest


def test_digest_is_of_what_the_file_says() -> None:
    """Comments, layout and the order of keys do not matter; every value does."""
    digest = load_text(FULL).digest
    swapped = FULL.replace("merchant: northpole\nversion: 1.2.0", "version: '1.2.0'   # quoted\nmerchant: northpole")

    assert len(digest) == 64 and load_text(swapped).digest == digest
    assert load_text(FULL.replace("Invented.", "Invented")).digest != digest
    assert load_text(FULL.replace("2 of 2", "2")).digest != load_text(FULL.replace("2 of 2", '"2"')).digest
    assert load_text(FULL.replace("2 of 2", "2.0")).digest != load_text(FULL.replace("2 of 2", '"2.0"')).digest
    assert load_text(FULL.replace("2 of 2", "2.0")).digest != load_text(FULL.replace("2 of 2", "2.00")).digest


# ---------------------------------------------------------------- editors


def test_schema_is_current() -> None:
    """The checked-in schema is what the models say: python -m workbench.mapping.schema > workbench/mapping.schema.json."""
    assert json.loads((PACKAGE / "mapping.schema.json").read_text(encoding="utf-8")) == schema()


def test_schema_knows_what_loads() -> None:
    """A file that loads is right in the editor as well, and its fields are explained there."""
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())

    assert list(validator.iter_errors(as_json(load_text(FULL)))) == []
    order = schema()["$defs"]["OrderFields"]["properties"]
    assert order["order_number"]["description"].startswith("Order Number: ")
    assert "shipped" in order["status"]["description"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("merchant: northpole", "merchant: north/pole"),
        ("lookup: {1", "lookpu: {1"),
        ("order_number:", "order_nmbr:"),
        ("kind: next_link", "kind: nextlink"),
        ("kind: basic", "kind: basics"),
        ("always: true", "always: false"),
        ("lines: {each:", "lines: {at:"),
        ('"@.number"', "number"),
        ("for_each: order", "for_each: line"),
        ("http.status: 404", "http.status: {code: 404}"),
        ('"${NORTHPOLE_PASSWORD}"', "hunter2"),
    ],
)
def test_schema_marks_mistakes(right: str, wrong: str) -> None:
    """What does not load for its shape is marked while it is typed."""
    validator = jsonschema.Draft202012Validator(schema())
    text = FULL.replace(right, wrong)

    assert text != FULL and problems_of(text)
    from workbench.mapping.source import read_source

    assert list(validator.iter_errors(as_json(read_source(text).data)))


def as_json(file: Any) -> Any:
    """Data as a JSON reader sees it."""
    data = file.data if isinstance(file, MappingFile) else file
    return json.loads(json.dumps(data, default=float))


def test_models_read_what_loads() -> None:
    """The models and the checks agree on a right file."""
    assert file_model().model_validate(load_text(FULL).data)


def test_loading_costs_no_pydantic() -> None:
    """Those who only load never pay for the models."""
    code = (
        "import sys\nfrom workbench.mapping import load_text\nload_text(sys.argv[1])\n"
        "assert not {'pydantic', 'httpx'} & set(sys.modules), 'loaded'"
    )

    subprocess.run([sys.executable, "-c", code, FULL], check=True, cwd=PACKAGE.parent)


# ---------------------------------------------------------------- data that never was a text


@pytest.mark.parametrize(
    "data", [None, [], {}, "x", 5, {5: 6}, {"format": 1, 5: 6}, {"format": 1, "operations": {5: {}}}]
)
def test_check_data_takes_anything(data: Any) -> None:
    """A draft that is made by a program is checked as well as one that was read."""
    assert check_data(data)


def test_check_data_of_a_right_mapping() -> None:
    """The data of a file that loads has no problems."""
    assert check_data(load_text(FULL).data) == []


@pytest.mark.parametrize(
    "text",
    [
        "format: 1\nmerchant: acme\noperations: {}\nrecords: {}\n",
        "format: 1\nmerchant: acme\noperations: {find_orders_by_email: {}}\nrecords: {order: {}}\n",
    ],
)
def test_draft_without_rules_loads_and_cannot_be_exported(text: str) -> None:
    """A draft is a mapping from its first minute; what it lacks stands against exporting it."""
    file = load_text(text)

    assert not file.problems or all(problem.code != "empty" for problem in file.problems)
    assert export_problems(file)


def test_data_of_a_tool_is_checked_like_a_text() -> None:
    """Data gives the file that its text gives; tuples and floats are plain afterwards, and mistakes are told."""
    data = load_text(FULL).data
    made = load_data(data, "here")
    assert (made.data, made.digest) == (data, load_text(FULL).digest)
    assert made.data is not data

    timed = load_data({**data, "connection": {"base_url": "https://a.example", "timeout_s": 1.5}})
    assert str(timed.data["connection"]["timeout_s"]) == "1.5"
    with pytest.raises(MappingError, match="a mapping holds no set"):
        load_data({**data, "note": {"x"}})
    with pytest.raises(MappingError, match="unknown key"):
        load_data({**data, "recods": {}})
