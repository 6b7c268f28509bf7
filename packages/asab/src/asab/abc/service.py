"""The base class of services; see `asab_app.service`."""

from asab_app import Service

__all__ = ["Service"]
