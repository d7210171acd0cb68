"""Kinds that obtain a token: kept, shared, renewed once by one of all who need it, and obtained anew when refused."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from workbench.calls.auth.answers import WHERE, check_status, lifetime_of, root_of, text_at, token_at
from workbench.calls.auth.base import Auth, Reveal, Surroundings, may_repeat
from workbench.calls.auth.refusals import Refusals
from workbench.calls.auth.store import Token
from workbench.calls.messages import Flow, Request, Response, Wait
from workbench.errors import CallError, LoginFailed, UsageError

POLL_S = 0.03
LOGIN_CALL = "auth"


class TokenAuth(Auth):
    """The base of all kinds with tokens: `obtain` says how one is had, `identity` what keeps it apart from others."""

    who = "the token endpoint"
    address = "token_url"

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        super().__init__(table, reveal, around)
        self._renew_on = tuple(self.setting("renew_on"))
        self._refusals = Refusals(self.setting("renew_when"))
        self._failed: tuple[float, LoginFailed] | None = None
        self._key = ""
        self._url = self.url(self.address) if table.get(self.address) else ""
        if self._url.startswith("http:") and self._around.base_url.startswith("https:"):
            raise UsageError(f"{self.address}: is http while base_url is https - secrets would be sent in the clear")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it logs in."""
        return (self._url,) if self._url else ()

    @property
    def accepted(self) -> str:
        """What a call that was not refused shows, for people."""
        kept = self.kept()
        lives = f", for {kept.lifetime_s:g} seconds" if kept is not None and kept.lifetime_s else ""
        return f"{self.who} gives a token{lives}, and it is not refused"

    def identity(self) -> tuple[str, ...]:
        """What tokens of this connection have in common, and of no other."""
        raise NotImplementedError

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """Gets a token.

        Args:
            kept: The one that is no longer good; it may hold what it can be renewed with.

        Raises:
            LoginFailed: None could be had.
        """
        raise NotImplementedError

    def used(self, request: Request, token: Token) -> Request:
        """The request with the token."""
        place, name = str(self.setting("in")), str(self.setting("name"))
        prefix = self.setting("prefix")
        if prefix is None:
            prefix = "Bearer" if place == "header" and name.casefold() == "authorization" else ""
        return self.placed(request, place, name, f"{prefix} {token.value}" if prefix else token.value)

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request with a token; one that is refused is renewed once, and a read then repeated.

        Raises:
            LoginFailed: None could be had, or by `renew_when:` the next one is not good either.
        """
        token = yield from self.token()
        response = yield self.used(request, token)
        if response.status in self._renew_on or self._refusals.hold(response):
            if not may_repeat(request):
                self._forget(token)
                return response
            token = yield from self.token(refused=token.value)
            response = yield self.used(request, token)
            if self._refusals.hold(response):
                self._forget(token)
                what = f"{self.who} lets us in, and the answer still says that nobody is signed in"
                how = "check renew_when:, the call's URL, and what the account may see"
                raise LoginFailed(what, how, where=WHERE, status=response.status)
        return response

    def token(self, refused: str | None = None) -> Flow[Token]:
        """A token that is good: kept by whoever got one, or obtained by us while the others wait.

        Args:
            refused: A token that the merchant did not accept, however long it should have lived.

        Raises:
            LoginFailed: None could be had.
        """
        store, key, began = self._around.store, self.key(), time.monotonic()
        while True:
            kept = store.read(key)
            if kept is not None and self._good(kept, refused):
                self._learn(kept)
                return kept
            lock = store.lock(key)
            if lock is not None:
                break
            yield Wait(POLL_S)
        try:
            kept = store.read(key)
            if kept is not None and self._good(kept, refused):
                self._learn(kept)
                return kept
            if self._failed is not None and self._failed[0] >= began:
                problem = self._failed[1].problem  # whoever was first has just been told: nobody asks again at once
                raise LoginFailed(problem.what, problem.how, where=problem.where, status=self._failed[1].status)
            try:
                token = yield from self.obtain(kept)
            except LoginFailed as error:
                self._failed = (time.monotonic(), error)
                raise
            except CallError as error:
                raise self._on_the_way(error) from None
            self.keep(token)
            return token
        finally:
            lock.release()

    def _on_the_way(self, error: CallError) -> CallError:
        """An error of the network, told of the login rather than of the API."""
        problem = error.problem
        how = problem.how.replace("base_url", f"{self.address}:")
        return type(error)(f"{self.who}: {problem.what}", how, where=WHERE, status=error.status)

    def kept(self) -> Token | None:
        """The token that is kept, good or not."""
        return self._around.store.read(self.key())

    def key(self) -> str:
        """The name under which the store keeps the token."""
        if not self._key:
            self._key = self._around.store.key(*self._around.scope, self.kind, self._url, *self.identity())
        return self._key

    def keep(self, token: Token) -> None:
        """Has the token kept before anything is done with it.

        Raises:
            UsageError: It cannot be kept, and what it is renewed with would be lost.
        """
        self._learn(token)
        self._around.store.save(self.key(), token)

    def _learn(self, token: Token) -> None:
        for value in (token.value, token.refresh):
            if value:
                self._around.learn(value)

    def _good(self, token: Token, refused: str | None) -> bool:
        return token.fresh(self._around.now()) and token.value != refused

    def _forget(self, token: Token) -> None:
        kept = self._around.store.read(self.key())
        if kept is not None and kept.value == token.value:
            self._around.store.save(self.key(), Token("", kept.since, refresh=kept.refresh))

    # ------------------------------------------------------------ requests to log in, and what they bring

    def login_request(
        self, method: str, url: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
    ) -> Request:
        """A request of the authentication's own."""
        return Request(method, url, (*headers, ("Accept", "application/json, */*;q=0.5")), body, LOGIN_CALL, login=True)

    def read(self, response: Response, since: float, old_refresh: str = "") -> Token:
        """The token that an answer's body holds.

        Raises:
            LoginFailed: It holds none.
        """
        check_status(response, self.who, self.names)
        path = str(self.setting("token_path"))
        root = root_of(response, self.who, path == "$")
        value = token_at(response, root, path, self.who, "token_path")
        lifetime = self.setting("lifetime_s")
        said = lifetime_of(root, str(self.setting("expires_path")), response, self._around.now())
        where = self.setting("refresh_path")
        refresh = text_at(root, str(where)) if where else ""
        return Token(value, since, said or (float(lifetime) if lifetime else None), refresh or old_refresh)

    def form_or_json(self, fields: Mapping[str, Any]) -> tuple[tuple[str, str], bytes]:
        """(header, body) of the fields of a token request."""
        from urllib.parse import urlencode

        if self.setting("token_body") == "json":
            return ("Content-Type", "application/json"), json.dumps(dict(fields)).encode()
        return ("Content-Type", "application/x-www-form-urlencoded"), urlencode(fields).encode()
