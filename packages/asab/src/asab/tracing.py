"""One id through everything; see `asab_app.tracing`."""

from asab_app.tracing import Trace, current_trace, span

__all__ = ["Trace", "current_trace", "span"]
