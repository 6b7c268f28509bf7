"""`Acceptor`: takes connections from listening sockets and gives each a protocol.

The rules: who waits when the stop comes is still taken, unless somebody else goes on listening; so nobody is cut off
who was there in time, and later ones are turned away. A peer that is slow to shake hands keeps nobody waiting. Where
there is no room nobody is accepted: who comes waits in the queue of the system.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable
from typing import Final

from asab_app._turn_away import turn_away
from asab_app.listener import Listener

L = logging.getLogger(__name__)

Protocol = Callable[[], asyncio.BaseProtocol]

_AT_ONCE: Final = 64  # connections, before those that are open get their turn
_PAUSE: Final = 1.0  # seconds; when the process has no file descriptor left, trying at once would only burn the CPU


class Acceptor:
    """What accepts connections. It belongs to the event loop's thread.

    Attributes:
        opening: The connections that are accepted and have no protocol yet, such as those that shake hands.
    """

    def __init__(
        self,
        who: str,
        listeners: Iterable[Listener],
        protocol: Protocol,
        *,
        on_open: Callable[[socket.socket, asyncio.Transport], object] | None = None,
        has_room: Callable[[], bool] | None = None,
        handshake_timeout: float | None = None,
    ) -> None:
        """Take over open listeners and accept on them.

        Args:
            who: Who accepts, for the log.
            listeners: Closed by `stop`.
            protocol: Called for each connection.
            on_open: Called with the socket and the transport of each connection that is open.
            has_room: Asked before each connection; after it has said no, `resume` is to be called.
            handshake_timeout: What a TLS handshake may take, in seconds; by default what asyncio gives.
        """
        self.opening: dict[asyncio.Task[None], socket.socket] = {}
        self._who = who
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._on_open = on_open
        self._has_room = has_room
        self._handshake_timeout = handshake_timeout
        self._paused: list[Listener] = []
        self._listeners = list(listeners)
        self._waiting: list[asyncio.Task[None]] = []
        for listener in self._listeners:
            self._watch(listener)

    def resume(self) -> None:
        """Accept again: there may be room."""
        paused, self._paused = self._paused, []
        for listener in paused:
            self._watch(listener)

    def stop(self) -> None:
        """Accept who has come until now, then stop listening."""
        listeners, self._listeners = self._listeners, []
        self._paused.clear()
        for task in self._waiting:
            task.cancel()
        for listener in listeners:
            with contextlib.suppress(NotImplementedError):
                self._loop.remove_reader(listener.socket)
            listener.unlink()
            if not listener.inherited:  # otherwise who waits is served by whoever comes after us
                turn_away(listener.socket)
                self._accept_the_last(listener)
            listener.close()

    async def abort(self) -> None:
        """Close what is not open yet."""
        opening = dict(self.opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, *self._waiting, return_exceptions=True)
        for connection in opening.values():
            connection.close()

    def _room(self) -> bool:
        return self._has_room is None or self._has_room()

    def _watch(self, listener: Listener) -> None:
        if listener not in self._listeners:
            return
        try:
            self._loop.add_reader(listener.socket, self._on_readable, listener)
        except NotImplementedError:  # Windows
            task = self._loop.create_task(self._wait(listener), name=f"{self._who} accepts")
            self._waiting.append(task)
            task.add_done_callback(self._waiting.remove)

    def _on_readable(self, listener: Listener) -> None:
        try:
            for _ in range(_AT_ONCE):
                if not self._room():
                    self._loop.remove_reader(listener.socket)
                    self._paused.append(listener)
                    return
                if not self._accept(listener):
                    return
        except OSError as e:
            self._loop.remove_reader(listener.socket)
            self._pause(listener, e)

    def _accept_the_last(self, listener: Listener) -> None:
        with contextlib.suppress(OSError):
            while self._room() and self._accept(listener):
                pass

    async def _wait(self, listener: Listener) -> None:
        """Do what `_on_readable` does where a loop cannot tell that somebody waits."""
        try:
            while self._room():
                connection, _ = await self._loop.sock_accept(listener.socket)
                self._take(listener, connection)
        except OSError as e:
            self._pause(listener, e)
        else:
            self._paused.append(listener)

    def _pause(self, listener: Listener, error: OSError) -> None:
        L.error("%s cannot accept a connection: %s", self._who, error)
        self._loop.call_later(_PAUSE, self._watch, listener)

    def _accept(self, listener: Listener) -> bool:
        """Accept one connection; return whether there was one."""
        try:
            connection, _ = listener.socket.accept()
        except (BlockingIOError, InterruptedError):
            return False
        except ConnectionAbortedError:  # it is gone again; there may be others
            return True
        connection.setblocking(False)
        self._take(listener, connection)
        return True

    def _take(self, listener: Listener, connection: socket.socket) -> None:
        task = self._loop.create_task(self._open(listener, connection), name=f"{self._who} opens a connection")
        self.opening[task] = connection
        task.add_done_callback(self._on_opened)

    def _on_opened(self, task: asyncio.Task[None]) -> None:
        del self.opening[task]
        self.resume()

    async def _open(self, listener: Listener, connection: socket.socket) -> None:
        context = listener.ssl_context
        timeout = self._handshake_timeout if context is not None else None
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                self._protocol, connection, ssl=context, ssl_handshake_timeout=timeout
            )
        except OSError as e:  # the peer's doing: TLS that is none, or a peer that is gone again
            L.info("%s cannot serve a connection: %s", self._who, e)
            connection.close()
        except Exception:
            L.exception("%s cannot serve a connection", self._who)
            connection.close()
        else:
            if self._on_open is not None:
                self._on_open(connection, transport)
