"""Signatures over the wire, each taken apart by a server that makes it anew: OAuth 1.0a by oauthlib, AWS Signature v4 by
what Amazon publishes of the algorithm.
"""

# Long lines: a call and what is awkward about it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import hashlib
import hmac
import re
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from oauthlib.common import Request as Signed
from oauthlib.oauth1.rfc5849 import signature as oauth1

import workbench as wb
from tests.servers import Answer, Ask, Seen, ask_async, ask_sync, order, serving, shop_file
from workbench.errors import Forbidden, LoginFailed, Unauthorized
from workbench.mapping import load_data
from workbench.merchant import doctor
from workbench.publish.needs import needs

MAIL = "jörg+x&y=1 z%@exämple.com"
ENV = {"SECRET": "c/s+1&%", "KEY": "token key~1", "OTHER": "t=s ü", "AWS": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
CALLS: dict[str, dict[str, Any]] = {
    "nested names and repeated ones": {"get": "/rest/V1/orders", "query": {
        "searchCriteria": {"filter_groups": [{"filters": [{"field": "customer_email", "value": "{email}", "condition_type": "eq"}]}]},
        "tag": ["b", "a", "a b", ""], "B": "2", "a": "1", "A~-._*'()": "x!", "empty": "",
    }},
    "a path of its own": {"get": "/o/a%2Fb/größe/x y/(1)/o'x;v=1/{email}", "query": {"q": "ü+ /?#&=%41"}},
    "a query in the URL": {"get": "/orders?b=2&b=1&c=%20x&mail={email}"},
    "a form": {"post": "/orders", "reads": True, "query": {"b": "2"}, "form": {"mail": "{email}", "b": ["1", "+ &"], "c": {"d": ["é"]}, "e": ""}},
    "JSON": {"post": "/orders", "reads": True, "json": {"mail": "{email}", "q": "a=b&c=ü"}},
    "XML": {"post": "/soap", "reads": True, "format": "json", "xml": "<a b='{email}'>&amp;</a>", "headers": {"X-Odd": "a  b   c", "Accept": "application/json"}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1,localhost")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name, value in ENV.items():
        monkeypatch.setenv(f"SHOP_{name}", value)


def found(ask: Ask, tmp_path: Path, url: str, call: str, auth: dict[str, Any]) -> list[str | None]:
    """The numbers of the orders that a call finds."""
    operation = {"calls": [{"name": "search", **CALLS[call]}], "orders": {"each": "$.data"}}
    folder = shop_file(tmp_path / "shop", url, {"find_orders_by_email": operation}, auth=auth)
    result: wb.Result = ask(folder, email=MAIL)
    return [one.order_number for one in result.orders]


# ---------------------------------------------------------------- OAuth 1.0a


class OAuth1Shop:
    """Lets in what oauthlib says is signed right, within five minutes, each nonce once."""

    def __init__(self, method: str, where: str, realm: str, off_s: float = 0) -> None:
        self.method, self.where, self.realm, self.off_s = method, where, realm, off_s
        self.nonces: set[str] = set()

    def __call__(self, seen: Seen) -> Answer:
        uri = f"http://{seen.headers['host']}{seen.target}"
        form = (
            seen.body.decode()
            if seen.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
            else ""
        )
        header = seen.headers.get("authorization", "")
        given = {"Authorization": header} if header else {}
        pairs = oauth1.collect_parameters(
            seen.target.partition("?")[2], form, given, exclude_oauth_signature=False, with_realm=True
        )
        said = dict(pairs)
        assert bool(header) == (self.where == "header")
        assert said.get("realm", "") == self.realm
        request = Signed(uri, seen.method, form, given)
        request.params = [pair for pair in pairs if pair[0] not in ("oauth_signature", "realm")]
        request.signature = said["oauth_signature"]
        verify = {"HMAC-SHA1": oauth1.verify_hmac_sha1, "HMAC-SHA256": oauth1.verify_hmac_sha256}[self.method]
        right = verify(request, ENV["SECRET"], ENV["OTHER"])
        fresh = (
            said["oauth_nonce"] not in self.nonces
            and abs(time.time() + self.off_s - int(said["oauth_timestamp"])) < 300
        )
        known = (said["oauth_consumer_key"], said["oauth_token"], said["oauth_signature_method"]) == (
            "ck 1",
            ENV["KEY"],
            self.method,
        )
        self.nonces.add(said["oauth_nonce"])
        date = {"Date": formatdate(time.time() + self.off_s, usegmt=True)}
        return Answer(
            {"data": [order("A-1", MAIL)]} if right and fresh and known else {},
            200 if right and fresh and known else 401,
            date,
        )


def oauth1_table(method: str, where: str = "header", realm: str = "") -> dict[str, Any]:
    """The `auth:` of a shop with OAuth 1.0a."""
    more = {"realm": realm} if realm else {}
    return {
        "kind": "oauth1", "consumer_key": "ck 1", "consumer_secret": "${SHOP_SECRET}", "token": "${SHOP_KEY}", "token_secret": "${SHOP_OTHER}",
        "signature": method, "in": where, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "where", "realm"),
    [("HMAC-SHA256", "header", ""), ("HMAC-SHA1", "header", "1234567_SB1"), ("HMAC-SHA256", "query", "")],
)
@pytest.mark.parametrize("call", CALLS)
def test_oauth1_as_oauthlib_makes_it(tmp_path: Path, call: str, method: str, where: str, realm: str) -> None:
    """Whatever stands in path, query and form, the signature is the one that oauthlib makes of what came."""
    with serving(OAuth1Shop(method, where, realm)) as server:
        for ask in (ask_sync, ask_async):
            assert found(ask, tmp_path, server.url, call, oauth1_table(method, where, realm)) == ["A-1"]


# ---------------------------------------------------------------- AWS Signature v4


def sigv4_server(service: str, off_s: float = 0) -> Any:
    """Lets in what is signed as Amazon publishes it."""

    def answer(seen: Seen) -> Answer:
        said = dict(re.findall(r"(\w+)=([^, ]+)", seen.headers.get("authorization", "")))
        key, day, region, of, end = said["Credential"].split("/")
        assert (key, region, of, end) == ("AKIDEXAMPLE", "eu-west-1", service, "aws4_request")
        moment = seen.headers["x-amz-date"]
        assert abs(time.mktime(time.strptime(moment, "%Y%m%dT%H%M%SZ")) - time.mktime(time.gmtime())) < 4000
        path, _, query = seen.target.partition("?")
        pairs = sorted(
            (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
            for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        )
        names = said["SignedHeaders"].split(";")
        assert {"host", "x-amz-date"} <= set(names)
        assert names == sorted(names)
        lines = [
            seen.method, path if service == "s3" else quote(path, safe="/-_.~"), "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(seen.headers[name].split())}" for name in names), "", ";".join(names), hashlib.sha256(seen.body).hexdigest(),
        ]  # fmt: skip
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                moment,
                f"{day}/{region}/{of}/{end}",
                hashlib.sha256("\n".join(lines).encode()).hexdigest(),
            ]
        )
        signing = ("AWS4" + ENV["AWS"]).encode()
        for part in (day, region, of, end):
            signing = hmac.new(signing, part.encode(), "sha256").digest()
        right = hmac.new(signing, text.encode(), "sha256").hexdigest() == said["Signature"]
        late = abs(time.time() + off_s - time.mktime(time.strptime(moment, "%Y%m%dT%H%M%SZ")) + time.timezone) > 900
        date = {"Date": formatdate(time.time() + off_s, usegmt=True)}
        return Answer(
            {"data": [order("A-1", MAIL)]} if right and not late else {"message": "no"},
            200 if right and not late else 403,
            date,
        )

    return answer


