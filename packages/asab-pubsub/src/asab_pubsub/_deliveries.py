"""`Deliveries`: the tasks of a bus, held until they are done, and never silent about a failure."""

from __future__ import annotations

import logging

from asab_pubsub._names import name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Any, Protocol

    class HasLoop(Protocol):
        """What a bus takes from an application."""

        @property
        def Loop(self) -> asyncio.AbstractEventLoop:
            """The event loop for coroutine subscribers; it need not be running yet."""


HIGH_WATER_MARK = 10_000
"""How many deliveries under way are worth a warning: some ten megabytes, and somebody who does not keep up."""

L = logging.getLogger(__name__)


class Deliveries:
    """What is under way.

    Attributes:
        tasks: The tasks.
    """

    def __init__(self, app: HasLoop | None) -> None:
        """Begin with none."""
        self.tasks: set[asyncio.Task[None]] = set()
        self._app = app
        self._warned = False

    def start(self, coroutine: Coroutine[Any, Any, Any], callback: Callable[..., Any], message_type: str) -> None:
        """Run a delivery as a task.

        Args:
            coroutine: The delivery.
            callback: Whose it is, for the log.
            message_type: Of which message, for the log.

        Raises:
            RuntimeError: If there is no loop to run it in.
        """
        import asyncio

        try:
            loop = asyncio.get_running_loop() if self._app is None else self._app.Loop
        except RuntimeError:
            loop = None
        if loop is None or loop.is_closed():
            coroutine.close()
            raise RuntimeError(f"{name(callback)} needs an event loop: publish inside one or use PubSub(app)")
        task = loop.create_task(_finish(coroutine, callback, message_type), name=f"pubsub: {name(callback)}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        if len(self.tasks) >= HIGH_WATER_MARK and not self._warned:
            self._warned = True
            subscriber = name(callback)
            L.warning(
                "%d deliveries are under way; the newest is of %r to %s", len(self.tasks), message_type, subscriber
            )

    async def drain(self, timeout: float | None) -> None:
        """Wait until there is none, `timeout` seconds at most."""
        import asyncio

        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while others := self.tasks - {asyncio.current_task()}:  # a subscriber may drain, and must not wait for itself
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                return
            await asyncio.wait(others, timeout=left)


async def _finish(coroutine: Coroutine[Any, Any, Any], callback: Callable[..., Any], message_type: str) -> None:
    try:
        await coroutine
    except Exception:
        L.exception("Subscriber %s of %r failed", name(callback), message_type)
