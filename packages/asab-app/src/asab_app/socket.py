"""`StreamSocketServerService`: a service that accepts connections.

The rule at the stop: first nobody is accepted any more, then every connection is closed; what was written to a peer is
still sent, but one that does not read gets `CLOSE_TIMEOUT` at most.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from asab_app.service import Service

if TYPE_CHECKING:
    from asab_app.acceptor import Acceptor
    from asab_app.application import Application
    from asab_app.listener import Listener

CLOSE_TIMEOUT = 2.0
"""What a peer gets at the stop, in seconds."""

Protocol = Callable[[], asyncio.BaseProtocol]


class StreamSocketServerService(Service):
    """The base of servers of a stream protocol (documentation, chapter Sockets).

    A subclass calls `create_server` in its `initialize`.
    """

    def __init__(self, app: Application, service_name: str | None = None) -> None:
        """Register the service; arguments as for `Service`."""
        super().__init__(app, service_name)
        self._listeners: list[Listener] = []
        self._acceptors: list[Acceptor] = []
        self._connections: dict[socket.socket, asyncio.Transport] = {}
        self._many = 0

    async def create_server(
        self,
        app: Application,
        protocol: Protocol,
        addrs: str | Iterable[tuple[str, int] | str | os.PathLike[str]],
        *,
        reuse_port: bool = False,
    ) -> list[socket.socket]:
        """Listen on addresses.

        Args:
            app: The application.
            protocol: Called for each connection; usually the class of the protocol.
            addrs: Pairs of host and port; a name stands for all of its addresses, port 0 for a free port. An address
                may also be a text: `0.0.0.0:8080`, `[::1]:8080`, the path of a unix socket (`mode=660` behind it says
                who may connect), or `fd:<name>` for the sockets that the service manager hands over by that name;
                `ssl:<name>` behind it adds TLS by the section `[ssl:<name>]` (`cert`, `key`), which is read again at
                SIGHUP. Or all in one text, an address a line, as an option gives it. A socket that the service manager
                has opened at one of the addresses is used.
            reuse_port: Whether other processes of this user may listen on the same ports and share the connections.

        Returns:
            The listening sockets, closed at the stop; they tell the port that was chosen.

        Raises:
            StartupError: If an address cannot be listened on; then none of these is.
            ConfigError: If a text is no address, or a section `[ssl:<name>]` cannot be used.
        """
        # Imported by those who listen: most applications do not, and start sooner.
        from asab_app import listen
        from asab_app.acceptor import Acceptor
        from asab_app.listener import open_listeners

        who = f"service {self.Name!r}"
        if isinstance(addrs, str):
            addresses = listen.parse_lines(who, addrs)
        else:
            addresses = [listen.parse_address(who, address) for address in addrs]
        listeners = await open_listeners(who, addresses, reuse_port=reuse_port)
        self._acceptors.append(Acceptor(who, listeners, protocol, on_open=self._keep))
        if not self._listeners:
            app.PubSub.subscribe("Application.hup!", self._on_hup)
        self._listeners += listeners
        return [listener.socket for listener in listeners]

    async def finalize(self, app: Application) -> None:
        """Stop listening and close the connections."""
        for acceptor in self._acceptors:
            acceptor.stop()
            await acceptor.abort()
        connections = list(self._connections.items())
        for _, transport in connections:
            transport.close()
        deadline = app.Loop.time() + CLOSE_TIMEOUT
        # Only the protocol is told by asyncio that its transport is flushed, so there is no event to wait for.
        while any(peer.fileno() >= 0 for peer, _ in connections) and app.Loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for peer, transport in connections:
            if peer.fileno() >= 0:  # asyncio does not expect it of one that is closed
                transport.abort()
        await asyncio.sleep(0)  # for connection_lost,
        await asyncio.sleep(0)  # which comes a step later under TLS

    def _keep(self, connection: socket.socket, transport: asyncio.Transport) -> None:
        """Know a connection until it is closed; nobody tells of that, so they are looked through when they double."""
        if len(self._connections) >= self._many:
            self._connections = {peer: each for peer, each in self._connections.items() if peer.fileno() >= 0}
            self._many = 2 * len(self._connections) + 16
        self._connections[connection] = transport

    def _on_hup(self, _message_type: str) -> None:
        from asab_app.listener import read_certificates

        read_certificates(self._listeners)
