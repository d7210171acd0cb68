"""What real order systems want beside a plain kind: whole lookups against servers that check it with code of their own.

Each case is a mapping file alone. The servers know no code of ours: they take signatures apart, hand out sessions that
die, and answer as the systems do that the cases are named after.
"""

# Long lines: what a merchant wants and its server stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote
from xml.sax.saxutils import unescape

import pytest

import workbench as wb
from tests.servers import Answer, Ask, Seen, by_email, order, serving, shop_file
from workbench.connect.opening import open_plan
from workbench.errors import AddressRefused, LoginFailed, RateLimited, UsageError
from workbench.merchant import doctor

MAIL = "ann@example.com"
FOUND = {"data": [order("A-1")]}
ENV = {
    "USER": "joan", "PASSWORD": "p<w&\"1'é", "KEY": "key-of-the-shop-1", "SECRET": "s3cret/of+shop", "OTHER": "other&secret%1",
    "SEED": "seed-refresh-token-0",
}  # fmt: skip


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1,localhost")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name, value in ENV.items():
        monkeypatch.setenv(f"SHOP_{name}", value)


def operation(orders: str = "$.data", **call: Any) -> dict[str, Any]:
    """The operation that finds by e-mail by one call."""
    return {"find_orders_by_email": {"calls": [{"name": "search", **call}], "orders": {"each": orders}}}


def numbers(result: wb.Result) -> list[str | None]:
    """The numbers of the orders found."""
    return [one.order_number for one in result.orders]


def element(body: bytes, name: str) -> str:
    """The text of the first element of that name, read without a parser of ours."""
    found = re.search(rf"<(?:\w+:)?{name}[^>]*>([^<]*)</", body.decode())
    return unescape(found[1], {"&quot;": '"', "&apos;": "'"}) if found else ""


# ---------------------------------------------------------------- sessions that stand in bodies


def soap(inner: str) -> str:
    """A SOAP answer."""
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body></s:Envelope>'


class SoapShop:
    """Hands out a session id by a SOAP login and wants it in each envelope; a session that died is a fault."""

    def __init__(self, status: int) -> None:
        self.status, self.logins, self.good = status, 0, ""

    def __call__(self, seen: Seen) -> Answer:
        if b"<login" in seen.body:
            if (element(seen.body, "username"), element(seen.body, "apiKey")) != (ENV["USER"], ENV["PASSWORD"]):
                return Answer(
                    soap("<s:Fault><faultcode>2</faultcode><faultstring>Access denied.</faultstring></s:Fault>"),
                    self.status,
                )
            self.logins += 1
            self.good = f"session-{self.logins}-<&>"
            return Answer(
                soap(f"<loginResponse><loginReturn>session-{self.logins}-&lt;&amp;&gt;</loginReturn></loginResponse>")
            )
        if element(seen.body, "sessionId") != self.good:
            return Answer(
                soap(
                    "<s:Fault><faultcode>5</faultcode><faultstring>Session expired. Try to relogin.</faultstring></s:Fault>"
                ),
                self.status,
            )
        rows = f"<item><number>A-1</number><email>{MAIL}</email><created>2026-11-03</created><state>2</state></item>"
        return Answer(soap(f"<listResponse><result>{rows}</result></listResponse>"))


SOAP_AUTH = {
    "kind": "login_token", "url": "/api/v2_soap", "in": "call", "token_path": "$.Envelope.Body.loginResponse.loginReturn",
    "xml": soap("<login><username>${SHOP_USER}</username><apiKey>${SHOP_PASSWORD}</apiKey></login>"),
    "headers": {"SOAPAction": '"urn:Login"'},
    "renew_when": {"$.Envelope.Body.Fault.faultcode": "5"},
    "fail_when": {"$.Envelope.Body.Fault": {"is": "present"}},
}  # fmt: skip
SOAP_CALL = operation(
    "$.Envelope.Body.listResponse.result.item",
    post="/api/v2_soap", reads=True, format="soap",
    soap={"action": "urn:List", "body": "<list><sessionId>{auth.token}</sessionId><mail>{email}</mail></list>"},
)  # fmt: skip


@pytest.mark.parametrize("status", [200, 500])
def test_session_id_in_the_envelope(ask: Ask, tmp_path: Path, status: int) -> None:
    """The login's session id is an element of each call; a fault that says it died leads to one login, and one only."""
    shop = SoapShop(status)
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, SOAP_CALL, auth=SOAP_AUTH)
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        shop.good = "died in between"
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        assert shop.logins == 2
        assert len(server.seen) == 5  # login, call, refused call, login, call
        shop.good = "died"
        shop.logins = 100
        before = len(server.seen)

        def never(seen: Seen) -> Answer:
            answer = shop(seen)
            shop.good = "dies at once"
            return answer

    with serving(never) as other, pytest.raises(LoginFailed, match="nobody is signed in; check renew_when:"):
        ask(shop_file(tmp_path / "shop", other.url, SOAP_CALL, auth=SOAP_AUTH), email=MAIL)
    assert before
    assert len(other.seen) == 4  # login, refused call, login, refused call


def test_session_that_dies_under_eight_workers(tmp_path: Path) -> None:
    """All are told by a fault; one logs in, and all go on with what it got."""
    shop = SoapShop(200)
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, SOAP_CALL, auth=SOAP_AUTH)
        with wb.open_merchant(folder) as merchant, ThreadPoolExecutor(8) as pool:
            for death in range(1, 4):
                found = [pool.submit(merchant.find_orders, email=MAIL) for _ in range(8)]
                assert [numbers(each.result()) for each in found] == [["A-1"]] * 8
                assert shop.logins == death
                shop.good = "died"


