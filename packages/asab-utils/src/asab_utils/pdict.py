"""`PersistentDict`: a dictionary whose content is in a file.

The rules:

1. Every operation is atomic, and what it wrote survives the death of the process once it has returned; of the machine
   too with `sync=True`.
2. Many threads and processes can share a file.
3. What is read equals what was written, type and all (see `_codec`).
"""

from __future__ import annotations

import os
from collections.abc import ItemsView, Mapping, MutableMapping, ValuesView

from asab_utils._codec import decode, decode_key, encode, encode_key
from asab_utils._store import PersistentDictError, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any, Protocol

    class Codec(Protocol):
        """What stores values of other types."""

        def encode(self, value: Any, /) -> Any:
            """Return what stands for a value: anything that a persistent dictionary stores without a codec."""

        def decode(self, stored: Any, /) -> Any:
            """Return the value of what `encode` gave."""


__all__ = ["PersistentDict", "PersistentDictError"]

_UPSERT = (
    "INSERT INTO items (lookup, key, kind, value) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (lookup) DO UPDATE SET kind = excluded.kind, value = excluded.value"
)
_SELECT_SOME = "SELECT lookup, kind, value FROM items WHERE lookup IN (?)"
_ALL = "SELECT lookup, key, kind, value FROM items ORDER BY id"
_BY_CODEC = 2  # what the kind of a value has more when it came from a codec
_MISSING: Any = object()
_VARIABLES = 32_000  # what SQLite takes in one statement


