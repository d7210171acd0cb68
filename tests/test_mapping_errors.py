"""Mistakes in mapping files: all at once, each with its place, its line and how to mend it."""

# Long lines: a mistake and what is told of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from tests.mapping_texts import load, mapping, problems_of, texts_of
from workbench import transforms
from workbench.errors import MappingError
from workbench.mapping import load_text

# What the language's own description promises, to the letter.
PROMISED = {
    'created_at: {path: "@.created", datetme: "%d.%m.%Y"}': (
        "unknown key 'datetme' @ records.order.created_at (line 8) - one of path, first, join, cases, value, at, null_when, ..."
        "; did you mean 'datetime'?"
    ),
    "order_number: number": (
        "'number': not a path @ records.order.order_number (line 8)"
        " - start it with @ (this item), ^ (the item around it), $ (the response) or name:$"
    ),
    'carrier: "@.a..b"': (
        "'@.a..b': more than names, [n], [*] and filters of @.name == 'word' joined by && @ records.order.carrier (line 8)"
        " - say the place exactly; unusual names as ['...'], comparisons with a path in keep:"
    ),
    'region: "@.where"': "'@.where': a reserved name @ records.order.region (line 8) - write it as @['where']",
    'customer_name: "parcels:$.last"': (
        "'parcels:$.last': nothing is called 'parcels' @ records.order.customer_name (line 8)"
        " - name a call, rows, or something under with:"
    ),
    'status: {path: "@.state", lookup: {"2": sent}}': (
        "'sent' is no status of ours @ records.order.status (line 8) - one of cancelled, completed, confirmed, ..."
    ),
    "amount: {decimal: {comma: true}}": (
        "needs exactly one of path, first, join, cases, value @ records.order.amount (line 8)"
        " - say where the value comes from"
    ),
    'colour: "@.colour"': (
        "no such field @ records.order.colour (line 8) - a merchant's own field belongs under extra:"
    ),
}


@pytest.mark.parametrize("rule", PROMISED)
def test_promised_texts(rule: str) -> None:
    """The texts that people have learnt to search for."""
    assert texts_of(mapping(rule)) == [PROMISED[rule]]


