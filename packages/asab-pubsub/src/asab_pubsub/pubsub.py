"""`PubSub`: the message bus.

The rules:

1. Every subscriber of a message type gets the message, in the order of subscription; one that raises is logged by name
   and the next is called.
2. Whoever subscribes or unsubscribes during a delivery changes the next publish, not this one.
3. A coroutine subscriber runs as a task that the bus holds until it is done.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Coroutine

from asab_pubsub._subscription import Subscription
from asab_pubsub.decorator import marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any, Protocol

    class HasLoop(Protocol):
        """What a bus takes from an application."""

        @property
        def Loop(self) -> asyncio.AbstractEventLoop:
            """The event loop for coroutine subscribers; it need not be running yet."""


L = logging.getLogger(__name__)


class PubSub:
    """A publish-subscribe message bus (documentation, chapter Publish-Subscribe).

    A message is a string, its type, with any positional and keyword arguments. Subscribe and publish from the thread of
    the event loop; other threads have `publish_threadsafe`.
    """

    def __init__(self, app: HasLoop | None = None) -> None:
        """Make a bus of its own.

        Args:
            app: Whose `Loop` runs coroutine subscribers. Without one, the loop that is running at the publish.
        """
        self._app = app
        self._subscriptions: dict[str, list[Subscription]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """The deliveries that are under way: coroutine subscribers and asynchronous publishes."""
        return frozenset(self._tasks)

    def subscribe(self, message_type: str, callback: Callable[..., Any]) -> None:
        """Have a callback called for every message of a type.

        A bound method does not keep its object alive and ends with it; a function, a lambda or a partial is held.

        Args:
            message_type: The message type, by custom with a `!` at its end.
            callback: Called as `callback(message_type, *args, **kwargs)`; a coroutine that it gives runs as a task.
        """
        if not callable(callback):
            raise TypeError(f"cannot subscribe {callback!r} to {message_type!r}: it is not callable")
        self._subscriptions.setdefault(message_type, []).append(Subscription(callback))

    def subscribe_all(self, obj: object) -> None:
        """Subscribe all methods of an object that are marked by the decorator `subscribe`."""
        for message_type, callback in marked(obj):
            self.subscribe(message_type, callback)

    def unsubscribe(self, message_type: str, callback: Callable[..., Any]) -> None:
        """End a subscription; of several equal ones the oldest. One that is not there is a warning in the log."""
        subscriptions = self._subscriptions.get(message_type, [])
        for i, subscription in enumerate(subscriptions):
            if subscription.resolve() == callback:
                del subscriptions[i]
                if not subscriptions:
                    del self._subscriptions[message_type]
                return
        L.warning("%s is not subscribed to %r", _name(callback), message_type)

    def publish(self, message_type: str, *args: Any, asynchronously: bool = False, **kwargs: Any) -> None:
        """Deliver a message to every subscriber of its type.

        Args:
            message_type: The message type.
            *args: Handed on to the subscribers.
            asynchronously: Whether to return at once and have each subscriber called in a task of its own, when control
                returns to the event loop.
            **kwargs: Handed on to the subscribers.

        Raises:
            RuntimeError: If a task is needed and the bus has neither an application nor a running event loop.
        """
        for subscription in tuple(self._subscriptions.get(message_type, ())):
            callback = subscription.resolve()
            if callback is None:
                self._forget(message_type, subscription)
            elif asynchronously:
                self._start(_deliver(callback, message_type, args, kwargs), callback, message_type)
            else:
                self._call(callback, message_type, args, kwargs)

    def publish_threadsafe(self, message_type: str, *args: Any, asynchronously: bool = False, **kwargs: Any) -> None:
        """Publish from any thread: the delivery happens soon, in the thread of the event loop.

        Arguments are those of `publish`.

        Raises:
            RuntimeError: If the bus has no application (which loop to use cannot be known), or its loop is closed.
        """
        if self._app is None:
            raise RuntimeError("publish_threadsafe needs a bus that was made with an application: PubSub(app)")
        publish = functools.partial(self.publish, message_type, *args, asynchronously=asynchronously, **kwargs)
        self._app.Loop.call_soon_threadsafe(publish)

    def _call(
        self, callback: Callable[..., Any], message_type: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        try:
            result = callback(message_type, *args, **kwargs)
        except Exception:
            L.exception("Subscriber %s of %r failed", _name(callback), message_type)
            return
        if result is not None and isinstance(result, Coroutine):
            self._start(result, callback, message_type)

    def _start(self, coroutine: Coroutine[Any, Any, Any], callback: Callable[..., Any], message_type: str) -> None:
        import asyncio

        try:
            loop = asyncio.get_running_loop() if self._app is None else self._app.Loop
        except RuntimeError:
            loop = None
        if loop is None or loop.is_closed():
            coroutine.close()
            raise RuntimeError(f"{_name(callback)} needs an event loop: publish inside one or use PubSub(app)")
        task = loop.create_task(_finish(coroutine, callback, message_type), name=f"pubsub: {_name(callback)}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget(self, message_type: str, subscription: Subscription) -> None:
        subscriptions = self._subscriptions.get(message_type, [])
        if subscription in subscriptions:
            subscriptions.remove(subscription)
        if not subscriptions:
            self._subscriptions.pop(message_type, None)


async def _deliver(
    callback: Callable[..., Any], message_type: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    result = callback(message_type, *args, **kwargs)
    if isinstance(result, Coroutine):
        await result


async def _finish(coroutine: Coroutine[Any, Any, Any], callback: Callable[..., Any], message_type: str) -> None:
    try:
        await coroutine
    except Exception:
        L.exception("Subscriber %s of %r failed", _name(callback), message_type)


def _name(callback: Callable[..., Any]) -> str:
    """Name a callback without running any code of its own."""
    while isinstance(callback, functools.partial):
        callback = callback.func
    name = getattr(callback, "__qualname__", None) or type(callback).__qualname__
    return f"{getattr(callback, '__module__', '?')}.{name}"
