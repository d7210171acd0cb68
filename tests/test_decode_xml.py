"""XML -> xmltodict's shape with the language's changes, and what no XML may do to us."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from workbench.decode import decode, decode_text
from workbench.documents import Element, Elements, Limits, Text
from workbench.errors import DecodeError, LimitExceeded

XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}


def changed(node: Any, namespaces: dict[str, str]) -> Any:
    """xmltodict's own answer with what the language changes in it: the slow and obvious way."""
    if isinstance(node, list):
        return Elements(changed(member, namespaces) for member in node)
    if isinstance(node, str):
        return Text(node)
    if not isinstance(node, dict):
        return node
    if node.get(f"@{XSI}|nil") in ("true", "1"):
        return None
    element = Element()
    for key, value in node.items():
        if key == "@xmlns":
            continue
        mark, name = ("@", key[1:]) if key.startswith("@") else ("", key)
        uri, _, local = name.rpartition("|")
        prefix = next((f"{prefix}:" for prefix, said in namespaces.items() if said == uri), "")
        new, value = f"{mark}{prefix}{local}", changed(value, namespaces)
        if new in element:
            value = Elements([*beside(element[new]), *beside(value)])
        element[new] = value
    return element["#text"] if set(element) == {"#text"} else element or None


def beside(node: Any) -> Any:
    return node if isinstance(node, Elements) else [node]


def by_xmltodict(data: bytes, **namespaces: str) -> Any:
    return changed(xmltodict.parse(data, process_namespaces=True, namespace_separator="|"), namespaces)


