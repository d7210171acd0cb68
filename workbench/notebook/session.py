"""`Workbench`: one merchant's draft, its samples, and everything that can be done to them; no widget code."""

from __future__ import annotations

import copy
import functools
import getpass
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from workbench.calls import Exchange
from workbench.catalogue import catalogue
from workbench.connect.secrets import Source, references
from workbench.connect.settings import variable_prefix
from workbench.errors import UsageError, VersionError, WorkbenchError
from workbench.mapping import dump, load_text
from workbench.mapping.source import read_source
from workbench.merchant import open_merchant
from workbench.notebook.draft import Draft
from workbench.notebook.fields import every_field, groups, mask, rule_at, rule_text
from workbench.notebook.repairing import Repair, keyed, moved, repairs
from workbench.notebook.samples import Store, Taken
from workbench.notebook.searching import Finding, Tried, Trying, findings, paging_of, plan_reads
from workbench.notebook.secrets import keep_secret
from workbench.notebook.todo import Todo, questions, todo
from workbench.paths import is_path
from workbench.pick import Picker, Proposal, Trial, problem_field, suggest_word, values_of
from workbench.pick.trial import holders_of
from workbench.plan import Plan, compile_plan
from workbench.publish import Exported, export, needs
from workbench.runtime import Mapping as Runnable
from workbench.samples import recorded
from workbench.samples.documents import documents_by_call, documents_of, reading_of, sample_of
from workbench.tree import Change, Tree, merge
from workbench.versions import Version

P = ParamSpec("P")
R = TypeVar("R")
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
_INPUT = {BY_EMAIL: "email", BY_NUMBER: "number"}
_METHODS = ("get", "post", "put", "patch", "delete")
_LABELS = {BY_EMAIL: "Find orders by e-mail", BY_NUMBER: "Find order by number"}
_PASTED = re.compile(
    r"[|\s]*[\"']?([^|=:;\t\"']{1,60}?)[\"']?\s*(?:=>|->|=|:|;|\t|\||\s-\s)\s*[\"']?([^|\"']{2,80}?)[\"']?[|\s]*"
)
_INDEXES = re.compile(r"\[[^\]]*\]")
TABS = {"orders": "", "shipments": "shipments", "lines": "lines", "returns": "returns"}


def _locked(method: Callable[P, R]) -> Callable[P, R]:
    """One call at a time: JupyterLab runs a widget's callbacks in another thread than the cells."""

    @functools.wraps(method)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        bench: Any = args[0]
        with bench._lock:
            return method(*args, **kwargs)

    return alone


