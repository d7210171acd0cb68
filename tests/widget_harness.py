"""The real widget over a real session in a bare browser, without JupyterLab between them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from workbench.notebook import Workbench
from workbench.notebook.protocol import handle

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
THEMES = Path(sys.prefix) / "share" / "jupyter" / "lab" / "themes" / "@jupyterlab"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>workbench</title><style>%(theme)s</style>
<style>body { margin: 12px; background: var(--jp-layout-color1, #fff); }</style><style>%(css)s</style></head>
<body data-jp-theme-light="%(light)s"><main id="host"></main><script type="module">%(js)s
const listeners = {};
let last = 0;
const model = {
  get: (name) => (name === "revision" ? last : undefined),
  on: (name, back) => { (listeners[name] ||= []).push(back); },
  off: (name, back) => { listeners[name] = (listeners[name] || []).filter((each) => each !== back); },
  send: async (content) => {
    const answer = JSON.parse(await window.ask(JSON.stringify(content)));
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const buffers = answer.buffers.map((text) => new DataView(bytes(text).buffer));
    for (const back of listeners["msg:custom"] || []) back(answer.content, buffers);
    if (answer.revision === last) return;
    last = answer.revision;
    for (const back of listeners["change:revision"] || []) back();
  },
};
window.started = performance.now();
new MutationObserver((_, watch) => {
  if (!document.querySelector('[role="treeitem"]')) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
}).observe(document.getElementById("host"), { childList: true, subtree: true });
window.stop = mount(model, document.getElementById("host"));
</script></body></html>"""


def chromium() -> str:
    """The browser's file; skips, or fails where one is required, when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    text = "no Chromium on this machine (Debian: apt-get install chromium)"
    if "browser" in os.environ.get("WORKBENCH_REQUIRE", ""):
        pytest.fail(text)
    pytest.skip(text)


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield made
        finally:
            made.close()


def open_widget(browser: Any, bench: Workbench, *, theme: str = "", width: int = 1400, height: int = 1150) -> Any:
    """A page with the widget on a session, ready."""
    from workbench.notebook.widget import script, style

    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors

    def ask(text: str) -> str:
        content = json.loads(text)
        reply, buffers = handle(bench, content["op"], content["args"])
        told = [base64.b64encode(each).decode() for each in buffers]
        return json.dumps({"content": {"id": content["id"], **reply}, "buffers": told, "revision": bench.revision})

    page.expose_function("ask", ask)
    file = THEMES / f"theme-{theme}-extension" / "index.css"
    css = file.read_text(encoding="utf-8") if theme and file.is_file() else ""
    js = script().replace("export default", "const widget =")
    page.set_content(PAGE % {"theme": css, "css": style(), "js": js, "light": str(theme != "dark").lower()})
    page.wait_for_selector(".wb[data-ready]")
    return page
