"""Authentication against servers that nobody here wrote: an OpenID provider, httpbin, nginx."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

import workbench as wb
from tests.certificates import authority, signed_by
from tests.peers import free_port, httpbin, nginx, oidc
from tests.servers import Answer, Ask, Seen, ask_sync, by_number, order, serving, shop_file
from workbench.errors import HttpError, LoginFailed, TlsError, Unauthorized
from workbench.merchant import doctor

pytestmark = pytest.mark.slow
LIFETIME_S = 5
MAIL = "anna@example.test"
OPERATIONS = {
    "find_orders_by_email": {
        "calls": [{"name": "search", "get": "/api/orders", "query": {"email": "{email}"}}],
        "orders": {"each": "$.data"},
    }
}
STATES = {"SHIPPED": "shipped", "OPEN": "processing"}
RECORD = {"created_at": "@.created", "status": {"path": "@.status", "lookup": STATES}}
CLIENT = {
    "kind": "oauth2_client_credentials", "token_url": "/token", "client_id": "machine",
    "client_secret": "${SHOP_SECRET}", "scope": "orders.read",
}  # fmt: skip
REFRESH = {
    "kind": "oauth2_refresh_token", "token_url": "/token", "client_id": "legacy", "client_secret": "${SHOP_SECRET}",
    "refresh_token": "${SHOP_SEED}",
}  # fmt: skip


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1,localhost")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHOP_SECRET", "peer-secret")
    monkeypatch.setenv("SHOP_DESK", "desk-pw")
    monkeypatch.setenv("SHOP_JWT", "peer-secret-that-is-long-enough-for-hs256")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The OpenID provider."""
    with oidc(LIFETIME_S) as url:
        yield url


def shop(tmp_path: Path, url: str, auth: dict[str, Any], **more: Any) -> Path:
    """The folder of the orders API behind the provider."""
    return shop_file(tmp_path / "shop", url, OPERATIONS, RECORD, auth=auth, **more)


def numbers(result: wb.Result) -> list[str | None]:
    """The numbers of the orders found."""
    return [one.order_number for one in result.orders]


def post(url: str, client: str, **fields: str) -> bytes:
    """A request to the provider that the tests make themselves."""
    header = "Basic " + b64encode(f"{client}:peer-secret".encode()).decode()
    request = urllib.request.Request(url, urlencode(fields).encode(), {"Authorization": header})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def seed(provider: str) -> str:
    """A refresh token, as the merchant would hand one out."""
    fields = {"grant_type": "password", "username": "desk", "password": "desk-pw", "scope": "orders.read"}
    return str(json.loads(post(f"{provider}/token", "legacy", **fields))["refresh_token"])


# ---------------------------------------------------------------- the OpenID provider

