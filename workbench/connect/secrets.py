"""Secrets: where their values come from, and how they are kept out of everything that is written.

A reference `${NORTHWIND_PASSWORD}` is looked up as `NORTHWIND_PASSWORD` in the environment, then as the file that
`NORTHWIND_PASSWORD_FILE` names, then both ways in the `.env` file, and then, where `WORKBENCH_KEYRING` names a service,
as that service's password of that name in the keyring of the operating system (extra `keyring`).
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from workbench.errors import SecretMissing, UsageError
from workbench.templates import Secret as Reference
from workbench.templates import TemplateError, compile_template, texts_in

MASK = "***"
KEYRING = "WORKBENCH_KEYRING"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", re.ASCII)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_FILE_BYTES = 256 * 1024
_SHORT = 4
_LEARNT = 64


class Secret:
    """A secret's value: shown, printed and formatted as `***`; only `reveal` gives it."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """The value."""
        return self._value

    def __repr__(self) -> str:
        return f"<Secret {self.name} {MASK}>"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled - open the merchant where it is used")


class Secrets:
    """The secrets of one merchant.

    Args:
        secrets: The values that were found.
        sent: Texts with secrets in them that are sent in base64, such as `user:password`; masked as well.
    """

    def __init__(self, secrets: Iterable[Secret] = (), sent: Iterable[str] = ()) -> None:
        self._secrets = {secret.name: secret for secret in secrets}
        values = [*(secret.reveal() for secret in self._secrets.values()), *sent]
        self._forms = {form for value in values for form in _forms(value)}
        self._learnt: dict[str, None] = {}
        self._guard = threading.Lock()
        self._masks: _Masks | None = None

    def __repr__(self) -> str:
        return f"<Secrets {', '.join(self._secrets) or 'none'}>"

    def reveal(self, name: str) -> str:
        """The value of a secret.

        Raises:
            SecretMissing: It was not among the references of the mapping.
        """
        if name not in self._secrets:
            raise SecretMissing([name])
        return self._secrets[name].reveal()

    def learn(self, value: str) -> None:
        """Masks one more value from now on, such as a token that was obtained; the oldest of many is forgotten."""
        if value in self._learnt or not value:
            return
        with self._guard:
            self._learnt[value] = None
            while len(self._learnt) > _LEARNT:
                del self._learnt[next(iter(self._learnt))]
            self._masks = None

    def redact(self, text: str) -> str:
        """A text without any known secret, also percent-encoded, in base64, or escaped as JSON or XML does."""
        mask = self._compiled().text
        return mask.sub(MASK, text) if mask else text

    def redact_bytes(self, data: bytes) -> bytes:
        """The same of bytes in UTF-8."""
        mask = self._compiled().bytes
        return mask.sub(MASK.encode(), data) if mask else data

    def _compiled(self) -> _Masks:
        """The masks of all that is known; made when they are first needed, as most lookups are not recorded."""
        masks = self._masks
        if masks is None:
            with self._guard:
                masks = self._masks = _masks(self._forms.union(*map(_forms, self._learnt)))
        return masks


def _forms(value: str) -> set[str]:
    """A value as it may appear in what is recorded."""
    raw = value.encode("utf-8", "surrogatepass")
    plain = {value, quote(raw, safe=""), quote_plus(raw), quote(raw), json.dumps(value)[1:-1], escape(value)}
    plain |= {json.dumps(value, ensure_ascii=False)[1:-1], escape(value, {'"': "&quot;", "'": "&apos;"})}
    plain |= {json.dumps(form)[1:-1] for form in plain}  # JSON inside JSON
    if len(value) >= _SHORT:
        plain |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
        plain.add(quote(base64.b64encode(raw)))
    return {form for form in plain if form}


class _Masks(NamedTuple):
    """What finds every known secret; None where there is none."""

    text: re.Pattern[str] | None = None
    bytes: re.Pattern[bytes] | None = None


def _masks(forms: set[str]) -> _Masks:
    """Longest first, so that no part of a secret is left; a very short one only where it stands alone."""
    if not forms:
        return _Masks()
    ordered = sorted(forms, key=len, reverse=True)
    parts = [re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in ordered]
    pattern = "|".join(parts)
    return _Masks(re.compile(pattern), re.compile(pattern.encode()))


