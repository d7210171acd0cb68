"""The benchmark compares like with like: equal results, and the size that it says. Nothing is timed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import by_jsonpath, data, hand, run
from workbench.runtime import Mapping

MAPPING = Path(run.__file__).parent / "mapping.yaml"
PAGES = {"clean": data.page(), "spoiled": data.spoiled(data.page())}


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    """The mapping that is timed."""
    return Mapping.from_text(MAPPING.read_text(encoding="utf-8"), str(MAPPING))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("other", [hand, by_jsonpath], ids=["hand", "jsonpath"])
def test_all_ways_give_the_same_result(mapping: Mapping, page: str, other: Any) -> None:
    """Hand-written Python and jsonpath-ng make the same orders and tell the same problems."""
    document = run.decoded(PAGES[page])

    run.assert_equal(mapping.map(document), other.map_page(document.root))


def test_page_has_the_size_that_is_told(mapping: Mapping) -> None:
    """Fifty orders of about 280 leaves; 25 fields of an order, more of its lines and shipments; some forty paths."""
    orders = PAGES["clean"]["result"]["documents"]
    rules = mapping.file.data["records"]["order"]
    nested = {key: rules[key]["fields"] for key in ("shipping_address", "lines", "shipments")}
    own = len(rules) - len(nested) - 1 + len(nested["shipping_address"]) + len(rules["extra"])

    assert len(orders) == 50
    assert {data.leaves(order) for order in orders} == {280}
    assert own == 25
    assert len(nested["lines"]) >= 5
    assert len(nested["shipments"]) >= 4
    assert len(run.path_texts(MAPPING.read_text(encoding="utf-8"))) in range(38, 45)


def test_pages_are_the_same_on_every_run() -> None:
    """What is timed today is what was timed yesterday."""
    assert data.page() == PAGES["clean"]
    assert data.page()["result"]["documents"][0]["buyer"]["email"].endswith("0@example.org")


def test_problems_are_many_and_of_every_kind(mapping: Mapping) -> None:
    """The page with problems has one in every third order, of all kinds that the page can have."""
    problems = mapping.map(run.decoded(PAGES["spoiled"])).problems

    assert len(problems) >= 12
    assert {problem.code for problem in problems} == {
        "no_value", "not_a_date", "comma", "unknown_word", "several_values", "not_a_number",
    }  # fmt: skip
    assert mapping.map(run.decoded(PAGES["clean"])).problems == []
