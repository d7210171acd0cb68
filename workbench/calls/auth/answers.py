"""What a login or a token endpoint answered: a token, or a plain word about what is wrong; its text is never told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from workbench.calls.auth.base import date_of, origin_of
from workbench.calls.messages import Response
from workbench.conditions import Conditions, header_values, holds
from workbench.decode import decode
from workbench.documents import Limits
from workbench.errors import DecodeError, LoginFailed
from workbench.paths import Path, compile_path, find, number, scalars, text_of

WHERE = "connection.auth"
_LIMITS = Limits(bytes=1024 * 1024, depth=50, nodes=20_000)
_LONGEST = 20_000
_TOKEN_SIGNS = re.compile(r"[\x21-\x7e]{1,20000}")
_BARE = re.compile(r"[\w.~+/=|:-]{8,20000}", re.ASCII)
_DEPTH = 6
_PLAIN_NAME = re.compile(r"[A-Za-z_-]{1,30}")
_TOLD_BYTES = 256 * 1024
"""An answer that says that a login has expired is smaller; a larger one is not read for it."""
_YEARS_S = 20 * 366 * 86_400
_SINCE_2001, _MILLISECONDS = 1e9, 1e11

_WORDS = {
    "invalid_client": "the client is not known, or its secret is wrong: check client_id, client_secret and client_in:",
    "invalid_grant": "what is traded for a token is wrong, used up, expired or revoked: check it, or sign in again",
    "invalid_scope": "check scope: with the merchant",
    "invalid_target": "check audience: with the merchant",
    "invalid_request": "check scope:, audience:, extra: and client_in: with the merchant's documentation",
    "unauthorized_client": "ask the merchant to allow this grant for the client",
    "unsupported_grant_type": "the merchant offers another kind of login: ask which",
    "access_denied": "ask the merchant to let the client in",
    "use_dpop_nonce": "the merchant wants DPoP, which is not supported: ask for bearer tokens",
    "temporarily_unavailable": "try again later",
    "server_error": "try again later; if it stays, tell the merchant",
}


def error_word(response: Response) -> str:
    """The word of RFC 6749 for what is wrong; empty where there is none that is known."""
    try:
        root = decode(response.body, content_type=response.headers.get("content-type"), limits=_LIMITS).root
    except DecodeError:
        return ""
    word = root.get("error") if isinstance(root, dict) else None
    return word if isinstance(word, str) and word in _WORDS else ""


class _AnswerView:
    """What conditions on an answer see: `$` and `@`, `http.status` and `http.header.NAME`."""

    zone: tzinfo | None = None

    def __init__(self, response: Response, root: Any) -> None:
        self.now = datetime.now(UTC)
        self._response, self._root = response, root

    def nodes(self, path: Path) -> list[Any]:
        """The nodes at a path."""
        return find(self._root, path.steps)

    def values(self, path: Path) -> list[Any]:
        """The scalars at a path."""
        return scalars(self.nodes(path))

    def field_nodes(self, parts: tuple[str, ...]) -> list[Any]:
        """The status, or a header."""
        if parts == ("http", "status"):
            return [self._response.status]
        name = ".".join(parts[2:]).lower()
        return header_values(name, self._response.headers.get(name))

    def given(self, name: str) -> Any:
        """There are no inputs here."""
        return None

    def doubt(self, what: str, how: str, code: str) -> None:
        """An answer that cannot be compared as asked does not say it."""


def says(response: Response, conditions: Conditions) -> bool:
    """Whether an answer is what conditions on it say; without any it is not."""
    if not conditions:
        return False
    root: Any = None
    if any(condition.path for condition in conditions):
        if len(response.body) > _TOLD_BYTES:
            return False
        try:
            root = decode(response.body, content_type=response.headers.get("content-type"), limits=_LIMITS).root
        except DecodeError:
            pass  # nothing stands in it
    return holds(conditions, _AnswerView(response, root))


def check_status(response: Response, who: str, names: Sequence[str]) -> None:
    """Accepts a login that went well.

    Args:
        response: What came.
        who: What answered, for people.
        names: The secrets that were used.

    Raises:
        LoginFailed: It did not.
    """
    status = response.status
    word = error_word(response)
    if 200 <= status < 300 and not word:
        return
    told = f"{word}, HTTP {status}" if word else f"HTTP {status}"
    check = f"check {', '.join(names)}" if names else "check auth:"
    if word:
        what, how = f"{who} refuses ({told})", f"{_WORDS[word]} ({check})"
    elif status == 429:
        what, how = f"{who} is asked too often ({told})", "try again later; tokens are shared where WORKBENCH_DATA is"
    elif status >= 500:
        what, how = f"{who} fails ({told})", "try again later; if it stays, tell the merchant"
    elif 300 <= status < 400:
        what, how = f"{who} redirects to elsewhere ({told})", "no redirect is followed; ask for its right URL"
    elif status in (404, 405, 410):
        what, how = f"{who} is not at this URL ({told})", "check the URL and the method with the merchant"
    else:
        what, how = f"{who} does not accept the credentials ({told})", f"{check}; then ask the merchant"
    error = LoginFailed(what, how, where=WHERE, status=status)
    error.admission = status == 403 and not word
    raise error


def root_of(response: Response, who: str, whole: bool) -> Any:
    """The decoded answer.

    Args:
        response: What came.
        who: What answered, for people.
        whole: Whether the body may be the token itself, as text.

    Raises:
        LoginFailed: It cannot be read.
    """
    body = response.body.strip()
    if not body:
        raise _unread(response, f"{who} gave an empty answer", "check its URL with the merchant")
    try:
        return decode(response.body, content_type=response.headers.get("content-type"), limits=_LIMITS).root
    except DecodeError as error:
        text = body.decode("utf-8", "replace")
        if whole and _BARE.fullmatch(text):
            return text
        if "html" in response.headers.get("content-type", "").lower() or re.match(r"<(?:!doctype|html)", text, re.I):
            how = "check its URL: often it is a login page for people, or a wrong path"
            raise _unread(response, f"{who} gave an HTML page", how) from None
        how = "check its URL, and what the merchant says of its answer"
        raise _unread(response, f"{who} gave what cannot be read ({error.problem.code})", how) from None


def _unread(response: Response, what: str, how: str) -> LoginFailed:
    return LoginFailed(what, how, where=WHERE, status=response.status)


def text_at(root: Any, path: str) -> str:
    """The first scalar at a path, as text; empty where there is none."""
    values = scalars(find(root, compile_path(path).steps))
    return text_of(values[0]).strip() if values and not isinstance(values[0], bool) else ""


def value_at(root: Any, path: str) -> Any:
    """The first scalar at a path, with its type; None where there is none, or one that is no credential by its size."""
    values = scalars(find(root, compile_path(path).steps))
    if not values:
        return None
    if isinstance(values[0], bool | int):
        return values[0]
    text = text_of(values[0]).strip()
    return text if len(text) <= _LONGEST else None


def server_at(response: Response, root: Any, path: str, servers: Sequence[str], scheme: str, who: str) -> str:
    """The server that an answer names.

    Args:
        response: What came.
        root: Its document.
        path: Where it names the server.
        servers: Hosts that it may name; `*.` stands for any below one.
        scheme: Of the base URL, which it cannot fall below.
        who: What answered, for people.

    Raises:
        LoginFailed: It names none, or one that it may not.
    """
    text = text_at(root, path).rstrip("/")
    text = text if "://" in text or not text else f"https://{text}"
    try:
        parts, (given, host, port) = urlsplit(text), origin_of(text)
    except ValueError:
        parts, (given, host, port) = urlsplit(""), ("", "", 0)
    odd = re.search(r"[\s\\\x00-\x1f]|/(?:\.|%2e){1,2}(?:/|$)", text, re.I)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc or odd)
    if not host or not port or not plain or given not in ("http", "https"):
        raise _unread(response, f"{who} named no server at {path}", "check server_path:")
    if scheme == "https" and given != "https":
        raise _unread(response, f"{who} named a server without https", "ask the merchant for one with https")
    if not any(fnmatchcase(host, known.casefold()) for known in servers):
        how = "if that is the merchant's, add its host to servers: of auth"
        raise _unread(response, f"{who} named a server that servers: does not list", how)
    return text


def token_at(response: Response, root: Any, path: str, who: str, key: str) -> str:
    """The token that an answer holds.

    Raises:
        LoginFailed: It holds none.
    """
    value = text_at(root, path)
    if not value:
        known = (place for place in _places(root, "$", 0) if not place.startswith(f"{path}."))
        places = ", ".join(islice(known, 8))
        told = f"; it has {places}" if places else ""
        how = f"check {key}:, or the credentials where the answer has no token{told}"
        raise _unread(response, f"{who} gave no token at {path}", how)
    if not _TOKEN_SIGNS.fullmatch(value):
        raise _unread(response, f"what stands at {path} is no token", f"check {key}: and what {who} answers")
    return value


def _places(node: Any, place: str, depth: int) -> Iterator[str]:
    """The places of scalars, by names alone."""
    for name, inner in node.items() if isinstance(node, dict) and depth < _DEPTH else ():
        if not _PLAIN_NAME.fullmatch(str(name)):
            continue
        if isinstance(inner, dict):
            yield from _places(inner, f"{place}.{name}", depth + 1)
        elif not isinstance(inner, list):
            yield f"{place}.{name}"


def lifetime_of(root: Any, path: str, response: Response, now: float) -> float | None:
    """How many seconds a token lives, as its answer says it: seconds from now, or a moment by the server's clock."""
    said = text_at(root, path)
    seconds = number(said) if said else None
    if seconds is None:
        moment = _moment(said)
    elif 0 < seconds <= _YEARS_S:
        return float(seconds)
    elif seconds < _SINCE_2001:
        return None
    else:
        moment = float(seconds) / (1000 if seconds > _MILLISECONDS else 1)
    if moment is None:
        return None
    left = moment - (date_of(response) or now)
    return left if 0 < left <= _YEARS_S else None


def _moment(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
