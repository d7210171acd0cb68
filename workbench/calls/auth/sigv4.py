"""AWS Signature Version 4: an access key signs every call, as Amazon's API Gateway and services want it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from workbench.calls.auth.base import TimedAuth, host_header, query_pairs
from workbench.calls.messages import Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = ("authorization", "user-agent", "accept-encoding", "connection", "expect", "transfer-encoding")


class AwsSigV4(TimedAuth):
    """An access key signs every call."""

    def apply(self, request: Request) -> Request:
        """The request with `X-Amz-Date` and the `Authorization` header."""
        now = f"{datetime.fromtimestamp(int(self.clock.now()), UTC):%Y%m%dT%H%M%SZ}"
        request = request.with_header("X-Amz-Date", now)
        token, service = self.text("session_token"), self.text("service")
        if token:
            request = request.with_header("X-Amz-Security-Token", self.fit(token, "a header"))
        if service == "s3":
            request = request.with_header("X-Amz-Content-Sha256", hashlib.sha256(request.body).hexdigest())
        scope = f"{now[:8]}/{self.text('region')}/{service}/aws4_request"
        signed, canonical = canonical_request(request, service != "s3")
        text = "\n".join([_ALGORITHM, now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.text('secret_key')}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        credential = f"{self.text('access_key')}/{scope}"
        header = f"{_ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature={signature}"
        return request.with_header("Authorization", self.fit(header, "a header"))


def canonical_request(request: Request, twice: bool = True) -> tuple[str, str]:
    """(names of the signed headers, the canonical request).

    Args:
        request: What will be sent.
        twice: Whether the path is encoded once more, as every service but S3 wants it.
    """
    headers: dict[str, list[str]] = {"host": [host_header(request.url)]}
    for name, value in request.headers:
        known = name.casefold()
        if known not in _UNSIGNED:
            headers.setdefault(known, []).append(" ".join(value.split()))
    path = urlsplit(request.url).path or "/"
    names = ";".join(sorted(headers))
    lines = [request.method, quote(path, safe="/-._~") if twice else path, _query(query_pairs(request.url))]
    lines += [f"{name}:{','.join(headers[name])}" for name in sorted(headers)]
    return names, "\n".join([*lines, "", names, hashlib.sha256(request.body).hexdigest()])


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    encoded = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)
