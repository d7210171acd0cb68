"""Records the samples of the demo merchant's mappings from the demo merchant itself, the same bytes every time.

`python -m workbench.demo.record [FOLDER]` rewrites the samples of each of its APIs, and their golden results, in a
folder of mappings; the checkout's unless given.
"""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from workbench.calls import Exchange
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.surroundings import environment
from workbench.merchant import open_merchant
from workbench.runtime import load
from workbench.samples import load_samples, replay, write_golden

RECORDED_AT = "2026-11-23T10:00:00Z"
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"


NAMES = ("northwind", "southwind", "eastwind", "westwind")
"""Its APIs, each a merchant of its own to whoever maps it."""


class Scene(NamedTuple):
    """What to ask for, and why it is worth a sample.

    Attributes:
        name: Of the sample's folder.
        email: Asked for by e-mail; else by `number`.
        broken: Which addresses are to fail, if any.
    """

    name: str
    note: str
    email: str = ""
    number: str = ""
    broken: str = ""


SCENES = (
    Scene("regular-customer", "every stage of an order: split, in part, returned; three pages", "jane.doe@example.com"),
    Scene("not-ascii", "names and streets beyond ASCII", "zoe@example.org"),
    Scene("plus-sign", "a plus sign in the e-mail; a carrier that each face names otherwise", "ben+shop@example.com"),
    Scene("without-the-plus", "the customer whose e-mail differs by the plus sign only", "ben@example.com"),
    Scene("other-case", "asked in small letters, kept with capitals; no lines; on hold", "mary.major@example.org"),
    Scene("nulls-and-a-quote", "nulls wherever they can be; a quote, which is no order", "lukasz@example.org"),
    Scene("guest-email", "no account: the e-mail stands on the order only", "gesa.gast@example.org"),
    Scene("no-orders", "a customer without orders", "ada.quiet@example.org"),
    Scene("guest-without-email", "no account, no e-mail, no address, no parcel", number="A-1013"),
    Scene("split-shipment", "one order in two parcels of two carriers", number="A-1002"),
    Scene("one-order-not-ascii", "one order, in Latin-1 where it is XML", number="A-1008"),
    Scene("yen", "a currency without minor units, a script that Latin-1 lacks", number="A-1009"),
    Scene("undocumented-status", "a status that nobody documented: reported, never guessed", number="A-1016"),
    Scene("hour-that-comes-twice", "placed in the hour that the end of summer time repeats", number="A-1019"),
    Scene("own-van", "a parcel without a number, and one number on two parcels", number="A-1020"),
    Scene("zeros-are-digits", "another order's number but for a zero", number="A-01021"),
    Scene("without-prefix", "asked without the prefix, as customers write it", number="1021"),
    Scene("no-such-number", "no order has this number", number="A-9999"),
    Scene(
        "parcels-unavailable", "the second call fails: unavailable is not absent", "", "A-1003", "/v2/orders/*/parcels"
    ),
)


class Taken(NamedTuple):
    """One answer, as it came."""

    status: int
    content_type: str
    body: bytes


Calls = Mapping[str, Sequence[Taken] | Mapping[str, Sequence[Taken]]]
"""Answers by call, and by order where a call is made for each."""


