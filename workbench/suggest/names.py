"""Names in many languages -> concepts: `shipToZip`, `lieferung_plz`, `KOD_POCZTOWY`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

_PIECE = re.compile(
    r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
    r"|[\u0400-\u042f]+(?![\u0430-\u045f])|[\u0400-\u042f]?[\u0430-\u045f]+"
    r"|[\u0391-\u03a9]+(?![\u03b1-\u03c9])|[\u0391-\u03a9]?[\u03b1-\u03c9]+"
    r"|[^\W\d_A-Za-z\u0391-\u03a9\u03b1-\u03c9\u0400-\u045f]+"
)
"""Runs of letters, a new one at each capital, in Latin, Cyrillic and Greek; numbers; words of other scripts."""
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "a", "Æ": "A", "ł": "l", "Ł": "L", "đ": "d", "ı": "i"})
_SHORT = frozenset(
    "id no nr to at by zip sku ean qty tax vat url img fee ord num ref adr nom tel trk nbr amt prc dat sts shp art "
    "bez dt cd nm ln cur tot".split()
)
_GLUE = frozenset("to from at by s n e of for and is de del do la le の お".split())
_ALONE = {"by": "city", "to": "end", "from": "start", "nom": "name", "name1": "name"}
"""Words that mean something only where they are the whole name."""
_OF_PLACES = frozenset(("delivery", "shipping", "billing", "invoice", "recipient", "s"))
"""After these, `by` is the Danish and Norwegian word for a town."""
_LONGEST = 60
_PHRASE = 3

NOISE = frozenset(
    (
        "at", "on", "of", "the", "de", "du", "des", "del", "della", "do", "da", "dla", "von", "der", "die", "das", "to",
        "by", "value", "text", "values", "node", "edges", "utc", "gmt", "iso", "raw", "formatted", "local", "string",
        "s", "n", "e", "la", "le", "el", "l", "d", "in", "i", "en", "is", "for", "im", "an", "per_", "pl", "content",
        "and", "y", "et", "und", "o", "の", "お", "за", "ecs", "res", "alpha", "z", "attributes", "data", "my", "your",
        "our", "detail", "entity", "sales",
    )
)  # fmt: skip
"""Words of a name that neither help nor harm."""


class Name(NamedTuple):
    """A name as concepts.

    Attributes:
        words: The concepts in their order, and unknown words as they stand; digits too.
        meant: The same as a set, without noise.
    """

    words: tuple[str, ...]
    meant: frozenset[str]


@cache
def vocabulary() -> dict[str, str]:
    """Each known word with its concept; phrases have blanks for their joints."""
    found: dict[str, str] = {}
    for line in files("workbench.suggest").joinpath("vocabulary.txt").read_text(encoding="utf-8").splitlines():
        concept, mark, words = line.partition(":")
        if line.startswith("#") or not mark:
            continue
        for word in plain(words).split():
            found.setdefault(word.strip("_").replace("_", " "), concept)
    for concept in list(found.values()):
        found.setdefault(concept, concept)
    return found


@cache
def _phrase_words() -> frozenset[str]:
    """Words that phrases consist of; they are not glued."""
    return frozenset(word for phrase in vocabulary() if " " in phrase for word in phrase.split())


@cache
def _pieces() -> frozenset[str]:
    """Words that a glued name may consist of."""
    known = (word for word in vocabulary() if " " not in word)
    return frozenset(word for word in known if len(word) > 3 or word in _SHORT or _has_no_case(word)) | _GLUE


def _has_no_case(word: str) -> bool:
    """Whether a word is of a script without capitals, whose words are short and written without blanks."""
    return word.lower() == word.upper() and not word.isascii()


def plain(text: str) -> str:
    """The text without accents; Latin letters in ASCII, other scripts as they are written."""
    if text.isascii():
        return text
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(sign for sign in spelled if not unicodedata.combining(sign))


@lru_cache(maxsize=20_000)
def read_name(key: str) -> Name:
    """The concepts of a key: split at capitals, digits and marks, glued words taken apart, phrases first."""
    raw = [piece.lower() for piece in _PIECE.findall(plain(key[:_LONGEST]))]
    known = vocabulary()
    whole = "".join(raw)
    words: list[str] = []
    if whole in _ALONE:
        words = [_ALONE[whole]]
    elif whole in known:
        words = [known[whole]]
    else:
        unglued = _phrase_words()
        parts = [
            part for piece in raw for part in ((piece,) if piece in known or piece in unglued else _segment(piece))
        ]  # fmt: skip
        index = 0
        while index < len(parts):
            for length in range(min(_PHRASE, len(parts) - index), 0, -1):
                phrase = " ".join(parts[index : index + length])
                if phrase in known or length == 1:
                    words.append(known.get(phrase, phrase))
                    index += length
                    break
    if len(words) > 1 and words[-1] == "by" and words[-2] in _OF_PLACES:
        words[-1] = "city"
    return Name(tuple(words), frozenset(word for word in words if word not in NOISE))


@lru_cache(maxsize=20_000)
def _segment(word: str) -> tuple[str, ...]:
    """A glued word as the fewest known words that it consists of; itself where it does not."""
    if len(word) < (2 if _has_no_case(word) else 4):
        return (word,)
    pieces = _pieces()
    best: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 18), end):
            before = best.get(start)
            if before is None or word[start:end] not in pieces:
                continue
            if end not in best or len(before) + 1 < len(best[end]):
                best[end] = (*before, word[start:end])
    found = best.get(len(word))
    return found if found is not None else (word,)


_WRAPPERS = frozenset(
    (
        "value",
        "values",
        "text",
        "#text",
        "content",
        "node",
        "edges",
        "_value",
        "$",
        "_",
        "data",
        "string",
        "int",
        "double",
        "float",
        "magnitude",
        "i4",
    )
)


_WHOSE = {key: Name((party,), frozenset((party,))) for key, party in (("from", "sender"), ("to", "recipient"))}
"""Around a value these say whose it is: `{from: {city}, to: {city}}`."""


def read_path(keys: Iterable[str]) -> tuple[Name, tuple[Name, ...]]:
    """The last name that says something, and the names around it, the nearest first."""
    said = [key for key in keys if key.lower() not in _WRAPPERS]
    names = [_WHOSE.get(key.lower()) or read_name(key) for key in said[:-1]] + [read_name(key) for key in said[-1:]]
    names = [name for name in names if name.words]
    names = [name for name in names if name.meant] or names[-1:]
    if not names:
        return Name((), frozenset()), ()
    return names[-1], tuple(reversed(names[:-1]))
