"""How calls leave: through a proxy with the same checks, and from an address that merchants may have to know."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import PARCELS, Answer, Ask, Seen, Server, order, orders_by_mail, serving, shop_file, two_calls
from tests.servers_tls import AUTHORITY
from tests.servers_wrong_tls import WRONG, WRONG_AUTHORITY
from workbench.calls import Request, Response
from workbench.cli import main
from workbench.connect import egress as egress_module
from workbench.connect.certificates import tls_error
from workbench.connect.egress import Egress, address_in, egress
from workbench.connect.settings import Settings
from workbench.connect.transport import AsyncSender, Sender
from workbench.errors import (
    AddressRefused,
    BadAnswer,
    Forbidden,
    LoginFailed,
    TimedOut,
    TlsError,
    Unreachable,
    UsageError,
)
from workbench.merchant import doctor

MAIL = "ann@example.com"
LOCAL = frozenset({("127.0.0.1", None), ("localhost", None)})
Send = Callable[..., Response]


def send_sync(url: str, settings: Settings, tls: ssl.SSLContext | None = None, budget: float = 20) -> Response:
    """Sends one request and closes."""
    sender = Sender(settings, 100_000, 10.0, tls)
    try:
        return sender.send(Request("GET", url, call="search"), time.monotonic() + budget)
    finally:
        sender.close()


def send_async(url: str, settings: Settings, tls: ssl.SSLContext | None = None, budget: float = 20) -> Response:
    """The same under asyncio."""

    async def send() -> Response:
        sender = AsyncSender(settings, 100_000, 10.0, tls)
        try:
            return await sender.send(Request("GET", url, call="search"), time.monotonic() + budget)
        finally:
            await sender.aclose()

    return asyncio.run(send())


@pytest.fixture(params=[send_sync, send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Sends once, in both ways."""
    chosen: Send = request.param
    return chosen


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine may be called, and nothing is remembered of earlier tests."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1,localhost")
    for name in ("WORKBENCH_PROXY", "SHOP_HOSTS", "WORKBENCH_EGRESS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(egress_module, "_KNOWN", {})


# ---------------------------------------------------------------- SOCKS5


@dataclass
class Socks:
    """A SOCKS5 proxy of our own, and whom it was asked to call."""

    url: str
    asked: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)


@contextmanager
def socks(to: int, login: bool = False, reply: int = 0, broken: bytes | None = None) -> Iterator[Socks]:
    """Speaks RFC 1928, and leads every connection to one port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    known = Socks(f"socks5://127.0.0.1:{listening.getsockname()[1]}")

    def exactly(connection: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = connection.recv(count - len(data))
            if not chunk:
                raise OSError
            data += chunk
        return data

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                _, methods = exactly(connection, 2)
                offered = exactly(connection, methods)
                if broken is not None:
                    connection.sendall(broken)
                    return
                connection.sendall(bytes([5, 2 if 2 in offered else 255 if login else 0]))
                if 2 in offered:
                    exactly(connection, 1)
                    user = exactly(connection, exactly(connection, 1)[0])
                    known.logins.append((user, exactly(connection, exactly(connection, 1)[0])))
                    connection.sendall(bytes([1, 0 if known.logins[-1] == (b"joe", b"p w") else 1]))
                _, _, _, kind = exactly(connection, 4)
                if kind == 3:
                    host = exactly(connection, exactly(connection, 1)[0]).decode()
                else:
                    host = str(ipaddress.ip_address(exactly(connection, 4 if kind == 1 else 16)))
                (port,) = struct.unpack("!H", exactly(connection, 2))
                known.asked.append(f"{host}:{port}")
                for byte in bytes([5, reply, 0, 3, 4]) + b"host" + b"\0\0":  # in drops, and with a name
                    connection.sendall(bytes([byte]))
                if reply:
                    return
                with socket.create_connection(("127.0.0.1", to)) as onward:
                    threading.Thread(target=pump, args=(onward, connection), daemon=True).start()
                    pump(connection, onward)
                    onward.settimeout(0.2)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield known
    finally:
        listening.shutdown(socket.SHUT_RDWR)  # who accepts would hold it open
        listening.close()


def by(proxy: str, allowed: Any = LOCAL) -> Settings:
    """The settings of a deployment behind a proxy."""
    return Settings.of(
        "shop", {"WORKBENCH_PROXY": proxy, "WORKBENCH_ALLOW_HOSTS": ",".join(host for host, _ in allowed)}
    )


def test_socks_gets_the_address_that_was_checked(send: Send) -> None:
    """The name is resolved here; the proxy is asked for an address, and never for a name."""
    with serving(lambda seen: Answer({"ok": 1})) as server, socks(server.port) as proxy:
        answer = send(f"http://localhost:{server.port}/orders", by(proxy.url))

    assert answer.body == b'{"ok": 1}'
    assert all(place in (f"127.0.0.1:{server.port}", f"::1:{server.port}") for place in proxy.asked)
    assert server.seen[0].headers["host"] == f"localhost:{server.port}"


def test_socks_with_tls_and_a_login(send: Send) -> None:
    """The certificate is checked for the name, whatever the proxy was asked for."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=AUTHORITY)
    with serving(lambda seen: Answer({"ok": 1}), tls=True) as server, socks(server.port, login=True) as proxy:
        settings = by(proxy.url.replace("//", "//joe:p%20w@"))
        assert send(f"https://localhost:{server.port}/", settings, trusting).status == 200
        with pytest.raises(TlsError, match="is for another address"):
            send(f"https://127.0.0.1:{server.port}/", settings, trusting)

    assert set(proxy.logins) == {(b"joe", b"p w")}
    assert "p%20w" not in repr(settings)


