"""`Work`: what an application does beside `main()`: tasks, and blocking calls in threads."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

from asab_app import _restart
from asab_app._supervisor import Supervisor

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Restart = Literal["never", "on-failure", "always"]


class Work:
    """The part of `Application` that owns tasks and threads."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._supervisor = Supervisor(cast("Application", self))

    def create_task(
        self,
        work: Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]],
        *,
        name: str | None = None,
        restart: Restart = "never",
    ) -> asyncio.Task[T]:
        """Run a coroutine as a task that the application owns.

        An exception in it is logged under the task's name; it does not stop the application. `sys.exit` in it does.
        When run-time ends, the task is cancelled and awaited, together with `main()`; one that is made later, at the
        very end. To be called in the thread of the event loop.

        Args:
            work: A coroutine; or a coroutine function without arguments, which a restart calls again.
            name: For the log; by default the name of the function.
            restart: When it is run again: `never`; `on-failure`, after an exception; or `always`, after a return too.
                The pause before it is 1 s; with every failure it doubles, up to 60 s, until a run has lasted that long.

        Returns:
            The task. Whoever awaits it gets what the coroutine returns or raises; cancelling it ends the restarts too.

        Raises:
            TypeError: If a coroutine is to be restarted: it can run only once.
            ValueError: If `restart` is none of these.
        """
        name = name or getattr(work, "__qualname__", None) or repr(work)
        _check(work, name, restart)
        if restart != "never":
            coroutine = _restart.repeat(cast("Callable[[], Coroutine[Any, Any, T]]", work), name, restart == "always")
        else:
            coroutine = work if inspect.iscoroutine(work) else cast("Callable[[], Any]", work)()
        task = self._supervisor.own(coroutine, name)
        task.add_done_callback(_on_done)
        return task

    async def run_in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking function in a thread, one of `[general] threads`, as `asyncio.to_thread` then does too.

        Cancelling the wait does not end a call that has begun. At the end of exit-time calls have
        `[general] finalize_timeout` to end; one that does not is named in the log and left behind.

        Args:
            function: The function; it must be safe to call from another thread. It sees the caller's context variables.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Returns:
            What the function returns; what it raises is raised.

        Raises:
            RuntimeError: If the application has ended.
        """
        context = contextvars.copy_context()
        call = functools.partial(function, *args, **kwargs)
        return await cast("Application", self).Loop.run_in_executor(None, context.run, call)


def _check(work: object, name: str, restart: str) -> None:
    wrong: Exception | None = None
    if restart not in ("never", "on-failure", "always"):
        wrong = ValueError(f"restart={restart!r} of task {name!r}: expected 'never', 'on-failure' or 'always'")
    elif restart != "never" and not callable(work):
        wrong = TypeError(f"{work!r} cannot be restarted: give create_task the function, not the coroutine")
    if wrong is None:
        return
    if inspect.iscoroutine(work):
        work.close()
    raise wrong


def _on_done(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        L.error("task %s failed: %r", task.get_name(), error, exc_info=error)
