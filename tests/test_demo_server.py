"""The demo merchant behaves like a real one: two APIs over HTTP, with the quirks and failures that it is asked for."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from workbench.demo import DemoMerchant, data
from workbench.demo.faults import DRIFTS
from workbench.demo.store import Store
from workbench.errors import UsageError

SW = "{urn:example:southwind:orders:3}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
JANE = "jane.doe@example.com"


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoMerchant]:
    with DemoMerchant() as running:
        yield running


@pytest.fixture
def merchant(shared: DemoMerchant) -> Iterator[DemoMerchant]:
    """A merchant that nobody has asked for anything yet."""
    yield shared
    shared.drift("none")
    shared.fail("none")


@pytest.fixture
def client(merchant: DemoMerchant) -> Iterator[httpx.Client]:
    with client_of(merchant) as opened:
        yield opened


def client_of(merchant: DemoMerchant) -> httpx.Client:
    known = merchant.environ
    return httpx.Client(
        base_url=merchant.base_url,
        auth=(known["NORTHWIND_USER"], known["NORTHWIND_PASSWORD"]),
        headers={"X-Api-Key": known["SOUTHWIND_KEY"]},
        trust_env=False,
        timeout=30,
    )


def search(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    """The orders on all pages."""
    page = client.get("/v2/orders", params=query).json()
    orders = list(page["data"])
    while page["next"]:
        page = client.get(page["next"]).json()
        orders += page["data"]
    return orders


def numbers(orders: list[dict[str, Any]]) -> list[str]:
    return [order["number"] for order in orders]


def xml(response: httpx.Response) -> ElementTree.Element:
    return ElementTree.fromstring(response.content)


# ---------------------------------------------------------------- the JSON face


@pytest.mark.parametrize("path", ["/v2/orders?email=x", "/v2/orders/A-1001", "/v2/orders/70010/parcels"])
@pytest.mark.parametrize("auth", [None, ("demo", ""), ("demo", "wrong"), ("", "")])
def test_json_needs_user_and_password(merchant: DemoMerchant, path: str, auth: tuple[str, str] | None) -> None:
    """Without the right user and password there is a 401 that asks for them, and no data."""
    response = httpx.get(merchant.base_url + path, auth=auth, trust_env=False)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")
    assert "data" not in response.json()


def test_search_comes_in_pages_by_a_link(client: httpx.Client) -> None:
    """Seven orders come as three pages, each once, in order."""
    first = client.get("/v2/orders", params={"email": JANE}).json()

    assert (len(first["data"]), first["count"]) == (3, 7)
    assert first["next"].startswith("/v2/orders?email=jane.doe%40example.com&page=2")
    assert numbers(search(client, email=JANE)) == [f"A-100{number}" for number in range(1, 8)]


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "99999"])
def test_a_page_that_is_none_is_refused(client: httpx.Client, page: str) -> None:
    """Pages are counted from one."""
    assert client.get("/v2/orders", params={"email": JANE, "page": page}).status_code == 400


def test_email_is_exact_but_for_case(client: httpx.Client) -> None:
    """Capitals do not matter; everything else does, a plus sign too."""
    assert numbers(search(client, email="MARY.major@example.ORG")) == ["A-1014", "A-1017"]
    assert numbers(search(client, email="ben+shop@example.com")) == ["A-1010"]
    assert "A-1010" not in numbers(search(client, email="ben@example.com"))
    assert search(client, email="ben%@example.com") == search(client, email="") == []


def test_a_guest_is_found_by_the_order_s_own_email(client: httpx.Client) -> None:
    """A guest has no account: the customer is null, the e-mail stands on the order."""
    (order,) = search(client, email="gesa.gast@example.org")

    assert order["customer"] is None
    assert order["guest"]["email"] == "gesa.gast@example.org"


def test_an_unknown_parameter_is_ignored(client: httpx.Client) -> None:
    """A misspelt filter brings everyone's orders, as with many real APIs."""
    assert len(search(client, mail=JANE)) == len(data.orders()) >= 40


def test_detail_is_by_number_and_parcels_by_id(client: httpx.Client) -> None:
    """The order says nothing of its parcels; a second call does, by another key."""
    order = client.get("/v2/orders/A-1002").json()
    parcels = client.get(f"/v2/orders/{order['id']}/parcels").json()["parcels"]

    assert "parcels" not in order
    assert [(parcel["by"], parcel["items"]) for parcel in parcels] == [("DHL", [1, 2]), ("UPS", [3])]
    assert client.get("/v2/orders/A-1002/parcels").status_code == 404


def test_numbers_that_look_alike_are_different_orders(client: httpx.Client) -> None:
    """The prefix may be left out; a zero may not be added."""
    found = {asked: client.get(f"/v2/orders/{asked}") for asked in ("A-1021", "1021", "A-01021", "B-1021", "A-001021")}

    assert [found[asked].json().get("number") for asked in found] == ["A-1021", "A-1021", "A-01021", "B-1021", None]
    assert found["A-001021"].status_code == 404