def test_socks_that_resolves_names(send: Send) -> None:
    """With socks5h the proxy is asked for the name; one that says a private address is refused all the same."""
    with serving(lambda seen: Answer({"ok": 1})) as server, socks(server.port) as proxy:
        settings = by(proxy.url.replace("socks5", "socks5h"), frozenset())
        assert send("http://no-such-name.invalid/orders", settings).status == 200
        for host in ("127.0.0.1", "169.254.169.254", "localhost", "0x7f.1", "[::ffff:10.0.0.1]", "metadata.internal"):
            with pytest.raises(AddressRefused):
                send(f"http://{host}/", settings)

    assert proxy.asked == ["no-such-name.invalid:80"]


def test_private_addresses_stay_refused_behind_socks(send: Send) -> None:
    """A proxy does not widen what may be called."""
    with socks(9) as proxy:
        for host in ("127.0.0.1", "2130706433", "localhost", "10.1.2.3", "[fd00::1]"):
            with pytest.raises(AddressRefused):
                send(f"http://{host}/", by(proxy.url, frozenset()))

    assert proxy.asked == []


@pytest.mark.parametrize(
    ("options", "login"),
    [
        ({"reply": 2}, ""),
        ({"reply": 77}, ""),
        ({"login": True}, ""),
        ({"login": True}, "eve:no@"),
        ({"broken": b"HTTP/1.1 400 Bad\r\n\r\n"}, ""),
        ({"broken": b"\x05"}, ""),
        ({"broken": b""}, ""),
    ],
)
def test_socks_that_does_not_pass_it_on(send: Send, options: dict[str, Any], login: str) -> None:
    """It is told as the proxy's, whatever it says or does not say."""
    with socks(9, **options) as proxy, pytest.raises(Unreachable, match=r"the proxy does not pass.*WORKBENCH_PROXY"):
        send("http://127.0.0.1:9/", by(proxy.url.replace("//", f"//{login}")))


def test_socks_that_is_not_there_or_says_nothing(send: Send) -> None:
    """A proxy that is down is the proxy's failure; one that is silent ends with the time."""
    with socks(9) as proxy:
        gone = proxy.url
    with pytest.raises(Unreachable, match="the proxy does not pass"):
        send("http://127.0.0.1:9/", by(gone))
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimedOut):
        send("http://127.0.0.1:9/", by(f"socks5://127.0.0.1:{silent.getsockname()[1]}"), budget=0.3)


def test_names_that_mean_a_private_address_here_stay_refused(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that resolves names is not asked for one that is private as far as this machine can tell."""
    real = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        return real("10.0.0.7" if host == "shop.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with (
        serving(lambda seen: Answer({})) as proxy,
        pytest.raises(AddressRefused, match=r"shop\.example is not a public"),
    ):
        send("http://shop.example/", by(proxy.url, frozenset()))

    assert proxy.seen == []


# ---------------------------------------------------------------- certificates


def trusting_wrong() -> ssl.SSLContext:
    """A context that knows the authority of the wrong certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=WRONG_AUTHORITY)
    return context


