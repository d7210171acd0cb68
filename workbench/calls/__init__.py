"""What to send and what came, without I/O: requests from templates, pages, authentication, whole operations.

Everything here is a generator that yields a `Request` and receives its `Response`, so that one body serves the
synchronous and the asynchronous runtime, recording and tests.
"""

from __future__ import annotations

from workbench.calls.auth import Auth, make_auth
from workbench.calls.messages import Exchange, Request, Response
from workbench.calls.operations import Operations
from workbench.calls.sending import Tally

__all__ = ["Auth", "Exchange", "Operations", "Request", "Response", "Tally", "make_auth"]
