"""The widget's forms in a real browser: all of a connection, all of a call, signing in, and a table of comparisons."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import workbench as wb
from tests.auth_servers import FOUND, TOKEN, bearer_of, form
from tests.servers import Answer, Seen, serving
from tests.test_widget import CONTRAST, row
from tests.widget_harness import browser, open_widget
from workbench.conditions import OPERATORS, PRESENCE
from workbench.mapping.check_calls import CALL_KEYS, FORMATS, PAGE_NEEDS
from workbench.notebook.typed import shown_call
from workbench.quoting import QUOTES

pytest.importorskip("anywidget", reason="needs the extra notebook")
BY_EMAIL = "find_orders_by_email"
ORDERS = [
    {"no": "A-1", "ordered": 2, "sent": 2, "who": "a@example.org", "lines": [{"sku": "x", "q": 2}]},
    {"no": "A-2", "ordered": 3, "sent": 1, "who": "a@example.org", "lines": [{"sku": "y", "q": 3}]},
    {"no": "A-3", "ordered": 1, "sent": 0, "gone": "2026-11-04", "who": "a@example.org", "lines": []},
]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """A browser."""
    with browser() as made:
        yield made


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> wb.Workbench:
    """A new merchant."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    return wb.Workbench("acme", mappings=tmp_path / "mappings")


def sampled(bench: wb.Workbench) -> wb.Workbench:
    """With orders that were sent as a file."""
    bench.operation(BY_EMAIL)
    bench.load_sample(json.dumps(ORDERS).encode(), email="a@example.org")
    bench.assign("order_number", "$[*].no")
    bench.assign("lines.quantity", "$[*].lines[*].q")
    return bench


def options(page: Any, box: str) -> list[str]:
    """The words that a box offers."""
    found: list[str] = page.eval_on_selector_all(f"{box} option", "all => all.map((one) => one.value).filter(Boolean)")
    return found


def again(bench: wb.Workbench, tmp_path: Path) -> dict[str, Any]:
    """What the code that repeats the clicks makes of a new merchant of the same name; its samples come by hand."""
    made = wb.Workbench("acme", mappings=tmp_path / "again")
    if bench.samples():
        made.operation(BY_EMAIL)
        made.load_sample(json.dumps(ORDERS).encode(), email="a@example.org")
    exec("\n".join(bench.as_code().splitlines()[3:]), {"bench": made})  # as a notebook's cell would
    return made.data


def redirected(url: str) -> str:
    """Where a page sends the browser."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    place = connection.getresponse().getheader("Location") or ""
    connection.close()
    return place


def test_table_of_comparisons(chrome: Any, bench: wb.Workbench, tmp_path: Path) -> None:
    """By mouse and keys: nodes are clicked, each order's result shows before it is taken, one click writes it."""
    bench = sampled(bench)
    page = open_widget(chrome, bench)
    page.click('[data-pick="status"]')
    page.focus("[data-cases]")
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-case-field="0 0"]')
    assert set(options(page, '[data-case-comparison="0 0"]')) == {
        *PRESENCE, *OPERATORS, "is one of", "none of",
    }  # fmt: skip
    page.focus('[data-case-field="0 0"]')
    page.wait_for_selector('[data-status]:has-text("into row 1")')
    page.click(row("$[*].gone"))
    page.wait_for_function("document.querySelector('[data-case-field=\"0 0\"]').value === '@.gone'")
    assert page.evaluate("document.activeElement.dataset.caseComparison") == "0 0"
    page.select_option('[data-case-comparison="0 0"]', "present")
    page.wait_for_selector('[data-case-value="0 0"]', state="detached")
    page.select_option('[data-case-result="0"]', "cancelled")
    page.wait_for_selector('[data-outcome] tr:has-text("A-3") .wb-sampled:text-is("cancelled")')
    assert page.inner_text('[data-outcome] tr:has-text("A-1")').endswith("no value")
    page.click("[data-case-add]")
    page.fill('[data-case-field="1 0"]', "@.sent")
    page.select_option('[data-case-comparison="1 0"]', "at_least")
    page.click('button[data-aim="1 0 value"]')
    page.keyboard.press("Home")
    for _ in range(40):  # by keys alone
        if page.inner_text(".wb-path") == "$[*].ordered":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-case-value=\"1 0\"]').value === '@.ordered'")
    page.select_option('[data-case-result="1"]', "shipped")
    page.click("[data-case-else]")
    page.select_option('[data-case-result="2"]', "processing")
    page.click("[data-case-add]")
    page.fill('[data-case-field="2 0"]', "@.sent")
    page.select_option('[data-case-comparison="2 0"]', "over")
    page.wait_for_selector('[data-outcome] .wb-problem:has-text("row 3 has no result")')
    page.fill('[data-case-value="2 0"]', "0")
    page.select_option('[data-case-result="2"]', "partially_shipped")
    page.wait_for_selector('[data-outcome] tr:has-text("A-2") .wb-sampled:text-is("partially_shipped")')
    assert bench.rule("status") is None
    page.click("[data-cases-set]")
    page.wait_for_selector('[data-chip="status"]')
    rule = bench.rule("status")
    page.click("[data-undo]")
    page.wait_for_selector('[data-chip="status"]', state="detached")
    page.click("[data-redo]")
    page.wait_for_selector('[data-case-result="3"]')

    assert rule == bench.rule("status") == {
        "cases": [
            {"when": {"@.gone": {"is": "present"}}, "then": "cancelled"},
            {"when": {"@.sent": {"at_least": "@.ordered"}}, "then": "shipped"},
            {"when": {"@.sent": {"over": 0}}, "then": "partially_shipped"},
            {"then": "processing"},
        ]
    }  # fmt: skip
    assert page.input_value('[data-case-field="1 0"]') == "@.sent"
    assert again(bench, tmp_path) == bench.data
    page.click('[data-pick="lines.name"]')
    page.click("[data-cases]")
    page.wait_for_selector('datalist option[value="@.q"]', state="attached")
    assert page.errors == []