@pytest.mark.parametrize(
    ("name", "known", "what", "how"),
    [
        ("expired", True, "the certificate has expired", "renew"),
        ("not yet valid", True, "the certificate is not valid yet", "check the clock of this machine"),
        ("another host", True, "the certificate is for another host", "check the host of base_url"),
        ("self-signed", True, "the certificate is self-signed", r"tls: \{ca: ...\}"),
        ("another host", False, "from an authority that is not known here", r"tls: \{ca: ...\}"),
    ],
)
def test_which_check_of_a_certificate_failed(send: Send, name: str, known: bool, what: str, how: str) -> None:
    """Each says what is wrong with it, and what to do."""
    with serving(lambda seen: Answer({}), tls=True, pem=WRONG[name]) as server, pytest.raises(TlsError) as caught:
        send(server.url, Settings("SHOP", LOCAL), trusting_wrong() if known else None)

    assert what in caught.value.problem.what
    assert re.search(how, caught.value.problem.how)


def test_handshakes_that_fail_otherwise() -> None:
    """A client certificate that is asked for, and versions that do not meet, are told apart."""
    for reason, told in (
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "wants a client certificate"),
        ("UNSUPPORTED_PROTOCOL", "no version of TLS"),
        ("WRONG_VERSION_NUMBER", "speaks https"),
    ):
        cause = ssl.SSLError(1, reason)
        cause.reason = reason
        assert told in str(tls_error(cause, "search"))


# ---------------------------------------------------------------- our address


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("203.0.113.7\n", "203.0.113.7"),
        ({"ip": "203.0.113.7"}, "203.0.113.7"),
        ({"via": 3, "origin": "203.0.113.7, 10.0.0.1"}, "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("Your address is 203.0.113.7.", "203.0.113.7"),
    ],
)
def test_address_in_an_answer(body: Any, address: str) -> None:
    """Text or JSON, whatever else it says."""
    content, _ = Answer(body).content()
    assert address_in(Response(200, {}, content)) == address


@pytest.mark.parametrize(("status", "body"), [(200, b"hello"), (200, b""), (500, b"203.0.113.7"), (200, b"1.2.3.4.5")])
def test_answer_without_an_address(status: int, body: bytes) -> None:
    """It is told, rather than guessed."""
    with pytest.raises(BadAnswer, match="holds no address"):
        address_in(Response(status, {}, body))


def deployed(monkeypatch: pytest.MonkeyPatch, server: Server, production: str = "", test: str = "") -> None:
    """What a deployment says of its addresses."""
    monkeypatch.setenv("WORKBENCH_EGRESS_URL", f"{server.url}/me")
    monkeypatch.setenv("WORKBENCH_EGRESS_PRODUCTION", production)
    monkeypatch.setenv("WORKBENCH_EGRESS_TEST", test)


@pytest.mark.parametrize(
    ("production", "test", "listed", "code"),
    [
        ("203.0.113.0/24", "198.51.100.1", "production", 0),
        ("198.51.100.1", "203.0.113.7", "test", 0),
        ("198.51.100.1", "", None, 1),
        ("", "", None, 0),
    ],
)
def test_egress_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    production: str,
    test: str,
    listed: str | None,
    code: int,
) -> None:
    """The address as others see it, whether it is a listed one, and the text for the merchant."""
    with serving(lambda seen: Answer("203.0.113.7")) as server:
        deployed(monkeypatch, server, production, test)
        assert main(["egress", "--json"]) == code
        told = json.loads(capsys.readouterr().out)
        assert main(["egress"]) == code
        printed = capsys.readouterr().out

    assert (told["address"], told["listed"], told["route"]) == ("203.0.113.7", listed, "direct")
    assert "Please admit our calls to your API" in told["text"]
    assert (production or test or "203.0.113.7") in told["text"]
    assert "203.0.113.7" in printed
    assert told["text"] in printed


