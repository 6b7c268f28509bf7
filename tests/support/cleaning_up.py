"""A task that was cancelled, and cleans up: what it waits for then has time limits, too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def cleaning_up(step: Callable[[], Awaitable[T]]) -> T:
    """Take a step as a task does after its cancellation; return or raise what comes of it."""

    async def work() -> T:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return await step()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert not task.cancelled(), "a time limit that is over was taken for another cancellation"
    return task.result()
