"""Each kind of authentication over the wire, to servers of this machine: whole lookups, doctor, TLS and signing in."""

# Long lines: a kind and its server stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

import workbench as wb
from tests.auth_servers import (
    FOUND,
    ID,
    KINDS,
    OAUTH,
    PASSWORD,
    SECRET,
    TOKEN,
    USER,
    bearer_of,
    by_client,
    folder_for,
    form,
    tokens,
)
from tests.certificates import Pair, authority, signed_by
from tests.servers import Answer, Ask, Seen, ask_sync, by_email, serving, shop_file
from workbench.calls import Request
from workbench.calls.auth import CustomAuth, register_auth
from workbench.errors import (
    AddressRefused,
    AuthUnusable,
    BadAnswer,
    LoginFailed,
    TimedOut,
    TlsError,
    Unreachable,
    UsageError,
)
from workbench.merchant import doctor, sign_in

MAIL = "ann@example.com"


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1,localhost")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name, value in (("USER", USER), ("PASSWORD", PASSWORD), ("ID", ID), ("SECRET", SECRET)):
        monkeypatch.setenv(f"SHOP_{name}", value)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_gets_in(ask: Ask, tmp_path: Path, name: str) -> None:
    """Orders come, by whatever the merchant wants to know us."""
    with serving(KINDS[name][1]) as server:
        result = ask(folder_for(name, tmp_path, server.url), email=MAIL)

    assert [one.order_number for one in result.orders] == ["A-1"]


@pytest.mark.parametrize("name", KINDS)
def test_doctor_speaks_of_every_kind(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that works is told as such; one that does not, with what to check and whom to call."""
    with serving(KINDS[name][1]) as server:
        folder = folder_for(name, tmp_path, server.url)
        login = {check.name: check for check in doctor(folder)}["login"]
        assert login.ok, login
        assert ("gives a token" in login.what) == any(word in name for word in ("oauth2", "jwt", "login", "session"))
        for variable in ("PASSWORD", "SECRET"):
            monkeypatch.setenv(f"SHOP_{variable}", "wrong-but-32-letters-long-or-more-x")
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "other"))
        checks = doctor(folder)

    assert (checks[-1].name, checks[-1].ok) == ("login", False)
    assert "SHOP_" in checks[-1].how or "merchant" in checks[-1].how
    assert "call whoever gave out the credentials" in checks[-1].how
    assert "wrong-but" not in str(checks)


@pytest.mark.parametrize("answer", [
    Answer("<!doctype html><p>Sign in, please"), Answer({"error": "invalid_client"}, 400), Answer({"x": 1}), Answer(b"", 500),
    Answer({}, 302, {"Location": "https://evil.example/"}),
])  # fmt: skip
def test_token_endpoint_that_lies(ask: Ask, tmp_path: Path, answer: Answer) -> None:
    """A plain error, and the API is not asked at all."""
    with serving(lambda seen: answer) as server, pytest.raises(LoginFailed) as caught:
        ask(shop_file(tmp_path / "shop", server.url, auth={"kind": "oauth2_client_credentials", **OAUTH}), email=MAIL)

    assert server.targets == ["/token"]
    assert SECRET not in str(caught.value)
    assert caught.value.problem.how


def test_token_endpoint_that_never_answers(ask: Ask, tmp_path: Path) -> None:
    """The lookup ends within its budget."""
    gone = threading.Event()

    def hang(seen: Seen) -> Answer:
        gone.wait(20)
        return Answer({})

    with serving(hang) as server:
        auth = {"kind": "oauth2_client_credentials", **OAUTH}
        start = time.monotonic()
        with pytest.raises(TimedOut):
            ask(shop_file(tmp_path / "shop", server.url, auth=auth, budget_s=0.5), email=MAIL)
        assert time.monotonic() - start < 10
        gone.set()


def test_token_endpoint_that_is_not_there(ask: Ask, tmp_path: Path) -> None:
    """The error and doctor speak of the login's address, and not of the API's."""
    with serving(by_client) as gone:
        url = gone.url
    with serving(by_client) as server:
        auth = {"kind": "oauth2_client_credentials", **OAUTH, "token_url": f"{url}/token"}
        folder = shop_file(tmp_path / "shop", server.url, auth=auth)
        with pytest.raises(Unreachable, match=r"the token endpoint: the connection is refused.*port of token_url:"):
            ask(folder, email=MAIL)
        check = doctor(folder)[-1]

    assert (check.name, check.ok, server.seen) == ("login", False, [])
    assert "the token endpoint" in check.what


def test_token_that_dies_in_mid_use(ask: Ask, tmp_path: Path) -> None:
    """Between two calls of one lookup: it is obtained anew, and the read repeated."""
    lives = iter(range(100))
    good = {"token": ""}

    def serve(seen: Seen) -> Answer:
        if seen.path == "/token":
            good["token"] = f"token-{next(lives)}"
            return Answer({"access_token": good["token"], "expires_in": 3600})
        if not bearer_of(good["token"])(seen):
            return Answer({}, 401)
        if seen.path == "/orders":
            good["token"] = "nobody's"
            return FOUND
        return Answer({"parcels": [{"code": "T-1"}]})

    operation = by_email()
    operation["calls"].append({"name": "parcels", "get": "/parcels"})
    record = {"shipments": {"each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"}}}
    with serving(serve) as server:
        folder = shop_file(
            tmp_path / "shop", server.url, {"find_orders_by_email": operation}, record,
            auth={"kind": "oauth2_client_credentials", **OAUTH},
        )  # fmt: skip
        result = ask(folder, email=MAIL)

    assert result.orders[0].tracking_numbers == ["T-1"]
    assert server.targets == ["/token", "/orders?email=ann%40example.com", "/parcels", "/token", "/parcels"]


def test_login_on_another_host_must_be_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the deployment names the hosts of a merchant, the token's host is one of them or nothing is sent."""
    with serving(by_client) as api, serving(by_client) as login:
        auth = {"kind": "oauth2_client_credentials", **OAUTH, "token_url": f"{login.url}/token"}
        folder = shop_file(tmp_path / "shop", api.url, auth=auth)
        monkeypatch.setenv("SHOP_HOSTS", f"127.0.0.1:{api.port}")
        with pytest.raises(AddressRefused, match="the server for logins"):
            ask_sync(folder, email=MAIL)
        assert "SHOP_HOSTS" in doctor(folder)[-1].how
        assert (api.seen, login.seen) == ([], [])
        monkeypatch.setenv("SHOP_HOSTS", f"127.0.0.1:{api.port}, 127.0.0.1:{login.port}")
        assert ask_sync(folder, email=MAIL).orders
        monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", f"127.0.0.1:{api.port}")
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "other"))
        with pytest.raises(AddressRefused, match="not a public address"):
            ask_sync(folder, email=MAIL)
    assert login.targets == ["/token"]


