"""Counts and decompresses an answer while it comes in, so that a small bomb never becomes a large one in memory."""

from __future__ import annotations

import zlib

from workbench.errors import BadAnswer, LimitExceeded

_GZIP, _ZLIB, _RAW = 31, 15, -15
_RATIO, _SMALL = 200, 4 * 1024 * 1024


class Unpacker:
    """Takes the chunks of one body.

    Args:
        encoding: The `Content-Encoding` header.
        limit: How many bytes may come out.
        call: The call's name, for errors.

    Raises:
        BadAnswer: The encoding is none that was asked for.
    """

    def __init__(self, encoding: str, limit: int, call: str) -> None:
        words = [word.strip().casefold() for word in encoding.split(",")]
        words = [word for word in words if word not in ("", "identity")]
        if words not in ([], ["gzip"], ["x-gzip"], ["deflate"]):
            raise BadAnswer("the answer is compressed in a way that was not asked for", "tell the merchant", where=call)
        self._kind = words[0] if words else ""
        self._limit, self._call = limit, call
        self._parts: list[bytes] = []
        self._size = self._came = 0
        self._inflate: zlib._Decompress | None = None

    def add(self, chunk: bytes) -> None:
        """Takes a chunk.

        Raises:
            LimitExceeded: More came out than is allowed.
            BadAnswer: It is not compressed as the header says.
        """
        self._came += len(chunk)
        if not self._kind:
            self._keep(chunk)
            return
        try:
            more = False
            while chunk or more:
                if self._inflate is None or self._inflate.eof:
                    self._inflate = zlib.decompressobj(self._window(chunk))
                step = min(self._limit - self._size + 1, _SMALL)
                data = self._inflate.decompress(chunk, step)
                self._keep(data)
                chunk = self._inflate.unconsumed_tail or self._inflate.unused_data
                more = len(data) == step and not self._inflate.eof
        except zlib.error:
            raise self._broken() from None

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            BadAnswer: Its end is missing.
        """
        if self._inflate is not None and not self._inflate.eof:
            raise self._broken()
        return b"".join(self._parts)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise too_large(self._limit)
        if self._kind and self._size > _SMALL and self._size > _RATIO * self._came:
            what = f"the answer unpacks to more than {_RATIO} times its size"
            raise LimitExceeded(what, "tell the merchant: no list of orders is so much of the same", code="too_large")
        self._parts.append(data)

    def _window(self, chunk: bytes) -> int:
        """What `deflate` means is read in two ways; a zlib header tells them apart."""
        if self._kind != "deflate":
            return _GZIP
        return _ZLIB if chunk[0] & 0x0F == 8 else _RAW

    def _broken(self) -> BadAnswer:
        how = "try again; if it stays, tell the merchant"
        return BadAnswer("the compressed answer is broken or cut off", how, where=self._call)


def too_large(limit: int) -> LimitExceeded:
    """The error of an answer that is larger than allowed."""
    how = "narrow the search, use pages:, or raise the limit"
    return LimitExceeded(f"the answer is larger than {limit} bytes", how, code="too_large")
