"""The demo merchant's logins: tokens of a few seconds, refresh tokens that rotate, sessions, keys in the body.

First as a guest sees them, then as production does: through the mappings, while tokens and sessions end under way.
"""

from __future__ import annotations

import copy
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, dumps, loads

import httpx
import pytest

import workbench as wb
from tests.demo_guest import JANE
from workbench.calls import Exchange
from workbench.cli import main
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.faces import NAMES
from workbench.errors import CallFailed, DecodeError, LoginFailed, TimedOut
from workbench.mapping import dump
from workbench.merchant import doctor, open_merchant
from workbench.orders import Result

ADA = "ada.quiet@example.org"
SEARCHES = {"upwind": "/up/pedidos", "downwind": "/down/commandes/recherche", "tailwind": "/tail/rpc"}
LOGINS = [("upwind", "demo"), ("upwind", "demo_refresh"), ("downwind", "demo")]
"""The faces and environments where a login can end."""


@pytest.fixture
def merchant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DemoMerchant]:
    """A running merchant whose keys this process has."""
    with DemoMerchant() as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
        monkeypatch.delenv("WORKBENCH_PROXY", raising=False)
        yield running


@pytest.fixture
def guest(merchant: DemoMerchant) -> Iterator[httpx.Client]:
    """Somebody with a plain HTTP client."""
    with httpx.Client(base_url=merchant.base_url, trust_env=False, timeout=30) as client:
        yield client


def find(name: str, environment: str = "demo", email: str = JANE) -> tuple[Result, list[Exchange]]:
    """The orders of a customer, and what was exchanged for them."""
    told: list[Exchange] = []
    with open_merchant(demo_mappings() / name, environment, on_exchange=told.append) as client:
        return client.find_orders(email=email), told


def logins_of(exchanges: Sequence[Exchange]) -> int:
    return sum(one.request.login for one in exchanges)


# ---------------------------------------------------------------- as a guest sees them


def token(merchant: DemoMerchant, guest: httpx.Client, in_body: bool = False, **fields: str) -> httpx.Response:
    """What the token endpoint answers."""
    known = merchant.environ["UPWIND_CLIENT"], merchant.environ["UPWIND_CLIENT_SECRET"]
    if in_body:
        return guest.post("/up/oauth/token", data={"client_id": known[0], "client_secret": known[1], **fields})
    return guest.post("/up/oauth/token", data=fields, auth=known)


def order(guest: httpx.Client, access: str) -> httpx.Response:
    return guest.get("/up/pedidos/A-1002", headers={"Authorization": f"Bearer {access}"})


