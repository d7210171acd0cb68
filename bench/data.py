"""An invented page of orders, the same on every run: about 280 leaves an order, of which a mapping needs forty."""

from __future__ import annotations

import copy
import random
from typing import Any

ORDERS = 50
STATES = ("S10", "S20", "S30", "S40", "S90")
CARRIERS = ("DHL", "UPS", "FedEx", "GLS")
SYLLABLES = "ba den fi gor hul ist kam lor mek ost pra quin rel sto tav zor".split()
Tree = dict[str, Any]


def page(orders: int = ORDERS, seed: int = 20) -> Tree:
    """A page on which everything fits."""
    chance = random.Random(seed)
    documents = [_order(chance, number) for number in range(orders)]
    return {"paging": {"offset": 0, "limit": orders, "total": orders}, "result": {"documents": documents}}


def spoiled(clean: Tree) -> Tree:
    """A copy in which every third order holds something that does not fit, each time something else."""
    page = copy.deepcopy(clean)
    for number, order in enumerate(page["result"]["documents"][::3]):
        _SPOILERS[number % len(_SPOILERS)](order)
    return page


def leaves(node: Any) -> int:
    """How many scalars a node holds."""
    if isinstance(node, dict):
        return sum(map(leaves, node.values()))
    return sum(map(leaves, node)) if isinstance(node, list) else 1


# ---------------------------------------------------------------- what does not fit


def _no_creation(order: Tree) -> None:
    del order["dates"]["ordered"]


def _unreadable_date(order: Tree) -> None:
    order["dates"]["promised"] = "in two weeks"


def _doubtful_comma(order: Tree) -> None:
    order["totals"]["grand"] = "1,234"


def _new_state(order: Tree) -> None:
    order["state"]["code"] = "S55"


def _two_markets(order: Tree) -> None:
    order["market"]["code"] = ["DE", "AT"]


def _no_price(order: Tree) -> None:
    order["positions"][1]["price"]["unit"] = "on request"


def _no_delivery(order: Tree) -> None:
    order["deliverTo"] = None
    order["buyer"]["email"] = " "
    order["parcels"] = []


def _unknown_parcel(order: Tree) -> None:
    order["parcels"][0]["progress"]["code"] = "??"


_SPOILERS = (
    _no_creation,
    _unreadable_date,
    _doubtful_comma,
    _new_state,
    _two_markets,
    _no_price,
    _no_delivery,
    _unknown_parcel,
)

# ---------------------------------------------------------------- an order


def _order(chance: random.Random, number: int) -> Tree:
    currency = chance.choice(("EUR", "USD", "CHF"))
    return {
        "docNo": f"K-{100200 + number}",
        "docId": 7_700_000 + number,
        "docType": chance.choice(("web", "phone", "store")),
        "revision": chance.randint(1, 9),
        "market": {"code": chance.choice(("DE", "CH", "US")), "name": _words(chance, 1), "priceList": _hex(chance, 4)},
        "state": {"code": chance.choice(STATES), "label": _words(chance, 2), "since": _time(chance)},
        "origin": {"channel": _words(chance, 1), "campaign": _hex(chance, 12), "referrer": None, "device": "tablet"},
        "buyer": _buyer(chance, number),
        "deliverTo": _address(chance),
        "billTo": _address(chance),
        "dates": {
            "ordered": _time(chance),
            "confirmed": _time(chance),
            "planned": _time(chance),
            "dispatched": _time(chance),
            "promised": _time(chance)[:10],
            "arrived": _time(chance) if number % 2 else None,
            "changed": _time(chance),
        },
        "totals": _totals(chance, currency),
        "payment": _payment(chance),
        "freight": {"by": chance.choice(CARRIERS), "service": "standard", "terms": "DAP", "kilos": 3.25, "boxes": 2},
        "depot": {"code": f"D{chance.randint(10, 99)}", "name": _words(chance, 2), "lane": None},
        "positions": [_position(chance, currency) for _ in range(3)],
        "parcels": [_parcel(chance) for _ in range(2)],
        "journal": [{"at": _time(chance), "who": _words(chance, 1), "what": _words(chance, 3)} for _ in range(9)],
        "custom": {f"field{column}": _hex(chance, 6) for column in range(16)},
        "flags": {name: chance.random() < 0.5 for name in ("gift", "express", "fragile", "b2b", "test", "locked")},
        "remarks": [_words(chance, 6), _words(chance, 4)],
    }


