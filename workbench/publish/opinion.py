"""The second opinion on paths: jsonpath-ng reads them all, and finds in the samples what we find.

Only checking and exporting ask for it; loading and mapping never import jsonpath-ng.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.decode import decode
from workbench.errors import DecodeError, Problem
from workbench.mapping import MappingFile
from workbench.paths import Path, PathError, compile_path, find, is_path
from workbench.samples import Answer, Sample

_ROOT = re.compile(r"(?:\w+:)?(?:\$|@|\^+)")
NODES = 24
"""On so many objects and lists of the samples both must agree: the first of each answer, outermost first."""


class Opinion(NamedTuple):
    """What jsonpath-ng says: how many paths it read, on how many nodes they were tried, and where it differs."""

    paths: int
    nodes: int
    problems: tuple[Problem, ...]


def second_opinion(file: MappingFile, samples: Sequence[Sample]) -> Opinion:
    """Asks jsonpath-ng about every path of a mapping.

    Left out are the few forms that it is known to read otherwise: a name that is `@` alone, and numbers in filters,
    which it does not compare with exact decimals. XML answers are not tried: there every step takes one or many.
    """
    paths = {path.text: path for path in _paths(file)}
    nodes = list(_nodes(samples))
    problems = []
    for text, path in paths.items():
        what = _differs(path, nodes)
        if what:
            how = "say the place in another way, or tell us: one of the two readings is wrong"
            problems.append(Problem(f"{text!r}: {what}", file.merchant or "mapping", how, "second_opinion"))
    return Opinion(len(paths), len(nodes), tuple(problems))


def _differs(path: Path, nodes: Iterable[Any]) -> str:
    """What jsonpath-ng makes otherwise of a path, or nothing."""
    from jsonpath_ng.ext.parser import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of syntax that the language does not have
        try:
            parsed = parse(_ROOT.sub("$", path.text, count=1))
        except Exception:  # its lexer and parser raise plain exceptions
            return "jsonpath-ng cannot read it"
        if _known_to_differ(path.steps):
            return ""
        for node in nodes:
            if [match.value for match in parsed.find(node)] != find(node, path.steps):
                return "jsonpath-ng finds something else in the samples"
    return ""


def _known_to_differ(steps: Iterable[tuple[str, Any]]) -> bool:
    for kind, argument in steps:
        if kind == "name" and argument == "@":
            return True
        if kind == "filter":
            for inner, _, literal in argument:
                if isinstance(literal, Decimal) or _known_to_differ(inner):
                    return True
    return False


def _paths(file: MappingFile) -> Iterator[Path]:
    for table in (file.data.get("operations"), file.data.get("records")):
        for text in _texts(table):
            if is_path(text):
                try:
                    path = compile_path(text)
                except PathError:
                    continue  # a word that only begins like a path; as a path it would not have loaded
                if path.steps:
                    yield path


def _texts(node: Any) -> Iterator[str]:
    """Every text of a table, keys too: conditions have paths on their left."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield key
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _nodes(samples: Sequence[Sample]) -> Iterator[Any]:
    """Objects and lists of the samples' JSON answers, each shape of an answer once."""
    count, seen = 0, set()
    for sample in samples:
        for answer in _answers(sample):
            root = _json(answer)
            waiting = [root] if isinstance(root, (dict, list)) else []
            while waiting and count < NODES:
                node = waiting.pop(0)
                shape = json.dumps(sorted(map(str, node)) if isinstance(node, dict) else len(node))
                if shape not in seen:
                    seen.add(shape)
                    count += 1
                    yield node
                held = node.values() if isinstance(node, dict) else node[:3]
                waiting += [member for member in held if isinstance(member, (dict, list))]


def _answers(sample: Sample) -> Iterator[Answer]:
    for pages in sample.calls.values():
        if isinstance(pages, Mapping):
            for own in pages.values():
                yield from own
        else:
            yield from pages


def _json(answer: Answer) -> Any:
    try:
        document = decode(answer.body, content_type=answer.content_type)
    except DecodeError:
        return None
    return document.root if document.format in ("json", "ndjson") else None
