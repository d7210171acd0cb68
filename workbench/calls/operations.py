"""A whole lookup without I/O: its calls in order, their pages, the calls made per order, and the result.

flow = operations.lookup("find_orders_by_email", {"email": ...}, tally)
step = next(flow)                     # then flow.send(what came), or flow.throw(error), until StopIteration
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from types import MappingProxyType
from typing import Any

from workbench.calls.auth import WHERE, Auth, Reveal
from workbench.calls.faults import http_error
from workbench.calls.messages import Admission, Request, Response, Steps, Together
from workbench.calls.paging import Page, Pager, Paging, compile_paging
from workbench.calls.requests import Base, Common, Outline, Turn
from workbench.calls.retries import Retries
from workbench.calls.revalidation import Kept
from workbench.calls.sending import Means, Sending, Server, Tally
from workbench.calls.values import NoValue, Values
from workbench.conditions import Conditions
from workbench.decode import decode
from workbench.documents import Document, Limits
from workbench.errors import CallError, CallFailed, DecodeError, HttpError, Problem, UsageError
from workbench.execute import Execution
from workbench.execute.scope import Scope
from workbench.orders import Result
from workbench.paths import Path, text_of
from workbench.plan import REQUIRED_WITH_INPUT, Call, Operation, Plan
from workbench.templates import Input

MAX_CALLS = 200
READING = ("GET", "POST", "PUT", "PATCH")
"""The methods of calls that can only read; all but GET by declaration."""


class Operations:
    """The operations of a mapping, compiled for sending. Immutable; shared by all lookups and threads.

    Args:
        plan: The compiled mapping.
        base: The base URL.
        auth: How the merchant knows us.
        reveal: The value of a secret.
        limits: How large an answer may be.
        max_calls: How many requests one lookup may send.
        retries: When a read is sent once more.
        kept: Answers that are asked for again only if they have changed; None: none are kept.
        common: What the connection adds to each call.
        others: Further servers, by the names that calls say.

    Raises:
        UsageError: A call cannot be sent as it stands.
        AddressRefused: A call leads to another server.
    """

    def __init__(
        self,
        plan: Plan,
        base: Base,
        auth: Auth,
        reveal: Reveal,
        limits: Limits,
        max_calls: int = MAX_CALLS,
        *,
        retries: Retries | None = None,
        kept: Kept | None = None,
        common: Common = Common(),  # noqa: B008  # frozen
        others: Mapping[str, tuple[Server, Common]] = MappingProxyType({}),
    ) -> None:
        self.plan, self.base, self.auth, self.reveal = plan, base, auth, reveal
        self.limits = limits
        known = {"": (Server(base, auth), common), **others}
        self.servers = {name: server for name, (server, _) in known.items()}
        self.means = Means(self.servers, max_calls, retries or Retries(), kept)
        every = {name: operation.calls for name, operation in plan.operations.items()}
        self.outlines = {name: tuple(_outline(call, known) for call in calls) for name, calls in every.items()}
        self.pagings = {name: tuple(map(compile_paging, calls)) for name, calls in every.items()}
        self.needs = {name: self._needs(operation) for name, operation in plan.operations.items()}

    def lookup(self, operation: str, inputs: Mapping[str, Any], tally: Tally) -> Steps[Result]:
        """The flow of one lookup; wrong use is told before anything is sent.

        Raises:
            UsageError: No such operation; an input missing, blank or unknown; or a call that may change something.
            CallError: The first or a required call failed.
            DecodeError: Its answer cannot be read.
        """
        known = self.plan.operations
        if operation not in known:
            raise UsageError(f"no operation {operation!r} - this mapping has {', '.join(known)}")
        for call in known[operation].calls:
            if not call.url:
                raise UsageError(f"call {call.name!r} of {operation} has no URL - write get: or post:, and its path")
            if call.method not in READING or not call.reads:
                how = "say reads: true where it only reads" if call.method in READING else "finding only reads"
                raise UsageError(f"call {call.name!r} of {operation} is a {call.method.lower()}: - {how}")
        given = self._given(known[operation], inputs)
        execution = Execution(self.plan, operation, given, limits=self.limits, live=True)
        return _Lookup(self, execution, given, tally).flow()

    def _given(self, operation: Operation, inputs: Mapping[str, Any]) -> dict[str, str]:
        """The inputs as texts."""
        needed = self.needs[operation.name]
        allowed = dict.fromkeys((*needed, *operation.inputs))
        given = {}
        for name, value in inputs.items():
            if name not in allowed:
                raise UsageError(
                    f"{operation.name} has no input {name!r} - its inputs are {', '.join(allowed) or 'none'}"
                )
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
                raise UsageError(f"input {name!r} is a {type(value).__name__} - give text")
            given[name] = text_of(value)
        for name in needed:
            if not given.get(name):
                raise UsageError(
                    f"input {name!r} of {operation.name} is {'blank' if name in given else 'missing'} - give it"
                )
        return given

    def _needs(self, operation: Operation) -> tuple[str, ...]:
        """The inputs without which nothing can be asked."""
        names = [REQUIRED_WITH_INPUT[operation.name][1]] if operation.name in REQUIRED_WITH_INPUT else []
        for outline in self.outlines[operation.name]:
            names += [part.name for parts in outline.texts() for part in parts if isinstance(part, Input)]
            call = outline.call
            names += _inputs_of(call.only_when, call.not_found_when, call.fail_when)
        names += _inputs_of(operation.verify, operation.orders.keep, operation.orders.keep_fields)
        return tuple(dict.fromkeys(names))


def _outline(call: Call, servers: Mapping[str, tuple[Server, Common]]) -> Outline:
    if call.server not in servers:
        raise UsageError(f"call {call.name!r}: no server {call.server!r} - add it to servers: of the connection")
    server, common = servers[call.server]
    return Outline(call, server.base, common)


class _Lookup:
    """One lookup on its way."""

    def __init__(self, operations: Operations, execution: Execution, inputs: Mapping[str, str], tally: Tally) -> None:
        self._operations, self._execution, self._inputs = operations, execution, inputs
        self._sending = Sending(operations.means, tally)
        name = execution.operation.name
        self._calls = list(zip(operations.outlines[name], operations.pagings[name], strict=True))

    def flow(self) -> Steps[Result]:
        """Calls for the whole operation first, then those made for each order."""
        for outline, paging in self._calls:
            if not outline.call.for_each:
                yield from self._take(outline, paging, [None])
        for outline, paging in self._calls:
            if outline.call.for_each:
                yield from self._take(outline, paging, self._execution.items())
        return self._execution.result()

    def _take(self, outline: Outline, paging: Paging | None, scopes: Sequence[Scope | None]) -> Steps[None]:
        """One call, for the whole operation or for each order: its pages, nothing, or its failure.

        The requests go out side by side; what came is handed over in the order of the orders.
        """
        execution, call = self._execution, outline.call
        bound = len(scopes) if call.limit is None or call.over is not None else call.limit
        wanted = [self._targets(call, scope) for scope in scopes[:bound]]
        flows = [
            self._outcome(outline, paging, scope, target)
            for scope, targets in zip(scopes, wanted, strict=False)
            for target in targets[: call.limit]
        ]
        if len(flows) > 1:
            came = yield Together(flows)
        else:
            came = []
            for flow in flows:
                came.append((yield from flow))
        left = iter(came)
        for scope, targets in zip(scopes, wanted, strict=False):
            outcomes = list(islice(left, len(targets[: call.limit])))
            failure = next((outcome for outcome in outcomes if isinstance(outcome, Problem)), None)
            documents = [document for outcome in outcomes if isinstance(outcome, list) for document in outcome]
            if failure is not None:
                execution.fail_call(call, failure, scope)
            elif documents:
                if call.limit is not None and len(targets) > call.limit:
                    documents[-1] = _with(documents[-1], _limited(call))
                execution.answer_call(call, documents, scope)
            elif scope is not None:
                execution.skip_for(scope, call.name)
            else:
                execution.skip(call.name)
        for scope in scopes[bound:]:
            execution.fail_call(call, _limited(call), scope)

    def _targets(self, call: Call, scope: Scope | None) -> Sequence[Scope | None]:
        """What a call is made for: the order, or each node that `for_each` names."""
        if call.over is None or self._execution.blocked(call, scope) is not None:
            return [scope]
        return self._execution.targets(call, scope)

    def _outcome(
        self, outline: Outline, paging: Paging | None, scope: Scope | None, target: Scope | None
    ) -> Steps[list[Document] | Problem | None]:
        """The documents of a call, None when it is not made or found nothing, or why it failed.

        Raises:
            CallError: It failed, and the operation cannot do without it.
            DecodeError: The same.
        """
        execution, call = self._execution, outline.call
        blocked = execution.blocked(call, scope)
        if blocked is not None:
            return blocked
        try:
            if not execution.holds(call.only_when, target):
                return None
            return (yield from self._pages(outline, paging, target))
        except (CallError, DecodeError) as error:
            if isinstance(error, CallError) and error.admission and not error.advised:
                advice = yield Admission(login=error.problem.where == WHERE, server=call.server)
                error.advise(f"{error.problem.how}; {advice}" if advice else error.problem.how)
            first = call.name == execution.operation.calls[0].name
            if call.required or first or call.name in execution.operation.orders.calls:
                raise
            return Problem(error.problem.what, call.name, error.problem.how, error.problem.code, at_run=True)

    def _pages(self, outline: Outline, paging: Paging | None, scope: Scope | None) -> Steps[list[Document] | None]:
        """The documents of a call; None when it is not made, or found nothing."""
        call, execution = outline.call, self._execution
        reveal = self._operations.reveal
        values = Values(call.name, self._inputs, lambda path: execution.scalars(path, scope), reveal)
        pager = Pager(paging, call.name, self._place(call), self._auth(call).home) if paging else None
        documents: list[Document] = []
        turn = pager.turn if pager else Turn()
        while True:
            try:
                request = outline.request(values, turn, len(documents) + 1, call.timeout_s)
            except NoValue:
                return None
            response = yield from self._sending.send(request, call.server)
            if pager and (pager.repeats(response) or pager.beyond(response.status)):
                break
            document = self._read(call, request, response)
            if document is None:
                break
            documents.append(document)
            if pager is None:
                break
            stop = execution.answer_holds(pager.paging.stop_when, document, response.status, response.headers)
            if not pager.advance(Page(request, response, document), stop):
                break
            turn = pager.turn
        if pager and pager.problem and documents:
            documents[-1] = _with(documents[-1], pager.problem)
        return documents or None

    def _auth(self, call: Call) -> Auth:
        """How the server of a call knows us."""
        return self._operations.servers[call.server].auth

    def _place(self, call: Call) -> Path | None:
        """The path of the orders, where it starts in this call's answer."""
        calls = self._execution.operation.calls
        for option in self._execution.operation.orders.place.options:
            first = option[0]
            if first.root == "$" and (first.name == call.name or (first.name is None and call.name == calls[0].name)):
                return first
        return None

    def _read(self, call: Call, request: Request, response: Response) -> Document | None:
        """The document of an answer; None when it says that nothing was found.

        Raises:
            HttpError: A status that is not 2xx and not declared.
            CallFailed: The answer says that the call failed.
            DecodeError: It cannot be read.
        """
        document, unread = self._decoded(call, response)
        verdict = self._execution.judge(call, document, response.status, response.headers)
        if verdict is False:
            return None
        failed = isinstance(verdict, Problem)
        if not 200 <= response.status < 300:
            auth = self._auth(call)
            error: HttpError = http_error(request, response, auth.names, timed=auth.timed)
            kinds = (call.body_kind, document.format if document else None)
            own = document is not None and not {"graphql", "soap", "xmlrpc"}.isdisjoint(kinds)
            if not failed or response.status not in (400, 500) or not own:
                raise error
        if isinstance(verdict, Problem):
            how = verdict.how or "ask the merchant what it means; if it means no such order, say not_found_when:"
            raise CallFailed(verdict.what, how, where=call.name, status=response.status)
        if unread is not None:
            raise unread
        return document

    def _decoded(self, call: Call, response: Response) -> tuple[Document | None, DecodeError | None]:
        if not response.body:
            how = f"if that means no such order, say not_found_when: {{http.status: {response.status}}}"
            return None, DecodeError("an empty answer", how, where=call.name, code="empty")
        try:
            document: Document = decode(
                response.body,
                content_type=response.headers.get("content-type"),
                format=call.format,
                delimiter=call.delimiter,
                encoding=call.encoding,
                namespaces=call.namespaces,
                limits=self._operations.limits,
            )
        except DecodeError as error:
            return None, error
        return document, None


def _with(document: Document, problem: Problem) -> Document:
    """The document with one more thing to say of it."""
    return replace(document, problems=(*document.problems, problem))


def _limited(call: Call) -> Problem:
    """Why what lies beyond `limit:` was not asked for."""
    what = f"the call is made {call.limit} times at most, and the rest was not asked for"
    return Problem(what, call.name, "raise limit: of the call, or narrow the search", "limit", at_run=True)


def _inputs_of(*tables: Conditions | None) -> Iterable[str]:
    """The inputs on the right of conditions."""
    for table in tables:
        for condition in table or ():
            yield from (want.value for test in condition.tests for want in test.wants if want.kind == "input")