def test_egress_command_names_the_merchants_host(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Where a merchant is given, its API stands in the text."""
    with serving(lambda seen: Answer("203.0.113.7")) as server:
        deployed(monkeypatch, server)
        assert main(["egress", str(shop_file(tmp_path / "shop", "https://api.shop.example")), "--json"]) == 0

    assert "our calls to api.shop.example" in json.loads(capsys.readouterr().out)["text"]


def test_egress_command_needs_no_secret_of_the_merchants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whoever asks a merchant to admit addresses has no credentials yet; a host that nobody knows is not named."""
    auth = {"kind": "basic", "username": "${SHOP_NOBODY}", "password": "${SHOP_NOTHING}"}
    environments = {"test": {"base_url": "${SHOP_TEST_URL}"}}
    folder = str(shop_file(tmp_path / "shop", "https://api.shop.example", auth=auth, environments=environments))
    with serving(lambda seen: Answer("203.0.113.7")) as server:
        deployed(monkeypatch, server)
        assert main(["egress", folder]) == 0
        assert "our calls to api.shop.example" in capsys.readouterr().out
        assert main(["egress", folder, "--environment", "test"]) == 0
        assert "our calls to your API" in capsys.readouterr().out
        monkeypatch.setenv("SHOP_TEST_URL", "https://test.shop.example/v2")
        assert main(["egress", folder, "--environment", "test"]) == 0
        assert "our calls to test.shop.example" in capsys.readouterr().out
        assert main(["egress", folder, "--environment", "nowhere"]) == 2


def test_egress_that_cannot_be_found_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the setting it is wrong use; an answer without an address, or a wrong list, says what to do."""
    assert main(["egress"]) == 2
    assert "WORKBENCH_EGRESS_URL" in capsys.readouterr().err
    with serving(lambda seen: Answer("hello")) as server:
        deployed(monkeypatch, server)
        assert main(["egress"]) == 1
        assert "holds no address" in capsys.readouterr().err
        monkeypatch.setenv("WORKBENCH_EGRESS_TEST", "203.0.113.7, office")
        assert main(["egress"]) == 2
        assert "'office' is no address" in capsys.readouterr().err
    monkeypatch.setenv("WORKBENCH_EGRESS_TEST", "")
    monkeypatch.setenv("WORKBENCH_EGRESS_URL", "ftp://x")
    assert main(["egress"]) == 2


def test_egress_goes_by_the_route_and_its_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question leaves as all calls do, to a public or an allowed address only."""
    with serving(lambda seen: Answer("203.0.113.7")) as server, socks(server.port) as proxy:
        deployed(monkeypatch, server)
        monkeypatch.setenv("WORKBENCH_PROXY", proxy.url)
        assert egress(Settings.of("shop")).proxied
        assert proxy.asked == [f"127.0.0.1:{server.port}"]
        monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "")
        with pytest.raises(AddressRefused):
            egress(Settings.of("shop"))


def refusing(seen: Seen) -> Answer:
    """A merchant that does not admit us, and beside it the one who tells our address."""
    return Answer("203.0.113.7") if seen.path == "/me" else Answer({}, 403)


