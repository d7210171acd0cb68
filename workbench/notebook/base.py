"""What every part of a session needs: the draft, the samples, the selection, and one change at a time."""

from __future__ import annotations

import copy
import functools
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from workbench.errors import UsageError
from workbench.notebook.draft import Draft
from workbench.notebook.fields import every_field, rule_at
from workbench.notebook.samples import Store
from workbench.notebook.searching import Finding
from workbench.notebook.todo import Todo, todo
from workbench.pick import Trial
from workbench.plan import Plan, compile_plan

P = ParamSpec("P")
R = TypeVar("R")
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
INPUT = {BY_EMAIL: "email", BY_NUMBER: "number"}
METHODS = ("get", "post", "put", "patch", "delete")
INDEXES = re.compile(r"\[[^\]]*\]")
TABS = {"orders": "", "shipments": "shipments", "lines": "lines", "returns": "returns"}


def locked(method: Callable[P, R]) -> Callable[P, R]:
    """One call at a time: JupyterLab runs a widget's callbacks in another thread than the cells."""

    @functools.wraps(method)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        bench: Any = args[0]
        with bench._lock:
            return method(*args, **kwargs)

    return alone


class Base:
    """The state of a session.

    Args:
        merchant: The merchant's name.
        version: The version to start from instead of the draft that is there.
        mappings: The folder of mappings.
        environment: The environment whose connection is used.
    """

    def __init__(
        self,
        merchant: str,
        version: str | None = None,
        *,
        mappings: str | os.PathLike[str] | None = None,
        environment: str | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._draft = Draft(merchant, version, mappings)
        self._store = Store(self._draft.folder.path, self._draft.folder.name)
        self._listeners: list[Callable[[], None]] = []
        self._log: list[str] = []
        self._shown_in_code = ""
        self._asks: list[str] = []
        self._confirmed: dict[tuple[str, str], tuple[str, ...]] = {}
        self._findings: list[Finding] = []
        self._memo: dict[Any, Any] = {}
        self._operation = ""
        self._call = ""
        self._widget: Any = None
        self.environment = environment or "production"
        self.revision = 0
        self.message = ""
        self._select_first()

    def __repr__(self) -> str:
        return self.summary()

    @property
    def merchant(self) -> str:
        """The merchant's name."""
        return self._draft.folder.name

    @property
    def folder(self) -> Path:
        """The merchant's folder."""
        return self._draft.folder.path

    @property
    def data(self) -> dict[str, Any]:
        """The draft as plain data; a copy."""
        return copy.deepcopy(self._draft.data)

    @property
    def base(self) -> str:
        """The version that the draft started from; empty for a new merchant."""
        return self._draft.base

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the draft."""
        return tuple(self._draft.data["operations"])

    @property
    def connection(self) -> dict[str, Any]:
        """The connection as the draft has it: references, never secrets."""
        return copy.deepcopy(self._draft.data.get("connection") or {})

    @locked
    def summary(self) -> str:
        """The state in three lines, the same for the same state, without values."""
        left = self.todo()
        blocking = sum(one.blocks for one in left)
        mapped = sum(rule_at(self._draft.data, "order", key) is not None for _, key, _ in every_field())
        base = f"from {self.base}" if self.base else "new"
        return (
            f"Workbench {self.merchant} ({base}): {mapped} fields mapped, {len(self._store.taken)} samples\n"
            f"{blocking} things stand against the export, {len(left) - blocking} are worth a look"
        )

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls back after every change; returns what stops it."""
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    def _changed(self, message: str = "", code: str = "") -> None:
        self.revision += 1
        self.message = message
        self._memo.clear()
        if code:
            self._log += [self._shown_in_code, code] if self._shown_in_code else [code]
            self._shown_in_code = ""
        for callback in list(self._listeners):
            callback()

    @locked
    def select(self, operation: str, call: str | None = None) -> None:
        """Shows an operation, and one of its calls: what is said without an operation is said of this one."""
        self._show(operation, call)
        self._shown_in_code = f"bench.select({operation!r}, {self._call!r})"

    def _show(self, operation: str, call: str | None = None) -> None:
        """Shows an operation because of what was done to it; whoever does it again sees it again."""
        if operation not in self._draft.data["operations"]:
            raise UsageError(f"no operation {operation!r} - {self._known_operations()}")
        names = self._calls_of(operation)
        self._operation = operation
        self._call = call if call in names else (names[0] if names else "")
        self._shown_in_code = ""
        self._changed(self.message)

    def plan(self) -> Plan:
        """The draft, compiled."""
        if "plan" not in self._memo:
            self._memo["plan"] = compile_plan(self._draft.data)
        plan: Plan = self._memo["plan"]
        return plan

    def trials(self) -> dict[str, Trial]:
        """Each operation that has samples, tried on them."""
        if "trials" not in self._memo:
            samples = self._store.samples
            found = {}
            for name in self._draft.data["operations"]:
                trial = self._store.trials.of(self._draft.data, name, samples)
                if trial.samples:
                    found[name] = trial
            self._memo["trials"] = found
        trials: dict[str, Trial] = self._memo["trials"]
        return trials

    def rule(self, field: str) -> Any:
        """The rule of a field, as the file says it; None where it has none."""
        return rule_at(self._draft.data, "order", field)

    @locked
    def todo(self) -> list[Todo]:
        """What is left to do, what stands against the export first."""
        if "todo" not in self._memo:
            self._memo["todo"] = todo(self._draft.file(), self.trials(), self.operations)
        left: list[Todo] = self._memo["todo"]
        return left

    def _edit(self, label: str, edit: Callable[[dict[str, Any]], Any], code: str = "", message: str = "") -> None:
        self._draft.change(label, edit)
        self._changed(message or label, code)

    def _write_rule(self, field: str, rule: Any, label: str, code: str) -> None:
        from workbench.pick.rules import set_rule

        self._edit(label, lambda data: set_rule(data, "order", field, rule), code, label)

    def _chosen(self, operation: str | None) -> str:
        chosen = operation or self._operation
        if not chosen or chosen not in self._draft.data["operations"]:
            raise UsageError(f"no operation {chosen!r} - {self._known_operations()}")
        return chosen

    def _known_operations(self) -> str:
        known = ", ".join(self.operations)
        return f"there are {known}" if known else f"add one: operation({BY_EMAIL!r})"

    def _calls_of(self, operation: str) -> list[str]:
        body = self._draft.data["operations"].get(operation) or {}
        return [call.get("name", "main") for call in body.get("calls") or ()]

    def _select_first(self) -> None:
        names = self.operations
        self._operation = names[0] if names else ""
        calls = self._calls_of(self._operation) if names else []
        self._call = calls[0] if calls else ""

    def _probe(self) -> dict[str, str]:
        connection = self._draft.data.get("connection") or {}
        own = (connection.get("environments") or {}).get(self.environment) or {}
        return {**(connection.get("probe") or {}), **(own.get("probe") or {})}
