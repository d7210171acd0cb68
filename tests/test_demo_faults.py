"""The demo merchant fails when asked to, obeys only its own people, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.demo_guest import JANE, client_of, json_changes
from workbench.demo import DemoMerchant, data
from workbench.demo.store import Store
from workbench.errors import UsageError

pytestmark = pytest.mark.usefixtures("unasked")


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_fails_with_a_status(merchant: DemoMerchant, client: httpx.Client, status: int) -> None:
    """The next answer has that status, the one after it is right again."""
    merchant.fail("status", status=status, path="/v2/orders")

    answers = [client.get("/v2/orders", params={"email": JANE}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [status, 200]
    assert ("retry-after" in answers[0].headers) == (status == 429)


def test_fails_only_where_asked(merchant: DemoMerchant, client: httpx.Client) -> None:
    """A path picks the requests, `times` says how many of them."""
    merchant.fail("status", path="/v2/orders/*/parcels", times=2)

    order = [client.get("/v2/orders/A-1002").status_code]
    parcels = [client.get("/v2/orders/70013/parcels").status_code for _ in range(3)]

    assert (order, parcels) == ([200], [500, 500, 200])


def test_fails_with_html(merchant: DemoMerchant, client: httpx.Client) -> None:
    """A maintenance page comes as if all were well."""
    merchant.fail("html")
    answer = client.get("/v2/orders/A-1002")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<html>" in answer.text


@pytest.mark.parametrize("kind", ["truncated", "drop"])
def test_fails_in_the_middle(merchant: DemoMerchant, client: httpx.Client, kind: str) -> None:
    """The connection ends before the answer does, or before it begins; the next one is right again."""
    merchant.fail(kind)

    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/v2/orders/A-1002")
    assert client.get("/v2/orders/A-1002").status_code == 200


def test_fails_by_waiting(merchant: DemoMerchant, client: httpx.Client) -> None:
    """A slow answer is right for who waits, and does not come for who does not; the next one is prompt."""
    merchant.fail("slow", seconds=0.1)
    assert client.get("/v2/orders/A-1002").json()["number"] == "A-1002"

    merchant.fail("slow", seconds=300)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/v2/orders/A-1002", timeout=0.2)
    assert client.get("/v2/orders/A-1002").status_code == 200


def test_fails_by_size(merchant: DemoMerchant, client: httpx.Client) -> None:
    """A huge answer has as many bytes as asked, and no length in its header."""
    merchant.fail("huge", size=1_000_000)
    with client.stream("GET", "/v2/orders") as answer:
        size = sum(map(len, answer.iter_bytes()))

    assert size >= 1_000_000
    assert "content-length" not in answer.headers


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("nonsense", {}),
        ("status", {"status": 200}),
        ("slow", {"seconds": -1}),
        ("slow", {"seconds": 1e9}),
        ("huge", {"size": 2**40}),
        ("html", {"times": 0}),
    ],
)
def test_a_failure_that_cannot_be_is_refused(merchant: DemoMerchant, kind: str, how: dict[str, Any]) -> None:
    """Wrong words and numbers are said at once, rather than ignored."""
    with pytest.raises(ValueError, match=r"no failure|must be|up to"):
        merchant.fail(kind, **how)
    with pytest.raises(ValueError, match="no drift"):
        merchant.drift(kind)


# ---------------------------------------------------------------- controls over HTTP


def test_controls_need_their_token(merchant: DemoMerchant, client: httpx.Client) -> None:
    """Neither the merchant's passwords nor a wrong token move anything."""
    for headers in ({}, {"X-Demo-Token": "wrong"}, {"X-Demo-Token": merchant.environ["SOUTHWIND_KEY"]}):
        for path in ("/_demo/drift", "/_demo/fail"):
            assert client.post(path, json={"name": "renamed_key", "kind": "html"}, headers=headers).status_code == 403

    assert json_changes(client)["created"]


def test_controls_work_over_http(merchant: DemoMerchant, client: httpx.Client) -> None:
    """What Python can ask for, curl can."""
    token = {"X-Demo-Token": merchant.control_token}

    assert client.post("/_demo/drift", json={"name": "new_status"}, headers=token).json() == {"drift": "new_status"}
    assert json_changes(client)["state"] == "14"
    told = client.post(
        "/_demo/fail", json={"kind": "status", "status": 503, "path": "/v2/*", "times": 2}, headers=token
    )
    assert told.json()["fail"]["times"] == 2
    assert client.get("/v2/orders/A-1001").status_code == 503


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 20_000,
        b'{"kind": "x"}',
        b'{"kind": ["html"]}',
        b'{"nonsense": 1}',
        b'{"kind": "slow", "seconds": "x"}',
        b'{"kind": "slow", "seconds": NaN}',
        b'{"kind": "status", "path": 5}',
        b'{"kind": "status", "status": 500.5}',
    ],
)
def test_controls_refuse_what_they_do_not_know(merchant: DemoMerchant, client: httpx.Client, body: bytes) -> None:
    """A body that makes no sense is a 400 that says what would."""
    token = {"X-Demo-Token": merchant.control_token}
    for path in ("/_demo/drift", "/_demo/fail"):
        answer = client.post(path, content=body, headers=token)
        assert (answer.status_code, "error" in answer.json()) == (400, True)
    assert client.get("/v2/orders/A-1001").status_code == 200


