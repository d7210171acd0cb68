"""Copy as curl: what is pasted into a shell asks what the workbench asked, with variables where secrets stand."""

# Long lines: what was asked and what a shell makes of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.auth_servers import FOUND, ID, KINDS, PASSWORD, SECRET, USER, basic, folder_for, table_of
from tests.servers import Answer, Seen, by_email, serving, shop_file
from workbench.calls import Exchange, Request
from workbench.notebook.curl import curl_of

BASH = shutil.which("bash") or "/bin/bash"
MAIL = "ann+x@example.com"
SECRETS = {"SHOP_USER": USER, "SHOP_PASSWORD": PASSWORD, "SHOP_ID": ID, "SHOP_SECRET": SECRET}
KEY = {"kind": "api_key", "value": "${SHOP_SECRET}"}
SAID: dict[str, tuple[dict[str, Any], Callable[[Seen], Any]]] = {
    "none": ({"kind": "none"}, lambda seen: True),
    "basic": (
        {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"},
        lambda seen: seen.headers["authorization"] == basic(USER, PASSWORD),
    ),
    "bearer": (
        {"kind": "bearer", "token": "${SHOP_SECRET}"},
        lambda seen: seen.headers["authorization"] == f"Bearer {SECRET}",
    ),
    "header": ({**KEY, "in": "header", "name": "X-Key"}, lambda seen: seen.headers["x-key"] == SECRET),
    "query": ({**KEY, "in": "query", "name": "api&key"}, lambda seen: seen.query["api&key"] == SECRET),
    "cookie": ({**KEY, "in": "cookie", "name": "key"}, lambda seen: seen.headers["cookie"] == f"key={SECRET}"),
    "aws_sigv4": (
        {"kind": "aws_sigv4", "access_key": "${SHOP_ID}", "secret_key": "${SHOP_SECRET}", "region": "eu-west-1"},
        lambda seen: f"Credential={ID}/" in seen.headers["authorization"]
        and "/eu-west-1/execute-api/aws4_request" in seen.headers["authorization"],
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the deployment says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def asked(folder: Path, **connection: Any) -> str:
    """The curl line of the last request of a lookup."""
    exchanges: list[Exchange] = []
    mapping = json.loads((folder / "1.0.0.yaml").read_text())
    with wb.open_merchant(folder, on_exchange=exchanges.append) as shop:
        shop.find_orders(email=MAIL)
    request = [one.request for one in exchanges if not one.request.login][-1]
    call = mapping["operations"]["find_orders_by_email"]["calls"][0]
    line = curl_of(request, call, mapping["connection"], "SHOP")
    assert not any(value in line for value in SECRETS.values())
    return line


def run(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line, its secrets in its environment."""
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    known = {"PATH": os.environ["PATH"], **SECRETS, **more}
    return subprocess.run([BASH, "-c", line], env=known, capture_output=True, text=True, timeout=60, check=False)


def words(line: str, **variables: str) -> list[str]:
    """The words that a shell hands to curl; it is checked first that the line is whole."""
    assert subprocess.run([BASH, "-n"], input=line, text=True, capture_output=True, check=False).returncode == 0
    told = "curl() { printf '%s\\0' \"$@\"; }\n" + line
    done = subprocess.run(
        [BASH, "-c", told], env={"PATH": "/nowhere", **SECRETS, **variables}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("name", SAID)
def test_pasted_line_gets_in(tmp_path: Path, name: str) -> None:
    """Kinds with nothing to obtain first: curl gets the orders, and the server sees the same credentials."""
    auth, right = SAID[name]
    with serving(lambda seen: FOUND if right(seen) else Answer({}, 401)) as server:
        line = asked(shop_file(tmp_path / "shop", server.url, auth=auth))
        done = run(line)
    assert json.loads(done.stdout or "{}").get("data"), (line, done)


GIVEN = {"SHOP_ACCESS_TOKEN": "token-12345", "SHOP_SESSION_COOKIE": "SID=session-12345"}


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("hmac", "wsse") and "in the body" not in name])
def test_pasted_line_with_a_token(tmp_path: Path, name: str) -> None:
    """Kinds with a login: the token is a variable, and a comment says where it comes from; Digest needs none."""
    with serving(KINDS[name][1]) as server:
        line = asked(shop_file(tmp_path / "shop", server.url, auth=table_of(name)))
        token = "token-67890" if name.endswith("header") else GIVEN["SHOP_ACCESS_TOKEN"]
        done = run(line, **{**GIVEN, "SHOP_ACCESS_TOKEN": token})
    assert json.loads(done.stdout or "{}").get("data"), (line, done)
    if name != "digest":
        assert line.startswith(("# SHOP_ACCESS_TOKEN: what ", "# SHOP_SESSION_COOKIE: ")), line


def test_several_kinds_together(tmp_path: Path) -> None:
    """A token in the body, a signature and a key: what curl can say is a variable, and the signature is told."""
    name = next(name for name in KINDS if "in the body" in name)
    with serving(KINDS[name][1]) as server:
        line = asked(folder_for(name, tmp_path, server.url))

    sent = words(line, SHOP_ACCESS_TOKEN="token-12345")
    assert f"X-Key: {SECRETS['SHOP_PASSWORD']}" in sent
    assert "curl cannot do HMAC signature" in line
    assert any('"session":"token-12345"' in each.replace(" ", "") for each in sent), line


@pytest.mark.parametrize("name", ["hmac", "wsse", "oauth1"])
def test_what_curl_cannot_do_is_said(tmp_path: Path, name: str) -> None:
    """A signature that is good once is left out rather than pasted masked, and a comment says so."""
    auth = {
        "hmac": {"kind": "hmac", "secret": "${SHOP_SECRET}", "canonical": "{method}", "headers": {"X-Sign": "{signature}"}, "query": {"sign": "{signature}"}},
        "wsse": {"kind": "wsse", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"},
        "oauth1": {"kind": "oauth1", "consumer_key": "${SHOP_ID}", "consumer_secret": "${SHOP_SECRET}"},
    }[name]  # fmt: skip
    request = Request(
        "POST", "https://shop.example/a?sign=abc&b=1", (("X-Sign", "abc"), ("Authorization", "***")),
        b"<E><Header><wsse:Security a='1'>\n<x>***</x></wsse:Security></Header></E>",
    )  # fmt: skip
    line = curl_of(request, {"post": "/a", "xml": "<E/>"}, {"auth": auth}, "SHOP")

    assert line.startswith("# curl cannot do ")
    assert "Authorization" not in line
    assert ("X-Sign" in line, "sign=" in line) == (name != "hmac", name != "hmac")
    assert ("wsse:Security" in line) == (name != "wsse")
    words(line)


def test_references_everywhere_in_a_call() -> None:
    """In the path, the query, headers and every kind of body, each in its own place again."""
    call = {
        "post": "/s/${SHOP_ID}?k=${SHOP_ID}",
        "headers": {"X-A": "v ${SHOP_USER}-${SHOP_ID}", "Authorization": "Shop ${SHOP_SECRET}"},
        "query": {"f": {"key": ["a", "${SHOP_SECRET}"]}, "q": "{email}"},
    }
    bodies: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"json": {"a": ["${SHOP_ID}", 1], "b": {"c": "x${SHOP_SECRET}"}}}, '{"a":["***",1],"b":{"c":"x***"}}', ["--data-raw", f'{{"a":["{ID}",1],"b":{{"c":"x{SECRET}"}}}}']),
        ({"form": {"user": "${SHOP_USER}", "q": "{email}"}}, "user=***&q=a%40b", ["--data-urlencode", f"user={USER}", "--data-raw", "q=a%40b"]),
        ({"soap": {"body": "<K>${SHOP_SECRET}</K>"}}, "<S><K>***</K></S>", ["--data-raw", f"<S><K>{SECRET}</K></S>"]),
        ({"graphql": {"document": "{ a }", "variables": {"k": "${SHOP_ID}"}}}, '{"query":"{ a }","variables":{"k":"***"}}', ["--data-raw", f'{{"query":"{{ a }}","variables":{{"k":"{ID}"}}}}']),
        ({"text": "@${SHOP_ID}"}, "@***", ["--data-raw", f"@{ID}"]),
    ]  # fmt: skip
    for body, sent, told in bodies:
        request = Request(
            "POST", "https://shop.example/v1/s/***?k=***&f%5Bkey%5D%5B0%5D=a&f%5Bkey%5D%5B1%5D=***&q=a%40b",
            (("X-A", "v ***-***"), ("Authorization", "***")), sent.encode(),
        )  # fmt: skip
        line = curl_of(request, {**call, **body}, {"base_url": "${SHOP_URL}"}, "SHOP", "https://shop.example/v1/")
        found = words(line, SHOP_URL="https://test.example")

        assert found == [
            "-sS", "-X", "POST", "-H", f"X-A: v {USER}-{ID}", "-H", f"Authorization: Shop {SECRET}", *told,
            "--url-query", f"k={ID}", "--url-query", f"f%5Bkey%5D%5B1%5D={SECRET}",
            f"https://test.example/s/{ID}?f%5Bkey%5D%5B0%5D=a&q=a%40b",
        ]  # fmt: skip
        assert "***" not in line


HOSTILE = [
    "x'; touch /tmp/hurt; '", '"; $(touch hurt) `touch hurt` $PATH \\', "a\nrm -rf .\n", "!!", "@/etc/passwd", "#", "a  b",
    "\u2028x", "é", "*", "~root", "", "'\"'\"'", "\\\\'",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_word(value: str) -> None:
    """Whatever an order or an engineer's call holds stays one word, also beside a variable, and no comment is left."""
    from urllib.parse import quote

    header = " ".join(value.split())
    auth = {"kind": "oauth2_password", "token_url": f"/t{value}", "name": "X-T", "prefix": header}
    connection = {"auth": auth, "tls": {"certificate": f"~/{value}x", "ca": "${SHOP_ID}"}}
    call = {"post": "/", "json": {"a": "${SHOP_ID}", "b": value}}
    body = json.dumps({"a": "***", "b": value}, ensure_ascii=False)
    request = Request(
        "POST", f"https://shop.example/{quote(value)}?[a]={quote(value)}", (("X-V", header),), body.encode()
    )
    line = curl_of(request, call, connection, "SHOP")
    found = words(line, SHOP_ACCESS_TOKEN="to ken", HOME="/home/x")

    assert found == [
        "-sS", "-X", "POST", "-H", f"X-T: {header}{' ' * bool(header)}to ken", "--cacert", ID, "--cert", f"/home/x/{value}x",
        "-H", f"X-V: {header}" if header else "X-V;", "--data-raw", body.replace("***", ID), "-g", request.url,
    ]  # fmt: skip
    assert shlex.split(line, comments=True)[0] == "curl"
    assert not Path("hurt").exists()


def test_masks_that_come_from_elsewhere_are_said() -> None:
    """Where nothing tells what stands behind a mask, it stays, and a comment says so; no text goes as it is."""
    request = Request("GET", "https://shop.example/a?b=***", (("X-A", "***"),), b"\xff\x00")
    line = curl_of(request, {"get": "/a"}, {}, "SHOP")

    assert line.count("# *** stands for something secret") == 1
    assert "# the body is no plain text: save it as body.bin" in line
    assert words(line) == [
        "-sS",
        "-H",
        "X-A: ***",
        "--data-binary",
        "@body.bin",
        "--url-query",
        "b=***",
        "https://shop.example/a",
    ]


def test_client_certificate_and_authority() -> None:
    """Paths as the mapping has them; a reference is a variable with a path."""
    auth = {
        "kind": "mutual_tls",
        "certificate": "${SHOP_CERT}",
        "key": "keys/our key.pem",
        "key_password": "${SHOP_SECRET}",
    }
    connection = {"auth": auth, "tls": {"ca": "ca.pem"}}
    line = curl_of(Request("GET", "https://shop.example/"), {"get": "/"}, connection, "SHOP")

    assert words(line, SHOP_CERT="our.pem") == [
        "-sS", "--cacert", "ca.pem", "--cert", "our.pem", "--key", "keys/our key.pem", "--pass", SECRET, "https://shop.example/",
    ]  # fmt: skip
    assert line.startswith("# SHOP_CERT: the path of a PEM file")


def test_wsse_call_is_shown_without_its_token(tmp_path: Path) -> None:
    """A recorded envelope loses the token, and what was asked stays."""
    operations = {"find_orders_by_email": {**by_email(), "calls": [
        {"name": "search", "post": "/soap", "reads": True, "soap": {"body": "<Get>{email}</Get>"}, "format": "json"},
    ]}}  # fmt: skip
    with serving(KINDS["wsse"][1]) as server:
        folder = shop_file(tmp_path / "shop", server.url, operations, auth=table_of("wsse"))
        exchanges: list[Exchange] = []
        with wb.open_merchant(folder, on_exchange=exchanges.append) as shop, pytest.raises(wb.WorkbenchError):
            shop.find_orders(email=MAIL)
    call = operations["find_orders_by_email"]["calls"][0]
    line = curl_of(exchanges[-1].request, call, {"auth": table_of("wsse")}, "SHOP")

    assert "wsse" not in line.partition("\n")[2]
    assert f"<Get>{MAIL}</Get>" in line
