"""Who the customer of some answers is, in words: found again where neither key nor form says what a text is.

`{"customer": {"name": "Jane Doe"}, "besteller": "JANE"}`: alone, the second looks like a code. What stands at places
that are known to name a person, and what was asked for, is looked for in everything else that would be kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from urllib.parse import unquote

from workbench.catalogue import catalogue
from workbench.pseudonyms.sorts import EMAIL, KEY_WORDS, is_of_a_line, parts, sort_of_text

_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")
_SHORTEST_NAME, _SHORTEST_PLACE, _SHORTEST_NUMBER, _SHORTEST_KEY = 3, 5, 5, 4
_SHORTEST_END = 7  # digits of a phone, behind codes of country and area
_NAMES = frozenset(
    "name names firstname lastname surname forename fullname first last middle recipient consignee owner driver signer "
    "vorname nachname name1 name2 nom prenom nombre apellido user username login nickname".split()
)
_PROSE = frozenset(
    "note notes comment comments message remark remarks instruction instructions title subject text".split()
)
_ANYBODY = frozenset(
    "info mail email shop store sale sales order orders service contact kontakt office hello support admin test demo "
    "noreply reply customer customers kunde kunden guest user users example team help post web www the and von van der "
    "und herr frau mrs".split()
)
_KINDS_OF_CUSTOMERS = frozenset("group store shop company type role channel tier level segment class".split())
_NOT_OURS = frozenset("country currency locale lang language land".split())
_ID_KEY = re.compile(
    r"\d{4,}|[A-Za-z]{1,6}[-_#/]\d{4,}|(?!ISO|RFC|UTF|SHA|DIN|EN)[A-Z]{1,6}\d{4,}"  # a number, with a mark before it
    r"|.*(?:\d{5}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-).*",
    re.S,
)
_PARTS = re.compile(r"[\s.:/@]+")
_STEP = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|\.([^.\[\]]+)")
_QUOTED = re.compile(r"\\(.)")
_IN_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ł": "l"})
_VENDOR = re.compile(r"@(?:odata|microsoft|com|org)\.", re.I)  # as in Orders@odata.nextLink


class Named:
    """The words that name a customer, gathered from some answers.

    Args:
        asked: What was asked for, such as an e-mail.
    """

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._places: set[str] = set()
        self._numbers: set[str] = set()
        self._whole: set[str] = set()
        for text in asked:
            self.learn(("email" if "@" in text else "number",), "e-mail" if "@" in text else "id", text)

    def learn(self, path: Sequence[str], sort: str, text: str) -> None:
        """Takes in a text that is replaced.

        Args:
            path: The keys that lead to it.
            sort: Why it is replaced.
            text: As it came.
        """
        if sort == "e-mail":
            for address in EMAIL.findall(unquote(text)):
                self._names |= _letters(address.rpartition("@")[0], _SHORTEST_NAME)
        elif sort in ("id", "person or place"):
            known = set(parts(path[-1])) if path else set()
            if known & _PROSE:
                return
            if _SHORTEST_KEY <= len(text.strip()) <= 80:
                self._whole.add(text.strip().casefold())
            self._numbers |= {run for run in _RUNS.findall(text) if run[0].isdigit() and len(run) >= _SHORTEST_NUMBER}
            if sort == "person or place":
                if known & _KINDS_OF_CUSTOMERS:
                    return
                is_name = bool(known & _NAMES)
                found = _letters(text, _SHORTEST_NAME if is_name else _SHORTEST_PLACE)
                (self._names if is_name else self._places).update(found)

    def in_text(self, path: Sequence[str], text: str) -> bool:
        """Whether a text that would be kept names the customer."""
        if not self._names and not self._places:
            return False
        known = set(parts(path[-1])) if path else set()
        if known & _NOT_OURS:
            return False
        runs = _letters(text, _SHORTEST_NAME)
        return bool(runs & self._names or (runs & self._places and not is_of_a_line(path)))

    def is_said_by(self, word: str) -> bool:
        """Whether a merchant's word for a status says something of the customer."""
        return bool(sort_of_text(("status",), word)) or self.in_text(("status",), word)

    def in_number(self, digits: str) -> bool:
        """Whether a number that would be kept is one of the customer's, such as a phone without its signs."""
        plain = digits.lstrip("-")
        if plain in self._numbers:
            return True
        return any(plain[start:] in self._numbers for start in range(1, len(plain) - _SHORTEST_END + 1))

    def in_key(self, key: str) -> bool:
        """Whether a key is a value: an id, an e-mail, or what names the customer elsewhere."""
        plain = unquote(key) if "%" in key else key
        if (EMAIL.search(plain) and not _VENDOR.search(plain)) or _ID_KEY.fullmatch(plain):
            return True
        if set(parts(plain)) <= KEY_WORDS:
            return False
        folded = plain.strip().casefold()
        if folded in self._whole or any(
            part in self._whole and any(map(str.isdigit, part)) for part in _PARTS.split(folded)
        ):
            return True
        return bool(_letters(plain, _SHORTEST_KEY) - KEY_WORDS & self._names)

    def in_place(self, place: str) -> bool:
        """Whether a place such as `$.orders['A-1001'].note` has such a key in it."""
        steps = (_QUOTED.sub(r"\1", match[1]) if match[1] is not None else match[2] for match in _STEP.finditer(place))
        return any(map(self.in_key, steps))


@cache
def _our_words() -> frozenset[str]:
    """The words of our own vocabularies, which name nobody."""
    every = [*catalogue().vocabularies.values(), catalogue().carrier_codes]
    return frozenset(run for words in every for word in words for run in _RUNS.findall(word.casefold()))


def _letters(text: str, shortest: int) -> set[str]:
    """The words of a text that may name somebody."""
    found: set[str] = set()
    for run in _RUNS.findall(text):
        if len(run) >= shortest and not run[0].isdigit():
            found |= _spellings(run.casefold())
    return found - _ANYBODY - _our_words()


@lru_cache(maxsize=4096)
def _spellings(word: str) -> frozenset[str]:
    """A word as others may write it: müller, mueller, muller."""
    if word.isascii():
        return frozenset((word,))
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
    return frozenset((word, plain, word.translate(_IN_LETTERS)))
