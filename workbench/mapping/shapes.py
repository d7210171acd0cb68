"""What the models of mapping files are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


def absent(description: str | None = None, **options: Any) -> Any:
    """A key that may be left out; where null is no value of its type, null stays refused."""
    return Field(None, description=description, **options)


class Shape(BaseModel):
    """A table that has no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Text = Annotated[str, Field(min_length=1)]
Reference = Annotated[str, Field(pattern=r"\$\{[A-Z][A-Z0-9_]*\}", examples=["${NORTHWIND_TOKEN}"])]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
