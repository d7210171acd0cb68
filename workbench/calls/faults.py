"""Statuses that are failures, as typed errors that say what to do and whom to ask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import urljoin

from workbench.calls.auth import clocks, origin_of
from workbench.calls.messages import Request, Response
from workbench.calls.retries import retry_after
from workbench.errors import Forbidden, HttpError, NotFound, RateLimited, ServerError, Unauthorized

_LONGEST = 1_000_000


def http_error(request: Request, response: Response, secrets: Sequence[str] = (), *, timed: bool = False) -> HttpError:
    """The error of a status that is not 2xx and that the mapping does not declare.

    Args:
        request: What was sent.
        response: What came.
        secrets: The names of the secrets that were used.
        timed: Whether what was sent holds the time, so that a clock that is off may be why.
    """
    status = response.status
    told = f"(HTTP {status})"
    kind: type[HttpError] = HttpError
    what, how = f"the merchant refuses the request {told}", "check the URL, query:, headers: and body of the call"
    if status == 401:
        names = f"check {', '.join(secrets)}; " if secrets else "say auth: under connection; "
        kind, what = Unauthorized, f"the merchant does not accept the credentials {told}"
        how = f"{names}if they are right, ask the merchant whether they were revoked"
    elif status == 403:
        kind, what = Forbidden, f"the credentials are known and may not do this {told}"
        how = "ask the merchant to let them read orders, and whether it admits calls from this machine"
    elif status in (404, 410):
        kind, what = NotFound, f"nothing is at this address {told}"
        how = f"check the URL; if it means no such order, say not_found_when: {{http.status: {status}}}"
    elif status == 429:
        kind, what = RateLimited, f"too many requests {told}"
        how = f"{_pause(response)}; if it stays, ask the merchant for a higher limit"
    elif status >= 500:
        kind, what = ServerError, f"the merchant's server failed {told}"
        how = f"{_pause(response)}; if it stays, tell the merchant"
    elif status == 407:
        what, how = f"the proxy refuses the call {told}", "check WORKBENCH_PROXY and its credentials"
    elif status == 400 and b"SSL certificate" in response.body[:2000]:
        what = f"the merchant's server wants a client certificate of ours, or another one {told}"
        how = "say certificate: and key: under tls: of the connection, or auth: of kind mutual_tls"
    elif 300 <= status < 400:
        what, how = _redirect(request, response)
    if timed and status in (400, 401, 403):
        how = f"{clocks(response)}{how}"
    return kind(what, how, where=request.call, status=status)


def _pause(response: Response) -> str:
    after = retry_after(response)
    return "try again later" if after is None or after >= _LONGEST else f"try again after {math.ceil(after)} seconds"


def _redirect(request: Request, response: Response) -> tuple[str, str]:
    """Nothing is followed: a redirect may lead to a private address, or take secrets elsewhere."""
    location = response.headers.get("location", "")
    told = f"(HTTP {response.status})"
    if not location:
        return f"a redirect to nowhere {told}", "check base_url and the call's URL"
    try:
        same = origin_of(urljoin(request.url, location)) == origin_of(request.url)
    except ValueError:
        same = False
    if same:
        return (
            f"a redirect to another path of the same server {told}",
            "no redirect is followed; put that path into the call",
        )
    how = "no redirect is followed; ask the merchant for the right address and put it into base_url"
    return f"a redirect to another server {told}", f"{how}; often it is http instead of https, or a login page"
