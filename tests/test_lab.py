"""The onboarding notebook in a real JupyterLab in a real browser: run all, click, reload, restart, export."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.lab_harness import ADD_CELL, CELLS, ERRORS, IDLE, SAVE, Lab, jupyterlab, open_page, run_all, wait_for
from workbench.demo import DemoMerchant

pytest.importorskip("jupyterlab", reason="needs the extra notebook")
ROOT = Path(__file__).parents[1]
JANE = "jane.doe@example.com"
# A cell runs; the kernel's own word changes with each answer that the widget gets meanwhile.
RUNNING = """() => jupyterapp.shell.currentWidget.content.widgets.some(
  (cell) => (cell.node.querySelector(".jp-InputPrompt")?.textContent || "").includes("*"))"""
MERCHANTS = ("ACME", "BRIO", "CORA", "DELA")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, merchant: DemoMerchant) -> Iterator[Lab]:
    """JupyterLab, and the demo merchant under the names of `MERCHANTS`."""
    home = tmp_path_factory.mktemp("lab")
    (home / "mappings").mkdir()
    with jupyterlab(home, {**environment_of(merchant), "WORKBENCH_DATA": str(home / "data")}) as running:
        yield running


def environment_of(merchant: DemoMerchant) -> dict[str, str]:
    """What the kernel knows: the demo merchant's address and keys under each name."""
    known = merchant.environ
    own = {f"{name}_{key}": known[f"NORTHWIND_{key}"] for name in MERCHANTS for key in ("URL", "USER", "PASSWORD")}
    return {**known, **own}


