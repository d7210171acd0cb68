"""HAR: what a browser recorded while somebody used the merchant's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.importing.finish import Raw, soap_of

_DATA = ("json", "xml", "graphql", "form-urlencoded", "text/plain")
_PAGES = (".js", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".woff", ".woff2", ".ico", ".map", ".webp", ".html")


def looks_like_har(data: Any) -> bool:
    """Whether JSON is a HAR."""
    return (
        isinstance(data, Mapping)
        and isinstance(data.get("log"), Mapping)
        and isinstance(data["log"].get("entries"), list)
    )


def read_har(data: Mapping[str, Any]) -> tuple[list[Raw], list[str]]:
    """The requests that were answered by data, and notes."""
    found: list[Raw] = []
    broken = pages = 0
    for entry in data["log"]["entries"]:
        request = entry.get("request") if isinstance(entry, Mapping) else None
        if not isinstance(request, Mapping) or not isinstance(request.get("url"), str):
            broken += 1
            continue
        if not _is_data(request, entry.get("response")):
            pages += 1
            continue
        found.append(_request(request))
    notes = [f"{broken} entries without a request were left out"] if broken else []
    if not found:
        notes.append("no request in it was answered by data: record while an order is looked up")
    return found, notes


def _is_data(request: Mapping[str, Any], response: Any) -> bool:
    """Whether an exchange carried data, rather than a page, a picture or a script."""
    url = str(request["url"]).partition("?")[0].lower()
    if not url.startswith(("http://", "https://")) or url.endswith(_PAGES) or str(request.get("method")) == "OPTIONS":
        return False
    content = response.get("content") if isinstance(response, Mapping) else None
    kind = str(content.get("mimeType") or "").lower() if isinstance(content, Mapping) else ""
    if "html" in kind or "javascript" in kind or kind.startswith(("image/", "font/", "video/", "audio/", "text/css")):
        return False
    return not kind or "octet" in kind or any(word in kind for word in _DATA)


def _request(request: Mapping[str, Any]) -> Raw:
    headers = _pairs(request.get("headers"))
    posted = request.get("postData")
    body: Any = None
    kind = content_type = ""
    if isinstance(posted, Mapping):
        content_type = str(posted.get("mimeType") or "")
        body = posted.get("text")
        if not isinstance(body, str) or not body:
            body, kind = _pairs(posted.get("params")) or None, "form"
        elif soap := soap_of(body, headers, content_type):
            body, kind = soap, "soap"
    return Raw(
        label="", method=str(request.get("method") or "GET"), url=str(request["url"]), headers=headers, body=body,
        body_kind=kind if body else "", content_type=content_type,
    )  # fmt: skip


def _pairs(listed: Any) -> list[tuple[str, str]]:
    members = listed if isinstance(listed, list) else []
    return [
        (str(one["name"]), str(one.get("value") or "")) for one in members if isinstance(one, Mapping) and "name" in one
    ]
