"""What two mappings say differently, and the semver step that this needs.

The step follows from what a flow can rely on: the operations with their inputs, and the business fields with their
kinds. One that is removed or changes its kind breaks flows: major. One that is added, or a change in what weighs most
in the results of the samples, is minor. All else is a patch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from workbench.catalogue import EXTRA, LIST, OBJECT, TEXT, catalogue
from workbench.plan import REQUIRED_WITH_INPUT, is_block
from workbench.templates import Input, TemplateError, compile_template, texts_in

MAJOR, MINOR, PATCH, NONE = "major", "minor", "patch", "none"
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
BOOKKEEPING = ("version", "history", "evidence")
"""What exporting writes itself; it is no change of what the mapping says."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*|[0-9]+")
_SHOWN = 100
_DERIVED = {
    "order.tracking_numbers": ("order.shipments.tracking_number", "order.lines.tracking_numbers"),
    "order.carrier": ("order.shipments.carrier",),
    "order.return_tracking_number": ("order.returns.tracking_number",),
    "order.return_status": ("order.returns.status",),
}
"""What an order takes from its parts where it has no rule of its own."""


class Change(NamedTuple):
    """One difference between two mapping files.

    Attributes:
        where: The place in the file, such as `records.order.status.lookup.2`.
        kind: added, removed or changed.
        before: What stood there, as text; empty when added.
        after: What stands there, as text; empty when removed.
    """

    where: str
    kind: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """The change as one line."""
        if self.kind == CHANGED:
            return f"{self.where}: {self.before} -> {self.after}"
        return f"{self.where}: {self.kind} {self.after or self.before}"

    def to_dict(self) -> dict[str, str]:
        """The change as `--json` prints it."""
        return self._asdict()


class Step(NamedTuple):
    """A semver step and the reasons for it."""

    word: str
    why: tuple[str, ...]


def content(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a mapping file says, without what exporting writes itself."""
    return {key: value for key, value in data.items() if key not in BOOKKEEPING}


def rule_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The differences between two mapping files, place by place; without version, history and evidence."""
    return list(_differences(content(old), content(new), ""))


def _differences(old: Any, new: Any, where: str) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _tables(old, new, where)
    elif isinstance(old, list) and isinstance(new, list) and any(isinstance(one, Mapping) for one in (*old, *new)):
        yield from _tables(_named(old), _named(new), where)
    elif type(old) is not type(new) or old != new:
        yield Change(where, CHANGED, shown(old), shown(new))


def _tables(old: Mapping[Any, Any], new: Mapping[Any, Any], where: str) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        place = _place(where, key)
        before, after = old.get(key), new.get(key)
        if key in old and key in new:
            yield from _differences(before, after, place)
        elif not where and isinstance(before if key in old else after, Mapping):
            yield from _tables(before or {}, after or {}, place)  # a section of the file: told entry by entry
        elif key in new:
            yield Change(place, ADDED, "", shown(after))
        else:
            yield Change(place, REMOVED, shown(before), "")


def _named(rows: Sequence[Any]) -> dict[Any, Any]:
    """A list as a table: by the names of its entries where all have one of their own, else by position."""
    names = [row.get("name") if isinstance(row, Mapping) else None for row in rows]
    unique = len(set(map(str, names))) == len(names) and all(isinstance(name, str) for name in names)
    return dict(zip(names if unique else range(len(rows)), rows, strict=True))


def _place(where: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{where}[{key}]"
    word = str(key)
    if not _PLAIN_KEY.fullmatch(word):
        return f"{where}[{word!r}]"
    return f"{where}.{word}" if where else word


def shown(value: Any) -> str:
    """A part of a mapping file on one line, cut where it is long."""
    text = _flow(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        # quotes only where the text would read as something else
        return (
            value if value and value.isprintable() and value == value.strip() else json.dumps(value, ensure_ascii=False)
        )
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------- what flows rely on


def surface(data: Mapping[str, Any]) -> dict[str, str]:
    """The operations with their inputs and the business fields with their kinds, by dotted name."""
    found = {f"operation {name}": _promise(name, body) for name, body in (data.get("operations") or {}).items()}
    extras = data.get("fields") or {}
    for record, fields in (data.get("records") or {}).items():
        found.update(_fields(fields, record, record, extras))
    for derived, sources in _DERIVED.items():
        source = next((source for source in sources if source in found), None)
        if source:
            record, _, key = derived.partition(".")
            found.setdefault(derived, catalogue().records[record].fields[key].kind)
    return found


def _promise(name: str, operation: Mapping[str, Any]) -> str:
    """An operation's inputs and the record that it finds, in words."""
    found = set(operation.get("inputs") or ())
    if name in REQUIRED_WITH_INPUT:
        found.add(REQUIRED_WITH_INPUT[name][1])
    for text in texts_in(operation):
        try:
            found.update(part.name for part in compile_template(text) if isinstance(part, Input))
        except TemplateError:
            continue
    record = (operation.get("orders") or {}).get("use", "order")
    return f"{record} by {', '.join(sorted(found)) or 'nothing'}"


def _fields(fields: Any, record: str, prefix: str, extras: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = catalogue().records[record].fields if record in catalogue().records else {}
    for key, rule in (fields or {}).items() if isinstance(fields, Mapping) else ():
        name = f"{prefix}.{key}"
        field = known.get(key)
        if field is None:
            yield name, str((extras.get(key) or {}).get("kind", TEXT))
            continue
        yield name, field.kind
        if field.raw:
            yield f"{prefix}.{field.raw}", TEXT
        if field.kind in (OBJECT, LIST, EXTRA) and isinstance(rule, Mapping):
            inner = rule.get("fields") if is_block(rule) else rule
            yield from _fields(inner, field.record, name, extras)


def needed_step(old: Mapping[str, Any], new: Mapping[str, Any], results: Iterable[str] = ()) -> Step:
    """The semver step from one mapping to another, and why.

    Args:
        old: What the older file says.
        new: What the newer file says.
        results: What changes in the samples' results and weighs: amounts, states, e-mails, numbers, tracking.
    """
    before, after = surface(old), surface(new)
    breaking = [f"{name} removed" for name in _outermost(before.keys() - after.keys(), before)]
    breaking += [
        f"{name} changes from {kind} to {after[name]}" for name, kind in before.items() if after.get(name, kind) != kind
    ]
    if breaking:
        return Step(MAJOR, tuple(breaking))
    more = [f"{name} added" for name in _outermost(after.keys() - before.keys(), after)]
    more += [f"results change: {result}" for result in results]
    if more:
        return Step(MINOR, tuple(more))
    return Step(PATCH, ("no field, operation or result that weighs changes",))


def _outermost(names: Set[str], order: Iterable[str]) -> list[str]:
    """Names in an order, without those inside another one."""
    return [name for name in order if name in names and name.rpartition(".")[0] not in names]


def added_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Business fields that only the newer mapping has, by dotted name without the record."""
    names = surface(new).keys() - surface(old).keys()
    return {name.partition(".")[2] for name in names if "." in name and not name.startswith("operation ")}
