"""One channel of a connection to RabbitMQ."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asab_mom import _frames
from asab_mom._acks import Acknowledgements
from asab_mom._aioamqp import Calls
from asab_mom._delivery import Delivery, Incoming
from asab_mom._errors import ChannelError, LineError
from asab_mom._frames import Content
from asab_mom.message import Outcome

if TYPE_CHECKING:
    from asab_mom._connection import Connection


class Channel(Calls):
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
        self._acknowledgements = Acknowledgements()

    async def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return the answer to a call, one of aioamqp's methods of a channel; errors as of `Connection.bounded`."""
        async with self._lock:  # aioamqp has one place to wait in for each kind of call
            try:
                self._acknowledge()
                return await self.connection.bounded(method, *args, **kwargs)
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
        self._acknowledge()
        self._end(ChannelError("the channel is closed"))
        if self.is_open:
            with contextlib.suppress(LineError):
                await self.call(self.close)
        self.connection.channels.pop(self.channel_id, None)

    def give_up(self, why: str) -> None:
        """Have it end for those who use it; who keeps it up opens another."""
        self._end(ChannelError(why))

    async def wait_ended(self) -> None:
        """Wait for the end of the channel, and raise its reason."""
        await self._ended.wait()
        self._check()

    @property
    def writable(self) -> bool:
        """Whether there is room for another message."""
        return self._error is None and self.connection.writable

    def send(self, content: Content, at_once: bool) -> None:
        """Write a message: at once, or together with others that may follow in this turn of the loop."""
        self.connection.write(content.frames(self.channel_id, self.connection.frame_max), at_once)

    def settle(self, tag: int, outcome: Outcome) -> None:
        """Say what has become of a delivery. After the end of the channel that is void: it is back in its queue."""
        if self._error is not None:
            return
        if outcome is Outcome.ACCEPT:
            if self._acknowledgements.accept(tag):
                self.connection.loop.call_soon(self._acknowledge)
        else:
            self._acknowledgements.settle(tag)
            self.connection.write(_frames.settlement(self.channel_id, tag, outcome))

    def _acknowledge(self) -> None:
        told = self._acknowledgements.take()
        frames = [_frames.settlement(self.channel_id, tag, Outcome.ACCEPT, multiple) for tag, multiple in told]
        if frames and self._error is None:
            self.connection.write(b"".join(frames), at_once=True)

    async def server_channel_close(self, frame: Any) -> None:
        """Keep the reason, which aioamqp forgets, and forget the channel, which it keeps."""
        self._end(ChannelError(frame.reply_text, frame.reply_code))
        self.connection.flush()  # what is written after the answer is an error of the whole connection
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
