"""The JSON Schema of mapping files: `python -m workbench.mapping.schema > workbench/mapping.schema.json`.

An editor that knows it completes keys, shows what a business field means, and marks what does not belong. The records
come from the catalogue, so that a new field is known here without a line of code.
"""

from __future__ import annotations

import functools
import json
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, create_model

from workbench.catalogue import EXTRA, LIST, OBJECT, catalogue
from workbench.catalogue import Field as BusinessField
from workbench.mapping.check_blocks import top_records
from workbench.mapping.model import ListBlock, MappingBase, Name, ObjectBlock, Rule
from workbench.mapping.shapes import Shape, absent

ADDRESS = "https://json-schema.org/draft/2020-12/schema"


@functools.cache
def file_model() -> type[BaseModel]:
    """The model of a whole mapping file."""
    records = {name: (_record_model(name), absent(record.label)) for name, record in top_records().items()}
    made = create_model("Records", __base__=Shape, **cast(Any, records))
    made.__doc__ = "The rules of each record; one that several operations share is written once."
    return create_model("Mapping", __base__=MappingBase, __doc__=MappingBase.__doc__, records=(made, ...))


@functools.cache
def _record_model(name: str) -> type[BaseModel]:
    """The fields of a record, each with what it means."""
    record = catalogue().records[name]
    fields = {
        field.key: (_field_type(field), absent(_described(field)))
        for field in record.fields.values()
        if not field.derived
    }
    made = create_model(f"{name.title()}Fields", __base__=Shape, **cast(Any, fields))
    made.__doc__ = f"The fields of: {record.label}."
    return made


def _field_type(field: BusinessField) -> Any:
    if field.kind == EXTRA:
        own = Annotated[dict[Name, Rule], Field(min_length=1)]
        return _block(ObjectBlock, "ExtraBlock", own) | own
    if field.kind in (LIST, OBJECT):
        inner = _record_model(field.record)
        if field.kind == LIST:
            return _block(ListBlock, f"{field.record.title()}Block", inner)
        return _block(ObjectBlock, f"{field.record.title()}Block", inner) | inner
    return Rule


@functools.cache
def _block(base: type[BaseModel], name: str, fields: Any) -> Any:
    return create_model(name, __base__=base, __doc__=base.__doc__, fields=(fields, ...))


def _described(field: BusinessField) -> str:
    told = f"{field.label}: {field.meaning}" if field.meaning else field.label
    if field.vocabulary:
        told += f" One of {', '.join(catalogue().vocabularies[field.vocabulary])}."
    return told


def schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file."""
    made = file_model().model_json_schema(by_alias=True)
    return {"$schema": ADDRESS, "title": "Mapping file", **_trimmed(made)}


def _trimmed(node: Any, names: bool = False) -> Any:
    """Without titles that repeat the key, and without defaults, which no key of a mapping has.

    Args:
        node: A part of the schema.
        names: Whether the keys of this table are names of the mapping's rather than words of JSON Schema.
    """
    if isinstance(node, dict):
        return {
            key: _trimmed(value, not names and key in ("properties", "$defs"))
            for key, value in node.items()
            if names or key not in ("title", "default")
        }
    return [_trimmed(value) for value in node] if isinstance(node, list) else node


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))  # noqa: T201  # its job
