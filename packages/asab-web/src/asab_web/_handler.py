"""Objects that are request handlers."""

from __future__ import annotations

import asyncio
import inspect
import sys


def mark_as_coroutine_function(handler: object) -> None:
    """Tell aiohttp, which asks `iscoroutinefunction` of a handler, that this object is as good as one."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(handler)
    else:
        handler._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
