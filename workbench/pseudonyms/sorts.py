"""What a value is, by its place and its form: to be kept, or to be replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import unquote

from workbench.catalogue import catalogue, fold_carrier

EMAIL = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+")
URL = re.compile(r"(?:https?|ftp)://\S+", re.I)
_DATE = re.compile(
    r"[12]\d{3}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d|[+-]\d\d))?"
    r"|\d\d?[./-]\d\d?[./-](?:\d\d|[12]\d{3})(?:,?[ T]\d\d?[:.]\d\d(?:[:.]\d\d)?(?:\s?[AaPp]\.?[Mm]\.?)?)?"
    r"|[12]\d{3}[./]\d\d?[./]\d\d?(?:[ T]\d\d?:\d\d(?::\d\d)?)?"
    r"|\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:\s?[AaPp][Mm]|Z|[+-]\d\d:\d\d)?"
    r"|/Date\(-?\d+(?:[+-]\d{4})?\)/"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?\d\d? [A-Z][a-z]{2,8}\.? \d{4}(?:[ T]\d\d:\d\d(?::\d\d)?(?: ?(?:[A-Z]{3}|[+-]\d{4}))?)?"  # noqa: E501
    r"|[A-Z][a-z]{2,8}\.? \d\d?, \d{4}(?:,? \d\d?:\d\d(?::\d\d)?(?: [AP]M)?)?"
    r"|P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?",
)
_COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d[0-5]\d)?")
_DECIMAL = re.compile(r"[^\w\s]{0,2}\s?-?\d{1,3}(?:[.,' ]?\d{3})*[.,]\d{1,4}\s?[^\w\s]{0,2}(?:\s?[A-Z]{3})?")
_WHOLE = re.compile(r"-?\d+")
_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*|[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_WORDS = re.compile(r"[^\W\d_][\w ./&+-]{0,39}")
_MIME = re.compile(r"(?:application|text|image|audio|video|multipart)/[\w.+-]+")
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Z]{2})?")
_SPLIT = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_PAIR_NAME = re.compile(r"[A-Za-z][\w.:-]*(?: [a-z]+){0,2}")
_PAIR_NAMES = frozenset("key name code type label attribute field id".split())
_PAIR_VALUES = frozenset("value val values content text #text".split())
_ONE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*")
_KINDS = frozenset("type kind class role qualifier category".split())
_FAILURES = frozenset("error errors fault notification notifications exception warning".split())
_PLAIN_WORDS = frozenset("true false yes no y n on off none null n/a na unknown ja nein oui non si t f".split())
_STATUS = frozenset(
    "status state stage phase type kind currency country carrier shipper method service condition channel unit locale "
    "lang language category class priority mode event role qualifier result success action source scope rel format "
    "fulfillment fulfilment financial statut estado stato zustand statuscode courier provider incoterm typename "
    "versandart land waehrung".split()
)
_MONEY = frozenset(
    "amount total price sum subtotal tax vat discount cost fee qty quantity count cents weight width height length "
    "page pages size limit offset version rate percent position index sort year month day hour minute menge preis "
    "betrag anzahl value score ratio points per".split()
)
_TIME = frozenset("date time at on created updated modified timestamp datum since until day eta deadline".split())
_PERSON = frozenset(
    "name names firstname lastname surname forename fullname first last middle salutation street road line line1 line2 "
    "line3 address addr city town region province county zip postcode postal postalcode plz ort strasse company firm "
    "organization phone tel telephone mobile fax email mail user username login customer buyer recipient receiver "
    "consignee contact person birthday dob birth owner author driver who by signer signed "
    "iban bic vat taxid note notes comment comments message remark remarks "
    "instruction instructions title ip agent password token secret key signature session cookie nickname apt house "
    "building floor district suburb vorname nachname name1 name2 name3 nom prenom adresse ville nombre apellido".split()
)
_ID = frozenset(
    "id ids uuid guid number no nr num ref reference code barcode tracking awb token key hash sku ean gtin upc isbn "
    "account invoice receipt transaction order parcel package shipment customer user member card serial imei plate "
    "phone tel mobile fax zip postcode postal plz iban cursor etag nummer numero numer".split()
)
_HARMLESS_IDS = frozenset("type status state category currency country shop store site channel language method".split())
_LINES = frozenset(
    "item items line lines position positions product products article articles orderline orderlines lineitem "
    "lineitems orderitem orderitems row rows entry entries artikel positionen variant variants goods".split()
)
_LINE_NAMES = frozenset(
    "name title description product label article item variant color colour size bezeichnung".split()
)
_PARTIES = frozenset(
    "address addresses customer buyer recipient receiver consignee contact person shipto billto shipping billing "
    "delivery client user sender payer invoice party ship bill deliver".split()
)  # fmt: skip


KEY_WORDS = (
    _STATUS | _MONEY | _TIME | _PERSON | _ID | _HARMLESS_IDS | _LINES | _LINE_NAMES | _PARTIES | _KINDS | _FAILURES
    | _PAIR_NAMES | _PAIR_VALUES
)  # fmt: skip
"""Words that keys are made of; as a part of a key they name nobody."""


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, ...]:
    """The words of a key, small: `shippingAddress_ID` -> shipping, address, id."""
    return tuple(part.lower() for part in _SPLIT.split(name) if part)


def sort_of_number(path: Sequence[str], digits: str) -> str:
    """Why a number is replaced (`id`), or empty where it is kept."""
    names = parts(path[-1]) if path else []
    if not names or (set(names) & _MONEY and not set(names) & {"id", "phone"}):
        return ""
    whole = "".join(names)
    last = names[-1]
    if last in _ID or whole in _ID or whole.endswith(("id", "number", "phone", "zip", "code")):
        if set(names[:-1]) & _HARMLESS_IDS or (last == "code" and len(digits) < 4):
            return ""
        return "id"
    return ""


def sort_of_text(path: Sequence[str], text: str) -> str:
    """Why a text is replaced, in one word, or empty where it is kept."""
    plain = text.strip()
    if not plain or plain.lower() in _PLAIN_WORDS:
        return ""
    if URL.fullmatch(plain):
        return "address on the web"
    if EMAIL.search(unquote(plain) if "%" in plain else plain):
        return "e-mail"
    names = parts(path[-1]) if path else []
    known = set(names)
    if _DATE.fullmatch(unquote(plain)):
        return ""
    if _COMPACT_DATE.fullmatch(plain) and not known & (_ID | _PERSON):
        return ""
    if _DECIMAL.fullmatch(plain) and not known & _PERSON:
        return ""
    if path and names_of_failure(path) and len(plain) <= 6:
        return ""
    if _WHOLE.fullmatch(plain):
        if known & _MONEY or (known & _TIME and len(plain) in (10, 13)):
            return ""
        if len(plain) <= 3 and plain.startswith("0") and not known & _PERSON:
            return ""  # a qualifier, such as 002
        if sort_of_number(path, plain) or len(plain) > 4 or known & _PERSON:
            return "id"
        return ""
    if not any(sign.isalnum() for sign in plain):
        return ""
    return _sort_of_words(path, plain, known)


def _sort_of_words(path: Sequence[str], plain: str, known: set[str]) -> str:
    around = {part for name in path[:-1] for part in parts(name)}
    if _MIME.fullmatch(plain):
        return ""
    digits = sum(sign.isdigit() for sign in plain)
    in_party = bool(around & _PARTIES)
    if known & _STATUS:
        known = known - {"name", "names", "title"}  # OrderStatusName is no person
    if known & _KINDS and not known & _PERSON and digits < 3 and _ONE_WORD.fullmatch(plain):
        return ""
    if path and names_of_failure(path) and len(plain) <= 40 and " " not in plain:
        return ""
    if _is_line_name(path, known, around):
        return ""
    if known & {"country", "currency", "locale", "lang", "language"} and len(plain) <= 20 and not digits:
        return ""
    is_word = digits < 4 and bool(_WORDS.fullmatch(plain)) and not known & (_PERSON - {"key"})
    if known & _STATUS and is_word and (not in_party or len(plain) <= 3 or _known_word(plain)):
        return ""
    if fold_carrier(plain) in catalogue().carrier_codes and not known & (_PERSON - {"by", "company", "agent"}):
        return ""
    if _known_word(plain) and not known & _PERSON:
        return ""
    if known & (_PERSON - {"key", "title", "line"}) or in_party:
        return "id" if digits and " " not in plain else "person or place"
    if _CODE.fullmatch(plain) and digits < (1 if known & _ID else 3) and len(plain) <= 40:
        return ""
    if known & _ID:
        return "id" if digits else "text"
    return "id" if digits and " " not in plain else "text"


def is_amount(path: Sequence[str]) -> bool:
    """Whether a number counts or measures something, or is a moment."""
    return bool(path) and bool(set(parts(path[-1])) & (_MONEY | _TIME))


def is_of_a_line(path: Sequence[str]) -> bool:
    """Whether a place may say what a product is called."""
    return bool({part for name in path for part in parts(name)} & _LINES)


def names_of_failure(path: Sequence[str]) -> bool:
    """Whether this is the code of an error."""
    return path[-1].lower().lstrip("@").endswith("code") and bool(
        {p for name in path[:-1] for p in parts(name)} & _FAILURES
    )


def names_a_pair(key: str, siblings: Iterable[str], text: str) -> bool:
    """Whether a text says what its sibling `value` means, as in `{"key": "gift_message", "value": ...}`."""
    if key.lower().lstrip("@") not in _PAIR_NAMES or not any(
        each.lower().lstrip("@") in _PAIR_VALUES for each in siblings
    ):
        return False
    return len(text) <= 40 and sum(map(str.isdigit, text)) < 3 and bool(_PAIR_NAME.fullmatch(text))


def _is_line_name(path: Sequence[str], known: set[str], around: set[str]) -> bool:
    """Whether this is what a product is called."""
    return (
        bool(known & _LINE_NAMES)
        and not known & (_ID - {"product", "title"})
        and bool(around & _LINES)
        and not around & (_PARTIES - {"delivery", "shipping"})
    )


def _known_word(plain: str) -> bool:
    """Whether it is one of our own status words."""
    folded = re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")
    return any(folded in vocabulary for vocabulary in catalogue().vocabularies.values())
