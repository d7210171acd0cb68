"""What the widget shows: the state of a session and the trees of its answers, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.connect.settings import variable_prefix
from workbench.notebook.base import INPUT
from workbench.notebook.fields import groups, read_as, rule_text
from workbench.notebook.session import Workbench
from workbench.notebook.suggesting import SURE, confidence
from workbench.notebook.typed import shown_call
from workbench.paths import scalars, text_of
from workbench.pick.blocks import Blocks
from workbench.pick.places import places_read
from workbench.pick.steps import place_steps, text
from workbench.suggest import Suggestion
from workbench.tree import find_place


def state(bench: Workbench, args: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything that the widget shows at once, without the tree."""
    data = bench._draft.data
    shown = groups(data, "order", bench.trials().get(bench._operation))
    body = data["operations"].get(bench._operation) or {}
    for group in shown:
        if group["key"] == "order":
            group["keep"] = "keep" in (body.get("orders") or {})
    left = bench.todo()
    fields = [field for group in shown for field in group["fields"]]
    required = [field for field in fields if field["required"]]
    store = bench._store
    return {
        "revision": bench.revision, "merchant": bench.merchant, "environment": bench.environment, "base": bench.base,
        "base_newer": bench._draft.newer(), "message": bench.message, "elsewhere": bench._draft.changed_elsewhere(),
        "can_undo": bench._draft.done[-1].label if bench._draft.done else "",
        "can_redo": bench._draft.undone[-1].label if bench._draft.undone else "",
        "operation": bench._operation, "call": bench._call,
        "prefix": variable_prefix(bench.merchant),
        "base_url": (data.get("connection") or {}).get("base_url", ""),
        "consent": not store.consented and any(taken.answers for taken in store.taken),
        "operations": [_operation(bench, name) for name in bench.operations],
        "samples": bench.samples(),
        "groups": shown,
        "todo": [one._asdict() for one in left],
        "done": _done(required), "total": _total(required),
        "suggested": _suggested(bench, complete=_done(required) == _total(required)),
        "places": _places(bench) if _trees_made(bench) else {},
    }  # fmt: skip


def _suggested(bench: Workbench, complete: bool) -> dict[str, Any]:
    """The proposals for fields without a rule; and earlier mappings that look the same, while fields are wanting."""
    found = bench._suggested
    if found is None:
        return {"asked": False, "fields": {}, "sure": 0, "known": [], "summary": ""}
    proposed = bench._proposed()
    sure = sum(one.score >= SURE for one in proposed)
    known = [] if complete else found.known[:3]
    return {
        "asked": True, "summary": _told(found.summary, len(proposed)), "sure": sure,
        "fields": {one.field: suggestion(one) for one in proposed},
        "known": [{"merchant": one.merchant, "share": round(100 * one.share)} for one in known],
    }  # fmt: skip


def _told(summary: str, proposed: int) -> str:
    """What was found, with how much of it is still to be decided."""
    where, mark, _ = summary.rpartition("; ")
    if not mark:
        return summary
    many = f"{proposed} field{'s are' if proposed != 1 else ' is'} proposed" if proposed else "nothing more is proposed"
    return f"{where}; {many}"


def suggestion(one: Suggestion) -> dict[str, Any]:
    """A proposal, as the widget shows it."""
    return {
        "path": rule_text(one.rule) + read_as(one.rule), "score": round(100 * one.score), "word": confidence(one.score),
        "reasons": list(one.reasons), "values": [value[:160] for value in one.values], "doubt": one.doubt,
    }  # fmt: skip


