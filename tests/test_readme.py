"""What the README claims holds: its examples run as printed, and its tables are complete."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import workbench
from tests.test_paths_oracle import JSONPATH_NG_DIFFERS
from workbench.mapping import load_text
from workbench.paths import PathError, compile_path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    """A fenced block: what the comment above it says, its language, and its text."""

    mark: str
    language: str
    text: str


def blocks() -> list[Block]:
    """The README's blocks, in their order."""
    found = re.finditer(r"(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [Block(mark or "", language, text) for mark, language, text in (match.groups() for match in found)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the README's files and the repository's mappings."""
    for block in blocks():
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def demo_merchant(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The demo merchant, and the settings that a deployment next to it has."""
    from workbench.demo import DemoMerchant

    with DemoMerchant() as merchant:
        for name, value in merchant.environ.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.usefixtures("folder", "demo_merchant")
def test_python_examples_run_and_print_what_is_printed() -> None:
    """The Python blocks run one after the other, and what they print is what the README shows."""
    names: dict[str, object] = {}
    printed = ""
    shown = []
    for block in blocks():
        if block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block.text, "README.md", "exec"), names)
            printed = out.getvalue()
        elif block.mark == "output":
            shown.append(block.text)

            assert printed == block.text

    assert shown


def test_shell_examples_run(folder: Path) -> None:
    """The commands that need no network do what the README says."""
    lines = [line for block in blocks() if block.language == "sh" for line in block.text.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines]
    runs = [command for command in commands if command[0] == "workbench"]
    made = {command[1] for command in commands if command[0] == "make"}

    for command in runs:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        if "--json" in command:
            assert json.loads(done.stdout)["orders"]
    assert runs
    assert made == {"demo", "test"}


def test_connections_load() -> None:
    """Each example of a connection stands in a mapping that loads, and is open to calls."""
    shown = [block.text for block in blocks() if block.mark == "connection"]
    assert len(shown) == 2
    for text in shown:
        head = "format: 1\nmerchant: shop\nconnection:\n  base_url: https://api.shop.example\n"
        calls = "{get: /orders, server: parcels}" if "parcels:" in text else "{get: /orders}"
        load_text(f"{head}{text}operations: {{find: {{calls: [{calls}]}}}}\nrecords: {{order: {{id: '@.id'}}}}\n")


def test_every_make_target_is_told() -> None:
    """The README names each target of the Makefile, and none that is not there."""
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)\b", README, re.MULTILINE)) == targets


def test_every_command_is_told() -> None:
    """The README's table names each command of the command line, and none that is not there."""
    told = set(re.findall(r"^\| `workbench ([a-z]+)", README, re.MULTILINE))
    done = subprocess.run([sys.executable, "-m", "workbench", "--help"], capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  ([a-z]+)  +\S", done.stdout, re.MULTILINE))

    assert listed
    assert told == listed


def test_every_setting_is_told() -> None:
    """Each environment variable that the package reads stands in the README, and each there is read."""
    package = Path(workbench.__file__).parent
    read = {name for path in package.rglob("*.py") for name in re.findall(r"\bWORKBENCH_[A-Z_]+\b", path.read_text())}
    told = set(re.findall(r"^\| `(WORKBENCH_[A-Z_]+)`", README, re.MULTILINE))

    assert told == read


def test_every_extra_that_is_told_exists() -> None:
    """The README names no extra that pyproject.toml does not have."""
    extras = set(re.findall(r"extra `([a-z]+)`", README))

    assert extras <= set(re.findall(r"^([a-z]+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE))


def test_every_name_that_is_told_exists() -> None:
    """Whatever the README calls `wb.…` can be used."""
    names = set(re.findall(r"\bwb\.([A-Za-z_]+)", README))

    assert names <= set(workbench.__all__)


def test_files_that_are_told_exist() -> None:
    """Folders and files that the README points at are there."""
    named = re.findall(r"`((?:workbench|tests|mappings|bench|notebooks|\.ci)/[A-Za-z0-9_./]*)`", README)

    assert [name for name in named if not os.path.exists(ROOT / name)] == []


@pytest.mark.parametrize(
    "path",
    ["$..a", "$.a[0:2]", "$['a','b']", "$[?length(@.a) > 1]", "$.a + 5", "$.a | $.b", "a.b", "$.a.where.b", "$.größe"],
)
def test_what_is_told_to_be_refused_is_refused(path: str) -> None:
    """Paths beyond the language's part of JSONPath are refused, as the README says."""
    with pytest.raises(PathError):
        compile_path(path)


def test_differences_from_jsonpath_ng_are_told() -> None:
    """The README lists the differences that the tests know, and no fewer."""
    told = README.partition("<!-- paths: begin -->")[2].partition("<!-- paths: end -->")[0]

    assert len(JSONPATH_NG_DIFFERS) == 2
    assert all(word in told for word in ("`@` alone", "Decimals in filters"))
