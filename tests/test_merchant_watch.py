"""What operators see of calls: a line and a span each, which tell what happened and never to whom."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.servers import PARCELS, PASSWORD, Ask, serving, shop_file, two_calls, with_parcels
from workbench.connect import watch
from workbench.errors import CallError

MAIL = "ann@example.com"
BASIC = {"kind": "basic", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}


pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Every span that is finished, by a tracer of the SDK."""
    from opentelemetry import trace

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    class Tracing:
        SpanKind, Status, StatusCode = trace.SpanKind, trace.Status, trace.StatusCode
        get_tracer = staticmethod(provider.get_tracer)

    monkeypatch.setattr(watch, "_tracing", lambda: Tracing)
    yield exporter
    provider.shutdown()


def shop(folder: Path, url: str, **more: Any) -> Path:
    """A search, and the parcels of each order."""
    return shop_file(folder, url, two_calls(), PARCELS, auth=BASIC, **more)


def test_one_line_for_each_call(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Merchant, operation, call, status, time and size; the failed one as well."""
    caplog.set_level(logging.INFO, "workbench.call")
    with serving(with_parcels({"2": 500})) as server:
        ask(shop(tmp_path, server.url), email=MAIL)
    lines = [json.loads(one.message) for one in caplog.records if one.name == "workbench.call"]

    assert sorted((one["call"], one["status"]) for one in lines) == [
        ("parcels", 200),
        ("parcels", 500),
        ("search", 200),
    ]
    for one in lines:
        assert one.pop("ms") >= 0
        assert one.pop("bytes") > 0
        told = {"merchant": "shop", "mapping_version": "1.0.0", "environment": "production"}
        assert one == {
            **told, "operation": "find_orders_by_email", "call": one["call"], "page": 1, "method": "GET",
            "status": one["status"],
        }  # fmt: skip


def test_a_call_without_an_answer(ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its line tells the code of the error, for each try."""
    caplog.set_level(logging.INFO, "workbench.call")
    with serving(with_parcels({})) as server:
        gone = server.url
    with pytest.raises(CallError):
        ask(shop(tmp_path, gone, retries={"max": 1, "wait_s": 0.01}), email=MAIL)
    lines = [json.loads(one.message) for one in caplog.records if one.name == "workbench.call"]

    assert [one["error"] for one in lines] == ["unreachable"] * 2
    assert all("status" not in one for one in lines)


def test_spans(ask: Ask, tmp_path: Path, spans: InMemorySpanExporter) -> None:
    """One for the lookup, and inside it one for each call, whichever thread sent it."""
    with serving(with_parcels({"2": 500})) as server:
        ask(shop(tmp_path, server.url), email=MAIL)
    *calls, lookup = spans.get_finished_spans()

    assert lookup.name == "workbench.lookup"
    assert [one.name for one in calls] == ["workbench.call"] * 3
    assert lookup.context is not None
    assert {one.parent.span_id for one in calls if one.parent} == {lookup.context.span_id}
    assert {one.kind for one in calls} == {SpanKind.CLIENT}
    search = dict(calls[0].attributes or {})
    assert search.pop("http.response.body.size") > 0
    assert search == {
        "workbench.merchant": "shop",
        "workbench.mapping_version": "1.0.0",
        "workbench.environment": "production",
        "workbench.operation": "find_orders_by_email",
        "workbench.call": "search",
        "workbench.page": 1,
        "http.request.method": "GET",
        "http.response.status_code": 200,
    }
    bad = next(one for one in calls if (one.attributes or {})["http.response.status_code"] == 500)
    assert bad.status.status_code is StatusCode.ERROR


def test_spans_of_what_failed(ask: Ask, tmp_path: Path, spans: InMemorySpanExporter) -> None:
    """They tell the code of the error, and hold no exception: its text is nobody's but the caller's."""
    with serving(with_parcels({})) as server:
        gone = server.url
    with pytest.raises(CallError):
        ask(shop(tmp_path, gone, retries={"max": 0}), email=MAIL)

    for one in spans.get_finished_spans():
        assert (one.attributes or {})["error.type"] == "unreachable"
        assert one.status.status_code is StatusCode.ERROR
        assert one.status.description is None
        assert one.events == ()


def test_nothing_of_a_customer_or_a_secret(
    ask: Ask, tmp_path: Path, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither lines nor spans hold a URL, a header, or a value of any."""
    caplog.set_level(logging.DEBUG)
    with serving(with_parcels({"1": 403})) as server:
        ask(shop(tmp_path, server.url), email=MAIL)
        with pytest.raises(Exception):  # noqa: B017 - whatever it is
            ask(shop(tmp_path, server.url), MAIL, email=MAIL)

    everything = caplog.text + "".join(map(told, spans.get_finished_spans()))
    for value in (MAIL, "ann%40", PASSWORD, "A-1", "/orders", server.url, "Authorization"):
        assert value not in everything


def told(span: ReadableSpan) -> str:
    """Everything that a span says."""
    return str(span.to_json())


def test_without_opentelemetry(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: without it lookups are the same."""
    monkeypatch.setattr(watch, "_tracing", lambda: None)
    with serving(with_parcels({})) as server:
        assert ask(shop(tmp_path, server.url), email=MAIL).outcome == "found"
