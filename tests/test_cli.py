"""The command line: what is understood, what is answered, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.folders import an_order
from workbench.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
BY_EMAIL = ("--operation", "find_orders_by_email")


def process(*words: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    """The command line as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings.pop("env", {})}
    command = [sys.executable, "-m", "workbench", *words]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False, **settings)


# ---------------------------------------------------------------- words


def test_help_names_every_command(cli: Any) -> None:
    """Help tells each command in a line; no command at all is wrong use."""
    for words, expected in ((("--help",), 0), (("help",), 0), ((), 2)):
        code, out, _ = cli(*words)

        assert code == expected
        assert [name for name in COMMANDS if f"\n  {name} " not in out] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, cli: Any) -> None:
    """The help of a command says what it does, whatever else is on the line."""
    code, out, err = cli(command, "--help", "--whatever")

    assert (code, err) == (0, "")
    assert out.startswith(f"usage: workbench {command}")


def test_version(cli: Any) -> None:
    """The version is the package's."""
    from workbench import __version__

    assert cli("--version") == (0, f"workbench {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], "unknown command 'chek' @ command line - did you mean 'check'?"),
        (["frobnicate"], "unknown command 'frobnicate' @ command line - one of demo, lab, run"),
        (["--jsn", "list"], "unknown option '--jsn' @ command line - options stand behind the command"),
        (["list", "--jsno"], "unknown option '--jsno' @ command line - did you mean '--json'?"),
        (
            ["run", "acme", "x", "--opertion", "y"],
            "unknown option '--opertion' @ command line - did you mean '--operation'?",
        ),
        (["find", "acme", "--emial", "a"], "did you mean '--email'?"),
        (["find", "acme", "--numbr=3"], "did you mean '--number'?"),
        (["explain", "acme", "x.json", "--feild", "status"], "did you mean '--field'?"),
        (["list", "acme"], "one word too many: 'acme'"),
        (["run"], "MAPPING"),
        (["run", "acme"], "RESPONSE"),
        (["find", "acme"], "--email"),
        (["find", "acme", "--email", "a", "--number", "b"], "--number"),
        (["find", "acme", "--email", " "], "--email is blank"),
        (["release", "acme"], "VERSION"),
        (["explain", "acme", "x.json"], "--field"),
        (["explain", "acme", "--field", "status"], "nothing to explain it on"),
        (["explain", "acme", "x", "--field", "status", "--email", "a"], "both responses and a question"),
        (["show", "acne"], "nothing at 'acne' @ command line - did you mean 'acme'?"),
        (["show", "zzz"], "there are acme"),
        (["show", "../mappings/../../etc/passwd"], "nothing at"),
        (["show", ""], "nothing at"),
        (["show", "acme", "--version", "9.0.0"], "no version 9.0.0 of acme @ command line - there is 1.0.0"),
        (["show", "acme", "--version", "../1"], "is not a version"),
        (["release", "acme", "2.0.0"], "no version 2.0.0"),
        (["export", "acme/1.0.0"], "is no merchant's folder"),
    ],
)
def test_wrong_use(acme: Path, cli: Any, words: list[str], told: str) -> None:
    """Wrong use is exit code 2 and says what was meant; with --json also as data."""
    code, out, err = cli(*words)

    assert (code, out) == (2, "")
    assert told in err
    if words[0] in COMMANDS:
        code, out, err = cli(*words, "--json")
        assert code == 2
        assert json.loads(out)["problems"][0].keys() == {"text", "what", "where", "how", "code"}


def test_no_folder_of_mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Any) -> None:
    """Without a folder of mappings, the message names the setting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_MAPPINGS", raising=False)

    code, _, err = cli("list")

    assert code == 2
    assert "WORKBENCH_MAPPINGS" in err


# ---------------------------------------------------------------- processes


def test_as_a_process(search: Path) -> None:
    """The module runs as a program, reads stdin and gives its exit code to the shell."""
    done = process("run", "acme", "-", *BY_EMAIL, "--json", input=search.read_bytes())

    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(done.stdout)["orders"]) == 2
    assert process("chek").returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_any_encoding_of_the_terminal(search: Path, encoding: str) -> None:
    """Names that a terminal cannot show are escaped; what is meant for programs stays JSON."""
    search.write_text(json.dumps({"orders": [an_order(1, no="N-Łódź-東京")]}))
    words = ("run", "acme", str(search), *BY_EMAIL)

    text = process(*words, env={"PYTHONIOENCODING": encoding})
    data = process(*words, "--json", env={"PYTHONIOENCODING": encoding})

    assert (text.returncode, text.stderr) == (0, b"")
    assert json.loads(data.stdout.decode(encoding))["orders"][0]["order_number"] == "N-Łódź-東京"


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
def test_a_reader_that_has_gone(search: Path) -> None:
    """`| head` ends quietly."""
    search.write_text(json.dumps({"orders": [an_order(number) for number in range(3000)]}))
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "workbench", "run", "acme", str(search), *BY_EMAIL, "--json"]

    done = subprocess.run(command, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


def test_interrupted(search: Path, monkeypatch: pytest.MonkeyPatch, cli: Any) -> None:
    """Ctrl-C is exit code 130 and one word."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.cli.offline.load_mapping", interrupt)

    assert cli("run", "acme", str(search)) == (130, "", "interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals there")
def test_tables_on_a_terminal(search: Path) -> None:
    """On a terminal the table has rules, and values are no markup."""
    import pty

    search.write_text(json.dumps({"orders": [an_order(1, no="[red]N1")]}))
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "workbench", "run", "acme", str(search), *BY_EMAIL]
    done = subprocess.run(command, env=environment, stdout=theirs, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "[red]N1" in shown.decode()
    assert "─" in shown.decode()
