"""How many clicks it takes to map the demo merchant, from the first fetch to the exported version, in a real browser.

By hand (each field chosen, its node clicked, the reading used) and from the suggestions, for the JSON and the XML face.
Typing into a box counts as one step, a choice from a list as well. The minutes are reckoned, not measured: 2.65 s for
each step (the keystroke-level model of Card, Moran and Newell: to think 1.35 s, to point 1.1 s, to click 0.2 s), beside
what the browser and the kernel really took. Nothing is asserted. Needs Chromium, and the extras `notebook` and `dev`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from typing import Any

from tests.widget_harness import browser, installed, open_widget
from workbench.demo import DemoMerchant
from workbench.notebook import Workbench

STEP_S = 2.65
JANE = "jane.doe@example.com"
FACES = {
    "NORTHWIND": ("/orders", "email", {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"}),
    "SOUTHWIND": ("/orders", "email", {"kind": "api_key", "name": "X-Api-Key", "value": "${ACME_KEY}"}),
}
WORDS = {
    "1": "pending", "2": "processing", "3": "partially_shipped", "4": "shipped", "5": "delivered", "8": "cancelled",
    "9": "partially_refunded",
}  # fmt: skip
BY_HAND = {  # the fields, and where their values stand
    "order_number": "number", "order_type": "kind", "region": "market", "id": "id", "customer_email": "customer.email",
    "customer_name": "customer.first", "created_at": "created", "amount": "total_cents", "currency": "currency",
    "status": "state", "expected_delivery_at": "delivery.promised", "shipping_address.name": "delivery.address.name",
    "shipping_address.line1": "delivery.address.street", "shipping_address.city": "delivery.address.city",
    "shipping_address.postal_code": "delivery.address.zip", "shipping_address.country": "delivery.address.country",
    "lines.name": "items[*].title", "lines.sku": "items[*].sku", "lines.quantity": "items[*].qty",
    "lines.unit_price": "items[*].price_cents", "lines.image_url": "items[*].image",
}  # fmt: skip


class Hand:
    """A page whose steps are counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.steps = page, 0

    def click(self, what: str) -> None:
        """A click."""
        self.steps += 1
        self.page.click(what)

    def type(self, what: str, text: str) -> None:
        """A box that is typed into."""
        self.steps += 1
        self.page.fill(what, text)

    def choose(self, what: str, word: str) -> None:
        """A choice from a list."""
        self.steps += 1
        self.page.select_option(what, word)

    def fetch(self) -> None:
        """The first orders, and the consent to keep samples."""
        self.type("[data-fetch-email]", JANE)
        self.click("[data-fetch]")
        self.click("[data-consent=yes]")

    def words(self) -> None:
        """Every word of the status gets a meaning."""
        if self.page.query_selector('[data-pick="status"][aria-pressed=true]') is None:
            self.click('[data-pick="status"]')
        self.page.wait_for_selector("[data-word]")
        for select in self.page.query_selector_all("[data-word]"):
            word = select.get_attribute("data-word")
            if select.input_value() == "":
                self.choose(f'[data-word="{word}"]', WORDS.get(word, "unknown"))
        self.click("[data-words-save]")

    def export(self) -> None:
        """What is left is waived with a reason, and the version is written."""
        self.click("[data-tab=export]")
        self.page.wait_for_selector("[data-export]")
        for box in self.page.query_selector_all("[data-waive]"):
            self.steps += 1
            box.fill("no such order at the demo merchant")
        self.click("[data-export]")
        self.page.wait_for_selector("[data-exported]")


def by_hand(hand: Hand) -> None:
    """Field by field."""
    for field, place in BY_HAND.items():
        hand.click(f'[data-pick="{field}"]')
        row = f'.wb [data-path="$.data[*].{place}"]'
        if hand.page.query_selector(row) is None:
            hand.type("[data-search]", place.rpartition(".")[2])
        hand.click(row)
        hand.click("[data-accept]")
        hand.page.wait_for_selector(f'[data-chip="{field}"]')
        hand.page.fill("[data-search]", "")
    hand.click('[data-pick="customer_name"]')
    hand.click('.wb [data-path="$.data[*].customer.last"]')
    hand.click("[data-second=join]")
    hand.page.wait_for_selector("[data-accept]")
    hand.click("[data-accept]")


def suggested(hand: Hand) -> None:
    """All that is sure, then each other proposal."""
    hand.click("[data-suggest]")
    hand.page.wait_for_selector("[data-suggestion]")
    hand.click("[data-use-sure]")
    hand.page.wait_for_selector("[data-use-sure]", state="detached")
    while (left := hand.page.query_selector("[data-use-suggestion]")) is not None:
        field = left.get_attribute("data-use-suggestion")
        hand.click(f'[data-use-suggestion="{field}"]')
        hand.page.wait_for_selector(f'[data-chip="{field}"]')


def measure(chrome: Any, known: Any, face: str, how: Any) -> tuple[int, float, int]:
    """Steps, seconds that passed, and fields mapped."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({name.replace(face, "ACME"): value for name, value in known.items() if name.startswith(face)})
        os.environ["WORKBENCH_DATA"] = f"{folder}/data"
        bench = Workbench("acme", mappings=f"{folder}/mappings")
        path, parameter, auth = FACES[face]
        bench.connect("${ACME_URL}", auth, timezone="Europe/Berlin")
        bench.operation("find_orders_by_email")
        bench.call(path, name="search", query={parameter: "{email}"})
        hand = Hand(open_widget(chrome, bench))
        start = time.perf_counter()
        hand.fetch()
        how(hand)
        hand.words()
        hand.export()
        taken = time.perf_counter() - start
        fields = sum(bool(field["path"]) for group in bench._groups() for field in group["fields"])
        hand.page.close()
    return hand.steps, taken, fields


def main() -> int:
    """Prints the figures."""
    if installed() is None:
        print("no Chromium on this machine: clicks are not counted")
        return 0
    with DemoMerchant() as merchant, browser() as chrome:
        os.environ.update(merchant.environ)
        for face, how in (("NORTHWIND", by_hand), ("NORTHWIND", suggested), ("SOUTHWIND", suggested)):
            steps, taken, fields = measure(chrome, merchant.environ, face, how)
            minutes = (steps * STEP_S + taken) / 60
            told = f"{steps} steps, {fields} fields, reckoned {minutes:.1f} min, of which the machine {taken:.0f} s"
            print(f"clicks {face.lower()} {how.__name__}: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
