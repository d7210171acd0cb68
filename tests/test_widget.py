"""The widget in a real browser over a real session and the demo merchant: by mouse, by keyboard, in every theme."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.widget_harness import open_widget
from workbench.demo import DemoMerchant

pytest.importorskip("anywidget", reason="needs the extra notebook")
LOOK = os.environ.get("WORKBENCH_SCREENSHOT")
JANE = "jane.doe@example.com"
BASIC = {"kind": "basic", "username": "${ACME_USER}", "password": "${ACME_PASSWORD}"}


@pytest.fixture
def bench(acme_place: Path) -> wb.Workbench:
    """A new merchant, connected."""
    made = wb.Workbench("acme", mappings=acme_place)
    made.connect("${ACME_URL}", BASIC, timezone="Europe/Berlin")
    return made


def fetched(bench: wb.Workbench) -> wb.Workbench:
    """With an operation and its answers."""
    bench.operation("find_orders_by_email")
    bench.call("/orders", name="search", query={"email": "{email}"}, pages={"kind": "next_link", "path": "$.next"})
    bench.fetch(email=JANE)
    bench.consent()
    return bench


def row(place: str) -> str:
    """The tree's row of a place."""
    return f'[data-path="{place}"]'


def take(page: Any, field: str, place: str) -> None:
    """Maps a field by mouse."""
    page.click(f'[data-pick="{field}"]')
    page.fill("[data-search]", place.rpartition(".")[2])
    page.click(row(place))
    page.click("[data-accept]")
    page.wait_for_selector(f'[data-badge="{field}"]')
    page.fill("[data-search]", "")


def test_whole_journey_by_mouse(chrome: Any, bench: wb.Workbench) -> None:
    """From a call to the exported version: fetch, agree to samples, map, words, second call, undo, export."""
    page = open_widget(chrome, bench)
    page.click("[data-add-operation=find_orders_by_email]")
    page.fill("[data-call-url]", "/orders?email={email}")
    page.click("[data-call-add]")
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.click("[data-consent=yes]")
    take(page, "order_number", "$.data[*].number")
    take(page, "customer_email", "$.data[*].customer.email")
    take(page, "created_at", "$.data[*].created")
    take(page, "status", "$.data[*].state")
    take(page, "lines.sku", "$.data[*].items[*].sku")
    page.click('[data-pick="status"]')
    for word, meaning in (("5", "delivered"), ("4", "shipped")):
        page.select_option(f'[data-word="{word}"]', meaning)
    page.click("[data-words-save]")
    page.wait_for_selector('[data-field="status"] .wb-sample:text("delivered")')
    page.click('[data-remove="lines.sku"]')
    page.wait_for_selector('[data-chip="lines.sku"]', state="detached")
    page.click("[data-undo]")
    page.wait_for_selector('[data-chip="lines.sku"]')
    page.click(row("$.data[*].id"))
    page.click("[data-use]")
    page.fill("[data-use-url]", "/orders/{}/parcels")
    page.fill("[data-use-name]", "parcels")
    page.click("[data-use-go]")
    page.wait_for_selector(row("$.parcels[*].code"))
    take(page, "shipments.tracking_number", "$.parcels[*].code")
    page.click("[data-tab=preview]")
    page.click("[data-subtab=shipments]")
    page.wait_for_selector(".wb-table td")
    page.click("[data-tab=export]")
    page.click("[data-export]")
    page.wait_for_selector('[data-exported="1.0.0"]')

    with wb.open_merchant(bench.folder / "1.0.0.yaml") as opened:
        orders = opened.find_orders(email=JANE).orders
    assert {order.status for order in orders} == {"delivered", "shipped"}
    assert [order for order in orders if order.tracking_numbers]
    assert page.errors == []


def test_keyboard_alone_maps_a_field(chrome: Any, bench: wb.Workbench) -> None:
    """Tab to a field, Enter, search, arrows, Enter, Enter: nothing leaks to the notebook around."""
    page = open_widget(chrome, fetched(bench))
    page.evaluate("window.leaked = 0; document.addEventListener('keydown', () => { window.leaked += 1; })")
    page.focus('[data-pick="order_number"]')
    page.keyboard.press("Enter")
    page.focus(".wb-tree")
    page.keyboard.press("/")
    page.keyboard.type("number")
    for _ in range(20):
        page.keyboard.press("Enter")
        if page.inner_text(".wb-path") == "$.data[*].number":
            break
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-accept]")
    page.wait_for_function("document.activeElement.hasAttribute('data-choice')")
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-badge="order_number"]')

    assert bench.rule("order_number") == "@.number"
    assert page.evaluate("window.leaked") == 0
    assert page.evaluate("document.activeElement.dataset.pick") == "order_number"


