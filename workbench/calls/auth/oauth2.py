"""OAuth2 (RFC 6749): tokens for a client, a user, a refresh token, or somebody who signs in at the merchant's page.

auth: {kind: oauth2_client_credentials, token_url: /token, client_id: "${SHOP_ID}", client_secret: "${SHOP_SECRET}"}
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from workbench.calls.auth.answers import WHERE
from workbench.calls.auth.base import with_parameter
from workbench.calls.auth.simple import basic_header
from workbench.calls.auth.store import Token
from workbench.calls.auth.tokens import TokenAuth
from workbench.calls.messages import Flow, Request
from workbench.errors import LoginFailed, UsageError
from workbench.paths import text_of


class OAuth2(TokenAuth):
    """What the grants have in common."""

    def ask(self, grant: str, old_refresh: str = "", **fields: str) -> Flow[Token]:
        """Asks the token endpoint.

        Raises:
            LoginFailed: It gave no token.
        """
        sent: dict[str, Any] = {"grant_type": grant, **{key: value for key, value in fields.items() if value}}
        making = self.making()
        headers = self.own_headers(making)
        client, secret = self.text("client_id"), self.text("client_secret")
        way = self.setting("client_in")
        if client and secret and way != "body":
            user, password = (
                (client, secret) if way == "basic_raw" else (quote(client, safe=""), quote(secret, safe=""))
            )
            headers.append(("Authorization", basic_header(user, password, self._around.learn)))
        elif client:
            sent["client_id"] = client
            if secret:
                sent["client_secret"] = secret
        names = self.setting("names") or {}
        sent = {str(names.get(key, key)): value for key, value in sent.items() if names.get(key, key) not in ("", None)}
        sent |= {
            str(key): value
            for key, value in self.sent(self.setting("extra") or {}, making, later=self._written).items()
        }
        since = self._around.now()
        response = yield from self.log_in(replace(self._token_request(headers, sent), slots=making.slots))
        return self.read(response, since, old_refresh)

    def _written(self, text: str) -> str:
        """A value inside the body, or the query, of a request for a token."""
        return json.dumps(text)[1:-1] if self.setting("token_body") == "json" else quote(text, safe="")

    def _token_request(self, headers: list[tuple[str, str]], sent: Mapping[str, Any]) -> Request:
        """The request for a token: its fields in the body, or in the query."""
        method = str(self.setting("token_method") or "post").upper()
        if method == "GET" or self.setting("token_body") == "query":
            url = self._url
            for name, value in sent.items():
                url = with_parameter(url, name, value if isinstance(value, str) else text_of(value))
            return self.login_request(method, url, tuple(headers))
        header, body = self.form_or_json(sent)
        return self.login_request(method, self._url, (*headers, header), body)

    def refreshed(self, refresh: str) -> Flow[Token]:
        """The token that a refresh token is traded for; a rotated one comes with it."""
        scope = self.text("scope") if self.kind == "oauth2_refresh_token" else ""
        return (yield from self.ask("refresh_token", refresh, refresh_token=refresh, scope=scope))


class ClientCredentials(OAuth2):
    """A client id and secret, traded for tokens."""

    def identity(self) -> tuple[str, ...]:
        """The client, and what it asks for."""
        return (*(self.text(key) for key in ("client_id", "scope", "audience")), str(self.setting("extra")))

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """A new token; there is nothing to refresh."""
        return (yield from self.ask("client_credentials", scope=self.text("scope"), audience=self.text("audience")))


class Password(OAuth2):
    """A user's name and password, traded for tokens; refreshed where a refresh token came."""

    def identity(self) -> tuple[str, ...]:
        """The client and the user, and what they ask for."""
        return tuple(self.text(key) for key in ("client_id", "username", "scope", "audience"))

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """A token by refreshing; where that is refused, by the password again."""
        if kept is not None and kept.refresh:
            try:
                return (yield from self.refreshed(kept.refresh))
            except LoginFailed as error:
                if error.status is None or not 400 <= error.status < 500:
                    raise
        return (
            yield from self.ask(
                "password",
                username=self.text("username"),
                password=self.text("password"),
                scope=self.text("scope"),
                audience=self.text("audience"),
            )
        )


class RefreshToken(OAuth2):
    """A refresh token that the merchant handed out; where it rotates, the newest is kept before it is used."""

    def identity(self) -> tuple[str, ...]:
        """The client and the first refresh token: a new first one begins anew."""
        return self.text("client_id"), self.text("refresh_token")

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """A token by refreshing with the newest refresh token."""
        refresh = (kept.refresh if kept is not None else "") or self.text("refresh_token")
        if not refresh:
            raise LoginFailed("nobody has signed in yet", self.again, where=WHERE)
        try:
            return (yield from self.refreshed(refresh))
        except LoginFailed as error:
            if error.status is None or not 400 <= error.status < 500 or error.status == 429:
                raise
            raise LoginFailed(error.problem.what, self.again, where=WHERE, status=error.status) from None

    again = "the refresh token is used up, expired or revoked, or the client is wrong: get a new one from the merchant"


class AuthorizationCode(RefreshToken):
    """Somebody signs in at the merchant's page once; from then on the refresh token that this gave is used."""

    again = (
        "sign in at the merchant's page: by the button in the notebook's connection form, or by the address that"
        " workbench.merchant.sign_in(...) gives"
    )

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it signs in and gets tokens."""
        return (*super().urls, self.url("authorize_url"))

    def begin(self) -> Started:
        """The address to open, with a state and a proof key (PKCE, RFC 7636) of its own."""
        verifier, state = (_text(self._around.random(32)) for _ in range(2))
        for value in (verifier, state):
            self._around.learn(value)
        fields = {
            "response_type": "code",
            "client_id": self.text("client_id"),
            "redirect_uri": self.text("redirect_uri"),
            "scope": self.text("scope"),
            "audience": self.text("audience"),
            "state": state,
            "code_challenge": _text(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        extra = {str(key): text_of(value) for key, value in self.filled(self.setting("extra") or {}).items()}
        query = urlencode({**{key: value for key, value in fields.items() if value}, **extra}, quote_via=quote)
        url = self.url("authorize_url")
        return Started(f"{url}{'&' if '?' in url else '?'}{query}", state, verifier)

    def finish(self, started: Started, redirected: str) -> Flow[Token]:
        """Trades what the merchant's page sent back for tokens, and keeps them.

        Args:
            started: What `begin` gave.
            redirected: The whole address to which the browser was sent back.

        Raises:
            LoginFailed: The sign-in was refused, or the code is.
            UsageError: It is not the address of this sign-in.
        """
        parts = urlsplit(redirected.strip())
        back = dict(parse_qsl(parts.query or parts.fragment))
        if back.get("state") != started.state:
            raise UsageError("not the address of this sign-in - copy the whole address that the browser ended at")
        if "code" not in back:
            word = back.get("error", "") if back.get("error", "").replace("_", "").isalpha() else ""
            raise LoginFailed(f"the sign-in was refused{f' ({word[:40]})' if word else ''}", self.again, where=WHERE)
        self._around.learn(back["code"])
        token = yield from self.ask(
            "authorization_code",
            code=back["code"],
            redirect_uri=self.text("redirect_uri"),
            code_verifier=started.verifier,
        )
        self.keep(token)
        return token


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that has begun.

    Attributes:
        url: The address to open in a browser.
        state: What must come back.
        verifier: What proves that the code is ours.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
