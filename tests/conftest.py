"""What all tests share: where things outside the repository are, and how hypothesis runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Every run is the same run, however slow the machine is; "deep" looks for what the same run never finds.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("WORKBENCH_HYPOTHESIS", "ci"))


def outside_folder(name: str) -> Path | None:
    """The folder that `WORKBENCH_<name>` names, or None where it is unset or not there."""
    said = os.environ.get(f"WORKBENCH_{name.upper()}")
    return Path(said) if said and Path(said).is_dir() else None


def missing(name: str, reason: str) -> None:
    """Skip the test because something outside the repository is missing; fail where `WORKBENCH_REQUIRE` names it."""
    required = {word.strip().lower() for word in os.environ.get("WORKBENCH_REQUIRE", "").split(",")}
    if name.lower() in required:
        pytest.fail(f"{reason}, and WORKBENCH_REQUIRE names {name.lower()}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def outside() -> Callable[[str], Path]:
    """`outside("ORDERBENCH")` is the folder that `WORKBENCH_ORDERBENCH` names; without it the test is skipped."""

    def find(name: str) -> Path:
        folder = outside_folder(name)
        if folder is None:
            missing(name, f"WORKBENCH_{name.upper()} names no folder")
            raise AssertionError("unreachable")
        return folder

    return find
