"""Many documents of one call -> one tree: which places there are, how often, and with what in them."""

from __future__ import annotations

from workbench.tree.inside import MARK, MARKS, UNSAID, find_place, is_sayable
from workbench.tree.merging import Budget, merge, merge_alike
from workbench.tree.model import Change, Node, Tree

__all__ = [
    "MARK",
    "MARKS",
    "UNSAID",
    "Budget",
    "Change",
    "Node",
    "Tree",
    "find_place",
    "is_sayable",
    "merge",
    "merge_alike",
]
