"""A merchant's folder that lost a file, was tampered with, or saw an export killed: nothing is overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.folders import a_merchant, edit_draft
from workbench.errors import UsageError, VersionError
from workbench.publish import BAD, check, export, release

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Merchant acme with two versions, the first released."""
    folder = a_merchant(tmp_path / "mappings")
    export(folder)
    release(folder, "1.0.0")
    edit_draft(folder, ("lines:", 'region: "@.region"\n    lines:'))
    export(folder)
    return folder


def test_the_number_of_a_lost_version_is_not_given_again(acme: Path) -> None:
    """Where the newest version's file is gone, exporting refuses, for others may have that version."""
    (acme / "1.1.0.yaml").unlink()
    edit_draft(acme, ("@.region", "@.market"))
    before = (acme / "versions.lock").read_bytes()

    with pytest.raises(VersionError, match=r"1\.1\.0 was exported and is gone from .* - restore the file"):
        export(acme)

    assert not (acme / "1.1.0.yaml").exists()
    assert (acme / "versions.lock").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_an_export_killed_before_its_digest_is_written(acme: Path) -> None:
    """The version is in its place; the next export or release writes its digest, and nobody has to mend a file."""
    edit_draft(acme, ("@.region", "@.market"))
    code = (
        "import os, signal, sys; import workbench.publish.export\n"
        "module = sys.modules['workbench.publish.export']\n"
        "module.add_lock = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "module.export(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(acme)], cwd=ROOT, check=False)
    written = (acme / "1.1.1.yaml").read_bytes()
    assert done.returncode == -signal.SIGKILL
    assert (acme / "released").read_text() == "1.0.0\n"

    assert str(release(acme, "1.1.1").after) == "1.1.1"

    assert (acme / "1.1.1.yaml").read_bytes() == written
    assert [finding for finding in check(acme) if finding.state == BAD] == []
    assert list(acme.glob(".*")) == []


@pytest.mark.parametrize("name", ["versions.lock", "released"])
def test_a_broken_file_of_one_merchant(acme: Path, name: str) -> None:
    """A check tells it as a finding, in one line, so that the other merchants are checked all the same."""
    (acme / name).write_bytes(b"\xff\xfe")

    bad = [finding for finding in check(acme) if finding.state == BAD]

    assert len(bad) == 1
    assert "not UTF-8 text" in bad[0].what
    assert "\n" not in bad[0].what


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_stands_in_the_place_of_a_version(acme: Path, kind: str) -> None:
    """A folder or a link to nowhere in a version's place is told as what it is, and stays."""
    place = acme / "1.2.0.yaml"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("nowhere")

    with pytest.raises(UsageError, match=r"1\.2\.0\.yaml is no file - restore it"):
        export(acme)

    assert os.path.lexists(place)
