"""Bytes -> document: JSON, NDJSON, CSV and forms, which of them it is, in which encoding, and within which limits."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.decode import decode, decode_text
from workbench.documents import Document, Element, Limits
from workbench.errors import DecodeError, LimitExceeded

NDJSON = "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"

# What an answer becomes: body, header, format, root.
FOUND: dict[str, tuple[str, str | None, str, Any]] = {
    "an object": ('{"no": 1}', None, "json", {"no": 1}),
    "a list": (' [1, "a", null, true] ', None, "json", [1, "a", None, True]),
    "a text": ('"A-1"', "application/json", "json", "A-1"),
    "null": ("null", None, "json", None),
    "JSON under another header": ('{"no": 1}', "text/html; charset=utf-8", "json", {"no": 1}),
    "JSON under a form's header": ('{"a": "x=1&y=2"}', FORM, "json", {"a": "x=1&y=2"}),
    "XML under JSON's header": ("<o>1</o>", "application/json", "xml", {"o": "1"}),
    "XML under HTML's header": ("<Orders/>", "text/html", "xml", {"Orders": None}),
    "a problem": ('{"title": "x"}', "application/problem+json", "json", {"title": "x"}),
    "lines": ('{"no": 1}\n{"no": 2}\r\n\n', None, "ndjson", [{"no": 1}, {"no": 2}]),
    "lines under JSON's header": ('{"no": 1}\n{"no": 2}', "application/json", "ndjson", [{"no": 1}, {"no": 2}]),
    "one line of lines": ('{"no": 1}\n', NDJSON, "ndjson", [{"no": 1}]),
    "one value under lines' header": ('{\n"no": 1\n}', "application/jsonl", "json", {"no": 1}),
    "a line break that is none": ('{"a": "x\u2028y"}\n{"a": 2}', None, "ndjson", [{"a": "x\u2028y"}, {"a": 2}]),
    "a JSON sequence": ('\x1e{"no": 1}\n\x1e{"no":\n2}\n', "application/json-seq", "ndjson", [{"no": 1}, {"no": 2}]),
    "a JSON sequence by its mark": ("\x1e1\n\x1e2\n", None, "ndjson", [1, 2]),
    "a table": ("no,sku\n1,A\n2,B\n", None, "csv", [{"no": "1", "sku": "A"}, {"no": "2", "sku": "B"}]),
    "a quoted table": ('"no";"a;b"\n"1";"x\ny"\n', None, "csv", [{"no": "1", "a;b": "x\ny"}]),
    "a table as plain text": ("no\tsku\r\n1\tA\r\n", "text/plain", "csv", [{"no": "1", "sku": "A"}]),
    "a table of one column": ("no\n1\n2", "text/csv; header=present", "csv", [{"no": "1"}, {"no": "2"}]),
    "a table without rows": ("no,sku\n", "text/csv", "csv", []),
    "a table that begins with a bracket": ("[no],[sku]\n1,A", "text/csv", "csv", [{"[no]": "1", "[sku]": "A"}]),
    "a table that begins with a number": ("1,2\n3,4", None, "csv", [{"1": "3", "2": "4"}]),
    "a form": (
        "no=7&name=Ann+Lee&mail=a%40b.example",
        None,
        "form",
        {"no": "7", "name": "Ann Lee", "mail": "a@b.example"},
    ),
    "a form of one field": ("no=7", FORM, "form", {"no": "7"}),
    "a form with lists": ("i[0]=A&i[0]=B&e=&i[0]=C", FORM, "form", {"i[0]": ["A", "B", "C"], "e": ""}),
}


@pytest.mark.parametrize(("body", "content_type", "kind", "root"), FOUND.values(), ids=FOUND)
def test_content_decides_and_the_header_breaks_ties(body: str, content_type: str | None, kind: str, root: Any) -> None:
    """What plainly is a format is that format; the header is asked where it could be several."""
    assert decode(body.encode(), content_type=content_type) == Document(root, kind)
    assert decode(body, content_type=content_type) == Document(root, kind)
    assert decode(body, format=kind) == Document(root, kind)


# What is refused: body, header, format, what the error says. Each body holds 77, which no error may repeat.
REFUSED: dict[str, tuple[str, str | None, str | None, str]] = {
    "nothing": ("", None, None, "an empty answer"),
    "blanks": (" \r\n\ufeff ", "application/json", "json", "an empty answer"),
    "a page": ("<!DOCTYPE html>\n<p>77", None, None, "an HTML page, not data"),
    "a page in XML": ('<?xml version="1.0"?><!-- x --><HTML lang="en">77</HTML>', None, None, "an HTML page"),
    "a page where JSON was said": ("\n<html><body>77", "application/json", "json", "an HTML page"),
    "a page where CSV was said": ("<html><body>77", None, "csv", "an HTML page"),
    "a part of a page": ("<h1>502 77</h1>", "text/html", None, "an HTML page"),
    "markup under HTML's header": ("<Order>77<br></Order>", "text/html", None, "an HTML page"),
    "XML where JSON was said": ("<o>77</o>", None, "json", "XML came where JSON was promised"),
    "XML where CSV was said": ("<o>77</o>", None, "csv", "XML came where CSV was promised"),
    "JSON where XML was said": ('{"a": 77}', None, "xml", "JSON came where XML was promised"),
    "JSON where SOAP was said": ('{"a": 77}', "text/xml", "soap", "JSON came where SOAP was promised"),
    "JSON where CSV was said": ('{"a": 77, "b": 1}', None, "csv", "JSON came where CSV was promised"),
    "JSON where a form was said": ('{"a": "77=1"}', None, "form", "JSON came where a form was promised"),
    "text where XML was said": ("Error 77", None, "xml", "something else came where XML"),
    "text where the header said JSON": ("Sorry, 77\nno, way", "text/json", None, "something else came"),
    "text": ("Order 77 not found", "text/plain", None, "neither JSON"),
    "no form": ("Order 77", None, "form", "no key=value"),
    "JSONP": ('callback({"no": 77})', None, None, "a script around JSON"),
    "JSONP with a comment": ('/**/ a.b.c([77]);', "application/json", None, "a script around JSON"),
    "a guard": (")]}',\n[77]", None, "json", "a script around JSON"),
    "another guard": ("while(1);[77]", None, None, "a script around JSON"),
    "an unknown format": ("77", None, "yaml", "an unknown format"),
    "cut": ('{"no": [77,\n "b', None, None, "ends too early.* line 2, column"),
    "cut between": ('{"no": [77,', None, "json", "ends too early.* line 1, column"),
    "broken": ('{"a": 1,\n "no" 77}', None, None, "expecting ':' delimiter @ response, line 2, column 7"),
    "single quotes": ("{'no': 77}", None, None, "broken JSON"),
    "two values": ('{"no": 77} {"no": 77}', None, None, "more than one JSON value"),
    "lines where JSON was said": ('{"no": 77}\n{"no": 1}', None, "json", "more than one JSON value; .*ndjson"),
    "a broken line": ('{"no": 77}\n{"no": 1}\n{"no" 77}', None, None, "broken JSON.* line 3, column"),
    "a broken line as said": ('{"no": 77\n}', None, "ndjson", "ends too early.* line 1, column"),
    "a broken record": ('\x1e{"no": 77}\n\x1e{', None, None, "ends too early.* record 2, column"),
    "NaN": ('{"no": 77, "a": NaN}', None, None, "NaN is no JSON number"),
    "Infinity": ("[77, -Infinity]", None, None, "Infinity is no JSON number"),
    "Infinity on a line": ("[77]\n[Infinity]", None, None, "Infinity is no JSON number @ response, line 2"),
    "an exponent without end": ("[77e1999999999]", None, None, "too large an exponent"),
    "an exponent beyond Python": ("[77e99999999999999999999]", None, None, "too large an exponent"),
    "digits without end": (f"[{'77' * 20_000}]", None, None, "more than 20000 digits"),
    "half a character": ('{"a": "\\\\ud83d \\ud83d\\ude00",\n"b": "77\\ud83d"}', None, None, "surrogate.* 2, column 9"),
    "the other half": ('["77\\uDE00\\ud83d"]', None, None, "surrogate"),
    "half a character as text": ('["77\ud83d"]', None, None, "surrogate"),
    "a control character": ('["77\x01"]', None, None, "invalid control character @"),
    "quotes that do not fit": ('a,b\n"77"x,1', "text/csv", None, "broken CSV.* line 2"),
    "a quote without end": ('a,b\n1,"77\n2,3\n', "text/csv", None, "broken CSV"),
    "a cell without end": (f"a,b\n1,{'77' * 99_999}", None, "csv", "more characters than are read"),
    "a form in another encoding": ("a=77%81&b=1", FORM, None, "a form in another encoding"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type", "kind", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(body: str, content_type: str | None, kind: str | None, told: str) -> None:
    """The error says what is wrong and where, and repeats nothing of the answer."""
    with pytest.raises(DecodeError, match=told) as caught:
        decode(body, content_type=content_type, format=kind)
    assert "77" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_decoded_answers_are_taken_as_they_are() -> None:
    """A dict or a list is JSON, an XML node XML, none is copied; a document is returned."""
    data, rows, element = {"a": 1.5}, [1], Element(a=None)
    document = Document([], "csv")

    assert decode(data).root is data
    assert decode(rows).root is rows
    assert (decode(data).format, decode(rows).format, decode(element).format) == ("json", "json", "xml")
    assert decode(document) is document
    assert decode(bytearray(b"[1]")).root == decode(memoryview(b"[1]")).root == [1]
    with pytest.raises(DecodeError, match="int is no answer"):
        decode(5)  # type: ignore[arg-type]


def test_json_numbers_are_exact() -> None:
    """Integers stay integers of any length, all others are decimals, digit by digit; the last of two keys wins."""
    long = "9" * 5000
    root = decode(f'{{"a": 0.10, "b": 1e2, "c": {10**30}, "d": {long}, "e": -0, "a": 5.00, "f": 1E-400}}').root

    assert list(map(str, (root["a"], root["b"], root["c"], root["e"]))) == ["5.00", "1E+2", str(10**30), "0"]
    assert isinstance(root["c"], int) and isinstance(root["b"], Decimal)
    assert root["d"] == 10**5000 - 1
    assert root["f"] == Decimal("1e-400")


def test_text_inside_a_document() -> None:
    """`parse:` reads a text as the kind it names, and nothing else."""
    assert decode_text('{"a": 1.0}', "json") == {"a": Decimal("1.0")}
    assert decode_text("<a>1</a>", "xml") == {"a": "1"}
    assert decode_text("a\n1", "csv") == [{"a": "1"}]
    with pytest.raises(DecodeError):
        decode_text("<a>1</a>", "json")


ENCODED: dict[str, tuple[bytes, str | None, str | None]] = {
    "utf-8": ('["é"]'.encode(), None, None),
    "utf-8 with a mark": (codecs.BOM_UTF8 + '["é"]'.encode(), "application/json; charset=latin-1", None),
    "utf-16 with a mark": ('["é"]'.encode("utf-16"), None, None),
    "utf-16 big with a mark": (codecs.BOM_UTF16_BE + '["é"]'.encode("utf-16-be"), None, None),
    "utf-16 without a mark": ('["é"]'.encode("utf-16-be"), None, None),
    "utf-32 with a mark": ('["é"]'.encode("utf-32"), None, None),
    "utf-32 without a mark": ('["é"]'.encode("utf-32-le"), None, None),
    "by the header": ('["é"]'.encode("latin-1"), "application/json; charset=ISO-8859-1", None),
    "by the call": ('["é"]'.encode("cp850"), "application/json; charset=utf-8", "cp850"),
    "header says ascii": ('["é"]'.encode(), "application/json; charset=us-ascii", None),
    "header says what does not fit": ('["é"]'.encode(), "application/json; charset=iso-2022-jp", None),
    "header says nothing known": ('["é"]'.encode(), "application/json; charset=zip", None),
}


@pytest.mark.parametrize(("data", "content_type", "encoding"), ENCODED.values(), ids=ENCODED)
def test_encodings_of_json(data: bytes, content_type: str | None, encoding: str | None) -> None:
    """A byte order mark, the call, the header, and else UTF-8 tell the encoding."""
    assert decode(data, content_type=content_type, encoding=encoding).root == ["é"]


def test_bytes_in_no_encoding_are_refused() -> None:
    """JSON that is not UTF-8 needs somebody to say what it is; the error tells the byte's place."""
    with pytest.raises(DecodeError, match=r"not UTF-8, byte 3 .*encoding: of the call"):
        decode(b'["\xe9"]')
    with pytest.raises(DecodeError, match="not UTF-16-LE"):
        decode(codecs.BOM_UTF16_LE + b"[\x00\x00\xd8]\x00")
    for unknown in ("klingon", "zlib", "idna", "a\0b", "unicode_escape", ""):
        with pytest.raises(DecodeError, match="an unknown encoding"):
            decode(b"[1]", encoding=unknown)


