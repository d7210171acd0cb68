"""What names and values tell: which are secrets, which hold an e-mail, which an order's number."""

from __future__ import annotations

import re
from collections.abc import Sequence

EMAIL = re.compile(r"\w(?:[\w.+-]|(?<=\w)'(?=\w))*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", re.ASCII)
PLACEHOLDER = re.compile(r"\s*(?:<[^<>]*>|\?|string|value|x{2,}|\.{3}|your[\s_-].*|)\s*", re.I)
"""What documents write where a value is to come."""

_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = {
    "password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "authorization", "signature", "jsessionid",
    "phpsessid", "sessionid", "credential", "credentials", "bearer", "jwt", "hmac", "sid", "cookie", "csrf", "xsrf",
    "sig", "session",
}  # fmt: skip
_KEYS = {
    "api",
    "access",
    "consumer",
    "subscription",
    "private",
    "auth",
    "app",
    "service",
    "account",
    "shared",
    "secret",
}
_PAGING = {"page", "next", "continuation", "sync", "cursor", "pagination", "previous", "skip"}
_SECRET_VALUES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*|(?:sk|pk|rk|ck|cs)_[A-Za-z0-9_]{12,}|shp[a-z]{2}_\w{16,}|gh[a-z]_\w{16,}"
    r"|xox[a-z]-[\w-]{10,}|AKIA[A-Z0-9]{12,}|[0-9a-fA-F]{32,}",
    re.ASCII,
)
_MIXED = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[A-Za-z0-9+/_=-]{24,}", re.ASCII)

_NUMBER_NAMES = {
    "ordernumber", "orderno", "ordernr", "ordernum", "orderid", "orderref", "orderreference", "ordercode", "orderkey",
    "number", "incrementid", "ponumber", "salesordernumber", "salesorderid", "merchantorderid", "externalorderid",
    "orderincrementid", "bestellnummer", "auftragsnummer", "documentnumber", "documentno", "docnum", "tranid",
    "purchaseorderid", "purchaseordernumber", "invoicenumber", "reference", "displayid", "friendlyid", "ordername",
}  # fmt: skip
_EMAIL_NAMES = {"email", "mail", "emailaddress", "mailaddress", "useremail", "customeremail", "buyeremail", "eaddress"}
_ORDERS = {"order", "orders", "salesorder", "salesorders", "purchaseorder", "purchaseorders", "bestellung", "auftrag"}


def words(text: str) -> list[str]:
    """The words of a name, in small letters: `customerEmail` and `customer_email` are the same two."""
    return [word.lower() for word in _SPLIT.findall(text)]


def is_secret_name(name: str) -> bool:
    """Whether what has this name is likely a secret."""
    parts = words(name)
    if _PAGING & set(parts):
        return False
    if _SECRET_WORDS & set(parts) or "".join(parts) in _SECRET_WORDS:
        return True
    return bool(parts) and parts[-1] == "key" and (len(parts) == 1 or bool(_KEYS & set(parts)) or parts[0] == "x")


def is_secret_value(value: str) -> bool:
    """Whether a value looks like a token, whatever its name."""
    return bool(_SECRET_VALUES.fullmatch(value) or (_MIXED.fullmatch(value) and not value.isalpha()))


def is_email_name(name: str) -> bool:
    """Whether what has this name holds an e-mail."""
    parts = words(name)
    return "".join(parts) in _EMAIL_NAMES or "email" in parts or parts[-2:] == ["e", "mail"] or parts[-1:] == ["mail"]


def is_number_name(name: str) -> bool:
    """Whether what has this name holds an order's number."""
    parts = words(name)
    joined = "".join(parts)
    return joined in _NUMBER_NAMES or (len(parts) > 1 and "".join(parts[-2:]) in _NUMBER_NAMES)


def is_orders_name(name: str) -> bool:
    """Whether a name is that of orders, such as a segment of a path."""
    parts = words(name)
    return "".join(parts) in _ORDERS or bool(parts and parts[-1] in _ORDERS)


def is_email(value: str) -> bool:
    """Whether a value is an e-mail."""
    return EMAIL.fullmatch(value.strip()) is not None


def looks_like_number(value: str) -> bool:
    """Whether a value could be an order's number: short, of one piece, and with a digit."""
    text = value.strip()
    return re.fullmatch(r"#?[\w.-]{1,40}", text) is not None and any(sign.isdigit() for sign in text)


_GOOD = {
    "order": 30, "orders": 30, "search": 8, "find": 8, "query": 5, "lookup": 6, "list": 5, "get": 2, "retrieve": 3,
    "by": 2, "history": 4, "sales": 4, "customer": 2, "filter": 4,
}  # fmt: skip
_BAD = {
    "create": -12, "delete": -15, "update": -12, "cancel": -15, "refund": -8, "webhook": -20, "webhooks": -20,
    "counts": -40,
    "token": -20, "login": -20, "auth": -20, "oauth": -25, "cart": -8, "product": -8, "products": -8, "count": -40,
    "payment": -6, "payments": -6, "invoice": -4, "export": -5, "import": -8, "risk": -12, "metafields": -12,
    "config": -10, "settings": -10, "health": -20, "draft": -5, "notes": -8, "comments": -8, "events": -6, "items": -3,
}  # fmt: skip


def score(path: str, label: str, inputs: Sequence[str], reads: bool) -> int:
    """How likely a call finds orders by an e-mail or a number."""
    named = dict.fromkeys([*words(path), *words(label)])
    total = sum(_GOOD.get(word, 0) + _BAD.get(word, 0) for word in named)
    if "order" in named and "orders" in named:
        total -= _GOOD["order"]
    segments = [part for part in path.split("?")[0].split("/") if part]
    for index, segment in enumerate(segments):
        if is_orders_name(segment):
            rest = [part for part in segments[index + 1 :] if "{" not in part]
            inner = [part for part in rest if not set(words(part)) & set(_GOOD)]
            total += 10 - 15 * min(len(inner), 3)
            break
    about_orders = total > 20
    total += 25 * ("email" in inputs) * (1 + about_orders) + 12 * ("number" in inputs) * (1 + about_orders)
    total -= 5 * len([name for name in inputs if name not in ("email", "number")])
    return total if reads else total - 60
