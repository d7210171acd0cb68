"""The security table: what a mapping, a server or a customer's text may try, each refused before it matters."""

from __future__ import annotations

import copy
import json
import logging
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import pytest

import workbench as wb
from tests.servers import (
    Answer,
    Ask,
    Seen,
    by_email,
    by_number,
    order,
    orders_by_mail,
    serving,
    shop_file,
)
from workbench.calls import Exchange
from workbench.cli import main
from workbench.errors import AddressRefused, CallError, DecodeError, HttpError, Unreachable, UsageError, WorkbenchError

MAIL = "ann@example.com"
SECRETS = {"SHOP_KEY": 'k3y/+ =&"<ß', "SHOP_USER": "shop-user-77", "SHOP_PASSWORD": "pa55 w0rd:\\'é"}
FORMS = ("k3y", "pa55", "w0rd", "shop-user-77", "c2hvcC11c2VyLTc3")  # the last is the login in base64


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Secrets, and nothing else that a deployment could say."""
    for name in ("WORKBENCH_PROXY", "SHOP_HOSTS", "WORKBENCH_EGRESS_URL", "WORKBENCH_ALLOW_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine may be called."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")


# ---------------------------------------------------------------- addresses

NOTATIONS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
    "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1",
]  # fmt: skip


@pytest.mark.parametrize("host", NOTATIONS)
def test_private_addresses_in_every_notation(ask: Ask, tmp_path: Path, host: str) -> None:
    """Whatever a system reads as an address inside is refused before anything connects."""
    refused = (AddressRefused, UsageError, wb.MappingError, *((Unreachable,) if host.endswith(".") else ()))
    with serving(orders_by_mail(order("A-1"))) as server, pytest.raises(refused):
        ask(shop_file(tmp_path, f"http://{host}:{server.port}"), email=MAIL)

    assert server.connections == 0


def resolver(*turns: list[str]) -> Callable[..., Any]:
    """A name server that says something else each time, the last for ever."""
    left, real = list(turns), socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "shop.example":
            return real(host, *rest, **more)
        said = left.pop(0) if len(left) > 1 else left[0]
        return [entry for address in said for entry in real(address, *rest, **more)]

    return resolved


def test_a_name_that_changes_its_address(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Public while it is looked at, private when it is called: the connection goes to what was checked, or nowhere."""
    called: list[str] = []

    def connect(self: Any, host: str, *rest: Any, **more: Any) -> Any:
        called.append(host)
        raise httpcore.ConnectError("nothing is called in this test")

    async def connect_async(self: Any, host: str, *rest: Any, **more: Any) -> Any:
        connect(self, host)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_async)
    monkeypatch.setattr(socket, "getaddrinfo", resolver(["8.8.8.8"], ["127.0.0.1"]))
    with pytest.raises(AddressRefused):  # the first try fails on the way, the second meets the other address
        ask(shop_file(tmp_path, "http://shop.example", retries={"max": 3, "wait_s": 0.01}), email=MAIL)
    assert called == ["8.8.8.8"]

    monkeypatch.setattr(socket, "getaddrinfo", resolver(["8.8.8.8", "127.0.0.1"]))
    with pytest.raises(AddressRefused):
        ask(shop_file(tmp_path, "http://shop.example"), email=MAIL)
    assert called == ["8.8.8.8"]


# ---------------------------------------------------------------- credentials elsewhere

