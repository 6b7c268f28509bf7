"""Work that is run again, after a pause that grows from failure to failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

FIRST_PAUSE = 1.0
"""The pause before the first restart, in seconds."""

LONGEST_PAUSE = 60.0
"""The longest pause, in seconds; a run that lasted as long counts as healthy, and the pauses begin anew."""

L = logging.getLogger(__name__)

T = TypeVar("T")


async def repeat(function: Callable[[], Coroutine[Any, Any, T]], name: str, always: bool) -> T:
    """Run a coroutine function until it returns, or for ever.

    Args:
        function: Called for each run.
        name: For the log.
        always: Whether a return is followed by a restart too.

    Returns:
        What the function returned, unless `always`.
    """
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        began = loop.time()
        try:
            result = await function()
        except (Exception, asyncio.CancelledError) as e:
            if isinstance(e, asyncio.CancelledError) and _is_cancelled():
                raise
            failures = 1 if loop.time() - began >= LONGEST_PAUSE else failures + 1
            pause = _pause(failures)
            L.error("task %s failed and starts again in %.1f s: %r", name, pause, e, exc_info=e)
        else:
            if not always:
                return result
            failures, pause = 0, FIRST_PAUSE
            L.debug("task %s has ended and starts again in %.1f s", name, pause)
        await asyncio.sleep(pause)


def _pause(failures: int) -> float:
    """Double with each failure, shortened by up to half, so that many that fail together do not return together."""
    longest = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)
    import random  # brings half of `hashlib` along, which most applications never need

    return longest * random.uniform(0.5, 1.0)  # noqa: S311 # no secret


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
