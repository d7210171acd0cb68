"""Expectations of a draft: what all orders of the answers bear out and is worth telling when an order breaks it."""

from __future__ import annotations

import json
from collections.abc import Mapping as Table
from collections.abc import Sequence
from typing import Any

from workbench.orders import Result
from workbench.runtime import Mapping
from workbench.samples import Suggestion, propose_expectations
from workbench.samples.evidence import ENOUGH_ORDERS

_ALWAYS = frozenset("customer_email customer_name shipping_address amount currency lines".split())
_BY_STATE = frozenset("shipped_at delivered_at carrier tracking_numbers shipments".split())
_UNKNOWN = "unknown"
_MOST_ORDERS = 500


def expectations_of(data: Table[str, Any], answers: Sequence[Any]) -> list[Suggestion]:
    """What may be expected of orders; what they have by their state is expected in the states that were seen.

    Args:
        data: A mapping's data; it loads.
        answers: What it was drafted from, each as `Mapping.map` takes it.
    """
    mapping = Mapping.from_text(json.dumps(data))
    results: list[Result] = []
    for answer in answers:
        results.append(mapping.map(answer))
        if sum(len(result.orders) for result in results) >= _MOST_ORDERS:
            break
    found = []
    for each in propose_expectations(mapping, results):
        if each.field in _BY_STATE:
            found += _in_states(each, results)
        elif each.field in _ALWAYS:
            found.append(each)
    return found


def _in_states(each: Suggestion, results: Sequence[Result]) -> list[Suggestion]:
    """The expectation, held to the states that were seen: all orders that were looked at may have been shipped."""
    if "when" in each.expect:
        return [each]
    states = [order.peek().get("status", _UNKNOWN) for result in results for order in result.orders]
    told = [state for state in states if state != _UNKNOWN]
    if len(told) < ENOUGH_ORDERS:
        return []
    return [Suggestion(each.field, {"when": {"status": list(dict.fromkeys(sorted(told)))}}, len(told))]
