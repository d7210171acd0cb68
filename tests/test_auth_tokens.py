"""Kinds that obtain a token, driven by hand: what they send, what they keep, and what they do when it goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tests.auths import CLIENT, NOW, READ, Answering, World, answered, drive
from workbench.calls import Request, Response
from workbench.calls.auth import AuthorizationCode, Token
from workbench.calls.messages import Wait
from workbench.errors import LoginFailed, UsageError

PASSWORD = {**CLIENT, "kind": "oauth2_password", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
REFRESH = {**CLIENT, "kind": "oauth2_refresh_token", "refresh_token": "${SHOP_SEED}"}
SIGN_IN = {
    **CLIENT,
    "kind": "oauth2_authorization_code",
    "authorize_url": "https://login.example/auth?x=1",
    "redirect_uri": "http://127.0.0.1:8912/back",
    "scope": "orders offline",
}
LOGIN = {
    "kind": "login_token", "url": "/login", "json": {"user": "${SHOP_USER}", "pass": {"word": "${SHOP_PASSWORD}"}},
    "token_path": "$.session.token",
}  # fmt: skip
COOKIE = {"kind": "session_cookie", "url": "/login", "form": {"user": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}}


class Merchant:
    """A token endpoint and an API that knows the newest token; refresh tokens rotate, an old one revokes all."""

    def __init__(self, **answer: Any) -> None:
        self.logins: list[Request] = []
        self.reads: list[Request] = []
        self.answer = answer
        self.good: set[str] = set()
        self.refresh = "first-refresh-token"
        self.revoked = False

    def __call__(self, request: Request) -> Response:
        if not request.login:
            self.reads.append(request)
            token = (request.header("Authorization") or "").removeprefix("Bearer ")
            return answered({"data": []}) if token in self.good else answered({}, 401)
        self.logins.append(request)
        count = len(self.logins)
        fields = dict(parse_qsl(request.body.decode()))
        if fields.get("grant_type") == "refresh_token":
            self.revoked = self.revoked or fields["refresh_token"] != self.refresh
            if self.revoked:
                return answered({"error": "invalid_grant"}, 400)
        self.refresh = f"refresh-{count}"
        self.good = {f"token-{count}"}
        body = {"access_token": f"token-{count}", "expires_in": 3600, "token_type": "bearer"}
        return answered({**body, "refresh_token": self.refresh, **self.answer})

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.logins[-1].body.decode()))


def read(world: World, table: Mapping[str, Any], merchant: Answering, request: Request = READ) -> Response:
    """One read."""
    response = drive(world.auth(table).flow(request), merchant)
    assert isinstance(response, Response)
    return response


def failure(table: Mapping[str, Any], answer: Response, world: World | None = None) -> LoginFailed:
    """What is told of a login that goes wrong; nothing that came or was sent is in it."""
    with pytest.raises(LoginFailed) as caught:
        drive((world or World()).auth(table).flow(READ), lambda request: answer)
    assert not {"s3cret", "pass word", "joan", "leak"} & set(str(caught.value).split())
    assert "leak" not in str(caught.value)
    assert caught.value.problem.how
    assert caught.value.problem.where == "connection.auth"
    return caught.value


# ---------------------------------------------------------------- OAuth2


def test_client_credentials() -> None:
    """The client is proved in the header of Basic authentication; scope, audience and extra fields go along."""
    world, merchant = World(), Merchant()
    table = {**CLIENT, "scope": "orders.read", "audience": "api", "extra": {"resource": "${SHOP_KEY}"}}

    assert read(world, table, merchant).status == 200
    (login,) = merchant.logins
    assert (login.method, login.url) == ("POST", "https://login.example/token")
    assert login.header("Authorization") == "Basic Y2xpZW50LTE6czNjcmV0JTJGb2YlMkJjbGllbnQ="
    assert merchant.fields == {
        "grant_type": "client_credentials", "scope": "orders.read", "audience": "api", "resource": "key-12345",
    }  # fmt: skip
    assert merchant.reads[0].header("Authorization") == "Bearer token-1"
    assert {"token-1", "client-1:s3cret%2Fof%2Bclient"} <= set(world.learnt)


@pytest.mark.parametrize(
    ("client_in", "header", "field"),
    [("body", None, "s3cret/of+client"), ("basic_raw", "Basic Y2xpZW50LTE6czNjcmV0L29mK2NsaWVudA==", None)],
)
def test_other_places_of_the_client(client_in: str, header: str | None, field: str | None) -> None:
    """Among the fields, or in the header as it is, for servers that want it so."""
    merchant = Merchant()
    read(World(), {**CLIENT, "client_in": client_in}, merchant)

    assert merchant.logins[0].header("Authorization") == header
    assert merchant.fields.get("client_secret") == field


def test_token_request_in_json_and_token_elsewhere() -> None:
    """Servers that take and give other shapes need no code."""
    sent: list[Request] = []
    table = {
        **CLIENT, "token_url": "/auth/token", "client_in": "body", "token_body": "json", "token_path": "$.data[0].jwt",
        "expires_path": "$.data[0].until", "in": "query", "name": "access",
    }  # fmt: skip
    token = {"data": [{"jwt": "abc.def", "until": "2023-11-14T22:14:20Z"}]}
    world = World()
    drive(world.auth(table).flow(READ), lambda request: answered(token), sent)

    assert sent[0].url == "https://shop.example/v1/auth/token"
    assert json.loads(sent[0].body)["client_secret"] == "s3cret/of+client"
    assert sent[1].url.endswith("&access=abc.def")
    world.time += 50
    drive(world.auth(table).flow(READ), lambda request: answered(token), sent)
    assert len(sent) == 3
    world.time += 20
    drive(world.auth(table).flow(READ), lambda request: answered(token), sent)
    assert len(sent) == 5


def test_token_is_kept_until_shortly_before_its_end() -> None:
    """A token of an hour is renewed half a minute before; other objects of the same connection use it too."""
    world, merchant = World(), Merchant()
    for passed in (0, 10, 3569, 3571):
        world.time = NOW + passed
        assert read(world, CLIENT, merchant).status == 200

    assert len(merchant.logins) == 2


def test_token_of_five_seconds() -> None:
    """It is used for most of its life: the leeway is a tenth of it, not half a minute."""
    world, merchant = World(), Merchant(expires_in=5)
    for passed in (0, 1, 2, 3, 4, 4.4, 4.6):
        world.time = NOW + passed
        read(world, CLIENT, merchant)

    assert len(merchant.logins) == 2


@pytest.mark.parametrize("said", [0, -5, "soon", None, True, [], 10**30])
def test_lifetime_that_nobody_can_believe(said: Any) -> None:
    """The token is used until it is refused."""
    world, merchant = World(), Merchant(expires_in=said)
    read(world, CLIENT, merchant)
    world.time += 10**6

    assert read(world, CLIENT, merchant).status == 200
    assert len(merchant.logins) == 1


def test_clock_that_is_off() -> None:
    """A moment of expiry is read by the server's clock; a clock set back makes a token neither eternal nor a trap."""
    world = World()
    merchant = Merchant(expires_in=None, expires=int(NOW) + 7200 + 60)
    table = {**CLIENT, "expires_path": "$.expires"}

    def server(request: Request) -> Response:
        response = merchant(request)
        return Response(response.status, {**response.headers, "date": "Wed, 15 Nov 2023 00:13:20 GMT"}, response.body)

    drive(world.auth(table).flow(READ), server)  # two hours behind: sixty seconds are left, not two hours
    world.time += 61
    drive(world.auth(table).flow(READ), server)
    assert len(merchant.logins) == 2
    world.time -= 10_000
    assert drive(world.auth(table).flow(READ), server).status == 200


