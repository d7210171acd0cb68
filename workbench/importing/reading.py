"""What a text, file, folder or zip is, and who reads it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.importing.curl import looks_like_curl, read_curl
from workbench.importing.finish import Raw, finish, soap_of
from workbench.importing.har import looks_like_har, read_har
from workbench.importing.openapi import looks_like_openapi, read_openapi
from workbench.importing.postman import looks_like_postman, read_postman
from workbench.importing.proposal import Proposals

Fetch = Callable[[str], bytes]
"""The body at a URL, through the guard of the caller's own client; raises an error of ours when there is none."""

MOST_BYTES = 64 * 1024 * 1024
KNOWN = "an OpenAPI document, a Postman collection, a HAR, a curl line, a WSDL, or a GraphQL schema"

_WSDL = re.compile(r"<(?:[\w.-]+:)?(?:definitions|description)[\s>]")
_SDL = re.compile(
    r"^\s*(?:extend\s+)?(?:type|schema|interface|scalar|enum|union|input|directive)\b[^:\n]*[{@=\n]", re.M
)
_YAML = re.compile(r"^[\"']?(?:openapi|swagger)[\"']?\s*:", re.M)
_DOCUMENT = re.compile(
    r"https?://\S+(?:\.(?:json|ya?ml|wsdl|har|graphqls?)|[?&](?:wsdl|singlewsdl)(?:=\w*)?|/(?:swagger|openapi|api-docs)/?)",
    re.I,
)
_REQUEST = re.compile(r"(?:(GET|POST|PUT|PATCH|HEAD|DELETE)\s+)?(https?://\S+|/\S*)(?:\s+HTTP/[\d.]+)?", re.I)


def read_calls(
    source: str | bytes | os.PathLike[str], merchant: str = "merchant", *, fetch: Fetch | None = None
) -> Proposals:
    """The calls that a document describes, the most likely order searches first.

    Args:
        source: The text of an OpenAPI document (JSON or YAML), a Postman collection, a HAR, curl lines, a WSDL, a
            GraphQL schema or introspection answer, a SOAP envelope, or one URL as an example; or the path of a file
            that holds one, or of a folder or zip with WSDL and XSD files.
        merchant: Whose references stand for secrets: `${ACME_TOKEN}` for `acme`.
        fetch: Gets what a WSDL imports by URL; without it, that is told instead.

    Raises:
        UsageError: The source is none of these, or cannot be read. The message never holds its content.
    """
    if isinstance(source, str) and (address := _DOCUMENT.fullmatch(source.strip())):
        return _read_address(address[0], merchant, fetch)
    path = _path(source)
    if path is not None and (path.is_dir() or path.suffix.lower() == ".zip"):
        from workbench.importing.wsdl import read_wsdl

        return read_wsdl(path, merchant, fetch)
    text = _text(path, source)
    start = text.lstrip()[:4000]
    if start.startswith("<"):
        return _read_xml(text, path, merchant, fetch)
    if start.startswith(("{", "[")) and (data := _json(text)) is not None:
        return _read_data(data, merchant)
    if looks_like_curl(text):
        return finish(*read_both(read_curl(text), "curl", merchant))
    if _YAML.search(text):
        return _read_data(_yaml(text), merchant)
    if _SDL.search(text) or re.match(r"(?:query|mutation)\b", start):
        from workbench.importing.graphql import read_schema

        return read_schema(text, merchant)
    if request := _REQUEST.fullmatch(text.strip()):
        return finish([Raw(label="", method=request[1] or "GET", url=request[2])], "url", merchant)
    raise UsageError(f"this is nothing that can be imported - give {KNOWN}")


def _read_address(url: str, merchant: str, fetch: Fetch | None) -> Proposals:
    """The calls of a document that stands at a URL."""
    if fetch is None:
        raise UsageError("this is a document's address - save the document and give the file")
    text = _text(None, fetch(url))
    if text.lstrip().startswith("<") and _WSDL.search(text[:20_000]):
        from workbench.importing.wsdl import read_wsdl

        return read_wsdl(text, merchant, fetch, base=url)
    return read_calls(text, merchant)


