"""A merchant whose answers hold a recognisable customer in every place where one can stand, and the search for her.

The same values stand as they are, in capitals, in small letters, percent-encoded, in base64, in keys and attributes, in
comments, CDATA and instructions, in links, in headers, in JSON and HTML inside texts, and in what errors echo.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

from tests.servers import Answer, Seen

EMAIL, FIRST, LAST = "Quirina.Vandermolen@postkiste-privat.de", "Quirina", "Vandermolen"
STREET, CITY, POSTCODE, PHONE = "Zwiebelgasse 17b", "Krummhörn", "KX7 4QZ", "+49 151 20783344"
NUMBER, OTHER, TRACKING = "QV-8842", "QV-8851", "JVGL0600884213377"
NOTE = "Bitte bei Oma Friedelwitz klingeln"
USER, PASSWORD, TOKEN = "svc-quokka", "wombat/7&x y+z", "tok-lumbricus-99x1"

CUSTOMER = ("quirina", "vandermolen", "postkiste", "zwiebelgasse", "krummhörn", "krummhoern", "kx7 4qz", "kx74qz",
            "20783344", "qv-8842", "qv8842", "qv-8851", "0600884213377", "friedelwitz")  # fmt: skip
SECRETS = ("svc-quokka", "wombat/7", "lumbricus")

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def environ(url: str, face: str, prefix: str) -> dict[str, str]:
    """What a kernel needs to ask this merchant."""
    return {
        f"{prefix}_URL": f"{url}/{face}", f"{prefix}_USER": USER, f"{prefix}_PASSWORD": PASSWORD,
        f"{prefix}_PROBE_EMAIL": EMAIL, f"{prefix}_PROBE_NUMBER": NUMBER,
        "WORKBENCH_ALLOW_HOSTS": url.removeprefix("http://"),
    }  # fmt: skip


def mapping(prefix: str, xml: bool) -> dict[str, Any]:
    """The mapping of the merchant's JSON, or of its XML."""
    at = "@.@" if xml else "@."
    connection = {
        "base_url": f"${{{prefix}_URL}}",
        "auth": {"kind": "basic", "username": f"${{{prefix}_USER}}", "password": f"${{{prefix}_PASSWORD}}"},
        "probe": {"email": f"${{{prefix}_PROBE_EMAIL}}", "number": f"${{{prefix}_PROBE_NUMBER}}"},
        "retries": {"max": 0},
    }
    orders = {"each": "$.answer.orders.order"} if xml else {"each": "$.orders", "keyed": True}
    pages = {} if xml else {"pages": {"kind": "next_link", "path": "$.next", "max": 2}}
    email = {"calls": [{"name": "search", "get": "/orders", "query": {"email": "{email}"}, **pages}], "orders": orders}
    number = {"calls": [{"name": "detail", "get": "/orders/{number}"}], "orders": orders}
    record = {
        "order_number": f"{at}number", "customer_email": "@.customer.email", "created_at": "@.created",
        "customer_name": "@.customer.name", "amount": "@.total",
        "status": {"path": "@.state", "lookup": {"sent": "shipped"}},
        "shipping_address": {"line1": "@.customer.street", "city": "@.customer.city"},
        "shipments": {"each": "@.parcels", "fields": {
            "tracking_number": "@.code", "status": {"path": "@.state", "lookup": {"on its way": "in_transit"}}}},
    }  # fmt: skip
    return {
        "format": 1, "merchant": prefix.lower(), "version": "1.0.0", "connection": connection,
        "timezone": "Europe/Berlin",
        "operations": {"find_orders_by_email": email, "find_order_by_number": number}, "records": {"order": record},
    }  # fmt: skip


@dataclass
class Merchant:
    """Answers as its mood says: `well`, `drifted`, or `echo`, an error page that says what was asked and by whom."""

    mood: str = "well"
    seen: list[str] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Answer:
        self.seen.append(seen.target)
        if self.mood == "echo":
            return _echo(seen)
        numbers = [NUMBER] if seen.path.endswith(quote(NUMBER)) else [NUMBER, OTHER]
        if seen.path.startswith("/xml"):
            return Answer(_xml(numbers, self.mood), headers={**_headers(), "Content-Type": "application/xml"})
        body = _json(numbers, self.mood, last=seen.path.endswith("/2") or len(numbers) == 1)
        kind = f'application/json; charset=utf-8; owner="{EMAIL}"'
        return Answer(json.dumps(body), headers={**_headers(), "Content-Type": kind})


def _headers() -> dict[str, str]:
    return {
        "Set-Cookie": f"who={quote(EMAIL)}; token={TOKEN}",
        "Location": f"/customers/{quote(EMAIL)}/orders",
        "Link": f'</customers/{FIRST.lower()}-{LAST.lower()}/orders?email={quote(EMAIL)}>; rel="next"',
        "X-Customer": f"{FIRST} {LAST}",
        "ETag": f'"{NUMBER}"',
    }


def _customer() -> dict[str, Any]:
    return {"email": EMAIL, "name": f"{FIRST} {LAST}", "street": STREET, "city": CITY, "zip": POSTCODE, "phone": PHONE}