@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize("call", CALLS)
def test_sigv4_as_published(tmp_path: Path, call: str, service: str) -> None:
    """Whatever stands in path, query, headers and body, the signature is the one that the algorithm makes of what came."""
    auth = {
        "kind": "aws_sigv4",
        "access_key": "AKIDEXAMPLE",
        "secret_key": "${SHOP_AWS}",
        "session_token": "${SHOP_KEY}",
        "region": "eu-west-1",
        "service": service,
    }
    with serving(sigv4_server(service)) as server:
        for ask in (ask_sync, ask_async):
            assert found(ask, tmp_path, server.url, call, auth) == ["A-1"]


# ---------------------------------------------------------------- clocks


def test_clock_that_is_off_over_the_wire(ask: Ask, tmp_path: Path) -> None:
    """A read is signed once more by the merchant's time; nobody has to set a clock."""
    with serving(OAuth1Shop("HMAC-SHA256", "header", "", off_s=7200)) as server:
        assert found(ask, tmp_path, server.url, "JSON", oauth1_table("HMAC-SHA256")) == ["A-1"]
        assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("off_s", "told"), [(-3 * 3600.0, "3 hours behind ours"), (600.0, "10 minutes ahead of ours"), (0.0, "")]
)
def test_refusals_tell_of_clocks(ask: Ask, tmp_path: Path, off_s: float, told: str) -> None:
    """A refusal that stays, by a server whose clock shows another time, says so; one whose clock is right does not."""
    date = {"Date": formatdate(time.time() + off_s, usegmt=True)}
    for status, kind in ((401, Unauthorized), (403, Forbidden)):
        with serving(lambda seen, status=status: Answer({}, status, date)) as server, pytest.raises(kind) as caught:
            found(ask, tmp_path, server.url, "JSON", oauth1_table("HMAC-SHA256"))
        assert ("clock" in str(caught.value)) == bool(told)
        assert f"the merchant's clock is {told}: set the clock of this machine" in str(caught.value) or not told
        basic = {"kind": "basic", "username": "u", "password": "${SHOP_KEY}"}
        with serving(lambda seen, status=status: Answer({}, status, date)) as server, pytest.raises(kind) as caught:
            found(ask, tmp_path, server.url, "JSON", basic)
        assert "clock" not in str(caught.value)


