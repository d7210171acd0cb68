"""`workbench demo` and `workbench lab`: what needs an extra, and says so where it is missing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from workbench.cli.output import Output
from workbench.cli.parser import Parser
from workbench.errors import UsageError

_NOTEBOOK = "onboard_merchant.ipynb"
_PATIENCE_S = 10.0
_QUIET = (
    "--LabApp.news_url=None",  # nothing is asked of anybody outside
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--Application.log_level=WARN",
)
_NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


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
    parser.add_argument(
        "--port", type=int, metavar="N", help="where JupyterLab listens; 8888, or the next that is free, unless given"
    )


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
        environment["JUPYTER_CONFIG_PATH"] = stack.enter_context(_without_news(environment))
        words = [sys.executable, "-m", "jupyterlab", str(place), *_QUIET]
        words += [f"--LabApp.default_url=/lab/tree/{place.name}"] if place.is_file() else []
        words += ["--no-browser"] if arguments.no_browser else []
        words += [f"--ServerApp.port={arguments.port}"] if arguments.port else []
        words += ["--allow-root"] if getattr(os, "geteuid", os.getpid)() == 0 else []  # as in a container
        return _run(words, environment)


def _run(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs JupyterLab until it ends; what ends us ends it as well, with its kernels."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    process = subprocess.Popen(words, env=environment)  # noqa: S603 - no shell, our own words
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _without_news(environment: Mapping[str, str]) -> Iterator[str]:
    """A path of settings in which JupyterLab does not ask about news; the user's own stay as they are."""
    with tempfile.TemporaryDirectory(prefix="workbench-lab-") as folder:
        page = Path(folder) / "labconfig" / "page_config.json"
        page.parent.mkdir()
        page.write_text(json.dumps(_NO_NEWS))
        known = environment.get("JUPYTER_CONFIG_PATH")
        yield os.pathsep.join([folder, *([known] if known else [])])


def _notebooks() -> Path:
    """The folder of notebooks: here, else the checkout's.

    Raises:
        UsageError: There is none.
    """
    for place in (Path("notebooks"), Path(__file__).resolve().parents[2] / "notebooks"):
        if place.is_dir():
            return place
    raise UsageError("no folder notebooks/ here - start it where the repository was cloned")
