"""Why a certificate is not accepted: which check failed, and the setting for it."""

from __future__ import annotations

import ssl

from workbench.errors import TlsError

_RENEW = "ask the merchant to renew it"
_EXPIRED = f"{_RENEW}; if it is new, check the clock of this machine"
_CLOCK = "check the clock of this machine; if it is right, ask the merchant"
_NAME = "check the host of base_url; if it is right, the merchant's certificate has to name it"
_PRIVATE = "if it is the merchant's own authority, give it as tls: {ca: ...} of the connection; else ask the merchant"
_CHAIN = f"ask the merchant whether it sends the intermediate certificates as well; {_PRIVATE}"
_MAKE = "ask the merchant for one that keeps to RFC 5280, or say tls: {strict: false} of the connection"

# OpenSSL's numbers of what went wrong (X509_V_ERR_...), with what that means and what to do.
_CHECKS: dict[int, tuple[str, str]] = {
    9: ("is not valid yet", _CLOCK),
    10: ("has expired", _EXPIRED),
    18: ("is self-signed", _PRIVATE),
    19: ("comes from an authority that is not known here (a private one)", _PRIVATE),
    20: ("comes from an authority that is not known here, or its chain is not whole", _CHAIN),
    21: ("comes without the certificates that lead to its authority", _CHAIN),
    23: ("was revoked", _RENEW),
    62: ("is for another host", _NAME),
    64: ("is for another address", _NAME),
    66: ("has a key that is too weak", _RENEW),
    67: ("comes from an authority whose key is too weak", _RENEW),
    68: ("is signed in a way that is too weak", _RENEW),
}
_STRICT = range(73, 100)


def tls_error(cause: ssl.SSLError, call: str) -> TlsError:
    """The error of a TLS handshake that failed: which check of the certificate it was, where it was one."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        code, said = cause.verify_code, (cause.verify_message or "").rstrip(".")
        what, how = _CHECKS.get(code, ("is not accepted", _MAKE if code in _STRICT else _PRIVATE))
        return TlsError(f"the certificate {what}{f' ({said})' if said else ''}", how, where=call)
    reason = (cause.reason or "").upper()
    refused = any(word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))
    if "CERTIFICATE_REQUIRED" in reason or ("ALERT" in reason and refused):
        how = (
            "say certificate: and key: under tls: of the connection; if they are there, ask the merchant to admit them"
        )
        return TlsError("the merchant wants a client certificate, or does not accept ours", how, where=call)
    if "PROTOCOL" in reason:
        return TlsError("no version of TLS is known to both sides", "ask the merchant for TLS 1.2 or newer", where=call)
    return TlsError("the TLS handshake failed", "check that this port of base_url speaks https", where=call)
