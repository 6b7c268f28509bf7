"""`AsyncIOHandler`, with real sockets on the other side."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asab_log import AsyncIOHandler
from asab_log.handler import CAPACITY
from tests.support.cleaning_up import cleaning_up

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Callable

    from tests.log.conftest import LineServer

DEADLINE = 30.0
HUGE = 2_000_000


def emit(handler: AsyncIOHandler, *texts: str) -> None:
    for text in texts:
        handler.handle(logging.makeLogRecord({"name": "t", "levelno": 20, "msg": text}))
        assert_law(handler)


def assert_law(handler: AsyncIOHandler) -> None:
    emitted, sent, dropped, queued = handler.counts()
    assert emitted == sent + dropped + queued


def numbers(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def tcp(port: int, loop: asyncio.AbstractEventLoop | None = None, **options: Any) -> AsyncIOHandler:
    loop = loop or asyncio.get_running_loop()
    options.setdefault("max_length", HUGE)
    handler = AsyncIOHandler(loop, socket.AF_UNSPEC, socket.SOCK_STREAM, ("127.0.0.1", port), **options)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


@pytest.fixture
async def handler(line_server: LineServer) -> AsyncIterator[AsyncIOHandler]:
    handler = tcp(line_server.port)
    yield handler
    await handler.aclose(0)
    assert_law(handler)


def test_the_signature_is_the_documented_one() -> None:
    """Applications construct it themselves."""
    parameters = inspect.signature(AsyncIOHandler).parameters
    names = [name for name, parameter in parameters.items() if parameter.kind is not parameter.KEYWORD_ONLY]
    assert names == ["loop", "family", "sock_type", "address", "facility"]
    assert parameters["facility"].default == 17


async def test_records_arrive_in_order_as_lines(line_server: LineServer, handler: AsyncIOHandler) -> None:
    """The way of every record, over a stream."""
    emit(handler, *numbers(0, 1000))
    assert await handler.drain(DEADLINE)
    assert await line_server.take(1000) == numbers(0, 1000)
    assert handler.counts() == (1000, 1000, 0, 0)
    assert (handler.emitted, handler.sent, handler.dropped, handler.queued) == handler.counts()


async def test_a_host_is_looked_up_by_its_name(line_server: LineServer) -> None:
    """`tcp://syslog.server.lan:1554/` is the documentation's address."""
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("localhost", line_server.port))
    emit(handler, "hello")
    assert await handler.drain(DEADLINE)
    assert (await line_server.take(1))[0].endswith(" t - hello")
    await handler.aclose(0)


async def test_without_a_formatter_it_writes_rfc_5424_in_its_facility(line_server: LineServer) -> None:
    """`facility=17` is documented, and a bare handler has to write something that a receiver reads."""
    loop = asyncio.get_running_loop()
    handler = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", line_server.port))
    emit(handler, "hello")
    await handler.drain(DEADLINE)
    assert (await line_server.take(1))[0].startswith(f"<{17 * 8 + 6}>1 ")
    await handler.aclose(0)


async def test_a_record_is_one_line_with_any_formatter(line_server: LineServer, handler: AsyncIOHandler) -> None:
    """The standard library's formatter leaves line feeds, which would make a record of each line."""
    emit(handler, "one\ntwo \ud800")
    await handler.drain(DEADLINE)
    assert await line_server.take(1) == [r"one\ntwo \ud800"]


async def test_many_threads_can_emit(line_server: LineServer, handler: AsyncIOHandler) -> None:
    """Loggers are called from everywhere."""
    threads = [threading.Thread(target=emit, args=(handler, *numbers(n * 500, n * 500 + 500))) for n in range(8)]
    for thread in threads:
        thread.start()
    lines = await line_server.take(4000)
    for thread in threads:
        thread.join()
    assert await handler.drain(DEADLINE)
    assert sorted(map(int, lines)) == list(range(4000))
    assert handler.counts() == (4000, 4000, 0, 0)


async def test_a_server_that_dies_and_comes_back_gets_the_rest(
    line_server: LineServer, handler: AsyncIOHandler
) -> None:
    """A receiver is restarted now and then, and nobody wants to lose records or restart the application for it."""
    emit(handler, *numbers(0, 10))
    assert await line_server.take(10) == numbers(0, 10)
    for _ in range(3):
        await line_server.die()
        emit(handler, *numbers(10, 30))
        await line_server.start()
        emit(handler, *numbers(30, 40))
        assert await line_server.take(30) == numbers(10, 40)
    assert await handler.drain(DEADLINE)
    assert handler.counts() == (100, 100, 0, 0)


