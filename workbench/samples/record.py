"""Exchanges -> a sample on disk, with invented values in the place of a customer's."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from workbench.calls import Exchange
from workbench.errors import UsageError, VersionError
from workbench.pseudonyms import Came, Pseudonyms, Row, Unreadable
from workbench.samples.store import SAMPLE_FILE, SAMPLES, Sample, load_sample
from workbench.versions import safe_name

DATA_FOLDER = "WORKBENCH_DATA"
_KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}", re.ASCII)
_ENDINGS = {"json": "json", "xml": "xml", "csv": "csv"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One answer, as it came.

    Attributes:
        call: The call's name.
        key: For a call made per order, what its URL takes from the order; else empty.
        page: Which page, from 1.
        status: The HTTP status.
        content_type: The header.
        body: As it came.
    """

    call: str
    key: str = field(default="", repr=False)
    page: int = 1
    status: int | None = None
    content_type: str | None = None
    body: bytes = field(default=b"", repr=False)


def recorded(exchange: Exchange) -> Recorded | None:
    """An exchange of the runtime as it is recorded; None when it holds no answer of a call that counts."""
    response, request = exchange.response, exchange.request
    if response is None or exchange.repeated or request.login:
        return None
    content_type = next((value for name, value in response.headers.items() if name.lower() == "content-type"), None)
    return Recorded(request.call, request.key, request.page, response.status, content_type, response.body)


def last_tries(exchanges: Iterable[Recorded]) -> list[Recorded]:
    """Each answer once: of a request that was sent again, the last."""
    found = {(each.call, each.key, each.page): each for each in exchanges}
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Kept:
    """A sample that was written.

    Attributes:
        sample: As it reads back.
        rows: What was kept and what was replaced, each place once, by call.
        dropped: Bodies that could not be rewritten and were not kept, with the reason.
    """

    sample: Sample
    rows: Mapping[str, Sequence[Row]] = field(repr=False)
    dropped: tuple[str, ...] = ()


def record(
    folder: str | os.PathLike[str],
    name: str | None,
    operation: str,
    inputs: Mapping[str, str],
    exchanges: Sequence[Recorded],
    pseudonyms: Pseudonyms,
    *,
    recorded_at: datetime | None = None,
    note: str = "",
    reading: Mapping[str, Mapping[str, str | None]] | None = None,
) -> Kept:
    """Writes a sample beside a merchant's mapping; whole, or not at all.

    Args:
        folder: The merchant's folder.
        name: The sample's; `by-email-1` and so on unless given. One that is there is never written over.
        operation: What was called.
        inputs: What was asked for; replaced like the answers.
        exchanges: Every answer, in the order in which they came.
        pseudonyms: The merchant's.
        recorded_at: Now, unless given.
        note: A word for people.
        reading: How each call says that its answers are read: format, delimiter, encoding.

    Raises:
        UsageError: The name cannot be one, or is taken; nothing was answered.
        VersionError: The folder cannot be written.
    """
    if not exchanges:
        raise UsageError("no answer came - there is nothing to record")
    root = Path(folder) / SAMPLES
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".") as made:
            rows, dropped = _write(
                Path(made), operation, inputs, exchanges, pseudonyms, recorded_at, note, reading or {}
            )
            target = _moved(Path(made), root, name, operation)
    except OSError as error:
        raise VersionError(f"cannot write samples to {root} - {error.strerror or type(error).__name__}") from None
    return Kept(load_sample(folder, target), rows, dropped)


def remove(folder: str | os.PathLike[str], name: str) -> None:
    """Removes a sample and its golden result.

    Raises:
        UsageError: There is no such sample.
    """
    home = Path(folder) / SAMPLES / name
    if not _NAME.fullmatch(name) or not (home / SAMPLE_FILE).is_file():
        raise UsageError(f"no sample {name[:40]!r} - samples() lists them")
    shutil.rmtree(home)
    (Path(folder) / "golden" / f"{name}.json").unlink(missing_ok=True)


