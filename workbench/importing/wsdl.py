"""WSDL: the operations of a SOAP service, each with its envelope and inputs. Needs the extra `soap`.

Only zeep's understanding of WSDL and XSD is used: it never opens a connection or a file. What a WSDL imports is looked
for beside it, in the folder or zip that it came in; by URL it is had through the function that the caller hands in.
"""

from __future__ import annotations

import logging
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from workbench.errors import UsageError, WorkbenchError
from workbench.importing.finish import Raw, finish
from workbench.importing.proposal import Proposals

if TYPE_CHECKING:
    from workbench.importing.reading import Fetch

HOME = "file:///wsdl/"
MOST_FILES = 2000
MOST_BYTES = 64 * 1024 * 1024
_SOAP = {"soap": "1.1", "soap12": "1.2"}
_ROOT = re.compile(rb"<(?:[\w.-]+:)?definitions[\s>]")
_PASTE = "or paste the envelope of one call as an example"


def read_wsdl(source: str | Path, merchant: str, fetch: Fetch | None = None, base: str = "") -> Proposals:
    """The operations of a WSDL.

    Args:
        source: The text of a WSDL; or the path of one, or of a folder or zip that holds one with its schemas.
        merchant: Whose references stand for secrets.
        fetch: Gets what is imported by URL.
        base: The URL that the text came from; what it imports is relative to that.

    Raises:
        UsageError: It cannot be read, or imports what cannot be had; the message says what to do.
    """
    files, start = _files(source) if isinstance(source, Path) else ({"main.wsdl": source.encode()}, "main.wsdl")
    folder = source if isinstance(source, Path) and source.is_file() and source.suffix.lower() != ".zip" else None
    loader = _Loader(files, fetch, base, folder.resolve().parent if folder else None)
    found = _operations(loader, base or HOME + start, merchant)
    notes = sorted(loader.notes)
    if not found:
        notes.append(f"it has no operation over SOAP and HTTP: ask for the WSDL of the service, {_PASTE}")
    return finish(found, "wsdl", merchant, notes)


def _operations(loader: _Loader, location: str, merchant: str) -> list[Raw]:
    """The operations as requests; whatever zeep raises is an error of ours."""
    try:
        from zeep.settings import Settings
        from zeep.wsdl import Document
    except ImportError:
        raise UsageError(f"a WSDL needs an extra - pip install 'workbench[soap]', {_PASTE}") from None
    logging.getLogger("zeep").setLevel(logging.ERROR)
    settings = Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zeep warns of what we tell, or need not know
            return list(_requests(Document(location, cast(Any, loader), settings=settings), merchant))
    except WorkbenchError:
        raise
    except RecursionError:
        raise UsageError(f"the WSDL is nested too deeply - ask for a smaller one, {_PASTE}") from None
    except Exception as error:  # zeep raises whatever its parts raise
        if loader.missing:
            raise UsageError(_missing(loader.missing)) from None
        what = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        raise UsageError(f"the WSDL cannot be read ({what}) - ask the merchant for a valid one, {_PASTE}") from None


class _Loader:
    """Stands where zeep expects what loads documents.

    Attributes:
        missing: What was imported and could not be had.
        notes: What the engineer should know.
    """

    def __init__(self, files: Mapping[str, bytes], fetch: Fetch | None, base: str, folder: Path | None) -> None:
        self.files, self.fetch, self.base, self.folder = dict(files), fetch, base, folder
        self.session = None
        self.missing = ""
        self.notes: set[str] = set()
        self._loads = 0

    def load(self, url: str) -> bytes:
        """The document at a location.

        Raises:
            UsageError: It cannot be had.
        """
        self._loads += 1
        if self._loads > MOST_FILES:
            raise UsageError(f"the WSDL imports more than {MOST_FILES} documents - ask for a smaller one, {_PASTE}")
        if self.base and url == self.base:
            return self.files["main.wsdl"]
        path = unquote(url.removeprefix(HOME)).partition("?")[0] if url.startswith(HOME) else ""
        if path in self.files:
            return self.files[path]
        last = PurePosixPath(path or unquote(urlsplit(url).path)).name
        beside = [name for name in self.files if PurePosixPath(name).name == last and last]
        if len(beside) == 1:
            return self.files[beside[0]]
        if self.folder and path and (found := _beside(self.folder, path)):
            return found
        if urlsplit(url).scheme in ("http", "https"):
            return self._fetched(url)
        self.missing = shown(path or url)
        raise UsageError(_missing(self.missing))

    def _fetched(self, url: str) -> bytes:
        if self.fetch is None:
            self.missing = shown(url)
            raise UsageError(_missing(self.missing))
        try:
            return self.fetch(url)
        except WorkbenchError as error:
            what = getattr(getattr(error, "problem", None), "what", "") or str(error).split(" - ")[0]
            self.missing = shown(url)
            raise UsageError(f"{_missing(self.missing)} ({what})") from None


def _missing(name: str) -> str:
    return f"the WSDL imports {name}, which cannot be had - ask the merchant for it, and give both in one folder or zip"


def shown(url: str) -> str:
    """A location as messages show it: without what may be a secret in it."""
    parts = urlsplit(url)
    if parts.hostname:
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
    return PurePosixPath(parts.path).name[:100] or "a document"


