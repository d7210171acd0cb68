"""A live lookup, kept as a sample: answers with invented values, from which all replays without a network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.calls import Exchange
from workbench.connect.opening import PRODUCTION
from workbench.errors import UsageError
from workbench.merchant import open_merchant
from workbench.orders import Result
from workbench.pseudonyms import Pseudonyms
from workbench.runtime import load
from workbench.samples import replay
from workbench.samples.documents import reading_of
from workbench.samples.record import Kept, merchant_key, record, recorded
from workbench.versions import DRAFT, RELEASED


@dataclass(frozen=True, slots=True)
class Recording:
    """A sample that was taken.

    Attributes:
        kept: What was written, and what was replaced in it.
        live: What the lookup gave.
        replayed: What the sample gives, with invented values.
    """

    kept: Kept
    live: Result = field(repr=False)
    replayed: Result = field(repr=False)

    @property
    def alike(self) -> bool:
        """Whether the sample gives as many orders with the same fields as the merchant did."""
        return _shape(self.live) == _shape(self.replayed)


def record_live(
    folder: str | os.PathLike[str],
    operation: str,
    inputs: Mapping[str, str],
    environment: str | None = PRODUCTION,
    *,
    name: str | None = None,
    note: str = "",
) -> Recording:
    """Asks a merchant and keeps what it answered, with invented values in the place of a customer's.

    Only reads are sent: an operation whose calls are not all reads, by method and by declaration, is refused before
    anything is sent.

    Args:
        folder: The merchant's folder; its released version asks, or the draft where none is released.
        operation: What to call.
        inputs: What to ask for.
        environment: Of the connection.
        name: The sample's; numbered unless given.
        note: A word for people.

    Raises:
        CallError: The merchant's API could not be read; nothing is kept.
        DecodeError: Its answer is not what it should be; nothing is kept.
        UsageError: It cannot be asked like this, or the name is taken.
        VersionError: The folder cannot be written.
    """
    home = Path(folder)
    source = home if (home / RELEASED).is_file() else home / DRAFT
    if not source.exists():
        raise UsageError(f"{home.name} has neither a released version nor a draft - there is nothing to ask with")
    mapping = load(source)
    exchanges: list[Exchange] = []
    with open_merchant(source, environment, on_exchange=exchanges.append) as merchant:
        live = merchant.lookup(operation, **inputs)
    known = {call.name for call in mapping.plan.operations[operation].calls}
    answers = [answer for answer in map(recorded, exchanges) if answer is not None and answer.call in known]
    pseudonyms = Pseudonyms(merchant_key(mapping.plan.merchant))
    reading = reading_of(mapping.plan, operation)
    kept = record(home, name, operation, inputs, answers, pseudonyms, note=note, reading=reading)
    return Recording(kept, live, replay(mapping, kept.sample))


def _shape(result: Result) -> tuple[str, list[list[str]]]:
    return result.outcome, sorted(sorted(order.to_dict()) for order in result.orders)
