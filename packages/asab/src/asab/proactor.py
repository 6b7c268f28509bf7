"""Blocking calls off the event loop; see `asab_app.proactor`."""

from asab_app.proactor import Module, ProactorService

__all__ = ["Module", "ProactorService"]
