"""Log records for who watches: a handler that is there only meanwhile, and its bounded memory.

The rule: it never costs more than a bounded number of records a second, and what it leaves out is counted and said.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from typing import NamedTuple

from asab_log import JsonFormatter

PERIOD = 0.25
"""How often the records are fetched, in seconds."""

BUDGET = 400
"""How many records are taken in a period; more are counted alone."""

_MEMORY = 4 * BUDGET
_LONGEST = 16_000
_CUT = 4_000


class Entry(NamedTuple):
    """A record as it is shown."""

    number: int
    level: int
    line: str


class Records(logging.Handler):
    """Takes the records of the root logger while there is a `Reader`."""

    def __init__(self) -> None:
        """Take nothing yet."""
        super().__init__()
        self.setFormatter(JsonFormatter())
        self._readers: set[Reader] = set()
        self._kept: deque[Entry] = deque(maxlen=_MEMORY)
        self._number = 0
        self._skipped = 0
        self._period = 0.0
        self._taken = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, or count it; in any thread, under the lock of the handler."""
        if record.created - self._period >= PERIOD:
            self._period, self._taken = record.created, 0
        if self._taken >= BUDGET:
            self._skipped += 1
            return
        self._taken += 1
        self._number += 1
        line = self.format(record)
        if len(line) > _LONGEST:
            line = _cut(line)
        self._kept.append(Entry(self._number, record.levelno, line))

    def join(self, reader: Reader) -> None:
        """Have a reader fetch what comes from now on."""
        if not self._readers:
            logging.getLogger().addHandler(self)
        self._readers.add(reader)
        reader.number, reader.skipped = self._number, self._skipped
        self.setLevel(min(each.level for each in self._readers))

    def leave(self, reader: Reader) -> None:
        """Forget a reader; with the last one the handler is gone."""
        self._readers.discard(reader)
        if self._readers:
            self.setLevel(min(each.level for each in self._readers))
        else:
            logging.getLogger().removeHandler(self)
            self._kept.clear()

    def fetch(self, reader: Reader) -> tuple[list[str], int]:
        """Return what has come for a reader, the oldest first, and how many records it has missed."""
        self.acquire()
        try:
            entries = [entry for entry in self._kept if entry.number > reader.number]
            skipped, reader.skipped = self._skipped - reader.skipped, self._skipped
            lost = self._number - reader.number - len(entries)
            reader.number = self._number
        finally:
            self.release()
        return [entry.line for entry in entries if reader.wants(entry)], skipped + lost


class Reader:
    """Who watches, and what for."""

    def __init__(self, level: int, text: str) -> None:
        """Set the filters.

        Args:
            level: The lowest level that is wanted.
            text: What a record must contain, in upper or lower case; empty for any.
        """
        self.level = level
        self.number = 0
        self.skipped = 0
        self._text = text.lower()

    def wants(self, entry: Entry) -> bool:
        """Return whether a record passes the filters."""
        return entry.level >= self.level and (not self._text or self._text in entry.line.lower())


def _cut(line: str) -> str:
    fields = json.loads(line)
    kept = {name: fields[name] for name in ("time", "level", "logger")}
    return json.dumps(kept | {"message": f"{fields['message'][:_CUT]} … (cut, {len(line)} characters in all)"})
