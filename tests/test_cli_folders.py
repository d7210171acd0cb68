"""The commands over merchants' folders: check, diff, list, show, export and release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.folders import MAPPING, a_merchant, edit_draft, write
from workbench.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mappings with the draft of merchant acme."""
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path))
    return a_merchant(tmp_path)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_from_draft_to_production(acme: Path, cli: Any) -> None:
    """Export, release and check a merchant, by the commands that each one names next."""
    code, out, _ = cli("export", "acme")
    assert code == 0
    assert f"acme 1.0.0 is at {acme / '1.0.0.yaml'}\n" in out
    assert "  lines: {always: true}  # so in all 3 orders of the samples\n" in out
    assert out.endswith("to give it to production: workbench release acme 1.0.0\n")

    assert cli("release", "acme", "1.0.0")[:2] == (0, "acme: 1.0.0 is released\nreplayed 2 samples\n")
    code, out, err = cli("check")
    assert (code, err) == (0, "")
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        ["acme", "1.0.0.yaml", "ok", "loads"], ["acme", "draft.yaml", "ok", "loads"],
        ["acme", "released", "ok", "1.0.0"], ["acme", "paths", "ok", "13"],
        ["acme", "sample", "none", "ok"], ["acme", "sample", "three", "ok"],
    ]  # fmt: skip


def test_export_refused(acme: Path, cli: Any) -> None:
    """Nothing changed, and results without a reason, are exit code 1; a draft with problems is 2, with all of them."""
    cli("export", "acme")
    assert cli("export", "acme")[::2] == (1, "nothing changed since 1.0.0 - there is nothing to export\n")

    edit_draft(acme, ("sent: shipped", "sent: delivered"))
    code, out, err = cli("export", "acme", "--json")
    assert code == 1
    assert "status: shipped -> delivered in 2 of 3 orders" in err
    assert json.loads(out)["problems"][0]["code"] == "version"

    edit_draft(acme, ('    created_at: "@.at"\n', ""), ('    order_number: "@.no"\n', ""))
    code, _, err = cli("export", "acme")
    assert code == 2
    assert "created_at" in err
    assert "order_number" in err


def test_export_as_data(acme: Path, tmp_path: Path, cli: Any) -> None:
    """--json tells the version, its file and the step; --to writes elsewhere; --change is what the history says."""
    code, out, _ = cli("export", "acme", "--json", "--to", str(tmp_path / "other"), "--change", "made for a test")
    told = json.loads(out)

    assert code == 0
    assert (told["version"], told["step"], told["changes"]) == ("1.0.0", "first", ["made for a test"])
    assert told["path"] == str(tmp_path / "other" / "acme" / "1.0.0.yaml")
    assert not (acme / "1.0.0.yaml").exists()


def test_check_fails(acme: Path, cli: Any) -> None:
    """Other results than the golden ones are exit code 1; a mapping file that cannot be used is 2 and listed."""
    cli("export", "acme")
    cli("release", "acme", "1.0.0")
    golden = acme / "golden" / "three.json"
    golden.write_text(golden.read_text().replace('"dhl"', '"ups"'))

    code, out, err = cli("check", "acme")
    assert (code, err) == (1, "")
    assert "not as when 1.0.0 was released: carrier: ups -> dhl in 1 of 3 orders" in out

    edit_draft(acme, ('"@.no"', '"number"'))
    code, out, err = cli("check", "acme", "--json")
    assert code == 2
    assert "'number': not a path @ records.order.order_number" in err
    assert [one["state"] for one in json.loads(out)["findings"] if one["problems"]] == ["failed"]


def test_check_of_broken_samples(acme: Path, cli: Any) -> None:
    """Samples that cannot be read are a check that failed, with every mistake; the mapping file is none the worse."""
    (acme / "samples" / "three" / "search-1.json").unlink()

    code, out, err = cli("check", "acme")

    assert code == 1
    assert "1 problem in samples" in out
    assert "no such file @ samples/three/sample.yaml: calls.search[0].file" in err


def test_check_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Any) -> None:
    """A folder of mappings without merchants is told, rather than in order."""
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path))

    assert cli("check")[0] == 2


