"""What a mapping file may say under `auth:` and `tls:`, what is told of mistakes there, and the forms made of it."""

# Long lines: a mistake and what is told of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.mapping_texts import load, mapping, problems_of
from workbench.calls.auth import KINDS as MADE
from workbench.mapping import auth_forms, check_data, load_text
from workbench.mapping.auth_fields import SORTS
from workbench.mapping.auth_kinds import KINDS, TLS
from workbench.mapping.schema import file_model, schema
from workbench.notebook.typed import auth_table

ORDER = 'order_number: "@.no"'

# One full table of each kind, every key given.
FULL: dict[str, dict[str, Any]] = {}
_VALUES: dict[str, Any] = {
    "text": "${SHOP_TEXT}", "secret": "${SHOP_SECRET}", "flag": True, "seconds": 2.5, "url": "/login", "name": "X-Name",
    "path": "$.data.token", "prefix": "", "pem": "/etc/ssl/shop.pem", "statuses": [401, 419], "pairs": {"a": "b"},
    "data": {"user": "${SHOP_USER}", "password": "${SHOP_SECRET}"}, "moment": "%y%m%dT%H%M%SZ",
    "renames": {"client_id": "app_key", "grant_type": ""}, "paths": {"uid": "$.uid"}, "hosts": ["*.shop.example"],
    "conditions": {"$.error.code": 100, "http.status": [200, 500]}, "auth": {"kind": "digest", "username": "u", "password": "${SHOP_P}"},
    "auths": [{"kind": "api_key", "name": "X-Key", "value": "${SHOP_KEY}"}],
}  # fmt: skip
_INSTEAD: dict[str, dict[str, Any]] = {
    "basic": {"alone": None},
    "hmac": {"canonical": "{method}", "headers": {"X": "{signature}"}, "query": {"a": "{nonce}"}},
    "login_token": {"form": None, "xml": None, "token_header": None},
    "session_cookie": {"json": None, "xml": None},
}


def full(kind: str) -> dict[str, Any]:
    """A table with every key that the kind may have, for those that exclude one another one of them."""
    table: dict[str, Any] = {"kind": kind}
    for field in KINDS[kind].fields:
        table[field.name] = field.choices[0] if field.choices else _VALUES[field.sort]
    table |= _INSTEAD.get(kind, {})
    return {key: value for key, value in table.items() if value is not None}


def connection(**tables: Any) -> str:
    """A mapping with a connection."""
    return mapping(ORDER, top=f"connection: {json.dumps({'base_url': 'https://shop.example', **tables})}")


def told(**tables: Any) -> list[str]:
    """What is told of a connection: what @ where."""
    return [f"{problem.what} @ {problem.where}" for problem in problems_of(connection(**tables))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_every_kind_loads(kind: str) -> None:
    """The file, the models, the schema and the runtime know the same keys."""
    data = load_text(connection(auth=full(kind))).data

    assert file_model().model_validate(data)
    assert jsonschema.Draft202012Validator(schema()).is_valid(data)
    assert kind in MADE
    wrong = {**data, "connection": {**data["connection"], "auth": {**full(kind), "zz": 1}}}
    assert not jsonschema.Draft202012Validator(schema()).is_valid(wrong)
    assert told(auth={**full(kind), "zz": 1}) == ["unknown key 'zz' @ connection.auth"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_required_key_is_missed(kind: str) -> None:
    """All at once, each with how to mend it."""
    needed = [field.name for field in KINDS[kind].fields if field.required]
    expected = {f"{kind} auth without {name}: @ connection.auth" for name in needed}

    assert expected <= set(told(auth={"kind": kind})) if needed else load_text(connection(auth={"kind": kind}))


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, field.name) for kind in KINDS for field in KINDS[kind].fields if field.secret]
)
def test_no_secret_stands_in_a_file(kind: str, name: str) -> None:
    """A secret that was written out is refused and not repeated."""
    texts = told(auth={**full(kind), name: "hunter2"})

    assert texts == [f"{name}: is not a reference @ connection.auth.{name}"]


