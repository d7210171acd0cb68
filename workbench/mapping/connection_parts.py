"""What a connection may say besides where it is and how to get in; checks, models and forms read it here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workbench.mapping.auth_fields import AuthField, AuthKind
from workbench.mapping.auth_kinds import TLS, form_of

_PARTS = (
    AuthKind(
        "rate",
        "Rate",
        "How fast the merchant may be called, by all lookups of a process together.",
        (
            AuthField("per_second", "Requests a second", "number", most=10_000),
            AuthField(
                "burst", "Burst", "count",
                help="How many may go at once after a quiet time; a second's worth unless said.",
            ),
            AuthField("concurrency", "At once", "count", default=10, most=50, help="How many may be on their way."),
        ),
    ),
    AuthKind(
        "retries",
        "Retries",
        "When a read is sent once more: after a broken connection, and at these statuses.",
        (
            AuthField("max", "How often", "count", default=2, least=0, most=10, help="0: never."),
            AuthField(
                "wait_s", "First pause, seconds", "number", default=0.5, most=60, help="Doubled for each further try."
            ),
            AuthField(
                "statuses", "Statuses", "statuses", default=(408, 425, 429, 502, 503, 504), least=400, most=599,
                help="Those at which it is worth another try.",
            ),
            AuthField(
                "when", "Also when", "conditions", lines=True,
                help='What of an answer asks for it with another status: {"$.error": BUSY}.',
            ),
        ),
    ),
    AuthKind(
        "cache",
        "Cache",
        "Answers that are kept in memory and asked for again only if they have changed (ETag, Last-Modified).",
        (AuthField("entries", "Answers kept", "count", True, most=100_000),),
    ),
    AuthKind(
        "limits",
        "Limits",
        "How large an answer may be; lowers what the deployment allows.",
        (
            AuthField("bytes", "Bytes", "count"),
            AuthField("depth", "Depth", "count"),
            AuthField("nodes", "Nodes", "count"),
        ),
    ),
    AuthKind(
        "",
        "Time, calls and servers",
        "How long a lookup may take, how much it may ask for, and what goes with every call.",
        (
            AuthField("timeout_s", "Next bytes within, seconds", "span", help="While an answer comes."),
            AuthField("budget_s", "Whole lookup within, seconds", "span"),
            AuthField("max_calls", "Requests of one lookup", "count"),
            AuthField("region", "Sales region"),
            AuthField("headers", "Headers", "pairs", help="Of every call."),
            AuthField("query", "Query", "data", lines=True, help="Of every call; names may nest."),
            AuthField(
                "servers", "Further servers", "data", lines=True,
                help='For calls that say which: {"parcels": {"base_url": "https://parcels.shop.example"}}.',
            ),
        ),
    ),
)  # fmt: skip

PARTS: Mapping[str, AuthKind] = MappingProxyType({part.kind: part for part in _PARTS})
"""Every part by its key in the connection; the connection's own single keys under the empty text."""

SINGLE = tuple(PARTS[""].by_name)


def connection_forms() -> list[dict[str, Any]]:
    """What a form for each part of a connection needs, `tls` first: plain data, in the shape of `auth_forms`."""
    return [form_of(part) for part in (TLS, *_PARTS)]
