"""The servers that the web benchmarks ask: `python web_servers.py KIND PORT FOLDER [OPTION…]` serves until SIGTERM.

All answer `/` by the same text. The options: `log` writes an access log to a file in FOLDER, `uvloop` runs that loop,
`reuse` lets a second process share the port, `ids` and `opentelemetry` trace requests, `metrics` measures them,
`inspector` has the live page;
`memory`, `redis` and `cookie` keep sessions, counted by `/write` and read by `/read`.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TEXT = "Hello, world!\n"
REDIS = "redis://127.0.0.1:6379/9"
SECRET = base64.urlsafe_b64encode(b"a secret of 32 bytes, for a test").decode()
STORES = {"memory", "redis", "cookie"}


class Order(NamedTuple):
    """What to serve."""

    port: int
    folder: Path
    options: frozenset[str]

    @property
    def store(self) -> str:
        """Where sessions are kept; empty for none."""
        return next(iter(STORES & self.options), "")


def aiohttp_handlers(get_session: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    """Return the handlers of everything on aiohttp, by their paths."""
    from aiohttp import web

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text=TEXT)

    async def read(request: web.Request) -> web.Response:
        session = await get_session(request)
        return web.Response(text=str(session.get("visits", 0)))

    async def write(request: web.Request) -> web.Response:
        session = await get_session(request)
        session["visits"] = session.get("visits", 0) + 1
        return web.Response(text=str(session["visits"]))

    return {"/": hello, "/read": read, "/write": write}


def serve_aiohttp(order: Order) -> None:
    """Serve by bare aiohttp, with aiohttp-session if there is a store."""
    import aiohttp_session
    from aiohttp import web

    async def socket(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    async def make() -> web.Application:
        webapp = web.Application()
        if order.store:
            aiohttp_session.setup(webapp, aiohttp_session_storage(order.store))
        for path, handler in aiohttp_handlers(aiohttp_session.get_session).items():
            webapp.router.add_get(path, handler)
        webapp.router.add_get("/ws", socket)
        return webapp

    log = None
    if "log" in order.options:
        logging.basicConfig(filename=order.folder / "aiohttp.log", level=logging.INFO, format="%(message)s")
        log = logging.getLogger("aiohttp.access")
    web.run_app(
        make(),
        host="127.0.0.1",
        port=order.port,
        access_log=log,
        print=None,
        reuse_port="reuse" in order.options or None,
        loop=new_loop(order),
    )


def new_loop(order: Order) -> asyncio.AbstractEventLoop:
    """Return the event loop of bare aiohttp."""
    if "uvloop" not in order.options:
        return asyncio.new_event_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def aiohttp_session_storage(store: str) -> Any:
    """Return a storage of aiohttp-session; it has none that keeps sessions in memory."""
    if store == "redis":
        from aiohttp_session.redis_storage import RedisStorage
        from redis import asyncio as redis

        return RedisStorage(redis.from_url(REDIS))
    from aiohttp_session.cookie_storage import EncryptedCookieStorage

    return EncryptedCookieStorage(SECRET)


def serve_asab(order: Order) -> None:
    """Serve by ours: a whole application, as users have it."""
    import asab_app.metrics
    import asab_web
    from asab_config import Config
    from asab_web.session import SESSION, ServiceWebSession

    options = order.options
    Config.add_defaults(
        {
            "general": {"event_loop": "uvloop" if "uvloop" in options else "asyncio", "tracing": tracing(options)},
            "asab:web": {
                "listen": f"127.0.0.1:{order.port}",
                "access_log": "notice" if "log" in options else "no",
                "reuse_port": "yes" if "reuse" in options else "no",
                "inspector": "yes" if "inspector" in options else "no",
            },
            "asab:web:session": {"storage": order.store, "redis_url": REDIS, "cookie_secrets": SECRET},
            "logging:file": {"path": str(order.folder / "asab.log")},
        }
    )

    async def get_session(request: Any) -> Any:
        return request[SESSION]

    class Server(asab_app.Application):
        async def initialize(self) -> None:
            if "metrics" in options:
                self.add_module(asab_app.metrics.Module)
            self.add_module(asab_web.Module)
            webapp = self.get_service("asab.WebService").WebApp
            for path, handler in aiohttp_handlers(get_session).items():
                webapp.router.add_get(path, handler)
            webapp.router.add_get("/ws", asab_web.WebSocketFactory(self))
            if order.store:
                ServiceWebSession(self, "sessions", webapp)

    Server(args=[]).run()


def tracing(options: frozenset[str]) -> str:
    """Return how requests are traced, with OpenTelemetry set up if it is to be."""
    if "opentelemetry" not in options:
        return "yes" if "ids" in options else "no"
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    return "opentelemetry"


def serve_litestar(order: Order) -> None:
    """Serve by Litestar on uvicorn."""
    import litestar

    @litestar.get("/", media_type="text/plain")
    async def hello() -> str:
        return TEXT

    run_uvicorn(litestar.Litestar([hello], openapi_config=None), order)


def serve_fastapi(order: Order) -> None:
    """Serve by FastAPI on uvicorn."""
    import fastapi
    from fastapi.responses import PlainTextResponse

    app = fastapi.FastAPI(openapi_url=None)

    @app.get("/", response_class=PlainTextResponse)
    async def hello() -> str:
        return TEXT

    run_uvicorn(app, order)


def serve_starsessions(order: Order) -> None:
    """Serve by Starlette on uvicorn, with starsessions."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starsessions import CookieStore, InMemoryStore, SessionMiddleware, load_session
    from starsessions.stores.redis import RedisStore

    async def read(request: Request) -> PlainTextResponse:
        await load_session(request)
        return PlainTextResponse(str(request.session.get("visits", 0)))

    async def write(request: Request) -> PlainTextResponse:
        await load_session(request)
        request.session["visits"] = request.session.get("visits", 0) + 1
        return PlainTextResponse(str(request.session["visits"]))

    makers = {"memory": InMemoryStore, "redis": lambda: RedisStore(REDIS), "cookie": lambda: CookieStore(SECRET)}
    app = Starlette(routes=[Route("/read", read), Route("/write", write)])
    app.add_middleware(SessionMiddleware, store=makers[order.store](), lifetime=3600, cookie_https_only=False)
    run_uvicorn(app, order)


def run_uvicorn(app: Any, order: Order) -> None:
    """Serve an ASGI application, on the loop that is asked for and with the parser in C."""
    import uvicorn

    has_log = "log" in order.options
    if has_log:
        logging.basicConfig(filename=order.folder / "uvicorn.log", level=logging.INFO, format="%(message)s")
    loop = "uvloop" if "uvloop" in order.options else "asyncio"
    uvicorn.run(app, host="127.0.0.1", port=order.port, loop=loop, log_config=None, access_log=has_log)


SERVE = {
    "aiohttp": serve_aiohttp,
    "asab-web": serve_asab,
    "litestar": serve_litestar,
    "fastapi": serve_fastapi,
    "starsessions": serve_starsessions,
}

if __name__ == "__main__":
    kind, port, folder, *chosen = sys.argv[1:]
    SERVE[kind](Order(int(port), Path(folder), frozenset(chosen)))
