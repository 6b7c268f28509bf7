"""`Line`: a connection that is kept up.

The rules:

1. A line is CONNECTING, OPEN, BLOCKED, LOST or CLOSED:

   | from       | to         | when                                                                       |
   |------------|------------|----------------------------------------------------------------------------|
   | LOST       | CONNECTING | after a while, rule 2; a new line at once                                   |
   | CONNECTING | OPEN       | the handshake is done                                                       |
   | OPEN       | BLOCKED    | the broker is short of memory or disk: what is published waits, not ready  |
   | BLOCKED    | OPEN       | the broker is well again, and what waits is sent                            |
   | any of the | LOST       | no answer, a reset, a silence of 1.75 heartbeats, the broker's goodbye     |
   | any        | CLOSED     | `close`; that is for ever                                                   |

2. The while doubles with each failure up to `reconnect_delay`, with jitter. A line that stays open longer than the last
   while starts again from the shortest. A broker that says no to our credentials is asked at the longest.
3. With several addresses each line begins at one of them by chance, and goes on to the next with each failure.
4. A reason is logged once, and again only after all lines of the broker were open. Neither it nor the address tells the
   password.
5. Who needs a channel has it kept up like the line: opened again when the broker closes it.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import random
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from asab_mom._address import Address
from asab_mom._channel import Channel
from asab_mom._connection import Connection
from asab_mom._errors import REFUSED, ChannelError, LineError
from asab_mom._journal import Journal
from asab_mom._metrics import Meter

L = logging.getLogger(__name__)

SHORTEST_DELAY = 0.1


class State(enum.Enum):
    """What a line is doing."""

    CONNECTING = "connecting"
    OPEN = "open"
    BLOCKED = "blocked"
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


class Line:
    """Keeps one connection to a broker up until it is closed."""

    def __init__(
        self,
        addresses: Sequence[Address],
        tls: ssl.SSLContext | None,
        name: str,
        heartbeat: int,
        longest_delay: float,
        journal: Journal,
        meter: Meter,
    ) -> None:
        """Make a line; `start` begins to connect.

        Args:
            addresses: Where to: the nodes of a cluster.
            tls: Whom to trust; an address with TLS needs it.
            name: What the broker shows in its list of connections.
            heartbeat: Seconds between two signs of life.
            longest_delay: Seconds between two tries, at most.
            journal: What writes the log, shared by the lines of a broker.
            meter: What counts the states, shared too.
        """
        self._meter = meter
        self._state = State.LOST
        meter.began(self._state.value)
        self._addresses = deque(random.sample(addresses, len(addresses)))
        self._tls = tls
        self._name = name
        self._heartbeat = heartbeat
        self._longest_delay = longest_delay
        self._journal = journal
        self._connection: Connection | None = None
        self._was_open = False
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> State:
        """What the line is doing."""
        return self._state

    @property
    def address(self) -> Address:
        """Where it leads, or tries to."""
        return self._addresses[0]

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
        self._enter(State.CLOSED)

    def _own(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> None:
        task = loop.create_task(coroutine, name=f"line {self._name}")
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            L.error("A task of the %s to %s has failed", task.get_name(), self.address, exc_info=error)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._longest_delay)
        while True:
            self._enter(State.CONNECTING)
            try:
                connection = await Connection.connect(self.address, self._name, self._heartbeat, self._tls)
                opened = loop.time()
                await self._hold(connection)
                backoff.stood(loop.time() - opened)
                lost = connection.error
            except LineError as error:
                lost = error
            self._enter(State.LOST)
            self._journal.lost(self._name, self.address, lost)
            self._addresses.rotate(-1)
            await asyncio.sleep(self._longest_delay if lost.code in REFUSED else backoff.delay())

    async def _hold(self, connection: Connection) -> None:
        self._enter(State.OPEN)
        if self._was_open:
            self._meter.count("reconnects")
        self._was_open = True
        self._connection = connection
        self._open.set()
        connection.on_blocked = self._on_blocked
        self._journal.opened(self._name, self.address)
        try:
            await connection.wait_over()
        except asyncio.CancelledError:
            await connection.close()
            raise
        finally:
            self._connection = None
            self._open.clear()

    def _enter(self, state: State) -> None:
        self._meter.moved(self._state.value, state.value)
        self._state = state

    def _on_blocked(self, why: str | None) -> None:
        self._enter(State.OPEN if why is None else State.BLOCKED)
        self._journal.blocked(self._name, self.address, why)

    async def _keep_channel(self, purpose: str, use: Callable[[Channel], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._longest_delay)
        while True:
            connection = await self.connection()
            opened = loop.time()
            try:
                async with connection.open_channel() as channel:
                    await use(channel)
                continue
            except ChannelError as error:
                self._journal.failed(purpose, self.address, error)
            except LineError:
                pass  # the connection is lost, which `_keep_connected` says
            backoff.stood(loop.time() - opened)
            await asyncio.sleep(backoff.delay())