OAUTH = {"kind": "oauth2_client_credentials", "client_id": "c", "client_secret": "${SHOP_S}"}
LOGIN = {"kind": "login_token", "url": "/login", "token_path": "$.t"}
HMAC = {"kind": "hmac", "secret": "${SHOP_S}", "canonical": "{method}", "headers": {"X": "{signature}"}}
MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({**OAUTH, "token_url": "token"}, ["not a URL @ connection.auth.token_url"]),
    ({**OAUTH, "token_url": "//evil.example/token"}, ["not a URL @ connection.auth.token_url"]),
    ({**OAUTH, "token_url": "https://u:p@x.example/t"}, ["a user or password in the URL @ connection.auth.token_url"]),
    ({**OAUTH, "token_url": 5}, ["a number where a text belongs @ connection.auth.token_url"]),
    ({**OAUTH, "token_url": "/t", "client_in": "head"}, ["'head' is not known here @ connection.auth.client_in"]),
    ({**OAUTH, "token_url": "/t", "token_path": "token"}, ["'token': not a path @ connection.auth.token_path"]),
    ({**OAUTH, "token_url": "/t", "token_path": "@.x"}, ["a path that does not start with $ @ connection.auth.token_path"]),
    ({**OAUTH, "token_url": "/t", "renew_on": [200, "x"]}, [
        "no status of a refusal @ connection.auth.renew_on", "a text where a whole number belongs @ connection.auth.renew_on",
    ]),
    ({**OAUTH, "token_url": "/t", "renew_on": 401}, ["a number where a list belongs @ connection.auth.renew_on"]),
    ({**OAUTH, "token_url": "/t", "renew_when": {}}, ["an empty table @ connection.auth.renew_when"]),
    ({**OAUTH, "token_url": "/t", "renew_when": [401]}, ["a list where a table belongs @ connection.auth.renew_when"]),
    ({**OAUTH, "token_url": "/t", "renew_when": {"http.body": "x", "$.a..b": 1, "$.c": {"like": "x"}, "$.d": "{email}"}}, [
        "'http.body': not a part of the answer @ connection.auth.renew_when",
        "'$.a..b': more than names, [n], [*] and filters of @.name == 'word' joined by && @ connection.auth.renew_when",
        "unknown comparison 'like' @ connection.auth.renew_when",
        "{email}: no such input @ connection.auth.renew_when",
    ]),
    ({**OAUTH, "token_url": "/t", "lifetime_s": -1}, ["a number out of range @ connection.auth.lifetime_s"]),
    ({**OAUTH, "token_url": "/t", "lifetime_s": "1h"}, ["a text where a number of seconds belongs @ connection.auth.lifetime_s"]),
    ({**OAUTH, "token_url": "/t", "extra": {"api_key": "hunter2", "x": [1]}}, [
        "a list where a text or a number belongs @ connection.auth.extra.x", "api_key: is not a reference @ connection.auth.extra.api_key",
    ]),
    ({**OAUTH, "token_url": "/t", "prefix": "a\n"}, ["signs that no header can hold @ connection.auth.prefix"]),
    ({**OAUTH, "token_url": "/t", "client_id": "${OTHER_ID}"}, ["${OTHER_ID} is not this merchant's @ connection"]),
    ({**LOGIN, "json": {"user": "u", "deep": {"password": "hunter2"}}}, [
        "password: is not a reference @ connection.auth.json.deep.password"
    ]),
    ({**LOGIN, "json": {}}, ["an empty table @ connection.auth.json"]),
    ({**LOGIN, "json": "x"}, ["a text where a table belongs @ connection.auth.json"]),
    ({**LOGIN, "json": {"a": 1}, "form": {"a": 1}}, ["json and form together @ connection.auth"]),
    ({**LOGIN, "form": {"a": 1}, "method": "get"}, ["a get with a body @ connection.auth.method"]),
    ({**LOGIN, "token_header": "X"}, ["needs one of token_path and token_header @ connection.auth"]),
    ({"kind": "login_token", "url": "/login"}, ["needs one of token_path and token_header @ connection.auth"]),
    ({**LOGIN, "username": "u"}, ["username: and password: go together @ connection.auth"]),
    ({**LOGIN, "headers": {"a b": "x"}}, ["no name of a header @ connection.auth.headers.'a b'"]),
    ({"kind": "jwt", "key": "${SHOP_K}", "issuer": "x"}, ["jwt auth without token_url: @ connection.auth"]),
    ({"kind": "oauth1", "consumer_key": "x", "consumer_secret": "${SHOP_S}", "token": "t"}, [
        "token: and token_secret: go together @ connection.auth"
    ]),
    ({**HMAC, "canonical": "{metod}"}, ["{metod} is not known here @ connection.auth.canonical"]),
    ({**HMAC, "headers": {"X": "{nonce}"}}, ["the signature is sent nowhere @ connection.auth"]),
    ({**HMAC, "headers": {"X": "{signature}{bdy}"}}, ["{bdy} is not known here @ connection.auth.headers.X"]),
    ({**HMAC, "canonical": "{signature}"}, ["{signature} is not known here @ connection.auth.canonical"]),
    ({"kind": "mutual_tls", "certificate": "-----BEGIN CERTIFICATE-----"}, [
        "certificate: is neither a reference nor a path @ connection.auth.certificate"
    ]),
    ({"kind": "basic", "username": "u"}, ["basic auth without password: @ connection.auth"]),
    ({"kind": "basic", "username": "u", "alone": False}, ["basic auth without password: @ connection.auth"]),
    ({"kind": "basic", "username": "u", "alone": True, "password": "${SHOP_S}"}, ["alone: and password: together @ connection.auth"]),
    ({**LOGIN, "server_path": "$.s"}, ["server_path: without servers: @ connection.auth"]),
    ({**LOGIN, "servers": ["*.com", "https://x.example", 5], "server_path": "$.s"}, [
        "no host @ connection.auth.servers[0]", "no host @ connection.auth.servers[1]",
        "a number where a text belongs @ connection.auth.servers[2]",
    ]),
    ({**LOGIN, "values": {"a": "http.header.X-Id", "b": "http.cookie.sid", "c": "http.body.x"}}, [
        "'http.body.x': not a path @ connection.auth.values.c",
    ]),
    ({**LOGIN, "form": {"_token": "{auth.csrf}"}}, ["{auth.csrf}: auth: gives nothing of that name @ connection.auth.form._token"]),
    ({**LOGIN, "json": {"t": ["{auth.csrf}"]}, "login_auth": {**LOGIN, "values": {"crsf": "$.x"}}}, [
        "{auth.csrf}: auth: gives nothing of that name @ connection.auth.json.t[0]",
    ]),
    ({**LOGIN, "values": {"a b": "$.x", "c": "x"}}, [
        "no name for a value @ connection.auth.values.'a b'", "'x': not a path @ connection.auth.values.c",
    ]),
    ({**LOGIN, "renew_when": {"$.code": "{email}"}, "fail_when": {"code": 1}}, [
        "{email}: no such input @ connection.auth.renew_when", "'code': not a path @ connection.auth.fail_when",
    ]),
    ({**LOGIN, "headers": {"X-Id": "{random.guid}"}, "form": {"t": "{now.never}", "u": "{now-3y.iso}", "v": "{now+99999w.iso}"}}, [
        "a random value of a kind that is not known @ connection.auth.headers.X-Id",
        "a time in a form that is not known @ connection.auth.form.t", "{now-3y...} is no time @ connection.auth.form.u",
        "a time more than a century away @ connection.auth.form.v",
    ]),
    ({**OAUTH, "token_url": "/t", "names": {"client": "x", "scope": 5}}, [
        "unknown key 'client' @ connection.auth.names", "a number where a text belongs @ connection.auth.names.scope",
    ]),
    ({**OAUTH, "token_url": "/t", "also": [], "login_auth": {"kind": "basic"}}, [
        "an empty list @ connection.auth.also",
        "basic auth without username: @ connection.auth.login_auth", "basic auth without password: @ connection.auth.login_auth",
    ]),
    ({**OAUTH, "token_url": "/t", "also": [{"kind": "hmca"}, {"kind": "bearer", "token": "hunter2", "also": [HMAC]}, {"kind": "mutual_tls", "certificate": "x"}]}, [
        "unknown kind of auth 'hmca' @ connection.auth.also[0].kind", "token: is not a reference @ connection.auth.also[1].token",
        "also: inside another kind @ connection.auth.also[1].also", "mutual_tls cannot stand here @ connection.auth.also[2].kind",
    ]),
    ({**HMAC, "timestamp": "unixms", "secret": "${SHOP_A}&hunter2"}, [
        "secret: is not a reference @ connection.auth.secret", "a time in a form that is not known @ connection.auth.timestamp",
    ]),
    ({**HMAC, "canonical": "{now.soon}{query.a}{secret}"}, ["a time in a form that is not known @ connection.auth.canonical"]),
    ({"kind": "custom", "class": ""}, ["a blank text @ connection.auth.class"]),
    ({"kind": "custom", "class": "x", "settings": {"clientSecret": "hunter2"}}, [
        "clientSecret: is not a reference @ connection.auth.settings.clientSecret"
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "expected"), MISTAKES, ids=str)
def test_mistakes(auth: dict[str, Any], expected: list[str]) -> None:
    """Each at its place, all at once, and no secret is repeated."""
    problems = problems_of(connection(auth=auth))

    assert [f"{problem.what} @ {problem.where}" for problem in problems] == expected
    assert all(problem.how for problem in problems)
    assert "hunter2" not in str(problems)


