"""`AsyncIOHandler`, with datagrams and with local sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

import pytest

from asab_log import AsyncIOHandler, SyslogRFC5424Formatter
from tests.log.test_handler import DEADLINE, HUGE, emit, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(DEADLINE)
        server.bind(("127.0.0.1", 0))
        yield server


async def test_a_datagram_is_one_record(udp: socket.socket) -> None:
    """RFC 5426: no framing in a datagram."""
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_UNSPEC, socket.SOCK_DGRAM, udp.getsockname())
    handler.setFormatter(SyslogRFC5424Formatter(fmt="<%(priority)s>%(message)s"))
    emit(handler, "one", "two\n")
    assert await handler.drain(DEADLINE)
    assert [udp.recv(100), udp.recv(100)] == [b"<134>one", rb"<134>two\n"]
    await handler.aclose(0)


async def test_a_datagram_that_nobody_takes_is_said_once_and_the_rest_waits(
    udp: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every second datagram seems to go well; a line on stderr for each of the others would be a flood."""
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_UNSPEC, socket.SOCK_DGRAM, udp.getsockname())
    udp.close()
    emit(handler, *numbers(0, 100))
    assert not await handler.drain(0.5)
    assert handler.sent < 20
    assert handler.dropped == 0
    assert capsys.readouterr().err.count("\n") == 1
    await handler.aclose(0)


async def test_a_record_too_long_for_a_datagram_is_cut_with_a_mark(udp: socket.socket) -> None:
    """The beginning of a record is worth more than none, as long as it does not look whole."""
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_DGRAM, udp.getsockname(), max_length=HUGE)
    handler.setFormatter(logging.Formatter("%(message)s"))
    emit(handler, "ž" * 100_000, "next")
    assert await handler.drain(DEADLINE)
    text = udp.recv(100_000).decode()
    assert text.lstrip("ž") == " [cut]"
    assert len(text) > 10_000
    assert udp.recv(100) == b"next"
    assert handler.counts() == (2, 2, 0, 0)
    await handler.aclose(0)


async def test_a_local_datagram_socket_may_come_late_and_come_again(tmp_path: Path) -> None:
    """/dev/log is gone while syslogd restarts."""
    path = tmp_path / "log"
    handler = AsyncIOHandler(asyncio.get_running_loop(), socket.AF_UNIX, socket.SOCK_DGRAM, str(path))
    handler.setFormatter(logging.Formatter("%(message)s"))
    for text in ("one", "two", "three"):
        emit(handler, text)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.settimeout(DEADLINE)
            server.bind(str(path))
            assert await handler.drain(DEADLINE)
            assert server.recv(100) == text.encode()
        path.unlink()
    assert handler.counts() == (3, 3, 0, 0)
    await handler.aclose(0)


async def test_a_local_stream_socket_is_read_by_lines(tmp_path: Path) -> None:
    """`unix-connect://` is one of the documented forms."""
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(DEADLINE)
        server.bind(path)
        server.listen()
        handler = AsyncIOHandler(asyncio.get_running_loop(), socket.AF_UNIX, socket.SOCK_STREAM, path)
        handler.setFormatter(logging.Formatter("%(message)s"))
        emit(handler, "one", "two")
        assert await handler.drain(DEADLINE)
        peer, _ = server.accept()
        with peer:
            assert peer.recv(100) == b"one\ntwo\n"
        await handler.aclose(0)
