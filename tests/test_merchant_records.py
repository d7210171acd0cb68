"""What is written down: the line of a lookup, and exchanges without secrets."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import (
    PASSWORD,
    USER,
    Answer,
    Ask,
    Seen,
    order,
    orders_by_mail,
    serving,
    shop_file,
    two_calls,
)
from workbench.calls import Exchange
from workbench.errors import (
    CallError,
    Unauthorized,
)

BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
MAIL = "ann@example.com"


pytestmark = pytest.mark.usefixtures("deployment")


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines of the lookup logger."""
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "workbench.lookup"]


def test_one_line_per_lookup(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It counts what came, and holds no value."""
    caplog.set_level(logging.DEBUG)
    rows = [order("A-1"), order("B-1", "bea@example.com"), order("A-2", state="99")]
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    with serving(lambda seen: Answer({"data": rows}, headers={"Set-Cookie": "sid=topsecret"})) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    (line,) = logged(caplog)
    assert {key: line[key] for key in ("merchant", "mapping_version", "operation", "statuses", "calls", "outcome")} == {
        "merchant": "shop",
        "mapping_version": "1.0.0",
        "operation": "find_orders_by_email",
        "statuses": [200],
        "calls": 1,
        "outcome": "found",
    }
    assert (line["orders"], line["withheld"]) == (2, 1)
    assert line["mapping_digest"]
    assert line["bytes"] == len(json.dumps({"data": rows}))
    assert line["fields"]["status"] == {"present": 2, "absent": 0, "unavailable": 0, "problems": 1}
    written = "\n".join(record.getMessage() for record in caplog.records)
    for value in (MAIL, "ann%40example.com", "bea@", PASSWORD, "correct%20horse", "A-1", "topsecret", "/orders?"):
        assert value not in written


def test_line_of_a_lookup_that_failed(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It names the error's kind."""
    caplog.set_level(logging.INFO)
    with serving(lambda seen: Answer({}, 401)) as server, pytest.raises(Unauthorized):
        ask(shop_file(tmp_path, server.url), email=MAIL)

    (line,) = logged(caplog)
    assert (line["outcome"], line["error"], line["code"], line["statuses"]) == (
        "error",
        "Unauthorized",
        "unauthorized",
        [401],
    )


def test_exchanges_are_told_without_secrets(ask: Ask, tmp_path: Path) -> None:
    """What is recorded holds no secret, even where the server echoes it."""
    told: list[Exchange] = []
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    operations = two_calls()
    operations["find_orders_by_email"]["calls"][0]["headers"] = {"X-User": "${SHOP_USER}"}

    def echo(seen: Seen) -> Answer:
        said = {"url": seen.target, "user": seen.headers.get("x-user"), "key": seen.query.get("key")}
        rows = [order("A-1", id="1")] if seen.path == "/orders" else []
        return Answer(
            {"data": rows, "echo": said}, headers={"X-Echo": seen.query["key"], "Set-Cookie": "sid=topsecret"}
        )

    with serving(echo) as server:
        ask(shop_file(tmp_path, server.url, operations, auth=auth), email=MAIL, options={"on_exchange": told.append})

    assert [(one.request.call, one.request.key, one.request.page) for one in told] == [
        ("search", "", 1),
        ("parcels", "1", 1),
    ]
    assert all(one.response is not None and one.response.status == 200 for one in told)
    assert json.loads(told[0].response.body if told[0].response else b"")["data"] == [order("A-1", id="1")]
    for one in told:
        assert one.response is not None
        everything = " ".join(
            [one.request.url, repr(one.request.headers), repr(one.response.headers), repr(one.response.body)]
        )
        for value in (PASSWORD, "correct%20horse", "correct+horse", USER, "topsecret"):
            assert value not in everything


def test_login_of_a_plain_user_name_is_masked(ask: Ask, tmp_path: Path) -> None:
    """The header of basic authentication is masked where it is echoed, also when the user's name stands in the file."""
    told: list[Exchange] = []
    auth = {"kind": "basic", "username": "joan", "password": "${SHOP_PASSWORD}"}
    with serving(lambda seen: Answer({"data": [], "you": seen.headers["authorization"]})) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL, options={"on_exchange": told.append})

    assert told[0].response is not None
    assert json.loads(told[0].response.body) == {"data": [], "you": "Basic ***"}
    assert ("Authorization", "***") in told[0].request.headers


def test_exchange_without_an_answer(ask: Ask, tmp_path: Path) -> None:
    """It names the error's code; each try is one."""
    told: list[Exchange] = []
    with serving(orders_by_mail()) as server:
        gone = server.url
    retries = {"max": 1, "wait_s": 0.01}
    with pytest.raises(CallError):
        ask(shop_file(tmp_path, gone, retries=retries), email=MAIL, options={"on_exchange": told.append})

    assert [(one.error, one.response) for one in told] == [("unreachable", None)] * 2


def test_nothing_shows_a_secret_or_a_value(tmp_path: Path) -> None:
    """What a debugger or a traceback prints of our objects holds neither."""
    told: list[Exchange] = []
    with serving(orders_by_mail(order("A-1"))) as server:
        folder = shop_file(tmp_path, server.url, auth=BASIC)
        with wb.open_merchant(folder, on_exchange=told.append) as shop:
            result = shop.find_orders(email=MAIL)
            printed = f"{shop!r} {shop._opened!r} {vars(shop)!r} {told!r} {result.orders!r}"

    for value in (PASSWORD, USER, MAIL):
        assert value not in printed
