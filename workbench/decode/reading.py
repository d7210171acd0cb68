"""Which format an answer is in, and its document.

A call's `format` wins, and an answer in another format is an error. Else the content decides; the header decides where
the content leaves it open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.decode import kinds
from workbench.decode.charset import Reading, charset, read_text
from workbench.decode.jsons import begins_with_line, read_json, read_lines
from workbench.decode.tables import looks_like_csv, read_csv, read_form
from workbench.decode.xmlrpc import answer_of, is_answer
from workbench.decode.xmls import read_xml
from workbench.documents import Document, Element, Limits
from workbench.errors import DecodeError, LimitExceeded

_DEFAULT = Limits()
_BEFORE = "".join(map(chr, range(0x21))).replace("\x1e", "") + "\ufeff"  # what may stand before a document
_SHOWN = {
    "json": "JSON",
    "ndjson": "NDJSON",
    "xml": "XML",
    "soap": "SOAP",
    "csv": "CSV",
    "form": "a form",
    "xmlrpc": "XML-RPC",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer's text with all that was said about it."""

    text: str
    body: str  # the text from its first character that counts
    doubt: DecodeError | None
    delimiter: str | None
    encoding: str | None
    namespaces: Mapping[str, str] | None
    limits: Limits

    def read(self, kind: str) -> Document:
        """The document, read as one format."""
        if kind not in ("csv", "form") and self.doubt:
            raise self.doubt
        if kind == "json":
            return Document(read_json(self.text, self.limits))
        if kind == "ndjson":
            return Document(read_lines(self.text, self.limits), "ndjson")
        if kind == "csv":
            rows, problems = read_csv(self.text, self.delimiter, self.limits)
            return Document(rows, "csv", problems)
        if kind == "form":
            return Document(read_form(self.text, self.encoding, self.limits), "form")
        xml = read_xml(self.text, self.namespaces, self.limits)
        if kind == "xmlrpc":
            if not is_answer(xml.root):
                how = "say format: xml if that is right"
                raise DecodeError("XML without an answer of XML-RPC", how, code="other_format")
            return Document(answer_of(xml.root), "xmlrpc")
        return Document(xml.root, "soap" if xml.soap else "xml", xml.problems)


def decode(
    data: bytes | bytearray | memoryview | str | dict[str, Any] | list[Any] | Document,
    *,
    content_type: str | None = None,
    format: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    namespaces: Mapping[str, str] | None = None,
    limits: Limits = _DEFAULT,
) -> Document:
    """The document that an answer holds.

    Args:
        data: The answer's body, as bytes or text. A `dict` or `list` counts as decoded JSON and is not copied; a
            `Document` is returned as it is.
        content_type: The answer's header. It decides only what the content leaves open, and names the charset.
        format: json, ndjson, xml, soap, csv, form or xmlrpc, if the answer must be that.
        delimiter: Of CSV, if it is not to be found in the heading.
        encoding: Of the bytes; wins over header and declaration, not over a byte order mark.
        namespaces: For XML: the prefixes to write, and the URIs whose names get them.
        limits: How large the answer may be.

    Returns:
        The document; its `problems` tell what became of names and cells that did not fit.

    Raises:
        DecodeError: If the answer is empty, broken, an HTML page, or in another format than it must be. The message
            tells the place, never the content.
        LimitExceeded: If it is beyond `limits`.
    """
    if isinstance(data, Document):
        return data
    if isinstance(data, (dict, list)):
        return Document(data, "xml" if isinstance(data, Element) else "json")
    if kinds.in_parts(data, content_type):
        raise DecodeError(
            "an answer in several parts (MTOM or attachments)",
            "ask the merchant to send plain XML or JSON to this account, without attachments",
            code="multipart",
        )
    text, doubt = _read(data, content_type, encoding, limits)
    body = text.lstrip(_BEFORE)
    if not body:
        raise DecodeError("an empty answer", code="empty")
    said = encoding or charset(content_type)
    answer = _Answer(text, body, doubt, delimiter, said, namespaces, limits)
    hint = kinds.promised(content_type)
    return _by_content(answer, hint) if format is None else _as_said(answer, format, hint)


def decode_text(text: str, kind: str) -> Any:
    """The root node of a document inside a text, as `parse: json | xml | csv` needs it.

    Raises:
        DecodeError: If the text is not `kind`.
        LimitExceeded: If it is beyond the default `Limits`.
    """
    return decode(text, format=kind).root