def test_all_of_a_connection(chrome: Any, bench: wb.Workbench, tmp_path: Path) -> None:
    """Rate, retries, cache, certificates and times by the form; a mistake is told in its place and loses nothing."""
    page = open_widget(chrome, bench)
    page.fill("[data-base-url]", "https://api.acme.example/v1")
    page.select_option("[data-kind]", "none")
    page.click("[data-advanced]")
    typed = {
        "rate.burst": "4", "retries.max": "11", "retries.statuses": "429 503", "budget_s": "soon",
        "cache.entries": "200", "tls.ca": "${ACME_CA}",
    }  # fmt: skip
    for name, value in typed.items():
        page.fill(f'[data-part="{name}"]', value)
    page.uncheck('[data-part="tls.strict"]')
    page.click("[data-connect]")
    page.wait_for_selector('[data-part="budget_s"][aria-invalid] + .wb-refused:has-text("write seconds")')
    page.fill('[data-part="budget_s"]', "20.5")
    page.click("[data-connect]")
    page.wait_for_selector('[data-part="retries.max"][aria-invalid] + .wb-refused:has-text("from 0 to 10")')
    page.wait_for_selector('[data-part="rate.burst"][aria-invalid] + .wb-refused:has-text("add per_second:")')
    assert bench.connection == {}
    page.fill('[data-part="rate.per_second"]', "2.5")
    page.fill('[data-part="retries.max"]', "3")
    page.click("[data-connect]")
    page.wait_for_selector("[data-connect]", state="detached")
    first = bench.connection
    page.click("[data-connection]")
    page.wait_for_selector("[data-part='rate.burst']")
    page.fill('[data-part="rate.burst"]', "")
    page.fill('[data-part="rate.per_second"]', "")
    page.check('[data-part="tls.strict"]')
    page.click("[data-connect]")
    page.wait_for_selector("[data-connect]", state="detached")

    assert json.loads(json.dumps(first, default=float)) == {
        "base_url": "https://api.acme.example/v1", "auth": {"kind": "none"},
        "tls": {"ca": "${ACME_CA}", "strict": False}, "rate": {"per_second": 2.5, "burst": 4},
        "retries": {"max": 3, "statuses": [429, 503]}, "cache": {"entries": 200}, "budget_s": 20.5,
    }  # fmt: skip
    assert "rate" not in bench.connection
    assert bench.connection["tls"] == {"ca": "${ACME_CA}"}
    assert again(bench, tmp_path) == bench.data
    assert page.errors == []


