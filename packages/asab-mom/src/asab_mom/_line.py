"""`Line`: a connection that is kept up.

The rules:

1. A line is CONNECTING, OPEN, LOST or CLOSED. From LOST it goes to CONNECTING after a while; CLOSED is for ever.
2. The while doubles with each failure up to `reconnect_delay`, with jitter. A line that stays open longer than the last
   while starts again from the shortest. A broker that says no to our credentials is asked at the longest.
3. A reason is logged once, and again only after the line was open. Neither it nor the address tells the password.
4. Who needs a channel has it kept up like the line: opened again when the broker closes it.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from asab_log import LOG_NOTICE
from asab_mom._address import Address
from asab_mom._channel import Channel
from asab_mom._connection import Connection
from asab_mom._errors import REFUSED, ChannelError, LineError

L = logging.getLogger(__name__)

SHORTEST_DELAY = 0.1


class State(enum.Enum):
    """What a line is doing."""

    CONNECTING = "connecting"
    OPEN = "open"
    LOST = "lost"
    CLOSED = "closed"


class Backoff:
    """How long to wait before the next try."""

    def __init__(self, longest: float) -> None:
        """Begin with the shortest wait.

        Args:
            longest: Seconds.
        """
        self._longest = longest
        self._next = min(SHORTEST_DELAY, longest)

    def delay(self) -> float:
        """Return the seconds to wait now: between half and all of what it has grown to. The next is twice as long."""
        delay = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients, guards no secret
        self._next = min(self._next * 2, self._longest)
        return delay

    def stood(self, seconds: float) -> None:
        """Begin anew if what was tried has held for longer than the wait before it."""
        if seconds > self._next:
            self._next = min(SHORTEST_DELAY, self._longest)


class Journal:
    """What the log says about the lines of a broker: each thing once, whichever line finds it out."""

    def __init__(self, address: Address, report: Callable[[str | None], None]) -> None:
        """Begin with nothing said.

        Args:
            address: Where the lines lead.
            report: Called with why the broker is not there, and with None when all its lines are open.
        """
        self._address = address
        self._report = report
        self._lost: dict[str, str] = {}
        self._said: set[str] = set()
        self._open = False

    def began(self, line: str) -> None:
        """Take a line that is not open yet."""
        self._take(line, "not connected yet")

    def opened(self, line: str) -> None:
        """Say that the broker is there, if it was not."""
        self._take(line, None)
        if not self._open:
            L.log(LOG_NOTICE, "Connected to %s", self._address)
        self._open = True
        self._said.clear()

    def lost(self, line: str, error: LineError) -> None:
        """Say why the broker is not there."""
        self._open = False
        text = str(error).rstrip(".")
        self._take(line, text)
        if error.code in REFUSED:
            remedy = "Check user, password and virtual host in url"
            self._say(logging.ERROR, f"{self._address} refuses us: {text}. {remedy}")
        else:
            self._say(logging.WARNING, f"No connection to {self._address}: {text}. Trying again")

    def failed(self, purpose: str, error: LineError) -> None:
        """Say why a channel does not work."""
        self._say(logging.WARNING, f"{purpose} at {self._address}: {error}. Trying again")

    def _take(self, line: str, reason: str | None) -> None:
        self._lost.pop(line, None)
        if reason is not None:
            self._lost[line] = reason
        self._report(next(iter(self._lost.values()), None))

    def _say(self, level: int, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            L.log(level, text)


class Line:
    """Keeps one connection to a broker up until it is closed."""

    def __init__(self, address: Address, name: str, heartbeat: int, longest_delay: float, journal: Journal) -> None:
        """Make a line; `start` begins to connect.

        Args:
            address: Where to.
            name: What the broker shows in its list of connections.
            heartbeat: Seconds between two signs of life.
            longest_delay: Seconds between two tries, at most.
            journal: What writes the log, shared by the lines of a broker.
        """
        self.state = State.LOST
        self._address = address
        self._name = name
        self._heartbeat = heartbeat
        self._longest_delay = longest_delay
        self._journal = journal
        self._connection: Connection | None = None
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect in the background and stay connected.

        Args:
            loop: Where; it need not be running yet.
        """
        self._journal.began(self._name)
        self._own(loop, self._keep_connected())

    def keep_channel(
        self, loop: asyncio.AbstractEventLoop, purpose: str, use: Callable[[Channel], Awaitable[None]]
    ) -> None:
        """Have a channel used in the background, and a new one whenever it ends.

        Args:
            loop: Where; it need not be running yet.
            purpose: What the channel is for, for the log.
            use: Called with each new channel; it raises `LineError` when the channel is over, and returns when that was
                expected: then the next one is opened at once.
        """
        self._own(loop, self._keep_channel(purpose, use))

    async def connection(self) -> Connection:
        """Return the connection, as soon as there is one."""
        while self._connection is None:
            await self._open.wait()
        return self._connection

    async def close(self) -> None:
        """Close the connection and make no other; within a few seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.state = State.CLOSED

    def _own(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> None:
        task = loop.create_task(coroutine, name=f"line {self._name}")
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            L.error("A task of the %s to %s has failed", task.get_name(), self._address, exc_info=error)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._longest_delay)
        while True:
            self.state = State.CONNECTING
            try:
                connection = await Connection.connect(self._address, self._name, self._heartbeat)
                opened = loop.time()
                await self._hold(connection)
                backoff.stood(loop.time() - opened)
                lost = connection.error
            except LineError as error:
                lost = error
            self.state = State.LOST
            self._journal.lost(self._name, lost)
            await asyncio.sleep(self._longest_delay if lost.code in REFUSED else backoff.delay())

    async def _hold(self, connection: Connection) -> None:
        self.state = State.OPEN
        self._connection = connection
        self._open.set()
        self._journal.opened(self._name)
        try:
            await connection.wait_over()
        except asyncio.CancelledError:
            await connection.close()
            raise
        finally:
            self._connection = None
            self._open.clear()

    async def _keep_channel(self, purpose: str, use: Callable[[Channel], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._longest_delay)
        while True:
            connection = await self.connection()
            opened = loop.time()
            try:
                await _use(await connection.open_channel(), use)
                continue
            except ChannelError as error:
                self._journal.failed(purpose, error)
            except LineError:
                pass  # the connection is lost, which `_keep_connected` says
            backoff.stood(loop.time() - opened)
            await asyncio.sleep(backoff.delay())


async def _use(channel: Channel, use: Callable[[Channel], Awaitable[None]]) -> None:
    try:
        await use(channel)
    finally:
        await channel.shut()
