"""The modules and services of an application, as one ordered list.

The rules: they start one after another in the order of registration, and stop in reverse order, each within a deadline.
One that hangs or raises is named and does not keep the others from their turn. Only what has started is stopped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from asab_app import _tasks
from asab_app.errors import EX_SOFTWARE
from asab_app.module import Module
from asab_app.service import Service

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)

Component = Module | Service


class Components:
    """What is to be started, and what is."""

    def __init__(self, app: Application) -> None:
        """Make an empty list."""
        self._app = app
        self._waiting: deque[Component] = deque()
        self._started: list[Component] = []
        self._one_at_a_time = asyncio.Lock()

    def add(self, component: Component) -> None:
        """Put a component at the end of the list."""
        self._waiting.append(component)

    def __bool__(self) -> bool:
        """Return whether there is something to start."""
        return bool(self._waiting)

    async def start(self) -> None:
        """Start what waits, including what is added meanwhile.

        Raises:
            Exception: Of the first `initialize()` that raises, with a note that names the component; it is not started.
        """
        async with self._one_at_a_time:
            while self._waiting:
                component = self._waiting.popleft()
                try:
                    await _tasks.hook(component.initialize(self._app))
                except Exception as e:
                    e.add_note(f"in initialize() of {describe(component)}")
                    raise
                self._started.append(component)

    async def stop(self, timeout: float) -> None:
        """Stop what is started, in reverse order.

        Args:
            timeout: The time that each has, in seconds.
        """
        self._waiting.clear()
        while self._started:
            component = self._started.pop()
            await finalize(self._app, component, describe(component), timeout)


async def finalize(app: Application, component: Component | Application, name: str, timeout: float) -> None:
    """Call one `finalize()`; what goes wrong is logged and told by the exit code.

    Args:
        app: The application.
        component: What is finalized; the application's own hook takes no argument.
        name: Its name for the log.
        timeout: In seconds.
    """
    coroutine = component.finalize(app) if isinstance(component, (Module, Service)) else component.finalize()
    task = asyncio.get_running_loop().create_task(_tasks.hook(coroutine), name=f"finalize() of {name}")
    if not await _tasks.finish([task], timeout):
        app.set_exit_code(EX_SOFTWARE)
    elif task.cancelled():
        L.error("finalize() of %s was cancelled", name)
    elif isinstance(error := task.exception(), _tasks.ExitRequested):
        app.set_exit_code(error.exit_code)
    elif error is not None:
        L.error("finalize() of %s failed", name, exc_info=error)
        app.set_exit_code(EX_SOFTWARE)


def describe(component: Component) -> str:
    """Return the name of a component for the log."""
    if isinstance(component, Service):
        return f"service {component.Name!r}"
    return f"module {type(component).__module__}.{type(component).__qualname__}"
