"""What all tests share: where things outside the repository are, and how hypothesis runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import httpx

    from tests.servers import Ask
    from workbench.demo import DemoMerchant

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


# ---------------------------------------------------------------- a merchant of our own


@pytest.fixture(scope="module")
def merchant() -> Iterator[DemoMerchant]:
    """The demo merchant, running."""
    from workbench.demo import DemoMerchant

    with DemoMerchant() as running:
        yield running


@pytest.fixture
def unasked(merchant: DemoMerchant) -> Iterator[None]:
    """Afterwards nobody has asked the demo merchant for a drift or a failure."""
    yield
    merchant.drift("none")
    merchant.fail("none")


@pytest.fixture
def client(merchant: DemoMerchant) -> Iterator[httpx.Client]:
    """A client that the demo merchant knows."""
    from tests.demo_guest import client_of

    with client_of(merchant) as opened:
        yield opened


@pytest.fixture
def acme_place(tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of mappings; the demo merchant's address and keys are known under the name of a new one, acme."""
    known = merchant.environ
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", known["WORKBENCH_ALLOW_HOSTS"])
    for name in ("URL", "USER", "PASSWORD"):
        monkeypatch.setenv(f"ACME_{name}", known[f"NORTHWIND_{name}"])
    return tmp_path / "mappings"


# ---------------------------------------------------------------- a small shop on this machine


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the deployment says: this machine may be called, and here are the shop's secrets."""
    from tests.servers import PASSWORD, USER

    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("SHOP_USER", USER)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    for name in ("WORKBENCH_PROXY", "WORKBENCH_ENV_FILE", "WORKBENCH_EGRESS_URL", "SHOP_HOSTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Asks the shop once, in both ways."""
    from tests.servers import ask_async, ask_sync

    return ask_async if request.param == "async" else ask_sync


# ---------------------------------------------------------------- how it is used


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mappings with merchant acme, 1.0.0 released; the current folder is elsewhere."""
    from tests.folders import a_merchant
    from workbench.publish import export, release

    folder = a_merchant(tmp_path / "mappings")
    export(folder)
    release(folder, "1.0.0")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path / "mappings"))
    return folder


@pytest.fixture
def search(tmp_path: Path, acme: Path) -> Path:
    """An answer of its search, as a file."""
    from tests.folders import an_order, write

    return write(tmp_path / "here" / "search.json", json.dumps({"orders": [an_order(1), an_order(2, state="sent")]}))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command line: exit code, what it printed, and what it complained of."""
    from workbench.cli import main

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """A browser."""
    from tests.widget_harness import browser

    with browser() as made:
        yield made
