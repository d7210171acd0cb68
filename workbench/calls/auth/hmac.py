r"""A shared secret signs a text that a template makes of each call.

auth:
  kind: hmac
  secret: "${SHOP_SECRET}"
  canonical: "{method}\n{path}\n{timestamp}\n{body_hash}"
  headers: {X-Key: "${SHOP_KEY}", X-Time: "{timestamp}", X-Signature: "{signature}"}
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from workbench.calls.auth.base import TimedAuth, host_header
from workbench.calls.messages import Request
from workbench.errors import UsageError
from workbench.paths import text_of

_PLACE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}|(?<!\$)\{([A-Za-z_.][\w.-]*)\}", re.ASCII)
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "HEX": lambda data: data.hex().upper(),
    "base64": lambda data: base64.b64encode(data).decode("ascii"),
    "base64url": lambda data: base64.urlsafe_b64encode(data).decode("ascii").rstrip("="),
}
_TIMES: Mapping[str, Callable[[float], str]] = {
    "unix": lambda now: str(int(now)),
    "unix_ms": lambda now: str(int(now * 1000)),
    "iso": lambda now: f"{_utc(now):%Y-%m-%dT%H:%M:%SZ}",
    "iso_ms": lambda now: f"{_utc(now):%Y-%m-%dT%H:%M:%S}.{int(now * 1000) % 1000:03d}Z",
    "compact": lambda now: f"{_utc(now):%Y%m%dT%H%M%SZ}",
    "http": lambda now: format_datetime(_utc(now).replace(microsecond=0), usegmt=True),
}


def _utc(now: float) -> datetime:
    return datetime.fromtimestamp(int(now), UTC)


class Hmac(TimedAuth):
    """A signature over a text made of the call."""

    def apply(self, request: Request) -> Request:
        """The request with the signature, and whatever goes with it, in headers or in the query."""
        values = self._values(request)
        digest = hmac.new(self._secret(), self._canonical(values), str(self.setting("algorithm"))).digest()
        values["signature"] = _ENCODINGS[str(self.setting("encoding"))](digest)
        for place, key in (("header", "headers"), ("query", "query")):
            for name, template in (self.setting(key) or {}).items():
                filled = self._fill(text_of(template), values)
                if filled or place == "query":
                    request = self.placed(request, place, str(name), filled)
        return request

    def _values(self, request: Request) -> dict[str, Any]:
        parts = urlsplit(request.url)
        path = parts.path or "/"
        none = self.setting("empty_body_hash")
        hashed = hashlib.new(str(self.setting("body_algorithm")), request.body, usedforsecurity=False).digest()
        body_hash = _ENCODINGS[str(self.setting("body_encoding"))](hashed)
        return {
            "method": request.method,
            "path": path,
            "query": parts.query,
            "sorted_query": "&".join(sorted(parts.query.split("&"))),
            "target": f"{path}?{parts.query}" if parts.query else path,
            "url": request.url,
            "host": host_header(request.url),
            "timestamp": _TIMES[str(self.setting("timestamp"))](self.clock.now()),
            "nonce": self._nonce(),
            "body": request.body.decode("utf-8", "surrogateescape"),
            "body_hash": none if none is not None and not request.body else body_hash,
            "headers": {name.casefold(): value for name, value in request.headers},
        }

    def _canonical(self, values: Mapping[str, Any]) -> bytes:
        return self._fill(self.setting("canonical"), values).encode("utf-8", "surrogateescape")

    def _fill(self, template: str, values: Mapping[str, Any]) -> str:
        """A template with its values; a header that is not there is nothing."""

        def value(found: re.Match[str]) -> str:
            if found[1]:
                return self._reveal(found[1])
            if found[2].startswith("header."):
                return str(values["headers"].get(found[2][7:].casefold(), ""))
            return str(values[found[2]]) if found[2] in values and found[2] != "headers" else found[0]

        return _PLACE.sub(value, template)

    def _secret(self) -> bytes:
        text, encoding = self.text("secret"), self.setting("secret_encoding")
        try:
            if encoding == "hex":
                return bytes.fromhex(text)
            if encoding == "base64":
                return base64.b64decode(
                    text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
                )
        except (ValueError, binascii.Error):
            names = ", ".join(self.names)
            raise UsageError(f"the secret is not written in {encoding} - check {names}, and secret_encoding:") from None
        return text.encode()

    def _nonce(self) -> str:
        made = self._around.random(16)
        if self.setting("nonce") == "uuid":
            return str(uuid.UUID(bytes=made, version=4))
        return str(int.from_bytes(made) % 10**16) if self.setting("nonce") == "digits" else made.hex()