def _moved(made: Path, root: Path, name: str | None, operation: str) -> str:
    """Gives the finished folder its name, one that nobody else took meanwhile."""
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError("not a name for a sample - use letters, digits, - and _")
    stem = re.sub(r"^find_orders?_", "", operation).replace("_", "-")
    count = 0
    while True:
        count += 1
        chosen = name or f"{stem}-{count}"
        target = root / chosen
        if not target.exists():
            try:
                made.rename(target)
            except OSError:
                if not target.exists():
                    raise
            else:
                target.chmod(0o755)
                made.mkdir()  # the temporary folder removes itself afterwards
                return chosen
        if name is not None:
            raise UsageError(f"a sample {name!r} is there already - choose another name, or remove it")


def _write(
    home: Path,
    operation: str,
    inputs: Mapping[str, str],
    exchanges: Sequence[Recorded],
    pseudonyms: Pseudonyms,
    recorded_at: datetime | None,
    note: str,
    reading: Mapping[str, Mapping[str, str | None]],
) -> tuple[dict[str, list[Row]], tuple[str, ...]]:
    calls: dict[str, dict[str, list[dict[str, object]]]] = {}
    rows: dict[str, list[Row]] = {}
    dropped = []
    answers = last_tries(exchanges)
    came = [Came(each.body, each.content_type, reading.get(each.call, {})) for each in answers]
    bodies = pseudonyms.bodies(came, inputs.values())
    for number, (each, body) in enumerate(zip(answers, bodies, strict=True), 1):
        entry: dict[str, object] = {"status": each.status} if each.status is not None else {}
        if each.body.strip():
            if isinstance(body, Unreadable):
                dropped.append(f"{each.call}: {body}")
            else:
                ending = next((word for word in _ENDINGS if word in (body.content_type or "")), "txt")
                file = f"{_plain(each.call)}-{number}.{ending}"
                (home / file).write_bytes(body.data)
                entry = {"file": file, **entry}
                if body.content_type:
                    entry["content_type"] = body.content_type
                known = {row.place for row in rows.setdefault(each.call, [])}
                rows[each.call] += [row for row in body.rows if row.place not in known]
        if not entry:
            entry = {"status": 200}
        key = " + ".join(map(pseudonyms.replaced, each.key.split(" + "))) if each.key else ""
        calls.setdefault(each.call, {}).setdefault(key, []).append(entry)
    moment = (recorded_at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    lines = [f"operation: {operation}", f"inputs: {json.dumps(pseudonyms.inputs(inputs), ensure_ascii=False)}"]
    lines.append(f"recorded_at: {moment.isoformat().replace('+00:00', 'Z')}")
    if note:
        lines.append(f"note: {json.dumps(note, ensure_ascii=False)}")
    lines.append("calls:")
    for call, by_key in calls.items():
        pages: object = by_key[""] if list(by_key) == [""] else by_key
        lines.append(f"  {call}: {json.dumps(pages, ensure_ascii=False)}")
    (home / SAMPLE_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rows, tuple(dropped)


def _plain(call: str) -> str:
    return re.sub(r"\W+", "-", call, flags=re.ASCII) or "call"


def merchant_key(merchant: str, environ: Mapping[str, str] | None = None) -> bytes:
    """The key of a merchant's pseudonyms: random, made once, for the user alone, never in the repository.

    It stands in the user's data folder (`WORKBENCH_DATA`, else `$XDG_DATA_HOME/workbench`).

    Raises:
        UsageError: It cannot be read or made.
    """
    known = os.environ if environ is None else environ
    base = known.get(DATA_FOLDER)
    home = Path(base) if base else Path(known.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "workbench"
    path = home / "keys" / safe_name(merchant)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            handle, made = tempfile.mkstemp(dir=path.parent)
            try:
                os.write(handle, secrets.token_bytes(_KEY_BYTES))
                os.close(handle)
                os.link(made, path)  # the first of two processes wins
            except FileExistsError:
                pass
            finally:
                os.unlink(made)
        key = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot keep the key of the samples in {path.parent} - {error.strerror}") from None
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path} is no key - remove it, and record the samples anew")
    return key
