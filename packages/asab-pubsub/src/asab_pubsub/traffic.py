"""`Traffic`: what passes over a bus, counted for as long as somebody watches.

The rule: a bus that nobody watches does not know of this module. One that is watched publishes through here, and its
subscribers get the same calls in the same order.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Coroutine

from asab_pubsub._channel import resolve
from asab_pubsub._names import name
from asab_pubsub.pubsub import PubSub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

    from asab_pubsub._channel import Target

LIMIT = 1000
"""How many message types, and how many subscribers, are told apart; what more there is counts as one, `(others)`."""

OTHERS = "(others)"


@dataclasses.dataclass(slots=True)
class Calls:
    """How a subscriber of a message type was called.

    Attributes:
        count: How often.
        failed: How often it raised.
        seconds: The time that it took in all, that of its coroutines included.
        longest: The longest of them.
    """

    count: int = 0
    failed: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def ended(self, began: float) -> None:
        """Count a call that is over."""
        spent = time.perf_counter() - began
        self.count += 1
        self.seconds += spent
        self.longest = max(self.longest, spent)


class Traffic:
    """Watches a bus while it is entered: `with Traffic(app.PubSub) as traffic:`. Several may watch one bus.

    Of a class with a `publish` of its own the messages are counted, and not the calls.

    Attributes:
        messages: How many messages of each type were published, those without a subscriber included.
        calls: How each subscriber was called, by message type and name.
    """

    def __init__(self, bus: PubSub) -> None:
        """Count nothing yet.

        Args:
            bus: What is to be watched, from the thread of its event loop.
        """
        self.messages: dict[str, int] = {}
        self.calls: dict[tuple[str, str], Calls] = {}
        self._bus = bus

    def __enter__(self) -> Self:
        """Begin to count."""
        watchers = self._bus.__dict__.setdefault("_watchers", [])
        watchers.append(self)
        # In front of the method of the class, which stays as fast as it is.
        self._bus.__dict__["publish"] = functools.partial(_publish, self._bus, watchers)
        return self

    def __exit__(self, *_error: object) -> None:
        """Count no more."""
        watchers = self._bus.__dict__["_watchers"]
        watchers.remove(self)
        if not watchers:
            del self._bus.__dict__["publish"], self._bus.__dict__["_watchers"]

    def _published(self, message_type: str) -> None:
        key = message_type if message_type in self.messages or len(self.messages) < LIMIT else OTHERS
        self.messages[key] = self.messages.get(key, 0) + 1

    def _called(self, message_type: str, subscriber: str) -> Calls:
        key = (message_type, subscriber)
        if key not in self.calls and len(self.calls) >= LIMIT:
            key = (OTHERS, OTHERS)
        return self.calls.setdefault(key, Calls())


def _publish(bus: PubSub, watchers: list[Traffic], message_type: str, *args: Any, **kwargs: Any) -> None:
    """Do as `PubSub.publish` does, and count."""
    watching = tuple(watchers)
    for traffic in watching:
        traffic._published(message_type)
    if type(bus).publish is not PubSub.publish:  # a class of somebody's own does more than deliver, or something else
        type(bus).publish(bus, message_type, *args, **kwargs)
        return
    channel = bus._channels.get(message_type)
    if channel is None:
        return
    channel.published += 1
    targets = channel.freeze() if channel.targets is None else channel.targets
    deliver = bus._deliver_later if kwargs.pop("asynchronously", False) else bus._deliver
    deliver(tuple(_measured(target, message_type, watching) for target in targets), message_type, args, kwargs)


def _measured(target: Target, message_type: str, watching: tuple[Traffic, ...]) -> Target:
    """Return a target that is called in the place of another, has its name and object, and counts."""
    function, owner = target
    full_name = name(function)

    def measured(*args: Any, **kwargs: Any) -> object:
        all_calls = [traffic._called(message_type, full_name) for traffic in watching]
        began = time.perf_counter()
        try:
            result = function(*args, **kwargs)
        except Exception:
            _failed(all_calls, began)
            raise
        if isinstance(result, Coroutine):
            return _finish(result, all_calls)
        for calls in all_calls:
            calls.ended(began)
        return result

    measured.__module__, _, measured.__qualname__ = full_name.partition(".")
    return measured, owner


async def _finish(coroutine: Coroutine[Any, Any, Any], all_calls: list[Calls]) -> object:
    began = time.perf_counter()
    try:
        result = await coroutine
    except Exception:
        _failed(all_calls, began)
        raise
    for calls in all_calls:
        calls.ended(began)
    return result


def _failed(all_calls: list[Calls], began: float) -> None:
    for calls in all_calls:
        calls.failed += 1
        calls.ended(began)


def subscribers(bus: PubSub) -> dict[str, list[Callable[..., Any]]]:
    """Return who is subscribed to a bus, by message type, in the order of subscription."""
    found = {message_type: map(resolve, channel.freeze()) for message_type, channel in list(bus._channels.items())}
    return {message_type: [each for each in callbacks if each is not None] for message_type, callbacks in found.items()}


def describe(callback: Callable[..., Any]) -> str:
    """Return the name of a subscriber as the bus has it in the log: its module and its own."""
    return name(callback)
