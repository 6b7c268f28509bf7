"""`time_limit`, above all where something is cleaned up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
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


async def cancelled(work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    """Return a task that has begun and was told to end."""
    task = asyncio.create_task(work())
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
    steps = []

    async def work() -> None:
        try:
            await never()
        finally:
            for step in ("first", "second"):
                with contextlib.suppress(TimeoutError):
                    async with time_limit(3):
                        await never()
                steps.append(step)

    async def scenario() -> None:
        task = await cancelled(work)
        await asyncio.wait([task])
        assert task.cancelled()

    loop.run_until_complete(scenario())
    assert steps == ["first", "second"]
    assert loop.time() == 6


def test_a_task_that_is_cancelled_within_a_limit_is_cancelled(loop: VirtualLoop) -> None:
    """Also while it cleans up, and in the very moment in which the limit is over: who cancels is heard."""

    async def work() -> None:
        try:
            await never()
        finally:
            with contextlib.suppress(TimeoutError):
                async with time_limit(3):
                    await never()
            pytest.fail("the second cancellation was lost")

    async def scenario() -> None:
        for after in (1, 3):
            task = await cancelled(work)
            loop.call_later(after, task.cancel)
            await asyncio.wait([task])
            assert task.cancelled()

    loop.run_until_complete(scenario())


def test_what_was_too_slow_cleans_up_within_a_limit_of_its_own(loop: VirtualLoop) -> None:
    """The limit that is over first is one more cancellation of the task."""
    steps = []

    async def slow() -> None:
        try:
            await never()
        finally:
            with contextlib.suppress(TimeoutError):
                async with time_limit(2):
                    await never()
            steps.append("cleaned up")

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with time_limit(3):
                await slow()

    loop.run_until_complete(scenario())
    assert steps == ["cleaned up"]
    assert loop.time() == 5
