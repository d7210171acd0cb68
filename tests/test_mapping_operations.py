"""Mistakes in operations, calls and the connection, and what makes a mapping fit to be exported."""

# Long lines: a mistake and what is told of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import textwrap

import pytest

from tests.mapping_texts import load, mapping, problems_of, texts_of
from workbench.mapping import export_problems, load_text
from workbench.mapping.lint import lint

ORDER = 'order_number: "@.no"\ncustomer_email: "@.mail"'
CALLS = "operations.find.calls"


def told(text: str) -> list[str]:
    """What @ where of every problem; each has a way to mend it, a code and a line."""
    problems = problems_of(text)
    assert all(problem.how and problem.code and problem.line for problem in problems)
    return [f"{problem.what} @ {problem.where}" for problem in problems]


CALL_MISTAKES = {
    # a call alone
    "[]": ["an empty list @ operations.find.calls"],
    "{name: a}": ["a table where a list belongs @ operations.find.calls"],
    "[/orders]": ["a text where a table belongs @ operations.find.calls[0]"],
    "[{get: /a, post: /b}]": ["get and post in one call @ operations.find.calls[0]"],
    "[{get: /a, json: {a: 1}}]": ["json: in a get call @ operations.find.calls[0].json"],
    "[{post: /a, json: {a: 1}, form: {a: 1}}]": ["json and form in one call @ operations.find.calls[0]"],
    "[{fetch: /a}]": ["unknown key 'fetch' @ operations.find.calls[0]"],
    "[{get: [a]}]": ["a list where a text belongs @ operations.find.calls[0].get"],
    '[{get: ""}]': ["a blank text @ operations.find.calls[0].get"],
    "[{name: 5, get: /a}]": ["a number where a name belongs @ operations.find.calls[0].name"],
    "[{name: rows, get: /a}]": ["'rows' cannot be a call's name @ operations.find.calls[0].name"],
    "[{name: a-b, get: /a}]": ["'a-b' cannot be a call's name @ operations.find.calls[0].name"],
    "[{get: /a}, {get: /b}]": ["a call without a name @ operations.find.calls[1]"],
    "[{get: /a}, {name: main, get: /b}]": ["two calls are named 'main' @ operations.find.calls[1].name"],
    "[{get: /a, format: yaml}]": ["'yaml' is not known here @ operations.find.calls[0].format"],
    "[{get: /a, reads: 1}]": ["a number where true or false belongs @ operations.find.calls[0].reads"],
    "[{get: /a, timeout_s: 0}]": ["no number of seconds @ operations.find.calls[0].timeout_s"],
    "[{get: /a, timeout_s: soon}]": ["no number of seconds @ operations.find.calls[0].timeout_s"],
    '[{get: /a, delimiter: "::"}]': ["no delimiter @ operations.find.calls[0].delimiter"],
    '[{get: /a, encoding: nonsense-8}]': ["an unknown encoding @ operations.find.calls[0].encoding"],
    '[{get: /a, encoding: rot13}]': ["an unknown encoding @ operations.find.calls[0].encoding"],
    "[{get: /a, namespaces: {cbc: 1}}]": ["a number where a text belongs @ operations.find.calls[0].namespaces.cbc"],
    # templates
    '[{get: "/a/{order-id}"}]': ["a brace that holds neither an input nor a path @ operations.find.calls[0].get"],
    '[{get: "/a/{$.x..y}"}]': [
        "'$.x..y': more than names, [n], [*] and filters of @.name == 'word' joined by && @ operations.find.calls[0].get"
    ],
    '[{get: "/a/{@.id}"}]': ["'@.id': there is no item here @ operations.find.calls[0].get"],
    '[{get: /a, query: {q: "{b:$.x}"}}]': ["'b:$.x': nothing is called 'b' @ operations.find.calls[0].query.q"],
    '[{get: /a, query: {q: "{b:$.x}"}}, {name: b, get: /b}]': [
        "'b:$.x': nothing is called 'b' @ operations.find.calls[0].query.q"
    ],
    "[{get: /a, query: [q]}]": ["a list where a table belongs @ operations.find.calls[0].query"],
    "[{get: /a, headers: {q: {a: b}}}]": ["a table where a text or a number belongs @ operations.find.calls[0].headers.q"],
    '[{get: /a, query: {q: {a: [{b: "{x-y}"}]}}}]': [
        "a brace that holds neither an input nor a path @ operations.find.calls[0].query.q"
    ],
    "[{get: /a, quotes: single}]": ["'single' is not known here @ operations.find.calls[0].quotes"],
    "[{delete: /a, reads: true}]": ["a delete that only reads @ operations.find.calls[0].reads"],
    '[{post: /a, xml: "<a><!-- ${SHOP_X} --></a>"}]': [
        "a value in a comment or a declaration of XML @ operations.find.calls[0].xml"
    ],
    '[{get: /a, headers: {X-Api-Key: "k-123"}}]': ["a secret in the file @ operations.find.calls[0].headers.X-Api-Key"],
    '[{get: /a, query: {access_token: "k-123"}}]': ["a secret in the file @ operations.find.calls[0].query.access_token"],
    '[{get: /a, headers: {X-Api-Key: "${STORE_KEY}"}}]': [
        "${STORE_KEY} is not this merchant's @ operations.find.calls[0].headers.X-Api-Key"
    ],
    '[{get: /a, headers: {X-Api-Key: "${shop_key}"}}]': [
        "a reference that is no name in capitals @ operations.find.calls[0].headers.X-Api-Key"
    ],
    # bodies
    "[{post: /a, graphql: {variables: {a: 1}}}]": ["nothing where a text belongs @ operations.find.calls[0].graphql.document"],
    "[{post: /a, graphql: {document: q, vars: {}}}]": ["unknown key 'vars' @ operations.find.calls[0].graphql"],
    '[{post: /a, graphql: {document: q, variables: {a: "{@.x}"}}}]': [
        "'@.x': there is no item here @ operations.find.calls[0].graphql.variables"
    ],
    "[{post: /a, soap: {action: a, version: 2, body: b}}]": ["no version of SOAP @ operations.find.calls[0].soap.version"],
    "[{post: /a, soap: {action: a}}]": ["nothing where a text belongs @ operations.find.calls[0].soap.body"],
    "[{post: /a, xml: {a: b}}]": ["a table where a text belongs @ operations.find.calls[0].xml"],
    "[{post: /a, json: }]": ["nothing where the body belongs @ operations.find.calls[0].json"],
    # calls for each order
    '[{for_each: order, get: "/a/{@.id}"}]': ["the first call for_each: order @ operations.find.calls[0].for_each"],
    "[{get: /a}, {name: b, for_each: line, get: /b}]": ["'line' is not known here @ operations.find.calls[1].for_each"],
    '[{get: /a}, {name: b, for_each: order, get: "/b/{^.id}"}]': [
        "'^.id': ^ further out than there are items @ operations.find.calls[1].get"
    ],
    '[{get: /a}, {name: b, for_each: order, get: "/b/{@.id}"}, {name: c, get: "/c/{b:$.id}"}]': [
        "'b:$.id': that call is made for each order @ operations.find.calls[2].get"
    ],
    # what is asked of the answer
    "[{get: /a, not_found_when: {status: 404}}]": ["'status': not a path @ operations.find.calls[0].not_found_when"],
    "[{get: /a, not_found_when: {http.code: 404}}]": [
        "'http.code': not a part of the answer @ operations.find.calls[0].not_found_when"
    ],
    '[{get: /a, fail_when: {"b:$.error": x}}]': ["'b:$.error': nothing is called 'b' @ operations.find.calls[0].fail_when"],
    '[{get: /a, only_when: {http.status: 200}}]': ["'http.status': not a path @ operations.find.calls[0].only_when"],
    # pages
    "[{get: /a, pages: next_link}]": ["a text where a table belongs @ operations.find.calls[0].pages"],
    "[{get: /a, pages: {max: 5}}]": ["pages without kind: @ operations.find.calls[0].pages"],
    "[{get: /a, pages: {kind: next}}]": ["unknown kind of pages 'next' @ operations.find.calls[0].pages.kind"],
    "[{get: /a, pages: {kind: next_link}}]": ["pages of kind next_link without path: @ operations.find.calls[0].pages"],
    '[{get: /a, pages: {kind: cursor, path: "$.c"}}]': ["pages of kind cursor without param: @ operations.find.calls[0].pages"],
    '[{get: /a, pages: {kind: page, path: "^.c"}}]': [
        "'^.c': ^ further out than there are items @ operations.find.calls[0].pages.path"
    ],
    "[{get: /a, pages: {kind: page, max: 0}}]": ["a number out of range @ operations.find.calls[0].pages.max"],
    "[{get: /a, pages: {kind: page, start: first}}]": ["a text where a whole number belongs @ operations.find.calls[0].pages.start"],
    "[{get: /a, pages: {kind: page, limit: 5}}]": ["unknown key 'limit' @ operations.find.calls[0].pages"],
    "[{get: /a, pages: {kind: page, stop_when: {}}}]": ["an empty table @ operations.find.calls[0].pages.stop_when"],
}  # fmt: skip


