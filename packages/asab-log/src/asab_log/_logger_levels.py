"""The levels of single loggers, set together and set back together."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class LoggerLevels:
    """Levels that are set on loggers for as long as they are needed."""

    def __init__(self) -> None:
        """Set nothing yet."""
        self._before: dict[str, int] = {}

    def set(self, levels: Mapping[str, int]) -> None:
        """Set these levels, and set back those that were set before and are not among them."""
        self.close()
        for name, level in levels.items():
            logger = logging.getLogger(name)
            self._before[name] = logger.level
            logger.setLevel(level)

    def close(self) -> None:
        """Set the loggers back to what they were."""
        for name, level in self._before.items():
            logging.getLogger(name).setLevel(level)
        self._before = {}


def parse_levels(lines: Iterable[str]) -> dict[str, int]:
    """Return the levels by the names of loggers; the last line about a logger counts.

    Args:
        lines: Each `name LEVEL` or `name=LEVEL`, the level by its name or number.

    Raises:
        ValueError: If a line cannot be read; it says which one and what is expected.
    """
    levels = {}
    for line in lines:
        name, _, level = line.replace("=", " ", 1).strip().rpartition(" ")
        if not name or len(name.split()) > 1:
            raise ValueError(f"{line!r} is not a logger and its level, as in 'aiohttp.access WARNING'")
        levels[name.strip()] = _level(level, line)
    return levels


def _level(text: str, line: str) -> int:
    known = logging.getLevelNamesMapping()
    name = text.upper().removeprefix("LOG_")
    if name in known:
        return known[name]
    if text.isascii() and text.isdigit():
        return int(text)
    names = ", ".join(logging.getLevelName(level) for level in sorted(set(known.values())))
    raise ValueError(f"{text!r} of {line!r} is no level; expected a number or one of {names}")
