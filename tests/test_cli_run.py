"""`workbench run` and `workbench explain`: recorded responses through a mapping."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.folders import MAPPING, an_order, write

BY_EMAIL = ("--operation", "find_orders_by_email")


def test_run_prints_orders_as_data(search: Path, cli: Any) -> None:
    """--json gives orders, problems and the outcome, with the order's keys as the catalogue has them."""
    code, out, err = cli("run", "acme", str(search), *BY_EMAIL, "--json")
    told = json.loads(out)

    assert (code, err) == (0, "")
    assert list(told) == ["orders", "problems", "outcome", "mapping_version"]
    assert [order["order_number"] for order in told["orders"]] == ["N1", "N2"]
    assert (told["outcome"], told["mapping_version"]) == ("found", "1.0.0")


def test_run_prints_aligned_text_in_a_pipe(search: Path, cli: Any) -> None:
    """Without a terminal there are no colours, no frames, and columns stay together."""
    code, out, _ = cli("run", "acme", str(search), *BY_EMAIL)

    assert code == 0
    assert out.startswith(
        "order number  status           created at                 amount     customer email\n"
        "N1            confirmed (new)  2026-03-01T10:00:00+01:00  12.50 EUR  ana@example.org\n"
    )
    assert "\x1b" not in out
    assert out.endswith("\n2 orders\n")


@pytest.mark.parametrize(
    "mapping", ["acme", "acme/1.0.0", "acme/1.0.0.yaml", "acme/draft", "{path}", "{path}/draft.yaml"]
)
def test_run_takes_files_folders_and_names(acme: Path, search: Path, cli: Any, mapping: str) -> None:
    """A merchant's name or folder is its released version; a version may be named behind it."""
    code, out, _ = cli("run", mapping.format(path=acme), str(search), *BY_EMAIL, "--json")

    assert code == 0
    assert json.loads(out)["mapping_version"] == (None if "draft" in mapping else "1.0.0")


def test_run_with_calls_pages_and_orders_of_their_own(tmp_path: Path, search: Path, cli: Any) -> None:
    """A call given twice is its pages; CALL[KEY]= answers for one order; options may stand between."""
    second = write(tmp_path / "second.json", json.dumps({"orders": [an_order(3)]}))
    parcels = write(tmp_path / "i2=[x].json", json.dumps({"parcels": [{"code": "T2", "by": "UPS"}]}))

    code, out, _ = cli(
        "run", "acme", f"search={search}", "--input", "email=ana@example.org", f"search={second}",
        "--json", f"parcels[i2]={parcels}",
    )  # fmt: skip
    orders = json.loads(out)["orders"]

    assert code == 0
    assert [order["order_number"] for order in orders] == ["N1", "N2", "N3"]
    assert [order.get("tracking_numbers") for order in orders] == [None, ["T2"], None]


@pytest.mark.parametrize("name", ["a=b.json", "x[1]=2.json", "[", "=", "b[i2].json", "-b.json"])
def test_run_takes_files_whose_names_look_like_calls(search: Path, cli: Any, name: str) -> None:
    """A file that is there is a response, where no call has that name."""
    search.rename(search.with_name(name))
    spoken = f"./{name}" if name.startswith("-") else name

    code, out, err = cli("run", "acme", spoken, *BY_EMAIL, "--json")

    assert (code, err) == (0, "")
    assert len(json.loads(out)["orders"]) == 2


def test_run_takes_keys_with_brackets_and_equals_signs(tmp_path: Path, search: Path, cli: Any) -> None:
    """An order's key may hold whatever the merchant's ids hold."""
    search.write_text(json.dumps({"orders": [an_order(1, id="a]=b[")]}))
    parcels = write(tmp_path / "p.json", json.dumps({"parcels": [{"code": "T1"}]}))

    code, out, _ = cli("run", "acme", str(search), f"parcels[a]=b[]={parcels}", *BY_EMAIL, "--json")

    assert code == 0
    assert json.loads(out)["orders"][0]["tracking_numbers"] == ["T1"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["find=search.json"], "no call 'find' in find_orders_by_email @ command line - its calls are search, parcels"),
        (["serch=search.json"], "no call 'serch' in find_orders_by_email @ command line - did you mean 'search'?"),
        (["pracels[i1]=search.json"], "did you mean 'parcels'?"),
        (["gone.json"], "cannot read the response 'gone.json': No such file or directory"),
        (["search=gone.json"], "cannot read the response 'gone.json'"),
        (["search="], "no file behind the equals sign"),
        (["."], "cannot read the response '.': Is a directory"),
        (["a\0b"], "cannot read the response"),
        (["-", "-"], "stdin is given twice"),
        (["search.json", "parcels=search.json", "parcels[a]=search.json"], "given both for the whole and for orders"),
        (["parcels=search.json"], "no answer of the first call, 'search'"),
        (
            ["search.json", "--input", "mail=x"],
            "no input 'mail' in this mapping @ command line - did you mean 'em",
        ),
        (["search.json", "--input", "email"], "--input 'email' has no value"),
        (["search.json", "--input", "email=a", "--input", "email=b"], "--input email is given twice"),
    ],
)
def test_run_answers_wrong_responses(search: Path, cli: Any, words: list[str], told: str) -> None:
    """Each mistake in naming responses and inputs is told as what to write."""
    code, out, err = cli("run", "acme", *words, *BY_EMAIL)

    assert (code, out) == (2, "")
    assert told in err


