"""The virtual clock itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from asab_utils.testing import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_time_passes_only_by_timers(loop: VirtualLoop) -> None:
    """A day is a moment, and the same for everybody."""

    async def main() -> list[float]:
        order: list[float] = []

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds)
            order.append(loop.time())

        await asyncio.gather(sleep(86400), sleep(1), sleep(3600))
        return order

    assert loop.run_until_complete(main()) == [1, 3600, 86400]


def test_real_input_and_output_work(loop: VirtualLoop) -> None:
    """Without a timer beside it, the loop waits for the outside as any other does."""

    async def main() -> bytes:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

    assert loop.run_until_complete(main()) == b""
    assert loop.time() == 0


def test_the_clock_can_be_moved_but_not_back(loop: VirtualLoop) -> None:
    """A suspended machine wakes up later, never earlier."""
    loop.advance(10)
    assert loop.time() == 10
    with pytest.raises(ValueError, match="cannot go back"):
        loop.advance(-1)


def test_in_real_time_a_timer_does_not_overtake_the_outside(loop: VirtualLoop) -> None:
    """A test asks its server in real time, and lets a day pass before and after."""
    answer = threading.Event()

    def outside() -> str:
        answer.wait()
        return "answered"

    async def ask() -> str:
        asking = loop.run_in_executor(None, outside)
        loop.call_later(0.01, answer.set)  # a jump over the timeout would come before this
        return await asyncio.wait_for(asking, 60)

    loop.real_time = True
    assert loop.run_until_complete(ask()) == "answered"
    assert 0.01 <= loop.time() < 60
    loop.real_time = False
    before = loop.time()
    loop.run_until_complete(asyncio.sleep(86400))
    assert loop.time() == pytest.approx(before + 86400)
    loop.run_until_complete(loop.shutdown_default_executor())
