"""`Pseudonyms`: values, bodies and inputs of one merchant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from workbench.pseudonyms.bodies import Body, Row, rewrite
from workbench.pseudonyms.permute import Permutation
from workbench.pseudonyms.sorts import EMAIL, sort_of_number, sort_of_text

_SAFE_DOMAINS = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)", re.I)
_EXTENSION = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|html?|json|xml)$", re.I)
_ID_KEY = re.compile(r"\d{5}|[0-9a-f]{8}-[0-9a-f]{4}-", re.I)
_LINK = re.compile(r"(?:https?|ftp)://|/[^\s?]*[/?]\S", re.I)
_LETTERS_KEPT = 4


class Pseudonyms:
    """Replaces what may belong to a customer, consistently: the same value gives the same one everywhere.

    Args:
        key: The merchant's secret key; with another key everything comes out otherwise.
    """

    def __init__(self, key: bytes) -> None:
        self._permutation = Permutation(key)

    def replaced(self, text: str) -> str:
        """A text as if it belonged to a customer: what it becomes depends on the text alone."""
        plain = text.strip()
        if _LINK.match(plain):
            return self._url(plain)
        if "%40" in plain:  # an address in a query
            return self._permutation.text(unquote(text), 0)
        if EMAIL.search(text):
            return EMAIL.sub(lambda match: self._email(match[0]), self._beside_emails(text))
        return self._words(text)

    def value(self, path: Sequence[str], text: str) -> tuple[str, str]:
        """A text at a place: what it becomes, and why; kept as it is where the reason is empty."""
        sort = sort_of_text(path, text)
        return (self.replaced(text), sort) if sort else (text, "")

    def number(self, path: Sequence[str], digits: str) -> tuple[str, str]:
        """The digits of a number at a place: what they become, and why."""
        sort = sort_of_number(path, digits)
        return (self.replaced(digits), sort) if sort and digits.lstrip("-").isdigit() else (digits, "")

    def key(self, name: str) -> str:
        """A key of an object: kept, unless it is itself an id or an e-mail."""
        if EMAIL.fullmatch(name) or _ID_KEY.search(name):
            return self.replaced(name)
        return name

    def inputs(self, asked: Mapping[str, str]) -> dict[str, str]:
        """What an operation was asked for."""
        return {name: self.replaced(value) for name, value in asked.items()}

    def body(self, body: bytes, content_type: str | None = None, **reading: str | None) -> Body:
        """An answer's body, rewritten in its own format.

        Args:
            body: As it came.
            content_type: Its header.
            reading: `format`, `delimiter` and `encoding`, where the call says them.

        Raises:
            Unreadable: It is in no format that can be rewritten.
        """
        return rewrite(self, body, content_type, **reading)

    def preview(self, body: bytes, content_type: str | None = None, **reading: str | None) -> list[Row]:
        """What would be kept and what replaced, place by place."""
        return list(self.body(body, content_type, **reading).rows)

    def _words(self, text: str) -> str:
        """Words and numbers. Marks of a few letters stay where the text is an id."""
        is_id = any(sign.isdigit() for sign in text) and not any(sign.isspace() for sign in text)
        return self._permutation.text(text, _LETTERS_KEPT if is_id else 0)

    def _beside_emails(self, text: str) -> str:
        """The text around the addresses in it, replaced; the addresses themselves wait."""
        found, start = [], 0
        for match in EMAIL.finditer(text):
            found += [self._permutation.text(text[start : match.start()]), match[0]]
            start = match.end()
        return "".join([*found, self._permutation.text(text[start:])])

    def _email(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        return f"{self._permutation.text(local)}@{self._domain(domain)}"

    def _domain(self, domain: str) -> str:
        if _SAFE_DOMAINS.fullmatch(domain):
            return domain
        head, dot, _ = domain.rpartition(".")
        return f"{self._permutation.text(head if dot else domain)}.example"

    def _url(self, url: str) -> str:
        """Another host under `.example`, and another tail; what looks like an id stays findable as that id."""
        try:
            split = urlsplit(url)
            host = self._domain(split.hostname) if split.hostname else ""
        except ValueError:
            return self._permutation.text(url)
        ending = _EXTENSION.search(split.path)
        path = split.path[: ending.start()] if ending else split.path
        tail = self._permutation.text(unquote(path).replace(" ", "-"), 0) + (ending[0] if ending else "")
        query = f"?{self._permutation.text(unquote(split.query), 0)}" if split.query else ""
        scheme = f"{split.scheme}:" if split.scheme else ""
        return f"{scheme}{'//' if split.netloc else ''}{host}{tail}{query}".replace(" ", "-")


def embedded(text: str) -> str:
    """json or xml where a text holds such a document, else nothing."""
    plain = text.strip()
    if plain[:1] in "{[" and plain[-1:] in "}]" and len(plain) > 1:
        try:
            json.loads(plain)
        except (ValueError, RecursionError):
            return ""
        return "json"
    return "xml" if plain.startswith("<") and plain.endswith(">") and len(plain) > 6 else ""
