"""WS-Security UsernameToken, in the header of a SOAP envelope: password as text or as digest."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from workbench.calls.auth.base import TimedAuth
from workbench.calls.messages import Request
from workbench.errors import UsageError

_BASE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE, _WSU = f"{_BASE}-wssecurity-secext-1.0.xsd", f"{_BASE}-wssecurity-utility-1.0.xsd"
_PROFILE, _BASE64 = f"{_BASE}-username-token-profile-1.0", f"{_BASE}-soap-message-security-1.0#Base64Binary"
_SKIPPED = r"(?:\s|<!--.*?-->|<\?.*?\?>)*"
_TAG = r"<(?:(?P<{0}>[A-Za-z_][\w.-]*):)?{1}(?P<{2}>(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?)>"
_ENVELOPE = re.compile(r"\ufeff?" + _SKIPPED + _TAG.format("prefix", "Envelope", "attributes"), re.S)
_HEADER = re.compile(_SKIPPED + _TAG.format("prefix", "Header", "attributes"), re.S)
_CHARSET = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["']([\w.-]+)["']""")


class Wsse(TimedAuth):
    """A user's name and password in the header of each envelope."""

    retried = (400, 401, 403, 500)

    def apply(self, request: Request) -> Request:
        """The request with the token in its envelope.

        Raises:
            UsageError: The call is no SOAP.
        """
        declared = _CHARSET.match(request.body)
        charset = declared[1].decode("ascii") if declared else "utf-8"
        try:
            text = request.body.decode(charset)
        except (LookupError, UnicodeDecodeError):
            text = ""
        envelope = _ENVELOPE.match(text)
        if envelope is None:
            raise UsageError(f"auth of kind wsse needs a SOAP call - call {request.call!r} sends no envelope")
        prefix = f"{envelope['prefix']}:" if envelope["prefix"] else ""
        security = self._security(prefix, envelope["attributes"])
        header = _HEADER.match(text, envelope.end())
        if header is None:
            start, end, inner = envelope.end(), envelope.end(), f"<{prefix}Header>{security}</{prefix}Header>"
        elif header["attributes"].endswith("/"):
            name = f"{header['prefix']}:Header" if header["prefix"] else "Header"
            opened = header[0][: header[0].rindex("/")] + ">"
            start, end, inner = header.start(), header.end(), f"{opened}{security}</{name}>"
        else:
            start, end, inner = header.end(), header.end(), security
        return replace(request, body=f"{text[:start]}{inner}{text[end:]}".encode(charset, "xmlcharrefreplace"))

    def _security(self, prefix: str, attributes: str) -> str:
        password, digest = self.text("password"), self.setting("password_type") == "digest"
        created = self.clock.now()
        parts = [f"<wsse:Username>{escape(self.text('username'))}</wsse:Username>"]
        if digest:
            nonce = self._around.random(16)
            proof = hashlib.sha1(nonce + _time(created).encode() + password.encode(), usedforsecurity=False).digest()
            told = base64.b64encode(proof).decode("ascii")
            parts.append(f'<wsse:Password Type="{_PROFILE}#PasswordDigest">{told}</wsse:Password>')
        else:
            nonce = self._around.random(16) if self.setting("nonce") else b""
            parts.append(f'<wsse:Password Type="{_PROFILE}#PasswordText">{escape(password)}</wsse:Password>')
        if nonce:
            told = base64.b64encode(nonce).decode("ascii")
            parts.append(f'<wsse:Nonce EncodingType="{_BASE64}">{told}</wsse:Nonce>')
            parts.append(f"<wsu:Created>{_time(created)}</wsu:Created>")
        must = f' {prefix or "soapenv:"}mustUnderstand="1"' if self.setting("must_understand") else ""
        if must and not prefix:
            found = re.search(r"\sxmlns\s*=\s*([\"'])(.*?)\1", attributes)
            must = f' xmlns:soapenv="{found[2] if found else ""}"{must}'
        lifetime = self.setting("lifetime_s")
        times = ""
        if lifetime:
            until = _time(created + float(lifetime))
            times = (
                f"<wsu:Timestamp><wsu:Created>{_time(created)}</wsu:Created>"
                f"<wsu:Expires>{until}</wsu:Expires></wsu:Timestamp>"
            )
        return (
            f'<wsse:Security xmlns:wsse="{_WSSE}" xmlns:wsu="{_WSU}"{must}>{times}'
            f"<wsse:UsernameToken>{''.join(parts)}</wsse:UsernameToken></wsse:Security>"
        )


def _time(moment: float) -> str:
    return f"{datetime.fromtimestamp(int(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"
