"""Steps of traces as spans of OpenTelemetry."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asab_app.tracing import Trace, current_trace, span
from tests.support.opentelemetry import exported

L = logging.getLogger(__name__)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    with exported() as exporter:
        yield exporter


def test_a_step_is_a_span_with_the_ids_that_the_log_has(
    exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    """From a line of the log one finds the span, and from the span the lines."""
    with span("charge", attributes={"order": 42}) as step:
        L.warning("charged")
        step.set("card", "visa")
    [found] = exporter.get_finished_spans()
    [record] = caplog.records
    assert found.context is not None
    ids = {"trace_id": f"{found.context.trace_id:032x}", "span_id": f"{found.context.span_id:016x}"}
    assert record._struct_data == ids  # type: ignore[attr-defined]
    assert found.attributes == {"order": 42, "card": "visa"}


def test_spans_of_others_are_among_ours(exporter: InMemorySpanExporter) -> None:
    """The libraries of a database have their own; they stand where they were called."""
    with span("ours"), trace.get_tracer("theirs").start_as_current_span("theirs"), span("ours again"):
        pass
    inner, theirs, outer = exporter.get_finished_spans()
    assert inner.parent is not None
    assert theirs.parent is not None
    assert outer.parent is None
    assert (inner.parent.span_id, theirs.parent.span_id) == tuple(
        each.context.span_id for each in (theirs, outer) if each.context
    )
    assert not trace.get_current_span().get_span_context().is_valid


def test_the_sampling_and_the_state_of_who_has_begun_count(exporter: InMemorySpanExporter) -> None:
    """What was not sampled has ids all the same, of its own."""
    came = Trace.parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "a=1,b=2")
    assert came is not None
    with span("import", parent=came) as step:
        assert (step.trace.trace_id, step.trace.state) == (came.trace_id, "a=1,b=2")
        assert step.trace.span_id != came.span_id
        assert not step.trace.sampled
    assert not exporter.get_finished_spans()


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


def test_what_is_no_text_can_be_exported(exporter: InMemorySpanExporter) -> None:
    """One value that no exporter can encode would lose it a whole batch of spans."""

    def fail() -> None:
        with span("n\udcffame", attributes={"a": "\udcff"}) as step:
            step.set("b", "\ud800\u017e")
            step.rename("renamed\udcff")
            raise LookupError("\udcff")

    with pytest.raises(LookupError):
        fail()
    [found] = exporter.get_finished_spans()
    assert found.name == "renamed?"
    assert found.attributes == {"a": "?", "b": "?\u017e", "error.type": "LookupError"}
    assert found.status.description == "?"
    for text in (event.attributes or {} for event in found.events):
        repr(dict(text)).encode()
        assert text["exception.message"] == "?"


def test_a_step_that_has_ended_may_end_once_more(
    exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever ends it early need not know what comes after."""
    with span("early") as step:
        step.end("503")
    [found] = exporter.get_finished_spans()
    assert dict(found.attributes or {})["error.type"] == "503"
    assert not caplog.records


@pytest.mark.usefixtures("exporter")
async def test_a_generator_that_ends_elsewhere_undoes_nothing_there(caplog: pytest.LogCaptureFixture) -> None:
    """The end of an asynchronous generator runs where it is collected, which may be in another trace."""

    async def generate() -> AsyncIterator[None]:
        with span("generator"):
            yield

    generator = generate()
    await asyncio.create_task(anext(generator))  # type: ignore[arg-type]
    with span("present") as present:
        await generator.aclose()  # type: ignore[attr-defined]
        assert current_trace() is present.trace
        assert trace.get_current_span().get_span_context().span_id == int(present.trace.span_id, 16)
    assert not caplog.records


WITHOUT_PROVIDER = """
from asab_app import Application
from asab_app.tracing import Trace, current_trace, span
from asab_config import Config

class Unexported(Application):
    async def main(self):
        with span("outer") as outer, span("inner", attributes={"a": 1}) as inner:
            assert outer.trace.trace_id == inner.trace.trace_id != "0" * 32
            assert outer.trace.span_id != inner.trace.span_id
        came = Trace.new()
        with span("import", parent=came) as part:
            assert part.trace.trace_id == came.trace_id
            assert part.trace.span_id != came.span_id
        assert current_trace() is None
        self.stop()

Config.set("general", "tracing", "opentelemetry")
raise SystemExit(Unexported(args=[]).run())
"""


def test_without_a_provider_the_ids_are_there_all_the_same() -> None:
    """Where nothing is exported, on a developer's machine, the log and the headers have ids."""
    subprocess.run([sys.executable, "-c", WITHOUT_PROVIDER], check=True, timeout=60)