def test_a_refusal_says_which_address_was_seen(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is a listed one, and what to send; the question is asked once, not for each refusal."""
    with serving(refusing) as server:
        folder = shop_file(tmp_path, server.url)
        deployed(monkeypatch, server, "203.0.113.7")
        for _ in range(2):
            with pytest.raises(Forbidden) as caught:
                ask(folder, email=MAIL)
        how = caught.value.problem.how
        assert "the merchant saw 203.0.113.7, one of our production addresses" in how
        assert 'send the merchant: "Please admit our calls to 127.0.0.1' in how
        assert how in str(caught.value)
        assert [one.path for one in server.seen].count("/me") == 1

        deployed(monkeypatch, server, "198.51.100.1")
        with pytest.raises(Forbidden, match=r"203\.0\.113\.7, which is on none of our lists: mend the route"):
            ask(folder, email=MAIL)
        deployed(monkeypatch, server, "", "203.0.113.7")
        with pytest.raises(Forbidden, match=r"one of our test addresses, though this is production"):
            ask(folder, email=MAIL)
        monkeypatch.delenv("WORKBENCH_EGRESS_URL")
        with pytest.raises(Forbidden, match=r"if the merchant admits addresses only, send the merchant"):
            ask(folder, email=MAIL)
        monkeypatch.setenv("WORKBENCH_EGRESS_TEST", "")
        with pytest.raises(Forbidden) as caught:
            ask(folder, email=MAIL)
        assert "saw" not in str(caught.value)


def test_a_connection_that_does_not_come_about_says_it_too(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall that drops what it does not know looks like this."""
    from tests.faults import ROWS, served

    deaf = next(row for row in ROWS if row.server == "deaf")
    with serving(lambda seen: Answer("203.0.113.7")) as server, served(deaf) as url:
        deployed(monkeypatch, server, "203.0.113.7")
        with pytest.raises(TimedOut, match=r"the merchant saw 203\.0\.113\.7, one of our production addresses"):
            ask(shop_file(tmp_path, url, timeout_s=0.3), email=MAIL)


def test_a_second_call_and_a_login_say_it_too(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of a later call has it in its problem, one of the login names its host; so does a closed port."""
    status = {"/orders": 200, "/token": 200}

    def answer(seen: Seen) -> Answer:
        if seen.path == "/me":
            return Answer("203.0.113.7")
        if seen.path.endswith("/parcels"):
            return Answer({}, 403)
        body = {"access_token": "token-12345"} if seen.path == "/token" else {"data": [order("A-1", id="1")]}
        return Answer(body, status[seen.path])

    with serving(answer) as server:
        deployed(monkeypatch, server, "203.0.113.7")
        result = ask(shop_file(tmp_path / "shop", server.url, two_calls(), PARCELS), email=MAIL)
        (told,) = {
            each.how for one in result.orders for each in (*one.problems, *result.problems) if "403" in each.what
        }
        assert "the merchant saw 203.0.113.7, one of our production addresses; send the merchant" in told
        assert result.orders[0].unavailable

        auth = {
            "kind": "oauth2_client_credentials", "token_url": f"http://localhost:{server.port}/token",
            "client_id": "c", "client_secret": "${SHOP_S}",
        }  # fmt: skip
        monkeypatch.setenv("SHOP_S", "secret-12345")
        monkeypatch.setenv("WORKBENCH_TOKENS", "memory")
        status["/token"] = 403
        with pytest.raises(LoginFailed, match=r"the merchant saw 203.*our calls to localhost from"):
            ask(shop_file(tmp_path / "shop", server.url, auth=auth), email=MAIL)
        with serving(answer) as gone:
            closed = gone.url
        with pytest.raises(Unreachable, match=r"refused; .*the merchant saw 203.*our calls to 127"):
            ask(shop_file(tmp_path / "shop", closed, retries={"max": 0}), email=MAIL)
        with pytest.raises(Unreachable, match=r"the token endpoint: the connection is refused; .*the merchant saw 203"):
            ask(shop_file(tmp_path / "shop", server.url, auth={**auth, "token_url": f"{closed}/token"}), email=MAIL)
        assert [one.path for one in server.seen].count("/me") == 1


def test_advice_costs_no_time_that_is_not_there(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One who tells our address but does not answer holds nobody up for long, and breaks nothing."""
    over = threading.Event()

    def slow(seen: Seen) -> Answer:
        if seen.path == "/me":
            over.wait(20)
        return Answer({}, 403)

    with serving(slow) as server:
        deployed(monkeypatch, server)
        start = time.monotonic()
        with pytest.raises(Forbidden):
            ask(shop_file(tmp_path, server.url, budget_s=1), email=MAIL)
        assert time.monotonic() - start < 8
        over.set()


def test_the_doctor_tells_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of its own, where the deployment says who answers it; and the advice where the login is refused."""
    good = orders_by_mail(order("A-1"))
    with serving(lambda seen: refusing(seen) if seen.path == "/me" else good(seen)) as server:
        folder = shop_file(tmp_path, server.url)
        assert "egress" not in [check.name for check in doctor(folder)]
        deployed(monkeypatch, server, "203.0.113.7")
        (check,) = [check for check in doctor(folder) if check.name == "egress"]
        assert (check.ok, check.what) == (True, "calls leave from 203.0.113.7, one of the production addresses")
        deployed(monkeypatch, server, "198.51.100.1")
        (check,) = [check for check in doctor(folder) if check.name == "egress"]
        assert not check.ok
        assert "mend the route" in check.how
    with serving(refusing) as server:
        deployed(monkeypatch, server, "203.0.113.7")
        last = doctor(shop_file(tmp_path, server.url))[-1]
        assert (last.name, last.ok) == ("login", False)
        assert "the merchant saw 203.0.113.7" in last.how


def test_text_for_the_merchant() -> None:
    """The listed addresses, by what they are for; else the one that was seen; else nothing."""
    networks = tuple(ipaddress.ip_network(one) for one in ("203.0.113.7", "203.0.113.8/30"))
    both = Egress("203.0.113.7", networks, (ipaddress.ip_network("198.51.100.1"),))

    assert both.text("api.shop.example") == (
        "Please admit our calls to api.shop.example from these addresses. "
        "production: 203.0.113.7, 203.0.113.8/30; test: 198.51.100.1"
    )
    assert Egress(None).text() == ""
    assert Egress(None).advice("api.shop.example", "production") == ""
    with pytest.raises(UsageError, match="WORKBENCH_EGRESS_URL"):
        egress(Settings("SHOP"))
    assert wb.CallError.admission is False
