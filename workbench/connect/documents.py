"""Gets a document of a merchant, such as a WSDL, through the guard of every call; nothing of ours is sent with it."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.calls import Request
from workbench.connect.settings import Settings
from workbench.connect.transport import READ_S, Sender
from workbench.errors import HttpError

_LIMIT, _BUDGET_S = 20 * 1024 * 1024, 20.0


def document_fetcher(merchant: str) -> Callable[[str], bytes]:
    """A function that gets the bodies of URLs, each within 20 seconds and 20 MiB.

    Args:
        merchant: Whose settings apply.
    """

    def fetch(url: str) -> bytes:
        """The body at a URL.

        Raises:
            CallError: The address must not be called, or does not answer.
        """
        sender = Sender(Settings.of(merchant), _LIMIT, READ_S)
        try:
            response = sender.send(Request("GET", url, call="document"), time.monotonic() + _BUDGET_S)
        finally:
            sender.close()
        if response.status != 200:
            how = "save the document and give the file, where it needs a login"
            raise HttpError(
                f"status {response.status} instead of the document", how, where="document", status=response.status
            )
        return response.body

    return fetch
