"""The end of a web server: nobody is left hanging, neither a client nor the process."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType, web

from tests.support.processes import Process, python
from tests.support.web import DEADLINE, WebApplication, client, hello, serve

PROGRAM = """
import asyncio
import asab_app
import asab_config
import asab_web
from aiohttp import web

class Server(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_web.Module)
        service = self.get_service("asab.WebService")
        service.WebApp.router.add_get("/hello", self.hello)
        service.WebApp.router.add_get("/hang", self.hang)
        service.WebApp.router.add_get("/receive", self.receive)
        service.WebApp.router.add_get("/push", self.push)
        if asab_config.Config.getboolean("test", "hanging_start", fallback=False):
            service.WebApp.on_startup.append(self.hang)

    async def main(self):
        print(self.get_service("asab.WebService").default_container.addresses[0], flush=True)

    async def hello(self, request):
        return web.Response(text="Hello!\\n")

    async def hang(self, request):
        print("hanging", flush=True)
        await asyncio.Event().wait()

    async def receive(self, request):
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            pass
        return websocket

    async def push(self, request):
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await asyncio.Event().wait()

raise SystemExit(Server().run())
"""


def start(folder: Path, finalize_timeout: str = "10") -> tuple[Process, int]:
    """A server process, and its port."""
    (folder / "server.py").write_text(PROGRAM)
    (folder / "server.conf").write_text(
        f"[general]\nfinalize_timeout={finalize_timeout}\n[asab:web]\nlisten=127.0.0.1:0\n"
    )
    process = python("server.py", "-c", "server.conf", cwd=folder)
    return process, int(process.wait_for("^http://").rpartition(":")[2])


def ask(connection: socket.socket, path: str, headers: str = "") -> bytes:
    """Send a request on an open connection and return the head of its answer."""
    connection.settimeout(DEADLINE)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    return answer


def test_a_start_that_hangs_is_a_failed_start(tmp_path: Path) -> None:
    """A service manager learns that the server does not serve, instead of taking it for ready for ever."""
    (tmp_path / "server.py").write_text(PROGRAM)
    (tmp_path / "server.conf").write_text(
        "[general]\nfinalize_timeout=0.2\n[asab:web]\nlisten=127.0.0.1:0\n[test]\nhanging_start=yes\n"
    )
    with python("server.py", "-c", "server.conf", cwd=tmp_path) as process:
        assert process.wait() == 70
    assert "The web server cannot start" in process.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_keep_alive_connections_do_not_hold_the_process_up(tmp_path: Path, number: signal.Signals) -> None:
    """Browsers and proxies keep connections open for hours; a restart does not wait for them."""
    process, port = start(tmp_path, finalize_timeout="1000")
    with process, socket.create_connection(("127.0.0.1", port)) as used, socket.create_connection(("127.0.0.1", port)):
        assert ask(used, "/hello").startswith(b"HTTP/1.1 200 ")
        assert process.stop(number) == 0
        assert used.recv(1) == b""  # closed in order, not reset
    assert "ERROR" not in process.stderr
    assert "Traceback" not in process.stderr


def test_a_handler_that_hangs_is_cut_off_at_the_deadline(tmp_path: Path) -> None:
    """One stuck request does not keep the process from ending, nor does it make the end a failure."""
    process, port = start(tmp_path, finalize_timeout="1")
    with process, socket.create_connection(("127.0.0.1", port)) as stuck:
        stuck.sendall(b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.wait_for("hanging")
        assert process.stop() == 0


@pytest.mark.parametrize("path", ["/receive", "/push"])
def test_a_websocket_peer_that_does_not_answer_is_cut_off(tmp_path: Path, path: str) -> None:
    """A laptop that was closed does not hold a restart up."""
    process, port = start(tmp_path, finalize_timeout="1")
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    with process, socket.create_connection(("127.0.0.1", port)) as silent:
        assert ask(silent, path, upgrade + key).startswith(b"HTTP/1.1 101 ")
        assert process.stop() == 0
    assert "Traceback" not in process.stderr


def test_a_request_in_flight_is_answered() -> None:
    """A restart costs no client its answer."""
    entered, stopped = asyncio.Event(), asyncio.Event()
    answers: list[tuple[int, str]] = []
    asking: list[asyncio.Task[None]] = []

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await stopped.wait()
        return web.Response(text="done")

    async def ask_slowly(url: str) -> None:
        async with client(url) as session, session.get("/") as response:
            answers.append((response.status, await response.text()))

    def setup(app: WebApplication) -> None:
        async def on_exit(_message: str) -> None:
            stopped.set()

        app.WebApp.router.add_get("/", slow)
        app.on_exit = on_exit  # type: ignore[attr-defined]  # held: the bus does not hold it
        app.PubSub.subscribe("Application.exit!", on_exit)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        asking.append(asyncio.ensure_future(ask_slowly(app.url)))
        await entered.wait()

    assert serve(scenario, setup) == 0
    assert answers == [(200, "done")]


REQUEST = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_request_that_comes_with_the_stop_is_answered() -> None:
    """A client that was accepted is not sent away without a word; it learns that it has to connect anew."""
    clients: list[socket.socket] = []

    def on_exit(_message: str) -> None:
        for connection in clients:
            connection.sendall(REQUEST)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        host, _, port = app.url.removeprefix("http://").rpartition(":")
        clients.extend(socket.create_connection((host, int(port))) for _ in range(3))
        head = await asyncio.to_thread(ask, clients[0], "/hello")
        assert b"Connection: close" not in head
        while not head.endswith(b"Hello!\n"):
            head += await asyncio.to_thread(clients[0].recv, 100)
        app.PubSub.subscribe("Application.exit!", on_exit)  # the others have asked for nothing until then

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello)) == 0
    for connection in clients:
        with connection:
            connection.settimeout(DEADLINE)
            answer = b""
            while received := connection.recv(65536):
                answer += received
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in answer


def test_during_the_drain_delay_it_serves_and_is_not_ready() -> None:
    """A load balancer sends the next ones elsewhere before this server is gone, and nobody notices a restart."""
    stopped = asyncio.Event()

    def on_stop(_message: str, _count: int) -> None:
        stopped.set()

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/hello") as response:
            assert "Connection" not in response.headers
        app.PubSub.subscribe("Application.stop!", on_stop)
        app.stop()
        await stopped.wait()
        assert not app.Health.ready
        for path in ("/hello", "/nowhere"):
            async with client(app.url) as newcomer, newcomer.get(path) as response:
                assert response.headers["Connection"] == "close"
            async with session.get(path) as response:
                assert response.headers["Connection"] == "close"

    options = {"asab:web": {"listen": "127.0.0.1:0", "drain_delay": "1000"}}
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=options) == 0


def test_websockets_are_told_that_the_server_goes_away() -> None:
    """A page knows that it may connect again, and to whom."""
    closed: list[int | None] = []
    listening: list[asyncio.Task[None]] = []

    async def handler(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        opened = asyncio.Event()

        async def listen() -> None:
            async with client(app.url) as session, session.ws_connect("/") as websocket:
                opened.set()
                message = await websocket.receive()
                assert message.type is WSMsgType.CLOSE
                closed.append(message.data)

        listening.append(asyncio.ensure_future(listen()))
        await opened.wait()

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/", handler)) == 0
    assert closed == [WSCloseCode.GOING_AWAY]


STREAMS = """
import asab_app
import asab_web

