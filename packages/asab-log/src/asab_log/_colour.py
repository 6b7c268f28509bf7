"""Colour on a terminal: each line in the colour of its level.

The rule: the only escape sequences are those around a line that has been made safe before, so nothing that is logged
can paint the terminal or end its line's colour.
"""

from __future__ import annotations

import logging
import os

from asab_log.formatters import StructuredDataFormatter
from asab_log.levels import LOG_NOTICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_RESET = "\x1b[0m"
_COLOURS = (
    (logging.CRITICAL, "\x1b[1;31m"),  # bold red
    (logging.ERROR, "\x1b[31m"),  # red
    (logging.WARNING, "\x1b[33m"),  # yellow
    (LOG_NOTICE, "\x1b[1m"),  # bold
    (logging.INFO, ""),  # as the terminal has it
)
_DIM = "\x1b[2m"


class ColourFormatter(StructuredDataFormatter):
    """The same line with the colour of its level around it; a traceback below stays as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Fill the format's fields, and put the colour around."""
        line = super().formatMessage(record)
        colour = _colour(record.levelno)
        return f"{colour}{line}{_RESET}" if colour else line


def wants_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that shows colours and nobody objects.

    The environment objects by a `NO_COLOR` that is not empty (no-color.org), and by `TERM=dumb`. The console of Windows
    is left alone: not every one understands the sequences.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or os.name == "nt":
        return False
    return stream.isatty()


def _colour(level: int) -> str:
    for threshold, colour in _COLOURS:
        if level >= threshold:
            return colour
    return _DIM
