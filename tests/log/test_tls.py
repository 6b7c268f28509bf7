"""Syslog under TLS: who is trusted, and what is said when nobody is."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Any, cast

import pytest

from asab_config import ConfigError
from asab_log import AsyncIOHandler, Logging
from tests.support.certificate import tls_section
from tests.support.cleaning_up import cleaning_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    Configure = Callable[[str], None]

DEADLINE = 30.0


class App:
    def __init__(self) -> None:
        self.Loop = asyncio.get_running_loop()


class FrameServer:
    """Reads octet-counted frames under TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue()
        self.clients: list[Any] = []
        self.context = context
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer.get_extra_info("peercert"))
        try:
            while True:
                count = await reader.readuntil(b" ")
                self.frames.put_nowait((await reader.readexactly(int(count))).decode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def take(self) -> str:
        async with asyncio.timeout(DEADLINE):
            return await self.frames.get()


class HungServer(FrameServer):
    """Reads the beginning of its first frame, and nothing after it, not even the end."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.frames.put_nowait((await reader.readexactly(1)).decode())
        cast("asyncio.Transport", writer.transport).pause_reading()
        self.clients.append(writer)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FrameServer]:
    files = tls_section(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files["cert"])
    context.load_cert_chain(files["cert"], files["key"])
    context.verify_mode = ssl.CERT_OPTIONAL
    frames = FrameServer(context)
    server = await frames.start()
    yield frames
    server.close()
    await server.wait_closed()


async def test_tls_is_an_address_and_the_authority_that_signs(
    configure: Configure, server: FrameServer, tmp_path: Path
) -> None:
    """RFC 5425, with frames after their lengths, which it demands."""
    configure(
        f"[logging:syslog]\nenabled=yes\nformat=5\naddress=tls://localhost:{server.port}/\nca={tmp_path}/cert.pem"
    )
    log = Logging(App())
    logging.getLogger("myapp").warning("Hello\nworld!")
    await log.close()
    assert (await server.take()).endswith(r" myapp - Hello\nworld!")
    assert not server.clients[0]


async def test_the_client_shows_its_certificate(configure: Configure, server: FrameServer, tmp_path: Path) -> None:
    """A receiver that is open to the world wants to know who writes."""
    configure(
        f"[logging:syslog]\nenabled=yes\naddress=tls://127.0.0.1:{server.port}/\n"
        f"ca={tmp_path}/cert.pem\ncert={tmp_path}/cert.pem\nkey={tmp_path}/key.pem"
    )
    log = Logging(App())
    logging.getLogger("myapp").warning("Hello")
    await log.close()
    assert (await server.take()).endswith("myapp : Hello")
    assert server.clients[0]["subject"] == ((("commonName", "localhost"),),)


@pytest.mark.parametrize(
    ("host", "trusted", "said"),
    [("localhost", False, "self-signed certificate"), ("localhost.localdomain", True, "Hostname mismatch")],
)
async def test_nothing_is_told_to_a_stranger(
    server: FrameServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    trusted: bool,
    said: str,
) -> None:
    """A log holds secrets of its own; and the operator learns why nothing arrives."""
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem" if trusted else None)
    loop = asyncio.get_running_loop()

    async def everywhere(*_: object, **__: object) -> list[Any]:  # a name server that gives the stranger's address
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(loop, "getaddrinfo", everywhere)
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, (host, server.port), tls=context)
    handler.handle(logging.makeLogRecord({"levelno": 20, "msg": "secret"}))
    assert not await handler.drain(0.5)
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert handler.counts() == (1, 0, 0, 1)
    assert server.frames.empty()
    await handler.aclose(0)


async def test_many_records_arrive_in_order_and_the_last_before_the_end(server: FrameServer, tmp_path: Path) -> None:
    """A connection that is closed in a hurry is reset, and its receiver loses the end."""
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    loop = asyncio.get_running_loop()
    for _ in range(5):
        handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", server.port), tls=context)
        handler.setFormatter(logging.Formatter("%(message)s"))
        for number in range(2000):
            handler.handle(logging.makeLogRecord({"msg": f"{number} {'x' * (number % 700)}"}))
        await handler.aclose(DEADLINE)
        assert handler.counts() == (2000, 2000, 0, 0)
        assert [int((await server.take()).split()[0]) for _ in range(2000)] == list(range(2000))


async def test_a_receiver_that_does_not_read_to_the_end_holds_nobody_up(server: FrameServer, tmp_path: Path) -> None:
    """A program that is told to end closes its log, and then goes on with its end."""
    hung = HungServer(server.context)
    listening = await hung.start()
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", hung.port), tls=context)
    handler.handle(logging.makeLogRecord({"msg": "last"}))
    await hung.take()
    await cleaning_up(lambda: handler.aclose(DEADLINE))
    assert handler.counts() == (1, 1, 0, 0)
    hung.clients[0].transport.abort()
    listening.close()
    await listening.wait_closed()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("ca=/nowhere.pem", "[logging:syslog] ca = '/nowhere.pem': expected a file of certificates"),
        ("cert=/nowhere.pem", "[logging:syslog] cert = '/nowhere.pem': expected a certificate whose key"),
        ("key=/nowhere.pem", "[logging:syslog] key = '/nowhere.pem': its certificate is missing, set cert"),
    ],
)
async def test_a_file_that_cannot_be_used_is_one_line(configure: Configure, options: str, said: str) -> None:
    """It is found at the start, and not when the first record is to be sent."""
    configure(f"[logging:syslog]\nenabled=yes\naddress=tls://localhost/\n{options}")
    with pytest.raises(ConfigError) as caught:
        Logging(App())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
