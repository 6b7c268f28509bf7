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

from asab_pubsub._channel import Channel, resolve
from asab_pubsub._deliveries import Deliveries
from asab_pubsub._names import name
from asab_pubsub.decorator import marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any, Protocol

    from asab_pubsub._channel import Target
    from asab_pubsub._deliveries import HasLoop

    class Callback(Protocol):
        """What can be subscribed: a function, a method or a coroutine function that takes a message type first."""

        def __call__(self, message_type: str, /, *args: Any, **kwargs: Any) -> object:
            """Take a message."""

    Message = tuple[str, tuple[Any, ...], dict[str, Any]]

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
        self._channels: dict[str, Channel] = {}
        self._deliveries = Deliveries(app)

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """The deliveries that are under way: coroutine subscribers and asynchronous publishes."""
        return frozenset(self._deliveries.tasks)

    @property
    def queued(self) -> int:
        """How many deliveries are under way. The first time that there are 10,000 of them, a warning is logged."""
        return len(self._deliveries.tasks)

    @property
    def published(self) -> dict[str, int]:
        """How many messages there were of each type that has subscribers, since it has some."""
        return {message_type: channel.published for message_type, channel in list(self._channels.items())}

    def subscribe(self, message_type: str, callback: Callback) -> None:
        """Have a callback called for every message of a type.

        A bound method does not keep its object alive and ends with it; a function, a lambda or a partial is held.

        Args:
            message_type: The message type, by custom with a `!` at its end.
            callback: Called as `callback(message_type, *args, **kwargs)`; a coroutine that it gives runs as a task.

        Raises:
            TypeError: If the callback is not callable.
        """
        if not callable(callback):
            raise TypeError(f"cannot subscribe {callback!r} to {message_type!r}: it is not callable")
        channel = self._channels.get(message_type)
        if channel is None:
            channel = self._channels[message_type] = Channel(self._channels, message_type)
        channel.add(callback)

    def subscribe_all(self, obj: object) -> None:
        """Subscribe all methods of an object that are marked by the decorator `subscribe`."""
        for message_type, callback in marked(obj):
            self.subscribe(message_type, callback)

    def unsubscribe(self, message_type: str, callback: Callback) -> None:
        """End a subscription; of several equal ones the oldest. One that is not there is a warning in the log."""
        channel = self._channels.get(message_type)
        if channel is None or not channel.remove(callback):
            L.warning("%s is not subscribed to %r", name(callback), message_type)

    def publish(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        """Deliver a message to every subscriber of its type.

        Args:
            message_type: The message type.
            *args: Handed on to the subscribers.
            **kwargs: Handed on to the subscribers, but for `asynchronously`: `asynchronously=True` returns at once and
                has each subscriber called in a task of its own, when control returns to the event loop.

        Raises:
            RuntimeError: If a task is needed and the bus has neither an application nor a running event loop.
        """
        channel = self._channels.get(message_type)
        if channel is None:
            return
        channel.published += 1
        targets = channel.targets
        if targets is None:
            targets = channel.freeze()
        if args or kwargs:
            deliver = self._deliver_later if kwargs.pop("asynchronously", False) else self._deliver
            deliver(targets, message_type, args, kwargs)
            return
        for function, owner in targets:  # as `_deliver`; a message without arguments needs no packing, at half the time
            try:
                if owner is None:
                    result = function(message_type)
                elif (obj := owner()) is not None:
                    result = function(obj, message_type)
                else:
                    continue
            except Exception:
                self._failed(function, message_type)
                continue
            if result is not None:
                self._returned(result, function, message_type)

    def publish_threadsafe(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        """Publish from any thread: the delivery happens soon, in the thread of the event loop.

        Arguments are those of `publish`.

        Raises:
            RuntimeError: If the bus has no application (which loop to use cannot be known), or its loop is closed.
        """
        if self._app is None:
            raise RuntimeError("publish_threadsafe needs a bus that was made with an application: PubSub(app)")
        publish = functools.partial(self.publish, message_type, *args, **kwargs)
        self._app.Loop.call_soon_threadsafe(publish)

    async def expect(self, message_type: str, timeout: float | None = None) -> Message:
        """Wait for the next message of a type, published after this call has begun.

        Args:
            message_type: The message type.
            timeout: How long to wait, in seconds; for ever without one.

        Returns:
            The message type, the tuple of its positional and the dictionary of its keyword arguments.

        Raises:
            TimeoutError: If none has come in time.
        """
        import asyncio

        message: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def receive(message_type: str, *args: Any, **kwargs: Any) -> None:
            if not message.done():
                message.set_result((message_type, args, kwargs))

        self.subscribe(message_type, receive)
        try:
            await asyncio.wait([message], timeout=timeout)
        finally:
            self.unsubscribe(message_type, receive)
        if not message.done():
            raise TimeoutError(f"no {message_type!r} within {timeout} s")
        return message.result()

    async def drain(self, timeout: float | None = None) -> frozenset[asyncio.Task[None]]:
        """Wait until no delivery is under way, those that begin meanwhile included.

        Args:
            timeout: How long to wait, in seconds; for ever without one.

        Returns:
            What is still under way then; it goes on.
        """
        await self._deliveries.drain(timeout)
        return self.tasks

    def _deliver(
        self, targets: tuple[Target, ...], message_type: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        for target in targets:
            callback = resolve(target)
            if callback is None:
                continue
            try:
                result = callback(message_type, *args, **kwargs)
            except Exception:
                self._failed(callback, message_type)
                continue
            if result is not None:
                self._returned(result, callback, message_type)

    def _deliver_later(
        self, targets: tuple[Target, ...], message_type: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        for target in targets:
            delivery = _deliver(target, message_type, args, kwargs)
            self._deliveries.start(delivery, target[0], message_type)

    def _failed(self, callback: Callable[..., Any], message_type: str) -> None:
        L.exception("Subscriber %s of %r failed", name(callback), message_type)

    def _returned(self, result: object, callback: Callable[..., Any], message_type: str) -> None:
        if isinstance(result, Coroutine):
            self._deliveries.start(result, callback, message_type)


async def _deliver(target: Target, message_type: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    callback = resolve(target)
    result = None if callback is None else callback(message_type, *args, **kwargs)
    if isinstance(result, Coroutine):
        await result
