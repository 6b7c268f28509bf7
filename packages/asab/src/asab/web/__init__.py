"""The web server; see `asab_web`."""

from asab_web import Module, StaticDirProvider, WebContainer, WebService, WebSocketFactory

__all__ = ["Module", "StaticDirProvider", "WebContainer", "WebService", "WebSocketFactory"]
