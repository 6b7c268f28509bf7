"""Tasks whose failure is the application's: `main()`, and what is started in run-time.

The rule: an exception in one of them is logged with the task's name and stops the application with exit code 70.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from asab_app import _tasks
from asab_app.errors import EX_SOFTWARE

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)


class Supervisor:
    """The tasks that run."""

    def __init__(self, app: Application) -> None:
        """Take whose failure it is."""
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str) -> None:
        """Run a coroutine; its name is for the log."""
        task = self._app.Loop.create_task(_tasks.hook(coroutine), name=name)
        self._running.add(task)
        task.add_done_callback(self._on_done)

    async def cancel(self, timeout: float) -> None:
        """Cancel what runs and wait until it has ended, `timeout` seconds at most."""
        await _tasks.cancel(self._running, timeout)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, _tasks.ExitRequested):
            self._app.stop(error.exit_code)
        elif error is not None:
            L.error("%s failed: %r", task.get_name(), error, exc_info=error)
            self._app.stop(EX_SOFTWARE)
