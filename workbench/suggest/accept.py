"""Scores -> chances: how likely a field's best candidate is right, its rivals and the structure weighed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.suggest.scoring import sigmoid

if TYPE_CHECKING:
    from workbench.suggest.candidates import Candidate
    from workbench.suggest.reading import Reading

FEATURES = (
    "bias", "logit", "low", "gap", "tight", "structure", "margin", "presence", "block", "in_line", "in_shipment",
    "doubt", "key_decoys", "alone", "billing",
)  # fmt: skip
PRIOR = (-0.3, 0.8, 0.0, 0.2, 0.0, 0.2, 0.1, 0.3, 0.2, 0.0, 0.0, 0.0, -0.8, 0.0, -1.0)
"""What each is assumed to weigh; learning moves from here."""


def _is_billing(candidate: Candidate) -> bool:
    """Whether a part of an address is the one that is billed."""
    facts = candidate.parts[0]
    return any({"billing", "invoice", "payment"} & name.meant for name in (facts.name, *facts.parents))


class Acceptor:
    """What turns the score of a field's best candidate into the chance that it is right.

    Args:
        data: The part `accept` of `weights.json`; without it the score alone decides.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._shared: Sequence[float] = data.get("weights", ())
        self._fields: Mapping[str, float] = data.get("fields", {})

    def row(self, key: str, candidate: Candidate, ahead: float, reading: Reading, block: float) -> dict[str, float]:
        """What the chance is worked out from."""
        logit = max(-6.0, min(8.0, candidate.logit))
        return {
            "bias": 1.0,
            "logit": logit,
            "low": min(0.0, logit),
            "gap": max(-4.0, min(6.0, ahead)),
            "tight": float(ahead < 1.0),
            "structure": max(0.0, min(6.0, reading.structure.score)) / 3,
            "margin": max(0.0, min(2.0, reading.structure.margin)),
            "presence": candidate.merged.presence,
            "block": block / 3,
            "in_line": float(key.startswith("lines.")),
            "in_shipment": float(key.startswith("shipments.")),
            "doubt": candidate.row[12],
            "key_decoys": candidate.row[5],
            "alone": candidate.row[20],
            "billing": float(key.startswith("shipping_address.") and _is_billing(candidate)),
        }

    def chance(self, key: str, row: Mapping[str, float]) -> float:
        """How likely the candidate is right."""
        if not self._shared:
            return sigmoid(row["logit"])
        total = sum(weight * row[name] for weight, name in zip(self._shared, FEATURES, strict=True))
        return sigmoid(total + self._fields.get(key, 0.0))
