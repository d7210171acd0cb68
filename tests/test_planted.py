"""A customer and secrets planted in every place of a merchant's answers: nothing that is kept or printed has them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.planted import CITY, EMAIL, FIRST, NUMBER, PASSWORD, Merchant, environ, found_below, mapping, planted_in
from tests.servers import Server, serving
from workbench.runtime import load
from workbench.versions import Folder, add_lock

papermill = pytest.importorskip("papermill", reason="needs the extra notebook")
ROOT = Path(__file__).parents[1]
DEBUG = "import logging\nlogging.basicConfig(filename={file!r}, level=logging.DEBUG, force=True)\n"
CONSENT = "bench.consent()\nfor line in bench.fetch_probe():\n    print(line)"
WAIVE = "for one in bench.todo():\n    if one.waivable:\n        bench.waive(one.text, 'the merchant has no list')"
# Everything that a session can say of itself, and then errors with the customer's values in hand.
LOOKING = [
    "print(bench.tree(), bench.samples(), bench.trials(), bench.problems(), bench.as_code(), bench.data)\n"
    "print([each for call in bench.calls() for each in call], [one.text for one in bench.todo()])\n"
    "bench.probe_search()",
    "import os\nnumber, email = os.environ['PLANT_PROBE_NUMBER'], os.environ['PLANT_PROBE_EMAIL']\n"
    "bench.fetch(number=number, email=email)",
    "bench.fetch(number=f'{number}\\r\\nX-Evil: 1')",
    "answer = b'{\"orders\": [' + email.encode()\n"
    "result = wb.load(bench.folder).map(answer, operation=bench.operations[0])\n"
    "print(result, result.problems)\nresult.orders[0]",
    "with wb.open_merchant(bench.folder) as opened:\n    orders = opened.find_orders(email=email).orders\n"
    "    print(orders, opened)\n    opened.find_order(number=orders[0].order_number).nothing",
    "bench.confirm(email, 'order_number')",
    "bench.select('find_orders_by_email')\nbench.use_in_call('search', '$.next', '/orders/{}/x', 'more')",
]


@pytest.fixture
def merchant() -> Merchant:
    """The merchant; it answers well."""
    return Merchant()


@pytest.fixture
def server(merchant: Merchant) -> Iterator[Server]:
    """Where it answers."""
    with serving(merchant) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, face: str) -> Path:
    """A folder with the merchant's mapping, and a kernel that logs everything that any library says."""
    for name, value in environ(server.url, face, "PLANT").items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "mappings" / "plant"
    home.mkdir(parents=True)
    (home / "1.0.0.yaml").write_text(json.dumps(mapping("PLANT", face == "xml")))
    add_lock(Folder(home), "1.0.0", load(home / "1.0.0.yaml").plan.digest)
    (home / "released").write_text("1.0.0\n")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    startup = tmp_path / "ipythondir" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text(DEBUG.format(file=str(tmp_path / "kernel.log")))
    monkeypatch.setenv("WORKBENCH_MAPPINGS", str(tmp_path / "mappings"))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(place: Path, name: str, cells: list[tuple[int, str]], **parameters: object) -> str:
    """Runs a notebook with more cells in it, each allowed to fail; returns what papermill says of it."""
    book = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text())
    for number, (at, source) in enumerate(cells):
        made = {"cell_type": "code", "metadata": {"tags": ["raises-exception"]}, "source": source, "outputs": []}
        made |= {"id": f"planted-{number}", "execution_count": None}
        book["cells"].insert(at if at >= 0 else len(book["cells"]), made)
    (place / f"{name}.ipynb").write_text(json.dumps(book))
    out = place / f"out-{len(list(place.glob('out-*')))}-{name}.ipynb"
    try:
        papermill.execute_notebook(
            str(place / f"{name}.ipynb"), str(out), {"merchant": "plant", **parameters},
            progress_bar=False, kernel_name="python3",
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        return str(error)
    return ""


def fleet(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`workbench fleet verify` in a process of its own, logging everything; what it prints is kept beside the rest."""
    code = DEBUG.format(file=str(place / "fleet.log")) + "from workbench.cli import main\nsys.exit(main(sys.argv[1:]))"
    call = [sys.executable, "-c", f"import sys\n{code}", "fleet", "verify", *words]
    done = subprocess.run(call, capture_output=True, text=True, env=os.environ, timeout=120)
    count = len(list(place.glob("printed-*")))
    (place / f"printed-{count}.txt").write_text(done.stdout + done.stderr)
    return done


@pytest.mark.parametrize("face", ["json", "xml"])
def test_nothing_of_a_customer_stays_unattended(place: Path, merchant: Merchant, face: str) -> None:
    """Onboarding with cells that fail, a drift repaired and exported, verifying a merchant that echoes all it knows."""
    failing = [(-1, source) for source in LOOKING]
    told = [run(place, "onboard_merchant", [(4, CONSENT), *failing], environment="production")]
    merchant.mood = "drifted"
    told.append(run(place, "verify_merchant", [], mode="live", environment="production"))
    more = [(3, "bench.consent()"), (8, WAIVE)]
    told.append(run(place, "repair_merchant", more, environment="production", apply=True, export=True, reason="it"))
    merchant.mood = "echo"
    done = [
        fleet(place, "--reports", str(place / "reports")),
        fleet(place, "--live", "--reports", str(place / "live"), "--json"),
    ]
    (place / "told.txt").write_text("\n".join(told))

    assert (place / "mappings" / "plant" / "1.1.0.yaml").exists() and list((place / "mappings").rglob("golden/*.json"))
    assert (place / "out-0-onboard_merchant.ipynb").read_text().count('"output_type": "error"') == len(LOOKING) - 1
    assert "state" in told[1] and done[1].returncode == 1 and len(list(place.rglob("*.html"))) == 2
    assert (place / "kernel.log").stat().st_size and (place / "fleet.log").stat().st_size
    assert found_below(place) == []


def test_the_search_finds_every_form() -> None:
    """What the journey looks for is found however it is written: the search is no blind eye."""
    for text in (EMAIL.upper(), quote(EMAIL, safe=""), base64.b64encode(f"x {EMAIL}".encode()).decode(), "kx7+4qz",
                 json.dumps(CITY), quote(quote(PASSWORD)), json.dumps(json.dumps({"a": PASSWORD})), f"&#81;{FIRST[1:]}",
                 NUMBER.lower(), base64.urlsafe_b64encode(f"{NUMBER}?>".encode() * 3).decode()):  # fmt: skip
        assert planted_in(text), text
    assert planted_in("nothing of anybody") == []
