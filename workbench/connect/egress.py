"""From which address our calls leave, as others see it; merchants that admit addresses only have to be told.

The deployment says who answers that (`WORKBENCH_EGRESS_URL`: anything that answers with the caller's address, as text
or somewhere in JSON), and from which addresses it means to call (`WORKBENCH_EGRESS_PRODUCTION` and `..._TEST`).
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from dataclasses import dataclass

from workbench.calls import Request, Response
from workbench.connect.settings import EGRESS_PRODUCTION, EGRESS_TEST, EGRESS_URL, PROXY, Network, Settings
from workbench.connect.transport import AsyncSender, Sender, public_tls
from workbench.errors import BadAnswer, CallError, DecodeError, UsageError

_BYTES, _WAIT_S = 64 * 1024, 10.0
_ADVICE_S, _KEPT_S, _MISSED_S = 2.0, 600.0, 60.0
_ADDRESS = re.compile(r"[0-9A-Fa-f]*[:.][0-9A-Fa-f:.]+")


@dataclass(frozen=True, slots=True)
class Egress:
    """Where calls come from.

    Attributes:
        address: As others see it; None where that is not known.
        production: The addresses that the deployment means to call from in production.
        test: Those for test systems.
        proxied: Whether calls go by the deployment's proxy.
    """

    address: str | None
    production: tuple[Network, ...] = ()
    test: tuple[Network, ...] = ()
    proxied: bool = False

    @property
    def listed(self) -> str:
        """`production` or `test`, whose list holds the address; empty where none does."""
        if self.address is not None:
            address = ipaddress.ip_address(self.address)
            for name, networks in (("production", self.production), ("test", self.test)):
                if any(address in network for network in networks):
                    return name
        return ""

    @property
    def wrong(self) -> bool:
        """Whether calls leave from an address that is on no list, though there are lists."""
        return self.address is not None and not self.listed and bool(self.production or self.test)

    def text(self, host: str = "") -> str:
        """What to send to a merchant."""
        named = [(name, _said(networks)) for name, networks in (("production", self.production), ("test", self.test))]
        told = "; ".join(f"{name}: {addresses}" for name, addresses in named if addresses)
        told = told or self.address or ""
        return f"Please admit our calls to {host or 'your API'} from these addresses. {told}".strip() if told else ""

    def advice(self, host: str, environment: str) -> str:
        """What a refusal may have to do with our address; empty where nothing is known."""
        text = self.text(host)
        if not text:
            return ""
        send = f'send the merchant: "{text}"'
        if self.address is None:
            return f"if the merchant admits addresses only, {send} ({EGRESS_URL} would tell which one it saw)"
        wanted = "production" if environment == "production" else "test"
        seen = f"the merchant saw {self.address}"
        if self.wrong:
            lists = f"{EGRESS_PRODUCTION} and {EGRESS_TEST}"
            return f"{seen}, which is on none of our lists: mend the route ({PROXY}) or {lists}; then {send}"
        if self.listed and self.listed != wanted:
            return f"{seen}, one of our {self.listed} addresses, though this is {environment}; {send}"
        return f"{seen}, one of our {self.listed} addresses; {send}" if self.listed else f"{seen}; {send}"


def _said(networks: tuple[Network, ...]) -> str:
    whole = (str(net.network_address) if net.num_addresses == 1 else str(net) for net in networks)
    return ", ".join(whole)


def egress(settings: Settings) -> Egress:
    """Asks from which address calls leave.

    Raises:
        UsageError: The deployment does not say who answers that.
        CallError: It does not answer, or not with an address.
        DecodeError: Its answer is too large.
    """
    if settings.egress_url is None:
        raise UsageError(f"nobody can say from which address calls leave - set {EGRESS_URL} to a URL that answers it")
    return _of(settings, _asked(settings, _WAIT_S))


def known_egress(settings: Settings, left_s: float) -> Egress:
    """What can be known of our address within a moment; for the advice of an error, so it never raises."""
    if settings.egress_url is None or left_s <= 0:
        return _of(settings, None)
    known, address = _remembered(settings)
    if not known:
        try:
            address = _asked(settings, min(_ADVICE_S, left_s))
        except (CallError, DecodeError, UsageError):
            address = None
        _remember(settings, address)
    return _of(settings, address)


async def known_egress_async(settings: Settings, left_s: float) -> Egress:
    """The same under asyncio."""
    if settings.egress_url is None or left_s <= 0:
        return _of(settings, None)
    known, address = _remembered(settings)
    if not known:
        sender = AsyncSender(settings, _BYTES, min(_ADVICE_S, left_s), public_tls())
        try:
            deadline = time.monotonic() + min(_ADVICE_S, left_s)
            address = address_in(await sender.send(_question(settings), deadline))
        except (CallError, DecodeError, UsageError):
            address = None
        finally:
            await sender.aclose()
        _remember(settings, address)
    return _of(settings, address)


def _asked(settings: Settings, wait_s: float) -> str:
    sender = Sender(settings, _BYTES, wait_s, public_tls())
    try:
        return address_in(sender.send(_question(settings), time.monotonic() + wait_s))
    finally:
        sender.close()


def _question(settings: Settings) -> Request:
    return Request("GET", settings.egress_url or "", (("Accept", "application/json, text/plain"),), call="egress")


def address_in(response: Response) -> str:
    """The address that an answer tells: its only text, or the first one in it.

    Raises:
        BadAnswer: It tells none.
    """
    if 200 <= response.status < 300:
        for word in _ADDRESS.findall(response.body.decode("utf-8", "replace")):
            try:
                return str(ipaddress.ip_address(word.rstrip(".")))
            except ValueError:
                continue
    how = f"{EGRESS_URL} has to name something that answers with the address of its caller"
    raise BadAnswer(f"the answer (HTTP {response.status}) holds no address", how, where="egress")


def _of(settings: Settings, address: str | None) -> Egress:
    return Egress(address, settings.egress_production, settings.egress_test, settings.proxy is not None)


# What was found out a moment ago, so that a merchant that refuses everything does not make us ask each time.
_KNOWN: dict[tuple[str | None, str | None], tuple[float, str | None]] = {}
_LOCK = threading.Lock()


def _remembered(settings: Settings) -> tuple[bool, str | None]:
    with _LOCK:
        until, address = _KNOWN.get((settings.egress_url, settings.proxy), (0.0, None))
    return time.monotonic() < until, address


def _remember(settings: Settings, address: str | None) -> None:
    with _LOCK:
        until = time.monotonic() + (_KEPT_S if address else _MISSED_S)
        _KNOWN[settings.egress_url, settings.proxy] = (until, address)
