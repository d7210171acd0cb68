"""Older formats of the mapping file, brought to the one that the rest of this package knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FORMAT = 1
"""The format that this package reads and writes."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""The data of one format -> that of the next; it may take for granted that the data was valid in its time."""

UPGRADES: Mapping[int, Upgrade] = {}
"""By the format that they start from. Format 1 is the first, so there is none yet."""


def upgraded(data: dict[str, Any], upgrades: Mapping[int, Upgrade] = UPGRADES) -> dict[str, Any]:
    """The data in the newest format, step by step; as it is where no step leads on."""
    number = data.get("format")
    while isinstance(number, int) and not isinstance(number, bool) and number in upgrades and number < FORMAT:
        data = {**upgrades[number](data), "format": number + 1}
        number += 1
    return data
