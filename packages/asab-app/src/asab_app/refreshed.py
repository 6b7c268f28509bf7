"""`Refreshed`: a value that has to be waited for, for those who look without waiting."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

L = logging.getLogger(__name__)

T = TypeVar("T")


class Refreshed(Generic[T]):
    """A value that a server has to be asked for. Who looks gets the last one, and so has the next one asked for.

    While nobody looks nobody asks; however many look, it is asked once in a while. It belongs to the event loop.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, ask: Callable[[], Coroutine[Any, Any, T]], unknown: T, every: float
    ) -> None:
        """Ask nothing yet.

        Args:
            loop: Where it is asked.
            ask: Returns the value.
            unknown: What stands for it before the first answer, and after an `ask` that has raised.
            every: Seconds from an answer to the next question, at least.
        """
        self._loop = loop
        self._ask = ask
        self._unknown = self._value = unknown
        self._every = every
        self._due = loop.time()
        self._asking: asyncio.Task[None] | None = None

    def look(self) -> T:
        """Return the last value, and have it asked for anew if it is time for that."""
        if self._asking is None and self._loop.time() >= self._due:
            # Nothing of it belongs to the trace of who looks.
            context = contextvars.Context()
            self._asking = self._loop.create_task(self._refresh(), name="what somebody looks at", context=context)
        return self._value

    async def close(self) -> None:
        """End a question that is under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _refresh(self) -> None:
        try:
            self._value = await self._ask()
        except Exception:
            L.debug("What somebody looks at cannot be had", exc_info=True)
            self._value = self._unknown
        finally:
            self._due = self._loop.time() + self._every
            self._asking = None
