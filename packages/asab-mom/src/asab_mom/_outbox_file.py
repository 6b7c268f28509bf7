"""`OutboxFile`: the messages of an outbox on disk, in a table of a `PersistentDict`'s file.

The rules:

1. What a call has written is on the disk when it returns: it survives a power cut.
2. The file belongs to one process at a time, and is read and written in one thread.
3. Messages come out in the order in which they went in.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asab_mom._file_lock import FileLock
from asab_mom._wire import decode_properties, encode_properties
from asab_mom.message import Message, PublishError
from asab_mom.properties import Properties
from asab_utils import PersistentDict, PersistentDictError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

# AUTOINCREMENT: a number is never used again, so that "after the last one" stays true when that one is gone.
_TABLE = """
CREATE TABLE IF NOT EXISTS asab_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange TEXT NOT NULL,
    target TEXT NOT NULL,
    mandatory INTEGER NOT NULL,
    properties BLOB NOT NULL,   -- as on the wire
    body BLOB NOT NULL
)
"""
_COUNT = "SELECT count(*), coalesce(sum(length(body) + length(properties)), 0) FROM asab_outbox"
_INSERT = "INSERT INTO asab_outbox (exchange, target, mandatory, properties, body) VALUES (?, ?, ?, ?, ?)"
_DELETE = "DELETE FROM asab_outbox WHERE id = ?"
_SELECT = "SELECT id, exchange, target, mandatory, properties, body FROM asab_outbox WHERE id > ? ORDER BY id LIMIT ?"

BODY_MAX = 999_000_000
"""Bytes of a message that SQLite takes, in any case."""


class OutboxError(PublishError):
    """An outbox that cannot be opened, read or written; the text names its file and the reason."""


class Entry(NamedTuple):
    """A message that is to be written: its row."""

    exchange: str
    target: str
    mandatory: bool
    properties: bytes
    body: bytes

    @classmethod
    def of(cls, message: Message) -> Entry:
        """Encode a message that has been checked."""
        properties = message.header or encode_properties(message.properties)
        return cls(message.exchange, message.target, message.mandatory, properties, message.body)

    @property
    def size(self) -> int:
        """Bytes that it counts."""
        return len(self.body) + len(self.properties)


class Stored(NamedTuple):
    """A message that has been read, and its number."""

    number: int
    message: Message
    size: int


class OutboxFile:
    """One open file."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it and its parent folders.

        Raises:
            OutboxError: If that is not possible, another process has it, it is damaged, or is a foreign one.
        """
        self._path = path
        self._lock = self._take(path)
        try:
            with self._named():
                self._content = PersistentDict(path, sync=True)
                self.count, self.size = self._prepare()
        except BaseException:
            self._lock.release()
            raise

    def turn(
        self, entries: Iterable[Entry], sent: Iterable[int], after: int, count: int, size: int
    ) -> tuple[list[Stored], bool]:
        """Write and read, all in one transaction.

        Args:
            entries: What is added at the end.
            sent: The numbers of what is removed.
            after: The number after which to read.
            count: How many messages to read, at most.
            size: How many bytes to read, at most; one message is read in any case.

        Returns:
            The messages that come next, and whether there may be more.

        Raises:
            OutboxError: If it fails; nothing has been written then.
        """
        with self._named(), self._content.transaction() as connection:
            connection.executemany(_INSERT, entries)
            connection.executemany(_DELETE, ((number,) for number in sent))
            found = list(_read(connection, after, count, size)) if count > 0 else []
            last = found[-1].number if found else after
            more = connection.execute("SELECT max(id) > ? FROM asab_outbox", (last,)).fetchone()[0]
        return found, bool(more)

    def close(self) -> None:
        """Close the file and let others have it."""
        self._content.close()
        self._lock.release()

    def _take(self, path: str) -> FileLock:
        lock = f"{path}-lock"
        try:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            held = FileLock(lock)
        except BlockingIOError:
            raise OutboxError(f"{path} is the outbox of another broker; give each its own file") from None
        except OSError as error:
            raise OutboxError(f"{lock} cannot be made: {error.strerror}") from error
        with contextlib.suppress(OSError):  # which the opening will name
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # what is in messages is nobody else's business
        return held

    def _prepare(self) -> tuple[int, int]:
        with self._content.transaction() as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise OutboxError(f"{self._path} is damaged ({verdict}); move it away")
            connection.execute(_TABLE)
            count, size = connection.execute(_COUNT).fetchone()
        return count, size

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except PersistentDictError as error:
            raise OutboxError(str(error)) from error
        except (OverflowError, MemoryError) as error:
            raise OutboxError(f"{self._path}: {error!r}") from error


def _read(connection: sqlite3.Connection, after: int, count: int, size: int) -> Iterator[Stored]:
    for number, exchange, target, mandatory, properties, body in connection.execute(_SELECT, (after, count)):
        message = Message(body, target, exchange, *_decoded(properties, bool(mandatory)))
        stored = Stored(number, message, len(body) + len(properties))
        yield stored
        size -= stored.size
        if size <= 0:
            return


def _decoded(properties: bytes, mandatory: bool) -> tuple[Properties, bool, bytes]:
    """Return them, and what goes on as it came: a message that could not be read is set aside through an outbox too."""
    try:
        return decode_properties(properties), mandatory, b""
    except ValueError:
        return Properties(), mandatory, properties
