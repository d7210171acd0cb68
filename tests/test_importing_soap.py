"""From a WSDL to calls: operations, envelopes and inputs, what it imports beside it, and nothing from anywhere else."""

from __future__ import annotations

import socket
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.imported import mistakes, sent
from workbench.errors import AddressRefused, UsageError
from workbench.importing import Proposals, read_calls

WSDL_HEAD = """<?xml version="1.0"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap{newer}/"
 xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:shop" targetNamespace="urn:shop" name="Shop">"""
FIND_TYPES = """
 <x:element name="FindOrders"><x:complexType><x:sequence>
   <x:element name="Filter" minOccurs="0"><x:complexType><x:choice>
     <x:element name="Since" type="x:date"/><x:element name="CustomerEmail" type="x:string"/>
     <x:element name="OrderNo" type="x:string"/></x:choice></x:complexType></x:element>
   <x:element name="PageSize" type="x:int" minOccurs="0"/>
   <x:element name="Shop" type="t:Shop"/>
 </x:sequence><x:attribute name="version" type="x:string" use="required"/></x:complexType></x:element>
 <x:complexType name="Shop"><x:sequence><x:element name="Code" type="x:string"/>
   <x:element name="Open" type="x:boolean"/><x:element name="Parent" type="t:Shop"/></x:sequence></x:complexType>
 <x:element name="FindOrdersResponse" type="x:string"/>
 <x:element name="Login"><x:complexType><x:sequence><x:element name="UserName" type="x:string"/>
   <x:element name="Password" type="x:string"/></x:sequence></x:complexType></x:element>"""


def wsdl(types: str = "", newer: bool = False, imports: str = "", style: str = "document", header: bool = False) -> str:
    """A WSDL with one operation; its types, or what it imports them by."""
    schema = types and (
        f'<w:types><x:schema targetNamespace="urn:shop" elementFormDefault="qualified">{types}</x:schema></w:types>'
    )
    parts = '<w:part name="p" element="t:FindOrders"/>'
    if style == "rpc":
        parts = '<w:part name="email" type="x:string"/><w:part name="max" type="x:int"/>'
    head = '<s:header message="t:Head" part="h" use="literal"/>' if header else ""
    space = ' namespace="urn:shop"' if style == "rpc" else ""
    return f"""{WSDL_HEAD.format(newer="12" if newer else "")}{imports}{schema}
 <w:message name="In">{parts}</w:message><w:message name="Out"/>
 <w:message name="Head"><w:part name="h" element="t:Login"/></w:message>
 <w:portType name="P"><w:operation name="FindOrders"><w:input message="t:In"/><w:output message="t:Out"/>
 </w:operation></w:portType>
 <w:binding name="B" type="t:P"><s:binding style="{style}" transport="http://schemas.xmlsoap.org/soap/http"/>
  <w:operation name="FindOrders"><s:operation soapAction="urn:shop#Find"/><w:input>{head}
  <s:body use="literal"{space}/></w:input><w:output><s:body use="literal"/></w:output></w:operation></w:binding>
 <w:service name="OrderDesk"><w:port name="B" binding="t:B">
  <s:address location="http://u:p@10.0.0.7:8080/desk/orders.asmx?op=x"/></w:port></w:service></w:definitions>"""


def schema(types: str = FIND_TYPES) -> str:
    """A schema of its own."""
    return (
        '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:shop" targetNamespace="urn:shop"'
        f' elementFormDefault="qualified">{types}</x:schema>'
    )


def importing(location: str) -> str:
    """A WSDL whose types stand in another document."""
    types = '<w:types><x:schema><x:import namespace="urn:shop" schemaLocation="' + location + '"/></x:schema></w:types>'
    return wsdl(imports=types)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection fails the test."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def body_of(found: Proposals, index: int = 0) -> dict[str, Any]:
    """The texts of the elements of a body, by their local names."""
    root = ElementTree.fromstring(found[index].body["body"])
    return {node.tag.rpartition("}")[2]: node.text for node in root.iter() if not len(node)}


def test_operation_becomes_two_searches() -> None:
    """An e-mail or a number may be asked for: one call each, with what must be there and what the types say of it."""
    found = read_calls(wsdl(FIND_TYPES), "acme")

    assert (found.kind, [(one.label, one.operation, one.reads) for one in found]) == (
        "wsdl",
        [("FindOrders", "find_orders_by_email", True), ("FindOrders", "find_order_by_number", True)],
    )
    assert body_of(found)["CustomerEmail"] == "{email}"
    assert body_of(found, 1)["OrderNo"] == "{number}"
    assert "Since" not in body_of(found) and "PageSize" not in body_of(found)
    assert found[0].body["action"] == "urn:shop#Find"
    assert "version (string)" in str(found[0].notes) and "Code (string)" in str(found[0].notes)
    assert "left out: PageSize" in str(found[0].notes)
    assert body_of(found)["Open"] == "true"
    assert all(mistakes(one) == [] for one in found)
    request = sent(found[0], email="a<b>@x.example", version="1", Code="eu")
    assert b"<n:CustomerEmail>a&lt;b&gt;@x.example</n:CustomerEmail>" in request.body


