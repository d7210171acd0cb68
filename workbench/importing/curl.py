"""Pasted `curl` lines, as bash and as the command prompt of Windows quote them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, quote

from workbench.errors import UsageError
from workbench.importing.finish import Raw, soap_of

_START = re.compile(r"(?:^|[\n;&|]|\$ )[ \t]*(?:\$ ?|> ?)?curl(?:\.exe)?(?=\s)", re.M)
_VALUES = {
    "-X": "method", "--request": "method", "-H": "header", "--header": "header", "-d": "data", "--data": "data",
    "--data-raw": "raw", "--data-ascii": "data", "--data-binary": "data", "--data-urlencode": "encode",
    "--json": "json",
    "-u": "user", "--user": "user", "-b": "cookie", "--cookie": "cookie", "-F": "form", "--form": "form",
    "--form-string": "form", "--url": "url", "--oauth2-bearer": "bearer", "-A": "", "--user-agent": "", "-e": "",
    "--referer": "", "-o": "", "--output": "", "-w": "", "--write-out": "", "-m": "", "--max-time": "", "-x": "",
    "--proxy": "", "-T": "upload", "--upload-file": "upload", "-c": "", "--cookie-jar": "", "--connect-timeout": "",
    "--cacert": "", "--capath": "", "-E": "", "--cert": "cert", "--key": "", "--resolve": "", "--retry": "", "-K": "",
    "--config": "", "-D": "", "--dump-header": "", "-r": "", "--range": "", "-y": "", "-Y": "", "--ciphers": "",
    "--aws-sigv4": "aws", "-U": "", "--proxy-user": "", "--interface": "", "--limit-rate": "", "--max-redirs": "",
}  # fmt: skip
_FLAGS = {"-G": "get", "--get": "get", "-I": "head", "--head": "head", "--digest": "digest"}


def looks_like_curl(text: str) -> bool:
    """Whether a text holds curl lines."""
    return _START.search(text) is not None


def read_curl(text: str) -> tuple[list[Raw], list[str]]:
    """The requests of all curl lines in a text, and notes.

    Raises:
        UsageError: Quotes are not closed.
    """
    starts = [match.end() for match in _START.finditer(text)]
    found, notes = [], []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line = text[start:end]
        try:
            words = list(_cmd(line) if _is_cmd(line) else _bash(line))
        except ValueError:
            raise UsageError("a curl line whose quotes are not closed - copy the whole command") from None
        raw = _request(words)
        if raw is None:
            notes.append("a curl line without a URL was left out")
        else:
            found.append(raw)
    return found, notes


def _request(words: Sequence[str]) -> Raw | None:
    options: dict[str, list[str]] = {}
    for name, value in _options(words):
        options.setdefault(name, []).append(value)
    url = next(iter(options.get("url", [])), "")
    if not url:
        return None
    url = url if re.match(r"\w+://", url) else f"https://{url}"
    headers = [
        (name.strip(), value.strip()) for name, _, value in (one.partition(":") for one in options.get("header", []))
    ]
    headers += [("Cookie", value) for value in options.get("cookie", []) if "=" in value]
    headers += [("Authorization", f"Bearer {value}") for value in options.get("bearer", [])]
    if "user" in options:
        kind = "Digest" if "digest" in options else "Basic"
        headers.append(("Authorization", f"{kind} {_token(options['user'][0], kind)}"))
    if "aws" in options:
        headers = [("Authorization", "AWS4-HMAC-SHA256 "), *(pair for pair in headers if pair[0] != "Authorization")]
    notes = []
    if "cert" in options:
        notes.append("it presents a client certificate: say it in the connection")
    body, kind, query, files = _body(options)
    if files:
        notes.append("its body comes from a file, which was not read: paste the body itself")
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    if "json" in options and not content_type:
        content_type = "application/json"
    if isinstance(body, str) and (soap := soap_of(body, headers, content_type)):
        body, kind = soap, "soap"
    sends = body is not None and body != ""
    method = options["method"][-1] if "method" in options else "POST" if sends or files else "GET"
    if "form" in options:
        notes.append("it sends a multipart form; the call sends an ordinary one")
    return Raw(
        label="", method=method, url=url, query=query, headers=headers, body=body, body_kind=kind,
        content_type=content_type, notes=tuple(notes),
    )  # fmt: skip


def _token(user: str, kind: str) -> str:
    return user if kind == "Digest" else base64.b64encode(user.encode("utf-8", "replace")).decode()


def _body(options: dict[str, list[str]]) -> tuple[object, str, list[tuple[str, str]], bool]:
    """(body, kind, query, whether some of it stands in a file)."""
    parts: list[str] = []
    files = "upload" in options
    for value in options.get("data", []):
        files = files or value.startswith("@")
        parts += [] if value.startswith("@") else [value]
    parts += options.get("raw", [])
    for value in options.get("encode", []):
        name, sign, rest = value.partition("=")
        files = files or (not sign and "@" in value)
        parts.append(f"{name}={quote(rest, safe='')}" if sign and name else quote(rest or value, safe=""))
    joined = "&".join(parts)
    if "get" in options:
        return None, "", parse_qsl(joined, keep_blank_values=True), files
    if "json" in options:
        text = "".join(options["json"])
        try:
            return json.loads(text), "json", [], text.startswith("@")
        except (ValueError, RecursionError):
            return text, "text", [], text.startswith("@")
    if "form" in options:
        pairs = [(name, value) for name, _, value in (one.partition("=") for one in options["form"])]
        files = any(value.startswith(("@", "<")) for _, value in pairs)
        return [pair for pair in pairs if not pair[1].startswith(("@", "<"))], "form", [], files
    return joined or None, "", [], files


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values of the options; the URL is one of them."""
    rest = iter(words)
    for word in rest:
        if word in _FLAGS:
            yield _FLAGS[word], ""
        elif word.startswith("--") and "=" in word and word.partition("=")[0] in _VALUES:
            yield _VALUES[word.partition("=")[0]], word.partition("=")[2]
        elif word in _VALUES:
            yield _VALUES[word], next(rest, "")
        elif word.startswith("-") and not word.startswith("--") and len(word) > 2:
            yield from _short(word, rest)
        elif not word.startswith("-") and word:
            yield "url", word


