"""Suggestions: what the answers most likely mean, taken one by one or all that are sure; nothing is taken unasked."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.mapping import load_text
from workbench.notebook.base import locked
from workbench.notebook.fields import rule_text
from workbench.notebook.starting import Starting
from workbench.pick.places import paths_of, ruled_fields
from workbench.pick.rules import drop_rule, set_rule, with_second
from workbench.samples import Suggestion as Expectation
from workbench.suggest import Draft, Suggestion, draft
from workbench.suggest.calls import pages_of
from workbench.suggest.rules import inside
from workbench.versions import read_text

SURE, LIKELY = 0.9, 0.75
"""From which score on a suggestion is called sure, and likely."""


def confidence(score: float) -> str:
    """The score as a word: sure ones are right nine times in ten on systems never seen."""
    return "sure" if score >= SURE else "likely" if score >= LIKELY else "perhaps"


class Suggesting(Starting):
    """Proposals for fields that have no rule yet."""

    _suggested: Draft | None = None
    _suggested_of: str = ""
    _second: frozenset[str] = frozenset()

    @locked
    def suggest(self, operation: str | None = None, call: str | None = None) -> list[Suggestion]:
        """Proposes a rule for every field that it is sure enough of, from the answers of all calls of an operation.

        What is mapped already counts as confirmed and is evidence for the rest: press it again after some clicks. A
        field whose rule finds nothing in this operation, though it does in another, may get a second place.

        Args:
            operation: The operation; the selected one unless given.
            call: One call alone; all of them, each order with what the others tell of it, unless given.

        Returns:
            The proposals, the surest first. `candidates(field)` tells what else a field may be.

        Raises:
            UsageError: There is no answer yet, or nothing in it is an order.
        """
        chosen = self._chosen(operation)
        if not self._calls_of(chosen):
            raise UsageError("no call yet - add one, and fetch an order")
        lookups = self._store.lookups(self.plan(), chosen)
        told = [(sample, answers) for sample, answers in lookups if call is None or call in answers]
        if not told:
            raise UsageError("no answer yet - fetch an order first")
        data, silent = copy.deepcopy(self._draft.data), self._silent(chosen)
        for field in silent:
            drop_rule(data["records"]["order"], field)
        found = draft(
            [answers if call is None else {call: pages_of(answers[call])} for _, answers in told],
            asked=dict(told[0][0].inputs),
            given=data,
            operation=chosen,
            folders=[self.folder.parent],
            merchant=self.merchant,
        )
        if found.record != "order":  # a session maps orders; what else an answer holds is told
            found = Draft(self.data, summary=found.summary)
        found.known = [one for one in found.known if one.merchant != self.merchant]
        self._suggested, self._suggested_of, self._second = found, chosen, frozenset(silent)
        self._changed(found.summary, "bench.suggest()")
        return self._proposed()

    @locked
    def candidates(self, field: str) -> list[Suggestion]:
        """What a field may be, the likeliest first, also where no proposal is sure enough; `suggest()` comes first."""
        found = self._found()
        return found.candidates(field)

    @locked
    def use_suggestion(self, field: str, rank: int = 0) -> str:
        """Takes a proposal for a field; returns what was written.

        Args:
            field: The business field.
            rank: Which of its candidates; the likeliest unless given.

        Raises:
            UsageError: There is no such proposal, or the field has a rule already.
        """
        found = self._found()
        if self.rule(field) is not None and field not in self._second:
            raise UsageError(f"{field} has a rule already - unassign it first")
        sure = found.sure.get(field)
        candidates = found.candidates(field)
        if rank == 0 and sure is not None:
            chosen = sure
        elif 0 <= rank < len(candidates):
            chosen = candidates[rank]
        else:
            raise UsageError(f"no such proposal for {field} - click its value in the tree")
        chosen = self._seen(chosen)
        if field in self._second:
            chosen = replace(chosen, rule=with_second(chosen.rule, self.rule(field), "first"))
            self._second -= {field}
        told = f", {rank}" if rank else ""
        self._edit(
            f"{field} = {rule_text(chosen.rule)}", lambda data: self._write_suggestion(data, found, chosen),
            f"bench.use_suggestion({field!r}{told})", f"{field}: {rule_text(chosen.rule)}",
        )  # fmt: skip
        return rule_text(chosen.rule)

    def _seen(self, chosen: Suggestion) -> Suggestion:
        """A proposal as it is written inside the block that the mapping has already: `@.city`, seen from its `at`."""
        head = chosen.field.rpartition(".")[0]
        block = self._draft.data["records"].get("order", {}).get(head) if head else None
        if self._elsewhere(chosen):
            raise UsageError(f"{chosen.field} is proposed for another place than {head} has - click its value")
        ours = block.get("at") if isinstance(block, dict) else None
        theirs = (chosen.place or {}).get("at")
        if not block or ours == theirs:
            return chosen
        if theirs is not None or not isinstance(ours, str):
            raise UsageError(f"{chosen.field} is proposed for another place than {head} has - click its value")
        return replace(chosen, rule=inside(chosen.rule, ours))

    def _silent(self, operation: str) -> list[str]:
        """The fields whose rule finds nothing in the orders of an operation, though it does in another one's."""
        trials = self.trials()
        trial = trials.get(operation)
        if trial is None or not any(trial.records):
            return []
        others = [each for name, each in trials.items() if name != operation]
        return [
            field for field, _ in ruled_fields(self._draft.data["records"].get("order") or {}, "order")
            if not trial.filled(field)[0] and any(each.filled(field)[0] for each in others)
        ]  # fmt: skip

    def _elsewhere(self, one: Suggestion) -> bool:
        """Whether a proposal is for rows that the mapping has from another place already."""
        block = self._draft.data["records"].get("order", {}).get(one.field.rpartition(".")[0])
        each = block.get("each") if isinstance(block, dict) else None
        return each is not None and (one.place or {}).get("each") != each

    def _write_suggestion(self, data: dict[str, Any], found: Draft, chosen: Suggestion) -> None:
        """The rule, with the blocks that it stands in."""
        body = data["operations"][self._suggested_of] or {}
        data["operations"][self._suggested_of] = body
        orders = next(iter(found.mapping["operations"].values()))["orders"]
        if "orders" not in body:
            body["orders"] = copy.deepcopy(orders)
        elif orders.get("with"):
            body["orders"].setdefault("with", {}).update(copy.deepcopy(orders["with"]))
        record = data["records"].setdefault("order", {})
        head = chosen.field.rpartition(".")[0]
        proposed = found.mapping["records"]["order"].get(head, chosen.place) if head else None
        if head and head not in record:
            places = {"each", "at"} & proposed.keys() if isinstance(proposed, dict) else set()
            if not places and head in ("lines", "shipments", "returns"):
                raise UsageError(f"where the {head} stand is not sure - click one of their values")
            record[head] = {**copy.deepcopy(proposed), "fields": {}} if places and proposed else {}
        elif isinstance(proposed, dict) and proposed.get("with") and isinstance(record.get(head), dict):
            record[head].setdefault("with", {}).update(copy.deepcopy(proposed["with"]))
        for name, needed in chosen.related.items():
            block = record.get(name) if name else body["orders"]
            if isinstance(block, dict):
                block.setdefault("with", {}).update(copy.deepcopy(needed))
        set_rule(data, "order", chosen.field, chosen.rule)

    @locked
    def use_sure(self) -> int:
        """Takes every proposal that is sure, each as a step of its own that can be undone; returns how many fields.

        Another operation whose answers hold the same orders gets their place there, as a step of its own.
        """
        wanted = [one for one in self._proposed() if one.score >= SURE]
        if not wanted and not self.unplaced():
            raise UsageError("nothing that is sure - use the proposals one by one, or click the values")
        for one in wanted:
            self.use_suggestion(one.field)
        for operation, (name, path) in self.unplaced().items():
            self.each(path, name, operation)
        self._changed(f"{len(wanted)} fields are mapped as proposed; look at the results, each can be undone")
        return len(wanted)

    @locked
    def expectations(self) -> list[str]:
        """What all orders of the answers bear out and the draft does not state yet, by field; `suggest()` comes first.

        `use_expectation(field)` takes one; exporting takes all that the samples bear out by then.
        """
        return [each.field for each in self._expected()]

    @locked
    def use_expectation(self, field: str) -> str:
        """Takes an expectation into the draft, as a step that can be undone; returns the line of the file.

        Args:
            field: The business field.

        Raises:
            UsageError: The answers do not bear it out, or the field has no rule yet.
        """
        chosen = next((each for each in self._expected() if each.field == field), None)
        if chosen is None:
            raise UsageError(f"nothing is expected of {field} - see expectations()")
        told = chosen.text.partition("  #")[0]

        def edit(data: dict[str, Any]) -> None:
            data.setdefault("expect", {})[field] = copy.deepcopy(chosen.expect)

        self._edit(f"expect {told}", edit, f"bench.use_expectation({field!r})", f"expected: {chosen.text}")
        return told

    def _expected(self) -> list[Expectation]:
        """The expectations whose fields have rules by now, and that the draft does not state."""
        rules = self._draft.data["records"].get("order") or {}
        stated = self._draft.data.get("expect") or {}
        return [each for each in self._found().expectations if each.field in rules and each.field not in stated]

    @locked
    def use_known(self, merchant: str) -> int:
        """Takes the mapping of an earlier merchant whose answers look the same, for the fields that have no rule yet.

        Returns:
            How many fields were taken; look at each.

        Raises:
            UsageError: No such mapping was recognised.
        """
        known = next((one for one in self._found().known if one.merchant == merchant), None)
        if known is None:
            raise UsageError(f"the mapping of {merchant} was not recognised here")
        theirs = load_text(read_text(Path(known.file)), known.file).data
        record = theirs["records"].get("order") or {}
        body = theirs["operations"][known.operation]
        count = 0

        def edit(data: dict[str, Any]) -> None:
            nonlocal count
            own = data["operations"][self._suggested_of] or {}
            data["operations"][self._suggested_of] = own
            if body.get("orders"):
                own.setdefault("orders", copy.deepcopy(body["orders"]))
            calls = {call.get("name", "main") for call in own.get("calls") or ()}
            fields = data["records"].setdefault("order", {})
            for name, rule in record.items():
                if name not in fields and not _names_other_call(rule, calls):
                    fields[name] = copy.deepcopy(rule)
                    count += 1
            if theirs.get("fields"):
                data.setdefault("fields", {}).update(copy.deepcopy(theirs["fields"]))

        self._edit(
            f"as {merchant}", edit, f"bench.use_known({merchant!r})", f"taken from {merchant}; confirm each field"
        )
        return count

    def _found(self) -> Draft:
        if self._suggested is None:
            raise UsageError("nothing is suggested yet - suggest() first")
        return self._suggested

    def _proposed(self) -> list[Suggestion]:
        """The proposals for fields that have no rule by now, and whose place no rule reads."""
        found = self._suggested
        if found is None or self._suggested_of not in self._draft.data["operations"]:
            return []
        record = self._draft.data["records"].get("order") or {}
        taken = {(field.rpartition(".")[0], path) for field, rule in ruled_fields(record, "order")
                 for path in paths_of(rule)}  # fmt: skip
        left = [
            one for one in found.sure.values()
            if (self.rule(one.field) is None or one.field in self._second) and not self._elsewhere(one)
            and not any((one.field.rpartition(".")[0], path) in taken for path in paths_of(one.rule))
        ]  # fmt: skip
        return sorted(left, key=lambda one: -one.score)


def _names_other_call(rule: Any, calls: set[str]) -> bool:
    """Whether a rule or block reads a call that this operation does not have."""
    text = json.dumps(rule, default=str)
    named = set(re.findall(r'"([A-Za-z_]\w*):\$', text))
    own = set(re.findall(r'"with": \{"([A-Za-z_]\w*)"', text)) | {"rows"}
    return bool(named - calls - own)
