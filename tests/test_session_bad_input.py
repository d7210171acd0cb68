"""Bad input through the session: each has its plain message, and loses nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.mapping import load_text
from workbench.notebook.protocol import handle

pytest.importorskip("pandas", reason="needs the extra notebook")
BY_EMAIL = "find_orders_by_email"
WHO = "jane.planted@example.org"
ORDERS = [
    {"n": "A-1", "who": WHO, "made": "2026-11-01T10:00:00Z", "state": "shipped", "l": [{"s": "x"}]},
    {"n": "A-2", "who": WHO, "made": "2026-11-02T10:00:00Z", "state": "delivered", "l": [{"s": "y"}, {"s": "z"}]},
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mappings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "mappings"


@pytest.fixture
def bench(place: Path) -> wb.Workbench:
    """A merchant with two orders, and where they stand."""
    made = wb.Workbench("acme", mappings=place)
    made.operation(BY_EMAIL)
    made.load_sample(json.dumps(ORDERS).encode(), email=WHO)
    made.assign("order_number", "$[*].n")
    return made


def state_of(bench: wb.Workbench) -> tuple[Any, ...]:
    """What must not be lost."""
    draft = bench.folder / "draft.yaml"
    return bench.data, draft.read_bytes(), [sample["name"] for sample in bench.samples()], bench._rows()


def asks(bench: wb.Workbench) -> None:
    """The widget can still show all of it."""
    for op in ("state", "tree", "preview", "questions"):
        reply, _ = handle(bench, op, {"record": 0} if op == "tree" else {})
        assert "ok" in reply, reply


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "an empty answer"),
        (b" \r\n ", "an empty answer"),
        (b"Internal error", "neither JSON"),
        (b"<html><body><h1>502 Bad Gateway</h1></body></html>", "an HTML page"),
        (b"<!DOCTYPE html><p>Sign in", "an HTML page"),
        (b"5", "a single value"),
        (b'"hello"', "a single value"),
        (b"null", "a single value"),
        (b"[" * 1000 + b"]" * 1000, "nested more than 200 deep"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested more than 200 deep"),
        (b"<a>" * 1000 + b"</a>" * 1000, "nested more than 200 deep"),
        (b'[{"n": 1', "cut off"),
        (bytes(range(128, 256)), "not UTF-8"),
        (5, "int is no response"),
        (None, "NoneType is no response"),
        ([{"n": 1}], "list is no response"),
        (Path("nowhere.json"), "cannot read nowhere.json"),
        (Path("."), "cannot read"),
    ],
)
def test_what_is_no_response_is_refused(bench: wb.Workbench, body: Any, told: str) -> None:
    """The draft, the samples and the results stay as they were, and none of it is repeated in the message."""
    before = state_of(bench)

    with pytest.raises(wb.UsageError, match=told):
        bench.load_sample(body, email=WHO)
    assert state_of(bench) == before
    asks(bench)


def test_name_of_a_file_as_text_is_told(bench: wb.Workbench) -> None:
    """A file's name in quotes is a text; the message says how a file is read."""
    Path("orders.json").write_text(json.dumps(ORDERS))

    with pytest.raises(wb.UsageError, match=r"give Path\(\.\.\.\)"):
        bench.load_sample("orders.json")
    bench.load_sample(Path("orders.json"), email=WHO)
    assert len(bench.samples()) == 2


@pytest.mark.parametrize("body", [b"[]", b"{}", b"<orders/>"])
def test_answers_without_an_order_are_samples(bench: wb.Workbench, body: bytes) -> None:
    """Nothing was found: that is a sample as well, and said."""
    bench.load_sample(body, email="nobody@example.org")

    assert len(bench.samples()) == 2
    assert len(bench._rows()[1]) == 2
    asks(bench)


def test_sample_for_an_unknown_call(bench: wb.Workbench) -> None:
    """It would never be seen."""
    with pytest.raises(wb.UsageError, match="no call 'detail' - there are main"):
        bench.load_sample(b"[]", call="detail")
    with pytest.raises(wb.UsageError, match="no operation 'nope'"):
        bench.load_sample(b"[]", operation="nope")