# Rules of an order, and what is told of them: "what @ where".
RULES = {
    # keys
    'amount: {path: "@.a", value: "1"}': ["needs exactly one of path, first, join, cases, value @ records.order.amount"],
    "amount: {}": ["needs exactly one of path, first, join, cases, value @ records.order.amount"],
    "amount:": ["nothing @ records.order.amount"],
    "amount: [1]": ["no rule @ records.order.amount"],
    "amount: 5": ["no rule @ records.order.amount"],
    'amount: {path: ["@.a"]}': ["a list where a path belongs @ records.order.amount"],
    "amount: {path: }": ["nothing where a path belongs @ records.order.amount"],
    'amount: {path: "@.a", otherwise: x}': ["otherwise: without lookup: @ records.order.amount"],
    'amount: {path: "@.a", separator: ""}': ["separator: without join: @ records.order.amount"],
    'amount: {path: "@.a", note: }': ["nothing where a text belongs @ records.order.amount"],
    'region: {cases: [{then: x}], lookup: {a: b}}': ["lookup: beside cases: @ records.order.region"],
    'region: {path: "@.a", decimal: {comma: true}, datetime: "%d"}': ["decimal: beside datetime: @ records.order.region"],
    # sources
    "region: {first: []}": ["an empty list @ records.order.region"],
    'region: {first: "@.a"}': ["a text where a list belongs @ records.order.region"],
    'region: {first: ["@.a", number]}': ["'number': not a path @ records.order.region"],
    'region: {join: ["@.a", {path: "@.b", regx: x}]}': ["unknown key 'regx' @ records.order.region"],
    "region: {value: }": ["nothing where a text, a number or a truth value belongs @ records.order.region"],
    "region: {value: [a]}": ["a list where a text, a number or a truth value belongs @ records.order.region"],
    'region: {value: " "}': ["a blank text @ records.order.region"],
    "region: {cases: {}}": ["a table where a list belongs @ records.order.region"],
    "region: {cases: [x]}": ["a text where a table belongs @ records.order.region"],
    "region: {cases: [{wenn: {}, then: x}]}": ["unknown key 'wenn' @ records.order.region"],
    'region: {cases: [{when: {"@.a": b}}]}': ["a case without then: @ records.order.region"],
    'region: {cases: [{then: a}, {when: {"@.a": b}, then: c}]}': [
        "never reached: a case without when: stands before it @ records.order.region"
    ],
    "region: {cases: [{when: {}, then: c}]}": ["an empty table @ records.order.region"],
    'region: {cases: [{then: "@.a..b"}]}': [
        "'@.a..b': more than names, [n], [*] and filters of @.name == 'word' joined by && @ records.order.region"
    ],
    # statuses
    "status: {value: sent}": ["'sent' is no status of ours @ records.order.status"],
    'status: {path: "@.a", lookup: {a: shipped}, otherwise: sent}': ["'sent' is no status of ours @ records.order.status"],
    "status: {cases: [{then: sent}]}": ["'sent' is no status of ours @ records.order.status"],
    'status: {first: [{path: "@.a", lookup: {a: sent}}, {value: gone}]}': [
        "'sent' is no status of ours @ records.order.status", "'gone' is no status of ours @ records.order.status",
    ],
    'status: {path: "@.a", lookup: {a: [shipped]}}': ["a list where a word of ours belongs @ records.order.status"],
    "return_status: {value: processed}": ["'processed' is no status of ours @ records.order.return_status"],
    # paths
    'region: "^.a"': ["'^.a': ^ further out than there are items @ records.order.region"],
    'region: "$~"': ["'$~': the response has no key @ records.order.region"],
    'region: {path: "@.a", at: "^.b"}': ["'^.b': ^ further out than there are items @ records.order.region"],
    'region: {path: "^^.a", at: "@.b"}': ["'^^.a': ^ further out than there are items @ records.order.region"],
    'region: "rows:$.a"': ["'rows:$.a': nothing is called 'rows' @ records.order.region"],
    # transforms
    'region: {path: "@.a", null_when: {}}': ["a table where a word or a list of words belongs @ records.order.region"],
    'region: {path: "@.a", null_when: []}': ["an empty list @ records.order.region"],
    'region: {path: "@.a", regex: "(?=x)"}': [
        "RE2 refuses the pattern: invalid perl operator: (?= @ records.order.region.regex"
    ],
    'region: {path: "@.a", regex: 5}': ["a number where a text belongs @ records.order.region.regex"],
    'region: {path: "@.a", function: nobody_has_this}': ["no function 'nobody_has_this' @ records.order.region.function"],
    'region: {path: "@.a", lookup: {}}': ["an empty table @ records.order.region"],
    'region: {path: "@.a", lookup: [a]}': ["a list where a table belongs @ records.order.region"],
    'amount: {path: "@.a", decimal: true}': ["true or false where a table belongs @ records.order.amount.decimal"],
    'amount: {path: "@.a", decimal: {coma: true}}': ["unknown key 'coma' @ records.order.amount.decimal"],
    'amount: {path: "@.a", decimal: {comma: ","}}': ["a text where true or false belongs @ records.order.amount.decimal"],
    'amount: {path: "@.a", decimal: {minor_units: 12}}': [
        "minor_units: is none of true, 0 to 9, or a path @ records.order.amount.decimal"
    ],
    'amount: {path: "@.a", decimal: {minor_units: two}}': ["'two': not a path @ records.order.amount.decimal"],
    'created_at: {path: "@.a", datetime: true}': [
        "true or false where a pattern of dates belongs @ records.order.created_at.datetime"
    ],
    'created_at: {path: "@.a", datetime: "%d.%q.%Y"}': ["'%q' is no part of a date pattern @ records.order.created_at.datetime"],
    'created_at: {path: "@.a", datetime: "%d.%m.%"}': ["'%' is no part of a date pattern @ records.order.created_at.datetime"],
    'created_at: {path: "@.a", datetime: "%d.%d.%Y"}': [
        "a part of the date comes twice in the pattern @ records.order.created_at.datetime"
    ],
    'created_at: {path: "@.a", datetime: "%H:%M"}': ["a date pattern without a day @ records.order.created_at.datetime"],
    'created_at: {path: "@.a", datetime: {format: []}}': ["an empty list @ records.order.created_at.datetime.format"],
    'created_at: {path: "@.a", datetime: {epoch: us}}': ["'us' is not known here @ records.order.created_at.datetime.epoch"],
    'created_at: {path: "@.a", datetime: {epoch: s, format: "%d"}}': [
        "epoch: beside format: or time: @ records.order.created_at.datetime"
    ],
    'created_at: {path: "@.a", datetime: {time: clock}}': ["'clock': not a path @ records.order.created_at.datetime.time"],
    'created_at: {path: "@.a", datetime: {timezone: Europe/Berlinn}}': [
        "'Europe/Berlinn': no time zone @ records.order.created_at.datetime.timezone"
    ],
    'created_at: {path: "@.a", datetime: {timezone: 1}}': [
        "a number where a time zone belongs @ records.order.created_at.datetime.timezone"
    ],
    # fields and blocks
    "unavailable: {value: a}": ["a field that is filled by the runtime @ records.order.unavailable"],
    'lines: "@.items"': ["a block is needed @ records.order.lines"],
    'lines: {each: "@.items"}': ["a block without fields: @ records.order.lines"],
    'lines: {each: "@.items", fields: {}}': ["an empty table @ records.order.lines"],
    'lines: {at: "@.items", fields: {sku: "@.s"}}': ["at: in a list field @ records.order.lines"],
    'lines: {sku: "@.items[*].s"}': [
        "unknown key 'sku' @ records.order.lines", "a list field without each: @ records.order.lines",
        "a block without fields: @ records.order.lines",
    ],
    'lines: {each: "@.items", at: "@.x", fields: {sku: "@.s"}}': ["each: and at: together @ records.order.lines"],
    'lines: {each: "@.items", fields: {skew: "@.s"}}': ["no such field @ records.order.lines.skew"],
    'lines: {each: "@.items", fields: {sku: s}}': ["'s': not a path @ records.order.lines.sku"],
    'lines: {each: "@.items", use: tracking, fields: {sku: "@.s"}}': ["unknown key 'use' @ records.order.lines"],
    'lines: {each: "@.items", keyed: false, fields: {sku: "@.s"}}': ["false is said by leaving it out @ records.order.lines.keyed"],
    'lines: {each: "@.items", parse: yaml, fields: {sku: "@.s"}}': ["'yaml' is not known here @ records.order.lines.parse"],
    'lines: {each: [], fields: {sku: "@.s"}}': ["an empty list @ records.order.lines.each"],
    'lines: {each: {last: ["@.a"]}, fields: {sku: "@.s"}}': ["unknown key 'last' @ records.order.lines.each"],
    'lines: {each: {first: []}, fields: {sku: "@.s"}}': ["an empty list @ records.order.lines.each"],
    'lines: {each: ["@.a", ["@.b"]], fields: {sku: "@.s"}}': ["a list where a path belongs @ records.order.lines.each"],
    'lines: {each: ["@.a", "^^.b"], fields: {sku: "@.s"}}': [
        "'^^.b': ^ further out than there are items @ records.order.lines.each"
    ],
    'lines: {each: "@.a", fields: {sku: "^^.b"}}': ["'^^.b': ^ further out than there are items @ records.order.lines.sku"],
    'lines: {each: ["@.a", "@.b"], fields: {sku: "^^^.b"}}': [
        "'^^^.b': ^ further out than there are items @ records.order.lines.sku"
    ],
    'lines: {each: "@.a", keep: {"@.b": "^^.c"}, fields: {sku: "@.b"}}': [
        "'^^.c': ^ further out than there are items @ records.order.lines.keep"
    ],
    'shipping_address: "@.to"': ["a block is needed @ records.order.shipping_address"],
    'shipping_address: {each: "@.to", fields: {city: "@.c"}}': [
        "each: in a field that is one object @ records.order.shipping_address"
    ],
    'shipping_address: {city: "^.c"}': ["'^.c': ^ further out than there are items @ records.order.shipping_address.city"],
    'shipping_address: {city: "@.c", keep: {"@.a": b}}': [
        "'keep' is a key of blocks, not a name for a field @ records.order.shipping_address"
    ],
    'shipping_address: {fields: {city: "@.c"}, keep: {"@.a": b}}': ["keep: without a place @ records.order.shipping_address"],
    'shipping_address: {at: "@.to", group_by: "@.x", fields: {city: "@.c"}}': [
        "group_by: in one object @ records.order.shipping_address"
    ],
    'extra: {note: "@.n"}': ["'note' is a key of blocks, not a name for a field @ records.order.extra"],
    'extra: {fields: {keep: "@.n"}}': [
        "'keep' is a key of blocks, not a name for a field of the merchant's @ records.order.extra.keep"
    ],
    'extra: {"gift wrap": "@.n"}': ["a name that cannot be a field @ records.order.extra.'gift wrap'"],
    # with
    'lines: {each: "@.a", with: {rows: {each: "@.b"}}, fields: {sku: "@.c"}}': [
        "'rows' cannot be a name here @ records.order.lines.with.rows"
    ],
    'lines: {each: "@.a", with: {}, fields: {sku: "@.c"}}': ["an empty table @ records.order.lines.with"],
    'lines: {each: "@.a", with: {x: "@.b"}, fields: {sku: "@.c"}}': ["a text where a table belongs @ records.order.lines.with.x"],
    'lines: {each: "@.a", with: {x: {keep: {"@.b": c}}}, fields: {sku: "@.c"}}': [
        "related items without each: @ records.order.lines.with.x"
    ],
    'lines: {each: "@.a", with: {x: {each: "@.b", at: "@.c"}}, fields: {sku: "@.c"}}': [
        "unknown key 'at' @ records.order.lines.with.x"
    ],
    'lines: {each: "@.a", with: {x: {each: "y:$"}, y: {each: "@.b"}}, fields: {sku: "@.c"}}': [
        "'y:$': nothing is called 'y' @ records.order.lines.with.x.each"
    ],
    'lines: {each: "@.a", with: {x: {each: "@.b"}}, keep: {"x:$.c": d}, fields: {sku: "@.c"}}': [
        "'x:$.c': it is found only after keep @ records.order.lines.keep"
    ],
    'lines: {each: "@.a", group_by: "@.n", keep: {"rows:$.c": d}, fields: {sku: "@.c"}}': [
        "'rows:$.c': it is found only after keep @ records.order.lines.keep"
    ],
    'lines: {each: "@.a", with: {x: {each: "@.b"}}, fields: {sku: "@.c"}}\nregion: "x:$.c"': [
        "'x:$.c': nothing is called 'x' @ records.order.region"
    ],
    # conditions
    'lines: {each: "@.a", keep: [], fields: {sku: "@.c"}}': ["a list where a table belongs @ records.order.lines.keep"],
    'lines: {each: "@.a", keep: {skew: x}, fields: {sku: "@.c"}}': [
        "'skew': neither a path nor a business field @ records.order.lines.keep"
    ],
    'lines: {each: "@.a", keep: {name: x}, fields: {sku: "@.c"}}': [
        "'name': a business field without a rule @ records.order.lines.keep"
    ],
    'region: {cases: [{when: {region: x}, then: y}]}': ["'region': not a path @ records.order.region"],
    'region: {cases: [{when: {"@.a": }, then: y}]}': ["nothing to compare with @ records.order.region"],
    'region: {cases: [{when: {"@.a": []}, then: y}]}': ["an empty list @ records.order.region"],
    'region: {cases: [{when: {"@.a": {}}, then: y}]}': ["an empty table @ records.order.region"],
    'region: {cases: [{when: {"@.a": [[b]]}, then: y}]}': [
        "a list where a word, a path or a list of them belongs @ records.order.region"
    ],
    'region: {cases: [{when: {"@.a": {above: 1}}, then: y}]}': ["unknown comparison 'above' @ records.order.region"],
    'region: {cases: [{when: {"@.a": {equals: 1}}, then: y}]}': ["unknown comparison 'equals' @ records.order.region"],
    'region: {cases: [{when: {"@.a": {is: there}}, then: y}]}': ["is: 'there' is no state of a value @ records.order.region"],
    'region: {cases: [{when: {"@.a": {within: 90 days}}, then: y}]}': ["within: needs a span of time @ records.order.region"],
    'region: {cases: [{when: {"@.a": {older_than: 90}}, then: y}]}': ["older_than: needs a span of time @ records.order.region"],
    'region: {cases: [{when: {"@.a": {over: many}}, then: y}]}': ["over: neither a number nor a date @ records.order.region"],
    'region: {cases: [{when: {"@.a": {value: {}}}, then: y}]}': [
        "a table where a word or a list of words belongs @ records.order.region"
    ],
    'region: {cases: [{when: {"@.a": "^.b"}, then: y}]}': ["'^.b': ^ further out than there are items @ records.order.region"],
}  # fmt: skip


