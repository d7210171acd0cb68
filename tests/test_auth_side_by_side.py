"""Logins in lookups whose calls go side by side, or are sent again: one login for all, none lost, none shown."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from tests.auth_servers import ID, OAUTH, SECRET, bearer_of, form
from tests.servers import (
    PARCELS,
    Answer,
    Ask,
    Seen,
    by_email,
    order,
    serving,
    shop_file,
    two_calls,
)
from workbench.calls import Exchange
from workbench.errors import ServerError
from workbench.samples.record import recorded

MAIL = "ann@example.com"
REFRESH = {"kind": "oauth2_refresh_token", **OAUTH, "refresh_token": "${SHOP_SEED}"}


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WORKBENCH_PROXY", raising=False)
    for name, value in (("ID", ID), ("SECRET", SECRET), ("SEED", "refresh-token-0")):
        monkeypatch.setenv(f"SHOP_{name}", value)


class Rotating:
    """A merchant whose tokens end after the search, and who takes each refresh token once."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.turns = itertools.count(1)
        self.good, self.refresh = "", "refresh-token-0"
        self.logins = 0
        self.ended = False

    def __call__(self, seen: Seen) -> Answer:
        if seen.path == "/token":
            return self.login(seen)
        if not bearer_of(self.good)(seen):
            return Answer({}, 401)
        if seen.path == "/orders":
            if not self.ended:
                self.ended, self.good = True, "of nobody"
            return Answer({"data": [order(f"A-{one}", id=str(one)) for one in range(self.orders)]})
        return self.parcels(seen)

    def login(self, seen: Seen) -> Answer:
        if form(seen)["refresh_token"] != self.refresh:
            return Answer({"error": "invalid_grant"}, 400)
        turn = next(self.turns)
        self.logins += 1
        self.good, self.refresh = f"access-token-{turn}", f"refresh-token-{turn}"
        return Answer({"access_token": self.good, "expires_in": 3600, "refresh_token": self.refresh})

    def parcels(self, seen: Seen) -> Answer:
        return Answer({"parcels": [{"code": f"T-{seen.path.split('/')[2]}"}], "echo": self.good})


def test_one_login_for_calls_that_go_side_by_side(ask: Ask, tmp_path: Path) -> None:
    """A token that ends while many are on their way is renewed once; what was sent again counts once, masked."""
    shop, told = Rotating(8), list[Exchange]()
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, two_calls(), PARCELS, auth=REFRESH, rate={"concurrency": 4})
        result = ask(folder, email=MAIL, options={"on_exchange": told.append})

    assert [one.tracking_numbers for one in result.orders] == [[f"T-{one}"] for one in range(8)]
    assert shop.logins == 2
    kept = [answer for answer in map(recorded, told) if answer is not None]
    assert [(one.call, one.key, one.status) for one in kept] == [
        ("search", "", 200), *(("parcels", str(one), 200) for one in range(8)),
    ]  # fmt: skip
    assert sum(one.request.login for one in told) == 2
    assert "access-token" not in str([one.response.body for one in told if one.response])


def test_a_login_is_not_lost_when_another_call_ends_the_lookup(ask: Ask, tmp_path: Path) -> None:
    """The merchant has exchanged the refresh token by then: what came is kept, and the next lookup uses it."""
    logging_in, failed = threading.Event(), threading.Event()

    class Failing(Rotating):
        def __call__(self, seen: Seen) -> Answer:
            if seen.path == "/orders/0/parcels" and not failed.is_set():
                logging_in.wait(30)
                failed.set()
                return Answer({}, 500)
            return super().__call__(seen)

        def login(self, seen: Seen) -> Answer:
            given = super().login(seen)
            if self.ended and not failed.is_set():
                logging_in.set()
                failed.wait(30)
                threading.Event().wait(0.2)  # so that the failure overtakes the login
            return given

    shop = Failing(2)
    with serving(shop) as server:
        folder = shop_file(tmp_path / "shop", server.url, two_calls(required=True), PARCELS, auth=REFRESH)
        with pytest.raises(ServerError):
            ask(folder, email=MAIL)
        result = ask(folder, email=MAIL)

    assert [one.tracking_numbers for one in result.orders] == [["T-0"], ["T-1"]]
    assert shop.logins == 2


def test_a_read_that_is_sent_again_is_signed_again(ask: Ask, tmp_path: Path) -> None:
    """After a status that passes, the same token is used; the try that failed is told as repeated."""
    tries, told = itertools.count(), list[Exchange]()

    class Busy(Rotating):
        def __call__(self, seen: Seen) -> Answer:
            if seen.path == "/orders" and next(tries) == 0:
                return Answer({}, 503)
            return super().__call__(seen)

    shop = Busy(1)
    with serving(shop) as server:
        folder = shop_file(
            tmp_path / "shop", server.url, {"find_orders_by_email": by_email()}, auth=REFRESH, retries={"wait_s": 0.01}
        )
        assert ask(folder, email=MAIL, options={"on_exchange": told.append}).orders

    assert shop.logins == 1
    assert [(one.request.call, one.repeated) for one in told] == [("auth", False), ("search", True), ("search", False)]
