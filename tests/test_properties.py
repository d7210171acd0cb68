"""What must hold for every mapping and every document: the product against itself and against the reference."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.reference import interpreter
from tests.strategies import Chance, Documents, Mappings, as_json, as_xml, examples, seeds
from workbench.documents import Limits, Pages
from workbench.execute import Execution
from workbench.orders import Result
from workbench.plan import Plan
from workbench.runtime import Mapping, answers_by_call, replay

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OUTCOMES = ("found", "none", "withheld", "failed")


def mapping_of(seed: int, xml: bool = False) -> Mapping:
    """A generated mapping, loaded as a file is."""
    return Mapping.from_text(json.dumps(Mappings(seed).mapping(xml)))


def answers_of(seed: int, mapping: Mapping, xml: bool = False, write: Any = None) -> dict[str, Pages]:
    """Documents for each call of a mapping, now and then several pages."""
    made = Documents(seed)
    write = write or (as_xml if xml else as_json)
    calls = mapping.plan.operations["find"].calls
    return {call.name: Pages([write(made.document()) for _ in range(1 + made.percent(20))]) for call in calls}


def told(result: Result) -> dict[str, Any]:
    """A result as plain data: fields in their order, problems as sorted texts."""
    data = result.to_dict()
    problems = sorted(problem.text for problem in result.problems)
    return {"outcome": data["outcome"], "orders": json.dumps(data["orders"]), "problems": problems}


def by_reference(mapping: Mapping, answers: Any) -> dict[str, Any]:
    """The same, from the reference interpreter."""
    got = interpreter.run(mapping.file.data, answers, now=NOW)
    return {"outcome": got["outcome"], "orders": json.dumps(got["orders"]), "problems": sorted(got["problems"])}


def by_plan(plan: Plan, answers: Any, mode: str) -> Result:
    """The result of a plan in one of the executor's modes."""
    execution = Execution(plan, "find", {}, now=NOW, mode=mode)
    replay(execution, answers_by_call(plan.operations["find"], answers), None, Limits())
    return execution.result()


def agree(seed: int, xml: bool) -> None:
    """The product and the reference give the same, for a few documents."""
    mapping = mapping_of(seed, xml)
    for number in range(3):
        answers = answers_of(seed + number, mapping, xml)

        assert told(mapping.map(answers, now=NOW)) == by_reference(mapping, answers), (seed, number)


@examples(500)
@given(seeds)
def test_the_product_does_as_the_reference_on_json(seed: int) -> None:
    """Compiled execution and the slow, obvious reading of the language agree on JSON."""
    agree(seed, xml=False)


@examples(500)
@given(seeds)
def test_the_product_does_as_the_reference_on_xml(seed: int) -> None:
    """Compiled execution and the slow, obvious reading of the language agree on XML."""
    agree(seed, xml=True)


@examples(200)
@given(seeds, st.booleans())
def test_interpreted_and_generated_code_give_the_same(seed: int, xml: bool) -> None:
    """Both ways of executing a plan give equal results, down to the order of fields and problems."""
    mapping = mapping_of(seed, xml)
    for number in range(3):
        answers = answers_of(seed + number, mapping, xml)
        interpreted = by_plan(mapping.plan, answers, "interpret")

        assert json.dumps(by_plan(mapping.plan, answers, "generate").to_dict()) == json.dumps(interpreted.to_dict())
        assert json.dumps(mapping.map(answers, now=NOW).to_dict()) == json.dumps(interpreted.to_dict())


@examples(100)
@given(seeds)
def test_a_pickled_plan_gives_the_same(seed: int) -> None:
    """A plan that went to another process and back gives equal results."""
    mapping = mapping_of(seed)
    answers = answers_of(seed, mapping)
    copy = pickle.loads(pickle.dumps(mapping.plan))

    assert copy == mapping.plan
    assert by_plan(copy, answers, "auto").to_dict() == by_plan(mapping.plan, answers, "auto").to_dict()


@examples(100)
@given(seeds)
def test_text_and_decoded_data_give_the_same(seed: int) -> None:
    """Mapping the text of a JSON document equals mapping the document that was decoded before."""
    mapping = mapping_of(seed)
    texts = answers_of(seed, mapping)

    decoded = answers_of(seed, mapping, write=lambda tree: tree if isinstance(tree, (dict, list)) else as_json(tree))

    assert told(mapping.map(decoded, now=NOW)) == told(mapping.map(texts, now=NOW))


@examples(300)
@given(seeds, st.booleans())
def test_damaged_documents_never_raise(seed: int, xml: bool) -> None:
    """Whatever a response has become, mapping it gives a result; what was damaged is at most told by its place."""
    mapping = mapping_of(seed, xml)
    made = Documents(seed)
    for number in range(3):
        whole = answers_of(seed + number, mapping, xml, write=lambda tree: tree)
        for call in whole:
            broken = {**whole, call: [made.damaged(tree) for tree in whole[call]]}
            answers = {name: Pages([sent(made, tree, xml) for tree in trees]) for name, trees in broken.items()}
            result = mapping.map(answers, now=NOW)

            assert result.outcome in OUTCOMES
            assert all(is_plain(order) for order in result.to_dict()["orders"])


def sent(made: Chance, tree: Any, xml: bool) -> Any:
    """A tree as it may come: decoded, as bytes, as bytes cut off, or as bytes with other bytes among them."""
    if not xml and isinstance(tree, (dict, list)) and made.percent(50):
        return tree
    try:
        data = (as_xml if xml else as_json)(tree)
    except (UnicodeEncodeError, ValueError):  # a lone surrogate, or a number too long to print
        return b""
    if made.percent(15):
        return data[: made.random.randrange(len(data) + 1)]
    if made.percent(15):
        at = made.random.randrange(len(data) + 1)
        return data[:at] + bytes(made.several(lambda: made.random.randrange(256), 1, 3)) + data[at:]
    return data


def is_plain(value: Any) -> bool:
    """Text, lists of it and tables of it: no numbers, nulls, or empty parts."""
    if isinstance(value, dict):
        return bool(value) and all(is_plain(child) for child in value.values())
    if isinstance(value, list):
        return bool(value) and all(map(is_plain, value))
    return isinstance(value, str) and value != ""


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=5), inner, max_size=5)),
    max_leaves=20,
)


@examples(200)
@given(seeds, st.one_of(anything, st.binary(max_size=200), st.text(max_size=200)))
def test_any_answer_gives_a_result(seed: int, answer: Any) -> None:
    """Arbitrary data, bytes and text give a result and never an exception."""
    mapping = mapping_of(seed)
    first = mapping.plan.operations["find"].calls[0].name
    given_as = answer if isinstance(answer, (dict, list, bytes, str)) else [answer]

    assert mapping.map({first: Pages([given_as])}, now=NOW).outcome in OUTCOMES


def test_a_document_nested_beyond_all_limits_gives_a_result() -> None:
    """A document that is far deeper than Python's own stack is refused or mapped, but raises nothing."""
    mapping = mapping_of(1)
    deep: Any = {"a": Decimal(1)}
    for _ in range(100_000):
        deep = {"a": deep}

    for answer in (deep, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        assert mapping.map(Pages([answer]), now=NOW).outcome in OUTCOMES

    while isinstance(deep, dict):  # taken apart here: Python's own release of it would be as deep
        deep = deep.pop("a")
