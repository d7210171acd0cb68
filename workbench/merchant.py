"""Calling a merchant: open it, find orders, close it.

    with open_merchant("mappings/northwind") as northwind:
        result = northwind.find_orders(email="jane@example.com")
        order = northwind.find_order(number="A-1001")

Every lookup writes one line to the logger `workbench.lookup`: a JSON object of counts, codes and times, never a value.
"""

from __future__ import annotations

import os
import ssl
from types import TracebackType
from typing import Any, Self

from workbench.calls.requests import compile_base
from workbench.connect.doctor import Check, doctor
from workbench.connect.driving import run, run_async
from workbench.connect.opening import PRODUCTION, OnExchange, Opened, connection_of, open_plan
from workbench.connect.secrets import Source, fill, references
from workbench.connect.settings import Settings
from workbench.connect.signin import SignIn, signed_in
from workbench.connect.transport import AsyncSender, Sender
from workbench.documents import Limits
from workbench.errors import Ambiguous, CallFailed, UsageError
from workbench.orders import FAILED, Order, Result
from workbench.runtime import load

__all__ = [
    "AsyncMerchant",
    "Check",
    "Merchant",
    "SignIn",
    "doctor",
    "open_merchant",
    "open_merchant_async",
    "sign_in",
]

BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"


class _Facade:
    """What both kinds of merchant are made of."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._closed = False

    @property
    def name(self) -> str:
        """The merchant's name."""
        return self._opened.plan.merchant

    @property
    def version(self) -> str | None:
        """The version of the mapping that is used."""
        return self._opened.plan.version

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that can be looked up."""
        return tuple(self._opened.plan.operations)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.version or 'draft'}, {self._opened.environment}>"

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"{self.name} has been closed - open it again")


class Merchant(_Facade):
    """A merchant that can be asked. Safe to use from several threads; connections are kept between lookups."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._sender = Sender(opened.settings, opened.operations.limits.bytes, opened.timeout_s, opened.tls_context())

    def find_orders(self, *, email: str) -> Result:
        """The orders of a customer.

        Raises:
            CallError: The merchant's API could not be read.
            DecodeError: Its answer is not what it should be.
            UsageError: The e-mail is blank, or the mapping has no such operation.
        """
        return self.lookup(BY_EMAIL, email=email)

    def find_order(self, *, number: str) -> Order | None:
        """The order of that number; None when there is none, or none that carries it.

        Raises:
            Ambiguous: Several orders carry the number.
            CallError: The merchant's API could not be read.
            DecodeError: Its answer is not what it should be.
            UsageError: The number is blank, or the mapping has no such operation.
        """
        return single(self.lookup(BY_NUMBER, number=number))

    def lookup(self, operation: str, /, **inputs: Any) -> Result:
        """Any find that the mapping declares, with its inputs; errors as those of `find_orders`."""
        self._check_open()
        return run(self._opened, self._sender.send, operation, inputs)

    def close(self) -> None:
        """Closes all connections."""
        self._closed = True
        self._sender.close()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncMerchant(_Facade):
    """The same under asyncio: `async with`, and `await` before each find."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._sender = AsyncSender(
            opened.settings, opened.operations.limits.bytes, opened.timeout_s, opened.tls_context()
        )

    async def find_orders(self, *, email: str) -> Result:
        """The orders of a customer; errors as those of `Merchant.find_orders`."""
        return await self.lookup(BY_EMAIL, email=email)

    async def find_order(self, *, number: str) -> Order | None:
        """The order of that number, or None; errors as those of `Merchant.find_order`."""
        return single(await self.lookup(BY_NUMBER, number=number))

    async def lookup(self, operation: str, /, **inputs: Any) -> Result:
        """Any find that the mapping declares, with its inputs."""
        self._check_open()
        return await run_async(self._opened, self._sender.send, operation, inputs)

    async def close(self) -> None:
        """Closes all connections."""
        self._closed = True
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open_merchant(
    source: str | os.PathLike[str],
    environment: str | None = PRODUCTION,
    *,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    on_exchange: OnExchange | None = None,
) -> Merchant:
    """Opens a merchant for lookups. Nothing is sent until something is looked up.

    Args:
        source: A merchant's folder (the released version), or a mapping file.
        environment: Of the connection.
        limits: How large an answer may be; a connection can only lower it.
        tls: Another TLS context than the public authorities' one: for a private authority, or a client certificate.
        on_exchange: Is called with each `Exchange`, every known secret masked; for recording samples.

    Raises:
        MappingError: The mapping cannot be used: every mistake, at once.
        SecretMissing: References without a value: all of them, at once.
        UsageError: There is no such mapping or environment, or a setting is wrong.
        AddressRefused: A call leads to another server than the connection's.
    """
    return Merchant(open_plan(source, environment, limits=limits, tls=tls, on_exchange=on_exchange))


def open_merchant_async(
    source: str | os.PathLike[str],
    environment: str | None = PRODUCTION,
    *,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    on_exchange: OnExchange | None = None,
) -> AsyncMerchant:
    """Opens a merchant for lookups under asyncio; arguments and errors are those of `open_merchant`."""
    return AsyncMerchant(open_plan(source, environment, limits=limits, tls=tls, on_exchange=on_exchange))


def sign_in(source: str | os.PathLike[str], environment: str | None = PRODUCTION) -> SignIn:
    """Begins to sign in at a merchant's page: `url` is to be opened, `finish` takes the address that came back.

    Args:
        source: A merchant's folder (the released version), or a mapping file.
        environment: Of the connection.

    Raises:
        MappingError: The mapping cannot be used.
        SecretMissing: References without a value.
        UsageError: The connection is of another kind.
        AddressRefused: The deployment does not let this merchant's secrets go to the page's host.
    """
    return SignIn(open_plan(source, environment))


def is_signed_in(source: str | os.PathLike[str], environment: str | None = PRODUCTION) -> bool:
    """Whether somebody has signed in at a merchant's page already; errors as those of `open_merchant`."""
    return signed_in(open_plan(source, environment))


def host_of(source: str | os.PathLike[str], environment: str | None = PRODUCTION) -> str:
    """The host that a merchant is called at; empty where a reference that has no value names it. Needs no secret.

    Raises:
        MappingError: The mapping cannot be used.
        UsageError: There is no such mapping or environment, or a setting cannot be read.
    """
    plan = load(source).plan
    _, connection = connection_of(plan, environment)
    url = connection.get("base_url")
    values = Source(env_file=Settings.of(plan.merchant).env_file)
    known = {name: values.find(name) for name in references(url)}
    if not isinstance(url, str) or None in known.values():
        return ""
    return compile_base(fill(url, {name: value or "" for name, value in known.items()})).host


def single(result: Result) -> Order | None:
    """The one order of a result; the same order listed twice is one.

    Raises:
        Ambiguous: There are several.
        CallFailed: The answers could not be read.
    """
    if result.outcome == FAILED:
        first = result.problems[0] if result.problems else None
        what = first.what if first else "the answer could not be read"
        raise CallFailed(what, first.how if first else "", where=first.where if first else "order")
    orders: list[Order] = []
    for order in result.orders:
        if order not in orders:
            orders.append(order)
    if len(orders) > 1:
        raise Ambiguous(len(orders))
    return orders[0] if orders else None
