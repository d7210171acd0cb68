"""Recorded responses with labels, read in place: the folder that `WORKBENCH_ORDERBENCH` names, and its own scoring."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

LABEL = ".expected.json"
_FAMILIES = {"amazonmws": "amazon", "bolplaza": "bol", "sapcap": "sap"}


class Response(NamedTuple):
    """A recorded response.

    Attributes:
        name: Its name.
        family: The vendor; responses of one vendor are never on both sides of a trial.
        body: The bytes.
        label: What a careful reader found.
    """

    name: str
    family: str
    body: bytes
    label: dict[str, Any]

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The labelled orders, three at most."""
        found: list[dict[str, Any]] = self.label["orders"]
        return found


def folder() -> Path:
    """Where the responses lie.

    Raises:
        SystemExit: Nobody says where.
    """
    home = os.environ.get("WORKBENCH_ORDERBENCH")
    if not home or not (Path(home) / "responses").is_dir():
        raise SystemExit("no recorded responses - name their folder in WORKBENCH_ORDERBENCH")
    return Path(home) / "responses"


def family_of(name: str) -> str:
    """The vendor that a response's name begins with."""
    word = re.split(r"[-_]", name)[0]
    return _FAMILIES.get(word, word)


def responses() -> list[Response]:
    """The responses that hold orders, by name."""
    found = []
    for file in sorted(folder().glob(f"*{LABEL}")):
        label = json.loads(file.read_text(encoding="utf-8"))
        if not label.get("orders"):
            continue
        name = file.name.removesuffix(LABEL)
        body = next(each for each in folder().glob(f"{name}.*") if not each.name.endswith(LABEL))
        found.append(Response(name, family_of(name), body.read_bytes(), label))
    return found


@functools.cache
def scoring() -> Any:
    """The scoring that comes with the labels."""
    spec = importlib.util.spec_from_file_location("orderbench_score", folder().parent / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit("the responses come without their score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def counts() -> dict[str, int]:
    """How many orders each response holds."""
    found: dict[str, int] = json.loads((folder() / "counts.json").read_text(encoding="utf-8"))
    return found


def tally_of(response: Response, orders: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Right, wrong, missing and extra values of one response, by field."""
    tally: dict[str, Counter[str]] = {}

    class Tally(dict[str, Counter[str]]):
        def __missing__(self, key: str) -> Counter[str]:
            tally[key] = self[key] = Counter()
            return self[key]

    counted = Tally()
    if response.name in counts():
        right = len(orders) == counts()[response.name]
        counted["orders (count)"].update(["labelled", "right" if right else "wrong" if orders else "missing"])
    for index, want in enumerate(response.orders):
        got = orders[index] if index < len(orders) else {}
        scoring().score_order(response.label, index, want, got, counted, [], response.name)
    return tally