def test_login_that_is_refused_with_a_good_status(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault with status 200 is no session; the secrets to check are named, and no call is made."""
    monkeypatch.setenv("SHOP_PASSWORD", "wrong")
    with serving(SoapShop(200)) as server, pytest.raises(LoginFailed, match="says that it is refused") as caught:
        ask(shop_file(tmp_path / "shop", server.url, SOAP_CALL, auth=SOAP_AUTH), email=MAIL)

    assert len(server.seen) == 1
    assert "check SHOP_USER, SHOP_PASSWORD" in str(caught.value)


class RpcShop:
    """JSON-RPC: who logs in gets a number, which goes beside the password into each call's arguments."""

    def __init__(self) -> None:
        self.logins = 0

    def __call__(self, seen: Seen) -> Answer:
        asked = json.loads(seen.body)
        params = asked["params"]
        if params["service"] == "common":
            self.logins += 1
            good = params["args"] == ["db1", ENV["USER"], ENV["PASSWORD"], {}]
            return Answer({"jsonrpc": "2.0", "id": asked["id"], "result": 7 if good else False})
        database, uid, password, *rest = params["args"]
        if (database, uid, password) != ("db1", 7, ENV["PASSWORD"]) or isinstance(uid, bool):
            return Answer({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": 200, "message": "Access Denied"}})
        assert rest == ["sale.order", "search_read", [[["email", "=", MAIL]]], {"limit": 5}]
        return Answer({"jsonrpc": "2.0", "id": asked["id"], "result": [order("A-1")]})


RPC_AUTH = {
    "kind": "login_token", "url": "/jsonrpc", "in": "call", "token_path": "$.result",
    "json": {"jsonrpc": "2.0", "id": 1, "method": "call", "params": {"service": "common", "method": "authenticate", "args": ["db1", "${SHOP_USER}", "${SHOP_PASSWORD}", {}]}},
}  # fmt: skip
RPC_CALL = operation("$.result", post="/jsonrpc", reads=True, json={
    "jsonrpc": "2.0", "id": 1, "method": "call", "params": {"service": "object", "method": "execute_kw", "args": [
        "db1", "{auth.token}", "${SHOP_PASSWORD}", "sale.order", "search_read", [[["email", "=", "{email}"]]], {"limit": 5}]},
})  # fmt: skip


def test_user_number_in_the_arguments(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number stays one; a refused login is told as such, though its status is good; one digit is no secret to mask."""
    shop = RpcShop()
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, RPC_CALL, auth=RPC_AUTH)
        exchanges: list[Any] = []
        assert numbers(ask(folder, email=MAIL, options={"on_exchange": exchanges.append})) == ["A-1"]
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        assert shop.logins == 1
        assert ENV["PASSWORD"] not in str([(one.request.body, one.response.body) for one in exchanges])
        assert b"2026-11-03T09:30:00Z" in exchanges[-1].response.body
        monkeypatch.setenv("SHOP_PASSWORD", "wrong")
        with pytest.raises(LoginFailed, match=r"gave no token at \$.result"):
            ask(folder, email=MAIL)


SESSION = {
    "kind": "session_cookie",
    "url": "/web/session/authenticate",
    "json": {"params": {"login": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}},
}


def test_cookie_that_comes_whatever_the_login_says(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie comes with a refused login as well: `fail_when` tells; one that died is told by a body with status 200."""
    died: list[str] = []

    def answer(seen: Seen) -> Answer:
        cookie = seen.headers.get("cookie", "")
        if seen.path.endswith("authenticate"):
            good = json.loads(seen.body)["params"]["password"] == ENV["PASSWORD"]
            body = {"result": {"uid": 7}} if good else {"error": {"code": 200, "message": "Odoo Server Error"}}
            return Answer(body, 200, {"Set-Cookie": f"session_id=session-number-{len(died)}; Path=/; HttpOnly"})
        if cookie != f"session_id=session-number-{len(died)}":
            return Answer({"error": {"code": 100, "message": "Odoo Session Expired"}})
        assert json.loads(seen.body) == {"user": 7, "mail": MAIL}
        return Answer(FOUND)

    auth = {
        **SESSION,
        "fail_when": {"$.error": {"is": "present"}},
        "renew_when": {"$.error.code": 100},
        "values": {"uid": "$.result.uid"},
    }
    call = operation(post="/orders", reads=True, json={"user": "{auth.uid}", "mail": "{email}"})
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, call, auth=auth)
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        died.append("once")
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        monkeypatch.setenv("SHOP_PASSWORD", "wrong")
        with pytest.raises(
            LoginFailed, match="the login's answer says that it is refused; check SHOP_USER, SHOP_PASSWORD"
        ):
            ask(folder, email=MAIL)


def test_token_of_an_xml_answer_in_an_attribute(ask: Ask, tmp_path: Path) -> None:
    """The token stands in an element, and goes into an attribute of each body."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/auth":
            assert element(seen.body, "key") == ENV["PASSWORD"]
            return Answer(
                '<?xml version="1.0"?><auth_response status="OK" xmlns="urn:x"><token>AB&quot;-token-12345</token><validity>60</validity></auth_response>'
            )
        token = re.search(r'token="([^"]*)"', seen.body.decode())
        assert token
        assert unescape(token[1], {"&quot;": '"'}) == 'AB"-token-12345'
        return Answer(FOUND)

    auth = {
        "kind": "login_token", "url": "/auth", "xml": "<auth><key>${SHOP_PASSWORD}</key></auth>", "in": "call",
        "token_path": "$.auth_response.token", "expires_path": "$.auth_response.validity",
    }  # fmt: skip
    call = operation(
        post="/orders_query",
        reads=True,
        format="json",
        xml='<orders_query token="{auth.token}"><mail>{email}</mail></orders_query>',
    )
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call, auth=auth), email=MAIL)) == ["A-1"]


def test_two_tokens_of_one_login(ask: Ask, tmp_path: Path) -> None:
    """Both go into headers of every call, which the connection says once."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/loginidentity":
            return Answer({"WCToken": "wc-token-1234567", "WCTrustedToken": "trusted-token-7654321", "userId": "-1002"})
        assert (seen.headers["wctoken"], seen.headers["wctrustedtoken"]) == (
            "wc-token-1234567",
            "trusted-token-7654321",
        )
        assert seen.query == {"storeId": "10", "email": MAIL}
        return Answer(FOUND)

    auth = {
        "kind": "login_token", "url": "/loginidentity", "json": {"logonId": "${SHOP_USER}", "logonPassword": "${SHOP_PASSWORD}"},
        "token_path": "$.WCToken", "name": "WCToken", "values": {"trusted": "$.WCTrustedToken"},
    }  # fmt: skip
    shared = {"headers": {"WCTrustedToken": "{auth.trusted}"}, "query": {"storeId": 10}}
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth, **shared)
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        exchanges: list[Any] = []
        ask(folder, email=MAIL, options={"on_exchange": exchanges.append})

    assert "token-7654321" not in str([one.request.headers for one in exchanges])


def test_token_that_was_kept_before_the_file_asked_for_more(ask: Ask, tmp_path: Path) -> None:
    """A newer version that needs another value of the login logs in anew, rather than fail until the token dies."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/login":
            return Answer({"token": "token-1234567", "uid": 12})
        return Answer(FOUND, 200 if seen.headers.get("x-uid") in (None, "12") else 400)

    auth = {"kind": "login_token", "url": "/login", "json": {"u": "${SHOP_USER}"}, "token_path": "$.token"}
    with serving(answer) as server:
        assert numbers(
            ask(shop_file(tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth), email=MAIL)
        ) == ["A-1"]
        newer = shop_file(
            tmp_path / "shop", server.url, {"find_orders_by_email": by_email(headers={"X-Uid": "{auth.uid}"})}, auth={**auth, "values": {"uid": "$.uid"}},
        )  # fmt: skip
        for _ in range(2):
            assert numbers(ask(newer, email=MAIL)) == ["A-1"]
        assert server.targets.count("/login") == 2


def test_proof_against_forgery_first(ask: Ask, tmp_path: Path) -> None:
    """A first call sets a cookie whose text the login and every call say again in a header or a body (Sanctum's way)."""
    state = {"xsrf": "first=+/%é", "session": "anonymous-session-0"}

    def cookies(seen: Seen) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in seen.headers.get("cookie", "").split("; ") if pair)

    def setting() -> dict[str, str]:
        return {
            "Set-Cookie": f"XSRF-TOKEN={quote(state['xsrf'], safe='')}; Max-Age=7200; Path=/, app_session={state['session']}; Path=/; HttpOnly"
        }

    def answer(seen: Seen) -> Answer:
        if seen.path == "/csrf-cookie":
            return Answer(b"", 204, setting())
        said = cookies(seen)
        if said.get("app_session") != state["session"] or said.get("XSRF-TOKEN") != quote(state["xsrf"], safe=""):
            return Answer({"message": "CSRF token mismatch."}, 419)
        if seen.path == "/login":
            form = dict(parse_qsl(seen.body.decode()))
            assert form == {"user": ENV["USER"], "password": ENV["PASSWORD"], "_token": state["xsrf"]}
            state.update(xsrf='second"=&', session="session-of-joan-1")
            return Answer({"two_factor": False, "shop": 5}, 200, {**setting(), "X-Store": "store/7"})
        assert seen.headers["x-xsrf-token"] == quote(state["xsrf"], safe="").replace("%22", '"').replace(
            "%3D", "="
        ).replace("%26", "&")
        assert seen.target == f"/stores/store%2F7/5/orders?email={quote(MAIL, safe='')}"
        return Answer(FOUND)

    auth = {
        "kind": "session_cookie", "url": "/login", "form": {"user": "${SHOP_USER}", "password": "${SHOP_PASSWORD}", "_token": "{auth.xsrf}"}, "cookie": "app_session",
        "values": {"xsrf": "http.cookie.XSRF-TOKEN", "store": "http.header.X-Store", "shop": "$.shop"}, "renew_on": [401, 419],
        "login_auth": {"kind": "session_cookie", "url": "/csrf-cookie", "method": "get", "values": {"xsrf": "http.cookie.XSRF-TOKEN"}, "lifetime_s": 1},
    }  # fmt: skip
    call = operation(
        get="/stores/{auth.store}/{auth.shop}/orders",
        query={"email": "{email}"},
        headers={"X-XSRF-TOKEN": "{auth.xsrf}"},
    )
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, call, auth=auth)
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        assert [one.path for one in server.seen][:2] == ["/csrf-cookie", "/login"]
        state.update(xsrf="third", session="anonymous-session-3")
        for file in (tmp_path / "data").rglob("*.json"):
            file.unlink()
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]


