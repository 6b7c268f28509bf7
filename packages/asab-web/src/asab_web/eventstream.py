"""Server-sent events (the HTML standard, section 9.2): `EventStreamFactory`, a handler of event streams.

A browser opens one by `new EventSource(url)`, and opens it again by itself when it breaks, with the id of the last
event that it has got: what it has missed is sent then. A slow client holds up nobody; it is cut off, and comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import hdrs, web

import asab_app
from asab_log import get_logger
from asab_utils.time_limit import time_limit
from asab_web._handler import mark_as_coroutine_function

L = get_logger(__name__)

LAST_EVENT_ID = "Last-Event-ID"

_HEADERS = {
    hdrs.CONTENT_TYPE: "text/event-stream",
    hdrs.CACHE_CONTROL: "no-cache",
    "X-Accel-Buffering": "no",  # nginx would collect events before it hands them on
}
_COMMENT = b":\n\n"
_LINE_END = re.compile(r"\r\n|\r|\n")


class EventStream(web.StreamResponse):
    """One client's stream, as long as it is open."""

    def __init__(self, request: web.Request, keep_alive: float, backlog: int) -> None:
        """Make the answer to a request.

        Args:
            request: The request.
            keep_alive: After how long without an event a comment is sent, in seconds.
            backlog: How many events may wait for the client, when it does not take them.
        """
        super().__init__(headers=_HEADERS)
        self._request = request
        self._comment_after = keep_alive  # aiohttp has a `_keep_alive` of its own
        self._backlog = backlog
        self._waiting: list[bytes] = []
        self._wake = asyncio.Event()
        self._stalled = False  # the connection does not take more at the moment
        self._stopped = False

    def send(self, data: str, event: str | None = None) -> bool:
        """Send an event to this client alone, without waiting. It has no id, and is not sent again.

        Args:
            data: The text.
            event: The type of the event, `message` by default.

        Returns:
            Whether it is on its way; not if the stream has ended, or ends now because the client does not keep up.

        Raises:
            ValueError: If the type has a line break.
        """
        return self.put(encode(data, event))

    def stop(self) -> None:
        """End the stream after what waits."""
        self._stopped = True
        self._wake.set()

    def put(self, frame: bytes) -> bool:
        """Have an encoded event sent; see `send`."""
        if self._stopped:
            return False
        if self._stalled and len(self._waiting) >= self._backlog:
            self._cut_off()
            return False
        self._waiting.append(frame)
        self._wake.set()
        return True

    async def pump(self) -> None:
        """Send what is put, until the stream is stopped or the client is gone."""
        try:
            while True:
                await self._wait()
                frames = self._take()
                if self._stopped and not frames:
                    return
                self._stalled = True
                await self.write(b"".join(frames) or _COMMENT)
                self._stalled = False
        except ConnectionError:
            self._stopped = True

    async def _wait(self) -> None:
        """Wait for an event, the stop, or the time of the next comment: only what is sent shows who is gone."""
        with contextlib.suppress(TimeoutError):
            async with time_limit(self._comment_after):
                await self._wake.wait()

    def _take(self) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        if not self._stopped:
            self._wake.clear()
        return waiting

    def _cut_off(self) -> None:
        L.warning(
            "A client of an event stream does not keep up and is cut off",
            struct_data={"remote": self._request.remote or "-", "waiting": len(self._waiting)},
        )
        self._waiting.clear()
        self.stop()
        if self._request.transport is not None:
            self._request.transport.abort()


