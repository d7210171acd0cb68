"""Who may import whom: a module uses only what stands above it, and the heart knows no network and no notebook."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent

# From top to bottom; a module or package imports only what stands above it.
LAYERS = (
    "errors",  # what can go wrong is known everywhere
    "catalogue",  # the business fields, as data
    "documents",  # the shapes that decoding makes and paths walk
    "orders",  # the shapes that come out
    "paths",  # text -> compiled path
    "templates",  # text with {...}: inputs, secrets and paths
    "quoting",  # languages inside those texts: how a value stays a value
    "transforms",  # value -> value
    "conditions",  # tables of comparisons over paths
    "mapping",  # the file's model: checked against everything above, knows nothing of running it
    "plan",  # a checked file, compiled
    "versions",  # files beside one another: needs the file, not its execution
    "decode",  # bytes -> document
    "execute",  # plan x documents -> result
    "runtime",  # the offline whole: load and map
    "tree",  # documents -> the places they have
    "pseudonyms",  # bodies without a customer's data
    "importing",  # what a merchant sent -> calls to choose from; no network
    "calls",  # what to send and what came, without I/O
    "connect",  # the I/O: transport, addresses, secrets
    "samples",  # recorded exchanges, replayed through the runtime
    "pick",  # a click -> rules, tried on the samples
    "suggest",  # recorded answers -> a draft of a whole mapping
    "compare",  # two versions on the same samples
    "publish",  # check, export and release: the steps of the command line and the notebook
    "merchant",  # the run-time facade over calls and connect
    "recording",  # a live lookup, kept as a sample
    "verify",  # whether a version still fits
    "notebook",  # the session and its widget
    "demo",  # a merchant of our own, and its show
    "cli",  # each command calls one function above
    "__main__",
)
HEART = LAYERS[: LAYERS.index("calls")]

# Whatever is not Python's own, and where it may be used.
PLACES = {
    "httpx": ("connect.transport", "connect.told"),  # all traffic passes the guard
    "anyio": ("connect.transport", "connect.guard"),  # comes with httpx, as httpcore does
    "httpcore": ("connect.transport", "connect.guard", "connect.told"),
    "pydantic": ("mapping",),  # touched at load only
    "ruamel": ("catalogue", "mapping", "versions", "samples", "demo"),  # files for people are YAML 1.2
    "re2": ("transforms", "mapping", "execute"),  # patterns from files, in linear time
    "rich": ("demo", "cli"),  # terminals only
    "opentelemetry": ("connect.watch",),  # an extra: spans for operators
    "starlette": ("demo",),
    "uvicorn": ("demo",),
    "jsonpath_ng": ("publish",),  # the second opinion of checking and exporting
    "anywidget": ("notebook.widget",),
    "traitlets": ("notebook.widget",),
    "pandas": ("notebook",),
    "yaml": ("importing.reading",),  # whole documents of others, fast; ruamel is for our own files
    "zeep": ("importing.wsdl", "importing.envelopes"),
    "lxml": ("importing.envelopes",),  # comes with zeep
    "graphql": ("importing.graphql", "importing.documents", "demo"),
    "fsspec": ("runtime",),  # mapping files elsewhere
    "jwt": ("calls.auth.jwt",),  # assertions are signed by who knows how
    "keyring": ("connect.secrets",),
}
# Parts of Python that reach the network or other processes; the heart has no business with them.
OUTWARD = {"socket", "ssl", "http", "urllib.request", "asyncio", "subprocess", "multiprocessing", "ftplib", "smtplib"}


class Import(NamedTuple):
    """That `module` imports `target`, wherever in the file."""

    module: str
    target: str
    line: int


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below `workbench`; a package goes by its own name."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports() -> Iterator[Import]:
    """All imports of all modules but the lazy `workbench/__init__.py`; those inside functions count as well."""
    for module, path in modules().items():
        if not module:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (Import(module, alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if base == "workbench":
                    yield from (Import(module, f"workbench.{alias.name}", node.lineno) for alias in node.names)
                else:
                    yield Import(module, "." * node.level + base, node.lineno)


IMPORTS = list(imports())


def top(name: str) -> str:
    """The layer a dotted name belongs to."""
    return name.removeprefix("workbench.").split(".")[0]


def test_every_module_has_its_layer() -> None:
    """A new module or package takes its place in the list, with its reason."""
    assert {top(module) for module in modules() if module} - set(LAYERS) == set()


def test_imports_are_absolute() -> None:
    """A reader sees from the import alone where a name lives."""
    assert [entry for entry in IMPORTS if entry.target.startswith(".")] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_imports_only_what_stands_above(layer: str) -> None:
    """Nothing imports downwards, not even inside a function."""
    above = {"workbench", *LAYERS[: LAYERS.index(layer) + 1]}
    own = [entry for entry in IMPORTS if top(entry.module) == layer and entry.target.startswith("workbench")]

    assert [entry for entry in own if top(entry.target) not in above and entry.target != "workbench.__version__"] == []


def test_others_packages_stay_in_their_places() -> None:
    """Each package from elsewhere is used where the table says, and nowhere else."""
    ours = {"workbench", *sys.stdlib_module_names}
    foreign = [entry for entry in IMPORTS if entry.target.split(".")[0] not in ours]
    allowed = {
        entry
        for entry in foreign
        for place in PLACES.get(entry.target.split(".")[0], ())
        if entry.module == place or entry.module.startswith(f"{place}.")
    }

    assert [entry for entry in foreign if entry not in allowed] == []


def test_heart_reaches_nothing_outside() -> None:
    """Loading and mapping open no connection and start no process."""
    own = [entry for entry in IMPORTS if top(entry.module) in HEART]

    assert [entry for entry in own if entry.target in OUTWARD or entry.target.split(".")[0] in OUTWARD] == []