def test_address_is_shown_and_the_base_url_wins() -> None:
    """The path is the WSDL's; where it is told, credentials are not."""
    found = read_calls(wsdl(FIND_TYPES), "acme")

    assert found[0].path == "/desk/orders.asmx"
    assert found[0].base_url == "http://10.0.0.7:8080"
    assert (
        "gives its address as 10.0.0.7:8080/desk/orders.asmx; the base URL of the connection wins" in found[0].notes[0]
    )
    assert "u:p" not in repr(list(found))


def test_soap_1_2_and_a_header() -> None:
    """The version is said; a header that the operation wants is part of the envelope, its secrets as references."""
    found = read_calls(wsdl(FIND_TYPES, newer=True, header=True), "acme")

    assert found[0].body["version"] == "1.2"
    envelope = ElementTree.fromstring(found[0].body["body"])
    assert envelope.tag == "{http://www.w3.org/2003/05/soap-envelope}Envelope"
    login = next(envelope.iter("{urn:shop}Login"))
    assert [node.text for node in login] == ["${ACME_USER}", "${ACME_PASSWORD}"]
    assert mistakes(found[0]) == []
    assert b"secret-of-ACME_PASSWORD" in sent(found[0], email="a@x.example").body


def test_rpc_style() -> None:
    """Older services: the operation's name around its parts, which have no namespace."""
    found = read_calls(wsdl(FIND_TYPES, style="rpc"), "acme")

    root = ElementTree.fromstring(found[0].body["body"])
    assert root.tag == "{urn:shop}FindOrders"
    assert {node.tag: node.text for node in root} == {"email": "{email}", "max": "{max}"}


def layout(files: Mapping[str, str], folder: Path) -> Path:
    """A folder with files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def zipped(files: Mapping[str, str], path: Path) -> Path:
    """A zip with files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    "location",
    ["types.xsd", "schemas/types.xsd", "../common/types.xsd", "https://intranet.shop.example/schemas/types.xsd?v=2"],
)
def test_folder_and_zip_resolve_locally(tmp_path: Path, location: str) -> None:
    """Relative places, and addresses that nobody outside reaches: a file of that name beside it is taken."""
    place = location.replace("../", "") if "://" not in location else "deep/down/types.xsd"
    start = "wsdl/orders.wsdl" if location.startswith("..") else "orders.wsdl"
    files = {start: importing(location), place: schema(), "__MACOSX/orders.wsdl": "junk", "read.me": "hello"}

    for source in (layout(files, tmp_path / "folder"), zipped(files, tmp_path / "sent.zip")):
        found = read_calls(source, "acme")
        assert body_of(found)["CustomerEmail"] == "{email}"


def test_file_takes_what_stands_beside_it(tmp_path: Path) -> None:
    """A WSDL that was given by its path finds its schemas in its own folder."""
    layout({"orders.wsdl": importing("xsd/types.xsd"), "xsd/types.xsd": schema()}, tmp_path)

    assert body_of(read_calls(tmp_path / "orders.wsdl", "acme"))["CustomerEmail"] == "{email}"


