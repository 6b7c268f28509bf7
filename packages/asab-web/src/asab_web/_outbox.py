"""What waits to be sent to one WebSocket: a bounded queue, and a task while there is something in it.

An idle socket costs no task, and who has something sent never waits. A client that does not keep up is cut off: it may
connect again and learn how things stand, which beats a page that has silently missed something.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

from asab_log import get_logger

if TYPE_CHECKING:
    Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]

L = get_logger(__name__)


class Outbox:
    """The messages for one socket."""

    # There may be ten thousand of them, idle.
    __slots__ = ("_closed", "_grace", "_limit", "_request", "_sender", "_stalled", "_start", "_waiting", "_websocket")

    def __init__(
        self, request: web.Request, websocket: web.WebSocketResponse, limit: int, grace: float, start: Start
    ) -> None:
        """Make it empty.

        Args:
            request: What the socket was opened by.
            websocket: The socket.
            limit: How many messages may wait.
            grace: How long a client that is cut off has to take what is on its way, in seconds.
            start: Starts tasks, and keeps them alive.
        """
        self._request = request
        self._websocket = websocket
        self._limit = limit
        self._grace = grace
        self._start = start
        self._waiting: deque[tuple[bytes, WSMsgType]] | None = None  # an empty one takes 600 bytes
        self._sender: asyncio.Task[None] | None = None
        self._stalled = False  # the socket does not take more at the moment
        self._closed = False

    def put(self, message: bytes, kind: WSMsgType) -> bool:
        """Have a message sent; return whether it will be. Where there is no room, the client is cut off.

        Room lacks only where the client is to blame: a burst waits for the next turn of the event loop.
        """
        if self._closed or self._websocket.closed:
            return False
        if self._waiting is None:
            self._waiting = deque()
            self._sender = self._start(self._send(self._waiting))
        elif self._stalled and len(self._waiting) >= self._limit:
            L.warning(
                "A WebSocket client does not keep up and is cut off",
                struct_data={"remote": self._request.remote or "-", "waiting": len(self._waiting)},
            )
            self.close()
            self._start(self._cut_off())
            return False
        self._waiting.append((message, kind))
        return True

    def close(self) -> None:
        """Take nothing more, and forget what waits."""
        self._closed = True
        if self._sender is not None:
            self._sender.cancel()

    async def _send(self, waiting: deque[tuple[bytes, WSMsgType]]) -> None:
        try:
            while waiting:
                self._stalled = True
                await self._websocket.send_frame(*waiting.popleft())
                self._stalled = False
        except ConnectionError:
            self._closed = True  # the handler of the socket learns it by itself
        finally:
            self._waiting = self._sender = None

    async def _cut_off(self) -> None:
        """Close the socket; what a frozen client does not take is thrown away after a while."""
        if (transport := self._request.transport) is not None:
            asyncio.get_running_loop().call_later(self._grace, transport.abort)
        with contextlib.suppress(ConnectionError):
            await self._websocket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")
