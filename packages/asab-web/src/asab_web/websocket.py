"""`WebSocketFactory`: a handler of WebSockets, made of hooks.

The rules: a page of another site gets no socket, unless its origin is listed; a slow client holds up nobody; a client
that is gone without a word is noticed by the heartbeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, hdrs, web

import asab_app
from asab_log import get_logger
from asab_web._handler import mark_as_coroutine_function
from asab_web._outbox import Outbox
from asab_web.origin import FORMS, is_same_origin, parse_origin

L = get_logger(__name__)


class WebSocketFactory:
    """A request handler for aiohttp: `webapp.router.add_get("/ws", MyFactory(app))`. Override its hooks.

    A hook that raises is logged, and its socket is closed. At the stop of the application the sockets are closed by
    their container, with the code 1001.

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
        origins: Iterable[str] = (),
        heartbeat: float | None = 30.0,
        backlog: int = 100,
        limit: int = 0,
    ) -> None:
        """Set what sockets are made with.

        Args:
            app: The application.
            timeout: How long the closing of a socket waits for its peer, in seconds.
            protocols: The subprotocols that are spoken.
            compress: Whether messages are compressed where the peer can.
            max_msg_size: The longest message that is taken, in bytes; 0 for any.
            origins: Whose pages may connect beside those of this server itself, as `https://app.example.com`; `*` for
                all. Browsers send cookies along, whoever's page it is.
            heartbeat: How long a silent client is left alone before it is asked for a sign of life, in seconds; it
                has half of that to answer. `None` never asks.
            backlog: How many messages of `broadcast` may wait for a client that does not take them; then its socket is
                closed with the code 1013 (try again later).
            limit: How many sockets may be open; 0 for any number. Others are answered 503.

        Raises:
            ValueError: If an origin is none.
        """
        self.App: asab_app.Application = app
        self.WebSockets: set[web.WebSocketResponse] = set()
        self._timeout = timeout
        self._protocols = tuple(protocols)
        self._compress = compress
        self._max_msg_size = max_msg_size
        self._origins = frozenset(map(_origin, origins))
        self._heartbeat = heartbeat
        self._backlog = backlog
        self._limit = limit
        self._outboxes: dict[web.WebSocketResponse, Outbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        mark_as_coroutine_function(self)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Handle a request: the life of one socket.

        Raises:
            aiohttp.web.HTTPException: If it gets none: 403 for a page of another site, 503 if there are too many.
        """
        self._check(request)
        websocket = await self.on_request(request)
        self.WebSockets.add(websocket)
        outbox = Outbox(request, websocket, self._backlog, self._timeout, self._start)
        self._outboxes[websocket] = outbox
        try:
            await self.on_connect(request, websocket)
            async for message in websocket:
                await self.on_message(request, websocket, message)
        except Exception:
            L.exception("A WebSocket handler failed")
            await websocket.close(code=WSCloseCode.INTERNAL_ERROR)
        finally:
            self.WebSockets.discard(websocket)
            del self._outboxes[websocket]
            outbox.close()
            await self._closed(request, websocket)
        return websocket

    async def on_request(self, request: web.Request) -> web.WebSocketResponse:
        """Open the socket of a request; an override may refuse it by an `aiohttp.web.HTTPException`."""
        websocket = web.WebSocketResponse(
            timeout=self._timeout,
            protocols=self._protocols,
            compress=self._compress,
            max_msg_size=self._max_msg_size,
            heartbeat=self._heartbeat,
        )
        await websocket.prepare(request)
        return websocket

    async def on_connect(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        """Learn that a socket is open, and gets what is broadcast from now on; for overriding."""

    async def on_message(self, request: web.Request, websocket: web.WebSocketResponse, message: WSMessage) -> None:
        """Take a message (text, binary, or an error); for overriding."""

    async def on_close(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        """Learn that a socket is closed; for overriding."""

    def broadcast(self, message: str | bytes, to: Iterable[web.WebSocketResponse] | None = None) -> int:
        """Send a message to many sockets, in order, without waiting for anybody.

        Args:
            message: A text, or bytes.
            to: Who gets it; all open sockets by default. Closed ones are passed over.

        Returns:
            How many sockets it is on its way to.
        """
        kind = WSMsgType.TEXT if isinstance(message, str) else WSMsgType.BINARY
        data = message.encode() if isinstance(message, str) else message
        outboxes = [self._outboxes.get(websocket) for websocket in (self.WebSockets if to is None else to)]
        return sum(outbox.put(data, kind) for outbox in outboxes if outbox is not None)

    def forward(self, message_type: str, encode: Callable[..., str | bytes | None]) -> None:
        """Broadcast the messages of the application's bus of one type, as long as the application lives.

        Args:
            message_type: The message type, as `Application.tick!`.
            encode: Makes what is sent of what a subscriber gets: `encode(message_type, *args, **kwargs)`; of `None`
                nothing is sent.
        """

        def receive(message_type: str, *args: Any, **kwargs: Any) -> None:
            message = encode(message_type, *args, **kwargs)
            if message is not None:
                self.broadcast(message)

        self.App.PubSub.subscribe(message_type, receive)

    def send_parallely(self, coroutines: Iterable[Awaitable[None]]) -> asyncio.Future[None]:
        """Send to many sockets at once: `await factory.send_parallely([ws.send_str(text) for ws in sockets])`.

        It begins without being awaited, and is done when the slowest client has taken its message; `broadcast` waits
        for nobody. A socket that closes meanwhile is no error.

        Args:
            coroutines: The calls of `send_str`, `send_bytes` or `send_json`.
        """
        return self._start(self._send(list(coroutines)))

    async def _send(self, coroutines: list[Awaitable[None]]) -> None:
        for error in await asyncio.gather(*coroutines, return_exceptions=True):
            if isinstance(error, Exception) and not isinstance(error, ConnectionError):
                L.error("Sending to a WebSocket failed", exc_info=error)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _check(self, request: web.Request) -> None:
        """Refuse who may not connect at all: a page of another site acts with its visitor's cookies."""
        origin = request.headers.get(hdrs.ORIGIN)
        if not ("*" in self._origins or origin in self._origins or is_same_origin(request)):
            L.warning(
                "A WebSocket for a page of another origin is refused; `origins` allows it, and behind a proxy"
                " `trusted_proxies` tells which host this is",
                struct_data={"origin": origin, "host": request.host},
            )
            raise web.HTTPForbidden(text="This origin may not connect.\n")
        if self._limit and len(self.WebSockets) >= self._limit:
            raise web.HTTPServiceUnavailable(text="There are too many connections.\n")

    async def _closed(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        if websocket.close_code == WSCloseCode.ABNORMAL_CLOSURE and request.transport is not None:
            request.transport.abort()  # nobody is there to take what is still on its way
        try:
            await self.on_close(request, websocket)
        except Exception:
            L.exception("A WebSocket handler failed")


def _origin(text: str) -> str:
    origin = text if text == "*" else parse_origin(text)
    if origin is None:
        raise ValueError(f"{text!r} is no origin: expected {FORMS}, or *")
    return origin