def test_revoked_token_recovers() -> None:
    """A token that is refused long before its end is obtained anew, once, and the read repeated."""
    world, merchant = World(), Merchant()
    read(world, CLIENT, merchant)
    merchant.good = set()

    assert read(world, CLIENT, merchant).status == 200
    assert len(merchant.logins) == 2
    assert [one.header("Authorization") for one in merchant.reads] == ["Bearer token-1"] * 2 + ["Bearer token-2"]


def test_token_that_is_never_accepted() -> None:
    """One renewal, one repetition; then the 401 is the answer."""
    merchant = Merchant()

    def never(request: Request) -> Response:
        return merchant(request) if request.login else answered({}, 401)

    assert read(World(), CLIENT, never).status == 401
    assert len(merchant.logins) == 2


def test_what_may_change_something_is_not_repeated() -> None:
    """The refused token is renewed for the next call; the request itself is left to whoever sent it."""
    world, merchant = World(), Merchant()
    read(world, REFRESH, merchant)
    merchant.good = set()
    change = Request("POST", READ.url, body=b"{}")

    assert read(world, REFRESH, merchant, change).status == 401
    assert len(merchant.reads) == 2
    assert read(world, REFRESH, merchant, Request("POST", READ.url, reads=True)).status == 200
    assert merchant.fields["refresh_token"] == "refresh-1"


