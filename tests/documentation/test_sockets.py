"""The chapter "Sockets"."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start
from tests.support.processes import free_port

if TYPE_CHECKING:
    from pathlib import Path


def test_the_server_of_the_page_speaks_its_protocol(tmp_path: Path) -> None:
    """A protocol of the user's own is served at the configured address, and a peer does not hold up the end."""
    scaffold = """
        import asyncio
        import logging
        import asab

        L = logging.getLogger(__name__)

        class MyProtocol(asyncio.Protocol):
            def connection_made(self, transport):
                self.transport = transport

            def data_received(self, data):
                self.transport.write(data.upper())

        <example>

        class MyApplication(asab.Application):
            async def initialize(self):
                self.server = ServiceMyProtocolServer(self)

            async def main(self):
                print("serving")

        MyApplication().run()
        """
    port = free_port()
    source = fill(scaffold, example=example("sockets/server.py").text())
    with start(tmp_path, source, "-v", conf=f"[http]\nhost=127.0.0.1\nport={port}\n") as process:
        process.wait_for("serving")
        process.wait_for(f"Starting server on 127.0.0.1 {port} …", "stderr")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
            peer.sendall(b"hello")
            assert peer.recv(5) == b"HELLO"
            process.send(signal.SIGTERM)
            finish(process)
