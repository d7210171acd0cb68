"""Where samples and golden results are kept.

<merchant>/samples/<name>/sample.yaml    what was asked, and which file answered which call
<merchant>/samples/<name>/<file>         the bodies, as they came
<merchant>/golden/<name>.json            what the released version makes of it

operation: find_orders_by_email
inputs: {email: jane@example.com}
recorded_at: 2026-11-20T10:00:00Z        # the clock of the replay, for conditions on age
note: two parcels
calls:
  search: [{file: search-1.json, status: 200, content_type: application/json}]      # one entry a page
  parcels: {"A-1": [{file: parcels-1.json}], "A-2": [{status: 404}]}                 # of a call made per order
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.documents import Limits
from workbench.errors import MappingError, Problem, UsageError, VersionError
from workbench.mapping.source import SourceError, read_source
from workbench.orders import Result
from workbench.paths import text_of
from workbench.versions import read_text, write_over

SAMPLES, GOLDEN, SAMPLE_FILE = "samples", "golden", "sample.yaml"
_FILE_NAME = re.compile(r"[^/\\\x00]+")
_YAML_BYTES = 1024 * 1024
_KEYS = ("operation", "inputs", "recorded_at", "note", "calls")
_ANSWER_KEYS = ("file", "status", "content_type")


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded HTTP answer.

    Attributes:
        body: As it came; empty where none was kept.
        status: The HTTP status, where it was recorded.
        content_type: The header, where it was recorded.
    """

    body: bytes = field(repr=False)
    status: int | None = None
    content_type: str | None = None


Pages = tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A recorded exchange: what was asked, and every answer.

    Attributes:
        name: The folder's name.
        calls: By the call's name its pages; of a call made per order, its pages by the order's key.
        recorded_at: When it was recorded, and the clock of its replay.
    """

    name: str
    operation: str | None
    inputs: Mapping[str, str] = field(repr=False)
    calls: Mapping[str, Pages | Mapping[str, Pages]] = field(repr=False)
    recorded_at: datetime | None = None
    note: str = ""


def sample_names(folder: str | os.PathLike[str]) -> list[str]:
    """The names of a merchant's samples, in alphabetical order."""
    root = Path(folder) / SAMPLES
    if not root.is_dir():
        return []
    return sorted(entry.name for entry in root.iterdir() if (entry / SAMPLE_FILE).is_file() and entry.name[0] != ".")


def load_samples(folder: str | os.PathLike[str]) -> list[Sample]:
    """All samples of a merchant's folder.

    Raises:
        MappingError: Samples that cannot be used; every mistake in all of them, at once.
    """
    samples: list[Sample] = []
    problems: list[Problem] = []
    for name in sample_names(folder):
        try:
            samples.append(load_sample(folder, name))
        except MappingError as error:
            problems += error.problems
    if problems:
        raise MappingError(problems, str(Path(folder) / SAMPLES))
    return samples


def load_sample(folder: str | os.PathLike[str], name: str) -> Sample:
    """One sample.

    Raises:
        MappingError: It cannot be used; every mistake, at once.
    """
    home = Path(folder) / SAMPLES / name
    reader = _Reader(home)
    sample = reader.sample()
    if reader.problems or sample is None:
        raise MappingError(reader.problems, str(home / SAMPLE_FILE))
    return sample