# ---------------------------------------------------------------- the server that the login names


def server_auth(**more: Any) -> dict[str, Any]:
    """A login that names a server."""
    return {
        "kind": "oauth2_client_credentials", "token_url": "/token", "client_id": "c", "client_secret": "${SHOP_SECRET}",
        "server_path": "$.instance_url", "servers": ["127.0.0.1", "*.shop.example"], **more,
    }  # fmt: skip


def test_server_that_the_login_names(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go there, below the same path, pages included; a host that is not listed or not admitted gets nothing."""

    def far(seen: Seen) -> Answer:
        assert seen.headers["authorization"] == "Bearer far-token-12345"
        if "page" in seen.query:
            return Answer({"data": [order("A-2")]})
        return Answer({"data": [order("A-1")], "next": f"{there.url}/data/v60/orders?email={MAIL}&page=2"})

    pages = {"kind": "next_link", "path": "$.next"}
    with serving(far) as there:
        named = {"url": there.url}

        def login(seen: Seen) -> Answer:
            assert seen.path == "/data/v60/token"
            return Answer({"access_token": "far-token-12345", "instance_url": named["url"]})

        with serving(login) as server:
            base = f"{server.url}/data/v60"
            folder = shop_file(
                tmp_path / "shop", base, {"find_orders_by_email": by_email(pages=pages)}, auth=server_auth()
            )
            assert numbers(ask(folder, email=MAIL)) == ["A-1", "A-2"]
            assert [one.path for one in there.seen] == ["/data/v60/orders"] * 2
            assert [one.path for one in server.seen] == ["/data/v60/token"]

            monkeypatch.setenv("SHOP_HOSTS", f"127.0.0.1:{server.port}")
            with pytest.raises(AddressRefused, match="the server that the login named"):
                ask(folder, email=MAIL)
            monkeypatch.delenv("SHOP_HOSTS")
            for url in (
                "https://evil.example",
                f"http://u:p@127.0.0.1:{there.port}",
                "file:///etc/passwd",
                "",
                5,
                "http://127.0.0.1:1?x",
            ):
                named["url"] = url
                monkeypatch.setenv(
                    "WORKBENCH_DATA", str(tmp_path / f"data-{hashlib.md5(str(url).encode()).hexdigest()}")
                )
                with pytest.raises(LoginFailed) as caught:
                    ask(folder, email=MAIL)
                assert "server" in str(caught.value)
                assert "evil" not in str(caught.value)
    assert len(there.seen) == 2


def test_calls_to_several_servers(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own address and says how it knows us, else as the first; a token goes to no other than its own."""
    record = {
        "shipments": {"each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"}},
        "carrier": "notes:$.by",
    }

    def orders(seen: Seen) -> Answer:
        if seen.path == "/token":
            return Answer({"access_token": "orders-token-1", "expires_in": 600})
        assert (seen.headers["authorization"], seen.headers["x-shop"]) == ("Bearer orders-token-1", "7")
        return Answer({"data": [order("A-1", id="1")]})

    def parcels(seen: Seen) -> Answer:
        assert seen.headers["authorization"] == "Basic " + base64.b64encode(f"joan:{ENV['PASSWORD']}".encode()).decode()
        assert "x-shop" not in seen.headers
        assert seen.target == "/v3/parcels/1?lang=de"
        return Answer({"parcels": [{"code": "T-1"}]})

    def notes(seen: Seen) -> Answer:
        assert (seen.headers["authorization"], seen.headers["x-shop"]) == ("Bearer orders-token-1", "7")
        return Answer({"by": "DHL"})

    auth = {
        "kind": "oauth2_client_credentials",
        "token_url": "/token",
        "client_id": "c",
        "client_secret": "${SHOP_SECRET}",
    }
    basic = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
    calls = [
        {"name": "search", "get": "/orders", "query": {"email": "{email}"}}, {"name": "notes", "for_each": "order", "server": "desk", "get": "/notes"},
        {"name": "parcels", "for_each": "order", "server": "logistics", "get": "/parcels/{@.id}"},
    ]  # fmt: skip
    operations = {"find_orders_by_email": {"calls": calls, "orders": {"each": "$.data"}}}
    with serving(orders) as one, serving(parcels) as other, serving(notes) as third:
        servers = {
            "logistics": {"base_url": "http://127.0.0.1:9/v3", "auth": basic, "headers": {"X-Own": "1"}, "query": {"lang": "de"}},
            "desk": {"base_url": third.url},
        }  # fmt: skip
        environments = {"test": {"servers": {"logistics": {"base_url": f"{other.url}/v3"}}}}
        folder = shop_file(
            tmp_path / "shop",
            one.url,
            operations,
            record,
            auth=auth,
            servers=servers,
            headers={"X-Shop": "7"},
            environments=environments,
        )
        options = {"options": {"environment": "test"}}
        result = ask(folder, email=MAIL, **options)
        found = result.orders[0]
        assert (found.tracking_numbers, found.carrier_raw) == (["T-1"], "DHL")
        assert [one.path for one in one.seen] == ["/token", "/orders"]
        monkeypatch.setenv("SHOP_HOSTS", f"127.0.0.1:{one.port},127.0.0.1:{third.port}")
        with pytest.raises(AddressRefused, match="SHOP_HOSTS"):
            ask(folder, email=MAIL, **options)
        monkeypatch.delenv("SHOP_HOSTS")
        names = [check.what for check in doctor(folder, "test") if check.name == "address"]
        assert all(str(each.port) in names[0] for each in (one, other, third))


