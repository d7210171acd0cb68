"""Damaged and arbitrary answers: a document or a `DecodeError`, and nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.decode import decode
from workbench.documents import Document, Limits
from workbench.errors import DecodeError

SEEDS = {
    "json": b'{"data": [{"no": "A-1", "total": 12.50, "n": 12345678901, "t": "\\ud83d\\ude00 \\"x\\" [,]"}, null]}',
    "ndjson": b'{"no": 1, "x": [true, 1e5]}\n{"no": 2}\n\n{"no": "\xc3\xa9"}\n',
    "xml": b'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE o SYSTEM "o.dtd">'
    b'<o xmlns:p="urn:p" p:a="1"><p:b>x&amp;&#233;</p:b><b xmlns="urn:d"><![CDATA[<c>]]></b><!-- n -->'
    b'<c i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"/></o>',
    "soap": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r/></s:Body></s:Envelope>',
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><o a="é"><b>1</b><b/></o>'.encode("utf-16"),
    "latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?><o a="é">ü</o>'.encode("latin-1"),
    "csv": b'no;"name; full";sku\n1;"Ann ""A"" Lee";X\n2;;\n3;a;b;c\n',
    "form": b"no=7&item=A&item=B&name=Ann+%C3%A9&empty=",
    "html": b"<!DOCTYPE html><html><body><p>Bad gateway</body></html>",
    "entities": b'<!DOCTYPE a [<!ENTITY e "x"><!ATTLIST a b CDATA "c">]><a>&e;</a>',
}
PARTS = [
    *(bytes([byte]) for byte in b"\x00\x01\x1e\"'<>&;,[]{}=%\\/!-\n\t \x80\xff"),
    *(b"<!DOCTYPE a [", b"<![CDATA[", b"]]>", b"&#0;", b"&#xD800;", b"&x;", b"xmlns:p=''", b"xmlns='&#10;'"),
    *(b"\\ud800", b"1e99999", b"NaN", b"[[", b"p:", b"::", b"<?xml encoding='utf-7'?>"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80"),
]
TYPES = [
    *(None, "application/json", "application/x-ndjson", "text/xml; charset=utf-16", "text/html", ";;="),
    *("text/csv; charset=latin-1", "application/x-www-form-urlencoded; charset=koi8-r"),
    *("x; charset=utf-7", "text/plain; charset=idna"),
]
FORMATS = [None, None, "json", "ndjson", "xml", "soap", "csv", "form"]


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The answer with some bytes cut out, doubled, changed, or put in."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.randint(0, 6))
        part = dice.choice([b"", data[at:end] * 2, dice.choice(PARTS), dice.randbytes(2)])
        data = data[:at] if dice.random() < 0.1 else data[:at] + part + data[end:]
    return data


def survives(data: bytes | str, dice: random.Random) -> None:
    limits = dice.choice([Limits(), Limits(bytes=200, depth=3, nodes=9)])
    try:
        document = decode(
            data,
            content_type=dice.choice(TYPES),
            format=dice.choice(FORMATS),
            encoding=dice.choice([None, None, None, "latin-1", "utf-16", "shift_jis", "nonsense"]),
            delimiter=dice.choice([None, None, None, ";", " ", '"', ""]),
            namespaces=dice.choice([None, {"x": "urn:p"}, {"": "urn:p", "y": ""}]),
            limits=limits,
        )
    except DecodeError as error:
        assert error.problem.text == str(error)
    else:
        assert isinstance(document, Document)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_answers(name: str) -> None:
    """A damaged answer, under any header and format, is a document or a `DecodeError`."""
    dice = random.Random(name)
    for _ in range(1500):
        survives(damaged(SEEDS[name], dice), dice)


@given(st.binary(max_size=200) | st.text(st.characters(), max_size=100), st.integers(0, 2**32))
def test_arbitrary_answers(data: bytes | str, seed: int) -> None:
    """So is anything at all."""
    survives(data, random.Random(seed))
