"""A request as a curl line: what was masked when it was recorded is a shell variable again, named as its reference."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

from workbench.calls import Request
from workbench.calls.bodies import flat_pairs
from workbench.connect.secrets import MASK, references
from workbench.mapping.auth_kinds import KINDS
from workbench.paths import text_of
from workbench.templates import Made, Secret, TemplateError, compile_template

_CURLS_OWN = {
    "authorization", "proxy-authorization", "host", "user-agent", "accept-encoding", "connection", "cookie",
    "content-length", "transfer-encoding",
}  # fmt: skip
_PLAIN = re.compile(r'[^"$`\\!]*')
_INPUT = "{...}"
_GIVEN = "auth."
_SIGNED = ("oauth1", "hmac", "wsse", "custom")
_SECURITY = re.compile(r"<wsse:Security\b.*?</wsse:Security>", re.S)


class Variable(NamedTuple):
    """A shell variable; its name is that of a reference, or of a token."""

    name: str


Text = Sequence["str | Variable"]
"""A text with variables in it."""


def curl_of(
    request: Request, call: Mapping[str, Any], connection: Mapping[str, Any], prefix: str, base_url: str = ""
) -> str:
    """The line for a shell, with comment lines before it for what curl needs or cannot do.

    Args:
        request: As it was recorded, secrets masked.
        call: The call as the mapping has it: it tells which references were filled in where.
        connection: The connection, with what the environment overrides.
        prefix: What the merchant's references begin with.
        base_url: The value of the connection's address, where that is a reference.

    Returns:
        Text that a shell reads as that one command, whatever the request holds.
    """
    line = _Line(request, call, connection, prefix, base_url)
    command = " ".join(line.words())
    return "\n".join([*(f"# {_one_line(note)}" for note in dict.fromkeys(line.notes)), command])


class _Line:
    """One curl line on its way."""

    def __init__(
        self, request: Request, call: Mapping[str, Any], connection: Mapping[str, Any], prefix: str, base_url: str
    ) -> None:
        self.notes: list[str] = []
        self._request, self._call, self._connection = request, call, connection
        self._prefix, self._base_url = prefix, base_url
        self._be(connection.get("auth") or {})
        self._dropped = set(_CURLS_OWN)
        self._query: dict[str, Text] = {}
        self._gone: set[str] = set()

    def _be(self, auth: Mapping[str, Any]) -> None:
        """Looks at one table of authentication from now on."""
        self._auth = auth
        self._kind = str(auth.get("kind", "none"))
        self._fields = KINDS[self._kind].by_name if self._kind in KINDS else {}

    def words(self) -> list[str]:
        """The words of the command."""
        options: list[str] = []
        if not self._request.login:
            first = self._auth
            for auth in (*(first.get("also") or ()), first):
                self._be(auth)
                options += self._signing()
            options += self._tls()
        method = ["-X", self._request.method] if self._request.method != "GET" else []
        rest = [*self._headers(), *self._body()]
        return ["curl", "-sS", *method, *options, *rest, *self._url()]

    # ------------------------------------------------------------ authentication

    def _said(self, key: str) -> str:
        value = self._auth.get(key)
        known = self._fields.get(key)
        return text_of(value if value is not None else (known.default if known else "") or "")

    def _signing(self) -> list[str]:
        kind = self._kind
        if kind in ("basic", "digest"):
            pair = [*_template(self._said("username")), ":", *_template(self._said("password"))]
            return [*(["--digest"] if kind == "digest" else []), "-u", word(pair)]
        if kind == "bearer":
            return self._placed("header", "Authorization", ["Bearer ", *_template(self._said("token"))])
        if kind == "api_key":
            return self._placed(self._said("in"), self._said("name"), _template(self._said("value")))
        if kind == "aws_sigv4":
            return self._aws()
        if kind == "session_cookie":
            return self._session()
        if kind in _SIGNED:
            return self._signed()
        if kind.startswith("oauth2_") or kind in ("login_token", "jwt"):
            return self._token()
        return []

    def _placed(self, place: str, name: str, value: Text) -> list[str]:
        """The options that put a value where the connection wants it; what was recorded there is left out."""
        if place == "query":
            self._query[name] = value
            return []
        if place == "cookie":
            return ["-b", word([f"{name}=", *value])]
        self._dropped.add(name.casefold())
        return ["-H", word([f"{name}: ", *value])]

    def _token(self) -> list[str]:
        variable = Variable(f"{self._prefix}_ACCESS_TOKEN")
        label = KINDS[self._kind].label
        if self._kind == "jwt" and self._said("use") == "bearer":
            self.notes.append(f"curl cannot sign a JWT: {variable.name} stands for one that is signed elsewhere")
        else:
            jwt = "; curl cannot sign the JWT that it asks for" if self._kind == "jwt" else ""
            self.notes.append(f"{variable.name}: {self._where()} ({label}){jwt}")
        place, name = self._said("in") or "header", self._said("name") or "Authorization"
        if place == "call":
            return []
        before = self._auth.get("prefix")
        if before is None:
            before = "Bearer" if place == "header" and name.casefold() == "authorization" else ""
        return self._placed(place, name, [f"{before} " if before else "", variable])

    def _where(self) -> str:
        if self._kind == "login_token":
            header = self._said("token_header")
            where = f"in the header {header}" if header else f"at {self._said('token_path')}"
            return f"what {self._said('method').upper()} {self._said('url')} answers {where}"
        return f"what POST {self._said('token_url')} answers at {self._said('token_path')}"

    def _session(self) -> list[str]:
        variable = Variable(f"{self._prefix}_SESSION_COOKIE")
        told = f"what {self._said('method').upper()} {self._said('url')} sets"
        name = self._said("cookie")
        if name:
            self.notes.append(f"{variable.name}: the value of the cookie {name}, {told}")
            return ["-b", word([f"{name}=", variable])]
        self.notes.append(f"{variable.name}: NAME=VALUE; NAME=VALUE, the cookies that are {told}")
        return ["-b", word([variable])]

    def _aws(self) -> list[str]:
        self._dropped |= {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
        scope: list[str | Variable] = ["aws:amz:", *_template(self._said("region")), ":"]
        scope += _template(self._said("service"))
        pair = [*_template(self._said("access_key")), ":", *_template(self._said("secret_key"))]
        token = self._said("session_token")
        more = ["-H", word(["X-Amz-Security-Token: ", *_template(token)])] if token else []
        return ["--aws-sigv4", word(scope), "--user", word(pair), *more]

    def _signed(self) -> list[str]:
        """What each call is signed with is good once: it is left out, and said."""
        what = {
            "wsse": "its token is left out of the envelope, so the merchant refuses this",
            "custom": "what its class adds may be missing",
        }
        told = what.get(self._kind, "its signature is left out, so the merchant refuses this")
        self.notes.append(f"curl cannot do {KINDS[self._kind].label} ({self._kind}): {told}")
        if self._kind == "hmac":
            self._dropped |= {str(name).casefold() for name in self._auth.get("headers") or {}}
            self._gone |= {str(name) for name in self._auth.get("query") or {}}
        return []

    def _tls(self) -> list[str]:
        table = dict(self._connection.get("tls") or {})
        if self._kind == "mutual_tls":
            table |= {key: self._auth[key] for key in ("certificate", "key", "key_password") if key in self._auth}
        found: list[str] = []
        for key, option in (
            ("ca", "--cacert"),
            ("certificate", "--cert"),
            ("key", "--key"),
            ("key_password", "--pass"),
        ):
            if key not in table:
                continue
            said = str(table[key])
            for name in references(said) if key != "key_password" else ():
                self.notes.append(f"{name}: the path of a PEM file; PEM itself is written to a file first")
            home = said.startswith("~/")
            found += [option, "~/" * home + word(_template(said[2:] if home else said))]
        return found

    # ------------------------------------------------------------ what is sent

    def _both(self, key: str) -> dict[str, Any]:
        """A table of every call with that of this one."""
        return {**(self._connection.get(key) or {}), **(self._call.get(key) or {})}

    def _headers(self) -> list[str]:
        own = {str(name).casefold(): value for name, value in self._both("headers").items()}
        soap = self._call.get("soap")
        if isinstance(soap, Mapping) and soap.get("action"):
            own.setdefault("soapaction", soap["action"])
        found: list[str] = []
        for name, value in self._request.headers:
            known = name.casefold()
            if known in ("authorization", "cookie") and known in own and self._kind in ("none", "mutual_tls"):
                text = self._unmasked(value, own[known], whole=True)
            elif known in self._dropped:
                continue
            else:
                text = self._unmasked(value, own.get(known))
            found += ["-H", word([f"{name};"] if text in ([], [""]) else [f"{name}: ", *text])]
        return found

    def _body(self) -> list[str]:
        if not self._request.body:
            return []
        if self._request.login:
            self.notes.append("the body of a login is not recorded")
            return []
        try:
            text = self._request.body.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text.replace("\r\n", "\n")):
            self.notes.append("the body is no plain text: save it as body.bin")
            return ["--data-binary", "@body.bin"]
        if self._kind == "wsse":
            text = _SECURITY.sub("", text)
        if "form" in self._call and MASK in text:
            return self._form(text)
        return ["--data-raw", word(self._unmasked(text, self._templates()))]

    def _templates(self) -> Any:
        """What the body was made of."""
        for key in ("json", "xml", "text"):
            if key in self._call:
                return self._call[key]
        inside = {"graphql": "variables", "soap": "body"}
        return next((self._call[key].get(part) for key, part in inside.items() if key in self._call), None)

    def _form(self, text: str) -> list[str]:
        found: list[str] = []
        tables = _pairs_of(self._call["form"])
        for pair in text.split("&"):
            name, _, value = pair.partition("=")
            option = "--data-urlencode" if MASK in value else "--data-raw"
            found += [option, word(self._pair(name, value, tables) if MASK in value else [pair])]
        return found

    def _url(self) -> list[str]:
        method = next((self._call[key] for key in ("get", "post", "put", "patch", "delete") if key in self._call), "")
        path, _, asked = str(method).partition("?")
        tables = _pairs_of(self._both("query"))
        for pair in asked.split("&"):
            tables.setdefault(unquote_plus(pair.partition("=")[0]), []).append(pair.partition("=")[2])
        head, mark, query = self._request.url.partition("?")
        kept: list[str] = []
        pairs: list[str] = []
        for pair in query.split("&") if mark else ():
            name, _, value = pair.partition("=")
            known = unquote_plus(name)
            if known in self._query or known in self._gone:
                continue
            if MASK in value:
                pairs.append(word(self._pair(name, value, tables)))
            else:
                kept.append(pair)
        pairs += [word([f"{quote(known, safe='')}=", *value_text]) for known, value_text in self._query.items()]
        said = str(self._connection.get("base_url") or "")
        base = self._base_url.rstrip("/")
        text: list[str | Variable] = []
        if base and references(said) and head.startswith(base):
            text, head = _template(said), head[len(base) :]
        text += [*self._unmasked(head, path), f"?{'&'.join(kept)}" if kept else ""]
        globs = ["-g"] if any(isinstance(part, str) and re.search(r"[\[\]{}]", part) for part in text) else []
        return [*globs, *self._encoded(pairs), word(text)]

    def _encoded(self, pairs: list[str]) -> list[str]:
        """The options that have curl encode pairs into the query."""
        if self._request.method == "GET" and not self._request.body:
            return ["-G", *(each for pair in pairs for each in ("--data-urlencode", pair))] if pairs else []
        if pairs:
            self.notes.append("needs curl 7.87 or newer, for --url-query")
        return [each for pair in pairs for each in ("--url-query", pair)]

    def _pair(self, name: str, value: str, tables: Mapping[str, list[Any]]) -> Text:
        """A pair for curl to encode: its name as it stands, its value decoded around the variables."""
        known = [each for each in tables.get(unquote_plus(name), ()) if _every_reference(each)]
        parts = self._unmasked(value, known.pop(0) if known else None)
        return [f"{name}=", *(unquote_plus(part) if isinstance(part, str) else part for part in parts)]

    def _unmasked(self, text: str, templates: Any, whole: bool = False) -> Text:
        """A recorded text with variables in the place of what was masked.

        Args:
            text: As it was recorded.
            templates: What it was made of, in the same order.
            whole: Whether all of it was masked, so that only what it was made of tells what stands there.
        """
        names = _every_reference(templates)
        pieces = text.split(MASK)
        if len(pieces) == 1:
            return [text]
        parts = _template(templates) if whole and isinstance(templates, str) else []
        if names and parts and _INPUT not in parts:
            return [Variable(self._named(part.name)) if isinstance(part, Variable) else part for part in parts]
        if whole or len(pieces) != len(names) + 1:
            self.notes.append(f"{MASK} stands for something secret that came from elsewhere")
            return [text]
        found: list[str | Variable] = [pieces[0]]
        for name, piece in zip(names, pieces[1:], strict=True):
            found += [Variable(self._named(name)), piece]
        return found

    def _named(self, name: str) -> str:
        """The variable of a reference, or of what a login gave."""
        if not name.startswith(_GIVEN):
            return name
        given = name.removeprefix(_GIVEN)
        return f"{self._prefix}_ACCESS_TOKEN" if given == "token" else f"{self._prefix}_AUTH_{given.upper()}"


def _every_reference(data: Any) -> list[str]:
    """The names of the references of plain data in their order, as often as they stand there."""
    if isinstance(data, Mapping):
        return [name for value in data.values() for name in _every_reference(value)]
    if isinstance(data, list):
        return [name for value in data for name in _every_reference(value)]
    return [part.name for part in _template(data) if isinstance(part, Variable)] if isinstance(data, str) else []


def _pairs_of(table: Any) -> dict[str, list[Any]]:
    """The templates of pairs by the names that they are sent under, in their order."""
    found: dict[str, list[Any]] = {}
    for name, value in flat_pairs(table) if isinstance(table, Mapping) else ():
        found.setdefault(name, []).append(value)
    return found


def _template(text: str) -> list[str | Variable]:
    """The parts of a text of the mapping, its references as variables."""
    try:
        parts = compile_template(text)
    except TemplateError:
        return [text]
    found: list[str | Variable] = []
    for part in parts:
        if isinstance(part, Secret):
            found.append(Variable(part.name))
        elif isinstance(part, Made) and part.source == "auth" and part.name != "signature":
            found.append(Variable(f"{_GIVEN}{part.name}"))
        else:
            found.append(part if isinstance(part, str) else _INPUT)
    return found


def word(parts: Iterable[str | Variable]) -> str:
    """One word of a shell: what is fixed can do nothing there, and variables are filled in."""
    known = [part for part in parts if part != ""]
    if not any(isinstance(part, Variable) for part in known):
        return shlex.quote("".join(map(str, known)))
    if all(isinstance(part, Variable) or _PLAIN.fullmatch(part) for part in known):
        return '"' + "".join(f"${{{part.name}}}" if isinstance(part, Variable) else part for part in known) + '"'
    return "".join(f'"${{{part.name}}}"' if isinstance(part, Variable) else shlex.quote(part) for part in known)


def _one_line(text: str) -> str:
    """A text that cannot leave its comment."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text)