# ---------------------------------------------------------------- signatures


def hexed(key: str, text: str, algorithm: str = "sha256") -> str:
    """An HMAC in hexadecimal digits."""
    return hmac.new(key.encode(), text.encode(), algorithm).hexdigest()


def glued(pairs: list[tuple[str, str]], *without: str) -> str:
    """Names and values, sorted, one after another."""
    return "".join(name + value for name, value in sorted(pairs) if name not in without)


def test_sorted_parameters_signed(ask: Ask, tmp_path: Path) -> None:
    """Path and sorted parameters, app key, time and token among them, in capitals of hexadecimal (Lazada's way)."""

    def answer(seen: Seen) -> Answer:
        pairs = parse_qsl(seen.target.partition("?")[2], keep_blank_values=True)
        said = dict(pairs)
        assert abs(int(said["timestamp"]) / 1000 - time.time()) < 60
        assert (said["access_token"], said["email"], said["note"]) == (ENV["KEY"], "jörg+x@example.com", "a b&c=ü")
        assert [value for name, value in pairs if name == "tag"] == ["2", "1"]
        right = hexed(ENV["SECRET"], "/orders/get" + glued(pairs, "sign")).upper()
        return Answer(
            {"data": [order("A-1", email="jörg+x@example.com")]}
            if said["sign"] == right
            else {"code": "IncompleteSignature"}
        )

    auth = {
        "kind": "hmac", "secret": "${SHOP_SECRET}", "canonical": "{path}{sorted_glued}", "encoding": "HEX", "timestamp": "unix_ms",
        "query": {"app_key": "123456", "timestamp": "{timestamp}", "sign_method": "sha256", "access_token": "${SHOP_KEY}", "sign": "{signature}"},
    }  # fmt: skip
    call = operation(get="/orders/get", query={"email": "{email}", "note": "a b&c=ü", "tag": ["2", "1"]})
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call, auth=auth), email="jörg+x@example.com")) == [
            "A-1"
        ]


