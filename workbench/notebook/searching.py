"""How a merchant's searches behave: which reads tell, what came of each, and what the mapping should say of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.calls import Exchange
from workbench.documents import Document
from workbench.tree import merge

BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"
UNKNOWN_EMAIL = "no-such-customer-5f1c@example.com"
MOST = 8
_PREFIX = re.compile(r"[^0-9]+(?=[0-9])")
_NEXT = re.compile(r"next(?:_?page|_?url|_?link|_?href)?", re.I)


@dataclass(frozen=True, slots=True)
class Trying:
    """One read that tells something about a search.

    Attributes:
        kind: `known`, `unknown`, `case`, `plus`, `without prefix` or `with prefix`.
        label: What is asked, for people, without the value.
        operation: The operation.
        inputs: What is asked for.
    """

    kind: str
    label: str
    operation: str
    inputs: Mapping[str, str] = field(repr=False)


@dataclass
class Tried:
    """What came of it.

    Attributes:
        trying: The read.
        status: The HTTP status of the first call; None when nothing answered.
        came: How many orders the answer holds.
        fitting: How many of them carry what was asked for; None where nothing says so yet.
        error: Why it ended without an answer.
    """

    trying: Trying
    status: int | None = None
    came: int = 0
    fitting: int | None = None
    error: str = ""

    @property
    def text(self) -> str:
        """The outcome in words."""
        if self.status is None:
            return self.error or "no answer"
        if self.status >= 400:
            return f"status {self.status}"
        orders = "no order" if not self.came else f"{self.came} order{'s' * (self.came != 1)}"
        if self.fitting is not None and self.fitting < self.came:
            return f"{orders}, {self.came - self.fitting} of them of somebody else"
        return orders


def plan_reads(operations: Sequence[str], email: str, number: str) -> list[Trying]:
    """The reads to send, at most eight.

    Args:
        operations: The draft's operations.
        email: A customer's e-mail that has orders; empty leaves those reads out.
        number: An order's number; empty leaves those out.
    """
    found = []
    if BY_EMAIL in operations and email:
        local, _, domain = email.partition("@")
        found.append(Trying("known", "a known e-mail", BY_EMAIL, {"email": email}))
        found.append(Trying("unknown", "an unknown e-mail", BY_EMAIL, {"email": UNKNOWN_EMAIL}))
        found.append(Trying("case", "the e-mail in other case", BY_EMAIL, {"email": email.swapcase()}))
        if "+" not in local:
            plus = {"email": f"{local}+5f1c@{domain}"}
            found.append(Trying("plus", "the e-mail with a plus sign", BY_EMAIL, plus))
    if BY_NUMBER in operations and number:
        found.append(Trying("known", "a known number", BY_NUMBER, {"number": number}))
        unknown = re.sub(r"[0-9]", "9", number)
        found.append(Trying("unknown", "an unknown number", BY_NUMBER, {"number": f"{unknown}9"}))
        if match := _PREFIX.match(number):
            bare = {"number": number[match.end() :]}
            found.append(Trying("without prefix", f"the number without {match[0]}", BY_NUMBER, bare))
        else:
            found.append(Trying("with prefix", "the number with # before it", BY_NUMBER, {"number": f"#{number}"}))
    return found[:MOST]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search does, and what the mapping should say of it.

    Attributes:
        text: What was found out.
        operation: The operation.
        change: Keys of the first call, `not_found_when` or `pages`, or `verify` of the operation; empty for none.
    """

    text: str
    operation: str
    change: Mapping[str, Any] = field(default_factory=dict)


def findings(tried: Sequence[Tried], pages: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """What the reads tell.

    Args:
        tried: What came of each.
        pages: How the answers of an operation go on, where something in them says so.
    """
    found: list[Finding] = []
    known = {one.trying.operation: one for one in tried if one.trying.kind == "known"}
    for one in tried:
        operation, kind = one.trying.operation, one.trying.kind
        good = known.get(operation)
        if kind == "known":
            if not one.came:
                found.append(Finding(f"{one.trying.label} finds nothing: {one.text}", operation))
        elif kind == "unknown":
            found.append(_of_unknown(one))
        elif good is None or not good.came:
            continue
        elif kind == "case":
            same = one.came == good.came
            found.append(Finding(f"upper and lower case {'make no difference' if same else 'matter'}", operation))
        elif kind == "plus" and one.came:
            found.append(Finding("a plus sign is cut off: the check after the search drops what comes", operation))
        elif kind == "without prefix":
            found.append(_of_prefix(one, good))
    for operation, rule in pages.items():
        found.append(Finding(f"answers come in pages: {rule['kind']}", operation, {"pages": dict(rule)}))
    return found


def _of_unknown(one: Tried) -> Finding:
    operation, label = one.trying.operation, one.trying.label
    if one.status is not None and one.status >= 400:
        change = {"not_found_when": {"http.status": one.status}} if one.status in (404, 410) else {}
        return Finding(f"{label}: status {one.status} means that there is none", operation, change)
    if one.came:
        return Finding(f"{label} gives orders: the filter is ignored, the check after the search drops them", operation)
    return Finding(f"{label}: an answer without orders", operation)


def _of_prefix(one: Tried, good: Tried) -> Finding:
    operation, number = one.trying.operation, good.trying.inputs["number"]
    prefix = number[: len(number) - len(one.trying.inputs["number"])]
    if one.came:
        check = {"order_number": {"equals": "{number}", "ignore_prefix": [prefix]}}
        return Finding(f"the number is found without {prefix}, too", operation, {"verify": check})
    return Finding(f"the number is found with {prefix} only", operation)


def paging_of(exchange: Exchange, document: Document | None) -> dict[str, Any]:
    """How the answer goes on, where it says so: a Link header, or a node that holds the address of the next page."""
    response = exchange.response
    if response is None:
        return {}
    if 'rel="next"' in response.headers.get("link", ""):
        return {"kind": "link_header"}
    if document is None:
        return {}
    for node in merge([document]):
        if node.depth > 4 or not _NEXT.fullmatch(node.name.lstrip("@")) or not node.examples:
            continue
        example = node.examples[0]
        if example.startswith(("http://", "https://", "/", "?")):
            return {"kind": "next_link", "path": node.path}
    return {}
