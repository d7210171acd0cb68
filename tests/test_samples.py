"""Recorded exchanges: what they may hold, how they are replayed, and what their golden results say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.folders import MAPPING, a_merchant, add_sample, an_order, write
from workbench.errors import MappingError, UsageError, VersionError
from workbench.runtime import Mapping
from workbench.samples import (
    golden_of,
    load_sample,
    load_samples,
    read_golden,
    replay,
    replay_all,
    result_differences,
    sample_names,
    summed,
    write_golden,
)

MAP = Mapping.from_text(MAPPING)
BY_EMAIL = "find_orders_by_email"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return a_merchant(tmp_path)


def problems_of(folder: Path, name: str) -> list[str]:
    with pytest.raises(MappingError) as refused:
        load_sample(folder, name)
    return [problem.text for problem in refused.value.problems]


def write_sample(folder: Path, text: str, name: str = "odd") -> str:
    write(folder / "samples" / name / "sample.yaml", text)
    write(folder / "samples" / name / "body.json", '{"orders": []}')
    return name


# ---------------------------------------------------------------- reading


def test_samples_by_name(acme: Path) -> None:
    """Samples come in alphabetical order; what has no sample.yaml is none."""
    (acme / "samples" / "empty").mkdir()
    write(acme / "samples" / ".hidden" / "sample.yaml", "{}")

    assert sample_names(acme) == ["none", "three"]
    assert [sample.name for sample in load_samples(acme)] == ["none", "three"]
    assert load_samples(acme.parent) == []


def test_a_sample_holds_what_was_asked_and_answered(acme: Path) -> None:
    """Keys and inputs are texts, whatever YAML takes them for; a time without an offset is UTC."""
    name = write_sample(
        acme,
        """\
operation: find_order_by_number
inputs: {number: 1001}
recorded_at: 2026-03-05 10:00:00
note: a number that looks like one
calls:
  detail: [{file: body.json, status: 200, content_type: application/json}]
  parcels: {1001: [{status: 404}]}
