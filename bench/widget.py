"""How long the widget takes in a browser, in milliseconds: first paint, expanding, searching, and a click to its badge.

Printed for trees of 1,000 and 100,000 distinct nodes, the median of several rounds; nothing is asserted. Needs Chromium
and the extras `notebook` and `dev`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from typing import Any

from tests.widget_harness import browser, open_widget
from workbench.notebook import Workbench

ROUNDS = 5


def answer(nodes: int) -> str:
    """An answer whose merged tree has about so many nodes."""
    import json

    wide = {f"key{number}": {"name": f"O'Brien {number}", "code": number} for number in range(nodes // 3)}
    return json.dumps([{"number": "A-1", "wide": wide}])


def measure(chrome: Any, nodes: int) -> dict[str, float]:
    """Milliseconds of each step; the first paint includes making the page."""
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            bench = Workbench("acme", mappings=folder)
            bench.operation("find_orders_by_email")
            bench.load_sample(answer(nodes))
            page = open_widget(chrome, bench)
            page.set_default_timeout(120_000)
            page.wait_for_selector('[data-path="$[*].wide"]')
            found.setdefault("first_paint", []).append(page.evaluate("window.painted - window.started") / 1000)
            page.wait_for_function("!document.querySelector('.wb-tools').textContent.includes('reading the rest')")
            spent = page.evaluate(STEPS)
            for name, value in spent.items():
                found.setdefault(name, []).append(value / 1000)
            page.click('[data-pick="order_number"]')
            page.fill("[data-search]", "number")
            for name, clicked, awaited in (
                ("click_to_readings", '[data-path="$[*].number"]', "[data-accept]"),
                ("accept_to_badge", "[data-accept]", '[data-badge="order_number"]'),
            ):
                found.setdefault(name, []).append(page.evaluate(UNTIL, [clicked, awaited]) / 1000)
            page.close()
    return {name: statistics.median(values) * 1000 for name, values in found.items()}


STEPS = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const timed = async (act) => {
    const start = performance.now();
    act();
    await frame();
    return performance.now() - start;
  };
  const box = document.querySelector("[data-search]");
  const type = (text) => { box.value = text; box.dispatchEvent(new Event("input")); };
  const expand = await timed(() => document.querySelector('[data-path="$[*].wide"]').click());
  const search = await timed(() => type("brien 77"));
  type("");
  await frame();
  return { expand, search };
}"""


UNTIL = """([clicked, awaited]) => new Promise((done) => {
  const start = performance.now();
  const watch = new MutationObserver(() => {
    if (!document.querySelector(awaited)) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  });
  watch.observe(document.body, { childList: true, subtree: true });
  document.querySelector(clicked).click();
})"""


def main() -> int:
    """Prints the figures."""
    os.environ.setdefault("WORKBENCH_DATA", tempfile.mkdtemp())
    with browser() as chrome:
        for nodes in (1_000, 100_000):
            for name, value in measure(chrome, nodes).items():
                print(f"widget {name} at {nodes:,} nodes: {value:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
