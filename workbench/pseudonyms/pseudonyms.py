"""`Pseudonyms`: values, bodies and inputs of one merchant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from workbench.pseudonyms.bodies import Body, Rewriting, rewrite
from workbench.pseudonyms.named import Named
from workbench.pseudonyms.permute import Permutation
from workbench.pseudonyms.sorts import EMAIL, sort_of_number, sort_of_text
from workbench.pseudonyms.values import Row, Unreadable, Untouched

_SAFE_DOMAINS = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)", re.I)
_EXTENSION = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|html?|json|xml)$", re.I)
_RELATIVE = re.compile(r"/?[\w./%~-]*\?[\w.\[\]%-]+=\S*$")
_MARK = re.compile(r"[A-Z]{1,4}[-_#/](?=\w)")
_LETTERS_KEPT = 4
_READING = ("format", "delimiter", "encoding")


@dataclass(frozen=True, slots=True)
class Came:
    """An answer as it came.

    Attributes:
        body: The bytes.
        content_type: The header.
        reading: `format`, `delimiter` and `encoding`, where the call says them.
    """

    body: bytes = field(repr=False)
    content_type: str | None = None
    reading: Mapping[str, str | None] = field(default_factory=dict)


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
        if re.match(r"(?:https?|ftp)://", plain, re.I):
            return self._url(plain)
        if _RELATIVE.match(plain):
            path, _, query = plain.partition("?")
            return self._tail(path) + self._query(query)
        if "%" in plain and EMAIL.search(unquote(plain)):
            return quote(self.replaced(unquote(plain)), safe="/" if "/" in plain else "")
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

    def inputs(self, asked: Mapping[str, str]) -> dict[str, str]:
        """What an operation was asked for."""
        return {name: self.replaced(value) for name, value in asked.items()}

    def body(self, body: bytes, content_type: str | None = None, **reading: str | None) -> Body:
        """An answer's body, rewritten in its own format; several of one customer go together, by `bodies`.

        Args:
            body: As it came.
            content_type: Its header.
            reading: `format`, `delimiter` and `encoding`, where the call says them.

        Raises:
            Unreadable: It is in no format that can be rewritten.
        """
        made = self.bodies([Came(body, content_type, reading)])[0]
        if isinstance(made, Unreadable):
            raise made
        return made

    def bodies(self, answers: Sequence[Came], asked: Iterable[str] = ()) -> list[Body | Unreadable]:
        """Answers of one customer, rewritten: what names her in one of them is looked for in all.

        Args:
            answers: As they came.
            asked: What was asked for.

        Returns:
            The body of each, or why it cannot be rewritten.
        """
        return self._both(answers, asked, sparing=False)

    def preview(self, answers: Sequence[Came], asked: Iterable[str] = ()) -> list[list[Row]]:
        """What would be kept and what replaced, place by place, of some values of at most 2,000 places an answer."""
        made = self._both(answers, asked, sparing=True)
        return [[] if isinstance(one, Unreadable) else list(one.rows) for one in made]

    def _both(self, answers: Sequence[Came], asked: Iterable[str], sparing: bool) -> list[Body | Unreadable]:
        """Rewrites, and once more what was kept before it was known that it names the customer."""
        named = Named(asked)
        untouched: list[Untouched] = []
        made: list[Body | Unreadable] = []
        for answer in answers:
            untouched.append(Untouched())
            made.append(self._rewritten(answer, named, untouched[-1], sparing))
        for number, one in enumerate(untouched):
            if one.names(named):
                made[number] = self._rewritten(answers[number], named, Untouched(), sparing)
        return made

    def _rewritten(self, answer: Came, named: Named, untouched: Untouched, sparing: bool) -> Body | Unreadable:
        try:
            reading = map(answer.reading.get, _READING)
            return rewrite(Rewriting(self, named, untouched, sparing), answer.body, answer.content_type, *reading)
        except Unreadable as error:
            return error

    def _words(self, text: str) -> str:
        """Words and numbers. Marks of a few letters stay where the text is an id: mostly digits, or marked in front."""
        digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
        if not digits or any(map(str.isspace, text)):
            return self._permutation.text(text)
        if digits >= letters:
            return self._permutation.text(text, _LETTERS_KEPT)
        mark = _MARK.match(text)
        front = mark[0] if mark else ""
        return front + self._permutation.text(text[len(front) :])

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
            host = self._domain(split.hostname or "")
        except ValueError:
            return self._permutation.text(url)
        ending = _EXTENSION.search(split.path)
        path = split.path[: ending.start()] if ending else split.path
        tail = self._tail(path) + (ending[0] if ending else "")
        return f"{split.scheme}://{host}{tail}{self._query(split.query)}"

    def _tail(self, path: str) -> str:
        return self._permutation.text(unquote(path).replace(" ", "-"))

    def _query(self, query: str) -> str:
        """The query of an address: names and values replaced, a value as it is replaced everywhere else."""
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        made = [
            self._permutation.text(unquote(name))
            + sign
            + quote(self.replaced(unquote(value.replace("+", " "))), safe="")
            for name, sign, value in pairs
        ]
        return f"?{'&'.join(made)}" if made else ""


def named_in(answers: Iterable[Came], asked: Iterable[str] = ()) -> Named:
    """What names the customer in some answers, so that nothing is told of it.

    Args:
        answers: As they came.
        asked: What was asked for.
    """
    named = Named(asked)
    nobody = Pseudonyms(b"")
    for answer in answers:
        nobody._rewritten(answer, named, Untouched(), sparing=True)
    return named


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