# ---------------------------------------------------------------- life and death


def test_two_at_once_are_apart(merchant: DemoMerchant) -> None:
    """Two merchants have their own port, keys, drift and failures."""
    with DemoMerchant() as other, client_of(other) as client:
        merchant.drift("renamed_key")
        merchant.fail("html", times=9)

        assert json_changes(client)["created"]
        foreign = httpx.get(f"{merchant.base_url}/xml/orders", headers=client.headers, trust_env=False)
        assert foreign.text.startswith("<!DOCTYPE")
        merchant.fail("none")
        foreign = httpx.get(f"{merchant.base_url}/xml/orders", headers=client.headers, trust_env=False)
        assert foreign.status_code == 401


def test_nothing_is_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the block there is no thread, no open port and no folder, even with an answer under way."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = set(threading.enumerate())
    with DemoMerchant() as merchant, client_of(merchant) as client:
        address = (httpx.URL(merchant.base_url).host, httpx.URL(merchant.base_url).port)
        folders = list(tmp_path.iterdir())
        client.get("/v2/orders/A-1002")
        merchant.fail("slow", seconds=300)

        def ask() -> None:
            with contextlib.suppress(httpx.HTTPError):  # an answer or none, as long as it ends
                client.get("/v2/orders/A-1002")

        waiting = threading.Thread(target=ask)
        waiting.start()
        while merchant._running()[0]._failure is not None:  # until the request has arrived
            time.sleep(0.01)
        merchant.stop()
        waiting.join()

    assert set(threading.enumerate()) <= threads
    assert len(folders) == 1
    assert list(tmp_path.iterdir()) == []
    with socket.socket() as probe:
        assert probe.connect_ex(address) != 0


def test_start_and_stop_are_forgiving_and_plain() -> None:
    """Stopping twice is fine, starting twice is told, and a stopped one says that it does not run."""
    merchant = DemoMerchant()
    with pytest.raises(UsageError, match="does not run"):
        merchant.drift("none")
    merchant.start()
    with pytest.raises(UsageError, match="runs already"):
        merchant.start()
    merchant.stop()
    merchant.stop()
    assert (merchant.environ, repr(merchant)) == ({}, "<DemoMerchant stopped>")
    with merchant, client_of(merchant) as client:  # and it can be started again
        assert client.get("/v2/orders/A-1001").status_code == 200


def test_a_taken_port_is_told(merchant: DemoMerchant) -> None:
    """A port that someone else has is named, with what to do."""
    port = httpx.URL(merchant.base_url).port
    with pytest.raises(UsageError, match=rf"port {port} cannot be used .* take another one, or 0"):
        DemoMerchant(port or 0).start()


def test_keys_are_never_shown(merchant: DemoMerchant) -> None:
    """Neither the text of the object nor any address holds a key."""
    shown = repr(merchant) + merchant.base_url

    assert not [value for name, value in merchant.environ.items() if re.search("KEY|PASSWORD", name) and value in shown]
    assert merchant.control_token not in shown


def test_it_is_the_same_merchant_every_time(tmp_path: Path) -> None:
    """Each start has the same orders, and the database gives back what went in."""
    stored = Store.create(tmp_path / "orders.sqlite").everything()

    assert stored == data.orders() == data.orders()
    assert len({order.number for order in stored}) == len({order.id for order in stored}) == len(stored)


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_in_the_foreground(ending: signal.Signals) -> None:
    """`python -m workbench.demo --port 0` prints lines that work when pasted, and ends when asked."""
    command = [sys.executable, "-W", "error", "-u", "-m", "workbench.demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not any(line.startswith("  workbench find") for line in lines):
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()[1]
        login = re.search(r"curl -u (\S+):(\S+) '(\S+)'", "".join(lines))
        assert login
        answer = httpx.get(login[3], auth=(login[1], login[2]), trust_env=False)
        process.send_signal(ending)
        _, errors = process.communicate(timeout=30)

    assert answer.json()["count"] == 7
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_ends_the_foreground(merchant: DemoMerchant) -> None:
    """A port in use is wrong use: one line, exit code 2."""
    command = [sys.executable, "-m", "workbench.demo", "--port", str(httpx.URL(merchant.base_url).port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
