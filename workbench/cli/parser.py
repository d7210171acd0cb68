"""Words of a command line -> arguments, with every mistake answered by what was probably meant."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from workbench.errors import Problem, WorkbenchError


class WrongUse(WorkbenchError):
    """A command line that cannot be understood; `usage` is how it is meant to be."""

    def __init__(self, what: str, how: str = "", usage: str = "") -> None:
        self.problems = (Problem(what, "command line", how, "usage"),)
        self.usage = usage
        super().__init__(self.problems[0].text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'check'?`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


class Parser(argparse.ArgumentParser):
    """The arguments of one command: options and operands in any order, no abbreviations."""

    def __init__(self, prog: str, summary: str) -> None:
        super().__init__(
            prog=prog,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.known_options: list[str] = []
        self.add_argument("-h", "--help", action="store_true", help="print this text")

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """As argparse does; option names are kept, for suggestions."""
        self.known_options += [name for name in names if isinstance(name, str) and name.startswith("--")]
        return super().add_argument(*names, **settings)

    def add_json(self) -> None:
        """The option that every command with a table has."""
        self.add_argument("--json", action="store_true", help="print data instead of tables")

    def add_question(self, email: str, number: str, required: bool) -> None:
        """The options `--email` and `--number`, of which one is given at most."""
        question = self.add_mutually_exclusive_group(required=required)
        question.add_argument("--email", metavar="E", help=email)
        question.add_argument("--number", metavar="N", help=number)
        self.known_options += ["--email", "--number"]

    def add_environment(self) -> None:
        """The option of commands that call the merchant."""
        text = "an environment that the mapping's connection names (default: production)"
        self.add_argument("--environment", metavar="NAME", default="production", help=text)

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace | None:
        """The arguments that words say; None when they asked for help, which is then printed.

        Raises:
            WrongUse: They say something else.
        """
        options = words[: words.index("--")] if "--" in words else words
        if {"-h", "--help"} & set(options):
            self.print_help()
            return None
        for word in options:  # before argparse complains of what the misspelt option leaves missing
            if word.startswith("--") and word.partition("=")[0] not in self.known_options:
                raise self._unknown(word)
        arguments, left = self.parse_known_intermixed_args(list(words))
        if left:
            if left[0].startswith("-"):
                raise self._unknown(left[0])
            raise WrongUse(f"one word too many: {left[0]!r}", "", self.format_usage().strip())
        return arguments

    def _unknown(self, word: str) -> WrongUse:
        option = word.partition("=")[0]
        options = [name for name in self.known_options if name != "--help"]
        how = did_you_mean(option, options) or f"one of {', '.join(options)}"
        return WrongUse(f"unknown option {option!r}", how, self.format_usage().strip())

    def error(self, message: str) -> NoReturn:
        """Raises what argparse would print and exit with."""
        raise WrongUse(message, usage=self.format_usage().strip())