class EventStreamFactory:
    """A request handler for aiohttp: `webapp.router.add_get("/events", EventStreamFactory(app))`.

    At the stop of the application the streams are ended by their container.

    Attributes:
        App: The application.
        Streams: The open ones.
    """

    def __init__(
        self,
        app: asab_app.Application,
        *,
        keep_alive: float = 15.0,
        backlog: int = 100,
        history: int = 100,
        limit: int = 0,
    ) -> None:
        """Set what streams are made with.

        Args:
            app: The application.
            keep_alive: After how long without an event a comment is sent, in seconds; proxies close silent
                connections, and a client that is gone is noticed when something is sent.
            backlog: How many events may wait for a client; one that does not keep up is cut off.
            history: How many events are kept for clients that come back.
            limit: How many streams may be open; 0 for any number. Others are answered 503.
        """
        self.App: asab_app.Application = app
        self.Streams: set[EventStream] = set()
        self._keep_alive = keep_alive
        self._backlog = backlog
        self._limit = limit
        # The ids of this process begin with its name, for after a restart the numbers begin again.
        self._name = secrets.token_hex(4)
        self._number = 0
        self._history: deque[tuple[int, bytes]] = deque(maxlen=history)
        mark_as_coroutine_function(self)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Handle a request: the life of one stream."""
        if self._limit and len(self.Streams) >= self._limit:
            raise web.HTTPServiceUnavailable(text="There are too many connections.\n")
        await self.on_request(request)
        stream = EventStream(request, self._keep_alive, self._backlog)
        await stream.prepare(request)
        if request.method == hdrs.METH_HEAD:
            return stream
        self.Streams.add(stream)
        try:
            if missed := b"".join(self._missed(request.headers.get(LAST_EVENT_ID))):
                stream.put(missed)
            await self.on_connect(request, stream)
            await stream.pump()
        finally:
            stream.stop()
            self.Streams.discard(stream)
            await self.on_close(request, stream)
        return stream

    async def on_request(self, request: web.Request) -> None:
        """Refuse a request by an `aiohttp.web.HTTPException`; for overriding."""

    async def on_connect(self, request: web.Request, stream: EventStream) -> None:
        """Learn that a stream is open, and gets what is broadcast from now on; for overriding."""

    async def on_close(self, request: web.Request, stream: EventStream) -> None:
        """Learn that a stream has ended; for overriding."""

    def broadcast(self, data: str, event: str | None = None) -> int:
        """Send an event to all open streams, without waiting for anybody, and keep it for those that come back.

        Args:
            data: The text.
            event: The type of the event, `message` by default.

        Returns:
            How many streams it is on its way to.

        Raises:
            ValueError: If the type has a line break.
        """
        frame = encode(data, event, f"{self._name}-{self._number + 1}")
        self._number += 1
        self._history.append((self._number, frame))
        return sum(stream.put(frame) for stream in list(self.Streams))

    def forward(self, message_type: str, encode: Callable[..., str | None], event: str | None = None) -> None:
        """Broadcast the messages of the application's bus of one type, as long as the application lives.

        Args:
            message_type: The message type, as `Application.tick!`.
            encode: Makes the text of what a subscriber gets: `encode(message_type, *args, **kwargs)`; of `None`
                nothing is sent.
            event: The type of the events.
        """

        def receive(message_type: str, *args: Any, **kwargs: Any) -> None:
            data = encode(message_type, *args, **kwargs)
            if data is not None:
                self.broadcast(data, event)

        self.App.PubSub.subscribe(message_type, receive)

    def _missed(self, last_id: str | None) -> Iterable[bytes]:
        """Return what a client has missed; of one with an id of another process, all that is still known."""
        if not last_id:
            return []
        name, _, number = last_id.rpartition("-")
        is_ours = name == self._name and number.isascii() and number.isdigit() and len(number) < 20
        last = int(number) if is_ours else 0
        return [frame for count, frame in self._history if count > last]


def encode(data: str, event: str | None = None, id: str | None = None) -> bytes:  # noqa: A002  the format's word
    """Return an event as it is sent: whatever the text holds, it stays one event.

    Raises:
        ValueError: If the type has a line break.
    """
    if event is not None and _LINE_END.search(event):
        raise ValueError(f"an event's type is one line: {event!r}")
    lines = [f"id: {id}"] if id is not None else []
    lines += [f"event: {event}"] if event is not None else []
    lines += [f"data: {line}" for line in _LINE_END.split(data)]
    return "".join(f"{line}\n" for line in [*lines, ""]).encode()