@pytest.mark.parametrize("calls", CALL_MISTAKES)
def test_calls(calls: str) -> None:
    """Each mistake in a call is told at its place."""
    assert told(mapping(ORDER, calls=calls)) == CALL_MISTAKES[calls]


RIGHT_CALLS = [
    "[{get: /a, not_found_when: {http.status: [404, 410], http.header.X-None: {is: present}}, fail_when: {\"@.error\": {is: present}}}]",
    "[{name: a, note: why}]",
    '[{get: /a}, {name: b, get: "/b/{$.id}"}, {name: c, get: "/c/{b:$.id}/{main:$.x}", only_when: {"b:$.id": {is: present}}}]',
    '[{get: /a}, {name: b, for_each: order, get: "/b/{@.id}"}, {name: c, for_each: order, get: "/c/{b:$.id}/{@.x}"}]',
    '[{post: /a, reads: true, graphql: {document: "query($e: String) { orders(email: $e) { id } }", variables: {e: "{email}"}}}]',
    '[{post: /a, soap: {action: "", version: 1.2, body: "<f>{email}</f>"}, format: soap, namespaces: {cbc: "urn:x"}}]',
    '[{get: /a, headers: {Authorization: "Token ${SHOP_KEY}", X-Page: 5}, query: {id: [1, "{email}"], key: "{email}"}}]',
    '[{get: /a, pages: {kind: graphql, path: "$.p", param: after, max: 3, stop_when: {http.header.X-More: "0"}}, required: true}]',
    '[{get: /a, format: csv, delimiter: "\\t", encoding: cp1252, timeout_s: 2.5}]',
]  # fmt: skip


