"""Which addresses may be called, and what a deployment may say of them."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

import httpcore
import pytest

from workbench.connect import guard
from workbench.connect.guard import Clock, Guard, GuardedBackend, Refused, is_public, literal
from workbench.connect.settings import Settings, holds, variable_prefix
from workbench.errors import UsageError

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.127.255.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address(address: str) -> None:
    """Anybody's addresses may be called."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address(address: str) -> None:
    """Private, shared, link-local, multicast and reserved ones may not, in whatever form they are wrapped."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "[::1]", "::1", "127.0.0.1."]
)
def test_literal_is_this_machine(host: str) -> None:
    """Every form in which a system reads an address is one."""
    address = literal(host)

    assert address is not None
    assert address.is_loopback


@pytest.mark.parametrize("host", ["shop.example", "1shop.example", "", "localhost", "a.b"])
def test_name_is_no_literal(host: str) -> None:
    """A name has to be resolved."""
    assert literal(host) is None


def places(text: str) -> Settings:
    """The settings of a deployment that allows these hosts."""
    return Settings.of("shop", {"WORKBENCH_ALLOW_HOSTS": text})


@pytest.mark.parametrize(
    ("text", "host", "port", "expected"),
    [
        ("127.0.0.1:4306", "127.0.0.1", 4306, True),
        ("127.0.0.1:4306", "127.0.0.1", 80, False),
        ("127.0.0.1", "127.0.0.1", 80, True),
        (" a.example , Intra.Example:8080 ,", "intra.example", 8080, True),
        ("intra.example", "INTRA.example", 1, True),
        ("intra.example", "sub.intra.example", 1, False),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("::1", "[::1]", 81, True),
        ("localhost", "127.0.0.1", 80, False),
        ("", "127.0.0.1", 80, False),
    ],
)
def test_allowed_hosts(text: str, host: str, port: int, expected: bool) -> None:
    """A host is allowed as it is written in the URL, with its port or with any."""
    assert holds(places(text).allowed, host, port) is expected


@pytest.mark.parametrize("text", ["http://a", "a:0", "a:99999", "a b", "a:80:90x", "user@host", "a/b"])
def test_setting_that_is_no_host(text: str) -> None:
    """A mistake in a setting is told rather than ignored."""
    with pytest.raises(UsageError, match="WORKBENCH_ALLOW_HOSTS"):
        places(text)


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks4://proxy:1", "http://:pw@", "http://proxy:x"])
def test_setting_that_is_no_proxy(proxy: str) -> None:
    """The same of the proxy; its text may hold a password and is not told."""
    with pytest.raises(UsageError, match="WORKBENCH_PROXY is no proxy") as caught:
        Settings.of("shop", {"WORKBENCH_PROXY": proxy})

    assert proxy not in str(caught.value)


def test_settings_of_a_merchant() -> None:
    """A merchant's own variables start with its name in capitals."""
    found = Settings.of("blue-shop", {"BLUE_SHOP_HOSTS": "api.blue.example", "WORKBENCH_PROXY": "http://u:pw@proxy:1"})

    assert variable_prefix("blue-shop") == found.merchant == "BLUE_SHOP"
    assert found.hosts == {("api.blue.example", None)}
    assert "pw" not in repr(found)


def test_one_private_address_is_enough() -> None:
    """A name with a public and a private address is refused."""
    addresses = [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("127.0.0.1")]
    with pytest.raises(Refused, match=r"shop\.example is not a public address") as caught:
        Guard().check("shop.example", 443, addresses)

    assert "WORKBENCH_ALLOW_HOSTS=shop.example:443" in caught.value.how


@pytest.mark.parametrize(
    "host",
    ["localhost", "db.localhost", "printer.local", "metadata", "metadata.google.internal", "169.254.169.254", "0x7f.1"],
)
def test_host_that_a_proxy_must_not_reach(host: str) -> None:
    """Where a proxy resolves names, those of this machine and network are refused by what they say."""
    with pytest.raises(Refused):
        Guard().check_host(host, 80)
    Guard(frozenset({(host, None)})).check_host(host, 80)
    Guard().check_host("api.shop.example", 80)


class Connected(Exception):
    """Where a connection went."""


def test_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once: a second answer that leads elsewhere is never asked for."""
    answers = ["93.184.216.34", "127.0.0.1"]

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    def connect(address: tuple[str, int], *rest: Any, **options: Any) -> None:
        raise Connected(address)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Connected) as caught:
        GuardedBackend(Guard(), Clock()).connect_tcp("rebinding.example", 443, 1.0)

    assert caught.value.args == (("93.184.216.34", 443),)
    with pytest.raises(Refused):
        GuardedBackend(Guard(), Clock()).connect_tcp("rebinding.example", 443, 1.0)


def test_name_that_does_not_resolve_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver knows no time-out, so it is asked aside."""
    late = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *rest, **options: late.wait(10) and [])
    try:
        with pytest.raises(httpcore.ConnectTimeout):
            guard.resolve("shop.example", 443, 0.01)
    finally:
        late.set()


def test_clock_ends_every_wait() -> None:
    """A wait is never longer than what is left, and none begins when nothing is."""
    clock = Clock()
    assert clock.left(5.0) == 5.0
    clock.set(float("inf"))
    assert clock.left(5.0) == 5.0
    clock.set(0.0)
    with pytest.raises(httpcore.ReadTimeout):
        clock.left(5.0)
