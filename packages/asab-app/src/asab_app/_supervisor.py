"""Tasks that the application owns: `main()`, what it starts in run-time, and what was given to `create_task`.

The rules: an exception in one of its own is logged with the task's name and stops the application with exit code 70. In
one of `create_task` it is only logged. All of them are cancelled when run-time ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from asab_app import _tasks
from asab_app.errors import EX_SOFTWARE

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)

T = TypeVar("T")


class Supervisor:
    """The tasks that run."""

    def __init__(self, app: Application) -> None:
        """Take whose failure it is."""
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._vital: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str, *, vital: bool = False) -> None:
        """Run a coroutine whose failure stops the application.

        Args:
            coroutine: The coroutine.
            name: For the log.
            vital: Whether it is a failure, too, when somebody cancels it.
        """
        task = self.own(_tasks.hook(coroutine), name)
        if vital:
            self._vital.add(task)
        task.add_done_callback(self._on_done)
        # A task that is cancelled before its first step leaves what it wraps behind, to be warned of.
        task.add_done_callback(lambda _task: coroutine.close())

    def own(self, coroutine: Coroutine[Any, Any, T], name: str | None) -> asyncio.Task[T]:
        """Run a coroutine that tells of its failures itself."""
        task = self._app.Loop.create_task(coroutine, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def cancel(self, timeout: float) -> None:
        """Cancel what runs and wait until it has ended, `timeout` seconds at most."""
        await _tasks.cancel(self._running - {asyncio.current_task()}, timeout)

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        vital = task in self._vital
        self._vital.discard(task)
        if task.cancelled():
            if vital and not self._app._stop_asked:
                L.error("%s was cancelled", task.get_name())
                self._app._end(EX_SOFTWARE)
        elif isinstance(error := task.exception(), _tasks.ExitRequested):
            self._app._end(error.exit_code)
        elif error is not None:
            L.error("%s failed: %r", task.get_name(), error, exc_info=error)
            self._app._end(EX_SOFTWARE)
