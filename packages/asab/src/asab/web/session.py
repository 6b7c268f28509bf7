"""Sessions of the web server; see `asab_web.session`."""

from asab_web.session import (
    InMemorySessionStorage,
    ServiceWebSession,
    Session,
    SessionCookie,
    SessionStorage,
    SessionStorageError,
    SessionTooLargeError,
    session_middleware,
)

__all__ = [
    "InMemorySessionStorage",
    "ServiceWebSession",
    "Session",
    "SessionCookie",
    "SessionStorage",
    "SessionStorageError",
    "SessionTooLargeError",
    "session_middleware",
]
