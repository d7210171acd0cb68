"""Small mapping files for tests, put together from the lines that matter."""

from __future__ import annotations

import textwrap

import pytest

from workbench.errors import MappingError, Problem
from workbench.mapping import MappingFile, load_text


def mapping(
    order: str = "", *, orders: str = "", calls: str = "", operation: str = "find", more: str = "", top: str = ""
) -> str:
    """A mapping of one operation; each part is YAML as it stands under its key, `more` is at the top level.

    The rules of `order` begin at line 8 without calls, orders and other lines before.
    """
    lines = ["format: 1", "merchant: shop", *_under("", top), "operations:", "  find:"]
    lines += _under("    calls:", calls) if calls else []
    lines += _under("    orders:", orders) if orders else ['    orders: {each: "$.orders"}']
    lines += ["records:", "  order:"]
    lines += [f"    {line}" for line in textwrap.dedent(order).strip().splitlines()] or ['    order_number: "@.no"']
    return "\n".join([*lines, *_under("", more)]) + "\n"


def _under(head: str, text: str) -> list[str]:
    lines = textwrap.dedent(text).strip("\n").splitlines()
    if not head:
        return lines
    indent = " " * (len(head) - len(head.lstrip()) + 2)
    return [f"{head} {lines[0]}"] if len(lines) == 1 else [head, *(indent + line for line in lines)]


def load(*args: str, **parts: str) -> MappingFile:
    """The loaded mapping of some parts."""
    return load_text(mapping(*args, **parts))


def problems_of(text: str) -> tuple[Problem, ...]:
    """Every problem of a mapping that does not load."""
    with pytest.raises(MappingError) as caught:
        load_text(text)
    return caught.value.problems


def texts_of(text: str) -> list[str]:
    """The texts of those problems."""
    return [problem.text for problem in problems_of(text)]
