"""Recorded, pseudonymised exchanges of a merchant, replayed through a mapping without a network.

`store.py` reads and writes them and their golden results, `replay.py` runs a mapping over them, `differences.py` says
where two results differ without saying what a customer's value is, `evidence.py` what all of them bear out.
"""

from workbench.samples.differences import (
    WEIGHTY,
    Difference,
    Differences,
    FieldChange,
    result_differences,
    summed,
)
from workbench.samples.evidence import Suggestion, fields_seen, propose_expectations
from workbench.samples.record import Kept, Recorded, merchant_key, record, recorded, remove
from workbench.samples.replay import Replayed, replay, replay_all
from workbench.samples.store import (
    Answer,
    Sample,
    golden_of,
    load_sample,
    load_samples,
    read_golden,
    sample_names,
    write_golden,
)

__all__ = [
    "WEIGHTY",
    "Answer",
    "Difference",
    "Differences",
    "FieldChange",
    "Kept",
    "Recorded",
    "Replayed",
    "Sample",
    "Suggestion",
    "fields_seen",
    "golden_of",
    "load_sample",
    "load_samples",
    "merchant_key",
    "propose_expectations",
    "read_golden",
    "record",
    "recorded",
    "remove",
    "replay",
    "replay_all",
    "result_differences",
    "sample_names",
    "summed",
    "write_golden",
]
