"""Blocks: records, their objects and their lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.reference.places import items_of
from tests.reference.rules import apply_rule
from tests.reference.scopes import Notes, Related, Scope
from workbench.catalogue import Field, catalogue

PLACE_KEYS = {"each", "at", "fields"}


@dataclass
class Made:
    """What one item became: its record (empty where its rules found nothing) and the problems told on the way.

    `search` has those of its related items: in a block they are told at `block.name`, without the item's index.
    """

    record: dict[str, Any]
    scope: Scope
    notes: Notes
    search: Notes


def made_from(block: dict[str, Any], rules: dict[str, Any], kind: str, items: list[Scope]) -> list[Made]:
    """The items of a block, each with its related items and its record."""
    made = []
    for item in items:
        own, search = Notes(), Notes()
        for name, related in block.get("with", {}).items():
            inner = Notes()
            found = [one.item for one in items_of(related, item, inner)]
            item.names[name] = Related(found, inner.missed)
            search.take(Notes(inner.said), f".{name}")
        record = record_of(rules, kind, item, own)
        made.append(Made(record if own.found else {}, item, own, search))  # constants alone make no record
    return made


def record_of(rules: dict[str, Any], kind: str, scope: Scope, notes: Notes) -> dict[str, Any]:
    """The record of one item, in the order of the catalogue."""
    fields = fields_of(kind, rules, scope)
    around = scope.record
    record: dict[str, Any] = {}
    scope.record = record
    for name in sorted(rules, key=lambda name: name != "currency"):  # minor units need the currency
        own = Notes()
        made = field_of(fields[name], rules[name], scope, own)
        for key, value in made.items():
            if key == name or key not in record:
                record[key] = value
        inner, own.unavailable = own.unavailable, []
        notes.take(own, f".{name}")
        if name in made:
            notes.unavailable += [f"{name}.{below}" for below in inner]
        elif own.missed:
            notes.unavailable.append(name)
    scope.record = around
    return {name: record[name] for name in fields if name in record}


def fields_of(kind: str, rules: dict[str, Any], scope: Scope) -> dict[str, Field]:
    """The fields of a record; a merchant's own fields are text unless the mapping declares otherwise."""
    if kind != "extra":
        return dict(catalogue().records[kind].fields)
    declared = scope.run.mapping.get("fields", {})
    return {name: Field(name, name, declared.get(name, {}).get("kind", "text"), "") for name in rules}


def field_of(field: Field, rule: Any, scope: Scope, notes: Notes) -> dict[str, Any]:
    """The field and its value, or nothing."""
    if field.kind not in ("list", "object", "extra"):
        return apply_rule(field, rule, scope, notes)
    kind = "extra" if field.kind == "extra" else field.record
    if not PLACE_KEYS & set(rule):  # the fields alone: no place, so no item of its own
        record = record_of(rule, kind, scope, notes)
        return {field.key: record} if record else {}
    if "at" not in rule and "each" not in rule:
        record = record_of(rule["fields"], kind, scope, notes)
        return {field.key: record} if record else {}
    items = items_of(rule, scope, notes)
    if "at" in rule:  # an object has no key of its own
        items = [replace(item, key=None) for item in items]
    made = made_from(rule, rule["fields"], kind, items)
    if field.kind == "list":
        rows = listed(made, notes)
        return {field.key: rows} if rows else {}
    records: list[dict[str, Any]] = []
    for one in made:
        notes.take(one.search, "")
        notes.take(one.notes, "")
        if one.record and one.record not in records:
            records.append(one.record)
    if len(records) > 1:
        notes.say(f"{len(records)} objects, took the first; pick one by a filter")
    return {field.key: records[0]} if records else {}


def listed(made: list[Made], notes: Notes) -> list[dict[str, Any]]:
    """The records of a list; a problem's index is the position among them."""
    rows: list[dict[str, Any]] = []
    for one in made:
        notes.take(one.search, "")
        notes.take(one.notes, f"[{len(rows)}]" if one.record else "")
        if one.record:
            rows.append(one.record)
    return rows
