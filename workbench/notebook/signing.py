"""Signing in at the merchant's page from the notebook: listened for in a thread, while the kernel goes on."""

from __future__ import annotations

import threading
from typing import Any

from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import SignIn, is_signed_in, sign_in
from workbench.notebook.base import locked
from workbench.notebook.sampling import Sampling

WAIT_S = 300.0
WAITING, DONE, FAILED = "waiting", "done", "failed"
_BEGIN_S = 5.0


class Attempt:
    """A sign-in that the widget began. Neither its `repr` nor what it tells shows a code or a token.

    Args:
        begun: The sign-in.
        wait_s: How long to listen for the browser.
    """

    def __init__(self, begun: SignIn, wait_s: float = WAIT_S) -> None:
        self._begun, self._wait_s = begun, wait_s
        self._guard = threading.Lock()
        self._listens = threading.Event()
        self.state, self.text = WAITING, ""
        self.listening = self.noticed = False
        self._thread = threading.Thread(target=self._listen, name="workbench-sign-in", daemon=True)

    def begin(self) -> None:
        """Listens where the redirect URI leads to this machine; else the address has to be pasted."""
        self._thread.start()
        self._listens.wait(_BEGIN_S)

    def told(self) -> dict[str, Any]:
        """What the widget shows."""
        return {
            "state": self.state, "text": self.text, "listening": self.listening,
            "url": self._begun.url if self.state == WAITING else "",
        }  # fmt: skip

    def _listen(self) -> None:
        try:
            self._begun.wait(self._wait_s, self._ready)
        except UsageError as error:
            self.text = str(error)
        except WorkbenchError as error:
            self._end(FAILED, str(error))
        except Exception as error:  # the text could hold what came back
            self._end(FAILED, f"a fault in the workbench ({type(error).__name__}) - paste the address instead")
        else:
            if self._begun.done:
                self._end(DONE, "signed in")
        finally:
            self.listening = False
            self._listens.set()

    def _ready(self) -> None:
        self.listening = True
        self._listens.set()

    def _end(self, state: str, text: str) -> None:
        with self._guard:
            if self.state == WAITING or state == DONE:
                self.state, self.text = state, text

    def finish(self, address: str) -> None:
        """Takes the address that the browser ended at.

        Raises:
            UsageError: It is not the address of this sign-in, which goes on.
        """
        try:
            self._begun.finish(address)
        except UsageError:
            raise
        except WorkbenchError as error:
            self._end(FAILED, str(error))
        else:
            self._end(DONE, "signed in")
        self.stop()

    def stop(self) -> None:
        """Listens no longer, and gives the port back."""
        self._begun.stop()
        self._thread.join(_BEGIN_S)


class SigningIn(Sampling):
    """Signing in, for connections that want somebody to do so."""

    _attempt: Attempt | None = None

    @locked
    def sign_in(self) -> SignIn:
        """Begins to sign in at the merchant's page, where the connection is of kind `oauth2_authorization_code`.

        Returns:
            The sign-in: its `url` is to be opened in a browser; `wait()` then listens for the browser to come back to
            this machine, and `finish(address)` takes the address that it ended at. What it shows holds no secret.

        Raises:
            UsageError: The connection is of another kind.
            SecretMissing: References without a value.
            AddressRefused: This merchant's secrets may not go to the page's host.
        """
        begun = sign_in(self._draft.keep(), self._environment())
        code = "bench.sign_in()  # open its .url in a browser; then .wait(), or .finish(address)"
        if code not in self._log:
            self._log.append(code)
        return begun

    def _begin_attempt(self) -> Attempt:
        self._stop_attempt()
        self._attempt = Attempt(self.sign_in())
        self._attempt.begin()
        return self._attempt

    def _stop_attempt(self) -> None:
        if self._attempt is not None:
            self._attempt.stop()
            self._attempt = None

    def _signed_in(self) -> bool:
        """Whether lookups need nobody to sign in any more; False where it cannot be told yet."""
        try:
            return is_signed_in(self._draft.keep(), self._environment())
        except WorkbenchError:
            return False
