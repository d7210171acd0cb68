"""Text -> text of the same shape, by a secret key; different texts of one shape stay different."""

from __future__ import annotations

import hashlib
import re
import unicodedata

VOWELS, CONSONANTS, DIGITS = "aeiou", "bcdfghjklmnpqrstvwxyz", "0123456789"
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")
_LONGEST = 24
_ROUNDS = 8
_CACHE = 100_000


class Permutation:
    """Replaces runs of digits and of letters, each by itself, so that `A-1021` and `1021` still agree.

    Digits stay digits, leading zeros stay, a number keeps its length; letters stay vowels or consonants, capitals stay
    capitals. Within one shape the replacement is one to one.

    Args:
        key: The secret that it depends on.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32).digest()
        self._known: dict[str, str] = {}

    def text(self, text: str, keep_short: int = 0) -> str:
        """The text with its runs replaced.

        Args:
            text: Any text.
            keep_short: Runs of letters up to this length stay, such as the `A` of `A-1021`.
        """

        def replaced(match: re.Match[str]) -> str:
            run = match[0]
            return run if run[0].isalpha() and len(run) <= keep_short else self.run(run)

        return _RUNS.sub(replaced, text)

    def run(self, run: str) -> str:
        """One run of digits, or of letters."""
        folded = run.lower()
        if len(folded) != len(run):  # such as İ, whose small letter is two characters
            folded = run
        if folded not in self._known:
            if len(self._known) >= _CACHE:
                self._known.clear()
            parts = [folded[start : start + _LONGEST] for start in range(0, len(folded), _LONGEST)]
            self._known[folded] = "".join(map(self._part, parts))
        made = self._known[folded]
        return "".join(sign.upper() if was.isupper() else sign for sign, was in zip(made, run, strict=True))

    def _part(self, part: str) -> str:
        if part[0] in DIGITS:
            kept = len(part) - len(part.lstrip("0"))
            rest = part[kept:]
            alphabets = [DIGITS[1:], *[DIGITS] * (len(rest) - 1)] if rest else []
            return part[:kept] + self._mapped(rest, alphabets)
        return self._mapped(*_plain(part))

    def _mapped(self, text: str, alphabets: list[str]) -> str:
        size, value = 1, 0
        for sign, alphabet in zip(text, alphabets, strict=True):
            value = value * len(alphabet) + alphabet.index(sign)
            size *= len(alphabet)
        if size > 1:
            shape = "".join(str(len(alphabet)) for alphabet in alphabets)
            value = self._shuffled(value, size, shape)
        made = []
        for alphabet in reversed(alphabets):
            value, index = divmod(value, len(alphabet))
            made.append(alphabet[index])
        return "".join(reversed(made))

    def _shuffled(self, value: int, size: int, shape: str) -> int:
        """A keyed permutation of the numbers below a size: a Feistel network, walked until it stays inside."""
        half = ((size - 1).bit_length() + 1) // 2
        mask = (1 << half) - 1
        while True:
            left, right = value >> half, value & mask
            for turn in range(_ROUNDS):
                said = f"{shape} {turn} {right}".encode()
                found = hashlib.blake2b(said, key=self._key, digest_size=16).digest()
                left, right = right, left ^ (int.from_bytes(found) & mask)
            value = left << half | right
            if value < size:
                return value


def _plain(text: str) -> tuple[str, list[str]]:
    """Letters without accents, and for each whether it is a vowel or a consonant."""
    letters: list[str] = []
    alphabets: list[str] = []
    for sign in text:
        base = unicodedata.normalize("NFKD", sign)[0].lower()
        if base not in VOWELS and base not in CONSONANTS:  # of another script
            every = VOWELS if len(letters) % 2 else CONSONANTS
            base = every[ord(sign) % len(every)]
        letters.append(base)
        alphabets.append(VOWELS if base in VOWELS else CONSONANTS)
    return "".join(letters), alphabets
