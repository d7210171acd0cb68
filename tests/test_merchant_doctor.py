"""Looking a merchant over: each part ok, or with what to do and whom to call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.servers import Answer, Seen, order, serving, shop_file
from workbench.errors import UsageError
from workbench.merchant import Check, doctor

AUTH = {"kind": "bearer", "token": "${SHOP_TOKEN}"}
PROBE = {"number": "${SHOP_PROBE_NUMBER}", "email": "${SHOP_PROBE_EMAIL}"}
EVERY = ["mapping", "secrets", "name", "address", "connection", "tls", "login", "probe"]


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("SHOP_TOKEN", "token-12345")
    monkeypatch.setenv("SHOP_PROBE_NUMBER", "A-1")
    monkeypatch.setenv("SHOP_PROBE_EMAIL", "ann@example.com")


def shop(seen: Seen) -> Answer:
    """A shop that has one order and knows its client."""
    if seen.headers.get("authorization") != "Bearer token-12345":
        return Answer({}, 401)
    return Answer(order("A-1")) if seen.path == "/orders/A-1" else Answer({}, 404)


def failed(checks: list[Check]) -> Check:
    """The check that failed; nothing stands behind it, and each says what to do."""
    assert [check.ok for check in checks] == [True] * (len(checks) - 1) + [False]
    assert checks[-1].what
    assert checks[-1].how
    assert "token-12345" not in str(checks)
    assert "ann@" not in str(checks)
    return checks[-1]


def test_all_is_well(tmp_path: Path) -> None:
    """Every part is looked at, in order."""
    with serving(shop) as server:
        checks = doctor(shop_file(tmp_path / "shop", server.url, auth=AUTH, probe=PROBE))

    assert [check.name for check in checks] == EVERY
    assert all(check.ok for check in checks)
    assert server.targets == ["/orders/A-1"]


def test_without_a_probe(tmp_path: Path) -> None:
    """A harmless question shows whether the credentials are accepted; a probe is recommended."""
    with serving(shop) as server:
        checks = doctor(shop_file(tmp_path / "shop", server.url, auth=AUTH))

    assert [check.name for check in checks] == EVERY
    assert all(check.ok for check in checks)
    assert "add probe:" in checks[-1].how


def test_mapping_that_is_wrong(tmp_path: Path) -> None:
    """The first mistake is told."""
    folder = shop_file(tmp_path / "shop", "https://shop.example", record={"colour": "@.c", "amount": "@..x"})

    assert failed(doctor(folder)).name == "mapping"
    with pytest.raises(UsageError):
        doctor(tmp_path / "nobody")
    with pytest.raises(UsageError, match="no environment 'staging'"):
        doctor(shop_file(tmp_path / "shop", "https://shop.example"), "staging")


@pytest.mark.parametrize("name", ["SHOP_TOKEN", "SHOP_PROBE_NUMBER"])
def test_secret_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It is named."""
    monkeypatch.delenv(name)
    with serving(shop) as server:
        checks = doctor(shop_file(tmp_path / "shop", server.url, auth=AUTH, probe=PROBE))
    (check,) = [check for check in checks if not check.ok]

    assert (check.name, name in check.what) == ("secrets", True)


def test_name_that_does_not_resolve(tmp_path: Path) -> None:
    """The merchant is asked for the right address."""
    check = failed(doctor(shop_file(tmp_path / "shop", "https://no-such-name.invalid")))

    assert check.name == "name"


def test_address_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting that would allow it is named."""
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, auth=AUTH)
        monkeypatch.setenv("SHOP_HOSTS", "api.shop.example")
        assert "SHOP_HOSTS" in failed(doctor(folder)).how
        monkeypatch.delenv("SHOP_HOSTS")
        monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "")
        assert "WORKBENCH_ALLOW_HOSTS=127.0.0.1:" in failed(doctor(folder)).how

    assert server.seen == []


def test_server_that_is_not_there(tmp_path: Path) -> None:
    """The connection is what failed."""
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url)

    assert failed(doctor(folder)).name == "connection"


def test_certificate_that_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is what failed."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "localhost")
    with serving(shop, tls=True) as server:
        assert failed(doctor(shop_file(tmp_path / "shop", server.url))).name == "tls"


@pytest.mark.parametrize("status", [401, 403])
def test_login_that_is_refused(tmp_path: Path, status: int) -> None:
    """Whoever gave out the credentials is to be called."""
    with serving(lambda seen: Answer({}, status)) as server:
        check = failed(doctor(shop_file(tmp_path / "shop", server.url, auth=AUTH, probe=PROBE)))

    assert check.name == "login"


@pytest.mark.parametrize(
    "answer",
    [Answer({}, 404), Answer({}, 500), Answer("<!doctype html><p>hello</p>"), Answer(order("B-7")), Answer({"x": 1})],
)
def test_probe_that_is_not_found(tmp_path: Path, answer: Any) -> None:
    """Login is fine, the order is not there or cannot be read."""
    with serving(lambda seen: answer) as server:
        check = failed(doctor(shop_file(tmp_path / "shop", server.url, auth=AUTH, probe=PROBE)))

    assert check.name == "probe"