ODD = ["a.b", "it's", 'say "x"', "[0]", "x:y", "", "Größe", "日本", "a\\b", "where", "wherenot", "$", "@", "~", " lead",
       "]", "*", "..", "#text", "@id", "<b>", "\u202e", "a" * 500, "-1", "True"]  # fmt: skip


@pytest.mark.parametrize("key", ODD)
def test_odd_keys_are_assigned_like_others(place: Path, key: str) -> None:
    """Dots, quotes, brackets, colons, emptiness, other alphabets, and words that paths reserve."""
    made = wb.Workbench("odd", mappings=place)
    made.operation(BY_EMAIL)
    made.load_sample(json.dumps([{"n": "A-1", key: "v1", "in": [{key: {key: "v2"}}]}, {"n": "A-2"}]).encode())
    made.assign("order_number", "$[*].n")
    node, deep = [each.path for each in made.tree() if each.name == key and each.types == {"text"}]
    made.assign("region", node)
    made.assign("lines.name", deep)

    assert made._rows()[1][0]["region"] == "v1"
    assert made._rows("lines")[1][0]["name"] == "v2"
    load_text((place / "odd" / "draft.yaml").read_text())
    asks(made)


@pytest.mark.parametrize("key", ["line\nbreak", "tab\t", "nul\x00", "(json)", "(xml)"])
def test_keys_that_no_path_can_say(place: Path, key: str) -> None:
    """They are shown and told; everything else works."""
    made = wb.Workbench("odd", mappings=place)
    made.operation(BY_EMAIL)
    made.load_sample(json.dumps([{"n": "A-1", key: {"x": "v"}, "t": key}]).encode())
    made.assign("order_number", "$[*].n")
    node = next(each for each in made.tree() if each.name == key)
    inner = next(each for each in made.tree() if each.path.startswith(node.path + "."))

    assert "unsaid" in node.flags
    with pytest.raises(wb.UsageError, match="signs that no path can say"):
        made.assign("region", inner.path)
    made.assign("region", "$[*].t")
    asks(made)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "nothing is typed"),
        ("$", "holds other nodes"),
        ("$.", "more than names"),
        ("$..n", "more than names"),
        ("$[0", "more than names"),
        ("$[*].nope", "nothing stands at"),
        ("$[*].n.x", "nothing stands at"),
        ("$[*].l", "holds other nodes"),
        ("n", "start it with @"),
        ("@.n..x", "more than names"),
        ("^.n", "further out"),
        ("other:$.n", "nothing is called 'other'"),
        ("{pth: '@.n'}", "did you mean 'path'"),
        ("{path: [}", "not YAML"),
        ("[1]", "no rule"),
        (None, "a text is needed"),
        (5, "a text is needed"),
    ],
)
def test_paths_typed_wrong(bench: wb.Workbench, path: Any, told: str) -> None:
    """Refused with the reason; the rule that was there stays."""
    before = state_of(bench)

    with pytest.raises(wb.UsageError, match=told):
        bench.assign("order_number", path)
    assert state_of(bench) == before


