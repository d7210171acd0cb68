"""Behaviour of the mapping language as data: each case runs through the product and the reference interpreter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.reference import interpreter
from workbench import transforms
from workbench.documents import Pages, PerOrder
from workbench.errors import MappingError, Problem
from workbench.mapping import load_text
from workbench.runtime import Mapping

FOLDER = Path(__file__).with_name("language")
ANY = "ANY"
ANSWERS = ("answer", "per_order", "text", "xml", "missing", "content_type")
RECORDS = ("order", "tracking", "refund")


def fails(value: Any) -> Any:
    """A function that does not like its value."""
    raise ValueError(value)


@pytest.fixture(autouse=True, scope="module")
def registered_functions() -> None:
    """The functions that the cases name."""
    made = {
        "shout": lambda value: f"{value}!",
        "fails": fails,
        "nothing": lambda value: None,
        "listing": lambda value: [value],
    }
    for name, function in made.items():
        transforms.register_function(name, function)


def read_cases(*names: str) -> Iterator[Any]:
    """The cases of the files, each under its name."""
    for name in names:
        for case in YAML(typ="safe").load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{name}: {case['name']}")


def mapping_text(case: dict[str, Any]) -> str:
    """The mapping of a case: its own text, or put together from the parts that matter."""
    if "mapping" in case:
        return str(case["mapping"])
    operation: dict[str, Any] = {"orders": case.get("orders", {"each": "$"})}
    if "calls" in case:
        operation["calls"] = [
            {key: part for key, part in call.items() if key not in ANSWERS and not isinstance(part, list)}
            for call in case["calls"]
        ]
    if "verify" in case:
        operation["verify"] = case["verify"]
    if "inputs" in case and "operation" not in case:
        operation["inputs"] = list(case["inputs"])
    mapping: dict[str, Any] = {
        "format": 1,
        "merchant": "demo",
        **{key: case[key] for key in ("timezone", "expect", "fields") if key in case},
        "operations": {case.get("operation", "find"): operation},
        "records": {name: case[name] for name in RECORDS if name in case},
    }
    return json.dumps(mapping, ensure_ascii=False)


def as_answer(part: Any) -> Any:
    """One recorded answer: `text` and `xml` are bytes, `pages` several, anything else is the JSON itself."""
    if isinstance(part, dict) and "pages" in part:
        return Pages([as_answer(page) for page in part["pages"]])
    if isinstance(part, dict) and set(part) & {"text", "xml"}:
        return str(part.get("text", part.get("xml"))).encode()
    return json.dumps(part).encode()


def answers_of(case: dict[str, Any]) -> Any:
    """What the calls of a case brought."""
    if "calls" not in case:
        raw = case.get("text", case.get("xml", case.get("json")))
        return json.dumps(case["given"]).encode() if raw is None else raw.encode()
    named: dict[str, Any] = {}
    for call in case["calls"]:
        name = call.get("name", "main")
        if "per_order" in call:
            named[name] = PerOrder({key: as_answer(part) for key, part in call["per_order"].items()})
        elif "answer" in call:
            named[name] = json.dumps(call["answer"]).encode()
        elif "missing" not in call:
            named[name] = as_answer({key: call[key] for key in ("pages", "text", "xml") if key in call})
    return named


def same(got: Any, expected: Any) -> bool:
    """Whether data is as expected; ANY stands for what the case leaves open."""
    if expected == ANY:
        return bool(got)
    if isinstance(expected, dict) and isinstance(got, dict):
        got = {**got, "unavailable": sorted(got["unavailable"])} if "unavailable" in got else got
        return set(got) == set(expected) and all(same(got[key], expected[key]) for key in got)
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(same, got, expected))
    return bool(got == expected)


def check(case: dict[str, Any], got: dict[str, Any], who: str) -> None:
    """Orders, problems and outcome are those of the case."""
    assert same(got["orders"], case["expected"]), (who, got)
    assert same(sorted(got["problems"]), sorted_problems(case)), (who, got)
    assert got["outcome"] == case.get("outcome", "found" if case["expected"] else got["outcome"]), (who, got)


def sorted_problems(case: dict[str, Any]) -> Any:
    """The problems of a case; their order is nothing that the language promises."""
    problems = case.get("problems", [])
    return sorted(problems) if isinstance(problems, list) else problems


@pytest.mark.parametrize(
    "case", list(read_cases("paths", "documents", "blocks", "rules", "transforms", "conditions", "gather", "calls"))
)
def test_behaviour(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The product and the reference interpreter do what the case says."""
    for name, value in case.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    mapping = Mapping.from_text(mapping_text(case))
    now = datetime.fromisoformat(case["now"]) if "now" in case else None
    asked: dict[str, Any] = {"inputs": case.get("inputs"), "now": now}
    result = mapping.map(answers_of(case), content_type=case.get("content_type"), **asked)

    data = result.to_dict()
    check(case, {**data, "problems": [problem.text for problem in result.problems]}, "product")
    if "keys" in case:
        assert list(data["orders"][0]) == case["keys"]
    check(
        case,
        interpreter.run(mapping.file.data, answers_of(case), content_type=case.get("content_type"), **asked),
        "reference",
    )


def shortened(problem: Problem) -> str:
    """A load problem without its line and without the guess of what was meant."""
    how = re.sub(r"(; )?did you mean '[^']*'\?( ?)", "", problem.how)
    return Problem(problem.what, problem.where, how).text


@pytest.mark.parametrize("case", list(read_cases("errors")))
def test_mistakes_in_a_file(case: dict[str, Any]) -> None:
    """Everything that is wrong in a file is found when it is loaded, with its place, and how to mend it."""
    with pytest.raises(MappingError) as caught:
        load_text(mapping_text(case))

    problems = caught.value.problems
    assert all(problem.what and problem.how for problem in problems), [problem.text for problem in problems]
    if case["errors"] != ANY:
        assert sorted(map(shortened, problems)) == sorted(case["errors"])
