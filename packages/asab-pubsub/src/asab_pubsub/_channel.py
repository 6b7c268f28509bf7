"""`Channel`: the subscribers of one message type.

The rules:

1. A bound method does not keep its object alive, and goes with it; every other callable is held.
2. Whoever comes or goes during a delivery does not change the targets of this one.
"""

from __future__ import annotations

import weakref
from types import MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Target = tuple[Callable[..., Any], weakref.ref[Any] | None]
    """A callable that is held and `None`, or the function of a method and its object."""


class Channel:
    """An ordered collection of subscribers, cheap to change and to go through.

    Attributes:
        targets: The subscribers, frozen for a delivery; `None` when they have changed since.
        published: How many messages there were.
    """

    __slots__ = ("__weakref__", "_channels", "_message_type", "_subscribers", "published", "targets")

    def __init__(self, channels: dict[str, Channel], message_type: str) -> None:
        """Make a channel without subscribers.

        Args:
            channels: Where it stands, and takes itself away from with its last subscriber.
            message_type: Under what name.
        """
        self._channels = channels
        self._message_type = message_type
        # By the identity of the weak reference, so that a dying object finds its entry, or of the entry.
        self._subscribers: dict[int, Target] = {}
        self.targets: tuple[Target, ...] | None = None
        self.published = 0

    def __len__(self) -> int:
        """Return the number of subscribers."""
        return len(self._subscribers)

    def add(self, callback: Callable[..., Any]) -> None:
        """Add a subscriber at the end."""
        target: Target = callback, None
        key = id(target)
        if isinstance(callback, MethodType):
            try:
                owner = weakref.ref(callback.__self__, self._forget)
            except TypeError:  # a class with __slots__ and no __weakref__: its methods are held
                pass
            else:
                target, key = (callback.__func__, owner), id(owner)
        self._subscribers[key] = target
        self.targets = None

    def remove(self, callback: Callable[..., Any]) -> bool:
        """Remove a subscriber, of several equal ones the oldest; tell whether it was there."""
        for key, target in self._subscribers.copy().items():
            if resolve(target) == callback:
                self._discard(key)
                return True
        return False

    def freeze(self) -> tuple[Target, ...]:
        """Return the subscribers of this moment, and keep them as `targets` until they change."""
        # Of a copy, for an object that dies meanwhile changes the original.
        self.targets = tuple(self._subscribers.copy().values())
        return self.targets

    def _forget(self, owner: weakref.ref[Any]) -> None:
        self._discard(id(owner))

    def _discard(self, key: int) -> None:
        if self._subscribers.pop(key, None) is not None:
            self.targets = None
            if not self._subscribers and self._channels.get(self._message_type) is self:
                del self._channels[self._message_type]


def resolve(target: Target) -> Callable[..., Any] | None:
    """Return a target as the callable that was subscribed, or `None` if its object is gone."""
    function, owner = target
    if owner is None:
        return function
    obj = owner()
    return None if obj is None else MethodType(function, obj)