def _beside(folder: Path, path: str) -> bytes | None:
    """A file beside a WSDL that was given by its path; never one outside of that folder."""
    try:
        wanted = (folder / path).resolve()
        if not wanted.is_relative_to(folder) or not wanted.is_file() or wanted.stat().st_size > MOST_BYTES:
            return None
        return wanted.read_bytes()
    except (OSError, ValueError):
        return None


# ---------------------------------------------------------------- folders and zips


def _files(path: Path) -> tuple[dict[str, bytes], str]:
    """The WSDL and XSD files at a path, by their names below it, and which is the service's."""
    try:
        if path.is_dir():
            files = dict(_in_folder(path))
        elif path.suffix.lower() == ".zip":
            files = dict(_in_zip(path))
        else:
            return {path.name: path.read_bytes()}, path.name
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or 'it is broken'}") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise UsageError(f"{path.name} is no zip that can be read - pack it anew, without a password") from None
    starts = [name for name, data in files.items() if _ROOT.search(data[:20_000])]
    if not starts:
        raise UsageError(f"no WSDL is in {path.name} - it ends in .wsdl, and its root is definitions")
    # the one with the service; others are its parts
    return files, max(starts, key=lambda name: (b"service" in files[name] and b"address" in files[name], -len(name)))


def _kept(name: str) -> bool:
    return name.lower().endswith((".wsdl", ".xsd", ".xml")) and "__MACOSX" not in name


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    for count, file in enumerate(sorted(folder.rglob("*"))):
        if count > MOST_FILES * 10:
            break
        if file.is_file() and not file.is_symlink() and _kept(file.name):
            total += file.stat().st_size
            if total > MOST_BYTES:
                raise UsageError("the folder holds more than 64 MiB of XML - keep the WSDL and its schemas")
            yield file.relative_to(folder).as_posix(), file.read_bytes()


def _in_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    left = MOST_BYTES
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist()[: MOST_FILES * 10]:
            if entry.is_dir() or not _kept(entry.filename):
                continue
            with archive.open(entry) as file:
                data = file.read(left + 1)  # what a zip says of its sizes may be a lie
            left -= len(data)
            if left < 0:
                raise UsageError("the zip holds more than 64 MiB of XML - keep the WSDL and its schemas")
            yield str(PurePosixPath(entry.filename.replace("\\", "/"))), data


# ---------------------------------------------------------------- operations


def _requests(document: Any, merchant: str) -> Iterator[Raw]:
    """Each operation once, of the first port that has it."""
    seen: set[str] = set()
    for service in document.services.values():
        for port in service.ports.values():
            binding = port.binding
            version = _version(binding)
            if not version:
                continue
            for operation in binding._operations.values():
                if operation.name not in seen:
                    seen.add(operation.name)
                    yield from _apart(operation, port, version, service.name, merchant)


def _version(binding: Any) -> str:
    from zeep.wsdl.bindings import Soap11Binding, Soap12Binding

    return "1.2" if isinstance(binding, Soap12Binding) else "1.1" if isinstance(binding, Soap11Binding) else ""


def _apart(operation: Any, port: Any, version: str, service: str, merchant: str) -> Iterator[Raw]:
    """One call; two where an e-mail and a number may be asked for and neither must be."""

    def made(*inputs: str) -> Raw:
        return _request(operation, port, version, service, merchant, inputs)

    both = made("email", "number")
    parts = [made("email"), made("number")]
    texts = [str(raw.body["body"]) for raw in parts]
    alone = (
        "{email}" in texts[0] and "{number}" not in texts[0] and "{number}" in texts[1] and "{email}" not in texts[1]
    )
    yield from parts if alone else [both]


def _request(operation: Any, port: Any, version: str, service: str, merchant: str, inputs: tuple[str, ...]) -> Raw:
    from workbench.importing.envelopes import Writer

    writer = Writer(merchant, inputs)
    message = operation.input
    body = writer.text(message.body) if message is not None and message.body is not None else ""
    headers = [
        writer.text(element)
        for _, element in (message.header.type.elements if message is not None and message.header else [])
    ]
    if headers or not body:
        body = _envelope(version, headers, body)
    soap: dict[str, str] = {"action": operation.soapaction} if operation.soapaction else {}
    if version == "1.2":
        soap["version"] = version
    address = str(port.binding_options.get("address") or "")
    parts = urlsplit(address)
    notes = []
    if parts.hostname:
        notes.append(f"the WSDL gives its address as {shown(address)}; the base URL of the connection wins")
    if writer.optional:
        notes.append(f"optional and left out: {', '.join(dict.fromkeys(writer.optional))}"[:300])
    if writer.types:
        told = ", ".join(f"{name} ({kind})" if kind else name for name, kind in writer.types.items())
        notes.append(f"values to be written: {told}"[:300])
    return Raw(
        label=operation.name, method="POST", url=f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}",
        body={**soap, "body": body}, body_kind="soap", about=service, notes=tuple(notes),
        base_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.hostname else "",
    )  # fmt: skip


def _envelope(version: str, headers: list[str], body: str) -> str:
    space = {
        "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
        "1.2": "http://www.w3.org/2003/05/soap-envelope",
    }[version]
    head = f"<e:Header>{''.join(headers)}</e:Header>" if headers else ""
    return f'<e:Envelope xmlns:e="{space}">{head}<e:Body>{body}</e:Body></e:Envelope>'
