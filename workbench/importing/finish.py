"""A request as a document describes it -> a proposal: secrets out, inputs in, noise away."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from workbench.importing.inputs import Marks, inputs_of, texts_of
from workbench.importing.proposal import READ_METHODS, Auth, Proposal, Proposals
from workbench.importing.words import EMAIL, PLACEHOLDER, is_secret_name, is_secret_value, score, words
from workbench.quoting import VALUE, Refusal, holes
from workbench.templates import TemplateError, compile_template

_NOISE = {
    "host", "content-length", "connection", "user-agent", "accept-encoding", "accept-language", "cookie", "origin",
    "referer", "pragma", "cache-control", "upgrade-insecure-requests", "dnt", "te", "priority", "postman-token",
    "if-none-match", "if-modified-since", "transfer-encoding", "keep-alive", "proxy-authorization", "upgrade", "expect",
    "x-forwarded-for", "forwarded", "authorization", "soapaction", "date",
}  # fmt: skip
_DEFAULTS = {
    "json": ("application/json",), "graphql": ("application/json",), "form": ("application/x-www-form-urlencoded",),
    "xml": ("application/xml",), "soap": ("text/xml", "application/soap+xml"), "text": ("text/plain",),
}  # fmt: skip
_READS = {
    "search", "find", "query", "list", "get", "lookup", "retrieve", "read", "filter", "fetch", "select", "show",
    "history", "searches", "queries", "view", "track", "status", "detail", "details", "info",
}  # fmt: skip
_WRITES = {
    "create", "update", "delete", "cancel", "refund", "add", "set", "put", "remove", "insert", "modify", "change",
    "send", "upload", "import", "save", "submit", "place", "confirm", "ship", "capture", "void", "login",
    "logout", "register",
}  # fmt: skip
_LITERAL = re.compile(r'(?<!")"(?!"")[^"\\\n]*"')
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_MOST_PAIRS = 500


class Raw(NamedTuple):
    """A request as a document has it.

    Attributes:
        label: What the document calls it; empty for nothing.
        method: In any case.
        url: Absolute, or a path below `base_url`.
        query: Beside what the URL has.
        headers: Names and values.
        body: As `body_kind` has it: data, pairs, text, or `{document, variables}`; a text without a kind is looked at.
        body_kind: json, form, xml, text, graphql, soap; empty where the text must tell.
        content_type: What the document says of the body.
        base_url: Where the API is, if the document says so apart.
        auth: How calls are authenticated, if the document says so apart.
        about: Further words, such as tags, that help to rank it.
        notes: What the engineer should know.
        pages: How the call pages, as the mapping language has it.
        secrets: Values of secrets that stood elsewhere in the document: they are counted, and not kept.
    """

    label: str
    method: str
    url: str
    query: Sequence[tuple[str, str]] = ()
    headers: Sequence[tuple[str, str]] = ()
    body: Any = None
    body_kind: str = ""
    content_type: str = ""
    base_url: str = ""
    auth: Auth | None = None
    about: str = ""
    notes: tuple[str, ...] = ()
    pages: Mapping[str, Any] | None = None
    secrets: tuple[str, ...] = ()


def finish(found: Sequence[Raw], kind: str, merchant: str, notes: Sequence[str] = (), inputs: bool = True) -> Proposals:
    """The proposals of a document; requests that come out alike are one.

    Args:
        found: The requests.
        kind: What the document is.
        merchant: Whose references stand for secrets.
        notes: What could not be read.
        inputs: Whether what looks like an e-mail or a number becomes an input.
    """
    marks = Marks(merchant, inputs)
    known: dict[str, Proposal] = {}
    for raw in found:
        made = _proposal(raw, marks)
        if made is not None:
            mark = json.dumps([made.call(), made.base_url], default=str, sort_keys=True)
            known.setdefault(mark, made)
    return Proposals(known.values(), kind, len(marks.secrets), notes)


def _proposal(raw: Raw, marks: Marks) -> Proposal | None:
    method = {"head": "get", "": "get"}.get(raw.method.lower(), raw.method.lower())
    if method not in (*READ_METHODS, "delete"):
        return None
    parts = _parts(raw.url)
    if parts is None:
        return None
    origin, path, query, credentials = parts
    notes = list(raw.notes)
    for value in raw.secrets:
        marks.secret("", value)
    auth, headers = _headers(raw, marks)
    if credentials and auth is None:
        auth = _basic(marks, credentials)
    pairs = [*query, *raw.query]
    for name, value in pairs:
        if auth is None and is_secret_name(name):
            auth = Auth("api_key", {"in": "query", "name": name, "value": marks.secret(name, value)})
    taken = str(auth.fields.get("name")) if auth and auth.fields.get("in") == "query" else ""
    for name, value in pairs:
        if name == taken:
            marks.secret(name, value)
    table = marks.pairs([pair for pair in pairs if pair[0] != taken][:_MOST_PAIRS])
    body, kind = _body(raw, marks)
    path = marks.segments(path)
    if any(name.lower() == "cookie" for name, _ in raw.headers):
        notes.append("its cookies were left out: if the API wants a session, log in under auth:")
    content_type = _content_type(raw)
    if kind and content_type and not content_type.lower().startswith(_DEFAULTS[kind]):
        headers["Content-Type"] = content_type
    inputs = inputs_of(path, table, headers, body)
    if _asks_for_quotes(table, body if kind in ("json", "form") else ()):
        notes.append("a value with a quote is refused until the call says quotes: doubled, or quotes: backslash")
    label = raw.label.strip() or f"{method.upper()} {path}"
    reads = method == "get" or (method in READ_METHODS and _reads(raw, path, body, kind))
    base = (raw.base_url or origin).rstrip("/")
    return Proposal(
        label=_clean(label),
        method=method,
        path=path or "/",
        query=table,
        headers=headers,
        body=body,
        body_kind=kind,
        base_url=base,
        auth=auth,
        inputs=inputs,
        reads=reads,
        score=score(path, f"{raw.label} {raw.about}", inputs, reads),
        notes=tuple(notes),
        pages=raw.pages or {},
    )


def _parts(url: str) -> tuple[str, str, list[tuple[str, str]], str] | None:
    """(origin, path, query, credentials) of a URL, absolute or not."""
    text = url.strip().partition("#")[0]
    match = re.match(r"(https?)://(?:([^/?@\s]*)@)?([^/?@\s]+)", text, re.I)
    rest = text[match.end() :] if match else text
    if re.search(r"[\x00-\x1f\\]", rest) or (match is None and "://" in text):
        return None
    path, _, query = rest.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PAIRS)
    except ValueError:
        return None
    path = path.replace(" ", "%20")
    path = path if path.startswith("/") or not path else f"/{path}"
    return f"{match[1].lower()}://{match[3]}" if match else "", path, pairs, (match[2] or "") if match else ""


def _asks_for_quotes(*parts: Any) -> bool:
    """Whether an input stands in quotes of a language that nobody knows here."""
    for name, text in texts_of(parts):
        try:
            guards = [guard for hole in holes(compile_template(text), VALUE, None, name) for guard in hole.guards]
        except TemplateError:
            continue
        if any(isinstance(guard, Refusal) and "quotes:" in guard.why for guard in guards):
            return True
    return False


# ---------------------------------------------------------------- headers and authentication


def _headers(raw: Raw, marks: Marks) -> tuple[Auth | None, dict[str, str]]:
    """The authentication, and the headers that remain."""
    auth = raw.auth
    kept: dict[str, str] = {}
    own = str(auth.fields.get("name", "")).lower() if auth and auth.fields.get("in") == "header" else ""
    for name, value in raw.headers:
        known = name.lower().strip()
        if known == "authorization":
            found, header = _authorization(value, marks)
            auth = auth or found
            if header and auth is None:
                kept["Authorization"] = header
        elif known == "cookie":
            marks.secrets.update(re.findall(r"=([^;\s]+)", value))
        elif known.startswith((":", "sec-")) or known in _NOISE or known == "content-type":
            continue
        elif is_secret_name(name) or is_secret_value(value):
            reference = marks.secret(name, value)
            if known == own:
                continue
            if auth is None:
                auth, own = Auth("api_key", {"in": "header", "name": name, "value": reference}), known
            else:
                kept[name] = reference
        elif _worth_keeping(known, value):
            kept[name] = marks.value(name, value)
    return auth, kept


def _worth_keeping(name: str, value: str) -> bool:
    if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII) or not _HEADER_VALUE.fullmatch(value) or not value:
        return False
    return name != "accept" or (value.strip() != "*/*" and "text/html" not in value)


def _authorization(value: str, marks: Marks) -> tuple[Auth | None, str]:
    """The authentication that an `Authorization` header shows, or the header with a reference in it."""
    scheme, _, rest = value.strip().partition(" ")
    known = scheme.lower()
    rest = rest.strip()
    if known == "basic":
        return _basic(marks, _decoded(rest)), ""
    if known == "bearer":
        return Auth("bearer", {"token": marks.secret("token", rest)}), ""
    if known == "digest":
        marks.secret("password", rest)
        return Auth("digest", _user(marks, "")), ""
    if known == "oauth":
        marks.secrets.update(re.findall(r"oauth_(?:token|signature|consumer_key)=\"?([^\",\s]+)", rest))
        names = ("consumer_key", "consumer_secret", "token", "token_secret")
        return Auth("oauth1", {name: marks.secret(name, "") for name in names}), ""
    if known == "aws4-hmac-sha256":
        scope = re.search(r"Credential=([^/,\s]+)/\d+/([\w-]+)/([\w-]+)/", rest)
        marks.secrets.update([scope[1]] if scope else [])
        place = {"region": scope[2], "service": scope[3]} if scope else {"region": "us-east-1"}
        keys = {name: marks.secret(name, "") for name in ("access_key", "secret_key")}
        return Auth("aws_sigv4", {**keys, **place}), ""
    if not rest:
        return None, marks.secret("authorization", value)
    return None, f"{scheme} {marks.secret('token', rest)}"


def _basic(marks: Marks, credentials: str) -> Auth:
    """Basic authentication of `user:password`."""
    user, _, password = credentials.partition(":")
    if password:
        marks.secret("password", unquote(password))
    return Auth("basic", _user(marks, user))


def _user(marks: Marks, user: str) -> dict[str, str]:
    if user and not PLACEHOLDER.fullmatch(user):
        marks.secret("user", user)
    return {"username": marks.secret("user", ""), "password": marks.secret("password", "")}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ":" + text if text and not PLACEHOLDER.fullmatch(text) else ""


# ---------------------------------------------------------------- bodies


def _body(raw: Raw, marks: Marks) -> tuple[Any, str]:
    """The body as the mapping language has it, and its kind."""
    body, kind = raw.body, raw.body_kind
    if body is None or body == "":
        return None, ""
    if not kind and isinstance(body, str):
        body, kind = _looked_at(body, _content_type(raw))
    if kind == "json" and isinstance(body, Mapping) and _is_graphql(body):
        body, kind = {"document": body["query"], "variables": body.get("variables") or {}}, "graphql"
    if kind == "graphql" and isinstance(body, Mapping):
        document, given = _without_literals(str(body["document"]), dict(body.get("variables") or {}))
        variables = marks.tree(given)
        made = {"document": document}
        return ({**made, "variables": variables} if variables else made), kind
    if kind == "json":
        return marks.tree(body), kind
    if kind == "form":
        pairs = list(body.items()) if isinstance(body, Mapping) else list(body)
        return marks.pairs([(str(name), str(value)) for name, value in pairs][:_MOST_PAIRS]), kind
    if kind == "soap":
        envelope = dict(body) if isinstance(body, Mapping) else {"body": body}
        return {**envelope, "body": marks.xml(str(envelope["body"]))}, kind
    return (marks.xml(str(body)) if kind == "xml" else marks.value("", str(body))), kind or "text"


def _looked_at(text: str, content_type: str) -> tuple[Any, str]:
    """A text as the body that it plainly is."""
    start = text.lstrip()[:2000]
    if start.startswith(("{", "[")):
        try:
            return json.loads(text), "json"
        except (ValueError, RecursionError):
            return text, "text"
    if start.startswith("<"):
        return text, "xml"
    if "form-urlencoded" in content_type or re.fullmatch(r"[^\s=&<>{}]+=[^\s]*", start):
        try:
            return parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_PAIRS), "form"
        except ValueError:
            return text, "text"
    return text, "text"


def soap_of(text: str, headers: Sequence[tuple[str, str]], content_type: str) -> dict[str, str] | None:
    """What an XML text with a SOAP envelope is under `soap:`; None where it has none."""
    if not re.search(r"<(?:[\w.-]+:)?Envelope[\s>]", text[:4000]):
        return None
    newer = "application/soap+xml" in content_type or "http://www.w3.org/2003/05/soap-envelope" in text[:4000]
    action = next((value for name, value in headers if name.lower() == "soapaction"), "").strip().strip('"')
    said = re.search(r"action=\"?([^\";]+)", content_type)
    action = action or (said[1] if said else "")
    return {**({"action": action} if action else {}), **({"version": "1.2"} if newer else {}), "body": text}


def _is_graphql(body: Mapping[str, Any]) -> bool:
    query = body.get("query")
    return (
        isinstance(query, str)
        and set(body) <= {"query", "variables", "operationName", "extensions"}
        and re.match(r"\s*(?:query|mutation|subscription|fragment|\{)", query) is not None
        and "{" in query
    )


def _without_literals(document: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A document whose e-mail in quotes goes by a variable: no customer's text is ever part of a document."""
    literal = next((text for text in _LITERAL.finditer(document) if EMAIL.search(text[0])), None)
    head = re.match(r"\s*(query|subscription)?\s*(\w*)\s*(?:\(([^()]*)\))?\s*\{", document)
    if not literal or not head or "email" in variables:
        return document, variables
    rest = document[head.end() :].replace(literal[0], "$email")
    declared = ", ".join(part for part in ((head[3] or "").strip(), "$email: String!") if part)
    name = f" {head[2]}" if head[2] else ""
    return f"{head[1] or 'query'}{name}({declared}) {{{rest}", {**variables, "email": literal[0][1:-1]}


def _content_type(raw: Raw) -> str:
    return raw.content_type or next((value for name, value in raw.headers if name.lower() == "content-type"), "")


def _reads(raw: Raw, path: str, body: Any, kind: str) -> bool:
    """Whether a request that is no GET only reads, as far as its words tell."""
    if kind == "graphql":
        return not re.match(r"\s*mutation\b", str(body["document"]))
    about = f"{raw.label} {path.rstrip('/').rpartition('/')[2]}"
    if kind == "json" and isinstance(body, Mapping) and isinstance(body.get("method"), str):
        about = str(body["method"])  # a remote procedure call
    elif kind == "soap":
        inside = re.search(r"Body(?:\s[^<>]*)?>\s*<(?:[\w.-]+:)?([\w.-]+)", str(body["body"]))
        about = inside[1] if inside else f"{raw.label} {body.get('action', '')}"
    elif kind == "xml" and "<methodName>" in str(body):
        about = str(body).partition("<methodName>")[2].partition("<")[0]
    said = set(words(about))
    return bool(said & _READS) and not said & _WRITES


def _clean(label: str) -> str:
    text = re.sub(r"\s+", " ", label)[:120]
    return re.sub(r"[\w.+-]+@[\w-]+\.[\w.]+", "{email}", text)