@pytest.mark.parametrize("calls", RIGHT_CALLS)
def test_right_calls(calls: str) -> None:
    """What a call may say loads."""
    assert load(ORDER, calls=calls).data["operations"]["find"]["calls"]


OPERATION_MISTAKES = {
    'orders: {at: "$.x"}': ["orders are a list @ operations.find.orders.at"],
    'orders: {keep: {"@.a": b}}': ["orders without each: @ operations.find.orders"],
    "orders: []": ["a list where a table belongs @ operations.find.orders"],
    'orders: {each: "$", fields: {id: "@.i"}}': ["fields: under orders: @ operations.find.orders.fields"],
    'orders: {each: "$", use: tracking}': ["no record 'tracking' @ operations.find.orders.use"],
    'orders: {each: "$", use: [order]}': ["a list where a name belongs @ operations.find.orders.use"],
    'orders: {each: "^.a"}': ["'^.a': ^ further out than there are items @ operations.find.orders.each"],
    'orders: {each: "$", keep: {"^^.a": b}}': ["'^^.a': ^ further out than there are items @ operations.find.orders.keep"],
    'orders: {each: "$", keep: {customer_name: b}}': ["'customer_name': a business field without a rule @ operations.find.orders.keep"],
    'orders: {each: "$", keep: {mail: b}}': ["'mail': neither a path nor a business field @ operations.find.orders.keep"],
    'orders: {each: "$", with: {x: {each: "$.x", keep: {customer_email: a}}}}': ["'customer_email': not a path @ operations.find.orders.with.x.keep"],
    'inputs: phone': ["a text where a list belongs @ operations.find.inputs"],
    'inputs: [phone, phone]': ["an input that is listed twice @ operations.find.inputs[1]"],
    'inputs: [a-b]': ["a name that cannot be an input's @ operations.find.inputs[0]"],
    'inputs: [5]': ["a number where a name belongs @ operations.find.inputs[0]"],
    'inputs: [phone]\nverify: {order_number: "{phon}"}': ["{phon}: no such input @ operations.find.verify"],
    "verify: []": ["a list where a table belongs @ operations.find.verify"],
    "verify: {order_number: {ignore_prefix: A}}": ["nothing to compare with @ operations.find.verify"],
    'verify: {order_number: {equals: "{n}", over: 5}}': ["equals: beside other comparisons @ operations.find.verify"],
    'verify: {order_number: {equals: "{n}", leading_zeros: keep}}': ["'keep' is not known here @ operations.find.verify"],
    'verify: {order_number: {equals: "{n}", ignore_prefix: [5]}}': ["a number where a text belongs @ operations.find.verify"],
    'verify: {region: "{n}"}': ["'region': a business field without a rule @ operations.find.verify"],
    "note: []": ["a list where a text belongs @ operations.find.note"],
    "calls_: []": ["unknown key 'calls_' @ operations.find"],
}  # fmt: skip