# ---------------------------------------------------------------- custom


class Backwards(CustomAuth):
    """Sends the secret from its end, as one strange merchant might want it."""

    def apply(self, request: Request) -> Request:
        return request.with_header("X-Backwards", self.settings["key"][::-1])


class Broken(CustomAuth):
    """Cannot be made."""

    def __init__(self, *given: Any) -> None:
        raise ValueError(PASSWORD)


def test_custom_class(ask: Ask, tmp_path: Path) -> None:
    """A class by the name of its entry point, with settings that hold references."""
    register_auth("backwards", Backwards)
    auth = {"kind": "custom", "class": "backwards", "settings": {"key": "${SHOP_PASSWORD}"}}
    check = tokens(lambda seen: False, Answer({}), lambda seen: seen.headers.get("x-backwards") == PASSWORD[::-1])
    with serving(check) as server:
        assert ask(shop_file(tmp_path / "shop", server.url, auth=auth), email=MAIL).orders


def test_custom_class_that_is_not_there(tmp_path: Path) -> None:
    """Which there are is told, and nothing of what a broken one says."""
    register_auth("broken", Broken)
    register_auth("none of ours", lambda *given: object())  # type: ignore[arg-type, return-value]
    for name, told in (
        ("zz", "one of backwards|one of broken"),
        ("broken", "ValueError"),
        ("none of ours", "no workbench"),
    ):
        auth = {"kind": "custom", "class": name, "settings": {"a": 1}}
        folder = shop_file(tmp_path / "shop", "https://shop.example", auth=auth)
        with pytest.raises(AuthUnusable, match=told) as caught:
            wb.open_merchant(folder)
        assert PASSWORD not in str(caught.value)
        assert (doctor(folder)[-1].name, doctor(folder)[-1].ok) == ("login", False)


# ---------------------------------------------------------------- signing in by browser


