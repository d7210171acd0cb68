"""Where XML names of different namespaces stand side by side and, without their prefixes, have become one list."""

from __future__ import annotations

from workbench.decode.expat_events import SEPARATOR, Names, run
from workbench.errors import Problem
from workbench.paths import quote_name

_MOST = 20  # a document made to clash everywhere is told of this often


def clashes(data: bytes, elements: Names, attributes: Names, *, loose: bool) -> tuple[Problem, ...]:
    """The problems of a well-formed document, one for each place; almost no document is ever asked for them."""
    places: dict[str, None] = {}
    path = ["$"]
    inside: list[dict[str, str]] = [{}]

    def note(names: Names, name: str, around: str, seen: dict[str, str]) -> None:
        key, uri = names[name], name.rpartition(SEPARATOR)[0]
        if seen.setdefault(key, uri) != uri and len(places) < _MOST:
            places[around + quote_name(key)] = None

    def start(name: str, said: list[str]) -> None:
        note(elements, name, path[-1], inside[-1])
        path.append(path[-1] + quote_name(elements[name]))
        inside.append({})
        for attribute in said[::2]:
            note(attributes, attribute, path[-1], inside[-1])

    def end(_name: str) -> None:
        path.pop()
        inside.pop()

    run(data, start, end, None, loose=loose)
    what = "equal names of different namespaces have become one list"
    how = "declare one of them as namespaces: of the call"
    return tuple(Problem(what, place, how, "same_local_name", at_run=True) for place in places)
