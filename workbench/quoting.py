"""Languages inside the texts of a call: what a value must become so that it stays a value there.

    query: {$filter: "Email eq '{email}'"}            OData: a quote inside is doubled
    query: {filter: '{"email": "{email}"}'}           JSON inside a text: escaped as JSON
    xml: <Find><Query>&lt;Mail&gt;{email}&lt;/Mail&gt;</Query></Find>     XML inside XML: escaped twice
    query: {q: 'email:"{email}"'}                     unknown: a value with a quote or a backslash is refused,
                                                      until the call says quotes: backslash, or quotes: doubled
    query: {q: "email:{email}"}                       no quotes: letters, digits and . _ - @ + # only

A value that stands alone, or beside letters and digits only, needs none of this: the place itself (a query, a path, a
JSON text) keeps it whole. Nothing here knows where the text goes; `workbench.calls` escapes for that afterwards.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from workbench.templates import Made, Secret, Template, TemplateError

Guard = Callable[[str], str]
"""A value's text -> what stands for it in the language around it. Raises `Unfit`."""

VALUE, JSON, PATH, QUERY, HEADER, XML, TEXT = "value", "json", "path", "query", "header", "xml", "text"
"""The places of texts: one value of a query or form, or of a JSON body; a URL's path or query; a header; XML; text."""

QUOTES = ("doubled", "backslash")
"""What `quotes:` of a call may say: how a quote inside quotes is written."""

