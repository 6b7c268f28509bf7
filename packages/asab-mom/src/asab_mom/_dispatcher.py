"""`Dispatcher`: which handler gets an incoming message, and what becomes of the message afterwards.

The rules:

1. The target decides which handler gets a message.
2. Every message is handled in a task that the dispatcher owns, and is settled exactly once, when that task is done.
3. Accepted when the handler has returned and its reply has been accepted; as `Failures` says when either raised, if
   only that something it awaits was cancelled, and when there is no handler; returned to its queue when somebody
   cancelled the task.
4. No more handlers run at once than the broker and the target allow. Those that wait get their turn in the order of
   their messages; when the dispatcher closes their messages go back at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import functools
import inspect
import logging
import types
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any, TypeAlias

from asab_app.tracing import is_on, span
from asab_mom import _deadlines
from asab_mom._failures import Failures
from asab_mom._subscription import Subscription
from asab_mom._tracing import handled
from asab_mom.message import Body, Message, Outcome
from asab_mom.properties import Properties

L = logging.getLogger(__name__)

_NO_TURN = contextlib.nullcontext()

Handler: TypeAlias = Callable[[Properties, bytes], Awaitable[Body | None]]
"""What is called with a message: a coroutine function. What it returns is the reply."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Route:
    handler: Handler
    reply_to: str | None
    slots: asyncio.Semaphore | None
    name: str


class Dispatcher:
    """The handlers of a broker, by target, and the messages that they are handling."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        reply: Callable[[str, Body, str | None], Awaitable[None]],
        failures: Failures,
        count: Callable[[str], None],
        took: Callable[[str, float], None],
        concurrency: int = 0,
        system: str = "",
    ) -> None:
        """Make a dispatcher without handlers.

        Args:
            loop: Where the handlers run.
            reply: Sends a reply: called with where to, the body and the correlation id.
            failures: What becomes of messages that are not handled.
            count: Called with `handled` or `failed`, each time that a handler is done.
            took: Called with the target and the seconds that its handler has taken.
            concurrency: How many handlers run at once; 0 is as many as there are messages.
            system: What carries the messages, for those who trace them.
        """
        self._loop = loop
        self._reply = reply
        self._failures = failures
        self._count = count
        self._took = took
        self._system = system
        self._slots = _slots(concurrency)
        self._routes: dict[str, _Route] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._waiting: set[asyncio.Task[Any] | None] = set()
        self._closed = False
        # A broker in memory delivers in the context of whoever publishes, which is none of the handler's.
        self._context = contextvars.copy_context()

    @property
    def busy(self) -> int:
        """How many messages are being handled, or wait for their turn."""
        return len(self._tasks)

    def add(self, target: str, handler: Handler, reply_to: str | None, concurrency: int = 0) -> None:
        """Have a handler called for every message of a target, so many at once."""
        if not callable(handler):
            raise TypeError(f"the handler of target {target!r} is not callable: {handler!r}")
        if target in self._routes:
            L.warning("The handler of target %r is replaced", target)
        self._routes[target] = _Route(handler, reply_to, _slots(concurrency), _name(target))

    def start(self, message: Message, source: Subscription, settle: Callable[[Outcome], None]) -> None:
        """Handle a message in a task of its own.

        Args:
            message: What has arrived.
            source: Where from.
            settle: Called once with what becomes of the message; called at once after `close`.
        """
        route = self._routes.get(message.target)
        name = _name(message.target) if route is None else route.name
        if is_on():
            work = handled(self._system, message, functools.partial(self._handle, route, message, source))
        else:
            work = self._handle(route, message, source)
        self._start(work, name, settle)

    def start_unreadable(
        self, message: Message, source: Subscription, fault: str, settle: Callable[[Outcome], None]
    ) -> None:
        """See to a message whose properties cannot be read, as `start` does to others."""
        self._start(self._failures.unreadable(message, source, fault), f"rejection from {source}", settle)

    def _start(self, work: Coroutine[Any, Any, Outcome], name: str, settle: Callable[[Outcome], None]) -> None:
        if self._closed:
            work.close()
            settle(Outcome.RETURN)
            return
        task = self._loop.create_task(work, name=name, context=self._context.copy())
        self._tasks.add(task)
        # Not in a `finally` of the coroutine: a task that is cancelled before its first step never enters it.
        task.add_done_callback(functools.partial(self._done, settle))

    def _done(self, settle: Callable[[Outcome], None], task: asyncio.Task[Outcome]) -> None:
        self._tasks.discard(task)
        settle(_outcome(task))

    async def close(self, timeout: float) -> None:
        """Take no more messages and let the handlers finish.

        Args:
            timeout: Seconds; handlers that need longer are cancelled and their messages go back to the queue.
        """
        self._closed = True
        if not self._tasks:
            return
        for task in self._waiting:
            if task is not None:
                task.cancel()
        _, late = await asyncio.wait(self._tasks, timeout=timeout)
        for task in late:
            L.warning("The %s has not finished within %g s; its message goes back", task.get_name(), timeout)
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_deadlines.seconds(_deadlines.CANCEL))

    async def _handle(
        self, route: _Route | None, message: Message, source: Subscription, step: span | None = None
    ) -> Outcome:
        if self._closed:
            return Outcome.RETURN
        if route is None:
            return await self._failures.unknown(message, source)
        try:
            if route.slots is None and self._slots is None:
                await self._run(route, message)
            else:
                await self._run_in_turn(route, message)
        except Exception as error:
            return await self._failed(message, source, error, step)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            # The handler let the cancellation of something else through. Back in the queue it would do that for ever.
            return await self._failed(message, source, error, step)
        self._count("handled")
        return Outcome.ACCEPT

    async def _failed(self, message: Message, source: Subscription, error: BaseException, step: span | None) -> Outcome:
        self._count("failed")
        if step is not None:
            step.fail(error)
        return await self._failures.failed(message, source, error)

    async def _run_in_turn(self, route: _Route, message: Message) -> None:
        task = asyncio.current_task()
        self._waiting.add(task)
        try:
            async with route.slots or _NO_TURN, self._slots or _NO_TURN:
                self._waiting.discard(task)
                await self._run(route, message)
        finally:
            self._waiting.discard(task)

    async def _run(self, route: _Route, message: Message) -> None:
        began = perf_counter()
        answer = route.handler(message.properties, message.body)
        if type(answer) is not types.CoroutineType and not inspect.isawaitable(answer):
            raise TypeError(f"the handler of target {message.target!r} is not a coroutine function: {route.handler!r}")
        try:
            body = await answer
        finally:
            self._took(message.target, perf_counter() - began)
        reply_to = message.properties.reply_to or route.reply_to
        if body is not None and reply_to:
            await self._reply(reply_to, body, message.properties.correlation_id)


def _slots(number: int) -> asyncio.Semaphore | None:
    return asyncio.Semaphore(number) if number else None


def _name(target: str) -> str:
    return f"handler of {target!r}"


def _outcome(task: asyncio.Task[Outcome]) -> Outcome:
    return Outcome.RETURN if task.cancelled() or task.exception() else task.result()


def _is_cancelled() -> bool:
    """Return whether somebody has cancelled this task, and not only what it awaits."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
