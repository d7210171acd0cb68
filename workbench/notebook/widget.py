"""One anywidget over a session. Its only state is a number: everything else goes by messages and is never saved."""

from __future__ import annotations

import html
import re
from importlib import resources
from typing import Any

import anywidget
import traitlets

from workbench.notebook.fields import every_field, rule_text
from workbench.notebook.protocol import handle
from workbench.notebook.session import Workbench

_MODULES = (
    "dom.js", "rpc.js", "nodes.js", "tree.js", "fields.js", "values.js", "cases.js", "chosen.js", "calls.js",
    "connect.js", "signin.js", "panels.js", "asks.js", "below.js", "main.js",
)  # fmt: skip
_IMPORT = re.compile(r"^import .* from \"\./[\w.]+\";\n", re.M)
_EXPORT = re.compile(r"^export (?=function|const|class)", re.M)


def script() -> str:
    """All modules as one: anywidget loads a single one from a blob, where none can import another by its name."""
    home = resources.files("workbench.notebook") / "static"
    texts = [(home / name).read_text(encoding="utf-8") for name in _MODULES]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)


def style() -> str:
    """The style sheet."""
    return (resources.files("workbench.notebook") / "static" / "workbench.css").read_text(encoding="utf-8")


class WorkbenchWidget(anywidget.AnyWidget):
    """Shows a session. `revision` counts its changes; the view then asks for what it shows."""

    _esm = script()
    _css = style()
    revision = traitlets.Int(0).tag(sync=True)

    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self._bench = bench
        self._stop = bench.listen(self._changed)
        self.revision = bench.revision
        self.on_msg(self._asked)

    def _changed(self) -> None:
        self.revision = self._bench.revision

    def _asked(self, _: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict) or "id" not in content:
            return
        args = content.get("args")
        reply, made = handle(self._bench, str(content.get("op")), args if isinstance(args, dict) else {})
        self.send({"id": content["id"], **reply}, buffers=made)

    def close(self) -> None:
        """Stops listening, and goes."""
        self._stop()
        if self._bench._widget is self:
            self._bench._widget = None
        super().close()


def bundle(bench: Workbench, options: dict[str, Any]) -> Any:
    """What a notebook shows: the widget, and for everywhere else text and a table, the same for the same state."""
    if bench._widget is None:
        bench._widget = WorkbenchWidget(bench)
    made = bench._widget._repr_mimebundle_(**options)
    data = dict(made[0] if isinstance(made, tuple) else made or {})
    data["text/plain"] = bench.summary()
    data["text/html"] = static_html(bench)
    return (data, made[1]) if isinstance(made, tuple) else data


def static_html(bench: Workbench) -> str:
    """The mapping as a table, without values: what stands in a notebook where widgets are not rendered."""
    rows = []
    for _, key, field in every_field():
        rule = bench.rule(key)
        if rule is not None:
            cells = (field.label, key, rule_text(rule))
            rows.append(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>")
    head = "".join(f"<th>{text}</th>" for text in ("Field", "Key", "Rule"))
    told = "<br>".join(html.escape(line) for line in bench.summary().splitlines())
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return f"<div><p>{told}</p>{table}</div>"
