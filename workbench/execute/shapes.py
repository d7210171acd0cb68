"""Which rules and blocks are plain enough to be written as code: questions to the plan."""

from __future__ import annotations

from workbench.paths import Path
from workbench.plan import Block, Place, Rule


def only_if_found(block: Block, held: dict[str, str], record: str) -> list[str]:
    """Lines that leave a record to the interpreter when nothing but constants may be in it."""
    found, doubtful = [], False
    for field in block.fields:
        inline = field.block is not None and field.block.inline and has_constant(field.block)
        if inline or (field.block is None and may_be_constant(field.rule)):
            doubtful = True
        else:
            found.append(f"{held[field.key]} is None")
    if not doubtful:
        return []
    return [f"if {record} and {' and '.join(found) or 'True'}:", "    raise LookupError"]


def may_be_constant(rule: Rule | None) -> bool:
    """Whether a rule may make a value without finding one."""
    return rule is None or rule.source in ("value", "cases") or any(map(may_be_constant, rule.parts))


def only(rule: Rule, *transforms: str) -> bool:
    """Whether a rule has no other transforms than those."""
    names = {"lookup": rule.lookup, "decimal": rule.decimal, "datetime": rule.datetime, "regex": rule.regex,
             "function": rule.function, "at": rule.at, "null_when": rule.null_when or None}  # fmt: skip
    return all(name in transforms or value is None for name, value in names.items())


def plain_place(block: Block) -> Path | None:
    """The one path of a block that is nothing but a place and rules which need values, else None."""
    options = block.place.options
    special = block.keep or block.keep_fields or block.group_by or block.related or block.keyed or block.parse
    if special or len(options) != 1 or len(options[0]) != 1 or has_constant(block):
        return None
    return options[0][0]


def has_constant(block: Block) -> bool:
    """Whether a rule makes a value out of nothing: such a block must first know that its item is something."""
    return any(
        _block_looks_away(field.block) if field.block is not None else _makes_something(field.rule)
        for field in block.fields
    )


def _block_looks_away(block: Block) -> bool:
    places = [block.place, *(related.place for related in block.related)]
    return any(map(_place_looks_away, places)) or has_constant(block)


def _makes_something(rule: Rule | None) -> bool:
    if rule is None:
        return False
    away = _looks_away(rule.path) or (rule.at is not None and _place_looks_away(rule.at))
    return away or rule.source in ("value", "cases") or any(map(_makes_something, rule.parts))


def _place_looks_away(place: Place) -> bool:
    return any(_looks_away(option[0]) for option in place.options)


def _looks_away(path: Path | None) -> bool:
    return path is not None and (path.root != "@" or path.key)