async def test_an_outage_is_said_once_on_stderr(
    line_server: LineServer, handler: AsyncIOHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody has to find out; and the log is where it would come back for ever."""
    await line_server.die()
    emit(handler, *numbers(0, 100))
    assert not await handler.drain(0.5)
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(line_server.port) in err
    assert handler.counts() == (100, 0, 0, 100)


async def test_a_full_queue_drops_the_oldest_and_tells_the_receiver(line_server: LineServer) -> None:
    """A gap in a log is bearable if the log says so, at the place where it is."""
    await line_server.die()
    handler = tcp(line_server.port)
    emit(handler, *numbers(0, CAPACITY + 5))
    assert handler.counts() == (CAPACITY + 5, 0, 5, CAPACITY)
    await line_server.start()
    assert await handler.drain(DEADLINE)
    first, *rest = await line_server.take(CAPACITY + 1)
    assert first == "5 records were dropped: there was no line to syslog"
    assert rest == numbers(5, CAPACITY + 5)
    assert handler.counts() == (CAPACITY + 6, CAPACITY + 1, 5, 0)
    await handler.aclose(0)


async def test_a_cancelled_task_that_cleans_up_can_drain_within_a_time(line_server: LineServer) -> None:
    """A program that is told to end while there is no receiver goes on with its end."""
    await line_server.die()
    handler = tcp(line_server.port)
    emit(handler, "lost")
    assert not await cleaning_up(lambda: handler.drain(0.05))
    await cleaning_up(lambda: handler.aclose(0.05))
    assert handler.counts() == (1, 0, 1, 0)


async def test_a_slow_receiver_does_not_hold_the_caller_up() -> None:
    """The application goes on while syslog sleeps; what was partly written goes on where it was."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        handler = tcp(server.getsockname()[1])
        texts = [str(number) * 100_000 for number in range(8)] * 10
        emit(handler, *texts)
        loop = asyncio.get_running_loop()
        peer, _ = await loop.sock_accept(server)
        with peer:
            emit(handler, "last")
            assert handler.queued > 0
            received = b""
            while not received.endswith(b"last\n"):
                received += await loop.sock_recv(peer, 1 << 20)
        assert received.decode().split("\n") == [*texts, "last", ""]
        assert await handler.drain(DEADLINE)
        assert handler.counts() == (81, 81, 0, 0)
        await handler.aclose(0)


def test_records_wait_for_a_loop_that_does_not_run_yet() -> None:
    """An application logs while it is constructed, and its loop runs later."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        loop = asyncio.new_event_loop()
        handler = tcp(server.getsockname()[1], loop)
        emit(handler, "early")
        assert handler.counts() == (1, 0, 0, 1)
        assert loop.run_until_complete(handler.drain(DEADLINE))
        peer, _ = server.accept()
        with peer:
            assert peer.recv(100) == b"early\n"
        handler.close()
        loop.close()


def test_nothing_fails_when_the_loop_is_gone() -> None:
    """The last records of a process come after its loop."""
    loop = asyncio.new_event_loop()
    handler = tcp(1, loop)
    loop.close()
    emit(handler, "late")
    assert handler.counts() == (1, 0, 0, 1)
    handler.close()
    handler.close()
    emit(handler, "later")
    assert handler.counts() == (2, 0, 2, 0)


def test_a_connection_under_way_ends_with_a_stopped_loop() -> None:
    """A task that is left pending is a message of asyncio's at the worst moment."""
    loop = asyncio.new_event_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        handler = tcp(server.getsockname()[1], loop)
        emit(handler, *["x" * 1_000_000] * 20)
        loop.run_until_complete(asyncio.sleep(0))
        assert not loop.run_until_complete(handler.drain(0.1))
        handler.close()
        assert not asyncio.all_tasks(loop)
        assert_law(handler)
        loop.close()


def test_it_can_be_closed_after_its_loop_was_closed_in_mid_flight() -> None:
    """Not everybody ends tasks before the loop; `close` comes at the end of the process and must not raise."""
    loop = asyncio.new_event_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        handler = tcp(server.getsockname()[1], loop)
        emit(handler, *["x" * 1_000_000] * 20)
        assert not loop.run_until_complete(handler.drain(0.1))
        loop.close()
        handler.close()
        assert_law(handler)
    del handler, loop
    gc.collect()  # asyncio says then, and to this test, that a task was pending


async def test_it_can_be_closed_from_another_thread(line_server: LineServer) -> None:
    """`logging.shutdown` runs where it likes."""
    handler = tcp(line_server.port)
    emit(handler, "hello")
    assert await line_server.take(1) == ["hello"]
    await asyncio.get_running_loop().run_in_executor(None, handler.close)
    emit(handler, "late")
    assert handler.counts() == (2, 1, 1, 0)


class Talkative:
    """Logs while it is logged."""

    def __init__(self, handler: logging.Handler) -> None:
        self.handler = handler

    def __str__(self) -> str:
        self.handler.handle(logging.makeLogRecord({"msg": "inner"}))
        return "outer"


async def test_a_record_can_be_emitted_while_another_is(line_server: LineServer, handler: AsyncIOHandler) -> None:
    """What is logged may log; neither record may get stuck."""
    handler.handle(logging.makeLogRecord({"msg": "%s", "args": (Talkative(handler),)}))
    assert await line_server.take(2) == ["inner", "outer"]


async def test_a_record_that_cannot_be_formatted_never_raises(
    handler: AsyncIOHandler, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log call is the last thing that may break a program."""
    monkeypatch.setattr(logging, "raiseExceptions", True)
    handler.setFormatter(logging.Formatter("%(nothing)s"))
    emit(handler, "hello")
    assert "nothing" in capsys.readouterr().err
    assert handler.emitted == 0


@pytest.mark.parametrize("port", ["1", "{port}"], ids=["nobody there", "somebody there"])
async def test_a_program_that_just_ends_is_quiet(
    line_server: LineServer, run_script: Callable[..., subprocess.CompletedProcess[str]], port: str
) -> None:
    """No `Task was destroyed`, no ResourceWarning, in asyncio's debug mode, although nobody closed anything."""
    code = (
        "import asyncio, logging, socket, sys, asab_log\n"
        "async def main():\n"
        "    address = ('127.0.0.1', int(sys.argv[1]))\n"
        "    loop = asyncio.get_running_loop()\n"
        "    logging.getLogger().addHandler(asab_log.AsyncIOHandler(loop, 0, socket.SOCK_STREAM, address))\n"
        "    logging.getLogger().setLevel(logging.DEBUG)\n"
        "    for n in range(100):\n"
        "        logging.warning('Hello')\n"
        "        await asyncio.sleep(0)\n"
        "asyncio.run(main(), debug=True)\n"
    )
    done = await asyncio.get_running_loop().run_in_executor(None, run_script, code, port.format(port=line_server.port))
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "no line to syslog" not in line] == []