def same(one: Any, other: Any, *, in_order: bool = True) -> bool:
    """Equal, with equal marks, keys in equal order, and if asked with elements in equal order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key], in_order=in_order) for key in one)
    if isinstance(one, list):
        if not in_order:
            one, other = sorted(one, key=repr), sorted(other, key=repr)
        return len(one) == len(other) and all(same(*pair, in_order=in_order) for pair in zip(one, other, strict=True))
    return bool(one == other)


CASES = {
    "text": "<a>t</a>",
    "attribute": '<a x="1">t</a>',
    "empty": "<a/>",
    "empty with blanks": "<a>  \n </a>",
    "attribute only": '<a x=""/>',
    "attribute and blanks": '<a x=" 1 "> </a>',
    "text is trimmed": "<a>\n  t  u\n</a>",
    "non-breaking blanks are trimmed": "<a>\u00a0t\u00a0</a>",
    "children": "<a>\n <b>1</b>\n <c>2</c>\n</a>",
    "one or many": "<a><b>1</b><c/><b>2</b><b/></a>",
    "mixed text": "<a>one <b>two</b> three <b/> four</a>",
    "text in parts": "<a>a&amp;b &#8364; <![CDATA[<c>]]> d</a>",
    "comments vanish": "<a>x<!-- y -->z<b><!-- only --></b></a>",
    "instructions vanish": "<?go?><a>x<?php echo 1 ?>z</a><?end?>",
    "declaration": '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a>é</a>\n',
    "version 1.1": '<?xml version="1.1"?><a>1</a>',
    "default namespace": '<a xmlns="urn:a"><b x="1">t</b></a>',
    "namespace on a leaf": '<a><b xmlns="urn:b">t</b><c xmlns="urn:c"/></a>',
    "prefixes": '<p:a xmlns:p="urn:p"><p:b p:x="1" y="2">t</p:b><q:c xmlns:q="urn:p">u</q:c></p:a>',
    "prefix bound anew": '<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:q"><p:c/></p:b><p:b/></p:a>',
    "xml:lang": '<a xml:lang="de" xml:space="preserve"> t </a>',
    "nil": f'<a xmlns:i="{XSI}"><b i:nil="true"/><c i:nil="1" x="1"><d>1</d></c><e i:nil="false">t</e></a>',
    "nil below nil": f'<a xmlns:i="{XSI}" i:nil="true"><b i:nil="true">1</b><c>2</c></a>',
    "an attribute nil of their own": '<a nil="true" x="1">t</a>',
    "elements of two namespaces": '<a xmlns:p="urn:p"><b>1</b><p:b>2</p:b></a>',
    "attributes of two namespaces": '<a xmlns:p="urn:p" x="1" p:x="2"/>',
    "plain doctype": '<!DOCTYPE a SYSTEM "http://dtd.example/a.dtd"><a>1</a>',
    "public doctype": '<?xml version="1.0"?>\n<!-- > --><!DOCTYPE a PUBLIC "-//E//A//EN" \'a.dtd\' >\n<a>1</a>',
    "doctype with elements": "<!DOCTYPE a [<!ELEMENT a ANY><!ATTLIST a x CDATA #IMPLIED>]><a x='1'>1</a>",
    "doctype in CDATA": "<a><![CDATA[<!DOCTYPE a SYSTEM 'x'>]]></a>",
    "long text": f"<a><b>{'long ' * 9000}</b></a>",
    "deep": "<a>" * 150 + "t" + "</a>" * 150,
}


@pytest.mark.parametrize("xml", CASES.values(), ids=CASES)
def test_shape_is_that_of_xmltodict(xml: str) -> None:
    """What expat says becomes what xmltodict makes of it, with prefixes, xmlns and nil as the language has them."""
    assert same(decode(xml.encode()).root, by_xmltodict(xml.encode()))
    assert same(decode(xml).root, by_xmltodict(xml.encode()))


NAMES = st.sampled_from(["a", "b", "c", "p:a", "p:b", "q:a", "é"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from(" \n\t"), max_size=8)
ATTRIBUTES = st.dictionaries(st.sampled_from(["a", "x", "p:a", "p:x", "i:type"]), TEXTS, max_size=3)
NIL = st.sampled_from(["", "", "", ' i:nil="true"', ' i:nil="0"'])
DECLARED = st.sampled_from(["", "", ' xmlns="urn:d"', ' xmlns:p="urn:other"', ' xmlns=""', f' xmlns:q="{XSI}"'])
OTHER = TEXTS.map(escape) | st.sampled_from(
    ["<!-- n -->", "<?n n?>", "<![CDATA[ <&> ]]>", "&#233;", "&lt;", "\r\n", " "]
)


@st.composite
def written(draw: st.DrawFn, name: str, content: str, declared: str = "") -> str:
    said = "".join(f" {key}={quoteattr(value)}" for key, value in draw(ATTRIBUTES).items())
    return f"<{name}{said}{draw(NIL)}{declared or draw(DECLARED)}>{content}</{name}>"


ELEMENTS = st.recursive(
    st.tuples(NAMES, OTHER).flatmap(lambda pair: written(*pair)),
    lambda inner: st.tuples(NAMES, st.lists(inner | OTHER, max_size=5).map("".join)).flatmap(
        lambda pair: written(*pair)
    ),
    max_leaves=12,
)
ROOT = f' xmlns:p="urn:p" xmlns:q="urn:q" xmlns:i="{XSI}"'
DOCUMENTS = st.lists(ELEMENTS | OTHER, max_size=4).map("".join).flatmap(lambda inner: written("r", inner, ROOT))


@given(DOCUMENTS)
def test_shape_is_that_of_xmltodict_for_invented_documents(xml: str) -> None:
    """The same for documents that nobody thought of, without and with a declared namespace."""
    data = xml.encode()

    for said in ({}, {"cbc": "urn:p"}):
        document = decode(data, namespaces=said)
        # xmltodict has forgotten in which order elements of different namespaces stood
        assert same(document.root, by_xmltodict(data, **said), in_order=not document.problems)


def test_real_responses_have_the_shape_of_xmltodict(outside: Callable[[str], Path]) -> None:
    """Every well-formed XML response that third parties published is decoded as xmltodict and the language say."""
    files = sorted((outside("ORDERBENCH") / "responses").glob("*.xml"))
    compared = 0
    for file in files:
        data = file.read_bytes()
        try:
            document = decode(data)
        except DecodeError:
            with pytest.raises(Exception, match="not well-formed"):
                xmltodict.parse(data)
            continue
        compared += 1
        assert same(document.root, by_xmltodict(data)), file.name
        assert document.problems == (), file.name
    assert compared > 40


@pytest.mark.parametrize("version", SOAP)
def test_soap_is_told_by_its_envelope(version: str) -> None:
    """A root Envelope of a SOAP namespace makes a SOAP document, and one of another namespace does not."""
    soap = f'<s:Envelope xmlns:s="{SOAP[version]}"><s:Body><r/></s:Body></s:Envelope>'

    assert decode(soap).format == "soap"
    assert decode(soap, format="soap").root == {"Envelope": {"Body": {"r": None}}}
    assert decode(soap, namespaces={"soap": SOAP[version]}).format == "soap"
    assert decode(soap.replace(SOAP[version], "urn:post")).format == "xml"
    assert decode(f"<a>{soap}</a>").format == "xml"
    with pytest.raises(DecodeError, match="XML without a SOAP envelope"):
        decode("<a/>", format="soap")


def test_declared_namespaces_get_the_mappings_prefix() -> None:
    """Names of a declared URI, elements and attributes, carry the mapping's prefix; all others none."""
    xml = '<o xmlns="urn:d" xmlns:x="urn:basic"><x:ID x:k="1" k="2">1</x:ID><ID>2</ID></o>'

    document = decode(xml, namespaces={"cbc": "urn:basic"})

    assert document.root == {"o": {"cbc:ID": {"@cbc:k": "1", "@k": "2", "#text": "1"}, "ID": "2"}}
    assert document.problems == ()


