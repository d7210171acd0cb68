"""The widget's messages: an operation and its arguments in, plain JSON and bytes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from workbench.errors import UsageError, WorkbenchError
from workbench.mapping import auth_forms
from workbench.notebook import views
from workbench.notebook.base import TABS
from workbench.notebook.session import Workbench
from workbench.notebook.typed import SHOWN, auth_shown, auth_table, typed_call
from workbench.pick import Proposal

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
    bench._changed(f"{len(args['fields'])} values of the order match the back office")
    return {"text": bench.message}


def _assign(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    bench.assign(
        args["field"], args["path"], args.get("call"), choice=args.get("choice", 0), second=args.get("second") or None
    )
    return views.state(bench)


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
    return views.state(bench)


def _call(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    operation, name = bench._chosen(args.get("operation")), str(args.get("name") or "main").strip()
    url, parts = typed_call(args, bench._base_url())
    calls = (bench._draft.data["operations"][operation] or {}).get("calls") or ()
    before: Mapping[str, Any] = next((call for call in calls if call.get("name", "main") == name), {})
    kept = {key: value for key, value in before.items() if key not in SHOWN}
    bench.call(
        url, name=name, method=args.get("method") or "get", operation=operation,
        for_each=bool(args.get("for_each")), **{**kept, **parts},
    )  # fmt: skip
    return views.state(bench)


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
        return views.state(bench)

    return both


def _connect(bench: Workbench, args: dict[str, Any]) -> None:
    for name, value in (args.get("secrets") or {}).items():
        bench.secret(name, value)
    auth = auth_table(str(args["kind"]), args.get("settings") or {}) if args.get("kind") else None
    bench.connect(args["base_url"], auth, timezone=args.get("timezone") or None)


def _forms(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """The kinds of authentication as forms, and what the connection says now."""
    forms = [form for form in auth_forms() if form["kind"] != "tls"]
    zone = bench._draft.data.get("timezone", "")
    return {"forms": forms, "auth": auth_shown(bench.connection.get("auth") or {}), "timezone": zone}


def _import(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """The calls of what was pasted, of a file that was chosen, or of a GraphQL endpoint."""
    found = bench.introspect(args["graphql"]) if args.get("graphql") else bench.read_calls(_check_only(args["text"]))
    calls = [
        {
            "label": one.label, "method": one.method, "path": one.path, "inputs": list(one.inputs),
            "notes": list(one.notes), "reads": one.reads or one.method == "get", "operation": one.operation,
        }
        for one in found[:200]
    ]  # fmt: skip
    return {"kind": found.kind, "notes": list(found.notes), "calls": calls, "total": len(found)}


def _confirm(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": bench.confirm(args["order"], args["field"], args.get("expected")), "text": bench.message}


def _check_only(text: Any) -> str:
    if not isinstance(text, str):
        raise UsageError("a text is needed")
    return text


_OPS: dict[str, Callable[[Workbench, dict[str, Any]], Any]] = {
    "state": views.state,
    "start": views.start,
    "select": _then_state(lambda bench, args: bench.select(args["operation"], args.get("call"))),
    "tree": views.tree,
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
    "consent_rows": views.consent_rows,
    "consent": _then_state(lambda bench, args: bench.consent(bool(args.get("yes")))),
    "remove_sample": _then_state(lambda bench, args: bench.remove_sample(args["name"])),
    "add_operation": _then_state(lambda bench, args: bench.operation(args["name"])),
    "add_call": _call,
    "remove_call": _then_state(lambda bench, args: bench.remove_call(args["operation"], args["name"])),
    "use_in_call": _then_state(
        lambda bench, args: bench.use_in_call(args["call"], args["path"], args["url"], args["name"])
    ),
    "connect": _then_state(_connect),
    "auth_forms": _forms,
    "import": _import,
    "use_call": _then_state(lambda bench, args: bench.use_call(int(args["number"]), name=args.get("name") or "main")),
    "suggest": _then_state(lambda bench, args: bench.suggest()),
    "use_suggestion": _then_state(lambda bench, args: bench.use_suggestion(args["field"], int(args.get("rank") or 0))),
    "use_sure": _then_state(lambda bench, args: bench.use_sure()),
    "use_known": _then_state(lambda bench, args: bench.use_known(args["merchant"])),
    "candidates": lambda bench, args: {"rows": [views.suggestion(one) for one in bench.candidates(args["field"])]},
    "presence": lambda bench, args: {"rows": bench.presence()},
    "keep_choices": lambda bench, args: {
        "choices": [one._asdict() for one in bench.keep_choices(args.get("block") or "")]
    },
    "prove": lambda bench, args: {"lines": bench.prove()},
    "keep": _then_state(lambda bench, args: bench.keep(args.get("conditions") or None, args.get("block") or "")),
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
