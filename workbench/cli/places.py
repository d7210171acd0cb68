"""Where merchants and mappings are, by what the command line calls them."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.cli.parser import WrongUse, did_you_mean
from workbench.errors import UsageError
from workbench.runtime import Mapping, load
from workbench.versions import DRAFT, RELEASED, Folder


def mappings_folder() -> Path:
    """The folder of all merchants: $WORKBENCH_MAPPINGS, else ./mappings."""
    return Path(os.environ.get("WORKBENCH_MAPPINGS") or "mappings")


def merchants() -> list[Folder]:
    """Every merchant's folder, by name.

    Raises:
        WrongUse: There is no folder of mappings.
    """
    root = mappings_folder()
    if not root.is_dir():
        raise WrongUse(f"no folder of mappings at {root}", "set WORKBENCH_MAPPINGS, or start where mappings/ is")
    return sorted((Folder(entry) for entry in root.iterdir() if _is_merchant(entry)), key=lambda folder: folder.name)


def _is_merchant(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_dir():
        return False
    try:
        return any((path / name).exists() for name in (RELEASED, DRAFT)) or bool(Folder(path).versions())
    except (UsageError, OSError):
        return True  # what may not be read is told where it is looked at


def merchant_folder(name: str) -> Folder:
    """The folder of a merchant, by its path or its name.

    Raises:
        WrongUse: There is none of that name.
    """
    path = _found(name)
    if path.is_dir():
        return Folder(path)
    raise WrongUse(f"{name} is no merchant's folder", "name the folder rather than a file in it")


def load_mapping(name: str) -> Mapping:
    """The mapping of a file, of a merchant's released version, or of an address that fsspec knows.

    Raises:
        MappingError: It cannot be used.
        WrongUse: There is nothing of that name.
    """
    return load(name if "://" in name else mapping_place(name))


def mapping_place(name: str) -> Path:
    """A mapping file, or a merchant's folder; by its path, or the merchant's name.

    Raises:
        WrongUse: There is nothing of that name.
    """
    return _found(name)


def _found(name: str) -> Path:
    """An existing path; else what has that name under the folder of mappings, where `northwind/1.2.0` is a version."""
    path = Path(name)
    if name and path.exists():
        return path
    parts = name.split("/")
    if all(part not in ("", ".", "..") and "\\" not in part for part in parts) and len(parts) <= 2:
        for under in (mappings_folder() / name, mappings_folder() / f"{name}.yaml"):
            if under.exists():
                return under
    raise WrongUse(f"nothing at {name!r}", _known(name))


def _known(name: str) -> str:
    try:
        names = [folder.name for folder in merchants()]
    except (WrongUse, OSError):
        names = []
    here = f"in {mappings_folder()}"
    suggestion = did_you_mean(name, names)
    if suggestion:
        return suggestion
    return (
        f"{here} there are {', '.join(names)}"
        if names
        else f"give the path of a mapping file; {here} there are no merchants"
    )
