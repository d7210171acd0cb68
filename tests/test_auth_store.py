"""Tokens on disk: kept whole, for their user alone, and renewed by one of all threads, tasks and processes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

import workbench as wb
from tests.servers import Answer, Seen, Server, order, serving, shop_file
from workbench.calls.auth import MemoryStore, Token, TokenStore
from workbench.connect.tokens import FileStore, open_store
from workbench.errors import LoginFailed, UsageError

REFRESH = {
    "kind": "oauth2_refresh_token", "token_url": "/token", "client_id": "${SHOP_ID}", "client_secret": "${SHOP_SECRET}",
    "refresh_token": "${SHOP_SEED}",
}  # fmt: skip
TOKEN = Token("access", 1_700_000_000.0, 3600.0, "refresh")


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name in ("ID", "SECRET", "SEED"):
        monkeypatch.setenv(f"SHOP_{name}", f"value-of-{name.lower()}")


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    """Both kinds of store."""
    return FileStore(tmp_path / "tokens") if request.param == "file" else MemoryStore()


def test_what_is_kept_comes_back(store: TokenStore) -> None:
    """Whole; what was dropped does not."""
    key = store.key("shop", "production", "https://x")
    assert store.read(key) is None
    store.save(key, TOKEN)
    assert store.read(key) == TOKEN
    store.save(key, Token("other", 5.0))
    assert store.read(key) == Token("other", 5.0)
    assert store.key("shop", "test", "https://x") != key
    store.drop(key)
    store.drop(key)
    assert store.read(key) is None


def test_one_lock_for_each_token(store: TokenStore) -> None:
    """Whoever asks second gets none, until it is released."""
    lock = store.lock("a")
    assert lock is not None
    assert store.lock("a") is None
    other = store.lock("b")
    assert other is not None
    lock.release()
    again = store.lock("a")
    assert again is not None
    again.release()


def test_files_are_for_their_user_alone(tmp_path: Path) -> None:
    """Nobody else may read them; names tell nothing of whom they are for; nothing is left over."""
    store = FileStore(tmp_path / "tokens")
    key = store.key("shop", "joan", "hunter2")
    store.save(key, TOKEN)
    lock = store.lock(key)
    assert lock is not None
    lock.release()

    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o700
    for path in (tmp_path / "tokens").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "joan" not in path.name
    assert sorted(path.name for path in (tmp_path / "tokens").iterdir()) == sorted(
        [f"{key}.json", f"{key}.lock", "key"]
    )
    assert FileStore(tmp_path / "tokens").key("shop", "joan", "hunter2") == key
    assert FileStore(tmp_path / "others").key("shop", "joan", "hunter2") != key


DAMAGED = ["", "{", "[]", "null", '{"value": 1}', '{"value": "a", "since": "x", "refresh": ""}', "\xff"]


@pytest.mark.parametrize("text", DAMAGED)
def test_file_that_is_damaged_is_no_token(tmp_path: Path, text: str) -> None:
    """It is obtained anew and written over."""
    store = FileStore(tmp_path)
    key = store.key("shop")
    (tmp_path / f"{key}.json").write_bytes(text.encode("latin-1"))

    assert store.read(key) is None
    store.save(key, TOKEN)
    assert store.read(key) == TOKEN


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The settings that would help are named."""
    (tmp_path / "data").write_text("a file")
    with serving(lambda seen: Answer({})) as server, pytest.raises(UsageError, match="WORKBENCH_TOKENS=memory"):
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH)
        with wb.open_merchant(folder) as shop:
            shop.find_orders(email="ann@example.com")
    assert server.seen == []


def test_where_tokens_are_kept(tmp_path: Path) -> None:
    """In the data folder, or in memory where the deployment says so."""
    assert repr(open_store("shop", {"WORKBENCH_DATA": "/x"})) == "<FileStore /x/tokens/shop>"
    assert isinstance(open_store("shop", {"WORKBENCH_TOKENS": "memory"}), MemoryStore)
    with pytest.raises(UsageError, match="one of file, memory"):
        open_store("shop", {"WORKBENCH_TOKENS": "redis"})


# ---------------------------------------------------------------- many at once


