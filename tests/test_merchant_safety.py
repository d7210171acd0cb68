"""What an input can never become, which servers are called, and how large an answer may be."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest

import workbench as wb
from tests.servers import (
    PARCELS,
    PASSWORD,
    USER,
    Answer,
    Ask,
    Seen,
    by_email,
    by_number,
    order,
    orders_by_mail,
    raw_serving,
    serving,
    shop_file,
    two_calls,
)
from workbench.errors import (
    AddressRefused,
    LimitExceeded,
    TimedOut,
)

BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
MAIL = "ann@example.com"


pytestmark = pytest.mark.usefixtures("deployment")


# ---------------------------------------------------------------- hostile inputs


HOSTILE = ["../x", "..", ".", "a/../b", "..\\x", "a\r\nX-Evil: 1", "a\x00b", "a\u2028b"]
AWKWARD = ["?x=1#", 'A"}', "a/b", "%2e%2e", "ü€𝄞", "{email}", "${SHOP_PASSWORD}", "' OR 1=1 --", "</No>", "a b+c&d=e;f"]


@pytest.mark.parametrize("number", HOSTILE)
def test_input_that_cannot_stand_in_a_path(ask: Ask, tmp_path: Path, number: str) -> None:
    """It is refused before anything is sent, and not repeated in the error."""
    with serving(lambda seen: Answer({}, 404)) as server, pytest.raises(wb.UsageError) as caught:
        ask(shop_file(tmp_path, server.url), "find_order_by_number", number=number)

    assert server.seen == []
    assert number == "." or number not in str(caught.value)


@pytest.mark.parametrize("number", AWKWARD)
def test_input_in_a_path_is_one_segment(ask: Ask, tmp_path: Path, number: str) -> None:
    """Whatever it holds arrives as one segment and means nothing else."""
    with serving(lambda seen: Answer(order(number))) as server:
        result = ask(shop_file(tmp_path, server.url), "find_order_by_number", number=number)

    (seen,) = server.seen
    assert seen.target.count("/") == 2
    assert not set(seen.target) & set("?#& <>\"'")
    assert [one.order_number for one in result.orders] == [number]


@pytest.mark.parametrize("number", [*AWKWARD, "../x", "a\r\nb"])
def test_input_in_a_query_is_one_value(ask: Ask, tmp_path: Path, number: str) -> None:
    """Whatever it holds arrives as the value of its parameter."""
    operations = {
        "find_order_by_number": by_number(get="/orders?fixed=1", query={"no": "{number}", "x": "no {number}"})
    }
    with serving(lambda seen: Answer(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, operations), "find_order_by_number", number=number)

    assert server.seen[0].query == {"fixed": "1", "no": number, "x": f"no {number}"}


@pytest.mark.parametrize("number", [*AWKWARD, "a\r\nb", "\ud800"])
def test_input_in_bodies_is_one_value(ask: Ask, tmp_path: Path, number: str) -> None:
    """JSON and forms hold it as it is."""
    for body in (
        {"json": {"q": {"no": "{number}"}, "list": ["{number}", 1, None, True]}},
        {"form": {"no": "{number}"}},
    ):
        call = {"name": "detail", "post": "/find", "reads": True, **body}
        operations = {"find_order_by_number": {"calls": [call], "orders": {"each": "$"}}}
        with serving(lambda seen: Answer(order("A-1"))) as server:
            folder = shop_file(tmp_path, server.url, operations)
            if number == "\ud800" and "form" in body:
                with pytest.raises(wb.UsageError, match="no valid text"):
                    ask(folder, "find_order_by_number", number=number)
                continue
            ask(folder, "find_order_by_number", number=number)
        sent = server.seen[0]
        if "json" in body:
            assert json.loads(sent.body) == {"q": {"no": number}, "list": [number, 1, None, True]}
        else:
            assert Seen("", f"?{sent.body.decode()}", {}).query == {"no": number}


@pytest.mark.parametrize("number", ["a\r\nX-Evil: 1", "ü", "a\tb\x00", "\x7f"])
def test_input_that_cannot_stand_in_a_header(ask: Ask, tmp_path: Path, number: str) -> None:
    """It is refused before anything is sent."""
    operations = {"find_order_by_number": by_number(get="/orders", headers={"X-Number": "{number}"})}
    with (
        serving(lambda seen: Answer(order("A-1"))) as server,
        pytest.raises(wb.UsageError, match="input 'number' cannot stand in a header"),
    ):
        ask(shop_file(tmp_path, server.url, operations), "find_order_by_number", number=number)

    assert server.seen == []


# ---------------------------------------------------------------- who is called


@pytest.mark.parametrize(
    ("auth", "where", "expected"),
    [
        (BASIC, "authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()),
        ({"kind": "bearer", "token": "${SHOP_USER}"}, "authorization", f"Bearer {USER}"),
        ({"kind": "api_key", "in": "header", "name": "X-Key", "value": "${SHOP_USER}"}, "x-key", USER),
        ({"kind": "api_key", "in": "cookie", "name": "sid", "value": "${SHOP_USER}"}, "cookie", f"sid={USER}"),
        ({"kind": "none"}, "authorization", None),
    ],
)
def test_authentication(ask: Ask, tmp_path: Path, auth: dict[str, str], where: str, expected: str | None) -> None:
    """Each kind arrives where the server looks for it."""
    with serving(orders_by_mail(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    assert server.seen[0].headers.get(where) == expected


def test_key_in_the_query(ask: Ask, tmp_path: Path) -> None:
    """A key in the query is percent-encoded and added to each request."""
    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_PASSWORD}"}
    with serving(orders_by_mail(order("A-1"))) as server:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    assert server.seen[0].query == {"email": MAIL, "key": PASSWORD}


def test_missing_secrets_are_told_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening names every reference without a value."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHOP_USER")
    monkeypatch.setenv("SHOP_PASSWORD", "")
    operations = {"find_orders_by_email": by_email(headers={"X-Shop": "${SHOP_ID}"})}
    with pytest.raises(wb.SecretMissing) as caught:
        wb.open_merchant(shop_file(tmp_path, "https://shop.example", operations, auth=BASIC))

    assert caught.value.names == ("SHOP_USER", "SHOP_PASSWORD", "SHOP_ID")


def test_environment_stands_over_the_connection(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment overrides by name; references may stand in its base URL; the timezone is the connection's."""
    environments = {
        "test": {"base_url": "${SHOP_URL}", "auth": {"username": "${SHOP_TESTER}"}, "timezone": "Asia/Tokyo"}
    }
    row = order("A-1", created="2026-01-02T03:04:05")
    with serving(orders_by_mail(row)) as server:
        monkeypatch.setenv("SHOP_URL", f"{server.url}/v2/")
        monkeypatch.setenv("SHOP_TESTER", "tester")
        folder = shop_file(tmp_path, "https://shop.example", auth=BASIC, environments=environments)
        result = ask(folder, email=MAIL, options={"environment": "test"})
        with pytest.raises(wb.UsageError, match="no environment 'staging' of shop - one of production, test"):
            wb.open_merchant(folder, environment="staging")

    assert result.orders[0].created_at == "2026-01-02T03:04:05+09:00"
    assert server.seen[0].path == "/v2/orders"
    assert base64.b64decode(server.seen[0].headers["authorization"].split()[1]).decode() == f"tester:{PASSWORD}"


