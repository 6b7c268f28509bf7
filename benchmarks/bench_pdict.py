"""`PersistentDict` beside shelve, diskcache.Index and sqlitedict: a get and a durable set, by the number of keys."""

from __future__ import annotations

import random
import shelve
import sys
import tempfile
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import diskcache
import sqlitedict
from harness import medians, show

from asab_utils import PersistentDict

CALLS = 200
FILLED_AT_ONCE = 10_000


def opened(folder: Path) -> dict[str, MutableMapping[str, Any]]:
    """Open one of each."""
    return {
        "asab-utils": PersistentDict(folder / "ours"),
        "shelve": shelve.open(str(folder / "shelve")),
        "diskcache": diskcache.Index(str(folder / "diskcache")),
        "sqlitedict": sqlitedict.SqliteDict(str(folder / "sqlitedict"), autocommit=True),
    }


def fill(store: MutableMapping[str, Any], count: int) -> None:
    """Put keys into a store, in portions."""
    for begin in range(0, count, FILLED_AT_ONCE):
        part = {f"key{i}": i for i in range(begin, min(begin + FILLED_AT_ONCE, count))}
        if isinstance(store, diskcache.Index):
            with store.transact():
                store.update(part)
        else:
            store.update(part)


def getting(store: MutableMapping[str, Any], keys: list[str]) -> Callable[[], None]:
    """Return what reads some keys."""

    def run() -> None:
        for key in keys:
            store[key]

    return run


def setting(store: MutableMapping[str, Any], keys: list[str]) -> Callable[[], None]:
    """Return what writes some keys, each so that it survives the process."""
    sync = getattr(store, "sync", None) if isinstance(store, shelve.Shelf) else None

    def run() -> None:
        for key in keys:
            store[key] = 1
            if sync is not None:
                sync()
        if isinstance(store, sqlitedict.SqliteDict):
            store.commit(blocking=True)

    return run


if __name__ == "__main__":
    counts = [int(argument) for argument in sys.argv[1:]] or [10, 10_000, 1_000_000]
    gets: dict[str, dict[str, float]] = {}
    sets: dict[str, dict[str, float]] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            stores = opened(Path(folder))
            for store in stores.values():
                fill(store, count)
            keys = [f"key{random.randrange(count)}" for _ in range(CALLS)]
            gets[str(count)] = medians({name: getting(store, keys) for name, store in stores.items()})
            sets[str(count)] = medians({name: setting(store, keys) for name, store in stores.items()}, rounds=5)
            for store in stores.values():
                close = getattr(store, "close", None)
                if close is not None:
                    close()
    for title, columns in (("get", gets), ("durable set", sets)):
        show(f"{title}, by the number of keys", columns, "asab-utils")
        ours = "  ".join(f"{count}: {column['asab-utils'] / CALLS * 1e6:.1f} us" for count, column in columns.items())
        print(f"asab-utils takes {ours}")
