"""Small tools of servers, each of use alone.

The layer's map:

- `singleton` - `Singleton`, a metaclass: one object a class.
- `timer` - `Timer`, a relative and optionally repeating timer on asyncio.
- `pdict` - `PersistentDict`, a dictionary in a file; `_codec` turns its keys and values into what SQLite stores.
- `time_limit` - `time_limit`, which ends what takes too long.
- `testing` - `VirtualLoop`, an event loop whose clock jumps instead of waiting.

It needs nothing but the standard library.
"""

from __future__ import annotations

from asab_utils.singleton import Singleton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab_utils.pdict import PersistentDict, PersistentDictError
    from asab_utils.timer import Timer

__all__ = ["PersistentDict", "PersistentDictError", "Singleton", "Timer"]

_MODULES = {"PersistentDict": "pdict", "PersistentDictError": "pdict", "Timer": "timer"}


def __getattr__(name: str) -> object:
    """Import a part when it is asked for: who wants a singleton pays neither for asyncio nor for SQLite."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