WAYS: dict[str, dict[str, Any]] = {
    "client in the header": CLIENT,
    "client among the fields": {**CLIENT, "client_id": "machine-post", "client_in": "body"},
    "client by a JWT": {
        "kind": "jwt", "use": "client", "token_url": "/token", "issuer": "machine-jwt", "key": "${SHOP_JWT}",
        "algorithm": "HS256", "scope": "orders.read",
    },
    "password": {
        "kind": "oauth2_password", "token_url": "/token", "client_id": "legacy", "client_secret": "${SHOP_SECRET}",
        "username": "desk", "password": "${SHOP_DESK}", "scope": "orders.read",
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_ways_into_the_provider(ask: Ask, tmp_path: Path, provider: str, way: str) -> None:
    """Each gets the orders; a token that has died between two lookups, or was revoked, is no matter."""
    folder = shop(tmp_path, provider, WAYS[way])
    assert numbers(ask(folder, email=MAIL)) == ["S-1001", "S-1002", "S-1003"]
    login = {check.name: check for check in doctor(folder)}["login"]
    assert "gives a token, for 5 seconds" in login.what


def test_token_that_expires_in_mid_use(tmp_path: Path, provider: str) -> None:
    """Lookups go on for longer than two lives of a token, and each finds its orders."""
    with wb.open_merchant(shop(tmp_path, provider, CLIENT)) as merchant:
        end = time.monotonic() + 2.4 * LIFETIME_S
        while time.monotonic() < end:
            assert len(merchant.find_orders(email=MAIL).orders) == 3
            time.sleep(0.2)


def test_token_that_is_revoked(tmp_path: Path, provider: str) -> None:
    """The next lookup gets another one."""
    with wb.open_merchant(shop(tmp_path, provider, CLIENT)) as merchant:
        merchant.find_orders(email=MAIL)
        auth: Any = merchant._opened.operations.auth
        token = auth._around.store.read(auth.key()).value
        post(f"{provider}/token/revocation", "machine", token=token)
        assert len(merchant.find_orders(email=MAIL).orders) == 3
        assert auth._around.store.read(auth.key()).value != token


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ({**CLIENT, "client_secret": "${SHOP_DESK}"}, "invalid_client, HTTP 401"),
        ({**CLIENT, "client_id": "nobody"}, "invalid_client"),
        ({**CLIENT, "client_id": "legacy"}, "invalid_request"),
        ({**CLIENT, "token_url": "/tokens"}, "not at this URL"),
        ({**WAYS["password"], "username": "nobody"}, "invalid_grant"),
        ({**REFRESH, "refresh_token": "${SHOP_DESK}"}, "invalid_grant.*get a new one"),
    ],
)
def test_logins_that_the_provider_refuses(tmp_path: Path, provider: str, auth: dict[str, Any], told: str) -> None:
    """Its word for what is wrong is told, with what to do."""
    with pytest.raises(LoginFailed, match=told):
        ask_sync(shop(tmp_path, provider, auth), email=MAIL)


WORKER = """\
import sys, threading, time
import workbench as wb
errors, found = [], []
sys.stdin.readline()
with wb.open_merchant(sys.argv[1]) as merchant:
    end = time.monotonic() + float(sys.argv[2])
    def work():
        try:
            while time.monotonic() < end:
                found.append(len(merchant.find_orders(email="anna@example.test").orders))
                time.sleep(0.02)
        except BaseException as error:
            errors.append(repr(error))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(errors or ("done" if set(found) == {3} else found))
"""


