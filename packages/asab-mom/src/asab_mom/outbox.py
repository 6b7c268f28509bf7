"""`Outbox`: messages that are on disk before they are on their way.

The rules:

1. A message is accepted when it is on the disk. From then on it is sent, by this process or the next one, until the
   server has confirmed it: at least once, with the same message id, in the order of acceptance.
2. What comes while the disk is busy is written together: one transaction for all. All of that happens in a thread, so
   the event loop never waits for the disk.
3. A message that the server refuses stays in the file and is tried again by the next process, so that nobody's mistake
   loses it and it does not hold up the others. One that the server cannot take now is tried again by this one.
4. What is in the file is bounded in bytes, and what is read ahead of the server in bytes and number.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from asab_log import LOG_NOTICE
from asab_mom._outbox_file import BODY_MAX, Entry, OutboxError, OutboxFile, Stored
from asab_mom.message import BusyError, Message, PublishError
from asab_utils.time_limit import time_limit

__all__ = ["Outbox", "OutboxError"]

L = logging.getLogger(__name__)

AHEAD = 1000
"""Messages that are read and not yet confirmed, at most."""
AHEAD_SIZE = 16 * 1024 * 1024
"""Bytes of these."""
RETRY_DELAY = 1.0
"""Seconds before what did not work is tried again."""
SAID_MAX = 100
"""Different reasons that are kept, so that each is logged once."""


class _Put(NamedTuple):
    entry: Entry
    written: asyncio.Future[None]


class Outbox:
    """The messages of a broker that are on disk."""

    def __init__(
        self,
        path: str,
        limit: int,
        send: Callable[[Message], Awaitable[None]],
        report: Callable[[int, int, int], None] = lambda waiting, size, refused: None,
    ) -> None:
        """Open the file.

        Args:
            path: The file; it is made, with its folders, if it is not there.
            limit: Bytes of the messages in it, at most.
            send: Brings a message to the server; it raises `PublishError` when the server refuses it.
            report: Called with `waiting`, `size` and `refused` when they change.

        Raises:
            OutboxError: If it cannot be opened, is damaged, is another program's, or another process has it.
        """
        self._path = path
        self._limit = limit
        self._send = send
        self._report = report
        self._file = OutboxFile(path)
        self._thread = ThreadPoolExecutor(1, f"outbox {path}")
        self._count, self._size = self._file.count, self._file.size
        self._refused = 0
        self._said: set[str] = set()
        self._puts: list[_Put] = []
        self._sent: list[int] = []
        self._sending: dict[asyncio.Task[None], int] = {}
        self._last, self._more = 0, True
        self._gate = asyncio.Lock()
        self._room, self._work, self._done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._closing = self._closed = False

    @property
    def waiting(self) -> int:
        """How many messages are accepted, and not confirmed by the server."""
        return self._count

    @property
    def refused(self) -> int:
        """How many of these the server has refused since the start; they wait for the next one."""
        return self._refused

    @property
    def size(self) -> int:
        """How many bytes the messages have that are waiting."""
        return self._size

    def __str__(self) -> str:
        """Name the file."""
        return f"the outbox {self._path}"

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to send.

        Args:
            loop: Where; it need not be running yet.
        """
        if self._count:
            L.log(LOG_NOTICE, "%d messages of %s are sent now", self._count, self)
        self._count_in(0, 0)
        self._work.set()
        self._runner = loop.create_task(self._run(), name=str(self))

    async def put(self, message: Message) -> None:
        """Accept a message: return when it is on the disk. While there is no room, wait.

        A call that is cancelled withdraws the message, unless it is being written.

        Raises:
            PublishError: If the outbox is closed, the message is larger than the outbox, or it cannot be written.
        """
        entry = Entry.of(message)
        if entry.size > min(self._limit, BODY_MAX):
            raise PublishError(f"a message of {entry.size} bytes is larger than outbox_size allows ({self._limit})")
        await self._wait_room(entry.size)
        put = _Put(entry, asyncio.get_running_loop().create_future())
        self._puts.append(put)
        self._count_in(1, entry.size)
        self._work.set()
        try:
            await put.written
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):  # it is being written
                self._puts.remove(put)
                self._settle(entry.size)
            raise

    async def close(self, timeout: float) -> None:
        """Accept no more messages, send what is there as far as that is possible in time, and close the file.

        Args:
            timeout: Seconds for sending.
        """
        if self._closing:
            return
        self._closing = True
        self._room.set()
        self._work.set()
        with contextlib.suppress(TimeoutError):
            async with time_limit(timeout):
                await self._done.wait()
        self._closed = True
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self._work.set()
        if self._runner is not None:
            await self._runner
        await self._turn()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)
        if self._count:
            L.log(LOG_NOTICE, "%d messages stay in %s and are sent after the next start", self._count, self)

    async def _wait_room(self, size: int) -> None:
        async with self._gate:  # one after the other, so that order is kept
            while self._size + size > self._limit and not self._closing:
                self._room.clear()
                await self._room.wait()
        if self._closing:
            raise PublishError("the broker is closed")

    async def _run(self) -> None:
        while not self._closed:
            await self._work.wait()
            self._work.clear()
            if not await self._turn():
                await asyncio.sleep(RETRY_DELAY)
                self._work.set()
            if self._closing and self._count == self._refused and not self._puts and not self._sent:
                self._done.set()

    async def _turn(self) -> bool:
        """Write what has come and what was sent, and read what comes next; return whether that worked."""
        puts, self._puts = self._puts, []
        sent, self._sent = self._sent, []
        room = AHEAD - len(self._sending) if (self._more or puts) and not self._closed else 0
        size = AHEAD_SIZE - sum(self._sending.values())
        entries = [put.entry for put in puts]
        ahead = (self._last, room if size > 0 else 0, size)
        if not (entries or sent or ahead[1]):
            return True
        loop = asyncio.get_running_loop()
        try:
            found, self._more = await loop.run_in_executor(self._thread, self._file.turn, entries, sent, *ahead)
        except OutboxError as error:
            self._sent += sent
            self._fail(puts, error)
            return False
        for put in puts:
            if not put.written.done():
                put.written.set_result(None)
        for stored in () if self._closed else found:
            self._last = stored.number
            self._start(stored)
        return True

    def _fail(self, puts: list[_Put], error: OutboxError) -> None:
        self._say(logging.ERROR, f"The outbox does not work: {error}")
        for put in puts:
            self._settle(put.entry.size)
            if not put.written.done():
                put.written.set_exception(OutboxError(str(error)))

    def _start(self, stored: Stored) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(stored), name=f"message of {self}")
        self._sending[task] = stored.size
        task.add_done_callback(self._on_delivered)

    def _on_delivered(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._work.set()

    async def _deliver(self, stored: Stored) -> None:
        message = stored.message
        try:
            await self._send_until_taken(message)
        except PublishError as error:
            self._refused += 1
            self._count_in(0, 0)
            kept = f"it stays in {self} and is tried again after the next start"
            self._say(logging.ERROR, f"A message to exchange {message.exchange!r} is refused: {error}; {kept}")
            return
        self._sent.append(stored.number)
        self._settle(stored.size)

    async def _send_until_taken(self, message: Message) -> None:
        while True:
            try:
                return await self._send(message)
            except BusyError as error:
                self._say(logging.WARNING, f"A message to exchange {message.exchange!r} waits: {error}")
                await asyncio.sleep(RETRY_DELAY)

    def _settle(self, size: int) -> None:
        self._count_in(-1, -size)
        self._room.set()

    def _count_in(self, count: int, size: int) -> None:
        self._count, self._size = self._count + count, self._size + size
        self._report(self._count, self._size, self._refused)

    def _say(self, level: int, text: str) -> None:
        """Log each thing once."""
        if text not in self._said and len(self._said) < SAID_MAX:
            self._said.add(text)
            L.log(level, text)
