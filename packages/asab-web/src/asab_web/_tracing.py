"""Requests as steps of a trace, if `[general] tracing` says so.

A request runs in a task of its own, whose context ends with it. So the ids are set there and left: the log of an error
and the access log, which come when the handler has ended, have them too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from asab_app.tracing import TRACEPARENT, TRACESTATE, Attribute, Trace, is_recorded, span

RequestHandler = Callable[[Any], Awaitable[web.StreamResponse]]


def traced(handler: RequestHandler, *, accept: bool) -> RequestHandler:
    """Return what handles a request inside of a trace.

    Args:
        handler: What handles it.
        accept: Whether to go on with the trace that the client names.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        recorded = is_recorded()
        parent = _sent_with(request) if accept else None
        step = span(request.method, kind="server", parent=parent, attributes=_known(request) if recorded else None)
        step.__enter__()
        if not recorded:
            return await handler(request)
        error: BaseException | str | None = None
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            error = _describe(step, request, answer.status)
            raise
        except BaseException as e:
            error = e
            _describe(step, request, web.HTTPInternalServerError.status_code)
            raise
        else:
            error = _describe(step, request, response.status)
            return response
        finally:
            step.end(error)

    return handle


def _known(request: web.BaseRequest) -> dict[str, Attribute]:
    """Return what is known before the request is handled."""
    return {
        "http.request.method": request.method,
        "url.scheme": request.scheme,
        "url.path": request.rel_url.raw_path,
        "client.address": request.remote or "",
        "network.protocol.version": f"{request.version.major}.{request.version.minor}",
    }


def _sent_with(request: web.BaseRequest) -> Trace | None:
    """Return the trace that the client has sent; several are none."""
    headers = request.headers
    if TRACEPARENT not in headers or len(parents := headers.getall(TRACEPARENT)) != 1:
        return None
    return Trace.parse(parents[0], ",".join(headers.getall(TRACESTATE, [])))


def _describe(step: span, request: web.BaseRequest, status: int) -> str | None:
    """Tell what has become known meanwhile; return the error that an answer is."""
    match = request._match_info if isinstance(request, web.Request) else None  # the property fails where there is none
    resource = match.route.resource if match is not None else None
    if resource is not None:
        step.rename(f"{request.method} {resource.canonical}")
        step.set("http.route", resource.canonical)
    step.set("http.response.status_code", status)
    return str(status) if status >= 500 else None