def test_rotation_under_eight_workers(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes of four threads each, for more than three lives of a token: one refresh for each that dies."""
    moments: list[float] = []
    refreshes: list[str] = []

    def relay(seen: Seen) -> Answer:
        fields = dict(parse_qsl(seen.body.decode()))
        moments.append(time.monotonic())
        refreshes.append(fields["refresh_token"])
        return Answer(post(f"{provider}/token", "legacy", **fields), 200, {"Content-Type": "application/json"})

    monkeypatch.setenv("SHOP_SEED", seed(provider))
    with serving(relay) as server:
        folder = shop(tmp_path, provider, {**REFRESH, "token_url": f"{server.url}/token"})
        command = [sys.executable, "-c", WORKER, str(folder), str(3.2 * LIFETIME_S)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        workers = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
        for one in workers:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        said = [one.communicate(timeout=120)[0].strip() for one in workers]

    assert said == ["done", "done"]
    assert len(refreshes) >= 3
    assert len(set(refreshes)) == len(refreshes)
    lives = [later - earlier for earlier, later in pairwise(moments)]
    assert min(lives) > LIFETIME_S * 0.8  # nobody asked while a token was good


# ---------------------------------------------------------------- httpbin


@pytest.fixture(scope="module")
def bin_url() -> Iterator[str]:
    """httpbin."""
    with httpbin() as url:
        yield url


USER = {"username": "${SHOP_USER}", "password": "${SHOP_WORD}"}
BIN: dict[str, tuple[dict[str, Any], str]] = {
    "basic": ({"kind": "basic", **USER}, "/basic-auth/{number}/hidden-word"),
    "bearer": ({"kind": "bearer", "token": "${SHOP_USER}"}, "/bearer"),
    "digest MD5": ({"kind": "digest", **USER}, "/digest-auth/auth/{number}/hidden-word/MD5"),
    "digest SHA-256": ({"kind": "digest", **USER}, "/digest-auth/auth/{number}/hidden-word/SHA-256"),
    "digest, stale": ({"kind": "digest", **USER}, "/digest-auth/auth/{number}/hidden-word/SHA-256/1"),
}


@pytest.mark.parametrize("way", BIN)
def test_ways_into_httpbin(ask: Ask, tmp_path: Path, bin_url: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets us in by each, and a wrong password is told as such."""
    monkeypatch.setenv("SHOP_USER", "joan")
    monkeypatch.setenv("SHOP_WORD", "hidden-word")
    auth, path = BIN[way]
    operations = {"find_order_by_number": {**by_number(get=path), "inputs": ["number"]}}
    record = {"order_number": "@.token" if way == "bearer" else "@.user", "customer_email": "@.x", "created_at": "@.y"}
    folder = shop_file(tmp_path / "shop", bin_url, operations, record, auth=auth)

    assert numbers(ask(folder, "find_order_by_number", number="joan")) == ["joan"]
    if way != "bearer":
        monkeypatch.setenv("SHOP_WORD", "wrong")
        with pytest.raises((Unauthorized, LoginFailed)):
            ask(folder, "find_order_by_number", number="joan")


# ---------------------------------------------------------------- nginx

CA, OTHER = authority(), authority("Other")


def test_certificates_with_nginx(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private authority and a client certificate; without either of them the error says which to add."""
    server, client = signed_by(CA, "localhost", host="localhost"), signed_by(CA, "workbench", client=True)
    stranger = signed_by(OTHER, "workbench", client=True)
    for name, text in (("server.pem", server.certificate + server.key), ("ca.pem", CA.certificate)):
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("SHOP_CA", CA.certificate)
    monkeypatch.setenv("SHOP_CERTIFICATE_FILE", str(tmp_path / "client.pem"))
    (tmp_path / "client.pem").write_text(client.certificate + client.key)
    (tmp_path / "stranger.pem").write_text(stranger.certificate + stranger.key)
    body = json.dumps({"data": [order("A-1")]}).replace('"', '\\"')
    block = (
        f"ssl_certificate {tmp_path}/server.pem; ssl_certificate_key {tmp_path}/server.pem;\n"
        f'ssl_client_certificate {tmp_path}/ca.pem; ssl_verify_client on;\nlocation / {{ return 200 "{body}"; }}'
    )
    with nginx(tmp_path, block, free_port()) as url:
        mutual = {"kind": "mutual_tls", "certificate": "${SHOP_CERTIFICATE}"}
        folder = shop_file(tmp_path / "shop", url, auth=mutual, tls={"ca": "${SHOP_CA}"})
        assert numbers(ask(folder, email="ann@example.com")) == ["A-1"]
        assert {check.name: check.ok for check in doctor(folder)}["login"]
        with pytest.raises(HttpError, match="wants a client certificate") as caught:
            ask(shop_file(tmp_path / "shop", url, tls={"ca": "${SHOP_CA}"}), email="ann@example.com")
        assert "mutual_tls" in caught.value.problem.how
        wrong = {"kind": "mutual_tls", "certificate": str(tmp_path / "stranger.pem")}
        with pytest.raises(HttpError, match="client certificate of ours, or another one"):
            ask(shop_file(tmp_path / "shop", url, auth=wrong, tls={"ca": "${SHOP_CA}"}), email="ann@example.com")
        with pytest.raises(TlsError, match=r"tls: \{ca: ...\}"):
            ask(shop_file(tmp_path / "shop", url, auth=mutual), email="ann@example.com")
