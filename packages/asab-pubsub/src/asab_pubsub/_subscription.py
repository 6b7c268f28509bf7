"""One callback that listens to one message type.

The rule: a bound method does not keep its object alive, and is gone with it; every other callable is held.
"""

from __future__ import annotations

import weakref
from types import MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Subscription:
    """A callback, held weakly where it is a method of a mortal object."""

    __slots__ = ("_callback", "_function", "_owner")

    def __init__(self, callback: Callable[..., Any]) -> None:
        """Hold a callback."""
        self._callback: Callable[..., Any] | None = callback
        self._function: Callable[..., Any] | None = None
        self._owner: weakref.ref[Any] | None = None
        if isinstance(callback, MethodType):
            try:
                self._owner = weakref.ref(callback.__self__)
            except TypeError:  # a class with __slots__ and no __weakref__: its methods are held
                return
            self._function = callback.__func__
            self._callback = None

    def resolve(self) -> Callable[..., Any] | None:
        """Return the callback, or `None` when its object is gone."""
        if self._owner is None:
            return self._callback
        owner = self._owner()
        return None if owner is None else MethodType(self._function, owner)  # type: ignore[arg-type]