def test_doctor_tells_of_clocks(tmp_path: Path) -> None:
    """It says so beside the credentials."""
    date = {"Date": formatdate(time.time() + 86_400, usegmt=True)}
    with serving(lambda seen: Answer({}, 401, date)) as server:
        operation = {"calls": [{"name": "search", **CALLS["JSON"]}], "orders": {"each": "$.data"}}
        folder = shop_file(
            tmp_path / "shop", server.url, {"find_orders_by_email": operation}, auth=oauth1_table("HMAC-SHA256")
        )
        checks = doctor(folder)

    assert "the merchant's clock is 24 hours ahead of ours" in checks[-1].how


SIGNED_LOGIN = {
    "kind": "hmac",
    "secret": "${SHOP_SECRET}",
    "canonical": "{timestamp}",
    "headers": {"X-Sign": "{signature}", "X-Time": "{timestamp}"},
}
LOGINS: dict[str, tuple[dict[str, Any], bool]] = {
    "an assertion": ({"kind": "jwt", "token_url": "/token", "key": "${SHOP_AWS}", "algorithm": "HS256", "issuer": "i"}, True),
    "a signed login": ({"kind": "login_token", "url": "/token", "token_path": "$.t", "login_auth": SIGNED_LOGIN}, True),
    "a plain login": ({"kind": "login_token", "url": "/token", "token_path": "$.t"}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGINS)
def test_logins_that_hold_the_time_tell_of_clocks(ask: Ask, tmp_path: Path, name: str) -> None:
    """A login that is refused by a merchant whose clock shows another time says so, where its request holds the time."""
    auth, timed = LOGINS[name]
    date = {"Date": formatdate(time.time() - 1200, usegmt=True)}
    with serving(lambda seen: Answer({"error": "nope"}, 401, date)) as server, pytest.raises(LoginFailed) as caught:
        found(ask, tmp_path, server.url, "JSON", auth)

    assert ("the merchant's clock is 20 minutes behind ours" in str(caught.value)) == timed
    assert len(server.seen) == (2 if timed else 1)  # once more by the merchant's time


def test_what_a_deployment_needs_for_all_of_it() -> None:
    """Hosts of further servers, of logins inside logins and of those that a login may name; extras of kinds inside."""
    auth = {
        "kind": "login_token", "url": "https://login.example/x", "token_path": "$.t", "server_path": "$.s", "servers": ["*.eu.example"],
        "login_auth": {"kind": "jwt", "token_url": "https://first.example/t", "key": "${SHOP_KEY}", "issuer": "i"},
    }  # fmt: skip
    parcels = {"base_url": "https://parcels.example/v1", "auth": {"kind": "bearer", "token": "${SHOP_OTHER}"}}
    data = {
        "format": 1, "merchant": "shop", "connection": {"base_url": "https://api.example", "auth": auth, "servers": {"parcels": parcels}},
        "operations": {"find_orders_by_email": {"calls": [{"get": "/o", "query": {"e": "{email}"}}], "orders": {"each": "$"}}},
        "records": {"order": {"customer_email": "@.mail"}},
    }  # fmt: skip
    told = needs(load_data(data))

    assert told.hosts == {
        "": "api.example", "servers.parcels": "parcels.example", "auth.url": "login.example", "auth.servers[0]": "*.eu.example",
        "auth.login_auth.token_url": "first.example",
    }  # fmt: skip
    assert told.extras == ("jwt",)
    assert set(told.secrets) == {"SHOP_KEY", "SHOP_OTHER"}