def operation(body: str, order: str = ORDER, name: str = "find") -> str:
    """A mapping whose one operation has this body."""
    lines = ["format: 1", "merchant: shop", "operations:", f"  {name}:"]
    lines += [f"    {line}" for line in textwrap.dedent(body).splitlines()]
    lines += ["records:", "  order:", *(f"    {line}" for line in order.splitlines())]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("body", OPERATION_MISTAKES)
def test_operations(body: str) -> None:
    """Each mistake around the calls is told at its place."""
    assert told(operation(body)) == OPERATION_MISTAKES[body]


def test_caret_in_orders_keep_is_the_response() -> None:
    """What an order is sought from is the response itself; a rule of the order has nothing around it."""
    body = 'orders: {each: "$.data", keep: {"@.shop": "^.shop"}, with: {x: {each: "$.x", keep: {"@.id": "^.id"}}}}'

    assert load_text(operation(body)).data
    assert told(operation(body, 'order_number: "^.no"')) == [
        "'^.no': ^ further out than there are items @ records.order.order_number"
    ]


def test_caret_reaches_the_levels_of_the_orders() -> None:
    """Two levels of orders are two items: the outer one is around the order."""
    body = 'orders: {each: ["$.boxes", "@.orders"]}'

    assert load_text(operation(body, 'order_number: "^.no"')).data
    assert told(operation(body, 'order_number: "^^.no"')) == [
        "'^^.no': ^ further out than there are items @ records.order.order_number"
    ]


def test_a_call_for_each_order_does_not_find_orders() -> None:
    """Its answers are there only when the orders are known: for rules and `with`, not for the place or `keep`."""
    calls = 'calls: [{get: /a}, {name: b, for_each: order, get: "/b/{@.id}"}]\n'
    right = 'orders: {each: "$", with: {x: {each: "b:$.x"}}}'
    wrong = 'orders: {each: "b:$", keep: {"b:$.x": y}}'
    why = "that call is made for each order, which is not known yet"

    assert load_text(operation(calls + right, 'order_number: "x:$.no"\nregion: "b:$.r"')).data
    assert told(operation(calls + wrong)) == [
        f"'b:$': {why} @ operations.find.orders.each", f"'b:$.x': {why} @ operations.find.orders.keep",
    ]  # fmt: skip


def test_a_record_may_read_what_only_one_operation_has() -> None:
    """Such a name loads, and is worth a second look; one that no operation has is a mistake."""
    text = textwrap.dedent("""\
        format: 1
        merchant: shop
        operations:
          find_orders_by_email: {calls: [{name: search, get: /a}, {name: parcels, get: /b}], orders: {each: "$"}}
          find_order_by_number: {calls: [{name: detail, get: /a}], orders: {each: "$"}}
        records: {order: {order_number: "@.no", region: "parcels:$.r", id: "ID"}}
        """)

    assert told(text.replace("ID", "nobody:$.i")) == ["'nobody:$.i': nothing is called 'nobody' @ records.order.id"]
    assert [problem.text for problem in lint(load_text(text.replace("ID", "@.i")).data, lambda place: None)][-1:] == [
        "the rules read 'parcels', which find_order_by_number does not have: what needs it is unavailable there"
        " @ operations.find_order_by_number - add the call, or give that operation a record of its own with use:"
    ]


def test_inputs_of_the_known_finds() -> None:
    """By e-mail is asked with an e-mail, by number with a number; what else they take is declared."""
    body = 'calls: [{get: "/a/{phone}"}]'

    assert told(operation(body, name="find_orders_by_email")) == [
        "{phone}: no such input @ operations.find_orders_by_email.calls[0].get"
    ]
    assert load_text(operation(body)).data
    assert load_text(operation(f"inputs: [phone]\n{body}", name="find_order_by_number")).data


