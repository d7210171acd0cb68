"""Verifying a version: on its samples, live, and when the merchant drifts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.demo import DemoMerchant
from workbench.demo.faces import NAMES
from workbench.errors import WorkbenchError
from workbench.verify import BREAKING, HARMLESS, verify

MAPPINGS = Path(__file__).parents[1] / "mappings"


@pytest.fixture
def mappings(tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the mappings, with the merchant's settings."""
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path / "mappings"))
    return tmp_path / "mappings"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["replay", "live"])
def test_fits_while_nothing_changed(mappings: Path, name: str, mode: str) -> None:
    """Neither the samples nor the API of today break the version; the coverage is told."""
    report = verify(mappings / name, mode=mode, environment="demo", numbers=["A-1002"])

    assert report.ok, report.to_dict()["findings"]
    assert report.orders
    assert next(line for line in report.coverage if line.field == "order_number").now
    report.raise_if_broken()


@pytest.mark.parametrize("name", ["northwind", "headwind", "upwind", "tailwind"])
@pytest.mark.parametrize(
    ("drift", "fields"),
    [("renamed_key", {"created_at"}), ("list_became_object", {"lines.sku"}), ("new_status", {"status"})],
)
def test_drift_is_told_with_the_field_that_it_hits(
    mappings: Path, merchant: DemoMerchant, name: str, drift: str, fields: set[str]
) -> None:
    """A renamed key, a list that became an object, a new word: each breaks, and says what."""
    merchant.drift(drift)
    try:
        report = verify(mappings / name, mode="live", environment="demo")
    finally:
        merchant.drift("none")

    broken = [finding for finding in report.findings if finding.kind == BREAKING]
    assert not report.ok
    assert fields <= {field for finding in broken for field in finding.fields}
    with pytest.raises(WorkbenchError, match="is broken"):
        report.raise_if_broken()
    assert "jane" not in json.dumps(report.to_dict()) + report.html()


def test_a_search_that_was_never_exact_is_no_news(mappings: Path, merchant: DemoMerchant) -> None:
    """Orders of others, kept out by the check after the search: as ever with one merchant, a breach with another."""
    assert verify(mappings / "crosswind", mode="live", environment="demo").ok
    merchant.fail("everyone", path="/xml/orders")
    try:
        report = verify(mappings / "southwind", mode="live", environment="demo")
    finally:
        merchant.fail("none")

    assert [one.what for one in report.findings if one.kind == BREAKING][:1] == [
        "33 orders that do not carry what was asked for, left out"
    ]


def test_new_node_is_harmless(mappings: Path, merchant: DemoMerchant) -> None:
    """What the renamed key is called now is told as well, as harmless."""
    merchant.drift("renamed_key")
    try:
        report = verify(mappings / "northwind", mode="live", environment="demo")
    finally:
        merchant.drift("none")

    assert [finding for finding in report.findings if finding.kind == HARMLESS and finding.what.startswith("new")]


def test_samples_that_come_out_otherwise_break(mappings: Path) -> None:
    """A golden result that differs is told by field and kind of change."""
    golden = next((mappings / "northwind" / "golden").glob("split-*.json"))
    text = golden.read_text().replace('"DE"', '"FR"')
    golden.write_text(text)

    assert not verify(mappings / "northwind").ok


@pytest.mark.parametrize(
    ("name", "how", "told"),
    [
        ("northwind", {"mode": "guess"}, "no mode"),
        ("northwind", {"version": "9.9.9"}, "9.9.9"),
        ("nobody", {}, "no version"),
    ],
)
def test_wrong_use_is_told(mappings: Path, name: str, how: dict[str, str], told: str) -> None:
    """A mode, version or merchant that is not there."""
    with pytest.raises(WorkbenchError, match=told):
        verify(mappings / name, **how)


def test_fleet_verifies_all_and_writes_a_page_each(
    mappings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All merchants in one table, exit 0; with a broken one among them exit 1, and the others are still verified."""
    assert main(["fleet", "verify", "--reports", str(tmp_path / "pages")]) == 0
    assert "northwind" in capsys.readouterr().out
    names = sorted(folder.name for folder in mappings.iterdir())
    assert len(names) > 2
    assert sorted(page.name for page in (tmp_path / "pages").iterdir()) == [f"{name}.html" for name in names]

    shutil.rmtree(mappings / "northwind" / "samples")
    assert main(["fleet", "verify", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["merchant"], one["ok"]) for one in told] == [(name, name != "northwind") for name in names]


def test_fleet_live(mappings: Path, merchant: DemoMerchant, capsys: pytest.CaptureFixture[str]) -> None:
    """Live, every face of the demo merchant fits as it is today; a drift fails the one that is verified."""
    assert main(["fleet", "verify", "--live", "--environment", "demo", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted((one["merchant"], one["ok"], one["orders"]) for one in told) == [
        (name, True, 8) for name in sorted(NAMES)
    ]
    merchant.drift("new_status")
    try:
        assert main(["fleet", "verify", "northwind", "--live", "--environment", "demo"]) == 1
    finally:
        merchant.drift("none")
    assert "status" in capsys.readouterr().out