KEYED = {"kind": "api_key", "in": "header", "name": "X-Api-Key", "value": "${SHOP_USER}"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_take_no_credentials_elsewhere(ask: Ask, allowed: None, tmp_path: Path, status: int) -> None:
    """None is followed: neither to another host, nor to another port or path."""
    with serving(orders_by_mail()) as other:
        for location in (
            f"{other.url}/orders",
            f"//127.0.0.1:{other.port}/",
            "http://169.254.169.254/latest",
            "/orders2",
        ):
            answer = Answer("", status, {"Location": location, "Set-Cookie": "a=b; Domain=127.0.0.1"})
            with serving(lambda seen, answer=answer: answer) as server, pytest.raises(HttpError, match="redirect"):  # type: ignore[misc]
                ask(shop_file(tmp_path, server.url, auth=KEYED), email=MAIL)
            assert len(server.seen) == 1

    assert other.connections == 0


@pytest.mark.parametrize("kind", ["next_link", "link_header"])
def test_pages_take_no_credentials_elsewhere(ask: Ask, allowed: None, tmp_path: Path, kind: str) -> None:
    """A next page on another server is not read, and that is told."""
    pages = {"kind": kind, **({"path": "$.next"} if kind == "next_link" else {})}
    with serving(orders_by_mail()) as other:
        host = f"127.0.0.1:{other.port}"
        for link in (f"http://{host}/", f"//{host}/", f"http://x@{host}/", f"http:\\\\{host}/", f"https://{host}/"):
            body = {"data": [order("A-1")], "next": link}
            answer = Answer(body, 200, {"Link": f'<{link}>; rel="next"'})
            with serving(lambda seen, answer=answer: answer) as server:  # type: ignore[misc]
                operations = {"find_orders_by_email": by_email(pages=pages)}
                result = ask(shop_file(tmp_path, server.url, operations, auth=KEYED), email=MAIL)
            assert (len(server.seen), len(result.orders)) == (1, 1), link

    assert other.connections == 0


def test_a_mapping_that_sends_secrets_elsewhere(ask: Ask, allowed: None, tmp_path: Path, monkeypatch: Any) -> None:
    """Where the deployment names the hosts, a version with another loads and does not call."""
    monkeypatch.setenv("SHOP_HOSTS", "api.shop.example")
    with serving(orders_by_mail()) as server:
        folder = shop_file(tmp_path, server.url, auth=KEYED)
        assert wb.load(folder)
        with pytest.raises(AddressRefused, match="SHOP_HOSTS"):
            ask(folder, email=MAIL)

    assert server.connections == 0


# ---------------------------------------------------------------- texts that want to be syntax

TRAVERSALS = ["../admin", "..", "a/../../b", "..%2fadmin/..", "a\\..\\b", "%2e%2e/../x", "./", "."]


@pytest.mark.parametrize("text", TRAVERSALS)
def test_inputs_never_lead_to_another_path(ask: Ask, allowed: None, tmp_path: Path, text: str) -> None:
    """Refused, or one segment that is what it is."""
    with serving(lambda seen: Answer({}, 404)) as server:
        try:
            ask(shop_file(tmp_path, f"{server.url}/v2"), "find_order_by_number", number=text)
        except UsageError:
            pass

    for target in server.targets:
        assert target.startswith("/v2/orders/")
        assert target.count("/") == 3


@pytest.mark.parametrize("value", [*TRAVERSALS, "a\r\nX-Evil: 1", "a\nb", "\x00", "x\u2028y"])
@pytest.mark.parametrize("where", ["path", "header", "each node"])
def test_values_of_answers_are_no_syntax_either(
    ask: Ask, allowed: None, tmp_path: Path, value: str, where: str
) -> None:
    """What a merchant's own answer holds enters the next call by the same rules."""
    second: dict[str, Any] = {"name": "more", "for_each": "order", "get": "/orders/{@.id}/parcels"}
    if where == "header":
        second = {"name": "more", "for_each": "order", "get": "/parcels", "headers": {"X-Order": "{@.id}"}}
    if where == "each node":
        second = {"name": "more", "for_each": "@.ids", "get": "/parcels/{@}"}
    operation = by_email()
    operation["calls"].append(second)
    with serving(lambda seen: Answer({"data": [order("A-1", id=value, ids=[value])], "code": "T"})) as server:
        rules = {"shipments": {"each": "more:$", "fields": {"tracking_number": "@.code"}}}
        result = ask(shop_file(tmp_path, server.url, {"find_orders_by_email": operation}, rules), email=MAIL)

    assert [one.order_number for one in result.orders] == ["A-1"]
    for seen in server.seen[1:]:
        assert seen.path.count("/") <= 3
        assert "/admin" not in seen.path
        assert "x-evil" not in seen.headers
    if len(server.seen) == 1:
        assert "shipments" in result.orders[0].unavailable


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\r\n\r\nGET /admin HTTP/1.1", "a\x00b", "ü"])
def test_inputs_never_become_headers(ask: Ask, allowed: None, tmp_path: Path, text: str) -> None:
    """An input in a header is refused where it is more than a value."""
    operations = {"find_order_by_number": by_number(get="/orders", headers={"X-Number": "{number}"})}
    refused = pytest.raises(UsageError, match="cannot stand in a header")
    with serving(lambda seen: Answer({}, 404)) as server, refused:
        ask(shop_file(tmp_path, server.url, operations), "find_order_by_number", number=text)

    assert server.seen == []


def test_a_text_stays_a_text(ask: Ask, allowed: None, tmp_path: Path) -> None:
    """Quotes, operators and braces of query languages arrive as they were typed, in the place they belong to."""
    text = 'x" OR "1"="1\' -- {email} ${SHOP_KEY} &a=b#c;d'
    operations = {"find_orders_by_email": by_email(headers={"X-Note": "{email}"})}
    with serving(orders_by_mail(order("A-1", text))) as server:
        result = ask(shop_file(tmp_path, server.url, operations), email=text)

    assert [one.customer_email for one in result.orders] == [text]
    assert server.seen[0].query == {"email": text}
    assert server.seen[0].headers["x-note"] == text


# ---------------------------------------------------------------- answers that want to hurt

LEVELS = "".join(f'<!ENTITY e{one} "{f"&e{one - 1};" * 10}">' for one in range(1, 10))
DOCUMENTS = {
    "billion laughs": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{LEVELS}]><a>&e9;</a>',
    "quadratic": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "{"x" * 50_000}">]><a>{"&b;" * 5_000}</a>',
    "external entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "external DTD": '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "parameter entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/b">%b;]><a/>',
    "deep XML": '<?xml version="1.0"?>' + "<a>" * 100_000 + "</a>" * 100_000,
    "deep JSON": "[" * 200_000,
    "many nodes": "[" + "0," * 3_000_000 + "0]",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_hostile_documents(ask: Ask, allowed: None, tmp_path: Path, name: str) -> None:
    """Nothing is expanded, fetched or read; the answer is refused, or holds no orders."""
    kind = "application/xml" if DOCUMENTS[name].startswith("<") else "application/json"
    with serving(lambda seen: Answer(DOCUMENTS[name].encode(), headers={"Content-Type": kind})) as server:
        folder = shop_file(tmp_path, server.url)
        if name == "external DTD":  # a DOCTYPE that is not used harms nobody
            assert ask(folder, email=MAIL).orders == []
            return
        with pytest.raises(DecodeError) as caught:
            ask(folder, email=MAIL)

    assert "root:" not in str(caught.value)


