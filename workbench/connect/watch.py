"""What operators see of each call: a structured line, and an OpenTelemetry span where the extra `otel` is installed.

Both say the merchant, the operation, the call, the status, the time and the size; never a URL, a header, a body, or a
value of any of them. The logger is `workbench.call`; the spans are `workbench.lookup` and, inside it, `workbench.call`.
"""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.calls import Request, Response
from workbench.connect.opening import Opened

LOGGER = logging.getLogger("workbench.call")
Note = dict[str, Any]


def watched(
    send: Callable[[Request, float], Response], request: Request, deadline: float, opened: Opened, operation: str
) -> Response:
    """Sends a request, and tells operators of it."""
    if not _anybody():
        return send(request, deadline)
    with _call(request, opened, operation) as note:
        return _noted(send(request, deadline), note)


async def watched_async(
    send: Callable[[Request, float], Awaitable[Response]],
    request: Request,
    deadline: float,
    opened: Opened,
    operation: str,
) -> Response:
    """The same under asyncio."""
    if not _anybody():
        return await send(request, deadline)
    with _call(request, opened, operation) as note:
        return _noted(await send(request, deadline), note)


@contextmanager
def lookup_span(opened: Opened, operation: str) -> Iterator[None]:
    """The span around all calls of a lookup; nothing where nobody traces."""
    tracing = _tracing()
    if tracing is None:
        yield
        return
    attributes = _attributes(opened, operation)
    with tracing.get_tracer("workbench").start_as_current_span(
        "workbench.lookup", attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            _failed(tracing, span, error)
            raise


def _anybody() -> bool:
    return LOGGER.isEnabledFor(logging.INFO) or _tracing() is not None


@contextmanager
def _call(request: Request, opened: Opened, operation: str) -> Iterator[Note]:
    note: Note = {}
    start = time.monotonic()
    tracing = _tracing()
    try:
        if tracing is None:
            yield note
        else:
            attributes = {
                **_attributes(opened, operation),
                "workbench.call": request.call,
                "workbench.page": request.page,
                "http.request.method": request.method,
            }
            with tracing.get_tracer("workbench").start_as_current_span(
                "workbench.call", kind=tracing.SpanKind.CLIENT, attributes=attributes, record_exception=False,
                set_status_on_exception=False,
            ) as span:  # fmt: skip
                try:
                    yield note
                except BaseException as error:
                    _failed(tracing, span, error)
                    raise
                span.set_attribute("http.response.status_code", note["status"])
                span.set_attribute("http.response.body.size", note["bytes"])
                if note["status"] >= 400:
                    span.set_status(tracing.Status(tracing.StatusCode.ERROR))
    except BaseException as error:
        note["error"] = _code(error)
        raise
    finally:
        if LOGGER.isEnabledFor(logging.INFO):
            line = {
                "merchant": opened.plan.merchant,
                "mapping_version": opened.plan.version,
                "environment": opened.environment,
                "operation": _known(opened, operation),
                "call": request.call,
                "page": request.page,
                "method": request.method,
                "ms": round((time.monotonic() - start) * 1000, 1),
                **note,
            }
            LOGGER.info("%s", json.dumps(line))


def _noted(response: Response, note: Note) -> Response:
    note["status"], note["bytes"] = response.status, len(response.body)
    return response


def _attributes(opened: Opened, operation: str) -> dict[str, str]:
    return {
        "workbench.merchant": opened.plan.merchant,
        "workbench.mapping_version": opened.plan.version or "",
        "workbench.environment": opened.environment,
        "workbench.operation": _known(opened, operation) or "",
    }


def _known(opened: Opened, operation: str) -> str | None:
    """The operation's name; whatever else was asked for may be anything."""
    return operation if operation in opened.plan.operations else None


def _failed(tracing: Any, span: Any, error: BaseException) -> None:
    span.set_attribute("error.type", _code(error))
    span.set_status(tracing.Status(tracing.StatusCode.ERROR))


def _code(error: BaseException) -> str:
    problem = getattr(error, "problem", None)
    return str(problem.code) if problem else type(error).__name__


@functools.cache
def _tracing() -> Any:
    """OpenTelemetry's API, where it is installed."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace
