"""Paths against two others: jsonpath-ng's own `find`, and the public compliance suite of RFC 9535."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import Conditions, Documents, Sight, examples, seeds
from workbench.paths import PathError, compile_path, find, quote_name

JSONPATH_NG_DIFFERS: dict[str, tuple[str, Any, list[Any], list[Any]]] = {
    "a name that is `@` alone is a name for us, the current node for jsonpath-ng": ("$.@", {"@": 1}, [1], [{"@": 1}]),
    "we compare decimals in filters as numbers, jsonpath-ng knows only int and float there": (
        "$[?@.a < 5].b",
        [{"a": Decimal("1.50"), "b": 1}],
        [1],
        [],
    ),
}
"""Where jsonpath-ng (1.16) finds something else for a path that we accept: path, document, what we find, what it finds.

Beside these we refuse what it accepts: everything outside the language's part of RFC 9535 (descendants, slices, unions,
functions, arithmetic, a bare name at the start), a bare `where` or `wherenot`, and control characters in names, which
the RFC would have escaped.
"""

plain_names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=6)


def theirs(path: str, document: Any) -> list[Any]:
    """What jsonpath-ng finds."""
    from jsonpath_ng.ext.parser import parse

    return [match.value for match in parse(path).find(document)]


def ours(path: str, document: Any) -> list[Any]:
    """What we find."""
    return find(document, compile_path(path).steps)


def with_floats(node: Any) -> Any:
    """A document as the standard library's JSON gives it."""
    if isinstance(node, dict):
        return {key: with_floats(child) for key, child in node.items()}
    if isinstance(node, list):
        return [with_floats(child) for child in node]
    return float(node) if isinstance(node, Decimal) else node


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@examples(1000)
@given(seeds)
def test_paths_find_what_jsonpath_ng_finds(seed: int) -> None:
    """On plain JSON every path of the language selects the same nodes in the same order as jsonpath-ng."""
    path = "$" + Conditions(seed).steps(Sight(), 1, 4)
    document = with_floats(Documents(seed).document())

    assert json.dumps(ours(path, document)) == json.dumps(theirs(path, document)), path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@examples(300)
@given(plain_names, plain_names)
def test_any_name_can_be_written(name: str, other: str) -> None:
    """A name with quotes, points, brackets or blanks is found, and jsonpath-ng reads its path the same way."""
    document = {name: 1, other: {name: [2]}}
    for path in (f"${quote_name(name)}", f"${quote_name(other)}{quote_name(name)}[0]", f"$[?@{quote_name(name)}]"):
        if "@" in (name, other):
            continue  # see JSONPATH_NG_DIFFERS

        assert ours(path, document) == theirs(path, document), path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("why", JSONPATH_NG_DIFFERS)
def test_where_jsonpath_ng_differs(why: str) -> None:
    """Each documented difference is real, and ours is what the language says."""
    path, document, we_find, they_find = JSONPATH_NG_DIFFERS[why]

    assert ours(path, document) == we_find
    assert theirs(path, document) == they_find


@pytest.fixture(scope="module")
def suite(outside: Callable[[str], Path]) -> list[dict[str, Any]]:
    """The cases of the compliance suite."""
    text = (outside("CONFORMANCE") / "jsonpath-cts.json").read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = json.loads(text)["tests"]
    return cases


def refused(selector: str) -> bool:
    """Whether we refuse a selector."""
    try:
        compile_path(selector)
    except PathError:
        return True
    return False


def test_no_invalid_selector_is_accepted(suite: list[dict[str, Any]]) -> None:
    """What the suite calls invalid is refused, but for a start with `@`, which is a path of ours."""
    invalid = [case["selector"] for case in suite if case.get("invalid_selector")]
    accepted = [selector for selector in invalid if not selector.startswith("@") and not refused(selector)]

    assert len(invalid) >= 200
    assert accepted == []


def test_valid_selectors_of_our_part_give_the_suites_results(suite: list[dict[str, Any]]) -> None:
    """Every valid selector that we accept selects what the suite says; they are as many as the language claims."""
    accepted = [case for case in suite if not case.get("invalid_selector") and not refused(case["selector"])]
    wrong = []
    for case in accepted:
        allowed = [json.dumps(result) for result in case.get("results", [case.get("result")])]
        if json.dumps(ours(case["selector"], case["document"])) not in allowed:
            wrong.append(case["name"])

    assert wrong == []
    assert len(accepted) >= 127
