"""Connection, calls, and the answers they give."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.calls import Exchange
from workbench.connect.secrets import Source, references
from workbench.connect.settings import variable_prefix
from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import open_merchant
from workbench.notebook.base import BY_EMAIL, BY_NUMBER, INPUT, METHODS, locked
from workbench.notebook.picking import Picking
from workbench.notebook.samples import Taken
from workbench.notebook.secrets import keep_secret
from workbench.pick import Trial
from workbench.samples.documents import reading_of
from workbench.tree.inside import kind_inside


class Sampling(Picking):
    """Reaching the merchant, and keeping what came."""

    @locked
    def connect(
        self,
        base_url: str,
        auth: Mapping[str, str] | None = None,
        *,
        timezone: str | None = None,
        environments: Mapping[str, Any] | None = None,
        probe: Mapping[str, str] | None = None,
        **others: Mapping[str, Any],
    ) -> None:
        """Says where the API is and how to get in; secrets only by reference, `${NORTHWIND_TOKEN}`.

        Args:
            base_url: Where the API is.
            auth: How to get in.
            timezone: Of times without an offset.
            environments: What differs elsewhere.
            probe: A live order to verify with.
            **others: Further tables of the connection, such as `headers`, `query`, `tls`, `rate` and `retries`.

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
            tables = {"auth": auth, "environments": environments, "probe": probe, **others}
            for name, given in tables.items():
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
                *others.items(),
            )
            if given is not None
        ]
        self._edit("connect", edit, f"bench.connect({', '.join(arguments)})", "connected")

    @locked
    def secret(self, name: str, value: str | None = None) -> None:
        """Keeps a secret in the engineer's `.env`; typed into a hidden prompt unless the form gave it.

        Raises:
            UsageError: The name is not the merchant's, or nothing was typed.
        """
        typed = getpass.getpass(f"{name}: ") if value is None else value
        path = keep_secret(name, typed, variable_prefix(self.merchant))
        self._changed(f"{name} is kept in {path.name}", f"bench.secret({name!r})")

    @locked
    def operation(self, name: str, inputs: Sequence[str] = ()) -> None:
        """Adds an operation, such as `find_orders_by_email`, and selects it; one that is there is selected."""
        if name not in self._draft.data["operations"]:
            body: dict[str, Any] = {"inputs": list(inputs)} if inputs else {}
            told = f", {list(inputs)!r}" if inputs else ""
            self._edit(
                f"add {name}", lambda data: data["operations"].update({name: body}), f"bench.operation({name!r}{told})"
            )
        self.select(name)

    @locked
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
        if method.lower() not in METHODS:
            raise UsageError(f"no method {method!r} - one of {', '.join(METHODS)}")
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

    @locked
    def calls(self) -> list[tuple[str, str, str, str, int]]:
        """Each call: its operation, name, method, URL, and how many answers there are of it."""
        found = []
        for operation, body in self._draft.data["operations"].items():
            for call in (body or {}).get("calls") or ():
                method = next(key for key in METHODS if key in call)
                name = call.get("name", "main")
                answers = sum(map(len, self._store.documents(self.plan(), operation, name)))
                found.append((operation, name, method, call[method], answers))
        return found

    @locked
    def remove_call(self, operation: str, name: str) -> None:
        """Removes a call; rules that used it are then wrong, and the removal is refused."""

        def edit(data: dict[str, Any]) -> None:
            body = data["operations"][operation]
            body["calls"] = [call for call in body["calls"] if call.get("name", "main") != name]
            if not body["calls"]:
                del body["calls"]

        self._edit(f"remove {name}", edit, f"bench.remove_call({operation!r}, {name!r})", f"{name} is removed")
        self._store.touched()
        self.select(operation)

    @locked
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

    @locked
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

    @locked
    def fetch_probe(self) -> list[str]:
        """Fetches the live order that the connection names to verify with, by every operation that can find it.

        Returns:
            What came of each, in words; what is not fetched, and why.
        """
        probe = self._probe()
        told = []
        for name in self.operations:
            wanted = [INPUT[name]] if name in INPUT else self._draft.data["operations"][name].get("inputs", [])
            if not wanted or not set(wanted) <= set(probe):
                told.append(f"{name}: no probe for {', '.join(wanted) or 'it'} in the connection")
                continue
            try:
                self.fetch(operation=name, **{key: probe[key] for key in wanted})
                told.append(f"{name}: {self.message}")
            except WorkbenchError as error:
                told.append(f"{name}: {error}")
        return told or ["no operation yet"]

    @locked
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

    def _base_url(self) -> str:
        """The connection's address, a reference in it filled in where it is known."""
        said = str((self._draft.data.get("connection") or {}).get("base_url") or "")
        try:
            return self._value(said)
        except WorkbenchError:
            return said

    def _asked_by(self, inputs: Mapping[str, str]) -> str:
        for name, body in self._draft.data["operations"].items():
            if set(inputs) == {INPUT.get(name, ""), *body.get("inputs", ())} - {""}:
                return str(name)
        wanted = next((name for name, each in INPUT.items() if each in inputs), "an operation")
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

    @locked
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
        if not isinstance(body, (bytes, str)):
            raise UsageError(f"{type(body).__name__} is no response - give bytes, text, or the Path of a file")
        raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
        names = self._calls_of(chosen)
        if call is not None and call not in names:
            known = f"there are {', '.join(names)}" if names else "there is none yet"
            raise UsageError(f"no call {call!r} - {known}; add it by call(...)")
        reading = reading_of(self.plan(), chosen).get(call or (names[0] if names else ""), {})
        try:
            document = decode(raw, content_type=content_type, **reading)
        except DecodeError as error:
            how = ""
            if isinstance(body, str) and len(body) < 300 and os.path.isfile(body):
                how = "; this text names a file - give Path(...) to read it"
            raise UsageError(f"not a response that can be mapped: {error}{how}") from None
        root = document.root
        if not isinstance(root, (dict, list)) and not (isinstance(root, str) and kind_inside([root])):
            raise UsageError("not a response that can be mapped: it is a single value, without any field to click")
        if not names:
            self.call("/", operation=chosen)
            names = self._calls_of(chosen)
        from workbench.calls import Request, Response

        request = Request("GET", "", call=call or names[0])
        response = Response(200, {"content-type": content_type} if content_type else {}, raw)
        asked = {name: str(value) for name, value in inputs.items()}
        self._store.take(chosen, asked, [Exchange(request, response)], "", self.plan())
        self.select(chosen, call or names[0])
        self._changed("the sample is loaded" if root else "the sample is loaded; it holds nothing, no order was found")

    @locked
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
                "error": bool(taken.error),
            }
            for taken in self._store.taken
        ]

    @locked
    def remove_sample(self, name: str) -> None:
        """Removes a sample, from the disk as well."""
        self._store.remove(name)
        self._changed(f"{name} is removed")

    @locked
    def consent(self, yes: bool = True) -> None:
        """Agrees, once for this merchant, that samples are saved with invented values in place of customers' data."""
        if yes:
            self._store.consent()
            self._changed("samples are saved with invented values from now on", "bench.consent()")
        else:
            self._changed("nothing is saved; samples are gone with the kernel")


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%H:%M") if moment else ""


def _sample_text(taken: Taken) -> str:
    when = taken.sample.recorded_at
    said = f"{when:%Y-%m-%d %H:%M}" if when else ""
    if taken.live:
        return f"live, {said}" + ("" if taken.saved else " - not saved")
    return f"saved sample, {said} - fetch again"
