"""OpenAPI 2 and 3, read tolerantly: paths, parameters, bodies and security; nothing is validated.

A `$ref` is followed where it is needed, some levels deep and no further, so that a recursive document of megabytes
costs what its paths cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.importing.finish import Raw
from workbench.importing.inputs import identifier
from workbench.importing.proposal import Auth, reference
from workbench.importing.words import is_email_name, is_number_name

METHODS = ("get", "post", "put", "patch", "delete", "head")
DEPTH = 5
"""Levels of a body that are written out."""
MOST = 120
"""Members of a body that are written out."""
_REFS = 32


def looks_like_openapi(data: Any) -> bool:
    """Whether data is an OpenAPI document."""
    return (
        isinstance(data, Mapping)
        and isinstance(data.get("paths"), Mapping)
        and ("openapi" in data or "swagger" in data)
    )


def read_openapi(data: Mapping[str, Any], merchant: str) -> tuple[list[Raw], list[str]]:
    """The operations of a document, and notes."""
    reader = _Reader(data, merchant)
    found = list(reader.operations())
    notes = []
    if reader.elsewhere:
        notes.append(f"{len(reader.elsewhere)} references lead to other documents, which were not read")
    if not found:
        notes.append("it describes no call")
    return found, notes


class _Reader:
    """One document.

    Attributes:
        elsewhere: References that lead out of the document.
    """

    def __init__(self, data: Mapping[str, Any], merchant: str) -> None:
        self.data, self.merchant = data, merchant
        self.old = "swagger" in data
        self.elsewhere: set[str] = set()
        self.base = self._base(data)

    def operations(self) -> Iterator[Raw]:
        """Every operation as a request."""
        for path, item in self.data["paths"].items():
            item = self.node(item)
            if not isinstance(path, str) or not path.startswith("/") or not isinstance(item, Mapping):
                continue
            for method in METHODS:
                operation = item.get(method)
                if isinstance(operation, Mapping):
                    yield from _apart(self._operation(path, method, item, operation))

    def node(self, node: Any) -> Any:
        """What a node is, its reference followed; None where that leads nowhere."""
        for _ in range(_REFS):
            target = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(target, str):
                return node
            if not target.startswith("#"):
                self.elsewhere.add(target.partition("#")[0])
                return None
            node = self.data
            for part in unquote(target[1:]).strip("/").split("/"):
                part = part.replace("~1", "/").replace("~0", "~")
                if isinstance(node, list) and part.isdigit() and int(part) < len(node):
                    node = node[int(part)]
                else:
                    node = node.get(part) if isinstance(node, Mapping) else None
        return None

    def _base(self, holder: Mapping[str, Any]) -> str:
        if self.old:
            host = str(holder.get("host") or "")
            schemes = holder.get("schemes")
            scheme = "https" if not isinstance(schemes, list) or "https" in schemes or not schemes else str(schemes[0])
            return f"{scheme}://{host}{str(holder.get('basePath') or '').rstrip('/')}" if host else ""
        servers = holder.get("servers")
        server = servers[0] if isinstance(servers, list) and servers else None
        if not isinstance(server, Mapping):
            return ""
        variables = server.get("variables")
        known = variables if isinstance(variables, Mapping) else {}

        def default(match: re.Match[str]) -> str:
            variable = known.get(match[1])
            return str(variable.get("default", match[1])) if isinstance(variable, Mapping) else match[1]

        url = re.sub(r"\{([^{}]*)\}", default, str(server.get("url") or ""))
        parts = urlsplit(url) if re.match(r"https?://", url) else None
        return url.rstrip("/") if parts and parts.hostname else ""

    def _operation(self, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Raw:
        query: list[tuple[str, str]] = []
        headers: list[tuple[str, str]] = []
        body, kind, content_type = None, "", ""
        form: list[tuple[str, str]] = []
        for parameter in self._parameters(item, operation):
            place, name = parameter.get("in"), str(parameter.get("name"))
            value = self._value_of(parameter)
            if place == "query" and self._worth(parameter, name):
                query.append((name, value))
            elif place == "header" and parameter.get("required") and name.lower() not in ("accept", "content-type"):
                headers.append((name, value))
            elif place == "formData" and self._worth(parameter, name):
                form.append((name, value))
            elif place == "body":
                body, kind = self._sample(parameter.get("schema"), 0, [MOST]), "json"
        if form:
            body, kind = form, "form"
        if not self.old and (content := self._content(operation)):
            body, kind, content_type = content
        summary = str(operation.get("summary") or "") or _spaced(str(operation.get("operationId") or ""))
        tags = operation.get("tags")
        about = " ".join([str(operation.get("operationId") or ""), *(map(str, tags) if isinstance(tags, list) else [])])
        own = self._base(operation) or self._base(item) if not self.old else ""
        return Raw(
            label=summary, method=method, url=path, query=query, headers=headers, body=body,
            body_kind=kind if body not in (None, "", [], {}) else "", content_type=content_type,
            base_url=own or self.base, auth=self._auth(operation), about=about,
        )  # fmt: skip

    def _parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The parameters; an operation's own takes the place of its path's."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for holder in (item, operation):
            listed = holder.get("parameters")
            for entry in listed if isinstance(listed, list) else []:
                parameter = self.node(entry)
                if isinstance(parameter, Mapping) and parameter.get("name"):
                    found[str(parameter["name"]), str(parameter.get("in"))] = parameter
        return list(found.values())

    def _worth(self, parameter: Mapping[str, Any], name: str) -> bool:
        """Whether a parameter belongs into the call: what must be there, and what an order is asked for by."""
        return _true(parameter.get("required")) or is_email_name(name) or is_number_name(name)

    def _value_of(self, parameter: Mapping[str, Any]) -> str:
        schema = self.node(parameter.get("schema"))
        for holder in (parameter, schema if isinstance(schema, Mapping) else {}):
            for key in ("example", "default"):
                if isinstance(holder.get(key), (str, int, float)) and holder[key] != "":
                    return str(holder[key])
            enum = holder.get("enum")
            if isinstance(enum, list) and enum:
                return str(enum[0])
        return f"{{{identifier(str(parameter.get('name')))}}}"

    def _content(self, operation: Mapping[str, Any]) -> tuple[Any, str, str] | None:
        """(body, kind, content type) of a request body of OpenAPI 3."""
        holder = self.node(operation.get("requestBody"))
        content = holder.get("content") if isinstance(holder, Mapping) else None
        if not isinstance(content, Mapping):
            return None
        for kind, pattern in (("json", "json"), ("form", "form"), ("xml", "xml"), ("text", "text/plain")):
            for media, entry in content.items():
                if pattern not in str(media) or not isinstance(entry, Mapping):
                    continue
                sample = self._example(entry)
                if sample is None:
                    sample = self._sample(entry.get("schema"), 0, [MOST])
                if kind in ("xml", "text"):
                    return (sample, kind, str(media)) if isinstance(sample, str) else None
                if kind == "form":
                    sample = (
                        [(str(key), str(value)) for key, value in sample.items()] if isinstance(sample, dict) else []
                    )
                return sample, kind, str(media) if kind == "json" else ""
        return None

    def _example(self, entry: Mapping[str, Any]) -> Any:
        if "example" in entry:
            return entry["example"]
        examples = entry.get("examples")
        first = self.node(next(iter(examples.values()))) if isinstance(examples, Mapping) and examples else None
        return first.get("value") if isinstance(first, Mapping) else None

    def _sample(self, schema: Any, depth: int, left: list[int], name: str = "") -> Any:
        """Data that a schema describes: what is required, and what an order is asked for by; `left` bounds it."""
        schema = self.node(schema)
        left[0] -= 1
        if not isinstance(schema, Mapping) or left[0] <= 0:
            return f"{{{name}}}" if name else None
        for key in ("example", "default", "const"):
            if schema.get(key) not in (None, ""):
                return schema[key]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return schema["enum"][0]
        properties = self._properties(schema, depth)
        if properties:
            return {} if depth >= DEPTH else self._object(schema, properties, depth, left)
        kind = schema.get("type")
        if kind == "array" or "items" in schema:
            member = None if depth >= DEPTH else self._sample(schema.get("items"), depth + 1, left, name)
            return [] if member is None else [member]
        if kind in ("integer", "number", "boolean") and not is_number_name(name):
            return {"boolean": True}.get(str(kind), 1)
        return {} if kind == "object" else f"{{{name}}}" if name else "string"

    def _object(self, schema: Mapping[str, Any], properties: Mapping[str, Any], depth: int, left: list[int]) -> Any:
        required = schema.get("required")
        needed = set(map(str, required)) if isinstance(required, list) else set()
        for part in self._parts(schema):
            needed |= set(map(str, part["required"])) if isinstance(part.get("required"), list) else set()
        made = {}
        for key, value in properties.items():
            if key in needed or is_email_name(key) or is_number_name(key) or (depth == 0 and not needed):
                made[key] = self._sample(value, depth + 1, left, key)
        return made

    def _parts(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The schemas that all hold, and the first of those of which one does."""
        parts = []
        for key in ("allOf", "oneOf", "anyOf"):
            listed = schema.get(key)
            nodes = [self.node(part) for part in listed[:20]] if isinstance(listed, list) else []
            nodes = [part for part in nodes if isinstance(part, Mapping)]
            parts += nodes if key == "allOf" else nodes[:1]
        return parts

    def _properties(self, schema: Mapping[str, Any], depth: int, level: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if level < 4:
            for part in self._parts(schema):
                found |= self._properties(part, depth, level + 1)
        own = schema.get("properties")
        return found | {str(key): value for key, value in own.items()} if isinstance(own, Mapping) else found

    def _auth(self, operation: Mapping[str, Any]) -> Auth | None:
        """The first security requirement that has a form; operations inherit the document's."""
        needed = operation.get("security", self.data.get("security"))
        holder = self.data if self.old else self.node(self.data.get("components"))
        schemes = (
            holder.get("securityDefinitions" if self.old else "securitySchemes")
            if isinstance(holder, Mapping)
            else None
        )
        if not isinstance(schemes, Mapping):
            return None
        names = (
            [name for entry in needed if isinstance(entry, Mapping) for name in entry]
            if isinstance(needed, list)
            else []
        )
        if needed is None:
            names = list(schemes)[:1]
        for name in names:
            scheme = self.node(schemes.get(name))
            if isinstance(scheme, Mapping) and (auth := self._scheme(scheme)):
                return auth
        return None

    def _scheme(self, scheme: Mapping[str, Any]) -> Auth | None:
        kind, how = str(scheme.get("type")), str(scheme.get("scheme") or "").lower()
        user = {"username": self._secret("user"), "password": self._secret("password")}
        if kind == "basic" or (kind == "http" and how in ("basic", "digest")):
            return Auth("digest" if how == "digest" else "basic", user)
        if (kind == "http" and how == "bearer") or kind == "openIdConnect":
            return Auth("bearer", {"token": self._secret("token")})
        if kind == "apiKey" and scheme.get("name"):
            place = str(scheme.get("in") or "header")
            name = str(scheme["name"])
            if name.lower() == "authorization":
                return Auth("bearer", {"token": self._secret("token")})
            return Auth("api_key", {"in": place, "name": name, "value": self._secret("key")})
        if kind == "mutualTLS":
            return Auth("mutual_tls", {"certificate": self._secret("certificate")})
        return self._oauth2(scheme, user) if kind == "oauth2" else None

    def _oauth2(self, scheme: Mapping[str, Any], user: Mapping[str, str]) -> Auth | None:
        flows = scheme.get("flows")
        flows = flows if isinstance(flows, Mapping) else {str(scheme.get("flow")): scheme}
        client = {"client_id": self._secret("client_id"), "client_secret": self._secret("client_secret")}
        for names, made in (
            (("clientCredentials", "application"), "oauth2_client_credentials"),
            (("password",), "oauth2_password"),
            (("authorizationCode", "accessCode"), "oauth2_authorization_code"),
        ):
            flow = next((flows[name] for name in names if isinstance(flows.get(name), Mapping)), None)
            if flow is None:
                continue
            fields = {"token_url": str(flow.get("tokenUrl") or ""), **client}
            if made == "oauth2_password":
                fields |= user
            if made == "oauth2_authorization_code":
                fields = {"authorize_url": str(flow.get("authorizationUrl") or ""), **fields, "redirect_uri": ""}
            scopes = flow.get("scopes")
            wanted = [name for name in scopes if "order" in str(name).lower()] if isinstance(scopes, Mapping) else []
            if wanted:
                fields["scope"] = " ".join(map(str, wanted))
            return Auth(made, fields)
        return None

    def _secret(self, name: str) -> str:
        return reference(self.merchant, name)


def _apart(raw: Raw) -> Iterator[Raw]:
    """A search that takes an e-mail or a number is two calls: nobody asks with both."""
    emails = [pair for pair in raw.query if is_email_name(pair[0])]
    numbers = [pair for pair in raw.query if is_number_name(pair[0])]
    if not emails or not numbers:
        yield raw
        return
    for left_out in (numbers, emails):
        yield raw._replace(query=[pair for pair in raw.query if pair not in left_out])


def _true(value: Any) -> bool:
    return value is True or value == "true"


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name)
