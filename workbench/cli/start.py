"""`workbench demo` and `workbench lab`: what needs an extra, and says so where it is missing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from workbench.cli.output import Output
from workbench.cli.parser import Parser
from workbench.errors import UsageError

_NOTEBOOK = "onboard_merchant.ipynb"


def need(extra: str, *modules: str) -> None:
    """Refuses where an extra is not installed.

    Raises:
        UsageError: It is not.
    """
    if any(find_spec(module) is None for module in modules):
        raise UsageError(f"this needs the extra {extra!r} - pip install 'workbench[{extra}]'")


def demo_arguments(parser: Parser) -> None:
    """The arguments of `workbench demo`."""
    parser.description = """\
Starts the demo merchant on this machine, exports a version for one of its APIs into a temporary folder, and finds
orders over HTTP through all nine of them: JSON, XML, SOAP, GraphQL and remote procedures, each with its own login.
Takes a few seconds and leaves nothing behind."""


def demo(arguments: Namespace, output: Output) -> int:
    """Shows the demo."""
    need("demo", "starlette", "uvicorn")
    from rich.console import Console

    from workbench.demo.show import run_demo

    run_demo(Console(highlight=False))
    return 0


def lab_arguments(parser: Parser) -> None:
    """The arguments of `workbench lab`."""
    parser.description = "Opens JupyterLab on the onboarding notebook, with the demo merchant running beside it."
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")


def lab(arguments: Namespace, output: Output) -> int:
    """Opens JupyterLab."""
    need("notebook", "jupyterlab")
    notebooks = _notebooks()
    place = notebooks / _NOTEBOOK
    if not place.is_file():
        output.line(f"there is no {_NOTEBOOK} yet; opening {notebooks}")
        place = notebooks
    with contextlib.ExitStack() as stack:
        environment = dict(os.environ)
        if find_spec("starlette") and find_spec("uvicorn"):
            from workbench.demo import DemoMerchant

            merchant = stack.enter_context(DemoMerchant())
            environment |= merchant.environ
            output.line(f"the demo merchant is at {merchant.base_url}")
        words = [sys.executable, "-m", "jupyterlab", str(place), *(["--no-browser"] if arguments.no_browser else [])]
        return subprocess.run(words, env=environment, check=False).returncode  # noqa: S603 - no shell, our own words


def _notebooks() -> Path:
    """The folder of notebooks: here, else the checkout's.

    Raises:
        UsageError: There is none.
    """
    for place in (Path("notebooks"), Path(__file__).resolve().parents[2] / "notebooks"):
        if place.is_dir():
            return place
    raise UsageError("no folder notebooks/ here - start it where the repository was cloned")