class Server(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_web.Module)
        self.sockets, self.events = asab_web.WebSocketFactory(self), asab_web.EventStreamFactory(self)
        router = self.get_service("asab.WebService").WebApp.router
        router.add_get("/ws", self.sockets)
        router.add_get("/events", self.events)
        self.PubSub.subscribe("Application.stop!", self.on_stop)

    async def main(self):
        print(self.get_service("asab.WebService").default_container.addresses[0], flush=True)

    def on_stop(self, message_type, counter):
        self.sockets.broadcast("x" * 100)
        self.events.broadcast("last")

raise SystemExit(Server().run())
"""


async def test_websockets_and_event_streams_are_ended_in_order_at_the_stop(tmp_path: Path) -> None:
    """Pages get what was said last, and connect again, to the next process; a client that does not read is no reason
    to wait."""
    (tmp_path / "server.py").write_text(STREAMS)
    (tmp_path / "server.conf").write_text("[general]\nfinalize_timeout=10\n[asab:web]\nlisten=127.0.0.1:0\n")
    with python("server.py", "-c", "server.conf", cwd=tmp_path) as process:
        url = await asyncio.to_thread(process.wait_for, "^http://")
        async with client(url) as session, session.ws_connect("/ws") as page, session.get("/events") as events:
            process.send(signal.SIGTERM)
            assert await page.receive_str() == "x" * 100
            message = await page.receive()
            assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)
            assert (await events.text()).endswith("data: last\n\n")  # in order: the last chunk has come
            assert await asyncio.to_thread(process.wait) == 0
    assert "ERROR" not in process.stderr
    assert "Traceback" not in process.stderr
