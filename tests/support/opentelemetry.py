"""OpenTelemetry with an exporter that keeps what it gets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asab_app import tracing
from tests.support.tracing import configured

_exporter = InMemorySpanExporter()


@contextlib.contextmanager
def exported() -> Iterator[InMemorySpanExporter]:
    """Turn it on, by the configuration; a process sets its provider once."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(_exporter))
        trace.set_tracer_provider(provider)
    _exporter.clear()
    with configured("opentelemetry"):
        tracing.configure()
        yield _exporter
