"""How accepting ends: nobody who came in time is cut off, and nobody who comes too late is reset."""

from __future__ import annotations

import asyncio
import select
import socket
import sys

import pytest

from asab_app._turn_away import turn_away
from asab_app.acceptor import Acceptor
from asab_app.listener import Listener


class Greeter(asyncio.Protocol):
    """Says hello to whoever is accepted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"Hello!")
        transport.close()


async def test_who_waits_in_the_queue_at_the_stop_is_still_accepted() -> None:
    """A client that is connected expects an answer, and gets it."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    acceptor = Acceptor("test", [Listener(listening)], Greeter)
    clients = [socket.create_connection(listening.getsockname()) for _ in range(5)]  # the loop has no turn meanwhile
    acceptor.stop()
    for client in clients:
        with client:
            assert await asyncio.to_thread(client.recv, 100) == b"Hello!"
    await acceptor.abort()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has filters of packets")
def test_who_comes_when_the_socket_is_about_to_be_closed_is_refused_and_not_reset() -> None:
    """A refused client tries elsewhere; one that was connected and reset does not know what became of its request."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as late:
        address = listening.getsockname()
        with socket.create_connection(address):
            turn_away(listening)
            late.setblocking(False)
            late.connect_ex(address)
            assert select.select([], [late], [], 0) == ([], [], [])
            listening.accept()[0].close()  # who is in the queue stays there
        listening.close()
        assert select.select([], [late], [], 30) == ([], [late], [])
        with pytest.raises(ConnectionRefusedError):
            late.connect(address)
