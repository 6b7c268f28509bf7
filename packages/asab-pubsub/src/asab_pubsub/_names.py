"""How a callback is named in the log."""

from __future__ import annotations

import functools


def name(callback: object) -> str:
    """Return the module and name of a callback, without running any code of its own."""
    while isinstance(callback, functools.partial):
        callback = callback.func
    qualified = getattr(callback, "__qualname__", None) or type(callback).__qualname__
    return f"{getattr(callback, '__module__', '?')}.{qualified}"
