"""Envelopes around the bodies of SOAP calls.

soap: {action: "urn:GetOrder", version: "1.1", body: "<GetOrder><No>{number}</No></GetOrder>"}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import UsageError

NAMESPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}


_WHOLE = re.compile(r"\s*(?:<\?xml|(?:<!--.*?-->\s*)*<(?:[\w.-]+:)?Envelope[\s>])", re.S)


def envelope_text(soap: Mapping[str, Any], call: str) -> str:
    """The whole envelope as a template text; a body that is one already stands as it is.

    Raises:
        UsageError: The version is unknown, or there is no body.
    """
    body = soap.get("body")
    if not isinstance(body, str) or not body.strip():
        raise UsageError(f"call {call!r} has no body under soap: - give the XML that stands inside the envelope's Body")
    if _WHOLE.match(body):
        return body
    namespace = NAMESPACES[soap_version(soap, call)]
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="{namespace}">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )


def soap_headers(soap: Mapping[str, Any], call: str) -> tuple[tuple[str, str], ...]:
    """The headers that say it is SOAP, and which action."""
    action = str(soap.get("action") or "")
    if re.search(r'[^\x21-\x7e]|"', action):
        raise UsageError(f"call {call!r}: action under soap: holds signs that no header can - copy it from the WSDL")
    if soap_version(soap, call) == "1.2":
        said = f'; action="{action}"' if action else ""
        return (("Content-Type", f"application/soap+xml; charset=utf-8{said}"),)
    return (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"'))


def soap_version(soap: Mapping[str, Any], call: str) -> str:
    """`1.1` or `1.2`."""
    version = str(soap.get("version") or "1.1")
    if version not in NAMESPACES:
        raise UsageError(f"call {call!r}: SOAP has no version {version!r} - one of {', '.join(NAMESPACES)}")
    return version
