"""The checks of texts with `{...}` in calls: inputs, paths and references to secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.mapping.report import Report, Spot, is_scalar
from workbench.mapping.sight import Sight, check_input, check_path
from workbench.mapping.source import shortened
from workbench.quoting import VALUE, holes
from workbench.templates import Input, Made, Secret, TemplateError, compile_template

_REFERENCE = re.compile(r"\$\{([^{}]{0,200})\}?")
NESTED = 12
"""More levels than any `a[b][0][c]` has."""
_NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)


class Secrets:
    """The references of one merchant: their names start with the merchant's, in capitals."""

    def __init__(self, merchant: Any) -> None:
        name = merchant if isinstance(merchant, str) else ""
        self.prefix = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") + "_" if name else ""

    def check(self, report: Report, text: str, spot: Spot) -> None:
        """Checks every reference in a text. What stands between the braces is told only when it is a name."""
        for name in _REFERENCE.findall(text):
            example = f"${{{self.prefix or 'MERCHANT_'}...}}"
            if not _NAME.fullmatch(name):
                how = f"write {example}, with capitals, digits and _"
                report.add("a reference that is no name in capitals", spot, how, "bad_reference")
            elif self.prefix and not name.startswith(self.prefix):
                how = f"this merchant's references start with {self.prefix}"
                report.add(f"${{{shortened(name)}}} is not this merchant's", spot, how, "bad_reference")


def check_text(
    report: Report, text: str, spot: Spot, sight: Sight, secrets: Secrets, strict: bool = False, place: str = VALUE
) -> None:
    """Checks a template; a strict one has no braces but those of inputs, paths and references."""
    try:
        parts = compile_template(text)
    except TemplateError as error:
        report.add(error.what, spot, error.how, "not_a_path")
        return
    try:
        holes(parts, place)
    except TemplateError as error:
        report.add(error.what, spot, error.how, "bad_template")
    secrets.check(report, text, spot)
    for part in parts:
        if isinstance(part, Input):
            check_input(report, part.name, spot, sight)
        elif isinstance(part, str):
            if strict and _stray_brace(part, text) and not _REFERENCE.search(part):
                what = "a brace that holds neither an input nor a path"
                report.add(what, spot, "write {email} or {@.id}", "bad_template")
        elif not isinstance(part, Secret | Made):
            check_path(report, part.text, spot, sight)


def _stray_brace(part: str, text: str) -> bool:
    """Whether a brace looks like a hole that is none; those of JSON inside a text do not."""
    return re.search(r"[{}]", part) is not None and ('"' not in text or re.search(r"\{[^{}\"'\s]+\}", part) is not None)


def check_texts(
    report: Report, data: Any, spot: Spot, sight: Sight, secrets: Secrets, strict: bool = False, place: str = VALUE
) -> None:
    """Checks every template inside tables and lists; keys are no templates."""
    for text, at in texts_at(data, spot):
        check_text(report, text, at, sight, secrets, strict, place)


def texts_at(data: Any, spot: Spot) -> Iterator[tuple[str, Spot]]:
    """Every text inside, with its place."""
    if isinstance(data, str):
        yield data, spot
    elif isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from texts_at(value, spot.part(key))


def check_pairs(
    report: Report, table: Any, spot: Spot, sight: Sight, secrets: Secrets, place: str = VALUE, nested: bool = True
) -> None:
    """Checks a table of names and templates: `query:` and `form:`, which nest, and `headers:`, which do not."""
    for name, value in (report.table(table, spot, None, "write {NAME: VALUE}") or {}).items():
        at = spot.key(name)
        _check_pair(report, value, at, NESTED if nested else 1)
        check_texts(report, value, at, sight, secrets, strict=True, place=place)


def _check_pair(report: Report, value: Any, spot: Spot, levels: int) -> None:
    """Checks the shape of one value: a scalar, a list, or a table where names nest."""
    if isinstance(value, list) and levels:
        for index, member in enumerate(report.items(value, spot) or []):
            _check_pair(report, member, spot.part(index) if levels > 1 else spot, levels - 1)
    elif isinstance(value, dict) and levels > 1:
        for key, member in value.items():
            _check_pair(report, member, spot.part(key), levels - 1)
    elif not is_scalar(value):
        report.wrong(value, spot, "a text or a number")
