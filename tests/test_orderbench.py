"""Real responses of some fifty APIs, read in place, through mapping files and the public runtime.

The responses and their labels lie outside the repository, in the folder that `WORKBENCH_ORDERBENCH` names. Beside this
file are the mapping files, and `samples.yaml` says what is to come of each response.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

import workbench as wb

HERE = Path(__file__).parent / "orderbench"
FILES = sorted(file.stem for file in HERE.glob("*.yaml") if file.stem != "samples")
LABEL = ".expected.json"

PRECISION = RECALL = 0.995
STRICT = 0.98


class Sample(NamedTuple):
    """What maps a response, and what is to come of it."""

    name: str
    mapping: str
    calls: dict[str, str]
    outcome: str
    orders: int
    problems: list[str]


def _samples() -> list[Sample]:
    table = YAML(typ="safe").load((HERE / "samples.yaml").read_text(encoding="utf-8"))
    return [
        Sample(
            name,
            row["mapping"],
            row.get("calls", {}),
            row.get("outcome", "found"),
            row.get("orders", 1),
            list(row.get("problems", {})),
        )
        for name, row in table.items()
    ]


SAMPLES = _samples()
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@pytest.fixture(scope="module")
def responses(outside: Callable[[str], Path]) -> Path:
    """The folder of responses and labels."""
    return outside("ORDERBENCH") / "responses"


@functools.cache
def mapping_of(name: str) -> Any:
    """The mapping of a file beside this one."""
    return wb.load(HERE / f"{name}.yaml")


def body_of(responses: Path, name: str) -> bytes:
    """The bytes of a response, whatever its format."""
    file, *others = [file for file in responses.glob(f"{name}.*") if not file.name.endswith(LABEL)]
    assert not others, f"several responses are called {name}"
    return file.read_bytes()


def answers_of(responses: Path, sample: Sample) -> Any:
    """A response, or those of an operation of several calls, by the calls' names."""
    if sample.calls:
        return {call: body_of(responses, name) for call, name in sample.calls.items()}
    return body_of(responses, sample.name)


def labels_of(responses: Path) -> dict[str, Any]:
    """What a careful reader found, by the response's name."""
    files = sorted(responses.glob(f"*{LABEL}"))
    return {file.name.removesuffix(LABEL): json.loads(file.read_text(encoding="utf-8")) for file in files}


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("name", FILES)
def test_a_mapping_file_loads_without_a_warning(name: str) -> None:
    """Every file is as a reviewer wants it: no error and no lint."""
    warnings = [problem.text for problem in mapping_of(name).file.problems]

    assert warnings == []


def test_every_mapping_file_maps_a_response() -> None:
    """No file lies about unused, and none that the table names is missing."""
    assert sorted({sample.mapping for sample in SAMPLES}) == FILES


@pytest.mark.parametrize("name", FILES)
def test_nothing_silences_an_unknown_word(name: str) -> None:
    """A word that no lookup knows is told: `otherwise` hides it, so nobody writes that unasked."""
    assert "otherwise:" not in (HERE / f"{name}.yaml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the responses


@each_sample
def test_a_response_gives_what_is_expected_of_it(sample: Sample, responses: Path) -> None:
    """Outcome, number of orders, and exactly the problems that the table gives a reason for."""
    result = mapping_of(sample.mapping).map(answers_of(responses, sample))

    found = (result.outcome, len(result.orders), [problem.text for problem in result.problems])
    assert found == (sample.outcome, sample.orders, sample.problems)


@each_sample
def test_both_executors_agree_on_a_response(sample: Sample, responses: Path) -> None:
    """Interpreted and generated, a mapping gives the same."""
    mapping, answers = mapping_of(sample.mapping), answers_of(responses, sample)

    assert mapping.map(answers, mode="generate").to_dict() == mapping.map(answers, mode="interpret").to_dict()


@each_sample
def test_the_words_of_a_response_are_ours(sample: Sample, responses: Path) -> None:
    """No order has a status that is not known: every word that these responses hold has been looked up."""
    orders = mapping_of(sample.mapping).map(answers_of(responses, sample)).to_dict()["orders"]

    assert [row for row in _rows(orders) if "unknown" in (row.get("status"), row.get("return_status"))] == []


def _rows(node: Any) -> list[dict[str, Any]]:
    """All records inside records."""
    if isinstance(node, list):
        return [row for member in node for row in _rows(member)]
    if isinstance(node, dict):
        return [node, *_rows(list(node.values()))]
    return []


def test_every_response_with_orders_is_in_the_table(responses: Path) -> None:
    """What the labels call orders is mapped, and as many of them as the response holds."""
    table = {sample.name: sample.orders for sample in SAMPLES}
    labelled = {name for name, label in labels_of(responses).items() if isinstance(label.get("orders"), list)}
    counts = json.loads((responses / "counts.json").read_text(encoding="utf-8"))

    assert labelled - table.keys() == set()
    assert {name: table[name] for name in counts} == counts


def test_every_label_is_met(responses: Path, tmp_path: Path) -> None:
    """The values are those of the labels, by the scoring that comes with them."""
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w", encoding="utf-8") as lines:
        for sample in SAMPLES:
            result = mapping_of(sample.mapping).map(answers_of(responses, sample))
            lines.write(json.dumps({"sample": sample.name, "orders": result.to_dict()["orders"]}) + "\n")
    read = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]

    tally, misses, scored = _scoring(responses).score({row["sample"]: row["orders"] for row in read}, responses)

    total: Counter[str] = Counter()
    for counts in tally.values():
        total.update(counts)
    answered = total["right"] + total["wrong"]
    places = [f"{name}[{index}] {field}" for name, index, field, _, _ in misses]
    assert len(scored) >= 53 and total["labelled"] >= 970
    assert total["right"] / answered >= PRECISION, places
    assert total["right"] / total["labelled"] >= RECALL, places
    assert total["right"] / (answered + total["extra"]) >= STRICT, dict(total)


def _scoring(responses: Path) -> Any:
    """The scoring that comes with the labels."""
    spec = importlib.util.spec_from_file_location("orderbench_score", responses.parent / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- what is no order


@pytest.mark.parametrize("name", FILES)
def test_no_mapping_takes_an_error_for_an_order(name: str, responses: Path) -> None:
    """Whatever a system says when it fails, any mapping gives "none" or "failed": no order and no exception."""
    faults = [fault for fault, label in labels_of(responses).items() if "fault" in label]
    taken = {}
    for fault in faults:
        result = mapping_of(name).map(body_of(responses, fault))
        if result.orders or result.outcome not in ("none", "failed"):
            taken[fault] = (result.outcome, [sorted(order.to_dict()) for order in result.orders])

    assert len(faults) >= 12
    assert taken == {}


def test_what_failed_says_why(responses: Path) -> None:
    """A failure always has a problem; "nothing found" may have none."""
    silent = []
    for sample in SAMPLES:
        result = mapping_of(sample.mapping).map(answers_of(responses, sample))
        if result.outcome == "failed" and not result.problems:
            silent.append(sample.name)

    assert silent == []
