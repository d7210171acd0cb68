"""The command line. Each command calls one function of the package; nothing is decided here.

Exit 0: done, orders came out (problems or not). 1: nothing found where something was asked, a check failed, or
`--strict` and problems. 2: wrong use, or a bad mapping file.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.cli.output import Output
from workbench.cli.parser import Parser, WrongUse, did_you_mean
from workbench.errors import (
    CallError,
    DecodeError,
    MappingError,
    Problem,
    UsageError,
    VersionError,
    WorkbenchError,
)

DONE, NOTHING, WRONG = 0, 1, 2
_INTERRUPTED, _PIPE_CLOSED = 130, 141  # as a shell reports SIGINT and SIGPIPE

__all__ = ["COMMANDS", "main"]


class Command(NamedTuple):
    """A command: the module that holds its `<name>_arguments` and `<name>`, and what it does in a line."""

    module: str
    summary: str


COMMANDS = {
    "demo": Command("start", "start the demo merchant and find orders with a mapping of it"),
    "lab": Command("start", "open JupyterLab on the onboarding notebook"),
    "run": Command("offline", "replay recorded responses through a mapping, without a network"),
    "draft": Command("drafting", "propose a mapping for the recorded answers of an unknown API"),
    "find": Command("live", "find orders at the merchant, by e-mail or number"),
    "explain": Command("offline", "how a field came to its value, or to nothing, step by step"),
    "check": Command("folders", "load errors, lint, and samples against their golden results"),
    "diff": Command("folders", "what changes from one mapping to another, and the semver step it needs"),
    "list": Command("folders", "merchants, their versions, and what is released"),
    "show": Command("folders", "print a mapping, or what a deployment of it needs"),
    "export": Command("folders", "freeze the draft as the next version"),
    "release": Command("folders", "move the version that production gets, after a check"),
    "record": Command("network", "keep what the merchant answers as a sample, with invented values"),
    "egress": Command("network", "from which address calls leave, and the text for merchants that admit addresses"),
    "doctor": Command("live", "secrets, address, TLS, login, probe: each ok, or what to do"),
    "fleet": Command("fleet", "verify the released versions of many merchants"),
}

_HELP = """usage: workbench COMMAND ...

Maps a merchant's own orders API to business fields.

{commands}

`workbench COMMAND --help` says more. MERCHANT is a folder, or a name under $WORKBENCH_MAPPINGS (default: ./mappings).
--json prints data instead of tables.

Exit: 0 done, orders came out, with problems or not; 1 nothing found, a check failed, or --strict and problems;
2 wrong use, or a bad mapping file."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    output = Output(as_json="--json" in words)
    try:
        code = _run(words, output)
        sys.stdout.flush()
        return code
    except WrongUse as error:
        return _refused(output, WRONG, error.problems, error.usage)
    except WorkbenchError as error:
        return _failed(output, error)
    except BrokenPipeError:
        # the reader has gone (`| head`); Python would complain once more when it closes the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as error:
        what = error.strerror or type(error).__name__
        place = str(error.filename) if error.filename else "command line"
        return _refused(output, WRONG, [Problem(what, place, code="os")])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED


def _run(words: list[str], output: Output) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    first = words[0] if words else "--help"
    if first in ("-h", "--help", "help"):
        width = max(map(len, COMMANDS))
        lines = (f"  {command:<{width}}  {entry.summary}" for command, entry in COMMANDS.items())
        print(_HELP.format(commands="\n".join(lines)))
        return DONE if words else WRONG
    if first in ("-V", "--version"):
        from workbench import __version__

        print(f"workbench {__version__}")
        return DONE
    if first not in COMMANDS:
        kind = "option" if first.startswith("-") else "command"
        how = did_you_mean(first, COMMANDS) or f"one of {', '.join(COMMANDS)}"
        if name in COMMANDS and kind == "option":
            how = f"options stand behind the command: workbench {name} {first}"
        raise WrongUse(f"unknown {kind} {first!r}", how)
    module = importlib.import_module(f"workbench.cli.{COMMANDS[first].module}")
    parser = Parser(prog=f"workbench {first}", summary=COMMANDS[first].summary)
    getattr(module, f"{first}_arguments")(parser)
    arguments = parser.parse_words(words[1:])
    if arguments is None:
        return DONE
    command: Any = getattr(module, first if first != "list" else "list_")
    return int(command(arguments, output))


def _failed(output: Output, error: WorkbenchError) -> int:
    """Tells an error of ours, with its exit code: wrong use and bad files are 2, what the world did is 1."""
    if isinstance(error, MappingError):
        return _refused(output, WRONG, error.problems, error.source)
    if isinstance(error, CallError | DecodeError):
        return _refused(output, NOTHING, [error.problem])
    what, _, how = str(error).partition(" - ")
    code = "version" if isinstance(error, VersionError) else "usage" if isinstance(error, UsageError) else "failed"
    problem = Problem(what, "command line", how, code)
    return _refused(output, WRONG if isinstance(error, UsageError) else NOTHING, [problem], shown=str(error))


def _refused(output: Output, code: int, problems: Sequence[Problem], head: str = "", shown: str = "") -> int:
    """Tells on stderr, and with --json on stdout as well, why nothing was done."""
    if output.as_json:
        output.data({"problems": [problem.to_dict() for problem in problems]})
        sys.stdout.flush()
    output.complain(head, [shown] if shown else [problem.text for problem in problems])
    return code