def test_names_that_fall_together_are_told() -> None:
    """Equal local names of two namespaces become one list, each place is told once, and a declaration mends it."""
    xml = (
        '<Order xmlns:x="urn:x" xmlns:y="urn:y">'
        "<x:ID>1</x:ID><y:ID>2</y:ID><Line><x:ID>3</x:ID></Line>"
        "<Line><ID>4</ID><y:ID y:a='1' a='2'>5</y:ID></Line><x:ID>6</x:ID></Order>"
    )

    document = decode(xml)

    assert document.root["Order"]["ID"] == ["1", "2", "6"]
    assert [(problem.where, problem.code, problem.at_run) for problem in document.problems] == [
        ("$.Order.ID", "same_local_name", True),
        ("$.Order.Line.ID", "same_local_name", True),
        ("$.Order.Line.ID.@a", "same_local_name", True),
    ]
    assert decode(xml, namespaces={"y": "urn:y"}).problems == ()


def test_equal_names_elsewhere_or_of_one_namespace_are_no_problem() -> None:
    """Only names side by side fall together: not cousins, and not two prefixes of one URI."""
    assert decode('<o xmlns:x="urn:x"><x:a><ID/></x:a><b><x:ID/></b></o>').problems == ()
    assert decode('<o xmlns:x="urn:x" xmlns:y="urn:x"><x:ID/><y:ID/></o>').problems == ()


def test_prefixes_need_no_declaration() -> None:
    """A document with an undeclared prefix, as xmltodict reads it too, loses its prefixes like any other."""
    xml = (
        f'<n:o xmlns:i="{XSI}" xmlns:x="urn:x" xmlns="urn:d"><n:a n:k="1" j="2">t</n:a>'
        '<x:b xmlns:x="urn:y"><x:c/></x:b><x:b/><d i:nil="true">1</d><e xsi:nil="true"/></n:o>'
    )

    document = decode(xml, namespaces={"X": "urn:x", "Y": "urn:y", "D": "urn:d"})

    assert same(
        document.root,
        Element(
            o=Element(
                {
                    "a": Element({"@k": Text("1"), "@j": Text("2"), "#text": Text("t")}),
                    "Y:b": Element({"Y:c": None}),
                    "X:b": None,
                    "D:d": None,
                    "D:e": None,
                }
            )
        ),
    )


def test_control_characters_are_dropped() -> None:
    """What XML forbids is dropped, raw or as a reference, but for a CDATA section's plain text."""
    xml = (
        b"\x00\x01<o a='\x02x&#1;'><b>N\x0bor&#x1F;th&#0;\x1f</b><c><![CDATA[&#1;]]></c><d>&#10;&#x9;&#x41;</d></o>\x00"
    )

    assert decode(xml).root == {"o": {"@a": "x", "b": "North", "c": "&#1;", "d": "A"}}