def test_hash_with_the_secret_around_it(ask: Ask, tmp_path: Path) -> None:
    """MD5 of secret, sorted fields of query and form, and secret; the sign is one of the form's fields (TOP's way)."""

    def answer(seen: Seen) -> Answer:
        pairs = parse_qsl(seen.target.partition("?")[2]) + parse_qsl(seen.body.decode(), keep_blank_values=True)
        said = dict(pairs)
        moment = datetime.strptime(said["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - timedelta(hours=8)
        assert abs((moment - datetime.now(UTC)).total_seconds()) < 60
        assert len(said["nonce"]) == 32
        right = hashlib.md5((ENV["SECRET"] + glued(pairs, "sign") + ENV["SECRET"]).encode()).hexdigest().upper()
        return Answer(
            FOUND if said["sign"] == right and said["method"] == "trades.get" else {"error_response": {"code": 25}}
        )

    auth = {
        "kind": "hmac",
        "secret": "${SHOP_SECRET}",
        "signed_by": "hash",
        "algorithm": "md5",
        "encoding": "HEX",
        "canonical": "{secret}{sorted_glued}{secret}",
    }
    call = operation(post="/router/rest", reads=True, query={"v": "2.0"}, form={
        "method": "trades.get", "email": "{email}", "timestamp": "{now+8h.%Y-%m-%d %H:%M:%S}", "empty": "", "sign": "{auth.signature}", "nonce": "{auth.nonce}",
    })  # fmt: skip
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call, auth=auth), email=MAIL)) == ["A-1"]


def test_signed_refresh_and_signed_calls(ask: Ask, tmp_path: Path) -> None:
    """The refresh is signed one way and the calls another, over the token; the refresh token rotates (Shopee's way)."""
    state = {"refresh": ENV["SEED"], "access": "", "count": 0}

    def answer(seen: Seen) -> Answer:
        said = seen.query
        text = f"2001{seen.path}{said['timestamp']}"
        if seen.path == "/api/v2/auth/access_token/get":
            assert said["sign"] == hexed(ENV["SECRET"], text)
            assert json.loads(seen.body) == {
                "grant_type": "refresh_token",
                "refresh_token": state["refresh"],
                "partner_id": 2001,
                "shop_id": 77,
            }
            state["count"] = int(state["count"]) + 1
            state["access"], state["refresh"] = f"access-{state['count']}-xyz", f"refresh-{state['count']}-xyz"
            return Answer(
                {"access_token": state["access"], "refresh_token": state["refresh"], "expire_in": 14400, "error": ""}
            )
        if said["access_token"] != state["access"]:
            return Answer({"error": "error_auth", "message": "Invalid access_token."}, 200)
        right = hexed(ENV["SECRET"], f"{text}{said['access_token']}77")
        return Answer(FOUND if said["sign"] == right and said["partner_id"] == "2001" else {"error": "error_sign"})

    signed = {"kind": "hmac", "secret": "${SHOP_SECRET}"}
    common = {"partner_id": "2001", "timestamp": "{timestamp}", "sign": "{signature}"}
    auth = {
        "kind": "oauth2_refresh_token", "token_url": "/api/v2/auth/access_token/get", "client_id": "2001", "refresh_token": "${SHOP_SEED}",
        "names": {"client_id": ""}, "extra": {"partner_id": 2001, "shop_id": 77}, "token_body": "json", "expires_path": "$.expire_in",
        "in": "query", "name": "access_token", "renew_when": {"$.error": "error_auth"},
        "login_auth": {**signed, "canonical": "2001{path}{timestamp}", "query": common},
        "also": [{**signed, "canonical": "2001{path}{timestamp}{query.access_token}77", "query": {**common, "shop_id": "77"}}],
    }  # fmt: skip
    with serving(answer) as server:
        folder = shop_file(
            tmp_path / "shop", server.url, operation(get="/api/v2/order/search", query={"email": "{email}"}), auth=auth
        )
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        state["access"] = "revoked"
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        login = {check.name: check for check in doctor(folder)}["login"]
        assert login.what == "the token endpoint gives a token, for 14400 seconds, and it is not refused"

    assert state["count"] == 2


