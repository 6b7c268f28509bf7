"""Steps of a trace as spans of OpenTelemetry, whose provider and exporter are the application's own to set up."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from asab_app._unicode import encodable
from asab_app.trace import Trace

if TYPE_CHECKING:
    from asab_app.tracing import Attribute, Kind

_RANDOM = 2  # a flag that older versions have no name for


class OpenTelemetrySpan:
    """A span, current in OpenTelemetry too, so that instruments of others find their place under it.

    Attributes:
        trace: Its ids.
    """

    def __init__(self, name: str, parent: Trace | None, kind: Kind, attributes: Mapping[str, Attribute]) -> None:
        """Begin a span.

        Args:
            name: What is done.
            parent: The step that somebody else is in; without one, what is current.
            kind: Its part in a talk between services.
            attributes: What is known of it.
        """
        outer = None if parent is None else set_span_in_context(NonRecordingSpan(_span_context(parent)))
        # The provider may be set at any time; a tracer is kept by it.
        tracer = trace.get_tracer("asab")
        said = {key: _sound(value) for key, value in attributes.items()}
        self._span = tracer.start_span(encodable(name), outer, SpanKind[kind.upper()], said)
        self.trace = self._own_ids(trace.get_current_span(outer).get_span_context())
        self._token = context.attach(set_span_in_context(self._span))

    def set(self, name: str, value: Attribute) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, _sound(value))

    def rename(self, name: str) -> None:
        """Say better what is done."""
        self._span.update_name(encodable(name))

    def end(self, error: BaseException | str | None) -> None:
        """End the span, in error or not; who is cancelled has not failed."""
        if isinstance(error, Exception):
            stack = encodable("".join(traceback.format_exception(error)))
            said = {"exception.message": encodable(str(error)), "exception.stacktrace": stack}
            self._span.record_exception(error, said)
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(Status(StatusCode.ERROR, encodable(str(error))))
        elif isinstance(error, str):
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    def leave(self) -> None:
        """Let hold again what held before."""
        context.detach(self._token)

    def _own_ids(self, parent: SpanContext) -> Trace:
        """Return the span's ids; without a provider it has none, and stands on its parent's place."""
        own = self._span.get_span_context()
        if own.is_valid and own.span_id != parent.span_id:
            return _trace(own)
        made = _trace(parent).child() if parent.is_valid else Trace.new()
        self._span = NonRecordingSpan(_span_context(made))
        return made


def _sound(value: Attribute) -> Attribute:
    """Return what can be exported: a stranger may send what is no text, and one such value loses a whole batch."""
    return encodable(value) if isinstance(value, str) else value


def _span_context(of: Trace) -> SpanContext:
    flags = TraceFlags(of.flags)
    state = TraceState.from_header([of.state])
    return SpanContext(int(of.trace_id, 16), int(of.span_id, 16), is_remote=True, trace_flags=flags, trace_state=state)


def _trace(of: SpanContext) -> Trace:
    state = of.trace_state.to_header() if of.trace_state else ""
    random = bool(of.trace_flags & _RANDOM)
    return Trace(f"{of.trace_id:032x}", f"{of.span_id:016x}", of.trace_flags.sampled, state, random)
