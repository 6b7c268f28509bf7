"""`time_limit`, above all where something is cleaned up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from asab_utils.testing import VirtualLoop
from asab_utils.time_limit import time_limit


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


async def never() -> None:
    await asyncio.Event().wait()


async def work(limits: list[float], done: list[float]) -> None:
    """Work without end; when cancelled, clean up in steps that take too long, and note each limit that was kept."""
    try:
        await never()
    finally:
        for limit in limits:
            with contextlib.suppress(TimeoutError):
                async with time_limit(limit):
                    await never()
            done.append(limit)


async def cancelled(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Return a task that has begun and was told to end."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    return task


def test_what_takes_too_long_is_cancelled_in_time(loop: VirtualLoop) -> None:
    """Whoever sets a limit goes on when it is over, and knows why."""

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with time_limit(3):
                await never()

    loop.run_until_complete(scenario())
    assert loop.time() == 3


def test_what_is_done_in_time_returns_and_what_it_raises_is_raised(loop: VirtualLoop) -> None:
    """A limit that is not reached is not noticed."""

    async def scenario() -> None:
        async with time_limit(3):
            await asyncio.sleep(1)
        async with time_limit(None):
            await asyncio.sleep(100)
        with pytest.raises(KeyError):
            async with time_limit(3):
                raise KeyError

    loop.run_until_complete(scenario())
    assert loop.time() == 101


def test_a_task_that_was_cancelled_cleans_up_to_the_end_when_a_limit_is_over(loop: VirtualLoop) -> None:
    """Or a connection stays open because its peer has not said goodbye in time."""
    done: list[float] = []

    async def scenario() -> None:
        task = await cancelled(work([2, 4], done))
        await asyncio.wait([task])
        assert task.cancelled()

    loop.run_until_complete(scenario())
    assert done == [2, 4]
    assert loop.time() == 6


def test_a_task_that_is_cancelled_within_a_limit_is_cancelled(loop: VirtualLoop) -> None:
    """Also while it cleans up, and in the very moment in which the limit is over: who cancels is heard."""
    done: list[float] = []

    async def scenario() -> None:
        for after in (1, 3):
            task = await cancelled(work([3], done))
            loop.call_later(after, task.cancel)
            await asyncio.wait([task])
            assert task.cancelled()
            assert not done, "the second cancellation was lost"

    loop.run_until_complete(scenario())


def test_what_was_too_slow_cleans_up_within_a_limit_of_its_own(loop: VirtualLoop) -> None:
    """The limit that is over first is one more cancellation of the task."""
    done: list[float] = []

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with time_limit(3):
                await work([2], done)

    loop.run_until_complete(scenario())
    assert done == [2]
    assert loop.time() == 5
