"""The service that holds the brokers; see `asab_mom.service`."""

from asab_mom import MOMService

__all__ = ["MOMService"]
