"""10,000 records to a file that is really written: `LogFile` beside the standard library's, with one formatter."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from logging.handlers import RotatingFileHandler, WatchedFileHandler
from pathlib import Path

from harness import medians, show

from asab_log._log_file import LogFile

COUNT = 10_000
LINE = len("25-Mar-2018 23:33:58.044595 WARNING Hello world! 00000\n")
SIZES = {"no limit": 0, "far limit": 2**40, "rotating": 1000 * LINE}


def writing(handler: logging.Handler) -> Callable[[], None]:
    """Return a function that logs the records to the handler alone."""
    handler.setFormatter(logging.Formatter("25-Mar-2018 23:33:58.044595 %(levelname)s %(message)s"))
    logger = logging.getLogger(f"bench.{id(handler)}")
    logger.propagate = False
    logger.addHandler(handler)

    def write() -> None:
        for number in range(COUNT):
            logger.warning("Hello world! %05d", number)

    return write


def handlers(folder: Path, size: int) -> dict[str, logging.Handler]:
    """Return the contenders; those that know no limit write on and on."""
    return {
        "RotatingFileHandler": RotatingFileHandler(folder / "1", maxBytes=size, backupCount=3, encoding="utf-8"),
        "FileHandler": logging.FileHandler(folder / "2", encoding="utf-8"),
        "WatchedFileHandler": WatchedFileHandler(folder / "3", encoding="utf-8"),
        "LogFile": LogFile(folder / "4", 3, rotate_size=size),
    }


if __name__ == "__main__":
    columns = {}
    for heading, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            contenders = handlers(Path(folder), size)
            columns[heading] = medians({name: writing(handler) for name, handler in contenders.items()})
            for handler in contenders.values():
                handler.close()
    show(f"{COUNT} records to a log file", columns, "RotatingFileHandler")