def test_server_that_the_deployment_does_not_name(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `SHOP_HOSTS` set, a mapping with another server loads, but no secret is sent."""
    with serving(orders_by_mail(order("A-1"))) as server:
        folder = shop_file(tmp_path, server.url, auth=BASIC)
        monkeypatch.setenv("SHOP_HOSTS", "api.shop.example, 127.0.0.1:1")
        with pytest.raises(AddressRefused, match="SHOP_HOSTS"):
            ask(folder, email=MAIL)
        assert server.connections == 0
        monkeypatch.setenv("SHOP_HOSTS", f"api.shop.example, 127.0.0.1:{server.port}")
        assert ask(folder, email=MAIL).outcome == "found"


def test_private_address_that_is_not_allowed(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is no merchant unless the deployment says so; nothing connects."""
    with serving(orders_by_mail(order("A-1"))) as server:
        for allowed in ("", "127.0.0.1:1", "localhost"):
            monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", allowed)
            for host in ("127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
                folder = shop_file(tmp_path, f"http://{host}:{server.port}", auth=BASIC)
                with pytest.raises(AddressRefused, match="is not a public address"):
                    ask(folder, email=MAIL)

    assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/orders",
        "https://127.0.0.1/orders",
        "http://127.0.0.1:80@evil.example/",
        "https:orders",
        "ftp://127.0.0.1/",
    ],
)
def test_call_on_another_server(tmp_path: Path, url: str) -> None:
    """An absolute URL must be on the server of the base URL; told when the merchant is opened."""
    folder = shop_file(tmp_path, "http://127.0.0.1:80", {"find_orders_by_email": by_email(get=url)})
    with pytest.raises(AddressRefused, match="not on the server of base_url"):
        wb.open_merchant(folder)


