"""The onboarding notebook in a real JupyterLab in a real browser: run all, click, reload, restart, export."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import workbench as wb
from tests.widget_harness import browser
from workbench.demo import DemoMerchant

pytest.importorskip("jupyterlab", reason="needs the extra notebook")
ROOT = Path(__file__).parents[1]
JANE = "jane.doe@example.com"
RUN = "() => jupyterapp.commands.execute('notebook:run-all-cells')"
IDLE = """() => { const view = window.jupyterapp && jupyterapp.shell.currentWidget;
  return view && view.sessionContext && view.sessionContext.isReady
    && view.sessionContext.session && view.sessionContext.session.kernel
    && view.sessionContext.session.kernel.status === 'idle'; }"""
ERRORS = """() => { const found = []; const cells = jupyterapp.shell.currentWidget.content.model.cells;
  for (let at = 0; at < cells.length; at += 1) for (const output of cells.get(at).toJSON().outputs || [])
    if (output.output_type === 'error') found.push(output.evalue); return found; }"""
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"


class Lab(NamedTuple):
    """A running JupyterLab."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def merchant() -> Iterator[DemoMerchant]:
    """The demo merchant, running."""
    with DemoMerchant() as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, merchant: DemoMerchant) -> Iterator[Lab]:
    """JupyterLab with the onboarding notebook, its own settings, and the demo merchant as `acme`."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    (home / "mappings").mkdir()
    shutil.copy(ROOT / "notebooks" / "onboard_merchant.ipynb", folder)
    text = (
        (folder / "onboard_merchant.ipynb").read_text().replace('merchant = \\"northwind\\"', 'merchant = \\"acme\\"')
    )
    (folder / "onboard_merchant.ipynb").write_text(text)
    known = merchant.environ
    environ = {
        **os.environ,
        **known,
        **{f"ACME_{name}": known[f"NORTHWIND_{name}"] for name in ("URL", "USER", "PASSWORD")},
    }
    environ["WORKBENCH_DATA"] = str(home / "data")
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR",
                 "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR"):  # fmt: skip
        environ[name] = str(home / name.lower())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}", "--ServerApp.terminals_enabled=False", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(words, env=environ, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server)
            yield Lab(f"http://127.0.0.1:{port}", folder)
        finally:
            server.send_signal(signal.SIGINT)
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Waits until the server answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(1200):
        assert server.poll() is None, "JupyterLab ended"
        try:
            opener.open(address, timeout=5).read()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("JupyterLab does not answer")


def open_notebook(chrome: Any, lab: Lab) -> Any:
    """A page with the notebook, its kernel idle."""
    page = chrome.new_page(viewport={"width": 1500, "height": 1200})
    page.set_default_timeout(60_000)
    page.outside = []
    page.on("request", lambda request: outside(page, request.url))
    page.goto(f"{lab.address}/doc/tree/onboard_merchant.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(IDLE)
    return page


def outside(page: Any, url: str) -> None:
    if url.startswith("http") and "127.0.0.1" not in url:
        page.outside.append(url)


def run_all(page: Any) -> None:
    """Runs every cell; an error in one fails here, with its text."""
    page.evaluate(RUN)
    page.wait_for_function(IDLE)
    assert page.evaluate(ERRORS) == []
    page.wait_for_selector(".wb[data-ready]")


def take(page: Any, field: str, place: str) -> None:
    """Maps a field by mouse."""
    page.click(f'[data-pick="{field}"]')
    page.fill("[data-search]", place.rpartition(".")[2])
    page.click(f'.wb [data-path="{place}"]')
    page.click("[data-accept]")
    page.wait_for_selector(f'[data-chip="{field}"]')
    page.fill("[data-search]", "")


def test_onboarding_survives_reload_and_restart(
    lab: Lab, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merchant is mapped in the notebook; reloading the page and restarting the kernel lose nothing; it exports."""
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)
    for name in ("URL", "USER", "PASSWORD"):
        monkeypatch.setenv(f"ACME_{name}", merchant.environ[f"NORTHWIND_{name}"])
    prepared = wb.Workbench("acme", mappings=lab.folder.parent / "mappings")
    prepared.connect("${ACME_URL}", {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"})
    prepared.operation("find_orders_by_email")
    prepared.call("/orders", name="search", query={"email": "{email}"}, pages={"kind": "next_link", "path": "$.next"})
    with browser() as chrome:
        page = open_notebook(chrome, lab)
        run_all(page)
        page.fill("[data-fetch-email]", JANE)
        page.click("[data-fetch]")
        page.click("[data-consent=yes]")
        for field, place in (
            ("order_number", "$.data[*].number"),
            ("customer_email", "$.data[*].customer.email"),
            ("created_at", "$.data[*].created"),
            ("status", "$.data[*].state"),
        ):
            take(page, field, place)

        page.evaluate(SAVE)
        page.reload()
        page.wait_for_selector('.wb [data-chip="status"]')
        page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        page.wait_for_function(IDLE)
        page.click('[data-remove="status"]')
        page.wait_for_selector('.wb-bad:has-text("run this cell again")')
        run_all(page)
        page.wait_for_selector('.wb [data-path="$.data[*].number"]')
        assert "saved sample" in page.inner_text(".wb-asks")
        page.click('[data-pick="status"]')
        page.wait_for_selector("[data-word]")
        for select in page.query_selector_all("[data-word]"):
            select.select_option("shipped")
        page.click("[data-words-save]")
        page.wait_for_selector('[data-field="status"] .wb-sample:text("shipped")')
        page.click("[data-tab=export]")
        page.click("[data-export]")
        page.wait_for_selector('[data-exported="1.0.0"]')
        page.evaluate(SAVE)
        assert page.outside == []

    saved = (lab.folder / "onboard_merchant.ipynb").read_text()
    assert not [word for word in (JANE, "Lindenweg", "A-1002") if word in saved]
    assert "widgets" not in json.loads(saved)["metadata"]
    with wb.open_merchant(lab.folder.parent / "mappings" / "acme" / "1.0.0.yaml") as opened:
        assert len(opened.find_orders(email=JANE).orders) == 7