@pytest.mark.parametrize("order", RULES)
def test_rules_and_blocks(order: str) -> None:
    """Each mistake in a record is told as what @ where, with how to mend it and a line."""
    problems = problems_of(mapping(order))

    assert [f"{problem.what} @ {problem.where}" for problem in problems] == RULES[order]
    assert all(problem.how and problem.line and problem.code for problem in problems)


# Records that are right, each near to one that is not.
RIGHT = [
    'region: {cases: [{when: {"@.a": {is: null}}, then: null}, {then: "@.b"}]}',
    'region: {cases: [{when: {"@.a": {at_least: 1, under: 2026-01-01}}, then: $}]}',
    'region: {path: "@.a", lookup: {1: one, true: yes, 007: bond}, otherwise: null}',
    'status: {first: [{path: "@.a", lookup: {A: confirmed}}, {value: unknown}]}',
    'status: {first: ["@.a", "@.b"], lookup: {A: shipped}}',
    'status: {first: [{value: their word}, "@.b"], lookup: {their word: shipped}}',
    'amount: {path: "@.a", decimal: {minor_units: "@.digits", comma: false}}',
    'amount: {path: "@.a", decimal: {minor_units: 0}}',
    'created_at: {at: "@.x[?@.k == \'a\']", path: "@.d", datetime: {time: "@.t", timezone: "@.z", format: ["%d.%m.%Y", "%x"]}}',
    'created_at: {path: "@.a", datetime: {epoch: ms}}',
    'created_at: {path: "^.a", at: "@.b"}',
    'lines: {each: {first: [["@.a", "@.b"], "@.c"]}, fields: {sku: "^^.d"}}',
    'lines: {each: "@.a", keyed: true, parse: json, keep: {sku: {is: present}}, fields: {sku: "@~", name: "^~"}}',
    'lines: {each: "@.a", group_by: "@.n", with: {x: {each: "rows:$", keep: {"@.i": "^.i"}}}, fields: {sku: "x:$.c"}}',
    'lines: {each: "@.a", with: {x: {each: "@.b"}, y: {each: "x:$.c"}}, fields: {sku: "y:$.c", extra: {n: "^.d"}}}',
    'lines: {each: "@.a", keep: {status_raw: x}, fields: {status: {path: "@.s", lookup: {a: allocated}}}}',
    'shipping_address: {city: "@.c", name: "$.n"}',
    'shipping_address: {fields: {city: "@.c"}}',
    'extra: {at: "@.x", fields: {gift: "^.g"}}',
    'return_status: {value: shipped}',
]  # fmt: skip