def test_encodings_of_tables_and_forms() -> None:
    """Without any word about it they are UTF-8, or else windows-1252."""
    assert decode("a;b\nGröße;5 €\n".encode("cp1252")).root == [{"a": "Größe", "b": "5 €"}]
    assert decode("a;b\nGröße;5 €\n".encode()).root == [{"a": "Größe", "b": "5 €"}]
    assert decode("a;b\nGröße;5\n".encode("utf-16")).root == [{"a": "Größe", "b": "5"}]
    assert decode("a;b\nж;5\n".encode("koi8-r"), content_type="text/csv; charset=koi8-r").root == [{"a": "ж", "b": "5"}]
    assert decode(b"a=%F6&b=1").root == {"a": "ö", "b": "1"}
    assert decode(b"a=%C3%B6&b=1").root == {"a": "ö", "b": "1"}
    assert decode(b"a=%D6&b=1", content_type=f"{FORM}; charset=koi8-r").root == {"a": "ж", "b": "1"}
    with pytest.raises(DecodeError, match="not UTF-8, byte 5 "):
        decode(b"a;b\n\x81;1\n", format="csv")


def test_csv_delimiters() -> None:
    """The heading tells the delimiter, quoted cells aside, unless the call or the file names it."""
    assert decode('"a,b,c";d\n1;2\n', format="csv").root == [{"a,b,c": "1", "d": "2"}]
    assert decode("a|b\n1,0|2\n", format="csv").root == [{"a": "1,0", "b": "2"}]
    assert decode("a;b,c\n1;2\n", format="csv").root == [{"a": "1", "b,c": "2"}]  # as often: the row agrees with one
    assert decode("sep=#\r\na#b\r\n1#2\r\n", format="csv").root == [{"a": "1", "b": "2"}]
    assert decode("a#b\n1#2\n", format="csv", delimiter="#").root == [{"a": "1", "b": "2"}]
    assert decode('a, b\n1, "x, y"\n', format="csv").root == [{"a": "1", "b": "x, y"}]
    for wrong in ("##", "\n", '"', ""):
        with pytest.raises(DecodeError, match="a delimiter is one character"):
            decode("a#b\n1#2\n", format="csv", delimiter=wrong)


