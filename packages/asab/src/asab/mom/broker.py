"""The base class of brokers; see `asab_mom.broker`."""

from asab_mom import Broker

__all__ = ["Broker"]
