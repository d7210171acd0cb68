"""Business fields as data: `catalogue.yaml`, read once (from `catalogue.json`, its copy that loads in no time).

A record (`order`, `tracking`, `refund`, `outcome`) is a list of fields in the order in which they are shown. A field
has a key, a label for people, a kind, a meaning and examples; status fields name their vocabulary and their raw twin.
A new field is an entry in the file, not code.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

TEXT, TEXTS, DECIMAL, TIME = "text", "texts", "decimal", "time"
STATUS, CURRENCY, CARRIER = "status", "currency", "carrier"
OBJECT, LIST, EXTRA, NAMES = "object", "list", "extra", "names"
SCALARS = (TEXT, TEXTS, DECIMAL, TIME, STATUS, CURRENCY, CARRIER)


@dataclass(frozen=True, slots=True)
class Field:
    """One business field.

    Attributes:
        key: Its name in mapping files and results.
        label: Its name for people.
        kind: text, texts, decimal, time, status, currency or carrier; object or list for a record inside; extra for the
            merchant's own fields; names for `unavailable`.
        meaning: What it says, in a sentence.
        examples: Invented values, as a result would hold them.
        required: Whether a mapping must have it to be exported, and an order must have it to be whole.
        record: Of an object or list, the record it holds.
        vocabulary: Of a status, the name of its words.
        raw: Of a status or carrier, the key that keeps the merchant's own word.
        derived: Filled by the runtime, never by a rule.
    """

    key: str
    label: str
    kind: str
    meaning: str
    examples: tuple[str, ...] = ()
    required: bool = False
    record: str = ""
    vocabulary: str = ""
    raw: str = ""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its fields by key, in the order in which they are shown."""

    name: str
    label: str
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Catalogue:
    """All records, vocabularies, carriers and currencies with other than two minor units."""

    records: Mapping[str, Record]
    vocabularies: Mapping[str, tuple[str, ...]]
    carriers: Mapping[str, tuple[str, ...]]
    minor_units: Mapping[str, int]
    require_any: Mapping[str, tuple[tuple[str, ...], ...]]

    @functools.cached_property
    def carrier_codes(self) -> Mapping[str, str]:
        """Every known spelling of a carrier, folded by `fold_carrier`, and its canonical code."""
        spelled = {fold_carrier(name): code for code, names in self.carriers.items() for name in (code, *names)}
        return MappingProxyType(spelled)

    @functools.cached_property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """The words that are valid for each vocabulary; the order's words are valid everywhere."""
        order = self.vocabularies["order"]
        return {name: {word: word for word in (*words, *order)} for name, words in self.vocabularies.items()}


def fold_carrier(name: str) -> str:
    """A carrier's name as it is compared: without case, blanks and punctuation."""
    return re.sub(r"[\s\-_./&]+", "", name).casefold()


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue of this package."""
    data: dict[str, Any] = json.loads(_read("catalogue.json"))
    records = {name: _record(name, body) for name, body in data["records"].items()}
    return Catalogue(
        records=MappingProxyType(records),
        vocabularies=MappingProxyType({name: tuple(words) for name, words in data["vocabularies"].items()}),
        carriers=MappingProxyType({code: tuple(names) for code, names in data["carriers"].items()}),
        minor_units=MappingProxyType({code: int(digits) for code, digits in data["minor_units"].items()}),
        require_any=MappingProxyType(
            {name: tuple(tuple(group) for group in groups) for name, groups in data["require_any"].items()}
        ),
    )


def as_json() -> str:
    """What `catalogue.json` holds: `catalogue.yaml` in the form that loads a hundred times faster."""
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(_read("catalogue.yaml"))
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _read(name: str) -> str:
    return resources.files("workbench").joinpath(name).read_text(encoding="utf-8")


def _record(name: str, body: Mapping[str, Any]) -> Record:
    fields = {}
    for key, entry in body["fields"].items():
        entry = dict(entry)
        entry["examples"] = tuple(str(example) for example in entry.get("examples", ()))
        fields[key] = Field(key=key, **entry)
    return Record(name=name, label=body["label"], fields=MappingProxyType(fields))


if __name__ == "__main__":
    print(as_json(), end="")  # noqa: T201  # its job
