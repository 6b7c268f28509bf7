"""The web server; see `asab_web`."""

from asab_web import (
    EventStream,
    EventStreamFactory,
    Module,
    StaticDirProvider,
    WebContainer,
    WebService,
    WebSocketFactory,
)

__all__ = [
    "EventStream",
    "EventStreamFactory",
    "Module",
    "StaticDirProvider",
    "WebContainer",
    "WebService",
    "WebSocketFactory",
]
