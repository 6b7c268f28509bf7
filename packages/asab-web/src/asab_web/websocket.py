"""`WebSocketFactory`: a handler of WebSockets, made of hooks."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Iterable

from aiohttp import WSCloseCode, WSMessage, web

import asab_app
from asab_log import get_logger

L = get_logger(__name__)


class WebSocketFactory:
    """A request handler for aiohttp: `webapp.router.add_get("/ws", MyFactory(app))`. Override its hooks.

    A hook that raises is logged, and its socket is closed. At the stop of the application the sockets are closed by
    their container.

    Attributes:
        App: The application.
        WebSockets: The open ones.
    """

    def __init__(
        self,
        app: asab_app.Application,
        *,
        timeout: float = 10.0,
        protocols: Iterable[str] = (),
        compress: bool = True,
        max_msg_size: int = 4194304,
    ) -> None:
        """Set what sockets are made with.

        Args:
            app: The application.
            timeout: How long the closing of a socket waits for its peer, in seconds.
            protocols: The subprotocols that are spoken.
            compress: Whether messages are compressed where the peer can.
            max_msg_size: The longest message that is taken, in bytes; 0 for any.
        """
        self.App: asab_app.Application = app
        self.WebSockets: set[web.WebSocketResponse] = set()
        self._timeout = timeout
        self._protocols = tuple(protocols)
        self._compress = compress
        self._max_msg_size = max_msg_size
        self._sending: set[asyncio.Future[None]] = set()
        _mark_as_coroutine_function(self)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Handle a request: the life of one socket."""
        websocket = await self.on_request(request)
        self.WebSockets.add(websocket)
        try:
            async for message in websocket:
                await self.on_message(request, websocket, message)
        except Exception:
            L.exception("A WebSocket handler failed")
            await websocket.close(code=WSCloseCode.INTERNAL_ERROR)
        finally:
            self.WebSockets.discard(websocket)
            await self.on_close(request, websocket)
        return websocket

    async def on_request(self, request: web.Request) -> web.WebSocketResponse:
        """Open the socket of a request; an override may refuse it by an `aiohttp.web.HTTPException`."""
        websocket = web.WebSocketResponse(
            timeout=self._timeout, protocols=self._protocols, compress=self._compress, max_msg_size=self._max_msg_size
        )
        await websocket.prepare(request)
        return websocket

    async def on_message(self, request: web.Request, websocket: web.WebSocketResponse, message: WSMessage) -> None:
        """Take a message (text, binary, or an error); for overriding."""

    async def on_close(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        """Learn that a socket is closed; for overriding."""

    def send_parallely(self, coroutines: Iterable[Awaitable[None]]) -> asyncio.Future[None]:
        """Send to many sockets at once: `await factory.send_parallely([ws.send_str(text) for ws in sockets])`.

        It begins without being awaited. A socket that closes meanwhile is no error.

        Args:
            coroutines: The calls of `send_str`, `send_bytes` or `send_json`.
        """
        sending = asyncio.ensure_future(self._send(list(coroutines)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        return sending

    async def _send(self, coroutines: list[Awaitable[None]]) -> None:
        for error in await asyncio.gather(*coroutines, return_exceptions=True):
            if isinstance(error, Exception) and not isinstance(error, ConnectionError):
                L.error("Sending to a WebSocket failed", exc_info=error)


def _mark_as_coroutine_function(factory: WebSocketFactory) -> None:
    """Tell aiohttp, which asks `iscoroutinefunction` of a handler, that this object is as good as one."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(factory)
    else:
        factory._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
