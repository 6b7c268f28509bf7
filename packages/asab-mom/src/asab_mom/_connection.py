"""One connection to RabbitMQ and its channels. The only file that imports aioamqp.

aioamqp does the handshake, the remote calls (declare, bind, consume) and the sending of heartbeats. What it does not do
well under fault is not left to it:

1. The stream is cut into frames here, and aioamqp is fed those of its calls alone. Messages and acknowledgements go
   past it: no message can put it out of step, no consumer can hold up its reader.
2. Nothing waits without end: connecting, every call and closing have a timeout, after which the connection is aborted.
3. A peer that says nothing for 1.75 heartbeats is dead, whatever the write buffer holds.
4. Why a connection or a channel has ended is kept, and told to everyone who waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import uuid
from collections.abc import Callable
from typing import Any, cast

import aioamqp.channel
import aioamqp.exceptions
import aioamqp.protocol

from asab_mom import _frames
from asab_mom._address import Address
from asab_mom._delivery import Delivery, Incoming
from asab_mom._errors import ChannelError, LineError, reason
from asab_mom._frames import Content, Frame, FrameError, Splitter
from asab_mom._watchdog import Watchdog
from asab_mom.message import Outcome

CONNECT_TIMEOUT = 10.0
CALL_TIMEOUT = 10.0
CLOSE_TIMEOUT = 1.0
SILENCE = 1.75  # heartbeats without a byte from the peer; it waits for two itself
CAPABILITIES = {
    "authentication_failure_close": True,  # a reason in place of a closed socket after three seconds
    "consumer_cancel_notify": True,
    "publisher_confirms": True,
    "basic.nack": True,
}


class Channel(aioamqp.channel.Channel):  # type: ignore[misc]
    """A channel: calls one at a time, messages at once.

    Attributes:
        incoming: What comes in, beside the answers to calls.
        on_writable: Called when there is room for more messages again.
    """

    def __init__(self, connection: Connection, channel_id: int) -> None:
        super().__init__(connection, channel_id)
        self.connection = connection
        self.incoming = Incoming()
        self.on_writable: Callable[[], None] = lambda: None
        self._lock = asyncio.Lock()
        self._ended = asyncio.Event()
        self._error: LineError | None = None

    async def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Make a call, one of aioamqp's methods of a channel; errors as of `Connection.bounded`."""
        async with self._lock:  # aioamqp has one place to wait in for each kind of call
            try:
                await self.connection.bounded(method, *args, **kwargs)
            except LineError:
                self._check()
                raise

    async def consume(self, queue: str, deliver: Callable[[Delivery], None]) -> str:
        """Have the messages of a queue delivered; return the tag that cancels it."""
        tag = uuid.uuid4().hex
        self.incoming.consumers[tag] = deliver
        await self.call(self.basic_consume, None, queue_name=queue, consumer_tag=tag)
        return tag

    async def shut(self) -> None:
        """Close the channel, unless the broker has; what it has not settled goes back to its queues."""
        if self.is_open:
            with contextlib.suppress(LineError):
                await self.call(self.close)
        self._end(ChannelError("the channel is closed"))
        self.connection.channels.pop(self.channel_id, None)

    async def wait_ended(self) -> None:
        """Wait for the end of the channel, and raise its reason."""
        await self._ended.wait()
        self._check()

    @property
    def writable(self) -> bool:
        """Whether there is room for another message."""
        return self._error is None and self.connection.writable

    def send(self, content: Content) -> None:
        """Write a message."""
        self.connection.write(content.frames(self.channel_id, self.connection.frame_max))

    def settle(self, tag: int, outcome: Outcome) -> None:
        """Say what has become of a delivery. After the end of the channel that is void: it is back in its queue."""
        if self._error is None:
            self.connection.write(_frames.settlement(self.channel_id, tag, outcome))

    async def server_channel_close(self, frame: Any) -> None:
        """Keep the reason, which aioamqp forgets, and forget the channel, which it keeps."""
        self._end(ChannelError(frame.reply_text, frame.reply_code))
        await super().server_channel_close(frame)
        self.connection.channels.pop(self.channel_id, None)

    async def server_basic_cancel(self, frame: Any) -> None:
        """End the channel of a consumer whose queue was deleted."""
        self._end(ChannelError("the broker has cancelled the consumer: the queue is gone"))

    def connection_closed(self, *args: Any, **kwargs: Any) -> None:
        """End with the connection. aioamqp calls this more than once."""
        self._end(self.connection.error)
        super().connection_closed(*args, **kwargs)

    def _end(self, error: LineError) -> None:
        if self._error is None:
            self._error = error
            self._ended.set()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error.copy()

    def _get_waiter(self, rpc_name: str) -> Any:
        """Hand out a waiter that can be answered, also when the call was given up in the meantime."""
        waiter = super()._get_waiter(rpc_name)
        return asyncio.Future() if waiter.done() else waiter


