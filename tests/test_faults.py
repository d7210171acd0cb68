"""The fault table: whatever a merchant's server does, it is a typed error or the order, in the time of the lookup."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import MAIL, ROWS, Row, happened
from tests.servers import Ask, ask_async, ask_sync

SLACK_S = 8.0
"""For a machine that is busy with other things."""


@pytest.mark.parametrize("ask", [ask_sync, ask_async], ids=["sync", "async"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_fault(row: Row, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row gives what it should, in time, and tells nobody's address."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.delenv("WORKBENCH_PROXY", raising=False)
    monkeypatch.delenv("SHOP_HOSTS", raising=False)
    came = happened(row, tmp_path / "shop", ask)

    assert came.kind == row.expected, came.text
    assert list(came.codes) == ([row.problem] if row.problem else [])
    assert came.seconds < row.budget_s + SLACK_S
    assert MAIL not in came.text
    assert "169.254" not in came.text
    assert "evil" not in came.text
