"""A real JupyterLab with a browser on it, for tests and benchmarks: its own settings, and nothing from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

RUN = "() => jupyterapp.commands.execute('notebook:run-all-cells')"
IDLE = """() => { const view = window.jupyterapp && jupyterapp.shell.currentWidget;
  return view && view.sessionContext && view.sessionContext.isReady
    && view.sessionContext.session && view.sessionContext.session.kernel
    && view.sessionContext.session.kernel.status === 'idle'; }"""
ERRORS = """() => { const found = []; const cells = jupyterapp.shell.currentWidget.content.model.cells;
  for (let at = 0; at < cells.length; at += 1) for (const output of cells.get(at).toJSON().outputs || [])
    if (output.output_type === 'error') found.push(output.evalue); return found; }"""
CELLS = "() => jupyterapp.shell.currentWidget.content.model.cells.length"
ADD_CELL = """(source) => { const content = jupyterapp.shell.currentWidget.content;
  content.activeCellIndex = content.model.cells.length - 1;
  jupyterapp.commands.execute('notebook:insert-cell-below');
  content.activeCell.model.sharedModel.setSource(source); }"""
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"


_OWN = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR",
        "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")  # fmt: skip


class Lab(NamedTuple):
    """A running JupyterLab."""

    address: str
    folder: Path


@contextmanager
def jupyterlab(home: Path, environ: Mapping[str, str]) -> Iterator[Lab]:
    """JupyterLab on `home/notebooks`, with everything of its own below `home`."""
    folder = home / "notebooks"
    folder.mkdir(exist_ok=True)
    kept = {name: str(home / name.lower()) for name in _OWN}
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
        server = subprocess.Popen(words, env={**os.environ, **environ, **kept}, cwd=folder, stdout=log, stderr=log)
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
    raise TimeoutError("JupyterLab does not answer")


def open_page(chrome: Any, lab: Lab, name: str) -> Any:
    """A page with a notebook of the folder, its kernel idle; it remembers requests to anywhere else."""
    page = chrome.new_page(viewport={"width": 1500, "height": 1200})
    page.set_default_timeout(60_000)
    page.outside = []
    page.on("request", lambda request: outside(page, request.url))
    page.goto(f"{lab.address}/doc/tree/{name}")
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