def test_waived_check_loads_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file alone cannot switch off the check that keeps one customer's orders from another."""
    text = operation("verify: {waived: the API only knows the caller}")

    monkeypatch.delenv("WORKBENCH_ALLOW_WAIVED", raising=False)
    assert texts_of(text) == [
        "verify is waived @ operations.find.verify (line 5)"
        " - set WORKBENCH_ALLOW_WAIVED=shop where the deployment accepts unchecked orders"
    ]
    monkeypatch.setenv("WORKBENCH_ALLOW_WAIVED", "other")
    assert texts_of(text)
    for allowed in ("shop", "other, shop", "*"):
        monkeypatch.setenv("WORKBENCH_ALLOW_WAIVED", allowed)
        assert load_text(text).data
    assert told(operation('verify: {waived: why, "@.a": b}')) == ["waived: beside conditions @ operations.find.verify"]
    assert told(operation("verify: {waived: }")) == ["nothing where a text belongs @ operations.find.verify.waived"]


# ---------------------------------------------------------------- the connection

CONNECTION_MISTAKES = {
    "{base_url: ftp://shop.example}": ["not an http or https URL @ connection.base_url"],
    "{base_url: shop.example}": ["not an http or https URL @ connection.base_url"],
    '{base_url: "https://a:b@shop.example"}': ["a user or password in the URL @ connection.base_url"],
    '{base_url: "https://shop.example/?a=b"}': ["a query or fragment in the base URL @ connection.base_url"],
    '{base_url: "https://[shop"}': ["not a URL @ connection.base_url"],
    "{base_url: 5}": ["a number where a text belongs @ connection.base_url"],
    "{url: x}": ["unknown key 'url' @ connection"],
    "{auth: basic}": ["a text where a table belongs @ connection.auth"],
    "{auth: {username: a}}": ["auth without a kind @ connection.auth"],
    "{auth: {kind: oauth9}}": ["unknown kind of auth 'oauth9' @ connection.auth.kind"],
    '{auth: {kind: basic, username: u, password: hunter2}}': ["password: is not a reference @ connection.auth.password"],
    '{auth: {kind: basic, password: "${SHOP_P}"}}': ["basic auth without username: @ connection.auth"],
    '{auth: {kind: bearer, token: "abc"}}': ["token: is not a reference @ connection.auth.token"],
    '{auth: {kind: bearer, token: "${STORE_TOKEN}"}}': ["${STORE_TOKEN} is not this merchant's @ connection"],
    '{auth: {kind: bearer, token: "${SHOP_T}", user: x}}': ["unknown key 'user' @ connection.auth"],
    '{auth: {kind: api_key, name: "a b", value: "${SHOP_K}", in: body}}': [
        "no name of a header, parameter or cookie @ connection.auth.name", "'body' is not known here @ connection.auth.in",
    ],
    "{probe: {email: jane@example.com}}": ["email: is not a reference @ connection.probe.email"],
    "{limits: {bytes: 0}}": ["a number out of range @ connection.limits.bytes"],
    "{limits: {megabytes: 1}}": ["unknown key 'megabytes' @ connection.limits"],
    "{timeout_s: -1}": ["no number of seconds @ connection.timeout_s"],
    "{timezone: Mars}": ["'Mars': no time zone @ connection.timezone"],
    "{environments: {test: {base_url: x}}}": ["not an http or https URL @ connection.environments.test.base_url"],
    "{environments: {test: {environments: {}}}}": ["unknown key 'environments' @ connection.environments.test"],
    '{environments: {test: {auth: {kind: basic, username: u, password: p}}}}': [
        "password: is not a reference @ connection.environments.test.auth.password"
    ],
    "{environments: {te st: {max_calls: 5}}}": ["a name that cannot be an environment's @ connection.environments.'te st'"],
}  # fmt: skip


@pytest.mark.parametrize("connection", CONNECTION_MISTAKES)
def test_connections(connection: str) -> None:
    """Each mistake in the connection is told at its place, and no secret is repeated."""
    texts = told(mapping(ORDER, top=f"connection: {connection}"))

    assert texts == CONNECTION_MISTAKES[connection]
    assert "hunter2" not in str(problems_of(mapping(ORDER, top=f"connection: {connection}")))