def test_one_of_several_by_its_type(chrome: Any, bench: wb.Workbench) -> None:
    """The reading that names the type is offered with its values, and taken."""
    page = open_widget(chrome, fetched(bench))
    take(page, "order_number", "$.data[*].number")
    page.click('[data-pick="order_type"]')
    page.fill("[data-search]", "value")
    page.click(row("$.data[*].attributes[*].value"))
    page.check('label:has-text("channel") [data-choice]')
    page.click("[data-accept]")
    page.wait_for_selector('[data-badge="order_type"]')

    assert bench.rule("order_type") == "@.attributes[?@.key == 'channel'].value"


def test_click_without_a_field_asks_for_one(chrome: Any, bench: wb.Workbench) -> None:
    """Nothing is armed behind the user's back."""
    page = open_widget(chrome, fetched(bench))
    before = bench.data
    page.click(row("$.data[*].number"))

    assert "Choose a field" in page.inner_text("[data-status]")
    assert bench.data == before


def test_refusal_is_shown_and_loses_nothing(chrome: Any, bench: wb.Workbench) -> None:
    """A typed rule that is wrong is told in the status line."""
    page = open_widget(chrome, fetched(bench))
    page.click('[data-pick="order_number"]')
    page.fill("[data-rule]", "@.a..b")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wb-bad")

    assert "@.a..b" in page.inner_text("[data-status]")
    assert bench.rule("order_number") is None


def test_cell_and_widget_show_the_same(chrome: Any, bench: wb.Workbench) -> None:
    """What a cell does by code shows in the open widget."""
    page = open_widget(chrome, fetched(bench))
    bench.assign("order_number", "$.data[*].number")
    page.click("[data-tab=questions]")  # any message brings the new revision
    page.wait_for_selector('[data-badge="order_number"]')

    assert page.inner_text('[data-field="order_number"] .wb-sample') == "A-1001"


