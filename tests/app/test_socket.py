"""`StreamSocketServerService` with real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from asab_app import Application, StreamSocketServerService

Make = Callable[..., Any]


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class EchoServer(StreamSocketServerService):
    async def initialize(self, app: Application) -> None:
        self.sockets = await self.create_server(app, Echo, [("127.0.0.1", 0), ("localhost", 0)])


class Serving(Application):
    async def initialize(self) -> None:
        self.server = EchoServer(self)


def test_it_serves_on_every_address(make: Make) -> None:
    """Several addresses, and a name that stands for more than one."""

    class Asking(Serving):
        async def main(self) -> None:
            self.answers = []
            for listener in self.server.sockets:
                reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
                writer.write(b"hello")
                self.answers.append(await reader.readexactly(5))
                writer.close()
                await writer.wait_closed()
            self.stop()

    app = make(Asking)
    assert app.run() == 0
    assert set(app.answers) == {b"hello"}
    assert len(app.answers) >= 2


def test_at_the_stop_nobody_is_accepted_and_idle_peers_are_closed(make: Make) -> None:
    """A connected peer that says nothing must not hold the exit up."""

    class Idle(Serving):
        async def main(self) -> None:
            address = self.server.sockets[0].getsockname()
            self.client = socket.create_connection(address)
            self.client.settimeout(10)
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"x")
            await reader.readexactly(1)  # the listener has accepted this one, so the idle one before it too
            writer.close()
            await writer.wait_closed()
            self.stop()

    app = make(Idle)
    assert app.run() == 0
    with app.client as client:
        address = client.getpeername()
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_a_peer_that_does_not_read_is_cut_off(make: Make) -> None:
    """What was written to it cannot be flushed, and the exit does not wait for it."""

    class Flood(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"x" * 50_000_000)
            connected.set()

    class Flooding(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            self.sockets = await self.create_server(app, Flood, [("127.0.0.1", 0)])

    class Deaf(Application):
        async def initialize(self) -> None:
            self.server = Flooding(self)

        async def main(self) -> None:
            self.client = socket.create_connection(self.server.sockets[0].getsockname())
            await connected.wait()
            self.stop()

    connected = asyncio.Event()
    app = make(Deaf)
    assert app.run() == 0
    app.client.close()


def test_an_address_in_use_ends_the_start_with_one_line(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    """With the service, the address and the reason; the addresses before it are let go."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()
        probe.close()

        class Second(StreamSocketServerService):
            async def initialize(self, app: Application) -> None:
                await self.create_server(app, Echo, [free, taken.getsockname()])

        class Failing(Application):
            async def initialize(self) -> None:
                Second(self)

        with pytest.raises(SystemExit) as exit_info:
            make(Failing)
        assert exit_info.value.code == 70
        said = capsys.readouterr().err
        assert f"service 'Second' cannot listen on 127.0.0.1:{taken.getsockname()[1]}: Address already in use" in said
        assert "Traceback" not in said
        socket.create_server(free).close()


def test_a_protocol_that_cannot_be_made_does_not_end_the_service(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """One bad connection must not close the shop."""

    class Server(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            self.sockets = await self.create_server(app, protocol, [("127.0.0.1", 0)])

    class Asking(Application):
        async def initialize(self) -> None:
            self.server = Server(self)

        async def main(self) -> None:
            address = self.server.sockets[0].getsockname()
            for data in (b"", b"x"):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"x")
                got.append(await reader.read(1))
                writer.close()
                await writer.wait_closed()
                assert got[-1] == data
            self.stop()

    def protocol() -> Echo:
        made.append(1)
        if len(made) == 1:
            raise ValueError("broken on purpose")
        return Echo()

    made: list[int] = []
    got: list[bytes] = []
    app = make(Asking)
    assert app.run() == 0
    assert got == [b"", b"x"]
