"""The project's own files agree with one another."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

import workbench
from workbench.demo.faces import NAMES

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# conda-forge's name for what PyPI calls otherwise, or packs in one.
CONDA_NAMES = {"playwright": "playwright-python", "tzdata": "python-tzdata", "build": "python-build"}


def requirements() -> list[Requirement]:
    """What the runtime and all extras ask for."""
    texts = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]
    return [Requirement(text) for text in texts]


def pins() -> dict[str, str]:
    """The versions of constraints.txt by canonical name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version for name, version in pairs}


def test_conda_environment_equals_pyproject() -> None:
    """A conda user gets what pip users get: the same packages within the same bounds."""
    listed = YAML(typ="safe").load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {Requirement(entry).name: Requirement(entry).specifier for entry in listed if isinstance(entry, str)}
    expected = {CONDA_NAMES.get(entry.name, entry.name): entry.specifier for entry in requirements()}

    assert conda.pop("python") == PROJECT["requires-python"]
    assert not conda.pop("pip")
    *lacking, own = listed[-1]["pip"]
    by_pip = {Requirement(entry).name: Requirement(entry).specifier for entry in lacking}
    assert {**conda, **by_pip} == expected
    assert not conda.keys() & by_pip.keys()
    assert own == "-e ."


def test_constraints_are_exact_versions() -> None:
    """constraints.txt holds names and exact versions only: no host, no address, no hash."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []
    assert len(pins()) == len(lines)


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_constraints_fit_pyproject(requirement: Requirement) -> None:
    """Everything asked for has an exact version, and one that fits its bounds."""
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_every_dependency_has_a_lower_bound() -> None:
    """A lower bound says with which version a feature that we use appeared."""
    unbound = [str(entry) for entry in requirements() if ">=" not in {bound.operator for bound in entry.specifier}]

    assert unbound == []


def test_version_has_its_notes() -> None:
    """The newest entry of the changelog is this version, or what is not released yet."""
    heads = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert workbench.__version__ in heads[:2]


def test_no_host_of_this_machine_is_committed() -> None:
    """No project file names a package registry or a folder of the machine it was written on."""
    names = ["pyproject.toml", "constraints.txt", "environment.yml", "Makefile", ".ci/run", "README.md"]
    local = re.compile(r"/(?:opt|home|tmp)/\S+|index-url\S*|find-links\S*")
    found = {name: local.findall((ROOT / name).read_text()) for name in names}

    assert {name: hits for name, hits in found.items() if hits} == {}


def test_wheel_holds_what_the_package_needs(tmp_path: Path) -> None:
    """An installed package has its data files, its typing marker and the demo merchant's mappings."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    names = set(ZipFile(next(tmp_path.glob("*.whl"))).namelist())

    assert {
        "workbench/py.typed",
        "workbench/catalogue.yaml",
        "workbench/mapping.schema.json",
        *(f"workbench/demo/mappings/{name}/released" for name in NAMES),
    } <= names
    assert not {name for name in names if not name.startswith(("workbench/", "workbench-"))}
