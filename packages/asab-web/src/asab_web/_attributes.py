"""What is said of requests to OpenTelemetry, by its conventions for HTTP.

The query string is not told, as it is not logged: it may hold secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import hdrs

from asab_web._host import is_host

if TYPE_CHECKING:
    import aiohttp
    from aiohttp import web

    Attributes = dict[str, str | bool | int | float]

METHODS: Final = frozenset(hdrs.METH_ALL)


def method(request: web.BaseRequest | aiohttp.TraceRequestStartParams) -> str:
    """Return the first part of the name of a request's span: a client cannot make as many names as it likes."""
    return request.method if request.method in METHODS else "HTTP"


def asked_for(request: web.BaseRequest) -> Attributes:
    """Return what a server knows of a request before it is handled."""
    attributes: Attributes = {
        "http.request.method": _method(request),
        "url.path": request.rel_url.raw_path,
        "url.scheme": request.scheme,
        "network.protocol.version": f"{request.version.major}.{request.version.minor}",
    }
    if request.remote:
        attributes["client.address"] = request.remote
    if agent := request.headers.get(hdrs.USER_AGENT):
        attributes["user_agent.original"] = agent
    host = request.headers.get(hdrs.HOST, "")
    if is_host(host):
        attributes.update(_server(host))
    return attributes


def resource(request: web.BaseRequest) -> web.AbstractResource | None:
    """Return what a request was routed to; None for nothing."""
    found = getattr(request, "_match_info", None)  # a public name of it would fail where nothing was looked for
    return None if found is None else found.route.resource


def route(found: web.AbstractResource | None) -> str:
    """Return the route that leads there, as `/orders/{id}`; empty for none."""
    return "" if found is None else found.canonical


def asked(request: aiohttp.TraceRequestStartParams) -> Attributes:
    """Return what a client knows of a request before it is sent."""
    url = request.url
    attributes: Attributes = {
        "http.request.method": _method(request),
        "url.full": str(url.with_user(None).with_query(None).with_fragment(None)),
    }
    if url.host:
        attributes["server.address"] = url.host
    if url.port:
        attributes["server.port"] = url.port
    return attributes


def _method(request: web.BaseRequest | aiohttp.TraceRequestStartParams) -> str:
    return request.method if request.method in METHODS else "_OTHER"


def _server(host: str) -> Attributes:
    name, separator, port = host.rpartition(":")
    if separator and port.isdecimal():
        return {"server.address": name, "server.port": int(port)}
    return {"server.address": host}
