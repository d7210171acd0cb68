"""Drafts and pickers for tests of what a click means."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from workbench.decode import decode
from workbench.documents import Document
from workbench.mapping import dump, load_text
from workbench.pick import Picker, Proposal
from workbench.samples import Answer, Sample

BY_EMAIL = "find_orders_by_email"


def draft(orders: Any = None, rules: Any = None, calls: Any = None, **more: Any) -> dict[str, Any]:
    """A draft with one operation."""
    body: dict[str, Any] = {"calls": calls or [{"name": "search", "get": "/orders"}]}
    if orders is not None:
        body["orders"] = orders
    return {
        "format": 1, "merchant": "acme", "operations": {BY_EMAIL: body}, "records": {"order": rules or {}}, **more,
    }  # fmt: skip


def picker(
    data: dict[str, Any],
    *samples: Any,
    call: str = "search",
    content_type: str = "application/json",
    fetched: datetime | None = None,
    header: datetime | None = None,
) -> Picker:
    """A picker over samples, each the answer of one call, or answers by call."""
    recorded: list[Sample] = []
    documents: dict[str, list[list[Document]]] = {}
    for number, sample in enumerate(samples):
        by_call = sample if isinstance(sample, Calls) else Calls({call: sample})
        calls: dict[str, Any] = {}
        for name, answer in by_call.items():
            pages = answer if isinstance(answer, PerKey) else {"": answer}
            answers = {key: (Answer(as_bytes(body), 200, content_type),) for key, body in pages.items()}
            calls[name] = answers if isinstance(answer, PerKey) else answers[""]
            documents.setdefault(name, []).append(
                [decode(as_bytes(body), content_type=content_type) for body in pages.values()]
            )
        recorded.append(Sample(f"sample-{number}", BY_EMAIL, {"email": "a@example.org"}, calls, fetched))
    clocks = {sample.name: header for sample in recorded} if header else None
    return Picker(data, BY_EMAIL, recorded, documents, clocks=clocks)


class Calls(dict[str, Any]):
    """Answers by call."""


class PerKey(dict[str, Any]):
    """Answers of a call that is made for each order."""


def as_bytes(body: Any) -> bytes:
    """A body as it comes over the wire."""
    if type(body) is not str or body.startswith("<"):
        return body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return json.dumps(body).encode()


def accept(found: list[Proposal], words: str = "") -> dict[str, Any]:
    """The data of the first proposal whose words have these; it must load."""
    chosen = next((each for each in found if words in each.words), None)
    assert chosen is not None, [each.words for each in found]
    load_text(dump(chosen.data), "draft")
    return chosen.data