def test_body_signed_and_token_by_get(ask: Ask, tmp_path: Path) -> None:
    """Fields of other names, asked for by GET; path, parameters and body between secrets are signed (TikTok's way)."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/api/v2/token/refresh":
            assert seen.method == "GET"
            assert seen.query == {
                "app_key": "k1",
                "app_secret": ENV["OTHER"],
                "refresh_token": ENV["SEED"],
                "grant_type": "refresh_token",
            }
            expires = int(time.time()) + 3600
            return Answer(
                {
                    "code": 0,
                    "data": {
                        "access_token": "tts-token-12345",
                        "refresh_token": "rotated-12345",
                        "access_token_expire_in": expires,
                    },
                }
            )
        pairs = parse_qsl(seen.target.partition("?")[2])
        text = ENV["OTHER"] + seen.path + glued(pairs, "sign", "version", "shop_id") + seen.body.decode() + ENV["OTHER"]
        assert seen.headers["x-tts-access-token"] == "tts-token-12345"
        assert dict(pairs)["shop_cipher"] == "cipher=="
        return Answer(FOUND if dict(pairs)["sign"] == hexed(ENV["OTHER"], text) else {"code": 106001})

    auth = {
        "kind": "oauth2_refresh_token", "token_url": "/api/v2/token/refresh", "token_method": "get", "client_id": "k1", "client_secret": "${SHOP_OTHER}",
        "client_in": "body", "names": {"client_id": "app_key", "client_secret": "app_secret"}, "refresh_token": "${SHOP_SEED}",
        "token_path": "$.data.access_token", "refresh_path": "$.data.refresh_token", "expires_path": "$.data.access_token_expire_in",
        "name": "x-tts-access-token",
        "also": [{"kind": "hmac", "secret": "${SHOP_OTHER}", "canonical": "{secret}{path}{sorted_glued}{body}{secret}", "unsigned": "version shop_id",
                  "query": {"app_key": "k1", "timestamp": "{timestamp}", "sign": "{signature}"}}],
    }  # fmt: skip
    call = operation(
        post="/order/202309/orders/search",
        reads=True,
        query={"shop_cipher": "cipher==", "version": "202309", "shop_id": 5},
        json={"email": "{email}"},
    )
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call, auth=auth), email=MAIL)) == ["A-1"]


def test_signature_in_a_soap_header(ask: Ask, tmp_path: Path) -> None:
    """Nonce, time and a signature by two secrets stand in the envelope, each call's own (NetSuite's way)."""
    nonces: set[str] = set()

    def answer(seen: Seen) -> Answer:
        account, consumer, token, nonce, moment = (
            element(seen.body, name) for name in ("account", "consumerKey", "token", "nonce", "timestamp")
        )
        text = "&".join([account, consumer, token, nonce, moment])
        key = f"{ENV['SECRET']}&{ENV['OTHER']}"
        right = base64.b64encode(hmac.new(key.encode(), text.encode(), "sha256").digest()).decode()
        assert abs(int(moment) - time.time()) < 60
        assert nonce not in nonces
        nonces.add(nonce)
        good = (
            element(seen.body, "signature") == right and account == "1234567_SB1" and element(seen.body, "mail") == MAIL
        )
        return Answer(FOUND if good else {}, 200 if good else 401)

    auth = {
        "kind": "hmac", "secret": "${SHOP_SECRET}&${SHOP_OTHER}", "encoding": "base64",
        "canonical": "1234567_SB1&${SHOP_KEY}&${SHOP_SEED}&{nonce}&{timestamp}",
    }  # fmt: skip
    passport = (
        "<tokenPassport><account>1234567_SB1</account><consumerKey>${SHOP_KEY}</consumerKey><token>${SHOP_SEED}</token>"
        '<nonce>{auth.nonce}</nonce><timestamp>{auth.timestamp}</timestamp><signature algorithm="HMAC-SHA256">{auth.signature}</signature></tokenPassport>'
    )
    envelope = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>{passport}</s:Header><s:Body><search><mail>{{email}}</mail></search></s:Body></s:Envelope>'
    call = operation(post="/services", reads=True, format="json", soap={"action": "search", "body": envelope})
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, call, auth=auth)
        for _ in range(2):
            assert numbers(ask(folder, email=MAIL)) == ["A-1"]


def test_times_and_words_of_ones_own(ask: Ask, tmp_path: Path) -> None:
    """A time of two-digit years inside one header (Coupang's way), a window of days, and Basic by another word."""

    def answer(seen: Seen) -> Answer:
        said = dict(re.findall(r"([\w-]+)=([^, ]+)", seen.headers["authorization"]))
        right = hexed(ENV["SECRET"], said["signed-date"] + seen.method + seen.path + seen.target.partition("?")[2])
        moment = datetime.strptime(said["signed-date"], "%y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert abs((moment - datetime.now(UTC)).total_seconds()) < 60
        begin, end = (datetime.strptime(seen.query[name], "%Y-%m-%d").replace(tzinfo=UTC) for name in ("from", "to"))
        assert (end - begin).days == 31
        assert uuid.UUID(seen.headers["x-correlation"]).version == 4
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen.headers["x-now"])
        return Answer(FOUND if said["signature"] == right else {}, 200 if said["signature"] == right else 401)

    auth = {
        "kind": "hmac", "secret": "${SHOP_SECRET}", "canonical": "{timestamp}{method}{path}{query}", "timestamp": "%y%m%dT%H%M%SZ",
        "headers": {"Authorization": "CEA algorithm=HmacSHA256, access-key=${SHOP_KEY}, signed-date={timestamp}, signature={signature}"},
    }  # fmt: skip
    call = operation(
        get="/v2/orders",
        query={"email": "{email}", "from": "{now-31d.date}", "to": "{now.%Y-%m-%d}"},
        headers={"X-Now": "{now.iso_ms}"},
    )
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, call, auth=auth, headers={"X-Correlation": "{random.uuid}"})
        for _ in range(2):
            assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        assert len({one.headers["x-correlation"] for one in server.seen}) == 2

    word = "ESA " + base64.b64encode(f"{ENV['SECRET']}:{ENV['KEY']}".encode()).decode()
    alone = "Basic " + base64.b64encode(f"{ENV['KEY']}:".encode()).decode()
    for table, right in (
        ({"username": "${SHOP_SECRET}", "password": "${SHOP_KEY}", "prefix": "ESA"}, word), ({"username": "${SHOP_KEY}", "alone": True}, alone),
    ):  # fmt: skip
        with serving(
            lambda seen, right=right: Answer(FOUND, 200 if seen.headers["authorization"] == right else 401)
        ) as server:
            folder = shop_file(
                tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth={"kind": "basic", **table}
            )
            assert numbers(ask(folder, email=MAIL)) == ["A-1"]


def test_headers_of_the_token_request_and_a_token_for_one_call(ask: Ask, tmp_path: Path) -> None:
    """The token request has headers of its own, fresh each time; a call that says the token's header itself wins."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/v3/token":
            assert seen.headers["wm_svc.name"] == "Shop"
            assert uuid.UUID(seen.headers["wm_qos.correlation_id"])
            assert parse_qs(seen.body.decode()) == {"grant_type": ["client_credentials"]}
            return Answer({"access_token": "walmart-token-1", "expires_in": 900})
        if seen.path == "/restrictedDataToken":
            assert seen.headers["wm_sec.access_token"] == "walmart-token-1"
            assert json.loads(seen.body) == {"path": "/orders"}
            return Answer({"restrictedDataToken": "restricted-token-9"})
        assert seen.headers["wm_sec.access_token"] == "restricted-token-9"
        assert "authorization" not in seen.headers
        return Answer(FOUND)

    auth = {
        "kind": "oauth2_client_credentials", "token_url": "/v3/token", "client_id": "c", "client_secret": "${SHOP_SECRET}", "name": "WM_SEC.ACCESS_TOKEN",
        "headers": {"WM_SVC.NAME": "Shop", "WM_QOS.CORRELATION_ID": "{random.uuid}"},
    }  # fmt: skip
    calls = [
        {"name": "rdt", "post": "/restrictedDataToken", "reads": True, "json": {"path": "/orders"}},
        {"name": "search", "get": "/orders", "query": {"email": "{email}"}, "headers": {"WM_SEC.ACCESS_TOKEN": "{rdt:$.restrictedDataToken}"}},
    ]  # fmt: skip
    operations = {"find_orders_by_email": {"calls": calls, "orders": {"each": "search:$.data"}}}
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, operations, auth=auth), email=MAIL)) == ["A-1"]


def test_token_of_a_token(ask: Ask, tmp_path: Path) -> None:
    """A first token is traded for a second one, which the calls bear; one that died early is no matter (Shoptet's way)."""
    good = {"first": "first-token-1", "count": 0}

    def answer(seen: Seen) -> Answer:
        if seen.path == "/oauth":
            good["count"] = int(good["count"]) + 1
            good["first"] = f"first-token-{good['count']}"
            return Answer({"access_token": good["first"], "expires_in": 3600})
        if seen.path == "/getAccessToken":
            right = seen.headers.get("authorization") == f"Bearer {good['first']}"
            return Answer(
                {"access_token": "second-token-2", "expires_in": 1800} if right else {}, 200 if right else 401
            )
        return Answer(FOUND, 200 if seen.headers.get("shoptet-access-token") == "second-token-2" else 401)

    first = {
        "kind": "oauth2_client_credentials",
        "token_url": "/oauth",
        "client_id": "c",
        "client_secret": "${SHOP_SECRET}",
    }
    auth = {
        "kind": "login_token", "url": "/getAccessToken", "method": "get", "token_path": "$.access_token", "name": "Shoptet-Access-Token",
        "lifetime_s": 1800, "login_auth": first,
    }  # fmt: skip
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth)
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        assert [one.path for one in server.seen] == ["/oauth", "/getAccessToken", "/orders"]
        good["first"] = "revoked"
        for file in (tmp_path / "data").rglob("*.json"):
            if "second" in file.read_text():
                file.unlink()
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]

    assert good["count"] == 2


