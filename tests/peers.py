"""Servers that others wrote, started on this machine: an OpenID provider, httpbin and nginx.

What they need is installed by name, beside the repository, in the user's cache; a test that cannot have its server is
skipped with the reason, or fails where `WORKBENCH_REQUIRE` names `peers`.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.conftest import missing, outside_folder

INSTALL_S, START_S = 600, 60


def cache(name: str) -> Path:
    """A folder of the user's for what is installed."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workbench-peers" / name
    home.mkdir(parents=True, exist_ok=True)
    return home


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def installed(command: list[str], folder: Path, what: str) -> None:
    """Runs an installation; one that fails is a reason to skip."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    if done.returncode:
        missing("peers", f"{what} cannot be installed: {done.stderr.strip()[-200:]}")


@contextmanager
def running(command: list[str], url: str, folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """A process, from the moment at which it answers until the block ends."""
    log = folder / "server.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environ or {})}
        )
    try:
        end = time.monotonic() + START_S
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > end:
                missing("peers", f"{command[0]} does not start: {log.read_text(errors='replace')[-300:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except HTTPError:
        return True
    except OSError:
        host, port = url.split("/")[2].rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return url.startswith("https:")


def peers_folder() -> Path:
    """The folder of small scripts that start others' servers."""
    folder = outside_folder("peers")
    if folder is None:
        missing("peers", "WORKBENCH_PEERS names no folder")
        raise AssertionError("unreachable")
    return folder


@contextmanager
def oidc(lifetime_s: int = 5) -> Iterator[str]:
    """oidc-provider before an orders API: tokens live that long, refresh tokens rotate; its URL."""
    source = peers_folder() / "oidc"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or not (source / "server.mjs").is_file():
        missing("peers", "there is no node, no npm, or no script of the OpenID provider")
        raise AssertionError("unreachable")
    package = re.search(r"oidc-provider@[\d.]+", (source / "run.sh").read_text())
    home = cache("oidc")
    shutil.copy(source / "server.mjs", home)
    if not (home / "node_modules" / "oidc-provider").is_dir():
        name = package[0] if package else "oidc-provider"
        installed([npm, "install", "--no-fund", "--no-audit", "--no-save", name], home, name)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    ready = f"{url}/.well-known/openid-configuration"
    with running([node, "server.mjs"], ready, home, {"PORT": str(port), "PEER_TTL": str(lifetime_s)}):
        yield url


@contextmanager
def httpbin() -> Iterator[str]:
    """httpbin in an environment of its own; its URL."""
    peers_folder()
    home = cache(f"httpbin-{sys.version_info.major}.{sys.version_info.minor}")
    python = home / "bin" / "python"
    if not (home / "installed").is_file():
        venv.create(home, with_pip=True, clear=True)
        installed([str(python), "-m", "pip", "install", "--quiet", "httpbin"], home, "httpbin")
        (home / "installed").touch()
    port = free_port()
    code = f"from httpbin import app; app.run(host='127.0.0.1', port={port}, threaded=True)"
    with running([str(python), "-c", code], f"http://127.0.0.1:{port}/get", home):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def nginx(folder: Path, server: str, port: int) -> Iterator[str]:
    """nginx with one server; the https URL.

    Args:
        folder: For its files.
        server: What stands in the server's block.
        port: On which it listens.
    """
    peers_folder()
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        missing("peers", "nginx is not installed")
        raise AssertionError("unreachable")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}default_type application/json;\n"
        f"server {{ listen 127.0.0.1:{port} ssl;\n{server}\n}}\n}}\n"
    )
    (folder / "nginx.conf").write_text(text)
    url = f"https://localhost:{port}"
    with running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], url, folder):
        yield url
