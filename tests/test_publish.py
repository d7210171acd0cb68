"""Exporting freezes a draft as the next version; releasing moves what production gets, after a check."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from tests.folders import MAPPING, a_merchant, add_sample, an_order, edit_draft, write
from workbench.errors import MappingError, UsageError, VersionError
from workbench.mapping import load_text
from workbench.publish import export, release
from workbench.runtime import Mapping, load
from workbench.samples import golden_of, load_sample, read_golden, replay
from workbench.versions import (
    LOCK,
    RELEASED,
    Folder,
    Version,
    write_over,
)

ROOT = Path(__file__).resolve().parents[1]
STATUS = 'status: {path: "@.state", lookup: {new: confirmed, sent: shipped}}'


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return a_merchant(tmp_path)


# ---------------------------------------------------------------- export


def test_first_export_is_1_0_0(acme: Path) -> None:
    """The first version has a history, its evidence and a digest, and is not released."""
    exported = export(acme, today=date(2026, 11, 23))
    file = Folder(acme).read(exported.version)

    assert exported.path == acme / "1.0.0.yaml"
    assert file.version == "1.0.0"
    assert file.data["history"] == [
        {"version": "1.0.0", "date": "2026-11-23", "changes": ["first version"], "step": "first"}
    ]
    assert file.data["evidence"]["samples"] == ["none", "three"]
    assert file.data["evidence"]["fields_seen"]["carrier"] == "2 of 3"
    assert (acme / LOCK).read_text() == f"1.0.0: sha256:{file.digest.removeprefix('sha256:')}\n"
    assert Folder(acme).released() is None
    assert not (acme / RELEASED).exists()


@pytest.mark.parametrize(("own", "version"), [("0.3.0", "1.0.0"), ("2.1.0", "2.1.0")])
def test_first_version_is_the_drafts_own_where_that_is_higher(acme: Path, own: str, version: str) -> None:
    """A merchant who comes from elsewhere may keep counting."""
    edit_draft(acme, ("merchant: acme\n", f"merchant: acme\nversion: {own}\n"))

    assert str(export(acme).version) == version


def test_next_versions(acme: Path) -> None:
    """Each export is the next version by its step, with the whole history; the older files stay as they were."""
    first = export(acme).path.read_bytes()
    edit_draft(acme, ('"@.rows"', '"@.items"'))
    assert str(export(acme, changes=["lines are called items"]).version) == "1.0.1"
    edit_draft(acme, ('    currency: "@.cur"\n', '    currency: "@.cur"\n    region: "@.r"\n'))
    assert str(export(acme).version) == "1.1.0"
    edit_draft(acme, ('    region: "@.r"\n', ""))
    assert str(export(acme).version) == "2.0.0"

    history = Folder(acme).read(Version(2, 0, 0)).data["history"]

    assert [(entry["version"], entry["step"]) for entry in history] == [
        ("1.0.0", "first"), ("1.0.1", "patch"), ("1.1.0", "minor"), ("2.0.0", "major"),
    ]  # fmt: skip
    assert history[1]["changes"] == ["lines are called items"]
    assert history[3]["changes"] == ["records.order.region: removed @.r"]
    assert (acme / "1.0.0.yaml").read_bytes() == first
    assert len((acme / LOCK).read_text().splitlines()) == 4


def test_nothing_changed(acme: Path) -> None:
    """A draft that says what the newest version says is not exported again."""
    export(acme)

    with pytest.raises(VersionError, match=r"nothing changed since 1\.0\.0"):
        export(acme)
    assert len(Folder(acme).versions()) == 1


def test_results_that_change_need_a_reason(acme: Path) -> None:
    """A rule that turns shipped orders into delivered ones is refused without a reason, and minor with one."""
    export(acme)
    edit_draft(acme, ("sent: shipped", "sent: delivered"))

    with pytest.raises(VersionError, match=r"--reason TEXT:\n  status: shipped -> delivered in 2 of 3 orders"):
        export(acme, reason=" ")
    exported = export(acme, reason="sent means delivered, says the merchant")

    assert (str(exported.version), exported.step.word) == ("1.1.0", "minor")
    assert (
        Folder(acme).read(exported.version).data["history"][-1]["reason"] == "sent means delivered, says the merchant"
    )


def test_an_added_field_needs_no_reason(acme: Path) -> None:
    """That values of a new field come is what adding it means, also where the order takes it from its parts."""
    shipments = MAPPING[MAPPING.index("    shipments:") :]
    edit_draft(acme, (shipments, ""), ('    amount: "@.sum"\n', ""))
    export(acme)
    edit_draft(acme, ('    currency: "@.cur"\n', f'    currency: "@.cur"\n    amount: "@.sum"\n{shipments}'))

    exported = export(acme)

    assert str(exported.version) == "1.1.0"
    assert exported.step.why == (
        "order.amount added",
        "order.shipments added",
        "order.tracking_numbers added",
        "order.carrier added",
    )


def test_problems_stand_against_exporting(acme: Path) -> None:
    """A required field without a rule is told, with everything else that is missing."""
    edit_draft(acme, (f"    {STATUS}\n", ""), ('    created_at: "@.at"\n', ""))

    with pytest.raises(MappingError) as refused:
        export(acme)

    told = " ".join(problem.text for problem in refused.value.problems)
    assert "status" in told
    assert "created_at" in told
    assert Folder(acme).versions() == []


def test_an_edited_version_stops_the_export(acme: Path) -> None:
    """What was edited after it was exported is no base to compare with."""
    path = export(acme).path
    path.chmod(0o644)
    path.write_text(path.read_text().replace("shipped", "delivered"))
    edit_draft(acme, ('"@.cur"', '"@.currency"'))

    with pytest.raises(VersionError, match="edited after it was exported"):
        export(acme, reason="x")


def test_version_files_are_read_only(acme: Path) -> None:
    """An editor asks before it changes a version."""
    assert stat.S_IMODE(export(acme).path.stat().st_mode) & 0o222 == 0


def test_two_exports_at_once(acme: Path) -> None:
    """One wins, the other is told; there is one version, whole."""
    barrier = threading.Barrier(2)
    told: list[str] = []

    def one() -> None:
        barrier.wait()
        try:
            told.append(str(export(acme).version))
        except VersionError as error:
            told.append(str(error))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told.count("1.0.0") == 1
    assert any("another export" in text or "nothing changed" in text for text in told)
    assert Folder(acme).read(Version(1, 0, 0)).version == "1.0.0"


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_another_export_at_work(acme: Path) -> None:
    """While an export is at work in a folder, another is refused rather than mixed with it."""
    with Folder(acme).alone(), pytest.raises(VersionError, match="another export or release is at work"):
        export(acme)

    assert str(export(acme).version) == "1.0.0"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize("moment", ["link", "fsync"])
def test_a_killed_export_leaves_no_half_file(acme: Path, moment: str) -> None:
    """Killed before the version is in place, there is none; the next export works and clears what was left."""
    code = (
        "import os, signal, sys; from workbench.publish import export\n"
        f"os.{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "export(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(acme)], cwd=ROOT, check=False)

    assert done.returncode == -signal.SIGKILL
    assert Folder(acme).versions() == []
    assert str(export(acme).version) == "1.0.0"
    assert list(acme.glob(".*.tmp")) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(acme: Path) -> None:
    """Where nothing can be written, the export says so in one line."""
    acme.chmod(0o555)
    try:
        with pytest.raises(VersionError, match="Permission denied"):
            export(acme)
    finally:
        acme.chmod(0o755)


def test_what_cannot_be_written_is_told(acme: Path) -> None:
    """A folder in the place of a file is an error in one line, and leaves nothing behind."""
    (acme / "there").mkdir()

    with pytest.raises(VersionError, match="cannot write"):
        write_over(acme / "there", "text")
    with pytest.raises(VersionError, match="cannot make"):
        export(acme, to=acme / "draft.yaml")
    assert list(acme.glob(".*.tmp")) == []


def test_export_to_another_folder(acme: Path, tmp_path: Path) -> None:
    """The version, its digest and its number belong to the other folder."""
    export(acme)
    exported = export(acme, to=tmp_path / "deployed")

    assert exported.path == tmp_path / "deployed" / "acme" / "1.0.0.yaml"
    assert (tmp_path / "deployed" / "acme" / LOCK).is_file()


def test_a_draft_of_another_merchant(acme: Path) -> None:
    """A draft copied from another merchant is not exported under this one's name."""
    edit_draft(acme, ("merchant: acme", "merchant: other"), ("ACME_", "OTHER_"))

    with pytest.raises(VersionError, match="the draft is of merchant 'other'"):
        export(acme)


