"""Kinds of authentication driven by hand: no network, a clock that stands where it is put, and known random bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.calls import Request, Response, make_auth
from workbench.calls.auth import Auth, MemoryStore, Surroundings, TokenStore
from workbench.calls.messages import Flow, Wait

NOW = 1_700_000_000.0
SECRETS = {
    "SHOP_USER": "joan", "SHOP_PASSWORD": "pass word/1", "SHOP_ID": "client-1", "SHOP_SECRET": "s3cret/of+client",
    "SHOP_SEED": "first-refresh-token", "SHOP_KEY": "key-12345", "SHOP_TOKEN": "token-of-oauth1",
}  # fmt: skip
CLIENT = {
    "kind": "oauth2_client_credentials",
    "token_url": "https://login.example/token",
    "client_id": "${SHOP_ID}",
    "client_secret": "${SHOP_SECRET}",
}
READ = Request("GET", "https://shop.example/orders?email=a%40b.example")


class World:
    """What a kind is given, to be moved by a test."""

    def __init__(self, store: TokenStore | None = None) -> None:
        self.time = NOW
        self.learnt: list[str] = []
        self.rolled = 0
        self.store = store or MemoryStore()
        self.around = Surroundings(
            "https://shop.example/v1", ("shop", "production"), self.store, self.learnt.append, lambda: self.time,
            self.random,
        )  # fmt: skip

    def random(self, count: int) -> bytes:
        """The same bytes in every run, others each time."""
        self.rolled += 1
        return bytes([*range(count - 1), self.rolled])

    def auth(self, table: Mapping[str, Any], **secrets: str) -> Auth:
        """A kind in this world."""
        return make_auth(table, {**SECRETS, **secrets}.__getitem__, self.around)


Answering = Callable[[Request], Response]


def drive(flow: Flow[Any], answer: Answering, sent: list[Request] | None = None) -> Any:
    """What a flow returns, its requests answered by a function and taken note of."""
    try:
        step = next(flow)
        while True:
            assert not isinstance(step, Wait), "nobody else holds the lock"
            if sent is not None:
                sent.append(step)
            step = flow.send(answer(step))
    except StopIteration as done:
        return done.value


def signed(table: Mapping[str, Any], request: Request = READ, **secrets: str) -> Request:
    """The request as a kind that asks nobody sends it."""
    step = next(World().auth(table, **secrets).flow(request))
    assert isinstance(step, Request)
    return step


def answered(data: Any, status: int = 200, **headers: str) -> Response:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **named}, json.dumps(data).encode())


def orders(request: Request) -> Response:
    """The API, which lets everybody in."""
    return answered({"data": []})
