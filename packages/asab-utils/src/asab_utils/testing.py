"""`VirtualLoop`: an event loop for tests whose clock jumps to the next timer instead of waiting for it.

A day of timers takes a moment, and always the same moments:

    loop = VirtualLoop()
    loop.run_until_complete(asyncio.sleep(86400))

The limits: only the loop's clock is virtual. Input and output, threads and processes run in real time. While something
is ready the virtual clock stands still, and as soon as nothing is, it jumps: beside a timer, whatever waits for the
outside loses the race. With `loop.real_time = True` it waits instead, as long as a test has to do with the outside.
`time.time()` and `time.sleep()` are the real ones.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Mapping
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with a virtual clock, which begins at 0."""

    def __init__(self) -> None:
        """Make the loop."""
        self._virtual_selector = _VirtualSelector()
        super().__init__(self._virtual_selector)

    @property
    def real_time(self) -> bool:
        """Whether the loop waits for its timers, and its clock goes on as it waits; at first it jumps. May be set."""
        return self._virtual_selector.waits

    @real_time.setter
    def real_time(self, waits: bool) -> None:
        self._virtual_selector.waits = waits

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._virtual_selector.now

    def advance(self, seconds: float) -> None:
        """Move the clock without running anything, as a blocked loop or a suspended machine does.

        Args:
            seconds: How far, at least 0.
        """
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds!r} s")
        self._virtual_selector.now += seconds


class _VirtualSelector(selectors.BaseSelector):
    """A selector that jumps where another would wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits = False
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; without a timer to jump to, wait for it."""
        if self.waits:
            begin = time.monotonic()
            ready = self._real.select(timeout)
            self.now += time.monotonic() - begin
            return ready
        ready = self._real.select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.now += timeout
        return ready

    def register(self, fileobj: Any, events: int, data: object = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: object = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()
