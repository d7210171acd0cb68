"""The demo merchant as an object: a real server on this machine, for as long as a `with` block lasts."""

from __future__ import annotations

import secrets
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench.demo.faces import USER, Keys, environ
from workbench.errors import UsageError

if TYPE_CHECKING:
    import uvicorn

    from workbench.demo.faults import Control
    from workbench.demo.logins import Logins

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_STOPPED = "the demo merchant does not run - use it in a with block"


class DemoMerchant:
    """A small real merchant on a free port of this machine, over real HTTP.

    It has a REST API in JSON (`northwind`), an older one in XML (`southwind`), a SOAP service (`eastwind`), a GraphQL
    API (`westwind`), one that tells parcels by three calls (`headwind`), one that ignores the e-mail it is asked for
    (`crosswind`), one behind OAuth2 with tokens of a few seconds (`upwind`), one behind a login with sessions
    (`downwind`) and one of remote procedures (`tailwind`), all over the same invented orders.

    Args:
        port: The port to listen on; any free one unless said.

    Attributes:
        base_url: Where it listens, such as `http://127.0.0.1:40123`.
        environ: The environment variables that a client of its APIs needs.
    """

    def __init__(self, port: int = 0) -> None:
        self._wanted_port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._socket: socket.socket | None = None
        self._keys: Keys | None = None
        self._control: Control | None = None
        self._logins: Logins | None = None
        self.base_url = ""
        self.environ: dict[str, str] = {}

    def __enter__(self) -> DemoMerchant:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<DemoMerchant {self.base_url or 'stopped'}>"  # never its keys

    @property
    def control_token(self) -> str:
        """What `X-Demo-Token` must hold for the controls under `/_demo`."""
        return self._running()[1].control

    def start(self) -> None:
        """Fills the database and starts to serve, in a thread of its own.

        Raises:
            UsageError: The extra `demo` is not installed, the port is taken, or it runs already.
        """
        if self._thread is not None:
            raise UsageError("this demo merchant runs already - stop it first, or make another one")
        try:
            from workbench.demo.faults import Control
            from workbench.demo.logins import Logins
        except ImportError:
            raise UsageError("the demo merchant needs its extra - pip install 'workbench[demo]'") from None
        self._socket = _listen(self._wanted_port)
        port = self._socket.getsockname()[1]
        self.base_url = f"http://{HOST}:{port}"
        self._control = Control()
        self._keys = Keys(USER, *(secrets.token_urlsafe(12) for _ in Keys._fields[1:]))
        self._logins = Logins(self._keys.client, self._keys.client_secret, self._keys.refresh)
        own = {"WORKBENCH_ALLOW_HOSTS": f"{HOST}:{port}", "WORKBENCH_EGRESS_URL": f"{self.base_url}/address"}
        self.environ = {**environ(self.base_url, self._keys), **own}
        try:
            self._serve(self._socket, self._keys, self._control, self._logins)
        except BaseException:
            self.stop()
            raise

    def _serve(self, listening: socket.socket, keys: Keys, control: Control, logins: Logins) -> None:
        from workbench.demo.app import make_app
        from workbench.demo.server import make_server
        from workbench.demo.store import Store

        self._folder = tempfile.TemporaryDirectory(prefix="workbench-demo-")
        store = Store.create(Path(self._folder.name) / "orders.sqlite")
        server = make_server(make_app(store, control, logins, keys), control)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listening],), name="workbench-demo", daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.01)):
            if server.started:
                return
            if not self._thread.is_alive():
                break
            waited.wait(0.01)
        raise UsageError("the demo merchant did not start - try again")

    def stop(self) -> None:
        """Ends it, with everything that belonged to it. Does nothing when it does not run."""
        if self._control is not None:
            self._control.stopping.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        if self._socket is not None:
            self._socket.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._server = self._thread = self._socket = self._folder = self._keys = self._control = None
        self._logins = None
        self.base_url, self.environ = "", {}

    def drift(self, name: str) -> None:
        """Changes the API as merchants do, unannounced: `renamed_key`, `list_became_object`, `new_status` or `none`.

        Raises:
            ValueError: There is no such drift.
        """
        self._running()[0].set_drift(name)

    def fail(self, kind: str, **how: Any) -> None:
        """Makes the next answers fail or lie: `none` ends it.

        `status`, `html`, `truncated`, `slow`, `drip`, `drop` and `huge` fail; `everyone` (the search ignores what it is
        asked for), `error` (an error with status 200) and `charset` (Latin-1 said to be UTF-8) lie.

        Args:
            kind: What goes wrong.
            how: `path` (with `*` for any characters), `times`, `status`, `seconds`, `size`.

        Raises:
            ValueError: There is no such kind, or it cannot be done as told.
        """
        from workbench.demo.faults import Failure

        self._running()[0].set_failure(Failure(kind, **how))

    def logins(self, **how: Any) -> None:
        """Says how long tokens and sessions last that are handed out from now on; nothing said: as usual.

        Args:
            how: `seconds` (fractions too), `uses` (so many calls), and `revoke`: `tokens` ends all tokens and sessions
                at once, `everything` refresh tokens as well.

        Raises:
            ValueError: It cannot be done as told.
        """
        from workbench.demo.logins import Lives

        if self._logins is None:
            raise UsageError(_STOPPED)
        self._logins.set(Lives(**how))

    def _running(self) -> tuple[Control, Keys]:
        if self._control is None or self._keys is None:
            raise UsageError(_STOPPED)
        return self._control, self._keys


def _listen(port: int) -> socket.socket:
    """A socket that listens already, so that nobody can take the port before the server has it."""
    # named TCP, so that asyncio switches Nagle's delay off: it costs 40 ms an answer
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(64)
    except OSError as error:
        listening.close()
        raise UsageError(f"port {port} cannot be used ({error.strerror}) - take another one, or 0 for any") from None
    return listening
