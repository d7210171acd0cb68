"""A mapping file, read and checked."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.errors import MappingError, Problem
from workbench.mapping.check_file import check_data
from workbench.mapping.lint import lint, problems_of_export
from workbench.mapping.source import FILE, Source, SourceError, read_source
from workbench.mapping.upgrade import UPGRADES, Upgrade, upgraded


@dataclass(frozen=True)
class MappingFile:
    """What a mapping file says. Nobody changes `data`: it is shared.

    Attributes:
        data: Plain tables, lists, texts, integers, decimals, truth values and nulls, in the newest format.
        merchant: The merchant's name.
        version: Three numbers; None before the mapping is exported.
        digest: A fingerprint of what the file says, whatever its layout, comments and order of keys.
        text: The file's text.
        source: Where the text came from.
        problems: What is worth a second look; no mistakes.
    """

    data: dict[str, Any]
    merchant: str
    version: str | None
    digest: str
    text: str = field(default="", repr=False, compare=False)
    source: str = field(default="", compare=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False)


def load_text(text: str, source: str = "", upgrades: Mapping[int, Upgrade] = UPGRADES) -> MappingFile:
    """The mapping file that a YAML or JSON text is.

    Args:
        text: The text.
        source: Where it came from, for messages.
        upgrades: Steps from older formats.

    Raises:
        MappingError: Every mistake in it, at once.
    """
    try:
        read: Source = read_source(text)
    except SourceError as error:
        raise MappingError([error.problem], source) from None
    if not isinstance(read.data, dict):
        how = "write format:, merchant:, operations: and records:"
        raise MappingError([*read.problems, Problem("not a table", FILE, how, "wrong_type", read.line(()))], source)
    return _checked(read, source, upgrades)


def load_data(data: dict[str, Any], source: str = "") -> MappingFile:
    """The mapping file of data that a tool made: checked like a text, in a fraction of the time.

    Args:
        data: Tables, lists and scalars; it is copied, tuples become lists, keys texts, and floats exact.
        source: Where it came from, for messages.

    Raises:
        MappingError: Every mistake in it, at once, without lines.
    """
    return _checked(Source("", _plain(data), {}, []), source, UPGRADES)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if value is None or isinstance(value, (str, int, Decimal)):
        return value
    how = "give texts, numbers, truth values, lists and tables"
    raise MappingError([Problem(f"a mapping holds no {type(value).__name__}", FILE, how, "wrong_type")])


def _checked(read: Source, source: str, upgrades: Mapping[int, Upgrade]) -> MappingFile:
    said = read.data
    data = upgraded(said, upgrades)
    problems = [*read.problems, *check_data(data, read.line)]
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise MappingError(problems, source)
    return MappingFile(
        data=data,
        merchant=data["merchant"],
        version=data.get("version"),
        digest=digest_of(said),
        text=read.text,
        source=source,
        problems=tuple(lint(data, read.line)),
    )


def export_problems(file: MappingFile) -> list[Problem]:
    """What stands against exporting a mapping, except for what it waives with a reason."""
    return problems_of_export(file.data, read_source(file.text).line if file.text else lambda place: None)


def digest_of(data: Mapping[str, Any]) -> str:
    """SHA-256 of what a file says: of its data in one spelling, before any upgrade of its format."""
    spelled = json.dumps(data, sort_keys=True, separators=(",", ":"), default=_spelled)
    return hashlib.sha256(spelled.encode("ascii")).hexdigest()


def _spelled(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}  # a number is not the text that looks like it
    raise TypeError(f"a mapping holds no {type(value).__name__}")
