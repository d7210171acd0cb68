"""Bytes -> text: the encoding by its mark, the call, the header, the declaration, or else UTF-8."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from workbench.errors import DecodeError

# The marks of UTF-32 begin like those of UTF-16, so they come first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Where the first bytes are NUL, when a document begins with ASCII in a wide encoding that carries no mark.
_WIDE = {
    (False, True): "utf-16-le",
    (True, False): "utf-16-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}
# Python knows more codecs than there are charsets: these transform, take quadratic time, or follow the machine.
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"}

_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.ASCII | re.IGNORECASE)
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")


class Reading(NamedTuple):
    """An answer as text.

    Attributes:
        text: The characters, without a byte order mark.
        doubt: The error for formats whose encoding must be sure, when `text` is the guess windows-1252.
    """

    text: str
    doubt: DecodeError | None = None


def read_text(data: bytes, content_type: str | None = None, encoding: str | None = None) -> Reading:
    """Bytes as text.

    Args:
        data: The answer's bytes.
        content_type: Its header, for `charset=`; a charset that Python does not know counts as none.
        encoding: What the call says. It wins over all but a byte order mark.

    Raises:
        DecodeError: If `encoding` is unknown, or the bytes are not in the encoding they should be in.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Reading(_strict(data[len(mark) :], name))
    if encoding is not None:
        codec = _codec(encoding)
        if codec is None:
            raise DecodeError("an unknown encoding", "say one like utf-8 or windows-1252 as encoding: of the call")
        return Reading(_strict(data, codec))
    if wide := _WIDE.get(tuple(byte == 0 for byte in data[:4])):
        return Reading(_strict(data, wide))
    return _narrow(data, _promised(data, content_type))


def _narrow(data: bytes, promised: list[str]) -> Reading:
    """The first promised encoding that fits. Two that differ: UTF-8 if it fits, as other text seldom happens to."""
    if not promised or "utf-8" in promised:
        promised = ["utf-8", *promised]
    failure: DecodeError | None = None
    for name in [*promised, "utf-8"]:
        try:
            return Reading(_strict(data, name))
        except DecodeError as error:
            failure = failure or error
    assert failure is not None  # noqa: S101 - for the type checker: the loop ran
    if promised == ["utf-8"]:
        try:
            return Reading(_strict(data, "cp1252"), failure)
        except DecodeError:
            pass
    raise failure


def _promised(data: bytes, content_type: str | None) -> list[str]:
    """What the header and the XML declaration say, in this order (RFC 7303), as codecs."""
    said = [charset(content_type)]
    if declared := _DECLARED.match(data):
        codec = _codec(declared[1].decode("ascii", "replace"))
        # .NET declares utf-16 in documents that are not: this declaration could be read byte by byte.
        said.append("utf-8" if codec and codec.startswith(("utf-16", "utf-32")) else codec)
    return [codec for codec in said if codec is not None]


def charset(content_type: str | None) -> str | None:
    """The codec of a header's `charset=`; None if it names none that Python knows."""
    header = _HEADER.search(content_type or "")
    return _codec(header[1]) if header else None


def _codec(name: str) -> str | None:
    """Python's name of a charset, or None where it is none."""
    try:
        codec = codecs.lookup(name.strip()).name
        "".encode(codec)  # codecs of bytes to bytes, such as zlib, fail here
    except (LookupError, ValueError):
        return None
    if codec.replace("-", "_") in {name.replace("-", "_") for name in _NO_CHARSETS}:
        return None
    return "utf-8" if codec in ("ascii", "utf-8-sig") else codec


def _strict(data: bytes, codec: str) -> str:
    """The text, or an error that tells the place without the bytes."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1}"
    except UnicodeError:  # some codecs tell no place
        where = "some byte"
    shown = "windows-1252" if codec == "cp1252" else codec.upper()
    how = "name what it is as encoding: of the call, such as windows-1252"
    raise DecodeError(f"the answer is not {shown}, {where} does not fit", how, code="encoding")
