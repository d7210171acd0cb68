"""The notebooks, run headless as papermill runs them, and compared strictly by nbval."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from workbench.demo import DemoMerchant
from workbench.demo.faces import NAMES

papermill = pytest.importorskip("papermill", reason="needs the extra notebook")
ROOT = Path(__file__).parents[1]
ONBOARD = ROOT / "notebooks" / "onboard_merchant.ipynb"
REPAIR = ROOT / "notebooks" / "repair_merchant.ipynb"
VERIFY = ROOT / "notebooks" / "verify_merchant.ipynb"


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


def run(place: Path, notebook: Path = ONBOARD, **parameters: object) -> str:
    """Runs a notebook; returns what is saved."""
    out = place / "out.ipynb"
    papermill.execute_notebook(
        str(notebook), str(out), parameters, progress_bar=False, store_widget_state=False, kernel_name="python3"
    )
    return out.read_text(encoding="utf-8")


def test_onboarding_runs_on_every_face_of_the_demo_merchant(place: Path, merchant: DemoMerchant) -> None:
    """Each by parameter, some at a time: fields, samples and results come out, no value does, no key, no token."""
    for name in NAMES:
        (place / name).mkdir()
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        running = {name: pool.submit(run, place / name, merchant=name) for name in NAMES}
        saved = {name: done.result() for name, done in running.items()}

    tokens = [json.loads(path.read_text())["value"] for path in (place / "data").rglob("tokens/**/*.json")]
    keys = [
        value for name, value in merchant.environ.items() if name.endswith(("_KEY", "_PASSWORD", "_SECRET", "_TOKEN"))
    ]
    assert len(tokens) == 2
    for name, text in saved.items():
        assert f"Workbench {name} (from 1.0.0)" in text
        assert "Order Number" in text
        for planted in ("jane.doe", "Lindenweg", "5550101", "A-1001", "widget-state", *keys, *tokens):
            assert planted not in text, name


@pytest.mark.parametrize("notebook", [ONBOARD, VERIFY, REPAIR], ids=["onboard", "verify", "repair"])
def test_saved_notebook_passes_nbval(place: Path, notebook: Path) -> None:
    """What is saved is the same when it runs again: nothing in it is a time, an address or an id."""
    run(place, notebook)
    shutil.rmtree(place / "mappings")
    shutil.copytree(ROOT / "mappings", place / "mappings")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", str(place / "out.ipynb")],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("mode", ["replay", "live"])
def test_verifying_passes_while_the_merchant_is_as_it_was(place: Path, mode: str) -> None:
    """On the samples, and live by the probe and a file of numbers: the version fits."""
    (place / "numbers.txt").write_text("A-1002\nA-1003\n")
    saved = run(place, VERIFY, mode=mode, numbers_file=str(place / "numbers.txt"))

    assert "fits" in saved
    assert "jane.doe" not in saved


def test_verifying_fails_when_the_merchant_breaks_the_mapping(place: Path, merchant: DemoMerchant) -> None:
    """The run ends with an error that names the field, and without a value."""
    merchant.drift("renamed_key")
    try:
        with pytest.raises(papermill.PapermillExecutionError) as caught:
            run(place, VERIFY, mode="live")
    finally:
        merchant.drift("none")
    assert "created_at" in str(caught.value)
    assert "jane.doe" not in (place / "out.ipynb").read_text()


def test_repairing_names_what_broke_and_where_it_is_now(place: Path, merchant: DemoMerchant) -> None:
    """Unattended, a renamed key is found, mended and compared; nothing is exported unasked."""
    merchant.drift("renamed_key")
    try:
        saved = run(place, REPAIR, apply=True)
    finally:
        merchant.drift("none")
    assert "ordered_at" in saved
    assert "no longer there" not in saved
    assert "ordered_at" in (place / "mappings" / "northwind" / "draft.yaml").read_text()
    assert not (place / "mappings" / "northwind" / "1.0.1.yaml").exists()
    assert "jane.doe" not in saved


@pytest.mark.parametrize("notebook", [ONBOARD, VERIFY, REPAIR], ids=["onboard", "verify", "repair"])
def test_source_has_no_outputs(notebook: Path) -> None:
    """The notebooks in the repository are clean."""
    text = notebook.read_text(encoding="utf-8")

    assert '"execution_count": null' in text
    assert '"output_type"' not in text
