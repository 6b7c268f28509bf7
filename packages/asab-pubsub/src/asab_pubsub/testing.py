"""`RecordingPubSub`: a bus that remembers, for the tests of whoever publishes."""

from __future__ import annotations

from asab_pubsub.pubsub import PubSub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from asab_pubsub._deliveries import HasLoop
    from asab_pubsub.pubsub import Message


class RecordingPubSub(PubSub):
    """A bus that delivers like any other and keeps every message.

    Example:
        >>> bus = RecordingPubSub()
        >>> bus.publish("order.paid!", 42)
        >>> bus.recorded("order.paid!")
        [('order.paid!', (42,), {})]

    Attributes:
        messages: All messages in the order of their publishing, whether anybody listened or not.
    """

    def __init__(self, app: HasLoop | None = None) -> None:
        """Make a bus; the argument is that of `PubSub`."""
        super().__init__(app)
        self.messages: list[Message] = []

    def publish(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        """Record a message, then deliver it."""
        recorded = {name: value for name, value in kwargs.items() if name != "asynchronously"}
        self.messages.append((message_type, args, recorded))
        super().publish(message_type, *args, **kwargs)

    def recorded(self, message_type: str) -> list[Message]:
        """Return the messages of one type."""
        return [message for message in self.messages if message[0] == message_type]