def test_imports_by_url_go_through_the_caller_s_client() -> None:
    """Only the function that is handed in fetches; places are relative to the WSDL's own address."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return (schema() if "types" in url else importing("inc/types.xsd")).encode()

    found = read_calls("https://shop.example/soap/orders?wsdl", "acme", fetch=fetch)

    assert asked == ["https://shop.example/soap/orders?wsdl", "https://shop.example/soap/inc/types.xsd"]
    assert body_of(found)["CustomerEmail"] == "{email}"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("types.xsd", "types.xsd"),
        ("https://u:pa55@intranet.shop.example/types.xsd?key=pa55", "intranet.shop.example/types.xsd"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254/latest/meta-data"),
        ("file:///etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("../../../../etc/passwd", "passwd"),
        ("ftp://shop.example/types.xsd", "shop.example/types.xsd"),
    ],
)
def test_import_that_cannot_be_had(tmp_path: Path, location: str, shown: str) -> None:
    """A plain message that says what is missing and how to give it; nothing of this machine is read."""

    def fetch(url: str) -> bytes:
        raise AddressRefused("the address is private", "allow it in the deployment")

    sources: list[Any] = [
        importing(location),
        layout({"orders.wsdl": importing(location)}, tmp_path / "f") / "orders.wsdl",
    ]
    for source in [*sources, zipped({"orders.wsdl": importing(location)}, tmp_path / "a.zip")]:
        for how in (None, fetch):
            with pytest.raises(UsageError) as caught:
                read_calls(source, "acme", fetch=how)
            assert f"the WSDL imports {shown}, which cannot be had" in str(caught.value)
            assert "one folder or zip" in str(caught.value)
            assert "pa55" not in str(caught.value)
            if how and location.startswith("http"):
                assert "the address is private" in str(caught.value)


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link beside the WSDL leads nowhere."""
    (tmp_path / "secret.xsd").write_text(schema())
    folder = layout({"orders.wsdl": importing("types.xsd")}, tmp_path / "folder")
    (folder / "types.xsd").symlink_to(tmp_path / "secret.xsd")

    for source in (folder, folder / "orders.wsdl"):
        with pytest.raises(UsageError, match=r"imports types\.xsd"):
            read_calls(source, "acme")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    "text",
    [
        wsdl(FIND_TYPES)[:600],
        wsdl(FIND_TYPES).replace("t:FindOrders", "t:Nothing"),
        wsdl(FIND_TYPES).replace('binding="t:B"', 'binding="t:C"'),
        wsdl("<x:element name='FindOrders' type='t:Missing'/>"),
        wsdl("<x:complexType name='A'><x:complexContent><x:extension base='t:A'/></x:complexContent></x:complexType>"),
        wsdl(FIND_TYPES).replace("<w:definitions", BOMB + "<w:definitions").replace("urn:shop#Find", "&c;"),
        WSDL_HEAD.format(newer="") + "</w:definitions>",
        WSDL_HEAD.format(newer="") + "<w:import namespace='urn:shop' location=''/>" * 50 + "</w:definitions>",
    ],
)
def test_wsdl_that_is_broken(text: str) -> None:
    """An error of ours that offers the other way, or no call and a note; never a stack of somebody else's."""
    try:
        found = read_calls(text, "acme")
    except UsageError as error:
        assert "paste" in str(error) or "cannot be had" in str(error)
    else:
        assert list(found) == [] or all(mistakes(one) == [] for one in found)
        assert found or "paste the envelope" in found.notes[0]


def test_zips_that_are_none(tmp_path: Path) -> None:
    """No zip, a zip without a WSDL, and one that says it is small and is not."""
    for name, data in (("a.zip", b"PK\x03\x04nonsense"), ("b.zip", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError, match="no zip that can be read"):
            read_calls(tmp_path / name, "acme")
    with pytest.raises(UsageError, match=r"no WSDL is in c\.zip"):
        read_calls(zipped({"a.txt": "x"}, tmp_path / "c.zip"), "acme")
    bomb = zipped({f"{index}.xsd": " " * 9_000_000 for index in range(9)}, tmp_path / "d.zip")
    assert bomb.stat().st_size < 200_000
    with pytest.raises(UsageError, match="64 MiB"):
        read_calls(bomb, "acme")
    with pytest.raises(UsageError, match="no WSDL is in empty"):
        read_calls(layout({}, tmp_path / "empty") if (tmp_path / "empty").mkdir() is None else tmp_path, "acme")


def test_pasted_envelope_does_without_a_wsdl() -> None:
    """It is a call, its secrets left out, and it says what an envelope cannot tell."""
    text = (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header><Password>pa55</Password></e:Header>'
        "<e:Body><GetOrder><OrderNo>A-1002</OrderNo></GetOrder></e:Body></e:Envelope>"
    )
    (proposal,) = read_calls(text, "acme")

    assert proposal.body == {
        "version": "1.2",
        "body": text.replace("pa55", "${ACME_PASSWORD}").replace("A-1002", "{number}"),
    }
    assert (proposal.reads, proposal.operation) == (True, "find_order_by_number")
    assert "set the path" in proposal.notes[0]
    assert mistakes(proposal) == []


def deep_types(levels: int) -> str:
    """Types that hold one another, in a long chain and in circles."""
    types = "".join(
        f"<x:complexType name='T{i}'><x:sequence><x:element name='a' type='t:T{i + 1}'/>"
        f"<x:element name='b' type='t:T{(i * 7) % levels}'/></x:sequence></x:complexType>"
        for i in range(levels)
    )
    last = "<x:sequence><x:element name='Email' type='x:string'/></x:sequence>"
    return f"{types}<x:complexType name='T{levels}'>{last}</x:complexType><x:element name='FindOrders' type='t:T0'/>"


def test_types_of_a_thousand_levels() -> None:
    """Deep and wide types are written some levels deep and no further; what is too deep for zeep is told."""
    found = read_calls(wsdl(deep_types(60)), "acme")

    assert len(found[0].body["body"]) < 60_000
    with pytest.raises(UsageError, match="nested too deeply"):
        read_calls(wsdl(deep_types(1000)), "acme")
