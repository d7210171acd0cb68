"""Bytes -> `Document`: JSON, NDJSON, XML, SOAP, CSV and form encoding, within `Limits`."""

from __future__ import annotations

from workbench.decode.reading import decode, decode_text

__all__ = ["decode", "decode_text"]
