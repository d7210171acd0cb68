"""Kinds that obtain a token: kept, shared, renewed once by one of all who need it, and obtained anew when refused."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from workbench.calls.auth.answers import (
    WHERE,
    check_status,
    lifetime_of,
    root_of,
    says,
    server_at,
    text_at,
    token_at,
    value_at,
)
from workbench.calls.auth.base import Auth, Reveal, Surroundings, clocks, may_repeat, origin_of
from workbench.calls.auth.cookies import cookies_of
from workbench.calls.auth.made import Making
from workbench.calls.auth.store import Token
from workbench.calls.messages import Flow, Request, Response, Slot, Wait
from workbench.conditions import compile_conditions
from workbench.errors import AddressRefused, CallError, LoginFailed, UsageError
from workbench.paths import text_of
from workbench.templates import Made

POLL_S = 0.03
LEAST_SECRET = 8
"""Shorter numbers are no secrets, such as a user's; masked, they would take digits out of every answer."""
LOGIN_CALL = "auth"


class TokenAuth(Auth):
    """The base of all kinds with tokens: `obtain` says how one is had, `identity` what keeps it apart from others."""

    who = "the token endpoint"
    address = "token_url"
    login_auth: Auth | None = None
    """How its own requests are signed; None: not at all."""

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        super().__init__(table, reveal, around)
        self._renew_on = tuple(self.setting("renew_on"))
        self._renew_when = compile_conditions(self.setting("renew_when"))
        self._failed: tuple[float, LoginFailed] | None = None
        self._key = ""
        self._url = self.url(self.address) if table.get(self.address) else ""
        if self._url.startswith("http:") and self._around.base_url.startswith("https:"):
            raise UsageError(f"{self.address}: is http while base_url is https - secrets would be sent in the clear")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it logs in."""
        inner = self.login_auth.urls if self.login_auth is not None else ()
        return (*((self._url,) if self._url else ()), *inner)

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
        """The request with the token, at the server that it is good at."""
        request = self.given(request, token)
        place, name = str(self.setting("in")), str(self.setting("name"))
        if place == "call":
            return request
        prefix = self.setting("prefix")
        if prefix is None:
            prefix = "Bearer" if place == "header" and name.casefold() == "authorization" else ""
        return self.placed(request, place, name, f"{prefix} {token.value}" if prefix else token.value)

    def given(self, request: Request, token: Token) -> Request:
        """The request with what the login gave, where it says `{auth.NAME}`, and to the server that it named.

        Raises:
            AddressRefused: The deployment does not let secrets go to that server.
        """

        def value(made: Made) -> Any:
            return {"token": token.value, **token.values}.get(made.name) if made.source == "auth" else None

        request = request.filled(value)
        if not token.server or origin_of(request.url) != origin_of(self._around.base_url):
            return request
        _, host, port = origin_of(token.server)
        if not self._around.admits(host, port):
            how = "if this server is right, the deployment adds it to the hosts of the merchant's secrets"
            raise AddressRefused(
                "the server that the login named is none that secrets may be sent to", how, where=WHERE
            )
        parts = urlsplit(request.url)
        return replace(request, url=token.server + request.url[len(f"{parts.scheme}://{parts.netloc}") :])

    def home(self, url: str) -> str:
        """The URL below the base URL for one at the server that the login named."""
        kept = self._around.store.read(self.key())
        server = kept.server if kept is not None else ""
        if not server or not (url == server or url.startswith((f"{server}/", f"{server}?"))):
            return url
        parts = urlsplit(self._around.base_url)
        return f"{parts.scheme}://{parts.netloc}{url[len(server) :]}"

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request with a token; one that is refused is renewed once, and a read then repeated.

        Raises:
            LoginFailed: None could be had, or the answer says that the next one is not good either.
        """
        token = yield from self.token()
        response = yield self.used(request, token)
        if not self.refuses(response):
            return response
        if not may_repeat(request):
            self._forget(token)
            return response
        token = yield from self.token(refused=token.value)
        response = yield self.used(request, token)
        if response.status not in self._renew_on and says(response, self._renew_when):
            self._forget(token)
            what = f"{self.who} lets us in, and the answer still says that nobody is signed in"
            how = "check renew_when:, the call's URL, and what the account may see"
            raise LoginFailed(what, how, where=WHERE, status=response.status)
        return response

    def refuses(self, response: Response) -> bool:
        """Whether an answer says that the token is no longer good."""
        return response.status in self._renew_on or says(response, self._renew_when)

    def log_in(self, request: Request) -> Flow[Response]:
        """The answer of a request of the authentication's own, signed where that is said."""
        if self.login_auth is None:
            self._last = yield request
        else:
            self._last = yield from self.login_auth.flow(request)
        return self._last

    _last: Response | None = None
    """What the merchant answered last; its clock may be another one than ours."""

    def _told(self, error: LoginFailed) -> LoginFailed:
        """The same error; where the login holds the time, and clocks differ, with that."""
        timed = self.timed or (self.login_auth is not None and self.login_auth.timed)
        if timed and error.status in (400, 401, 403) and self._last is not None:
            problem = error.problem
            how = f"{clocks(self._last, self._around.now())}{problem.how}"
            told = LoginFailed(problem.what, how, where=problem.where, status=error.status)
            told.admission = error.admission
            return told
        return error

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
                failed = self._told(error)
                self._failed = (time.monotonic(), failed)
                raise failed from None
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
        told = type(error)(f"{self.who}: {problem.what}", how, where=WHERE, status=error.status)
        told.admission = error.admission
        return told

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
        named = (value for value in token.values.values() if isinstance(value, str) and "://" not in value)
        for value in (token.value, token.refresh, *(text for text in named if len(text) >= 2 * LEAST_SECRET)):
            if value and (len(value) >= LEAST_SECRET or not value.isdigit()):
                self._around.learn(value)

    def _good(self, token: Token, refused: str | None) -> bool:
        """Whether a token can be used; one that was kept before the file asked for further values cannot."""
        whole = set(self.setting("values") or ()) <= set(token.values)
        if not whole or (self.setting("server_path") and not token.server):
            return False
        return token.fresh(self._around.now()) and token.value != refused

    def _forget(self, token: Token) -> None:
        kept = self._around.store.read(self.key())
        if kept is not None and kept.value == token.value:
            self._around.store.save(self.key(), Token("", kept.since, refresh=kept.refresh))

    # ------------------------------------------------------------ requests to log in, and what they bring

    def login_request(
        self,
        method: str,
        url: str,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        slots: tuple[Slot, ...] = (),
    ) -> Request:
        """A request of the authentication's own."""
        known = any(name.casefold() == "accept" for name, _ in headers)
        accept = () if known else (("Accept", "application/json, */*;q=0.5"),)
        return Request(method, url, (*headers, *accept), body, LOGIN_CALL, login=True, slots=slots)

    def own_headers(self, making: Making) -> list[tuple[str, str]]:
        """The headers that the file says for requests of the authentication's own."""
        said = self.sent(self.setting("headers") or {}, making, lambda text: self.fit(text, "a header"))
        return [(str(name), self.fit(text_of(value), "a header")) for name, value in said.items()]

    def read(self, response: Response, since: float, old_refresh: str = "") -> Token:
        """The token that an answer's body holds.

        Raises:
            LoginFailed: It holds none.
        """
        check_status(response, self.who, self.names)
        path = str(self.setting("token_path"))
        root = root_of(response, self.who, path == "$")
        value = token_at(response, root, path, self.who, "token_path")
        where = self.setting("refresh_path")
        refresh = text_at(root, str(where)) if where else ""
        token = Token(value, since, self.lifetime(root, response), refresh or old_refresh)
        return self.with_values(token, response, root, path)

    def lifetime(self, root: Any, response: Response) -> float | None:
        """How long a token lives, by its answer, else by what the file says."""
        said = lifetime_of(root, str(self.setting("expires_path")), response, self._around.now())
        lifetime = self.setting("lifetime_s")
        return said or (float(lifetime) if lifetime else None)

    def with_values(self, token: Token, response: Response, root: Any = None, path: str = "") -> Token:
        """The token with what else its answer gave: named values, and the server that it is good at.

        Args:
            token: What was given.
            response: The answer.
            root: Its document, where it has been read.
            path: Where the token stands in it.

        Raises:
            LoginFailed: One of them is not there.
        """
        places = {str(name): str(where) for name, where in (self.setting("values") or {}).items()}
        server = self.setting("server_path")
        if root is None and (server or any(where.startswith("$") for where in places.values())):
            root = root_of(response, self.who, False)
        values = {name: self._value(response, root, where) for name, where in places.items()}
        for name, value in values.items():
            if value is None or value == "":
                how = f"check values: of auth, and what {self.who} answers"
                raise LoginFailed(
                    f"{self.who} gave nothing at {places[name]}", how, where=WHERE, status=response.status
                )
        typed = value_at(root, path) if path else ""
        if not isinstance(typed, str):
            values.setdefault("token", typed)
        if server:
            scheme = urlsplit(self._around.base_url).scheme
            named = server_at(response, root, str(server), self.setting("servers") or (), scheme, self.who)
            return replace(token, values=values, server=named)
        return replace(token, values=values)

    def _value(self, response: Response, root: Any, where: str) -> Any:
        """What stands at a place of an answer: at a path, in a header, or in a cookie, which is percent-decoded."""
        if where.startswith("$"):
            return value_at(root, where)
        _, part, name = where.split(".", 2)
        if part == "header":
            return response.headers.get(name.lower(), "").strip()
        return unquote(cookies_of(response, self._around.now())[0].get(name, ""))

    def form_or_json(self, fields: Mapping[str, Any]) -> tuple[tuple[str, str], bytes]:
        """(header, body) of the fields of a token request."""
        if self.setting("token_body") == "json":
            return ("Content-Type", "application/json"), json.dumps(dict(fields), default=str).encode()
        texts = {name: value if isinstance(value, str) else text_of(value) for name, value in fields.items()}
        return ("Content-Type", "application/x-www-form-urlencoded"), urlencode(texts).encode()
