r"""A shared secret signs a text that a template makes of each call.

auth:
  kind: hmac
  secret: "${SHOP_SECRET}"
  canonical: "{method}\n{path}\n{timestamp}\n{body_hash}"
  headers: {X-Key: "${SHOP_KEY}", X-Time: "{timestamp}", X-Signature: "{signature}"}

Headers and parameters that do not hold the signature are set first, so that it may sign them. A call says where the
signature stands in a body: `{auth.signature}`, `{auth.timestamp}` and `{auth.nonce}`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus, urlsplit

from workbench.calls.auth.base import TimedAuth, form_pairs, host_header, query_pairs
from workbench.calls.auth.made import Making
from workbench.calls.messages import MARK, Request
from workbench.errors import UsageError
from workbench.paths import text_of
from workbench.templates import Made, compile_template

_PLACE = re.compile(
    r"\$\{([A-Z][A-Z0-9_]*)\}|(?<!\$)\{((?:now|random)(?:[+-][^{}.]*)?\.[^{}]*|[A-Za-z_][\w.-]*)\}", re.ASCII
)
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "HEX": lambda data: data.hex().upper(),
    "base64": lambda data: base64.b64encode(data).decode("ascii"),
    "base64url": lambda data: base64.urlsafe_b64encode(data).decode("ascii").rstrip("="),
}


def _without(pairs: list[str], names: list[str]) -> list[str]:
    """The encoded pairs of a query, but for those of these names."""
    return [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in names]


def _given(request: Request, values: Mapping[str, Any]) -> Request:
    """The request with values where it says `{auth.NAME}`."""
    return request.filled(lambda made: values.get(made.name) if made.source == "auth" else None)


class Part(NamedTuple):
    """A header or a parameter that is set: its place, its name, and its template."""

    place: str
    name: str
    template: str

    @property
    def signed(self) -> bool:
        """Whether it holds the signature."""
        return "{signature}" in self.template


class Hmac(TimedAuth):
    """A signature over a text made of the call."""

    def apply(self, request: Request) -> Request:
        """The request with the signature, and whatever goes with it, in headers, in the query or in its body."""
        now = self.clock.now()
        making = Making(now, self._around.random)
        values: dict[str, Any] = {
            "timestamp": text_of(making(Made("now", str(self.setting("timestamp"))))),
            "nonce": making(Made("random", str(self.setting("nonce")))),
        }
        request = _given(request, values)
        parts = list(self._parts())
        for part in parts:
            if not part.signed:
                request = self._set(request, part, {**self._values(request), **values}, making)
        values |= self._values(request)
        canonical = self._fill(self.setting("canonical"), values, making).encode("utf-8", "surrogateescape")
        values["signature"] = _ENCODINGS[str(self.setting("encoding"))](self._digest(canonical))
        for part in parts:
            if part.signed:
                request = self._set(request, part, values, making)
        return _given(request, {"signature": values["signature"]})

    def _digest(self, canonical: bytes) -> bytes:
        algorithm = str(self.setting("algorithm"))
        if self.setting("signed_by") == "hash":
            return hashlib.new(algorithm, canonical, usedforsecurity=False).digest()
        return hmac.new(self._secret(), canonical, algorithm).digest()

    def _parts(self) -> Iterator[Part]:
        for place, key in (("header", "headers"), ("query", "query")):
            for name, template in (self.setting(key) or {}).items():
                yield Part(place, str(name), text_of(template))

    def _set(self, request: Request, part: Part, values: Mapping[str, Any], making: Making) -> Request:
        filled = self._fill(part.template, values, making)
        return self.placed(request, part.place, part.name, filled) if filled or part.place == "query" else request

    def _values(self, request: Request) -> dict[str, Any]:
        """What a template may say of a request. What only the signature makes is no part of its pairs."""
        parts = urlsplit(request.url)
        path = parts.path or "/"
        none = self.setting("empty_body_hash")
        hashed = hashlib.new(str(self.setting("body_algorithm")), request.body, usedforsecurity=False).digest()
        body_hash = _ENCODINGS[str(self.setting("body_encoding"))](hashed)
        query = list(query_pairs(request.url))
        left_out = str(self.setting("unsigned") or "").split()
        named = [pair for pair in (*query, *form_pairs(request)) if pair[0] not in left_out]
        pairs = sorted(pair for pair in named if MARK not in pair[1])
        return {
            "method": request.method,
            "path": path,
            "query": parts.query,
            "sorted_query": "&".join(sorted(_without(parts.query.split("&"), left_out))),
            "sorted_pairs": "&".join(f"{name}={value}" for name, value in pairs),
            "sorted_glued": "".join(f"{name}{value}" for name, value in pairs),
            "target": f"{path}?{parts.query}" if parts.query else path,
            "url": request.url,
            "host": host_header(request.url),
            "body": request.body.decode("utf-8", "surrogateescape"),
            "body_hash": none if none is not None and not request.body else body_hash,
            "header.": {name.casefold(): value for name, value in request.headers},
            "query.": dict(query),
        }

    def _fill(self, template: str, values: Mapping[str, Any], making: Making) -> str:
        """A template with its values; a header or parameter that is not there is nothing."""

        def value(found: re.Match[str]) -> str:
            if found[1]:
                return self._reveal(found[1])
            name = found[2]
            if name.startswith(("now", "random")) and "." in name:
                (part,) = compile_template(found[0])
                return text_of(making(part)) if isinstance(part, Made) else found[0]
            if name.startswith("header."):
                return str(values["header."].get(name[7:].casefold(), ""))
            if name.startswith("query."):
                return str(values["query."].get(name[6:], ""))
            if name == "secret":
                return self.text("secret")
            return str(values[name]) if name in values and not name.endswith(".") else found[0]

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
