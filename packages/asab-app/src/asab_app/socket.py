"""`StreamSocketServerService`: a service that accepts connections.

The rule at the stop: first nobody is accepted any more, then every connection is closed; what was written to a peer is
still sent, but one that does not read gets `CLOSE_TIMEOUT` at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from asab_app.errors import StartupError
from asab_app.service import Service

if TYPE_CHECKING:
    from asab_app.application import Application

CLOSE_TIMEOUT = 2.0
"""What a peer gets at the stop, in seconds."""

_ACCEPT_PAUSE = (
    1.0  # seconds; when the process has no file descriptor left, trying at once would only burn the processor
)

L = logging.getLogger(__name__)


class StreamSocketServerService(Service):
    """The base of servers of a stream protocol (documentation, chapter Sockets).

    A subclass calls `create_server` in its `initialize`.
    """

    def __init__(self, app: Application, service_name: str | None = None) -> None:
        """Register the service; arguments as for `Service`."""
        super().__init__(app, service_name)
        self._listeners: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    async def create_server(
        self, app: Application, protocol: Callable[[], asyncio.BaseProtocol], addrs: Iterable[tuple[str, int]]
    ) -> list[socket.socket]:
        """Listen on addresses.

        Args:
            app: The application.
            protocol: Called for each connection; usually the class of the protocol.
            addrs: Pairs of host and port. A name stands for all of its addresses, port 0 for a free port.

        Returns:
            The listening sockets, closed at the stop; they tell the port that was chosen.

        Raises:
            StartupError: If an address cannot be listened on; then none of these is.
        """
        listeners: list[socket.socket] = []
        with contextlib.ExitStack() as on_failure:
            for host, port in addrs:
                try:
                    listeners += [on_failure.enter_context(s) for s in await _listen(app.Loop, host, port)]
                except (OSError, OverflowError, UnicodeError) as e:  # the last: a name that cannot be one
                    reason = e.strerror if isinstance(e, OSError) else e
                    raise StartupError(f"service {self.Name!r} cannot listen on {host}:{port}: {reason}") from e
            on_failure.pop_all()
        for listener in listeners:
            accepting = app.Loop.create_task(self._accept(app, listener, protocol), name=f"{self.Name} accepts")
            self._accepting.append(accepting)
        self._listeners += listeners
        return listeners

    async def finalize(self, app: Application) -> None:
        """Stop listening and close the connections."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        transports = [transport for transport in self._transports if isinstance(transport, asyncio.Transport)]
        for transport in transports:
            transport.close()
        deadline = app.Loop.time() + CLOSE_TIMEOUT
        # Only the protocol is told by asyncio that its transport is flushed, so there is no event to wait for.
        while any(t.get_write_buffer_size() for t in transports) and app.Loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for transport in transports:
            transport.abort()
        await asyncio.sleep(0)  # for connection_lost

    async def _accept(
        self, app: Application, listener: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]
    ) -> None:
        while True:
            try:
                connection, _ = await app.Loop.sock_accept(listener)
            except OSError as e:
                L.error("service %r cannot accept a connection: %s", self.Name, e)
                await asyncio.sleep(_ACCEPT_PAUSE)
                continue
            try:
                transport, _ = await app.Loop.connect_accepted_socket(protocol, connection)
            except Exception:
                L.exception("service %r cannot serve a connection", self.Name)
                connection.close()
                continue
            self._transports.add(transport)


async def _listen(loop: asyncio.AbstractEventLoop, host: str, port: int) -> list[socket.socket]:
    """Listen on every address of a name; one that this machine lacks (`::1` without IPv6) counts only as the last."""
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[socket.socket] = []
    error: OSError | None = None
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            listeners.append(_bind(family, address))
        except OSError as e:
            error = e
            if e.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                break
    else:
        error = None if listeners else error
    if error is not None:
        for listener in listeners:
            listener.close()
        raise error
    return listeners


def _bind(family: int, address: tuple[Any, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