""",
    )

    sample = load_sample(acme, name)

    assert sample.inputs == {"number": "1001"}
    assert sample.recorded_at is not None
    assert sample.recorded_at.isoformat() == "2026-03-05T10:00:00+00:00"
    assert sample.calls["parcels"]["1001"][0].status == 404  # type: ignore[index, call-overload]
    assert not {"orders", "1001"} & set(repr(sample).replace("'", " ").split())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing in it @ samples/odd/sample.yaml"),
        ("- a", "not a table @ samples/odd/sample.yaml - its keys are operation, inputs, recorded_at, note, calls"),
        ("a: [", "not YAML"),
        ("a: !!python/object:os.system {}", "a tag (!...) @ samples/odd/sample.yaml: line 1"),
        ("calls: {search: []}\ncalls: {search: []}", "the key 'calls' comes twice @ samples/odd/sample.yaml: line 2"),
        ("calls: {}", "no answers @ samples/odd/sample.yaml: calls"),
        ("call: {search: []}", "unknown key 'call' @"),
        ("calls: {search: body.json}", "not a list of answers @ samples/odd/sample.yaml: calls.search"),
        ("calls: {search: [body.json]}", "not an answer @ samples/odd/sample.yaml: calls.search[0]"),
        ("calls: {search: [{content_type: a/b}]}", "not an answer @"),
        (
            "calls: {search: [{file: 5}]}",
            "not the name of a file beside it @ samples/odd/sample.yaml: calls.search[0].file",
        ),
        ("calls: {search: [{file: gone.json}]}", "no such file @ samples/odd/sample.yaml: calls.search[0].file"),
        ("calls: {search: [{file: ../none/search-1.json}]}", "not the name of a file beside it @"),
        ("calls: {search: [{file: /etc/hostname}]}", "not the name of a file beside it @"),
        ("calls: {search: [{file: ..}]}", "not the name of a file beside it @"),
        ("calls: {parcels: {A-1: [{file: gone}]}}", "no such file @ samples/odd/sample.yaml: calls.parcels[0][0].file"),
        ("calls: {search: [{file: body.json, status: ok}]}", "not an HTTP status @"),
        ("calls: {search: [{file: body.json, content_type: 5}]}", "not a content type @"),
        (
            "{inputs: [a], calls: {search: [{file: body.json}]}}",
            "not a table of words @ samples/odd/sample.yaml: inputs",
        ),
        ("{inputs: {email: {a: b}}, calls: {search: [{file: body.json}]}}", "not a table of words @"),
        (
            "{recorded_at: soon, calls: {search: [{file: body.json}]}}",
            "not a time @ samples/odd/sample.yaml: recorded_at",
        ),
        ("{operation: [a], calls: {search: [{file: body.json}]}}", "not a name @ samples/odd/sample.yaml: operation"),
    ],
)
def test_what_is_no_sample(acme: Path, text: str, told: str) -> None:
    """Each mistake is told with its place in the file."""
    assert any(problem.startswith(told) for problem in problems_of(acme, write_sample(acme, text)))


def test_all_mistakes_of_all_samples_at_once(acme: Path) -> None:
    """Nobody has to load five times to find five mistakes."""
    write_sample(acme, "{nots: 1, calls: {search: [{file: a}, {file: b}]}}", "one")
    write_sample(acme, "calls: 5", "two")

    with pytest.raises(MappingError) as refused:
        load_samples(acme)

    assert len(refused.value.problems) == 4


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"\x00\x01\x02", b"a: &a [*a]", b"[" * 100_000, b"x" * (1024 * 1024 + 1)]
)
def test_hostile_sample_files(acme: Path, data: bytes) -> None:
    """Binary, nested and huge files are told, never raised as something else."""
    home = acme / "samples" / "odd"
    home.mkdir()
    (home / "sample.yaml").write_bytes(data)

    assert problems_of(acme, "odd")


def test_a_link_out_of_the_folder_is_not_followed(acme: Path, tmp_path: Path) -> None:
    """A sample from elsewhere cannot read a file of this machine."""
    name = write_sample(acme, "calls: {search: [{file: body.json}, {file: dir}, {file: loop}]}")
    home = acme / "samples" / name
    (home / "body.json").unlink()
    (home / "body.json").symlink_to(write(tmp_path / "secret", "{}"))
    (home / "dir").mkdir()
    (home / "loop").symlink_to(home / "loop")

    told = problems_of(acme, name)

    assert len(told) == 3
    assert told[0].startswith("a link to elsewhere @")
    assert told[1].startswith("no file @")


# ---------------------------------------------------------------- replay


def test_replay_gives_each_order_its_own_answers(acme: Path) -> None:
    """Answers of a call made per order go to the order whose id the call takes; one without an answer has none."""
    result = replay(MAP, load_sample(acme, "three"))

    assert [order.tracking_numbers for order in result.orders] == [[], ["T2"], ["T3"]]
    assert result.problems == []


def test_replay_judges_statuses(acme: Path) -> None:
    """404 is "none" where the mapping says so, any other status but 2xx a failure; without a status, the body tells."""
    html = write(acme / "samples" / "odd" / "body.json", "<html>no</html>")
    assert html.exists()

    def outcome(answer: str) -> tuple[str, list[str]]:
        write(acme / "samples" / "odd" / "sample.yaml", f"{{inputs: {{email: a}}, calls: {{search: [{answer}]}}}}")
        result = replay(MAP, load_sample(acme, "odd"))
        return result.outcome, [problem.code for problem in result.problems]

    assert outcome("{status: 404}") == ("none", [])
    assert outcome("{status: 404, file: body.json}") == ("none", [])
    assert outcome("{status: 500, file: body.json}") == ("failed", ["http"])
    assert outcome("{status: 200, file: body.json}")[0] == "failed"


def test_replay_of_a_failed_second_call(acme: Path) -> None:
    """What a failed call would have told is unavailable, not absent."""
    folder = add_sample(acme, "odd", [an_order(2)], {"i2": []}).parent
    text = (folder / "sample.yaml").read_text().replace('"file": "parcels-i2.json"', '"status": 503')
    write(folder / "sample.yaml", text)

    result = replay(MAP, load_sample(acme, "odd"))

    assert result.outcome == "found"
    assert "tracking_numbers" in result.orders[0].unavailable


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{operation: find_it, calls: {search: [{file: body.json}]}}", "sample 'odd': no operation 'find_it'"),
        ("{inputs: {email: a}, calls: {detail: [{file: body.json}]}}", "sample 'odd': no call 'detail'"),
        (
            "{inputs: {email: a}, calls: {parcels: [{file: body.json}]}}",
            "sample 'odd': no answer of the first call",
        ),
        ("{calls: {search: [{file: body.json}]}}", "sample 'odd': this mapping has several operations"),
    ],
)
def test_samples_that_do_not_fit_the_mapping(acme: Path, text: str, told: str) -> None:
    """A sample of another operation is wrong use, and says which sample it is."""
    sample = load_sample(acme, write_sample(acme, text))

    with pytest.raises(UsageError) as refused:
        replay(MAP, sample)
    assert str(refused.value).startswith(told)


# ---------------------------------------------------------------- golden results


def test_golden_results_hold(acme: Path) -> None:
    """What is written reads back as no difference, also with letters that UTF-8 does not have."""
    for sample in load_samples(acme):
        write_golden(acme, sample.name, replay(MAP, sample))
    odd = MAP.map({"search": {"orders": [an_order(1, no="N\ud83c", rows=[{"art": "größe"}])]}}, operation=BY_EMAIL)
    written = write_golden(acme, "odd", odd)

    replayed = replay_all(MAP, acme, load_samples(acme))

    assert [one.differences is not None and not one.differences for one in replayed] == [True, True]
    assert read_golden(acme, "odd") == golden_of(odd)
    assert "größe" in written.read_text(encoding="utf-8")
    assert "mapping_version" not in json.loads(written.read_text(encoding="utf-8"))


def test_a_sample_without_a_golden_result(acme: Path) -> None:
    """Nothing to compare with is told apart from no difference."""
    assert replay_all(MAP, acme, load_samples(acme))[0].differences is None


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"orders": 5}', b'{"orders": [5]}', b"\xff", b"[" * 100_000])
def test_broken_golden_results(acme: Path, data: bytes) -> None:
    """A golden file that holds no result says so, and how to mend it."""
    (acme / "golden").mkdir()
    (acme / "golden" / "three.json").write_bytes(data)

    with pytest.raises(UsageError, match="holds no result"):
        read_golden(acme, "three")


def test_golden_results_that_cannot_be_written(acme: Path) -> None:
    """A file in the place of the folder is an error in one line."""
    write(acme / "golden", "")

    with pytest.raises(VersionError, match="cannot write"):
        write_golden(acme, "three", replay(MAP, load_sample(acme, "three")))


# ---------------------------------------------------------------- differences


def result(*orders: dict[str, Any], outcome: str = "found", problems: tuple[str, ...] = ()) -> dict[str, Any]:
    told = [{"text": f"{where}: no", "where": where} for where in problems]
    return {"outcome": outcome, "orders": list(orders), "problems": told}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [change.text for change in summed([result_differences(old, new)])]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({}, {"status": "shipped"}, "status: nothing -> shipped in 1 of 1 order"),
        ({"status": "shipped"}, {"status": "delivered"}, "status: shipped -> delivered in 1 of 1 order"),
        ({"status": "ana@example.org"}, {"status": "shipped"}, "status: changed in 1 of 1 order"),
        ({"carrier": "dhl"}, {}, "carrier: dhl -> nothing in 1 of 1 order"),
        ({"carrier": "dhl"}, {"carrier": "Ana's bike"}, "carrier: changed in 1 of 1 order"),
        ({"currency": "EUR"}, {"currency": "USD"}, "currency: EUR -> USD in 1 of 1 order"),
        ({"order_type": "gift"}, {"order_type": "web shop"}, "order_type: gift -> web shop in 1 of 1 order"),
        ({"order_type": "gift"}, {"order_type": "for Ana, 55"}, "order_type: changed in 1 of 1 order"),
        ({"customer_email": "a@b.xyz"}, {"customer_email": "c@d.xyz"}, "customer_email: changed in 1 of 1 order"),
        ({"amount": "5"}, {"amount": "6"}, "amount: changed in 1 of 1 order"),
        ({}, {"tracking_numbers": ["T1"]}, "tracking_numbers: nothing -> a value in 1 of 1 order"),
        ({"tracking_numbers": ["T1"]}, {"tracking_numbers": ["T2"]}, "tracking_numbers: changed in 1 of 1 order"),
        ({"shipping_address": {"region": "X"}}, {"shipping_address": {"region": "Y"}},
         "shipping_address.region: changed in 1 of 1 order"),
        ({"lines": [{"sku": "a"}]}, {"lines": [{"sku": "a"}, {"sku": "b"}]}, "lines: more rows in 1 of 1 order"),
        ({"lines": [{"sku": "a"}]}, {"lines": [{"sku": "b"}]}, "lines.sku: changed in 1 of 1 order"),
        ({"lines": [{"status": "new"}]}, {"lines": [{"status": "shipped"}]}, "lines.status: changed in 1 of 1 order"),
        ({"extra": {"pet": "Rex"}}, {"extra": {}}, "extra.pet: a value -> nothing in 1 of 1 order"),
        ({"unavailable": ["carrier"]}, {}, "unavailable: a value -> nothing in 1 of 1 order"),
    ],
)  # fmt: skip
def test_differences_tell_kinds_and_no_values(before: dict[str, Any], after: dict[str, Any], text: str) -> None:
    """Words of small vocabularies are told; of anything that may be a customer's, only that it changed."""
    assert told(result(before), result(after)) == [text]


