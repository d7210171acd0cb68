"""What merging into a tree costs, printed as `ratio tree_merge <value>`: its CPU time by that of `json.loads`.

Ten documents of two megabytes each: orders as an API sends them. The bar is at most 4.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

from bench import data
from bench.run import Bar, ratio
from workbench.documents import Document
from workbench.tree import merge

DOCUMENTS = 10
SIZE = 2_000_000
"""Bytes of a document, about."""


def texts(documents: int = DOCUMENTS, size: int = SIZE) -> list[str]:
    """Documents as JSON, each with other orders, and with at least so many bytes."""
    one = len(json.dumps(data.page(10))) // 10
    return [json.dumps(data.page(size // one + 1, seed)) for seed in range(documents)]


def load_all(documents: list[str]) -> list[Any]:
    """Parses all documents."""
    return [json.loads(text) for text in documents]


def measure(rounds: int = 5, documents: int = DOCUMENTS, size: int = SIZE) -> Bar:
    """The ratio; both sides keep what they make until the round is over."""
    said = texts(documents, size)
    roots = [Document(root) for root in load_all(said)]
    return Bar("tree_merge", ratio(partial(merge, roots), partial(load_all, said), rounds), at_most=4)


def main() -> int:
    """Prints the ratio; a missed bar is the exit status 1."""
    bar = measure()
    print(f"ratio {bar.name} {bar.value:.2f}")
    return 0 if bar.met else 1


if __name__ == "__main__":
    sys.exit(main())
