"""The web server of ASAB applications, on aiohttp.

The layer's map, from the bottom:

- `_connection`, `_connections` - those of clients: their limits, and how they end.
- `_host` - which host was asked for; `_ip` - addresses in texts; `origin` - where a page is from; `_vary` - what caches
  look at.
- `accesslog` - a record for each request; `proxies`, `cors`, `compression` - what a container does for all requests,
  put together by `_aspects`.
- `_tracing` - requests as steps of a trace; `tracing` - those of a client that go on with it; `_attributes` - what
  OpenTelemetry is told of both.
- `_measuring` - requests by route, where the application has metrics.
- `_endpoints` - what a container serves under `/asab/`: `_health`, the metrics by `_exposition`, the document of
  `openapi`, and `inspector`, the live page; `_routes` - routes that give way to the application's.
- `container` - `WebContainer`: an aiohttp application and the addresses that it is served on.
- `service` - `WebService`: the containers of an application; `module` - `Module`, which adds it.
- `session` - sessions, their storages, their cookie.
- `rest` - answers and errors in JSON; `static` - `StaticDirProvider`; `websocket` - `WebSocketFactory`, with an
  `_outbox` for each socket; `eventstream` - `EventStreamFactory`. They stand on aiohttp alone, or nearly so.
- `_keys` - keys of aiohttp's mappings that are found under a plain name, too; `_handler` - objects as handlers.
"""

from asab_web.container import APP, WebContainer
from asab_web.eventstream import EventStream, EventStreamFactory
from asab_web.module import Module
from asab_web.service import WebService
from asab_web.static import StaticDirProvider
from asab_web.websocket import WebSocketFactory

__all__ = [
    "APP",
    "EventStream",
    "EventStreamFactory",
    "Module",
    "StaticDirProvider",
    "WebContainer",
    "WebService",
    "WebSocketFactory",
]