def test_no_draft(tmp_path: Path) -> None:
    """Without a draft there is nothing to export."""
    with pytest.raises(UsageError, match="no draft at"):
        export(tmp_path)


def test_expectations_are_proposed_and_written_when_accepted(acme: Path) -> None:
    """What all samples bear out is proposed; accepted, it stands in the version and in the draft."""
    add_sample(acme, "more", [an_order(number, state="sent") for number in (4, 5)], {
        "i4": [{"code": "T4", "by": "DHL"}], "i5": [{"code": "T5", "by": "DHL"}],
    })  # fmt: skip
    exported = export(acme, accept_expectations=True)

    assert [one.text for one in exported.suggestions if one.field in ("lines", "shipments")] == [
        "lines: {always: true}  # so in all 5 orders of the samples",
        "shipments: {when: {status: [shipped]}}  # so in all 4 orders of the samples",
    ]
    expected = {"shipments": {"when": {"status": ["shipped"]}}, "lines": {"always": True}}
    assert expected.items() <= Folder(acme).read(exported.version).data["expect"].items()
    with pytest.raises(VersionError, match="nothing changed"):
        export(acme)


def test_what_one_sample_does_not_bear_out_is_not_proposed(acme: Path) -> None:
    """A shipped order without a parcel speaks against expecting one; two orders bear nothing out."""
    assert "shipments" not in [one.field for one in export(acme).suggestions]


