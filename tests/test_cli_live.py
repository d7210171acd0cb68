"""The commands that call a merchant, against the demo merchant over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main
from workbench.cli.start import need
from workbench.demo import DemoMerchant
from workbench.errors import UsageError

ROOT = Path(__file__).resolve().parents[1]
EMAIL = "jane.doe@example.com"
DEMO = ("--environment", "demo")


@pytest.fixture
def cli(
    merchant: DemoMerchant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.chdir(tmp_path)  # no .env of the checkout
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(ROOT / "mappings"))
    for name, value in merchant.environ.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.mark.parametrize("name", ["northwind", "southwind", "eastwind", "westwind"])
def test_find(cli: Any, name: str) -> None:
    """Orders come by e-mail and by number; none is exit code 1."""
    code, out, err = cli("find", name, "--email", EMAIL, *DEMO, "--json")
    told = json.loads(out)
    assert (code, err, told["outcome"]) == (0, "", "found")
    assert {order["customer_email"] for order in told["orders"]} == {EMAIL}

    code, out, _ = cli("find", name, "--number", "A-1002", *DEMO)
    assert code == 0
    assert out.endswith("\n1 order\n")

    code, out, _ = cli("find", name, "--number", "A-9999", *DEMO, "--json")
    assert (code, json.loads(out)["outcome"]) == (1, "none")


def test_find_tells_what_failed(cli: Any, merchant: DemoMerchant) -> None:
    """A server that fails is exit code 1 and one line of what happened and what to do."""
    merchant.fail("status", status=503, path="/v2/orders", times=3)
    code, out, err = cli("find", "northwind", "--email", EMAIL, *DEMO)

    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "503" in err

    merchant.fail("status", status=500, path="/v2/orders", times=1)
    code, out, _ = cli("find", "northwind", "--email", EMAIL, *DEMO, "--json")
    assert code == 1
    assert json.loads(out)["problems"][0]["where"] == "search"


def test_find_without_secrets(cli: Any, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """All missing secrets are named at once, as wrong use; an unknown environment as well."""
    for name in merchant.environ:
        monkeypatch.delenv(name)

    code, _, err = cli("find", "northwind", "--email", EMAIL, *DEMO)
    assert code == 2
    assert "NORTHWIND_USER, NORTHWIND_PASSWORD" in err
    assert cli("find", "northwind", "--email", EMAIL, "--environment", "dmo")[0] == 2


def test_explain_asks_the_merchant(cli: Any) -> None:
    """A field is explained on what the merchant answers now, also from a call that is made for each order."""
    code, out, _ = cli("explain", "northwind", "--number", "A-1002", "--field", "shipments.carrier", *DEMO, "--json")
    told = json.loads(out)["explanations"]

    assert code == 0
    assert [(one["where"], one["outcome"]) for one in told] == [
        ("order[0].shipments[0].carrier", "a value"), ("order[0].shipments[1].carrier", "a value"),
    ]  # fmt: skip


def test_doctor(cli: Any, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part is ok, or says what to do; exit code 1 when one is not."""
    code, out, _ = cli("doctor", "northwind", *DEMO, "--json")
    assert code == 0
    assert {check["ok"] for check in json.loads(out)["checks"]} == {True}

    monkeypatch.setenv("NORTHWIND_PASSWORD", "wrong")
    code, out, _ = cli("doctor", "northwind", *DEMO)
    assert code == 1
    assert "login" in out
    assert "wrong" not in out


def test_doctor_of_a_bad_mapping(cli: Any, tmp_path: Path) -> None:
    """A mapping that cannot be used is exit code 2 here too."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("format: 1\nmerchant: acme\n")

    assert cli("doctor", str(bad))[0] == 2


def test_demo_is_plain_in_a_pipe(cli: Any) -> None:
    """The demo ends well, and in a pipe without colours."""
    code, out, err = cli("demo")

    assert (code, err) == (0, "")
    assert "A-1002" in out
    assert "\x1b" not in out


def test_extras_that_are_missing() -> None:
    """A command that needs an extra says how to install it."""
    with pytest.raises(UsageError, match=r"needs the extra 'notebook' - pip install 'workbench\[notebook\]'"):
        need("notebook", "json", "no_such_module_anywhere")
