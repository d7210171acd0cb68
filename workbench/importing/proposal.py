"""What importing gives: calls to choose from, each as the mapping language has it, without any secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
READ_METHODS = ("get", "post", "put", "patch")


class Auth(NamedTuple):
    """How the calls are authenticated, as far as the document tells.

    Attributes:
        kind: The word of `auth: {kind: ...}`.
        fields: The other keys of that table; secrets are references, such as `${ACME_TOKEN}`.
    """

    kind: str
    fields: Mapping[str, Any] = {}

    def table(self) -> dict[str, Any]:
        """The `auth:` table of a connection."""
        return {"kind": self.kind, **self.fields}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One call that the document describes.

    Attributes:
        label: For people: what the document calls it, or its method and path.
        method: In small letters, such as `get`.
        path: Below `base_url`, with `{email}`, `{number}` and other inputs in place.
        query: Parameters; a list where one comes several times.
        headers: Those that matter to the merchant; never credentials.
        body: The body as the mapping language has it, or None.
        body_kind: json, form, xml, text, graphql or soap; empty without a body.
        base_url: Where the document says that the API is; empty where it does not.
        auth: How it is authenticated, or None where nothing is said.
        inputs: The inputs that stand in it, in order.
        reads: Whether it only reads, as far as one can tell.
        score: How likely it finds orders; the list is sorted by it.
        notes: What the engineer should know of this call.
        pages: How it pages, where the document tells.
    """

    label: str
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    body_kind: str = ""
    base_url: str = ""
    auth: Auth | None = None
    inputs: tuple[str, ...] = ()
    reads: bool = False
    score: int = 0
    notes: tuple[str, ...] = ()
    pages: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """The find that it serves, by its inputs; empty where it is neither."""
        if "email" in self.inputs:
            return BY_EMAIL
        return BY_NUMBER if "number" in self.inputs else ""

    @property
    def open_inputs(self) -> tuple[str, ...]:
        """Inputs that no find has: constants or references to be written in their place, or inputs to declare."""
        return tuple(name for name in self.inputs if name not in ("email", "number"))

    def call(self, name: str = "") -> dict[str, Any]:
        """The entry of `calls:`.

        Args:
            name: Of the call; the first of an operation needs none.
        """
        entry: dict[str, Any] = {"name": name} if name else {}
        entry[self.method] = self.path
        if self.query:
            entry["query"] = dict(self.query)
        if self.headers:
            entry["headers"] = dict(self.headers)
        if self.body_kind:
            entry[self.body_kind] = self.body
        if self.reads and (self.method != "get" or self.body_kind):
            entry["reads"] = True
        if self.pages:
            entry["pages"] = dict(self.pages)
        return entry

    def at(self, base_url: str) -> Proposal:
        """The same call at another address: a schema does not say where it is, and a document may be wrong."""
        return replace(self, base_url=base_url)

    def connection(self) -> dict[str, Any]:
        """The `connection:` of a mapping, as far as the document tells."""
        found: dict[str, Any] = {"base_url": self.base_url} if self.base_url else {}
        if self.auth:
            found["auth"] = self.auth.table()
        return found


class Proposals(list[Proposal]):
    """The calls of a document, the most likely order searches first.

    Attributes:
        kind: What the document is, such as `openapi` or `curl`.
        secrets: How many secrets stood in it; none of them is kept.
        notes: What could not be read, and what to do about it.
    """

    def __init__(self, found: Iterable[Proposal] = (), kind: str = "", secrets: int = 0, notes: Iterable[str] = ()):
        super().__init__(sorted(found, key=lambda one: -one.score))
        self.kind, self.secrets = kind, secrets
        self.notes = tuple(dict.fromkeys([*notes, *([_left_out(secrets)] if secrets else [])]))


def _left_out(count: int) -> str:
    return (
        f"{count} secret{'s' * (count != 1)} were left out; type them into the form"
        if count != 1
        else ("1 secret was left out; type it into the form")
    )


def reference(merchant: str, name: str) -> str:
    """The reference of a secret of a merchant, such as `${ACME_API_KEY}`."""
    return f"${{{capitals(merchant) or 'MERCHANT'}_{capitals(name) or 'SECRET'}}}"


def capitals(text: str) -> str:
    """A name as references have it: capitals, digits and `_`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^A-Z0-9]+", "_", spaced.upper()).strip("_")