def test_differences_are_counted_by_orders() -> None:
    """Rows of one order count once, and orders of all samples are added up."""
    old = result({"lines": [{"sku": "a"}, {"sku": "b"}]}, {"lines": [{"sku": "c"}]}, {"lines": [{"sku": "d"}]})
    new = result({"lines": [{"sku": "x"}, {"sku": "y"}]}, {"lines": [{"sku": "z"}]}, {"lines": [{"sku": "d"}]})
    both = [result_differences(old, new), result_differences(result({}), result({}))]

    assert [change.text for change in summed(both)] == ["lines.sku: changed in 2 of 4 orders"]


def test_orders_are_matched_by_number_when_some_are_gone() -> None:
    """One order less is one order gone, not every order changed."""
    orders = [{"order_number": str(number), "amount": f"{number}.00"} for number in range(5)]

    assert told(result(*orders), result(*orders[1:])) == ["orders: gone in 1 of 5 orders"]
    assert told(result(*orders[1:]), result(*orders)) == ["orders: new in 1 of 5 orders"]


def test_outcomes_and_problems_differ() -> None:
    """What became of the whole, and problems that came or went, are told without their positions."""
    old = result(problems=("order[0].amount", "order[3].amount"), outcome="found")
    new = result(problems=("order[0].status",), outcome="failed")

    assert told(old, new) == [
        "outcome: found -> failed",
        "problems: gone: order[].amount: no in 2 of 0 orders",
        "problems: new: order[].status: no in 1 of 0 orders",
    ]
