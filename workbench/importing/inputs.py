"""Which parts of a call look like what it is asked with, and which are secrets: both are replaced where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.importing.proposal import reference
from workbench.importing.words import (
    EMAIL,
    PLACEHOLDER,
    is_email_name,
    is_number_name,
    is_orders_name,
    is_secret_name,
    is_secret_value,
    looks_like_number,
)

DEPTH = 60
"""Bodies nested further than this are left as they are."""

_FIELD_KEYS = (
    "field",
    "fieldname",
    "name",
    "property",
    "propertyname",
    "attribute",
    "key",
    "column",
    "path",
    "operand",
)
_VALUE_KEYS = ("value", "values", "val", "equals", "eq", "term", "literal")
_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}|\$\{([A-Za-z_]\w*)\}|(?<![\w$])\$([A-Z][A-Z0-9_]{2,})\b|\{([\w.-]+)\}")
_COMPARED = re.compile(
    r"(?P<name>[A-Za-z_][\w./-]*)(?P<sign>\s*(?:==?|:|\beq\b|\bis\b)\s*(?P<quote>[\"']?))(?P<value>#?[\w-]*\d[\w-]*)(?P=quote)",
    re.I,
)
_ELEMENT = re.compile(r"(<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>)([^<>]*)(?=</)")


class Marks:
    """Replaces values by inputs and references, and counts the secrets that it met.

    Args:
        merchant: Whose references are written.
        inputs: Whether inputs are sought; secrets always are.
    """

    def __init__(self, merchant: str, inputs: bool = True) -> None:
        self.merchant, self.inputs = merchant, inputs
        self.secrets: set[str] = set()
        self._own = reference(merchant, "x")[:-2]

    def secret(self, name: str, value: str) -> str:
        """The reference that stands for a secret; a placeholder is none that must be reported."""
        if not PLACEHOLDER.fullmatch(value) and not _VARIABLE.fullmatch(value.strip()):
            self.secrets.add(value)
        return reference(self.merchant, name)

    def value(self, name: str, text: str) -> str:
        """A text with inputs and references in the place of what looks like them.

        Args:
            name: Of the parameter, member or element whose value it is.
            text: As the document has it.
        """
        if _VARIABLE.fullmatch(text.strip()) and not is_secret_name(name):
            return self.variables(text, name)
        if text and (is_secret_name(name) or is_secret_value(text)):
            return self.secret(name or "token", text)
        if not self.inputs:
            return text
        text = self.variables(text)
        if EMAIL.search(text):
            text = EMAIL.sub("{email}", text)
        elif is_email_name(name) and (PLACEHOLDER.fullmatch(text) or text == "{email}"):
            return "{email}"
        elif is_number_name(name) and (PLACEHOLDER.fullmatch(text) or looks_like_number(text)):
            return "{number}"
        return _COMPARED.sub(_compared, text)

    def variables(self, text: str, name: str = "") -> str:
        """Variables of the document, such as `{{orderId}}`, as inputs or references."""

        def replaced(match: re.Match[str]) -> str:
            said = next(group for group in match.groups() if group)
            if match[0].startswith(self._own):
                return match[0]
            if is_secret_name(said):
                return reference(self.merchant, said)
            if is_email_name(said) or is_email_name(name):
                return "{email}"
            if is_number_name(said) or is_number_name(name):
                return "{number}"
            return f"{{{identifier(said)}}}"

        return _VARIABLE.sub(replaced, text)

    def tree(self, data: Any, name: str = "", depth: int = 0) -> Any:
        """A JSON body with its values replaced; numbers and truth values stay unless they are an order's number."""
        if depth > DEPTH:
            return data
        if isinstance(data, Mapping):
            named = _field_of(data)
            return {
                str(key): self.tree(value, named if named and str(key).lower() in _VALUE_KEYS else str(key), depth + 1)
                for key, value in data.items()
            }
        if isinstance(data, list):
            return [self.tree(value, name, depth + 1) for value in data]
        if isinstance(data, str):
            return self.value(name, data)
        if self.inputs and isinstance(data, int) and not isinstance(data, bool) and is_number_name(name):
            return "{number}"
        return data

    def pairs(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """Names and values of a query or a form as a table, their values replaced."""
        fields = {name.rpartition("[")[0]: value for name, value in pairs if _last(name) in _FIELD_KEYS and "[" in name}
        found: dict[str, Any] = {}
        for name, value in pairs:
            sibling = fields.get(name.rpartition("[")[0], "") if _last(name) in _VALUE_KEYS else ""
            text = self.value(sibling or _last(name) or name, value)
            if name in found:
                before = found[name] if isinstance(found[name], list) else [found[name]]
                found[name] = [*before, text]
            else:
                found[name] = text
        return found

    def xml(self, text: str) -> str:
        """A body of XML, the texts of its elements replaced."""

        def replaced(match: re.Match[str]) -> str:
            inner = match[3]
            return match[1] + (self.value(match[2], inner) if inner.strip() or is_secret_name(match[2]) else inner)

        return _ELEMENT.sub(replaced, text)

    def segments(self, path: str) -> str:
        """A path, with inputs where an e-mail or an order's number stands."""
        if not self.inputs:
            return path
        done: list[str] = []
        before = ""
        for segment in path.split("/"):
            done.append(self._segment(segment, before))
            before = segment if not re.search(r"[{<:]", segment) else before
        return "/".join(done)

    def _segment(self, segment: str, before: str) -> str:
        if named := re.fullmatch(r":([A-Za-z_]\w*)|<([\w -]+)>|%3C([\w-]+)%3E", segment):
            segment = f"{{{identifier(next(group for group in named.groups() if group))}}}"
        text = self._named_segment(segment, before)
        decoded = text.replace("%40", "@").replace("%2B", "+").replace("%2b", "+")
        if EMAIL.search(decoded):
            return EMAIL.sub("{email}", decoded)
        if "{" not in text and is_secret_value(text):
            return self.secret("key", text)
        if is_orders_name(before) and "{" not in text and text and any(sign.isdigit() for sign in text):
            return (
                "{number}"
                if re.fullmatch(r"(?:#|%23)?[\w.~-]{1,64}", text) and not re.fullmatch(r"v\d", text)
                else text
            )
        return (
            re.sub(r"(?<=\(')[^'(){}]*\d[^'(){}]*(?='\))", "{number}", text)
            if is_orders_name(text[: text.find("(")])
            else text
        )

    def _named_segment(self, segment: str, before: str) -> str:
        """A segment with its variables named; an id after `orders` is what an order is asked for by."""

        def replaced(match: re.Match[str]) -> str:
            said = next(group for group in match.groups() if group)
            if is_secret_name(said):
                return reference(self.merchant, said)
            if is_email_name(said):
                return "{email}"
            ids = re.fullmatch(r"(?:\w*[_-])?(?:id|key|no|code|name)s?|\w*(?:Id|Key|No|ID)", said) is not None
            return "{number}" if is_number_name(said) or (ids and is_orders_name(before)) else f"{{{identifier(said)}}}"

        return _VARIABLE.sub(replaced, segment)


def inputs_of(*parts: Any) -> tuple[str, ...]:
    """The inputs that stand in parts of a call, in order, each once."""
    found: dict[str, None] = {}
    for _, text in texts_of(parts):
        found.update(dict.fromkeys(re.findall(r"(?<!\$)\{([A-Za-z_]\w*)\}", text)))
    return tuple(found)


def texts_of(data: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text inside, with the name of its member; a GraphQL document is no template and left out."""
    if isinstance(data, str):
        yield name, data
    elif isinstance(data, Mapping) and depth <= DEPTH + 8:
        for key, value in data.items():
            if key != "document":
                yield from texts_of(value, str(key), depth + 1)
    elif isinstance(data, (list, tuple)) and depth <= DEPTH + 8:
        for value in data:
            yield from texts_of(value, name, depth + 1)


def identifier(text: str) -> str:
    """A name that can stand between braces."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "value"
    return f"_{name}" if name[0].isdigit() else name


def _compared(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if not is_number_name(re.split(r"[./]", name)[-1]) or not looks_like_number(value):
        return match[0]
    prefix = "#" if value.startswith("#") else ""
    return f"{name}{match['sign']}{prefix}{{number}}{match['quote']}"


def _field_of(data: Mapping[Any, Any]) -> str:
    """The name of the field that an object of a filter speaks of, such as `{field: email, value: ...}`."""
    for key, value in data.items():
        if str(key).lower() in _FIELD_KEYS and isinstance(value, str) and len(value) < 80:
            return value.split(".")[-1]
    return ""


def _last(name: str) -> str:
    """The last part of a nested name: `filter[email]` is `email`."""
    parts = [part for part in re.split(r"[\[\].]+", name) if part and not part.isdigit()]
    return parts[-1] if parts else ""
