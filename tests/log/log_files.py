"""What the tests of the log file share: writing records, and reading back all that is in a folder."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE = 60.0
"""Far more than is needed, also on a busy machine; in seconds."""


def write(file: logging.Handler, *texts: str) -> None:
    """Log each text as a line of its own."""
    for text in texts:
        file.handle(logging.makeLogRecord({"msg": text, "levelno": logging.WARNING, "levelname": "WARNING"}))


def write_until(file: logging.Handler, happened: Callable[[], bool]) -> list[str]:
    """Log numbers until something has happened, which the file sees to with one of the next records; return them."""
    written: list[str] = []
    end = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < end, f"nothing has happened in {len(written)} records"
        written.append(str(len(written)))
        write(file, written[-1])
        time.sleep(0.002)  # no wait for anything, but millions of lines are hard to read
    return written


def lines_of(folder: Path) -> list[str]:
    """Return the lines of all files of a log, the oldest first."""
    paths = sorted(folder.iterdir(), key=lambda path: int(path.suffix[1:] or 0), reverse=True)
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert all(text.endswith("\n") for text in texts if text)
    return [line for text in texts for line in text.split("\n")[:-1]]
