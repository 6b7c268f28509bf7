"""`StreamSocketServerService` with real sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asab_app import Application, StreamSocketServerService
from asab_config import Config
from tests.support.certificate import tls_section

Make = Callable[..., Any]

no_uvloop = pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
KINDS = ["asyncio", pytest.param("uvloop", marks=no_uvloop)]


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


class Texts(Application):
    """Serves at the addresses of the class, and asks each listener once."""

    Addresses: Any = ()

    async def initialize(self) -> None:
        self.server = EchoAt(self)
        self.answers: list[bytes] = []

    async def main(self) -> None:
        for listener in self.server.sockets:
            self.answers.append(await ask(listener.getsockname()))
        self.stop()


class EchoAt(StreamSocketServerService):
    async def initialize(self, app: Application) -> None:
        assert isinstance(app, Texts)
        self.sockets = await self.create_server(app, Echo, app.Addresses)


async def ask(address: Any, context: ssl.SSLContext | None = None) -> bytes:
    connect = asyncio.open_unix_connection if isinstance(address, str) else asyncio.open_connection
    where = (address,) if isinstance(address, str) else address[:2]
    reader, writer = await connect(*where, ssl=context)
    writer.write(b"hello")
    answer = await reader.readexactly(5)
    writer.close()
    await writer.wait_closed()
    return answer


def at(addresses: Any) -> type[Texts]:
    return type("At", (Texts,), {"Addresses": addresses})


def test_addresses_are_texts_too(make: Make, tmp_path: Path) -> None:
    """As an option of the configuration gives them: TCP over IPv4 and IPv6, and unix sockets, an address a line."""
    app = make(at(f"\n127.0.0.1:0\n127.0.0.1 0\n[::1]:0\n::1 0\n{tmp_path}/a.sock\n"))
    assert app.run() == 0
    assert app.answers == [b"hello"] * 5
    assert not (tmp_path / "a.sock").exists()


def test_a_path_is_a_unix_socket(make: Make, tmp_path: Path) -> None:
    """No text needs to be made of it."""
    app = make(at([tmp_path / "a.sock", ("127.0.0.1", 0)]))
    assert app.run() == 0
    assert app.answers == [b"hello"] * 2


def test_who_may_connect_to_a_unix_socket_is_its_mode(make: Make, tmp_path: Path) -> None:
    """A proxy of another user gets in, and nobody else; there is no moment in which everybody does."""
    path = tmp_path / "a.sock"

    class Moded(Texts):
        Addresses = f"{path} mode=620"

        async def main(self) -> None:
            self.mode = path.stat().st_mode & 0o777
            self.stop()

    app = make(Moded)
    assert app.run() == 0
    assert app.mode == 0o620


class WithoutReaders(asyncio.SelectorEventLoop):
    """A loop that cannot tell that a socket is readable, as that of Windows."""

    def add_reader(self, *_args: Any) -> Any:  # type: ignore[override]
        raise NotImplementedError

    def remove_reader(self, *_args: Any) -> Any:
        raise NotImplementedError


def test_a_loop_without_readers_serves_too(make: Make) -> None:
    """Windows has none."""

    class Windows(Texts):
        Addresses = ("127.0.0.1:0",) * 3

        def create_event_loop(self) -> asyncio.AbstractEventLoop:
            return WithoutReaders()

    app = make(Windows)
    assert app.run() == 0
    assert app.answers == [b"hello"] * 3


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="processes cannot share a port on this system")
def test_a_port_can_be_shared(make: Make) -> None:
    """Many processes serve one port."""

    class Sharing(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            [listener] = await self.create_server(app, Echo, [("127.0.0.1", 0)], reuse_port=True)
            port = listener.getsockname()[1]
            self.sockets = [listener, *await self.create_server(app, Echo, [("127.0.0.1", port)], reuse_port=True)]

    class Serving(Application):
        async def initialize(self) -> None:
            self.server = Sharing(self)
            self.answers: list[bytes] = []

        async def main(self) -> None:
            self.answers += [await ask(self.server.sockets[0].getsockname()) for _ in range(10)]
            self.stop()

    app = make(Serving)
    assert app.run() == 0
    assert app.answers == [b"hello"] * 10


@pytest.mark.parametrize(
    "text", ["", "\n \n", "nonsense", "::1:8080", "127.0.0.1:66000", "a b c", "fd:", "[x]:1", "ü:1"]
)
def test_a_text_that_is_no_address_is_a_mistake_of_the_configuration(
    make: Make, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """One line with the text and the forms, and the exit code of a configuration that is wrong."""
    with pytest.raises(SystemExit) as exit_info:
        make(at(text))
    assert exit_info.value.code == 78
    said = capsys.readouterr().err
    assert "service 'EchoAt'" in said
    assert "expected an address as" in said
    assert "Traceback" not in said


def test_the_file_of_a_dead_server_is_taken_over_and_that_of_a_living_one_is_not(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After kill -9 the service starts again; two servers never fight for one path; a file is nobody's socket."""
    dead, alive, file = tmp_path / "dead", tmp_path / "alive", tmp_path / "file"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(dead))
    file.write_text("precious")
    app = make(at([dead]))
    assert app.run() == 0
    assert app.answers == [b"hello"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(alive))
        server.listen()
        for path in (alive, file):
            with pytest.raises(SystemExit) as exit_info:
                make(at([path]))
            assert exit_info.value.code == 70
            assert f"cannot listen on {path}: Address already in use" in capsys.readouterr().err
    assert file.read_text() == "precious"
    assert alive.exists()


