"""Secrets typed by the engineer: into a git-ignored file of hers, never into a notebook."""

from __future__ import annotations

import os
import re
from pathlib import Path

from workbench.connect.secrets import read_env_file
from workbench.errors import UsageError

_NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_IGNORED = {".env", "*.env", "/.env", ".env*"}


def env_file() -> Path:
    """Where secrets are kept: `WORKBENCH_ENV_FILE`, else `.env` in the working directory."""
    return Path(os.environ.get("WORKBENCH_ENV_FILE") or ".env")


def keep_secret(name: str, value: str, merchant_prefix: str) -> Path:
    """Writes a secret to the file, readable for the user alone; returns the file.

    Raises:
        UsageError: The name is not the merchant's, the value cannot stand in such a file, or it cannot be written.
    """
    if not _NAME.fullmatch(name) or not name.startswith(f"{merchant_prefix}_"):
        raise UsageError(f"not a name for a secret of this merchant - start it with {merchant_prefix}_")
    if not value or any(sign in value for sign in "\r\n\0"):
        raise UsageError(f"no value for {name} - type it on one line")
    path = env_file()
    try:
        known = read_env_file(path) if path.is_file() else {}
        known[name] = value
        text = "".join(f"{key}={_quoted(known[key])}\n" for key in known)
        handle = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{path}.new", path)
        _ignore(path)
    except OSError as error:
        raise UsageError(f"cannot write {path} - {error.strerror}") from None
    return path


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w./:@%+=,-]+", value, re.ASCII):
        return value
    mark = "'" if "'" not in value else '"'
    return f"{mark}{value}{mark}"


def _ignore(path: Path) -> None:
    """Has git leave the file alone."""
    file = path.parent / ".gitignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    if not {path.name, *(_IGNORED if path.name == ".env" else ())} & {line.strip() for line in lines}:
        file.write_text("\n".join([*lines, path.name, ""]), encoding="utf-8")
