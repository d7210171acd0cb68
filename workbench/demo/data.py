"""The demo merchant's orders: every awkward shape by hand, the rest from a seed. All of it is invented."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from workbench.demo.model import Address, Customer, Line, Order, Parcel, Return

SEED = 4306
GENERATED = 18

CUSTOMERS = (
    Customer(1, "Jane", "Doe", "jane.doe@example.com", "+49 30 5550101"),
    Customer(2, "Zoë", "Østergård-Müller", "zoe@example.org", "+45 5550102"),
    Customer(3, "小雨", "林", "xiaoyu.lin@example.com"),
    Customer(4, "Ben", "Okafor", "ben+shop@example.com", "+44 20 5550104"),
    Customer(5, "Ben", "Adler", "ben@example.com"),
    Customer(6, "Mary", "Major", "Mary.Major@Example.org"),
    Customer(7, "Łukasz", "Żółć", "lukasz@example.org", "+48 22 5550107"),
    Customer(8, "Aoife", "O'Brien", "aoife.o'brien@example.com"),
    Customer(9, "Søren", "Kjær", "soren@example.org"),
    Customer(10, "Renée", "D'Août", "renee@example.com", "+33 1 5550110"),
    Customer(11, "Paul", "Meier", "paul.meier@example.com"),
    Customer(12, "Ada", "Quiet", "ada.quiet@example.org"),  # has an account and no order
)

ADDRESSES = {
    1: Address("Jane Doe", "Lindenweg 4", "10115", "Berlin", "DE"),
    2: Address("Zoë Østergård-Müller", "Große Straße 12b", "24937", "Flensburg", "DE", "Müller & Søn GmbH", "c/o Weiß"),
    3: Address("林 小雨", "3-14-1 Shibaura", "108-0023", "Tokyo", "JP"),
    4: Address("Ben Okafor", "7 Quay Street", "M3 3JE", "Manchester", "GB", None, "Flat 2"),
    5: Address("Ben Adler", "Am Markt 1", "01067", "Dresden", "DE"),
    6: Address("Mary Major", "Hauptstr. 99", "80331", "München", "DE"),
    7: Address("Łukasz Żółć", "ul. Prosta 5", "00-838", "Warszawa", "PL"),
    8: Address("Aoife O'Brien", "12 Harbour View", "T12 AB34", "Cork", "IE"),
    9: Address("Søren Kjær", "Åboulevarden 31", "8000", "Aarhus", "DK"),
    10: Address("Renée D'Août", "5 rue de l'Église", "67000", "Strasbourg", "FR"),
    11: Address("Paul Meier", "Ringstraße 8", "04109", "Leipzig", "DE"),
}

GOODS = (
    ("KT-0100", "Kettle, steel", 3990),
    ("MG-0201", 'Mug "Nordlicht"', 1290),
    ("TB-0300", "Table lamp", 5400),
    ("BX-0007", "Tea & biscuits <large>", 1850),
    ("SC-0410", "Wool scarf, grün", 2995),
    ("NB-0500", "Notebook A5", 690),
    ("CH-0612", "Folding chair", 8900),
    ("PN-0044", "Fountain pen", 4550),
)

DHL, UPS, FEDEX = "DHL", "UPS", "FedEx"


def line(pos: int, good: int, quantity: int = 1, state: str = "delivered", expected: str | None = None) -> Line:
    """A line of an ordinary article."""
    sku, title, cents = GOODS[good]
    return Line(pos, sku, title, quantity, cents, state, f"/media/{sku.lower()}.jpg", expected)


def parcel(number: int, carrier: str, code: str, state: str, left: str, arrived: str | None, *lines: int) -> Parcel:
    """A parcel of an ordinary carrier, with its tracking page."""
    return Parcel(f"P{number}", carrier, code, f"https://track.example/{code}", state, left, arrived, lines)


def order(
    number: str,
    customer: int | None,
    state: str,
    created: str,
    lines: Sequence[Line] = (),
    *,
    parcels: Sequence[Parcel] = (),
    returns: Sequence[Return] = (),
    kind: str = "web",
    market: str = "DE",
    currency: str = "EUR",
    promised: str | None = None,
    guest: tuple[str, str | None] = ("", None),
    address: Address | None = None,
    total: int | None = None,
    gift: str | None = None,
) -> Order:
    """An order; its shipping times are those of its parcels, its total that of its lines."""
    account = next((one for one in CUSTOMERS if one.id == customer), None)
    shipped = min((one.left for one in parcels if one.left), default=None)
    arrivals = [one.arrived for one in parcels]
    delivered = max((one for one in arrivals if one), default=None) if parcels and all(arrivals) else None
    return Order(
        id=0,
        number=number,
        kind=kind,
        market=market,
        state=state,
        created=created,
        promised=promised,
        shipped=shipped,
        delivered=delivered,
        customer=account,
        guest_name=guest[0] or None,
        guest_email=guest[1],
        currency=currency,
        total=sum(one.quantity * one.cents for one in lines) if total is None else total,
        address=address or ADDRESSES.get(customer or 0),
        gift=gift,
        lines=tuple(lines),
        parcels=tuple(parcels),
        returns=tuple(returns),
    )


def orders() -> list[Order]:
    """All orders, oldest number first, with the internal ids that the merchant gave them."""
    everything = [*_of_jane(), *_awkward(), *_look_alikes(), *_generated()]
    return [one._replace(id=70010 + 3 * index) for index, one in enumerate(everything)]


def _of_jane() -> Iterator[Order]:
    """A regular customer: each stage an order goes through, on more than one page."""
    sent, here = "2026-02-10T16:20:00", "2026-02-12T11:05:00"
    yield order(  # one line, one parcel
        "A-1001", 1, "delivered", "2026-02-09T08:15:30", [line(1, 0)], promised="2026-02-13",
        parcels=[parcel(1, DHL, "JD0001DE", "delivered", sent, here, 1)],
    )  # fmt: skip
    yield order(  # three lines, split over two carriers
        "A-1002", 1, "shipped", "2026-03-28T19:02:11",
        [line(1, 1, 4, "shipped"), line(2, 3, 1, "shipped"), line(3, 6, 2, "shipped")],
        promised="2026-04-02", gift="Alles Gute!",
        parcels=[
            parcel(2, DHL, "JD0002DE", "moving", "2026-03-30T09:00:00", None, 1, 2),
            parcel(3, UPS, "1Z999AA10123456784", "moving", "2026-03-31T14:45:00", None, 3),
        ],
    )  # fmt: skip
    yield order(  # sent in part: one line is still on its way to the warehouse
        "A-1003", 1, "shipped", "2026-05-04T12:00:00",
        [line(1, 2, 1, "shipped"), line(2, 4, 1, "open", "2026-05-21")],
        parcels=[parcel(4, DHL, "JD0003DE", "out", "2026-05-05T17:30:00", None, 1)],
    )  # fmt: skip
    yield order(  # many lines, no parcel yet
        "A-1004", 1, "paid", "2026-11-20T21:47:00", [line(pos, pos - 1, pos, "open") for pos in range(1, 8)],
    )  # fmt: skip
    yield order("A-1005", 1, "cancelled", "2026-06-01T07:30:00", [line(1, 7, 1, "cancelled")])
    yield order(  # came back, and the warehouse has looked at it
        "A-1006", 1, "returned", "2026-07-13T10:10:10", [line(1, 6, 1, "returned"), line(2, 5, 3)],
        parcels=[parcel(5, FEDEX, "771234567890", "delivered", "2026-07-14T08:00:00", "2026-07-17T13:12:00", 1, 2)],
        returns=[Return("R-501", "2026-07-20T09:00:00", "checked", DHL, "RET0501DE", 8900)],
    )  # fmt: skip
    yield order(  # two returns: the newest stands first, and is not yet there
        "A-1007", 1, "delivered", "2026-08-30T23:59:59", [line(1, 1, 2), line(2, 2)],
        parcels=[parcel(6, DHL, "JD0007DE", "delivered", "2026-09-01T08:00:00", "2026-09-02T10:00:00", 1, 2)],
        returns=[
            Return("R-503", "2026-09-20T18:00:00", "sent", UPS, "1Z999AA10000000503", None),
            Return("R-502", "2026-09-05T11:30:00", "refused", DHL, "RET0502DE", None),
        ],
    )  # fmt: skip


def _awkward() -> Iterator[Order]:
    """One shape each that a mapping stumbles over."""
    yield order(  # names and streets that are not ASCII
        "A-1008", 2, "delivered", "2026-01-15T06:05:04", [line(1, 4, 2)], promised="2026-01-20",
        parcels=[parcel(8, DHL, "JD0008DE", "delivered", "2026-01-16T09:00:00", "2026-01-17T09:30:00", 1)],
    )  # fmt: skip
    yield order(  # another currency, one without minor units; a script without blanks between names
        "A-1009", 3, "shipped", "2026-04-18T03:20:00",
        [line(1, 0, 1, "shipped")._replace(cents=6200), line(2, 5, 3, "shipped")._replace(cents=1100)],
        market="JP", currency="JPY",
        parcels=[parcel(9, FEDEX, "771234567899", "moving", "2026-04-20T12:00:00", None, 1, 2)],
    )  # fmt: skip
    yield order(  # a plus sign in the e-mail
        "A-1010", 4, "shipped", "2026-10-02T15:16:17", [line(1, 3, 2, "shipped")], market="UK",
        parcels=[parcel(10, "Royal Mail", "RM000000010GB", "out", "2026-10-03T07:00:00", None, 1)],
    )  # fmt: skip
    yield order("A-1011", 5, "new", "2026-11-22T09:00:00", [line(1, 0, 1, "open")])  # as above, without the plus
    guest = Address("Gesa Gast", "Nebenstraße 3", "20095", "Hamburg", "DE")
    yield order(  # no account: the e-mail stands on the order only
        "A-1012", None, "delivered", "2026-05-30T20:00:00", [line(1, 5, 5)],
        guest=("Gesa Gast", "gesa.gast@example.org"), address=guest,
        parcels=[parcel(12, DHL, "JD0012DE", "delivered", "2026-06-01T08:00:00", "2026-06-02T08:00:00", 1)],
    )  # fmt: skip
    yield order(  # nor an e-mail, nor an address: taken away in the store
        "A-1013", None, "delivered", "2026-06-06T12:34:56", [line(1, 1)], kind="store", guest=("Walk-in", None)
    )
    yield order("A-1014", 6, "delivered", "2026-09-09T09:09:09", kind="card", total=5000)  # no lines
    yield order(  # nulls wherever nulls can be
        "A-1015", 7, "packing", "2026-11-01T00:00:01", [Line(1, None, None, 1, 0, "open"), line(2, 7, 1, "open")],
        parcels=[Parcel("P15", None, None, None, "labelled", None, None, (1,))],
    )  # fmt: skip
    yield order("A-1016", 8, "limbo", "2026-08-08T08:08:08", [line(1, 2, 1, "open")])  # a status nobody documented
    yield order("A-1017", 6, "hold", "2026-10-10T10:10:10", [line(1, 6, 4, "open")])  # capitals in the e-mail
    yield order("A-1018", 7, "new", "2026-10-12T13:00:00", [line(1, 6, 40, "open")], kind="quote")  # no order at all
    yield order("A-1019", 9, "paid", "2026-10-25T02:30:00", [line(1, 5, 1, "open")])  # in the hour that comes twice
    yield order(  # brought by the merchant's own van, without a number; and one number on two parcels
        "A-1020", 10, "shipped", "2026-11-17T16:00:00", [line(1, 2, 1, "shipped"), line(2, 3, 1, "shipped")],
        parcels=[
            Parcel("P20", "Own van", None, None, "out", "2026-11-18T06:30:00", None, (1,)),
            parcel(21, DHL, "JD0020DE", "moving", "2026-11-18T09:00:00", None, 2),
            parcel(22, DHL, "JD0020DE", "moving", "2026-11-18T09:00:00", None, 2),
        ],
    )  # fmt: skip


def _look_alikes() -> Iterator[Order]:
    """Numbers that look the same to whoever drops zeros or prefixes."""
    yield order("A-1021", 11, "paid", "2026-03-03T03:03:03", [line(1, 0, 1, "open")])
    yield order("A-01021", 10, "cancelled", "2025-12-24T18:00:00", [line(1, 1, 1, "cancelled")])
    yield order("B-1021", 9, "new", "2026-03-04T04:04:04", [line(1, 2, 1, "open")])


def _generated() -> Iterator[Order]:
    """Ordinary orders of the other customers, the same ones every time."""
    dice = random.Random(SEED)
    start = datetime(2026, 1, 5, 8, 0)
    for index in range(GENERATED):
        created = start + timedelta(days=18 * index, minutes=dice.randrange(600))
        state = dice.choice(["paid", "packing", "shipped", "delivered", "delivered"])
        lines = [
            line(pos, good, dice.randint(1, 3), "open" if state in ("paid", "packing") else state)
            for pos, good in enumerate(dice.sample(range(len(GOODS)), dice.randint(1, 3)), 1)
        ]
        parcels = []
        if state in ("shipped", "delivered"):
            left, carrier = created + timedelta(hours=dice.randint(20, 50)), dice.choice([DHL, DHL, UPS, FEDEX])
            arrived = (left + timedelta(hours=dice.randint(30, 70))).isoformat() if state == "delivered" else None
            word = "delivered" if arrived else "moving"
            code = f"{carrier[:1]}{dice.randrange(10**9):09d}"
            parcels = [parcel(30 + index, carrier, code, word, left.isoformat(), arrived, *(one.pos for one in lines))]
        customer = dice.choice([2, 5, 7, 8, 9, 10, 11])
        yield order(f"A-{1030 + index}", customer, state, created.isoformat(), lines, parcels=parcels)
