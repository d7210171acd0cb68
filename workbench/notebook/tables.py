"""Small tables: a field derived by comparisons, and which orders or rows are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import MappingError, UsageError
from workbench.mapping import load_data
from workbench.notebook.base import locked
from workbench.notebook.draft import Refused
from workbench.notebook.fields import every_field, plain, rule_at
from workbench.notebook.picking import Picking
from workbench.paths import is_path
from workbench.pick import KeepChoice, Picker, Trial, cases_of, keep_choices
from workbench.pick.places import places_read
from workbench.pick.rules import set_rule
from workbench.pick.trial import holders_of

_SOURCES = ("path", "first", "join", "cases", "value")
_SHOWN = 60


class Tables(Picking):
    """What is said by a table of comparisons."""

    @locked
    def keep(self, conditions: Mapping[str, Any] | None, block: str = "", operation: str | None = None) -> None:
        """Keeps only the orders, or the rows of a block such as `lines`, for which conditions hold; None keeps all."""
        chosen = self._chosen(operation)
        if conditions is not None and not isinstance(conditions, Mapping):
            raise UsageError("no table of conditions - write {'@.kind': 'product'}; keep_choices() offers some")

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
        self._edit(f"keep {block or 'orders'}", edit, f"bench.keep({plain(conditions)!r}{told})")

    @locked
    def keep_choices(self, block: str = "", operation: str | None = None) -> list[KeepChoice]:
        """What rows could be kept, told apart by their own values: `keep rows whose type is "product"`.

        Args:
            block: `lines`, `shipments` or `returns`; empty for the orders themselves.
            operation: The operation; the selected one unless given.

        Returns:
            Each with its words, how many rows stay, and the conditions for `keep(conditions, block)`.

        Raises:
            UsageError: There is no such list yet.
        """
        return keep_choices(self._picker(self._chosen(operation)).rows(block))

    @locked
    def cases(
        self, field: str, rows: Sequence[Any], *, call: str | None = None, operation: str | None = None,
        write: bool = True,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Derives a field from comparisons, as a small table: the first row that holds gives the result.

        Args:
            field: The business field, `status` or `lines.status`.
            rows: Each `(field, comparison, value, result)`; field, value and result may be nodes of the tree. The last
                may be a result alone, for all others. `{"when": [(field, comparison, value), ...], "then": result}`
                wants several comparisons to hold. Comparisons are those of `COMPARISONS`.
            call: The call whose nodes are meant; the selected one unless given.
            operation: The operation; the selected one unless given.
            write: Write the rule; without it, only try it.

        Returns:
            What comes out, a row for each sample: its name, and the field's values.

        Raises:
            UsageError: A row cannot be understood, or the rule would be wrong; nothing is changed.
        """
        rule, trial = self._tried(field, rows, call, operation)
        found = trial.values(field)
        if write:
            more = f", call={call!r}" if call and call != self._call else ""
            code = f"bench.cases({field!r}, {plain(list(rows))!r}{more})"
            self._write_rule(field, rule, f"{field} = {len(rule['cases'])} cases", code)
        return [
            {"sample": sample.name, "values": list(values)} for sample, values in zip(trial.samples, found, strict=True)
        ]

    def _tried(
        self, field: str, rows: Sequence[Any], call: str | None, operation: str | None
    ) -> tuple[dict[str, Any], Trial]:
        """The rule that a table says, and what it gives on the samples."""
        chosen = self._chosen(operation)
        picker = self._picker(chosen)
        told = call or self._call

        def path(text: str) -> str:
            tree = picker.trees.get(told)
            if text.startswith("$") and tree is not None and tree.find(text) is not None:
                return picker.path_for(field, told, text)
            return text

        before = self.rule(field)
        kept = dict(before) if isinstance(before, Mapping) else {}
        kept = {key: value for key, value in kept.items() if key == "note" or ("cases" in kept and key not in _SOURCES)}
        rule = {"cases": cases_of(rows, path), **kept}
        data = self.data
        set_rule(data, "order", field, rule)
        try:
            trial = self._store.trials.of(load_data(data, "the draft").data, chosen, self._store.samples)
            trial.values(field)
        except MappingError as error:
            raise Refused(error.problems) from None
        return rule, trial

    @locked
    def try_cases(
        self, field: str, rows: Sequence[Any], call: str | None = None, operation: str | None = None
    ) -> list[dict[str, Any]]:
        """What a table would give, order by order; nothing is written. Arguments and errors are those of `cases`.

        Returns:
            For each order `order`, its number or its place, and `values`, empty text where a row has none.
        """
        _, trial = self._tried(field, rows, call, operation)
        name = field.rpartition(".")[2]
        orders = [order for each in trial.records for order in each]
        return [
            {
                "order": str(order.get("order_number") or f"#{index + 1}"),
                "values": [str(holder.get(name) or "") for holder in holders_of(order, field)],
            }
            for index, order in enumerate(orders[:_SHOWN])
        ]

    def _case_fields(self, field: str) -> list[dict[str, str]]:
        """The mapped fields that a table for a field may compare: each with its label and its path seen from there."""
        chosen = self._chosen(None)
        picker = self._picker(chosen)
        data, block = self._draft.data, field.rpartition(".")[0]
        places = {read.field: (read.call, read.place) for read in places_read(data, chosen, picker.trees)}
        found = []
        for _, key, known in every_field():
            rule = rule_at(data, "order", key)
            said = rule.get("path") if isinstance(rule, Mapping) else rule
            if key == field or not isinstance(said, str) or not is_path(said):
                continue
            path = said if key.rpartition(".")[0] == block else _seen_from(picker, field, places.get(key), said)
            if path:
                found.append({"field": key, "label": known.label, "path": path})
        return found


def _seen_from(picker: Picker, field: str, place: tuple[str, str] | None, path: str) -> str:
    """The path of a place seen from another field's block; empty where it cannot be said."""
    if place is None or "?" in path:
        return ""
    try:
        return picker.path_for(field, *place)
    except UsageError:
        return ""
