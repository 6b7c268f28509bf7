"""Small tools of servers, each of use alone.

The layer's map:

- `singleton` - `Singleton`, a metaclass: one object a class.
- `timer` - `Timer`, a relative and optionally repeating timer on asyncio.
- `pdict` - `PersistentDict`, a dictionary in a file; `_codec` turns its keys and values into what SQLite stores.

It needs nothing but the standard library.
"""

from __future__ import annotations

from asab_utils.singleton import Singleton
from asab_utils.timer import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab_utils.pdict import PersistentDict, PersistentDictError

__all__ = ["PersistentDict", "PersistentDictError", "Singleton", "Timer"]


def __getattr__(name: str) -> object:
    """Import the dictionary when it is asked for: not every Python has SQLite, and timers do not need it."""
    if name in ("PersistentDict", "PersistentDictError"):
        from asab_utils import pdict

        return getattr(pdict, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