def test_sign_in(tmp_path: Path) -> None:
    """The address is opened, the browser comes back to this machine, and the next lookup has a token."""
    seen_challenge: list[str] = []

    def serve(seen: Seen) -> Answer:
        if seen.path == "/auth":
            asked = parse_qs(urlsplit(seen.target).query)
            seen_challenge.append(asked["code_challenge"][0])
            back = f"{asked['redirect_uri'][0]}?code=one-time-code&state={asked['state'][0]}"
            return Answer({}, 302, {"Location": back})
        if seen.path == "/token":
            verifier = form(seen).get("code_verifier", "")
            proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            right = form(seen).get("code") == "one-time-code" and proof == seen_challenge[0]
            return Answer(TOKEN) if right else Answer({"error": "invalid_grant"}, 400)
        return FOUND if bearer_of("token-12345")(seen) else Answer({}, 401)

    with serving(serve) as server, serving(lambda seen: Answer({})) as free:
        port = free.port
    with serving(serve) as server:
        auth = {
            "kind": "oauth2_authorization_code", **OAUTH, "authorize_url": "/auth",
            "redirect_uri": f"http://127.0.0.1:{port}/back",
        }  # fmt: skip
        folder = shop_file(tmp_path / "shop", server.url, auth=auth)
        with pytest.raises(LoginFailed, match="nobody has signed in yet"):
            ask_sync(folder, email=MAIL)
        helper = sign_in(folder)
        pages: list[str] = []

        def browse() -> None:
            threading.Thread(target=lambda: pages.append(urlopen(helper.url, timeout=30).read().decode())).start()

        helper.wait(30, browse)
        assert ask_sync(folder, email=MAIL).orders
        secret = helper.refresh_token
        assert secret is not None
        assert secret.reveal() == "refresh-12345"
        assert "refresh-12345" not in f"{helper!r} {secret}"
        with pytest.raises(UsageError, match="not the address of this sign-in"):
            sign_in(folder).finish("http://127.0.0.1/back?code=one-time-code&state=stolen")
        with pytest.raises(LoginFailed, match="nobody came back"):
            sign_in(folder).wait(0.05)


def test_sign_in_for_another_kind(tmp_path: Path) -> None:
    """Only one kind needs somebody to sign in."""
    folder = shop_file(tmp_path / "shop", "https://shop.example", auth={"kind": "oauth2_client_credentials", **OAUTH})
    with pytest.raises(UsageError, match="only oauth2_authorization_code"):
        sign_in(folder)


# ---------------------------------------------------------------- TLS

CA, OTHER, LAX = authority(), authority("Other"), authority("Lax", key_usage=False)
CLIENT = signed_by(CA, "workbench", client=True)


@contextmanager
def secure(pair: Pair, clients: Pair | None = None) -> Iterator[str]:
    """An https server with a certificate, which may ask for one of ours; its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, kind = FOUND.content()
            self.send_response_only(200)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing is written."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A handshake that fails is what the test is about."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_text(pair.certificate + pair.key)
        context.load_cert_chain(path)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.certificate)
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


SERVER = signed_by(CA, "localhost", host="localhost")


def pem_file(folder: Path, name: str, text: str) -> str:
    """A file with PEM."""
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("way", ["reference", "file of the reference", "path"])
def test_private_authority(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Its certificate comes by reference or from a file; nobody else is trusted then."""
    path = pem_file(tmp_path, "ca.pem", CA.certificate)
    if way == "reference":
        monkeypatch.setenv("SHOP_CA", CA.certificate)
    elif way == "file of the reference":
        monkeypatch.setenv("SHOP_CA_FILE", path)
    with secure(SERVER) as url:
        tls = {"ca": path if way == "path" else "${SHOP_CA}"}
        assert ask(shop_file(tmp_path / "shop", url, tls=tls), email=MAIL).orders
        with pytest.raises(TlsError, match=r"self.signed|local issuer") as caught:
            ask(shop_file(tmp_path / "shop", url), email=MAIL)
        assert "tls: {ca: ...}" in caught.value.problem.how
        with pytest.raises(TlsError):
            ask(
                shop_file(tmp_path / "shop", url, tls={"ca": pem_file(tmp_path, "o.pem", OTHER.certificate)}),
                email=MAIL,
            )


