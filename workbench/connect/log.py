"""One structured line per lookup: counts, codes and times. Never a value, the query of a URL, or a secret."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from workbench.calls import Tally
from workbench.errors import Problem
from workbench.orders import Result
from workbench.plan import Plan

LOGGER = logging.getLogger("workbench.lookup")
_PLACE = re.compile(r"\w+(?:\[\d+\])?(?:\.(.+))?", re.ASCII)
_INDEX = re.compile(r"\[\d+\]")


def log_lookup(
    plan: Plan, operation: str, tally: Tally, elapsed: float, outcome: Result | BaseException, environment: str | None
) -> None:
    """Writes the line of one lookup, as a JSON object, at INFO.

    Args:
        plan: Of the mapping that was used.
        operation: Its name.
        tally: What was sent and received.
        elapsed: How long it took, in seconds.
        outcome: The result, or what was raised.
        environment: The connection's environment.
    """
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    line: dict[str, Any] = {
        "merchant": plan.merchant,
        "mapping_version": plan.version,
        "mapping_digest": plan.digest,
        "environment": environment,
        "operation": operation if operation in plan.operations else None,
        "statuses": tally.statuses,
        "ms": round(elapsed * 1000, 1),
        "bytes": tally.bytes,
        "calls": tally.calls,
        "retries": tally.retries,
    }
    if isinstance(outcome, Result):
        line |= _of_result(plan, operation, outcome)
    else:
        problem = getattr(outcome, "problem", None)
        line |= {"outcome": "error", "error": type(outcome).__name__, "code": getattr(problem, "code", None)}
    LOGGER.info("%s", json.dumps(line))


def _of_result(plan: Plan, operation: str, result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "orders": len(result.orders),
        "withheld": result.withheld,
        "dropped": result.dropped,
        "problems": len(result.problems),
        "codes": _counted(problem.code or "other" for problem in result.problems),
        "fields": _fields(plan, operation, result),
    }


def _fields(plan: Plan, operation: str, result: Result) -> dict[str, dict[str, int]]:
    """How often each field that is mapped, or came out, was present, absent, unavailable, or had a problem."""
    records = [order.to_dict() for order in result.orders]
    if not records:
        return {}
    keys = dict.fromkeys(field.key for field in plan.operations[operation].orders.fields)
    keys |= dict.fromkeys(key for record in records for key in record if key != "unavailable")
    fields: dict[str, dict[str, int]] = {}
    for key in keys:
        present = sum(key in record for record in records)
        unknown = sum(key not in record and key in record.get("unavailable", ()) for record in records)
        absent = len(records) - present - unknown
        fields[key] = {"present": present, "absent": absent, "unavailable": unknown, "problems": 0}
    for problem in result.problems:
        name = _field_of(problem)
        if name in fields:
            fields[name]["problems"] += 1
    return fields


def _field_of(problem: Problem) -> str:
    """The top-level field that a problem such as `... @ order[0].lines[1].sku` is about."""
    match = _PLACE.fullmatch(problem.where)
    return _INDEX.sub("", match[1]).split(".")[0] if match and match[1] else ""


def _counted(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