def test_blanks_around_a_path_are_no_mistake(bench: wb.Workbench) -> None:
    """They come from copying."""
    bench.assign("customer_email", "  $[*].who\n")

    assert bench.rule("customer_email") == "@.who"


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda bench: bench.assign("nope", "$[*].n"), "no field 'nope'"),
        (lambda bench: bench.assign("", "$[*].n"), "no field ''"),
        (lambda bench: bench.assign(None, "$[*].n"), "a text is needed"),
        (lambda bench: bench.assign("lines", "$[*].n"), "choose one of them"),
        (lambda bench: bench.assign("lines.sku.x", "$[*].n"), "no field"),
        (lambda bench: bench.assign("unavailable", "$[*].n"), "filled by the runtime"),
        (lambda bench: bench.assign("region", "$[*].n", choice=9), "choose 0 to"),
        (lambda bench: bench.assign("region", "$[*].n", choice="nope"), "no reading says that"),
        (lambda bench: bench.assign("region", "$[*].n", choice=None), "no reading says that"),
        (lambda bench: bench.assign("order_number", "$[*].n", second="x"), "first, join or auto"),
        (lambda bench: bench.assign("region", "$[*].n", "nope"), "no sample of the call 'nope'"),
        (lambda bench: bench.assign("region", "$[*].n", operation="nope"), "no operation 'nope'"),
        (lambda bench: bench.each("$.nope"), "click a node"),
        (lambda bench: bench.keep(5), "no table of conditions"),
        (lambda bench: bench.keep({"@.x": "y"}, "nope"), "no list yet"),
        (lambda bench: bench.keep({"colour": "y"}), "find_orders_by_email.orders.keep"),
        (lambda bench: bench.transform("order_number", regex="("), "order_number"),
        (lambda bench: bench.transform("order_number", nonsense=1), "unknown key"),
        (lambda bench: bench.lookup("order_number", None), "no table of words"),
        (lambda bench: bench.words("order_number"), "no vocabulary"),
        (lambda bench: bench._rows("nope"), "no tab"),
        (lambda bench: bench.explain("order_number", 99), "no such order"),
        (lambda bench: bench.remove_sample("../acme"), "no sample"),
        (lambda bench: bench.operation("a b"), "letters, digits"),
        (lambda bench: bench.call("/x", method="brew"), "no method"),
        (lambda bench: bench.call("/x{nope}"), "no such input"),
        (lambda bench: bench.confirm("A-9", "status"), "no sample has that order"),
    ],
)
def test_wrong_use_changes_nothing(bench: wb.Workbench, act: Callable[[wb.Workbench], Any], told: str) -> None:
    """Every method says what is wrong, never repeats a customer's value, and leaves the state as it was."""
    before = state_of(bench)

    with pytest.raises(wb.WorkbenchError, match=told) as caught:
        act(bench)
    assert WHO not in str(caught.value)
    assert state_of(bench) == before


def test_order_that_stands_too_deep_is_told(place: Path) -> None:
    """When one order was said to be a line, the order's own values say where it should stand."""
    made = wb.Workbench("deep", mappings=place)
    made.operation(BY_EMAIL)
    made.load_sample(json.dumps(ORDERS).encode(), email=WHO)
    made.each("$[*].l")
    made.assign("region", "$[*].l[*].s")

    with pytest.raises(wb.UsageError, match=r"say where one order stands by each\('\$'\)"):
        made.assign("order_number", "$[*].n")
    made.each("$")
    assert made.assign("order_number", "$[*].n") == "@.n"


def test_two_notebooks_on_one_draft(bench: wb.Workbench, place: Path) -> None:
    """The second is told, keeps what it shows, and goes on after taking the other's state."""
    other = wb.Workbench("acme", mappings=place)
    other.load_sample(json.dumps(ORDERS).encode(), email=WHO)
    bench.assign("customer_email", "$[*].who")
    written = (place / "acme" / "draft.yaml").read_bytes()

    for act in (
        lambda: other.assign("region", "$[*].state"),
        other.undo,
        lambda: other.operation("find_order_by_number"),
    ):
        with pytest.raises(wb.WorkbenchError, match=r"another notebook|nothing to undo"):
            act()
        assert (place / "acme" / "draft.yaml").read_bytes() == written
    other.reload()
    other.assign("region", "$[*].state")
    with pytest.raises(wb.WorkbenchError, match="another notebook"):
        bench.undo()
    bench.reload()
    assert (bench.rule("customer_email"), bench.rule("region")) == ("@.who", "@.state")
    assert len(bench._rows()[1]) == 2


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond a few bytes, as on a disk that is full."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(os.name == "nt", reason="no limits there")
def test_full_disk(bench: wb.Workbench) -> None:
    """The change is refused with the system's reason; what is on disk and screen stays, and a retry works."""
    before = state_of(bench)
    with full_disk(), pytest.raises(wb.WorkbenchError, match=r"cannot write .*draft\.yaml"):
        bench.assign("customer_email", "$[*].who")

    assert state_of(bench) == before
    assert [file.name for file in bench.folder.iterdir()] == ["draft.yaml"]
    bench.assign("customer_email", "$[*].who")
    assert bench.undo().startswith("customer_email")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(bench: wb.Workbench, place: Path) -> None:
    """Looking is possible, changing says why not."""
    bench.folder.chmod(0o555)
    try:
        with pytest.raises(wb.WorkbenchError, match="cannot write"):
            bench.assign("customer_email", "$[*].who")
        assert wb.Workbench("acme", mappings=place).rule("order_number") == "@.n"
    finally:
        bench.folder.chmod(0o755)


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    """It is said at once, before anything is fetched."""
    (tmp_path / "mappings").write_text("not a folder")

    with pytest.raises(wb.WorkbenchError, match="cannot make"):
        wb.Workbench("acme", mappings=tmp_path / "mappings")


