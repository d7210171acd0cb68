"""What the widget's forms ask of a session: the connection, a call, a sign-in, a table of comparisons, a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError
from workbench.mapping import auth_forms, connection_forms
from workbench.notebook.fields import plain
from workbench.notebook.session import Workbench
from workbench.notebook.signing import DONE
from workbench.notebook.typed import auth_table, changed_call, connection_settings
from workbench.notebook.typed_cases import ALONE, OFFERED, shown_rows, typed_rows

_BY_BROWSER = "oauth2_authorization_code"


def text_of(value: Any) -> str:
    """A text that came in a message.

    Raises:
        UsageError: It is none.
    """
    if not isinstance(value, str):
        raise UsageError("a text is needed")
    return value


def connection(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """The kinds of authentication and the other parts of a connection as forms, and what the connection says now."""
    known = bench.connection
    by_browser = (known.get("auth") or {}).get("kind") == _BY_BROWSER
    return {
        "forms": [form for form in auth_forms() if form["kind"] != "tls"], "parts": connection_forms(),
        "connection": plain(known), "timezone": bench._draft.data.get("timezone", ""),
        "by_browser": _BY_BROWSER, "signed_in": by_browser and bench._signed_in(),
    }  # fmt: skip


def connect(bench: Workbench, args: dict[str, Any]) -> None:
    """Keeps the typed secrets, and sets the connection."""
    for name, value in (args.get("secrets") or {}).items():
        bench.secret(name, value)
    before = bench.connection
    auth = auth_table(str(args["kind"]), args.get("settings") or {}) if args.get("kind") else None
    old = before.get("auth") or {}
    if auth is not None and "note" in old and old.get("kind") == auth["kind"]:
        auth["note"] = old["note"]
    more = connection_settings(args.get("more") or {}, before)
    bench.connect(args["base_url"], auth, timezone=args.get("timezone") or None, **more)


def sign_in(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """Begins to sign in; what is told holds the address to open, and no code or token."""
    return bench._begin_attempt().told()


def sign_in_state(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """How the sign-in goes."""
    attempt = bench._attempt
    if attempt is None:
        raise UsageError("no sign-in is on its way - begin again")
    told = attempt.told()
    if told["state"] == DONE and not attempt.noticed:
        attempt.noticed = True
        bench._changed("signed in at the merchant's page")
    return told


def sign_in_finish(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """Takes the address that the browser ended at."""
    if bench._attempt is None:
        raise UsageError("no sign-in is on its way - begin again")
    bench._attempt.finish(text_of(args.get("address")))
    return sign_in_state(bench, args)


def set_call(bench: Workbench, args: dict[str, Any]) -> None:
    """Adds the call of the form, or changes the one of that name."""
    operation, name = bench._chosen(args.get("operation")), str(args.get("name") or "main").strip()
    calls = (bench._draft.data["operations"][operation] or {}).get("calls") or ()
    before: Mapping[str, Any] = next((call for call in calls if call.get("name", "main") == name), {})
    url, parts = changed_call(args, before, bench._base_url())
    for_each = parts.pop("for_each", False)
    bench.call(url, name=name, method=args.get("method") or "get", operation=operation, for_each=for_each, **parts)


def imported(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """The calls of what was pasted, of a file that was chosen, or of a GraphQL endpoint."""
    found = bench.introspect(args["graphql"]) if args.get("graphql") else bench.read_calls(text_of(args["text"]))
    calls = [
        {
            "label": one.label, "method": one.method, "path": one.path, "inputs": list(one.inputs),
            "notes": list(one.notes), "reads": one.reads or one.method == "get", "operation": one.operation,
        }
        for one in found[:200]
    ]  # fmt: skip
    return {"kind": found.kind, "notes": list(found.notes), "calls": calls, "total": len(found)}


def cases(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """The table of a field: its rows, what may be compared, how, and the words that may come out."""
    field = text_of(args["field"])
    try:
        words = list(bench._vocabulary(field))
    except UsageError:
        words = []
    return {
        "rows": shown_rows(bench.rule(field)), "fields": bench._case_fields(field), "results": words,
        "comparisons": [{"word": word, "text": text, "alone": word in ALONE} for word, text in OFFERED],
    }  # fmt: skip


def case_path(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """A node that was clicked, as a path seen from the field."""
    picker = bench._picker(bench._chosen(None))
    return {"path": picker.path_for(text_of(args["field"]), args.get("call") or bench._call, text_of(args["path"]))}


def try_cases(bench: Workbench, args: dict[str, Any]) -> dict[str, Any]:
    """What the table gives, order by order, while it is typed."""
    rows = typed_rows(args.get("rows") or ())
    return {"orders": bench.try_cases(text_of(args["field"]), rows, args.get("call"))}


def set_cases(bench: Workbench, args: dict[str, Any]) -> None:
    """Writes the table."""
    bench.cases(text_of(args["field"]), typed_rows(args.get("rows") or ()), call=args.get("call"))
