"""The file below a `PersistentDict`: an SQLite database that many threads and processes share.

The rules:

1. A write has reached the operating system when it returns (with `sync` the disk), whole or not at all.
2. A file that is not ours is refused as it is, and stays as it is.
3. SQLite connections must not cross a fork: they are closed before one and opened again on both sides when needed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

APPLICATION_ID = 0x41534142  # "ASAB", in the header of every file of ours
VERSION = 1
BUSY_TIMEOUT = 60.0  # seconds that a write waits for another process

_SCHEMA = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY,     -- the order of insertion
    lookup BLOB NOT NULL UNIQUE,
    key TEXT,                   -- the key as JSON, where the lookup is not the key itself
    kind INTEGER NOT NULL,      -- 1 if the value is JSON, 0 if not; 2 more if it came from a codec of the user's
    value BLOB
)
"""

_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_READ = ("BEGIN", "COMMIT", ("ROLLBACK",))
_PART = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


class PersistentDictError(Exception):
    """A file that cannot be opened, read or written as a persistent dictionary; the text names it and the reason."""


class Store:
    """One open file."""

    def __init__(self, path: str, sync: bool) -> None:
        """Open or make the file.

        Raises:
            PersistentDictError: If that is not possible.
        """
        if not path:
            raise PersistentDictError(f"{path!r} is not the path of a file")
        self._path = path
        self._absolute = os.path.abspath(path)  # the working directory may change before the file is opened again
        self._sync = sync
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        with self._lock:
            self._connect()
        _stores.add(self)

    def query(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Run one statement and return its rows.

        Raises:
            PersistentDictError: If SQLite fails; it names the file.
            ValueError: If the store is closed.
        """
        with self._lock:
            connection = self._connection or self._connect()
            try:
                return connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as e:
                raise self._failed(e) from e

    @contextlib.contextmanager
    def transaction(self, write: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the connection to one thread, for several statements that happen together or not at all.

        Within another one of the same thread it is a part of that: undone alone, but done only with the whole.

        Args:
            write: Whether other writers have to wait; without, the statements see one moment and must not write.

        Raises:
            PersistentDictError: If SQLite fails; it names the file.
            ValueError: If the store is closed.
        """
        with self._lock:
            connection = self._connection or self._connect()
            begin, commit, rollback = _PART if connection.in_transaction else _WHOLE if write else _READ
            try:
                connection.execute(begin)
                try:
                    yield connection
                except BaseException:
                    for statement in rollback if connection.in_transaction else ():  # a full disk has ended it already
                        connection.execute(statement)
                    raise
                connection.execute(commit)
            except sqlite3.Error as e:
                raise self._failed(e) from e

    def close(self) -> None:
        """Close the file. Closing twice does no harm."""
        with self._lock:
            self._closed = True
            self.disconnect()

    def disconnect(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def hold(self) -> None:
        """Keep all threads out until `release`."""
        self._lock.acquire()

    def release(self) -> None:
        """Let the threads in again."""
        self._lock.release()

    def __del__(self) -> None:
        """Close what nobody closed: the documented use has no `close`."""
        if hasattr(self, "_lock"):
            self.close()

    def _failed(self, error: sqlite3.Error) -> PersistentDictError:
        return PersistentDictError(f"{self._path}: {error}")

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise ValueError(f"the persistent dictionary {self._path!r} is closed")
        self._check_header()
        try:
            os.makedirs(os.path.dirname(self._absolute), exist_ok=True)
        except OSError as e:
            raise PersistentDictError(f"{self._path}: the folder cannot be made: {e.strerror}") from e
        try:
            self._connection = self._open()
        except sqlite3.Error as e:
            raise self._failed(e) from e
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._absolute, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_header(self) -> None:
        try:
            with open(self._absolute, "rb") as f:
                header = f.read(16)
        except FileNotFoundError:
            return
        except OSError as e:
            raise PersistentDictError(f"{self._path}: {e.strerror}") from e
        if header not in (b"", b"SQLite format 3\0"):
            raise PersistentDictError(f"{self._path} is not the file of a persistent dictionary; it is left as it is")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if _pragma(connection, "application_id") != APPLICATION_ID:
            connection.execute("BEGIN IMMEDIATE")
            self._create(connection)
            connection.execute("COMMIT")
        version = _pragma(connection, "user_version")
        if version != VERSION:
            raise PersistentDictError(f"{self._path} has the format {version}, this release reads format {VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._sync else 'NORMAL'}")

    def _create(self, connection: sqlite3.Connection) -> None:
        if _pragma(connection, "application_id") == APPLICATION_ID:
            return  # another process was faster
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            raise PersistentDictError(f"{self._path} is a database of another program; it is left as it is")
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


_stores: weakref.WeakSet[Store] = weakref.WeakSet()
_held: list[Store] = []


def _before_fork() -> None:
    for store in list(_stores):
        store.hold()
        store.disconnect()
        _held.append(store)


def _after_fork() -> None:
    while _held:
        _held.pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
