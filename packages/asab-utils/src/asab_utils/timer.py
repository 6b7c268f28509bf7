"""`Timer`: calls a coroutine after a time, once or again and again.

The rules:

1. Runs of one timer do not overlap, and a handler that raises is logged and does not end a repeating timer.
2. A repeating timer does not drift: its n-th run is due n periods after the start; runs that a long handler or a pause
   made it miss are one run.
3. `start`, `restart` and `stop` are safe inside the handler. From outside, `stop` and `restart` cancel a handler that
   is under way.
4. A timer with an application stops at `Application.stop!`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

L = logging.getLogger(__name__)


class Bus(Protocol):
    """What a timer takes from the message bus of an application."""

    def subscribe(self, message_type: str, callback: Callable[..., Any], /) -> None:
        """Subscribe a bound method without keeping its object alive."""


class HasLoopAndBus(Protocol):
    """What a timer takes from an application."""

    @property
    def Loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the timer."""

    @property
    def PubSub(self) -> Bus:
        """Where `Application.stop!` comes from."""


class Timer:
    """A relative, optionally repeating timer (documentation, chapter Timer). It is made stopped.

    Attributes:
        App: The application, or `None`.
        Handler: What is called when the time is up.
        AutoRestart: Whether the timer starts again by itself.
        Task: A future of the present start: done when the timer has run for the last time, cancelled by a stop. `None`
            before the first start.
    """

    def __init__(
        self,
        app: HasLoopAndBus | None,
        handler: Callable[[], Any],
        autorestart: bool = False,
        *,
        jitter: float = 0.0,
    ) -> None:
        """Make a timer.

        Args:
            app: An application; with `None` the timer uses the loop that is running at its start.
            handler: A function without arguments; a coroutine or another awaitable that it returns is awaited.
            autorestart: Whether to start again, with the same time, after each run.
            jitter: Up to how many seconds, by chance, each run comes later than it is due, so that many processes do
                not work at the same moment. It does not add up.

        Raises:
            ValueError: If the jitter is negative or not a number.
        """
        if not 0 <= jitter < math.inf:
            raise ValueError(f"a timer cannot have a jitter of {jitter!r} s")
        self.App = app
        self.Handler = handler
        self.AutoRestart = autorestart
        self.Task: asyncio.Future[None] | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._run: asyncio.Task[None] | None = None
        self._jitter = jitter
        self._due = 0.0
        self._timeout = 0.0
        if app is not None:
            app.PubSub.subscribe("Application.stop!", self._on_stop)

    def is_started(self) -> bool:
        """Return whether a run is to come."""
        if self._handle is not None:
            return True
        return self.AutoRestart and self.Task is not None and not self.Task.done()  # in the middle of a run

    @property
    def due(self) -> float | None:
        """When the next run is due, by the clock of the event loop; `None` if none is, or while one is under way."""
        return None if self._handle is None else self._due

    @property
    def period(self) -> float:
        """The time of the last start, in seconds; 0 before the first."""
        return self._timeout

    def start(self, timeout: float) -> None:
        """Start the timer.

        Args:
            timeout: The time until the handler is called, and between calls if it repeats, in seconds.

        Raises:
            RuntimeError: If it is started; `restart` takes that in its stride. Or if there is neither an application
                nor a running event loop.
            ValueError: If the time is negative or not a number, or is zero for a repeating timer.
        """
        if self._handle is not None or self.is_started():
            raise RuntimeError(f"{self!r} is started; stop it first or use restart()")
        if not 0 <= timeout < math.inf or (timeout == 0 and self.AutoRestart):
            raise ValueError(f"a timer cannot start with a time of {timeout!r} s")
        loop = asyncio.get_running_loop() if self.App is None else self.App.Loop
        self.Task = loop.create_future()
        self._timeout = timeout
        self._due = loop.time() + timeout
        self._schedule(loop)

    def restart(self, timeout: float) -> None:
        """Start the timer anew, whether it is started or not; arguments and errors as for `start`."""
        self.stop()
        self.start(timeout)

    def stop(self) -> None:
        """Stop the timer; a handler that is under way is cancelled, unless it is the one that calls."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self.Task is not None:
            self.Task.cancel()
        if self._run is not None and not self._called_by_handler():
            self._run.cancel()

    def __repr__(self) -> str:
        """Tell the handler and the state."""
        name = getattr(self.Handler, "__qualname__", repr(self.Handler))
        return f"<{type(self).__name__} {name} {'started' if self.is_started() else 'stopped'}>"

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        when = self._due + random.uniform(0, self._jitter) if self._jitter else self._due  # noqa: S311  # no secret
        self._handle = loop.call_at(when, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = None
        previous = self._run if self._run is not None and not self._run.done() else None
        assert self.Task is not None  # noqa: S101  # set with the handle that calls this
        self._run = loop.create_task(self._call(loop, self.Task, previous), name=f"timer: {self!r}")

    async def _call(
        self, loop: asyncio.AbstractEventLoop, start: asyncio.Future[None], previous: asyncio.Task[None] | None
    ) -> None:
        if previous is not None:  # cancelled by a restart, and still cleaning up
            await asyncio.wait([previous])
        try:
            result = self.Handler()
            if isinstance(result, Awaitable):
                await result
        except Exception:
            L.exception("The handler of %r failed", self)
        except BaseException:
            start.cancel()
            raise
        if start.done():
            return
        if self.AutoRestart:
            missed = math.floor((loop.time() - self._due) / self._timeout)
            self._due += (max(missed, 0) + 1) * self._timeout
            self._schedule(loop)
        else:
            start.set_result(None)

    def _called_by_handler(self) -> bool:
        try:
            return asyncio.current_task() is self._run
        except RuntimeError:
            return False

    def _on_stop(self, _message_type: str, *_args: Any) -> None:
        self.stop()