def test_all_of_a_call(chrome: Any, bench: wb.Workbench, tmp_path: Path) -> None:
    """A call for each node of an earlier answer, with limit, conditions, pages and reading; nothing else is lost."""
    bench.connect("https://api.acme.example/v1", {"kind": "none"})
    bench.operation(BY_EMAIL)
    bench.call("/orders?page=0", name="search", query={"email": "{email}", "n": 5, "f": {"a": ["x"]}})
    before = bench.data["operations"][BY_EMAIL]["calls"][0]
    bench.call("/shipments", name="shipments", for_each=True)
    page = open_widget(chrome, bench)
    page.click("[data-call=search]")
    page.wait_for_selector("[data-call=search][aria-pressed=true]")
    page.click("[data-edit-call]")
    page.click("[data-call-more-details]")
    page.fill("[data-call-not-found-when]", "http.status: 404")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call-url]", state="detached")
    first = bench.data["operations"][BY_EMAIL]["calls"][0]
    page.click("[data-add-call]")
    page.fill("[data-call-name]", "parcels")
    page.fill("[data-call-url]", "/parcels/{@}")
    page.click("[data-call-details]")
    assert options(page, "[data-call-pages]") == [*PAGE_NEEDS]
    assert options(page, "[data-call-format]") == [*FORMATS]
    assert options(page, "[data-call-quotes]") == [*QUOTES]
    page.select_option("[data-call-each]", "path")
    page.fill("[data-call-each-path]", "shipments:$.ids")
    page.fill("[data-call-limit]", "3")
    page.select_option("[data-call-pages]", "cursor")
    page.fill('[aria-label="Paging: pages at most"]', "7")
    page.fill('[aria-label="Paging: its place"]', "$.next")
    page.fill('[aria-label="Paging: parameter"]', "after")
    page.fill("[data-call-stop]", "$.more: false")
    page.click("[data-call-more-details]")
    page.fill("[data-call-fail-when]", "$.error: {is: present}\n$.state: [gone, void]")
    page.fill("[data-call-only-when]", "nonsense")
    bench.connect("https://api.acme.example/v1", region="EU")  # a cell changes something: the form stays as it is
    page.click("[data-tab=questions]")
    page.wait_for_selector('[data-status]:has-text("connected")')
    page.check("[data-call-required]")
    page.fill("[data-call-timeout-s]", "5")
    page.click("[data-call-add]")
    page.wait_for_selector('[data-call-only-when][aria-invalid] + .wb-refused:has-text("PATH: VALUE")')
    page.fill("[data-call-only-when]", "^.state: shipped")
    page.fill("[data-call-fail-when]", "@..x: 1")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call-fail-when][aria-invalid] + .wb-refused")
    page.fill("[data-call-fail-when]", "$.error: {is: present}\n$.state: [gone, void]")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call=parcels]")
    made = bench.data["operations"][BY_EMAIL]["calls"][2]
    page.click("[data-edit-call]")
    page.fill("[data-call-note]", "one request a parcel")
    page.click("[data-call-add]")
    page.wait_for_selector("[data-call-url]", state="detached")

    assert first == {**before, "not_found_when": {"http.status": 404}}
    assert made == {
        "name": "parcels", "for_each": "shipments:$.ids", "get": "/parcels/{@}", "limit": 3, "required": True,
        "only_when": {"^.state": "shipped"}, "fail_when": {"$.error": {"is": "present"}, "$.state": ["gone", "void"]},
        "pages": {"kind": "cursor", "path": "$.next", "param": "after", "max": 7, "stop_when": {"$.more": False}},
        "timeout_s": 5,
    }  # fmt: skip
    assert bench.data["operations"][BY_EMAIL]["calls"][2] == {**made, "note": "one request a parcel"}
    assert again(bench, tmp_path) == bench.data
    assert page.errors == []


