"""Waiting with a deadline, so that nobody hangs the application.

The rule: what does not end in time is named with the place where it stands, cancelled, and left behind.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Any

L = logging.getLogger(__name__)

_HERE = os.path.dirname(__file__)


class ExitRequested(Exception):
    """`sys.exit()` in a hook: carried as an ordinary exception, for the real one would tear the event loop down."""

    def __init__(self, code: object) -> None:
        """Take what `sys.exit` was given."""
        super().__init__(code)
        self.exit_code = code if isinstance(code, int) else 0 if code is None else 1


async def hook(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine of the application's author.

    Raises:
        ExitRequested: If it calls `sys.exit`.
    """
    try:
        await coroutine
    except SystemExit as e:
        raise ExitRequested(e.code) from None


async def call(function: Callable[..., Any], *args: Any) -> None:
    """Call a hook of the application's author, one that was written without `async` too; what it raises comes here."""
    result = function(*args)
    if inspect.isawaitable(result):
        await result


async def finish(tasks: Collection[asyncio.Task[Any]], timeout: float) -> bool:
    """Wait until tasks have ended.

    Args:
        tasks: The tasks. What they return or raise is for the caller to look at.
        timeout: How long to wait for them, in seconds.

    Returns:
        Whether all of them ended in time. Those that did not are logged and cancelled.
    """
    if not tasks:
        return True
    _, pending = await asyncio.wait(tasks, timeout=timeout)
    for task in pending:
        L.error("%s did not end within %g s. It stands at %s", task.get_name(), timeout, where(task))
        task.cancel()
    return not pending


async def cancel(tasks: Collection[asyncio.Task[Any]], timeout: float) -> bool:
    """Cancel tasks and wait until they have ended; returns and logging as for `finish`."""
    for task in tasks:
        task.cancel()
    return await finish(tasks, timeout)


def where(task: asyncio.Task[Any]) -> str:
    """Return where a task stands, the outermost call first, without ours; `Task.get_stack` knows only that one."""
    places = [f"{name} ({file}:{line})" for name, file, line in stack(task) if os.path.dirname(file) != _HERE]
    return " > ".join(places) or "its end"


def stack(task: asyncio.Task[Any]) -> Iterator[tuple[str, str, int]]:
    """Yield the calls that a task stands in, the outermost first, each with its name, file and line."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = _first(awaited, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None:
            yield frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno
        awaited = _first(awaited, "cr_await", "gi_yieldfrom", "ag_await")


def _first(awaited: Any, *names: str) -> Any:
    return next((getattr(awaited, name) for name in names if hasattr(awaited, name)), None)
