"""`subscribe`: the mark that `PubSub.subscribe_all` looks for (documentation, chapter Subscription)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Concatenate, TypeVar

    # A method, or a static or free function; the message type comes first.
    F = TypeVar("F", bound=Callable[Concatenate[Any, str, ...], Any] | Callable[Concatenate[str, ...], Any])

_MARK = "__asab_pubsub_message_types__"


def subscribe(message_type: str) -> Callable[[F], F]:
    """Mark a method for `PubSub.subscribe_all`; several marks on one method add up.

    Args:
        message_type: The message type, for example `"Application.tick!"`.

    Returns:
        A decorator that gives the function back as it is.
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, (message_type, *getattr(function, _MARK, ())))
        return function

    return mark


def marked(obj: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Find the marked callables of an object, in the order of their definition, base classes first.

    Only class and instance dictionaries are looked into: a property is never run. A method that a subclass overrides
    counts with the marks of the override.

    Returns:
        Pairs of message type and bound callable.
    """
    names: dict[str, Any] = {}
    for namespace in (*(vars(cls) for cls in reversed(type(obj).__mro__)), getattr(obj, "__dict__", {})):
        names.update(namespace)
    for name, value in names.items():
        function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        message_types = getattr(function, "__dict__", {}).get(_MARK, ())
        for message_type in message_types:
            yield message_type, getattr(obj, name)
