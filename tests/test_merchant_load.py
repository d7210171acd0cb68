"""A thousand lookups at once in one process: no error, the same orders, and no memory that stays."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from bench.calls import merchant
from workbench.demo import demo_mappings
from workbench.mapping import dump
from workbench.orders import Result

PEOPLE = ("zoe@example.org", "mary.major@example.org", "gesa.gast@example.org", "ada.quiet@example.org")
MIB = 1024 * 1024


def patient(name: str, folder: Path) -> Path:
    """The demo mapping with time enough for a busy machine."""
    data: dict[str, Any] = copy.deepcopy(wb.load(demo_mappings() / name).file.data)
    data["connection"] |= {"budget_s": 900, "timeout_s": 300, "rate": {"concurrency": 20}}
    path = folder / f"{name}.yaml"
    path.write_text(dump(data), encoding="utf-8")
    return path


async def at_once(mapping: Path, count: int) -> list[Result]:
    """So many lookups, all begun before the first has its answer."""
    async with wb.open_merchant_async(mapping, environment="demo") as shop:
        return await asyncio.gather(*(shop.find_orders(email=PEOPLE[one % 4]) for one in range(count)))


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell a process's memory")
def test_a_thousand_lookups_at_once(tmp_path: Path) -> None:
    """Each customer gets the own orders, whatever the others do, and nothing is left of it afterwards."""
    mapping = patient("northwind", tmp_path)
    with pytest.MonkeyPatch.context() as patch, merchant(patch.setenv):
        expected = asyncio.run(at_once(mapping, 8))
        asyncio.run(at_once(mapping, 200))
        gc.collect()
        objects, memory = len(gc.get_objects()), resident()
        results = asyncio.run(at_once(mapping, 1000))
        alike = [result == expected[one % 4] for one, result in enumerate(results)]
        del results
        gc.collect()
        more_objects, more_memory = len(gc.get_objects()) - objects, resident() - memory

    assert alike == [True] * 1000
    assert [result.outcome for result in expected[:4]] == ["found", "found", "found", "none"]
    assert more_objects < 2000
    assert more_memory < 64 * MIB
