"""`time_limit`: `asyncio.timeout`, of use also to a task that was cancelled and cleans up.

In such a task, `asyncio.timeout` of Python 3.11.0 to 3.11.2 raises `CancelledError` in place of `TimeoutError` (issue
102780 of CPython): the cleaning up breaks off where it should go on. Debian 12 has Python 3.11.2.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

_ASYNCIO_IS_RIGHT = sys.version_info >= (3, 11, 3)


def time_limit(seconds: float | None) -> contextlib.AbstractAsyncContextManager[object]:
    """Cancel what is in the block, `async with time_limit(5):`, when it takes too long.

    A task that is cancelled by others meanwhile gets its `CancelledError`.

    Args:
        seconds: How long it may take; for ever with None.

    Raises:
        TimeoutError: At the end of the block, if it took longer.
    """
    return asyncio.timeout(seconds) if _ASYNCIO_IS_RIGHT else _time_limit(seconds)  # noqa: TID251


@contextlib.asynccontextmanager
async def _time_limit(seconds: float | None) -> AsyncIterator[None]:
    limit = asyncio.timeout(seconds)  # noqa: TID251
    before = _cancellations()
    try:
        async with limit:
            yield
    except asyncio.CancelledError as error:
        if limit.expired() and _cancellations() <= before:  # nobody but the limit has cancelled the block
            raise TimeoutError from error
        raise


def _cancellations() -> int:
    """Return how often the task was cancelled, without what a limit that is over has taken back."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
