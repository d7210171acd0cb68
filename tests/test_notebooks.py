"""The notebooks, run headless as papermill runs them, and compared strictly by nbval."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.demo import DemoMerchant

papermill = pytest.importorskip("papermill", reason="needs the extra notebook")
ROOT = Path(__file__).parents[1]
ONBOARD = ROOT / "notebooks" / "onboard_merchant.ipynb"


@pytest.fixture(scope="module")
def merchant() -> Iterator[DemoMerchant]:
    """The demo merchant, running."""
    with DemoMerchant() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the mappings, and everything that a notebook's kernel needs in its environment."""
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path / "mappings"))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(place: Path, **parameters: object) -> str:
    """Runs the notebook; returns what is saved."""
    out = place / "out.ipynb"
    papermill.execute_notebook(
        str(ONBOARD), str(out), parameters, progress_bar=False, store_widget_state=False, kernel_name="python3"
    )
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("merchant_name", ["northwind", "southwind"])
def test_onboarding_runs_on_the_demo_merchant(place: Path, merchant_name: str) -> None:
    """Both faces: the JSON API, and the XML API by parameter; fields, samples and results come out, no value does."""
    saved = run(place, merchant=merchant_name)

    assert f"Workbench {merchant_name} (from 1.0.0)" in saved
    assert "Order Number" in saved
    for planted in ("jane.doe", "Lindenweg", "5550101", "A-1001"):
        assert planted not in saved
    assert "widget-state" not in saved


def test_saved_notebook_passes_nbval(place: Path) -> None:
    """What is saved is the same when it runs again: nothing in it is a time, an address or an id."""
    run(place)
    shutil.rmtree(place / "mappings")
    shutil.copytree(ROOT / "mappings", place / "mappings")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", str(place / "out.ipynb")],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]


def test_source_has_no_outputs() -> None:
    """The notebook in the repository is clean."""
    text = ONBOARD.read_text(encoding="utf-8")

    assert '"execution_count": null' in text
    assert '"output_type"' not in text