def test_csv_rows_that_do_not_fit_the_heading() -> None:
    """Short rows lack keys, long ones lose cells, and unnamed or repeated columns get names; what is lost is told."""
    document = decode("\n\na,,b,a,\n1\n\n1,2,3,4,5,6\n,,,,,\n", format="csv")

    assert document.root == [
        {"a": "1"},
        {"a": "1", "column 2": "2", "b": "3", "a (2)": "4", "column 5": "5"},
        {"a": "", "column 2": "", "b": "", "a (2)": "", "column 5": ""},
    ]
    assert [problem.code for problem in document.problems] == ["csv_heading", "csv_cells"]
    assert document.problems[0].text.startswith("1 column has the name of an earlier one")
    assert document.problems[1].text.startswith("2 rows have more cells than the heading")


def nested(depth: int) -> str:
    return "[" * (depth // 2) + '{"a":' * (depth - depth // 2) + "1" + "}" * (depth - depth // 2) + "]" * (depth // 2)


@pytest.mark.parametrize("depth", [1, 5, 200])
def test_depth_of_json(depth: int) -> None:
    """Containers may stand `depth` deep in one another and no deeper, whatever strings hold."""
    decoy = '["[[[[", "]]]]", "{\\"[", "\\\\", "]"]'
    limits = Limits(depth=depth)

    decode(nested(depth), limits=limits)
    for deeper in (nested(depth + 1), f"[{decoy}, {nested(depth)}, {decoy}]", f"{nested(depth)}\n{nested(depth)}"):
        with pytest.raises(LimitExceeded, match=f"nested more than {depth} deep"):
            decode(deeper, limits=limits)


@pytest.mark.parametrize("body", ["[" * 300_000, "[" * 300_000 + "]" * 300_000, '{"a":' * 90_000 + "1" + "}" * 90_000])
def test_depth_without_end(body: str) -> None:
    """Nesting beyond what Python's parser survives is a limit too, not a crash."""
    with pytest.raises(LimitExceeded):
        decode(body)
    with pytest.raises(LimitExceeded):
        decode(body, limits=Limits(depth=10**9))


TREES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{},"\\ aé'), max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.sampled_from('[],"\\x'), max_size=3), inner),
    max_leaves=20,
)


