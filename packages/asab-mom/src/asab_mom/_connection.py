"""One connection to RabbitMQ.

aioamqp does the handshake, the remote calls (declare, bind, consume) and the sending of heartbeats. What it does not do
well under fault is not left to it:

1. The stream is cut into frames here, and aioamqp is fed those of its calls alone. Messages and acknowledgements go
   past it: no message can put it out of step, no consumer can hold up its reader.
2. Nothing waits without end: connecting, every call and closing have a timeout, after which the connection is aborted.
3. A peer that says nothing for 1.75 heartbeats is dead, whatever the write buffer holds.
4. A broker short of memory or disk says so (RabbitMQ's page "Blocked Connection Notifications"); nothing is written to
   it then, until it says that it is over.
5. Why a connection or a channel has ended is kept, and told to everyone who waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from asab_mom import _deadlines, _frames
from asab_mom._address import Address
from asab_mom._aioamqp import CLOSING, AioamqpException, Protocol
from asab_mom._channel import Channel
from asab_mom._errors import LineError, reason
from asab_mom._frames import Frame, FrameError, Splitter
from asab_mom._watchdog import Watchdog
from asab_mom._writer import Writer
from asab_utils.time_limit import time_limit

CONNECT_TIMEOUT = 10.0
CALL_TIMEOUT = 10.0
SILENCE = 1.75  # heartbeats without a byte from the peer; it waits for two itself
CAPABILITIES = {
    "authentication_failure_close": True,  # a reason in place of a closed socket after three seconds
    "consumer_cancel_notify": True,
    "connection.blocked": True,
    "publisher_confirms": True,
    "basic.nack": True,
}


class Connection(Protocol):
    """A connection, from its handshake to its end. It does not come back; a `Line` makes the next one.

    Attributes:
        loop: Where it lives.
        frame_max: The size of the largest frame that was agreed, in bytes.
        error: Why the connection has ended, once it has.
        blocked: Why the broker takes no messages for the time being, or None.
        on_blocked: Called with each change of `blocked`.
    """

    CHANNEL_FACTORY = Channel

    def __init__(self, name: str, heartbeat: float) -> None:
        properties = {"product": "asab-mom", "connection_name": name, "capabilities": CAPABILITIES}
        super().__init__(heartbeat=heartbeat, client_properties=properties)
        self.loop = asyncio.get_running_loop()
        self.frame_max = _frames.DEFAULT_FRAME_MAX
        self.error = LineError("the connection is lost")
        self.blocked: str | None = None
        self.on_blocked: Callable[[str | None], None] = lambda why: None
        self._over = self._full = False
        self._socket: asyncio.Transport | None = None
        self._writer: Writer | None = None
        self._splitter = Splitter()
        self._watchdog = Watchdog(SILENCE * heartbeat, self.abort)

    @classmethod
    async def connect(cls, address: Address, name: str, heartbeat: int, tls: ssl.SSLContext | None) -> Connection:
        """Connect, log in and enter the virtual host.

        Args:
            address: Where to.
            name: What the broker shows in its list of connections.
            heartbeat: Seconds between two signs of life.
            tls: Whom to trust; an address with TLS needs it.

        Raises:
            LineError: If that did not work, for whatever reason. Nothing is left open then; when cancelled neither.
        """
        connection = cls(name, heartbeat)
        try:
            async with time_limit(CONNECT_TIMEOUT):
                await connection._handshake(address, tls if address.tls else None)
        except BaseException as error:
            connection.abort(reason(error, CONNECT_TIMEOUT))
            await connection.wait_over()
            if not isinstance(error, Exception):
                raise
            raise connection.error.copy() from error
        return connection

    @contextlib.asynccontextmanager
    async def open_channel(self) -> AsyncIterator[Channel]:
        """Open a channel and shut it at the end of the block; errors as of `bounded`."""
        channel = cast("Channel", await self.bounded(self.channel))
        try:
            yield channel
        finally:
            await channel.shut()

    async def bounded(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Await one of aioamqp's calls, but not for ever.

        Raises:
            LineError: If the connection ends before the answer. It is ended here when the answer does not come.
        """
        try:
            async with time_limit(CALL_TIMEOUT):
                self.flush()  # aioamqp writes past us, and what belongs to the channel stays in its order
                return await method(*args, **kwargs)
        except TimeoutError:
            self.abort(f"the broker has not answered within {CALL_TIMEOUT:g} s")
        except (AioamqpException, OSError, AttributeError) as error:
            # AttributeError: when the connection is lost aioamqp drops its writer, and goes on to use it.
            if isinstance(error, AttributeError) and not self._over:
                raise
        raise self.error.copy() from None

    @property
    def is_up(self) -> bool:
        """Whether what we write has a chance to arrive."""
        return not self._over and self._socket is not None and not self._socket.is_closing()

    @property
    def writable(self) -> bool:
        """Whether the peer takes what we write; else it piles up in memory."""
        return self.is_up and not self._full and self.blocked is None

    def write(self, data: bytes, at_once: bool = False) -> None:
        """Write whole frames, at once or at the end of this turn of the loop; lost when the connection is over."""
        if self._writer is not None and self.is_up:
            self._writer.write(data, at_once)

    def flush(self) -> None:
        """Write what waits for the end of this turn."""
        if self._writer is not None and self.is_up:
            self._writer.flush()

    def abort(self, why: str) -> None:
        """End the connection now, without a word to the peer."""
        self._fail(LineError(why))
        if self._socket is not None:
            self._socket.abort()

    async def close(self) -> None:
        """End the connection as the protocol has it, within a tenth of `finalize_timeout`."""
        self.write(_frames.goodbye(), at_once=True)
        self.state = CLOSING
        with contextlib.suppress(TimeoutError):
            async with time_limit(_deadlines.seconds(_deadlines.CLOSE)):
                await self.connection_closed.wait()
        self.abort("the connection is closed")
        await self.wait_over()

    async def wait_over(self) -> None:
        """Wait until the connection has ended, however that comes about; nothing of it is left then."""
        if self._socket is not None:
            await self.connection_closed.wait()
        tasks = [task for task in (self.worker, self._heartbeat_send_worker) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _handshake(self, address: Address, tls: ssl.SSLContext | None) -> None:
        await self.loop.create_connection(lambda: self, address.host, address.port, ssl=tls)
        await self.start_connection(address.host, address.port, address.user, address.password, address.vhost)
        self.frame_max = self._splitter.frame_max = self.server_frame_max or _frames.DEFAULT_FRAME_MAX
        self._watchdog.start()

    def _fail(self, error: LineError) -> None:
        if not self._over:
            self._over, self.error = True, error

    def _set_blocked(self, why: str | None) -> None:
        self.blocked = why
        self.on_blocked(why)
        self._go_on()

    def _go_on(self) -> None:
        for channel in list(self.channels.values()):
            channel.on_writable()

    # What asyncio and aioamqp call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = cast("asyncio.Transport", transport)
        self._writer = Writer(self._socket, self.loop)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._watchdog.seen()
        try:
            for frame in self._splitter.feed(data):
                self._take(frame)
        except (FrameError, struct.error, IndexError) as error:
            self.abort(f"the peer does not speak AMQP 0-9-1: {error}")

    def _take(self, frame: Frame) -> None:
        channel = self.channels.get(frame.channel)
        if channel is not None:
            answer = not channel.incoming.take(frame)
        elif frame.channel == 0 and frame.method in (_frames.BLOCKED, _frames.UNBLOCKED):
            why = frame.payload[5:].decode(errors="replace") or "it does not say why"
            self._set_blocked(why if frame.method == _frames.BLOCKED else None)
            answer = False
        else:
            answer = frame.channel == 0 and frame.kind == _frames.METHOD
        if answer:
            super().data_received(frame.pack())

    def pause_writing(self) -> None:
        super().pause_writing()
        self._full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self._full = False
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LineError(reason(exc, CONNECT_TIMEOUT)))
        self._watchdog.stop()
        super().connection_lost(None)  # with an exception aioamqp writes a log line of its own

    async def server_close(self, frame: Any) -> None:
        """Keep why the broker closes the connection, and agree."""
        self.write(_frames.close_ok(), at_once=True)
        self._fail(LineError(frame.reply_text, frame.reply_code))
        self.state = CLOSING
        self._stream_writer.close()
