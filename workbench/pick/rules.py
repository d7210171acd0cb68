"""Rules as the file says them: put together, sought and set in a mapping's data."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError
from workbench.mapping.check_blocks import inner_fields, is_block
from workbench.paths import compile_path, quote_name
from workbench.pick.model import Reading


def identifier(name: str, taken: set[str]) -> str:
    """A name for related items after what is found there; never one that is taken."""
    plain = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name).strip("_") or "item"
    plain = plain if not plain[0].isdigit() else f"n{plain}"
    found, count = plain, 2
    while found in taken:
        found, count = f"{plain}_{count}", count + 1
    return found


def rule_of(path: str, reading: Reading) -> Any:
    """The rule for a path, with the reading's transforms; a time of day is sought where its date was found."""
    if not reading.transforms:
        return path
    table: dict[str, Any] = {"path": path, **copy.deepcopy(reading.transforms)}
    if reading.clock:
        holder = _holder(path)
        clock = quote_name(reading.clock)
        moment = table.setdefault("datetime", {})
        if "[" in holder:
            table = {"at": holder, **table, "path": "@" + path[len(holder) :]}
            moment["time"] = f"@{clock}"
        else:
            moment["time"] = f"{holder}{clock}"
    return table


def _holder(path: str) -> str:
    """The path of the object that holds the last name of a path."""
    compiled = compile_path(path)
    kind, name = compiled.steps[-1]
    return path.removesuffix(quote_name(name)) if kind == "name" else path


def second_for(field: str) -> str:
    """How a second place most likely goes beside the first: parts of names and streets together, others instead."""
    return "join" if field.rpartition(".")[2] in ("customer_name", "name", "line1", "line2") else "first"


def with_second(rule: Any, before: Any, second: str | None) -> Any:
    """A second place beside the rule that is there."""
    if second is None or before is None:
        return rule
    if second not in ("first", "join"):
        raise UsageError(f"{second!r} says not how two places go together - first, join or auto")
    if isinstance(before, dict) and second in before:
        return {**before, second: [*before[second], rule]}
    if isinstance(before, dict) and set(before) == {"path"}:
        before = before["path"]
    return {second: [before, rule]}


def entry(data: Mapping[str, Any], record: str, head: str, whole: bool = False) -> Any:
    """The fields of a block by its dotted name; with `whole` the block itself. Missing ones are made."""
    fields: Any = data["records"].setdefault(record, {}) if isinstance(data["records"], dict) else {}
    block: Any = fields
    for name in head.split(".") if head else ():
        block = fields.setdefault(name, {})
        fields = block.setdefault("fields", {}) if isinstance(block, dict) and is_block(block) else block
    return block if whole else fields


def set_rule(data: dict[str, Any], record: str, field: str, rule: Any) -> None:
    """Writes the rule of a field; blocks on the way are made."""
    head, _, name = field.rpartition(".")
    entry(data, record, head)[name] = rule


def rule_at(data: Mapping[str, Any], record: str, field: str) -> Any:
    """The rule that a field has; None where it has none."""
    fields: Any = data["records"].get(record) or {}
    *blocks, name = field.split(".")
    for block in blocks:
        fields = inner_fields(fields.get(block))
    return fields.get(name) if isinstance(fields, dict) else None


def drop_rule(fields: dict[str, Any], field: str) -> None:
    """Takes the rule of a dotted field out of a record's fields; a block without fields goes with it."""
    name, _, rest = field.partition(".")
    if not rest:
        del fields[name]
        return
    inner = inner_fields(fields[name])
    drop_rule(inner, rest)
    if not inner:
        del fields[name]
