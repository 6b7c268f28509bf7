"""A publish-subscribe message bus for one process.

The layer's map, from the bottom:

- `_subscription` - one callback under one message type; it does not keep the object of a bound method alive.
- `pubsub` - `PubSub`, the bus: delivery in the order of subscription, and the tasks of coroutine subscribers.
- `decorator` - `subscribe`, which marks methods for `PubSub.subscribe_all`.
- `subscriber` - `Subscriber`, for coroutines that wait for messages.

It needs nothing but the standard library, and asyncio only where a coroutine comes in.
"""

from asab_pubsub.decorator import subscribe
from asab_pubsub.pubsub import PubSub
from asab_pubsub.subscriber import Subscriber

__all__ = ["PubSub", "Subscriber", "subscribe"]