def test_secret_of_several_references() -> None:
    """Two keys with a sign between them are one secret."""
    assert load_text(connection(auth={**HMAC, "secret": "${SHOP_A}&${SHOP_B}"})).data


MADE_MISTAKES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"kind": "basic", "username": "u", "password": "${SHOP_P}"}, {"headers": {"X": "{auth.token}"}}, [
        "{auth.token}: auth: gives nothing of that name @ operations.find_orders_by_email.calls[0].headers.X",
    ]),
    ({**LOGIN, "values": {"uid": "$.u"}}, {"json": {"a": "{auth.uid}", "b": ["{auth.uuid}"]}}, [
        "{auth.uuid}: auth: gives nothing of that name @ operations.find_orders_by_email.calls[0].json.b[0]",
    ]),
    ({"kind": "hmac", "secret": "${SHOP_S}", "canonical": "{nonce}"}, {"json": {"a": "{auth.nonce}"}}, ["the signature is sent nowhere @ connection.auth"]),
    ({"kind": "hmac", "secret": "${SHOP_S}", "canonical": "{nonce}"}, {"json": {"a": "{auth.signature}"}}, []),
    ({**LOGIN, "also": [HMAC]}, {"xml": "<a>{auth.token}{auth.signature}</a>"}, []),
    ({"kind": "custom", "class": "x"}, {"text": "{auth.anything}"}, []),
    (LOGIN, {"form": {"p": "{page.cursor}"}, "pages": {"kind": "page", "param": "p"}}, [
        "{page.cursor}: paging sets nothing of that name @ operations.find_orders_by_email.calls[0].form.p",
    ]),
    (LOGIN, {"form": {"p": "{page.p}"}}, ["{page.p}: paging sets nothing of that name @ operations.find_orders_by_email.calls[0].form.p"]),
    (LOGIN, {"headers": {"X": "{random.uuid4}"}, "query": {"from": "{now-1month.iso}", "to": "{now.%Q}"}}, [
        "a time in a form that is not known @ operations.find_orders_by_email.calls[0].query.to",
        "{now-1month...} is no time @ operations.find_orders_by_email.calls[0].query.from",
        "a random value of a kind that is not known @ operations.find_orders_by_email.calls[0].headers.X",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "call", "expected"), MADE_MISTAKES, ids=str)