def references(data: Any) -> list[str]:
    """The names of all references in plain data, in order, each once."""
    names: dict[str, None] = {}
    for text in texts_in(data):
        try:
            names.update((part.name, None) for part in compile_template(text) if isinstance(part, Reference))
        except TemplateError:
            continue
    return list(names)


class Source:
    """Looks up values by name: the environment first, then a file of `NAME=value` lines, then the keyring.

    Args:
        environ: The environment.
        env_file: The file; None for `.env` in the working directory, which need not be there.

    Raises:
        UsageError: The file that was named cannot be read.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, env_file: str | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        path = Path(env_file or ".env")
        self._filed = read_env_file(path) if env_file or path.is_file() else {}
        self._service = self._environ.get(KEYRING, "").strip()

    def find(self, name: str) -> str | None:
        """A value, or None; a blank one is none.

        Raises:
            UsageError: The file that should hold it cannot be read.
        """
        for table in (self._environ, self._filed):
            if table.get(name, "").strip():
                return table[name]
            if table.get(f"{name}_FILE", "").strip():
                return self._from_file(f"{name}_FILE", table[f"{name}_FILE"].strip()) or None
        return _from_keyring(self._service, name) if self._service else None

    def find_all(self, names: Iterable[str]) -> dict[str, str]:
        """The values of all these.

        Raises:
            SecretMissing: Some have none; all of them are named.
        """
        found = {name: self.find(name) for name in dict.fromkeys(names)}
        missing = [name for name, value in found.items() if value is None]
        if missing:
            raise SecretMissing(missing)
        return {name: value for name, value in found.items() if value is not None}

    @staticmethod
    def _from_file(variable: str, path: str) -> str:
        try:
            with open(path, "rb") as file:
                data = file.read(_FILE_BYTES + 1)
            if len(data) > _FILE_BYTES:
                raise UsageError(f"{variable} names a file that is too large for a secret")
            return data.decode("utf-8-sig").rstrip("\r\n")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UsageError(f"{variable} names a file that cannot be read: {reason}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{variable} names a file that is not UTF-8 text") from None


def _from_keyring(service: str, name: str) -> str | None:
    """The password of that name in the keyring of the operating system.

    Raises:
        UsageError: There is no keyring that can be asked.
    """
    try:
        import keyring
    except ImportError:
        raise UsageError(f"{KEYRING} is set, and keyring is not installed - pip install 'workbench[keyring]'") from None
    try:
        found = keyring.get_password(service, name)
    except Exception as error:  # each system's keyring has errors of its own
        how = f"unlock it, or unset {KEYRING} and use the environment or a file"
        raise UsageError(f"the keyring cannot be asked: {type(error).__name__} - {how}") from None
    return str(found) if found and str(found).strip() else None


def fill(data: Any, values: Mapping[str, str]) -> Any:
    """Plain data with references filled in, for settings that hold no secret, such as a base URL."""
    if isinstance(data, str):
        parts = compile_template(data)
        if not any(isinstance(part, Reference) for part in parts):
            return data
        return "".join(values[part.name] if isinstance(part, Reference) else str(part) for part in parts)
    if isinstance(data, Mapping):
        return {key: fill(value, values) for key, value in data.items()}
    return [fill(value, values) for value in data] if isinstance(data, list) else data


def read_env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file. `#` begins a comment; values may stand in quotes.

    Raises:
        UsageError: It cannot be read, or a line is none; the line's number is told, never its text.
    """
    try:
        text = path.read_bytes()[: 4 * _FILE_BYTES].decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read the file of secrets {path}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the file of secrets {path} is not UTF-8 text") from None
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = _unquoted(match[2]) if match else None
        if match is None or value is None:
            raise UsageError(f"line {number} of {path} is no NAME=value - mend it, or begin it with #")
        found[match[1]] = value
    return found


def _unquoted(text: str) -> str | None:
    """A value without its quotes and without the comment after it; None when a quote is not closed."""
    if text[:1] == "'":
        match = re.fullmatch(r"'([^']*)'\s*(?:#.*)?", text)
        return match[1] if match else None
    if text[:1] == '"':
        match = re.fullmatch(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?', text)
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match[1]) if match else None
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
