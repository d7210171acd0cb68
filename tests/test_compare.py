"""Two mappings on the same samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.folders import MAPPING, a_merchant, add_sample, an_order
from workbench.compare import Comparison, compare
from workbench.publish import BAD, NOTE, OK, check, export, release
from workbench.runtime import Mapping
from workbench.samples import load_samples
from workbench.versions import Folder

OLD = Mapping.from_text(MAPPING)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return a_merchant(tmp_path)


def compared(folder: Path, *edits: tuple[str, str]) -> Comparison:
    text = MAPPING
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return compare(OLD, Mapping.from_text(text), load_samples(folder))


def test_nothing_differs(acme: Path) -> None:
    """The same mapping needs no step."""
    comparison = compared(acme)

    assert comparison.to_dict() == {
        "step": "none", "why": ["both say the same"], "rules": [], "results": [], "samples": 2,
    }  # fmt: skip


def test_rules_and_results(acme: Path) -> None:
    """A lookup that changes shows in the file and, for the orders concerned, in the results."""
    comparison = compared(acme, ("sent: shipped", "sent: delivered"))

    assert [change.text for change in comparison.rules] == ["records.order.status.lookup.sent: shipped -> delivered"]
    assert [change.text for change in comparison.results] == ["status: shipped -> delivered in 2 of 3 orders"]
    assert comparison.step == ("minor", ("results change: status: shipped -> delivered in 2 of 3 orders",))


def test_an_email_that_changes_weighs_and_is_not_shown(acme: Path) -> None:
    """The reason names the field and how many orders, never the address."""
    comparison = compared(acme, ('customer_email: "@.mail"', 'customer_email: "@.no"'))
    told = str(comparison.to_dict())

    # none carries the e-mail that was asked for any more
    assert "outcome: found -> withheld" in told
    assert "example.org" not in told
    assert comparison.step.word == "minor"


def test_a_removed_field_is_major_and_its_values_still_weigh(acme: Path) -> None:
    """Amounts that go are told as a removal and as a change of results."""
    comparison = compared(acme, ('    amount: "@.sum"\n', ""))

    assert comparison.step == ("major", ("order.amount removed",))
    assert [change.text for change in comparison.weighty] == ["amount: a value -> nothing in 3 of 3 orders"]


def test_what_does_not_weigh_is_told_and_is_a_patch(acme: Path) -> None:
    """A SKU read from elsewhere changes results and needs no reason."""
    comparison = compared(acme, ('sku: "@.art"', 'sku: "@.n"'))

    assert [change.text for change in comparison.results] == ["lines.sku: changed in 3 of 3 orders"]
    assert comparison.step.word == "patch"
    assert comparison.weighty == ()


def test_samples_of_an_operation_that_is_gone_are_left_out(acme: Path) -> None:
    """What only one of them can replay is no comparison."""
    comparison = compared(acme, ("find_orders_by_email", "find_orders_of"))

    assert comparison.samples == 0
    assert comparison.step.word == "major"


# ---------------------------------------------------------------- check


def states(place: Path) -> dict[str, str]:
    return {finding.name: finding.state for finding in check(place)}


def test_check_of_a_released_folder(acme: Path) -> None:
    """Files, the released version and every sample are in order."""
    export(acme)
    release(acme, "1.0.0")

    assert states(acme) == {
        "1.0.0.yaml": OK, "draft.yaml": OK, "released": OK, "paths": OK, "sample none": OK, "sample three": OK,
    }  # fmt: skip


def test_check_finds_what_was_tampered_with(acme: Path) -> None:
    """An edited version, one that is gone, one that was never exported, and other results: each is told."""
    export(acme)
    release(acme, "1.0.0")
    released = acme / "1.0.0.yaml"
    (acme / "1.5.0.yaml").write_text(MAPPING.replace("merchant: acme\n", "merchant: acme\nversion: 1.5.0\n"))
    released.chmod(0o644)
    released.write_text(released.read_text().replace("shipped", "delivered"))
    with (acme / "versions.lock").open("a") as lock:
        lock.write(f"0.9.0: sha256:{'0' * 64}\n")

    found = {finding.name: finding for finding in check(acme)}

    assert found["1.0.0.yaml"].what == "the version was edited after it was exported"
    assert found["1.5.0.yaml"].what == "the version is not in versions.lock"
    assert found["0.9.0.yaml"].what == "was exported and is gone"
    assert found["sample three"].what == (
        "not as when 1.0.0 was released: status: shipped -> delivered in 2 of 3 orders"
    )
    assert {finding.state for finding in found.values() if finding.name != "draft.yaml"} == {BAD, OK}


def test_check_of_bad_files(acme: Path) -> None:
    """A file that cannot be used carries its mistakes; binary files and folders are such."""
    export(acme)
    (acme / "draft.yaml").write_text(MAPPING.replace("records:", "recrods:"))
    (acme / "1.0.1.yaml").write_bytes(b"\x00\xff\x00")
    (acme / "1.0.2.yaml").mkdir()

    found = {finding.name: finding for finding in check(acme)}

    assert found["draft.yaml"].problems
    assert found["1.0.1.yaml"].problems
    assert found["1.0.2.yaml"].state == BAD


def test_check_of_a_draft_tells_what_would_change(acme: Path) -> None:
    """A draft may differ from what is released; one that reads a sample no more has failed."""
    export(acme)
    release(acme, "1.0.0")
    draft = acme / "draft.yaml"
    draft.write_text(MAPPING.replace("sent: shipped", "sent: delivered"))
    assert states(draft) == {"draft.yaml": OK, "paths": OK, "sample none": OK, "sample three": NOTE}

    draft.write_text(MAPPING.replace("search:$.orders", "search:$.other"))
    assert states(draft)["sample three"] == BAD


def test_check_of_a_folder_with_a_draft_alone(acme: Path) -> None:
    """Before the first export, the samples go through the draft."""
    assert states(acme) == {"draft.yaml": OK, "released": NOTE, "paths": OK, "sample none": NOTE, "sample three": NOTE}


def test_check_of_broken_samples(acme: Path) -> None:
    """A sample that cannot be read is a failure with its mistakes."""
    (acme / "samples" / "three" / "search-1.json").unlink()

    found = next(finding for finding in check(acme) if finding.name == "samples")

    assert (found.state, len(found.problems)) == (BAD, 1)


def test_check_of_an_empty_folder(tmp_path: Path) -> None:
    """A folder without any mapping is told as such."""
    assert states(tmp_path)[Folder(tmp_path).name] == BAD


def test_a_recorded_failure_is_no_failure_of_the_mapping(acme: Path) -> None:
    """A sample of the merchant's own error can be kept: the mapping does with it what it should."""
    folder = add_sample(acme, "down", [an_order(1)]).parent
    text = (folder / "sample.yaml").read_text().replace('"status": 200', '"status": 503')
    (folder / "sample.yaml").write_text(text)
    export(acme)
    release(acme, "1.0.0")

    assert states(acme)["sample down"] == OK
