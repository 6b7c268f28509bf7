"""`Connections`: all of a container, bounded in number and in time, and how they end.

The rules of the end: from the moment when the stop is asked for, answers tell the client that the connection closes.
When nobody is accepted any more, idle connections are closed, those that came last get their first request answered,
and a client that has sent a request at the same moment gets a clean end and no reset.
"""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web
from aiohttp.streams import EMPTY_PAYLOAD

from asab_web._connection import BUSY, HEAD, LEFT, Connection
from asab_web._host import Handler, checking_host
from asab_web._request import Request
from asab_web.eventstream import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import StreamReader

    from asab_app.acceptor import Acceptor

_FRESH: Final = 1.0  # seconds in which a new client sends its first request
_LINGER: Final = 0.25  # seconds in which a request that is on its way arrives, and is not answered by a reset


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take.

    Attributes:
        connections: How many there may be at once; 0 for any number.
        head: The time for the head of a request, in seconds; 0 for any.
        body: The time for its body, in seconds; 0 for any.
        send: The time that it may take nothing of what is sent to it, in seconds; 0 for any.
        keepalive: The time between requests, in seconds.
        header_size: The longest line of a head, in bytes.
        body_size: The longest body that a handler reads as a whole, in bytes.
    """

    connections: int
    head: float
    body: float
    send: float
    keepalive: float
    header_size: int
    body_size: int


class Connections:
    """The open connections of a container.

    Attributes:
        draining: Whether answers tell the client that the connection closes.
        leaving: Whether idle connections are closed.
        websockets: Those that are open, and may be some that are closed.
        streams: The same of event streams.
        nothing: What is awaited where there is nothing to wait for.
    """

    def __init__(self, limits: Limits, runner: web.AppRunner, options: dict[str, Any]) -> None:
        """Begin without any.

        Args:
            limits: What a client may take.
            runner: aiohttp's, set up; its server is told to have its requests made here.
            options: For aiohttp's `RequestHandler`.
        """
        self.draining = False
        self.leaving = False
        self.websockets: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self.streams: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self.acceptor: Acceptor | None = None
        self._limits = limits
        if runner.server is None:
            raise RuntimeError("the runner is not set up")
        self._server = runner.server
        self._options = options | {
            "keepalive_timeout": limits.keepalive,
            "max_line_size": limits.header_size,
            "max_field_size": limits.header_size,
        }
        self._open: set[Connection] = set()
        self._loop = asyncio.get_running_loop()
        self.nothing: asyncio.Future[None] = self._loop.create_future()
        self.nothing.set_result(None)
        times = [time for time in (limits.head, limits.body) if time]
        self._period = min(1.0, *(time / 4 for time in times)) if times else 0.0
        self._check: asyncio.TimerHandle | None = None
        self._checked = 0.0
        self._server.request_factory = cast("Any", self._make_request)  # its connections are all of ours
        self.wrap(checking_host)

    def wrap(self, around: Callable[[Handler], Handler]) -> None:
        """Put something around the application, for each request.

        No middleware: as long as it has none, aiohttp answers a tenth faster.
        """
        self._server.request_handler = around(self._server.request_handler)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, self._server, self._options)

    def has_room(self) -> bool:
        """Return whether one more is allowed."""
        limit = self._limits.connections
        return not limit or len(self._open) + (len(self.acceptor.opening) if self.acceptor else 0) < limit

    def add(self, connection: Connection) -> None:
        """Learn of a new one."""
        self._open.add(connection)
        if self._period and self._check is None:
            self._checked = self._loop.time()
            self._check = self._loop.call_at(self._checked + self._period, self._on_time)

    def discard(self, connection: Connection) -> None:
        """Learn that one has ended."""
        self._open.discard(connection)
        if self.acceptor is not None:
            self.acceptor.resume()

    def prepare(self, response: web.StreamResponse) -> None:
        """Remember what has no end of its own; tell the others, if so, that the connection closes."""
        if isinstance(response, web.WebSocketResponse):
            self.websockets.add(response)
            return
        if isinstance(response, EventStream):
            self.streams.add(response)
        if self.draining:
            response.headers["Connection"] = "close"
            response.force_close()

    async def leave(self, timeout: float) -> None:
        """Close what is idle, and give those that came last the time to ask.

        Args:
            timeout: The time that it may take, in seconds.
        """
        deadline = self._loop.time() + timeout
        for _ in range(2):  # what has arrived is read
            await asyncio.sleep(0)
        self.leaving = True
        for connection in list(self._open):
            if connection.used:
                connection.leave()
        # Connections have no event for their end that is worth its price with each request.
        while self._loop.time() < deadline and self._is_pending():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def _make_request(
        self, message: Any, body: StreamReader, connection: Connection, writer: Any, task: Any
    ) -> web.BaseRequest:
        """Have a connection learn of its request before it is made, as our `Request`."""
        connection.phase = BUSY
        connection.used = True
        if body is not EMPTY_PAYLOAD and not body.is_eof():
            connection.begin_body(body)
        return Request(message, body, connection, writer, task, self._loop, client_max_size=self._limits.body_size)

    def _is_pending(self) -> bool:
        """Return whether there is something to wait for."""
        now = self._loop.time()
        return bool(self.acceptor and self.acceptor.opening) or any(_is_pending(each, now) for each in self._open)

    def _on_time(self) -> None:
        now, self._check = self._loop.time(), None
        passed, self._checked = now - self._checked, now
        # After a pause of the whole process, what has arrived meanwhile is read first.
        if passed < 2 * self._period:
            for connection in list(self._open):
                connection.check(now, passed, self._limits.head, self._limits.body)
        if self._open:
            self._check = self._loop.call_at(now + self._period, self._on_time)


def _is_pending(connection: Connection, now: float) -> bool:
    if connection.phase is BUSY:
        return False  # that takes what it takes, and aiohttp waits for it
    if connection.phase is HEAD:
        return True
    return now - connection.since < (_LINGER if connection.phase is LEFT else _FRESH)