@pytest.mark.parametrize("order", RIGHT)
def test_right_records(order: str) -> None:
    """What the language allows loads."""
    assert load(order).merchant == "shop"


def test_all_at_once_in_the_order_of_the_file() -> None:
    """One reading tells every mistake, from top to bottom."""
    text = mapping('region: a\nstatus: {value: b}\namount: {pth: "@.c"}', top="timezone: Nowhere", more="nonsense: 1")
    lines = [problem.line for problem in problems_of(text)]

    assert lines == [3, 9, 10, 11, 11, 12]


def test_the_error_lists_every_problem() -> None:
    """What is printed is complete: the file, the number, and a line for each."""
    with pytest.raises(MappingError) as caught:
        load_text(mapping("region: a\nstatus: b"), "shop/1.0.0.yaml")

    lines = str(caught.value).splitlines()
    assert lines[0] == "shop/1.0.0.yaml has 2 problems:"
    assert len(lines) == 3 and "records.order.status (line 9)" in lines[2]


def test_the_line_is_that_of_the_mistake() -> None:
    """In a rule of several lines the line is the one to mend, though the place is the field."""
    text = mapping("status:\n  path: '@.s'\n  lookup:\n    A: shipped\n    B: sent")

    assert texts_of(text)[0].startswith("'sent' is no status of ours @ records.order.status (line 12)")


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ('created_at: {path: "@.a", datetme: x}', "datetime"),
        ('custmer_email: "@.a"', "customer_email"),
        ("status: {value: shiped}", "shipped"),
        ("status: {value: SHIPPED}", "shipped"),
        ('region: {path: "@.a", function: mapping_test_shout_it}', "mapping_test_shout"),
        ('region: {cases: [{when: {"@.a": {at_lest: 1}}, then: y}]}', "at_least"),
        ('region: "serch:$.x"', "search"),
        ('created_at: {path: "@.a", datetime: {timezone: Europe/Berln}}', "Europe/Berlin"),
    ],
)
def test_did_you_mean(rule: str, meant: str) -> None:
    """A slip of the pen is answered with the word that was probably meant."""
    transforms.register_function("mapping_test_shout", str.upper)
    problem = problems_of(mapping(rule, calls="[{name: search}]"))[0]

    assert problem.how.endswith(f"did you mean {meant!r}?")


def test_long_texts_are_cut() -> None:
    """A path of a megabyte is no message of a megabyte."""
    problem = problems_of(mapping(f'region: "@.a..{"b" * 100_000}"'))[0]

    assert len(problem.text) < 1000
