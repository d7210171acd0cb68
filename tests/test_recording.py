"""`workbench record`: a live lookup becomes a sample without a customer in it, and only reads are ever sent."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.servers import Answer, by_email, by_number, order, orders_by_mail, serving, shop_file
from workbench.cli import main
from workbench.demo import DemoMerchant, demo_mappings
from workbench.samples import load_sample, replay

JANE = "jane.doe@example.com"
MAIL = "ann@example.com"


@pytest.fixture
def deployed(merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Mappings of the demo merchant without samples, and its keys in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    folder = tmp_path / "mappings"
    for name in ("northwind", "southwind"):
        without = shutil.ignore_patterns("samples", "golden")
        shutil.copytree(demo_mappings() / name, folder / name, ignore=without)
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(folder))
    return folder


def recorded(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """What `workbench record` does: exit code, what it printed as data, and what it complained of."""
    code = main(["record", *words, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out) if told.out else None, told.err


def written(folder: Path) -> str:
    """Everything on the disk below a folder."""
    return "\n".join(path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["northwind", "southwind"])
@pytest.mark.parametrize("asked", [("--email", JANE), ("--number", "A-1002")], ids=["email", "number"])
def test_a_recording_replays_without_the_merchant(
    deployed: Path, capsys: pytest.CaptureFixture[str], name: str, asked: tuple[str, str]
) -> None:
    """As many orders with the same fields come of it, and no customer stands in it."""
    code, told, err = recorded(capsys, name, *asked, "--environment", "demo", "--note", "all stages")
    sample = load_sample(deployed / name, told["sample"])

    assert (code, err, told["outcome"], told["replays_alike"]) == (0, "", "found", True)
    assert len(replay(wb.load(deployed / name), sample).orders) == told["orders"]
    assert sample.note == "all stages"
    everything = written(deployed / name / "samples")
    for word in ("jane", "Jane", "Doe", "Lindenweg", "1Z999AA10123456784", "5550101"):
        assert word not in everything, word
    assert main(["check", name]) == 0


def test_what_was_replaced_is_told(deployed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By place and reason; the values themselves are not printed."""
    assert main(["record", "northwind", "--number", "A-1001", "--environment", "demo", "--name", "one"]) == 0
    out = capsys.readouterr().out

    assert re.search(r"detail\s+\$\.customer\.email\s+\S", out)
    assert "northwind/samples/one is written: found, 1 orders" in out
    assert "jane" not in out


def test_a_name_is_never_written_over(deployed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there stays; what cannot be a name is refused."""
    words = ("northwind", "--number", "A-1001", "--environment", "demo", "--name")
    assert recorded(capsys, *words, "one")[0] == 0
    assert recorded(capsys, *words, "one")[0] == 2
    assert recorded(capsys, *words, "../one")[0] == 2
    assert [path.name for path in (deployed / "northwind" / "samples").iterdir()] == ["one"]


def test_a_draft_asks_where_nothing_is_released(deployed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A merchant that is being onboarded is recorded by its draft; without either there is nothing to ask with."""
    home = deployed / "northwind"
    words = ("northwind", "--number", "A-1001", "--environment", "demo")
    (home / "released").unlink()
    code, _, err = recorded(capsys, *words)
    assert (code, "neither a released version nor a draft" in err) == (2, True)
    (home / "1.0.0.yaml").rename(home / "draft.yaml")
    assert recorded(capsys, *words)[0] == 0


def test_nothing_is_kept_of_a_failure(
    deployed: Path, merchant: DemoMerchant, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the merchant's is told, and no sample is made of it; one that passes leaves no trace."""
    merchant.fail("status", status=500, path="/v2/orders*", times=1)
    assert recorded(capsys, "northwind", "--email", JANE, "--environment", "demo")[0] == 1
    assert not (deployed / "northwind" / "samples").exists()

    merchant.fail("status", status=503, path="/v2/orders", times=1)
    code, told, _ = recorded(capsys, "northwind", "--email", JANE, "--environment", "demo")
    sample = load_sample(deployed / "northwind", told["sample"])
    assert (code, told["replays_alike"]) == (0, True)
    assert [page.status for page in sample.calls["search"]] == [200, 200, 200]


WRITES = [
    {"post": "/orders/{number}/cancel"},
    {"post": "/orders/{number}", "reads": False, "json": {}},
    {"put": "/orders/{number}", "json": {}},
    {"patch": "/orders/{number}"},
    {"delete": "/orders/{number}", "reads": True},
]


@pytest.mark.parametrize("call", WRITES, ids=lambda call: next(iter(call)) + (" reads" if call.get("reads") else ""))
@pytest.mark.parametrize("place", [0, 1], ids=["first", "second"])
def test_only_reads_are_sent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: dict[str, Any],
    place: int,
) -> None:
    """A call that is no read, by method or by declaration, keeps the whole operation from being sent."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    operation = by_number()
    operation["calls"].insert(place, {"name": "act", **call})
    with serving(lambda seen: Answer(order("A-1"))) as server:
        folder = shop_file(tmp_path / "shop", server.url, {"find_order_by_number": operation})
        code, _, err = recorded(capsys, str(folder), "--number", "A-1")

    assert code == 2
    assert "read" in err
    assert server.seen == []
    assert not (folder / "samples").exists()


def test_no_secret_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that echoes the secret in body and headers is recorded without it, in whatever form it came."""
    secret = "s3cr/t +väl"
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHOP_KEY", secret)
    good = orders_by_mail(order("A-1"))

    def echoing(seen: Any) -> Answer:
        body = {**good(seen).body, "you": {"sent": seen.target, "key": secret, "note": f"hello {secret}!"}}
        return Answer(body, headers={"X-Echo": seen.target})

    auth = {"kind": "api_key", "in": "query", "name": "key", "value": "${SHOP_KEY}"}
    with serving(echoing) as server:
        folder = shop_file(tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=auth)
        code, told, _ = recorded(capsys, str(folder), "--email", MAIL)

    everything = written(tmp_path / "shop") + json.dumps(told)
    assert code == 0
    assert server.seen[0].query["key"] == secret
    for form in ("s3cr", "s3cr%2Ft", "väl", "v%C3%A4l", "v\\u00e4l"):
        assert form not in everything