def test_signing_in_by_browser(
    chrome: Any, bench: wb.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is opened and the browser comes back; refused or pasted, it is told; nothing secret stays."""
    answer = {"with": "code"}
    challenges: list[str] = []

    def serve(seen: Seen) -> Answer:
        if seen.path == "/auth":
            asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
            challenges.append(asked["code_challenge"])
            told = "code=one-time-planted" if answer["with"] == "code" else "error=access_denied"
            return Answer({}, 302, {"Location": f"{asked['redirect_uri']}?{told}&state={asked['state']}"})
        if seen.path == "/token":
            proof = hashlib.sha256(form(seen)["code_verifier"].encode()).digest()
            right = base64.urlsafe_b64encode(proof).decode().rstrip("=") == challenges[-1]
            return Answer(TOKEN) if right else Answer({"error": "invalid_grant"}, 400)
        return FOUND if bearer_of("token-12345")(seen) else Answer({}, 401)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        back = f"http://127.0.0.1:{free.getsockname()[1]}/back"
    with serving(serve) as server:
        page = open_widget(chrome, bench)
        page.fill("[data-base-url]", server.url)
        page.select_option("[data-kind]", "oauth2_authorization_code")
        page.fill("[data-secret=ACME_CLIENT_ID]", "planted-client")
        for name, value in (("authorize_url", "/auth"), ("token_url", "/token"), ("redirect_uri", back)):
            page.fill(f'[data-auth="{name}"]', value)
        answer["with"] = "refusal"
        page.click("[data-sign-in]")
        page.wait_for_selector("[data-sign-in-open]")
        link = page.locator("[data-sign-in-open]")
        assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer", "_blank")
        first = page.input_value("[data-sign-in-url]")
        other = chrome.new_page()
        other.goto(first)
        page.wait_for_selector('[data-sign-in-state=failed]:has-text("the sign-in was refused (access_denied)")')

        answer["with"] = "code"
        page.click("[data-sign-in]")
        page.wait_for_selector("[data-sign-in-open]")
        page.fill("[data-sign-in-back]", f"{back}?code=x&state=stolen")
        page.click("[data-sign-in-finish]")
        page.wait_for_selector('.wb-bad:has-text("not the address of this sign-in")')
        with page.expect_popup() as popup:
            page.click("[data-sign-in-open]")
        assert "Signed in" in popup.value.inner_text("body")
        page.wait_for_selector("[data-sign-in-state=done]")
        page.wait_for_selector("[data-signed-in]")

        with socket.create_server(("127.0.0.1", urlsplit(back).port or 0)):
            page.click("[data-sign-in]")
            page.wait_for_selector('[data-sign-in-state=waiting]:has-text("cannot listen on port")')
            page.fill("[data-sign-in-back]", redirected(page.input_value("[data-sign-in-url]")))
            page.click("[data-sign-in-finish]")
            page.wait_for_selector("[data-sign-in-state=done]")
        bench.operation(BY_EMAIL)
        bench.call("/orders", query={"email": "{email}"})
        bench.fetch(email="ann@example.com")

    assert not bench.samples()[-1]["error"]
    shown = page.content() + bench.as_code() + (bench.folder / "draft.yaml").read_text() + repr(bench._attempt)
    for secret in ("one-time-planted", "token-12345", "refresh-12345", "planted-client"):
        assert secret not in shown, secret
    assert bench.as_code().count("bench.sign_in()") == 1
    assert page.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forms_are_for_everyone(chrome: Any, bench: wb.Workbench, theme: str) -> None:
    """axe finds nothing in the forms, all text stands out, and nothing is wider than a narrow pane."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    bench.connect("https://api.acme.example", {
        "kind": "oauth2_authorization_code", "authorize_url": "https://a.example/x", "token_url": "/t",
        "client_id": "acme", "redirect_uri": "https://elsewhere.example/back",
    })  # fmt: skip
    bench = sampled(bench)
    bench.call("/orders/{@.no}", name="parcels", for_each=True, not_found_when={"http.status": 404})
    bench.select(BY_EMAIL, "main")
    several = {"when": [("@.sent", "over", 0.5), ("@.sent", "under", 5)], "then": "partially_shipped"}
    bench.cases("status", [("$[*].sent", ">=", "$[*].ordered", "shipped"), several, ("processing",)])
    page = open_widget(chrome, bench, theme=theme, width=760 if theme == "dark" else 1400)
    page.click('[data-pick="status"]')
    page.wait_for_selector("[data-outcome] .wb-sampled")
    page.focus('[data-case-field="0 0"]')
    page.click("[data-connection]")
    page.wait_for_selector("[data-sign-in]")
    page.click("[data-advanced]")
    page.fill('[data-part="rate.burst"]', "x")
    page.click("[data-sign-in]")
    page.wait_for_selector(".wb-refused")
    page.fill('[data-part="rate.burst"]', "")
    page.click("[data-sign-in]")
    page.wait_for_selector("[data-sign-in-open]")
    page.click('[data-call="parcels"]')
    page.click("[data-edit-call]")
    page.wait_for_selector("[data-call-not-found-when]")
    found = [each["id"] + str([node["html"][:90] for node in each["nodes"][:3]])
             for each in axe.run(page, context=".wb").response["violations"]]  # fmt: skip

    assert found == []
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.errors == []


def test_form_knows_every_key() -> None:
    """Whatever a call of the language can say, the form can."""
    told = shown_call({"get": "/"})
    bodies = {"query", "get", "post", "put", "patch", "delete", "json", "form", "xml", "text", "graphql", "soap"}
    assert set(CALL_KEYS) - bodies <= told.keys()