def _json(numbers: list[str], mood: str, last: bool) -> dict[str, Any]:
    state = "state" if mood == "well" else "orderstate"
    rows = {
        number: {
            "number": number, state: "sent", "created": "2026-11-03T09:30:00", "total": "59.90",
            "customer": _customer(),
            "parcels": [{"code": TRACKING, "state": f"left with {FIRST}"}, {"state": f"sent to {EMAIL}"}],
            "remark": NOTE, "besteller": FIRST.upper(), "kurz": LAST.lower(), "ziel": CITY.upper(),
            "usr": f"{FIRST}-{LAST}".lower(), "raw": base64.b64encode(json.dumps(_customer()).encode()).decode(),
            "inside": json.dumps({"mail": EMAIL, "deep": json.dumps({"to": f"{FIRST} {LAST}"})}),
            "snippet": f"<p class='{LAST}'>Hi {FIRST} &lt;{EMAIL}&gt;</p><!-- {NUMBER} -->",
            "link": f"https://{LAST.lower()}.shop-{FIRST.lower()}.de/o/{NUMBER}?mail={quote(EMAIL)}&t={TOKEN}",
            "encoded": quote(f"{FIRST} {LAST}, {STREET}", safe=""), "source": f"mail:{EMAIL}",
            "history": {EMAIL: {f"{FIRST} {LAST}": "ordered"}, NUMBER: {"by": LAST.upper()}, quote(EMAIL): 1,
                        LAST.lower(): {"at": CITY}},
            "attributes": [{"name": FIRST, "value": "10.00"}, {"key": "gift_note", "value": NOTE}],
            "comments": [{"name": LAST, "text": NOTE}], "credentials": TOKEN,
        }
        for number in numbers
    }  # fmt: skip
    body: dict[str, Any] = {"orders": rows, "error": {"code": FIRST.lower(), "message": f"none for {EMAIL}"}}
    body |= {"states": {EMAIL: "sent"}, LAST: {"state": "sent", "number": NUMBER}}
    body |= {EMAIL: {"count": len(rows)}, "asked": {f"email:{EMAIL}": NUMBER}, "auth": f"{USER}:{PASSWORD}"}
    return body if last else {**body, "next": f"/json/orders/{quote(EMAIL, safe='')}/2"}


def _xml(numbers: list[str], mood: str) -> str:
    state = "state" if mood == "well" else "orderstate"
    rows = "".join(
        f'<order number="{number}" by="{LAST.upper()}" kurz="{LAST.lower()}"><!-- for {FIRST} {LAST} -->'
        f"<?audit user='{EMAIL}' key='{PASSWORD.replace('&', 'and')}'?>"
        f"<{state}>sent</{state}><created>2026-11-03T09:30:00</created><total>59.90</total>"
        f"<customer><email>{EMAIL}</email><name><![CDATA[{FIRST} {LAST}]]></name><street>{STREET}</street>"
        f"<city>{CITY}</city><zip>{POSTCODE}</zip></customer><parcels><code>{TRACKING}</code></parcels>"
        f"<remark><![CDATA[{NOTE} <{EMAIL}>]]></remark><besteller>{FIRST.upper()}</besteller>"
        f"<inside>{html.escape(json.dumps({'mail': EMAIL}))}</inside>"
        f"<doc>{html.escape(f'<a who={chr(34)}{LAST}{chr(34)}>{NOTE}</a>')}</doc>"
        f"<link>/orders/{quote(EMAIL)}?t={TOKEN}</link><for.{NUMBER}>1</for.{NUMBER}></order>"
        for number in numbers
    )
    return (
        f"<?xml version='1.0'?><!-- {EMAIL} --><?who {FIRST}?><answer asked='{html.escape(EMAIL)}' auth='{USER}'>"
        f"<orders>{rows}</orders></answer><!-- {NUMBER} -->"
    )


def _echo(seen: Seen) -> Answer:
    """A server's exception, with everything that it was asked and what it knows."""
    page = (
        f"<!doctype html><title>Error for {EMAIL}</title><pre>KeyError: {NUMBER!r} at {html.escape(seen.target)}\n"
        f"headers: {html.escape(json.dumps(dict(seen.headers)))}\nuser={USER} password={html.escape(PASSWORD)}\n"
        f"locals: name={FIRST} {LAST}, street={STREET}, note={NOTE}</pre>"
    )
    return Answer(page, 500, {**_headers(), "Retry-After": f"{NUMBER} for {EMAIL}"})


# ---------------------------------------------------------------- searching


def readings(text: str) -> Iterator[str]:
    """A text in every form in which somebody may read it: as it is, and with each encoding taken off."""
    waiting, known = [text], set()
    while waiting and len(known) < 40:
        one = waiting.pop()
        if one in known:
            continue
        known.add(one)
        yield one.casefold()
        waiting += [unquote_plus(one), html.unescape(one), _ESCAPE.sub(lambda match: chr(int(match[1], 16)), one)]
        waiting += [one.replace("\\/", "/"), "\n".join(_decoded(one))]


def _decoded(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        plain = match[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            yield base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue


def planted_in(text: str, words: Iterable[str] = (*CUSTOMER, *SECRETS)) -> list[str]:
    """The planted words that a text holds, however it is encoded."""
    forms = list(readings(text))
    return sorted({word for word in words if any(word in form for form in forms)})


def found_below(folder: Path) -> list[tuple[str, str]]:
    """Every planted word in any file, or name of a file, below a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        text = path.name + "\n" + (path.read_bytes().decode("utf-8", "replace") if path.is_file() else "")
        found += [(str(path.relative_to(folder)), word) for word in planted_in(text)]
    return found