def test_run_needs_to_know_the_operation(search: Path, cli: Any) -> None:
    """Of several operations the inputs tell which; else the message lists them, or what was probably meant."""
    assert "several operations - say which" in cli("run", "acme", str(search))[2].replace(" @ command line", "")
    assert (
        "did you mean 'find_orders_by_email'?"
        in cli("run", "acme", str(search), "--operation", "find_order_by_email")[2]
    )
    assert cli("run", "acme", str(search), "--input", "email=ana@example.org")[0] == 0


def test_run_without_orders(search: Path, cli: Any) -> None:
    """Nothing found is exit code 1: an empty list, or orders that do not carry what was asked for."""
    code, out, _ = cli("run", "acme", str(search), "--input", "email=other@example.org", "--json")
    assert (code, json.loads(out)["outcome"]) == (1, "withheld")

    assert (
        "2 came that do not carry what was asked for" in cli("run", "acme", str(search), "--input", "email=o@x.org")[1]
    )
    search.write_text('{"orders": []}')
    assert cli("run", "acme", str(search), *BY_EMAIL)[:2] == (1, "no orders: the answer says that there are none\n")


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"{", b"<html>", b"[" * 500_000, b'{"a": 1}', b"\xef\xbb\xbf5"])
def test_run_never_raises_on_data(search: Path, cli: Any, body: bytes) -> None:
    """A response that cannot be read is exit code 1 and a problem, whatever it is."""
    search.write_bytes(body)

    code, out, err = cli("run", "acme", str(search), *BY_EMAIL, "--json")
    told = json.loads(out)

    assert (code, err) == (1, "")
    assert told["outcome"] == "failed"
    assert told["problems"][0].keys() == {"text", "what", "where", "how", "code"}


def test_run_strict(search: Path, cli: Any) -> None:
    """Problems are no failure unless --strict says so."""
    search.write_text(json.dumps({"orders": [an_order(1, state="odd")]}))

    assert cli("run", "acme", str(search), *BY_EMAIL)[0] == 0
    code, out, _ = cli("run", "acme", str(search), *BY_EMAIL, "--strict")
    assert code == 1
    assert "1 problem:\n  a word that the lookup does not know" in out


def test_run_of_a_bad_mapping(search: Path, cli: Any) -> None:
    """Every problem of a mapping file is told at once with its place, on stderr, and with --json on stdout."""
    bad = search.with_name("bad.yaml")
    bad.write_text(MAPPING.replace('"@.no"', '"number"').replace("sent: shipped", "sent: posted"))

    code, out, err = cli("run", str(bad), str(search), "--json")

    assert code == 2
    assert "'number': not a path @ records.order.order_number" in err
    assert "'posted' is no status of ours @ records.order.status" in err
    assert len(json.loads(out)["problems"]) == 2
    assert cli("run", str(bad), str(search))[1] == ""


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00\x01", b"[1, 2]", b"\t", b"a: &a [*a]", b"- " * 50_000])
def test_run_of_what_is_no_mapping(search: Path, cli: Any, data: bytes) -> None:
    """Binary and broken files are bad mapping files, never a traceback."""
    bad = search.with_name("bad.yaml")
    bad.write_bytes(data)

    code, _, err = cli("run", str(bad), str(search))

    assert code == 2
    assert "bad.yaml" in err


def test_run_reads_stdin(search: Path, monkeypatch: pytest.MonkeyPatch, cli: Any) -> None:
    """- stands for one response that comes through the pipe."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(search.read_bytes())))

    code, out, _ = cli("run", "acme", "search=-", *BY_EMAIL, "--json")

    assert code == 0
    assert len(json.loads(out)["orders"]) == 2


def test_values_cannot_drive_the_terminal(search: Path, cli: Any) -> None:
    """Control characters of a response are not printed: neither escape sequences nor what turns text around."""
    search.write_text(json.dumps({"orders": [an_order(1, no="N\x1b[2J\u202e1\n2", mail="a@b.example[bold]")]}))

    _, out, _ = cli("run", "acme", str(search), *BY_EMAIL)

    assert not {"\x1b", "\u202e"} & set(out)
    assert "a@b.example[bold]" in out


# ---------------------------------------------------------------- explain


def test_explain_shows_where_a_rule_stopped(search: Path, cli: Any) -> None:
    """The steps name what was found and what stands there instead, never a value."""
    search.write_text(search.read_text().replace('"mail"', '"email"'))

    code, out, _ = cli("explain", "acme", str(search), "--field", "customer_email", *BY_EMAIL)

    assert code == 0
    assert out.startswith("order[0].customer_email: nothing\n  rule: @.mail\n")
    assert "instead there: email" in out
    assert "example.org" not in out


def test_explain_as_data(search: Path, cli: Any) -> None:
    """--json gives the steps as data."""
    code, out, _ = cli("explain", "acme", str(search), "--field", "lines.sku", *BY_EMAIL, "--json")
    told = json.loads(out)["explanations"]

    assert code == 0
    assert [one["where"] for one in told] == ["order[0].lines[0].sku", "order[1].lines[0].sku"]


def test_explain_of_no_field(search: Path, cli: Any) -> None:
    """A field that is not there is wrong use."""
    assert cli("explain", "acme", str(search), "--field", "colour", *BY_EMAIL)[0] == 2
