"""What comes out on the samples, and what is left to ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError
from workbench.mapping import load_data
from workbench.notebook.base import INDEXES, TABS, locked
from workbench.notebook.contradictions import Contradiction, contradictions
from workbench.notebook.fields import every_field, groups, mask
from workbench.notebook.presence import lacking, orders_of, presence
from workbench.notebook.probing import Probing
from workbench.notebook.todo import (
    Todo,
    of_contradictions,
    of_differing,
    of_lacking,
    of_lacks,
    of_unplaced,
    pages_left,
    questions,
)
from workbench.pick import values_of
from workbench.pick.places import places_read
from workbench.pick.trial import holders_of
from workbench.runtime import Mapping as Runnable
from workbench.samples.documents import customer_of

_MATCH = re.compile(r"(\d+) of (\d+) match")


class Results(Probing):
    """Looking at the results."""

    @locked
    def _rows(self, tab: str = "orders") -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
        """The results on all samples, row by row: the columns (key and label), and each row's values."""
        if tab not in TABS:
            raise UsageError(f"no tab {tab!r} - one of {', '.join(TABS)}")
        block = TABS[tab]
        columns: dict[str, str] = {"order_number": "Order Number"}
        found: list[dict[str, str]] = []
        for name, trial in self.trials().items():
            index = -1
            for sample, orders in zip(trial.samples, trial.records, strict=True):
                for told in orders:
                    index += 1
                    for holder in holders_of(told, f"{block}.x") if block else [told]:
                        row = {"order_number": told.get("order_number", ""), **flat(holder)}
                        found.append({**row, "_sample": sample.name, "_operation": name, "_index": str(index)})
        labels = {key: field.label for _, key, field in every_field()}
        for row in found:
            for key in row:
                if not key.startswith("_") and key not in columns:
                    columns[key] = labels.get(f"{block}.{key}" if block else key) or key.replace("_", " ").capitalize()
        for group, key, field in every_field():
            if (group == block or (not block and group in ("order", "shipping_address"))) and self.rule(
                key
            ) is not None:
                columns.setdefault(key.removeprefix(f"{block}.") if block else key, field.label)
        return list(columns.items()), found

    @locked
    def preview(self, tab: str = "orders", *, reveal: bool = False, rows: int | None = None) -> Any:
        """The results on all samples as a pandas table; masked unless `reveal`, as the notebook is saved with it."""
        import pandas as pd

        columns, found = self._rows(tab)
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

    @locked
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
            mapping = Runnable(load_data(self.data, "the draft"))
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

    @locked
    def problems(self) -> list[str]:
        """What is wrong with the results on the samples, each once, with the number of times; and lint of the file."""
        counts: dict[str, int] = {}
        for trial in self.trials().values():
            for result in trial.results:
                for problem in result.problems:
                    text = f"{INDEXES.sub('', problem.where)}: {problem.what}"
                    counts[text] = counts.get(text, 0) + 1
        found = [f"{text} ({count} times)" if count > 1 else text for text, count in counts.items()]
        return [*found, *(problem.text for problem in self._draft.file().problems)]

    @locked
    def ask(self, question: str) -> None:
        """Puts a question of the engineer's own into the letter to the merchant."""
        self._asks.append(question.strip())
        self._changed("noted for the letter", f"bench.ask({question!r})")

    @locked
    def questions(self) -> str:
        """The open points as a letter to the merchant, without customers' data."""
        words = {}
        customer = customer_of(self._store.samples)
        for _, key, field in every_field():
            if field.vocabulary and self.rule(key) is not None:
                left = [each["word"] for each in self.words(key) if each["seen"] and not each["meaning"]]
                left = [word for word in left if not customer.is_said_by(word)]
                known = {word.casefold() for word in self._vocabulary(key)}
                words[key] = [word for word in left if word.casefold() not in known]
        return questions(self.merchant, self.todo(), words, self._asks)

    @locked
    def confirm(self, order: str, field: str, expected: str | None = None) -> bool:
        """Ticks a value that matches the back office, or says what it should be; kept as evidence.

        What differs stands against the export until the rule is mended, or it is waived.

        Returns:
            Whether the result has the expected value.

        Raises:
            UsageError: No sample has an order of that number, or there is no such field.
        """
        if field not in {key for _, key, _ in every_field()} and not field.startswith("extra."):
            raise UsageError(f"no field {field!r} - name it as the preview does, lines.sku")
        values = self._values_of(order, field)
        if values is None:
            raise UsageError("no sample has that order - fetch it first")
        wanted = tuple(values) if expected is None else (expected.strip(),)
        self._confirmed[field, order] = wanted
        good = set(wanted) <= set(values)
        self._note_confirmed(field)
        self._changed(f"{field} {'matches' if good else 'differs from'} the back office")
        return good

    def _values_of(self, order: str, field: str) -> list[str] | None:
        """The values of a field of an order, in the first sample that has any; None where no sample has the order."""
        found: list[str] | None = None
        for orders in orders_of(self.trials()).values():
            for told in orders:
                if told.get("order_number") == order:
                    found = found or values_of(told, field)
        return found

    def _compared(self) -> dict[str, tuple[int, int]]:
        """By field, how many of the values told by the back office differ now, and how many were told."""
        found: dict[str, tuple[int, int]] = {}
        for field, said in ((self._draft.data.get("evidence") or {}).get("confirmed") or {}).items():
            match = _MATCH.fullmatch(str(said))
            told = self._counted(field)  # of this session; what was told before is only known by its number
            if told[1]:
                found[field] = told
            elif match:
                found[field] = int(match[2]) - int(match[1]), int(match[2])
        return found

    def _counted(self, field: str) -> tuple[int, int]:
        bad = total = 0
        for (name, order), wanted in self._confirmed.items():
            values = self._values_of(order, field) if name == field else None
            if values is not None:
                bad, total = bad + (not set(wanted) <= set(values)), total + 1
        return bad, total

    def _note_confirmed(self, field: str) -> None:
        """Writes down how many orders match the back office, without their numbers."""
        bad, total = self._counted(field)
        if not total:
            return
        said = f"{total - bad} of {total} match"

        def edit(data: dict[str, Any]) -> None:
            data.setdefault("evidence", {}).setdefault("confirmed", {})[field] = said

        self._edit(f"confirm {field}", edit)

    @locked
    def presence(self) -> list[dict[str, str]]:
        """In how many records each mapped field has a value, by operation: `11/12`.

        A list answer often lacks what the detail answer has; `todo()` says what.
        """
        return presence(self.trials(), self._ruled())

    def _ruled(self) -> list[str]:
        """The fields that have a rule."""
        own = [f"extra.{name}" for name in self._draft.data.get("fields") or {}]
        return [key for key in [*(key for _, key, _ in every_field()), *own] if self.rule(key) is not None]

    @locked
    def todo(self) -> list[Todo]:
        """What is left to do, what stands against the export first."""
        if "left" not in self._memo:
            trials = self.trials()
            more = [
                *(of_unplaced(self.unplaced()) if all(map(self._has_trees, trials)) else ()),
                *of_differing(self._compared()),
                *of_lacking(self._draft.data, {name: one.lacking for name, one in self.plan().operations.items()}),
                *pages_left(self._draft.data, trials),
                *of_lacks(lacking(orders_of(trials), self._ruled())),
                *of_contradictions(self._contradictions()),
            ]
            waived = {entry["finding"] for entry in self._draft.data.get("waived") or ()}
            every = [*super().todo(), *(one for one in more if one.text not in waived)]
            found = sorted(every, key=lambda one: not one.blocks)
            if not all(map(self._has_trees, trials)):
                return found
            self._memo["left"] = found
        left: list[Todo] = self._memo["left"]
        return left

    def _has_trees(self, operation: str) -> bool:
        """Whether the trees of an operation are made, or made in a moment: nothing here waits for large ones."""
        plan = self.plan()
        return all(
            self._store.has_tree(plan, operation, call) or not self._store.is_large(operation, call)
            for call in self._calls_of(operation)
        )

    def _contradictions(self) -> list[Contradiction]:
        kinds = {key: field.kind for _, key, field in every_field()}
        found = []
        for name, trial in self.trials().items():
            if not self._has_trees(name):
                continue
            picker = self._picker(name)
            reads = places_read(self._draft.data, name, picker.trees)
            names = [sample.name for sample in trial.samples]
            found += contradictions(reads, kinds, picker.trees, picker.documents, names)
        return list({(one.field, one.place): one for one in found}.values())

    def _groups(self) -> list[dict[str, Any]]:
        """The fields side of the widget: every field with its rule, a value and how often it is there."""
        trial = self.trials().get(self._operation)
        return groups(self._draft.data, "order", trial)


def flat(holder: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The texts of a record; an address in columns, lists of rows as their number."""
    found: dict[str, str] = {}
    for key, value in holder.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            rows = any(isinstance(each, dict) for each in value)
            found[f"{prefix}{key}"] = f"{len(value)}" if rows else ", ".join(map(str, value))
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


def _explained(each: Any) -> list[str]:
    lines = [f"{each.where} = {each.rule}"]
    for step in each.steps:
        lines.append(f"  {step.text}")
    return [*lines, f"  -> {each.outcome}"]
