"""Answers that are kept in memory and asked for again only if they have changed. Off unless the connection says it.

    cache: {entries: 200}

Kept is the answer of a GET with status 200 that names a version of itself (`ETag`) or the time of its last change, and
does not forbid it (`Cache-Control: no-store`). The next equal request carries that name; `304 Not Modified` then means
the kept answer. The merchant is asked each time, so nothing is ever shown that the merchant would not send now.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from workbench.calls.messages import Request, Response

Identity = tuple[Any, ...]
_BYTES = 16 * 1024 * 1024


class Kept:
    """The answers of one merchant, the oldest dropped first. Safe to use from several threads.

    Args:
        entries: How many answers are kept at most.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._answers: OrderedDict[Identity, Response] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Kept {len(self._answers)} answers>"

    def known(self, request: Request) -> Response | None:
        """The answer that is kept for a request."""
        with self._lock:
            return self._answers.get(request.identity)

    def put(self, request: Request, response: Response) -> None:
        """Keeps an answer, where it may be kept."""
        with self._lock:
            old = self._answers.pop(request.identity, None)
            self._bytes -= len(old.body) if old else 0
            if not _may_be_kept(request, response):
                return
            self._answers[request.identity] = response
            self._bytes += len(response.body)
            while len(self._answers) > self._entries or self._bytes > _BYTES:
                _, oldest = self._answers.popitem(last=False)
                self._bytes -= len(oldest.body)


def conditional(request: Request, kept: Response) -> Request:
    """The request that asks for an answer only if it is another one by now."""
    tag, changed = kept.headers.get("etag"), kept.headers.get("last-modified")
    if tag:
        request = request.with_header("If-None-Match", tag)
    return request.with_header("If-Modified-Since", changed) if changed else request


def _may_be_kept(request: Request, response: Response) -> bool:
    if request.method != "GET" or response.status != 200 or len(response.body) > _BYTES:
        return False
    said = response.headers.get("cache-control", "").casefold()
    named = response.headers.get("etag") or response.headers.get("last-modified")
    return bool(named) and "no-store" not in said