def test_authority_that_breaks_the_rules(tmp_path: Path) -> None:
    """Without key usage it is refused by every Python alike, with the switch that accepts it."""
    path = pem_file(tmp_path, "ca.pem", LAX.certificate)
    with secure(signed_by(LAX, "localhost", host="localhost")) as url:
        folder = shop_file(tmp_path / "shop", url, tls={"ca": path})
        with pytest.raises(TlsError) as caught:
            ask_sync(folder, email=MAIL)
        assert "tls: {strict: false}" in caught.value.problem.how
        assert "strict" in doctor(folder)[-1].how
        assert ask_sync(shop_file(tmp_path / "shop", url, tls={"ca": path, "strict": False}), email=MAIL).orders


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (signed_by(CA, "localhost", host="other.example"), "mismatch.*check the host of base_url"),
        (signed_by(CA, "localhost", host="localhost", days=-1), "expired.*ask the merchant to renew it"),
    ],
)
def test_certificate_that_is_wrong(tmp_path: Path, pair: Pair, told: str) -> None:
    """Which check failed is told, and what to do about it."""
    path = pem_file(tmp_path, "ca.pem", CA.certificate)
    with secure(pair) as url, pytest.raises(TlsError) as caught:
        ask_sync(shop_file(tmp_path / "shop", url, tls={"ca": path, "strict": False}), email=MAIL)

    assert re.search(told, str(caught.value), re.I)


@pytest.mark.parametrize("table", ["auth", "tls"])
def test_mutual_tls(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Our certificate and its locked key, as the only authentication or beside another one."""
    monkeypatch.setenv("SHOP_CERTIFICATE", CLIENT.certificate)
    monkeypatch.setenv("SHOP_KEY", CLIENT.locked("key word"))
    monkeypatch.setenv("SHOP_KEY_PASSWORD", "key word")
    ours = {"certificate": "${SHOP_CERTIFICATE}", "key": "${SHOP_KEY}", "key_password": "${SHOP_KEY_PASSWORD}"}
    ca = {"ca": pem_file(tmp_path, "ca.pem", CA.certificate)}
    with secure(SERVER, CA) as url:
        own = {"auth": {"kind": "mutual_tls", **ours}, "tls": ca} if table == "auth" else {"tls": {**ca, **ours}}
        folder = shop_file(tmp_path / "shop", url, **own)
        assert ask(folder, email=MAIL).orders
        assert doctor(folder)[-2].name == "login"
        assert doctor(folder)[-2].ok
        for other in ({}, {"certificate": pem_file(tmp_path, "x.pem", OTHER.certificate + OTHER.key)}):
            with pytest.raises(
                (TlsError, BadAnswer), match="client certificate"
            ):  # where the reset overtakes the alert
                ask(shop_file(tmp_path / "shop", url, tls={**ca, **other}), email=MAIL)


def test_certificates_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with each is told when the merchant is opened; nothing that they hold is."""
    locked, key = CLIENT.locked("key word"), CLIENT.key
    cases: list[tuple[dict[str, str], str]] = [
        ({"ca": "/no/such.pem"}, "names no PEM file that can be read .No such file"),
        ({"ca": pem_file(tmp_path, "a.p12", "\x30\x82binary")}, "it is no PEM"),
        ({"ca": pem_file(tmp_path, "b.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")}, "ca: holds no"),
        ({"certificate": pem_file(tmp_path, "c.pem", CLIENT.certificate)}, "without its private key - add key:"),
        ({"certificate": pem_file(tmp_path, "d.pem", CLIENT.certificate + locked)}, "locked by a password - add key_password:"),
        ({"certificate": pem_file(tmp_path, "d.pem", CLIENT.certificate + locked), "key_password": "${SHOP_PASSWORD}"},
         "cannot be opened - check the value of key_password"),
        ({"certificate": pem_file(tmp_path, "c.pem", CLIENT.certificate), "key": pem_file(tmp_path, "k.pem", OTHER.key)},
         "do not belong together"),
        ({"ca": pem_file(tmp_path, "e.pem", key)}, "ca: holds no certificate"),
    ]  # fmt: skip
    for tls, told in cases:
        folder = shop_file(tmp_path / "shop", "https://shop.example", tls=tls)
        with pytest.raises(AuthUnusable, match=told) as caught:
            wb.open_merchant(folder)
        assert PASSWORD not in str(caught.value)
        assert key.splitlines()[1] not in str(caught.value)
        assert doctor(folder)[-1].how
    both = {"tls": {"certificate": "/x.pem"}, "auth": {"kind": "mutual_tls", "certificate": "/x.pem"}}
    with pytest.raises(AuthUnusable, match="keep one"):
        wb.open_merchant(shop_file(tmp_path / "shop", "https://shop.example", **both))
