"""Tokens on disk: shared by all processes of a deployment, renewed by one of them at a time, readable by one user."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from workbench.calls.auth import Lock, MemoryStore, Token, TokenStore
from workbench.errors import UsageError

TOKENS, DATA_FOLDER = "WORKBENCH_TOKENS", "WORKBENCH_DATA"
_FILE_BYTES = 1024 * 1024


def open_store(merchant: str, environ: Mapping[str, str] | None = None) -> TokenStore:
    """The store of a deployment: its data folder, or memory where `WORKBENCH_TOKENS=memory` says so.

    Raises:
        UsageError: The setting is unknown.
    """
    known = os.environ if environ is None else environ
    said = known.get(TOKENS, "").strip() or "file"
    if said not in ("file", "memory"):
        raise UsageError(f"{TOKENS} is {said[:20]!r} - one of file, memory")
    if said == "memory":
        return _shared
    base = known.get(DATA_FOLDER)
    home = Path(base) if base else Path(known.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "workbench"
    return FileStore(home / "tokens" / re.sub(r"[^\w-]", "_", merchant, flags=re.ASCII))


_shared = MemoryStore()


class FileStore:
    """Keeps tokens in a folder: one file for each, written whole or not at all, and one to lock beside it.

    The lock is the operating system's: it ends with the process that holds it, however that ends.

    Args:
        folder: Made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: bytes | None = None

    def __repr__(self) -> str:
        return f"<FileStore {self._folder}>"

    def key(self, *parts: str) -> str:
        """A name that only who has the folder's own key could check a guess against."""
        text = "\x00".join(f"{len(part)}:{part}" for part in parts).encode()
        return hmac.new(self._folder_key(), text, hashlib.sha256).hexdigest()[:32]

    def read(self, key: str) -> Token | None:
        """The token that is kept; None where there is none, or what is there cannot be read."""
        try:
            with open(self._folder / f"{key}.json", "rb") as file:
                data = json.loads(file.read(_FILE_BYTES))
            lifetime = data.get("lifetime_s")
            return Token(
                str(data["value"]),
                float(data["since"]),
                float(lifetime) if lifetime is not None else None,
                str(data["refresh"]),
                dict(data.get("values") or {}),
                str(data.get("server") or ""),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def save(self, key: str, token: Token) -> None:
        """Keeps a token; when this returns, it is on the disk.

        Raises:
            UsageError: The folder cannot be written.
        """
        data = {
            "value": token.value,
            "since": token.since,
            "lifetime_s": token.lifetime_s,
            "refresh": token.refresh,
            "values": dict(token.values),
            "server": token.server,
        }
        made = ""
        try:
            self._make_folder()
            handle, made = tempfile.mkstemp(dir=self._folder, prefix=".")  # 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, self._folder / f"{key}.json")
        except OSError as error:
            if made:
                with contextlib.suppress(OSError):
                    os.unlink(made)
            raise self._unwritable(error) from None

    def drop(self, key: str) -> None:
        """Forgets a token."""
        with contextlib.suppress(OSError):
            (self._folder / f"{key}.json").unlink(missing_ok=True)

    def lock(self, key: str) -> Lock | None:
        """The right to renew this token, or None where another thread or process has it.

        Raises:
            UsageError: The folder cannot be written.
        """
        try:
            self._make_folder()
            handle = os.open(self._folder / f"{key}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError as error:
            os.close(handle)
            raise self._unwritable(error) from None
        return _FileLock(handle)

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _folder_key(self) -> bytes:
        """Random, made once; the first of two processes wins."""
        if self._known is None:
            path = self._folder / "key"
            try:
                self._make_folder()
                if not path.exists():
                    handle, made = tempfile.mkstemp(dir=self._folder, prefix=".")
                    try:
                        with os.fdopen(handle, "wb") as file:
                            file.write(secrets.token_bytes(32))
                        with contextlib.suppress(FileExistsError):
                            os.link(made, path)
                    finally:
                        os.unlink(made)
                self._known = path.read_bytes()
            except OSError as error:
                raise self._unwritable(error) from None
        return self._known

    def _unwritable(self, error: OSError) -> UsageError:
        reason = error.strerror or type(error).__name__
        how = f"name a folder that can be written by {DATA_FOLDER}, or keep them in memory: {TOKENS}=memory"
        return UsageError(f"cannot keep tokens in {self._folder}: {reason} - {how}")


class _FileLock:
    """A lock that is held as long as its file is open."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Lets others have it."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
