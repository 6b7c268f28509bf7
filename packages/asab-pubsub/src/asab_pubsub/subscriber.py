"""`Subscriber`: messages for a coroutine that waits for them, first in, first out.

The rules: it listens from `subscribe` until it is closed, or until nobody holds it any more. With a limit, a message
that finds the queue full pushes the oldest out; how many were lost so can be read.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from asab_pubsub.pubsub import Message, PubSub


class Subscriber:
    """A queue of the messages of chosen types (documentation, chapter Publish-Subscribe).

    As a context manager it closes at the end of the block.

    Attributes:
        dropped: How many messages were pushed out of a full queue.
    """

    def __init__(self, pubsub: PubSub | None = None, *message_types: str, limit: int | None = None) -> None:
        """Begin to collect messages.

        Args:
            pubsub: The bus; with `None` the initial subscription is skipped.
            *message_types: What to subscribe to there.
            limit: How many messages wait at most; without one, as many as come.

        Raises:
            ValueError: If the limit is less than 1: no message would ever come.
        """
        import asyncio

        if limit is not None and limit < 1:
            raise ValueError(f"a subscriber with a limit of {limit!r} would get no message; the least is 1")
        self.dropped: int = 0
        self._messages: deque[Message] = deque(maxlen=limit)
        self._changed = asyncio.Event()
        self._subscriptions: list[tuple[PubSub, str]] = []
        self._closed = False
        if pubsub is not None:
            for message_type in message_types:
                self.subscribe(pubsub, message_type)

    def subscribe(self, pubsub: PubSub, message_type: str) -> None:
        """Collect one more message type, from this or another bus.

        Raises:
            RuntimeError: If the subscriber is closed.
        """
        if self._closed:
            raise RuntimeError(f"the subscriber is closed; it cannot subscribe to {message_type!r}")
        pubsub.subscribe(message_type, self._collect)
        self._subscriptions.append((pubsub, message_type))

    def unsubscribe(self, pubsub: PubSub, message_type: str) -> None:
        """Collect a message type no longer; what has come stays in the queue.

        Raises:
            ValueError: If it is not subscribed to.
        """
        self._subscriptions.remove((pubsub, message_type))
        pubsub.unsubscribe(message_type, self._collect)

    def close(self) -> None:
        """Unsubscribe from everything. What has come can still be read; then whoever waits gets the end."""
        self._closed = True
        while self._subscriptions:
            self.unsubscribe(*self._subscriptions[-1])
        self._changed.set()

    async def message(self) -> Message:
        """Wait for the next message.

        Cancelling the wait loses no message.

        Returns:
            The message type, the tuple of its positional and the dictionary of its keyword arguments.

        Raises:
            EOFError: If the subscriber is closed and the queue is empty.
        """
        while not self._messages:
            if self._closed:
                raise EOFError("the subscriber is closed")
            self._changed.clear()
            await self._changed.wait()
        return self._messages.popleft()

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._messages)

    def __bool__(self) -> bool:
        """A subscriber is true, also without a message."""
        return True

    def __aiter__(self) -> Subscriber:
        """Iterate over the messages as they come, until the subscriber is closed."""
        return self

    async def __anext__(self) -> Message:
        """Wait for the next message."""
        try:
            return await self.message()
        except EOFError:
            raise StopAsyncIteration from None

    def __enter__(self) -> Subscriber:
        """Return the subscriber."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the subscriber."""
        self.close()

    def _collect(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        if len(self._messages) == self._messages.maxlen:
            self.dropped += 1
        self._messages.append((message_type, args, kwargs))
        self._changed.set()