def test_absolute_url_of_the_same_server(ask: Ask, tmp_path: Path) -> None:
    """It stands for itself, without the base URL's path."""
    with serving(orders_by_mail(order("A-1"))) as server:
        operations = {"find_orders_by_email": by_email(get=f"{server.url}/other?a=b c")}
        ask(shop_file(tmp_path, f"{server.url}/v2", operations), email=MAIL)

    assert server.targets == ["/other?a=b%20c&email=ann%40example.com"]


# ---------------------------------------------------------------- limits


def test_time_of_a_whole_lookup(ask: Ask, tmp_path: Path) -> None:
    """An answer that drips ends with the lookup's time, however often a byte comes."""

    def drip(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while True:
                time.sleep(0.02)
                connection.sendall(b" ")

    with raw_serving(drip) as server, pytest.raises(TimedOut, match="raise budget_s: of the connection"):
        ask(shop_file(tmp_path, server.url, budget_s=0.3), email=MAIL)


def test_time_that_later_calls_do_not_have(ask: Ask, tmp_path: Path) -> None:
    """When the time is used up, what was found is returned, and the rest is unavailable."""
    over = threading.Event()

    def answer(seen: Seen) -> Answer:
        if seen.path != "/orders":
            over.wait(20)
        return Answer({"data": [order("A-1", id="1"), order("A-2", id="2")]})

    with serving(answer) as server:
        shop = shop_file(tmp_path, server.url, two_calls(), PARCELS, budget_s=1, rate={"concurrency": 1})
        result = ask(shop, email=MAIL)
        over.set()

    assert [bool(one.unavailable) for one in result.orders] == [True, True]
    assert len(server.seen) == 2


def test_limits_are_lowered_by_the_connection(ask: Ask, tmp_path: Path) -> None:
    """The smaller of what the deployment and the connection say counts."""
    with serving(lambda seen: Answer({"data": [], "pad": "x" * 5000})) as server:
        with pytest.raises(LimitExceeded, match="larger than 1000 bytes"):
            ask(shop_file(tmp_path, server.url, limits={"bytes": 1000}), email=MAIL)
        with pytest.raises(LimitExceeded, match="larger than 2000 bytes"):
            ask(
                shop_file(tmp_path, server.url, limits={"bytes": 10_000}),
                email=MAIL,
                options={"limits": wb.Limits(bytes=2000)},
            )
        with pytest.raises(LimitExceeded):
            ask(shop_file(tmp_path, server.url, limits={"nodes": 2}), email=MAIL)
