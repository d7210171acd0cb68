"""The checks of records: blocks, and the fields in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.catalogue import EXTRA, LIST, OBJECT, Field, Record, catalogue
from workbench.mapping.check_conditions import Business, Side, check_conditions
from workbench.mapping.check_rules import Aim, check_rule
from workbench.mapping.report import Report, Spot, meant
from workbench.mapping.sight import Sight, check_path, check_place
from workbench.mapping.source import shortened

PLACES = ("each", "at")
BLOCK_KEYS = ("each", "at", "keep", "group_by", "keyed", "parse", "with", "fields", "use", "note")
FIELD_BLOCK_KEYS = tuple(key for key in BLOCK_KEYS if key != "use")
ORDERS_KEYS = ("each", "keep", "group_by", "keyed", "parse", "with", "use", "note")
RELATED_KEYS = ("each", "keep", "parse", "keyed")
PARSED = ("json", "xml", "csv")
NESTED = (OBJECT, LIST, EXTRA)
OWN_NAME = "a merchant's own field belongs under extra:"

GATHERED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "tracking_numbers": (("shipments", "tracking_number"), ("lines", "tracking_numbers")),
    "carrier": (("shipments", "carrier"),),
    "return_tracking_number": (("returns", "tracking_number"),),
    "return_status": (("returns", "status"),),
}
"""What an order takes from its parts where it has no rule of its own."""


def top_records() -> dict[str, Record]:
    """The records that a mapping may have rules for: those that say what is unavailable."""
    return {name: record for name, record in catalogue().records.items() if "unavailable" in record.fields}


def is_block(entry: Mapping[str, Any]) -> bool:
    """Whether a table under an object or list field is a block, rather than fields alone."""
    return not {"each", "at", "fields"}.isdisjoint(entry)


def inner_fields(entry: Any) -> dict[str, Any]:
    """The fields of a block, or fields alone; nothing where there are none."""
    fields = entry.get("fields", {}) if isinstance(entry, dict) and is_block(entry) else entry
    return fields if isinstance(fields, dict) else {}


# ---------------------------------------------------------------- fields


def check_fields(
    report: Report, fields: Any, spot: Spot, sight: Sight, record: str, may_be_empty: bool = False
) -> None:
    """Checks the rules and blocks of a record; `record` is empty for a merchant's own fields."""
    known = catalogue().records[record].fields if record else {}
    for name, entry in (report.table(fields, spot, may_be_empty=may_be_empty) or {}).items():
        at = Spot((*spot.told, name), (*spot.place, name))
        if not record:
            _check_own(report, name, entry, at, sight)
            continue
        field = known.get(name)
        if field is None:
            report.add("no such field", at, OWN_NAME + meant(name, known), "no_such_field")
        elif field.derived:
            report.add("a field that is filled by the runtime", at, "drop its rule", "no_such_field")
        elif field.kind in NESTED:
            _check_nested(report, field, entry, at, sight)
        else:
            check_rule(report, entry, at, sight, Aim.of(field))


def _check_own(report: Report, name: str, entry: Any, spot: Spot, sight: Sight) -> None:
    if name in BLOCK_KEYS:
        what = f"{name!r} is a key of blocks, not a name for a field of the merchant's"
        report.add(what, spot, "give the field another name", "block_key")
    elif not name.isidentifier():
        report.add("a name that cannot be a field", spot, "use letters, digits and _", "bad_name")
    check_rule(report, entry, spot, sight, Aim())


def _check_nested(report: Report, field: Field, entry: Any, spot: Spot, sight: Sight) -> None:
    if not isinstance(entry, dict):
        place = "each:" if field.kind == LIST else "at:"
        report.add("a block is needed", spot, f"write {place} and fields:", "needs_block")
        return
    if field.kind == LIST or is_block(entry):
        check_block(report, field, entry, spot, sight)
        return
    known = catalogue().records[field.record].fields if field.record else {}
    strays = [key for key in entry if key in BLOCK_KEYS and key not in known]
    for key in strays:
        what = f"{key!r} is a key of blocks, not a name for a field"
        how = "write at: and fields:" if field.kind == OBJECT else "give the field another name, or write fields:"
        report.add(what, spot.part(key), how, "block_key")
    rest = {key: rule for key, rule in entry.items() if key not in strays}
    if rest or not strays:
        check_fields(report, rest, spot, sight, field.record)


# ---------------------------------------------------------------- blocks


def check_block(report: Report, field: Field, block: dict[str, Any], spot: Spot, sight: Sight) -> None:
    """Checks a block of a field: its place, what it keeps, related items, and its fields."""
    for key in block:
        if key not in FIELD_BLOCK_KEYS:
            report.unknown_key(str(key), spot, FIELD_BLOCK_KEYS)
    _check_form(report, field, block, spot)
    levels = 0
    for key in PLACES:
        if key in block:
            levels = max(levels, check_place(report, block[key], spot.key(key), sight))
    inner = check_inside(report, block, spot, sight.further(levels), _business(field, block, spot))
    if "fields" in block:
        fields = Spot(spot.told, (*spot.place, "fields"))
        check_fields(report, block["fields"], fields, inner, field.record)


