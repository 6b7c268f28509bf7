"""The messages of the application itself: published so that no subscriber breaks the one who publishes."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING, Any

from asab_app import _tasks

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)


class Messages:
    """Where the application publishes its own messages."""

    def __init__(self, app: Application) -> None:
        """Take whose messages they are."""
        self._app = app

    def publish(self, message_type: str, *args: Any) -> frozenset[asyncio.Task[None]]:
        """Publish a message; `sys.exit` in a subscriber stops the application.

        Returns:
            The tasks of its coroutine subscribers.
        """
        bus = self._app.PubSub
        before = bus.tasks
        try:
            bus.publish(message_type, *args)
        except SystemExit as e:
            self._app._end(_tasks.ExitRequested(e.code).exit_code)
        except asyncio.CancelledError:
            L.exception("A subscriber of %r was cancelled", message_type)
        tasks = bus.tasks - before
        for task in tasks:
            task.add_done_callback(functools.partial(_on_done, message_type))
        return tasks

    async def finish(self, message_type: str, timeout: float) -> None:
        """Publish a message and wait for its coroutine subscribers, `timeout` seconds at most."""
        await _tasks.finish(self.publish(message_type), timeout)

    def name_unfinished(self) -> None:
        """Say which coroutine subscribers, of whatever message, have not ended at the end."""
        for task in self._app.PubSub.tasks:
            L.warning("%s has not ended, and is cancelled. It stands at %s", task.get_name(), _tasks.where(task))


def _on_done(message_type: str, task: asyncio.Task[None]) -> None:
    if task.cancelled() and not task.cancelling():  # nobody asked for that
        L.error("%s was cancelled in %r", task.get_name(), message_type)