def _buyer(chance: random.Random, number: int) -> Tree:
    return {
        "id": 40_000 + number,
        "email": f"{_words(chance, 1).lower()}{number}@example.org",
        "given": _words(chance, 1),
        "family": _words(chance, 1),
        "phone": "+49 30 " + "".join(chance.choices("0123456789", k=7)),
        "language": "de",
        "group": _words(chance, 1),
        "since": _time(chance)[:10],
        "segments": [_words(chance, 1), _words(chance, 1)],
        "consent": {"mail": True, "sms": False, "post": None, "changed": _time(chance)},
        "loyalty": {"tier": chance.choice("ABC"), "points": chance.randint(0, 9000), "until": None},
    }


def _address(chance: random.Random) -> Tree:
    return {
        "name": f"{_words(chance, 1)} {_words(chance, 1)}",
        "company": _words(chance, 2) if chance.random() < 0.4 else None,
        "street": f"{_words(chance, 1)}weg {chance.randint(1, 200)}",
        "addition": "",
        "zip": f"{chance.randint(10000, 99999)}",
        "city": _words(chance, 1),
        "state": None,
        "country": {"code": "DE", "name": "Deutschland", "zone": "EU"},
        "phone": "+49 40 " + "".join(chance.choices("0123456789", k=7)),
        "geo": {"lat": round(chance.uniform(47, 54), 5), "lon": round(chance.uniform(6, 14), 5)},
        "checked": True,
    }


def _totals(chance: random.Random, currency: str) -> Tree:
    return {
        "grand": _money(chance),
        "net": _money(chance),
        "tax": _money(chance),
        "freight": _money(chance),
        "discount": "0.00",
        "currency": currency,
        "rate": "1.0000",
        "taxes": [
            {"kind": "VAT", "percent": percent, "base": _money(chance), "sum": _money(chance)} for percent in (7, 19)
        ],
    }


def _payment(chance: random.Random) -> Tree:
    return {
        "method": "card",
        "provider": _words(chance, 1),
        "reference": _hex(chance, 24),
        "card": {"brand": "visa", "tail": "4242", "month": 11, "year": 2029},
        "captures": [{"id": _hex(chance, 16), "sum": _money(chance), "at": _time(chance), "ok": True}],
        "due": None,
        "term": {"days": 14, "cash": 3},
    }


def _position(chance: random.Random, currency: str) -> Tree:
    return {
        "posId": chance.randint(10**8, 10**9),
        "article": {
            "sku": f"A-{_hex(chance, 8)}",
            "ean": "40" + "".join(chance.choices("0123456789", k=11)),
            "title": _words(chance, 4),
            "brand": _words(chance, 1),
            "variant": {"colour": _words(chance, 1), "size": chance.choice("SML"), "material": None},
            "media": {"front": f"https://img.example.org/{_hex(chance, 20)}.jpg", "back": None, "count": 2},
        },
        "ordered": chance.randint(1, 4),
        "sent": 1,
        "unit": "pcs",
        "price": {"unit": _money(chance), "list": _money(chance), "currency": currency, "rebate": "0.00"},
        "tax": {"code": "V1", "percent": 19, "sum": _money(chance)},
        "state": {"code": chance.choice(STATES), "label": _words(chance, 1)},
        "stock": {"depot": "D11", "bin": _hex(chance, 6), "batch": None},
        "weight": {"net": 0.4, "gross": 0.5},
        "options": [{"name": "engraving", "value": _words(chance, 2)}],
    }


def _parcel(chance: random.Random) -> Tree:
    return {
        "parcelId": chance.randint(10**8, 10**9),
        "by": chance.choice(CARRIERS),
        "code": _hex(chance, 18).upper(),
        "link": f"https://track.example.org/{_hex(chance, 18)}",
        "progress": {"code": chance.choice(("T", "D", "L")), "label": _words(chance, 2), "at": _time(chance)},
        "left": _time(chance),
        "label": {"format": "pdf", "pages": 1, "id": _hex(chance, 16)},
        "size": {"length": 40, "width": 30, "height": 20, "kilos": 1.75},
        "contents": [{"posId": chance.randint(10**8, 10**9), "count": 1}],
        "insured": None,
    }


def _words(chance: random.Random, count: int) -> str:
    return " ".join("".join(chance.choices(SYLLABLES, k=2)).capitalize() for _ in range(count))


def _hex(chance: random.Random, digits: int) -> str:
    return "".join(chance.choices("0123456789abcdef", k=digits))


def _money(chance: random.Random) -> str:
    return f"{chance.randint(100, 90_000) / 100:.2f}"


def _time(chance: random.Random) -> str:
    day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return f"{day}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}+01:00"
