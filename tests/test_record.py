"""Recording exchanges: what stands on the disk, whole or not at all, and that it replays."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.errors import UsageError
from workbench.pseudonyms import Pseudonyms
from workbench.samples import Recorded, load_sample, merchant_key, record, remove, sample_names

NAMES = Pseudonyms(b"k" * 32)
WHEN = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ASKED = {"email": "jane@web.de"}
SEARCH = Recorded(
    "search", "", 1, 200, "application/json", json.dumps([{"id": 70010, "email": "jane@web.de"}]).encode()
)
PARCELS = Recorded("parcels", "70010", 1, 200, "application/json", b'{"code": "XY123456789"}')
BY_EMAIL = "find_orders_by_email"


def test_sample_reads_back_without_the_customer(tmp_path: Path) -> None:
    """Inputs, keys and bodies agree with one another and hold nothing of what came."""
    kept = record(tmp_path, None, BY_EMAIL, ASKED, [SEARCH, PARCELS], NAMES, recorded_at=WHEN, note="two calls")

    sample = load_sample(tmp_path, "by-email-1")
    body = json.loads(sample.calls["search"][0].body)  # type: ignore[index]
    assert kept.sample == sample
    assert sample.inputs == {"email": body[0]["email"]}
    assert list(sample.calls["parcels"]) == [str(body[0]["id"])]
    assert sample.recorded_at == WHEN
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert not [word for word in (b"jane", b"web.de", b"70010", b"123456789") if word in written]


def test_names_count_on_and_nothing_is_written_over(tmp_path: Path) -> None:
    """A second sample is the next one; a name that is taken is refused."""
    for _ in range(2):
        record(tmp_path, None, BY_EMAIL, ASKED, [SEARCH], NAMES)

    assert sample_names(tmp_path) == ["by-email-1", "by-email-2"]
    with pytest.raises(UsageError, match="there already"):
        record(tmp_path, "by-email-1", BY_EMAIL, ASKED, [SEARCH], NAMES)
    with pytest.raises(UsageError, match="not a name"):
        record(tmp_path, "../x", BY_EMAIL, ASKED, [SEARCH], NAMES)
    assert [each.name for each in (tmp_path / "samples").iterdir() if each.name[0] == "."] == []


def test_unreadable_body_is_dropped_and_said(tmp_path: Path) -> None:
    """An error page leaves its status alone."""
    page = Recorded("search", "", 1, 500, "text/html", b"<html><p>Sorry Jane</html>")

    kept = record(tmp_path, "broken", BY_EMAIL, ASKED, [page], NAMES)

    assert kept.dropped
    assert kept.sample.calls["search"][0].status == 500  # type: ignore[index]
    assert b"Jane" not in b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_sample_is_removed(tmp_path: Path) -> None:
    """And one that is not there is said, never a folder elsewhere."""
    record(tmp_path, "one", BY_EMAIL, ASKED, [SEARCH], NAMES)
    remove(tmp_path, "one")

    assert sample_names(tmp_path) == []
    for name in ("one", "..", "../samples"):
        with pytest.raises(UsageError, match="no sample"):
            remove(tmp_path, name)


def test_nothing_answered_is_no_sample(tmp_path: Path) -> None:
    """There is nothing to record."""
    with pytest.raises(UsageError, match="no answer"):
        record(tmp_path, None, BY_EMAIL, ASKED, [], NAMES)
    assert sample_names(tmp_path) == []


def test_key_is_made_once_for_the_user_alone(tmp_path: Path) -> None:
    """Several at once get the same key; it is 32 bytes that nobody else can read."""
    environ = {"WORKBENCH_DATA": str(tmp_path / "data")}
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(merchant_key("acme", environ))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (file,) = (tmp_path / "data" / "keys").iterdir()
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert merchant_key("acme", environ) != merchant_key("other", environ)
    with pytest.raises(Exception, match="name"):
        merchant_key("../acme", environ)
