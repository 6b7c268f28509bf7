"""Clients that mean harm, or are broken: none costs the others their server."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import resource
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from aiohttp import web

import asab_web
from asab_config import ConfigError
from asab_utils import Singleton
from tests.support.web import Scenario, WebApplication, hello, raw, serve

HEAD = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n"
UPLOAD = b"POST /upload HTTP/1.1\r\nHost: localhost\r\n"


def add_routes(app: WebApplication) -> None:
    async def upload(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app.WebApp.router.add_get("/hello", hello)
    app.WebApp.router.add_post("/upload", upload)


def run(scenario: Scenario, **options: str) -> None:
    assert serve(scenario, add_routes, sections={"asab:web": {"listen": "127.0.0.1:0"} | options}) == 0


async def connect(app: WebApplication) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = app.url.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def drip(app: WebApplication, begin: bytes, piece: bytes) -> bytes:
    """Send a piece whenever there is time, until the server has had enough, and return what it said."""
    reader, writer = await connect(app)
    writer.write(begin)
    answer = asyncio.ensure_future(reader.read())
    while not answer.done():
        writer.write(piece)
        await asyncio.wait([answer], timeout=0.02)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return await answer


def test_a_head_that_comes_drop_by_drop_is_cut_off() -> None:
    """A slow-loris client does not occupy connections for ever; others are served meanwhile."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        lorises = [asyncio.ensure_future(drip(app, HEAD, b"X-Drop: 1\r\n")) for _ in range(20)]
        async with session.get("/hello") as response:
            assert await response.text() == "Hello!\n"
        for said in await asyncio.gather(*lorises, return_exceptions=True):
            if not isinstance(said, ConnectionError):  # one that goes on sending may be reset
                assert isinstance(said, bytes)
                assert said == b"" or said.startswith(b"HTTP/1.1 408 ")

    run(scenario, header_timeout="0.4", header_max_size="1M")


def test_a_head_that_stops_in_the_middle_is_answered_and_closed() -> None:
    """The client learns why, and a half-open one frees its place."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert (await raw(app.url, HEAD)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        reader, writer = await connect(app)  # also when it is the second one of a connection
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"Hello!\n")).startswith(b"HTTP/1.1 200 ")
        writer.write(HEAD)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        writer.close()

    run(scenario, header_timeout="0.3", keepalive_timeout="1000")


def test_the_rest_of_a_pipeline_is_not_waited_for_for_ever() -> None:
    """A request that began while another one was answered is bounded, too."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert (await raw(app.url, HEAD + b"\r\n" + HEAD)).startswith(b"HTTP/1.1 200 ")

    run(scenario, header_timeout="1000", keepalive_timeout="0.3")


