"""Several kinds at once: the one that the table names, and those of its `also:`, which sign what it sends.

auth:
  kind: oauth2_refresh_token
  ...
  also: [{kind: hmac, secret: "${SHOP_SECRET}", canonical: "{path}{query.access_token}", query: {sign: "{signature}"}}]
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.calls.auth.base import Auth
from workbench.calls.messages import Flow, Request, Response, Wait
from workbench.errors import CallError, DecodeError


class Several(Auth):
    """A kind, and others that sign its requests one after another; its own logins they leave alone.

    Args:
        first: The kind that the table names.
        others: Those of `also:`, in order.
    """

    def __init__(self, first: Auth, others: Sequence[Auth]) -> None:
        super().__init__(first._table, first._reveal, first._around)
        self._first, self._others = first, tuple(others)

    @property
    def first(self) -> Auth:
        """The kind that the table names."""
        return self._first

    @property
    def timed(self) -> bool:
        """Whether any of them sends the time."""
        return any(each.timed for each in (self._first, *self._others))

    @property
    def urls(self) -> tuple[str, ...]:
        """Where any of them logs in."""
        return tuple(url for each in (self._first, *self._others) for url in each.urls)

    @property
    def accepted(self) -> str:
        """What a call that was not refused shows."""
        return self._first.accepted

    def home(self, url: str) -> str:
        """The URL below the base URL for one at the server that a login named."""
        for each in (self._first, *self._others):
            url = each.home(url)
        return url

    def flow(self, request: Request) -> Flow[Response]:
        """Sends what the first sends, each request signed by the others as well."""
        return (yield from _through(self._first.flow(request), self._others))


def _through(flow: Flow[Response], others: Sequence[Auth]) -> Flow[Response]:
    try:
        step = next(flow)
        while True:
            try:
                if isinstance(step, Wait) or step.login or not others:
                    came = yield step
                else:
                    came = yield from _through(others[0].flow(step), others[1:])
            except (CallError, DecodeError) as error:
                step = flow.throw(error)
            else:
                step = flow.send(came)
    except StopIteration as done:
        answer: Response = done.value
        return answer
    finally:
        flow.close()
