"""What an answer looks like, and what its header promises."""

from __future__ import annotations

import re

# Comments and processing instructions may precede what tells a page from a document. Each part is taken whole or not
# at all, so that a long prolog costs one pass.
PROLOG = r"(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+"
_PAGE = re.compile(rf"{PROLOG}<(?:!doctype\s+html[\s>]|html[\s>/])", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)")
_MARKUP = re.compile(r"<[?!A-Za-z_:À-\U0010FFFF]")
_SCALAR = re.compile(r"""["\d-]|(?:true|false|null|NaN|Infinity)\s*\Z""")
_SCRIPT = re.compile(r"""\)\]\}|(?:while|for)\s*\([^)]{0,9}\)\s*;|(?:/\*\*/\s*)?[A-Za-z_$][\w$.]{0,99}\s*\(\s*[\[{]""")
_FORM = re.compile(r"[^\s=&<>{}/?]++=[^\s&]*+(?:&(?:[^\s=&]++=[^\s&]*+)?)++\s*+", re.DOTALL)

_PARTS = re.compile(
    rb"\s*--[\w'()+,./:=?-]{1,70}\r?\n(?:[A-Za-z-]+:[^\n]*\n)*?content-(?:type|id|transfer-encoding):", re.I
)

_LINES_OF_JSON = {"ndjson", "x-ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-seq", "x-json-stream"}
_TABLES = {"csv", "x-csv", "comma-separated-values", "x-comma-separated-values", "tab-separated-values"}

# How the pages and fragments begin that servers send in place of data.
_PAGE_PARTS = frozenset(
    "html head body title meta link script style div span p h1 h2 h3 center pre b strong hr br font main".split()
)


def promised(content_type: str | None) -> str | None:
    """The format that a content type stands for: json, ndjson, xml, csv, form or html; None if it says nothing."""
    media = (content_type or "").partition(";")[0].strip().lower()
    kind = media.rpartition("/")[2]
    if kind in ("html", "xhtml+xml"):
        return "html"
    if kind in _LINES_OF_JSON or kind.endswith("+json-seq"):
        return "ndjson"
    if kind.endswith("json"):
        return "json"
    if kind.endswith("xml"):
        return "xml"
    if kind in _TABLES:
        return "csv"
    return "form" if kind == "x-www-form-urlencoded" else None


def in_parts(data: object, content_type: str | None) -> bool:
    """Whether an answer is a multipart message, whatever its header says."""
    if (content_type or "").strip().lower().startswith("multipart/"):
        return True
    start = bytes(data[:1000]) if isinstance(data, (bytes, bytearray, memoryview)) else b""
    return _PARTS.match(start) is not None


def look(text: str, hint: str | None = None) -> str | None:
    """What text without leading blanks plainly is: html, xml, json (an object or list), script; None otherwise.

    A header that promises HTML is right about what begins like a part of a page, and about nothing else.
    """
    if text.startswith("<"):
        if _PAGE.match(text):
            return "html"
        tag = _TAG.match(text) if hint == "html" else None
        if tag and tag[1].lower() in _PAGE_PARTS:
            return "html"
        return "xml" if _MARKUP.match(text) else None
    if text.startswith(("{", "[")):
        return "json"
    return "script" if _SCRIPT.match(text) else None


def may_be_scalar(text: str) -> bool:
    """Whether text without leading blanks could be JSON that is a text, a number, a truth value or null."""
    return _SCALAR.match(text) is not None


def looks_like_form(text: str) -> bool:
    """Whether the text is `key=value&key=value` on one line."""
    return _FORM.fullmatch(text) is not None