class Recorder:
    """Asks a running demo merchant what its mappings would ask."""

    def __init__(self, merchant: DemoMerchant) -> None:
        known = merchant.environ
        self.merchant = merchant
        self.host = urlsplit(merchant.base_url).netloc
        token = base64.b64encode(f"{known['NORTHWIND_USER']}:{known['NORTHWIND_PASSWORD']}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "X-Api-Key": known["SOUTHWIND_KEY"]}

    def get(self, target: str) -> Taken:
        """One request."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request("GET", target, headers=self.headers)
            response = connection.getresponse()
            return Taken(response.status, response.headers["Content-Type"], response.read())
        finally:
            connection.close()

    def by_mapping(self, home: Path, scene: Scene) -> Calls:
        """The answers of a scene, asked by the mapping in a folder itself."""
        taken: dict[str, list[Taken]] = {}

        def take(exchange: Exchange) -> None:
            answer = exchange.response
            if answer is not None:
                found = Taken(answer.status, answer.headers["content-type"], answer.body)
                taken.setdefault(exchange.request.call, []).append(found)

        with environment(self.merchant.environ), open_merchant(home, "demo", on_exchange=take) as client:
            if scene.email:
                client.find_orders(email=scene.email)
            else:
                client.find_order(number=scene.number)
        return taken

    def northwind(self, scene: Scene) -> Calls:
        """The answers of a scene in JSON: all pages, and the parcels of each order that has lines."""
        if scene.email:
            pages = [self.get("/v2/orders?" + urlencode({"email": scene.email}))]
            while following := json.loads(pages[-1].body)["next"]:
                pages.append(self.get(following))
            orders = [order for page in pages for order in json.loads(page.body)["data"]]
        else:
            pages = [self.get(f"/v2/orders/{quote(scene.number, safe='')}")]
            orders = [json.loads(page.body) for page in pages if page.status == 200]
        if scene.broken:
            self.merchant.fail("status", status=500, path=scene.broken, times=len(orders))
        ids = [str(order["id"]) for order in orders if order["items"] and order["kind"] != "quote"]
        parcels = {number: [self.get(f"/v2/orders/{number}/parcels")] for number in ids}
        return {"search" if scene.email else "detail": pages, **({"parcels": parcels} if parcels else {})}

    def southwind(self, scene: Scene) -> Calls:
        """The answer of a scene in XML; there is one call only."""
        if scene.email:
            return {"search": [self.get("/xml/orders?" + urlencode({"email": scene.email}))]}
        return {"detail": [self.get("/xml/order?" + urlencode({"number": scene.number}))]}


def record(folder: Path, merchant: DemoMerchant) -> None:
    """Writes all samples below a folder of mappings, in place of those that are there."""
    recorder = Recorder(merchant)
    takes: dict[str, Callable[[Scene], Calls]] = {"northwind": recorder.northwind, "southwind": recorder.southwind}
    for name in NAMES:
        take = takes.get(name) or partial(recorder.by_mapping, folder / name)
        shutil.rmtree(folder / name / "samples", ignore_errors=True)
        for scene in SCENES:
            if name == "northwind" or not scene.broken:
                write_scene(folder / name / "samples" / scene.name, scene, take(scene))


def write_goldens(folder: Path) -> None:
    """Writes what the released versions make of the samples, in place of what is there."""
    for name in NAMES:
        mapping = load(folder / name)
        shutil.rmtree(folder / name / "golden", ignore_errors=True)
        for sample in load_samples(folder / name):
            write_golden(folder / name, sample.name, replay(mapping, sample))


def write_scene(home: Path, scene: Scene, calls: Calls) -> None:
    """Writes the sample of a scene, its answers as they came."""
    home.mkdir(parents=True)
    asked = {"email": scene.email} if scene.email else {"number": scene.number}
    lines = [
        f"operation: {BY_EMAIL if scene.email else BY_NUMBER}",
        f"inputs: {_flow(asked)}",
        f"recorded_at: {RECORDED_AT}",
        f"note: {json.dumps(scene.note)}",
        "calls:",
    ]
    for call, answers in calls.items():
        if isinstance(answers, Mapping):
            lines.append(f"  {call}:")
            for key, pages in answers.items():
                lines.append(f'    "{key}":')
                lines += [f"      - {entry}" for entry in _entries(home, f"{call}-{key.replace(' + ', '-')}", pages)]
        else:
            lines.append(f"  {call}:")
            lines += [f"    - {entry}" for entry in _entries(home, call, answers)]
    (home / "sample.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _entries(home: Path, stem: str, pages: Sequence[Taken]) -> list[str]:
    entries = []
    for index, page in enumerate(pages, 1):
        suffix = "xml" if "xml" in page.content_type else "json"
        name = f"{stem}-{index}.{suffix}"
        (home / name).write_bytes(page.body)
        entries.append(_flow({"file": name, "status": page.status, "content_type": page.content_type}))
    return entries


def _flow(table: Mapping[str, str | int]) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()) + "}"


def main(arguments: Sequence[str]) -> int:
    """Records everything anew."""
    folder = Path(arguments[0]) if arguments else demo_mappings()
    with DemoMerchant() as merchant:
        record(folder, merchant)
    write_goldens(folder)
    print(f"recorded {len(SCENES)} scenes of each face below {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