def test_other_statuses_say_that_a_session_is_over() -> None:
    """Where the mapping says so."""
    world, merchant = World(), Merchant()

    def forbidding(request: Request) -> Response:
        response = merchant(request)
        return answered({}, 403) if response.status == 401 else response

    table = {**CLIENT, "renew_on": [401, 403]}
    read(world, table, forbidding)
    merchant.good = set()

    assert read(world, table, forbidding).status == 200


PAGE = Response(200, {"content-type": "text/html; charset=utf-8"}, b"<!doctype html><p>Please sign in")
OVER: list[tuple[dict[str, Any], Response]] = [
    ({"http.header.Content-Type": ["text/html", "text/html; charset=utf-8"]}, PAGE),
    ({"$.data": {"is": "missing"}}, PAGE),
    ({"$.data": {"is": "missing"}}, Response(200)),
    ({"$.error.code": [100, "SESSION_EXPIRED"]}, answered({"error": {"code": 100, "message": "leak"}})),
    ({"$.Envelope.Body.Fault.faultcode": "5"}, Response(500, {"content-type": "text/xml"}, (
        b"<Envelope><Body><Fault><faultcode>5</faultcode></Fault></Body></Envelope>"
    ))),
    ({"http.status": 200, "$.ok": False}, answered({"ok": False})),
]  # fmt: skip


@pytest.mark.parametrize(("when", "over"), OVER)
def test_what_else_of_an_answer_says_that_a_session_is_over(when: dict[str, Any], over: Response) -> None:
    """A page or a word with any status: renewed once, and the read repeated; what is not over is left alone."""
    world, merchant = World(), Merchant()

    def lying(request: Request) -> Response:
        response = merchant(request)
        return over if response.status == 401 else response

    table = {**CLIENT, "renew_when": when}
    assert read(world, table, lying).status == 200
    merchant.good = set()
    assert b"data" in read(world, table, lying).body
    assert len(merchant.logins) == 2
    assert read(world, CLIENT, lambda request: over).body == over.body  # nobody said so: it is the answer


def test_a_login_that_changes_nothing() -> None:
    """Where the renewed session is shown the page as well, that is told, and nobody takes the page for an answer."""
    merchant = Merchant()
    table = {**CLIENT, "renew_when": {"http.header.content-type": "text/html; charset=utf-8"}}
    with pytest.raises(LoginFailed, match=r"lets us in, and the answer still says .*; check renew_when:"):
        read(World(), table, lambda request: merchant(request) if request.login else PAGE)

    assert len(merchant.logins) == 2


def test_password_refreshes_and_falls_back() -> None:
    """A refresh token that came is used; where it is refused, the password is."""
    world, merchant = World(), Merchant(expires_in=100)
    read(world, PASSWORD, merchant)
    assert merchant.fields["grant_type"] == "password"
    assert merchant.fields["password"] == "pass word/1"
    world.time += 100
    read(world, PASSWORD, merchant)
    assert merchant.fields == {"grant_type": "refresh_token", "refresh_token": "refresh-1"}
    world.time += 100
    merchant.refresh = "something else"
    merchant.answer["refresh_token"] = "again"

    def forgiving(request: Request) -> Response:
        response = merchant(request)
        merchant.revoked = False
        return response

    assert read(world, PASSWORD, forgiving).status == 200
    assert [dict(parse_qsl(one.body.decode()))["grant_type"] for one in merchant.logins[-2:]] == [
        "refresh_token", "password",
    ]  # fmt: skip


def test_rotated_refresh_token_is_kept_before_the_access_token_is_used() -> None:
    """Whatever happens to the call after it, the newest refresh token is not lost."""
    world, merchant = World(), Merchant()
    flow = world.auth(REFRESH).flow(READ)
    login = next(flow)
    assert isinstance(login, Request)
    first = flow.send(merchant(login))

    assert isinstance(first, Request)
    assert not first.login
    auth = world.auth(REFRESH)
    kept = world.store.read(auth.key())  # type: ignore[attr-defined]
    assert kept == Token("token-1", NOW, 3600.0, "refresh-1")
    flow.close()
    world.time += 4000
    read(world, REFRESH, merchant)
    assert merchant.fields["refresh_token"] == "refresh-1"


