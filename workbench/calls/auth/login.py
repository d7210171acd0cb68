"""A call to log in, and what it gives: a token for a header, or the cookies of a session.

auth: {kind: login_token, url: /login, json: {user: "${SHOP_USER}", password: "${SHOP_PASSWORD}"}, token_path: $.token}
auth: {kind: session_cookie, url: /login, form: {user: "${SHOP_USER}", password: "${SHOP_PASSWORD}"}}
"""

from __future__ import annotations

import json
from urllib.parse import quote_plus, urlencode
from xml.sax.saxutils import escape

from workbench.calls.auth.answers import WHERE, check_status, says
from workbench.calls.auth.base import with_cookie
from workbench.calls.auth.cookies import cookies_of
from workbench.calls.auth.made import Making
from workbench.calls.auth.simple import basic_header
from workbench.calls.auth.store import Token
from workbench.calls.auth.tokens import TokenAuth
from workbench.calls.messages import Flow, Request, Response
from workbench.conditions import compile_conditions
from workbench.errors import LoginFailed
from workbench.paths import text_of


class Login(TokenAuth):
    """The base of kinds that log in by a call of their own."""

    who = "the login"
    address = "url"

    def identity(self) -> tuple[str, ...]:
        """Who logs in: all that is sent."""
        return self.text("username"), *(json.dumps(self.filled(self.setting(key)), default=str) for key in _SENT)

    def logged_in(self) -> Flow[tuple[Response, float]]:
        """The answer of the login, and when it was asked for.

        Raises:
            LoginFailed: It did not go well.
        """
        making = self.making()
        headers = self.own_headers(making)
        known = {name.casefold() for name, _ in headers}
        kind, body = self._body(making)
        if kind and "content-type" not in known:
            headers.append(("Content-Type", kind))
        if self.text("username") and "authorization" not in known:
            header = basic_header(self.text("username"), self.text("password"), self._around.learn)
            headers.append(("Authorization", header))
        since = self._around.now()
        method = str(self.setting("method")).upper()
        response = yield from self.log_in(self.login_request(method, self._url, tuple(headers), body, making.slots))
        self.check(response)
        if says(response, compile_conditions(self.setting("fail_when"))):
            how = f"check {', '.join(self.names) or 'auth:'}; else see fail_when: of auth"
            raise LoginFailed("the login's answer says that it is refused", how, where=WHERE, status=response.status)
        return response, since

    def check(self, response: Response) -> None:
        """Accepts a login that went well."""
        check_status(response, self.who, self.names)

    def with_body(self, token: Token, response: Response) -> Token:
        """The token with what the login's body gave beside it, where that is asked for."""
        return self.with_values(token, response)

    def _body(self, making: Making) -> tuple[str, bytes]:
        """(content type, body) of the login."""
        if self.setting("json") is not None:
            filled = self.sent(self.setting("json"), making, later=lambda text: json.dumps(text)[1:-1])
            return "application/json", json.dumps(filled, default=str).encode()
        if self.setting("form") is not None:
            filled = self.sent(self.setting("form"), making, later=quote_plus)
            fields = [(name, text_of(value)) for name, value in filled.items()]
            return "application/x-www-form-urlencoded", urlencode(fields).encode()
        xml = self.setting("xml")
        if xml is None:
            return "", b""
        quotes = {'"': "&quot;", "'": "&apos;"}
        filled = self.sent(str(xml), making, lambda text: escape(text, quotes))
        return "text/xml; charset=utf-8", filled.encode()


_SENT = ("json", "form", "xml", "headers")


class LoginToken(Login):
    """A login that gives a token, in its body or in a header."""

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """The token of a new login."""
        response, since = yield from self.logged_in()
        name = self.setting("token_header")
        if name is None:
            return self.read(response, since)
        value = response.headers.get(str(name).lower(), "").strip()
        if not value:
            what, how = f"the login answered without a header {name}", "check token_header:, and the credentials"
            raise LoginFailed(what, how, where=WHERE, status=response.status)
        lifetime = self.setting("lifetime_s")
        token = Token(value, since, float(lifetime) if lifetime else None)
        return self.with_body(token, response)


class SessionCookie(Login):
    """A login that sets cookies; they go with every further call."""

    def check(self, response: Response) -> None:
        """Accepts a login that went well; many send on to another page then, with the cookie."""
        if not (300 <= response.status < 400 and response.headers.get("set-cookie")):
            super().check(response)

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """The cookies of a new login."""
        response, since = yield from self.logged_in()
        cookies, lifetimes = cookies_of(response, self._around.now())
        wanted = self.setting("cookie")
        if not cookies or (wanted and wanted not in cookies):
            told = f" {wanted}" if wanted else ""
            had = f"; it set {', '.join(sorted(cookies)[:8])}" if cookies else ""
            what, how = f"the login answered without the cookie{told}", f"check the credentials, and cookie:{had}"
            raise LoginFailed(what, how, where=WHERE, status=response.status)
        for value in cookies.values():
            if len(value) >= 8:  # shorter ones are words such as a language, which would mask half of every text
                self._around.learn(value)
        said = lifetimes.get(wanted) if wanted else min(lifetimes.values(), default=None)
        lifetime = self.setting("lifetime_s")
        text = "; ".join(f"{name}={value}" for name, value in cookies.items())
        token = Token(text, since, said or (float(lifetime) if lifetime else None))
        return self.with_body(token, response)

    def used(self, request: Request, token: Token) -> Request:
        """The request with the session's cookies."""
        return with_cookie(self.given(request, token), token.value)
