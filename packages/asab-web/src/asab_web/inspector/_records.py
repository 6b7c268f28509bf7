"""Log records for who watches: a handler that is there only meanwhile, and its bounded memory.

The rule: a flood of records does not feel who watches: where they come faster than anybody reads, some are taken, the
others counted, and that is said.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections import deque
from typing import NamedTuple

from asab_log import JsonFormatter

PERIOD = 0.25
"""How often the records are fetched, in seconds."""

MOST = 400
"""How many records are taken in a period; more are counted alone."""

FLOOD = 300
"""How many records in a period, taken or not, are more than anybody reads: 1,200 a second."""

FEW = 20
"""How many are taken in the period after such a one."""

_MEMORY = 2000
_LONGEST = 16_000
_CUT = 4_000


class Entry(NamedTuple):
    """A record as it is shown, and the how manyth it was of all that came."""

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
        self._count = itertools.count(1).__next__  # in one step, whatever other threads do
        self._began = 0
        self._left = 0
        self._until = 0.0

    def handle(self, record: logging.LogRecord) -> bool:
        """Keep a record, or count it; in any thread. Counting takes no lock: a flood should not feel who watches."""
        if self._left <= 0 and 0 < self._until - record.created <= PERIOD:
            self._count()
            return True
        line = self.format(record)
        if len(line) > _LONGEST:
            line = _cut(line)
        self.acquire()
        try:
            number = self._count()
            if not 0 < self._until - record.created <= PERIOD:
                self._left = FEW if number - self._began > FLOOD else MOST
                self._began, self._until = number, record.created + PERIOD
            self._left -= 1
            self._kept.append(Entry(number, record.levelno, line))
        finally:
            self.release()
        return True

    def join(self, reader: Reader) -> None:
        """Have a reader fetch what comes from now on."""
        if not self._readers:
            logging.getLogger().addHandler(self)
        self._readers.add(reader)
        reader.number = self._kept[-1].number if self._kept else 0
        self.setLevel(min(each.level for each in self._readers))

    def leave(self, reader: Reader) -> None:
        """Forget a reader; with the last one the handler is gone."""
        self._readers.discard(reader)
        if self._readers:
            self.setLevel(min(each.level for each in self._readers))
        else:
            logging.getLogger().removeHandler(self)
            self._kept.clear()
            self._count = itertools.count(1).__next__
            self._began = 0

    def fetch(self, reader: Reader) -> tuple[list[str], int]:
        """Return what has come for a reader, the oldest first, and how many records it has missed before the last."""
        self.acquire()
        try:
            entries = [entry for entry in self._kept if entry.number > reader.number]
        finally:
            self.release()
        if not entries:
            return [], 0
        missed = entries[-1].number - reader.number - len(entries)
        reader.number = entries[-1].number
        return [entry.line for entry in entries if reader.wants(entry)], missed


class Reader:
    """Who watches, and what for."""

    def __init__(self, level: int, text: str) -> None:
        """Set the filters.

        Args:
            level: The lowest level that is wanted.
            text: What must be in a record as the page shows it, in upper or lower case; empty for any.
        """
        self.level = level
        self.number = 0
        self._text = text.lower()

    def wants(self, entry: Entry) -> bool:
        """Return whether a record passes the filters."""
        return entry.level >= self.level and (not self._text or self._text in _shown(entry.line).lower())


def _shown(line: str) -> str:
    """Return the text that the page makes of a record: the names of its fields, as `message`, are in each of them."""
    fields: dict[str, object] = json.loads(line)
    parts = [fields.pop(name, None) for name in ("time", "level", "logger", "message")]
    trouble = [fields.pop(name, None) for name in ("exception", "stack")]
    data = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in fields.items()]
    return " ".join(str(each) for each in (*parts, "  ".join(data), *trouble) if each)


def _cut(line: str) -> str:
    fields = json.loads(line)
    kept = {name: fields[name] for name in ("time", "level", "logger")}
    return json.dumps(kept | {"message": f"{fields['message'][:_CUT]} … (cut, {len(line)} characters in all)"})
