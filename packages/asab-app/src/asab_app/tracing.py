"""One id through everything: the trace that a piece of work belongs to, and its steps.

A web request, or a message that comes in, begins a trace or goes on with that of whoever has sent it, if
`[general] tracing` says so. From there on it holds as context variables do: in all that is awaited, in tasks, coroutine
subscribers, timers and threads of the proactor that are started inside. Every log record made there has its `trace_id`
and `span_id`, and messages and requests that go out carry it on.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from asab_app.trace import TRACEPARENT, TRACESTATE, Trace
from asab_config import Config, ConfigError
from asab_log import context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Literal, Protocol, Self, TypeAlias

    Kind: TypeAlias = Literal["internal", "server", "client", "producer", "consumer"]
    Attribute: TypeAlias = str | bool | int | float

    class Recording(Protocol):
        """A step that somebody records, under ids of his own."""

        trace: Trace

        def set(self, name: str, value: Attribute) -> None:
            """Add an attribute."""

        def rename(self, name: str) -> None:
            """Say better what is done."""

        def end(self, error: BaseException | str | None) -> None:
            """Note the end."""

        def leave(self) -> None:
            """Let hold again what held before."""

    Recorder: TypeAlias = Callable[[str, Trace | None, Kind, Mapping[str, Attribute]], Recording]

__all__ = ["TRACEPARENT", "TRACESTATE", "Trace", "current_trace", "is_on", "is_recorded", "span"]

OPENTELEMETRY: Final = "opentelemetry"

_current: ContextVar[Trace | None] = ContextVar("asab_app.trace", default=None)

current_trace: Final = _current.get
"""Return the `Trace` of what runs here, or None."""


class _Mode:
    """What `[general] tracing` says."""

    on = False
    recorder: Recorder | None = None


def is_on() -> bool:
    """Return whether requests and messages that come in are traced."""
    return _Mode.on


def is_recorded() -> bool:
    """Return whether steps are handed to OpenTelemetry."""
    return _Mode.recorder is not None


def configure() -> None:
    """Do as `[general] tracing` says; called in init-time.

    Raises:
        ConfigError: If it is neither `yes`, `no` nor `opentelemetry`, or OpenTelemetry is not installed.
    """
    value = Config.get("general", "tracing")
    if value.lower() != OPENTELEMETRY:
        try:
            on = Config.getboolean("general", "tracing")
        except ConfigError as e:
            raise ConfigError(f"{e}, or {OPENTELEMETRY}") from None
        _Mode.on, _Mode.recorder = on, None
        return
    try:
        from asab_app._opentelemetry import OpenTelemetrySpan
    except ImportError:
        remedy = "install it by pip install 'asab-app[opentelemetry]'"
        raise ConfigError(f"[general] tracing = {value}: OpenTelemetry is not there; {remedy}") from None
    _Mode.on, _Mode.recorder = True, OpenTelemetrySpan


class span:
    """A step of a trace, for as long as the block takes: `with span("resize the picture"):`.

    It is a step of the one around it; where there is none, a new trace begins. With `[general] tracing = opentelemetry`
    it is a span there, and an exception that leaves the block is its error; otherwise it is an id in the log.

    Attributes:
        trace: The ids, inside of the block.
    """

    def __init__(
        self,
        name: str,
        *,
        kind: Kind = "internal",
        parent: Trace | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        """Take what is known of the step.

        Args:
            name: What is done, without what differs from time to time: that goes into the attributes.
            kind: Its part in a talk between services.
            parent: What it is a step of; by default that of the current trace.
            attributes: What OpenTelemetry is told of it.
        """
        self._name = name
        self._kind: Kind = kind
        self._parent = parent
        self._attributes = attributes or {}
        self._before: Trace | None = None
        self._recording: Recording | None = None
        self._error: BaseException | str | None = None
        self._ended = False
        self._log_context: context | None = None

    def __enter__(self) -> Self:
        """Begin it."""
        self._before = _current.get()
        recorder = _Mode.recorder
        if recorder is not None:
            self._recording = recorder(self._name, self._parent, self._kind, self._attributes)
            self.trace: Trace = self._recording.trace
        else:
            parent = self._parent or self._before
            self.trace = Trace.new() if parent is None else parent.child()
        _current.set(self.trace)
        self._log_context = context(trace_id=self.trace.trace_id, span_id=self.trace.span_id)
        self._log_context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and let hold again what held before."""
        self.end(error)
        if self._log_context is not None:
            self._log_context.__exit__(kind, error, trace)
        if _current.get() is not self.trace:  # a generator may end in another context
            return
        if self._recording is not None:
            self._recording.leave()
        _current.set(self._before)

    def set(self, name: str, value: Attribute) -> None:
        """Add an attribute, for OpenTelemetry."""
        if self._recording is not None:
            self._recording.set(name, value)

    def rename(self, name: str) -> None:
        """Say better what is done, for OpenTelemetry: now that it is known."""
        if self._recording is not None:
            self._recording.rename(name)

    def fail(self, error: BaseException | str) -> None:
        """Note what it has failed by, though it goes on: for what is done about that.

        Args:
            error: An exception, or a word for what is none.
        """
        self._error = error

    def end(self, error: BaseException | str | None = None) -> None:
        """Note that the step is over, though its ids hold on: for what is logged of it afterwards.

        Args:
            error: What has failed, if anything has.
        """
        if self._recording is not None and not self._ended:
            self._ended = True
            self._recording.end(error or self._error)