def test_mistakes_of_what_sending_makes(auth: dict[str, Any], call: dict[str, Any], expected: list[str]) -> None:
    """A call may say what its login gives, what its paging sets, and times and random values of known forms."""
    operation = {"calls": [{"post": "/orders", "reads": True, **call}], "orders": {"each": "$.data"}}
    data = {
        "format": 1, "merchant": "shop", "connection": {"base_url": "https://shop.example", "auth": auth},
        "operations": {"find_orders_by_email": operation}, "records": {"order": {"customer_email": "@.mail"}},
    }  # fmt: skip

    assert sorted(f"{problem.what} @ {problem.where}" for problem in check_data(data)) == sorted(expected)


def test_mistakes_of_what_every_call_is_given() -> None:
    """Headers and parameters of the connection are checked as those of calls, and know no input."""
    tables = {"headers": {"X-Token": "hunter2", "a b": "x", "Y": "{email}"}, "query": {"a": ["{auth.x}"], "b": None}}
    told_of = told(**tables)

    assert "{email}: no such input @ connection.headers.Y" in told_of
    assert "{auth.x}: auth: gives nothing of that name @ connection.query.a[0]" in told_of
    assert "a secret in the file @ connection.headers.X-Token" in told_of
    assert "hunter2" not in str(told_of)


