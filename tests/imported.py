"""What importing tests share: a proposal as a mapping file, and as the request that it becomes."""

from __future__ import annotations

from typing import Any

from workbench.calls import Request
from workbench.calls.requests import Outline, Turn, compile_base
from workbench.calls.values import Values
from workbench.importing import Proposal
from workbench.mapping import check_data
from workbench.plan import compile_plan


def a_mapping(proposal: Proposal, merchant: str = "acme") -> dict[str, Any]:
    """The mapping of one call."""
    operation: dict[str, Any] = {"calls": [proposal.call()], "orders": {"each": "$"}}
    if proposal.open_inputs or not proposal.operation:
        operation["inputs"] = list(proposal.inputs) or ["email"]
    return {
        "format": 1,
        "merchant": merchant,
        "operations": {proposal.operation or "find": operation},
        "records": {"order": {"order_number": "@.number", "customer_email": "@.email"}},
    }


def mistakes(proposal: Proposal) -> list[str]:
    """What the checks of a mapping file say of a proposal."""
    return [problem.text for problem in check_data(a_mapping(proposal))]


def sent(proposal: Proposal, **inputs: str) -> Request:
    """The request that a proposal becomes."""
    data = a_mapping(proposal)
    (operation,) = compile_plan(data).operations.values()
    given = {name: inputs.get(name, "x") for name in proposal.inputs}
    values = Values("main", given, lambda path: [], lambda name: f"secret-of-{name}")
    return Outline(operation.calls[0], compile_base(proposal.base_url or "https://acme.example")).request(
        values, Turn()
    )