class Shop:
    """A merchant whose refresh tokens rotate and whose access tokens can be killed; an old refresh token ends all."""

    def __init__(self, lifetime_s: float = 3600, slow_s: float = 0.05) -> None:
        self.lock = threading.Lock()
        self.lifetime_s, self.slow_s = lifetime_s, slow_s
        self.refreshes = 0
        self.good, self.refresh, self.revoked = "", "value-of-seed", False

    def kill(self) -> None:
        """The access token is no longer good."""
        self.good = ""

    def __call__(self, seen: Seen) -> Answer:
        if seen.path == "/token":
            time.sleep(self.slow_s)
            with self.lock:
                self.refreshes += 1
                if dict(parse_qsl(seen.body.decode())).get("refresh_token") != self.refresh or self.revoked:
                    self.revoked = True
                    return Answer({"error": "invalid_grant"}, 400)
                self.good, self.refresh = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
                return Answer({"access_token": self.good, "refresh_token": self.refresh, "expires_in": self.lifetime_s})
        with self.lock:
            good = bool(self.good) and seen.headers.get("authorization") == f"Bearer {self.good}"
        return Answer({"data": [order("A-1")]}) if good else Answer({}, 401)


def test_eight_threads_and_one_refresh(tmp_path: Path) -> None:
    """Each time the token dies, one of eight renews it and the others go on with it."""
    shop = Shop()
    with serving(shop) as server, ThreadPoolExecutor(8) as pool:
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH)
        with wb.open_merchant(folder) as merchant, wb.open_merchant(folder) as twin:
            for round_number in range(1, 4):
                shop.kill()
                asked = [
                    pool.submit((merchant if index % 2 else twin).find_orders, email="ann@example.com")
                    for index in range(16)
                ]
                assert all(len(one.result().orders) == 1 for one in asked)
                assert shop.refreshes == round_number
    assert not shop.revoked


def test_eight_tasks_and_one_refresh(tmp_path: Path) -> None:
    """The same under asyncio; one that is cancelled while it waits does no harm."""
    shop = Shop()

    async def ask(folder: Path) -> None:
        async with wb.open_merchant_async(folder) as merchant:
            for round_number in range(1, 4):
                shop.kill()
                tasks = [asyncio.create_task(merchant.find_orders(email="ann@example.com")) for _ in range(9)]
                await asyncio.sleep(0.01)
                tasks[8].cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(len(one.orders) == 1 for one in results[:8] if not isinstance(one, BaseException))
                assert sum(isinstance(one, BaseException) for one in results) <= 1
                assert shop.refreshes == round_number

    with serving(shop) as server:
        asyncio.run(ask(shop_file(tmp_path / "shop", server.url, auth=REFRESH)))
    assert not shop.revoked


WORKER = """\
import sys, threading
import workbench as wb
sys.stdin.readline()
errors = []
with wb.open_merchant(sys.argv[1]) as merchant:
    def work():
        try:
            for _ in range(int(sys.argv[2])):
                assert len(merchant.find_orders(email="ann@example.com").orders) == 1
        except BaseException as error:
            errors.append(repr(error))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(errors or "done")
"""


def workers(folder: Path, times: int, count: int = 2) -> list[subprocess.Popen[str]]:
    """Processes of four threads each, waiting for a line to begin."""
    command = [sys.executable, "-c", WORKER, str(folder), str(times)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return [subprocess.Popen(command, text=True, **pipes) for _ in range(count)]


def outcomes(started: list[subprocess.Popen[str]]) -> list[str]:
    """What each said, when all have been let go at once."""
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    return [one.communicate(timeout=120)[0].strip() for one in started]


def test_two_processes_and_one_refresh(tmp_path: Path) -> None:
    """Eight workers in two processes share what one of them got."""
    shop = Shop(slow_s=0.2)
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH)
        for round_number in (1, 2):
            shop.kill()
            assert outcomes(workers(folder, 5)) == ["done", "done"]
            assert shop.refreshes == round_number
    assert not shop.revoked


def test_process_that_is_killed_holds_nothing_up(tmp_path: Path) -> None:
    """Its lock ends with it; nothing that it left half written is read."""
    store = FileStore(tmp_path / "data" / "tokens" / "shop")
    key = store.key("x")
    code = (
        "import sys, time; from pathlib import Path; from workbench.connect.tokens import FileStore\n"
        "lock = FileStore(Path(sys.argv[1])).lock(sys.argv[2]); print(bool(lock), flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data" / "tokens" / "shop"), key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert store.lock(key) is None
        holder.kill()
    lock = store.lock(key)
    assert lock is not None
    lock.release()


