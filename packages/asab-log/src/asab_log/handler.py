"""`AsyncIOHandler`: records to a socket, without ever waiting for it."""

from __future__ import annotations

import logging
import os
import weakref
from functools import partial

from asab_log._cut import cut
from asab_log._escape import escape
from asab_log._queue import FrameQueue
from asab_log._syslog_formatters import SyslogRFC5424Formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import ssl

    from asab_log._receiver import Framing, SocketAddress

CAPACITY = 10_000
"""How many records wait at most; at the usual length a few megabytes."""

CAPACITY_BYTES = 64 * 1024 * 1024
"""How many bytes they have at most, all together."""

MAX_LENGTH = 8000
"""How many bytes a record has at most, in its frame; rsyslog takes 8,096 by default, syslog-ng more."""

LEAST_LENGTH = 480
"""What `max_length` may not be below: the least that receivers take (RFC 5424, section 6.1)."""


class AsyncIOHandler(logging.Handler):
    """A logging handler similar to `logging.handlers.SocketHandler` that utilizes asyncio (documentation, Reference).

    `emit` only puts the record into a queue, from any thread, before the loop runs and after it has stopped; the loop
    does the networking. When the line is gone it comes back with growing pauses. The queue is bounded: the oldest
    record makes room for the newest, and the receiver is told how many are missing as soon as the line is back. On a
    stream a line feed ends a record, or its length precedes it; a datagram is one record. What is longer than
    `max_length`, or than the system takes in a datagram, is cut with a mark.

    In the child of a fork it starts over: what is queued, and the connection, are the parent's. It sends when its loop
    runs in the child.

    Without `setFormatter` it writes RFC 5424.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        family: int,
        sock_type: int,
        address: SocketAddress,
        facility: int = 17,
        *,
        framing: Framing | None = None,
        tls: ssl.SSLContext | None = None,
        max_length: int = MAX_LENGTH,
    ) -> None:
        """Make a handler; it connects when the loop runs and there is a first record.

        Args:
            loop: The event loop for the networking.
            family: `AF_UNIX`, `AF_INET`, `AF_INET6`, or `AF_UNSPEC`, where the host's name decides.
            sock_type: `SOCK_STREAM` or `SOCK_DGRAM`.
            address: The path of a unix socket, or a pair of host and port. A name is resolved without blocking, and
                again with each new connection.
            facility: The syslog facility, 0 to 23, by default 17 (local1), as long as no other formatter is set.
            framing: How records are told apart on a stream: `"lf"`, each ended by a line feed, or `"octets"`, each
                after its length (RFC 6587); by default `"octets"` under TLS, as RFC 5425 has it, and else `"lf"`.
            tls: The context of a client, such as `ssl.create_default_context()`, for a stream under TLS.
            max_length: How many bytes a record has at most, its frame included. What receivers find too long on a
                stream they take for a record of its own; set it no higher than the receiver's limit.

        Raises:
            ValueError: If there is no such facility or framing, or `max_length` is below 480, the least that receivers
                take.
        """
        from asab_log._receiver import Receiver  # these bring asyncio, which only a user of this class needs
        from asab_log._sender import Sender

        if not 0 <= facility <= 23:
            raise ValueError(f"facility {facility!r} is not one of syslog's, 0 to 23")
        if framing not in (None, "lf", "octets"):
            raise ValueError(f"framing {framing!r} is neither 'lf' nor 'octets'")
        if max_length < LEAST_LENGTH:
            raise ValueError(f"max_length {max_length!r} is below {LEAST_LENGTH}, which all receivers take")
        super().__init__()
        formatter = SyslogRFC5424Formatter()
        formatter.facility = facility
        self.setFormatter(formatter)
        self._max_length = max_length
        receiver = Receiver(family, sock_type, address, framing or ("octets" if tls else "lf"), tls)
        self._new_sender = partial(Sender, loop, receiver)
        self._begin()
        _present.add(self)

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

    def _begin(self) -> None:
        # The handler's own lock: logging makes it new in the child of a fork.
        self._queue = FrameQueue(CAPACITY, CAPACITY_BYTES, self.lock)  # type: ignore[arg-type]  # None: a NullHandler's
        self._sender = self._new_sender(self._queue, self._report)

    def _begin_in_child(self) -> None:
        self._sender.leave_to_parent()
        self._begin()

    def _frame(self, record: logging.LogRecord) -> bytes:
        # A formatter of somebody else's may leave line feeds, which would end the frame.
        return cut(escape(self.format(record)).encode(), self._max_length)

    def _report(self, dropped: int) -> bytes:
        text = f"{dropped} records were dropped: there was no line to syslog"
        record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)
        return self._frame(record)


_present: weakref.WeakSet[AsyncIOHandler] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for handler in list(_present):
        handler._begin_in_child()


if hasattr(os, "register_at_fork"):  # after that of logging, which gives handlers a lock that nobody holds
    os.register_at_fork(after_in_child=_after_fork_in_child)
