"""A pasted example, and what is selected in it: the call with an input in its place."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, unquote

from workbench.errors import UsageError
from workbench.importing.curl import looks_like_curl, read_curl
from workbench.importing.finish import Raw, finish, soap_of

_METHODS = ("get", "post", "put", "patch", "delete")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def example_call(example: str, merchant: str = "merchant") -> dict[str, Any]:
    """The call of a pasted URL, curl line or body, with nothing in it replaced but secrets.

    Args:
        example: A URL or a path, a line of curl, or the body alone: JSON, XML, a SOAP envelope, a form.
        merchant: Whose references stand for secrets.

    Raises:
        UsageError: It is none of these.
    """
    text = example.strip()
    if looks_like_curl(example):
        found, _ = read_curl(example)
    elif re.fullmatch(r"(?:https?://|/)\S*", text):
        found = [Raw("", "GET", text)]
    elif text:
        soap = soap_of(text, (), "") if text.startswith("<") else None
        found = [Raw("", "POST", "/", body=soap or text, body_kind="soap" if soap else "")]
    else:
        found = []
    proposals = finish(found, "example", merchant, inputs=False)
    if not proposals:
        raise UsageError("no call can be read from this - paste a URL, a line of curl, or the body of a request")
    return proposals[0].call()


def mark_input(
    example: str | Mapping[str, Any], selected: str, name: str, merchant: str = "merchant"
) -> dict[str, Any]:
    """The call of an example with an input where a text was selected, everywhere it stands.

    Args:
        example: As of `example_call`; or a call, to mark more in it.
        selected: The text that was selected, as it stands in the example or as it is meant (`a%40b` or `a@b`).
        name: Of the input, such as `email`.
        merchant: Whose references stand for secrets.

    Returns:
        The entry of `calls:`; the place decides how a value is escaped when it is sent.

    Raises:
        UsageError: The text stands nowhere, or where no input can: the host, a name, a tag.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name an input - letters, digits and _ only")
    call = copy.deepcopy(dict(example)) if isinstance(example, Mapping) else example_call(example, merchant)
    wanted = [text for text in dict.fromkeys([selected, unquote(selected), unescape(selected)]) if text.strip()]
    if not wanted:
        raise UsageError("nothing is selected - select the e-mail or the number")
    marked = _Marker(wanted, f"{{{name}}}")
    done = {key: marked.part(key, value) for key, value in call.items()}
    if not marked.count:
        how = "select a value of its path, query or body, and not a name, a tag or the host"
        raise UsageError(f"the selected text is no value of this call - {how}")
    return done


class _Marker:
    """Replaces a text by an input, and counts how often."""

    def __init__(self, wanted: list[str], hole: str) -> None:
        self.wanted, self.hole, self.count = wanted, hole, 0

    def part(self, key: str, value: Any) -> Any:
        """One key of a call."""
        if key in _METHODS:
            return self._url(str(value))
        if key in ("query", "headers", "form", "json"):
            return self._tree(value)
        if key == "graphql":
            return {**value, "variables": self._tree(value.get("variables") or {})}
        if key == "soap":
            return {**value, "body": self._xml(str(value["body"]))}
        if key == "xml":
            return self._xml(str(value))
        return self._text(str(value)) if key == "text" else value

    def _tree(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: self._tree(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self._tree(value) for value in data]
        if isinstance(data, str):
            return self._text(data)
        if isinstance(data, (int, float)) and not isinstance(data, bool) and str(data) in self.wanted:
            self.count += 1
            return self.hole
        return data

    def _text(self, text: str) -> str:
        return self._replaced(text, self.wanted)

    def _url(self, url: str) -> str:
        forms = [
            form for text in self.wanted for form in (text, quote(text, safe=""), quote(text, safe="@+:,;=$'()!*"))
        ]
        path, sign, query = url.partition("?")
        return "/".join(self._replaced(part, forms) for part in path.split("/")) + sign + query

    def _xml(self, text: str) -> str:
        escaped = [form for text in self.wanted for form in (text, *_escaped(text))]
        tokens = re.split(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[^<>]*>)", text, flags=re.S)
        return "".join(self._token(token, escaped) for token in tokens)

    def _token(self, token: str, forms: list[str]) -> str:
        if token.startswith("<![CDATA[") or not token.startswith("<"):
            return self._replaced(token, forms)
        if token.startswith(("<!", "<?", "</")):
            return token
        return re.sub(r"\"[^\"]*\"|'[^']*'", lambda match: self._replaced(match[0], forms), token)

    def _replaced(self, text: str, forms: list[str]) -> str:
        for form in dict.fromkeys(forms):
            if form in text:
                self.count += text.count(form)
                return text.replace(form, self.hole)
        return text


def _escaped(text: str) -> list[str]:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    twice = plain.replace("&", "&amp;")
    return [plain, plain.replace('"', "&quot;").replace("'", "&apos;"), twice]