def test_the_file_of_a_successor_is_left_alone(make: Make, tmp_path: Path) -> None:
    """A new instance may have taken the path while the old one is still stopping."""
    path = tmp_path / "a.sock"

    class Replaced(Texts):
        Addresses = (str(path),)

        async def main(self) -> None:
            path.rename(tmp_path / "old.sock")
            path.write_text("the successor's")
            self.stop()

    assert make(Replaced).run() == 0
    assert path.read_text() == "the successor's"


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[ssl.SSLContext]:
    """A section `[ssl:test]`, and the context of a client that trusts its certificate."""
    Config.override({"ssl:test": tls_section(tmp_path)}, "the test")
    yield ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    Config.remove_section("ssl:test")


def test_tls_is_a_word_behind_the_address(make: Make, tls: ssl.SSLContext, tmp_path: Path) -> None:
    """Configured like that of the web server."""

    class Secure(Texts):
        Addresses = "127.0.0.1:0 ssl:test"

        async def main(self) -> None:
            self.answers.append(await ask(self.server.sockets[0].getsockname(), tls))
            self.stop()

    app = make(Secure)
    assert app.run() == 0
    assert app.answers == [b"hello"]


def test_a_peer_that_does_not_shake_hands_holds_nobody_up(make: Make, tls: ssl.SSLContext) -> None:
    """Neither the next client nor the stop waits for a port scanner."""

    class Secure(Texts):
        Addresses = "127.0.0.1:0 ssl:test"

        async def main(self) -> None:
            address = self.server.sockets[0].getsockname()
            self.silent = socket.create_connection(address)
            with socket.create_connection(address) as wrong:
                wrong.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.answers.append(await ask(address, tls))
            self.stop()

    app = make(Secure)
    assert app.run() == 0
    assert app.answers == [b"hello"]
    with app.silent as silent:
        silent.settimeout(10)
        assert silent.recv(1) == b""


@pytest.mark.parametrize("secure", [False, True])
def test_what_was_written_is_sent_before_the_close(make: Make, tls: ssl.SSLContext, secure: bool) -> None:
    """A peer that reads gets all of it, and then a proper end."""
    size = 5_000_000

    class Big(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"x" * size)
            written.set()

    class Server(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            self.sockets = await self.create_server(app, Big, "127.0.0.1:0" + " ssl:test" * secure)

    class Writing(Application):
        async def initialize(self) -> None:
            self.server = Server(self)

        async def main(self) -> None:
            address = self.server.sockets[0].getsockname()
            self.reading = threading.Thread(target=self.read, args=(address,))
            self.reading.start()
            await written.wait()
            self.stop()

        def read(self, address: Any) -> None:
            client = socket.create_connection(address)
            with tls.wrap_socket(client, server_hostname="127.0.0.1") if secure else client as client:
                while chunk := client.recv(65536):
                    received.append(len(chunk))

    received: list[int] = []
    written = asyncio.Event()
    app = make(Writing)
    assert app.run() == 0
    app.reading.join()
    assert sum(received) == size


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_peer_is_let_go_at_the_stop_whatever_the_loop(
    make: Make, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture, tmp_path: Path, kind: str, secure: bool
) -> None:
    """Its connection ends properly, the protocol hears of it, and nothing is complained of."""

    class Noted(asyncio.Protocol):
        transport: Any  # under uvloop it is an asyncio.Transport by its methods alone

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

        def connection_lost(self, exc: Exception | None) -> None:
            lost.append(exc)

    class Server(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            self.sockets = await self.create_server(app, Noted, "127.0.0.1:0" + " ssl:test" * secure)

    class Talking(Application):
        async def initialize(self) -> None:
            self.server = Server(self)

        async def main(self) -> None:
            self.talking = threading.Thread(target=self.talk, args=self.server.sockets[0].getsockname())
            self.talking.start()

        def talk(self, *address: Any) -> None:
            client = socket.create_connection(address, timeout=10)
            with tls.wrap_socket(client, server_hostname="127.0.0.1") if secure else client as client:
                try:
                    client.sendall(b"hello")
                    received.append(client.recv(5))
                finally:
                    self.stop()
                received.append(client.recv(5))

    received: list[bytes] = []
    lost: list[Exception | None] = []
    configuration = tmp_path / "app.conf"
    configuration.write_text(f"[general]\nevent_loop = {kind}\n")
    app = make(Talking, "-c", str(configuration))
    assert app.run() == 0
    app.talking.join()
    assert (received, lost) == ([b"hello", b""], [None])
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_tls_section_that_is_missing_is_a_mistake_of_the_configuration(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the name of the section and what belongs into it."""
    with pytest.raises(SystemExit) as exit_info:
        make(at("127.0.0.1:0 ssl:nowhere"))
    assert exit_info.value.code == 78
    assert "[ssl:nowhere] is missing" in capsys.readouterr().err