@pytest.mark.parametrize("framing", [b"Content-Length: 100000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_that_does_not_come_is_cut_off(framing: bytes) -> None:
    """A handler does not wait for ever for an upload whose client has gone away."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert (await raw(app.url, UPLOAD + framing + b"\r\n")).startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    run(scenario, body_timeout="0.3")


def test_a_body_that_comes_drop_by_drop_is_cut_off() -> None:
    """It is the rate that counts, not that something comes at all."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        with contextlib.suppress(ConnectionError):
            said = await drip(app, UPLOAD + b"Content-Length: 100000\r\n\r\n", b"x")
            assert said == b"" or said.startswith(b"HTTP/1.1 408 ")

    run(scenario, body_timeout="0.4")


def test_a_client_that_waits_for_a_slow_handler_is_not_cut_off() -> None:
    """The times are those of the client, not of the handler; a WebSocket may be silent for long."""
    received: list[int] = []

    async def slow(request: web.Request) -> web.Response:
        for _ in range(3):  # longer than a client may take: another one is cut off meanwhile
            assert await raw(f"http://{request.host}", HEAD)
        received.append(len(await request.read()))
        return web.Response()

    async def echo(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            await websocket.send_str(message.data)
        return websocket

    def setup(app: WebApplication) -> None:
        app.WebApp.router.add_post("/slow", slow)
        app.WebApp.router.add_get("/echo", echo)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/echo") as websocket:
            async with session.post("/slow", data=io.BytesIO(b"x" * 20_000_000)) as response:
                assert response.status == 200
            await websocket.send_str("still there")
            assert await websocket.receive_str() == "still there"

    options = {"header_timeout": "0.2", "body_timeout": "0.2", "body_max_size": "30M"}
    assert serve(scenario, setup, sections={"asab:web": {"listen": "127.0.0.1:0"} | options}) == 0
    assert received == [20_000_000]


def test_an_idle_connection_is_closed_after_the_keepalive_timeout() -> None:
    """Connections that nobody uses make room, whether they were ever used or not."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert await raw(app.url, b"") == b""
        assert (await raw(app.url, HEAD + b"\r\n")).endswith(b"Hello!\n")

    run(scenario, keepalive_timeout="0.3", header_timeout="1000")


MALFORMED = {
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,  # TLS where none is spoken
    b"GET\r\n\r\n": 400,
    b"GET / HTTP/9.9\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 10_000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 1000 + b"\r\n": 400,
    UPLOAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\naaaa\r\n": 400,
    UPLOAD + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\naaaaaaaa": 400,
}


def test_malformed_requests_are_refused_and_cost_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Anybody can send garbage; it neither reaches a handler nor fills the log with tracebacks, nor is it echoed."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        for request, status in MALFORMED.items():
            answer = await raw(app.url, request)
            assert re.match(rb"HTTP/1\.[01] %d " % status, answer), (request[:60], answer[:200])
            assert b"aaaa" not in answer
            assert b"Traceback" not in answer
        async with session.get("/hello") as response:
            assert response.status == 200

    run(scenario)
    assert not [record for record in caplog.records if record.exc_info]


def test_headers_may_be_larger_where_that_is_configured() -> None:
    """Single sign-on needs tickets of many kilobytes."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/hello", headers={"Authorization": "x" * 30_000}) as response:
            assert response.status == 200

    run(scenario, header_max_size="32K")


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_over_the_limit_is_413(framing: str) -> None:
    """Nobody fills the memory, and a limit of one's own is obeyed to the byte."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for size, status in ((10 * 1024, 200), (10 * 1024 + 1, 413)):
            data = chunks(size) if framing == "chunked" else b"x" * size
            async with session.post("/upload", data=data) as response:
                assert response.status == status

    run(scenario, body_max_size="10K")


async def chunks(size: int) -> AsyncIterator[bytes]:
    while size > 0:
        yield b"x" * min(size, 1000)
        size -= 1000


def test_over_the_limit_of_connections_one_waits_and_is_then_served() -> None:
    """The limit protects the memory; a client in the queue is late, not refused."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        idle = [await connect(app) for _ in range(5)]
        for reader, writer in idle:
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"Hello!\n")).startswith(b"HTTP/1.1 200 ")
        late = asyncio.ensure_future(raw(app.url, HEAD + b"Connection: close\r\n\r\n"))
        reader, writer = idle[0]
        for _ in range(10):  # the server serves, and the late one is not among those that it serves
            writer.write(HEAD + b"\r\n")
            await reader.readuntil(b"Hello!\n")
        assert not late.done()
        writer.close()
        assert (await late).endswith(b"Hello!\n")
        for _, writer in idle:
            writer.close()

    run(scenario, max_connections="5")


@pytest.mark.slow
def test_thousands_of_idle_connections_disturb_nobody() -> None:
    """Browsers keep connections open, and there are many browsers."""
    many = min(3000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        idle = [await connect(app) for _ in range(many)]
        for _ in range(50):
            async with session.get("/hello") as response:
                assert response.status == 200
        for _, writer in idle:
            writer.close()

    run(scenario)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_connections": "-1"}, "max_connections = -1: expected 0"),
        ({"max_connections": "many"}, "max_connections = 'many'"),
        ({"header_max_size": "10"}, "header_max_size = 10: expected 1024 bytes or more"),
        ({"body_max_size": "huge"}, "body_max_size = 'huge'"),
        ({"send_timeout": "never"}, "send_timeout = 'never'"),
        ({"header_timeout": "-3"}, "header_timeout = '-3'"),
        ({"drain_delay": "soon"}, "drain_delay = 'soon'"),
        ({"reuse_port": "perhaps"}, "reuse_port = 'perhaps'"),
    ],
)
def test_a_wrong_limit_is_a_mistake_of_the_configuration(options: Mapping[str, str], message: str) -> None:
    """One line names section, option and value."""

    class Wrong(WebApplication):
        async def initialize(self) -> None:
            self.add_module(asab_web.Module)
            with pytest.raises(ConfigError) as error:
                asab_web.WebContainer(self.WebService, "wrong", {"listen": 0, **options})
            errors.append(str(error.value))

        async def main(self) -> None:
            self.stop()

    errors: list[str] = []
    try:
        assert Wrong(args=[]).run() == 0
    finally:
        Singleton.delete(Wrong)
    assert f"[wrong] {message}" in errors[0]
    assert "\n" not in errors[0]
