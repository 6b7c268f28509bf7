"""`LevelChanges`: levels of loggers that are changed for a while and return by themselves."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asab_app.inspection import note_of_more
from asab_log import LOG_NOTICE, get_logger

L = get_logger(__name__)

LIMIT = 500
"""How many loggers are shown."""


class LevelChanges:
    """What is changed at present. It belongs to the event loop, and ends with the application."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Change nothing yet."""
        self._loop = loop
        self._before: dict[str, int] = {}
        self._returns: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, level: str, seconds: float) -> None:
        """Give a logger a level for some time; a second change moves the time, and returns to where the first began.

        Args:
            name: The logger's name; `root` for the root logger.
            level: The level's name.
            seconds: How long it holds.

        Raises:
            ValueError: If there is no such logger, or no such level.
        """
        if name not in names():
            raise ValueError(f"there is no logger {name!r}")
        number = logging.getLevelNamesMapping().get(level)
        if number is None:
            raise ValueError(f"there is no level {level!r}")
        logger = logging.getLogger(name)
        self._before.setdefault(name, logger.level)
        if (timer := self._returns.pop(name, None)) is not None:
            timer.cancel()
        logger.setLevel(number)
        self._returns[name] = self._loop.call_later(seconds, self.end, name)
        L.log(LOG_NOTICE, "The level of a logger is changed", struct_data={"logger": name, "to": level, "for": seconds})

    def end(self, name: str) -> None:
        """Return a logger to its own level; one that is not changed is no error."""
        if (timer := self._returns.pop(name, None)) is None:
            return
        timer.cancel()
        level = self._before.pop(name)
        logging.getLogger(name).setLevel(level)
        L.log(
            LOG_NOTICE,
            "The level of a logger has returned",
            struct_data={"logger": name, "to": logging.getLevelName(level)},
        )

    def end_all(self) -> None:
        """Return all loggers to their own levels."""
        for name in list(self._returns):
            self.end(name)

    def read(self) -> dict[str, Any]:
        """Return the loggers with their levels, as a panel."""
        found = names()
        rows = [self._row(name) for name in found[:LIMIT]]
        return {"levels": sorted_levels(), "Loggers": rows, **note_of_more(len(found), LIMIT)}

    def _row(self, name: str) -> dict[str, Any]:
        logger = logging.getLogger(name)
        timer = self._returns.get(name)
        return {
            "logger": name,
            "level": logging.getLevelName(logger.level) if logger.level else "",
            "effective": logging.getLevelName(logger.getEffectiveLevel()),
            "returns in, s": None if timer is None else round(max(timer.when() - self._loop.time(), 0)),
        }


def names() -> list[str]:
    """Return the names of the loggers that there are, sorted, the root logger first."""
    found = list(logging.root.manager.loggerDict.items())
    return ["root", *sorted(name for name, logger in found if isinstance(logger, logging.Logger))]


def sorted_levels() -> list[str]:
    """Return the names of the levels, the lowest first; of several names of one level the usual one."""
    numbers = sorted({number for number in logging.getLevelNamesMapping().values() if number})
    return [logging.getLevelName(number) for number in numbers]