def test_right_connection() -> None:
    """References, environments that change single keys, and limits load."""
    connection = """\
        connection:
          base_url: "${SHOP_URL}"
          auth: {kind: basic, username: "${SHOP_USER}", password: "${SHOP_PASSWORD}"}
          environments:
            test: {base_url: "http://127.0.0.1:8000", auth: {password: "${SHOP_TEST_PASSWORD}"}}
            other: {auth: {kind: api_key, name: X-Key, value: "Key ${SHOP_KEY}"}, limits: {bytes: 1000}}
          probe: {number: "${SHOP_PROBE}"}
          timeout_s: 2.5
          budget_s: 60
          max_calls: 20
          region: EU
        """

    assert load(ORDER, top=connection).problems == ()


def test_references_bear_the_merchants_name() -> None:
    """A mapping cannot ask for another merchant's secrets; a hyphen in the name is an underscore."""
    text = mapping(ORDER, top='connection: {auth: {kind: bearer, token: "${BLUE_SHOP_TOKEN}"}}')

    assert load_text(text.replace("merchant: shop", "merchant: blue-shop")).data
    assert "its references start with" not in str(
        texts_of(text)
    ) and "this merchant's references start with SHOP_" in str(texts_of(text))


# ---------------------------------------------------------------- a second look, and exporting


def lints(text: str) -> list[str]:
    """What is worth a second look in a mapping that loads."""
    return [f"{problem.what} @ {problem.where}" for problem in load_text(text).problems]


def test_lint() -> None:
    """Warnings are few: unchecked finds, plain http, silenced words, what nothing uses."""
    text = operation('calls: [{get: "/a/{email}"}]', 'order_number: "@.no"', "find_orders_by_email")

    assert lints(text) == [
        "nothing says which orders belong to the email that was asked for @ operations.find_orders_by_email"
    ]
    assert lints(operation('verify: {"main:$.mail": "{email}"}', name="find_orders_by_email")) == []
    assert lints(operation("inputs: [phone]")) == [
        "nothing checks the orders against what was asked for @ operations.find"
    ]
    assert lints(mapping(ORDER, top="connection: {base_url: http://shop.example}")) == [
        "a base URL without encryption @ connection.base_url"
    ]
    assert lints(mapping(ORDER, top='connection: {base_url: "http://127.0.0.1:80"}')) == []
    assert lints(mapping(f'{ORDER}\nstatus: {{path: "@.s", lookup: {{a: shipped}}, otherwise: unknown}}')) == [
        "otherwise: silences words that nobody has seen @ records.order.status"
    ]
    assert lints(mapping(ORDER, more="fields: {gift: {label: Gift}}")) == ["a field that no rule fills @ fields.gift"]


FULL = """\
    order_number: "@.no"
    status: {path: "@.s", lookup: {a: shipped}}
    created_at: "@.c"
    customer_name: "@.n"
    """


def test_what_stands_against_exporting() -> None:
    """A version has what the catalogue requires, and knows where to call."""
    found = [
        f"{problem.what} @ {problem.where}" for problem in export_problems(load('region: "@.r"', calls="[{name: a}]"))
    ]

    assert found == [
        "no rule for order_number @ records.order.order_number",
        "no rule for status @ records.order.status",
        "no rule for created_at @ records.order.created_at",
        "no rule for customer_email or customer_name @ records.order.customer_email",
        "a call without a URL @ operations.find.calls[0]",
        "no base URL @ connection",
    ]
    connected = {"top": "connection: {base_url: https://shop.example}", "calls": "[{get: /a}]"}
    assert export_problems(load(FULL, **connected)) == []


def test_waived_findings_do_not_stand_against_exporting() -> None:
    """A reason, once given, lets a mapping out without a required field."""
    order = "\n".join(line for line in FULL.splitlines() if "created_at" not in line)
    connected = {"top": "connection: {base_url: https://shop.example}", "calls": "[{get: /a}]"}
    for finding in ("no rule for created_at", "records.order.created_at"):
        waived = f"waived: [{{finding: {finding}, reason: the API does not tell it, by: jo}}]"
        assert export_problems(load(order, more=waived, **connected)) == []

    assert len(export_problems(load(order, **connected))) == 1
