"""An assertion signed with our key (RFC 7523): traded for a token, proving the client, or sent with each call itself.

auth: {kind: jwt, token_url: /token, key: "${SHOP_KEY}", algorithm: RS256, issuer: "${SHOP_ISSUER}"}
"""

from __future__ import annotations

from typing import Any

from workbench.calls.auth.base import Clock
from workbench.calls.auth.oauth2 import OAuth2
from workbench.calls.auth.store import Token
from workbench.calls.messages import Flow
from workbench.errors import LoginFailed, UsageError

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Jwt(OAuth2):
    """A signed JWT."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._clock = Clock(self._around.now)
        if self.setting("use") != "bearer" and not self._url:
            raise UsageError("auth of kind jwt needs token_url: - or say use: bearer")

    @property
    def timed(self) -> bool:
        """An assertion holds the time."""
        return True

    def identity(self) -> tuple[str, ...]:
        """Who it stands for, and what for."""
        keys = ("issuer", "subject", "audience", "scope", "key_id")
        return (*(self.text(key) for key in keys), str(self.setting("use")), str(self.setting("claims")))

    def obtain(self, kept: Token | None) -> Flow[Token]:
        """A token for a new assertion; one more by the server's clock where that shows another time than ours."""
        if self.setting("use") == "bearer":
            return Token(self.assertion(), self._around.now(), float(self.setting("jwt_lifetime_s")))
        try:
            return (yield from self._asked())
        except LoginFailed as error:
            if error.status not in (400, 401, 403) or self._last is None or not self._clock.off(self._last):
                raise
            return (yield from self._asked())

    def _asked(self) -> Flow[Token]:
        scope = self.text("scope")
        if self.setting("use") == "client":
            fields = {"client_assertion_type": CLIENT, "client_assertion": self.assertion()}
            return (yield from self.ask("client_credentials", client_id=self.text("issuer"), scope=scope, **fields))
        return (yield from self.ask(GRANT, assertion=self.assertion(), scope=scope))

    def assertion(self) -> str:
        """A JWT, signed now.

        Raises:
            UsageError: PyJWT is not installed, or the key does not fit the algorithm.
        """
        try:
            import jwt
        except ImportError:
            raise UsageError("auth of kind jwt needs PyJWT - pip install 'workbench[jwt]'") from None
        now, issuer = int(self._clock.now()), self.text("issuer")
        claims: dict[str, Any] = {
            "iss": issuer,
            "sub": self.text("subject") or issuer,
            "aud": self.text("audience") or self._url,
            "iat": now,
            "exp": now + int(self.setting("jwt_lifetime_s")),
            "jti": self._around.random(16).hex(),
            **self.filled(self.setting("claims") or {}),
        }
        claims = {key: value for key, value in claims.items() if value not in ("", None)}
        key_id, algorithm = self.text("key_id"), str(self.setting("algorithm"))
        try:
            made = jwt.encode(claims, self.text("key"), algorithm, {"kid": key_id} if key_id else None)
        except NotImplementedError:
            raise UsageError(f"{algorithm} needs the package cryptography - pip install 'workbench[jwt]'") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            names = ", ".join(self.names)
            raise UsageError(f"the key does not fit {algorithm} - check the value of {names}: a whole PEM?") from None
        self._around.learn(made)
        return made
