"""Drafts of real responses of some fifty APIs, scored against their labels; the weights come from there too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from bench.learn_suggest import Answer, Case, cases, learn
from bench.suggest import bins_of, report, trial
from workbench.suggest import draft
from workbench.suggest.draft import THRESHOLD
from workbench.suggest.scoring import default_weights

GRAVE = ("order_number", "customer_email", "status", "tracking_numbers")


@pytest.fixture(scope="module")
def known(outside: Callable[[str], Path]) -> list[Case]:
    """The labelled responses."""
    outside("ORDERBENCH")
    return cases()


def test_drafts_of_known_responses_are_right_and_nearly_whole(known: list[Case]) -> None:
    """Precision, strict precision and recall, and no wrong value where it would do harm."""
    total, _, first = trial(known, lambda case: default_weights(), THRESHOLD)

    every: Counter[str] = Counter()
    for counted in total.values():
        every.update(counted)
    answered = every["right"] + every["wrong"]
    assert every["labelled"] >= 970
    assert every["right"] / answered >= 0.98
    assert every["right"] / (answered + every["extra"]) >= 0.95
    assert every["right"] / every["labelled"] >= 0.9
    assert first["found"] / first["labelled"] >= 0.95
    assert {field: total[field]["wrong"] for field in GRAVE} == dict.fromkeys(GRAVE, 0)


def test_a_vendor_is_drafted_by_what_the_others_teach(known: list[Case]) -> None:
    """With the weights learned from all other vendors, those of one are still right."""
    ours = [case for case in known if case.response.family == "walmart"]
    others = [case for case in known if case.response.family != "walmart"]
    weights = learn(others)

    total, _, _ = trial(ours, lambda case: weights, THRESHOLD)

    assert sum(counted["wrong"] for counted in total.values()) <= 1
    assert sum(counted["right"] for counted in total.values()) >= 60


def test_the_weights_are_those_that_the_responses_teach(known: list[Case]) -> None:
    """Whoever changes a signal learns again: the file that is shipped is what the script gives."""
    shipped = json.loads(files("workbench.suggest").joinpath("weights.json").read_text(encoding="utf-8"))

    learned = learn(known).data

    for part in ("shared", "accept"):
        assert learned[part]["weights"] == pytest.approx(shipped[part]["weights"], abs=0.02)


def test_the_report_has_a_row_for_each_field(known: list[Case], capsys: pytest.CaptureFixture[str]) -> None:
    """Fields, calibration and thresholds are printed."""
    report("some", known[:8], lambda case: default_weights(), THRESHOLD)

    printed = capsys.readouterr().out
    assert "order_number" in printed and "right place among the first 5" in printed and "chance" in printed


def test_each_bin_of_the_calibration_holds_enough() -> None:
    """Neighbours are merged until a bin holds fifty; every proposal is in one, and none overlap."""
    chances = [0.1] * 70 + [0.55] * 20 + [0.75] * 20 + [0.92] * 30 + [0.999] * 10
    bins = bins_of([Answer("status", {}, 1, 0, 0, chance, "some") for chance in chances])

    assert [len(held) for _, _, held in bins] == [70, 80]
    assert [low for low, _, _ in bins[1:]] == [high for _, high, _ in bins[:-1]]
    assert [len(held) for _, _, held in bins_of([Answer("status", {}, 1, 0, 0, 0.7, "some")] * 3)] == [3]
    assert bins_of([]) == []


def test_every_error_gets_an_honest_answer(outside: Callable[[str], Path]) -> None:
    """Of what systems say when they fail, no draft takes an order."""
    home = outside("ORDERBENCH") / "responses"
    taken = []
    for file in sorted(home.glob("*.expected.json")):
        if "fault" not in json.loads(file.read_text(encoding="utf-8")):
            continue
        name = file.name.removesuffix(".expected.json")
        body = next(each for each in home.glob(f"{name}.*") if each != file)
        found = draft(body)
        if found.sure:
            taken.append((name, sorted(found.sure)))

    assert taken == []
