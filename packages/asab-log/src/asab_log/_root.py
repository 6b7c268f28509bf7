"""`RootHandlers`: what is put on the root logger, and how it goes away again."""

from __future__ import annotations

import logging
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from asab_log.formatters import StructuredDataFormatter


class RootHandlers:
    """Handlers of the root logger, its level and Python's warnings, together for as long as they are needed."""

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
        # Python's warnings too, that of a coroutine that nobody awaited for one; a daemon has no stderr to show them.
        show_before = warnings.showwarning
        logging.captureWarnings(True)
        self._captures = warnings.showwarning is not show_before

    def set_level(self, level: int) -> None:
        """Set another level on the root logger, until `close`."""
        if self._handlers:
            logging.getLogger().setLevel(level)

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
        if self._captures:
            logging.captureWarnings(False)


def stderr() -> TextIO | None:
    """Return the standard error output, or `None` where there is none or it is closed."""
    return None if sys.stderr is None or sys.stderr.closed else sys.stderr


def console_handler(stream: TextIO, formatter: logging.Formatter) -> logging.Handler:
    """Return a handler that writes to a stream and leaves it open."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    return handler


def json_formatter() -> StructuredDataFormatter:
    """Return a formatter of JSON lines."""
    from asab_log._json_formatter import JsonFormatter  # brings JSON, which most programs do not log

    return JsonFormatter()
