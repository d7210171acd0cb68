"""The data of a mapping file -> its one layout, stable to the byte.

A simple rule is one line, as people write it; what does not fit is a block. Keys stand in the order of the file's
description, business fields in that of the catalogue. Whatever would be read as something else is quoted, for readers
of YAML 1.1 as well. Comments are not data and are lost; a `note:` is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from workbench.catalogue import catalogue
from workbench.mapping.check_blocks import BLOCK_KEYS, is_block
from workbench.mapping.check_connection import CONNECTION_KEYS
from workbench.mapping.check_file import KEYS
from workbench.mapping.check_operations import OPERATION_KEYS
from workbench.mapping.file import MappingFile
from workbench.mapping.source import scalar
from workbench.paths import is_path
from workbench.templates import texts_in

WIDTH = 120

_PLAIN = re.compile(r"[A-Za-z_/](?:[\w ./+;()=$^&|~<*%'-]|:(?=[^\s])|,(?! ))*", re.ASCII)
_FLOW_PLAIN = re.compile(r"[A-Za-z_/](?:[\w ./+;()-])*", re.ASCII)
_VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_WORDS_OF_OTHERS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}
_NOT_PRINTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_BLOCK_TEXT = re.compile("[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]*")


def dump(file: MappingFile | Mapping[str, Any]) -> str:
    """The YAML text of a mapping file.

    Args:
        file: A mapping file, or its data.
    """
    data = file.data if isinstance(file, MappingFile) else file
    lines: list[str] = []
    _table(_ordered_file(data), 0, (), lines)
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the order of keys


def _ordered(table: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The table with known keys first, in their order; the rest as it stands."""
    first = {key: table[key] for key in keys if key in table}
    return {**first, **{key: value for key, value in table.items() if key not in first}}


def _ordered_file(data: Mapping[str, Any]) -> dict[str, Any]:
    table = _ordered(data, KEYS)
    if isinstance(table.get("connection"), dict):
        table["connection"] = _ordered(table["connection"], CONNECTION_KEYS)
    if isinstance(table.get("operations"), dict):
        table["operations"] = {
            name: _ordered(body, OPERATION_KEYS) if isinstance(body, dict) else body
            for name, body in table["operations"].items()
        }
    if isinstance(table.get("records"), dict):
        table["records"] = {name: _ordered_fields(fields, name) for name, fields in table["records"].items()}
    return table


def _ordered_fields(fields: Any, record: str) -> Any:
    """The fields of a record in the catalogue's order, down to the blocks inside."""
    known = catalogue().records.get(record)
    if not isinstance(fields, dict) or known is None:
        return fields
    table = _ordered(fields, known.fields)
    for key, entry in table.items():
        field = known.fields.get(key)
        if field is None or not isinstance(entry, dict) or field.kind not in ("object", "list", "extra"):
            continue
        if not is_block(entry):
            table[key] = _ordered_fields(entry, field.record)
            continue
        block = _ordered(entry, BLOCK_KEYS)
        if "fields" in block:
            block["fields"] = _ordered_fields(block["fields"], field.record)
        table[key] = block
    return table


# ---------------------------------------------------------------- blocks

Place = tuple["str | int", ...]


def _open(place: Place, value: Any) -> bool:
    """Whether a table or list is written over several lines however short it is: the skeleton of the file."""
    if len(place) == 1:
        return place[0] not in ("evidence",)
    if place[0] in ("operations", "records") and len(place) == 2:
        return True
    if place[0] == "operations" and place[2:] == ("calls",):
        return True
    return place[0] == "records" and len(place) >= 3 and isinstance(value, dict) and "fields" in value


def _table(table: Mapping[str, Any], indent: int, place: Place, lines: list[str]) -> None:
    """Writes a table, a line or more for each key."""
    for key, value in table.items():
        _entry(f"{' ' * indent}{_key(key)}:", value, indent, (*place, _text_of_key(key)), lines)


def _entry(head: str, value: Any, indent: int, place: Place, lines: list[str]) -> None:
    """Writes a value behind its key."""
    if isinstance(value, dict) and value:
        short = None if _open(place, value) else _flow_line(head, value)
        if short is not None:
            lines.append(short)
        else:
            lines.append(head)
            _table(value, indent + 2, place, lines)
    elif isinstance(value, list) and value:
        short = None if _open(place, value) else _flow_line(head, value)
        if short is not None:
            lines.append(short)
        else:
            lines.append(head)
            _list(value, indent + 2, place, lines)
    elif isinstance(value, str) and "\n" in value and (block := _block_text(value, indent + 2)) is not None:
        lines.append(f"{head} {block[0]}")
        lines.extend(block[1:])
    else:
        lines.append(f"{head} {_scalar(value, _PLAIN)}")


def _list(items: list[Any], indent: int, place: Place, lines: list[str]) -> None:
    """Writes a list, a line or more for each item."""
    head = f"{' ' * indent}-"
    for index, value in enumerate(items):
        inner = (*place, index)
        short = _flow_line(head, value) if isinstance(value, (dict, list)) else None
        if short is not None:
            lines.append(short)
        elif isinstance(value, (dict, list)):
            at = len(lines)
            if isinstance(value, dict):
                _table(value, indent + 2, inner, lines)
            else:
                _list(value, indent + 2, inner, lines)
            lines[at] = f"{head} {lines[at].lstrip(' ')}"
        else:
            _entry(head, value, indent, inner, lines)


def _flow_line(head: str, value: Any) -> str | None:
    """The value on the line of its key; None where it does not fit."""
    if not value:
        return f"{head} {_flow(value)}"
    if any("\n" in text for text in texts_in(value)):
        return None
    line = f"{head} {_flow(value)}"
    return line if len(line) <= WIDTH else None


def _block_text(text: str, indent: int) -> list[str] | None:
    """A text of several lines as it stands; None where YAML would not give it back."""
    body = text.rstrip("\n")
    rows = body.split("\n")
    if not _BLOCK_TEXT.fullmatch(text) or rows[0][:1] in ("", " ") or any(row != row.rstrip() for row in rows):
        return None
    ends = len(text) - len(body)
    mark = {0: "|-", 1: "|"}.get(ends)
    return None if mark is None else [mark, *(f"{' ' * indent}{row}" if row else "" for row in rows)]


# ---------------------------------------------------------------- lines


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, _FLOW_PLAIN)


def _text_of_key(key: Any) -> str:
    return key if isinstance(key, str) else _scalar(key, _FLOW_PLAIN)


def _key(key: Any) -> str:
    return _text(_text_of_key(key), _FLOW_PLAIN)


def _scalar(value: Any, plain: re.Pattern[str]) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value, plain)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"a mapping holds no {type(value).__name__}")


def _text(text: str, plain: re.Pattern[str]) -> str:
    bare = plain.fullmatch(text) and text == text.strip() and not text.endswith(":")
    if is_path(text):
        return _quoted(text)
    if _VERSION.fullmatch(text) or (bare and text.casefold() not in _WORDS_OF_OTHERS and isinstance(scalar(text), str)):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return _NOT_PRINTED.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
