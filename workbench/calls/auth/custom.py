"""A Python class of one's own, named through the entry point group `workbench.auth`.

The class is a subclass of `Auth`: it says how to sign a request in `apply`, or overrides `flow`. What stands under
`settings:` is `self.settings`, with the values of references filled in.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from workbench.calls.auth.base import Auth, Reveal, Surroundings
from workbench.errors import UsageError

GROUP = "workbench.auth"
_registered: dict[str, type[CustomAuth]] = {}


class CustomAuth(Auth):
    """The base of classes that others write."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the mapping says under `settings:`, references filled in."""
        return dict(self.filled(self.setting("settings") or {}))


def register_auth(name: str, kind: type[CustomAuth]) -> None:
    """Makes a class usable as `class: NAME`; packages use the entry point group `workbench.auth`."""
    _registered[name] = kind


@functools.cache
def _installed() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def make_custom(table: Mapping[str, Any], reveal: Reveal, around: Surroundings) -> CustomAuth:
    """The class that the table names, made.

    Raises:
        UsageError: There is none of that name, it is none, or it refuses its settings.
    """
    name = str(table.get("class") or "")
    known = sorted({*_registered, *_installed()})
    if name not in known:
        how = f"one of {', '.join(known)}" if known else "install the package that has it"
        raise UsageError(f"no class {name!r} of the entry point group {GROUP} is installed - {how}")
    try:
        kind = _registered.get(name) or _installed()[name].load()
        made = kind(table, reveal, around)
    except UsageError:
        raise
    except Exception as error:  # a stranger's class may raise anything; its text may hold anything
        raise UsageError(f"the class {name} cannot be made: {type(error).__name__} - ask who wrote it") from None
    if not isinstance(made, CustomAuth):
        raise UsageError(f"the class {name} is no workbench.calls.auth.CustomAuth - ask who wrote it")
    return made