class Workbench:
    """Maps one merchant's API: every click in the widget has a method here, and both change the same draft.

    Args:
        merchant: The merchant's name; also its folder's and the beginning of its secrets' names.
        version: The version to start from instead of the draft that is there.
        mappings: The folder of mappings; `WORKBENCH_MAPPINGS` or the nearest `mappings` unless given.
        environment: The environment whose connection is used; `production` unless given.

    Raises:
        MappingError: The draft, or the version, cannot be used.
        VersionError: The folder cannot be written.
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
        self._asks: list[str] = []
        self._confirmed: dict[tuple[str, str], bool] = {}
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

    # ------------------------------------------------------------ what it is

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

    @_locked
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
            self._log.append(code)
        for callback in list(self._listeners):
            callback()

    # ------------------------------------------------------------ connection and secrets

    @_locked
    def connect(
        self,
        base_url: str,
        auth: Mapping[str, str] | None = None,
        *,
        timezone: str | None = None,
        environments: Mapping[str, Any] | None = None,
        probe: Mapping[str, str] | None = None,
    ) -> None:
        """Says where the API is and how to get in; secrets only by reference, `${NORTHWIND_TOKEN}`.

        Raises:
            UsageError: A secret was written out, or something else is wrong; nothing is changed.
        """
        for key, value in (auth or {}).items():
            if key in ("username", "password", "token", "value", "client_secret") and not references(value):
                name = f"{variable_prefix(self.merchant)}_{key.upper()}"
                raise UsageError(f"auth.{key} was written out - write ${{{name}}}, and type it by secret({name!r})")

        def edit(data: dict[str, Any]) -> None:
            connection = data.setdefault("connection", {})
            connection["base_url"] = base_url
            for name, given in (("auth", auth), ("environments", environments), ("probe", probe)):
                if given is not None:
                    connection[name] = dict(given)
            if timezone is not None:
                data["timezone"] = timezone

        arguments = [repr(base_url)] + [
            f"{name}={dict(given)!r}" if isinstance(given, Mapping) else f"{name}={given!r}"
            for name, given in (
                ("auth", auth),
                ("timezone", timezone),
                ("environments", environments),
                ("probe", probe),
            )
            if given is not None
        ]
        self._edit("connect", edit, f"bench.connect({', '.join(arguments)})", "connected")

    @property
    def connection(self) -> dict[str, Any]:
        """The connection as the draft has it: references, never secrets."""
        return copy.deepcopy(self._draft.data.get("connection") or {})

    @_locked
    def secret(self, name: str, value: str | None = None) -> None:
        """Keeps a secret in the engineer's `.env`; typed into a hidden prompt unless the form gave it.

        Raises:
            UsageError: The name is not the merchant's, or nothing was typed.
        """
        typed = getpass.getpass(f"{name}: ") if value is None else value
        path = keep_secret(name, typed, variable_prefix(self.merchant))
        self._changed(f"{name} is kept in {path.name}", f"bench.secret({name!r})")

    # ------------------------------------------------------------ operations and calls

    @_locked
    def operation(self, name: str, inputs: Sequence[str] = ()) -> None:
        """Adds an operation, such as `find_orders_by_email`, and selects it; one that is there is selected."""
        if name not in self._draft.data["operations"]:
            body: dict[str, Any] = {"inputs": list(inputs)} if inputs else {}
            told = f", {list(inputs)!r}" if inputs else ""
            self._edit(
                f"add {name}", lambda data: data["operations"].update({name: body}), f"bench.operation({name!r}{told})"
            )
        self.select(name)

    @_locked
    def call(
        self,
        url: str,
        *,
        name: str = "main",
        method: str = "get",
        operation: str | None = None,
        for_each: bool = False,
        **parts: Any,
    ) -> None:
        """Adds a call to an operation, or changes the one of that name.

        Args:
            url: Path or template, `/orders/{number}`; the inputs of the operation stand in braces.
            name: The call's name.
            method: get, post, put, patch or delete.
            operation: The operation; the selected one unless given.
            for_each: Whether it is made for each order; `{@.id}` then comes from the order.
            parts: query, headers, json, form, xml, text, graphql, soap, reads, pages, not_found_when and so on, as in
                the mapping file.

        Raises:
            UsageError: The call would be wrong; nothing is changed.
        """
        if method.lower() not in _METHODS:
            raise UsageError(f"no method {method!r} - one of {', '.join(_METHODS)}")
        chosen = self._chosen(operation)
        made: dict[str, Any] = {"name": name}
        if for_each:
            made["for_each"] = "order"
        made[method.lower()] = url
        made.update((key, value) for key, value in parts.items() if value not in (None, {}, ""))

        def edit(data: dict[str, Any]) -> None:
            body = data["operations"].setdefault(chosen, {})
            calls = body.setdefault("calls", [])
            places = [index for index, each in enumerate(calls) if each.get("name", "main") == name]
            if places:
                calls[places[0]] = made
            else:
                calls.append(made)

        told = "".join(f", {key}={value!r}" for key, value in parts.items() if value not in (None, {}, ""))
        told = f", name={name!r}" * (name != "main") + f", method={method!r}" * (method != "get") + told
        told += ", for_each=True" * for_each
        self._edit(f"call {name}", edit, f"bench.call({url!r}{told}, operation={chosen!r})", f"{name} is set")
        self._store.touched()
        self.select(chosen, name)

    @_locked
    def remove_call(self, operation: str, name: str) -> None:
        """Removes a call; rules that used it are then wrong, and the removal is refused."""

        def edit(data: dict[str, Any]) -> None:
            body = data["operations"][operation]
            body["calls"] = [call for call in body["calls"] if call.get("name", "main") != name]
            if not body["calls"]:
                del body["calls"]

        self._edit(f"remove {name}", edit, f"bench.remove_call({operation!r}, {name!r})", f"{name} is removed")

    @_locked
    def use_in_call(self, call: str, path: str, url: str, name: str, operation: str | None = None) -> None:
        """A new call for each order with a value of the order in its URL, run for the orders that were sampled.

        Args:
            call: The call whose tree was clicked.
            path: The node; it must lie in an order.
            url: The URL with `{}` where the value belongs, `/orders/{}/parcels`.
            name: The new call's name.
            operation: The operation; the selected one unless given.

        Raises:
            UsageError: The node lies in no order, or the URL has no place for it.
        """
        chosen = self._chosen(operation)
        picker = self._picker(chosen)
        found = picker.propose("id", call, path)
        rule = found[0].rule if isinstance(found[0].rule, str) else found[0].rule.get("path")
        if not isinstance(rule, str) or not rule.startswith("@"):
            raise UsageError("a call for each order needs a value of the order - click one inside it")
        if "{}" not in url:
            raise UsageError("no {} in the URL - write it where the value belongs, such as /orders/{}/parcels")
        if "orders" not in self._draft.data["operations"][chosen]:
            orders = found[0].data["operations"][chosen]["orders"]
            self._edit("orders", lambda data: data["operations"][chosen].update(orders=orders))
        self.call(url.replace("{}", f"{{{rule}}}"), name=name, operation=chosen, for_each=True)
        for taken in [each for each in self._store.taken if each.live and each.sample.operation == chosen][:3]:
            self._fetch(chosen, dict(taken.sample.inputs), replacing=taken)
        self.select(chosen, name)

    @_locked
    def select(self, operation: str, call: str | None = None) -> None:
        """Shows an operation, and one of its calls."""
        if operation not in self._draft.data["operations"]:
            raise UsageError(f"no operation {operation!r} - {self._known_operations()}")
        names = self._calls_of(operation)
        self._operation = operation
        self._call = call if call in names else (names[0] if names else "")
        self._changed(self.message)

    # ------------------------------------------------------------ samples

    @_locked
    def fetch(self, *, operation: str | None = None, **inputs: str) -> None:
        """Asks the merchant: `fetch(email="${NORTHWIND_PROBE_EMAIL}")`, `fetch(number=...)`; only reads are sent.

        Args:
            operation: The operation; found by the inputs unless given.
            inputs: What to ask for; a `${REFERENCE}` is looked up like a secret, so that no value stands in the cell.

        Raises:
            UsageError: No such operation, or it has no call.
            SecretMissing: References without a value.
        """
        if not inputs:
            raise UsageError("fetch what? - fetch(email=...) or fetch(number=...)")
        chosen = operation or self._asked_by(inputs)
        values = {name: self._value(value) for name, value in inputs.items()}
        self._fetch(chosen, values)
        hidden = {
            name: value if references(value) else f"${{{self._probe_name(name)}}}" for name, value in inputs.items()
        }
        told = ", ".join(f"{name}={value!r}" for name, value in hidden.items())
        self._log.append(f"bench.fetch({told})")

    @_locked
    def fetch_probe(self) -> list[str]:
        """Fetches the live order that the connection names to verify with, by every operation that can find it.

        Returns:
            What came of each, in words; what is not fetched, and why.
        """
        probe = self._probe()
        told = []
        for name in self.operations:
            wanted = [_INPUT[name]] if name in _INPUT else self._draft.data["operations"][name].get("inputs", [])
            if not wanted or not set(wanted) <= set(probe):
                told.append(f"{name}: no probe for {', '.join(wanted) or 'it'} in the connection")
                continue
            try:
                self.fetch(operation=name, **{key: probe[key] for key in wanted})
                told.append(f"{name}: {self.message}")
            except WorkbenchError as error:
                told.append(f"{name}: {error}")
        return told or ["no operation yet"]

    def _probe(self) -> dict[str, str]:
        connection = self._draft.data.get("connection") or {}
        own = (connection.get("environments") or {}).get(self.environment) or {}
        return {**(connection.get("probe") or {}), **(own.get("probe") or {})}

    @_locked
    def prove(self) -> list[str]:
        """Finds the probe's orders with the newest version in a fresh process, as production would.

        Returns:
            A line for each search.

        Raises:
            UsageError: Nothing is exported yet.
        """
        newest = self._draft.folder.newest()
        if newest is None:
            raise UsageError("nothing is exported yet")
        words = [sys.executable, "-m", "workbench", "doctor", str(self._draft.folder.file(newest))]
        if self._environment() != "production":
            words += ["--environment", self._environment()]
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, timeout=300, check=False
        )
        return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]

    def _probe_name(self, name: str) -> str:
        return f"{variable_prefix(self.merchant)}_PROBE_{name.upper()}"

    def _value(self, value: str) -> str:
        names = references(value)
        if not names:
            return value
        found = Source().find_all(names)
        for name in names:
            value = value.replace(f"${{{name}}}", found[name])
        return value

    def _asked_by(self, inputs: Mapping[str, str]) -> str:
        for name, body in self._draft.data["operations"].items():
            if set(inputs) == {_INPUT.get(name, ""), *body.get("inputs", ())} - {""}:
                return str(name)
        wanted = next((name for name, each in _INPUT.items() if each in inputs), "an operation")
        raise UsageError(f"no operation takes {', '.join(inputs)} - add {wanted} first: operation({wanted!r})")

    def _fetch(self, operation: str, inputs: dict[str, str], replacing: Taken | None = None) -> None:
        body = self._draft.data["operations"].get(operation)
        if not body or not body.get("calls"):
            raise UsageError(f"{operation} has no call yet - add one: call('/orders', query={{'email': '{{email}}'}})")
        plan = self.plan()
        for call in plan.operations[operation].calls:
            if call.method.upper() != "GET" and not call.reads:
                raise UsageError(f"{call.name} is no read - sampling only reads; a POST that reads says reads: true")
        exchanges: list[Exchange] = []
        error = ""
        try:
            with open_merchant(self._draft.keep(), self._environment(), on_exchange=exchanges.append) as opened:
                opened.lookup(operation, **inputs)
        except WorkbenchError as told:
            if not exchanges:
                raise
            error = str(told)
        if replacing is not None:
            self._store.remove(replacing.name)
        taken = self._store.take(operation, inputs, exchanges, error, plan)
        last = next((exchange for exchange in reversed(exchanges) if exchange.response), None)
        self.select(operation, self._call if self._call in self._calls_of(operation) else None)
        status = last.response.status if last and last.response else "no answer"
        saved = f", saved as {taken.saved}" if taken.saved else ", not saved yet: consent() first"
        self._changed(error or f"fetched: {len(exchanges)} exchanges, {status}{saved}")

    def _environment(self) -> str:
        known = (self._draft.data.get("connection") or {}).get("environments") or {}
        return self.environment if self.environment in known or self.environment == "production" else "production"

    @_locked
    def fetch_found(self, most: int = 5) -> int:
        """Fetches each order that a search by e-mail found, by its number; a list often lacks what the detail has.

        Returns:
            How many were fetched.

        Raises:
            UsageError: There is no live answer, no rule for the order number, or no search by number.
        """
        if BY_NUMBER not in self.operations:
            raise UsageError(f"no search by number - add it: operation({BY_NUMBER!r})")
        fresh = [taken.sample for taken in self._store.taken if taken.live]
        trial = Trial(self._draft.data, BY_EMAIL, fresh) if BY_EMAIL in self.operations else None
        results = trial.results if trial else []
        found = [order.to_dict().get("order_number") for result in results for order in result.orders]
        numbers = list(dict.fromkeys(number for number in found if number))[:most]
        if not numbers:
            raise UsageError("no order was found by e-mail in this session - fetch one, and assign the order number")
        for number in numbers:
            self._fetch(BY_NUMBER, {"number": number})
        self._log.append("bench.fetch_found()")
        self._changed(f"{len(numbers)} orders are fetched by their numbers")
        return len(numbers)

    @_locked
    def probe_plan(self, email: str = "", number: str = "") -> list[Trying]:
        """The reads that `probe_search` would send, at most eight: known, unknown, other case, plus sign, prefix.

        Args:
            email: A customer's e-mail that has orders, or a reference; the connection's probe unless given.
            number: An order's number, or a reference; the connection's probe unless given.
        """
        probe = self._probe()
        asked = [self._value(given or probe.get(name, "")) for name, given in (("email", email), ("number", number))]
        return plan_reads(self.operations, *asked)

    @_locked
    def probe_search(self, email: str = "", number: str = "") -> list[dict[str, str]]:
        """Finds out how the searches behave; `apply_search` then writes it into the draft.

        Returns:
            A row for each read (what was asked, the status, what came), then one for each finding.

        Raises:
            UsageError: There is nothing to ask for.
        """
        reads = self.probe_plan(email, number)
        if not reads:
            raise UsageError("nothing to try - give an e-mail or a number that has orders")
        tried: list[Tried] = []
        pages: dict[str, dict[str, Any]] = {}
        for read in reads:
            one = self._try(read, pages)
            tried.append(one)
        self._findings = findings(tried, pages)
        rows = [{"asked": one.trying.label, "status": str(one.status or ""), "came": one.text} for one in tried]
        rows += [{"asked": "", "status": "", "came": finding.text} for finding in self._findings]
        self._changed("the searches were tried; apply what was found out", "bench.probe_search()")
        return rows

    def _try(self, read: Trying, pages: dict[str, dict[str, Any]]) -> Tried:
        one = Tried(read)
        exchanges: list[Exchange] = []
        try:
            with open_merchant(self._draft.keep(), self._environment(), on_exchange=exchanges.append) as opened:
                one.fitting = len(opened.lookup(read.operation, **read.inputs).orders)
        except WorkbenchError as error:
            one.error = str(error)
        first = next((exchange for exchange in exchanges if exchange.response is not None), None)
        if first is None or first.response is None:
            return one
        one.status = first.response.status
        if one.status >= 400:
            return one
        answers = [answer for answer in map(recorded, exchanges) if answer is not None]
        plan = self.plan()
        sample = sample_of("tried", read.operation, read.inputs, answers, datetime.now(UTC))
        trial = Trial(self._draft.data, read.operation, [sample])
        one.came = sum(len(result.orders) for result in trial.results)
        if not self._checks(read.operation):
            one.fitting = None
        if read.kind == "known" and not self._has_pages(read.operation):
            name = first.request.call
            documents = documents_of(sample, name, reading_of(plan, read.operation).get(name, {}))
            if rule := paging_of(first, documents[0] if documents else None):
                pages[read.operation] = rule
        return one

    def _checks(self, operation: str) -> bool:
        field = {BY_EMAIL: "customer_email", BY_NUMBER: "order_number"}.get(operation, "")
        return self.rule(field) is not None if field else False

    def _has_pages(self, operation: str) -> bool:
        calls = self._draft.data["operations"][operation].get("calls") or [{}]
        return "pages" in calls[0]

    @_locked
    def apply_search(self) -> list[str]:
        """Writes what `probe_search` found out: `not_found_when`, paging, and how numbers are compared.

        Raises:
            UsageError: Nothing was found out yet, or nothing needs to be written.
        """
        changes = [finding for finding in self._findings if finding.change]
        if not changes:
            raise UsageError("nothing to write - probe_search() first, or the mapping says it already")

        def edit(data: dict[str, Any]) -> None:
            for finding in changes:
                body = data["operations"][finding.operation]
                for key, value in finding.change.items():
                    target = body if key == "verify" else body["calls"][0]
                    target.setdefault(key, copy.deepcopy(value))

        told = [finding.text for finding in changes]
        self._edit("search behaviour", edit, "bench.apply_search()", "; ".join(told))
        return told

    @_locked
    def load_sample(
        self, body: bytes | str | Path, *, operation: str | None = None, call: str | None = None,
        content_type: str | None = None, **inputs: str,
    ) -> None:  # fmt: skip
        """Takes a response that somebody sent: bytes, text, or a file.

        Raises:
            UsageError: It cannot be read as what it is said to be.
        """
        from workbench.decode import decode
        from workbench.errors import DecodeError

        chosen = self._chosen(operation)
        if isinstance(body, Path):
            try:
                body = body.read_bytes()
            except OSError as error:
                raise UsageError(f"cannot read {body!s} - {error.strerror}") from None
        raw = body.encode() if isinstance(body, str) else body
        try:
            decode(raw, content_type=content_type)
        except DecodeError as error:
            raise UsageError(f"not a response that can be mapped: {error}") from None
        names = self._calls_of(chosen)
        if not names:
            self.call("/", operation=chosen)
            names = self._calls_of(chosen)
        from workbench.calls import Request, Response

        request = Request("GET", "", call=call or names[0])
        response = Response(200, {"content-type": content_type} if content_type else {}, raw)
        self._store.take(chosen, inputs, [Exchange(request, response)], "", self.plan())
        self.select(chosen, call or names[0])
        self._changed("the sample is loaded")

    @_locked
    def samples(self) -> list[dict[str, Any]]:
        """The samples, without values: name, operation, when, whether live."""
        return [
            {
                "name": taken.name,
                "operation": taken.sample.operation or "",
                "when": _clock(taken.sample.recorded_at),
                "live": taken.live,
                "saved": bool(taken.saved),
                "text": _sample_text(taken),
            }
            for taken in self._store.taken
        ]

    @_locked
    def remove_sample(self, name: str) -> None:
        """Removes a sample, from the disk as well."""
        self._store.remove(name)
        self._changed(f"{name} is removed")

    @_locked
    def consent(self, yes: bool = True) -> None:
        """Agrees, once for this merchant, that samples are saved with invented values in place of customers' data."""
        if yes:
            self._store.consent()
            self._changed("samples are saved with invented values from now on", "bench.consent()")
        else:
            self._changed("nothing is saved; samples are gone with the kernel")

    # ------------------------------------------------------------ trees and picking

    def plan(self) -> Plan:
        """The draft, compiled."""
        if "plan" not in self._memo:
            self._memo["plan"] = compile_plan(self._draft.data)
        plan: Plan = self._memo["plan"]
        return plan

    @_locked
    def tree(self, call: str | None = None, operation: str | None = None) -> Tree:
        """The merged tree of a call, over all samples."""
        chosen = self._chosen(operation)
        return self._store.tree(self.plan(), chosen, call or self._call)

    @_locked
    def compare(self, call: str | None = None, operation: str | None = None) -> list[Change]:
        """How the fresh answers of a call differ from the saved ones: new, gone, other type, other presence."""
        chosen, name = self._chosen(operation), call or self._call
        reading = reading_of(self.plan(), chosen).get(name, {})
        sides: dict[bool, list[Any]] = {True: [], False: []}
        for taken in self._store.taken:
            if taken.sample.operation in (chosen, None):
                sides[taken.live] += documents_of(taken.sample, name, reading)
        if not all(sides.values()):
            raise UsageError("nothing to compare - fetch again, beside a saved sample")
        return merge(sides[False]).differences(merge(sides[True]))

    def _picker(self, operation: str) -> Picker:
        plan = self.plan()
        calls = [call.name for call in plan.operations[operation].calls]
        documents = {call: self._store.documents(plan, operation, call) for call in calls}
        trees = {call: self._store.tree(plan, operation, call) for call in calls}
        return Picker(self._draft.data, operation, self._store.samples, documents, trees)

    @_locked
    def propose(
        self, field: str, path: str, call: str | None = None, operation: str | None = None, second: str | None = None
    ) -> list[Proposal]:
        """What a click on a node may mean for a field, with the value that each reading gives on every sample."""
        return self._picker(self._chosen(operation)).propose(field, call or self._call, path, second)

    @_locked
    def assign(
        self,
        field: str,
        path: str,
        call: str | None = None,
        *,
        choice: int | str = 0,
        operation: str | None = None,
        second: str | None = None,
    ) -> str:
        """Assigns a node to a business field, as a click does; returns what was written.

        Args:
            field: The business field, `lines.sku`.
            path: A node of the tree, `$.data[0].number`, or a path of the language seen from the field's block.
            call: The call; the selected one unless given.
            choice: Which proposal: its place, or words that it has, `'type is "shipping"'`.
            operation: The operation; the selected one unless given.
            second: `first` or `join` adds the node to the rule that is there.

        Raises:
            UsageError: Nothing can come from there; the message says what to do instead.
        """
        if not path.lstrip().startswith("$") or ":$" in path:
            return str(self.assign_text(field, path))
        found = self.propose(field, path, call, operation, second)
        proposal = _chosen_proposal(found, choice)
        told = f", {call!r}" if call and call != self._call else ""
        told += f", choice={choice!r}" if choice not in (0, "") else ""
        told += f", second={second!r}" if second else ""
        self._edit(
            f"{field} = {rule_text(proposal.rule)}", lambda _: proposal.data,
            f"bench.assign({field!r}, {path!r}{told})", f"{field}: {proposal.words}",
        )  # fmt: skip
        return rule_text(proposal.rule)

    @_locked
    def assign_text(self, field: str, text: str) -> str:
        """Writes a rule as it is typed: a path, or a table in YAML.

        Raises:
            UsageError: It is no rule.
        """
        rule: Any = text.strip()
        if not is_path(rule):
            try:
                rule = read_source(text).data
            except WorkbenchError as error:
                raise UsageError(f"not a rule - {error}") from None
        self._write_rule(field, rule, f"{field} = {rule_text(rule)}", f"bench.assign_text({field!r}, {text.strip()!r})")
        return rule_text(rule)

    @_locked
    def unassign(self, field: str) -> None:
        """Takes a field's rule away; a block without fields goes with it."""
        if self.rule(field) is None:
            raise UsageError(f"{field} has no rule")

        def edit(data: dict[str, Any]) -> None:
            _drop(data["records"]["order"], field.split("."))

        self._edit(f"remove {field}", edit, f"bench.unassign({field!r})", f"{field} is removed")

    def rule(self, field: str) -> Any:
        """The rule of a field, as the file says it; None where it has none."""
        return rule_at(self._draft.data, "order", field)

    # ------------------------------------------------------------ values

    @_locked
    def transform(self, field: str, **transforms: Any) -> None:
        """Sets what a rule does with its value: `decimal={'minor_units': True}`, `datetime='%d.%m.%Y'`, None drops it.

        Raises:
            UsageError: The rule would be wrong.
        """
        before = self.rule(field)
        if before is None:
            raise UsageError(f"{field} has no rule yet - assign it first")
        table = dict(before) if isinstance(before, dict) else {"path": before}
        for key, value in transforms.items():
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        rule: Any = table["path"] if set(table) == {"path"} else table
        told = "".join(f", {key}={value!r}" for key, value in transforms.items())
        self._write_rule(field, rule, f"{field}: {', '.join(transforms)}", f"bench.transform({field!r}{told})")

    @_locked
    def lookup(self, field: str, table: Mapping[str, str | None], otherwise: str | None = None) -> None:
        """The status table of a field: the merchant's words and ours; None removes a word.

        Raises:
            UsageError: A word is not in the vocabulary.
        """
        before = self.rule(field)
        part = _lookup_part(before)
        merged = {
            str(word): meaning for word, meaning in {**part.get("lookup", {}), **table}.items() if meaning is not None
        }
        if part is before or not isinstance(before, dict) or "lookup" not in part:
            self.transform(field, lookup=merged or None, otherwise=otherwise)
            return
        rule = copy.deepcopy(before)
        _lookup_part(rule)["lookup"] = merged
        told = f"bench.lookup({field!r}, {dict(table)!r})"
        self._write_rule(field, rule, f"{field}: words", told)

    @_locked
    def words(self, field: str) -> list[dict[str, Any]]:
        """The words of a status field: each with its count in the samples and its meaning; None is not known."""
        table = dict(_lookup_part(self.rule(field)).get("lookup", {}))
        counts = self._raw_words(field)
        vocabulary = self._vocabulary(field)
        found = [
            {
                "word": word, "count": count, "meaning": table.get(word), "seen": True,
                "suggested": suggest_word(word, vocabulary),
            }
            for word, count in counts.items()
        ]  # fmt: skip
        found += [
            {"word": word, "count": 0, "meaning": meaning, "seen": False, "suggested": None}
            for word, meaning in table.items()
            if word not in counts
        ]
        return found

    @_locked
    def paste_words(self, field: str, text: str) -> list[str]:
        """Takes rows of the merchant's documentation, `3 = shipped`, into the status table; tells what had no meaning.

        Raises:
            UsageError: No row has a word and a meaning.
        """
        vocabulary = self._vocabulary(field)
        table: dict[str, str | None] = {}
        left = []
        for line in text.splitlines():
            match = _PASTED.fullmatch(line.strip())
            if not match:
                continue
            meaning = suggest_word(match[2], vocabulary)
            if meaning is None:
                left.append(match[1])
            else:
                table[match[1]] = meaning
        if not table and not left:
            raise UsageError("no row with a word and its meaning - write 3 = shipped, one a line")
        if table:
            self.lookup(field, table)
        return left

    def _vocabulary(self, field: str) -> tuple[str, ...]:
        known = next((each for _, key, each in every_field() if key == field), None)
        if known is None or not known.vocabulary:
            raise UsageError(f"{field} has no vocabulary - a status field has one")
        words = catalogue().vocabularies
        return tuple(dict.fromkeys((*words[known.vocabulary], *words["order"])))

    def _raw_words(self, field: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for trial in self.trials().values():
            for result in trial.results:
                for order in result.orders:
                    for word in values_of(order.to_dict(), f"{field}_raw"):
                        counts[word] = counts.get(word, 0) + 1
        return counts

    @_locked
    def each(self, path: str, call: str | None = None, operation: str | None = None) -> None:
        """Says which node repeats per order."""
        chosen = self._chosen(operation)
        found = self._picker(chosen).place_orders(call or self._call, path)[0]
        self._edit("orders", lambda _: found.data, f"bench.each({path!r})", found.words)

    @_locked
    def keep(self, conditions: Mapping[str, Any] | None, block: str = "", operation: str | None = None) -> None:
        """Keeps only the orders, or the rows of a block such as `lines`, for which conditions hold; None keeps all."""
        chosen = self._chosen(operation)

        def edit(data: dict[str, Any]) -> None:
            if block:
                target = data["records"]["order"].get(block)
                if not isinstance(target, dict) or "each" not in target:
                    raise UsageError(f"{block} is no list yet - assign one of its fields first")
            else:
                target = data["operations"][chosen].setdefault("orders", {"each": "$"})
            target.pop("keep", None)
            if conditions:
                target["keep"] = dict(conditions)

        told = f", {block!r}" if block else ""
        self._edit(f"keep {block or 'orders'}", edit, f"bench.keep({conditions!r}{told})")

    @_locked
    def note(self, field: str, text: str) -> None:
        """Writes down why a rule is so; it goes into the file."""
        self.transform(field, note=text.strip() or None)

    @_locked
    def declare(self, name: str, label: str = "", kind: str = "text", meaning: str = "") -> None:
        """Declares a field of the merchant's own; assign it as `extra.NAME`."""
        body = {"label": label or name.replace("_", " "), "kind": kind, **({"meaning": meaning} if meaning else {})}
        told = ", ".join(f"{key}={value!r}" for key, value in body.items())
        self._edit(
            f"field {name}", lambda data: data.setdefault("fields", {}).update({name: body}),
            f"bench.declare({name!r}, {told})",
        )  # fmt: skip

    # ------------------------------------------------------------ going back

    @_locked
    def undo(self) -> str:
        """Takes the last change of the draft back; returns what it was."""
        label = self._draft.undo()
        self._after_step(f"undone: {label}", "bench.undo()")
        return label

    @_locked
    def redo(self) -> str:
        """Makes it again."""
        label = self._draft.redo()
        self._after_step(f"again: {label}", "bench.redo()")
        return label

    def _after_step(self, message: str, code: str) -> None:
        self._store.touched()
        self._changed(message, code)
        if self._operation not in self._draft.data["operations"]:
            self._select_first()

    @_locked
    def reload(self) -> None:
        """Takes the draft as it is on the disk, after another notebook changed it."""
        self._draft.reload()
        self._after_step("the draft is reloaded", "")

    @_locked
    def rebase(self) -> None:
        """Puts the draft on the newest version, after looking at what that changed."""
        self._draft.rebase()
        self._changed("the draft now follows the newest version", "bench.rebase()")

    # ------------------------------------------------------------ results

    def trials(self) -> dict[str, Trial]:
        """Each operation that has samples, tried on them."""
        if "trials" not in self._memo:
            samples = self._store.samples
            found = {}
            for name in self._draft.data["operations"]:
                trial = Trial(self._draft.data, name, samples)
                if trial.samples:
                    found[name] = trial
            self._memo["trials"] = found
        trials: dict[str, Trial] = self._memo["trials"]
        return trials

    @_locked
    def rows(self, tab: str = "orders") -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
        """The results on all samples, row by row: the columns (key and label), and each row's values."""
        if tab not in TABS:
            raise UsageError(f"no tab {tab!r} - one of {', '.join(TABS)}")
        block = TABS[tab]
        columns: dict[str, str] = {"order_number": "Order Number"}
        found: list[dict[str, str]] = []
        for name, trial in self.trials().items():
            for sample, result in zip(trial.samples, trial.results, strict=True):
                for order in result.orders:
                    told = order.to_dict()
                    for holder in holders_of(told, f"{block}.x") if block else [told]:
                        row = {"order_number": told.get("order_number", ""), **_flat(holder)}
                        found.append({**row, "_sample": sample.name, "_operation": name})
        labels = {key: field.label for _, key, field in every_field()}
        for row in found:
            for key in row:
                if not key.startswith("_") and key not in columns:
                    columns[key] = labels.get(f"{block}.{key}" if block else key, key)
        for group, key, field in every_field():
            if (group == block or (not block and group in ("order", "shipping_address"))) and self.rule(
                key
            ) is not None:
                columns.setdefault(key.removeprefix(f"{block}.") if block else key, field.label)
        return list(columns.items()), found

    @_locked
    def preview(self, tab: str = "orders", *, reveal: bool = False, rows: int | None = None) -> Any:
        """The results on all samples as a pandas table; masked unless `reveal`, as the notebook is saved with it."""
        import pandas as pd

        columns, found = self.rows(tab)
        kinds = {key: field.kind for _, key, field in every_field()}
        block = TABS[tab]
        table = []
        for row in found[:rows]:
            cells = []
            for key, _ in columns:
                field, value = f"{block}.{key}" if block else key, row.get(key, "")
                cells.append(
                    value if reveal else mask(field, kinds.get(field, "list" if key in TABS else "text"), value)
                )
            table.append(cells)
        return pd.DataFrame(table, columns=[label for _, label in columns])

    @_locked
    def explain(self, field: str, order: int = 0, operation: str | None = None) -> list[str]:
        """Step by step, how a field came to its value or to nothing, on one order of the samples; no values.

        Raises:
            UsageError: No such field, or no sample.
        """
        chosen = self._chosen(operation)
        seen = 0
        for sample in self._store.samples:
            if sample.operation not in (chosen, None):
                continue
            answers = {
                call: self._answers(chosen, call, sample) for call in self._calls_of(chosen) if call in sample.calls
            }
            data = {**self._draft.data}
            mapping = Runnable(load_text_of(data))
            found = mapping.explain(answers, field, operation=chosen, inputs=None)
            own = [each for each in found if f"order[{order - seen}]" in each.where or len(found) == 1]
            if own:
                return [line for each in own for line in _explained(each)]
            seen += len({each.where.partition(".")[0] for each in found})
        raise UsageError("no such order in the samples - fetch one")

    def _answers(self, operation: str, call: str, sample: Any) -> Any:
        from workbench.documents import Pages, PerOrder

        answers = sample.calls[call]
        if isinstance(answers, Mapping):
            return PerOrder({key: Pages([page.body for page in pages]) for key, pages in answers.items()})
        return Pages([page.body for page in answers])

    @_locked
    def problems(self) -> list[str]:
        """What is wrong with the results on the samples, each once, with the number of times; and lint of the file."""
        counts: dict[str, int] = {}
        for trial in self.trials().values():
            for result in trial.results:
                for problem in result.problems:
                    text = f"{_INDEXES.sub('', problem.where)}: {problem.what}"
                    counts[text] = counts.get(text, 0) + 1
        found = [f"{text} ({count} times)" if count > 1 else text for text, count in counts.items()]
        return [*found, *(problem.text for problem in self._draft.file().problems)]

    @_locked
    def todo(self) -> list[Todo]:
        """What is left to do, what stands against the export first."""
        if "todo" not in self._memo:
            self._memo["todo"] = todo(self._draft.file(), self.trials(), self.operations)
        left: list[Todo] = self._memo["todo"]
        return left

    @_locked
    def ask(self, question: str) -> None:
        """Puts a question of the engineer's own into the letter to the merchant."""
        self._asks.append(question.strip())
        self._changed("noted for the letter", f"bench.ask({question!r})")

    @_locked
    def questions(self) -> str:
        """The open points as a letter to the merchant, without customers' data."""
        words = {}
        for _, key, field in every_field():
            if field.vocabulary and self.rule(key) is not None:
                left = [each["word"] for each in self.words(key) if each["seen"] and not each["meaning"]]
                known = {word.casefold() for word in self._vocabulary(key)}
                words[key] = [word for word in left if word.casefold() not in known]
        return questions(self.merchant, self.todo(), words, self._asks)

    @_locked
    def confirm(self, order: str, field: str, expected: str | None = None) -> bool:
        """Ticks a value that matches the back office, or says what it should be; kept as evidence.

        Returns:
            Whether the result has the expected value.

        Raises:
            UsageError: No sample has an order of that number.
        """
        for trial in self.trials().values():
            for result in trial.results:
                for each in result.orders:
                    told = each.to_dict()
                    if told.get("order_number") == order:
                        values = values_of(told, field)
                        good = expected is None or expected in values
                        self._confirmed[field, order] = good
                        self._note_confirmed(field)
                        self._changed(f"{field} {'matches' if good else 'differs from'} the back office")
                        return good
        raise UsageError("no sample has that order - fetch it first")

    def _note_confirmed(self, field: str) -> None:
        """Writes down how many orders match the back office, without their numbers."""
        ticks = [good for (name, _), good in self._confirmed.items() if name == field]
        said = f"{sum(ticks)} of {len(ticks)} match"

        def edit(data: dict[str, Any]) -> None:
            data.setdefault("evidence", {}).setdefault("confirmed", {})[field] = said

        self._edit(f"confirm {field}", edit)

    # ------------------------------------------------------------ repairing

    def _side(self, operation: str, live: bool) -> dict[str, Tree]:
        """The merged trees of the calls, of the fresh answers or of the saved ones."""
        samples = [taken.sample for taken in self._store.taken if taken.live == live]
        found = documents_by_call(self.plan(), operation, samples)
        return {call: merge(one for each in documents for one in each) for call, documents in found.items()}

    @_locked
    def repairs(self) -> list[Repair]:
        """What the fresh answers show to be broken: nodes that are gone, lists that became objects, new words.

        Raises:
            UsageError: There are no fresh answers, or no saved ones, to compare.
        """
        if {taken.live for taken in self._store.taken} != {True, False}:
            raise UsageError("nothing to compare - fetch again, beside the saved samples")
        found: list[Repair] = []
        for name in self.operations:
            found += repairs(self._draft.data, name, self._side(name, False), self._side(name, True))
        for name in self.operations:
            fresh = [taken.sample for taken in self._store.taken if taken.live]
            trial = Trial(self._draft.data, name, fresh)
            fields = [problem_field(problem) for result in trial.results for problem in result.problems
                      if problem.code == "unknown_word"]  # fmt: skip
            if fields:
                found.append(Repair("words", "", "", tuple(dict.fromkeys(fields)), (), name))
        return list({(one.what, one.call, one.where, one.fields): one for one in found}.values())

    @_locked
    def repair(self, one: Repair, place: str | None = None) -> None:
        """Mends what is gone or keyed: the rules read the candidate, or another place, and keep their transforms.

        Raises:
            UsageError: There is no candidate, or the words need a meaning: `lookup(field, {...})`.
        """
        saved = self._side(one.operation, False)
        if one.what == "words":
            raise UsageError(f"say what the words mean: lookup({one.fields[0]!r}, {{...}}); words() lists them")
        if one.what == "keyed":
            edited = keyed(self._draft.data, one, saved)
        else:
            if place is None and not one.candidates:
                raise UsageError(f"nothing looks like {one.where} - assign {one.fields[0]} anew")
            edited = moved(self._draft.data, one, place or one.candidates[0], saved)
        self._edit(f"repair {', '.join(one.fields)}", lambda _: edited, "", f"repaired: {', '.join(one.fields)}")
        self.only_fresh()

    @_locked
    def only_fresh(self, yes: bool = True) -> None:
        """Shows trees and results of the fresh answers alone: saved ones have the old shape."""
        self._store.fresh_only = yes
        self._store.touched()
        self._changed("only fresh answers are shown" if yes else "saved samples are shown as well")

    @_locked
    def compare_versions(self, version: str | None = None) -> list[dict[str, str]]:
        """Order by order: what a version made of the saved samples, and what the draft makes of the fresh answers.

        Args:
            version: The older version; the one that the draft started from unless given.

        Returns:
            A row for each difference, without values: the order's position, the field, and what happened.
        """
        from workbench.samples import replay

        old = Runnable(self._draft.folder.read(Version.parse(version or self.base)))
        before: dict[str, dict[str, Any]] = {}
        for taken in self._store.taken:
            if not taken.live:
                orders = [order.to_dict() for order in replay(old, taken.sample).orders]
                before |= {order["order_number"]: order for order in orders if "order_number" in order}
        rows = []
        seen = 0
        for name in self.operations:
            fresh = [taken.sample for taken in self._store.taken if taken.live]
            for result in Trial(self._draft.data, name, fresh).results:
                for order in (each.to_dict() for each in result.orders):
                    number = order.get("order_number", "")
                    known = before.get(number) or before.get(self._store.pseudonyms.replaced(number))
                    if known is None:
                        continue
                    seen += 1
                    one, other = _flat(known), _flat(order)
                    for key in dict.fromkeys([*one, *other]):
                        if (key in one) != (key in other):
                            what = "now there" if key in other else "no longer there"
                            rows.append({"order": str(seen), "field": key, "what": what})
        return rows

    @_locked
    def retire_samples(self) -> list[str]:
        """Removes the saved samples of the old shape, once the fresh ones are saved; tells which."""
        live = {taken.saved for taken in self._store.taken if taken.live}
        if not live - {""}:
            raise UsageError("no fresh answer is saved yet - consent() first, then fetch again")
        gone = [taken.name for taken in self._store.taken if not taken.live]
        for name in gone:
            self._store.remove(name)
        self._changed(f"{len(gone)} samples of the old shape are removed")
        return gone

    # ------------------------------------------------------------ export

    @_locked
    def waive(self, finding: str, reason: str) -> None:
        """Waives a finding of `todo` with a written reason, which goes into the file."""
        entry = {"finding": finding, "reason": reason}
        self._edit(
            "waive", lambda data: data.setdefault("waived", []).append(entry), f"bench.waive({finding!r}, {reason!r})"
        )

    @_locked
    def export(self, reason: str | None = None, *, accept_expectations: bool = True) -> Exported:
        """Freezes the draft as the next version; what stands against it is told, and nothing is written then.

        Args:
            reason: Why results change, where they do in what weighs.
            accept_expectations: Write the expectations that all samples bear out.

        Raises:
            UsageError: Something of `todo` stands against it.
            VersionError: A newer version is there, nothing changed, or a reason is missing.
        """
        newer = self._draft.newer()
        if newer:
            raise VersionError(f"{newer} was exported after this draft began - look at it, then rebase()")
        blocking = [one for one in self.todo() if one.blocks]
        if blocking:
            lines = "".join(f"\n  {one.text} - {one.how}" for one in blocking)
            raise UsageError(f"{len(blocking)} things stand against the export; mend or waive() them:{lines}")
        done = export(self.folder, reason=reason, accept_expectations=accept_expectations)
        self._draft.reload()
        self._draft.change("exported", lambda data: {**data, "version": str(done.version)})
        self._write_golden()
        told = f"reason={reason!r}" if reason else ""
        self._changed(f"exported as {done.version}", f"bench.export({told})")
        return done

    def _write_golden(self) -> None:
        from workbench.samples import load_samples, replay, write_golden

        newest = self._draft.folder.newest()
        if newest is None:
            return
        mapping = Runnable(self._draft.folder.read(newest))
        for sample in load_samples(self.folder):
            write_golden(self.folder, sample.name, replay(mapping, sample))

    @_locked
    def needs(self) -> dict[str, Any]:
        """What a deployment of the newest version needs: secrets, hosts, calls per lookup."""
        newest = self._draft.folder.newest()
        if newest is None:
            raise UsageError("nothing is exported yet")
        return needs(self._draft.folder.read(newest)).to_dict()

    @_locked
    def as_code(self) -> str:
        """The cell that repeats what was done, without a customer's value and without a secret."""
        head = f"import workbench as wb\n\nbench = wb.Workbench({self.merchant!r})"
        return "\n".join([head, *self._log]) + "\n"

    # ------------------------------------------------------------ inside

    def _edit(self, label: str, edit: Callable[[dict[str, Any]], Any], code: str = "", message: str = "") -> None:
        self._draft.change(label, edit)
        self._changed(message or label, code)

    def _write_rule(self, field: str, rule: Any, label: str, code: str) -> None:
        from workbench.pick.picker import _set_rule

        self._edit(label, lambda data: _set_rule(data, "order", field, rule), code, label)

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

    def groups(self) -> list[dict[str, Any]]:
        """The fields side of the widget: every field with its rule, a value and how often it is there."""
        trial = self.trials().get(self._operation)
        return groups(self._draft.data, "order", trial)

    # ------------------------------------------------------------ in a notebook

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget where it can be shown, and text and HTML without values everywhere."""
        from workbench.notebook.widget import bundle

        return bundle(self, options)


def load_text_of(data: Mapping[str, Any]) -> Any:
    """The data as a mapping file."""
    return load_text(dump(data), "the draft")


def _flat(holder: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The texts of a record; an address in columns, lists of rows as their number."""
    found: dict[str, str] = {}
    for key, value in holder.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            rows = any(isinstance(each, dict) for each in value)
            found[f"{prefix}{key}"] = f"{len(value)}" if rows else ", ".join(map(str, value))
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


def _chosen_proposal(found: Sequence[Proposal], choice: int | str) -> Proposal:
    if isinstance(choice, int):
        if not -len(found) <= choice < len(found):
            raise UsageError(f"there are {len(found)} readings - choose 0 to {len(found) - 1}")
        return found[choice]
    fitting = [each for each in found if choice in each.words]
    if not fitting:
        raise UsageError(f"no reading says that - there are: {'; '.join(each.words for each in found)}")
    return fitting[0]


def _lookup_part(rule: Any) -> dict[str, Any]:
    """The part of a rule that has its table of words: the rule itself, or one of those that it chooses from."""
    if not isinstance(rule, dict):
        return {}
    if "lookup" not in rule:
        for part in rule.get("first", ()):
            if isinstance(part, dict) and "lookup" in part:
                return part
    return rule


def _drop(fields: dict[str, Any], names: list[str]) -> None:
    name, *rest = names
    if not rest:
        del fields[name]
        return
    block = fields[name]
    inner = block["fields"] if isinstance(block, dict) and "fields" in block else block
    _drop(inner, rest)
    if not inner:
        del fields[name]


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%H:%M") if moment else ""


def _sample_text(taken: Taken) -> str:
    when = taken.sample.recorded_at
    said = f"{when:%Y-%m-%d %H:%M}" if when else ""
    if taken.live:
        return f"live, {said}" + ("" if taken.saved else " - not saved")
    return f"saved sample, {said} - fetch again"


def _explained(each: Any) -> list[str]:
    lines = [f"{each.where} = {each.rule}"]
    for step in each.steps:
        lines.append(f"  {step.text}")
    return [*lines, f"  -> {each.outcome}"]
