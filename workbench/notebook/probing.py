"""How the searches behave: asked with at most eight reads, and written into the draft."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from workbench.calls import Exchange
from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import open_merchant
from workbench.notebook.base import BY_EMAIL, BY_NUMBER, locked
from workbench.notebook.searching import Tried, Trying, findings, paging_of, plan_reads
from workbench.notebook.signing import SigningIn
from workbench.pick import Trial
from workbench.samples import recorded
from workbench.samples.documents import documents_of, reading_of, sample_of


class Probing(SigningIn):
    """Finding out how the merchant searches."""

    @locked
    def probe_plan(self, email: str = "", number: str = "") -> list[Trying]:
        """The reads that `probe_search` would send, at most eight: known, unknown, other case, plus sign, prefix.

        Args:
            email: A customer's e-mail that has orders, or a reference; the connection's probe unless given.
            number: An order's number, or a reference; the connection's probe unless given.
        """
        probe = self._probe()
        asked = [self._value(given or probe.get(name, "")) for name, given in (("email", email), ("number", number))]
        return plan_reads(self.operations, *asked)

    @locked
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

    @locked
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