def test_refresh_token_that_stays_is_kept_too() -> None:
    """Servers that do not rotate send none."""
    world = World()
    sent: list[Request] = []
    for _ in range(2):
        drive(
            world.auth(REFRESH).flow(READ), lambda request: answered({"access_token": "a" * 9, "expires_in": 9}), sent
        )
        world.time += 10

    assert [b"first-refresh-token" in one.body for one in sent if one.login] == [True, True]


def test_new_first_refresh_token_begins_anew() -> None:
    """A mapping's secret that was exchanged is used, and not what came of the old one."""
    world, merchant = World(), Merchant()
    read(world, REFRESH, merchant)
    merchant.refresh = "second-seed"
    world.time += 4000
    drive(world.auth(REFRESH, SHOP_SEED="second-seed").flow(READ), merchant)

    assert merchant.fields["refresh_token"] == "second-seed"


def test_used_up_refresh_token() -> None:
    """Who is in charge is told to get a new one."""
    error = failure(REFRESH, answered({"error": "invalid_grant", "error_description": "leak"}, 400))

    assert "invalid_grant" in str(error)
    assert "get a new one from the merchant" in str(error)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (answered({"error": "invalid_client"}, 401), "invalid_client.*check client_id.*SHOP_ID, SHOP_SECRET"),
        (answered({"error": "invalid_client", "error_description": "leak"}, 200), "refuses .invalid_client, HTTP 200"),
        (answered({"error": "leak"}, 400), "does not accept the credentials .HTTP 400"),
        (Response(200, {"content-type": "text/html"}, b"<!doctype html><p>leak"), "HTML page.*check its URL"),
        (Response(200, {}, b"<html><body>leak</body></html>"), "HTML page"),
        (Response(200, {}, b"leak leak"), "cannot be read"),
        (Response(200, {}, b""), "empty answer"),
        (answered({"token": "leak"}), r"no token at .*access_token.*the answer has no token; it has \$\.token"),
        (answered({"access_token": None}), "no token at"),
        (answered({"access_token": {"leak": 1}}), "no token at"),
        (answered(["leak"]), "no token at"),
        (answered({"access_token": "leak\r\nX-Evil: 1"}), "is no token"),
        (answered({"access_token": "leak leak"}), "is no token"),
        (answered({}, 404), "not at this URL"),
        (answered({}, 302, location="https://evil.example"), "redirects"),
        (answered({}, 429), "too often"),
        (answered({}, 503), "fails .HTTP 503"),
        (Response(200, {"content-type": "application/json"}, b'{"a":' * 100_000), "cannot be read"),
    ],
)
def test_token_endpoint_that_gives_none(answer: Response, told: str) -> None:
    """A plain word about what is wrong and what to do."""
    import re

    assert re.search(told, str(failure(CLIENT, answer)))


def test_all_who_wait_hear_of_a_failure() -> None:
    """A wrong secret is tried once, not by each of those who wait: accounts are locked for less."""
    world = World()
    auth = world.auth(CLIENT)
    first, second = auth.flow(READ), auth.flow(READ)
    login = next(first)
    assert isinstance(login, Request)
    assert isinstance(next(second), Wait)
    with pytest.raises(LoginFailed):
        first.send(answered({"error": "invalid_client"}, 401))
    with pytest.raises(LoginFailed, match="invalid_client"):
        second.send(Response(0))
    assert isinstance(next(auth.flow(READ)), Request)


def test_one_renews_and_the_others_wait() -> None:
    """Whoever comes second waits, and uses what the first got."""
    world, merchant = World(), Merchant()
    first, second = world.auth(CLIENT).flow(READ), world.auth(CLIENT).flow(READ)
    login = next(first)
    assert isinstance(login, Request)
    assert isinstance(next(second), Wait)
    assert isinstance(second.send(Response(0)), Wait)
    first.send(merchant(login))
    step = second.send(Response(0))

    assert isinstance(step, Request)
    assert step.header("Authorization") == "Bearer token-1"
    assert len(merchant.logins) == 1


