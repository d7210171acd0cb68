"""The widget's messages: an operation and its arguments in, plain JSON and bytes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from workbench.connect.settings import variable_prefix
from workbench.errors import UsageError, WorkbenchError
from workbench.notebook.base import INPUT, TABS
from workbench.notebook.fields import groups
from workbench.notebook.session import Workbench
from workbench.notebook.typed import SHOWN, shown_call, typed_call
from workbench.paths import find, scalars, text_of
from workbench.pick import Proposal
from workbench.pick.places import places_read

Reply = tuple[dict[str, Any], list[bytes]]
_FAULT = "a fault in the workbench ({}); nothing was changed"
_BODY = 200_000


def handle(bench: Workbench, op: str, args: Mapping[str, Any]) -> Reply:
    """Does what the widget asks for.

    Returns:
        What is sent back: `{"ok": ...}` or `{"error": text}`, and binary buffers. Nothing is ever raised, because what
        a callback raises ends up in a notebook's log.
    """
    try:
        made = _OPS[op]
    except KeyError:
        return {"error": f"unknown operation {op[:40]!r}"}, []
    with bench._lock:
        try:
            done = made(bench, dict(args))
        except WorkbenchError as error:
            return {"error": str(error)}, []
        except Exception as error:  # the text could hold a customer's value
            return {"error": _FAULT.format(type(error).__name__)}, []
    if isinstance(done, tuple):
        return {"ok": done[0]}, done[1]
    return {"ok": done}, []


def state(bench: Workbench, args: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything that the widget shows at once, without the tree."""
    data = bench._draft.data
    shown = groups(data, "order", bench.trials().get(bench._operation))
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
        "places": _places(bench) if _trees_made(bench) else {},
    }  # fmt: skip


