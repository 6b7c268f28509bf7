"""The message bus; see `asab_pubsub`."""

from asab_pubsub import PubSub, Subscriber, subscribe

__all__ = ["PubSub", "Subscriber", "subscribe"]
