"""OAuth 1.0a (RFC 5849): two key pairs sign every call, with HMAC-SHA256 as Magento does it, or HMAC-SHA1."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote, urlsplit

from workbench.calls.auth.base import TimedAuth, form_pairs, host_header, query_pairs, with_parameter
from workbench.calls.messages import Request

_DIGESTS = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}


class OAuth1(TimedAuth):
    """Two key pairs sign every call."""

    def apply(self, request: Request) -> Request:
        """The request with the `Authorization` header, or with the parameters in its query."""
        method = str(self.setting("signature"))
        params = {
            "oauth_consumer_key": self.text("consumer_key"),
            "oauth_token": self.text("token"),
            "oauth_signature_method": method,
            "oauth_timestamp": str(int(self.clock.now())),
            "oauth_nonce": self._around.random(16).hex(),
            "oauth_version": "1.0",
        }
        params = {name: value for name, value in params.items() if value}
        base = base_string(request, params.items())
        params["oauth_signature"] = signature(base, self.text("consumer_secret"), self.text("token_secret"), method)
        if self.setting("in") == "query":
            for name, value in params.items():
                request = replace(request, url=with_parameter(request.url, name, value))
            return request
        realm = self.text("realm")
        told = [("realm", realm.replace('"', ""))] if realm else []
        told += [(name, encoded(value)) for name, value in params.items()]
        header = "OAuth " + ", ".join(f'{name}="{value}"' for name, value in told)
        return request.with_header("Authorization", self.fit(header, "a header"))


def signature(base: str, consumer_secret: str, token_secret: str, method: str) -> str:
    """The signature of a text by both secrets."""
    key = f"{encoded(consumer_secret)}&{encoded(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), _DIGESTS[method]).digest()).decode("ascii")


def base_string(request: Request, params: Iterable[tuple[str, str]]) -> str:
    """The text that is signed: method, address, and every parameter of header, query and form, sorted."""
    pairs = [*params, *query_pairs(request.url), *form_pairs(request)]
    ordered = sorted((encoded(name), encoded(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in ordered)
    parts = urlsplit(request.url)
    address = f"{parts.scheme}://{host_header(request.url)}{parts.path or '/'}"
    return "&".join([request.method, encoded(address), encoded(joined)])


def encoded(text: str) -> str:
    """A text as RFC 5849 encodes it."""
    return quote(text, safe="-._~")