@pytest.fixture
def environ(lab: Lab, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in this process, which prepares a draft and then does production's work."""
    for name, value in environment_of(merchant).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WORKBENCH_DATA", str(lab.folder.parent / "data"))


def prepared(lab: Lab, name: str) -> wb.Workbench:
    """A new merchant that is connected and has a search by e-mail."""
    made = wb.Workbench(name.lower(), mappings=lab.folder.parent / "mappings")
    auth = {"kind": "basic", "username": f"${{{name}_USER}}", "password": f"${{{name}_PASSWORD}}"}
    made.connect(f"${{{name}_URL}}", auth, timezone="Europe/Berlin")
    made.operation("find_orders_by_email")
    made.call("/orders", name="search", query={"email": "{email}"}, pages={"kind": "next_link", "path": "$.next"})
    return made


def open_notebook(chrome: Any, lab: Lab, name: str) -> Any:
    """A page with the onboarding notebook of a merchant, its kernel idle."""
    text = (ROOT / "notebooks" / "onboard_merchant.ipynb").read_text()
    (lab.folder / f"{name.lower()}.ipynb").write_text(
        text.replace('merchant = \\"northwind\\"', f'merchant = \\"{name.lower()}\\"')
    )
    return open_page(chrome, lab, f"{name.lower()}.ipynb")


def run(page: Any) -> None:
    """Runs every cell and waits for the widget."""
    run_all(page)
    page.wait_for_selector(".wb[data-ready]")


def take(page: Any, field: str, place: str) -> None:
    """Maps a field by mouse."""
    page.click(f'[data-pick="{field}"]')
    page.fill("[data-search]", place.rpartition(".")[2])
    page.click(f'.wb [data-path="{place}"]')
    page.click("[data-accept]")
    page.wait_for_selector(f'[data-chip="{field}"]')
    page.fill("[data-search]", "")


def fetch(page: Any) -> None:
    """Fetches Jane's orders, and agrees to keeping samples."""
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.click("[data-consent=yes]")
    page.wait_for_selector('.wb [data-path="$.data[*].number"]')


def test_the_command_opens_the_notebook(tmp_path: Path) -> None:
    """What it prints leads to the onboarding notebook, nobody is asked about news, and what ends it ends all of it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "workbench", "lab", "--no-browser", "--port", str(port)]
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    log = tmp_path / "lab.log"
    with log.open("wb") as written:
        process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=written, stderr=written)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", process)
            while not (found := re.search(r"http://127\.0\.0\.1:\d+/\S+token=\w+", log.read_text())):
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            page = urllib.request.urlopen(found[0], timeout=60).read().decode()
        finally:
            process.terminate()
            process.wait(60)

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert f":{port}/lab/tree/onboard_merchant.ipynb?" in found[0]
    config = json.loads(
        page.partition('<script id="jupyter-config-data" type="application/json">')[2].partition("<")[0]
    )
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]


@pytest.mark.usefixtures("environ")
def test_onboarding_survives_reload_and_restart(lab: Lab, chrome: Any) -> None:
    """Fields, a list, a predicate, a second call by mouse; reload and restart lose nothing; what it exports runs."""
    prepared(lab, "ACME")
    page = open_notebook(chrome, lab, "ACME")
    run(page)
    fetch(page)
    for field, place in (
        ("order_number", "$.data[*].number"),
        ("customer_email", "$.data[*].customer.email"),
        ("created_at", "$.data[*].created"),
        ("status", "$.data[*].state"),
        ("currency", "$.data[*].currency"),
        ("lines.sku", "$.data[*].items[*].sku"),
    ):
        take(page, field, place)
    page.click('[data-pick="order_type"]')
    page.fill("[data-search]", "value")
    page.click('.wb [data-path="$.data[*].attributes[*].value"]')
    page.check('label:has-text("channel") [data-choice]')
    page.click("[data-accept]")
    page.wait_for_selector('[data-chip="order_type"]')
    page.fill("[data-search]", "")
    page.click('.wb [data-path="$.data[*].id"]')
    page.click("[data-use]")
    page.fill("[data-use-url]", "/orders/{}/parcels")
    page.fill("[data-use-name]", "parcels")
    page.click("[data-use-go]")
    page.wait_for_selector('.wb [data-path="$.parcels[*].code"]')
    take(page, "shipments.tracking_number", "$.parcels[*].code")
    page.click('[data-remove="currency"]')
    page.wait_for_selector('[data-chip="currency"]', state="detached")
    page.click("[data-undo]")
    page.wait_for_selector('[data-chip="currency"]')

    page.evaluate(SAVE)
    page.reload()
    page.wait_for_selector('.wb [data-chip="shipments.tracking_number"]')
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function(IDLE)
    page.click('[data-remove="status"]')
    page.wait_for_selector('.wb-bad:has-text("run this cell again")')
    run(page)
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

    with wb.open_merchant(lab.folder.parent / "mappings" / "acme" / "1.0.0.yaml") as opened:
        orders = opened.find_orders(email=JANE).orders
    assert len(orders) == 7
    assert [order for order in orders if order.tracking_numbers]
    assert all(order.lines for order in orders)


@pytest.mark.usefixtures("environ")
def test_five_fields_by_keyboard(lab: Lab, chrome: Any) -> None:
    """The keyboard alone maps five fields, and none of its keys reaches the notebook around the widget."""
    bench = prepared(lab, "BRIO")
    page = open_notebook(chrome, lab, "BRIO")
    run(page)
    fetch(page)
    cells = page.evaluate(CELLS)
    wanted = {
        "order_number": "$.data[*].number", "order_type": "$.data[*].kind", "region": "$.data[*].market",
        "currency": "$.data[*].currency", "customer_email": "$.data[*].customer.email",
    }  # fmt: skip
    for field, place in wanted.items():
        page.focus(f'[data-pick="{field}"]')
        page.keyboard.press("Enter")
        page.focus(".wb-tree")
        page.keyboard.press("/")
        page.keyboard.press("Control+a")
        page.keyboard.type(place.rpartition(".")[2])
        for _ in range(30):
            page.keyboard.press("Enter")
            if page.inner_text(".wb-path") == place:
                break
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.hasAttribute('data-choice')")
        page.keyboard.press("Enter")
        page.wait_for_selector(f'[data-chip="{field}"]')
    page.focus('[data-pick="order_number"]')
    for key in ("a", "b", "m", "x", "d", "d"):
        page.keyboard.press(key)

    assert page.evaluate(CELLS) == cells
    bench.reload()
    assert [bench.rule(field) for field in wanted] == [
        "@.number",
        "@.kind",
        "@.market",
        "@.currency",
        "@.customer.email",
    ]


@pytest.mark.usefixtures("environ")
def test_nothing_of_a_customer_is_saved(lab: Lab, merchant: DemoMerchant, chrome: Any) -> None:
    """After clicks, a table, a cell that fails and a save, no value and no secret stands in any file."""
    prepared(lab, "CORA")
    page = open_notebook(chrome, lab, "CORA")
    run(page)
    fetch(page)
    take(page, "order_number", "$.data[*].number")
    take(page, "customer_email", "$.data[*].customer.email")
    take(page, "shipping_address.line1", "$.data[*].delivery.address.street")
    for tab in ("preview", "exchange", "questions"):
        page.click(f"[data-tab={tab}]")
        page.wait_for_selector(f"[data-tab={tab}][aria-selected=true]")
    page.click("[data-tab=preview]")
    page.click(".wb-table tbody tr:nth-child(1) td:nth-child(1) .wb-cell")
    page.wait_for_selector("[data-detail]")
    page.evaluate(ADD_CELL, "bench.fetch(number='${CORA_PROBE_NUMBER}')")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_function(f"({ERRORS})().length > 0")
    page.evaluate(
        ADD_CELL, "print(bench.tree(), bench.samples(), bench.trials(), bench.data)\\nbench.preview('orders')"
    )
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_function(IDLE)
    page.evaluate(SAVE)
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")

    planted = ["jane.doe", "Lindenweg", "5550101", "A-1002", merchant.environ["NORTHWIND_PASSWORD"]]
    files = [path for path in lab.folder.parent.rglob("*") if path.is_file() and "data/lab" not in str(path)]
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in files}
    found = [(path.name, word) for path, text in texts.items() for word in planted if word in text]
    assert found == []
    saved = json.loads(texts[lab.folder / "cora.ipynb"])
    assert "widgets" not in saved["metadata"]
    assert [out for cell in saved["cells"] for out in cell.get("outputs", ()) if out["output_type"] == "error"]


@pytest.mark.usefixtures("environ")
def test_clicks_are_answered_while_a_cell_runs(lab: Lab, chrome: Any) -> None:
    """A cell that takes long does not make the widget wait, and the cell's own change shows in it."""
    prepared(lab, "DELA")
    page = open_notebook(chrome, lab, "DELA")
    run(page)
    fetch(page)
    page.evaluate(ADD_CELL, "import time\nwhile bench.rule('order_number') is None:\n    time.sleep(0.05)\n"
                            "bench.assign('region', '$.data[*].market')")  # fmt: skip
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-cell'); }")
    page.wait_for_function(RUNNING)
    take(page, "order_number", "$.data[*].number")
    page.wait_for_selector('[data-chip="region"]')
    page.wait_for_function(IDLE)

    assert page.evaluate(ERRORS) == []