def test_login_that_is_given_up_lets_others_in() -> None:
    """A flow that is closed in the middle holds no lock."""
    world = World()
    first = world.auth(CLIENT).flow(READ)
    next(first)
    first.close()

    assert isinstance(next(world.auth(CLIENT).flow(READ)), Request)


def test_connections_do_not_share_what_is_not_theirs() -> None:
    """Another client, another scope or another environment has a token of its own."""
    world, merchant = World(), Merchant()
    read(world, CLIENT, merchant)
    read(world, {**CLIENT, "scope": "other"}, merchant)
    drive(world.auth(CLIENT, SHOP_ID="client-2").flow(READ), merchant)

    assert len(merchant.logins) == 3


def test_token_url_in_the_clear() -> None:
    """Secrets of an https API do not go over http."""
    with pytest.raises(UsageError, match="is http while base_url is https"):
        World().auth({**CLIENT, "token_url": "http://login.example/token"})
    with pytest.raises(UsageError, match="is no URL"):
        World().auth({**CLIENT, "token_url": "${SHOP_KEY}"})


# ---------------------------------------------------------------- signing in by browser


def sign_in() -> tuple[World, AuthorizationCode]:
    """The kind, in a world."""
    world = World()
    auth = world.auth(SIGN_IN)
    assert isinstance(auth, AuthorizationCode)
    return world, auth


def test_sign_in_by_browser() -> None:
    """The address holds a challenge whose proof goes with the code; what comes is kept and refreshed."""
    world, auth = sign_in()
    merchant = Merchant()
    started = auth.begin()
    asked = parse_qs(urlsplit(started.url).query)
    assert started.url.startswith("https://login.example/auth?x=1&response_type=code&")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["orders offline"]
    assert started.verifier not in started.url
    assert started.verifier not in repr(started)
    back = f"http://127.0.0.1:8912/back?code=abc&state={started.state}"
    drive(auth.finish(started, f"  {back}\n"), merchant)

    assert merchant.fields == {
        "grant_type": "authorization_code", "code": "abc", "redirect_uri": "http://127.0.0.1:8912/back",
        "code_verifier": started.verifier,
    }  # fmt: skip
    assert read(world, SIGN_IN, merchant).status == 200
    world.time += 4000
    assert read(world, SIGN_IN, merchant).status == 200
    assert merchant.fields["refresh_token"] == "refresh-1"


@pytest.mark.parametrize(
    ("back", "told"),
    [
        ("http://127.0.0.1:8912/back?code=abc&state=other", "not the address of this sign-in"),
        ("http://127.0.0.1:8912/back?code=abc", "not the address of this sign-in"),
        ("nonsense", "not the address of this sign-in"),
        ("http://127.0.0.1:8912/back?error=access_denied&state=STATE", "refused .access_denied"),
        ("http://127.0.0.1:8912/back?error=%3Cscript%3E&state=STATE", "refused; sign in"),
    ],
)
def test_sign_in_that_fails(back: str, told: str) -> None:
    """The address of another sign-in, or a refusal, gives nothing."""
    _, auth = sign_in()
    started = auth.begin()
    with pytest.raises((UsageError, LoginFailed), match=told):
        drive(auth.finish(started, back.replace("STATE", started.state)), Merchant())


def test_nobody_has_signed_in() -> None:
    """A call says so, and how to."""
    _, auth = sign_in()
    with pytest.raises(LoginFailed, match="nobody has signed in yet; sign in at the merchant's page"):
        drive(auth.flow(READ), Merchant())


# ---------------------------------------------------------------- logins of all kinds


def test_login_in_json() -> None:
    """Secrets stand anywhere in the body; the token goes out as a bearer token."""
    sent: list[Request] = []
    drive(World().auth(LOGIN).flow(READ), lambda request: answered({"session": {"token": "abcd"}}), sent)

    assert (sent[0].method, sent[0].url) == ("POST", "https://shop.example/v1/login")
    assert json.loads(sent[0].body) == {"user": "joan", "pass": {"word": "pass word/1"}}
    assert sent[1].header("Authorization") == "Bearer abcd"


