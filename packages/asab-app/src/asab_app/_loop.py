"""The event loop: made for one application, run to the end of what it is given, and closed so that nothing is left.

The rule: `sys.exit` anywhere in the loop, a task or a callback, is an ordered stop with its exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from asab_app import _tasks, _watchdog
from asab_app._threads import Threads
from asab_config import Config, ConfigParser

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_log import Logging

T = TypeVar("T")

Config.add_layer_defaults({"general": {"event_loop": "asyncio"}})


def new_loop(config: ConfigParser = Config) -> asyncio.AbstractEventLoop:
    """Return a new event loop of the kind that `[general] event_loop` names.

    Raises:
        ConfigError: If there is no such kind, or it is not installed.
    """
    check_kind(config)
    if config.get("general", "event_loop") == "asyncio":
        return _watchdog.new_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def check_kind(config: ConfigParser) -> None:
    """Raise a `ConfigError` for an event loop that there is not."""
    kind = config.get("general", "event_loop")
    if kind not in ("asyncio", "uvloop"):
        raise config.mistake("general", "event_loop", kind, "expected asyncio or uvloop")
    if kind == "uvloop":
        try:
            import uvloop  # noqa: F401
        except ImportError:
            remedy = 'uvloop is not installed: pip install "asab-app[uvloop]"'
            raise config.mistake("general", "event_loop", kind, remedy) from None


def refuse_to_nest() -> None:
    """Raise a `RuntimeError` inside a running event loop, before anything of the process is changed."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("an application runs an event loop of its own: make it before asyncio.run, or in a thread")


def run(app: Application, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also when something else in the loop calls `sys.exit`: that stops the application."""
    loop = app.Loop
    task = loop.create_task(coroutine)
    while True:
        try:
            return loop.run_until_complete(task)
        except SystemExit as e:
            if task.done():
                raise
            app._end(_tasks.ExitRequested(e.code).exit_code)


def call_soon(app: Application, function: Callable[..., object], *args: object) -> None:
    """Have a function called in the loop, from any thread or signal handler; not when there is no loop any more."""
    loop: asyncio.AbstractEventLoop | None = getattr(app, "Loop", None)
    if loop is not None:
        with contextlib.suppress(RuntimeError):  # it is closed
            loop.call_soon_threadsafe(function, *args)


def on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle what nobody has caught, as the loop does; but `sys.exit` in a task is no failure."""
    if not isinstance(context.get("exception"), SystemExit):
        loop.default_exception_handler(context)


def close_loop(loop: asyncio.AbstractEventLoop, logging: Logging | None, timeout: float) -> None:
    """End what is left in the loop, then the log, then the loop.

    Args:
        loop: The loop, not running.
        logging: The log outputs, if there are any; they go last, but for the threads that look up a syslog's name.
        timeout: What the tasks have to end, in seconds.
    """
    try:
        for end in (_end_tasks(loop, logging, timeout), _end_generators(loop, timeout)):
            _insist(loop, end)
        if logging is not None:
            _insist(loop, logging.close())
        if not _has_idled(loop):
            _insist(loop, loop.shutdown_default_executor())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _has_idled(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether nothing was ever called in a thread: to end that would take the loop a thread."""
    executor = getattr(loop, "_default_executor", None)
    return isinstance(executor, Threads) and not executor.is_used


def _insist(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> None:
    task = loop.create_task(coroutine)
    while not task.done():
        with contextlib.suppress(SystemExit):  # of what is being ended: it is ending already
            loop.run_until_complete(task)
    task.result()


async def _end_tasks(loop: asyncio.AbstractEventLoop, logging: Logging | None, timeout: float) -> None:
    spared = (asyncio.current_task(), None if logging is None else logging.task)  # the log ends its own, unbroken
    await _tasks.cancel([task for task in asyncio.all_tasks() if task not in spared], timeout)


async def _end_generators(loop: asyncio.AbstractEventLoop, timeout: float) -> None:
    generators = list(getattr(loop, "_asyncgens", ()))
    names = ", ".join(f"{each.ag_code.co_name} ({each.ag_code.co_filename})" for each in generators)
    task = loop.create_task(loop.shutdown_asyncgens(), name=f"the end of asynchronous generators: {names};")
    await _tasks.finish([task], timeout)
