"""Small real servers on this machine, and a merchant's mapping for them.

`serving` speaks HTTP, one function answering each request; `raw_serving` sends whatever bytes a script says, be they
HTTP or not. Both listen on a free port and are gone when their block ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers_tls import LOCALHOST
from workbench.merchant import open_merchant, open_merchant_async
from workbench.orders import Result

PASSWORD, USER = "correct horse battery", "shop-user"


@dataclass(frozen=True)
class Seen:
    """A request as it came: the target is not decoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """What a server answers; a body that is no bytes or text is sent as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            kind = "text/html" if self.body.lower().startswith("<!doctype html") else "text/plain"
            return self.body.encode(), "application/xml" if self.body.startswith("<?xml") else kind
        return json.dumps(self.body).encode(), "application/json"


@dataclass
class Server:
    """A server that runs: where it is, and what it has seen."""

    url: str
    port: int
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.seen]


@contextmanager
def serving(
    answer: Callable[[Seen], Answer], tls: bool = False, host: str = "127.0.0.1", pem: str = LOCALHOST
) -> Iterator[Server]:
    """An HTTP server whose answers come from a function; with TLS it has a certificate of `localhost`, or another."""
    known: Server

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            known.connections += 1

        def handle_one(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, self.rfile.read(length))
            known.seen.append(seen)
            given = answer(seen)
            body, kind = given.content()
            self.send_response_only(given.status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_one

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing is written."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away in between is no matter."""

    server = Quiet((host, 0), Handler)
    if tls:
        server.socket = server_tls(pem).wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    known = Server(f"{'https' if tls else 'http'}://{'localhost' if tls else host}:{port}", port)
    with server, _running(server):
        yield known


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    """The server at work, in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def server_tls(pem: str = LOCALHOST) -> ssl.SSLContext:
    """What a server needs to be `localhost`, or what its certificate says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "localhost.pem"
        path.write_text(pem)
        context.load_cert_chain(path)
    return context


@contextmanager
def raw_serving(script: Callable[[socket.socket], None]) -> Iterator[Server]:
    """A server that reads one request per connection and then does what the script says with the socket."""
    known: Server

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            known.connections += 1
            data = b""
            with contextlib.suppress(OSError):
                while b"\r\n\r\n" not in data:
                    chunk = self.request.recv(65536)
                    if not chunk:
                        return
                    data += chunk
                script(self.request)

    class Raw(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Raw(("127.0.0.1", 0), Handler) as server:
        port = server.server_address[1]
        known = Server(f"http://127.0.0.1:{port}", port)
        with _running(server):
            yield known


def sending(*parts: bytes) -> Callable[[socket.socket], None]:
    """A script that sends these bytes and closes the connection."""

    def script(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return script


# ---------------------------------------------------------------- a merchant

ORDER = {
    "order_number": "@.number",
    "customer_email": "@.email",
    "created_at": "@.created",
    "status": {"path": "@.state", "lookup": {"1": "processing", "2": "shipped"}},
}


def order(number: str, email: str = "ann@example.com", **more: Any) -> dict[str, Any]:
    """An order as the small shop sends it."""
    return {"number": number, "email": email, "created": "2026-11-03T09:30:00Z", "state": "2", **more}


def orders_by_mail(*rows: dict[str, Any]) -> Callable[[Seen], Answer]:
    """A server that filters by e-mail, as it should."""
    return lambda seen: Answer({"data": [row for row in rows if row["email"] == seen.query.get("email")]})


def by_email(**more: Any) -> dict[str, Any]:
    """The operation that finds by e-mail, with one call; `more` stands over the call's keys."""
    call = {"name": "search", "get": "/orders", "query": {"email": "{email}"}, **more}
    return {"calls": [call], "orders": {"each": "$.data"}}


def by_number(**more: Any) -> dict[str, Any]:
    """The operation that finds by number, with one call; `more` stands over the call's keys."""
    call = {"name": "detail", "get": "/orders/{number}", "not_found_when": {"http.status": 404}, **more}
    return {"calls": [call], "orders": {"each": "$"}}


def shop_file(
    folder: Path,
    url: str,
    operations: Mapping[str, Any] | None = None,
    record: Mapping[str, Any] | None = None,
    **connection: Any,
) -> Path:
    """Writes the mapping of a small shop, and its folder; JSON is YAML."""
    mapping = {
        "format": 1,
        "merchant": "shop",
        "version": "1.0.0",
        "connection": {"base_url": url, **connection},
        "operations": operations or {"find_orders_by_email": by_email(), "find_order_by_number": by_number()},
        "records": {"order": {**ORDER, **(record or {})}},
    }
    folder.mkdir(exist_ok=True)
    (folder / "1.0.0.yaml").write_text(json.dumps(mapping))
    (folder / "released").write_text("1.0.0\n")
    return folder


Ask = Callable[..., Result]


def ask_sync(folder: Path, operation: str = "find_orders_by_email", **inputs: Any) -> Result:
    """Opens the shop, asks once, closes it."""
    options = inputs.pop("options", {})
    with open_merchant(folder, **options) as merchant:
        return merchant.lookup(operation, **inputs)


def ask_async(folder: Path, operation: str = "find_orders_by_email", **inputs: Any) -> Result:
    """The same under asyncio."""
    options = inputs.pop("options", {})

    async def ask() -> Result:
        async with open_merchant_async(folder, **options) as merchant:
            return await merchant.lookup(operation, **inputs)

    return asyncio.run(ask())


def two_calls(**parcels: Any) -> dict[str, Any]:
    """A search, and the parcels of each order."""
    operation = by_email()
    operation["calls"].append({"name": "parcels", "for_each": "order", "get": "/orders/{@.id}/parcels", **parcels})
    return {"find_orders_by_email": operation}


PARCELS = {"shipments": {"each": "parcels:$.parcels", "fields": {"tracking_number": "@.code"}}}


def with_parcels(status: Mapping[str, int]) -> Callable[[Seen], Answer]:
    """A server of orders A-1 and A-2 and their parcels; the status of each order's parcels may be set."""

    def answer(seen: Seen) -> Answer:
        if seen.path == "/orders":
            return Answer({"data": [order("A-1", id="1"), order("A-2", id="2")]})
        number = seen.path.split("/")[2]
        return Answer({"parcels": [{"code": f"T-{number}"}]}, status.get(number, 200))

    return answer
