"""The one layout of a mapping file: readable, stable to the byte, and nothing lost."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mapping_texts import load, mapping
from tests.test_mapping import FULL
from workbench.mapping import dump, load_text
from workbench.mapping.dump import WIDTH
from workbench.mapping.source import read_source

LAYOUT = """\
format: 1
merchant: shop
version: 1.0.0
note: "Two notes: this one has a colon"
connection:
  base_url: https://api.shop.example/v2
  auth: {kind: bearer, token: "${SHOP_TOKEN}"}
timezone: Europe/Berlin
operations:
  find_order_by_number:
    calls:
      - {name: detail, get: "/orders/{number}", not_found_when: {http.status: 404}}
      - name: more
        post: /graphql
        reads: true
        graphql:
          document: |-
            query($id: ID!) {
              order(id: $id) { id }
            }
          variables: {id: "{$.id}"}
    orders: {each: "$", keep: {order_number: "{number}"}}
records:
  order:
    order_number: "@.number"
    status:
      path: "@.state"
      lookup:
        "1": pending
        "NO": cancelled
        "1e3": shipped
        "~": unknown
        on hold: on_hold
        "2026-01-02": delivered
        paid in full: processing
        x: confirmed
      note: They are words of a machine
    customer_name: {join: ["@.first", "@.last"]}
    created_at: {path: "@.created", datetime: "%d.%m.%Y"}
    lines:
      each: "@.items"
      with: {parcel: {each: "^.parcels", keep: {"@.ids": "^.id"}}}
      fields: {name: "@.title", sku: "@.sku", tracking_numbers: "parcel:$.code"}
    extra: {gift: "@.gift"}
expect:
  lines: {always: true}
fields:
  gift: {label: Gift, kind: text}
history:
  - {version: 1.0.0, date: "2026-11-23", changes: [first version]}
evidence: {samples: [one, two]}
"""


def test_layout() -> None:
    """A simple rule is one line; the skeleton of the file stands open; texts of several lines stay readable."""
    assert dump(load_text(LAYOUT)) == LAYOUT


def test_order_of_keys() -> None:
    """However a file was written, its keys come in the order of the description and its fields in the catalogue's."""
    data = load_text(LAYOUT).data
    lines = data["records"]["order"]["lines"]
    block = {key: lines[key] for key in reversed(lines)}
    block["fields"] = {key: lines["fields"][key] for key in reversed(lines["fields"])}
    order = {key: data["records"]["order"][key] for key in reversed(data["records"]["order"])}
    shuffled = {key: data[key] for key in reversed(data)}
    shuffled["records"] = {"order": {**order, "lines": block}}

    assert dump(shuffled) == LAYOUT


def test_a_whole_file_comes_back() -> None:
    """Reading what was written gives the same data and the same digest, and writing it again the same bytes."""
    file = load_text(FULL)
    again = load_text(dump(file))

    assert (again.data, again.digest) == (file.data, file.digest)
    assert dump(again) == dump(file) == dump(file.data)


def test_lines_fit() -> None:
    """Nothing is wider than a screen unless it cannot be broken."""
    long = {f"word {number}": "processing" for number in range(40)}
    rule = {"path": "@.a", "lookup": long}
    file = load_text(dump({**load('region: "@.r"').data, "records": {"order": {"status": rule}}}))

    assert max(map(len, dump(file).splitlines())) <= WIDTH
    assert file.data["records"]["order"]["status"]["lookup"] == long


def test_notes_are_kept() -> None:
    """Why it is so is data: notes of rules, blocks, calls and the file come back."""
    text = mapping(
        'region: {path: "@.r", note: "asked on 3 March"}\nlines: {each: "@.i", note: rows, fields: {sku: "@.s"}}',
        calls="[{get: /a, note: slow}]",
        top="note: |\n  several\n  lines",
    )
    data = load_text(dump(load_text(text))).data

    assert data == load_text(text).data
    assert "several\nlines" in data["note"]


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        "NO", "1e3", "~", "null", "2026-01-02", "0x1", "a: b", "a #b", "- x", "@.x", "*a", "&a", "!t", "%d", "007",
        "1_000", "12:30", "yes", "=", "<<", "?", "a\nb\n", "a\n  b\n\nc", " lead", "x\ty", "\n", "a\n\n", ".inf",
        "1.2.0", "# x", "a\r\nb", "\u2028", "\x85", "\ufeff", "---", "...", "a\n---\nb", "é\nü", "{a}", "[a", "a,b",
        "a, b", "'", '"', "\\",
    ]
)  # fmt: skip
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6),
    texts,
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda key: len(key) < 100), inner, max_size=4)
    ),
    max_leaves=20,
)
KEYS = ["format", "note", "connection", "operations", "records", "history", "other"]


@given(st.dictionaries(st.sampled_from(KEYS), trees, min_size=1))
def test_any_data_comes_back(data: dict[str, Any]) -> None:
    """Whatever the values look like, they come back as they were, with the same bytes the second time."""
    text = dump(data)
    read = read_source(text)

    assert read.problems == []
    assert read.data == data and repr_of(read.data) == repr_of(data)
    assert dump(read.data) == text


def repr_of(data: Any) -> Any:
    """Data with the types and digits of its scalars told apart, whatever the order of keys."""
    if isinstance(data, dict):
        return {key: repr_of(value) for key, value in data.items()}
    if isinstance(data, list):
        return [repr_of(value) for value in data]
    return repr(data)


@pytest.mark.parametrize("number", [Decimal("1E+3"), Decimal("0.10"), Decimal("-1E-7"), Decimal("1.0"), 10**40, 0])
def test_numbers_are_exact(number: Any) -> None:
    """No digit is lost or added."""
    read = read_source(dump({"note": number})).data["note"]

    assert read == number and str(read) in (str(number), str(int(number)))


def test_keys_that_are_no_texts_become_texts() -> None:
    """Data made by a program may have numbers as the keys of a lookup; the file has their text."""
    written = dump({"records": {2: "a", True: "b", Decimal("1.5"): "c"}})

    assert read_source(written).data == {"records": {"2": "a", "true": "b", "1.5": "c"}}


def test_block_text_inside_lists() -> None:
    """Texts of several lines keep their place wherever they stand."""
    data = {"history": [{"changes": ["one\ntwo", "three"], "note": "a\nb"}, ["x\ny"]]}

    assert dump(data) == textwrap.dedent("""\
        history:
          - changes:
              - |-
                one
                two
              - three
            note: |-
              a
              b
          - - |-
              x
              y
        """)
    assert read_source(dump(data)).data == data