def consent_rows(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """What would be kept and what replaced, replaced places first; asked for once the rest is shown."""
    order = sorted(bench._store.rows().items(), key=lambda item: (not item[1].sort, item[0]))
    rows = [{"place": place, "sort": row.sort, "before": row.before, "after": row.after} for place, row in order[:300]]
    return {"rows": rows, "total": len(order)}


def _done(required: list[dict[str, Any]]) -> int:
    """Required fields that have a rule; the e-mail and the name count once, together."""
    either = {"customer_email", "customer_name"}
    alone = sum(bool(field["path"]) for field in required if field["key"] not in either)
    return alone + any(field["path"] for field in required if field["key"] in either)


def _total(required: list[dict[str, Any]]) -> int:
    either = {"customer_email", "customer_name"}
    return sum(field["key"] not in either for field in required) + any(field["key"] in either for field in required)


def _operation(bench: Workbench, name: str) -> dict[str, Any]:
    body = bench._draft.data["operations"].get(name) or {}
    calls = [
        {**shown_call(call), "status": _status(bench, name, call.get("name", "main"))}
        for call in body.get("calls") or ()
    ]
    inputs = [INPUT[name]] if name in INPUT else list(body.get("inputs") or ())
    return {"name": name, "label": name.replace("_", " ").capitalize(), "calls": calls, "inputs": inputs}


def _status(bench: Workbench, operation: str, call: str) -> str:
    for taken in reversed(bench._store.taken):
        if taken.sample.operation == operation and (pages := taken.sample.calls.get(call)):
            answers = [page for each in pages.values() for page in each] if isinstance(pages, Mapping) else pages
            return "error" if any(page.status and page.status >= 400 for page in answers) else "ok"
    return ""


def _trees_made(bench: Workbench) -> bool:
    """Whether the trees are there already; what is shown first does not wait for them, and they bring the places."""
    plan = bench.plan()
    operation = plan.operations.get(bench._operation)
    return operation is not None and all(
        bench._store.has_tree(plan, operation.name, call.name) for call in operation.calls
    )


def _places(bench: Workbench) -> dict[str, list[str]]:
    """The places that rules read, as `call place`, with the fields they fill."""
    if not bench._operation:
        return {}
    found: dict[str, list[str]] = {}
    for read in places_read(bench._draft.data, bench._operation, bench._picker(bench._operation).trees):
        found.setdefault(f"{read.call} {read.place}", []).append(read.field)
    return found


def tree(bench: Workbench, args: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """The merged tree of a call as bytes, and what is told of it; with `quick` perhaps its top alone (`partial`)."""
    operation, call = args.get("operation") or bench._operation, args.get("call") or bench._call
    if not operation or not call:
        told: dict[str, Any] = dict.fromkeys(("label", "raw", "error", "left_out"), "")
        return {**told, "records": 0, "record": None, "values": {}, "partial": False, "places": {}}, [b""]
    tree = bench.tree(call, operation, quick=bool(args.get("quick")))
    partial = not bench._store.has_tree(bench.plan(), operation, call)
    raw, error = "", ""
    if not tree.nodes:
        for taken in reversed(bench._store.taken):
            pages = taken.sample.calls.get(call) if taken.sample.operation == operation else None
            if pages:
                answers = [page for each in pages.values() for page in each] if isinstance(pages, Mapping) else pages
                raw = answers[0].body[:2000].decode("utf-8", "replace") if answers else ""
                error = taken.error or "this answer holds no tree: look at Sent / Received"
                break
    records, record, values = (0, None, {}) if partial else _record(bench, operation, call, args.get("record"))
    live = any(taken.live and call in taken.sample.calls for taken in bench._store.taken)
    label = f"{tree.documents} answer{'s' * (tree.documents != 1)}, {'live' if live else 'saved'}"
    told = {
        "label": label, "records": records, "record": record, "values": values, "raw": raw, "error": error,
        "left_out": "" if partial else tree.left_out, "partial": partial,
        "places": {} if partial else _places(bench),
    }  # fmt: skip
    return told, [tree.wire()]


def start(bench: Workbench, args: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """The state and the top of the tree in one: what a widget needs for its first rows."""
    told, buffers = tree(bench, {"quick": True})
    return {"state": state(bench), "tree": told}, buffers


def _record(bench: Workbench, operation: str, call: str, number: Any) -> tuple[int, int | None, dict[str, list[str]]]:
    """How many records the call has, and the values of one of them by place."""
    picker = bench._picker(operation)
    blocks = Blocks(bench._draft.data, operation, picker.trees)
    root = blocks.root()
    documents = [document for each in picker.documents.get(call, ()) for document in each]
    if root.call != call or root.steps is None:
        items = [document.root for document in documents]
        prefix = "$"
    else:
        prefix = text(root.steps)
        items = [node for document in documents for node in find_place(document.root, root.steps)]
    if number is None or not items:
        return len(items), None, {}
    index = max(0, min(int(number), len(items) - 1))
    values: dict[str, list[str]] = {}
    for node in picker.trees[call]:
        if node.path.startswith(prefix):
            below = place_steps(node.path)[len(place_steps(prefix)) :]
            found = [text_of(value)[:160] for value in scalars(find_place(items[index], below))]
            if found:
                values[node.path] = found[:5]
    return len(items), index, values