def _short(word: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Letters of one word, such as `-sSXPOST`: the first that takes a value takes what follows."""
    for index, letter in enumerate(word[1:], 1):
        name = f"-{letter}"
        if name in _FLAGS:
            yield _FLAGS[name], ""
        elif name in _VALUES:
            yield _VALUES[name], word[index + 1 :] or next(rest, "")
            return


# ---------------------------------------------------------------- quotes


def _is_cmd(line: str) -> bool:
    """Whether a line is quoted for the command prompt, as browsers copy it: carets, and no single quotes."""
    return re.search(r"\^\"|\^\s*\n", line) is not None or (
        re.search(r"\\\"|\"\"", line) is not None and "'" not in line
    )


def _bash(line: str) -> Iterator[str]:
    r"""The words of a line up to the end of the command; `$'...'` has escapes, and a backslash joins lines."""
    word, inside, at = "", False, 0
    while at < len(line):
        sign = line[at]
        if line.startswith("$'", at):
            end = _ansi_end(line, at + 2)
            word, inside, at = word + _ansi(line[at + 2 : end]), True, end + 1
        elif sign == "'":
            end = line.index("'", at + 1)
            word, inside, at = word + line[at + 1 : end], True, end + 1
        elif sign == '"':
            text, at = _double(line, at + 1)
            word, inside = word + text, True
        elif sign == "\\" and at + 1 < len(line):
            joined = re.match(r"\\[ \t]*\r?\n", line[at:])
            if joined:
                at += joined.end()
            else:
                word, inside, at = word + line[at + 1], True, at + 2
        elif sign in " \t\r":
            if inside:
                yield word
            word, inside, at = "", False, at + 1
        elif sign in "\n;|" or (sign in "&#" and not inside) or (sign == ">" and "<" not in word):
            break
        else:
            word, inside, at = word + sign, True, at + 1
    if inside:
        yield word


def _double(line: str, at: int) -> tuple[str, int]:
    """The text in double quotes, and where it ends."""
    text = ""
    while line[at : at + 1] != '"':
        if at >= len(line):
            raise ValueError
        if line[at] == "\\" and line[at + 1 : at + 2] in tuple('"\\$`\n'):
            text += "" if line[at + 1] == "\n" else line[at + 1]
            at += 2
        else:
            text += line[at]
            at += 1
    return text, at + 1


def _ansi_end(line: str, at: int) -> int:
    while line[at : at + 1] != "'":
        if at >= len(line):
            raise ValueError
        at += 2 if line[at] == "\\" else 1
    return at


def _ansi(text: str) -> str:
    plain = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}

    def one(match: re.Match[str]) -> str:
        said = match[1]
        if said[0] in "uUx" and len(said) > 1:
            point = int(said[1:], 16)
            return chr(point) if point <= 0x10FFFF else ""
        return plain.get(said, said)

    return re.sub(r"\\(u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|x[0-9a-fA-F]{1,2}|.)", one, text, flags=re.S)


def _cmd(line: str) -> Iterator[str]:
    """The words of a line of the command prompt: carets escape, quotes are doubled or have a backslash."""
    line = re.sub(r"\^[ \t]*\r?\n[ \t]*", " ", line)
    line = re.sub(r"\^(.)", r"\1", line, flags=re.S)
    word, inside, quoted, at = "", False, False, 0
    while at < len(line):
        sign = line[at]
        if sign == "\\" and line[at + 1 : at + 2] in ('"', "\\") and (quoted or line[at + 1] == '"'):
            word, inside, at = word + line[at + 1], True, at + 2
        elif sign == '"' and quoted and line[at + 1 : at + 2] == '"':
            word, at = word + '"', at + 2
        elif sign == '"':
            quoted, inside, at = not quoted, True, at + 1
        elif sign in " \t\r" and not quoted:
            if inside:
                yield word
            word, inside, at = "", False, at + 1
        elif sign == "\n" and not quoted:
            break
        else:
            word, inside, at = word + sign, True, at + 1
    if quoted:
        raise ValueError
    if inside:
        yield word