def test_mistakes_of_servers() -> None:
    """Each server has an address and a kind that is checked, and a call names one that is there."""
    servers = {
        "a b": {"base_url": "https://x.example"},
        "parcels": {"auth": {"kind": "basic"}},
        "desk": {"base_url": "ftp://x", "auht": {}},
    }
    told_of = told(servers=servers, headers={"X": "{auth.token}"}, auth=LOGIN)
    assert [text for text in told_of if "connection" in text] == [
        "a name that cannot be a server's @ connection.servers.'a b'",
        "basic auth without username: @ connection.servers.parcels.auth", "basic auth without password: @ connection.servers.parcels.auth",
        "a server without base_url: @ connection.servers.parcels",
        "unknown key 'auht' @ connection.servers.desk", "not an http or https URL @ connection.servers.desk.base_url",
        "{auth.token}: auth: gives nothing of that name @ connection.headers.X",
    ]  # fmt: skip
    operation = {
        "calls": [{"get": "/o", "server": "parcel"}, {"name": "n", "get": "/o", "server": 5}],
        "orders": {"each": "$"},
    }
    data = {
        "format": 1, "merchant": "shop", "connection": {"base_url": "https://shop.example", "servers": {"parcels": {"base_url": "https://p.example"}}},
        "operations": {"find_orders_by_email": operation}, "records": {"order": {"customer_email": "@.mail"}},
    }  # fmt: skip
    assert [problem.text for problem in check_data(data)] == [
        "no server 'parcel' @ operations.find_orders_by_email.calls[0].server - one of parcels; did you mean 'parcels'?",
        "a number where a name belongs @ operations.find_orders_by_email.calls[1].server - write a name",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        ({"ca": "-----BEGIN CERTIFICATE-----"}, ["ca: is neither a reference nor a path @ connection.tls.ca"]),
        ({"key": "/k.pem"}, ["a key without its certificate @ connection.tls"]),
        ({"strict": "no"}, ["a text where true or false belongs @ connection.tls.strict"]),
        ({"key_password": "x"}, [
            "key_password: is not a reference @ connection.tls.key_password",
        ]),
        ({"verify": False}, ["unknown key 'verify' @ connection.tls"]),
        ([], ["a list where a table belongs @ connection.tls"]),
        ({}, ["an empty table @ connection.tls"]),
    ],
)  # fmt: skip
def test_mistakes_of_tls(tls: Any, expected: list[str]) -> None:
    """Verification cannot be switched off; only what Python newly demands can."""
    assert told(tls=tls) == expected


