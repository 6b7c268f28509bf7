"""The message-oriented middleware; see `asab_mom`."""

from asab_mom import Broker, MemoryBroker, Module, MOMService

__all__ = ["Broker", "MOMService", "MemoryBroker", "Module"]
