"""Servers on stream sockets; see `asab_app.socket`."""

from asab_app.socket import StreamSocketServerService

__all__ = ["StreamSocketServerService"]
