"""`Dispatcher`: which handler gets an incoming message, and what becomes of the message afterwards.

The rules:

1. The target decides; a message without a handler is discarded with a warning.
2. Every message is handled in a task that the dispatcher owns, and is settled exactly once, when that task is done.
3. Accepted when the handler has returned and its reply has been accepted; rejected when either raised; returned to its
   queue when somebody cancelled the task.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from asab_mom.message import Body, Message, Outcome
from asab_mom.properties import Properties

L = logging.getLogger(__name__)

CANCEL_TIMEOUT = 1.0

Handler: TypeAlias = Callable[[Properties, bytes], Awaitable[Body | None]]
"""What is called with a message: a coroutine function. What it returns is the reply."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Route:
    handler: Handler
    reply_to: str | None


class Dispatcher:
    """The handlers of a broker, by target, and the messages that they are handling."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, reply: Callable[[str, Body, str | None], Awaitable[None]]
    ) -> None:
        """Make a dispatcher without handlers.

        Args:
            loop: Where the handlers run.
            reply: Sends a reply: called with where to, the body and the correlation id.
        """
        self._loop = loop
        self._reply = reply
        self._routes: dict[str, _Route] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._closed = False

    def add(self, target: str, handler: Handler, reply_to: str | None) -> None:
        """Have a handler called for every message of a target."""
        if not callable(handler):
            raise TypeError(f"the handler of target {target!r} is not callable: {handler!r}")
        if target in self._routes:
            L.warning("The handler of target %r is replaced", target)
        self._routes[target] = _Route(handler, reply_to)

    def start(self, message: Message, settle: Callable[[Outcome], None]) -> None:
        """Handle a message in a task of its own.

        Args:
            message: What has arrived.
            settle: Called once with what becomes of the message; called at once after `close`.
        """
        if self._closed:
            settle(Outcome.RETURN)
            return
        task = self._loop.create_task(self._handle(message), name=f"handler of {message.target!r}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Not in a `finally` of the coroutine: a task that is cancelled before its first step never enters it.
        task.add_done_callback(lambda task: settle(_outcome(task)))

    async def close(self, timeout: float) -> None:
        """Take no more messages and let the handlers finish.

        Args:
            timeout: Seconds; handlers that need longer are cancelled and their messages go back to the queue.
        """
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=timeout)
        for task in late:
            L.warning("The %s has not finished within %s s; its message goes back", task.get_name(), timeout)
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_TIMEOUT)

    async def _handle(self, message: Message) -> Outcome:
        route = self._routes.get(message.target)
        if route is None:
            L.warning("No handler for target %r: the message is discarded", message.target)
            return Outcome.ACCEPT
        try:
            await self._run(route, message)
        except Exception:
            L.exception("The handler of target %r failed: the message is rejected", message.target)
            return Outcome.REJECT
        return Outcome.ACCEPT

    async def _run(self, route: _Route, message: Message) -> None:
        answer = route.handler(message.properties, message.body)
        if not inspect.isawaitable(answer):
            raise TypeError(f"the handler of target {message.target!r} is not a coroutine function: {route.handler!r}")
        body = await answer
        reply_to = message.properties.reply_to or route.reply_to
        if body is not None and reply_to:
            await self._reply(reply_to, body, message.properties.correlation_id)


def _outcome(task: asyncio.Task[Outcome]) -> Outcome:
    if not task.cancelled():
        return Outcome.RETURN if task.exception() else task.result()
    if task.cancelling():
        return Outcome.RETURN
    # The handler let the cancellation of something else through. Back in the queue it would do that for ever.
    L.error("The %s was cancelled by what it awaits: the message is rejected", task.get_name())
    return Outcome.REJECT
