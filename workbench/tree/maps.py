"""Whether an object is a map: its keys are ids that differ, rather than names that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

_ID = re.compile(
    r"\d+"  # a number
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[a-f]*\d)[0-9a-f]{16,}"  # a hash
    r"|(?!(?i:iso|rfc|utf|sha)\d)[A-Za-z]{0,6}[-_#]?\d{4,}"  # a number with a mark before it
    r"|[^\s@]+@(?!odata\.)[^\s@.]+(?:\.[^\s@.]+)+",  # an e-mail
    re.ASCII,
)
_FEW = 50  # keys and members that are looked at


def is_map(keys: Mapping[str, int], objects: int, members: Iterable[Any]) -> bool:
    """Whether objects with these keys are maps.

    Args:
        keys: Each key and in how many of the objects it is.
        objects: How many objects there are.
        members: What stands under the keys, in any order.
    """
    if not keys:
        return False
    few = list(islice(keys, _FEW))
    if all(_ID.fullmatch(key) for key in few):
        return len(keys) <= _FEW or all(map(_ID.fullmatch, keys))
    if len(keys) < 4 or objects < 2 or max(keys.values()) * 2 > objects:
        return False
    return _of_one_shape(list(islice(members, _FEW)))


def _of_one_shape(members: Sequence[Any]) -> bool:
    """Whether all are objects that share most of their keys."""
    if not all(type(member) is dict and member for member in members):
        return False
    names = set().union(*members)
    return len(names) > 1 and sum(map(len, members)) * 2 >= len(names) * len(members)
