"""Steps as spans of OpenTelemetry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asab_app.tracing import Trace, current_trace, span
from tests.support.opentelemetry import exported

pytestmark = pytest.mark.usefixtures("exporter")


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    with exported() as exporter:
        yield exporter


def test_a_step_is_exported_under_the_ids_of_the_log(exporter: InMemorySpanExporter) -> None:
    """Who has found one finds the other."""
    with span("outer", kind="server", attributes={"a": 1}) as outer, span("inner") as inner:
        inner.set("b", "two")
        inner.rename("better")
    first, second = exporter.get_finished_spans()
    assert (first.name, first.attributes, second.name, second.attributes) == ("better", {"b": "two"}, "outer", {"a": 1})
    assert second.kind is trace.SpanKind.SERVER
    for made, own in ((first, inner.trace), (second, outer.trace)):
        assert f"{made.context.trace_id:032x}" == own.trace_id
        assert f"{made.context.span_id:016x}" == own.span_id
    assert first.parent is not None
    assert first.parent.span_id == second.context.span_id
    assert current_trace() is None
    assert not trace.get_current_span().get_span_context().is_valid


def test_it_goes_on_with_what_somebody_else_has_sent(exporter: InMemorySpanExporter) -> None:
    """Services are one trace."""
    parent = Trace(Trace.new().trace_id, "00f067aa0ba902b7", state="a=1")
    with span("handle", parent=parent) as step:
        assert step.trace.state == "a=1"
    (made,) = exporter.get_finished_spans()
    assert made.parent is not None
    assert (f"{made.parent.span_id:016x}", f"{made.context.trace_id:032x}") == (parent.span_id, parent.trace_id)


def test_instruments_of_others_are_inside_and_around(exporter: InMemorySpanExporter) -> None:
    """A database's instrumentation knows nothing of ours."""
    tracer = trace.get_tracer("others")
    with tracer.start_as_current_span("around"), span("ours"), tracer.start_as_current_span("inside"):
        pass
    inside, ours, around = exporter.get_finished_spans()
    assert inside.parent is not None
    assert ours.parent is not None
    assert (inside.parent.span_id, ours.parent.span_id) == (ours.context.span_id, around.context.span_id)


def test_an_error_is_the_spans(exporter: InMemorySpanExporter) -> None:
    """But who is cancelled has not failed."""
    with pytest.raises(ZeroDivisionError), span("fails"):
        1 / 0  # noqa: B018
    with pytest.raises(asyncio.CancelledError), span("cancelled"):
        raise asyncio.CancelledError
    failed, cancelled = exporter.get_finished_spans()
    assert failed.status.status_code is trace.StatusCode.ERROR
    assert failed.attributes == {"error.type": "ZeroDivisionError"}
    assert cancelled.status.status_code is trace.StatusCode.UNSET


def test_what_is_not_sampled_has_ids_all_the_same(exporter: InMemorySpanExporter) -> None:
    """The log is not sampled."""
    with span("not sampled", parent=Trace(Trace.new().trace_id, "00f067aa0ba902b7", sampled=False)) as step:
        assert step.trace.span_id != "00f067aa0ba902b7"
        assert not step.trace.sampled
    assert not exporter.get_finished_spans()