def _consent_rows(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
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


def _tree(bench: Workbench, args: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
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


def _record(bench: Workbench, operation: str, call: str, number: Any) -> tuple[int, int | None, dict[str, list[str]]]:
    """How many records the call has, and the values of one of them by place."""
    from workbench.paths import compile_path
    from workbench.pick.blocks import Blocks
    from workbench.pick.steps import text

    picker = bench._picker(operation)
    blocks = Blocks(bench._draft.data, operation, picker.trees)
    root = blocks.root()
    documents = [document for each in picker.documents.get(call, ()) for document in each]
    if root.call != call or root.steps is None:
        items = [document.root for document in documents]
        prefix = "$"
    else:
        prefix = text(root.steps)
        path = compile_path(prefix)
        items = [node for document in documents for node in find(document.root, path.steps)]
    if number is None or not items:
        return len(items), None, {}
    index = max(0, min(int(number), len(items) - 1))
    values: dict[str, list[str]] = {}
    for node in picker.trees[call]:
        if node.path.startswith(prefix):
            below = compile_path("$" + node.path[len(prefix) :]).steps
            found = [text_of(value)[:160] for value in scalars(find(items[index], below))]
            if found:
                values[node.path] = found[:5]
    return len(items), index, values


def _proposal(one: Proposal) -> dict[str, Any]:
    told = asdict(one)
    del told["data"]
    return told


def _propose(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    found = bench.propose(
        args["field"], args["path"], args.get("call"), args.get("operation"), args.get("second") or None
    )
    return {"proposals": [_proposal(one) for one in found], "has_rule": bench.rule(args["field"]) is not None}


def _try(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """What a rule would give: the typed one, or the field's own with other transforms."""
    rule: Any = args.get("text")
    if rule is None:
        before = bench.rule(args["field"])
        if before is None:
            raise UsageError("no rule yet - click a value first")
        table = dict(before) if isinstance(before, Mapping) else {"path": before}
        table = {**table, **(args.get("transforms") or {})}
        rule = {key: value for key, value in table.items() if value is not None}
    return _proposal(bench.try_rule(args["field"], rule))


def _changes(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    found = bench.changes()
    if found is None:
        return {"first": True}
    told = found.to_dict()
    return {
        "first": False, "step": told["step"], "why": told["why"], "samples": told["samples"],
        "rules": [change.text for change in found.rules], "results": [change.text for change in found.results],
        "weighty": bool(found.weighty),
    }  # fmt: skip


def _confirm_row(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    for field in args["fields"]:
        bench.confirm(args["order"], field)
    return {"text": f"{len(args['fields'])} values of the order match the back office"}


def _assign(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    bench.assign(
        args["field"], args["path"], args.get("call"), choice=args.get("choice", 0), second=args.get("second") or None
    )
    return state(bench)


def _words(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    rule = bench.rule(args["field"])
    otherwise = rule.get("otherwise") if isinstance(rule, dict) else None
    return {
        "words": bench.words(args["field"]),
        "vocabulary": list(bench._vocabulary(args["field"])),
        "otherwise": otherwise,
    }


def _preview(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    tab = args.get("tab", "orders")
    columns, rows = bench._rows(tab)
    shown = [
        {
            "order": row.get("order_number", ""),
            "index": int(row["_index"]),
            "operation": row["_operation"],
            "cells": [row.get(key, "") for key, _ in columns],
        }
        for row in rows[:200]
    ]
    told = [
        {"key": key, "label": label, "missing": sum(not row.get(key) for row in rows),
         "field": f"{TABS[tab]}.{key}" if TABS[tab] and key != "order_number" else key}
        for key, label in columns
    ]  # fmt: skip
    return {"columns": told, "rows": shown, "total": len(rows)}


def _exchange(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    call = args.get("call") or bench._call
    pages = []
    for taken in reversed(bench._store.taken):
        for exchange in taken.exchanges:
            if exchange.request.call != call:
                continue
            request, response = exchange.request, exchange.response
            pages.append(
                {
                    "sample": taken.name,
                    "sent": _sent(request),
                    "received": [f"{name}: {value}" for name, value in response.headers.items()] if response else [],
                    "status": response.status if response else None,
                    "size": len(response.body) if response else 0,
                    "body": response.body[:_BODY].decode("utf-8", "replace") if response else "",
                    "error": exchange.error or ("" if response and response.status < 400 else taken.error),
                    "curl": _curl(bench, request),
                }
            )  # fmt: skip
    pages.sort(key=lambda page: not page["error"])
    return {"pages": pages[:20]}


def _sent(request: Any) -> list[str]:
    return [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]


def _curl(bench: Workbench, request: Any) -> str:
    """The request for a shell, with references in the place of secrets."""
    auth = (bench._draft.data.get("connection") or {}).get("auth") or {}
    parts = ["curl", "-sS"]
    if request.method != "GET":
        parts += ["-X", request.method]
    if auth.get("kind") == "basic":
        parts += ["-u", f'"{auth.get("username", "")}:{auth.get("password", "")}"']
    elif auth.get("kind") == "bearer":
        parts += ["-H", f'"Authorization: Bearer {auth.get("token", "")}"']
    for name, value in request.headers:
        if name.lower() not in ("authorization", "host", "user-agent", "accept-encoding", "connection", "cookie"):
            parts += ["-H", _quoted(f"{name}: {value}")]
    if request.body:
        parts += ["--data-binary", _quoted(request.body.decode("utf-8", "replace"))]
    return " ".join([*parts, _quoted(request.url)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fetch(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    asked = {name: str(args[name]).strip() for name in ("email", "number") if str(args.get(name) or "").strip()}
    bench.fetch(**asked)
    return state(bench)


def _call(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    operation, name = bench._chosen(args.get("operation")), str(args.get("name") or "main").strip()
    url, parts = typed_call(args, _base_url(bench))
    calls = (bench._draft.data["operations"][operation] or {}).get("calls") or ()
    before: Mapping[str, Any] = next((call for call in calls if call.get("name", "main") == name), {})
    kept = {key: value for key, value in before.items() if key not in SHOWN}
    bench.call(
        url, name=name, method=args.get("method") or "get", operation=operation,
        for_each=bool(args.get("for_each")), **{**kept, **parts},
    )  # fmt: skip
    return state(bench)


def _base_url(bench: Workbench) -> str:
    """The connection's address, a reference in it filled in where it is known."""
    said = str(bench.connection.get("base_url") or "")
    try:
        return bench._value(said)
    except WorkbenchError:
        return said


def _export(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    for finding, reason in (args.get("waive") or {}).items():
        bench.waive(finding, reason)
    done = bench.export(args.get("reason") or None)
    return {
        "path": str(done.path),
        "version": str(done.version),
        "step": done.step.word,
        "changes": list(done.changes),
        "needs": bench.needs(),
    }


def _then_state(act: Callable[[Workbench, dict[str, Any]], Any]) -> Callable[[Workbench, dict[str, Any]], Any]:
    def both(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
        act(bench, args)
        return state(bench)

    return both


def _connect(bench: Workbench, args: dict[str, Any]) -> None:
    for name, value in (args.get("secrets") or {}).items():
        bench.secret(name, value)
    auth = {"kind": args["kind"], **(args.get("settings") or {})} if args.get("kind") else None
    bench.connect(args["base_url"], auth, timezone=args.get("timezone") or None)


def _confirm(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": bench.confirm(args["order"], args["field"], args.get("expected")), "text": bench.message}


def _check_only(text: Any) -> str:
    if not isinstance(text, str):
        raise UsageError("a text is needed")
    return text


_OPS: dict[str, Callable[[Workbench, dict[str, Any]], Any]] = {
    "state": state,
    "select": _then_state(lambda bench, args: bench.select(args["operation"], args.get("call"))),
    "tree": _tree,
    "compare": lambda bench, args: {"changes": [asdict(one) for one in bench.compare(args.get("call"))]},
    "propose": _propose,
    "assign": _assign,
    "assign_text": _then_state(lambda bench, args: bench.assign_text(args["field"], _check_only(args["text"]))),
    "unassign": _then_state(lambda bench, args: bench.unassign(args["field"])),
    "undo": _then_state(lambda bench, args: bench.undo()),
    "redo": _then_state(lambda bench, args: bench.redo()),
    "note": _then_state(lambda bench, args: bench.note(args["field"], _check_only(args["text"]))),
    "extra": _then_state(
        lambda bench, args: bench.declare(args["key"], args.get("label", ""), args.get("kind") or "text")
    ),
    "try": _try,
    "changes": _changes,
    "confirm_row": _confirm_row,
    "words": _words,
    "lookup": _then_state(lambda bench, args: bench.lookup(args["field"], args["table"], args.get("otherwise"))),
    "transform": _then_state(lambda bench, args: bench.transform(args["field"], **args["transforms"])),
    "each": _then_state(lambda bench, args: bench.each(args["path"], args.get("call"))),
    "preview": _preview,
    "explain": lambda bench, args: {
        "lines": bench.explain(args["field"], int(args.get("order") or 0), args.get("operation"))
    },
    "confirm": _confirm,
    "exchange": _exchange,
    "fetch": _fetch,
    "consent_rows": _consent_rows,
    "consent": _then_state(lambda bench, args: bench.consent(bool(args.get("yes")))),
    "remove_sample": _then_state(lambda bench, args: bench.remove_sample(args["name"])),
    "add_operation": _then_state(lambda bench, args: bench.operation(args["name"])),
    "add_call": _call,
    "remove_call": _then_state(lambda bench, args: bench.remove_call(args["operation"], args["name"])),
    "use_in_call": _then_state(
        lambda bench, args: bench.use_in_call(args["call"], args["path"], args["url"], args["name"])
    ),
    "connect": _then_state(_connect),
    "waive": _then_state(lambda bench, args: bench.waive(args["finding"], args["reason"])),
    "reload": _then_state(lambda bench, args: bench.reload()),
    "rebase": _then_state(lambda bench, args: bench.rebase()),
    "export": _export,
    "paste_words": lambda bench, args: {"left": bench.paste_words(args["field"], _check_only(args["text"]))},
    "fetch_found": _then_state(lambda bench, args: bench.fetch_found()),
    "probe_plan": lambda bench, args: {
        "reads": [one.label for one in bench.probe_plan(args.get("email") or "", args.get("number") or "")]
    },
    "probe_search": lambda bench, args: {
        "rows": bench.probe_search(args.get("email") or "", args.get("number") or ""),
        "can_apply": any(one.change for one in bench._findings),
    },
    "apply_search": _then_state(lambda bench, args: bench.apply_search()),
    "questions": lambda bench, args: {"text": bench.questions()},
    "code": lambda bench, args: {"text": bench.as_code()},
}