def _check_form(report: Report, field: Field, block: dict[str, Any], spot: Spot) -> None:
    """Which keys a block of this field needs, and which it cannot have."""
    many = field.kind == LIST
    if "each" in block and "at" in block:
        report.add("each: and at: together", spot, f"keep {'each:' if many else 'at:'}", "conflict")
    elif many and "each" not in block:
        what = "at: in a list field" if "at" in block else "a list field without each:"
        report.add(what, spot, "write each:", "needs_key")
    elif not many and "each" in block:
        report.add("each: in a field that is one object", spot.part("each"), "write at:", "conflict")
    if "fields" not in block:
        report.add("a block without fields:", spot, "add fields: with a rule each", "needs_key")
    if not {"each", "at"} & block.keys():
        for key in ("keep", "keyed", "parse", "group_by", "with"):
            if key in block:
                report.add(f"{key}: without a place", spot.part(key), "say at: or each: first", "needs_key")
    if "group_by" in block and "at" in block:
        report.add("group_by: in one object", spot.part("group_by"), "group rows under each:", "conflict")


def check_inside(
    report: Report, block: dict[str, Any], spot: Spot, sight: Sight, business: Business, early: Sight | None = None
) -> Sight:
    """Checks what blocks and `orders:` have in common; tells what their fields can see.

    Args:
        report: Takes the problems.
        block: The block.
        spot: Its place.
        sight: What its items can see.
        business: The fields that `keep` may name.
        early: What can be seen before the calls for each order are made; the same unless given.
    """
    related = _names(block.get("with"))
    own = [*related, *(["rows"] if "group_by" in block else [])]
    how = "compare a path of the item itself, or keep by a business field"
    before = (early or sight).hiding(own, "it is found only after keep", how)
    if "keep" in block:
        check_conditions(report, block["keep"], spot.key("keep"), before, Side(business=business))
    if "group_by" in block:
        check_path(report, block["group_by"], spot.key("group_by"), before)
    _check_reading(report, block, spot)
    if "note" in block:
        report.text(block["note"], spot.key("note"))
    inner = sight.knowing(["rows"] if "group_by" in block else [])
    if "with" in block:
        inner = _check_related(report, block["with"], spot, inner)
    return inner


def _check_reading(report: Report, block: dict[str, Any], spot: Spot) -> None:
    if "keyed" in block:
        report.flag(block["keyed"], spot.key("keyed"), only_true=True)
    if "parse" in block:
        report.word(block["parse"], spot.key("parse"), PARSED)


def _names(related: Any) -> list[str]:
    return [name for name in related if isinstance(name, str)] if isinstance(related, dict) else []


def _check_related(report: Report, related: Any, spot: Spot, sight: Sight) -> Sight:
    """Checks `with:`, each name knowing those before it; tells what can be seen after all of them."""
    for name, body in (report.table(related, spot.key("with")) or {}).items():
        at = spot.key("with", name)
        if not (name.isascii() and name.isidentifier()) or name == "rows":
            how = "use letters, digits and _; rows are those of a group"
            report.add(f"{shortened(name)!r} cannot be a name here", at, how, "bad_name")
        table = report.table(body, at, RELATED_KEYS, "write {each: ..., keep: ...}")
        if table is not None:
            if "each" not in table:
                report.add("related items without each:", at, "say where they are", "needs_key")
            levels = check_place(report, table["each"], at.key("each"), sight) if "each" in table else 1
            if "keep" in table:
                check_conditions(report, table["keep"], at.key("keep"), sight.further(levels))
            _check_reading(report, table, at)
        sight = sight.knowing([name])
    return sight


# ---------------------------------------------------------------- which fields have a value


def _business(field: Field, block: dict[str, Any], spot: Spot) -> Business:
    return business_of(inner_fields(block), field.record, ".".join(str(part) for part in spot.told))


def business_of(fields: Mapping[Any, Any], record: str, told: str) -> Business:
    """The business fields of a record, and those that its rules fill."""
    ruled = frozenset(_ruled(fields, record))
    return Business(frozenset(_known(record, 3)) | ruled, ruled, told)


def _known(record: str, depth: int) -> Iterator[str]:
    fields = catalogue().records[record].fields if record else {}
    for name, field in fields.items():
        yield name
        if field.record and depth:
            yield from (f"{name}.{inner}" for inner in _known(field.record, depth - 1))


def _ruled(fields: Mapping[Any, Any], record: str) -> Iterator[str]:
    """Dotted names of the fields that get a value: by a rule, as a raw twin, or gathered from the order's parts."""
    known = catalogue().records[record].fields if record else {}
    for name, entry in fields.items():
        field = known.get(name)
        if not isinstance(name, str) or (record and field is None):
            continue
        yield name
        if field is None:
            continue
        if field.raw:
            yield field.raw
        if field.kind in NESTED:
            yield from (f"{name}.{inner}" for inner in _ruled(inner_fields(entry), field.record))
    if record == "order":
        for name, sources in GATHERED.items():
            if any(inner in inner_fields(fields.get(part)) for part, inner in sources):
                yield name
                if known[name].raw:
                    yield known[name].raw
