"""The event loop: made for one application, and closed so that nothing of it is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from asab_app import _tasks

if TYPE_CHECKING:
    from asab_log import Logging


def close_loop(loop: asyncio.AbstractEventLoop, logging: Logging | None, timeout: float) -> None:
    """End what is left in the loop, then the log, then the loop.

    Args:
        loop: The loop, not running.
        logging: The log outputs, if there are any; they go last, but for the threads that look up a syslog's name.
        timeout: What the tasks have to end, in seconds.
    """
    try:
        loop.run_until_complete(_end_tasks(loop, logging, timeout))
        if logging is not None:
            loop.run_until_complete(logging.close())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _end_tasks(loop: asyncio.AbstractEventLoop, logging: Logging | None, timeout: float) -> None:
    spared = (asyncio.current_task(), None if logging is None else logging.task)  # the log ends its own, unbroken
    await _tasks.cancel([task for task in asyncio.all_tasks() if task not in spared], timeout)
    await loop.shutdown_asyncgens()