def test_connecting_by_the_form(
    chrome: Any, tmp_path: Path, merchant: DemoMerchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new merchant is connected without a line of code; the typed secret is in the ignored file only."""
    known = merchant.environ
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", known["WORKBENCH_ALLOW_HOSTS"])
    made = wb.Workbench("newshop", mappings=tmp_path / "mappings")
    page = open_widget(chrome, made)
    page.fill("[data-base-url]", known["NORTHWIND_URL"])
    page.fill("[data-secret=NEWSHOP_USER]", known["NORTHWIND_USER"])
    page.fill("[data-secret=NEWSHOP_PASSWORD]", known["NORTHWIND_PASSWORD"])
    page.click("[data-connect]")
    page.wait_for_selector("[data-connect]", state="detached")
    page.click("[data-add-operation=find_orders_by_email]")
    page.fill("[data-call-url]", "/orders?email={email}")
    page.click("[data-call-add]")
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.wait_for_selector(row("$.data[*].number"))

    assert made.connection["auth"]["password"] == "${NEWSHOP_PASSWORD}"
    assert known["NORTHWIND_PASSWORD"] in (tmp_path / ".env").read_text()
    assert known["NORTHWIND_PASSWORD"] not in (made.folder / "draft.yaml").read_text() + page.content() + made.as_code()
    assert page.errors == []


def test_call_from_a_pasted_example(chrome: Any, bench: wb.Workbench) -> None:
    """A pasted URL becomes a call by selecting the e-mail in it; the call is changed, another is added and removed."""
    address = os.environ["ACME_URL"]
    page = open_widget(chrome, bench)
    page.click("[data-add-operation=find_orders_by_email]")
    page.fill("[data-call-url]", f"{address}/orders?email={JANE.replace('@', '%40')}&limit=3")
    page.click("[data-mark=email]")
    page.wait_for_selector('[data-status]:has-text("Select the example")')
    page.evaluate(SELECT, ["[data-call-url]", JANE.replace("@", "%40")])
    page.click("[data-mark=email]")
    page.click("[data-call-details]")
    page.fill("[data-call-headers]", "X-Trace: workbench")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-fetch-email]")
    assert page.input_value("[data-fetch-email]") == JANE
    page.click("[data-fetch]")
    page.wait_for_selector(row("$.data[*].number"))

    page.click("[data-edit-call]")
    page.select_option("[data-call-pages]", "next_link")
    page.fill('[aria-label="Paging: its place"]', "$.next")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call-url]", state="detached")
    page.click("[data-add-call]")
    page.fill("[data-call-name]", "more")
    page.fill("[data-call-url]", "/more")
    page.select_option("[data-call-method]", "post")
    page.check("[data-call-reads]")
    page.select_option("[data-call-kind]", "json")
    page.fill("[data-call-body]", '{"mail": "{email}"}')
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call=more]")
    added = bench.data["operations"]["find_orders_by_email"]["calls"][1]
    page.click("[data-edit-call]")
    page.click("[data-call-remove]")
    page.wait_for_selector("[data-call=more]", state="detached")

    assert added == {"name": "more", "post": "/more", "reads": True, "json": {"mail": "{email}"}}
    assert bench.data["operations"]["find_orders_by_email"]["calls"] == [{
        "name": "search", "get": "/orders", "query": {"email": "{email}", "limit": "3"},
        "headers": {"X-Trace": "workbench"}, "pages": {"kind": "next_link", "path": "$.next"},
    }]  # fmt: skip
    assert JANE not in (bench.folder / "draft.yaml").read_text() + bench.as_code()
    assert page.errors == []


def test_failed_call_shows_what_was_sent(chrome: Any, bench: wb.Workbench) -> None:
    """When the merchant answers with an error, sent and received stand there at once; the sample can be removed."""
    bench.operation("find_orders_by_email")
    bench.call("/no-such-path", name="search", query={"email": "{email}"})
    page = open_widget(chrome, bench)
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.wait_for_selector("[data-tab=exchange][aria-selected=true]")
    page.wait_for_selector('summary.wb-problem:has-text("404")')
    page.click("[data-samples]")
    page.click("[data-remove-sample]")
    page.wait_for_selector("[data-samples]", state="detached")

    assert page.errors == []


def test_values_are_tried_while_they_are_typed(chrome: Any, bench: wb.Workbench) -> None:
    """A regex and a word that means nothing show their result before they are set; so does a typed rule."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    page = open_widget(chrome, bench)
    page.click('[data-pick="order_number"]')
    page.click("[data-transforms]")
    page.fill("[data-transform=regex]", "[0-9]+")
    page.wait_for_selector('[data-live] .wb-sampled:text-is("1001")')
    assert bench.rule("order_number") == "@.number"
    page.fill("[data-transform=regex]", "(")
    page.wait_for_selector("[data-live].wb-problem")
    page.fill("[data-transform=regex]", "[0-9]+")
    page.click("[data-transform-set]")
    page.wait_for_selector('[data-field="order_number"] .wb-sample:text-is("1001")')
    page.fill("[data-rule]", "@.id")
    page.wait_for_selector("[data-live] .wb-sampled")

    assert bench.rule("order_number") == {"path": "@.number", "regex": "[0-9]+"}
    assert page.errors == []


def test_own_field_is_declared_and_mapped(chrome: Any, bench: wb.Workbench) -> None:
    """A field of the merchant's own is added, and filled by a click."""
    page = open_widget(chrome, fetched(bench))
    take(page, "order_number", "$.data[*].number")
    page.click("[data-own-open]")
    page.fill("[data-own]", "state_word")
    page.fill("[data-own-label]", "State word")
    page.click("[data-own-add]")
    page.wait_for_selector('[data-field="extra.state_word"]')
    take(page, "extra.state_word", "$.data[*].state")

    assert bench.rule("extra.state_word") == "@.state"
    assert bench.data["fields"]["state_word"]["label"] == "State word"


def test_other_words_are_silenced_only_when_asked(chrome: Any, bench: wb.Workbench) -> None:
    """`otherwise` is chosen, not written unasked, and the widget says what it silences."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.assign("status", "$.data[*].state")
    page = open_widget(chrome, bench)
    page.click('[data-pick="status"]')
    page.select_option('[data-word="5"]', "delivered")
    page.select_option("[data-otherwise]", "shipped")
    page.click("[data-words-save]")
    page.wait_for_selector('.wb-words .wb-problem:has-text("nobody learns")')
    assert bench.rule("status") == {"path": "@.state", "lookup": {"5": "delivered"}, "otherwise": "shipped"}
    page.select_option("[data-otherwise]", "")
    page.click("[data-words-save]")
    page.wait_for_selector(".wb-words .wb-problem", state="detached")
    assert "otherwise" not in bench.rule("status")


def test_export_shows_what_changes(chrome: Any, bench: wb.Workbench) -> None:
    """Before the second version the panel says which rules and results differ, and the step."""
    bench = fetched(bench)
    places = {"order_number": "number", "created_at": "created", "customer_email": "customer.email", "status": "state"}
    for field, place in places.items():
        bench.assign(field, f"$.data[*].{place}")
    bench.lookup("status", {each["word"]: "shipped" for each in bench.words("status")})
    bench.export()
    page = open_widget(chrome, bench)
    page.click("[data-tab=export]")
    page.wait_for_selector("[data-changes=none]")
    bench.assign("currency", "$.data[*].currency")
    page.click("[data-tab=todo]")
    page.click("[data-tab=export]")
    page.wait_for_selector('[data-changes=minor] code:has-text("records.order.currency")')

    assert page.errors == []


def test_every_kind_of_authentication_has_a_form(chrome: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind's form is made from its description; what is typed becomes references, settings and hidden secrets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    made = wb.Workbench("newshop", mappings=tmp_path / "mappings")
    page = open_widget(chrome, made)
    page.wait_for_selector("[data-kind]")
    kinds = page.eval_on_selector_all("[data-kind] option", "all => all.map((one) => one.value)")
    for kind in kinds:
        page.select_option("[data-kind]", kind)
        page.wait_for_function(f"document.querySelector('[data-kind]').value === '{kind}'")
    page.select_option("[data-kind]", "oauth2_client_credentials")
    page.fill("[data-base-url]", "https://api.newshop.example/v1")
    page.fill('[data-auth="token_url"]', "/token")
    page.fill('[data-secret="NEWSHOP_CLIENT_SECRET"]', "shh-planted")
    page.click("[data-auth-more]")
    page.fill('[data-auth="scope"]', "orders.read")
    page.fill('[data-auth="extra"]', "tenant: 7")
    page.click("[data-connect]")
    page.wait_for_selector("[data-connect]", state="detached")
    page.click("[data-connection]")
    page.wait_for_selector('[data-auth="scope"]', state="attached")

    assert len(kinds) >= 15
    assert made.connection["auth"] == {
        "kind": "oauth2_client_credentials", "token_url": "/token", "client_id": "${NEWSHOP_CLIENT_ID}",
        "client_secret": "${NEWSHOP_CLIENT_SECRET}", "scope": "orders.read", "extra": {"tenant": "7"},
    }  # fmt: skip
    assert "shh-planted" in (tmp_path / ".env").read_text()
    assert "shh-planted" not in page.content() + made.as_code() + (made.folder / "draft.yaml").read_text()
    assert page.input_value('[data-auth="scope"]') == "orders.read"
    assert page.errors == []


def test_from_a_curl_line_to_orders(chrome: Any, bench: wb.Workbench) -> None:
    """A curl line that the merchant sent becomes a call, without its password, and finds orders."""
    address = os.environ["ACME_URL"]
    page = open_widget(chrome, bench)
    page.click("[data-start]")
    page.fill("[data-import]", f"curl -u shop:hunter2 '{address}/orders?email={JANE}' -H 'Accept: application/json'")
    page.click("[data-import-read]")
    page.wait_for_selector('.wb-problem:has-text("left out")')
    page.click('[data-import-use="0"]')
    page.wait_for_selector("[data-fetch-email]")
    page.fill("[data-fetch-email]", JANE)
    page.click("[data-fetch]")
    page.wait_for_selector(row("$.data[*].number"))
    page.click('[data-pick="order_number"]')
    page.click(row("$.data[*].number"))
    page.click("[data-accept]")
    page.wait_for_selector('[data-field="order_number"] .wb-sample:text("A-1001")')

    assert "hunter2" not in page.content() + (bench.folder / "draft.yaml").read_text() + bench.as_code()
    assert page.errors == []


def test_presence_shows_what_a_list_lacks(chrome: Any, bench: wb.Workbench) -> None:
    """How often each field is there stands side by side for the operations."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.operation("find_order_by_number")
    bench.call("/orders/{number}", name="detail")
    bench.fetch_found()
    page = open_widget(chrome, bench)
    page.click("[data-tab=presence]")
    page.wait_for_selector('[data-presence] td:has-text("7/7")')

    assert page.errors == []


def test_which_rows_are_kept(chrome: Any, bench: wb.Workbench) -> None:
    """Lines are kept by a value of their own, chosen from what tells them apart, and all are kept again."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.assign("lines.sku", "$.data[*].items[*].sku")
    page = open_widget(chrome, bench)
    page.click("[data-keep-rows=lines]")
    page.wait_for_selector("[data-keep-choice]")
    page.click('[data-keep-choice="0"]')
    page.wait_for_selector('[data-keep-rows=lines]:has-text("some rows kept")')
    assert "keep" in bench.data["records"]["order"]["lines"]
    page.click("[data-keep-rows=lines]")
    page.click("[data-keep-all]")
    page.wait_for_selector('[data-keep-rows=lines]:has-text("which rows?")')

    assert "keep" not in bench.data["records"]["order"]["lines"]
    assert page.errors == []


def test_mapped_from_the_suggestions(chrome: Any, bench: wb.Workbench) -> None:
    """Fetch, suggest, use all that are sure, one more, undo one: orders come out, and nothing was taken unasked."""
    page = open_widget(chrome, fetched(bench))
    page.click("[data-suggest]")
    page.wait_for_selector('[data-suggestion="order_number"]')
    assert bench.data["records"]["order"] == {}
    page.click('[data-use-suggestion="order_number"]')
    page.wait_for_selector('[data-badge="order_number"]')
    page.click("[data-use-sure]")
    page.wait_for_selector('[data-field="customer_email"] .wb-sample:text("jane.doe@example.com")')
    page.click("[data-undo]")
    page.click('[data-pick="returns.created_at"]')
    page.click("[data-suggest]")
    page.click("[data-tab=preview]")
    page.wait_for_selector('.wb-table td:has-text("A-1001")')

    assert bench.rule("order_number") == "@.number"
    assert bench.rule("customer_email") == "@.customer.email"
    assert page.errors == []


def test_what_is_left_is_settled_by_one_click(chrome: Any, bench: wb.Workbench) -> None:
    """The other search's orders get their place, and the call that it lacks, from the list of what is left."""
    fetched(bench).suggest()
    bench.use_sure()
    bench.use_in_call("search", "$.data[*].id", "/orders/{}/parcels", "parcels")
    bench.assign("order_type", "$.data[*].id", "search")
    bench.assign_text("return_tracking_number", "parcels:$.parcels[*].code")
    bench.operation("find_order_by_number")
    answer = json.loads(bench._store.taken[0].sample.calls["search"][0].body)
    bench.call("/one", name="one", query={"number": "{number}"})
    bench.load_sample(json.dumps({"order": answer["data"][0]}), number=answer["data"][0]["number"])
    page = open_widget(chrome, bench)
    page.click('[data-offer="each find_order_by_number"]')
    page.wait_for_selector('[data-offer^="each"]', state="detached")
    page.click('[data-offer="copy_call find_order_by_number"]')
    page.wait_for_selector('[data-offer^="copy_call"]', state="detached")
    if LOOK:
        page.screenshot(path=LOOK, full_page=True)

    body = bench.data["operations"]["find_order_by_number"]
    assert (body["orders"], body["calls"][1]["name"]) == ({"each": "$.order"}, "parcels")
    assert page.errors == []


def test_cell_explains_its_own_order_and_shows_its_node(chrome: Any, bench: wb.Workbench) -> None:
    """A click on the third order's empty cell says why that one is empty; the chip of another call opens its tree."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.use_in_call("search", "$.data[*].id", "/orders/{}/parcels", "parcels")
    bench.assign("shipments.tracking_number", "$.parcels[*].code", "parcels")
    bench.select("find_orders_by_email", "search")
    page = open_widget(chrome, bench)
    page.click("[data-tab=preview]")
    page.click(".wb-table tbody tr:nth-child(3) td:nth-child(1) .wb-cell")
    page.wait_for_selector('[data-detail] pre:has-text("order[2].order_number")')
    page.click('[data-chip="shipments.tracking_number"]')
    page.wait_for_selector(f"{row('$.parcels[*].code')}.wb-selected")

    assert page.errors == []


def test_typed_text_stays_while_something_else_changes(chrome: Any, bench: wb.Workbench) -> None:
    """A change from a cell redraws the widget; what was typed meanwhile is not lost."""
    page = open_widget(chrome, fetched(bench))
    page.fill("[data-fetch-email]", "half.typed@")
    bench.declare("depot")
    page.click("[data-tab=questions]")
    page.wait_for_selector('[data-field="extra.depot"]')

    assert page.input_value("[data-fetch-email]") == "half.typed@"


def test_search_behaviour_by_mouse(chrome: Any, bench: wb.Workbench) -> None:
    """The reads are shown before they are sent; what they tell is written with one click."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.operation("find_order_by_number")
    bench.call("/orders/{number}", name="detail")
    page = open_widget(chrome, bench)
    page.click("[data-fetch-found]")
    page.wait_for_selector(row("$.number"))
    page.click("[data-tab=search]")
    page.fill("[data-probe-number]", "A-1002")
    page.click("[data-probe-plan]")
    page.click("[data-probe-run]")
    page.click("[data-probe-apply]")
    page.wait_for_selector('[data-status]:has-text("means that there is none")')

    call = bench.data["operations"]["find_order_by_number"]["calls"][0]
    assert call["not_found_when"] == {"http.status": 404}
    assert page.errors == []


def test_back_office_says_otherwise(chrome: Any, bench: wb.Workbench) -> None:
    """A whole row is ticked; a typed expected value that differs is told, and is no part of the draft."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.assign("currency", "$.data[*].currency")
    page = open_widget(chrome, bench)
    page.click("[data-tab=preview]")
    page.click('[data-tick-row="A-1001"]')
    page.wait_for_selector('[data-status]:has-text("2 values of the order match")')
    page.click(".wb-table tbody tr:nth-child(1) td:nth-child(2) .wb-cell")
    page.wait_for_selector("[data-detail=currency] code")
    page.fill("[data-expected]", "SEKUNDEN")
    page.click("[data-expected-set]")
    page.wait_for_selector('.wb-bad:has-text("differs from the back office")')

    assert bench.data["evidence"]["confirmed"] == {"order_number": "1 of 1 match", "currency": "0 of 1 match"}
    assert "SEKUNDEN" not in (bench.folder / "draft.yaml").read_text()
    assert page.errors == []


def test_back_office_tick_and_pasted_words(chrome: Any, bench: wb.Workbench) -> None:
    """A result is ticked in its cell; rows of the documentation become words."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.assign("status", "$.data[*].state")
    page = open_widget(chrome, bench)
    page.click('[data-pick="status"]')
    page.fill("[data-paste]", "4 = shipped\n5 = delivered")
    page.click("[data-paste-go]")
    page.wait_for_selector('[data-field="status"] .wb-sample:text("delivered")')
    page.click("[data-tab=preview]")
    page.click('[data-tick="A-1001 status"]')
    page.wait_for_selector('[data-status]:has-text("matches the back office")')

    assert bench.data["evidence"]["confirmed"] == {"status": "1 of 1 match"}
    assert page.errors == []


HOSTILE = '<img src=x onerror="window.hurt=1">'


def test_text_of_merchants_is_never_html(chrome: Any, bench: wb.Workbench) -> None:
    """Keys, values and words with markup are shown as they are."""
    bench.operation("find_orders_by_email")
    bench.load_sample(f'[{{"{HOSTILE.replace(chr(34), chr(39))}": "{HOSTILE.replace(chr(34), chr(39))}", "n": "1"}}]')
    page = open_widget(chrome, bench)
    page.wait_for_selector(row("$[*].n"))

    assert page.evaluate("window.hurt") is None
    assert page.locator("#host img").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(chrome: Any, bench: wb.Workbench, theme: str) -> None:
    """axe finds no violation in any part of the widget: mapping, readings, words, calls, results, export, consent."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    found = []

    def look(part: str) -> None:
        for each in axe.run(page, context=".wb").response["violations"]:
            found.append(f"{part}: {each['id']} {[node['html'][:90] for node in each['nodes'][:3]]}")

    bench.operation("find_orders_by_email")
    page = open_widget(chrome, bench, theme=theme)
    look("empty")
    bench.call("/orders", name="search", query={"email": "{email}"})
    bench.fetch(email=JANE)
    page = open_widget(chrome, bench, theme=theme)
    page.wait_for_selector("[data-consent=yes]")
    look("consent")
    bench.consent()
    bench.suggest()
    page = open_widget(chrome, bench, theme=theme)
    page.click('[data-pick="customer_name"]')
    page.wait_for_selector("[data-candidate]")
    look("suggestions")
    bench.assign("order_number", "$.data[*].number")
    bench.assign("amount", "$.data[*].total_cents")
    bench.assign("status", "$.data[*].state")
    page = open_widget(chrome, bench, theme=theme)
    page.click('[data-pick="status"]')
    page.wait_for_selector("[data-word]")
    look("words")
    page.click('[data-pick="amount"]')
    page.wait_for_selector("[data-transforms]")
    page.click("[data-edit-call]")
    page.wait_for_selector("[data-call-url]")
    look("value and call")
    page.click('[data-pick="created_at"]')
    page.click(row("$.data[*].created"))
    page.wait_for_selector("[data-accept]")
    look("readings")
    for tab in ("preview", "exchange", "search", "questions", "export"):
        page.click(f"[data-tab={tab}]")
        page.wait_for_selector(f"[data-tab={tab}][aria-selected=true]")
        look(tab)

    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark", "dark-high-contrast"])
def test_every_theme_is_readable(chrome: Any, bench: wb.Workbench, theme: str) -> None:
    """Text stands out from what is behind it by at least 4.5 to 1, in every part that is shown."""
    bench = fetched(bench)
    bench.assign("order_number", "$.data[*].number")
    bench.assign("status", "$.data[*].state")
    page = open_widget(chrome, bench, theme=theme)
    page.click('[data-pick="status"]')
    page.wait_for_selector("[data-word]")
    page.click(row("$.data[*].created"))
    page.wait_for_selector("[data-accept]")

    assert page.evaluate(CONTRAST) == []


def test_narrow_pane_stacks(chrome: Any, bench: wb.Workbench) -> None:
    """In a narrow pane the fields stand below the tree, and nothing is wider than the pane."""
    page = open_widget(chrome, fetched(bench), width=560)

    left, right = (page.locator(f".wb-{side}").bounding_box() for side in ("left", "right"))
    assert right["y"] > left["y"] + left["height"] - 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_javascript_modules(tmp_path: Path) -> None:
    """Their own tests, in node."""
    node = shutil.which("node")
    if node is None and "node" in os.environ.get("WORKBENCH_REQUIRE", ""):
        pytest.fail("no node on this machine")
    if node is None:
        pytest.skip("no node on this machine")
    folder = Path(__file__).parent / "js"
    done = subprocess.run(
        [node, "--test", *map(str, sorted(folder.glob("*.test.mjs")))], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


SELECT = """([box, text]) => { const node = document.querySelector(box); node.focus();
  const at = node.value.indexOf(text); node.setSelectionRange(at, at + text.length); }"""

# The contrast of every element with text of its own, by WCAG's formula; colours are read as the browser paints them.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (rgb) => { const [r, g, b] = rgb.slice(0, 3).map((each) => { const part = each / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (node) => { for (let up = node; up; up = up.parentElement) {
    const color = rgba(getComputedStyle(up).backgroundColor);
    if (color[3] === 255) return color; } return [255, 255, 255, 255]; };
  const bad = [];
  for (const node of document.querySelectorAll(".wb *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || !node.offsetParent || node.disabled) continue;
    const [one, other] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) bad.push(`${node.className || node.tagName} ${node.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return bad;
}"""
