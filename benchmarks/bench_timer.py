"""100,000 timers started and stopped, beside bare `loop.call_later` and `cancel`; and what an idle timer costs."""

from __future__ import annotations

import asyncio
import sys

from harness import medians, show

from asab_utils import Timer

COUNT = 100_000


def handler() -> None:
    """Do nothing."""


async def bare() -> None:
    """Start and stop by the loop's own means; the loop throws away what was cancelled."""
    loop = asyncio.get_running_loop()
    handles = [loop.call_later(60, handler) for _ in range(COUNT)]
    for handle in handles:
        handle.cancel()
    await asyncio.sleep(0)


async def ours(timers: list[Timer]) -> None:
    """Start and stop timers that are there."""
    for timer in timers:
        timer.start(60)
    for timer in timers:
        timer.stop()
    await asyncio.sleep(0)


if __name__ == "__main__":
    timers = [Timer(None, handler) for _ in range(COUNT)]
    column = medians(
        {"call_later": lambda: asyncio.run(bare()), "Timer": lambda: asyncio.run(ours(timers))},
        rounds=9,
    )
    show(f"{COUNT} timers started and stopped", {"": column}, "call_later")
    print(f"an idle timer has no handle and no task in the loop; it takes {sys.getsizeof(timers[0])} bytes")