# ---------------------------------------------------------------- the XML face


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": ""}, {"X-Api-Key": "wrong"}, {"X-Api-Key": "wröng".encode()}])
def test_xml_needs_its_key(merchant: DemoMerchant, headers: dict[str, Any]) -> None:
    """Without the key there is a 401 in XML."""
    response = httpx.get(f"{merchant.base_url}/xml/orders", headers=headers, trust_env=False)

    assert response.status_code == 401
    assert xml(response).attrib == {"code": "UNAUTHORIZED"}


@pytest.mark.parametrize(("email", "count"), [("ada.quiet@example.org", 0), ("ben+shop@example.com", 1), (JANE, 7)])
def test_xml_search_has_none_one_or_many(client: httpx.Client, email: str, count: int) -> None:
    """The orders stand side by side in the root, however many there are."""
    root = xml(client.get("/xml/orders", params={"email": email}))

    assert len(root.findall(f"{SW}Order")) == int(root.attrib["count"]) == count


def test_xml_says_null_by_nil(client: httpx.Client) -> None:
    """What is unknown is an element with xsi:nil; a parcel without a number has a dash."""
    root = xml(client.get("/xml/order", params={"number": "A-1015"}))
    line = root.find(f".//{SW}Line")

    assert line is not None
    assert [child.tag for child in line if child.get(NIL) == "true"] == [f"{SW}Sku", f"{SW}Title"]
    assert root.findtext(f".//{SW}Parcel/{SW}Code") == "-"


def test_xml_detail_is_latin_1(client: httpx.Client) -> None:
    """One answer declares another encoding than the rest, and the header says nothing of it."""
    response = client.get("/xml/order", params={"number": "A-1008"})

    assert response.headers["content-type"] == "application/xml"
    assert response.content.startswith(b"<?xml version='1.0' encoding='iso-8859-1'?>")
    assert "Große Straße".encode("latin-1") in response.content
    assert "&#26519;" in client.get("/xml/order", params={"number": "A-1009"}).text


def test_xml_says_not_found_with_status_200(client: httpx.Client) -> None:
    """An error is an element, not a status."""
    response = client.get("/xml/order", params={"number": "A-9999"})

    assert (response.status_code, xml(response).get("code")) == (200, "NOT_FOUND")


# ---------------------------------------------------------------- drifts


def json_changes(client: httpx.Client) -> dict[str, Any]:
    order = client.get("/v2/orders/A-1002").json()
    return {"created": "created" in order, "items": type(order["items"]).__name__, "state": order["state"]}


def xml_changes(client: httpx.Client) -> dict[str, Any]:
    order = xml(client.get("/xml/order", params={"number": "A-1002"}))[0]
    lines = len(order.findall(f"{SW}Lines/{SW}Line"))
    return {"created": order.find(f"{SW}Placed") is not None, "lines": lines, "state": order.findtext(f"{SW}State")}


@pytest.mark.parametrize(
    ("drift", "in_json", "in_xml"),
    [
        ("renamed_key", {"created": False}, {"created": False}),
        ("list_became_object", {"items": "dict"}, {"lines": 0}),
        ("new_status", {"state": "14"}, {"state": "HUB"}),
        ("none", {}, {}),
    ],
)
def test_drift_changes_one_thing(
    merchant: DemoMerchant, client: httpx.Client, drift: str, in_json: dict[str, Any], in_xml: dict[str, Any]
) -> None:
    """Each drift changes what it says, in both faces, and nothing else."""
    merchant.drift(drift)

    assert json_changes(client) == {"created": True, "items": "list", "state": "4"} | in_json
    assert xml_changes(client) == {"created": True, "lines": 3, "state": "SENT"} | in_xml


def test_drift_ends(merchant: DemoMerchant, client: httpx.Client) -> None:
    """After `none` the merchant answers as before, byte for byte."""
    before = client.get("/v2/orders/A-1002").content
    for drift in DRIFTS:
        merchant.drift(drift)
    merchant.drift("none")

    assert client.get("/v2/orders/A-1002").content == before


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
    """A slow answer is right, and late."""
    merchant.fail("slow", seconds=0.3)
    before = time.monotonic()

    assert client.get("/v2/orders/A-1002").json()["number"] == "A-1002"
    assert time.monotonic() - before >= 0.3


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
    "body", [b"", b"[]", b"{", b'{"kind": "x"}', b'{"nonsense": 1}', b'{"kind": "slow", "seconds": "x"}']
)
def test_controls_refuse_what_they_do_not_know(merchant: DemoMerchant, client: httpx.Client, body: bytes) -> None:
    """A body that makes no sense is a 400 that says what would."""
    token = {"X-Demo-Token": merchant.control_token}
    for path in ("/_demo/drift", "/_demo/fail"):
        answer = client.post(path, content=body, headers=token)
        assert (answer.status_code, "error" in answer.json()) == (400, True)


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
        waiting = threading.Thread(target=lambda: client.get("/v2/orders/A-1002"))
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