# ---------------------------------------------------------------- release


def test_release_moves_forward_and_back(acme: Path) -> None:
    """A folder opens at what is released; golden results follow."""
    export(acme)
    release(acme, "1.0.0")
    edit_draft(acme, ("sent: shipped", "sent: delivered"))
    export(acme, reason="sent means delivered")
    assert load(acme).version == "1.0.0"

    moved = release(acme, "1.1.0")

    assert (str(moved.before), str(moved.after)) == ("1.0.0", "1.1.0")
    assert [change.text for change in moved.results] == ["status: shipped -> delivered in 2 of 3 orders"]
    assert (acme / RELEASED).read_text() == "1.1.0\n"
    assert load(acme).version == "1.1.0"
    golden = read_golden(acme, "three")
    assert golden is not None
    assert [order["status"] for order in golden["orders"]] == ["confirmed", "delivered", "delivered"]
    assert "mapping_version" not in golden

    assert str(release(acme, "1.0.0").after) == "1.0.0"
    assert load(acme).version == "1.0.0"


def test_release_refuses_what_cannot_read_a_sample(acme: Path) -> None:
    """A version that finds no place of orders in a recorded answer stays unreleased, and nothing is moved."""
    export(acme)
    release(acme, "1.0.0")
    edit_draft(acme, ('"search:$.orders"', '"search:$.elsewhere"'))
    export(acme, reason="a mistake")

    with pytest.raises(VersionError, match=r"1\.1\.0 cannot read every sample and stays unreleased:\n  sample "):
        release(acme, "1.1.0")
    assert load(acme).version == "1.0.0"
    golden = read_golden(acme, "three")
    assert golden is not None
    assert golden["outcome"] == "found"


def test_release_refuses_an_edited_version(acme: Path) -> None:
    """What is released is what was exported."""
    path = export(acme).path
    path.chmod(0o644)
    path.write_text(path.read_text().replace("shipped", "delivered"))

    with pytest.raises(VersionError, match="edited after it was exported"):
        release(acme, "1.0.0")


def test_release_of_nothing(acme: Path) -> None:
    """A version that is not there is wrong use, and says what is there."""
    export(acme)
    with pytest.raises(UsageError, match=r"no version 2\.0\.0 .* there is 1\.0\.0"):
        release(acme, "2.0.0")
    with pytest.raises(UsageError, match="is not a version"):
        release(acme, "../1.0.0")


def test_releasing_again_does_not_accept_other_results(acme: Path) -> None:
    """The same version with other results than when it was released means that something else changed."""
    export(acme)
    release(acme, "1.0.0")
    golden = acme / "golden" / "three.json"
    golden.write_text(golden.read_text().replace("shipped", "delivered"))

    with pytest.raises(VersionError, match="other results than then on three"):
        release(acme, "1.0.0")


@pytest.mark.parametrize("text", ["", "latest\n", "../acme/1.0.0", "1.0.0/x"])
def test_a_broken_released_is_told_and_mended(acme: Path, text: str) -> None:
    """Whatever `released` holds, it leads to no file outside, and releasing mends it."""
    export(acme)
    write(acme / RELEASED, text)

    with pytest.raises(VersionError, match="holds no version"):
        Folder(acme).released()
    assert str(release(acme, "1.0.0").after) == "1.0.0"


def test_samples_keep_their_clock(acme: Path) -> None:
    """A condition on age holds years later as it held when the sample was recorded."""
    edit_draft(
        acme,
        ('orders: {each: "search:$.orders"}', 'orders: {each: "search:$.orders", keep: {created_at: {within: 30d}}}'),
    )
    add_sample(acme, "aged", [an_order(1)], recorded_at="2026-03-05T00:00:00Z")
    add_sample(acme, "late", [an_order(1)], recorded_at="2027-03-05T00:00:00Z")
    mapping = Mapping(load_text((acme / "draft.yaml").read_text()))

    assert golden_of(replay(mapping, load_sample(acme, "aged")))["outcome"] == "found"
    assert golden_of(replay(mapping, load_sample(acme, "late")))["outcome"] == "none"
