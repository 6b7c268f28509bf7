"""A publish-subscribe message bus for one process.

The layer's map, from the bottom:

- `_channel` - the subscribers of one message type; a bound method does not keep its object alive.
- `_deliveries` - the tasks of coroutine subscribers; `_names` - how a callback is named.
- `pubsub` - `PubSub`, the bus: delivery in the order of subscription.
- `decorator` - `subscribe`, which marks methods for `PubSub.subscribe_all`.
- `subscriber` - `Subscriber`, for coroutines that wait for messages.
- `traffic` - `Traffic`, which counts what passes while somebody watches, and who is subscribed.
- `testing` - `RecordingPubSub`, a bus that remembers.

It needs nothing but the standard library, and asyncio only where a coroutine comes in.
"""

from asab_pubsub.decorator import subscribe
from asab_pubsub.pubsub import PubSub
from asab_pubsub.subscriber import Subscriber

__all__ = ["PubSub", "Subscriber", "subscribe"]