def test_environments_change_single_keys() -> None:
    """Another token URL for the test system, another certificate."""
    environments = {
        "test": {"auth": {"token_url": "/test/token", "scope": "x"}, "tls": {"ca": "${SHOP_TEST_CA}", "strict": False}},
        "other": {"auth": LOGIN},
    }
    auth = {**OAUTH, "token_url": "/token"}
    data = load_text(connection(auth=auth, environments=environments)).data

    assert file_model().model_validate(data)
    assert jsonschema.Draft202012Validator(schema()).is_valid(data)
    assert told(auth=auth, environments={"test": {"auth": {"token_path": "x"}}}) == [
        "'x': not a path @ connection.environments.test.auth.token_path"
    ]


def test_hyphenated_references_and_prefixes_load() -> None:
    """`Key ${SHOP_KEY}` is a reference with a word before it, for headers that want one."""
    auth = {"kind": "api_key", "name": "Authorization", "value": "Key ${SHOP_KEY}"}

    assert load(ORDER, top=f"connection: {json.dumps({'base_url': 'https://x.example', 'auth': auth})}").data


# ---------------------------------------------------------------- forms


def test_forms() -> None:
    """A form can be drawn for every kind from plain data, without knowing any of them."""
    forms = auth_forms()
    assert [form["kind"] for form in forms] == [*KINDS, "tls"]
    assert json.loads(json.dumps(forms)) == forms
    for form in forms:
        assert form["label"]
        assert form["meaning"].endswith(".")
        for field in form["fields"]:
            assert set(field) == {
                "name", "label", "sort", "required", "secret", "choices", "default", "help", "lines", "unless",
                "least", "most",
            }  # fmt: skip
            assert field["label"]
            assert field["sort"] in SORTS
            assert field["secret"] == (field["sort"] == "secret")
            assert bool(field["choices"]) == (field["sort"] == "word")
            assert not field["choices"] or field["default"] in field["choices"]


def test_form_of_one_kind() -> None:
    """Which key is secret, which are choices, and what stands where nothing is said."""
    form = next(form for form in auth_forms() if form["kind"] == "api_key")

    assert [(field["name"], field["required"], field["secret"]) for field in form["fields"]] == [
        ("in", False, False), ("name", True, False), ("value", True, True), ("also", False, False),
    ]  # fmt: skip
    assert form["fields"][0]["choices"] == ["header", "query", "cookie"]


def test_fields_have_one_sort_each() -> None:
    """A key means the same in every kind, but for words that are a secret in one and a public half in another."""
    sorts: dict[str, set[str]] = {}
    for kind in (*KINDS.values(), TLS):
        for field in kind.fields:
            sorts.setdefault(field.name, set()).add(field.sort)

    assert {name for name, known in sorts.items() if len(known) > 1} == {"token", "nonce", "key"}


def test_forms_are_typed_as_the_file_has_them() -> None:
    """Every field of every kind, as it is typed into its box, makes the table of the file."""
    for kind in KINDS:
        table = full(kind)
        sorts = {field.name: field.sort for field in KINDS[kind].fields}
        typed = {
            name: "\n".join(f"{key}: {inner}" for key, inner in value.items()) if sorts[name] == "pairs"
            else " ".join(map(str, value)) if sorts[name] in ("statuses", "hosts")
            else json.dumps(value) if isinstance(value, dict | list) else value
            for name, value in table.items() if name != "kind"
        }  # fmt: skip
        defaults = {field.name: field.default for field in KINDS[kind].fields if not field.required}

        assert auth_table(kind, typed) == {
            name: value
            for name, value in table.items()
            if name == "kind" or value not in ("", False, defaults.get(name))
        }


def test_a_key_alone_in_the_form() -> None:
    """A password's reference stands in every form of the kind, and is left out with the flag."""
    values = {"username": "${SHOP_KEY}", "password": "${SHOP_PASSWORD}", "alone": True}

    assert auth_table("basic", values) == {"kind": "basic", "username": "${SHOP_KEY}", "alone": True}