def depth_of(node: Any) -> int:
    members = node.values() if isinstance(node, dict) else node
    return 1 + max(map(depth_of, members), default=0) if isinstance(node, (dict, list)) else 0


def size_of(node: Any) -> int:
    members = node.values() if isinstance(node, dict) else node
    return 1 + sum(map(size_of, members)) if isinstance(node, (dict, list)) else 1


@given(TREES, st.sampled_from([None, 1]))
def test_limits_of_json_are_exact(tree: Any, indent: int | None) -> None:
    """For any tree, its own depth and number of nodes are allowed, and one less is not."""
    text, depth, nodes = json.dumps(tree, indent=indent, ensure_ascii=False), depth_of(tree), size_of(tree)

    assert decode(text, format="json", limits=Limits(depth=depth, nodes=nodes)).root == tree
    for limits in (Limits(depth=depth - 1), Limits(nodes=nodes - 1)):
        if depth:
            with pytest.raises(LimitExceeded):
                decode(text, format="json", limits=limits)


def test_limits_of_the_other_formats() -> None:
    """Bytes, rows and cells, lines, and fields are bounded."""
    assert decode("{}\n\n\n\n\n\n\n[]\n", format="ndjson", limits=Limits(nodes=8)).root == [{}, []]
    assert decode("a,b\n1,2\n", limits=Limits(nodes=4)).root == [{"a": "1", "b": "2"}]
    for body, limits in {
        "a,b\n1,2\n3,4\n": Limits(nodes=4),
        '{"a": 1}\n{"a": 2}': Limits(nodes=4),
        "a=1&b=2&c=3": Limits(nodes=3),
        '"é"': Limits(bytes=3),
        "a,b\n1,é\n": Limits(bytes=8),
    }.items():
        for data in (body, body.encode()):
            with pytest.raises(LimitExceeded, match="more than"):
                decode(data, limits=limits)