def test_who_waits_too_long_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Another process that hangs in its login does not hang ours: the lookup ends within its budget, nothing sent."""
    caplog.set_level("INFO")
    with serving(Shop()) as server:
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH, budget_s=0.5)
        with wb.open_merchant(folder) as shop:
            auth: Any = shop._opened.operations.auth
            lock = auth._around.store.lock(auth.key())
            start = time.monotonic()
            with pytest.raises(wb.CallError, match="another process may be logging in"):
                shop.find_orders(email="ann@example.com")
            assert time.monotonic() - start < 5
            lock.release()
            assert len(shop.find_orders(email="ann@example.com").orders) == 1
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "workbench.lookup"]
    assert [(line["calls"], line["statuses"]) for line in lines] == [(0, []), (2, [200, 200])]


def test_rotated_token_outlives_its_process(tmp_path: Path) -> None:
    """What the first opening got, the next one uses: the first refresh token is spent long ago."""
    shop = Shop()
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH)
        for _ in range(3):
            shop.kill()
            with wb.open_merchant(folder) as merchant:
                assert merchant.find_orders(email="ann@example.com").orders
    (file,) = (tmp_path / "data" / "tokens" / "shop").glob("*.json")
    assert json.loads(file.read_text())["refresh"] == "refresh-3"


def test_memory_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that keeps nothing on disk shares tokens inside its process."""
    monkeypatch.setenv("WORKBENCH_TOKENS", "memory")
    monkeypatch.setenv("SHOP_SEED", "value-of-seed")
    shop = Shop()
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, auth=REFRESH)
        for _ in range(2):
            with wb.open_merchant(folder) as merchant:
                assert merchant.find_orders(email="ann@example.com").orders
    assert shop.refreshes == 1
    assert not (tmp_path / "data").exists()


def test_cancelled_in_the_middle_of_a_refresh(tmp_path: Path) -> None:
    """The merchant has exchanged the refresh token by then: what came is kept, and the next one uses it."""
    shop = Shop()
    on_its_way, go_on = threading.Event(), threading.Event()

    def answer(seen: Seen) -> Answer:
        given = shop(seen)
        if seen.path == "/token" and not go_on.is_set():
            on_its_way.set()
            go_on.wait(30)
        return given

    async def ask(folder: Path) -> None:
        async with wb.open_merchant_async(folder) as merchant:
            task = asyncio.create_task(merchant.find_orders(email="ann@example.com"))
            await asyncio.to_thread(on_its_way.wait, 30)
            task.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len((await merchant.find_orders(email="ann@example.com")).orders) == 1

    with serving(answer) as server:
        asyncio.run(ask(shop_file(tmp_path / "shop", server.url, auth=REFRESH)))
    assert (shop.refreshes, shop.revoked) == (1, False)


def test_eight_who_meet_a_wrong_secret_ask_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told, and the merchant is not asked eight times: accounts are locked for less."""
    waiting: set[int] = set()
    lock = FileStore.lock

    def counted(store: FileStore, key: str) -> Any:
        held = lock(store, key)
        if held is None:
            waiting.add(threading.get_ident())
        return held

    monkeypatch.setattr(FileStore, "lock", counted)
    asked_by: list[Seen] = []

    def refusing(seen: Seen) -> Answer:
        asked_by.append(seen)
        end = time.monotonic() + 30
        while len(waiting) < 7 and time.monotonic() < end:
            time.sleep(0.01)
        return Answer({"error": "invalid_client"}, 401)

    def ask(server: Server, folder: Path) -> str:
        with wb.open_merchant(folder) as merchant, ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(merchant.find_orders, email="ann@example.com") for _ in range(8)]
            return " ".join(type(one.exception()).__name__ for one in asked)

    with serving(refusing) as server:
        told = ask(server, shop_file(tmp_path / "shop", server.url, auth=REFRESH))
    assert told == " ".join([LoginFailed.__name__] * 8)
    assert len(asked_by) == 1
    assert os.listdir(tmp_path / "data" / "tokens" / "shop")
