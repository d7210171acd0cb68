"""The connection in the session: its further settings, and signing in while the kernel goes on."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

import workbench as wb
from tests.auth_servers import OAUTH, TOKEN
from tests.servers import Answer, Seen, serving
from workbench.notebook.protocol import handle
from workbench.notebook.signing import Attempt

pytest.importorskip("pandas", reason="needs the extra notebook")
URL = "https://api.shop.example"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A new merchant."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("SHOP_ID", "planted-id")
    monkeypatch.setenv("SHOP_SECRET", "planted-secret")
    return wb.Workbench("shop", mappings=tmp_path / "mappings")


def ask(bench: wb.Workbench, op: str, **args: Any) -> Any:
    """What the widget would get; it must be plain JSON."""
    reply, _ = handle(bench, op, args)
    return json.loads(json.dumps(reply))


def test_settings_are_set_and_taken_away(bench: wb.Workbench) -> None:
    """What is given is set, None takes away, what is not given stays; a wrong one is refused whole."""
    bench.connect(URL, {"kind": "none"}, rate={"per_second": 2}, budget_s=20, tls={"ca": "ca.pem"})
    bench.connect(URL, rate=None, retries={"max": 0})
    with pytest.raises(wb.UsageError, match="a connection has no speed - there are tls, rate"):
        bench.connect(URL, speed=5)
    with pytest.raises(wb.UsageError, match=r"from 0 to 10.*\n*.*"):
        bench.connect("https://other.example", retries={"max": 99})

    assert bench.connection == {
        "base_url": URL, "auth": {"kind": "none"}, "tls": {"ca": "ca.pem"}, "budget_s": 20, "retries": {"max": 0},
    }  # fmt: skip
    bench.undo()
    assert bench.connection["rate"] == {"per_second": 2}
    assert "rate={'per_second': 2}" in bench.as_code()


def test_form_changes_only_what_was_changed(bench: wb.Workbench) -> None:
    """Notes and settings that the form shows unchanged stay, and the code says nothing of them."""
    bench.connect(URL, {"kind": "none", "note": "open"}, rate={"per_second": 2.5, "note": "says the shop"}, max_calls=9)
    forms = ask(bench, "auth_forms")["ok"]
    known = forms["connection"]
    shown = {}
    for part in forms["parts"]:
        said = known.get(part["kind"]) or {} if part["kind"] else known
        names = [field["name"] for field in part["fields"] if field["sort"] != "flag"]
        shown[part["kind"]] = {name: str(said.get(name, "")) for name in names}
    before = bench.connection
    ask(bench, "connect", base_url=URL, kind="none", settings={}, more=shown)

    assert bench.connection == before
    assert bench.as_code().splitlines()[-1] == f"bench.connect('{URL}', auth={{'kind': 'none', 'note': 'open'}})"
    shown["rate"]["burst"] = "many"
    refused = ask(bench, "connect", base_url=URL, kind="none", settings={}, more=shown)
    assert refused["places"] == [["connection.rate.burst", "Burst: what is typed is none - write a whole number"]]
    assert bench.connection == before


def by_browser(bench: wb.Workbench, url: str, port: int) -> None:
    """A connection that wants somebody to sign in."""
    back = f"http://127.0.0.1:{port}/back"
    bench.connect(url, {"kind": "oauth2_authorization_code", **OAUTH, "authorize_url": "/auth", "redirect_uri": back})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_sign_in_is_told_while_the_kernel_goes_on(bench: wb.Workbench) -> None:
    """Others who knock at the port change nothing; nobody's coming, a new beginning and another kind are told."""

    def serve(seen: Seen) -> Answer:
        return Answer(TOKEN) if seen.path == "/token" else Answer({}, 404)

    assert "no sign-in is on its way" in ask(bench, "sign_in_state")["error"]
    bench.connect(URL, {"kind": "none"})
    assert "only oauth2_authorization_code" in ask(bench, "sign_in")["error"]
    port = free_port()
    with serving(serve) as server:
        by_browser(bench, server.url, port)
        assert ask(bench, "auth_forms")["ok"]["signed_in"] is False
        first = ask(bench, "sign_in")["ok"]
        again = ask(bench, "sign_in")["ok"]
        assert (first["state"], first["listening"], again["listening"]) == ("waiting", True, True)
        for path in ("/back?code=x&state=guessed", "/back", "/other?state=x", "/back?state="):
            with pytest.raises(OSError, match="404"):
                urlopen(f"http://127.0.0.1:{port}{path}", timeout=30)
        assert ask(bench, "sign_in_state")["ok"]["state"] == "waiting"
        assert "not the address" in ask(bench, "sign_in_finish", address=first["url"])["error"]
        assert ask(bench, "sign_in_finish", address=5)["error"] == "a text is needed"
        state = parse_qs(urlsplit(again["url"]).query)["state"][0]
        page = urlopen(f"http://127.0.0.1:{port}/back?code=planted-code&state={state}", timeout=30).read().decode()
        assert "Signed in" in page
        for _ in range(600):
            told = ask(bench, "sign_in_state")["ok"]
            if told["state"] != "waiting":
                break
            time.sleep(0.05)
        assert (told["state"], told["text"], told["url"]) == ("done", "signed in", "")
        assert ask(bench, "auth_forms")["ok"]["signed_in"] is True
        assert bench.message == "signed in at the merchant's page"

        late = Attempt(bench.sign_in(), wait_s=0.05)
        late.begin()
        late._thread.join(30)
        assert (late.state, late.text.partition(";")[0]) == ("failed", "nobody came back from the merchant's page")
    told = repr(bench.sign_in()) + repr(late) + bench.as_code() + json.dumps(ask(bench, "state"))
    assert not any(word in told for word in ("planted-", "token-12345", "refresh-12345", state))


def test_stopped_sign_in_gives_its_port_back(bench: wb.Workbench) -> None:
    """Beginning again, or finishing by hand, leaves nobody listening."""
    port = free_port()
    by_browser(bench, "http://127.0.0.1:9", port)
    assert ask(bench, "sign_in")["ok"]["listening"]
    bench._stop_attempt()

    with socket.create_server(("127.0.0.1", port)):
        assert not [thread for thread in threading.enumerate() if thread.name == "workbench-sign-in"]
