"""The second opinion on paths, which checking and exporting ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.demo.faces import NAMES
from workbench.mapping import load_text
from workbench.publish import opinion
from workbench.publish.opinion import second_opinion
from workbench.samples import Answer, Sample, load_samples

MAPPING = """
format: 1
merchant: heron
operations: {find: {orders: {each: "$.data", keep: {"@.kind": {not: quote}}}}}
records:
  order:
    order_number: "@.number"
    region: "@['odd name'].x[0]"
    shipped_at: "@.history[?@.kind == 'shipped'].at"
    amount: "@.sums[?@.level > 1.5].value"
    lines: {each: "@.items[*].inner", fields: {sku: "^.sku", name: "$.shop"}}
"""
BODY = b"""{"shop": "S", "data": [{"number": "1", "kind": "web", "odd name": {"x": [1, 2]}, "items": [{"inner": {}}],
  "history": [{"kind": "paid", "at": "a"}, {"kind": "shipped", "at": "b"}], "sums": [{"level": 2, "value": "5"}]}]}"""


def sample(body: bytes = BODY) -> Sample:
    """A recorded answer."""
    return Sample("one", "find", {}, {"main": (Answer(body, 200, "application/json"),)})


def test_jsonpath_ng_agrees_on_the_paths_of_a_mapping() -> None:
    """Paths on both sides of conditions, in places, filters and rules are all asked about, on what the samples hold."""
    told = second_opinion(load_text(MAPPING), [sample()])

    assert told.problems == ()
    assert told.paths == 9
    assert told.nodes > 5


def test_a_difference_is_told_without_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should our reading of a path be wrong one day, the path is named, and nothing of the sample."""
    monkeypatch.setattr(opinion, "find", lambda node, steps: ["something else"])

    told = second_opinion(load_text(MAPPING), [sample()])

    assert told.problems[0].what.endswith("jsonpath-ng finds something else in the samples")
    assert "shipped" not in " ".join(problem.what for problem in told.problems if "history" not in problem.what)


@pytest.mark.parametrize("body", [b"", b"<a/>", b"{", b"[]", b"1"])
def test_answers_that_are_no_json_tables_are_left_out(body: bytes) -> None:
    """XML has one-or-many at every step, and what cannot be read is somebody else's finding."""
    assert second_opinion(load_text(MAPPING), [sample(body)]).problems == ()


@pytest.mark.parametrize("merchant", NAMES)
def test_the_mappings_of_this_repository_are_read_alike(merchant: str) -> None:
    """Both of the demo merchant's mappings, on their own samples."""
    folder = Path(__file__).parents[1] / "mappings" / merchant
    told = second_opinion(load_text((folder / "1.0.0.yaml").read_text(encoding="utf-8")), load_samples(folder))

    assert told.problems == ()
