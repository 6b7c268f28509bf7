"""`AsyncIOHandler`: records to a socket, without ever waiting for it."""

from __future__ import annotations

import logging

from asab_log._escape import escape
from asab_log._queue import FrameQueue
from asab_log._syslog_formatters import SyslogRFC5424Formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from asab_log._address import SocketAddress

CAPACITY = 10_000
"""How many records wait at most; at the usual length a few megabytes."""


class AsyncIOHandler(logging.Handler):
    """A logging handler similar to `logging.handlers.SocketHandler` that utilizes asyncio (documentation, Reference).

    `emit` only puts the record into a queue, from any thread, before the loop runs and after it has stopped; the loop
    does the networking. When the line is gone it comes back with growing pauses. The queue is bounded: the oldest
    record makes room for the newest, and the receiver is told how many are missing as soon as the line is back. On a
    stream a line feed ends a record; a datagram is one record, cut with a mark if the system does not take it whole.

    Without `setFormatter` it writes RFC 5424.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        family: int,
        sock_type: int,
        address: SocketAddress,
        facility: int = 17,
    ) -> None:
        """Make a handler; it connects when the loop runs and there is a first record.

        Args:
            loop: The event loop for the networking.
            family: `AF_UNIX`, `AF_INET`, `AF_INET6`, or `AF_UNSPEC`, where the host's name decides.
            sock_type: `SOCK_STREAM` or `SOCK_DGRAM`.
            address: The path of a unix socket, or a pair of host and port. A name is resolved without blocking, and
                again with each new connection.
            facility: The syslog facility, 0 to 23, by default 17 (local1), as long as no other formatter is set.
        """
        from asab_log._sender import Sender  # brings asyncio, which only a user of this class needs

        super().__init__()
        formatter = SyslogRFC5424Formatter()
        formatter.facility = facility
        self.setFormatter(formatter)
        # The handler's own lock: logging makes it new in the child of a fork.
        self._queue = FrameQueue(CAPACITY, self.lock)  # type: ignore[arg-type]  # None only in a NullHandler
        self._sender = Sender(loop, family, sock_type, address, self._queue, self._report)

    @property
    def emitted(self) -> int:
        """How many records came in, this handler's own reports included."""
        return self._queue.emitted

    @property
    def sent(self) -> int:
        """How many records the operating system has taken."""
        return self._queue.sent

    @property
    def dropped(self) -> int:
        """How many records were given up, because the queue was full or the handler closed."""
        return self._queue.dropped

    @property
    def queued(self) -> int:
        """How many records wait."""
        return self._queue.queued

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that sends, while there is one; whoever ends all tasks of a loop leaves it to `aclose`."""
        return self._sender.task

    def counts(self) -> tuple[int, int, int, int]:
        """Return emitted, sent, dropped and queued of one moment; the first is always the sum of the others."""
        return self._queue.counts()

    def emit(self, record: logging.LogRecord) -> None:
        """This is the entry point for log entries.

        Args:
            record: The record; it is formatted at once and put into the queue. It never waits for the network.
        """
        try:
            frame = self._frame(record)
        except Exception:  # the rule of logging: a handler tells stderr and never its caller
            self.handleError(record)
            return
        self._queue.put(frame)
        self._sender.wake()

    async def drain(self, timeout: float) -> bool:
        """Send all that is queued; to be awaited in the handler's loop.

        Args:
            timeout: The deadline, in seconds from now. It passes in silence: what is left stays queued.

        Returns:
            Whether nothing is left.
        """
        return await self._sender.drain(timeout)

    async def aclose(self, timeout: float) -> None:
        """Drain within the deadline, then close; to be awaited in the handler's loop.

        Args:
            timeout: The deadline, in seconds from now; what is left then is dropped.
        """
        try:
            await self._sender.aclose(timeout)
        finally:
            self.close()

    def close(self) -> None:
        """Drop what is queued and disconnect, at once; from any thread, whatever the loop does, and as often as liked.

        Records that are emitted later count as dropped.
        """
        self._sender.close()
        super().close()

    def _frame(self, record: logging.LogRecord) -> bytes:
        # A formatter of somebody else's may leave line feeds, which would end the frame.
        return escape(self.format(record)).encode()

    def _report(self, dropped: int) -> bytes:
        text = f"{dropped} records were dropped: there was no line to syslog"
        record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)
        return self._frame(record)
