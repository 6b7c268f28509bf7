"""Requests as steps of traces, if `[general] tracing` says so.

A request runs in a task of its own, whose context ends with it. So the ids are set there and left: the log of an error
and the access log, which come when the handler has ended, have them too.

A trace that a client names is gone on with only where the option `traceparent` believes the client: a stranger who may
choose ids can hide his requests among those of somebody else, and have all recorded that they set off.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from asab_app.tracing import TRACEPARENT, TRACESTATE, Trace, current_trace, is_on, is_recorded, span
from asab_config import ConfigError
from asab_web._attributes import asked_for, method, resource, route
from asab_web._ip import parse_ip
from asab_web.proxies import REMOTE, TrustedProxies

if TYPE_CHECKING:
    from asab_config import ConfigSection

RequestHandler = Callable[[Any], Awaitable[web.StreamResponse]]
Believes = Callable[[web.BaseRequest], bool]

DEFAULTS = {"traceparent": "private", "request_id_header": ""}

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def traced(handler: RequestHandler, *, believes: Believes) -> RequestHandler:
    """Return what handles a request inside of a trace.

    Args:
        handler: What handles it.
        believes: Whether to go on with the trace that the client of a request names.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        recorded = is_recorded()
        attributes = asked_for(request) if recorded else None
        step = span(method(request), kind="server", parent=_sent_with(request, believes), attributes=attributes)
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


def believes(config: ConfigSection) -> Believes:
    """Return whose traces are gone on with, as the option `traceparent` says.

    Raises:
        ConfigError: If it is neither `yes`, `no` nor `private`.
    """
    value = config["traceparent"]
    if value.lower() == "private":
        names = config.getlist("trusted_proxies")
        proxies = TrustedProxies(config.name, names, config["proxy_headers"]) if names else None
        return functools.partial(_comes_from_private, proxies)
    try:
        everybody = config.getboolean("traceparent")
    except ConfigError as e:
        raise ConfigError(f"{e}, or private") from None
    return lambda _request: everybody


def name_requests(webapp: web.Application, config: ConfigSection) -> None:
    """Have all answers bear the id of their trace, in the header that the option `request_id_header` names.

    Raises:
        ConfigError: If that is no name of a header.
    """
    header = config["request_id_header"]
    if header and not _TOKEN.fullmatch(header):
        raise ConfigError(f"[{config.name}] request_id_header = {header!r}: expected the name of a header")

    async def name(_request: web.Request, response: web.StreamResponse) -> None:
        if (trace := current_trace()) is not None:
            response.headers[header] = trace.trace_id

    if header and is_on():
        webapp.on_response_prepare.append(name)


def _comes_from_private(proxies: TrustedProxies | None, request: web.BaseRequest) -> bool:
    hop = None if proxies is None else proxies.client(request)
    if hop is not None:
        return hop.remote is not None and _is_private(str(hop.remote))
    return not request.remote or _is_private(request.remote)  # who comes by a unix socket has no address


@functools.lru_cache(maxsize=1024)
def _is_private(remote: str) -> bool:
    """Return whether an address is one that the internet does not route."""
    address = parse_ip(remote)
    return address is not None and address.is_private


def _sent_with(request: web.BaseRequest, believes: Believes) -> Trace | None:
    """Return the trace that the client has sent; several are none."""
    headers = request.headers
    if TRACEPARENT not in headers or len(parents := headers.getall(TRACEPARENT)) != 1 or not believes(request):
        return None
    return Trace.parse(parents[0], ",".join(headers.getall(TRACESTATE, [])))


def _describe(step: span, request: web.BaseRequest, status: int) -> str | None:
    """Tell what has become known meanwhile; return the error that an answer is."""
    if found := route(resource(request)):
        step.rename(f"{method(request)} {found}")
        step.set("http.route", found)
    if remote := request.get(REMOTE):  # the client behind the proxies
        step.set("client.address", remote)
    step.set("http.response.status_code", status)
    return str(status) if status >= 500 else None
