"""Secrets planted everywhere, and everything that is written searched for them."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

import workbench as wb
from tests.auth_servers import ID, KINDS, PASSWORD, SECRET, USER, folder_for
from tests.servers import Answer, Seen, order, serving
from workbench.calls import Exchange
from workbench.cli import main
from workbench.connect.secrets import Secret, Secrets, Source
from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import doctor
from workbench.notebook.protocol import handle
from workbench.pseudonyms import Pseudonyms
from workbench.samples import record, recorded

MAIL = "ann@example.com"
TOKENS = ("token-12345", "token-67890", "refresh-12345", "session-12345")
PLANTED = (USER, PASSWORD, ID, SECRET, *TOKENS)


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name, value in (("USER", USER), ("PASSWORD", PASSWORD), ("ID", ID), ("SECRET", SECRET)):
        monkeypatch.setenv(f"SHOP_{name}", value)


def forms(value: str) -> set[str]:
    """A secret in every form in which it may lie about."""
    pairs = [value, f"{USER}:{PASSWORD}", f"{ID}:{SECRET}", f"{quote(ID, safe='')}:{quote(SECRET, safe='')}"]
    coded = {base64.b64encode(one.encode()).decode() for one in pairs}
    return {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], *coded}


def search(written: str, kind: str) -> None:
    """Finds no secret in what was written."""
    for value in PLANTED:
        for form in forms(value):
            assert form not in written, f"{kind}: {form} was written"


def echoing(inner: Callable[[Seen], Answer], spoil: str = "") -> Callable[[Seen], Answer]:
    """A server that gives back all it was sent, in its body and in its headers, whether it lets us in or not."""

    def serve(seen: Seen) -> Answer:
        given = inner(seen)
        sent = {"target": seen.target, "headers": dict(seen.headers), "body": seen.body.decode()}
        words = {f"X-Echo-{name}": value for name, value in seen.headers.items() if value.isprintable()}
        body = {**given.body, "echo": sent} if isinstance(given.body, dict) else given.body
        if spoil and seen.path != "/token":
            return Answer(f"<!doctype html><p>{json.dumps(sent)}", int(spoil), words)
        if spoil and spoil != "200":
            return Answer({"error": "invalid_client", "error_description": json.dumps(sent)}, int(spoil), words)
        return Answer(body, given.status, {**given.headers, **words})

    return serve


def everything_of(error: BaseException) -> str:
    """All that can be printed of an error, of what it came from, and of how it travels."""
    told = ["".join(traceback.format_exception(error)), repr(error), str(vars(error)), repr(error.args)]
    with contextlib.suppress(Exception):
        told.append(pickle.dumps(error).decode("latin-1"))
    return "\n".join(told)


def all_files(folder: Path) -> str:
    """Every file below a folder, but the store of tokens, whose very purpose they are."""
    files = [path for path in folder.rglob("*") if path.is_file() and "tokens" not in path.relative_to(folder).parts]
    return "\n".join(f"{path} {path.read_bytes().decode('utf-8', 'replace')}" for path in files)


@pytest.mark.parametrize("spoil", ["", "200", "401", "500"])
@pytest.mark.parametrize("name", KINDS)
def test_nothing_secret_is_written(tmp_path: Path, name: str, spoil: str, caplog: pytest.LogCaptureFixture) -> None:
    """Exchanges, samples, logs, errors, reprs, doctor and command line, with a server that echoes all it gets."""
    caplog.set_level(logging.DEBUG)
    exchanges: list[Exchange] = []
    written: list[str] = []
    with serving(echoing(KINDS[name][1], spoil)) as server:
        folder = folder_for(name, tmp_path, server.url)
        with wb.open_merchant(folder, on_exchange=exchanges.append) as shop:
            try:
                result = shop.find_orders(email=MAIL)
                written += [repr(result), str(result.problems)]
                assert not spoil
            except WorkbenchError as error:
                assert spoil
                written.append(everything_of(error))
            opened: Any = shop._opened
            printed = [shop, opened, vars(shop), opened.secrets, opened.operations.auth, vars(opened.operations.auth)]
            written += [repr(one) for one in printed]
        written.append(str([dataclasses.asdict(one) for one in exchanges]))
        written.append(repr(exchanges))
        answers = [answer for answer in map(recorded, exchanges) if answer is not None]
        if answers:
            kept = record(folder, "sample", "find_orders_by_email", {"email": MAIL}, answers, Pseudonyms(b"k" * 32))
            written.append(repr(kept))
        written.append(str(doctor(folder)))
        for arguments in (["find", str(folder), "--email", MAIL, "--json"], ["doctor", str(folder)]):
            output = io.StringIO()
            with (
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
                contextlib.suppress(SystemExit),
            ):
                main(arguments)
            assert output.getvalue()
            written.append(output.getvalue())
        bench = wb.Workbench("shop", mappings=folder.parent)
        for asked in ({"email": MAIL}, {"number": "A-1"}):
            with contextlib.suppress(WorkbenchError):
                bench.fetch(**asked)
            written += [bench.message, repr(bench), str(vars(bench))]
        written.append(str(handle(bench, "state", {})))
        written.append(str(handle(bench, "exchange", {})))

    written += [record_.getMessage() for record_ in caplog.records]
    written.append(all_files(tmp_path))
    search("\n".join(written), f"{name} {spoil}")


@pytest.mark.parametrize("name", ["digest", "oauth2_client_credentials", "session_cookie"])
def test_sample_holds_the_answers_that_count(tmp_path: Path, name: str) -> None:
    """A challenge, a login and an answer that was asked for again are told, and are no part of a sample."""
    exchanges: list[Exchange] = []
    with serving(KINDS[name][1]) as server:
        folder = folder_for(name, tmp_path, server.url)
        with wb.open_merchant(folder, on_exchange=exchanges.append) as shop:
            shop.find_orders(email=MAIL)

    assert len(exchanges) == 2
    assert exchanges[0].repeated or exchanges[0].request.login
    (answer,) = [one for one in map(recorded, exchanges) if one is not None]
    assert (answer.call, answer.status) == ("search", 200)
    assert json.loads(answer.body)["data"] == [order("A-1")]


def test_values_that_were_learnt_are_masked() -> None:
    """Each at once, in every form; the oldest of very many are forgotten, those of the deployment never."""
    secrets = Secrets([Secret("SHOP_A", "planted-one")])
    assert secrets.redact("token-abc") == "token-abc"
    secrets.learn("token-abc")
    assert secrets.redact(f"x token-abc {base64.b64encode(b'token-abc').decode()} planted-one") == "x *** *** ***"
    assert secrets.redact_bytes(b"token-abc") == b"***"
    for number in range(500):
        secrets.learn(f"token-{number:04d}")
    assert secrets.redact("token-0499 planted-one") == "*** ***"
    assert len(repr(secrets)) < 100
    assert "token" not in repr(secrets)


# ---------------------------------------------------------------- the keyring


def test_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the deployment names a service, a reference that stands nowhere else is looked up there."""
    import sys
    import types

    monkeypatch.chdir(tmp_path)
    kept = {("shops", "SHOP_A"): "from the keyring", ("shops", "SHOP_B"): "not this"}
    asked: list[tuple[str, str]] = []

    def get_password(service: str, name: str) -> str | None:
        asked.append((service, name))
        if name == "SHOP_LOCKED":
            raise RuntimeError(PASSWORD)
        return kept.get((service, name))

    keyring: Any = types.ModuleType("keyring")
    keyring.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    source = Source({"WORKBENCH_KEYRING": "shops", "SHOP_B": "from the environment"})

    assert source.find_all(["SHOP_A", "SHOP_B"]) == {"SHOP_A": "from the keyring", "SHOP_B": "from the environment"}
    assert asked == [("shops", "SHOP_A")]
    assert source.find("SHOP_C") is None
    assert Source({}).find("SHOP_A") is None
    with pytest.raises(UsageError, match="the keyring cannot be asked: RuntimeError") as caught:
        source.find("SHOP_LOCKED")
    assert PASSWORD not in str(caught.value)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match=r"pip install 'workbench\[keyring\]'"):
        source.find("SHOP_A")
