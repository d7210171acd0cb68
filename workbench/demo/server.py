"""The demo merchant's HTTP server: uvicorn, with the connections in reach of those who break them on request."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from workbench.demo.faults import Connection, Control, Faults


def make_server(app: ASGIApp, control: Control) -> uvicorn.Server:
    """A server of the application that fails as `control` says; logs nothing, knows nothing of signals."""
    open_now: dict[object, asyncio.Transport] = {}

    class Protocol(H11Protocol):
        """Notes its connection under the client's address while it is open."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            open_now[_address(transport)] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            open_now.pop(_address(self.transport), None)
            super().connection_lost(exc)

    def connection(client: object) -> Connection:
        return open_now[tuple(client) if isinstance(client, (list, tuple)) else client]

    config = uvicorn.Config(
        Faults(app, control, connection),
        http=Protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _address(transport: Any) -> object:
    name = transport.get_extra_info("peername")
    return tuple(name[:2]) if name else None
