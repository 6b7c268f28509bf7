"""Connections that break: what arrives, what is counted, and what the kernel kept."""

from __future__ import annotations

import array
import asyncio
import contextlib
import itertools
import logging
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asab_log import AsyncIOHandler
from tests.support.proof import repetitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.log.conftest import LineServer

DEADLINE = 30.0
LENGTH = 1000
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def tcp(port: int, **options: Any) -> AsyncIOHandler:
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port), **options)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def emit(handler: AsyncIOHandler, *texts: str) -> None:
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))


def numbered(start: int, stop: int) -> list[str]:
    """Records of one length, each with its line feed."""
    return [f"{number:<{LENGTH - 1}}" for number in range(start, stop)]


async def accept(listener: socket.socket) -> socket.socket:
    async with asyncio.timeout(DEADLINE):
        peer, _ = await asyncio.get_running_loop().sock_accept(listener)
    return peer


async def read(peer: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = bytearray()
    async with asyncio.timeout(DEADLINE):
        while len(data) < size and (piece := await loop.sock_recv(peer, size - len(data))):
            data += piece
    return bytes(data)


def reset(peer: socket.socket) -> None:
    """Close as a receiver does that has died: the kernel throws away what it has not read."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    peer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much lies in a socket")
async def test_what_is_missing_is_what_the_kernel_kept(listener: socket.socket) -> None:
    """The delivery guarantee, as the README has it: sent and not received is what lay in the dead receiver's socket."""
    import fcntl
    import termios

    handler = tcp(listener.getsockname()[1])
    emit(handler, *numbered(0, 100))
    peer = await accept(listener)
    assert await handler.drain(DEADLINE)
    received = await read(peer, 30 * LENGTH)
    kept = array.array("i", [0])
    fcntl.ioctl(peer, termios.FIONREAD, kept)
    assert kept[0] == 70 * LENGTH
    reset(peer)
    emit(handler, *numbered(100, 110))
    peer = await accept(listener)
    received += await read(peer, 10 * LENGTH)
    assert await handler.drain(DEADLINE)
    numbers = [int(line) for line in received.split()]
    assert numbers == [*range(30), *range(100, 110)]
    assert handler.counts() == (110, 110, 0, 0)
    assert handler.sent - len(numbers) == kept[0] // LENGTH
    await handler.aclose(0)
    peer.close()


@pytest.mark.parametrize("framing", ["lf", "octets"])
async def test_a_frame_that_was_cut_off_is_sent_again_whole(listener: socket.socket, framing: str) -> None:
    """Half a frame on the new connection would put octet counting out of step for ever, and forge a record with LF."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    handler = tcp(listener.getsockname()[1], framing=framing, max_length=8_000_000)
    texts = [digit * 5_000_000 for digit in "0123"]
    wires = [f"{text}\n" if framing == "lf" else f"{len(text)} {text}" for text in texts]
    emit(handler, *texts)
    peer = await accept(listener)
    assert wires[0].startswith((await read(peer, 100_000)).decode())
    assert handler.sent == 0  # the system's buffers do not hold five megabytes
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    reset(peer)
    peer = await accept(listener)
    whole = "".join(wires)
    assert await read(peer, len(whole)) == whole.encode()
    assert await handler.drain(DEADLINE)
    assert handler.counts() == (4, 4, 0, 0)
    await handler.aclose(0)
    peer.close()


@pytest.mark.proof
async def test_a_receiver_that_reads_some_and_dies_gets_each_record_at_most_once(listener: socket.socket) -> None:
    """Wherever a connection breaks, the next one begins with a whole record that has not been on any."""
    rounds = repetitions(small=10, full=300)
    handler = tcp(listener.getsockname()[1])
    last = -1
    emitted = 0
    for turn in range(rounds):
        emit(handler, *numbered(emitted, emitted + 50))
        emitted += 50
        peer = await accept(listener)
        received = await read(peer, 1 + turn * 337 % (45 * LENGTH))
        lines = received.decode().split("\n")
        numbers = [int(line) for line in lines[:-1]]
        assert not numbers or numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        first = int(received[:10].split()[0]) if len(received) >= 10 else None
        assert first is None or first > last
        assert all(len(line) == LENGTH - 1 for line in lines[:-1])
        last = max([last, *numbers])
        assert await handler.drain(DEADLINE)
        reset(peer)
    counts = handler.counts()
    assert counts == (emitted, emitted, 0, 0)
    await handler.aclose(0)


async def test_the_law_holds_while_threads_emit_and_the_receiver_comes_and_goes(line_server: LineServer) -> None:
    """The numbers are what an operator trusts, when nothing else is to be trusted."""
    handler = tcp(line_server.port)
    stop = threading.Event()
    broken: list[tuple[int, int, int, int]] = []

    def work(thread: int) -> None:
        for number in itertools.count():
            emit(handler, f"{thread} {number}")
            counts = handler.counts()
            if counts[0] != sum(counts[1:]):
                broken.append(counts)
            if stop.wait(0.0001):
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    lines = []
    try:
        for _ in range(10):
            lines += await line_server.take(50)
            await line_server.die()
            await line_server.start()
    finally:
        stop.set()
    for thread in threads:
        await asyncio.get_running_loop().run_in_executor(None, thread.join)
    await handler.aclose(DEADLINE)
    emit(handler, "late")
    emitted, sent, dropped, queued = handler.counts()
    assert not broken
    assert (emitted, dropped, queued) == (sent + 1, 1, 0)
    await line_server.die()  # which ends its connections' readers
    while not line_server.lines.empty():
        lines.append(line_server.lines.get_nowait())
    assert len(lines) == len(set(lines)) <= sent
    for number in range(4):
        own = [int(line.split()[1]) for line in lines if line.startswith(f"{number} ")]
        assert own == sorted(own)


async def test_an_idle_line_that_the_receiver_has_closed_loses_nothing(line_server: LineServer) -> None:
    """Receivers close idle connections, and what is sent into a closed one vanishes without an error."""
    handler = tcp(line_server.port)
    emit(handler, "one")
    assert await line_server.take(1) == ["one"]
    await line_server.die()
    await line_server.start()
    emit(handler, "two")
    assert await line_server.take(1) == ["two"]
    await handler.aclose(DEADLINE)


async def test_the_queue_is_bounded_in_bytes(line_server: LineServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten thousand records of a megabyte would be ten gigabytes."""
    await line_server.die()
    handler = tcp(line_server.port, max_length=2_000_000)
    emit(handler, *["x" * 1_000_000] * 100)
    assert handler.counts() == (100, 0, 33, 67)
    with contextlib.suppress(TimeoutError):
        await handler.aclose(0)
    assert handler.counts() == (100, 0, 100, 0)
