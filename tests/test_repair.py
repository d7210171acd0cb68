"""A merchant changed its API: what broke is told, mended, compared, and exported as the next version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from workbench.cli import main
from workbench.demo import DemoMerchant

pytest.importorskip("pandas", reason="needs the extra notebook")
MAPPINGS = Path(__file__).parents[1] / "mappings"
JANE = "jane.doe@example.com"


@pytest.fixture
def bench(tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> Iterator[wb.Workbench]:
    """The demo merchant's mapping, opened again; the API is put back afterwards."""
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path / "mappings"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    try:
        yield wb.Workbench("northwind", environment="demo")
    finally:
        merchant.drift("none")


@pytest.mark.parametrize("name", ["upwind", "downwind", "tailwind"])
def test_a_renamed_key_is_all_that_is_found(bench: wb.Workbench, merchant: DemoMerchant, name: str) -> None:
    """Of objects by ids, rows and remote procedures as well: nothing else is taken for a change, and it is mended."""
    merchant.drift("renamed_key")
    other = wb.Workbench(name, environment="demo")
    other.consent()
    other.fetch(email=JANE)
    other.fetch(number="A-1002")
    found = other.repairs()

    assert {(one.what, one.fields) for one in found} == {("gone", ("created_at",))}
    for one in found:
        other.repair(one)
    assert other.compare_versions() == []
    assert other.repairs() == []


@pytest.mark.parametrize("drift", ["renamed_key", "list_became_object", "new_status"])
def test_drift_is_repaired_and_exported(bench: wb.Workbench, merchant: DemoMerchant, drift: str) -> None:
    """Each drift: found, mended in a step, exported as a patch or minor version; the old one stays loadable."""
    merchant.drift(drift)
    bench.consent()
    bench.fetch(email=JANE)
    bench.fetch(number="A-1002")
    found = bench.repairs()
    assert found
    for one in found:
        if one.what == "words":
            bench.only_fresh()
            for field in one.fields:
                bench.lookup(field, {"14": "shipped"}) if field == "status" else None
        else:
            bench.repair(one)
    assert not [row for row in bench.compare_versions() if row["what"] == "no longer there"]
    bench.retire_samples()
    for one in [each for each in bench.todo() if each.blocks]:
        bench.waive(one.text, "not part of this repair")
    done = bench.export(reason=f"the merchant changed its API: {drift}")

    assert done.step.word in ("patch", "minor")
    with wb.open_merchant(done.path, environment="demo") as opened:
        orders = opened.find_orders(email=JANE).orders
    assert {"created_at", "lines", "status"} <= set(orders[0].to_dict())
    assert all(order.status != "unknown" for order in orders)
    assert wb.load(bench.folder / "1.0.0.yaml").version == "1.0.0"
    assert main(["release", "northwind", str(done.version)]) == 0
    assert main(["release", "northwind", "1.0.0"]) in (0, 1)


def test_candidates_are_where_such_values_live_now(bench: wb.Workbench, merchant: DemoMerchant) -> None:
    """The renamed key is the first candidate, and the rule keeps what it did with the value."""
    merchant.drift("renamed_key")
    bench.fetch(email=JANE)
    one = next(each for each in bench.repairs() if each.what == "gone")

    assert one.candidates[0] == "$.data[*].ordered_at"
    assert "created_at" in one.fields
    before = bench.rule("created_at")
    bench.repair(one)
    assert str(bench.rule("created_at")) == str(before).replace("created", "ordered_at")


def test_nothing_fresh_is_told(bench: wb.Workbench) -> None:
    """Without a fresh answer there is nothing to compare."""
    with pytest.raises(wb.UsageError, match="fetch again"):
        bench.repairs()
