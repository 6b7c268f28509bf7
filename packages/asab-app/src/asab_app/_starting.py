"""The start: `initialize()` of the application, then of its components, watched from outside.

The rules: no step takes longer than `[general] initialize_timeout`. `stop()` ends the start: what runs is cancelled and
nothing more is started. Of a start that is not complete, everything that was started is stopped again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from asab_app import _failures, _tasks
from asab_app._components import finalize
from asab_app.errors import StartupError
from asab_config import Config
from asab_log import LOG_NOTICE

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)


class Start:
    """One start of an application."""

    def __init__(self, app: Application, step_timeout: float, stop_timeout: float) -> None:
        """Prepare it.

        Args:
            app: The application.
            step_timeout: What each `initialize()` has, in seconds.
            stop_timeout: What each has to undo it, in seconds.
        """
        self._app = app
        self._components = app._components
        self._step_timeout = step_timeout
        self._stop_timeout = stop_timeout
        self._initialized = False
        self._complete = False

    async def run(self) -> bool:
        """Start; what goes wrong is said, undone and told by the exit code.

        Returns:
            Whether everything has started.
        """
        if self._app._stop_asked:  # before there was a loop
            self._app._stopping.set()
        self._components.since = self._app.Loop.time()
        steps = self._app.Loop.create_task(self._steps(), name="the start")
        error = self._error(steps) if await self._ends(steps) else await self._cut_off(steps)
        if error is None and self._complete:
            return True
        if error is not None:
            _failures.report(self._app, error)
        await self._undo()
        return False

    async def _steps(self) -> None:
        with self._components.starting("the application"):
            await _tasks.hook(_tasks.call(self._app.initialize))
        self._initialized = True
        await self._components.start()
        self._complete = not self._components
        for sentence in Config.check_names():
            L.warning("%s", sentence)

    async def _ends(self, steps: asyncio.Task[None]) -> bool:
        """Return whether the steps end by themselves: before a stop, and each in its time."""
        stop = self._app.Loop.create_task(self._app._stopping.wait())
        try:
            while not (steps.done() or stop.done() or self._left() <= 0):
                await asyncio.wait((steps, stop), timeout=self._left(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        return steps.done()

    def _left(self) -> float:
        return self._components.since + self._step_timeout - self._app.Loop.time()

    async def _cut_off(self, steps: asyncio.Task[None]) -> Exception | None:
        step, place = self._components.current, _tasks.where(steps)
        self._components.halt()
        if not self._app._stopping.is_set():
            await _tasks.cancel([steps], self._stop_timeout)
            return StartupError(
                f"initialize() of {step} did not end within {self._step_timeout:g} s "
                f"([general] initialize_timeout). It stands at {place}"
            )
        L.log(LOG_NOTICE, "The start is given up in initialize() of %s, at %s", step, place)
        ended = await _tasks.cancel([steps], self._stop_timeout)
        return self._error(steps) if ended and not steps.cancelled() else None

    def _error(self, steps: asyncio.Task[None]) -> Exception | None:
        if steps.cancelled():
            return StartupError(f"initialize() of {self._components.current} was cancelled")
        error = steps.exception()
        if error is None or isinstance(error, Exception):
            return error
        return RuntimeError(repr(error))

    async def _undo(self) -> None:
        await self._app._supervisor.cancel(self._stop_timeout)
        await self._components.stop(self._stop_timeout)
        if self._initialized:
            await finalize(self._app, self._app, "the application", self._stop_timeout)
        self._app._messages.name_unfinished()
