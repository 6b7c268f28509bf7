"""The modules and services of an application, as one ordered list.

The rules: they start one after another in the order of registration, and stop in reverse order, each within a deadline.
One that hangs or raises is named and does not keep the others from their turn. Only what has started is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from asab_app import _tasks
from asab_app._report import Report
from asab_app.errors import EX_SOFTWARE
from asab_app.module import Module
from asab_app.service import Service

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)

Component = Module | Service


class Components:
    """What is to be started, and what is.

    Attributes:
        report: How long each took.
        current: The name of what is being started.
        since: Since when, by the clock of the event loop.
    """

    def __init__(self, app: Application) -> None:
        """Make an empty list."""
        self.report = Report()
        self.current = ""
        self.since = 0.0
        self._app = app
        self._halted = False
        self._waiting: deque[Component] = deque()
        self._started: list[Component] = []
        self._present: Component | None = None
        self._one_at_a_time = asyncio.Lock()

    def add(self, component: Component) -> None:
        """Put a component at the end of the list."""
        self._waiting.append(component)

    @property
    def started(self) -> list[Component]:
        """What has started, in this order."""
        return list(self._started)

    @property
    def all(self) -> list[Component]:
        """What has started, then what is being started, then what waits."""
        present = [self._present] if self._present is not None else []
        return [*self._started, *present, *self._waiting]

    def __bool__(self) -> bool:
        """Return whether there is something to start."""
        return bool(self._waiting)

    async def start(self) -> None:
        """Start what waits, including what is added meanwhile, until a stop is asked for.

        Raises:
            Exception: Of the first `initialize()` that raises, with a note that names the component; it is not started.
        """
        async with self._one_at_a_time:
            while self._waiting and not (self._halted or self._app._stop_asked):
                self._present = component = self._waiting.popleft()
                name = describe(component)
                try:
                    with self.starting(name):
                        await _tasks.hook(_tasks.call(component.initialize, self._app))
                except Exception as e:
                    e.add_note(f"in initialize() of {name}")
                    raise
                self._started.append(component)
                self._present = None

    @contextlib.contextmanager
    def starting(self, name: str) -> Iterator[None]:
        """Note what is being started, and how long it takes."""
        self.current, self.since = name, self._app.Loop.time()
        self._app._service_manager.step(f"initialize() of {name}", self._app._initialize_timeout)
        with self.report.measure("start", name):
            yield

    def halt(self) -> None:
        """Start nothing more."""
        self._halted = True

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
    app._service_manager.step(f"finalize() of {name}", timeout)
    arguments = (app,) if isinstance(component, (Module, Service)) else ()
    coroutine = _tasks.hook(_tasks.call(component.finalize, *arguments))
    task = asyncio.get_running_loop().create_task(coroutine, name=f"finalize() of {name}")
    report = app._components.report
    with report.measure("stop", name):
        ended = await _tasks.finish([task], timeout)
    if not ended:
        report.note(name, f"finalize() did not end within {timeout:g} s")
        app.set_exit_code(EX_SOFTWARE)
    elif task.cancelled():
        report.note(name, "finalize() was cancelled")
        L.error("finalize() of %s was cancelled", name)
    elif isinstance(error := task.exception(), _tasks.ExitRequested):
        app.set_exit_code(error.exit_code)
    elif error is not None:
        report.note(name, f"finalize() failed: {error!r}")
        L.error("finalize() of %s failed", name, exc_info=error)
        app.set_exit_code(EX_SOFTWARE)


def describe(component: Component) -> str:
    """Return the name of a component for the log."""
    if isinstance(component, Service):
        return f"service {component.Name!r}"
    return f"module {type(component).__module__}.{type(component).__qualname__}"
