"""Clients that ask and then take nothing of the answer: they do not keep connection, file and memory for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

import asab_web
from tests.support.web import WebApplication, serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux cuts off who takes nothing"),
]

SECTIONS = {"asab:web": {"listen": "127.0.0.1:0", "send_timeout": "0.5"}}


@contextlib.contextmanager
def greedy(url: str, path: str) -> Iterator[None]:
    """A client that asks for something large and reads nothing of it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((host, int(port)))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield


def test_who_takes_nothing_of_a_stream_is_cut_off() -> None:
    """Slow reading is slow-loris from the other end."""
    ended = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 100_000)
        finally:
            ended.set()

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        with greedy(app.url, "/stream"):
            await ended.wait()

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/stream", stream), sections=SECTIONS) == 0


def test_who_takes_nothing_of_a_file_is_cut_off_and_costs_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The system sends files, and tells in its own way that it has given up; anybody can bring that about."""
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(50_000_000)
    said = asyncio.Event()

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "did not finish taking the answer" in record.getMessage():
                said.set()

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        watch = Watch()
        logger = logging.getLogger("asab_web._connection")
        logger.addHandler(watch)
        with contextlib.ExitStack() as stack:
            stack.callback(logger.removeHandler, watch)
            stack.enter_context(caplog.at_level(logging.INFO, logger.name))
            stack.enter_context(greedy(app.url, "/large.bin"))
            await said.wait()

    def setup(app: WebApplication) -> None:
        asab_web.StaticDirProvider(app.WebApp, "/", tmp_path)

    assert serve(scenario, setup, sections=SECTIONS) == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
