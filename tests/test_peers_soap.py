"""PHP's own SoapServer, which nobody here wrote: from its WSDL to a mapping file to orders, by e-mail and by number."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.conftest import missing
from workbench.errors import CallFailed, Unauthorized
from workbench.importing import Proposals, read_calls
from workbench.mapping import dump

USER, PASSWORD = "desk", "open sesame"
RECORD = {
    "order_number": "@.OrderNo",
    "status": {"path": "@.State", "lookup": {"OPEN": "confirmed", "SHIPPED": "shipped", "CANCELLED": "cancelled"}},
    "customer_email": "@.Email",
    "created_at": "@.PlacedAt",
    "amount": "@.Total",
    "currency": "@.Total.@currency",
    "lines": {
        "each": "@.Line",
        "fields": {"sku": "@.Sku", "name": "@.Title", "quantity": "@.Qty", "unit_price": "@.Price"},
    },
    "shipments": {"each": "@.Parcel", "fields": {"carrier": "@.Carrier", "tracking_number": "@.TrackingNo"}},
}


def has_soap(php: str) -> bool:
    """Whether a PHP has its soap extension."""
    listed = subprocess.run([php, "-m"], capture_output=True, text=True, timeout=60, check=False)
    return "soap" in listed.stdout.split()


@pytest.fixture(scope="module")
def desk(outside: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the order desk, with HTTP Basic."""
    folder = outside("PEERS") / "soap-php"
    php = shutil.which("php")
    if php is None or not has_soap(php):
        missing("peers", "PHP with its soap extension is not installed (Debian: php-cli php-soap)")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("php")
    environment = {**os.environ, "TMPDIR": str(home), "PEER_BASIC": f"{USER}:{PASSWORD}"}
    command = [php, "-S", f"127.0.0.1:{port}", "-t", str(folder)]
    log = (home / "log").open("wb")
    process = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@pytest.fixture
def calls(desk: str) -> Proposals:
    """What its WSDL gives, fetched as the notebook would: by a function that is handed in."""

    def fetch(url: str) -> bytes:
        manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        manager.add_password(None, desk, USER, PASSWORD)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
        with opener.open(url, timeout=60) as answer:
            body: bytes = answer.read()
        return body

    return read_calls(f"{desk}/orderdesk.php?wsdl", "desk", fetch=fetch)


@pytest.fixture
def folder(desk: str, calls: Proposals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mapping file made of the two calls that were proposed."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", desk.removeprefix("http://"))
    monkeypatch.setenv("DESK_USER", USER)
    monkeypatch.setenv("DESK_PASSWORD", PASSWORD)
    for name in ("WORKBENCH_PROXY", "DESK_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    orders = {"each": "$.Envelope.Body.FindOrdersResponse.Order"}
    finds = {one.operation: {"calls": [one.call()], "orders": orders} for one in calls if one.reads}
    data: dict[str, Any] = {
        "format": 1,
        "merchant": "desk",
        "connection": {
            "base_url": desk,
            "auth": {"kind": "basic", "username": "${DESK_USER}", "password": "${DESK_PASSWORD}"},
        },
        "operations": finds,
        "records": {"order": RECORD},
    }
    file = tmp_path / "desk.yaml"
    file.write_text(dump(data), encoding="utf-8")
    return file


def test_wsdl_gives_the_two_searches(calls: Proposals) -> None:
    """First what finds orders; what changes them comes last and is no read."""
    assert [(one.label, one.operation, one.reads) for one in calls[:2]] == [
        ("FindOrders", "find_orders_by_email", True),
        ("FindOrders", "find_order_by_number", True),
    ]
    assert {one.label for one in calls if not one.reads} == {"RefundOrder", "CancelOrder"}


def test_orders_are_found_by_email_and_by_number(folder: Path) -> None:
    """One or many lines and parcels, nil, attributes beside text: as the desk has them."""
    with wb.open_merchant(folder) as desk:
        anna = desk.find_orders(email="anna@example.test")
        ben = desk.find_orders(email="ben+shop@example.test")
        one = desk.find_order(number="S-1002")

    assert [order.order_number for order in anna.orders] == ["S-1001", "S-1002", "S-1003"]
    assert anna.orders[0].tracking_numbers == ["JD014600001", "JD014600002"]
    assert [order.status for order in ben.orders] == ["cancelled", "shipped", "confirmed"]
    assert one is not None
    assert (one.amount, one.currency, one.lines[0].name) == ("34.69", "EUR", "Wool & Silk <Socks>")
    assert anna.problems == []


@pytest.mark.parametrize(
    "text", ["", 'x" OR "1"="1', "<Email>anna@example.test</Email>", "]]>&lt;", "zoë@example.test"]
)
def test_what_is_asked_stays_what_it_is(folder: Path, text: str) -> None:
    """Nobody else's orders, whatever is typed."""
    with wb.open_merchant(folder) as desk:
        if not text:
            with pytest.raises(wb.UsageError):
                desk.find_orders(email=text)
        else:
            assert desk.find_orders(email=text).outcome == "none"
            assert desk.find_order(number=text) is None


def test_fault_of_the_server_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that the desk does not know is its fault, with status 500; a wrong password is 401."""
    text = folder.read_text(encoding="utf-8")
    broken = folder.with_name("broken.yaml")
    broken.write_text(text.replace("n:FindOrders", "n:FindNothing"), encoding="utf-8")
    with wb.open_merchant(broken) as desk, pytest.raises(CallFailed, match="SOAP fault"):
        desk.find_orders(email="anna@example.test")
    monkeypatch.setenv("DESK_PASSWORD", "wrong")
    with wb.open_merchant(folder) as desk, pytest.raises(Unauthorized):
        desk.find_orders(email="anna@example.test")