@pytest.mark.parametrize(
    "text", ["format: 1\nmerchant: [", "", "[]", "format: 99\nmerchant: acme", "merchant: acme\nrecords: 5"]
)
def test_damaged_draft_is_not_written_over(place: Path, text: str) -> None:
    """A draft that cannot be read stays for somebody to mend."""
    (place / "acme").mkdir(parents=True)
    (place / "acme" / "draft.yaml").write_text(text)

    with pytest.raises(wb.WorkbenchError):
        wb.Workbench("acme", mappings=place)
    assert (place / "acme" / "draft.yaml").read_text() == text


def test_damaged_sample_does_not_hide_the_others(bench: wb.Workbench, place: Path) -> None:
    """The others are there."""
    bench.consent()
    (place / "acme" / "samples" / "broken").mkdir()
    (place / "acme" / "samples" / "broken" / "sample.yaml").write_text("operation: [")
    again = wb.Workbench("acme", mappings=place)

    assert len(again.samples()) == 1
    assert len(again._rows()[1]) == 2


def ready(bench: wb.Workbench) -> wb.Workbench:
    """With what an export needs."""
    bench.assign("customer_email", "$[*].who")
    bench.assign("created_at", "$[*].made")
    bench.assign("status", "$[*].state")
    bench.connect("https://api.acme.example")
    bench.consent()
    for one in bench.todo():
        if one.blocks and one.waivable:
            bench.waive(one.text, "tested otherwise")
    return bench


def test_version_that_exists_is_not_written_over(bench: wb.Workbench, place: Path) -> None:
    """A second export without a change, and one over a file that somebody else put there."""
    ready(bench).export()
    first = (place / "acme" / "1.0.0.yaml").read_bytes()

    with pytest.raises(wb.WorkbenchError, match="nothing"):
        bench.export()
    bench.assign("region", "$[*].state")
    (place / "acme" / "1.1.0.yaml").write_bytes(first.replace(b"version: 1.0.0", b"version: 1.1.0"))
    planted = (place / "acme" / "1.1.0.yaml").read_bytes()
    with pytest.raises(wb.WorkbenchError, match=r"1\.1\.0"):
        bench.export()
    assert (place / "acme" / "1.0.0.yaml").read_bytes() == first
    assert (place / "acme" / "1.1.0.yaml").read_bytes() == planted
    assert bench.rule("region") == "@.state"


def test_unknown_version_to_start_from(place: Path) -> None:
    """It is named, with those that are there; the draft stays."""
    wb.Workbench("acme", mappings=place).operation(BY_EMAIL)
    before = (place / "acme" / "draft.yaml").read_bytes()

    for version in ("9.9.9", "x", ""):
        with pytest.raises(wb.UsageError, match="version"):
            wb.Workbench("acme", version, mappings=place)
    assert (place / "acme" / "draft.yaml").read_bytes() == before


def test_wide_answer(place: Path) -> None:
    """Many different keys are shown, and the rest works."""
    made = wb.Workbench("wide", mappings=place)
    made.operation(BY_EMAIL)
    wide = {f"key {number} x{chr(97 + number % 26)}": number for number in range(25_000)}
    made.load_sample(json.dumps([{"n": "A-1", **wide}]).encode())
    made.assign("order_number", "$[*].n")

    assert len(made.tree().nodes) == 25_003
    assert made._rows()[1][0]["order_number"] == "A-1"