def test_pages_inside_a_body(ask: Ask, tmp_path: Path) -> None:
    """The number of the page is an element of the envelope, and a cursor a part of a text; the query stays empty."""
    xml = "<list><page>{page.currentPage}</page><mail>{email}</mail></list>"

    def answer(seen: Seen) -> Answer:
        assert "?" not in seen.target
        page = int(element(seen.body, "page"))
        return Answer({"data": [order(f"A-{page}")] if page < 3 else []})

    call = operation(
        post="/soap",
        reads=True,
        format="json",
        soap={"body": xml},
        pages={"kind": "page", "param": "currentPage", "start": 0},
    )
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call), email=MAIL)) == ["A-0", "A-1", "A-2"]

    def cursors(seen: Seen) -> Answer:
        asked = json.loads(parse_qs(seen.body.decode())["parameters"][0])
        rows = {"": ("A-1", 'c"1'), 'c"1': ("A-2", None)}
        number, following = rows[asked["cursor"]]
        return Answer({"data": [order(number)], "next": following})

    call = operation(
        post="/connector", reads=True, form={"method": "getOrders", "parameters": '{"mail": "{email}", "cursor": "{page.after}"}'},
        pages={"kind": "cursor", "path": "$.next", "param": "after"},
    )  # fmt: skip
    with serving(cursors) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call), email=MAIL)) == ["A-1", "A-2"]


def test_all_values_in_one_request(ask: Ask, tmp_path: Path) -> None:
    """A list with a path alone takes every value, each once: one request for the parcels of all orders."""
    record = {
        "shipments": {"each": "parcels:$.parcels", "keep": {"@.order": "^.id"}, "fields": {"tracking_number": "@.code"}}
    }

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", id=1), order("A-2", id=2), order("A-3", id=1)]})
        if seen.path == "/notes":
            assert json.loads(seen.body) == {"ids": [1, 2, "x"], "first": 1, "mail": [MAIL]}
            return Answer({})
        assert seen.target == "/parcels?ids%5B%5D=1&ids%5B%5D=2&ids%5B%5D=0&first=1"
        return Answer({"parcels": [{"order": 1, "code": "T-1"}, {"order": 2, "code": "T-2"}]})

    path = "{search:$.data[*].id}"
    calls = [
        {"name": "search", "get": "/orders", "query": {"email": "{email}"}},
        {"name": "parcels", "get": "/parcels", "query": {"ids[]": [path, 0], "first": path}},
        {"name": "notes", "post": "/notes", "reads": True, "json": {"ids": [path, "x"], "first": path, "mail": ["{email}"]}},
    ]  # fmt: skip
    operations = {"find_orders_by_email": {"calls": calls, "orders": {"each": "$.data"}}}
    with serving(answer) as server:
        result = ask(shop_file(tmp_path / "shop", server.url, operations, record), email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-1"], ["T-2"], ["T-1"]]
    assert len(server.seen) == 3


def test_pages_by_a_header(ask: Ask, tmp_path: Path) -> None:
    """The cursor of the next page stands in a header of the answer."""

    def answer(seen: Seen) -> Answer:
        page = seen.query.get("token", "")
        return Answer({"data": [order(f"A{page}-1")]}, 200, {"X-Continuation": "2+=="} if not page else {})

    call = operation(
        get="/orders",
        query={"email": "{email}"},
        pages={"kind": "cursor", "header": "X-Continuation", "param": "token"},
    )
    with serving(answer) as server:
        assert numbers(ask(shop_file(tmp_path / "shop", server.url, call), email=MAIL)) == ["A-1", "A2+==-1"]


def test_login_page_with_a_good_status(ask: Ask, tmp_path: Path) -> None:
    """A session that died is a page for people, with status 200; a limit is told by a body, and waited out."""
    state = {"session": 1, "calls": 0}

    def answer(seen: Seen) -> Answer:
        if seen.path == "/login":
            return Answer({}, 302, {"Location": "/", "Set-Cookie": f"SID=session-number-{state['session']}; Path=/"})
        if seen.headers.get("cookie") != f"SID=session-number-{state['session']}":
            return Answer("<!doctype html><form>Sign in</form>", 200, {"Content-Type": "text/html; charset=utf-8"})
        state["calls"] += 1
        if state["calls"] % 3:
            return Answer({"errors": [{"extensions": {"code": "THROTTLED"}}]}, 200)
        return Answer(FOUND)

    auth = {
        "kind": "session_cookie",
        "url": "/login",
        "form": {"user": "${SHOP_USER}"},
        "renew_when": {"http.header.content-type": "text/html"},
    }
    retries = {"wait_s": 0.01, "when": {"$.errors[*].extensions.code": "THROTTLED"}}
    with serving(answer) as server:
        folder = shop_file(
            tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth, retries=retries
        )
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        state["session"] = 2
        assert numbers(ask(folder, email=MAIL)) == ["A-1"]
        state["calls"] = 0
        never = {**retries, "max": 1}
        with pytest.raises(RateLimited, match="asks for a pause again and again"):
            ask(
                shop_file(
                    tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth, retries=never
                ),
                email=MAIL,
            )


def test_a_customers_text_never_becomes_what_sending_makes(ask: Ask, tmp_path: Path) -> None:
    """What looks like `{auth.token}` or like a mark in an input stays text, in every place."""
    inputs = ["{auth.token}@example.com", "{random.uuid}@example.com", "made0x0xauthtoken@example.com"]

    def answer(seen: Seen) -> Answer:
        if seen.path == "/token":
            return Answer({"access_token": "token-12345", "expires_in": 600})
        mail = json.loads(seen.body)["mail"]
        assert mail == unquote(seen.query["mail"]) == seen.headers["x-mail"]
        assert "token-12345" not in mail
        return Answer({"data": [order("A-1", mail)]})

    auth = {
        "kind": "oauth2_client_credentials",
        "token_url": "/token",
        "client_id": "c",
        "client_secret": "${SHOP_SECRET}",
    }
    call = operation(
        post="/orders",
        reads=True,
        query={"mail": "{email}"},
        headers={"X-Mail": "{email}"},
        json={"mail": "{email}", "t": "{auth.token}"},
    )
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, call, auth=auth)
        for mail in inputs:
            assert numbers(ask(folder, email=mail)) == ["A-1"]


