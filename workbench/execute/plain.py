"""What generated code calls: plain values taken quickly, everything else marked odd for the interpreter."""

from __future__ import annotations

from typing import Any

from workbench.documents import Element, Elements, Text
from workbench.execute.records import block_rows, block_value, carrier_of, lift, make_record, newest_of, numbers_of
from workbench.execute.rules import FieldRun, carrier_code
from workbench.execute.scope import Exhausted, Run, Scope, nothing
from workbench.plan import FieldPlan
from workbench.transforms import AS_WRITTEN, HUGE, OLD, amount_text, minor_text, read_iso, time_text


class _Odd:
    """Stands where a plain value was expected: whatever is asked of it, the interpreter must answer."""

    def get(self, name: str) -> _Odd:
        """Its members are as odd."""
        return self


_ODD = _Odd()
_EMPTY: dict[str, Any] = {}


def _inner(value: Any, kind: type[Any]) -> Any:
    """An object to read names from, when the value is not plainly one: nothing has no names; the rest is odd."""
    if value is None:
        return _EMPTY
    return _ODD if isinstance(value, (dict, Elements, _Odd)) else _EMPTY


def _text(value: Any) -> Any:
    """What a value is that is neither plain text nor a whole number: odd, but for None."""
    return None if value is None else _ODD


def _rows(value: Any, kind: type[Any], many: type[Any]) -> Any:
    """The items of a list field when all are plain objects; else None."""
    if type(value) is many:
        for member in value:
            if type(member) is not kind:
                return None
        return value
    if value is None:
        return ()
    return (value,) if type(value) is kind else None


def _texts(value: Any, plain: type[Any]) -> Any:
    """Several texts when all are plain, else odd."""
    if type(value) is plain:
        text = value.strip()
        return [text] if text else None
    if type(value) is list:
        for member in value:
            if type(member) is not plain:
                return _ODD
        return list(dict.fromkeys([text for member in value if (text := member.strip())])) or None
    return None if value is None else _ODD


def _slow(field: FieldPlan, scope: Scope, run: Run) -> Any:
    return FieldRun(field, scope, run).value()


SPACE: dict[str, Any] = {
    "ODD": _ODD, "inner": _inner, "text": _text, "rows": _rows, "texts": _texts, "slow": _slow, "lift": lift,
    "Scope": Scope, "Element": Element, "Elements": Elements, "Text": Text, "Exhausted": Exhausted,
    "amount": amount_text, "minor": minor_text, "time": time_text, "carrier": carrier_code,
    "block_rows": block_rows, "block_value": block_value, "make_record": make_record,
    "nothing": nothing,
    "EMPTY": _EMPTY,
    "HUGE": HUGE,
    "OLD": OLD,
    "SHAPES": AS_WRITTEN,
    "iso": read_iso,
    "numbers_of": numbers_of,
    "carrier_of": carrier_of,
    "newest_of": newest_of,
}  # fmt: skip
"""The names that generated code starts with."""
