"""How soon an answer stands in JupyterLab: our tree beside JupyterLab's own JSON viewer, in milliseconds.

Each is one cell that is run in a real JupyterLab; the time goes from running it to the frame in which rows are painted,
kernel and transfer included. Printed for 1,000 and 100,000 nodes, the median of several rounds; nothing is asserted.
Needs Chromium and the extras `notebook` and `dev`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.widget import answer
from tests.lab_harness import ADD_CELL, jupyterlab, open_page, run_all
from tests.widget_harness import browser, installed

ROUNDS = 5
SETUP = """import json, tempfile
from pathlib import Path
from IPython.display import JSON
import workbench as wb
bench = wb.Workbench('acme', mappings=tempfile.mkdtemp())
bench.operation('find_orders_by_email')
text = Path('answer.json').read_text()
bench.load_sample(text)"""
SIDES = {"workbench": ("bench", '[role="treeitem"]'), "json_viewer": ("JSON(json.loads(text))", ".jp-RenderedJSON li")}
UNTIL = """([awaited]) => new Promise((done) => {
  const before = document.querySelectorAll(awaited).length;
  const start = performance.now();
  const watch = new MutationObserver(() => {
    if (document.querySelectorAll(awaited).length === before) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  });
  watch.observe(document.body, { childList: true, subtree: true });
  jupyterapp.commands.execute('notebook:run-cell');
})"""


def notebook(source: str) -> str:
    """A notebook of one cell."""
    cell = {
        "cell_type": "code",
        "id": "setup",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def measure(chrome: Any, lab: Any, nodes: int) -> dict[str, float]:
    """Milliseconds to the first rows, by side; a fresh kernel and page each round."""
    (lab.folder / "answer.json").write_text(answer(nodes))
    found: dict[str, list[float]] = {name: [] for name in SIDES}
    for turn in range(ROUNDS):
        for name, (source, awaited) in SIDES.items():
            file = f"{name}-{nodes}-{turn}.ipynb"
            (lab.folder / file).write_text(notebook(SETUP))
            page = open_page(chrome, lab, file)
            run_all(page)
            page.evaluate(ADD_CELL, source)
            found[name].append(page.evaluate(UNTIL, [awaited]))
            page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            page.close(run_before_unload=False)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> int:
    """Prints the figures."""
    if installed() is None:
        print("no Chromium on this machine: the widget is not measured")
        return 0
    with (
        tempfile.TemporaryDirectory() as home,
        browser() as chrome,
        jupyterlab(Path(home), {"WORKBENCH_DATA": f"{home}/data"}) as lab,
    ):
        for nodes in (1_000, 100_000):
            for name, value in measure(chrome, lab, nodes).items():
                print(f"lab first_paint of {name} at {nodes:,} nodes: {value:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
