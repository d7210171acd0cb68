"""What the fields side shows: every business field with its rule, a value, and how often it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from workbench.catalogue import EXTRA, LIST, NAMES, OBJECT, STATUS, Field, catalogue
from workbench.errors import UsageError
from workbench.mapping.check_blocks import inner_fields
from workbench.mapping.source import SourceError, read_source
from workbench.paths import is_path
from workbench.pick import Trial

_OWN = "order"
_GROUPS = ("shipping_address", "lines", "shipments", "returns")
_MASKED = ("customer_email", "customer_name", "order_number", "id", "tracking_number", "tracking_numbers")


def every_field(record: str = "order") -> Iterator[tuple[str, str, Field]]:
    """The group, the dotted key and the field of everything that a rule may fill."""
    fields = catalogue().records[record].fields
    for key, field in fields.items():
        if field.derived or field.kind in (NAMES, EXTRA):
            continue
        if field.kind in (LIST, OBJECT):
            for inner, below in catalogue().records[field.record].fields.items():
                if below.kind not in (LIST, OBJECT, EXTRA, NAMES) and not below.derived:
                    yield key, f"{key}.{inner}", below
        else:
            yield _OWN, key, field


def rule_at(data: Mapping[str, Any], record: str, field: str) -> Any:
    """The rule of a field; None where it has none."""
    fields: Any = data["records"].get(record) or {}
    *blocks, name = field.split(".")
    for block in blocks:
        fields = inner_fields(fields.get(block)) if isinstance(fields, dict) else {}
    return fields.get(name) if isinstance(fields, dict) else None


def read_rule(text: str) -> Any:
    """A rule as it is typed: a path, or a table in YAML or JSON.

    Raises:
        UsageError: It is neither.
    """
    plain = text.strip()
    if is_path(plain):
        return plain
    try:
        return read_source(plain).data
    except SourceError as error:
        raise UsageError(f"not a rule: {error.problem.what} - write a path, or a table as the file has it") from None


def rule_text(rule: Any) -> str:
    """A rule as one short text."""
    if isinstance(rule, dict):
        for key in ("path", "first", "join", "cases", "value"):
            if key in rule:
                inner = rule[key]
                if key == "path":
                    return str(inner)
                if key == "cases":
                    return f"cases ({len(inner)})"
                parts = inner if isinstance(inner, list) else [inner]
                return f"{key}: {', '.join(rule_text(part) for part in parts)}"
    return str(rule)


def read_as(rule: Any) -> str:
    """What a rule does with its value, in a word or two behind its path; empty where it is taken as it stands."""
    if not isinstance(rule, dict):
        return ""
    decimal, words = rule.get("decimal") or {}, rule.get("lookup") or {}
    told = [
        "cents" if decimal.get("minor_units") else "",
        "decimal comma" if decimal.get("comma") else "",
        f"{len(words)} words" if words else "",
        "date format" if "datetime" in rule else "",
        "part of it" if "regex" in rule else "",
    ]
    said = ", ".join(filter(None, told))
    return f" ({said})" if said else ""


def groups(data: Mapping[str, Any], record: str, trial: Trial | None) -> list[dict[str, Any]]:
    """The fields by group, as the state of the widget has them."""
    any_of = {key for group in catalogue().require_any.get(record, ()) for key in group}
    found: dict[str, list[dict[str, Any]]] = {}
    blocks = data["records"].get(record) or {}
    for group, key, field in every_field(record):
        if group == "returns" and field.key == "":
            continue
        found.setdefault(group, []).append(_field(data, record, group, key, field, key in any_of, trial))
    for name, body in (data.get("fields") or {}).items():
        own = Field(name, str(body.get("label", name)), str(body.get("kind", "text")), str(body.get("meaning", "")))
        found.setdefault("extra", []).append(_field(data, record, "extra", f"extra.{name}", own, False, trial))
    for row in found.get(_OWN, ()):  # of the e-mail and the name one is enough
        if row["key"] in any_of and any(each["path"] for each in found[_OWN] if each["key"] in any_of):
            row["required"] = bool(row["path"])
    labels = {_OWN: "Order", "extra": "Merchant's own"}
    top = catalogue().records[record].fields
    return [
        {
            "key": group,
            "label": labels.get(group) or top[group].label,
            "block": _block_text(blocks.get(group)),
            "keep": "keep" in (blocks.get(group) or {}) if isinstance(blocks.get(group), dict) else False,
            "fields": rows,
        }
        for group, rows in found.items()
    ]


def _block_text(block: Any) -> str:
    if not isinstance(block, dict):
        return ""
    place = block.get("each", block.get("at"))
    if isinstance(place, list):
        return " > ".join(map(str, place))
    return str(place) if isinstance(place, str) else ""


def plain(data: Any) -> Any:
    """Data of the mapping as a message can hold it: JSON has no exact decimals."""
    if isinstance(data, Decimal):
        return int(data) if data == data.to_integral_value() else float(data)
    if isinstance(data, Mapping):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, tuple):
        return tuple(plain(value) for value in data)
    return [plain(value) for value in data] if isinstance(data, list) else data


def _field(
    data: Mapping[str, Any], record: str, group: str, key: str, field: Field, one_of: bool, trial: Trial | None
) -> dict[str, Any]:
    rule = rule_at(data, record, key)
    filled = total = 0
    sample, problems = "", []
    if trial is not None:
        filled, total = trial.filled(key)
        sample = trial.tally.first.get(key, "")
        seen = dict.fromkeys(problem.what for problem in trial.problems(key))
        problems = list(seen)
    return {
        "key": key, "label": field.label, "kind": field.kind, "meaning": field.meaning,
        "required": (field.required and group == _OWN) or one_of, "path": "" if rule is None else rule_text(rule),
        "rule": plain(rule), "sample": sample[:200], "present": filled, "of": total, "problems": problems,
        "note": str(rule.get("note", "")) if isinstance(rule, dict) else "",
        "words": field.kind == STATUS, "cases": isinstance(rule, dict) and "cases" in rule,
        "fragile": "[0]" in str(rule) or "[-1]" in str(rule),
    }  # fmt: skip


def mask(field: str, kind: str, value: str) -> str:
    """A value as it may stand in a saved notebook: words and amounts as they are, the rest as its shape."""
    name = field.rpartition(".")[2]
    shown = kind in ("status", "decimal", "time", "currency", "carrier", "list") and name not in _MASKED
    if shown or field in ("lines.name", "order_type", "region"):
        return value
    return "".join("x" if sign.isalpha() else "0" if sign.isdigit() else sign for sign in value)
