"""Asking the merchant, and keeping what came."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.calls import Exchange
from workbench.connect.secrets import references
from workbench.connect.settings import variable_prefix
from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import open_merchant
from workbench.notebook.base import BY_EMAIL, BY_NUMBER, INPUT, locked
from workbench.notebook.calling import Calling
from workbench.notebook.samples import Taken
from workbench.pick import Trial
from workbench.samples.documents import reading_of
from workbench.tree.inside import kind_inside


class Sampling(Calling):
    """Reaching the merchant, and keeping what came."""

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
        self._show(chosen, name)

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

        What was selected stays selected.

        Returns:
            What came of each, in words; what is not fetched, and why.
        """
        probe = self._probe()
        before = self._operation, self._call
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
        if before[0]:
            self.select(*before)
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
        self._show(operation, self._call if self._call in self._calls_of(operation) else None)
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
        self._show(chosen, call or names[0])
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