def test_diff(acme: Path, cli: Any) -> None:
    """What changes for whom: rules, results on the samples, and the step."""
    cli("export", "acme")
    cli("release", "acme", "1.0.0")
    edit_draft(acme, ("sent: shipped", "sent: delivered"))

    code, out, _ = cli("diff", "acme", "acme/draft")
    assert code == 0
    assert "records.order.status.lookup.sent  changed  shipped  delivered\n" in out
    assert "status  shipped -> delivered  2 of 3\n" in out
    assert "step: minor\n" in out

    told = json.loads(cli("diff", str(acme / "1.0.0.yaml"), str(acme / "draft.yaml"), "--json")[1])
    assert (told["step"], told["samples"], len(told["rules"])) == ("minor", 2, 1)
    assert "the files say the same\n" in cli("diff", "acme", "acme/1.0.0")[1]


def test_diff_without_samples_beside_it(acme: Path, tmp_path: Path, cli: Any) -> None:
    """Samples may be another folder's; without any, only rules are compared."""
    old = write(tmp_path / "loose" / "old.yaml", MAPPING)
    new = write(tmp_path / "loose" / "new.yaml", MAPPING.replace("sent: shipped", "sent: delivered"))

    assert "no samples to compare results on" in cli("diff", str(old), str(new))[1]
    assert "status  shipped -> delivered  2 of 3" in cli("diff", str(old), str(new), "--samples", "acme")[1]


def test_list(acme: Path, tmp_path: Path, cli: Any) -> None:
    """Merchants with versions, what is released, drafts and samples; broken ones are listed as such."""
    cli("export", "acme")
    cli("release", "acme", "1.0.0")
    write(tmp_path / "broken" / "released", "latest")
    write(tmp_path / "notes" / "readme.txt", "no merchant")
    write(tmp_path / ".hidden" / "draft.yaml", MAPPING)

    code, out, _ = cli("list", "--json")
    told = {row["merchant"]: row for row in json.loads(out)["merchants"]}

    assert code == 0
    assert list(told) == ["acme", "broken"]
    assert (told["acme"]["released"], told["acme"]["versions"], told["acme"]["samples"]) == ("1.0.0", ["1.0.0"], 2)
    assert "holds no version" in told["broken"]["problem"]
    assert cli("list")[1].splitlines()[0].split() == [
        "merchant",
        "released",
        "date",
        "versions",
        "draft",
        "samples",
        "problem",
    ]


def test_show(acme: Path, cli: Any) -> None:
    """The file as it stands: the draft before the first export, then what is released, or the version named."""
    assert cli("show", "acme")[:2] == (0, MAPPING)
    cli("export", "acme")
    assert cli("show", "acme")[1].rstrip() == (acme / "1.0.0.yaml").read_text().rstrip()
    assert cli("show", "acme", "--version", "draft")[1] == MAPPING
    assert json.loads(cli("show", str(acme / "1.0.0.yaml"), "--json")[1])["version"] == "1.0.0"


def test_show_needs(acme: Path, cli: Any) -> None:
    """What a deployment has to provide, as a table or as data."""
    code, out, _ = cli("show", "acme", "--needs")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[1:4]] == [
        ["secret", "ACME_USER"], ["secret", "ACME_PASSWORD"], ["host", "api.acme.example"],
    ]  # fmt: skip

    told = json.loads(cli("show", "acme", "--needs", "--json")[1])
    assert told["calls"] == {
        "find_orders_by_email": "1 + 1 for each order",
        "find_order_by_number": "1 + 1 for each order",
    }


def test_release_refused(acme: Path, cli: Any) -> None:
    """A check that fails is exit code 1, and nothing is moved."""
    cli("export", "acme")
    (acme / "versions.lock").unlink()

    code, out, err = cli("release", "acme", "1.0.0")

    assert (code, out) == (1, "")
    assert "not in versions.lock" in err
    assert not (acme / "released").exists()


def test_the_readme_names_every_command() -> None:
    """A command that the README does not name is a command that nobody finds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in COMMANDS if f"workbench {name}" not in readme] == []


def test_the_demo_merchants_are_in_order(monkeypatch: pytest.MonkeyPatch, cli: Any) -> None:
    """The mappings of this repository pass the check, and doctor would find what they need."""
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(ROOT / "mappings"))

    code, out, err = cli("check", "--json")

    assert err == ""
    assert [one for one in json.loads(out)["findings"] if one["state"] == "failed"] == []
    assert code == 0