class Connection(aioamqp.protocol.AmqpProtocol):  # type: ignore[misc]
    """A connection, from its handshake to its end. It does not come back; a `Line` makes the next one.

    Attributes:
        frame_max: The size of the largest frame that was agreed, in bytes.
        error: Why the connection has ended, once it has.
    """

    CHANNEL_FACTORY = Channel

    def __init__(self, name: str, heartbeat: float) -> None:
        properties = {"product": "asab-mom", "connection_name": name, "capabilities": CAPABILITIES}
        super().__init__(heartbeat=heartbeat, client_properties=properties)
        self.frame_max = _frames.DEFAULT_FRAME_MAX
        self.error = LineError("the connection is lost")
        self._over = self._full = False
        self._socket: asyncio.Transport | None = None
        self._splitter = Splitter()
        self._watchdog = Watchdog(SILENCE * heartbeat, self.abort)

    @classmethod
    async def connect(cls, address: Address, name: str, heartbeat: int) -> Connection:
        """Connect, log in and enter the virtual host.

        Args:
            address: Where to.
            name: What the broker shows in its list of connections.
            heartbeat: Seconds between two signs of life.

        Raises:
            LineError: If that did not work, for whatever reason. Nothing is left open then; when cancelled neither.
        """
        connection = cls(name, heartbeat)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await connection._handshake(address)
        except BaseException as error:
            connection.abort(reason(error, CONNECT_TIMEOUT))
            await connection.wait_over()
            if not isinstance(error, Exception):
                raise
            raise connection.error.copy() from error
        return connection

    async def open_channel(self) -> Channel:
        """Open a channel; errors as of `bounded`."""
        return cast("Channel", await self.bounded(self.channel))

    async def bounded(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Await one of aioamqp's calls, but not for ever.

        Raises:
            LineError: If the connection ends before the answer. It is ended here when the answer does not come.
        """
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                return await method(*args, **kwargs)
        except TimeoutError:
            self.abort(f"the broker has not answered within {CALL_TIMEOUT:g} s")
        except (aioamqp.exceptions.AioamqpException, OSError, AttributeError) as error:
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
        return self.is_up and not self._full

    def write(self, data: bytes) -> None:
        """Write whole frames; when the connection is over they are lost."""
        if self._socket is not None and self.is_up:
            self._socket.write(data)

    def abort(self, why: str) -> None:
        """End the connection now, without a word to the peer."""
        self._fail(LineError(why))
        if self._socket is not None:
            self._socket.abort()

    async def close(self) -> None:
        """End the connection as the protocol has it, within a second."""
        self.write(_frames.goodbye())
        self.state = aioamqp.protocol.CLOSING
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
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

    async def _handshake(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context() if address.tls else None
        await loop.create_connection(lambda: self, address.host, address.port, ssl=context)
        await self.start_connection(address.host, address.port, address.user, address.password, address.vhost)
        self.frame_max = self._splitter.frame_max = self.server_frame_max or _frames.DEFAULT_FRAME_MAX
        self._watchdog.start()

    def _fail(self, error: LineError) -> None:
        if not self._over:
            self._over, self.error = True, error

    # What asyncio and aioamqp call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = cast("asyncio.Transport", transport)
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
        for channel in list(self.channels.values()):
            channel.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LineError(reason(exc, CONNECT_TIMEOUT)))
        self._watchdog.stop()
        super().connection_lost(None)  # with an exception aioamqp writes a log line of its own

    async def server_close(self, frame: Any) -> None:
        """Keep why the broker closes the connection, and agree."""
        self.write(_frames.close_ok())
        self._fail(LineError(frame.reply_text, frame.reply_code))
        self.state = aioamqp.protocol.CLOSING
        self._stream_writer.close()

    def _heartbeat_timer_recv_reset(self) -> None:
        """Do nothing: `_watchdog` looks for the peer's heartbeats; aioamqp's own watch can end up in a busy loop."""