def test_login_whose_token_comes_and_goes_in_a_header() -> None:
    """As some GraphQL servers do; a mutation's braces are not taken for references."""
    table = {
        "kind": "login_token", "url": "/shop-api", "token_header": "X-Auth-Token", "name": "X-Session", "lifetime_s": 9,
        "json": {"query": "mutation($u: String!) {login(user: $u) {token}}", "variables": {"u": "${SHOP_USER}"}},
    }  # fmt: skip
    sent: list[Request] = []
    drive(World().auth(table).flow(READ), lambda request: answered({}, x_auth_token="abcd"), sent)

    assert json.loads(sent[0].body)["query"] == table["json"]["query"]  # type: ignore[index]
    assert sent[1].header("X-Session") == "abcd"
    with pytest.raises(LoginFailed, match="without a header X-Auth-Token"):
        drive(World().auth(table).flow(READ), lambda request: answered({}))


@pytest.mark.parametrize("body", [b'"abcdefgh"', b"abcdefgh", b"abcdefgh\n"])
def test_login_whose_whole_answer_is_the_token(body: bytes) -> None:
    """As text, or as a text of JSON."""
    sent: list[Request] = []
    table = {**LOGIN, "token_path": "$"}
    drive(World().auth(table).flow(READ), lambda request: Response(200, {}, body), sent)

    assert sent[1].header("Authorization") == "Bearer abcdefgh"


def test_login_in_xml() -> None:
    """What a secret holds can never become markup; the token stands in the XML of the answer."""
    table = {
        "kind": "login_token", "url": "/soap", "xml": "<login><u>${SHOP_USER}</u><p>${SHOP_ODD}</p></login>",
        "token_path": "$.Answer.token", "headers": {"SOAPAction": "login"}, "in": "cookie", "name": "sid",
    }  # fmt: skip
    sent: list[Request] = []
    answer = Response(200, {"content-type": "text/xml"}, b"<Answer><token>abcd</token></Answer>")
    drive(World().auth(table, SHOP_ODD="</p>&<x>\"'").flow(READ), lambda request: answer, sent)

    assert sent[0].body == b"<login><u>joan</u><p>&lt;/p&gt;&amp;&lt;x&gt;&quot;&apos;</p></login>"
    assert sent[0].header("SOAPAction") == "login"
    assert sent[1].header("Cookie") == "sid=abcd"


def test_login_by_basic_authentication() -> None:
    """A user and password for the login alone."""
    table = {
        "kind": "login_token", "url": "/token", "method": "get", "username": "${SHOP_USER}", "password": "${SHOP_KEY}",
        "token_path": "$.t",
    }  # fmt: skip
    sent: list[Request] = []
    drive(World().auth(table).flow(READ), lambda request: answered({"t": "abcd"}), sent)

    assert (sent[0].method, sent[0].header("Authorization")) == ("GET", "Basic am9hbjprZXktMTIzNDU=")


def test_session_cookie() -> None:
    """All cookies that the login sets go along, those that it deletes do not; a session that ended begins anew."""
    world = World()
    sent: list[Request] = []
    live = {"a1b2c3d4"}
    set_cookie = (
        "SID=a1b2c3d4; Path=/; HttpOnly; Expires=Wed, 15 Nov 2023 22:13:20 GMT, lang=de; Path=/, "
        "old=; Max-Age=0, gone=xyz; Max-Age=-1"
    )

    def server(request: Request) -> Response:
        if request.login:
            live.add("a1b2c3d4")
            return answered({}, 302, set_cookie=set_cookie, location="/home")
        return answered({}, 200 if "a1b2c3d4" in live and "SID" in (request.header("Cookie") or "") else 401)

    for _ in range(2):
        response = drive(
            world.auth({**COOKIE, "cookie": "SID"}).flow(Request("GET", READ.url, (("Cookie", "mine=1"),))),
            server,
            sent,
        )
        assert response.status == 200
        live.clear()

    assert sent[1].header("Cookie") == "mine=1; SID=a1b2c3d4; lang=de"
    assert [one.login for one in sent] == [True, False, False, True, False]
    assert "a1b2c3d4" in world.learnt
    assert "de" not in world.learnt


def test_login_without_its_cookie() -> None:
    """The names of those that came help to find the right one."""
    with pytest.raises(LoginFailed, match=r"without the cookie SID.*it set lang") as caught:
        drive(
            World().auth({**COOKIE, "cookie": "SID"}).flow(READ),
            lambda request: answered({}, set_cookie="lang=secretly"),
        )
    assert "secretly" not in str(caught.value)
    failure(COOKIE, answered({}))
    failure(COOKIE, answered({}, 401))
