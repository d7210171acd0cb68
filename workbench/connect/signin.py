"""Signing in at a merchant's page once, for connections whose tokens come of that (OAuth2, authorization code).

sign_in = SignIn(opened)
print(sign_in.url)                       # to be opened in a browser
sign_in.finish(input("address: "))       # the whole address that the browser was sent back to; or sign_in.wait()
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from workbench.calls.auth import AuthorizationCode, Started, Token
from workbench.calls.messages import WAITED, Wait
from workbench.connect.opening import Opened
from workbench.connect.secrets import Secret
from workbench.connect.transport import Sender
from workbench.errors import CallError, LoginFailed, UsageError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOOK_S = 0.25


def signed_in(opened: Opened) -> bool:
    """Whether somebody has signed in already: there is a token, or what one is renewed with."""
    auth = opened.operations.auth
    if not isinstance(auth, AuthorizationCode):
        return False
    return auth.kept() is not None or bool(auth.text("refresh_token"))


class SignIn:
    """One sign-in on its way. Its `repr` shows nothing of it.

    Args:
        opened: The merchant.

    Raises:
        UsageError: Its connection is not of the kind that is signed in to by a browser.
        AddressRefused: The deployment does not let this merchant's secrets go to the page's host.
    """

    def __init__(self, opened: Opened) -> None:
        auth = opened.operations.auth.first
        if not isinstance(auth, AuthorizationCode):
            how = "only oauth2_authorization_code needs somebody to sign in"
            raise UsageError(f"the connection of {opened.plan.merchant} is of kind {auth.kind} - {how}")
        opened.check_hosts()
        self._opened, self._auth = opened, auth
        self._started: Started = auth.begin()
        self._token: Token | None = None
        self._stopped = False

    def __repr__(self) -> str:
        return f"<SignIn {self._opened.plan.merchant}, {'done' if self.done else 'to be finished'}>"

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        return self._started.url

    @property
    def refresh_token(self) -> Secret | None:
        """What a deployment where nobody signs in can be given as a secret; None where the merchant gives none."""
        kept = self._token.refresh if self._token else ""
        return Secret("refresh_token", kept) if kept else None

    def stop(self) -> None:
        """Has `wait` listen no longer; it then returns without having signed in."""
        self._stopped = True

    @property
    def done(self) -> bool:
        """Whether somebody has signed in."""
        return self._token is not None

    def finish(self, redirected: str) -> None:
        """Takes the address that the browser was sent back to, and keeps the tokens that it is traded for.

        Raises:
            UsageError: It is not the address of this sign-in.
            LoginFailed: The merchant refused.
            CallError: The merchant cannot be reached.
        """
        opened, deadline = self._opened, time.monotonic() + self._opened.budget_s
        sender = Sender(opened.settings, opened.operations.limits.bytes, opened.timeout_s, opened.tls_context())
        flow = self._auth.finish(self._started, redirected)
        try:
            step = next(flow)
            while True:
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                    step = flow.send(WAITED)
                    continue
                try:
                    answer = sender.send(step, deadline)
                except CallError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as done:
            self._token = done.value
        finally:
            sender.close()

    def wait(self, timeout_s: float = 300.0, ready: Callable[[], None] | None = None) -> None:
        """Listens on this machine for the browser to come back, where the redirect URI leads here; then finishes.

        Args:
            timeout_s: How long to listen.
            ready: Is called when it listens.

        Raises:
            UsageError: The redirect URI does not lead to this machine, or its port is taken.
            LoginFailed: Nobody came back in time, or the merchant refused.
            CallError: The merchant cannot be reached.
        """
        parts = urlsplit(self._auth.text("redirect_uri"))
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK or not parts.port:
            raise UsageError("redirect_uri: does not lead to a port of this machine - hand the address to finish()")
        come: list[str] = []
        state = self._started.state

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                if asked.path == (parts.path or "/") and ("state", state) in parse_qsl(asked.query):
                    come.append(f"http://{parts.netloc}{self.path}")
                text = "Signed in: go back to the notebook." if come else "Not the address of a sign-in."
                body = f"<!doctype html><title>Sign-in</title><p>{html.escape(text)}".encode()
                self.send_response_only(200 if come else 404)
                for name, value in (("Content-Type", "text/html"), ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is written: the address holds the code."""

        try:
            server = HTTPServer((parts.hostname, parts.port), Handler)
        except OSError as error:
            raise UsageError(
                f"cannot listen on port {parts.port}: {error.strerror} - hand the address to finish()"
            ) from None
        with server:
            if ready is not None:
                ready()
            end = time.monotonic() + timeout_s
            while not (come or self._stopped) and time.monotonic() < end:
                server.timeout = max(0.0, min(_LOOK_S, end - time.monotonic()))
                server.handle_request()
        if self._stopped:
            return
        if not come:
            raise LoginFailed("nobody came back from the merchant's page", "begin again", where="connection.auth")
        self.finish(come[-1])