class _Reader:
    """Reads one sample and collects what is wrong with it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.problems: list[Problem] = []

    def wrong(self, what: str, where: str = "", how: str = "") -> None:
        place = f"{SAMPLES}/{self.home.name}/{SAMPLE_FILE}{': ' if where else ''}{where}"
        self.problems.append(Problem(what, place, how, "sample"))

    def sample(self) -> Sample | None:
        data = self.data()
        if not isinstance(data, Mapping):
            if not self.problems:
                self.wrong("not a table", how=f"its keys are {', '.join(_KEYS)}")
            return None
        for key in data:
            if key not in _KEYS:
                self.wrong(f"unknown key {str(key)[:40]!r}", how=f"one of {', '.join(_KEYS)}")
        calls = data.get("calls")
        if not isinstance(calls, Mapping) or not calls:
            self.wrong("no answers", "calls", "name each call and the files that answered it")
            calls = {}
        operation = data.get("operation")
        if operation is not None and not isinstance(operation, str):
            self.wrong("not a name", "operation", "name an operation of the mapping")
            operation = None
        return Sample(
            name=self.home.name,
            operation=operation,
            inputs=self.inputs(data.get("inputs")),
            calls={text_of(name): self.call(text_of(name), pages) for name, pages in calls.items()},
            recorded_at=self.moment(data.get("recorded_at")),
            note=text_of(data.get("note") or ""),
        )

    def data(self) -> Any:
        path = self.home / SAMPLE_FILE
        try:
            source = read_source(read_text(path, limit=_YAML_BYTES))
        except SourceError as error:
            return self.wrong(error.problem.what, f"line {error.problem.line}" if error.problem.line else "")
        except MappingError as error:
            return self.wrong(error.problems[0].what, how="bodies stand in files beside it")
        except UsageError as error:
            return self.wrong(str(error).rpartition(" - ")[2])
        for problem in source.problems:
            self.wrong(problem.what, f"line {problem.line}" if problem.line else "", problem.how)
        return source.data

    def inputs(self, table: Any) -> dict[str, str]:
        if table is None:
            return {}
        if not isinstance(table, Mapping) or any(
            isinstance(value, dict | list) or value is None for value in table.values()
        ):
            self.wrong("not a table of words", "inputs", "say what was asked for, such as {email: jane@example.com}")
            return {}
        return {text_of(name): text_of(value) for name, value in table.items()}

    def moment(self, value: Any) -> datetime | None:
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong("not a time", "recorded_at", "write it as 2026-11-20T10:00:00Z")
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def call(self, name: str, pages: Any) -> Pages | dict[str, Pages]:
        where = f"calls.{name}"
        if isinstance(pages, Mapping):
            return {
                text_of(key): self.pages(f"{where}[{number}]", list_)
                for number, (key, list_) in enumerate(pages.items())
            }
        return self.pages(where, pages)

    def pages(self, where: str, pages: Any) -> Pages:
        if not isinstance(pages, list):
            self.wrong("not a list of answers", where, "write [{file: NAME, status: 200, content_type: TYPE}]")
            return ()
        return tuple(self.answer(f"{where}[{number}]", page) for number, page in enumerate(pages))

    def answer(self, where: str, entry: Any) -> Answer:
        if not isinstance(entry, Mapping) or not set(entry) <= set(_ANSWER_KEYS) or not {"file", "status"} & set(entry):
            self.wrong("not an answer", where, "its keys are file, status and content_type")
            return Answer(b"")
        status, content_type = entry.get("status"), entry.get("content_type")
        if status is not None and (isinstance(status, bool) or not isinstance(status, int)):
            self.wrong("not an HTTP status", f"{where}.status", "a number, such as 200")
            status = None
        if content_type is not None and not isinstance(content_type, str):
            self.wrong("not a content type", f"{where}.content_type", "a text, such as application/json")
            content_type = None
        body = self.body(f"{where}.file", entry["file"]) if entry.get("file") is not None else b""
        return Answer(body, status, content_type)

    def body(self, where: str, name: Any) -> bytes:
        """The bytes of a file beside the sample; never of one elsewhere, not even by a link."""
        if not isinstance(name, str) or not _FILE_NAME.fullmatch(name) or name in (".", ".."):
            self.wrong("not the name of a file beside it", where, "keep the body in the sample's own folder")
            return b""
        path = self.home / name
        limit = Limits().bytes
        try:
            if os.path.dirname(os.path.realpath(path)) != os.path.realpath(self.home):
                self.wrong("a link to elsewhere", where, "keep the body itself in the sample's own folder")
                return b""
            if not path.is_file():
                self.wrong(
                    "no such file" if not path.exists() else "no file", where, "record the sample again, or restore it"
                )
                return b""
            with path.open("rb") as file:
                body = file.read(limit + 1)
        except OSError as error:
            self.wrong(f"cannot be read: {error.strerror or type(error).__name__}", where)
            return b""
        if len(body) > limit:
            self.wrong("larger than a response may be", where, "record a smaller page")
        return body


# ---------------------------------------------------------------- golden results


def golden_of(result: Result) -> dict[str, Any]:
    """A result as golden files keep it: without the mapping's version."""
    return {key: value for key, value in result.to_dict().items() if key != "mapping_version"}


def read_golden(folder: str | os.PathLike[str], name: str) -> dict[str, Any] | None:
    """What the released version made of a sample; None where that was never kept.

    Raises:
        UsageError: The file cannot be read, or holds something else.
    """
    path = _golden_file(folder, name)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path} - {error.strerror}") from None
    except (ValueError, RecursionError):
        data = None
    orders = data.get("orders") if isinstance(data, dict) else None
    if (
        not isinstance(data, dict)
        or not isinstance(orders, list)
        or not all(isinstance(order, dict) for order in orders)
    ):
        raise UsageError(f"{path} holds no result - restore it, or release the version again")
    return data


def write_golden(folder: str | os.PathLike[str], name: str, result: Result) -> Path:
    """Keeps what the released version makes of a sample; returns where.

    Raises:
        VersionError: The file cannot be written.
    """
    path = _golden_file(folder, name)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise VersionError(f"cannot write {path} - {error.strerror}") from None
    # a lone surrogate, which JSON may hold and UTF-8 may not, stays an escape
    text = (
        json.dumps(golden_of(result), indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
    )
    write_over(path, f"{text}\n")
    return path


def _golden_file(folder: str | os.PathLike[str], name: str) -> Path:
    return Path(folder) / GOLDEN / f"{name}.json"
