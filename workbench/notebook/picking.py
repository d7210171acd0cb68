"""The tree, what a click means, and what is done with the value."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from workbench.calls import Exchange
from workbench.catalogue import catalogue
from workbench.errors import UsageError
from workbench.notebook.base import Base, locked
from workbench.notebook.fields import every_field, read_rule, rule_text
from workbench.pick import Picker, Proposal, suggest_word, values_of
from workbench.pick.rules import drop_rule
from workbench.samples.documents import documents_of, reading_of
from workbench.tree import Change, Tree, merge_alike

_PASTED = re.compile(
    r"[|\s]*[\"']?([^|=:;\t\"']{1,60}?)[\"']?\s*(?:=>|->|=|:|;|\t|\||\s-\s)\s*[\"']?([^|\"']{2,80}?)[\"']?[|\s]*"
)


class Picking(Base):
    """Assigning nodes to business fields."""

    @locked
    def tree(self, call: str | None = None, operation: str | None = None, *, quick: bool = False) -> Tree:
        """The merged tree of a call, over all samples; with `quick` perhaps only its top, in a moment."""
        chosen = self._chosen(operation)
        return self._store.tree(self.plan(), chosen, call or self._call, quick=quick)

    @locked
    def compare(self, call: str | None = None, operation: str | None = None) -> list[Change]:
        """How the fresh answers of a call differ from the saved ones: new, gone, other type, other presence."""
        chosen, name = self._chosen(operation), call or self._call
        reading = reading_of(self.plan(), chosen).get(name, {})
        sides: dict[bool, list[Any]] = {True: [], False: []}
        for taken in self._store.taken:
            if taken.sample.operation in (chosen, None):
                sides[taken.live] += documents_of(taken.sample, name, reading, self._store.trials.decoded)
        if not all(sides.values()):
            raise UsageError("nothing to compare - fetch again, beside a saved sample")
        before, after = merge_alike(sides[False], sides[True])
        return before.differences(after)

    def _picker(self, operation: str) -> Picker:
        plan = self.plan()
        calls = [call.name for call in plan.operations[operation].calls]
        documents = {call: self._store.documents(plan, operation, call) for call in calls}
        trees = {call: self._store.tree(plan, operation, call) for call in calls}
        clocks = {
            taken.sample.name: clock
            for taken in self._store.taken
            for clock in [header_clock(taken.exchanges)]
            if clock is not None
        }
        samples, trials = self._store.samples, self._store.trials
        return Picker(self._draft.data, operation, samples, documents, trees, trials, clocks)

    @locked
    def propose(
        self, field: str, path: str, call: str | None = None, operation: str | None = None, second: str | None = None
    ) -> list[Proposal]:
        """What a click on a node may mean for a field, with the value that each reading gives on every sample."""
        _texts(field=field, path=path)
        return self._picker(self._chosen(operation)).propose(field, call or self._call, path.strip(), second)

    @locked
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
            second: `first` or `join` adds the node to the rule that is there; `auto` chooses by the field.

        Raises:
            UsageError: Nothing can come from there; the message says what to do instead.
        """
        _texts(field=field, path=path)
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

    @locked
    def assign_text(self, field: str, text: str) -> str:
        """Writes a rule as it is typed: a path, or a table in YAML.

        Raises:
            UsageError: It is no rule.
        """
        _texts(field=field, text=text)
        if not text.strip():
            raise UsageError(
                "nothing is typed - write a path such as @.number, or click a node; unassign() takes it away"
            )
        rule = read_rule(text)
        self._write_rule(field, rule, f"{field} = {rule_text(rule)}", f"bench.assign_text({field!r}, {text.strip()!r})")
        return rule_text(rule)

    @locked
    def unassign(self, field: str) -> None:
        """Takes a field's rule away; a block without fields goes with it."""
        if self.rule(field) is None:
            raise UsageError(f"{field} has no rule")

        def edit(data: dict[str, Any]) -> None:
            drop_rule(data["records"]["order"], field)

        self._edit(f"remove {field}", edit, f"bench.unassign({field!r})", f"{field} is removed")

    @locked
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

    @locked
    def lookup(self, field: str, table: Mapping[str, str | None], otherwise: str | None = None) -> None:
        """The status table of a field: the merchant's words and ours; None removes a word.

        Raises:
            UsageError: A word is not in the vocabulary.
        """
        if not isinstance(table, Mapping):
            raise UsageError("no table of words - write {'3': 'shipped'}")
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

    @locked
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

    @locked
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
            for order in (each for orders in trial.records for each in orders):
                for word in values_of(order, f"{field}_raw"):
                    counts[word] = counts.get(word, 0) + 1
        return counts

    @locked
    def each(self, path: str, call: str | None = None, operation: str | None = None) -> None:
        """Says which node repeats per order."""
        chosen = self._chosen(operation)
        found = self._picker(chosen).place_orders(call or self._call, path)[0]
        told = f", {call!r}" if call else ""
        told += f", operation={operation!r}" if operation else ""
        self._edit("orders", lambda _: found.data, f"bench.each({path!r}{told})", found.words)

    @locked
    def unplaced(self) -> dict[str, tuple[str, str]]:
        """The operations whose answers nobody has said where the orders stand in, with the call and node that it seems.

        The rules of an order are shared: what they find in the answers of another operation tells its place there.
        """
        if "unplaced" not in self._memo:
            found = {}
            for name, trial in self.trials().items():
                body = self._draft.data["operations"][name] or {}
                if "orders" not in body and not any(result.orders for result in trial.results):
                    place = self._picker(name).fitting_place()
                    if place is not None:
                        found[name] = place
            self._memo["unplaced"] = found
        told: dict[str, tuple[str, str]] = self._memo["unplaced"]
        return told

    @locked
    def note(self, field: str, text: str) -> None:
        """Writes down why a rule is so; it goes into the file."""
        self.transform(field, note=text.strip() or None)

    @locked
    def declare(self, name: str, label: str = "", kind: str = "text", meaning: str = "") -> None:
        """Declares a field of the merchant's own; assign it as `extra.NAME`."""
        body = {"label": label or name.replace("_", " "), "kind": kind, **({"meaning": meaning} if meaning else {})}
        told = ", ".join(f"{key}={value!r}" for key, value in body.items())
        self._edit(
            f"field {name}", lambda data: data.setdefault("fields", {}).update({name: body}),
            f"bench.declare({name!r}, {told})",
        )  # fmt: skip


def header_clock(exchanges: Sequence[Exchange]) -> datetime | None:
    """When the merchant says that it answered last: its own Date header, whatever our clock says."""
    for exchange in reversed(exchanges):
        told = exchange.response.headers.get("date", "") if exchange.response else ""
        try:
            moment = parsedate_to_datetime(told)
        except (TypeError, ValueError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _texts(**given: object) -> None:
    for name, value in given.items():
        if not isinstance(value, str):
            raise UsageError(f"{name} is {type(value).__name__}, a text is needed - such as lines.sku or $.data[0].sku")


def _chosen_proposal(found: Sequence[Proposal], choice: int | str) -> Proposal:
    if isinstance(choice, int):
        if not -len(found) <= choice < len(found):
            raise UsageError(f"there are {len(found)} readings - choose 0 to {len(found) - 1}")
        return found[choice]
    fitting = [each for each in found if str(choice) in each.words]
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
