"""The models of `auth:`, `tls:` and of how a merchant may be called, made from what each of them declares."""

from __future__ import annotations

import functools
import operator
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, create_model

from workbench.mapping.auth_fields import AuthField, AuthKind
from workbench.mapping.auth_kinds import KINDS, TLS
from workbench.mapping.check_auth import LIFETIME_S
from workbench.mapping.connection_parts import PARTS
from workbench.mapping.shapes import Reference, Shape, Text, absent

_TYPES: dict[str, Any] = {
    "text": Text,
    "secret": Reference,
    "flag": bool,
    "seconds": Annotated[float, Field(gt=0, le=LIFETIME_S)],
    "url": Text,
    "name": Text,
    "path": Annotated[str, Field(pattern=r"^\$")],
    "prefix": str,
    "pem": Text,
    "statuses": Annotated[list[Annotated[int, Field(ge=300, le=599)]], Field(min_length=1)],
    "pairs": Annotated[dict[str, Any], Field(min_length=1)],
    "data": dict[str, Any] | list[Any],
    "moment": Text,
    "renames": Annotated[dict[str, str], Field(min_length=1)],
    "paths": Annotated[dict[str, Annotated[str, Field(pattern=r"^(\$|http\.)")]], Field(min_length=1)],
    "hosts": Annotated[list[Text], Field(min_length=1)],
    "conditions": Annotated[dict[str, Any], Field(min_length=1)],
    "auth": dict[str, Any],
    "auths": Annotated[list[dict[str, Any]], Field(min_length=1)],
}


def _type(field: AuthField) -> Any:
    whole = Annotated[int, Field(ge=field.least, le=field.most)]
    if field.sort == "word":
        return Literal[field.choices]
    if field.sort == "count":
        return whole
    if field.sort == "number":
        return Annotated[float, Field(gt=0, le=field.most)]
    if field.sort == "statuses" and field.most:
        return Annotated[list[whole], Field(min_length=1)]
    return _TYPES[field.sort]


def _described(field: AuthField) -> str:
    shown = ", ".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
    default = (
        "" if field.default is None or (field.sort, field.most) == ("statuses", None) else f" Unless said: {shown}."
    )
    return f"{field.label}. {field.help}{default}".strip()


def _model(kind: AuthKind, name: str, own: dict[str, Any]) -> type[BaseModel]:
    """The model of a kind; a word of Python's, such as `in`, goes by its alias."""
    fields: dict[str, Any] = dict(own)
    for field in kind.fields:
        told = Field(
            ... if field.required and not field.unless else None, alias=field.name, description=_described(field)
        )
        fields[f"{field.name}_"] = (_type(field), told)
    made: type[BaseModel] = create_model(name, __base__=Shape, **cast(Any, fields), note=(Text, absent()))
    made.__doc__ = kind.meaning
    return made


def _auth_model(kind: AuthKind) -> type[BaseModel]:
    name = "".join(part.title() for part in kind.kind.split("_")) + "Auth"
    return _model(kind, name, {"kind": (Literal[kind.kind], ...)})


def _part_model() -> type[BaseModel]:
    """Single keys of any kind, as an environment changes them."""
    types: dict[str, list[Any]] = {}
    for kind in KINDS.values():
        for field in kind.fields:
            types.setdefault(field.name, []).append(_type(field))
    fields = {
        f"{name}_": (functools.reduce(operator.or_, dict.fromkeys(known)), absent(alias=name))
        for name, known in types.items()
    }
    made: type[BaseModel] = create_model("PartOfAuth", __base__=Shape, **cast(Any, fields), note=(Text, absent()))
    made.__doc__ = "Single keys that differ in this environment."
    return made


Auth: Any = Annotated[
    functools.reduce(operator.or_, [_auth_model(kind) for kind in KINDS.values()]), Field(discriminator="kind")
]
"""How the merchant knows us; references, never secrets."""

PartOfAuth: Any = _part_model()
Tls: Any = _model(TLS, "Tls", {})
Rate: Any = _model(PARTS["rate"], "Rate", {})
Retries: Any = _model(PARTS["retries"], "Retries", {})
Cache: Any = _model(PARTS["cache"], "Cache", {})