ENCODED = {
    "utf-8": ("", "utf-8", b"", None),
    "utf-8 with a mark": ("", "utf-8", codecs.BOM_UTF8, None),
    "mark against declaration": ("iso-8859-1", "utf-8", codecs.BOM_UTF8, None),
    "declared latin-1": ("ISO-8859-1", "latin-1", b"", None),
    "declared windows-1252": ("windows-1252", "cp1252", b"", None),
    "declared, of several bytes": ("Shift_JIS", "shift_jis", b"", None),
    "utf-16 little with a mark": ("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE, None),
    "utf-16 big with a mark": ("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE, None),
    "utf-16 without a mark": ("UTF-16", "utf-16-le", b"", None),
    "utf-32 with a mark": ("", "utf-32-be", codecs.BOM_UTF32_BE, None),
    "declared utf-16 and is not": ("utf-16", "utf-8", b"", None),
    "by the header": ("", "latin-1", b"", "text/xml; charset=ISO-8859-1"),
    "by the header in quotes": ("", "koi8-r", b"", 'application/xml;charset="KOI8-R"'),
    "header latin-1, declared and is utf-8": ("utf-8", "utf-8", b"", "text/xml; charset=iso-8859-1"),
    "header utf-8, declared and is latin-1": ("iso-8859-1", "latin-1", b"", "text/xml; charset=utf-8"),
    "header utf-8 and is, declared latin-1": ("iso-8859-1", "utf-8", b"", "text/xml; charset=utf-8"),
    "header of no charset": ("", "utf-8", b"", "text/xml; charset=utf8mb9"),
    "header of a codec that is none": ("", "utf-8", b"", "text/xml; charset=zlib"),
}


@pytest.mark.parametrize(("declared", "codec", "mark", "content_type"), ENCODED.values(), ids=ENCODED)
def test_encodings(declared: str, codec: str, mark: bytes, content_type: str | None) -> None:
    """The encoding is found by mark, declaration and header, whatever each of them claims wrongly."""
    word = {"shift_jis": "注文", "koi8-r": "Заказ"}.get(codec, "Größe")
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    data = mark + f"{head}<o>{word}</o>".encode(codec)

    assert decode(data, content_type=content_type).root == {"o": word}


def test_text_has_no_encoding_any_more() -> None:
    """XML inside a text is read whatever its declaration says."""
    assert decode_text('<?xml version="1.0" encoding="UTF-16"?><o>Größe</o>', "xml") == {"o": "Größe"}


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{BOMB}]><a>&l9;</a>',
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY q "{"q" * 9999}">]><a>{"&q;" * 9999}</a>',
    "entity in an attribute": '<!DOCTYPE a [<!ENTITY e "x">]><a b="&e;"/>',
    "entity never used": '<!DOCTYPE a [<!ENTITY e "x">]><a/>',
    "external file": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
    "external address": '<!DOCTYPE a [<!ENTITY e PUBLIC "p" "http://127.0.0.1:9/">]><a>&e;</a>',
    "unparsed": '<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY e SYSTEM "f" NDATA n>]><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd">%p;]><a/>',
    "parameter entity undeclared": "<!DOCTYPE a [%p;]><a b='&e;'>&e;</a>",
    "outer and inner definitions": "<!DOCTYPE a SYSTEM 'a.dtd' [<!ELEMENT a ANY>]><a b='&e;'/>",
    "defaults of attributes": f"<!DOCTYPE a [<!ATTLIST b c CDATA '{'x' * 999}'>]><a>{'<b/>' * 999}</a>",
    "entity of a definition elsewhere": '<!DOCTYPE a SYSTEM "a.dtd"><a>5&nbsp;EUR</a>',
    "the same in an attribute": '<!DOCTYPE a SYSTEM "a.dtd"><a b="5&nbsp;EUR"/>',
    "entity of nowhere": "<a>&nbsp;</a>",
}


@pytest.mark.parametrize("xml", ATTACKS.values(), ids=ATTACKS)
def test_entities_are_refused(xml: str) -> None:
    """No entity is expanded, fetched, or silently nothing."""
    with pytest.raises(DecodeError, match=r"entit|defaults"):
        decode(xml)
    with pytest.raises(DecodeError, match=r"entit|defaults"):
        decode(xml.encode("utf-16"), format="xml")


BROKEN = {
    "cut in an element": ("<orders>\n<order><no>A-77</no>", "ends too early.*line 2, column"),
    "cut in a tag": ("<orders><ord", "ends too early"),
    "cut in CDATA": ("<o><![CDATA[A-77", "ends too early"),
    "tags that do not fit": ("<o><A-77></o>", "mismatched tag @ response, line 1, column"),
    "two roots": ("<o/><o/>", "junk after document element"),
    "blank lines above": ("\n\n<o>\n<A-77></o>", "line 4, column"),
    "a bare ampersand": ("<o>A & B-77</o>", "not well-formed"),
    "a bad declaration": ('<?xml version=\\"1.0\\"?><o/>', "XML declaration not well-formed"),
}


@pytest.mark.parametrize(("xml", "told"), BROKEN.values(), ids=BROKEN)
def test_broken_xml_is_told_with_its_place(xml: str, told: str) -> None:
    """The error says what and where, and nothing of the content."""
    with pytest.raises(DecodeError, match=told) as caught:
        decode(xml)
    assert "77" not in str(caught.value)


def test_limits_of_xml() -> None:
    """Depth, elements with attributes, and bytes are bounded, each exactly."""
    deep, wide = "<a>" * 6 + "</a>" * 6, "<a x='1' y='2'>t<b/><b>u</b></a>"

    decode(deep, limits=Limits(depth=6))
    with pytest.raises(LimitExceeded, match="nested more than 5 deep"):
        decode(deep, limits=Limits(depth=5))
    decode(wide, limits=Limits(nodes=7))  # the document, three elements, two attributes, the text beside them
    with pytest.raises(LimitExceeded, match="more than 6 values"):
        decode(wide, limits=Limits(nodes=6))
    decode(wide, limits=Limits(bytes=len(wide)))
    with pytest.raises(LimitExceeded, match=f"more than {len(wide) - 1} bytes"):
        decode(wide.encode(), limits=Limits(bytes=len(wide) - 1))
    with pytest.raises(LimitExceeded):
        decode("<a>" * 500_000)
    with pytest.raises(LimitExceeded):
        decode("<n:a>" * 500_000)
