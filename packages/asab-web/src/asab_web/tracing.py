"""Traces that go on in the requests of an aiohttp client."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TypeAlias

import aiohttp

from asab_app.tracing import current_trace, is_recorded, span
from asab_web._attributes import asked, method

_Session: TypeAlias = aiohttp.ClientSession


def client_tracing() -> aiohttp.TraceConfig:
    """Return what carries the current trace on: `aiohttp.ClientSession(trace_configs=[client_tracing()])`.

    A request that is made inside of a trace gets the headers `traceparent` and `tracestate`, unless it has its own;
    with OpenTelemetry it is a span of the kind `client`. Any other request is left alone. Who is asked learns the ids.
    """
    config = aiohttp.TraceConfig()
    config.on_request_start.append(_on_start)
    config.on_request_end.append(_on_end)
    config.on_request_exception.append(_on_exception)
    return config


async def _on_start(_session: _Session, scope: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
    scope.step = None
    if current_trace() is None:
        return
    if is_recorded():
        scope.step = span(method(request), kind="client", attributes=asked(request))
        scope.step.__enter__()
    trace = current_trace()
    if trace is not None:
        for name, value in trace.headers.items():
            request.headers.setdefault(name, value)


async def _on_end(_session: _Session, scope: SimpleNamespace, answer: aiohttp.TraceRequestEndParams) -> None:
    if scope.step is not None:
        status = answer.response.status
        scope.step.set("http.response.status_code", status)
        scope.step.end(str(status) if status >= 400 else None)
        scope.step.__exit__(None, None, None)


async def _on_exception(
    _session: _Session, scope: SimpleNamespace, failure: aiohttp.TraceRequestExceptionParams
) -> None:
    if scope.step is not None:
        scope.step.__exit__(type(failure.exception), failure.exception, None)
