"""What goes wrong with sessions."""

from __future__ import annotations


class SessionTooLargeError(ValueError):
    """A session holds more than its storage takes; nothing of the change was stored."""


class SessionStorageError(Exception):
    """The storage of the sessions cannot be reached. `session_middleware` answers 503.

    The text is one line without secrets.
    """
