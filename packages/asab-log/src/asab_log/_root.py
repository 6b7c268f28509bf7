"""`RootHandlers`: what is put on the root logger, and how it goes away again."""

from __future__ import annotations

import logging
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


class RootHandlers:
    """Handlers of the root logger and its level, together for as long as they are needed."""

    def __init__(self, handlers: list[logging.Handler], level: int) -> None:
        """Add the handlers, beside those that are there, and set the level.

        Args:
            handlers: They belong to this object from now on.
            level: The level of the root logger.
        """
        root = logging.getLogger()
        # With no handler at all logging would fall back to its handler of last resort and stderr.
        self._handlers = handlers or [logging.NullHandler()]
        self._level_before = root.level
        for handler in self._handlers:
            root.addHandler(handler)
        root.setLevel(level)

    def close(self) -> None:
        """Remove and close the handlers and set the level back; other handlers stay. A second time does nothing."""
        if not self._handlers:
            return
        root = logging.getLogger()
        root.setLevel(self._level_before)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        self._handlers = []


def stderr() -> TextIO | None:
    """Return the standard error output, or `None` where there is none or it is closed."""
    return None if sys.stderr is None or sys.stderr.closed else sys.stderr


def console_handler(stream: TextIO, formatter: logging.Formatter) -> logging.Handler:
    """Return a handler that writes to a stream and leaves it open."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    return handler