def test_the_same_request_is_sent_once_though_each_has_an_id(ask: Ask, tmp_path: Path) -> None:
    """A correlation id does not make two requests of one: parcels of one customer are asked for once."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", id="1", who="7"), order("A-2", id="2", who="7")]})
        return Answer({"parcels": [{"code": "T-1"}]})

    calls = [
        {"name": "search", "get": "/orders", "query": {"email": "{email}"}},
        {"name": "parcels", "for_each": "order", "get": "/customers/{@.who}/parcels"},
    ]
    operations = {"find_orders_by_email": {"calls": calls, "orders": {"each": "$.data"}}}
    with serving(answer) as server:
        folder = shop_file(tmp_path / "shop", server.url, operations, headers={"X-Request-Id": "{random.uuid}"})
        assert numbers(ask(folder, email=MAIL)) == ["A-1", "A-2"]
        assert server.targets.count("/customers/7/parcels") == 1
        assert "made" not in str([one.headers for one in server.seen])


def test_environments_change_what_is_shared(tmp_path: Path) -> None:
    """Headers of the connection are overridden one by one."""
    environments = {"test": {"headers": {"X-Shop": "test"}}}
    folder = shop_file(
        tmp_path / "shop",
        "http://127.0.0.1:9",
        headers={"X-Shop": "live", "X-Key": "${SHOP_KEY}"},
        environments=environments,
    )
    opened = open_plan(folder, "test")

    assert opened.connection["headers"] == {"X-Shop": "test", "X-Key": "${SHOP_KEY}"}
    assert ENV["KEY"] not in opened.secrets.redact(f"x {ENV['KEY']} x")


# ---------------------------------------------------------------- the notebook


def test_from_the_notebooks_form_to_a_lookup(tmp_path: Path) -> None:
    """What the widget's forms hold, typed as an engineer types it, connects to a server with sessions in its bodies."""
    pytest.importorskip("pandas", reason="needs the extra notebook")
    from workbench.notebook.protocol import handle

    shop = SoapShop(500)
    settings = {
        "url": SOAP_AUTH["url"], "method": "post", "xml": SOAP_AUTH["xml"], "headers": 'SOAPAction: "urn:Login"', "in": "call",
        "token_path": SOAP_AUTH["token_path"], "renew_when": json.dumps(SOAP_AUTH["renew_when"]), "name": "Authorization", "prefix": "",
    }  # fmt: skip
    body = SOAP_CALL["find_orders_by_email"]["calls"][0]["soap"]["body"]
    with serving(shop) as server:
        bench = wb.Workbench("shop", mappings=tmp_path / "mappings")
        for op, args in (
            ("connect", {"base_url": server.url, "kind": "login_token", "settings": settings}),
            ("add_operation", {"name": "find_orders_by_email"}),
            (
                "add_call",
                {
                    "url": "/api/v2_soap",
                    "method": "post",
                    "name": "search",
                    "reads": True,
                    "body_kind": "soap",
                    "body": body,
                    "more": "urn:List",
                },
            ),
        ):
            reply, _ = handle(bench, op, args)
            assert "ok" in reply, reply
        reply, _ = handle(bench, "auth_forms", {})
        assert reply["ok"]["connection"]["auth"]["renew_when"] == SOAP_AUTH["renew_when"]
        bench.fetch(email=MAIL)
        shop.good = "died"
        bench.fetch(email=MAIL)

    assert shop.logins == 2
    assert len(bench.samples()) == 2
    assert "session-1" not in "".join(
        path.read_text(errors="replace") for path in (tmp_path / "mappings").rglob("*") if path.is_file()
    )


def test_connection_tables_by_python(tmp_path: Path) -> None:
    """What the form does not hold is said in Python, and checked like the file."""
    pytest.importorskip("pandas", reason="needs the extra notebook")
    bench = wb.Workbench("shop", mappings=tmp_path / "mappings")
    bench.connect(
        "https://api.shop.example",
        {"kind": "bearer", "token": "${SHOP_KEY}"},
        headers={"X-Id": "{random.uuid}"},
        retries={"max": 1},
    )

    assert bench.connection["headers"] == {"X-Id": "{random.uuid}"}
    assert "headers={'X-Id': '{random.uuid}'}" in bench.as_code()
    with pytest.raises(UsageError, match="a random value of a kind that is not known"):
        bench.connect("https://api.shop.example", headers={"X-Id": "{random.id}"})
    with pytest.raises(UsageError, match="a connection has no header"):
        bench.connect("https://api.shop.example", header={"X-Id": "1"})
    assert bench.connection["retries"] == {"max": 1}
