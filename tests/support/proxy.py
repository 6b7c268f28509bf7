"""A TCP proxy that cuts, slows down, and keeps back what is said, at the moment that a test needs it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


class Proxy:
    """Forwards a port of loopback to another, within the running event loop; it may take TLS off on the way.

    Attributes:
        port: Where it listens.
        accepted: How many connections have come.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.accepted = 0
        self._target = port
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._questions, self._answers = asyncio.Event(), asyncio.Event()
        self._pause = 0.0
        self.heal()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        await self.cut()

    def mute(self) -> None:
        """Keep back what the server says from now on."""
        self._answers.clear()

    def silence(self) -> None:
        """Keep back what either says from now on: to both it looks like a host that has gone without a word."""
        self._questions.clear()
        self._answers.clear()

    def slow_down(self, pause: float) -> None:
        """Wait so many seconds before each piece of at most 64 KiB."""
        self._pause = pause

    def heal(self) -> None:
        """Let through what was kept back, and whatever comes, at once."""
        self._pause = 0.0
        self._questions.set()
        self._answers.set()

    def refuse(self) -> None:
        """Let nobody in any more."""
        assert self._server is not None
        self._server.close()

    async def cut(self) -> None:
        """Reset all connections, with what was kept back; those that come next work."""
        connections = tuple(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        self.heal()

    async def wait_accepted(self, count: int) -> None:
        """Wait until so many connections have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.accepted >= count)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to forward. A task that is cancelled before its first step does not come to a `finally`."""

        def ended(task: asyncio.Task[None]) -> None:
            writer.transport.abort()
            self._connections.discard(task)

        task = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(ended)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._changed:
            self.accepted += 1
            self._changed.notify_all()
        with contextlib.suppress(OSError, asyncio.CancelledError):  # one of the two is gone, or `cut` was called
            await self._forward(reader, writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        pumps = [
            asyncio.ensure_future(self._pump(reader, server_writer, self._questions)),
            asyncio.ensure_future(self._pump(server_reader, writer, self._answers)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            server_writer.transport.abort()  # before the `await`, in which it may be cancelled
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self._pause)
                await gate.wait()
                writer.write(data)
                await writer.drain()
