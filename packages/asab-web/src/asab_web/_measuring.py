"""`RequestMetrics`: the requests of a container by route, where the application has metrics.

The rule: label values are the application's own. The route is the pattern and no path; a method that HTTP does not know
is `other`; so no client can make the metrics grow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from asab_app.metrics import Family, Histogram, Sample
from asab_app.metrics.family import family
from asab_web._attributes import METHODS, resource, route

if TYPE_CHECKING:
    from asab_web._connections import Connections

_GONE: Final = 499  # the client, before it was answered; as in the access log

Handle = Callable[[Any], Awaitable[web.StreamResponse]]


class RequestMetrics:
    """What is measured of one container."""

    def __init__(self, server: str, connections: Connections) -> None:
        """Begin at zero.

        Args:
            server: The section of the container.
            connections: Its connections, which are counted when somebody looks.
        """
        self._labels = {"server": server}
        self._active = 0
        self._connections = connections
        self._durations = Histogram(
            "http_server_request_duration_seconds", self._labels, description="Time to answer a request, in seconds."
        )
        self._series: dict[tuple[str, object, int], Histogram] = {}

    def around(self, handle: Handle) -> Handle:
        """Return a handler that measures another one."""

        async def measured(request: web.Request) -> web.StreamResponse:
            began = perf_counter()
            self._active += 1
            status = 500
            try:
                response = await handle(request)
                status = response.status
                return response
            except web.HTTPException as error:
                status = error.status
                raise
            except asyncio.CancelledError:
                status = _GONE
                raise
            finally:
                self._active -= 1
                self._observe(request, status, perf_counter() - began)

        return measured

    def families(self) -> Iterator[Family]:
        """Go through the live values."""
        yield family(self._durations)
        yield self._gauge("http_server_active_requests", "Requests that are being answered.", self._active)
        count = self._connections.count
        yield self._gauge("asab_web_connections", "Connections of clients, idle ones included.", count)
        websockets = sum(not each.closed for each in self._connections.websockets)
        yield self._gauge("asab_web_websockets", "Open WebSockets.", websockets)

    def _observe(self, request: web.Request, status: int, seconds: float) -> None:
        found = resource(request)
        method = request.method if request.method in METHODS else "other"
        series = self._series.get((method, found, status))
        if series is None:
            series = self._durations.labels(method=method, route=route(found), status=str(status))
            self._series[method, found, status] = series
        series.observe("", seconds)

    def _gauge(self, name: str, description: str, value: int) -> Family:
        return Family(name, "gauge", description, [Sample(self._labels, value)])