# Answers that cost time in the square of their size, or memory in the multiple, wherever that is overlooked.
HOSTILE = {
    "columns of one name": "a," * 200_000 + "\n1,2\n",
    "delimiters in a row": "a,b\n" + "," * 3_000_000,
    "lines of nothing": "1\n" + "\n" * 3_000_000,
    "quotes in a heading": '"a""' * 100_000 + ",\n1,\n",
    "escapes in a form": "a=" + "%41" * 4_000_001 + "&b=1",
    "fields of a form": "a&" * 3_000_000 + "a=1",
    "instructions before nothing": "<?a?>" * 200_000,
    "a comment without end": "<!--" * 500_000,
    "a doctype without end": "<!DOCTYPE a " + "'x' " * 300_000,
    "CDATA without end": "<a>&#0;" + "<![CDATA[" * 300_000,
    "a long namespace": f"<a xmlns='{'u' * 500_000}'>" + "<b/>" * 300_000 + "</a>",
    "a long namespace without its prefix": f"<p:a xmlns='{'u' * 500_000}'>" + "<b/>" * 300_000 + "</p:a>",
    "fractions without end": f"[0.{'1' * 1_000_000}]",
    "strings of brackets": '["' + '[","' * 1_500_000 + '"]',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers_cost_no_more_than_their_size(body: str) -> None:
    """They are refused or decoded like any other, rather than holding up the process."""
    for content_type in (None, "text/csv"):
        try:
            decode(body, content_type=content_type)
        except DecodeError as error:
            assert len(str(error)) < 300


def test_real_responses_are_decoded(outside: Callable[[str], Path]) -> None:
    """Every response that third parties published is decoded by its content alone; but one that is cut or malformed."""
    kinds: dict[str, int] = {}
    for file in sorted((outside("ORDERBENCH") / "responses").iterdir()):
        if file.suffix == ".tsv" or ".expected" in file.name:
            continue
        try:
            kind = decode(file.read_bytes()).format
        except DecodeError:
            assert "malformed" in file.name
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        assert {".json": "json", ".csv": "csv", ".txt": "form"}.get(file.suffix, kind) == kind, file.name
    assert set(kinds) == {"json", "xml", "soap", "csv", "form"}