@pytest.mark.parametrize("in_body", [False, True])
def test_a_token_is_good_for_a_while(merchant: DemoMerchant, guest: httpx.Client, in_body: bool) -> None:
    """It says for how long; then there is a 401 that says why, as there is without one."""
    given = token(merchant, guest, in_body, grant_type="client_credentials").json()
    assert (given["token_type"], given["expires_in"], "refresh_token" in given) == ("Bearer", 5, False)
    assert order(guest, given["access_token"]).status_code == 200

    merchant.logins(uses=1, seconds=600)
    given = token(merchant, guest, in_body, grant_type="client_credentials").json()
    answers = [order(guest, given["access_token"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert 'error="invalid_token"' in answers[1].headers["www-authenticate"]
    assert guest.get("/up/pedidos/A-1002").headers["www-authenticate"] == 'Bearer realm="upwind"'


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_secret": "ü"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "guessed"}, 400, "invalid_grant"),
    ],
)
def test_the_token_endpoint_says_what_is_wrong(
    merchant: DemoMerchant, guest: httpx.Client, fields: dict[str, str], status: int, error: str
) -> None:
    """In the words of the standard."""
    answer = token(merchant, guest, True, **fields)

    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_a_refresh_token_used_twice_ends_everything_that_came_of_it(
    merchant: DemoMerchant, guest: httpx.Client
) -> None:
    """The second use may be a thief's: from then on neither the next refresh token nor its access token is good."""
    first = merchant.environ["UPWIND_REFRESH_TOKEN"]
    given = token(merchant, guest, grant_type="refresh_token", refresh_token=first).json()
    assert given["refresh_token"] != first
    assert order(guest, given["access_token"]).status_code == 200

    again = token(merchant, guest, grant_type="refresh_token", refresh_token=first)
    assert again.json() == {"error": "invalid_grant"}
    assert order(guest, given["access_token"]).status_code == 401
    following = token(merchant, guest, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert following.json() == {"error": "invalid_grant"}


def test_a_cursor_that_is_none_is_refused(merchant: DemoMerchant, guest: httpx.Client) -> None:
    """Only the merchant's own cursors lead anywhere."""
    access = token(merchant, guest, grant_type="client_credentials").json()["access_token"]
    headers = {"Authorization": f"Bearer {access}"}
    for cursor in ("x", "7", "ü", "cGVkaWRvOi0x", "a" * 5000):
        assert guest.get("/up/pedidos", params={"correo": JANE, "desde": cursor}, headers=headers).status_code == 400


def test_a_session_is_a_cookie_and_a_header(merchant: DemoMerchant, guest: httpx.Client) -> None:
    """Who is not signed in sees the page to sign in, with status 200; a POST needs the token against forgery too."""
    user, password = merchant.environ["DOWNWIND_USER"], merchant.environ["DOWNWIND_PASSWORD"]
    asked = {"courriel": JANE, "page": 1}

    def signed_in() -> bool:
        answer = guest.get("/down/jeton")
        assert answer.status_code == 200
        return answer.headers["content-type"] == "application/json"

    assert not signed_in()
    wrong = guest.post("/down/connexion", data={"identifiant": user, "mot_de_passe": "wrong"})
    assert (wrong.status_code, "<form" in wrong.text, "set-cookie" in wrong.headers) == (200, True, False)
    guest.post("/down/connexion", data={"identifiant": user, "mot_de_passe": password})
    assert signed_in()
    assert guest.post("/down/commandes/recherche", json=asked).status_code == 403
    header = {"X-Jeton": guest.get("/down/jeton").json()["jeton"]}
    rows = guest.post("/down/commandes/recherche", json=asked, headers=header).json()["lignes"]
    assert [row["commande"] for row in rows] == ["A-1001", "A-1002", "A-1002", "A-1002", "A-1003", "A-1003"]
    assert guest.post("/down/commandes/recherche", json={"page": "x"}, headers=header).status_code == 400
    merchant.logins(revoke="tokens")
    assert not signed_in()


RPC_MISTAKES: list[tuple[Any, int]] = [
    (b"{", -32700),
    (b"[" * 20_000, -32700),
    ([], -32600),
    ({"method": "order.read"}, -32600),
    ({"jsonrpc": "2.0", "method": "order.cancel", "params": {}}, -32601),
    ({"jsonrpc": "2.0", "method": "order.read", "params": ["A-1002"]}, -32602),
    ({"jsonrpc": "2.0", "method": "order.read", "params": {"number": "A-1002"}}, -32001),
    ({"jsonrpc": "2.0", "method": "order.read", "params": {"key": "\ud800"}, "id": "\ud800"}, -32001),
]


@pytest.mark.parametrize(("body", "code"), RPC_MISTAKES)
def test_a_procedure_that_cannot_be_called(guest: httpx.Client, body: Any, code: int) -> None:
    """Whatever is wrong comes with status 200 and a code."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = guest.post("/tail/rpc", content=content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (200, code)


def test_the_same_procedures_by_xml_rpc(merchant: DemoMerchant, guest: httpx.Client) -> None:
    """The same answers; what is wrong is a fault, with the same code."""
    key = merchant.environ["TAILWIND_KEY"]

    def call(method: str, **params: Any) -> Any:
        return loads(guest.post("/tail/RPC2", content=dumps((params,), method)).content)[0][0]

    asked = {"jsonrpc": "2.0", "id": 7, "method": "order.read", "params": {"key": key, "number": "A-1015"}}
    by_json = guest.post("/tail/rpc", json=asked).json()
    assert by_json["id"] == 7
    assert call("order.read", key=key, number="A-1015") == by_json["result"]
    for method, params, code in (("order.read", {"key": key, "number": "A-9"}, -32004), ("nope", {}, -32601)):
        with pytest.raises(Fault) as caught:
            call(method, **params)
        assert caught.value.faultCode == code
    with pytest.raises(Fault, match="Parse error"):
        loads(guest.post("/tail/RPC2", content=b"<a>").content)


@pytest.mark.parametrize("how", [{"seconds": 0}, {"seconds": "1"}, {"uses": -1}, {"uses": True}, {"revoke": "x"}])
def test_logins_to_order_that_cannot_be(merchant: DemoMerchant, guest: httpx.Client, how: dict[str, Any]) -> None:
    """Wrong words are said at once, in Python and over HTTP; over HTTP only the control token counts."""
    with pytest.raises(ValueError, match=r"must be|no such"):
        merchant.logins(**how)
    control = {"X-Demo-Token": merchant.control_token}
    assert guest.post("/_demo/logins", json=how).status_code == 403
    assert guest.post("/_demo/logins", json=how, headers=control).status_code == 400
    assert guest.post("/_demo/logins", json={"uses": 3}, headers=control).json()["logins"]["uses"] == 3


# ---------------------------------------------------------------- as production does


@pytest.mark.parametrize(("name", "environment"), LOGINS)
def test_a_login_that_ends_in_the_middle(merchant: DemoMerchant, name: str, environment: str) -> None:
    """Each login is good for three calls, a search takes more: every order comes, once, and nobody notices."""
    merchant.logins(uses=3)
    result, exchanged = find(name, environment)

    assert [one.order_number for one in result.orders] == [f"A-100{number}" for number in range(1, 8)]
    assert result.problems == []
    assert logins_of(exchanged) == 2
    assert all("Bearer " not in str(one.request.headers) for one in exchanged)


@pytest.mark.parametrize(("name", "environment"), LOGINS)
def test_eight_at_once_share_each_login(merchant: DemoMerchant, name: str, environment: str) -> None:
    """Eight workers look up while the login is taken away twice: three logins in all, none lost, every order there."""
    workers, rounds = 8, 3
    together = threading.Barrier(workers, action=lambda: merchant.logins(revoke="tokens", seconds=600))

    def work(number: int) -> tuple[list[str], int]:
        told: list[Exchange] = []
        found = []
        with open_merchant(demo_mappings() / name, environment, on_exchange=told.append) as client:
            for _ in range(rounds):
                together.wait(timeout=60)
                found.append(str(client.find_order(number=f"A-100{number % 7 + 1}").order_number))  # type: ignore[union-attr]
        return found, logins_of(told)

    with ThreadPoolExecutor(workers) as pool:
        came = list(pool.map(work, range(workers)))

    assert [found for found, _ in came] == [[f"A-100{number % 7 + 1}"] * rounds for number in range(workers)]
    assert sum(logins for _, logins in came) == rounds


def test_a_token_that_has_run_out(merchant: DemoMerchant) -> None:
    """By its own account it is over: it is replaced before the merchant has to refuse it."""
    merchant.logins(seconds=2)
    told: list[Exchange] = []
    with open_merchant(demo_mappings() / "upwind", "demo_refresh", on_exchange=told.append) as client:
        for pause in (0, 2):
            time.sleep(pause)
            assert len(client.find_orders(email=JANE).orders) == 7

    assert logins_of(told) >= 2


def test_everything_revoked(merchant: DemoMerchant) -> None:
    """By its name the client gets in again; a refresh token that is no good is told, and whom to ask for another."""
    for environment in ("demo", "demo_refresh"):
        assert find("upwind", environment)[0].outcome == "found"
    merchant.logins(revoke="everything")

    assert find("upwind", "demo")[0].outcome == "found"
    with pytest.raises(LoginFailed, match=r"invalid_grant.*get a new one from the merchant @ connection\.auth"):
        find("upwind", "demo_refresh")
    failed = [check for check in doctor(demo_mappings() / "upwind", "demo_refresh") if not check.ok]
    assert [check.name for check in failed] == ["login"]
    assert "call whoever gave out the credentials" in failed[0].how


WRONG = [
    ("upwind", "CLIENT_SECRET", LoginFailed, "invalid_client"),
    ("downwind", "PASSWORD", LoginFailed, "without the cookie DWSESSION"),
    ("tailwind", "KEY", CallFailed, r"JSON-RPC error \(-32001\)"),
]


@pytest.mark.parametrize(("name", "secret", "error", "told"), WRONG)
def test_a_wrong_secret_is_told_and_not_shown(
    merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch, name: str, secret: str, error: type[Exception], told: str
) -> None:
    """The kind of failure says which part is wrong; neither text nor log holds the secret."""
    monkeypatch.setenv(f"{name.upper()}_{secret}", "hunter2-hunter2")
    with pytest.raises(error, match=told) as caught:
        find(name)
    assert "hunter2" not in str(caught.value)
    assert not all(check.ok for check in doctor(demo_mappings() / name, "demo"))


def test_a_login_page_that_stays(merchant: DemoMerchant) -> None:
    """Where the page to sign in comes after a fresh login as well, it is told, and never taken for an answer."""
    merchant.fail("html", path="/down/commandes/*", times=9)

    with pytest.raises(LoginFailed, match="still says that nobody is signed in"):
        find("downwind")


def test_the_same_orders_by_xml_rpc(merchant: DemoMerchant, tmp_path: Path) -> None:
    """Two calls of the mapping say the procedures otherwise; the records stay as they are."""
    struct = (
        "<methodCall><methodName>order.{method}</methodName><params><param><value><struct>"
        "<member><name>key</name><value><string>${{TAILWIND_KEY}}</string></value></member>"
        "<member><name>{name}</name><value><string>{{{name}}}</string></value></member>"
        "</struct></value></param></params></methodCall>"
    )
    data = copy.deepcopy(wb.load(demo_mappings() / "tailwind").file.data)
    for operation, name, method, where in (
        ("find_orders_by_email", "email", "search", "$.answer.records"),
        ("find_order_by_number", "number", "read", "$.answer"),
    ):
        found = data["operations"][operation]
        call = {"post": "/RPC2", "xml": struct.format(method=method, name=name), "reads": True}
        found["calls"] = [{**call, "not_found_when": {"$.fault.faultCode": -32004}}]
        found["orders"]["each"] = where
    (tmp_path / "draft.yaml").write_text(dump(data), encoding="utf-8")

    with (
        open_merchant(tmp_path / "draft.yaml", "demo") as by_xml,
        open_merchant(demo_mappings() / "tailwind", "demo") as by_json,
    ):
        for number in ("A-1002", "A-1006", "A-1009", "A-1015", "A-1013"):
            assert by_xml.find_order(number=number) == by_json.find_order(number=number)
        assert by_xml.find_order(number="A-9999") is None
        assert by_xml.find_orders(email=JANE).orders == by_json.find_orders(email=JANE).orders[:3]  # one page


# ---------------------------------------------------------------- slow, failing and lying, to order


def test_lies_and_delays_of_every_new_face(merchant: DemoMerchant, tmp_path: Path) -> None:
    """What a search forgets is withheld; errors with status 200, wrong encodings and endless answers are errors."""
    for name, path in SEARCHES.items():
        merchant.fail("everyone", path=path, times=50)
        assert find(name, email=ADA)[0].outcome == "withheld", name
        merchant.fail("error", path=path)
        if name == "tailwind":
            with pytest.raises(CallFailed, match=r"JSON-RPC error"):
                find(name)
        else:
            assert find(name)[0].outcome == "failed", name
        merchant.fail("charset", path=path)
        with pytest.raises(DecodeError, match="not UTF-8"):
            find(name, email="zoe@example.org")
        merchant.fail("drip", path=path, seconds=0.2)
        assert len(find(name)[0].orders) == 7

        data = copy.deepcopy(wb.load(demo_mappings() / name).file.data)
        data["connection"].update(budget_s=0.3, retries={"max": 0})
        (tmp_path / "draft.yaml").write_text(dump(data), encoding="utf-8")
        for kind in ("drip", "slow"):
            merchant.fail(kind, path=path, seconds=60)
            with open_merchant(tmp_path / "draft.yaml", "demo") as client, pytest.raises(TimedOut):
                client.find_orders(email=JANE)


def test_a_token_endpoint_that_fails(merchant: DemoMerchant) -> None:
    """What goes wrong at the login is told of the login: HTML, 503, nothing at all; then it works again."""
    for name, path, says in (("upwind", "/up/oauth/token", "HTML page"), ("downwind", "/down/connexion", "cookie")):
        merchant.fail("html", path=path)
        with pytest.raises(LoginFailed, match=says):
            find(name)
        merchant.fail("status", status=503, path=path)
        with pytest.raises(LoginFailed, match=r"fails \(HTTP 503\)"):
            find(name)
        assert find(name)[0].outcome == "found"


# ---------------------------------------------------------------- nothing leaks, and the commands


def test_nothing_secret_is_kept_or_logged(
    merchant: DemoMerchant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither keys, nor tokens and cookies that came, nor a customer stand in a sample, an exchange or a log line."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "mappings"
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(folder))
    shown = []
    for name in SEARCHES:
        (folder / name).mkdir(parents=True)
        for part in ("1.0.0.yaml", "released", "versions.lock"):
            (folder / name / part).write_bytes((demo_mappings() / name / part).read_bytes())
        assert main(["record", name, "--email", JANE, "--environment", "demo"]) == 0
        assert main(["check", name]) == 0
        shown.append(repr(find(name)[1]))
    kept = [path.read_text("utf-8") for path in folder.rglob("samples/**/*") if path.is_file()]
    came = [
        json.loads(path.read_text())[part]
        for path in (tmp_path / "data").rglob("tokens/**/*.json")
        for part in ("value", "refresh")
    ]
    secrets = [
        value for name, value in merchant.environ.items() if name.endswith(("_KEY", "_PASSWORD", "_SECRET", "_TOKEN"))
    ]

    assert len(kept) >= 3 * 4
    assert len([value for value in came if value]) == 2
    everything = "\n".join([*kept, *shown, caplog.text])
    assert not [word for word in (*secrets, *came, JANE, "Lindenweg") if word and word in everything]


def test_commands_on_every_face(merchant: DemoMerchant, capsys: pytest.CaptureFixture[str]) -> None:
    """`doctor` and `egress` know each of the nine; the latter says the address that the merchant sees."""
    for name in NAMES:
        place = str(demo_mappings() / name)
        assert main(["doctor", place, "--environment", "demo", "--json"]) == 0, name
        checks = {one["name"]: one["ok"] for one in json.loads(capsys.readouterr().out)["checks"]}
        assert checks.keys() >= {"secrets", "address", "egress", "login", "probe"}
        assert main(["egress", place, "--environment", "demo"]) == 0
        assert "admit our calls to 127.0.0.1" in capsys.readouterr().out
