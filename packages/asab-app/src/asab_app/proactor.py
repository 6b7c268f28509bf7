"""Blocking calls, in threads of their own, for coroutines that must not block the event loop."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from asab_app._threads import Threads
from asab_app.module import Module as _Module
from asab_app.service import Service
from asab_config import Config, ConfigError

if TYPE_CHECKING:
    from asab_app.application import Application

_SHARE = 0.9
"""What of its deadline `finalize()` waits for calls; the rest is for naming those that hang."""

Config.add_layer_defaults({"asab:proactor": {"max_workers": "4"}})

P = ParamSpec("P")
T = TypeVar("T")


class ProactorService(Service):
    """The service "asab.ProactorService". Calls that have begun at the stop are finished, those that wait too."""

    def __init__(self, app: Application) -> None:
        """Register the service under its name.

        Raises:
            ConfigError: If `[asab:proactor] max_workers` is less than 1.
        """
        super().__init__(app, "asab.ProactorService")
        workers = Config.getint("asab:proactor", "max_workers")
        if workers < 1:
            raise ConfigError(f"[asab:proactor] max_workers = {workers}: expected 1 or more threads")
        self._executor = Threads(workers, "asab-proactor", app._finalize_timeout * _SHARE)

    async def execute(self, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a thread.

        Cancelling the wait does not end a call that has begun.

        Args:
            func: The function; it must be safe to call from another thread. It sees the caller's context variables.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Returns:
            What the function returns; what it raises is raised.
        """
        context = contextvars.copy_context()
        call = functools.partial(func, *args, **kwargs)
        return await self.App.Loop.run_in_executor(self._executor, context.run, call)

    async def finalize(self, app: Application) -> None:
        """Wait for the calls that were accepted, and end the threads.

        Raises:
            TimeoutError: If a call does not end before the deadline. The log says where it stands.
        """
        if not await self._executor.end():
            raise TimeoutError("a call in a thread of the proactor has not ended")


class Module(_Module):
    """The module that brings the service along."""

    def __init__(self, app: Application) -> None:
        """Make the service."""
        super().__init__(app)
        self.service: ProactorService = ProactorService(app)
