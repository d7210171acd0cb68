"""Bodies of each format, rewritten value by value; whatever is not understood is refused rather than kept."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from workbench.decode import decode
from workbench.errors import DecodeError
from workbench.paths import quote_name
from workbench.pseudonyms.values import LOOKED_AT, PLACES, Row, Unreadable, Values

if TYPE_CHECKING:
    pass

_DEPTH = 200
_CHARSET = re.compile(r";\s*charset=[\"']?([\w.:-]+)[\"']?", re.I)
_MEDIA = re.compile(r"\s*[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Body:
    """A body without a customer's data.

    Attributes:
        data: The bytes, in the format in which they came.
        content_type: The header that fits them.
        rows: What was kept and what was replaced, each place once.
    """

    data: bytes = field(repr=False)
    content_type: str | None
    rows: tuple[Row, ...] = field(repr=False)


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class Rewriting(Values):
    """Rewrites documents, and those inside their texts."""

    def text(self, names: Sequence[str], place: str, text: str) -> str:
        """A text, or the document that it holds, rewritten."""
        from workbench.pseudonyms.pseudonyms import embedded

        if self.passed_over(place):
            return ""
        kind = embedded(text)
        if kind == "json":
            return self.json(text.strip(), names, place)
        if kind == "xml":
            try:
                return self.xml(text.strip().encode(), names, place, None)[0].decode()
            except Unreadable:
                pass
        return self.plain(names, place, text)

    # ------------------------------------------------------------ JSON

    def json(self, text: str, names: Sequence[str], place: str) -> str:
        """JSON, numbers to the digit."""
        try:
            data = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        except (ValueError, RecursionError):
            raise Unreadable("not JSON that can be read") from None
        out: list[str] = []
        self._json(data, list(names), place, out, 0)
        return "".join(out)

    def _json(self, node: Any, names: list[str], place: str, out: list[str], depth: int) -> None:
        if depth > _DEPTH:
            raise Unreadable(f"deeper than {_DEPTH} levels")
        if isinstance(node, dict):
            out.append("{")
            for number, (key, value) in enumerate(node.items()):
                if self.sparing and len(self.rows) >= PLACES:
                    break
                name = self.key(key)
                step = quote_name(key) if name == key else "[*]"
                out.append(f"{',' if number else ''}{_quoted(name)}:")
                if type(value) is str and self.pair_name(key, node, names, value):
                    self.told(place + step, "", value, value)
                    out.append(_quoted(value))
                else:
                    self._json(value, [*names, key], place + step, out, depth + 1)
            out.append("}")
        elif isinstance(node, list):
            out.append("[")
            members = node[:: max(1, len(node) // LOOKED_AT)] if self.sparing else node
            for number, value in enumerate(members):
                out.append("," if number else "")
                self._json(value, names, f"{place}[*]", out, depth + 1)
            out.append("]")
        elif isinstance(node, _Number):
            out.append(self.number(names, place, str(node)))
        elif isinstance(node, str):
            out.append(_quoted(self.text(names, place, node)))
        else:
            out.append(json.dumps(node))

    # ------------------------------------------------------------ XML

    def xml(self, body: bytes, names: Sequence[str], place: str, charset: str | None) -> tuple[bytes, str]:
        """XML with its prefixes and CDATA; comments and instructions are dropped. Returns the encoding as well."""
        writer = _XmlWriter(self, list(names), place)
        parser = expat.ParserCreate(charset)
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = writer.start
        parser.EndElementHandler = writer.end
        parser.CharacterDataHandler = writer.characters
        parser.StartCdataSectionHandler = writer.cdata
        parser.XmlDeclHandler = writer.declaration
        parser.StartDoctypeDeclHandler = writer.doctype
        try:
            parser.Parse(body, True)
        except (expat.ExpatError, LookupError, ValueError, UnicodeError) as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable("not XML that can be read") from None
        encoding = charset or writer.encoding or "utf-8"
        head = f'<?xml version="1.0" encoding="{encoding}"?>' if writer.declared else ""
        return (head + "".join(writer.out)).encode(encoding, "xmlcharrefreplace"), encoding


class _XmlWriter:
    """Writes what the parser reads."""

    def __init__(self, rewriting: Rewriting, names: list[str], place: str) -> None:
        self.rewriting, self.names, self.place = rewriting, names, place
        self.out: list[str] = []
        self.encoding: str | None = None
        self.declared = False
        self.stack: list[str] = []
        self._written: list[str] = []
        self._members: list[str] = []
        self._texts: list[str] = []
        self._cdata = False

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        self.declared, self.encoding = True, encoding

    def doctype(self, name: str, system: str | None, public: str | None, inner: int) -> None:
        if inner:
            raise Unreadable("XML with a DOCTYPE of its own")

    def start(self, name: str, attributes: list[str]) -> None:
        self.flush()
        self.stack.append(name)
        self._written.append(self._key(name))
        self._members += [""] if name == "member" and self._is_rpc() else []
        if len(self.stack) > _DEPTH:
            raise Unreadable(f"deeper than {_DEPTH} levels")
        told = []
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            kept = key == "xmlns" or key.startswith(("xmlns:", "xsi:"))
            names = [*self.names, *self.stack]
            kept = kept or self.rewriting.pair_name(key, [*attributes[::2], "#text"], names, value)
            place = self._place() + quote_name(f"@{key}")
            made = value if kept else self.rewriting.text([*names, key], place, value)
            told.append(f" {self._key(key)}={quoteattr(made)}")
        self.out.append(f"<{self._written[-1]}{''.join(told)}>")

    def end(self, name: str) -> None:
        self.flush()
        if self.stack.pop() == "member" and self._is_rpc():
            self._members.pop()
        self.out.append(f"</{self._written.pop()}>")

    def characters(self, text: str) -> None:
        self._texts.append(text)

    def cdata(self) -> None:
        self._cdata = True

    def flush(self) -> None:
        text, self._texts = "".join(self._texts), []
        cdata, self._cdata = self._cdata, False
        if not text.strip():
            self.out.append(text if self.stack else "")
            return
        if self._members and self.stack[-2:] == ["member", "name"]:
            self._members[-1] = text.strip()  # of XML-RPC: it names the value that follows
            self.out.append(escape(self.rewriting.key(text)))
            return
        names = [*self.names, *(name.rpartition(":")[2] for name in self.stack), *filter(None, self._members)]
        made = self.rewriting.text(names, self._place(), text)
        self.out.append(f"<![CDATA[{made}]]>" if cdata and "]]>" not in made else escape(made))

    def _key(self, name: str) -> str:
        """A name, its prefix untouched: that is declared elsewhere."""
        prefix, mark, local = name.rpartition(":")
        return f"{prefix}{mark}{self.rewriting.key(local)}"

    def _is_rpc(self) -> bool:
        return bool(self.stack) and self.stack[0] in ("methodResponse", "methodCall")

    def _place(self) -> str:
        steps = zip(self.stack, self._written, strict=True)
        return self.place + "".join(quote_name(name) if name == made else "[*]" for name, made in steps)


def rewrite(
    work: Rewriting,
    body: bytes,
    content_type: str | None,
    format: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Body:
    """A body without a customer's data; of a sparing one its rows alone are meant.

    Raises:
        Unreadable: It is in no format that can be rewritten.
    """
    if not body.strip():
        return Body(b"", None, ())
    try:
        document = decode(body, content_type=content_type, format=format, delimiter=delimiter, encoding=encoding)
    except DecodeError as error:
        raise Unreadable(error.problem.what) from None
    match = _CHARSET.search(content_type or "")
    charset = encoding or (match[1] if match else None)
    content_type = _plain_type(content_type)
    if document.format in ("xml", "soap", "xmlrpc"):
        data, _ = work.xml(body, (), "$", charset)
        return Body(data, content_type, tuple(work.rows.values()))
    try:
        text = body.decode("utf-8-sig" if (charset or "utf-8").lower() in ("utf-8", "utf8") else charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        try:
            text, charset = body.decode("cp1252"), "cp1252"
        except UnicodeDecodeError:
            raise Unreadable("text in an unknown encoding") from None
    made = _rewritten(work, document.format, text, delimiter)
    if made is None:
        raise Unreadable(f"{document.format} cannot be rewritten")
    return Body(made.encode(charset or "utf-8", "replace"), content_type, tuple(work.rows.values()))


def _plain_type(content_type: str | None) -> str | None:
    """The header with nothing but the kind and the charset; other parameters may say anything."""
    kind = _MEDIA.match(content_type or "")
    charset = _CHARSET.search(content_type or "")
    return (kind[0].strip() + (f"; charset={charset[1]}" if charset else "")) if kind else None


def _rewritten(work: Rewriting, format: str, text: str, delimiter: str | None) -> str | None:
    if format == "json":
        return work.json(text, (), "$")
    if format == "ndjson":
        return "\n".join(work.json(line, (), "$[*]") for line in text.splitlines() if line.strip()) + "\n"
    if format == "csv":
        return _csv(work, text, delimiter)
    if format == "form":
        pairs = parse_qsl(text.strip(), keep_blank_values=True)
        return urlencode([(work.key(name), work.text([name], f"${quote_name(name)}", value)) for name, value in pairs])
    return None


def _csv(work: Rewriting, text: str, delimiter: str | None) -> str:
    head = text.splitlines()[0]
    mark = delimiter or max(";,\t|", key=head.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator="\n")
    names = rows[0]
    writer.writerow(map(work.key, names))
    for row in rows[1:]:
        padded = [*names, *[""] * max(0, len(row) - len(names))]
        cells = zip(padded, row, strict=False)
        writer.writerow([work.text([name], f"$[*]{quote_name(name)}", cell) for name, cell in cells])
    return out.getvalue()


def _quoted(text: str) -> str:
    made = json.dumps(text, ensure_ascii=False)
    return json.dumps(text) if any("\ud800" <= sign <= "\udfff" for sign in made) else made