_HOLE = "\x00"
_PLAIN = re.compile(r"[\w.@+#/% -]*")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMPARED = re.compile(r"\b(?:select|where)\b|\s(?:eq|ne|gt|ge|lt|le|in)[\s(]+\x00", re.I)
_WORDS = re.compile(r"\b(?:and|or|not|eq|ne|gt|ge|lt|le|in|is|like|where|select|contains)\b", re.I)
_GRAPHQL = re.compile(r"\s*(?:(?:query|mutation|subscription)\b[^{}]*)?\{[^{}]*[({].*\}\s*", re.S)
_MARKUP = re.compile(
    r"(?P<data><!\[CDATA\[.*?(?:\]\]>|\Z))|(?P<aside><!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!.*?(?:>|\Z))"
    r"|(?P<tag></?[^\s<>\"'/=]+(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)|(?P<text>[^<]+|<)",
    re.S,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class Unfit(ValueError):
    """A value that cannot stand in such a place; the text says why, without the value."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard that changes nothing: a value that does not fit its pattern is refused."""

    fits: re.Pattern[str]
    why: str

    def __call__(self, text: str) -> str:
        """The same text.

        Raises:
            Unfit: It does not fit.
        """
        if not self.fits.fullmatch(text):
            raise Unfit(self.why)
        return text


class Hole(NamedTuple):
    """What happens to the value of one `{...}` before the place's own escape.

    Attributes:
        guards: Of the languages around it, from the innermost out.
        whole: They leave nothing for the place's own escape to do.
    """

    guards: tuple[Guard, ...] = ()
    whole: bool = False


def holes(template: Template, place: str, quotes: str | None = None, name: str = "") -> tuple[Hole, ...]:
    """One entry for each part of a template, texts included.

    Args:
        template: The compiled text.
        place: Where it stands, such as `VALUE`.
        quotes: What the call says of quotes inside quotes.
        name: Of the parameter or member whose value it is.

    Raises:
        TemplateError: No value can stand where one would.
    """
    text = "".join(part.replace(_HOLE, "") if isinstance(part, str) else _HOLE for part in template)
    found = iter(_guards(text, place, quotes, name) if _HOLE in text else ())
    return tuple(Hole() if isinstance(part, str) else _for(part, next(found)) for part in template)


def xml_text(text: str) -> str:
    """A value in an XML text or attribute.

    Raises:
        Unfit: It holds what XML forbids.
    """
    if _NOT_XML.search(text):
        raise Unfit("cannot stand in XML: it holds characters that XML forbids")
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        text = text.replace(sign, entity)
    # a bare line end would be normalised, in an attribute even to a blank
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def _for(part: object, hole: Hole) -> Hole:
    """A secret is the engineer's: it is escaped where a rule is known, and never refused for its signs.

    So is what sending makes, but for what a page of the answer said.
    """
    own = isinstance(part, Secret) or (isinstance(part, Made) and part.source != "page")
    if not own:
        return hole
    return hole._replace(guards=tuple(guard for guard in hole.guards if not isinstance(guard, Refusal)))


def _guards(text: str, place: str, quotes: str | None, name: str) -> Iterator[Hole]:
    """One entry for each hole of a text, in order."""
    if place == XML or (place in (VALUE, JSON, TEXT) and re.match(r"\s*<[A-Za-z_!?]", text)):
        for guards in _in_markup(text, quotes):
            yield Hole(guards, whole=place == XML)
    elif place == PATH:
        for segment in text.split("/"):
            run = unquote(segment)
            known = "doubled" if re.search(r"\(.*'\x00", run) else quotes
            phrase = re.search(r"[('\"]", run) is not None
            yield from (Hole(_in_phrase(run, at, known, "") if phrase else ()) for at in _places(run))
    elif place == QUERY:
        for pair in text.split("&"):
            key, _, value = (unquote(part.replace("+", " ")) for part in pair.partition("="))
            if _HOLE in key:
                raise TemplateError("a value in the name of a parameter", "write names out, and values after =")
            yield from _guards(value, VALUE, quotes, key)
    elif place == HEADER:
        alone = not text.replace(_HOLE, "")
        yield from (Hole(() if alone else (_CELL,)) for _ in _places(text))
    elif place == TEXT and not _structured(text):
        for line in text.split("\n"):
            yield from (Hole(_in_phrase(line, at, quotes, name)) for at in _places(line))
    else:
        yield from (Hole(_in_phrase(text, at, quotes, name)) for at in _places(text))


def _places(text: str) -> Iterator[int]:
    return (match.start() for match in re.finditer(_HOLE, text))


# ---------------------------------------------------------------- texts of another language


def _in_phrase(run: str, at: int, quotes: str | None, name: str) -> tuple[Guard, ...]:
    """The guards of one hole in a text of a query language, of JSON, or of none."""
    literal = run.replace(_HOLE, "")
    if _PLAIN.fullmatch(literal) and not _WORDS.search(literal):
        return ()
    rule = _rule(run, name, quotes)
    quote = _open_quote(run[:at], escapes=rule != "doubled")
    if quote == '"""':
        raise TemplateError("a value in a block string", 'write it in "...", or use graphql: and its variables')
    if quote and quote in run[at:]:
        return _RULES.get((rule, quote)) or (_UNRULED[quote],)
    if rule in ("json", "doubled") or _COMPARED.search(run[: at + 1]):
        return (_NUMBER,)
    return (_WORD,)


def _rule(run: str, name: str, quotes: str | None) -> str | None:
    """How the language of a text writes quotes inside quotes, where that is known."""
    if _structured(run):
        return "json"
    if name.casefold() == "$filter":
        return "doubled"
    if name.casefold() in ("$search", "soql"):
        return "backslash"
    return quotes


def _structured(run: str) -> bool:
    """Whether a text is JSON, or a GraphQL document, whose texts are JSON's."""
    if not run.lstrip().startswith(("{", "[", "query", "mutation", "subscription")):
        return False
    try:
        json.loads(run.replace(_HOLE, "0"))
    except (ValueError, RecursionError):
        return _GRAPHQL.fullmatch(run) is not None
    return True


def _open_quote(before: str, escapes: bool) -> str:
    """The quote that is open at the end of a text; empty when none is."""
    quote, at = "", 0
    while at < len(before):
        sign = before[at]
        if sign == "\\" and quote and escapes:
            at += 2
            continue
        if before.startswith('"""', at) and quote in ("", '"""'):
            quote, at = "" if quote else '"""', at + 3
            continue
        if quote == sign:
            quote = ""
        elif not quote and sign in "'\"`":
            quote = sign
        at += 1
    return quote


def _json(text: str) -> str:
    if re.search(r"[\ud800-\udfff]", text):
        raise Unfit("is no valid text")
    return json.dumps(text)[1:-1]


def _doubled(text: str) -> str:
    return text.replace("'", "''")


def _doubled_double(text: str) -> str:
    return text.replace('"', '""')


def _backslash(text: str) -> str:
    return re.sub(r"([\\'\"])", r"\\\1", text)


_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_MOMENT = r"DDDD-DD-DD[Tt ]DD(?::?DD(?::?DD(?:[.,]D+)?)?)?(?:[Zz]|[+-]DD(?::?DD)?)?".replace("D", "[0-9]")
_WORD = Refusal(
    re.compile(rf"(?!(?:and|or|not|null|true|false)\Z)[\w.@+#-]+|{_MOMENT}", re.I),
    "may mean something else beside other text: write quotes around it, and say quotes: at the call",
)
_NUMBER = Refusal(
    re.compile(
        r"[+-]?\d+(?:\.\d+)?|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
        rf"|\d{{4}}-\d\d-\d\d|{_MOMENT.replace('[Tt ]', '[Tt]')}",
        re.ASCII,
    ),
    "is no number, and stands without quotes: write quotes around it",
)
_CELL = Refusal(re.compile(r"[^\s;,\"\\]*"), "holds a blank or a separator, which other text in a header may not")
_ONE_LINE = Refusal(re.compile(f"{_LINE}]*"), "holds line ends or control characters")
# some databases read a backslash in front of a quote as its escape, and some do not
_NO_BACKSLASH = Refusal(re.compile(f"{_LINE}\\\\]*"), "holds a backslash or control characters")
_UNRULED = {
    quote: Refusal(
        re.compile(f"{_LINE}\\\\{quote}]*"),
        "holds a quote or a backslash: say quotes: doubled or quotes: backslash at the call",
    )
    for quote in "'\"`"
}
_RULES: dict[tuple[str | None, str], tuple[Guard, ...]] = {
    ("json", '"'): (_json,),
    ("doubled", "'"): (_NO_BACKSLASH, _doubled),
    ("doubled", '"'): (_NO_BACKSLASH, _doubled_double),
    ("backslash", "'"): (_ONE_LINE, _backslash),
    ("backslash", '"'): (_ONE_LINE, _backslash),
}
"""By rule and quote; another pair has no rule."""


# ---------------------------------------------------------------- XML


def _in_markup(text: str, quotes: str | None) -> Iterator[tuple[Guard, ...]]:
    """The guards of each hole in a text of XML."""
    for token in _MARKUP.finditer(text):
        kind, body = str(token.lastgroup), token[0]
        if _HOLE not in body:
            continue
        if kind == "aside":
            raise TemplateError("a value in a comment or a declaration of XML", "move it into an element")
        if kind == "data":
            inner = body.removeprefix("<![CDATA[").removesuffix("]]>")
            yield from ((*guards, _cdata) for guards in _inside(inner, quotes))
        elif kind == "tag":
            if _HOLE in _QUOTED.sub("", body):
                raise TemplateError("a value in a tag of XML", "write it between tags, or in quotes after an attribute")
            for attribute in _QUOTED.findall(body):
                yield from ((*guards, xml_text) for guards in _inside(html.unescape(attribute[1:-1]), quotes))
        else:
            yield from ((*guards, xml_text) for guards in _inside(html.unescape(body), quotes))


def _inside(text: str, quotes: str | None) -> Iterator[tuple[Guard, ...]]:
    """The guards of a text that stands inside XML: XML again, a phrase of some language, or nothing."""
    if re.search(r"</?[A-Za-z_!?]", text):
        yield from _in_markup(text, quotes)
    else:
        bare = text.strip()
        yield from (_in_phrase(bare, at, quotes, "") for at in _places(bare))


def _cdata(text: str) -> str:
    if _NOT_XML.search(text):
        raise Unfit("cannot stand in XML: it holds characters that XML forbids")
    # each sign that could end the section, alone or with what stands beside it, is written outside
    return re.sub(r"[\]>]", lambda sign: f"]]>&#{ord(sign[0])};<![CDATA[", text)
