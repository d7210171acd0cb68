"""What a scalar looks like: e-mail, date, money, tracking number, placeholder ... Facts only, no field decides here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from workbench.paths import text_of

_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[A-Za-z]{2,}")
_MASKED_EMAIL = re.compile(r"[^@\s]*\*+[^@\s]*@\S+|\S+@[^@\s]*\*+\S*")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::|%3A)\d\d.*|[+-]\d\d:?\d\d|Z)?", re.I)
_DATE = re.compile(
    r"(?:19|20)\d\d[/.]\d{1,2}[/.]\d{1,2}(?:\D.*)?|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d(?:\D.*)?"
    r"|\d{1,2}[./]\d{1,2}[./]\d\d(?:\s.*)?|/Date\(-?\d+.*\)/"
    r"|(?:[A-Z][a-z]{2,8},? )?\d{1,2}[. -]+[A-Za-z]{3,9}[. -]+(?:19|20)?\d\d(?:\D.*)?"
    r"|[A-Z][a-z]{2,8},? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d.*"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? (?:19|20)\d\d.*|(?:19|20)\d{6}T\d{4,6}.*"
)
_COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\d{4}|\d{6})?")
_EPOCH = re.compile(r"1[0-9]{9}(?:\d{3})?(?:\.\d+)?")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?", re.I)
_NUMBER = re.compile(
    r"[-+]?\d+(?:[.,]\d+)?|[-+]?\d{1,3}(?:[,. '\u00a0]\d{3})+(?:[.,]\d+)?"
    r"|(?:[$€£¥₹₺₽₩฿]|[A-Z]{3}\s|R\$|(?:US|A|C|NZ|HK|S)\$|kr\.?\s?)\s?[-+]?\d[\d.,\u00a0 ]*"
    r"|[-+]?\d[\d.,\u00a0 ]*(?:[$€£¥₹₺₽₩฿]|[A-Z]{3}|kr\.?|zł|Kč|Ft|lei|TL)"
)
_MONEY = re.compile(r"\D{0,5}\d[\d.,' ]*[.,]\d\d\D{0,5}")
_GUID = re.compile(
    r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?|(?=[a-f]*\d)[0-9a-f]{20,}|[A-Za-z0-9+/]{7,}={1,2}"
    r"|(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{20,}"
)
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif)\b|image|img|/media/|cdn|photo|thumb", re.I)
_TRACK = re.compile(
    r"track|trace|parcel|sendung|suivi|seguimiento|verfolg|awb|colis|tnt|dhl|ups\.|fedex|postnord", re.I
)
_PHONE = re.compile(r"\+?[\d\s()./-]{7,20}")
_POSTAL = re.compile(
    r"\d{4,5}(?:-\d{3,4})?|\d{6}|\d{3}\s?\d{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{4}\s?[A-Z]{2}"
    r"|\d{2}-\d{3}|[A-Z]{1,3}-\d{4,5}|\d{5}-\d{4}|\d{7}|[A-Z]\d{2}\s?[A-Z\d]{4}|\d{3}-\d{4}",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"-+|n/?a\.?|none|null|nil|unknown|undefined|not applicable|not available|tbd|\?+|x{3,}|\*{2,}.*|keine?|brak|string"
    r"|0000-00-00.*|0001-01-01.*|1900-01-01.*|0{6,}|nan|void 0|\(none\)|no value|unspecified|\[?redacted\]?|xxx.*",
    re.I,
)
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


@cache
def _lists() -> dict[str, frozenset[str]]:
    found = {}
    for line in files("workbench.suggest").joinpath("words.txt").read_text(encoding="utf-8").splitlines():
        name, mark, words = line.partition(":")
        if mark and not line.startswith("#"):
            found[name] = frozenset(word.strip().casefold() for word in words.split(",") if word.strip())
    return found


def is_ean(text: str) -> bool:
    """Whether the check digit of a bar code of 8, 12, 13 or 14 digits is right."""
    if len(text) not in (8, 12, 13, 14) or not text.isdigit():
        return False
    total = sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(reversed(text)))
    return total % 10 == 0 and len(set(text)) > 1


def is_tracking_number(text: str) -> bool:
    """Whether it is a tracking number by format and check digit: UPS, the postal union's S10, USPS, DHL, PostNL ..."""
    text = text.replace(" ", "").upper()
    if not text.isascii():
        return False
    if re.fullmatch(r"1Z[0-9A-Z]{16}", text):
        digits = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in text[2:]]
        total = sum(digits[0:-1:2]) + 2 * sum(digits[1:-1:2])
        return (10 - total % 10) % 10 == digits[-1]
    if re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", text):
        total = sum(int(sign) * weight for sign, weight in zip(text[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
        return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11) == int(text[10])
    if re.fullmatch(r"9\d{21}|\d{20}", text):
        total = sum(int(sign) * (3 if place % 2 == 0 else 1) for place, sign in enumerate(reversed(text[:-1])))
        return (10 - total % 10) % 10 == int(text[-1]) and len(set(text)) > 2
    return bool(
        re.fullmatch(r"JJ?D\d{14,20}|3S[A-Z]{2,6}\d{6,13}|JVGL\d{12,}|CNFR\d{12,}|TBA\d{9,}|H\d{19}|00\d{18}", text)
    )


def kinds_of(value: Any) -> frozenset[str]:
    """What a scalar looks like, as words such as `email`, `date`, `number`."""
    if isinstance(value, bool):
        return frozenset(("bool",))
    return _kinds(text_of(value)[:400], not isinstance(value, str))


@lru_cache(maxsize=50_000)
def _kinds(text: str, is_number: bool) -> frozenset[str]:
    found = set()
    low = text.casefold()
    lists = _lists()
    if low in ("true", "false"):
        return frozenset(("bool",))
    if _PLACEHOLDER.fullmatch(text) or low in lists["placeholders"]:
        found.add("placeholder")
    if _EMAIL.fullmatch(text) or _MASKED_EMAIL.fullmatch(text):
        return frozenset(("email",))
    if _ISO.fullmatch(text):
        found.add("date")
        found.add("clocked" if len(text) > 10 and text[10] in "T t" else "day")
    elif _DATE.fullmatch(text) and not (is_number and len(text) not in (8, 12, 14)):
        found.add("date")
        found.add("clocked" if ":" in text or len(text) in (12, 14) else "day")
    elif _COMPACT.fullmatch(text):
        found |= {"compact_date", "day" if len(text) == 8 else "clocked"}
    elif _EPOCH.fullmatch(text):
        found.add("epoch")
    elif _CLOCK.fullmatch(text):
        found.add("clock")
    if text.startswith(("http://", "https://", "//")) or re.match(
        r"/?[\w.-]*/[\w./-]+\.(?:jpe?g|png|gif|webp)$", text, re.I
    ):
        found.add("url")
        if _IMAGE.search(text):
            found.add("image")
        if _TRACK.search(urlsplit(text).netloc + urlsplit(text).path if "[" not in text else ""):
            found.add("track_url")
        return frozenset(found)
    if "date" not in found and _NUMBER.fullmatch(text):
        found.add("number")
        if re.fullmatch(r"[-+]?\d+(?:[.,]0+)?", text):
            found.add("whole")
            digits = re.sub(r"\D", "", text.split(".")[0])
            if len(digits) <= 3:
                found.add("small")
            elif len(digits) >= 5:
                found.add("long_number")
        if _MONEY.fullmatch(text):
            found.add("money")
    if is_ean(text):
        found.add("ean")
    if is_tracking_number(text):
        found.add("tracking")
    if _GUID.fullmatch(text) or text.startswith(("gid://", "urn:")):
        found.add("guid")
    if len(text) == 3 and low in lists["currencies"]:
        found.add("currency")
    if low in lists["countries"]:
        found.add("country")
    if low in lists["regions"]:
        found.add("region")
    squeezed = re.sub(r"[\W_]+", "", low)
    if squeezed in lists["statuses"] or _of_status_words(text):
        found.add("status")
    if is_carrier(text):
        found.add("carrier")
    if low in lists["methods"] or squeezed in lists["methods"]:
        found.add("method")
    if _POSTAL.fullmatch(text):
        found.add("postal")
    if _PHONE.fullmatch(text) and sum(map(str.isdigit, text)) >= 7:
        found.add("phone")
    words = _WORD.findall(text)
    if re.match(r"\d+[a-zA-Z]?\s+\w", text):
        found.add("numbered")
    if words:
        found.add("text")
        if len(words) >= 2 and not any(sign.isdigit() for sign in text) and len(text) < 50:
            found.add("name_like")
        if len(words) > 12 or len(text) > 150:
            found.add("prose")
        if re.search(r"\d", text) and " " in text:
            found.add("street_like")
    if len(text) <= 50 and not re.search(r"\s.*\s", text) and not re.search(r"[<>{}]", text):
        found.add("code")
        if len(text) > 2 and text.isalpha() and not text.isupper():
            found.add("word")
        if re.search(r"\d", text):
            found.add("digits")
            if _LETTER.search(text) or re.search(r"[-#/_]", text):
                found.add("mixed")
    if re.search(r"\s", text):
        found.add("blanks")
    return frozenset(found)


def _of_status_words(text: str) -> bool:
    """Whether a code such as `READY_TO_SHIP` or `bost_Open` is made of words of a status."""
    if len(text) > 40 or re.search(r"[\s\d@/]", text):
        return False
    words = [word.casefold() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)]
    return 1 < len(words) <= 5 and not _lists()["statuses"].isdisjoint(words)


def is_carrier(text: str) -> bool:
    """Whether the text names a known carrier, alone or with a service."""
    low = text.casefold().strip()
    if len(low) > 40 or not low:
        return False
    known = _lists()["carriers"]
    words = [word for word in re.split(r"[\W_]+", low) if word]
    if not words:
        return False
    joined = "".join(words)
    return joined in known or words[0] in known or "".join(words[:2]) in known


def share(kinds: Sequence[frozenset[str]], wanted: Iterable[str]) -> float:
    """How many of the values are of one of the kinds, 0 to 1."""
    if not kinds:
        return 0.0
    wanted = frozenset(wanted)
    return sum(not wanted.isdisjoint(each) for each in kinds) / len(kinds)


def word_list(name: str) -> frozenset[str]:
    """A list of words by its name: carriers, currencies, countries, regions, statuses, methods, placeholders."""
    return _lists()[name]
