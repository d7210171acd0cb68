"""Invented values of the same shape, the same everywhere for a merchant: samples that say nothing about a customer.

Denies by default: what is not known to be harmless is replaced. Keys, numbers that are no ids, dates, booleans, status
words, line names and codes survive, because a mapping is made of them.
"""

from __future__ import annotations

from workbench.pseudonyms.bodies import Body
from workbench.pseudonyms.named import Named
from workbench.pseudonyms.pseudonyms import Came, Pseudonyms, named_in
from workbench.pseudonyms.values import Row, Unreadable

__all__ = ["Body", "Came", "Named", "Pseudonyms", "Row", "Unreadable", "named_in"]
