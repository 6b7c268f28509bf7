"""`Subscriber`: messages for a coroutine that waits for them, first in, first out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from asab_pubsub.pubsub import PubSub

    Message = tuple[str, tuple[Any, ...], dict[str, Any]]


class Subscriber:
    """A queue of the messages of chosen types (documentation, chapter Publish-Subscribe).

    It listens as long as it lives: a subscriber that nobody holds any more is unsubscribed by that.
    """

    def __init__(self, pubsub: PubSub | None = None, *message_types: str) -> None:
        """Begin to collect messages.

        Args:
            pubsub: The bus; with `None` the initial subscription is skipped.
            *message_types: What to subscribe to there.
        """
        import asyncio

        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        if pubsub is not None:
            for message_type in message_types:
                self.subscribe(pubsub, message_type)

    def subscribe(self, pubsub: PubSub, message_type: str) -> None:
        """Collect one more message type, from this or another bus."""
        pubsub.subscribe(message_type, self._collect)

    async def message(self) -> Message:
        """Wait for the next message.

        Cancelling the wait loses no message.

        Returns:
            The message type, the tuple of its positional and the dictionary of its keyword arguments.
        """
        return await self._queue.get()

    def __aiter__(self) -> Subscriber:
        """Iterate over the messages as they come, without an end."""
        return self

    async def __anext__(self) -> Message:
        """Wait for the next message."""
        return await self.message()

    def _collect(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        self._queue.put_nowait((message_type, args, kwargs))