# ---------------------------------------------------------------- secrets, planted everywhere


def echo(seen: Seen, status: int) -> Answer:
    """A server that says everything back: in headers, in the body, in links."""
    everything = {"target": seen.target, "headers": dict(seen.headers), "body": seen.body.decode("latin-1")}
    plain = {"key": SECRETS["SHOP_KEY"], "all": list(SECRETS.values())}
    body = {"data": [order("A-1", id="1")], "you": everything, "plain": plain, "next": f"/orders{seen.target}"}
    headers = {name: value.encode("ascii", "ignore").decode() for name, value in {
        "X-Echo": json.dumps(everything), "Link": f"<http://elsewhere.example{seen.target}>; rel=next",
        "Location": f"http://elsewhere.example{seen.target}", "Set-Cookie": f"k={seen.headers.get('authorization')}",
    }.items()}  # fmt: skip
    return Answer(body, status, headers)


SECRET_CALL = {
    "post": "/orders", "reads": True, "get": None, "query": {"email": "{email}", "k": "${SHOP_KEY}"},
    "headers": {"X-User": "${SHOP_USER}"}, "json": {"login": ["${SHOP_USER}", {"p": "${SHOP_PASSWORD}"}]},
    "pages": {"kind": "next_link", "path": "$.next", "max": 2},
}  # fmt: skip


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 429, 500])
def test_secrets_planted_everywhere(
    ask: Ask, allowed: None, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Sent in query, header, body and login, echoed by the server in all it says: nothing that is written has them."""
    caplog.set_level(logging.DEBUG)
    call = {key: value for key, value in SECRET_CALL.items() if value is not None}
    operation = {"calls": [{"name": "search", **call}], "orders": {"each": "$.data"}}
    second = {"name": "parcels", "for_each": "order", "get": "/parcels/{@.id}", "query": {"k": "${SHOP_KEY}"}}
    operation["calls"].append(copy.deepcopy(second))
    auth = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
    told: list[Exchange] = []
    written = []
    with serving(lambda seen: echo(seen, status)) as server:
        folder = shop_file(
            tmp_path / "shop",
            server.url,
            {"find_orders_by_email": operation},
            auth=auth,
            retries={"max": 1, "wait_s": 0.01},
        )
        try:
            written.append(repr(ask(folder, email=MAIL, options={"on_exchange": told.append})))
        except WorkbenchError as error:
            written += [str(error), repr(error), "".join(traceback.format_exception(error)), repr(vars(error))]
        main(["record", str(folder), "--email", MAIL])

    assert "w0rd" in server.seen[0].body.decode("latin-1")
    for one in told:
        response = one.response
        assert response is not None
        written += [one.request.url, repr(one.request.headers), one.request.body.decode("latin-1"), repr(one)]
        written += [repr(dict(response.headers)), response.body.decode("latin-1")]
    written += [
        path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file() and "data" not in path.parts
    ]
    for text in [*written, caplog.text]:
        for form in FORMS:
            assert form not in text, text[:300]


def test_secrets_that_cannot_be_sent_are_not_told(ask: Ask, allowed: None, tmp_path: Path, monkeypatch: Any) -> None:
    """A secret with a line end is named, never shown."""
    monkeypatch.setenv("SHOP_KEY", "k3y\r\nX-Evil: 1")
    auth = {"kind": "api_key", "in": "header", "name": "X-Key", "value": "${SHOP_KEY}"}
    with serving(orders_by_mail()) as server, pytest.raises((UsageError, CallError)) as caught:
        ask(shop_file(tmp_path, server.url, auth=auth), email=MAIL)

    assert "SHOP_KEY" in str(caught.value)
    assert "k3y" not in "".join(traceback.format_exception(caught.value))
    assert server.seen == []
