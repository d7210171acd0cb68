"""Against nginx, which nobody here wrote: a rate limit with `Retry-After`, and connections that are dropped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from tests.conftest import missing
from tests.servers import Ask, by_email, order, shop_file
from workbench.connect import pace
from workbench.errors import BadAnswer, RateLimited

MAIL = "ann@example.com"
CONFIG = """\
daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;
events {{}}
http {{
  client_body_temp_path {home}/a; proxy_temp_path {home}/b; fastcgi_temp_path {home}/c; uwsgi_temp_path {home}/d;
  scgi_temp_path {home}/e;
  log_format place $uri; access_log {home}/access.log place;
  default_type application/json; root {home}/files;
  limit_req_zone $server_port zone=busy:1m rate=2r/s; limit_req_zone $server_port zone=never:1m rate=1r/m;
  limit_req_status 429;
  server {{
    listen 127.0.0.1:{port}; keepalive_timeout 50ms;
    location /busy {{ limit_req zone=busy nodelay; error_page 429 @slow; }}
    location /never {{ limit_req zone=never nodelay; error_page 429 @far; }}
    location @slow {{ add_header Retry-After 1 always; return 429 '{{}}'; }}
    location @far {{ add_header Retry-After 3600 always; return 429 '{{}}'; }}
    location /dropped {{ return 444; }}
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """nginx on a free port of this machine: its URL, and its folder."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        missing("peers", "nginx is not installed")
        raise AssertionError("unreachable")
    home = tmp_path_factory.mktemp("nginx")
    for name in ("busy", "never", "dropped", "plain"):
        (home / "files" / name).mkdir(parents=True)
        (home / "files" / name / "orders").write_text(json.dumps({"data": [order("A-1")]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "nginx.conf").write_text(CONFIG.format(home=home, port=port))
    with subprocess.Popen(
        [program, "-p", str(home), "-c", str(home / "nginx.conf")], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None:
                    missing("peers", f"nginx does not start: {process.stderr.read() if process.stderr else ''}"[:300])
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", home
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine may be called, and no pause that an earlier test was asked for is kept."""
    monkeypatch.setattr(pace, "_PACES", {})
    monkeypatch.setenv("WORKBENCH_ALLOW_HOSTS", "127.0.0.1")
    for name in ("WORKBENCH_PROXY", "SHOP_HOSTS", "WORKBENCH_EGRESS_URL"):
        monkeypatch.delenv(name, raising=False)


OPERATION = {"find_orders_by_email": by_email()}


def test_a_rate_limit_is_waited_out(ask: Ask, nginx: tuple[str, Path], tmp_path: Path) -> None:
    """Lookups faster than the limit all get their orders, by waiting as nginx asks."""
    url, _ = nginx
    folder = shop_file(tmp_path, f"{url}/busy", OPERATION, retries={"max": 5}, budget_s=120)

    assert [ask(folder, email=MAIL).outcome for _ in range(4)] == ["found"] * 4


def test_our_own_rate_keeps_below_theirs(nginx: tuple[str, Path], tmp_path: Path) -> None:
    """With `rate:` nobody has to say 429."""
    url, _ = nginx
    time.sleep(1)
    rate = {"per_second": 1.6}
    folder = shop_file(tmp_path, f"{url}/busy", OPERATION, retries={"max": 0}, rate=rate, budget_s=120)
    with wb.open_merchant(folder) as shop:
        assert [shop.find_orders(email=MAIL).outcome for _ in range(4)] == ["found"] * 4


def test_a_limit_that_outlasts_the_lookup(ask: Ask, nginx: tuple[str, Path], tmp_path: Path) -> None:
    """It is told at once, with when to come back."""
    url, _ = nginx
    folder = shop_file(tmp_path, f"{url}/never", OPERATION, budget_s=30)
    start = time.monotonic()
    with pytest.raises(RateLimited, match="try again after 3600 seconds"):
        for _ in range(2):
            ask(folder, email=MAIL)

    assert time.monotonic() - start < 25


def test_connections_that_are_dropped(ask: Ask, nginx: tuple[str, Path], tmp_path: Path) -> None:
    """Each try is one; then it is an error, and never "no such order"."""
    url, home = nginx
    before = (home / "access.log").read_text().count("/dropped")
    with pytest.raises(BadAnswer):
        ask(shop_file(tmp_path, f"{url}/dropped", OPERATION, retries={"max": 2, "wait_s": 0.01}), email=MAIL)

    assert (home / "access.log").read_text().count("/dropped") - before == 3


def test_kept_connections_that_nginx_has_closed(nginx: tuple[str, Path], tmp_path: Path) -> None:
    """A lookup after a pause simply opens another."""
    url, _ = nginx
    with wb.open_merchant(shop_file(tmp_path, f"{url}/plain", OPERATION, retries={"max": 0})) as shop:
        for _ in range(3):
            assert shop.find_orders(email=MAIL).outcome == "found"
            time.sleep(0.15)
