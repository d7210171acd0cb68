"""Codes of the exchange standards -> words: which date, number, party or sum it is that only a qualifier tells apart.

EDIFACT and X12 number their dates, references, parties and sums; SAP's IDocs do it by segment. A table is asked only
where what stands beside the code is of its kind: `137` is the date of a document beside a date, nothing beside a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.paths import text_of
from workbench.suggest.names import read_name
from workbench.suggest.values import kinds_of

_PARTIES = {
    **dict.fromkeys(("ST", "DP", "UC", "CN", "UD", "WE"), "recipient"),
    **dict.fromkeys(("BY", "SP", "OB", "AG"), "customer"),
    **dict.fromkeys(("BT", "IV", "RE"), "billing"),
    **dict.fromkeys(("SU", "SE", "VN", "LF"), "seller"),
    **dict.fromkeys(("SF", "CZ"), "sender"),
}
"""What parties are called in EDIFACT and X12, and where SAP's words come without their key."""
_PARTNERS = {
    "AG": "customer", "WE": "recipient", "RE": "billing", "RG": "billing payment", "LF": "seller", "SP": "carrier",
    "OSO": "seller", "OSP": "sender", "VE": "employee", "ZM": "employee", "AP": "contact",
}  # fmt: skip
"""What they are called in SAP's IDocs alone."""
_OF_SAP = frozenset(("PARVW", "PARTNER_Q"))
_DATES = {
    "2": "expected delivery", "4": "order created", "10": "expected shipping", "11": "shipped",
    "17": "expected delivery", "35": "delivered", "38": "latest shipping", "63": "latest delivery",
    "67": "expected delivery", "68": "expected shipping", "69": "expected delivery", "106": "required by",
    "132": "expected arrival", "137": "document", "200": "pickup", "3": "invoice", "171": "reference",
}  # fmt: skip
"""Dates of EDIFACT and, the same number with zeros before it, of X12."""
_REFERENCES = {
    "ON": "order number", "PO": "order number", "CO": "order number", "VN": "seller order number",
    "IV": "invoice number", "DQ": "delivery note", "AAK": "delivery note", "2I": "tracking number",
    "AWB": "tracking number", "AAS": "tracking number", "CN": "tracking number", "CR": "customer reference",
    "CT": "contract", "IT": "customer account",
}  # fmt: skip
_SUMS = {
    "86": "grand total", "128": "total", "77": "invoice total", "39": "invoice total", "9": "payment due",
    "79": "sub total", "66": "line total", "203": "line net", "124": "tax", "176": "tax", "125": "net",
    "8": "fee", "52": "discount", "146": "net unit",
}  # fmt: skip
_QUANTITIES = {"21": "order quantity", "12": "shipped quantity", "46": "delivered quantity", "47": "invoice quantity",
               "83": "backorder quantity"}  # fmt: skip
_ARTICLES = {
    "SA": "seller sku", "VP": "seller sku", "VN": "seller sku", "SK": "sku", "IN": "customer article",
    "EN": "barcode", "SRV": "barcode", "UP": "barcode", "BP": "customer article", "MF": "manufacturer article",
}  # fmt: skip
_SEGMENTS: dict[str, dict[str, str]] = {
    "E1EDK02": {"001": "customer ref number", "002": "sales order number", "009": "invoice number",
                "012": "delivery note"},
    "E1EDK03": {"002": "expected delivery", "012": "document", "022": "order created", "016": "invoice"},
    "E1EDK14": {"012": "order type"},
    "E1EDP19": {"001": "customer article", "002": "sku product", "003": "barcode"},
    "E1EDS01": {"002": "order total"},
    "E1EDT13": {"006": "expected shipping", "007": "expected delivery"},
}  # fmt: skip
"""SAP's IDocs: the qualifiers of each segment."""
_OTHER = "unlisted"
"""A code that has no meaning here qualifies something else than those that have one."""
_FEW = 3
_CONTROL = frozenset(("EDI_DC40", "EDI_DC", "@SEGMENT", "@BEGIN"))
_CODE = re.compile(r"[A-Z0-9]{1,3}")
_QUALIFIER = re.compile(r"quali?f|quali$|function|purpose", re.I)
_SEGMENT = re.compile(r"(?:DTM|RFF|REF|MOA|QTY|NAD)(?![a-z])")
_FORMAT = re.compile(r"format|qualif|unit|code|type", re.I)


def meaning(word: str, above: str, member: Mapping[str, Any], tell: str) -> str:
    """What a code means, in words; empty where it is none that is known.

    Args:
        word: The code.
        above: The name of the list, or of the object, that the code stands in.
        member: What it qualifies, with everything beside it.
        tell: The key of the code.
    """
    if not _CODE.fullmatch(word):
        return ""
    if above in _SEGMENTS:
        return _SEGMENTS[above].get(word, _OTHER)
    if tell in _OF_SAP:
        return _PARTNERS.get(word, "")
    if above.startswith("E1"):
        return ""
    plain = word.lstrip("0") or word
    others = {key: value for key, value in member.items() if key != tell and not _FORMAT.search(key)}
    if word.isdigit():
        if len(others) > _FEW or not (_QUALIFIER.search(tell) or _SEGMENT.match(above)):
            return ""  # a merchant's own numbers mean what the merchant likes
        if _holds(others, "date", ("date", "compact_date")):
            return _DATES.get(plain, _OTHER)
        if _holds(others, "quantity", ()) or above.upper().startswith("QTY"):
            return _QUANTITIES.get(plain, "")
        if _holds(others, "amount", ("money",)) or above.upper().startswith("MOA"):
            return _SUMS.get(plain, "")
        return ""
    named = read_name(above).meant
    if above.upper().startswith("NAD") or named & {"party", "address"} or _holds(others, "city", ()) or len(others) > 3:
        return _PARTIES.get(word, "")
    if named & {"product", "item", "sku"} or above.upper().startswith(("PIA", "LIN")):
        return _ARTICLES.get(word, "")
    if above.upper().startswith(("RFF", "REF")) or "ref" in named or _holds(others, "ref", ()):
        return _REFERENCES.get(word, "")
    return _PARTIES.get(word, "") if _holds(others, "name", ()) else ""


def is_party(means: str) -> bool:
    """Whether a meaning is a party, whose values keep their own names."""
    return means in _PARTIES.values() or means in _PARTNERS.values()


def _holds(member: Mapping[str, Any], concept: str, kinds: tuple[str, ...]) -> bool:
    """Whether a value beside a code is of a kind, by its name or by what it looks like."""
    for key, value in member.items():
        if isinstance(value, (dict, list)) or value is None:
            continue
        if concept in read_name(key).meant and not isinstance(value, bool):
            return True
        if kinds and not kinds_of(value).isdisjoint(kinds) and len(text_of(value)) >= 4:
            return True
    return False


def is_control(key: str) -> bool:
    """Whether a name is that of a message's own control record, which says nothing of an order."""
    return key in _CONTROL
