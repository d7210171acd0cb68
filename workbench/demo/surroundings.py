"""The environment that a client of the demo merchant needs, for as long as it is needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from workbench.demo.faces import NAMES

_DEPLOYMENT = (*(f"{name.upper()}_HOSTS" for name in NAMES), "WORKBENCH_PROXY", "WORKBENCH_ENV_FILE")
"""Settings of a real deployment that do not concern a server on this machine."""


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """The environment with these values, for as long as it lasts."""
    changed = {**dict.fromkeys(_DEPLOYMENT), **values}
    before = {name: os.environ.get(name) for name in changed}
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