class PersistentDict(MutableMapping["Any", "Any"]):
    """A dictionary in a file (documentation, chapter Persistent dictionary).

    Keys and values are `str`, `bytes`, `int`, `float`, `bool`, `None`, `datetime`, and tuples, lists, sets and dicts of
    these; keys, as for a dict, only those that do not change. Anything else is a `TypeError` at the write, unless a
    codec takes care of it. An operation is one access to the file, in the calling thread: microseconds on a healthy
    disk. While another process writes, a write waits, for a minute at most; a coroutine that must not uses the
    dictionary off its loop, as in `await asyncio.to_thread(state.update, changes)`.

    Example:
        >>> state = PersistentDict("some.file")
        >>> state.setdefault("foo", 0)
        0
    """

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False, codec: Codec | None = None) -> None:
        """Open the file, or make it and its parent folders.

        Args:
            path: The file. SQLite keeps two more beside it, of the same name with `-wal` and `-shm`.
            sync: Whether every write waits until the disk has it, so that it survives a power cut; slower.
            codec: An object (or a module) whose `encode(value)` gives what stands for a value, of types that can be
                stored, and whose `decode(stored)` gives the value back. Keys do not go through it, nor do values that
                were written without one. What it raises is raised by the operation, which has done nothing then.

        Raises:
            PersistentDictError: If the file cannot be opened, is damaged, or belongs to another program.
        """
        self._path = os.fsdecode(path)
        self._codec = codec
        self._store = Store(self._path, sync)

    def __getitem__(self, key: Any) -> Any:
        """Return the value of a key, or raise `KeyError`."""
        rows = self._store.query("SELECT kind, value FROM items WHERE lookup = ?", encode_key(key)[:1])
        if not rows:
            raise KeyError(key)
        return self._value(*rows[0])

    def __setitem__(self, key: Any, value: Any) -> None:
        """Store a value."""
        self._store.query(_UPSERT, self._row(key, value))

    def __delitem__(self, key: Any) -> None:
        """Remove a key, or raise `KeyError`."""
        self.pop(key)

    def __contains__(self, key: object) -> bool:
        """Return whether the key is there."""
        return bool(self._store.query("SELECT 1 FROM items WHERE lookup = ?", encode_key(key)[:1]))

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the keys of this moment, in the order of insertion; later writes do not disturb it."""
        for lookup, key in self._store.query("SELECT lookup, key FROM items ORDER BY id"):
            yield decode_key(lookup, key)

    def items(self) -> ItemsView[Any, Any]:
        """Return a view of the keys and values; an iteration over it sees those of one moment."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """Return a view of the values; an iteration over it sees those of one moment."""
        return _Values(self)

    def __len__(self) -> int:
        """Return the number of keys."""
        return int(self._store.query("SELECT count(*) FROM items")[0][0])

    def __repr__(self) -> str:
        """Name the file; the values stay in it."""
        return f"{type(self).__name__}({self._path!r})"

    def load(self, *keys: Any) -> list[Any]:
        """Read several keys at once.

        Args:
            *keys: The keys, or one list of them.

        Returns:
            The values of one moment, in the order of the keys.

        Raises:
            KeyError: If one of the keys is not there.
        """
        if len(keys) == 1 and isinstance(keys[0], list):
            keys = tuple(keys[0])
        lookups = [encode_key(key)[0] for key in keys]
        found: dict[Any, Any] = {}
        with self._store.transaction(write=False) as connection:
            for begin in range(0, len(lookups), _VARIABLES):
                some = lookups[begin : begin + _VARIABLES]
                rows = connection.execute(_SELECT_SOME.replace("?", ",".join("?" * len(some))), some)
                found.update((lookup, (kind, value)) for lookup, kind, value in rows)
        try:
            stored = [found[lookup] for lookup in lookups]
        except KeyError:
            raise KeyError(
                next(key for key, lookup in zip(keys, lookups, strict=True) if lookup not in found)
            ) from None
        return [self._value(*each) for each in stored]

    def update(  # type: ignore[override]  # one signature in place of five overloads
        self, other: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), /, **kwargs: Any
    ) -> None:
        """Store all of a mapping, or of pairs, and of the keyword arguments; all of them or, on an error, none."""
        pairs = other.items() if isinstance(other, Mapping) else _pairs(other)
        rows = [self._row(key, value) for key, value in (*pairs, *kwargs.items())]
        with self._store.transaction() as connection:
            connection.executemany(_UPSERT, rows)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, after storing the default if the key was not there."""
        row = self._row(key, default)
        with self._store.transaction() as connection:
            connection.execute(_UPSERT.partition(" DO ")[0] + " DO NOTHING", row)
            return self[key]

    def pop(self, key: Any, default: Any = _MISSING) -> Any:
        """Remove a key and return its value; without it the default, or `KeyError` if there is none."""
        with self._store.transaction() as connection:
            try:
                value = self[key]
            except KeyError:
                if default is _MISSING:
                    raise
                return default
            connection.execute("DELETE FROM items WHERE lookup = ?", encode_key(key)[:1])
            return value

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the key and value that came last, or raise `KeyError`."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT id, lookup, key, kind, value FROM items ORDER BY id DESC LIMIT 1"
            ).fetchone()
            if row is None:
                raise KeyError(f"{self!r} is empty")
            item = decode_key(*row[1:3]), self._value(*row[3:])
            connection.execute("DELETE FROM items WHERE id = ?", row[:1])
            return item

    def clear(self) -> None:
        """Remove everything."""
        self._store.query("DELETE FROM items")

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a context in which all that happens to the dictionary happens as one, or, on an exception, not at all.

        Other threads and processes see nothing of it before its end, and have to wait with their writes. It belongs to
        one thread: within it a coroutine must not await. A transaction within another is a part of it.

        Returns:
            A context manager that gives the connection, for tables of your own in the same file; the dictionary's is
            `items`, and names that begin with `asab_` are taken. A foreign table is no obstacle to a dictionary.

        Example:
            >>> with state.transaction():
            ...     state["free"] -= 1
            ...     state["taken"] += 1
        """
        return self._store.transaction()

    def close(self) -> None:
        """Close the file; a later use is a `ValueError`. One that is not closed is, with its last reference."""
        self._store.close()

    def __enter__(self) -> PersistentDict:
        """Return the dictionary."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the file."""
        self.close()

    def _row(self, key: Any, value: Any) -> tuple[Any, ...]:
        if self._codec is None:
            return *encode_key(key), *encode(value)
        is_json, stored = encode(self._codec.encode(value))
        return *encode_key(key), is_json + _BY_CODEC, stored

    def _value(self, kind: int, stored: Any) -> Any:
        if kind < _BY_CODEC:
            return decode(bool(kind), stored)
        if self._codec is None:
            raise PersistentDictError(f"{self._path} has values that were written by a codec; open it with that codec")
        return self._codec.decode(decode(kind > _BY_CODEC, stored))


class _Items(ItemsView["Any", "Any"]):
    def __init__(self, state: PersistentDict) -> None:
        super().__init__(state)
        self._state = state

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for lookup, key, kind, value in self._state._store.query(_ALL):
            yield decode_key(lookup, key), self._state._value(kind, value)


class _Values(ValuesView["Any"]):
    def __init__(self, state: PersistentDict) -> None:
        super().__init__(state)
        self._state = state

    def __iter__(self) -> Iterator[Any]:
        for _lookup, _key, kind, value in self._state._store.query(_ALL):
            yield self._state._value(kind, value)

    def __contains__(self, value: object) -> bool:
        return any(each is value or each == value for each in self)


def _pairs(other: Any) -> Iterable[tuple[Any, Any]]:
    return ((key, other[key]) for key in other.keys()) if hasattr(other, "keys") else other  # noqa: SIM118