def _read(data: object, content_type: str | None, encoding: str | None, limits: Limits) -> Reading:
    """The answer's text, after its size was judged."""
    if isinstance(data, str):
        _check_bytes(len(data), limits)
        try:
            _check_bytes(len(data.encode()), limits)
        except UnicodeEncodeError:
            raise DecodeError("half a surrogate pair in the text") from None
        return Reading(data.removeprefix("\ufeff"))
    if isinstance(data, (bytes, bytearray, memoryview)):
        _check_bytes(memoryview(data).nbytes, limits)
        return read_text(bytes(data), content_type, encoding)
    raise DecodeError(f"{type(data).__name__} is no answer", "hand over bytes, text, a dict, a list or a Document")


def _check_bytes(size: int, limits: Limits) -> None:
    if size > limits.bytes:
        raise LimitExceeded(f"more than {limits.bytes:,} bytes", "ask for smaller pages, or raise the limit of bytes")


def _as_said(answer: _Answer, kind: str, hint: str | None) -> Document:
    """The document in the format that the call names, or an error."""
    if kind not in _SHOWN:
        raise DecodeError("an unknown format", f"say one of {', '.join(_SHOWN)} as format: of the call")
    looks = kinds.look(answer.body, hint)
    if looks == "html":
        raise _page()
    if kind in ("xml", "soap", "xmlrpc"):
        if looks != "xml":
            raise _another(kind, looks)
    elif looks == "xml" or (kind in ("csv", "form") and looks == "json" and _is_json(answer)):
        raise _another(kind, looks)
    elif looks == "script" and kind in ("json", "ndjson"):
        raise _script()
    document = answer.read(kind)
    if kind == "soap" and document.format != "soap" and not _is_envelope(document.root):
        raise DecodeError("XML without a SOAP envelope", "say format: xml if that is right", code="other_format")
    return document


def _is_envelope(root: Any) -> bool:
    """Whether XML is an envelope in a namespace that is none of SOAP's: some stacks answer so."""
    envelope = root.get("Envelope")
    return isinstance(envelope, Element) and "Body" in envelope


def _by_content(answer: _Answer, hint: str | None) -> Document:
    """The document in the format that the answer shows."""
    looks = kinds.look(answer.body, hint)
    if looks == "html":
        raise _page()
    if looks == "xml":
        return _xml(answer, hint)
    if hint == "ndjson" or answer.body.startswith("\x1e"):
        return _lines(answer)
    if looks == "json" or (hint not in ("csv", "form") and kinds.may_be_scalar(answer.body)):
        document = _json(answer, strict=hint == "json" or (looks == "json" and hint not in ("csv", "form")))
        if document:
            return document
    if hint in ("csv", "form"):
        return answer.read(hint)
    if looks == "script":
        raise _script()
    if hint is None and kinds.looks_like_form(answer.body):
        return answer.read("form")
    if hint is None and looks_like_csv(answer.text):
        return answer.read("csv")
    if hint in ("json", "xml"):
        raise _another(hint, None)
    raise answer.doubt or DecodeError("neither JSON, NDJSON, XML, CSV nor a form", "say format: at the call")


def _xml(answer: _Answer, hint: str | None) -> Document:
    try:
        document = answer.read("xml")
        return Document(answer_of(document.root), "xmlrpc") if is_answer(document.root) else document
    except LimitExceeded:
        raise
    except DecodeError:
        if hint == "html":
            raise _page() from None
        raise


def _lines(answer: _Answer) -> Document:
    """NDJSON as the header promises it, or one JSON value over several lines all the same."""
    try:
        return answer.read("ndjson")
    except LimitExceeded:
        raise
    except DecodeError:
        if _is_json(answer):
            return answer.read("json")
        raise


def _json(answer: _Answer, *, strict: bool) -> Document | None:
    """JSON, or NDJSON if the first line is a value by itself; None if it is neither and need not be."""
    try:
        return answer.read("json")
    except LimitExceeded:
        raise
    except DecodeError:
        if begins_with_line(answer.text):
            return answer.read("ndjson")
        if strict:
            raise
        return None


def _is_json(answer: _Answer) -> bool:
    try:
        answer.read("json")
    except LimitExceeded:
        raise
    except DecodeError:
        return False
    return True


def _page() -> DecodeError:
    return DecodeError("an HTML page, not data", "check the URL and the sign-in of the call", code="html")


def _script() -> DecodeError:
    how = "ask the API for plain JSON, without a callback"
    return DecodeError("a script around JSON (JSONP or a guard prefix), not data", how, code="script")


def _another(kind: str, looks: str | None) -> DecodeError:
    """The answer is plainly not what it should be."""
    what = f"{_SHOWN[looks]} came" if looks in _SHOWN else "something else came"
    return DecodeError(f"{what} where {_SHOWN[kind]} was promised", "mend format: of the call", code="other_format")