def read_both(read: tuple[list[Raw], list[str]], kind: str, merchant: str) -> tuple[list[Raw], str, str, list[str]]:
    """The arguments of `finish`, from what a reader gives."""
    return read[0], kind, merchant, read[1]


def _path(source: object) -> Path | None:
    """The path that is meant, or None for a text."""
    if isinstance(source, os.PathLike):
        path = Path(source)
        if not path.exists():
            raise UsageError(f"there is no file {path} - check the path")
        return path
    if isinstance(source, str) and 0 < len(source) < 1000 and not re.search(r"[\n<{]|://", source):
        try:
            return Path(source) if Path(source).exists() else None
        except (OSError, ValueError):
            return None
    return None


def _text(path: Path | None, source: object) -> str:
    data: Any = source
    if path is not None:
        try:
            if path.stat().st_size > MOST_BYTES:
                raise UsageError(f"{path.name} is larger than 64 MiB - cut it down to the calls that find orders")
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if isinstance(data, (bytes, bytearray)):
        data = _decoded(bytes(data))
    if not isinstance(data, str):
        raise UsageError(f"{type(data).__name__} cannot be imported - give a text or a path")
    if len(data) > MOST_BYTES:
        raise UsageError("the text is larger than 64 MiB - cut it down to the calls that find orders")
    text = data.removeprefix("\ufeff")
    if not text.strip():
        raise UsageError(f"there is nothing in it - give {KNOWN}")
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _json(text: str) -> Any:
    """The data of JSON; None where it is none, such as a GraphQL document that starts with a brace."""
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError("JSON that is nested too deeply - export it anew") from None
    except ValueError:
        if _SDL.search(text) or re.match(r"\s*\{\s*\w+\s*[({]", text):
            return None
        if looks_like_curl(text) or _YAML.search(text):
            return None
        raise UsageError("JSON that breaks off or has a mistake - copy the whole document") from None


def _yaml(text: str) -> Any:
    """The data of YAML; everything is text, so that no key or example becomes a date or a truth value."""
    try:
        import yaml
    except ImportError:
        raise UsageError("YAML needs an extra - pip install 'workbench[notebook]', or convert it to JSON") from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506  # BaseLoader makes texts, lists and tables only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise UsageError(f"YAML with a mistake{where} - export the document anew") from None
    except RecursionError:
        raise UsageError("YAML that is nested too deeply - export it anew") from None


def _read_data(data: Any, merchant: str) -> Proposals:
    if looks_like_openapi(data):
        return finish(*read_both(read_openapi(data, merchant), "openapi", merchant))
    if looks_like_har(data):
        return finish(*read_both(read_har(data), "har", merchant))
    if looks_like_postman(data):
        return finish(*read_both(read_postman(data, merchant), "postman", merchant))
    if isinstance(data, dict) and ("__schema" in data or {"data", "errors"} & set(data)):
        from workbench.importing.graphql import read_introspection

        return read_introspection(data, merchant)
    if isinstance(data, dict) and isinstance(data.get("query"), str):
        return finish([Raw("", "POST", "/graphql", body=data, body_kind="json")], "graphql", merchant)
    raise UsageError(f"this JSON is nothing that can be imported - give {KNOWN}")


def _read_xml(text: str, path: Path | None, merchant: str, fetch: Fetch | None) -> Proposals:
    if _WSDL.search(text[:20_000]) and not soap_of(text, (), ""):
        from workbench.importing.wsdl import read_wsdl

        return read_wsdl(path if path is not None else text, merchant, fetch)
    if soap := soap_of(text, (), ""):
        note = "an envelope alone does not say where to send it: set the path, and the action if there is one"
        raw = Raw("", "POST", "", body=soap, body_kind="soap", notes=(note,))
        return finish([raw], "soap", merchant)
    raise UsageError(f"this XML is neither a WSDL nor a SOAP envelope - give {KNOWN}")
