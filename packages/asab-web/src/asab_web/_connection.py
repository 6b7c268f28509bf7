"""`Connection`: one client's connection, with the times that aiohttp does not watch.

aiohttp closes what is idle. Here a request must also be complete in time, its head and its body, and what is not
understood is one line in the log.

It is in one of these phases: idle, until the first byte of a request; head, until aiohttp has understood it; busy,
until it is answered; left, when nothing more is taken and the client has been told.
"""

from __future__ import annotations

import asyncio
import errno
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import StreamReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from asab_log import get_logger
from asab_web._request import SERVER
from asab_web.rest._errors import answer_failure, answer_http_error

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from asab_web._connections import Connections

L = get_logger(__name__)

IDLE: Final = "idle"
HEAD: Final = "head"
BUSY: Final = "busy"
LEFT: Final = "left"

MIN_RATE: Final = 500
"""How many bytes of a body count as one second more for its client."""

# What is called with each request: `super()` takes as long as the rest of the method, before Python 3.12.
_data_received: Final = web.RequestHandler.data_received
_finish_response: Final = web.RequestHandler.finish_response

_TOO_SLOW: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n"
    b"Connection: close\r\n\r\n408: Request Timeout"
)


class Connection(web.RequestHandler):
    """aiohttp's handler of a connection, watched.

    Attributes:
        connections: Those of the container.
        phase: What it is doing.
        since: Since when, by the clock of the event loop. With the first byte of a request it is 0, until the next
            check says now: asking the clock each time would cost more than it tells.
        used: Whether a request has come over it.
    """

    __slots__ = ("_body", "connections", "phase", "since", "used")

    def __init__(self, connections: Connections, server: web.Server, options: Mapping[str, Any]) -> None:
        """Make the protocol of a new connection.

        Args:
            connections: Those of the container.
            server: aiohttp's.
            options: For aiohttp's `RequestHandler`.
        """
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self.connections = connections
        self._body: StreamReader | None = None
        self.phase = IDLE
        self.since = self._loop.time()
        self.used = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        super().connection_lost(exc)
        self.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Note that a request begins, and hand on."""
        if self.phase is IDLE and data:
            self.phase = HEAD
            self.since = 0.0
        _data_received(self, data)

    def begin_body(self, body: StreamReader) -> None:
        """Learn that a body follows the head that is complete.

        Args:
            body: What of it has come.
        """
        self._body = body
        self.since = self._loop.time()

    def log_access(self, request: web.BaseRequest, response: web.StreamResponse, time: float | None) -> None:
        """Log an answer; with it the request ends."""
        if time is not None:  # aiohttp gives none where there is no log
            super().log_access(request, response, time)
        self.phase = IDLE
        if self._body is not None:
            body, self._body = self._body, None
            if body.exception() is not None:
                self.force_close()  # nobody knows where the next request would begin
                return
        if self.connections.leaving:
            self.since = self._loop.time()
            self._loop.call_soon(self.leave)

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """Send an answer; an HTTP error as the client would rather have it."""
        # Nearly all are no more than a Response, and `isinstance` asks an abstract class, which takes its time.
        if type(resp) is not web.Response and isinstance(resp, web.HTTPException):
            resp = answer_http_error(request, resp)
        return _finish_response(self, request, resp, start_time)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, and what a handler has raised."""
        if status == HTTPStatus.BAD_REQUEST and isinstance(exc, HttpProcessingError):
            return self._answer_nonsense(request, exc)
        error = exc or sys.exception()  # aiohttp keeps a TimeoutError to itself
        answer = answer_failure(request, error) if isinstance(error, Exception) else None
        if answer is not None:
            return answer
        if isinstance(error, web.RequestPayloadError):
            raise ConnectionError("the answer has begun already")
        return super().handle_error(request, status, error, message)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an error; that a client took nothing any more, in the middle of a file, is none of ours."""
        error = kw.get("exc_info")
        if isinstance(error, TimeoutError) and error.errno == errno.ETIMEDOUT:
            self._say("taking", "answer")
        else:
            super().log_exception(*args, **kw)

    def check(self, now: float, passed: float, head: float, body: float) -> None:
        """Cut the client off if it takes too long.

        Args:
            now: The time by the clock of the event loop.
            passed: The time since the last check, in seconds.
            head: What the head of a request may take, in seconds; 0 for any time.
            body: What its body may take, in seconds; each `MIN_RATE` bytes that have come give one more.
        """
        if self.phase is HEAD:
            self.since = self.since or now
            if head and now - self.since > head and self.transport is not None:
                self._say("sending", "head")
                self.transport.write(_TOO_SLOW)
                self.force_close()
        elif self._body is not None and self._body.exception() is None and body and self.transport is not None:
            if self._body.is_eof():
                self._body = None
            elif not self.transport.is_reading():  # the handler is slower than the client
                self.since += passed
            elif now - self.since > body + self._body.total_bytes / MIN_RATE:
                self._say("sending", "body")
                self._body.set_exception(web.HTTPRequestTimeout())

    def leave(self) -> None:
        """Close an idle connection; what the client has just sent is not taken, and not answered by a reset."""
        transport = self.transport
        if self.phase is not IDLE or transport is None or transport.is_closing():
            return
        self.phase = LEFT
        self.since = self._loop.time()
        self.close()
        try:
            if transport.can_write_eof():
                transport.write_eof()
                return
        except OSError:
            pass  # the client was faster
        transport.close()

    def _answer_nonsense(self, request: web.BaseRequest, exc: HttpProcessingError) -> web.Response:
        """Answer without a traceback in the log: anybody can send it as often as he likes."""
        too_long = isinstance(exc, LineTooLong)
        error = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_long else HTTPStatus.BAD_REQUEST
        L.info("A request was not understood", struct_data={"remote": request.remote or "-", "why": type(exc).__name__})
        answer = web.Response(status=error, text=f"{error.value}: {error.phrase}", headers={hdrs.SERVER: SERVER})
        answer.force_close()
        return answer

    def _say(self, doing: str, what: str) -> None:
        peer = self.peername
        remote = str(peer[0]) if isinstance(peer, tuple) else "-"
        L.info("A client did not finish %s the %s in time", doing, what, struct_data={"remote": remote})
