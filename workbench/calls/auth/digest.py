"""HTTP Digest (RFC 7616): MD5 and SHA-256, with `-sess`, qop auth or none."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.calls.auth.answers import WHERE
from workbench.calls.auth.base import Auth, Reveal, Surroundings, may_repeat
from workbench.calls.messages import Flow, Request, Response
from workbench.errors import LoginFailed, UsageError

_ALGORITHMS = {
    "SHA-256": hashlib.sha256,
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data),
    "MD5": hashlib.md5,
}
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)\s+(?=[A-Za-z][\w*-]*\s*=)")
_PARAM = re.compile(r'([A-Za-z][\w*-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the server wants proved."""

    realm: str
    nonce: str
    algorithm: str
    session: bool
    qop: bool
    opaque: str | None
    stale: bool
    utf8: bool


class Digest(Auth):
    """A user's name and password, proved without being sent. A nonce is used again until it is stale."""

    def __init__(self, table: Mapping[str, Any], reveal: Reveal, around: Surroundings | None = None) -> None:
        super().__init__(table, reveal, around)
        self._guard = threading.Lock()
        self._known: Challenge | None = None
        self._count = 0

    def flow(self, request: Request) -> Flow[Response]:
        """Sends the request, and again with the proof that the server asks for; a stale nonce is exchanged once."""
        known = self._known
        response = yield self._proved(request, known) if known else request
        if response.status != 401:
            return response
        challenge = self._challenge(response)
        if known is not None and not (challenge.stale or challenge.nonce != known.nonce):
            return response  # the same nonce, and not stale: the password is wrong
        if known is not None and not may_repeat(request):
            return response
        response = yield self._proved(request, challenge)
        return response

    def _challenge(self, response: Response) -> Challenge:
        """The best challenge of a 401.

        Raises:
            LoginFailed: There is none that can be met.
        """
        found = list(_challenges(response.headers.get("www-authenticate", "")))
        if not found:
            offered = ", ".join(sorted({match[1] for match in _SCHEME.finditer(_header(response))}))
            what = f"the merchant asks for {offered or 'no way of logging in that it names'}, not for Digest"
            raise LoginFailed(what, "say another kind: under auth:", where=WHERE, status=401)
        usable = [one for one in found if one is not None]
        if not usable:
            what = "the merchant asks for a kind of Digest that is not known here (auth-int, or another algorithm)"
            raise LoginFailed(what, "ask whether it offers qop auth with MD5 or SHA-256", where=WHERE, status=401)
        best = min(usable, key=lambda one: list(_ALGORITHMS).index(one.algorithm))
        with self._guard:
            if self._known is None or self._known.nonce != best.nonce:
                self._known, self._count = best, 0
        return best

    def _proved(self, request: Request, challenge: Challenge) -> Request:
        with self._guard:
            self._count += 1
            count = f"{self._count:08x}"
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        user, nonce = self.text("username"), challenge.nonce
        client = self._around.random(8).hex()
        coding = "utf-8" if challenge.utf8 or not _latin(user + self.text("password")) else "latin-1"

        def hashed(*texts: str) -> str:
            return str(_ALGORITHMS[challenge.algorithm](":".join(texts).encode(coding)).hexdigest())

        secret = hashed(user, challenge.realm, self.text("password"))
        if challenge.session:
            secret = hashed(secret, nonce, client)
        what = hashed(request.method, target)
        proof = hashed(secret, nonce, count, client, "auth", what) if challenge.qop else hashed(secret, nonce, what)
        if re.search(r"[\x00-\x1f\x7f]", user):
            raise UsageError(f"the value of {', '.join(self.names)} cannot stand in a header - check it")
        name = challenge.algorithm + ("-sess" if challenge.session else "")
        fields = [("username", _quoted(user)), ("realm", _quoted(challenge.realm)), ("nonce", _quoted(nonce))]
        fields += [("uri", _quoted(target)), ("response", _quoted(proof)), ("algorithm", name)]
        if challenge.opaque is not None:
            fields.append(("opaque", _quoted(challenge.opaque)))
        if challenge.qop:
            fields += [("qop", "auth"), ("nc", count), ("cnonce", _quoted(client))]
        header = "Digest " + ", ".join(f"{key}={value}" for key, value in fields)
        return request.with_header("Authorization", header if header.isascii() else header.encode().decode("latin-1"))


def _header(response: Response) -> str:
    return response.headers.get("www-authenticate", "")


def _challenges(header: str) -> Iterator[Challenge | None]:
    """The Digest challenges of a header, in its order; None for one that cannot be met."""
    starts = [*_SCHEME.finditer(header)]
    for index, start in enumerate(starts):
        if start[1].casefold() != "digest":
            continue
        text = header[start.end() : starts[index + 1].start() if index + 1 < len(starts) else len(header)]
        fields = {}
        for name, quoted, bare in _PARAM.findall(text):
            fields[name.casefold()] = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        said = fields.get("algorithm", "MD5")
        session = said.upper().endswith("-SESS")
        algorithm = said.upper().removesuffix("-SESS")
        qops = [word.strip() for word in fields.get("qop", "").lower().split(",") if word.strip()]
        if algorithm not in _ALGORITHMS or (qops and "auth" not in qops) or not fields.get("nonce"):
            yield None
            continue
        yield Challenge(
            fields.get("realm", ""), fields["nonce"], algorithm, session, bool(qops) or session, fields.get("opaque"),
            fields.get("stale", "").lower() == "true", fields.get("charset", "").lower() == "utf-8",
        )  # fmt: skip


def _latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
